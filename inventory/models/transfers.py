"""Stock on its way between two locations."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import Stateful, VisibleQuerySet, tracked
from backoffice.triggers import legal_transitions
from catalog.models import Variant
from inventory.models.places import Location


class TransferQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> "TransferQuerySet":
        codes = user.scope("warehouse")
        if codes is None:
            return self
        return self.filter(Q(source__code__in=codes) | Q(destination__code__in=codes))


class TransferLineQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> "TransferLineQuerySet":
        codes = user.scope("warehouse")
        if codes is None:
            return self
        return self.filter(Q(transfer__source__code__in=codes) | Q(transfer__destination__code__in=codes))


class TransferStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    IN_TRANSIT = "in_transit", _("In transit")
    RECEIVED = "received", _("Received")
    CANCELED = "canceled", _("Canceled")


TRANSFER_TRANSITIONS = {
    TransferStatus.DRAFT: {TransferStatus.IN_TRANSIT, TransferStatus.CANCELED},
    TransferStatus.IN_TRANSIT: {TransferStatus.RECEIVED, TransferStatus.CANCELED},
}


@tracked()
class Transfer(Stateful):
    """Stock on its way between two locations. `status` is written by send, receive and cancel."""

    Status = TransferStatus
    TRANSITIONS = TRANSFER_TRANSITIONS

    number = models.CharField(_("number"), max_length=40, unique=True)
    source = models.ForeignKey(Location, models.PROTECT, related_name="transfers_out", verbose_name=_("from"))
    destination = models.ForeignKey(Location, models.PROTECT, related_name="transfers_in", verbose_name=_("to"))
    status = models.CharField(_("status"), max_length=12, choices=Status, default=Status.DRAFT)
    note = models.TextField(_("note"), blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    received_at = models.DateTimeField(_("received"), null=True, blank=True)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(source=F("destination")),
                name="transfer_moves",
                violation_error_message=_("A transfer needs two different locations."),
            )
        ]
        indexes = [models.Index(fields=["-created_at", "-id"], name="transfer_newest")]
        triggers = [legal_transitions("status", TRANSFER_TRANSITIONS)]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("inventory:transfer", args=[self.number])


@tracked()
class TransferLine(models.Model):
    """`quantity` is what shall go. `sent` pieces have left the shelf of the source, `arrived` ones lie on that of the
    destination; `received` is what had come when the transfer was closed."""

    transfer = models.ForeignKey(Transfer, models.CASCADE, related_name="lines", verbose_name=_("transfer"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+", verbose_name=_("variant"))
    quantity = models.PositiveIntegerField(_("quantity"))
    sent = models.PositiveIntegerField(_("sent"), default=0, db_default=0)
    arrived = models.PositiveIntegerField(_("arrived"), default=0, db_default=0)
    received = models.PositiveIntegerField(_("received"), null=True, blank=True)

    objects = TransferLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer line")
        verbose_name_plural = _("transfer lines")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transfer_line_quantity"),
            models.CheckConstraint(
                condition=Q(sent__lte=F("quantity")) & Q(arrived__lte=F("sent")),
                name="transfer_line_on_its_way",
                violation_error_message=_("No more can be sent than was planned, nor arrive than was sent."),
            ),
            models.CheckConstraint(
                condition=Q(received=None) | Q(received__gte=F("arrived"), received__lte=F("sent")),
                name="transfer_line_received",
                violation_error_message=_("More than was sent cannot arrive."),
            ),
            models.UniqueConstraint(fields=["transfer", "variant"], name="transfer_line_once"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant}"

    @property
    def missing(self) -> int:
        """Pieces that were sent and did not arrive; 0 as long as nothing was counted."""
        return 0 if self.received is None else self.sent - self.received
