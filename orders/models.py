"""What was bought, paid, shipped, returned and invoiced."""

from collections.abc import Iterable, Mapping
from typing import Any

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.money import MoneyField
from backoffice.rows import Stateful, VisibleQuerySet, search_index, search_text, tracked
from backoffice.triggers import append_only, legal_transitions
from catalog.models import Variant
from customers.models import Customer
from inventory.models import Location, WarehouseScoped


@tracked()
class TaxRate(models.Model):
    """What a tax class costs where the goods go; without a country it holds everywhere else."""

    tax_class = models.CharField(_("tax class"), max_length=40, default="standard")
    country = models.CharField(
        _("country"), max_length=2, blank=True, help_text=_("Two letters, such as DE; blank for everywhere else.")
    )
    name = models.CharField(_("name"), max_length=60, help_text=_("As invoices print it, such as VAT 19%."))
    rate = models.DecimalField(_("rate"), max_digits=7, decimal_places=5, help_text=_("0.19 is 19%."))

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("tax rate")
        verbose_name_plural = _("tax rates")
        ordering = ["tax_class", "country"]
        constraints = [
            models.UniqueConstraint(
                fields=["tax_class", "country"],
                name="tax_rate_once",
                violation_error_message=_("There is a rate for this class and country already."),
            ),
            models.CheckConstraint(
                condition=Q(rate__gte=0) & Q(rate__lt=1),
                name="tax_rate_share",
                violation_error_message=_("Give the rate as a share: 0.19 is 19%."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


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
        return self.placed().filter(payment_status__in=["none", "partially_paid"])

    def awaiting_shipment(self) -> "OrderQuerySet":
        return self.placed().filter(fulfilment_status__in=["unfulfilled", "partial"])


@tracked()
class Order(Stateful):
    """A customer's order. `status` is written by place, cancel, close and reopen; the other three statuses and all
    amounts by `services.recalculate`; `paid` and `refunded` by triggers of Payment and Refund."""

    Status = OrderStatus
    TRANSITIONS = ORDER_TRANSITIONS

    class PaymentStatus(models.TextChoices):
        NONE = "none", _("Unpaid")
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
        Customer, models.PROTECT, null=True, blank=True, related_name="orders", verbose_name=_("customer")
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
                condition=Q(refunded__lte=F("paid")),
                name="order_refund_within_paid",
                violation_error_message=_("Refunds cannot exceed what was paid."),
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
            models.Index(fields=["updated_at"], name="order_updated"),
            GinIndex(fields=["tags"], name="order_tags"),
        ]
        triggers = [legal_transitions("status", ORDER_TRANSITIONS)]
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
    def balance(self) -> Any:
        """What the customer still owes; negative when overpaid."""
        return self.total - self.paid + self.refunded


@tracked()
class OrderLine(models.Model):
    """One article of an order, with what it was called and cost at the time."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines", verbose_name=_("order"))
    position = models.PositiveIntegerField(_("position"), default=0)
    variant = models.ForeignKey(
        Variant, models.PROTECT, null=True, blank=True, related_name="order_lines", verbose_name=_("variant")
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
    net = MoneyField(_("net"), default=0)
    tax = MoneyField(_("tax"), default=0)
    gross = MoneyField(_("gross"), default=0)
    allocated = models.PositiveIntegerField(_("allocated"), default=0)
    fulfilled = models.PositiveIntegerField(_("shipped"), default=0)
    canceled = models.PositiveIntegerField(_("canceled"), default=0)
    returned = models.PositiveIntegerField(_("returned"), default=0)

    objects = VisibleQuerySet.as_manager()

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


def _adds_to(column: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=f"adds_to_{column}",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        func=f"""
            UPDATE orders_order SET {column} = {column} + NEW.amount, updated_at = now() WHERE id = NEW.order_id;
            RETURN NULL;
        """,  # noqa: S608 - a column of ours
    )


class Payment(models.Model):
    """Money that came in for an order. Append-only; its trigger adds to `Order.paid`."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="payments", verbose_name=_("order"))
    amount = MoneyField(_("amount"))
    method = models.CharField(_("method"), max_length=40)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("payment")
        verbose_name_plural = _("payments")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="payment_amount",
                violation_error_message=_("The amount must be above zero."),
            )
        ]
        triggers = [append_only(), _adds_to("paid")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.amount}"


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


class Refund(models.Model):
    """Money given back. Append-only; its trigger adds to `Order.refunded`, which a CHECK keeps within `paid`."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds", verbose_name=_("order"))
    order_return = models.ForeignKey(
        Return, models.PROTECT, null=True, blank=True, related_name="refunds", verbose_name=_("return")
    )
    amount = MoneyField(_("amount"))
    method = models.CharField(_("method"), max_length=40)
    reference = models.CharField(_("reference"), max_length=100, blank=True)
    reason = models.CharField(_("reason"), max_length=300)
    key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    at = models.DateTimeField(_("at"), default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("refund")
        verbose_name_plural = _("refunds")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(amount__gt=0),
                name="refund_amount",
                violation_error_message=_("The amount must be above zero."),
            )
        ]
        triggers = [append_only(), _adds_to("refunded")]

    def __str__(self) -> str:
        return f"{self.order_id}: {self.amount}"


class FulfilmentStatus(models.TextChoices):
    PENDING = "pending", _("To pick")
    PACKED = "packed", _("Packed")
    SHIPPED = "shipped", _("Shipped")
    DELIVERED = "delivered", _("Delivered")
    CANCELED = "canceled", _("Canceled")


FULFILMENT_TRANSITIONS: Mapping[str, Iterable[str]] = {
    FulfilmentStatus.PENDING: {FulfilmentStatus.PACKED, FulfilmentStatus.CANCELED},
    FulfilmentStatus.PACKED: {FulfilmentStatus.SHIPPED, FulfilmentStatus.CANCELED},
    FulfilmentStatus.SHIPPED: {FulfilmentStatus.DELIVERED},
}


class FulfilmentQuerySet(WarehouseScoped):
    def waiting(self) -> "FulfilmentQuerySet":
        return self.filter(status__in=[FulfilmentStatus.PENDING, FulfilmentStatus.PACKED])


@tracked()
class Fulfilment(Stateful):
    """A parcel of an order from one location. `status` is written by pack, ship, deliver and cancel."""

    Status = FulfilmentStatus
    TRANSITIONS = FULFILMENT_TRANSITIONS

    number = models.CharField(_("number"), max_length=50, unique=True)
    order = models.ForeignKey(Order, models.PROTECT, related_name="fulfilments", verbose_name=_("order"))
    location = models.ForeignKey(Location, models.PROTECT, related_name="fulfilments", verbose_name=_("location"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    carrier = models.CharField(_("carrier"), max_length=60, blank=True)
    tracking_number = models.CharField(_("tracking number"), max_length=100, blank=True)
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
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="fulfilment_newest"),
            models.Index(fields=["status", "-created_at", "-id"], name="fulfilment_status"),
            models.Index(fields=["tracking_number"], condition=~Q(tracking_number=""), name="fulfilment_tracking"),
        ]
        triggers = [legal_transitions("status", FULFILMENT_TRANSITIONS)]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("orders:fulfilment", args=[self.number])


@tracked()
class FulfilmentLine(models.Model):
    fulfilment = models.ForeignKey(Fulfilment, models.CASCADE, related_name="lines", verbose_name=_("fulfilment"))
    order_line = models.ForeignKey(
        OrderLine, models.PROTECT, related_name="fulfilment_lines", verbose_name=_("order line")
    )
    quantity = models.PositiveIntegerField(_("quantity"))

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("fulfilment line")
        verbose_name_plural = _("fulfilment lines")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["fulfilment", "order_line"], name="fulfilment_line_once"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="fulfilment_line_quantity"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.order_line}"


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


class DailySales(models.Model):
    """What was sold on a day, by currency: a summary that `services.refresh_sales` keeps true."""

    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    orders = models.PositiveIntegerField(_("orders"))
    total = models.DecimalField(_("total"), max_digits=20, decimal_places=3)

    class Meta:
        verbose_name = _("daily sales")
        verbose_name_plural = _("daily sales")
        ordering = ["-day"]
        constraints = [models.UniqueConstraint(fields=["day", "currency"], name="daily_sales_once")]

    def __str__(self) -> str:
        return f"{self.day} {self.currency}"
