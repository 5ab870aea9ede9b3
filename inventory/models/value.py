"""What was where and what it was worth: balances at period ends, and the summaries that reports read."""

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, in_reader_language
from inventory.models.places import Location, WarehouseScoped
from inventory.models.receipts import Supplier
from inventory.models.stock import CostField, StockLevel, StockMove


class Priced(models.Model):
    """Amounts are in the shop's currency."""

    class Meta:
        abstract = True

    @property
    def currency(self) -> str:
        return settings.DEFAULT_CURRENCY


class StockPeriod(models.Model):
    """An instant at which every level was written down; `last_posting` is the newest posting there was by then.

    Written by `services.close_periods`. Nothing depends on it but the speed of `services.stock_at`.
    """

    at = models.DateTimeField(_("at"), unique=True)
    is_month_end = models.BooleanField(_("end of a month"))
    last_posting = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    class Meta:
        verbose_name = _("stock period")
        verbose_name_plural = _("stock periods")
        ordering = ["-at"]

    def __str__(self) -> str:
        return self.at.isoformat()


class StockBalance(models.Model):
    """What the postings of a level came to at the end of a period; levels with nothing have no row."""

    period = models.ForeignKey(
        StockPeriod, models.CASCADE, related_name="balances", db_index=False, verbose_name=_("period")
    )
    level = models.ForeignKey(StockLevel, models.PROTECT, related_name="balances", verbose_name=_("level"))
    on_hand = models.IntegerField(_("on hand"))
    allocated = models.IntegerField(_("allocated"))
    held = models.IntegerField(_("held"))
    value = CostField(_("value"))

    class Meta:
        verbose_name = _("stock balance")
        verbose_name_plural = _("stock balances")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["period", "level"], name="stock_balance_once")]

    def __str__(self) -> str:
        return f"{self.level_id}: {self.on_hand}"


class StockTotal(models.Model):
    """The balances of a period added up by location, for charts."""

    period = models.ForeignKey(
        StockPeriod, models.CASCADE, related_name="totals", db_index=False, verbose_name=_("period")
    )
    location = models.ForeignKey(Location, models.PROTECT, related_name="+", verbose_name=_("location"))
    on_hand = models.BigIntegerField(_("on hand"))
    value = CostField(_("value"))

    objects = WarehouseScoped.as_manager()

    class Meta:
        verbose_name = _("stock total")
        verbose_name_plural = _("stock totals")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["period", "location"], name="stock_total_once")]

    def __str__(self) -> str:
        return f"{self.location_id}: {self.on_hand}"


class StockFiguresQuerySet(WarehouseScoped):
    scope_field = "level__location__code"


class AbcClass(models.TextChoices):
    A = "A", _("A: most of the value of use")
    B = "B", _("B: the next part")
    C = "C", _("C: the rest")
    NONE = "-", _("Not used")


class StockFigures(Priced):
    """What the ledger says of a level over the last year, as of `at`. Written by `services.refresh_figures`.

    `pieces_30` is how many of the pieces on hand came in within 30 days, the older ones taken as gone first, and so on.
    """

    Abc = AbcClass

    level = models.OneToOneField(StockLevel, models.CASCADE, related_name="figures", verbose_name=_("level"))
    at = models.DateTimeField(_("as of"))
    on_hand = models.IntegerField(_("on hand"))
    value = CostField(_("value"))
    supplier = models.ForeignKey(
        Supplier,
        models.PROTECT,
        null=True,
        related_name="+",
        verbose_name=_("supplier"),
        help_text=_("Who delivered last."),
    )
    last_received_at = models.DateTimeField(_("received last"), null=True)
    last_shipped_at = models.DateTimeField(_("shipped last"), null=True)
    idle_since = models.DateTimeField(
        _("without shipment since"), null=True, help_text=_("The last shipment, else the first piece.")
    )
    oldest_at = models.DateTimeField(_("oldest piece"), null=True)
    pieces_30 = models.IntegerField(_("up to 30 days"), default=0)
    pieces_90 = models.IntegerField(_("31 to 90 days"), default=0)
    pieces_180 = models.IntegerField(_("91 to 180 days"), default=0)
    pieces_365 = models.IntegerField(_("181 to 365 days"), default=0)
    pieces_older = models.IntegerField(_("over a year"), default=0)
    sold_28 = models.IntegerField(_("sold in 28 days"), default=0, db_default=0)
    sold_90 = models.IntegerField(_("sold in 90 days"), default=0, db_default=0)
    out_on = models.DateField(
        _("lasts until"),
        null=True,
        help_text=_("When what is available is sold, at the faster pace of 28 and 90 days."),
    )
    used = models.IntegerField(_("pieces used"), default=0)
    used_value = CostField(_("value of use"), default=0)
    average_value = CostField(_("average value"), default=0)
    turnover = models.DecimalField(_("turnover"), max_digits=14, decimal_places=2, null=True)
    abc = models.CharField(_("class"), max_length=1, choices=Abc, default=Abc.NONE)

    objects = StockFiguresQuerySet.as_manager()

    class Meta:
        verbose_name = _("stock figures")
        verbose_name_plural = _("stock figures")
        ordering = ["pk"]
        indexes = [
            models.Index(fields=["oldest_at", "id"], condition=Q(on_hand__gt=0), name="stock_figures_oldest"),
            models.Index(fields=["idle_since", "id"], condition=Q(on_hand__gt=0), name="stock_figures_idle"),
            models.Index(fields=["out_on", "id"], condition=Q(out_on__isnull=False), name="stock_figures_out"),
            models.Index(fields=["-value", "-id"], name="stock_figures_value"),
            models.Index(fields=["-used_value", "-id"], name="stock_figures_used"),
            models.Index(fields=["turnover", "id"], name="stock_figures_turnover"),
            models.Index(fields=["abc", "-used_value", "-id"], name="stock_figures_abc"),
        ]

    def __str__(self) -> str:
        return str(self.level)

    def get_absolute_url(self) -> str:
        return self.level.get_absolute_url()

    @property
    def value_older(self) -> Decimal:
        """What the pieces of over a year are worth at the average cost of the level."""
        return self.value * self.pieces_older / self.on_hand if self.on_hand else Decimal(0)


class StockSummary(Priced):
    """The figures added up by location and class, for charts. Written with them.

    `aged_30` is what the pieces are worth that came in within 30 days, and so on; `idle_90` what stands without a
    shipment for 90 to 180 days, and so on. `out_7` is how many levels will be sold out within 7 days.
    """

    location = models.ForeignKey(Location, models.CASCADE, related_name="+", verbose_name=_("location"))
    abc = models.CharField(_("class"), max_length=1, choices=AbcClass)
    at = models.DateTimeField(_("as of"))
    levels = models.IntegerField(_("levels"))
    value = CostField(_("value"))
    used_value = CostField(_("value of use"))
    average_value = CostField(_("average value"))
    aged_30 = CostField(_("up to 30 days"))
    aged_90 = CostField(_("31 to 90 days"))
    aged_180 = CostField(_("91 to 180 days"))
    aged_365 = CostField(_("181 to 365 days"))
    aged_older = CostField(_("over a year"))
    idle_30 = CostField(_("30 to 90 days"))
    idle_90 = CostField(_("90 to 180 days"))
    idle_180 = CostField(_("180 to 365 days"))
    idle_365 = CostField(_("over a year"))
    out_0 = models.IntegerField(_("sold out already"), default=0, db_default=0)
    out_7 = models.IntegerField(_("within 7 days"), default=0, db_default=0)
    out_28 = models.IntegerField(_("8 to 28 days"), default=0, db_default=0)
    out_90 = models.IntegerField(_("29 to 90 days"), default=0, db_default=0)

    objects = WarehouseScoped.as_manager()

    class Meta:
        verbose_name = _("stock summary")
        verbose_name_plural = _("stock summaries")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["location", "abc"], name="stock_summary_once")]

    def __str__(self) -> str:
        return f"{self.location_id} {self.abc}"


class FlowMark(models.Model):
    """The one row that says up to when the sale costs and daily flows are whole: nothing from before `upto` can come any more."""

    upto = models.DateTimeField(_("up to"))

    class Meta:
        verbose_name = _("mark of the daily flows")
        verbose_name_plural = _("marks of the daily flows")
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="flow_mark_one_row")]

    def __str__(self) -> str:
        return self.upto.isoformat()


class SaleCost(Priced):
    """What the goods of one shipment cost, or those of one return (below zero). Written by `services.refresh_flows`."""

    at = models.DateTimeField(_("at"))
    kind = models.CharField(_("kind"), max_length=12, choices=StockMove.Kind)
    cause = models.CharField(_("document"), max_length=60, blank=True)
    location = models.ForeignKey(Location, models.PROTECT, related_name="+", verbose_name=_("location"))
    pieces = models.IntegerField(_("pieces"))
    cost = CostField(_("cost"))

    objects = WarehouseScoped.as_manager()

    class Meta:
        verbose_name = _("cost of goods sold")
        verbose_name_plural = _("cost of goods sold")
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["cause", "at", "location", "kind"], name="sale_cost_once"),
        ]
        indexes = [
            models.Index(fields=["-at", "-id"], name="sale_cost_newest"),
            models.Index(fields=["kind", "-at", "-id"], name="sale_cost_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.cause}: {self.cost}"


class DailyFlow(models.Model):
    """What came and went on a day, by location and kind; corrections by reason and person too.

    Written by `services.refresh_flows`.
    """

    day = models.DateField(_("day"))
    location = models.ForeignKey(Location, models.PROTECT, related_name="+", verbose_name=_("location"))
    kind = models.CharField(_("kind"), max_length=12, choices=StockMove.Kind)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    moves = models.IntegerField(_("moves"))
    gained = models.IntegerField(_("pieces gained"))
    lost = models.IntegerField(_("pieces lost"))
    value = CostField(_("value"))

    objects = WarehouseScoped.as_manager()

    class Meta:
        verbose_name = _("daily flow of stock")
        verbose_name_plural = _("daily flows of stock")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "day", "location", "reason", "actor"], nulls_distinct=False, name="daily_flow_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.kind}"


class StockThen(Priced):
    """A group of levels at an instant, out of `services.stock_at`; no table. `id` is the key of what it is grouped by."""

    id = models.BigIntegerField(primary_key=True)
    grouping = models.CharField(max_length=20)
    code = models.CharField(_("code"), max_length=600)
    name = models.CharField(_("name"), max_length=600)
    name_zh = models.CharField(max_length=600)
    on_hand = models.BigIntegerField(_("on hand"))
    allocated = models.BigIntegerField(_("allocated"))
    held = models.BigIntegerField(_("held"))
    value = CostField(_("value"))

    objects = VisibleQuerySet.as_manager()

    class Meta:
        managed = False
        verbose_name = _("stock on a day")
        verbose_name_plural = _("stock on a day")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """Why it is so much: of a variant all postings, of a location its levels."""
        if self.grouping == "variant":
            return reverse("inventory:why", args=[self.pk])
        return f"{reverse('inventory:stock')}?location={self.pk}"

    @property
    def target(self) -> "StockThen | None":
        return self if self.grouping in ("variant", "location") else None

    @property
    def title(self) -> str:
        return in_reader_language(self.name, self.name_zh) or gettext("Not known")

    @property
    def average_cost(self) -> Any:
        return self.value / self.on_hand if self.on_hand else None


class CorrectionSum(Priced):
    """Corrections of one reason by one person, added up over days; no table."""

    id = models.BigIntegerField(primary_key=True)
    kind = models.CharField(_("kind"), max_length=12, choices=StockMove.Kind)
    reason = models.CharField(_("reason"), max_length=300)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+", verbose_name=_("by")
    )
    moves = models.BigIntegerField(_("moves"))
    gained = models.BigIntegerField(_("pieces gained"))
    lost = models.BigIntegerField(_("pieces lost"))
    value = CostField(_("value"))

    objects = VisibleQuerySet.as_manager()

    class Meta:
        managed = False
        verbose_name = _("correction")
        verbose_name_plural = _("corrections")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.reason
