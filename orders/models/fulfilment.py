"""What was shipped."""

from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import Stateful, VisibleQuerySet, tracked
from backoffice.triggers import legal_transitions
from inventory.models import Location, WarehouseScoped
from orders.models.carriers import Carrier, followed
from orders.models.holds import refuses_held_orders
from orders.models.orders import Order, OrderLine


class FulfilmentStatus(models.TextChoices):
    PENDING = "pending", _("To pick")
    PACKED = "packed", _("Packed")
    SHIPPED = "shipped", _("Shipped")
    DELIVERED = "delivered", _("Delivered")
    CANCELED = "canceled", _("Canceled")


FULFILMENT_TRANSITIONS: Mapping[str, Iterable[str]] = {
    FulfilmentStatus.PENDING: {FulfilmentStatus.PACKED, FulfilmentStatus.CANCELED},
    FulfilmentStatus.PACKED: {FulfilmentStatus.SHIPPED, FulfilmentStatus.PENDING, FulfilmentStatus.CANCELED},
    FulfilmentStatus.SHIPPED: {FulfilmentStatus.DELIVERED},
}


def _link_of(name: object) -> models.QuerySet:
    """The tracking link of the carrier of this name."""
    return Carrier.objects.filter(name__iexact=name).values_list("tracking_url", flat=True)


class FulfilmentQuerySet(WarehouseScoped):
    def with_links(self) -> "FulfilmentQuerySet":
        """Each with what `tracking_url` asks, in the same statement."""
        return self.annotate(link=models.Subquery(_link_of(models.OuterRef("carrier"))[:1]))

    def waiting(self) -> "FulfilmentQuerySet":
        return self.filter(status__in=[FulfilmentStatus.PENDING, FulfilmentStatus.PACKED])

    def to_pick(self) -> "FulfilmentQuerySet":
        """Parcels that nobody picks, that nothing holds up, and whose day has come."""
        free = self.filter(status=FulfilmentStatus.PENDING, wave=None, hold_reason="", order__on_hold=False)
        return free.exclude(not_before__gt=timezone.localdate())

    def to_pack(self) -> "FulfilmentQuerySet":
        """Parcels that were picked."""
        return self.filter(status=FulfilmentStatus.PENDING, hold_reason="", wave__status="picked", order__on_hold=False)

    def scheduled(self) -> "FulfilmentQuerySet":
        """Parcels whose day has not come."""
        return self.waiting().filter(not_before__gt=timezone.localdate())

    def on_hold(self) -> "FulfilmentQuerySet":
        return self.filter(status=FulfilmentStatus.PENDING).exclude(hold_reason="")


@tracked()
class Fulfilment(Stateful):
    """A parcel of an order from one location. `status` is written by pack, unpack, ship, deliver and cancel."""

    Status = FulfilmentStatus
    TRANSITIONS = FULFILMENT_TRANSITIONS

    number = models.CharField(_("number"), max_length=50, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="fulfilments", verbose_name=_("order"))
    location = models.ForeignKey(Location, models.PROTECT, related_name="fulfilments", verbose_name=_("location"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    carrier = models.CharField(_("carrier"), max_length=60, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)
    wave = models.ForeignKey(
        "orders.PickWave", models.PROTECT, null=True, blank=True, related_name="parcels", verbose_name=_("pick list")
    )
    box = models.PositiveSmallIntegerField(_("box"), null=True, blank=True)
    hold_reason = models.CharField(_("on hold because"), max_length=300, blank=True, default="", db_default="")
    not_before = models.DateField(_("not before"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    packed_at = models.DateTimeField(_("packed"), null=True, blank=True)
    shipped_at = models.DateTimeField(_("shipped"), null=True, blank=True)
    delivered_at = models.DateTimeField(_("delivered"), null=True, blank=True)

    objects = FulfilmentQuerySet.as_manager()

    class Meta:
        verbose_name = _("fulfilment")
        verbose_name_plural = _("fulfilments")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order", "location"],
                condition=Q(status="pending", wave__isnull=False),
                name="fulfilment_picked_once",
                violation_error_message=_("Somebody picks this order already."),
            ),
            models.UniqueConstraint(fields=["wave", "box"], name="fulfilment_box_once"),
            models.CheckConstraint(
                condition=Q(wave=None, box=None) | Q(wave__isnull=False, box__isnull=False, hold_reason=""),
                name="fulfilment_in_box",
            ),
            models.CheckConstraint(
                condition=Q(delivered_at=None) | Q(shipped_at=None) | Q(delivered_at__gte=F("shipped_at")),
                name="fulfilment_delivered_after_shipped",
                violation_error_message=_("A parcel cannot arrive before it leaves."),
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="fulfilment_newest"),
            models.Index(fields=["status", "-created_at", "-id"], name="fulfilment_status"),
            models.Index(fields=["shipped_at"], condition=Q(shipped_at__isnull=False), name="fulfilment_shipped"),
            models.Index(fields=["tracking_number"], condition=~Q(tracking_number=""), name="fulfilment_tracking"),
        ]
        triggers = [legal_transitions("status", FULFILMENT_TRANSITIONS), refuses_held_orders()]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("orders:fulfilment", args=[self.number])

    @property
    def tracking_url(self) -> str:
        """Where its way can be followed; "" where the carrier has no link. Lists ask for it by `with_links`."""
        if "link" not in self.__dict__:
            self.link = _link_of(self.carrier.strip()).first() if self.tracking_number else None
        return followed(self.link, self.tracking_number)

    @property
    def is_scheduled(self) -> bool:
        """Whether its day has not come yet."""
        return self.not_before is not None and self.not_before > timezone.localdate()


@tracked()
class FulfilmentLine(models.Model):
    fulfilment = models.ForeignKey(Fulfilment, models.CASCADE, related_name="lines", verbose_name=_("fulfilment"))
    order_line = models.ForeignKey(
        OrderLine, models.PROTECT, related_name="fulfilment_lines", verbose_name=_("order line")
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    picked = models.PositiveIntegerField(_("picked"), default=0, db_default=0)
    packed = models.PositiveIntegerField(_("packed"), default=0, db_default=0)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("fulfilment line")
        verbose_name_plural = _("fulfilment lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["fulfilment", "order_line"], name="fulfilment_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="fulfilment_line_quantity"),
            models.CheckConstraint(
                condition=Q(picked__lte=F("quantity")) & Q(packed__lte=F("quantity")),
                name="fulfilment_line_picked",
                violation_error_message=_("No more can be picked or packed than belongs into the parcel."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.order_line}"

    def get_absolute_url(self) -> str:
        return self.fulfilment.get_absolute_url()

    @property
    def name(self) -> str:
        """What people call it in the warehouse."""
        return self.order_line.sku or self.order_line.title

    @property
    def to_pick(self) -> int:
        return self.quantity - self.picked
