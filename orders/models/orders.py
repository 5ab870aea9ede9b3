"""What was bought."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Sum
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice import working_days
from backoffice.money import MoneyField
from backoffice.rows import Stateful, VisibleQuerySet, search_index, search_text, tracked
from backoffice.triggers import legal_transitions
from catalog.models import Variant
from customers.models import Customer


class OrderStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    PLACED = "placed", _("Placed")
    CLOSED = "closed", _("Closed")
    CANCELED = "canceled", _("Canceled")


ORDER_TRANSITIONS: Mapping[str, Iterable[str]] = {
    OrderStatus.DRAFT: {OrderStatus.PLACED, OrderStatus.CANCELED},
    OrderStatus.PLACED: {OrderStatus.CLOSED, OrderStatus.CANCELED},
    OrderStatus.CLOSED: {OrderStatus.PLACED},
}


class OrderQuerySet(VisibleQuerySet):
    def placed(self) -> "OrderQuerySet":
        return self.filter(status=OrderStatus.PLACED)

    def awaiting_payment(self) -> "OrderQuerySet":
        return self.placed().filter(payment_status__in=["none", "voided", "partially_paid"])

    def awaiting_shipment(self) -> "OrderQuerySet":
        return self.placed().filter(fulfilment_status__in=["unfulfilled", "partial"])

    def late(self) -> "OrderQuerySet":
        """To ship, and not shipped within SHIP_WITHIN_DAYS working days; what is not to leave before a day has them from then on."""
        long_ago = working_days.long_ago(settings.SHIP_WITHIN_DAYS)
        waits_since = OrderLine.objects.to_ship_since(timezone.localdate(long_ago, timezone.get_default_timezone()))
        return self.awaiting_shipment().filter(Exists(waits_since.filter(order=OuterRef("pk"))), placed_at__lt=long_ago)

    def going_to(self, country: str) -> "OrderQuerySet":
        return self.alias(country=KT("shipping_address__country")).filter(country=country)


@tracked()
class Order(Stateful):
    """A customer's order. `status` is written by place, cancel, close and reopen; the other three statuses and all
    amounts by `services.recalculate`; `paid`, `refunded`, `authorized` (what can still be captured), `voided` and
    `refund_granted` (what is granted and not executed yet) by triggers of payments and refunds, `on_hold` by one of OrderHold.

    Triggers at the end of the transaction refuse derived statuses that the figures and lines do not say."""

    Status = OrderStatus
    TRANSITIONS = ORDER_TRANSITIONS

    class PaymentStatus(models.TextChoices):
        NONE = "none", _("Unpaid")
        AUTHORIZED = "authorized", _("Authorized")
        VOIDED = "voided", _("Authorization voided")
        PARTIALLY_PAID = "partially_paid", _("Partly paid")
        PAID = "paid", _("Paid")
        OVERCHARGED = "overcharged", _("Overpaid")
        PARTIALLY_REFUNDED = "partially_refunded", _("Partly refunded")
        REFUNDED = "refunded", _("Refunded")

    class FulfilmentStatus(models.TextChoices):
        UNFULFILLED = "unfulfilled", _("To ship")
        PARTIAL = "partial", _("Partly shipped")
        FULFILLED = "fulfilled", _("Shipped")
        NONE = "none", _("Nothing to ship")

    class ReturnStatus(models.TextChoices):
        NONE = "none", _("No return")
        REQUESTED = "requested", _("Return announced")
        PARTIAL = "partial", _("Partly returned")
        RETURNED = "returned", _("Returned")

    number = models.CharField(_("number"), max_length=40, unique=True)
    customer = models.ForeignKey(
        Customer,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="orders",
        verbose_name=_("customer"),
        db_index=False,
    )
    customer_name = models.CharField(_("name"), max_length=200, blank=True)
    email = models.CharField(_("e-mail"), max_length=254, blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    billing_address = models.JSONField(_("billing address"), default=dict, blank=True)
    shipping_address = models.JSONField(_("shipping address"), default=dict, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    payment_status = models.CharField(_("payment"), max_length=20, choices=PaymentStatus, default=PaymentStatus.NONE)
    fulfilment_status = models.CharField(
        _("fulfilment"), max_length=12, choices=FulfilmentStatus, default=FulfilmentStatus.UNFULFILLED
    )
    return_status = models.CharField(_("return"), max_length=12, choices=ReturnStatus, default=ReturnStatus.NONE)
    source = models.CharField(_("source"), max_length=40, default="staff")
    source_number = models.CharField(_("number at the source"), max_length=100, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default="EUR")
    prices_include_tax = models.BooleanField(_("prices include tax"), default=True)
    subtotal = MoneyField(_("subtotal"), default=0, help_text=_("Sum of the lines after discounts."))
    discount = MoneyField(_("discount"), default=0, help_text=_("Taken off the whole order, shared over its lines."))
    shipping = MoneyField(_("shipping"), default=0)
    shipping_tax_rate = models.DecimalField(_("tax on shipping"), max_digits=7, decimal_places=5, default=0)
    tax = MoneyField(_("tax"), default=0)
    total = MoneyField(_("total"), default=0)
    paid = MoneyField(_("paid"), default=0)
    refunded = MoneyField(_("refunded"), default=0)
    authorized = MoneyField(_("authorized"), default=0, db_default=0, editable=False)
    voided = MoneyField(_("voided"), default=0, db_default=0, editable=False)
    refund_granted = MoneyField(_("refund granted"), default=0, db_default=0, editable=False)
    on_hold = models.BooleanField(_("on hold"), default=False, db_default=False, editable=False)
    note = models.TextField(_("note"), blank=True)
    tags = ArrayField(models.CharField(max_length=120), verbose_name=_("tags"), default=list, blank=True)
    cancel_reason = models.CharField(_("reason of the cancellation"), max_length=300, blank=True)
    placed_at = models.DateTimeField(_("date"), default=timezone.now)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    canceled_at = models.DateTimeField(_("canceled"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    search_text = search_text("number", "source_number", "customer_name", "email")

    objects = OrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        ordering = ["-placed_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_number"],
                condition=~Q(source_number=""),
                name="order_source_number_once",
                violation_error_message=_("This order was taken in already."),
            ),
            models.CheckConstraint(
                condition=Q(paid__gte=F("refunded") + F("refund_granted")),
                name="order_refund_within_paid",
                violation_error_message=_("Refunds cannot exceed what was paid."),
            ),
            models.CheckConstraint(
                condition=Q(authorized__gte=0) & Q(voided__gte=0) & Q(refund_granted__gte=0),
                name="order_promises_not_negative",
                violation_error_message=_("Amounts cannot be negative."),
            ),
            models.CheckConstraint(
                condition=Q(discount__gte=0) & Q(shipping__gte=0) & Q(paid__gte=0) & Q(refunded__gte=0),
                name="order_amounts_not_negative",
                violation_error_message=_("Amounts cannot be negative."),
            ),
        ]
        indexes = [
            search_index("order_search"),
            models.Index(fields=["-placed_at", "-id"], name="order_newest"),
            models.Index(fields=["status", "-placed_at", "-id"], name="order_status"),
            models.Index(fields=["payment_status", "-placed_at", "-id"], name="order_payment"),
            models.Index(fields=["fulfilment_status", "-placed_at", "-id"], name="order_fulfilment"),
            models.Index(
                fields=["return_status", "-placed_at", "-id"], condition=~Q(return_status="none"), name="order_return"
            ),
            models.Index(fields=["source", "-placed_at", "-id"], name="order_source"),
            models.Index(fields=["currency", "-placed_at", "-id"], name="order_currency"),
            models.Index(fields=["customer", "-placed_at", "-id"], name="order_customer"),
            models.Index(fields=["-total", "-id"], name="order_total"),
            models.Index(
                fields=["placed_at", "id"],
                condition=Q(status="placed", fulfilment_status__in=["unfulfilled", "partial"]),
                name="order_to_ship",
            ),
            models.Index(fields=["-placed_at", "-id"], condition=Q(on_hold=True), name="order_on_hold"),
            models.Index(
                fields=["placed_at", "id"],
                condition=Q(status="placed", payment_status__in=["none", "voided", "partially_paid"]),
                name="order_to_pay",
            ),
            models.Index(KT("shipping_address__country"), F("placed_at").desc(), F("id").desc(), name="order_country"),
            models.Index(fields=["updated_at"], name="order_updated"),
            GinIndex(fields=["tags"], name="order_tags"),
        ]
        triggers = [
            legal_transitions("status", ORDER_TRANSITIONS),
            pgtrigger.Trigger(
                name="payment_status_agrees",
                when=pgtrigger.After,
                operation=pgtrigger.Insert
                | pgtrigger.UpdateOf("status", "payment_status", "total", "paid", "refunded", "authorized", "voided"),
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Condition(
                    "NEW.payment_status <> orders_payment_status(NEW.status, NEW.total, NEW.paid, NEW.refunded, NEW.authorized, NEW.voided)"
                ),
                func="PERFORM orders_payment_must_agree(NEW.id); RETURN NULL;",
            ),
            pgtrigger.Trigger(
                name="goods_statuses_agree",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("fulfilment_status", "return_status"),
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Condition(
                    "((OLD.fulfilment_status, OLD.return_status) IS DISTINCT FROM (NEW.fulfilment_status, NEW.return_status))"
                ),
                func="PERFORM orders_goods_must_agree(NEW.id); RETURN NULL;",
            ),
        ]
        permissions = [
            ("place_order", _("Can place orders")),
            ("cancel_order", _("Can cancel orders")),
            ("fulfil_order", _("Can pick, pack and ship")),
            ("receive_return", _("Can receive returns")),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("orders:order", args=[self.number])

    @property
    def ship_by(self) -> date:
        """The last day on which it can be shipped without being late."""
        return working_days.after(
            timezone.localdate(self.placed_at, timezone.get_default_timezone()), settings.SHIP_WITHIN_DAYS
        )

    @property
    def is_late(self) -> bool:
        waits = self.status == OrderStatus.PLACED and self.fulfilment_status in ("unfulfilled", "partial")
        is_old = waits and self.placed_at < working_days.long_ago(settings.SHIP_WITHIN_DAYS)
        return is_old and Order.objects.late().filter(pk=self.pk).exists()

    @property
    def balance(self) -> Any:
        """What the customer still owes; negative when overpaid."""
        return self.total - self.paid + self.refunded


class OrderLineQuerySet(VisibleQuerySet):
    def to_ship_since(self, day: date) -> "OrderLineQuerySet":
        """Lines with pieces to ship that are not all in parcels which are not to leave before that day."""
        parcels = Q(
            fulfilment_lines__fulfilment__status__in=["pending", "packed"],
            fulfilment_lines__fulfilment__not_before__gte=day,
        )
        lines = self.filter(requires_shipping=True, quantity__gt=F("fulfilled") + F("canceled")).order_by()
        scheduled = Coalesce(Sum("fulfilment_lines__quantity", filter=parcels), 0)
        return lines.alias(scheduled=scheduled).filter(quantity__gt=F("fulfilled") + F("canceled") + F("scheduled"))


@tracked(unindexed=["order", "variant"])
class OrderLine(models.Model):
    """One article of an order, with what it was called and cost at the time."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", verbose_name=_("order"), db_index=False)
    position = models.PositiveIntegerField(_("position"), default=0)
    variant = models.ForeignKey(
        Variant,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="order_lines",
        verbose_name=_("variant"),
        db_index=False,
    )
    sku = models.CharField(_("SKU"), max_length=100, blank=True)
    title = models.CharField(_("title"), max_length=400)
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_price = MoneyField(_("unit price"))
    discount = MoneyField(_("discount"), default=0, help_text=_("Off the whole line."))
    order_discount = MoneyField(_("share of the order's discount"), default=0, editable=False)
    tax_name = models.CharField(_("tax"), max_length=60, blank=True)
    tax_rate = models.DecimalField(_("tax rate"), max_digits=7, decimal_places=5, default=0)
    requires_shipping = models.BooleanField(_("requires shipping"), default=True)
    tax_rounding = MoneyField(
        _("rounding of the tax"),
        default=0,
        db_default=0,
        editable=False,
        help_text=_("Keeps sums equal when orders are split or merged."),
    )
    net = MoneyField(_("net"), default=0)
    tax = MoneyField(_("tax"), default=0)
    gross = MoneyField(_("gross"), default=0)
    allocated = models.PositiveIntegerField(_("allocated"), default=0)
    fulfilled = models.PositiveIntegerField(_("shipped"), default=0)
    canceled = models.PositiveIntegerField(_("canceled"), default=0)
    returned = models.PositiveIntegerField(_("returned"), default=0)

    objects = OrderLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(quantity__gt=0),
                name="order_line_quantity",
                violation_error_message=_("The quantity must be at least 1."),
            ),
            models.CheckConstraint(
                condition=Q(quantity__gte=F("allocated") + F("fulfilled") + F("canceled")),
                name="order_line_not_exceeded",
                violation_error_message=_("More pieces allocated, shipped and canceled than ordered."),
            ),
            models.CheckConstraint(
                condition=Q(returned__lte=F("fulfilled")),
                name="order_line_returned_within_shipped",
                violation_error_message=_("More pieces returned than shipped."),
            ),
            models.CheckConstraint(
                condition=Q(unit_price__gte=0) & Q(discount__gte=0) & Q(order_discount__gte=0) & Q(gross__gte=0),
                name="order_line_amounts",
                violation_error_message=_("Amounts cannot be negative."),
            ),
            models.CheckConstraint(condition=Q(gross=F("net") + F("tax")), name="order_line_sums"),
        ]
        indexes = [
            models.Index(fields=["order", "position", "id"], name="order_line_of_order"),
            models.Index(fields=["variant", "-id"], name="order_line_variant"),
            models.Index(Upper("sku"), condition=Q(variant=None), name="order_line_sku"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="goods_statuses_agree",
                when=pgtrigger.After,
                operation=pgtrigger.UpdateOf("quantity", "requires_shipping", "fulfilled", "canceled", "returned"),
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Condition(
                    "((OLD.quantity, OLD.requires_shipping, OLD.fulfilled, OLD.canceled, OLD.returned) IS DISTINCT FROM"
                    " (NEW.quantity, NEW.requires_shipping, NEW.fulfilled, NEW.canceled, NEW.returned))"
                ),
                func="PERFORM orders_goods_must_agree(NEW.order_id); RETURN NULL;",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.sku or self.title}"

    @property
    def kept(self) -> int:
        """Pieces that are not canceled."""
        return self.quantity - self.canceled

    @property
    def open_quantity(self) -> int:
        """Pieces still to be shipped."""
        return self.quantity - self.fulfilled - self.canceled
