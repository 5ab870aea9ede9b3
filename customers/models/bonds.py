"""Who follows a ticket, and which tickets were made one."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import tracked
from customers.models.tickets import Ticket, TicketPartQuerySet


@tracked()
class TicketWatcher(models.Model):
    """Somebody who is told of what happens in a ticket without working on it."""

    ticket = models.ForeignKey(Ticket, models.CASCADE, related_name="watchers", verbose_name=_("ticket"))
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="watched_tickets", verbose_name=_("watcher")
    )
    since = models.DateTimeField(_("since"), default=timezone.now)

    objects = TicketPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("watcher")
        verbose_name_plural = _("watchers")
        constraints = [models.UniqueConstraint(fields=["ticket", "user"], name="ticket_watched_once")]

    def __str__(self) -> str:
        return str(self.user)


class TicketMergeQuerySet(TicketPartQuerySet):
    TICKET = "target"


@tracked()
class TicketMerge(models.Model):
    """One ticket made part of another: what moved, and how the source was before, so that it can be undone.

    `messages` are pairs of a message's key and that of the ticket it had been moved from before, or null.
    """

    source = models.ForeignKey(Ticket, models.PROTECT, related_name="merges", verbose_name=_("merged ticket"))
    target = models.ForeignKey(Ticket, models.PROTECT, related_name="merges_in", verbose_name=_("into"))
    status = models.CharField(_("status before"), max_length=10, choices=Ticket.Status)
    messages = models.JSONField(_("messages"), default=list)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("by"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("undone by")
    )

    objects = TicketMergeQuerySet.as_manager()

    class Meta:
        verbose_name = _("merge of tickets")
        verbose_name_plural = _("merges of tickets")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["source"], condition=Q(undone_at=None), name="ticket_merged_once"),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None) | Q(undone_at__isnull=False),
                name="ticket_merge_undone_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.source.number} → {self.target.number}"
