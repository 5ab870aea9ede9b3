"""Stocktakes: what shall be counted, what people counted, and what the books said at that very moment."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from backoffice.rows import Stateful, tracked
from backoffice.triggers import legal_transitions
from catalog.models import Category, Variant
from inventory.models.bins import Bin, Lot
from inventory.models.places import Location, WarehouseScoped
from inventory.models.stock import CostField, StockLevel


class CountStatus(models.TextChoices):
    DRAFT = "draft", _("Draft")
    COUNTING = "counting", _("Counting")
    REVIEW = "review", _("In review")
    POSTED = "posted", _("Posted")
    CANCELED = "canceled", _("Canceled")


COUNT_TRANSITIONS = {
    CountStatus.DRAFT: {CountStatus.COUNTING, CountStatus.CANCELED},
    CountStatus.COUNTING: {CountStatus.REVIEW, CountStatus.CANCELED},
    CountStatus.REVIEW: {CountStatus.COUNTING, CountStatus.POSTED, CountStatus.CANCELED},
}
REVIEW_COUNTS = "inventory.review_count"


class StockCountQuerySet(WarehouseScoped):
    def is_open(self) -> "StockCountQuerySet":
        """Neither posted nor canceled."""
        return self.exclude(status__in=[CountStatus.POSTED, CountStatus.CANCELED])


@tracked()
class StockCount(Stateful):
    """A count of one warehouse, or of a part of its goods. `status` is written by the verbs of `services.stocktake`.

    A count of bins is of what lies in these alone: its lines expect, and correct, nothing that lies elsewhere.
    """

    Status = CountStatus
    TRANSITIONS = COUNT_TRANSITIONS

    class Scope(models.TextChoices):
        ALL = "all", _("Everything that is there")
        BINS = "bins", _("Some bins")
        CATEGORY = "category", _("One category")
        ABC = "abc", _("One ABC class")
        RANDOM = "random", _("A random sample")
        LIST = "list", _("These SKUs")

    class AbcClass(models.TextChoices):
        A = "A", _("A: the dearest goods, 80 percent of the value")
        B = "B", _("B: the next 15 percent of the value")
        C = "C", _("C: the rest")

    number = models.CharField(_("number"), max_length=40, unique=True)
    location = models.ForeignKey(Location, models.PROTECT, related_name="counts", verbose_name=_("location"))
    scope = models.CharField(_("scope"), max_length=10, choices=Scope, default=Scope.ALL)
    category = models.ForeignKey(
        Category, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("category")
    )
    bins = models.ManyToManyField(Bin, blank=True, related_name="+", verbose_name=_("bins"))
    abc_class = models.CharField(_("ABC class"), max_length=1, choices=AbcClass, blank=True)
    sample_size = models.PositiveIntegerField(_("sample size"), null=True, blank=True)
    blind = models.BooleanField(
        _("blind"), default=False, help_text=_("Whoever counts does not see how many pieces there should be.")
    )
    note = models.TextField(_("note"), blank=True)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.DRAFT)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    closed_at = models.DateTimeField(_("counted until"), null=True, blank=True)
    posted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("posted by")
    )
    posted_at = models.DateTimeField(_("posted"), null=True, blank=True)

    objects = StockCountQuerySet.as_manager()

    class Meta:
        verbose_name = _("stocktake")
        verbose_name_plural = _("stocktakes")
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="stock_count_posted",
                condition=Q(status="posted", posted_at__isnull=False) | (~Q(status="posted") & Q(posted_at=None)),
            ),
            models.CheckConstraint(
                name="stock_count_started", condition=Q(status__in=["draft", "canceled"]) | Q(started_at__isnull=False)
            ),
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="stock_count_newest"),
            models.Index(fields=["-posted_at"], condition=Q(status="posted"), name="stock_count_posted_at"),
        ]
        permissions = [
            ("count_stock", _("Can count stock")),
            ("review_count", _("Can plan, review and post stocktakes")),
            ("approve_count", _("Can approve stocktakes beyond the limit")),
        ]
        triggers = [legal_transitions("status", COUNT_TRANSITIONS)]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        return reverse("inventory:count", args=[self.number])

    @property
    def is_finished(self) -> bool:
        return self.status in (CountStatus.POSTED, CountStatus.CANCELED)

    @property
    def is_of_bins(self) -> bool:
        return self.scope == self.Scope.BINS

    @cached_property
    def bin_keys(self) -> list[int] | None:
        """Primary keys of the bins that are counted; None where it matters not where pieces lie."""
        return list(self.bins.order_by().values_list("pk", flat=True)) if self.is_of_bins else None

    @property
    def only_bin(self) -> str:
        """The code of the one bin that is counted, if there is just one."""
        codes = list(self.bins.values_list("code", flat=True)[:2]) if self.is_of_bins else []
        return codes[0] if len(codes) == 1 else ""

    def hides_expected_from(self, user: Any) -> bool:
        """Whether `user` counts blind: may not know what the books say before the count is over."""
        return self.blind and not self.is_finished and not user.has_perm(REVIEW_COUNTS)


class CountLineQuerySet(WarehouseScoped):
    scope_field = "count__location__code"

    def in_scope(self, user: Any) -> "CountLineQuerySet":
        """Lines of a blind count, which say what the books say, are for its reviewers until it is over."""
        rows: Any = super().in_scope(user)
        if user.has_perm(REVIEW_COUNTS):
            return rows
        return rows.exclude(Q(count__blind=True) & ~Q(count__status__in=[CountStatus.POSTED, CountStatus.CANCELED]))

    def counted(self) -> "CountLineQuerySet":
        return self.filter(counted__isnull=False)

    def different(self) -> "CountLineQuerySet":
        return self.counted().exclude(difference=0)


class CountLine(models.Model):
    """A variant to count. What was counted follows from the entries; the balance is that of the moment of counting."""

    class Outcome(models.TextChoices):
        OPEN = "", _("Not posted")
        POSTED = "posted", _("Posted")
        REFUSED = "refused", _("Refused")

    count = models.ForeignKey(StockCount, models.CASCADE, related_name="lines", verbose_name=_("stocktake"))
    variant = models.ForeignKey(Variant, models.PROTECT, related_name="+", verbose_name=_("variant"))
    expected = models.IntegerField(_("expected"), default=0)
    is_unexpected = models.BooleanField(_("not on the sheet"), default=False)
    recount = models.BooleanField(_("to be counted again"), default=False)
    counted = models.IntegerField(_("counted"), null=True, blank=True)
    counted_at = models.DateTimeField(_("counted at"), null=True, blank=True)
    counted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("counted by")
    )
    balance = models.IntegerField(_("in the books then"), null=True, blank=True)
    unit_cost = CostField(_("unit cost"), null=True, blank=True)
    difference = models.GeneratedField(
        expression=F("counted") - F("balance"),
        output_field=models.IntegerField(_("difference"), null=True),
        db_persist=True,
        verbose_name=_("difference"),
    )
    difference_value = models.GeneratedField(
        expression=(F("counted") - F("balance")) * F("unit_cost"),
        output_field=CostField(_("value of the difference"), null=True),
        db_persist=True,
        verbose_name=_("value of the difference"),
    )
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome, default=Outcome.OPEN, blank=True)
    short = models.PositiveIntegerField(_("promised pieces that would be missing"), default=0)

    objects = CountLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a stocktake")
        verbose_name_plural = _("lines of stocktakes")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["count", "variant"], name="count_line_once"),
            models.CheckConstraint(
                name="count_line_counted",
                condition=Q(counted=None, counted_at=None) | Q(counted__gte=0, counted_at__isnull=False),
                violation_error_message=_("A count cannot be below zero."),
            ),
            models.CheckConstraint(name="count_line_short", condition=Q(short=0) | Q(outcome="refused")),
        ]
        indexes = [models.Index(fields=["count", "difference_value", "id"], name="count_line_value")]

    def __str__(self) -> str:
        return f"{self.variant} ({self.count})"

    @property
    def currency(self) -> str:
        """Values are kept in the shop's currency."""
        return settings.DEFAULT_CURRENCY

    def level(self) -> StockLevel | None:
        return StockLevel.objects.filter(variant=self.variant_id, location=self.count.location_id).first()


class CountEntryQuerySet(WarehouseScoped):
    scope_field = "line__count__location__code"

    def live(self) -> "CountEntryQuerySet":
        return self.filter(undone_at=None)


@tracked()
class CountEntry(models.Model):
    """What one person counted at one moment. A whole count stands for all before it; one that adds comes on top.

    With a bin or a lot it is the count of that alone: a whole one stands for what was counted of it before.
    """

    line = models.ForeignKey(CountLine, models.CASCADE, related_name="entries", verbose_name=_("line"))
    quantity = models.PositiveIntegerField(_("quantity"))
    adds = models.BooleanField(_("more in another place"), default=False)
    bin = models.ForeignKey(Bin, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("bin"))
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("lot"))
    counted_at = models.DateTimeField(_("counted at"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"))
    key = models.UUIDField(unique=True)
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("undone by")
    )

    objects = CountEntryQuerySet.as_manager()

    class Meta:
        verbose_name = _("entry of a stocktake")
        verbose_name_plural = _("entries of stocktakes")
        ordering = ["pk"]
        indexes = [models.Index(fields=["line", "counted_at", "id"], name="count_entry_line")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.variant}"
