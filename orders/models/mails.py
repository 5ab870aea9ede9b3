"""Mails to customers: what they say, and which were sent."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, tracked
from orders.models.orders import Order


class MailKind(models.TextChoices):
    PLACED = "placed", _("Order placed")
    CHANGED = "changed", _("Order changed")
    SHIPPED = "shipped", _("Parcel shipped")
    REFUNDED = "refunded", _("Money refunded")
    RETURN_APPROVED = "return_approved", _("Return approved")
    CANCELED = "canceled", _("Order canceled")
    DOCUMENT = "document", _("Invoice or credit note")


@tracked()
class MailText(models.Model):
    """What the shop has changed about one kind of mail. A text left blank is the one that comes with Houtai."""

    kind = models.CharField(_("kind"), max_length=20, choices=MailKind, unique=True)
    is_on = models.BooleanField(_("send this mail"), default=True)
    attaches = models.BooleanField(_("attach the document as PDF"), default=False)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    body = models.TextField(_("text"), blank=True)
    subject_zh = models.CharField(_("subject (Chinese)"), max_length=200, blank=True)
    body_zh = models.TextField(_("text (Chinese)"), blank=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("text of a mail")
        verbose_name_plural = _("texts of mails")
        ordering = ["kind"]

    def __str__(self) -> str:
        return str(self.get_kind_display())

    def get_absolute_url(self) -> str:
        return reverse("orders:mail-text", args=[self.kind])


class SentMail(models.Model):
    """A mail as it went out. `key` is that of what it tells, so that no job sends it twice."""

    number = models.CharField(_("number"), max_length=40, unique=True)
    key = models.CharField(_("key"), max_length=64, unique=True)
    order = models.ForeignKey(Order, models.CASCADE, related_name="mails", verbose_name=_("order"))
    kind = models.CharField(_("kind"), max_length=20, choices=MailKind)
    to = models.CharField(_("to"), max_length=254)
    subject = models.CharField(_("subject"), max_length=300)
    body = models.TextField(_("text"))
    files = ArrayField(models.CharField(max_length=80), verbose_name=_("attached"), default=list, blank=True)
    sent_at = models.DateTimeField(_("sent"), default=timezone.now)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail to a customer")
        verbose_name_plural = _("mails to customers")
        ordering = ["-sent_at", "-pk"]
        indexes = [
            models.Index(fields=["-sent_at", "-id"], name="sent_mail_newest"),
            models.Index(fields=["kind", "-sent_at", "-id"], name="sent_mail_kind"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("orders:mail", args=[self.number])
