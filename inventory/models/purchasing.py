"""What is bought: supplier items, purchase orders, landed costs, and the rules that say when to buy again."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce, Greatest
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice.rows import Stateful, VisibleQuerySet, search_index, search_text, tracked
from backoffice.triggers import append_only, legal_transitions
from catalog.models import Variant
from inventory.models.places import Location, WarehouseScoped
from inventory.models.receipts import Receipt, ReceiptLine, Supplier
from inventory.models.stock import CostField, StockLevel


def shop_currency() -> str:
    return settings.DEFAULT_CURRENCY


@tracked()
class SupplierItem(models.Model):
    """What a supplier calls a variant, in which packs it comes, and what a piece costs in one currency."""

    RESTRICTED = {"cost": "catalog.view_cost"}

    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="items", verbose_name=_("supplier"))
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="supplier_items", verbose_name=_("variant"))
    supplier_sku = models.CharField(_("supplier's SKU"), max_length=100, blank=True)
    pack_size = models.PositiveIntegerField(
        _("pack size"), default=1, validators=[MinValueValidator(1)], help_text=_("Ordered in multiples of this.")
    )
    minimum = models.PositiveIntegerField(_("minimum quantity"), default=1, validators=[MinValueValidator(1)])
    lead_time_days = models.PositiveSmallIntegerField(
        _("lead time (days)"), null=True, blank=True, help_text=_("Blank: as the supplier's.")
    )
    cost = CostField(_("unit cost"), null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, default=shop_currency)
    is_preferred = models.BooleanField(_("preferred"), default=False, help_text=_("Reorders go here first."))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("supplier item")
        verbose_name_plural = _("supplier items")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["supplier", "variant", "currency"],
                name="supplier_item_once",
                violation_error_message=_("The supplier has this variant in this currency already."),
            ),
            models.UniqueConstraint(
                fields=["variant"],
                condition=Q(is_preferred=True),
                name="supplier_item_one_preferred",
                violation_error_message=_("Another supplier is preferred for this variant already."),
            ),
            models.CheckConstraint(
                condition=Q(pack_size__gte=1, minimum__gte=1),
                name="supplier_item_quantities",
                violation_error_message=_("Pack size and minimum are at least 1."),
            ),
            models.CheckConstraint(
                condition=Q(cost=None) | Q(cost__gte=0),
                name="supplier_item_cost",
                violation_error_message=_("A cost cannot be negative."),
            ),
            models.CheckConstraint(
                condition=Q(currency__regex="^[A-Z]{3}$"),
                name="supplier_item_currency",
                violation_error_message=_("A currency has three letters, such as EUR."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.supplier_sku or self.variant} ({self.supplier})"

    def get_absolute_url(self) -> str:
        return reverse("inventory:supplier", args=[self.supplier.code])

    @property
    def days(self) -> int | None:
        """Lead time: its own, else the supplier's."""
        return self.lead_time_days if self.lead_time_days is not None else self.supplier.lead_time_days

    def rounded(self, quantity: int) -> int:
        """The smallest quantity that can be ordered and is not less than `quantity`."""
        wanted = max(quantity, self.minimum)
        return -(-wanted // self.pack_size) * self.pack_size


class PurchaseStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    ORDERED = "ordered", pgettext_lazy("purchase order", "Ordered")
    PARTIALLY_RECEIVED = "partially_received", _("Partially received")
    RECEIVED = "received", _("Received")
    OVER_RECEIVED = "over_received", _("Over-received")
    CANCELED = "canceled", _("Canceled")


_S = PurchaseStatus
PURCHASE_TRANSITIONS = {
    _S.DRAFT: {_S.ORDERED, _S.CANCELED},
    _S.ORDERED: {_S.PARTIALLY_RECEIVED, _S.RECEIVED, _S.OVER_RECEIVED, _S.CANCELED},
    _S.PARTIALLY_RECEIVED: {_S.ORDERED, _S.RECEIVED, _S.OVER_RECEIVED},
    _S.RECEIVED: {_S.ORDERED, _S.PARTIALLY_RECEIVED, _S.OVER_RECEIVED},
    _S.OVER_RECEIVED: {_S.ORDERED, _S.PARTIALLY_RECEIVED, _S.RECEIVED},
}
OPEN = (_S.ORDERED, _S.PARTIALLY_RECEIVED)


class PurchaseOrderQuerySet(WarehouseScoped):
    def open(self) -> "PurchaseOrderQuerySet":
        """Ordered, and not all of it is here."""
        return self.filter(status__in=OPEN)

    def overdue(self) -> "PurchaseOrderQuerySet":
        return self.open().filter(expected_on__lt=timezone.localdate())


@tracked()
class PurchaseOrder(Stateful):
    """What is ordered from a supplier, for one warehouse. `status` is written by `services.purchasing` and `receiving`.

    Triggers keep `subtotal` the sum of the lines, and `incoming` of the levels what open orders still bring.
    """

    Status = PurchaseStatus
    TRANSITIONS = PURCHASE_TRANSITIONS
    RESTRICTED = dict.fromkeys(("subtotal", "tax", "freight", "total"), "catalog.view_cost")

    number = models.CharField(_("number"), max_length=40, unique=True)
    supplier = models.ForeignKey(Supplier, models.PROTECT, related_name="purchase_orders", verbose_name=_("supplier"))
    location = models.ForeignKey(
        Location, models.PROTECT, related_name="purchase_orders", verbose_name=_("delivered to")
    )
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.DRAFT)
    currency = models.CharField(_("currency"), max_length=3, default=shop_currency)
    exchange_rate = models.DecimalField(
        _("exchange rate"),
        max_digits=16,
        decimal_places=8,
        default=1,
        help_text=_("What one unit of the order's currency is worth in the shop's."),
    )
    source = models.CharField(_("source"), max_length=40, blank=True)
    source_number = models.CharField(_("number at the source"), max_length=100, blank=True)
    expected_on = models.DateField(_("expected"), null=True, blank=True)
    subtotal = CostField(_("goods"), default=0, editable=False)
    tax = CostField(_("tax"), default=0)
    freight = CostField(_("freight"), default=0)
    total = models.GeneratedField(
        expression=F("subtotal") + F("tax") + F("freight"),
        output_field=CostField(),
        db_persist=True,
        verbose_name=_("total"),
    )
    note = models.TextField(_("note"), blank=True, help_text=_("It is printed for the supplier."))
    key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    cancel_reason = models.CharField(_("reason of the cancellation"), max_length=300, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    ordered_at = models.DateTimeField(_("ordered"), null=True, blank=True)
    mailed_at = models.DateTimeField(_("mailed"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)
    search_text = search_text("number", "source_number")

    objects = PurchaseOrderQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase order")
        verbose_name_plural = _("purchase orders")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "source_number"],
                condition=~Q(source_number=""),
                name="purchase_order_source_once",
                violation_error_message=_("This purchase order is there already."),
            ),
            models.CheckConstraint(
                condition=Q(tax__gte=0, freight__gte=0, subtotal__gte=0),
                name="purchase_order_amounts",
                violation_error_message=_("An amount cannot be negative."),
            ),
            models.CheckConstraint(
                condition=Q(exchange_rate__gt=0),
                name="purchase_order_rate",
                violation_error_message=_("An exchange rate is above zero."),
            ),
            models.CheckConstraint(
                condition=Q(currency__regex="^[A-Z]{3}$"),
                name="purchase_order_currency",
                violation_error_message=_("A currency has three letters, such as EUR."),
            ),
        ]
        indexes = [
            search_index("purchase_order_search"),
            models.Index(fields=["-created_at", "-id"], name="purchase_order_newest"),
            models.Index(fields=["status", "expected_on", "id"], name="purchase_order_expected"),
        ]
        triggers = [legal_transitions("status", PURCHASE_TRANSITIONS)]
        permissions = [
            ("order_purchase", _("Can order from suppliers")),
            ("over_receive", _("Can receive more than was ordered")),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("inventory:purchase_order", args=[self.number])

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.expected_on is not None and self.expected_on < timezone.localdate()


class PurchaseOrderLineQuerySet(WarehouseScoped):
    scope_field = "purchase_order__location__code"

    def outstanding_at(self) -> "PurchaseOrderLineQuerySet":
        """Lines that still bring something."""
        return self.filter(purchase_order__status__in=OPEN, outstanding__gt=0)


@tracked()
class PurchaseOrderLine(models.Model):
    """`accepted` and `rejected` are added up by a trigger of the receipt lines; `canceled` is what will never come."""

    RESTRICTED = {"unit_cost": "catalog.view_cost"}

    purchase_order = models.ForeignKey(
        PurchaseOrder, models.CASCADE, related_name="lines", verbose_name=_("purchase order")
    )
    position = models.PositiveIntegerField(default=0)
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="purchase_lines", verbose_name=_("variant"))
    supplier_sku = models.CharField(_("supplier's SKU"), max_length=100, blank=True)
    quantity = models.PositiveIntegerField(_("ordered"))
    unit_cost = CostField(_("unit cost"), default=0)
    expected_on = models.DateField(_("expected"), null=True, blank=True)
    accepted = models.PositiveIntegerField(_("accepted"), default=0, editable=False)
    rejected = models.PositiveIntegerField(_("rejected"), default=0, editable=False)
    canceled = models.PositiveIntegerField(_("canceled"), default=0, editable=False)
    source_line = models.CharField(_("line at the source"), max_length=100, blank=True)
    outstanding = models.GeneratedField(
        expression=Greatest(F("quantity") - F("canceled") - F("accepted") - F("rejected"), 0),
        output_field=models.IntegerField(),
        db_persist=True,
        verbose_name=_("outstanding"),
    )

    objects = PurchaseOrderLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("purchase order line")
        verbose_name_plural = _("purchase order lines")
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="purchase_line_quantity"),
            models.CheckConstraint(
                condition=Q(unit_cost__gte=0),
                name="purchase_line_cost",
                violation_error_message=_("A cost cannot be negative."),
            ),
            models.CheckConstraint(condition=Q(canceled__lte=F("quantity")), name="purchase_line_canceled"),
            models.UniqueConstraint(
                fields=["purchase_order", "source_line"],
                condition=~Q(source_line=""),
                name="purchase_line_source_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant}"

    @property
    def currency(self) -> str:
        return self.purchase_order.currency

    @property
    def amount(self) -> Decimal:
        return self.quantity * self.unit_cost

    @property
    def kept(self) -> int:
        """Pieces ordered and not given up."""
        return self.quantity - self.canceled

    @property
    def excess(self) -> int:
        """Accepted pieces that nobody ordered."""
        return max(self.accepted - self.kept, 0)


class LandedCostQuerySet(WarehouseScoped):
    scope_field = "receipt__location__code"


@tracked()
class LandedCost(models.Model):
    """Freight, duty and the like, spread over what a receipt brought. A mistake is taken back by a negative one."""

    class Basis(models.TextChoices):
        VALUE = "value", _("By value")
        WEIGHT = "weight", _("By weight")
        QUANTITY = "quantity", _("By quantity")

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="landed_costs", verbose_name=_("receipt"))
    amount = CostField(_("amount"), help_text=_("In the shop's currency. Negative takes back."))
    basis = models.CharField(_("spread"), max_length=10, choices=Basis, default=Basis.VALUE)
    reason = models.CharField(_("what for"), max_length=200, help_text=_("Freight, duty, insurance."))
    key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("at"), default=timezone.now)

    objects = LandedCostQuerySet.as_manager()

    class Meta:
        verbose_name = _("landed cost")
        verbose_name_plural = _("landed costs")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="landed_cost_amount")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return self.reason

    def get_absolute_url(self) -> str:
        return self.receipt.get_absolute_url()

    @property
    def currency(self) -> str:
        return settings.DEFAULT_CURRENCY


class LandedCostLineQuerySet(WarehouseScoped):
    scope_field = "landed_cost__receipt__location__code"


class LandedCostLine(models.Model):
    """The share of one receipt line: what raised the value of stock, and what fell on pieces that are gone. Append-only."""

    landed_cost = models.ForeignKey(LandedCost, models.PROTECT, related_name="lines", verbose_name=_("landed cost"))
    receipt_line = models.ForeignKey(ReceiptLine, models.PROTECT, related_name="landed_costs", verbose_name=_("line"))
    amount = CostField(_("amount"))
    to_stock = CostField(_("on stock"))

    objects = LandedCostLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("landed cost line")
        verbose_name_plural = _("landed cost lines")
        ordering = ["pk"]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.receipt_line}: {self.amount}"

    @property
    def currency(self) -> str:
        return settings.DEFAULT_CURRENCY

    @property
    def to_sold(self) -> Any:
        return self.amount - self.to_stock


class ReorderRuleQuerySet(WarehouseScoped):
    def with_projection(self) -> "ReorderRuleQuerySet":
        """With `available`, `incoming`, `drafted` (pieces on drafts) and their sum, `projected`."""
        level = StockLevel.objects.filter(variant=OuterRef("variant"), location=OuterRef("location")).order_by()
        drafted = (
            PurchaseOrderLine.objects.filter(
                variant=OuterRef("variant"),
                purchase_order__location=OuterRef("location"),
                purchase_order__status=PurchaseStatus.DRAFT,
            )
            .order_by()
            .values("variant")
            .annotate(pieces=Sum("quantity"))
            .values("pieces")
        )
        return self.annotate(
            available=Coalesce(Subquery(level.with_available().values("available")), 0),
            incoming=Coalesce(Subquery(level.values("incoming")), 0),
            drafted=Coalesce(Subquery(drafted), 0),
        ).annotate(projected=F("available") + F("incoming") + F("drafted"))

    def due(self) -> "ReorderRuleQuerySet":
        """Active rules whose minimum is not covered by what is available, incoming and on drafts.

        What the level alone covers is looked up first; drafts are added up for the few others.
        """
        level = StockLevel.objects.filter(variant=OuterRef("variant"), location=OuterRef("location")).order_by()
        here = level.with_available().annotate(covered=F("available") + F("incoming")).values("covered")
        rules = self.filter(is_active=True).alias(covered=Coalesce(Subquery(here), 0)).filter(covered__lt=F("minimum"))
        return rules.with_projection().filter(projected__lt=F("minimum"))


@tracked()
class ReorderRule(models.Model):
    """When to buy a variant for a warehouse, and how much: below `minimum`, up to `maximum`, in multiples."""

    variant = models.ForeignKey(Variant, models.CASCADE, related_name="reorder_rules", verbose_name=_("variant"))
    location = models.ForeignKey(Location, models.PROTECT, related_name="reorder_rules", verbose_name=_("location"))
    minimum = models.PositiveIntegerField(
        _("minimum"), help_text=_("Reordered when available and incoming fall below this.")
    )
    maximum = models.PositiveIntegerField(_("maximum"), help_text=_("Filled up to this."))
    multiple = models.PositiveIntegerField(_("multiple"), default=1, validators=[MinValueValidator(1)])
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = ReorderRuleQuerySet.as_manager()

    class Meta:
        verbose_name = _("reorder rule")
        verbose_name_plural = _("reorder rules")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["variant", "location"],
                name="reorder_rule_once",
                violation_error_message=_("There is a rule for this variant here already."),
            ),
            models.CheckConstraint(
                condition=Q(maximum__gte=F("minimum")),
                name="reorder_rule_range",
                violation_error_message=_("The maximum cannot be below the minimum."),
            ),
            models.CheckConstraint(
                condition=Q(multiple__gte=1),
                name="reorder_rule_multiple",
                violation_error_message=_("A multiple is at least 1."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.variant} @ {self.location}"

    def get_absolute_url(self) -> str:
        return reverse("inventory:reorder_rule_edit", args=[self.pk])
