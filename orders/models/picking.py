"""Picking several orders in one walk, and the bins and lots that pieces leave from."""

from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.rows import Stateful, tracked
from backoffice.triggers import legal_transitions
from inventory.models import Bin, Location, Lot, WarehouseScoped
from orders.models.fulfilment import Fulfilment, FulfilmentLine


class PickStatus(models.TextChoices):
    PICKING = "picking", _("Picking")
    PICKED = "picked", _("Picked")
    CANCELED = "canceled", _("Stopped")


PICK_TRANSITIONS: Mapping[str, Iterable[str]] = {PickStatus.PICKING: {PickStatus.PICKED, PickStatus.CANCELED}}


@tracked()
class PickWave(Stateful):
    """A walk through a warehouse for several parcels, each into its box. `status` is written by the verbs of `picking`."""

    Status = PickStatus
    TRANSITIONS = PICK_TRANSITIONS

    number = models.CharField(_("number"), max_length=40, unique=True)
    location = models.ForeignKey(Location, models.PROTECT, related_name="pick_waves", verbose_name=_("location"))
    picker = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("picker"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PICKING)
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    objects = WarehouseScoped.as_manager()

    class Meta:
        verbose_name = _("pick list")
        verbose_name_plural = _("pick lists")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="pick_wave_finished",
                condition=Q(status="picking", finished_at=None) | (~Q(status="picking") & Q(finished_at__isnull=False)),
            )
        ]
        indexes = [models.Index(fields=["picker", "-id"], condition=Q(status="picking"), name="pick_wave_open")]
        triggers = [legal_transitions("status", PICK_TRANSITIONS)]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("orders:pick", args=[self.number])


class PickPartQuerySet(WarehouseScoped):
    scope_field = "line__fulfilment__location__code"

    def waiting(self) -> "PickPartQuerySet":
        """Of parcels that have not left."""
        return self.filter(line__fulfilment__in=Fulfilment.objects.waiting())

    def as_one_walks(self) -> "PickPartQuerySet":
        """What is not put away yet lies where goods come in; then bin by bin."""
        return self.order_by(
            F("bin__position").asc(nulls_first=True), F("bin__code").asc(nulls_first=True), "lot__expires_on", "pk"
        )


@tracked()
class PickPart(models.Model):
    """So many pieces of a line of a parcel leave this bin and are of this lot: what shipping takes. Written by `services.plans`.

    Pieces without a bin are not put away yet. Lines of articles that lie in no bin and have no lots have no such rows.
    """

    line = models.ForeignKey(FulfilmentLine, models.CASCADE, related_name="parts", verbose_name=_("line"))
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, related_name="+", verbose_name=_("bin"))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, related_name="+", verbose_name=_("lot"))
    quantity = models.PositiveIntegerField(_("quantity"))
    picked = models.PositiveIntegerField(_("picked"), default=0, db_default=0)

    objects = PickPartQuerySet.as_manager()

    class Meta:
        verbose_name = _("place to pick from")
        verbose_name_plural = _("places to pick from")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["line", "bin", "lot"], nulls_distinct=False, name="pick_part_once"),
            models.CheckConstraint(
                condition=Q(quantity__gt=0) & Q(picked__lte=F("quantity")),
                name="pick_part_picked",
                violation_error_message=_("No more can be picked than the place is planned for."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.place}"

    def get_absolute_url(self) -> str:
        return self.line.get_absolute_url()

    @property
    def place(self) -> str:
        """Bin and lot, as pickers read them."""
        where = str(self.bin) if self.bin else (gettext("Not put away") if self.lot is None else "")
        return " · ".join(filter(None, [where, gettext("lot %(lot)s") % {"lot": self.lot} if self.lot else ""]))

    @property
    def to_pick(self) -> int:
        return self.quantity - self.picked
