"""How much there is, and the ledger that says why."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet
from backoffice.triggers import append_only
from catalog.models import Variant
from inventory.models.places import Location, WarehouseScoped

LOW = 5


class CostField(models.DecimalField):
    """Cost or value in the shop's currency, to a millionth, so that averages do not drift."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 20)
        kwargs.setdefault("decimal_places", 6)
        super().__init__(*args, **kwargs)


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
    """How much of a variant is at a location. Written by the database function `inventory_post` and its set-wise siblings only."""

    variant = models.ForeignKey(
        Variant, models.PROTECT, related_name="levels", verbose_name=_("variant"), db_index=False
    )
    location = models.ForeignKey(
        Location, models.PROTECT, related_name="levels", verbose_name=_("location"), db_index=False
    )
    on_hand = models.IntegerField(_("on hand"), default=0)
    allocated = models.IntegerField(_("allocated"), default=0)
    held = models.IntegerField(_("held"), default=0)
    incoming = models.IntegerField(_("incoming"), default=0)
    backorder_limit = models.PositiveIntegerField(_("backorder limit"), default=0, help_text=_("Follows the variant."))
    placed = models.IntegerField(_("by bin or lot"), default=0, db_default=0, help_text=_("The sum of its parts."))
    is_tracked = models.BooleanField(default=False, db_default=False, help_text=_("Follows the variant."))
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
            models.CheckConstraint(
                name="stock_level_placed",
                condition=Q(placed__gte=0) & Q(placed__lte=F("on_hand")),
                violation_error_message=_("No more pieces can lie in bins than are on hand."),
            ),
            models.CheckConstraint(
                name="stock_level_in_lots",
                condition=Q(is_tracked=False) | Q(placed=F("on_hand")),
                violation_error_message=_("Every piece of a variant with lots or serial numbers is of one."),
            ),
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
    def loose(self) -> int:
        """Pieces that are in no bin and of no lot."""
        return self.on_hand - self.placed

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
        REVALUED = "revalued", _("Revalued")
        PUT_AWAY = "put_away", _("Put away")
        QUARANTINED = "quarantined", _("Expired")
        CLEARED = "cleared", _("Quarantine ended")

    at = models.DateTimeField(_("at"), default=timezone.now)
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    variant = models.ForeignKey(
        Variant, models.PROTECT, related_name="moves", verbose_name=_("variant"), db_index=False
    )
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

    level = models.ForeignKey(
        StockLevel, models.PROTECT, related_name="postings", verbose_name=_("level"), db_index=False
    )
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
        indexes = [
            models.Index(fields=["level", "-id"], name="stock_posting_level"),
            # Postings are appended in the order of their times: 24 KB of ranges find a month among millions, at no cost
            # to who posts.
            BrinIndex(fields=["at"], pages_per_range=16, autosummarize=True, name="stock_posting_at"),
        ]
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
    def in_all_before(self) -> int:
        """At all locations together, of a row that says what was there after it (`in_all`)."""
        return self.in_all - self.on_hand  # type: ignore[attr-defined]

    @property
    def allocated_before(self) -> int:
        return self.allocated_after - self.allocated

    @property
    def held_before(self) -> int:
        return self.held_after - self.held
