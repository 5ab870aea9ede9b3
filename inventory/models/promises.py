"""Stock that is promised or set aside."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import Stateful, tracked
from backoffice.triggers import legal_transitions
from catalog.models import Variant
from inventory.models.places import Location, WarehouseScoped


class AllocationQuerySet(WarehouseScoped):
    def left_behind(self) -> "AllocationQuerySet":
        """Promises at closed warehouses: nobody ships from there, so they have to move."""
        return self.filter(location__is_active=False)


@tracked(unindexed=["variant", "location"])
class Allocation(models.Model):
    """Pieces of a level promised to an item of a document; `item` is the primary key of, say, an order line."""

    cause = models.CharField(_("document"), max_length=60)
    item = models.BigIntegerField(_("item"))
    variant = models.ForeignKey(
        Variant, models.PROTECT, related_name="allocations", verbose_name=_("variant"), db_index=False
    )
    location = models.ForeignKey(Location, models.PROTECT, related_name="allocations", verbose_name=_("location"))
    quantity = models.PositiveIntegerField(_("quantity"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = AllocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("allocation")
        verbose_name_plural = _("allocations")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["item", "location"], name="allocation_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="allocation_quantity"),
        ]
        indexes = [
            models.Index(fields=["variant", "location"], name="allocation_level"),
            models.Index(fields=["cause"], name="allocation_cause"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant} for {self.cause}"


@tracked()
class Hold(Stateful):
    """Pieces set aside for a while. `status` is written by `services.hold` and `services.end_holds`."""

    class Status(models.TextChoices):
        LIVE = "live", _("Live")
        RELEASED = "released", _("Released")
        EXPIRED = "expired", _("Expired")

    TRANSITIONS = {"live": {"released", "expired"}}

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="holds", verbose_name=_("variant"))
    location = models.ForeignKey(Location, models.PROTECT, related_name="holds", verbose_name=_("location"))
    quantity = models.PositiveIntegerField(_("quantity"))
    reason = models.CharField(_("reason"), max_length=300)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.LIVE)
    expires_at = models.DateTimeField(_("expires"))
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = WarehouseScoped.as_manager()

    class Meta:
        verbose_name = _("hold")
        verbose_name_plural = _("holds")
        ordering = ["-pk"]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="hold_quantity")]
        indexes = [models.Index(fields=["expires_at", "id"], condition=Q(status="live"), name="hold_due")]
        triggers = [legal_transitions("status", {"live": {"released", "expired"}})]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant}"

    def get_absolute_url(self) -> str:
        return reverse("inventory:hold", args=[self.pk])
