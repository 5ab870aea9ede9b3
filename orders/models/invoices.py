"""Invoices and credit notes."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.money import MoneyField
from backoffice.rows import VisibleQuerySet, tracked
from backoffice.triggers import append_only
from orders.models.orders import Order


class Invoice(models.Model):
    """An issued invoice or credit note: gapless number, everything it prints kept in `content`, never changed."""

    class Kind(models.TextChoices):
        INVOICE = "invoice", _("Invoice")
        CREDIT_NOTE = "credit_note", _("Credit note")

    number = models.CharField(_("number"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.INVOICE)
    order = models.ForeignKey(Order, models.PROTECT, related_name="invoices", verbose_name=_("order"))
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="corrections", verbose_name=_("corrects")
    )
    currency = models.CharField(_("currency"), max_length=3)
    net = MoneyField(_("net"))
    tax = MoneyField(_("tax"))
    gross = MoneyField(_("gross"))
    content = models.JSONField(_("content"))
    issued_at = models.DateTimeField(_("issued"), default=timezone.now)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("invoice")
        verbose_name_plural = _("invoices")
        ordering = ["-issued_at", "-pk"]
        constraints = [models.CheckConstraint(condition=Q(gross=F("net") + F("tax")), name="invoice_sums")]
        indexes = [
            models.Index(fields=["-issued_at", "-id"], name="invoice_newest"),
            models.Index(fields=["kind", "-issued_at", "-id"], name="invoice_kind"),
            models.Index(fields=["gross", "id"], name="invoice_gross"),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("orders:invoice", args=[self.number])


@tracked()
class DocumentSeries(models.Model):
    """What the numbers of a kind of document begin with, where it is not INV or CN. Numbers that were drawn stay."""

    kind = models.CharField(_("kind"), max_length=12, choices=Invoice.Kind, unique=True)
    prefix = models.CharField(
        _("prefix"),
        max_length=10,
        unique=True,
        validators=[RegexValidator(r"^[A-Z][A-Z0-9]*\Z", _("Capital letters and digits, a letter first."))],
        help_text=_("The next number is this, the year and 00001: each prefix counts by itself, from 1 each year."),
    )

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("series of numbers")
        verbose_name_plural = _("series of numbers")
        ordering = ["kind"]
        constraints = [
            models.CheckConstraint(
                condition=Q(prefix__regex=r"^[A-Z][A-Z0-9]*$"),
                name="document_series_prefix",
                violation_error_message=_("Capital letters and digits, a letter first."),
            )
        ]

    def __str__(self) -> str:
        return self.prefix
