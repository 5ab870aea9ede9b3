"""Where stock is, and the ledger that says why."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import Stateful, VisibleQuerySet, in_reader_language, search_index, search_text, tracked
from backoffice.triggers import append_only, legal_transitions
from catalog.models import Variant

LOW = 5


class CostField(models.DecimalField):
    """Cost or value in the shop's currency, to a millionth, so that averages do not drift."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 6)
        super().__init__(*args, **kwargs)


class WarehouseScoped(VisibleQuerySet):
    """Rows at a location; people confined to warehouses see those of theirs only."""

    scope_field = "location__code"

    def in_scope(self, user: Any) -> "WarehouseScoped":
        codes = user.scope("warehouse")
        return self if codes is None else self.filter(**{f"{self.scope_field}__in": codes})


class LocationQuerySet(WarehouseScoped):
    scope_field = "code"

    def stock(self) -> "LocationQuerySet":
        """Warehouses and shops that can serve orders, best first."""
        return self.filter(kind=Location.Kind.STOCK, is_active=True).order_by("priority", "pk")


@tracked()
class Location(models.Model):
    """A place stock is at, or a virtual one that it comes from or goes to.

    `is_active` is written by `services.close_location` and `services.open_location`.
    """

    lookup_fields = ("code", "name")

    class Kind(models.TextChoices):
        STOCK = "stock", _("Warehouse or shop")
        TRANSIT = "transit", _("In transit")
        SUPPLIER = "supplier", _("Suppliers")
        CUSTOMER = "customer", _("Customers")
        ADJUSTMENT = "adjustment", _("Corrections")
        SCRAP = "scrap", _("Scrap")

    PHYSICAL = (Kind.STOCK, Kind.TRANSIT)

    code = models.SlugField(_("code"), max_length=40, unique=True)
    name = models.CharField(_("name"), max_length=120)
    name_zh = models.CharField(_("Chinese name"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.STOCK)
    address = models.TextField(_("address"), blank=True)
    priority = models.PositiveSmallIntegerField(_("priority"), default=10, help_text=_("Lower serves orders first."))
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = LocationQuerySet.as_manager()

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ["priority", "code"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind"],
                condition=~Q(kind="stock"),
                name="location_one_of_each_virtual_kind",
                violation_error_message=_("There is a location of this kind already."),
            )
        ]

    def __str__(self) -> str:
        return in_reader_language(self.name, self.name_zh)

    def get_absolute_url(self) -> str:
        return reverse("inventory:location", args=[self.code])


@tracked()
class Supplier(models.Model):
    """Who the merchant buys from."""

    code = models.CharField(_("code"), max_length=40)
    name = models.CharField(_("name"), max_length=200)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=40, blank=True)
    address = models.TextField(_("address"), blank=True)
    lead_time_days = models.PositiveSmallIntegerField(_("lead time (days)"), null=True, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("supplier")
        verbose_name_plural = _("suppliers")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Upper("code"), name="supplier_code_once", violation_error_message=_("This code is taken.")
            )
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("inventory:supplier", args=[self.code])


class StockLevelQuerySet(WarehouseScoped):
    def with_available(self) -> "StockLevelQuerySet":
        return self.annotate(available=F("on_hand") - F("allocated") - F("held"))

    def at_warehouses(self) -> "StockLevelQuerySet":
        """Levels that can serve orders, goods on their way left out."""
        return self.filter(location__kind=Location.Kind.STOCK, location__is_active=True)

    def out(self) -> "StockLevelQuerySet":
        """Nothing left to promise."""
        return self.with_available().filter(available__lte=0)

    def low(self) -> "StockLevelQuerySet":
        """Only a few pieces left to promise."""
        return self.with_available().filter(available__gt=0, available__lte=LOW)

    def in_stock(self) -> "StockLevelQuerySet":
        return self.with_available().filter(available__gt=0)


class StockLevel(models.Model):
    """How much of a variant is at a location. Written by the database function `inventory_post` only."""

    variant = models.ForeignKey(Variant, models.PROTECT, related_name="levels", verbose_name=_("variant"))
    location = models.ForeignKey(Location, models.PROTECT, related_name="levels", verbose_name=_("location"))
    on_hand = models.IntegerField(_("on hand"), default=0)
    allocated = models.IntegerField(_("allocated"), default=0)
    held = models.IntegerField(_("held"), default=0)
    incoming = models.IntegerField(_("incoming"), default=0)
    backorder_limit = models.PositiveIntegerField(_("backorder limit"), default=0, help_text=_("Follows the variant."))
    value = CostField(_("value"), default=0)
    updated_at = models.DateTimeField(_("updated"), default=timezone.now)

    objects = StockLevelQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock level")
        verbose_name_plural = _("stock levels")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["variant", "location"], name="stock_level_once"),
            models.CheckConstraint(
                name="stock_level_not_negative",
                condition=Q(on_hand__gte=0) & Q(allocated__gte=0) & Q(held__gte=0) & Q(incoming__gte=0),
                violation_error_message=_("Stock cannot fall below zero."),
            ),
            models.CheckConstraint(
                name="stock_level_not_oversold",
                condition=Q(on_hand__gte=F("allocated") + F("held") - F("backorder_limit")),
                violation_error_message=_("Not enough stock."),
            ),
            models.CheckConstraint(name="stock_level_value", condition=Q(value__gte=0)),
        ]
        indexes = [
            models.Index(fields=["location", "-on_hand", "id"], name="stock_level_at_location"),
            models.Index(F("on_hand") - F("allocated") - F("held"), "id", name="stock_level_available"),
            models.Index(fields=["-updated_at", "-id"], name="stock_level_updated"),
        ]
        permissions = [
            ("receive_stock", _("Can receive goods")),
            ("move_stock", _("Can transfer stock between locations")),
            ("adjust_stock", _("Can correct stock")),
            ("hold_stock", _("Can hold stock")),
        ]

    def __str__(self) -> str:
        return f"{self.variant} @ {self.location}"

    def get_absolute_url(self) -> str:
        return reverse("inventory:level", args=[self.pk])

    @property
    def currency(self) -> str:
        """Values are kept in the shop's currency."""
        return settings.DEFAULT_CURRENCY

    @property
    def free(self) -> int:
        """Pieces that may still be promised, backorders not counted."""
        return self.on_hand - self.allocated - self.held

    @property
    def average_cost(self) -> Any:
        return self.value / self.on_hand if self.on_hand else None


class StockMoveQuerySet(VisibleQuerySet):
    def in_scope(self, user: Any) -> "StockMoveQuerySet":
        codes = user.scope("warehouse")
        return self if codes is None else self.filter(Q(from_location__code__in=codes) | Q(to_location__code__in=codes))


class StockMove(models.Model):
    """One movement, from somewhere to somewhere. Append-only; written by `inventory_post`."""

    class Kind(models.TextChoices):
        RECEIVED = "received", _("Received")
        ALLOCATED = "allocated", _("Allocated")
        RELEASED = "released", _("Released")
        HELD = "held", _("Held")
        UNHELD = "unheld", _("Hold ended")
        SHIPPED = "shipped", _("Shipped")
        RETURNED = "returned", _("Returned")
        ADJUSTED = "adjusted", _("Corrected")
        COUNTED = "counted", _("Counted")
        TRANSFERRED = "transferred", _("Transferred")
        SCRAPPED = "scrapped", _("Scrapped")

    at = models.DateTimeField(_("at"), default=timezone.now)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="moves", verbose_name=_("variant"))
    from_location = models.ForeignKey(Location, models.PROTECT, related_name="+", verbose_name=_("from"))
    to_location = models.ForeignKey(Location, models.PROTECT, related_name="+", verbose_name=_("to"))
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_cost = CostField(_("unit cost"), null=True, blank=True)
    cause = models.CharField(_("cause"), max_length=60, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    request_id = models.CharField(max_length=40, blank=True)

    objects = StockMoveQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock move")
        verbose_name_plural = _("stock moves")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="stock_move_quantity"),
            models.CheckConstraint(
                condition=Q(unit_cost=None) | Q(unit_cost__gte=0),
                name="stock_move_cost",
                violation_error_message=_("A cost cannot be negative."),
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["adjusted", "scrapped"]) | ~Q(reason=""),
                name="stock_move_correction_has_reason",
                violation_error_message=_("A correction needs a reason."),
            ),
        ]
        indexes = [
            models.Index(fields=["variant", "-id"], name="stock_move_variant"),
            models.Index(fields=["cause", "-id"], condition=~Q(cause=""), name="stock_move_cause"),
            models.Index(fields=["-at", "-id"], name="stock_move_newest"),
            models.Index(fields=["kind", "-at", "-id"], name="stock_move_kind"),
        ]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.quantity}"

    @property
    def currency(self) -> str:
        return settings.DEFAULT_CURRENCY


class StockPostingQuerySet(WarehouseScoped):
    scope_field = "level__location__code"


class StockPosting(models.Model):
    """What a move did to one level: signed changes, and the balance and value after. Append-only."""

    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="postings", verbose_name=_("level"))
    move = models.ForeignKey(StockMove, models.PROTECT, related_name="postings", verbose_name=_("move"))
    at = models.DateTimeField(_("at"), default=timezone.now)
    on_hand = models.IntegerField(_("on hand, change"))
    allocated = models.IntegerField(_("allocated, change"))
    held = models.IntegerField(_("held, change"))
    on_hand_after = models.IntegerField(_("on hand"))
    allocated_after = models.IntegerField(_("allocated"))
    held_after = models.IntegerField(_("held"))
    value = CostField(_("value, change"))
    value_after = CostField(_("value"))

    objects = StockPostingQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock posting")
        verbose_name_plural = _("stock postings")
        ordering = ["-pk"]
        indexes = [models.Index(fields=["level", "-id"], name="stock_posting_level")]
        triggers = [append_only()]

    def __str__(self) -> str:
        return f"{self.level_id}: {self.on_hand:+}"

    @property
    def currency(self) -> str:
        return settings.DEFAULT_CURRENCY

    @property
    def on_hand_taken(self) -> int:
        return -self.on_hand

    @property
    def on_hand_before(self) -> int:
        return self.on_hand_after - self.on_hand

    @property
    def allocated_before(self) -> int:
        return self.allocated_after - self.allocated

    @property
    def held_before(self) -> int:
        return self.held_after - self.held


@tracked()
class Allocation(models.Model):
    """Pieces of a level promised to an item of a document; `item` is the primary key of, say, an order line."""

    cause = models.CharField(_("document"), max_length=60)
    item = models.BigIntegerField(_("item"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="allocations", verbose_name=_("variant"))
    location = models.ForeignKey(Location, models.PROTECT, related_name="allocations", verbose_name=_("location"))
    quantity = models.PositiveIntegerField(_("quantity"))
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    objects = WarehouseScoped.as_manager()

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


@tracked()
class Receipt(models.Model):
    """A delivery that came in. Posted as it is written; a mistake is mended by a correction."""

    number = models.CharField(_("number"), max_length=40, unique=True)
    location = models.ForeignKey(Location, models.PROTECT, related_name="receipts", verbose_name=_("location"))
    supplier = models.ForeignKey(
        Supplier, models.PROTECT, null=True, blank=True, related_name="receipts", verbose_name=_("supplier")
    )
    reference = models.CharField(_("delivery note"), max_length=100, blank=True)
    note = models.TextField(_("note"), blank=True)
    key = models.CharField(max_length=64, unique=True, null=True, editable=False)
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("received"), default=timezone.now)
    search_text = search_text("number", "reference")

    objects = WarehouseScoped.as_manager()

    class Meta:
        verbose_name = _("receipt")
        verbose_name_plural = _("receipts")
        ordering = ["-created_at", "-pk"]
        indexes = [
            search_index("receipt_search"),
            models.Index(fields=["-created_at", "-id"], name="receipt_newest"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("inventory:receipt", args=[self.number])


class ReceiptLineQuerySet(WarehouseScoped):
    scope_field = "receipt__location__code"


@tracked()
class ReceiptLine(models.Model):
    RESTRICTED = {"unit_cost": "catalog.view_cost"}

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="lines", verbose_name=_("receipt"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+", verbose_name=_("variant"))
    quantity = models.PositiveIntegerField(_("quantity"))
    unit_cost = CostField(_("unit cost"), null=True, blank=True)

    objects = ReceiptLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("receipt line")
        verbose_name_plural = _("receipt lines")
        ordering = ["pk"]
        constraints = [models.CheckConstraint(condition=Q(quantity__gt=0), name="receipt_line_quantity")]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant}"

    @property
    def currency(self) -> str:
        return settings.DEFAULT_CURRENCY


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
    transfer = models.ForeignKey(Transfer, models.CASCADE, related_name="lines", verbose_name=_("transfer"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+", verbose_name=_("variant"))
    quantity = models.PositiveIntegerField(_("quantity"))
    received = models.PositiveIntegerField(_("received"), null=True, blank=True)

    objects = TransferLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer line")
        verbose_name_plural = _("transfer lines")
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(condition=Q(quantity__gt=0), name="transfer_line_quantity"),
            models.UniqueConstraint(fields=["transfer", "variant"], name="transfer_line_once"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} x {self.variant}"

    @property
    def missing(self) -> int:
        """Pieces that were sent and did not arrive; 0 as long as nothing was counted."""
        return 0 if self.received is None else self.quantity - self.received
