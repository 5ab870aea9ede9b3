"""What comes back."""

from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import Stateful, VisibleQuerySet, tracked
from backoffice.triggers import legal_transitions
from inventory.models import Location
from orders.models.orders import Order, OrderLine


class ReturnStatus(models.TextChoices):
    REQUESTED = "requested", _("Requested")
    APPROVED = "approved", _("Approved")
    RECEIVED = "received", _("Received")
    CLOSED = "closed", _("Closed")
    CANCELED = "canceled", _("Canceled")


RETURN_TRANSITIONS: Mapping[str, Iterable[str]] = {
    ReturnStatus.REQUESTED: {ReturnStatus.APPROVED, ReturnStatus.CANCELED},
    ReturnStatus.APPROVED: {ReturnStatus.RECEIVED, ReturnStatus.CANCELED},
    ReturnStatus.RECEIVED: {ReturnStatus.CLOSED},
}


class ReturnQuerySet(VisibleQuerySet):
    def announced(self) -> "ReturnQuerySet":
        """On their way: not received yet."""
        return self.filter(status__in=[ReturnStatus.REQUESTED, ReturnStatus.APPROVED])


@tracked()
class Return(Stateful):
    """Goods that a customer sends back. `status` is written by request, approve, receive, close and cancel."""

    Status = ReturnStatus
    TRANSITIONS = RETURN_TRANSITIONS

    number = models.CharField(_("number"), max_length=40, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="returns", verbose_name=_("order"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    location = models.ForeignKey(
        Location, models.PROTECT, null=True, blank=True, related_name="returns", verbose_name=_("received at")
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    received_at = models.DateTimeField(_("received"), null=True, blank=True)

    objects = ReturnQuerySet.as_manager()

    class Meta:
        verbose_name = _("return")
        verbose_name_plural = _("returns")
        ordering = ["-created_at", "-pk"]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="return_newest"),
            models.Index(fields=["status", "-created_at", "-id"], name="return_status"),
            models.Index(fields=["received_at"], condition=Q(received_at__isnull=False), name="return_received"),
        ]
        triggers = [legal_transitions("status", RETURN_TRANSITIONS)]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("orders:return", args=[self.number])


@tracked()
class ReturnLine(models.Model):
    """Pieces of an order line on their way back, and in which condition they arrived."""

    order_return = models.ForeignKey(Return, models.CASCADE, related_name="lines", verbose_name=_("return"))
    order_line = models.ForeignKey(OrderLine, models.PROTECT, related_name="return_lines", verbose_name=_("order line"))
    quantity = models.PositiveIntegerField(_("announced"))
    resellable = models.PositiveIntegerField(_("resellable"), default=0)
    damaged = models.PositiveIntegerField(_("damaged"), default=0)
    restocked = models.PositiveIntegerField(_("restocked"), default=0)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("return line")
        verbose_name_plural = _("return lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order_return", "order_line"], name="return_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="return_line_quantity"),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("resellable") + F("damaged")),
                name="return_line_received_within_announced",
                violation_error_message=_("More pieces received than announced."),
            ),
            models.CheckConstraint(
                condition=Q(restocked__lte=F("resellable")),
                name="return_line_restock_once",
                violation_error_message=_("More pieces restocked than came back resellable."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.order_line}"

    @property
    def received(self) -> int:
        return self.resellable + self.damaged

    @property
    def missing(self) -> int:
        """Announced pieces that did not come, once the return is received."""
        return self.quantity - self.received
