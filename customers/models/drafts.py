"""What somebody has begun to write into a ticket."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.tickets import Message, Ticket, TicketPartQuerySet


class Draft(models.Model):
    """One text of one person for one ticket; it is gone once it is sent.

    `files` are those of an answer that was taken back before it left: a list of the columns of `Attachment`.
    """

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="drafts", verbose_name=_("ticket"))
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+", verbose_name=_("by"))
    mode = models.CharField(_("kind of message"), max_length=10, choices=Message.Kind, default=Message.Kind.REPLY)
    body = models.TextField(_("text"), blank=True)
    files = models.JSONField(_("files"), default=list, blank=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = TicketPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("draft")
        verbose_name_plural = _("drafts")
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="draft_one_of_a_person")]

    def __str__(self) -> str:
        return self.body[:80]
