"""Picking several orders in one walk."""

from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import Stateful, tracked
from backoffice.triggers import legal_transitions
from inventory.models import Location, WarehouseScoped


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
