"""Edits of placed orders: what somebody wants to become of one, until it is applied or discarded."""

from collections.abc import Iterable, Mapping

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.money import MoneyField
from backoffice.rows import Stateful, VisibleQuerySet, tracked
from backoffice.triggers import legal_transitions
from catalog.models import Variant
from orders.models.orders import Order, OrderLine


class ChangeStatus(models.TextChoices):
    OPEN = "open", _("Open")
    APPLIED = "applied", _("Applied")
    DISCARDED = "discarded", _("Discarded")


CHANGE_TRANSITIONS: Mapping[str, Iterable[str]] = {ChangeStatus.OPEN: {ChangeStatus.APPLIED, ChangeStatus.DISCARDED}}


class ChangeQuerySet(VisibleQuerySet):
    def open(self) -> "ChangeQuerySet":
        return self.filter(status=ChangeStatus.OPEN)


@tracked()
class OrderChange(Stateful):
    """What is to become of a placed order; what is None stays as it is. `status` is written by apply and discard.

    `base` is the order as it was seen when the change was last saved, see `services.changes.snapshot`.
    """

    Status = ChangeStatus
    TRANSITIONS = CHANGE_TRANSITIONS

    order = models.ForeignKey(Order, models.PROTECT, related_name="changes", verbose_name=_("order"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OPEN)
    base = models.JSONField(_("order as it was seen"), default=dict)
    shipping = MoneyField(_("shipping"), null=True, blank=True)
    discount = MoneyField(_("discount"), null=True, blank=True)
    shipping_address = models.JSONField(_("shipping address"), null=True, blank=True)
    billing_address = models.JSONField(_("billing address"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    total_before = MoneyField(_("total before"), null=True, blank=True)
    total_after = MoneyField(_("total after"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    ended_at = models.DateTimeField(_("applied or discarded"), null=True, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("change of an order")
        verbose_name_plural = _("changes of orders")
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["order"],
                condition=Q(status="open"),
                name="order_change_one_open",
                violation_error_message=_("Somebody changes this order already."),
            ),
            models.CheckConstraint(
                name="order_change_ended",
                condition=Q(status="open", ended_at=None) | (~Q(status="open") & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="order_change_amounts",
                condition=(Q(shipping=None) | Q(shipping__gte=0)) & (Q(discount=None) | Q(discount__gte=0)),
                violation_error_message=_("Amounts cannot be negative."),
            ),
        ]
        triggers = [legal_transitions("status", CHANGE_TRANSITIONS)]
        permissions = [("change_placed_order", _("Can change placed orders"))]

    def __str__(self) -> str:
        return str(_("Change of %(order)s") % {"order": self.order})

    def get_absolute_url(self) -> str:
        return reverse("orders:change", args=[self.order.number])


@tracked()
class OrderChangeLine(models.Model):
    """What is to become of one line: a new one, another quantity, article, price or discount, or none of it any more."""

    class Kind(models.TextChoices):
        ADD = "add", _("Added")
        CHANGE = "change", _("Changed")
        REMOVE = "remove", _("Removed")

    change = models.ForeignKey(OrderChange, models.CASCADE, related_name="lines", verbose_name=_("change"))
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    line = models.ForeignKey(
        OrderLine, models.SET_NULL, null=True, blank=True, related_name="changes", verbose_name=_("order line")
    )
    name = models.CharField(_("article"), max_length=400, blank=True, help_text=_("As the line was called."))
    variant = models.ForeignKey(
        Variant, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("variant")
    )
    title = models.CharField(_("title"), max_length=400, blank=True)
    quantity = models.PositiveIntegerField(_("quantity"), null=True, blank=True)
    unit_price = MoneyField(_("unit price"), null=True, blank=True)
    discount = MoneyField(_("discount"), null=True, blank=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("changed line")
        verbose_name_plural = _("changed lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["change", "line"], name="order_change_line_once"),
            models.CheckConstraint(
                name="order_change_line_quantity",
                condition=Q(quantity=None) | Q(quantity__gt=0),
                violation_error_message=_("The quantity must be at least 1."),
            ),
            models.CheckConstraint(
                name="order_change_line_added",
                condition=~Q(kind="add")
                | (Q(line=None) & Q(quantity__isnull=False) & (Q(variant__isnull=False) | ~Q(title=""))),
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.variant or self.name)
