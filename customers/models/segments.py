"""Which customers are worth how much, and who is about to leave: values worked out by day, and what they follow from."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.money import MoneyField
from backoffice.rows import VisibleQuerySet, tracked
from customers.models.customers import Customer

BANDS = 4  # limits of a score from 1 to 5


def recency() -> list[int]:
    return [30, 90, 180, 365]


def frequency() -> list[int]:
    return [2, 3, 5, 10]


def monetary() -> list[int]:
    return [100, 250, 500, 1000]


def shop_currency() -> str:
    return str(settings.DEFAULT_CURRENCY)


def _bands(default: Any, **kwargs: Any) -> ArrayField:
    number = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    return ArrayField(number, size=BANDS, default=default, **kwargs)


@tracked()
class SegmentLimits(models.Model):
    """What divides customers; one row, `SegmentLimits.current()`. Each run keeps the limits that it went by."""

    window_days = models.PositiveIntegerField(
        _("days that revenue and frequency count"), default=365, validators=[MinValueValidator(1)]
    )
    currency = models.CharField(
        _("currency"), max_length=3, default=shop_currency, help_text=_("Orders in other currencies bring no revenue.")
    )
    a_percent = models.DecimalField(
        _("class A: percent of the revenue"), max_digits=5, decimal_places=2, default=Decimal(80)
    )
    b_percent = models.DecimalField(
        _("classes A and B: percent of the revenue"), max_digits=5, decimal_places=2, default=Decimal(95)
    )
    recency_days = _bands(
        recency,
        verbose_name=_("days since the last order"),
        help_text=_("Four numbers: up to the first the score is 5, beyond the last 1."),
    )
    frequency_orders = _bands(
        frequency,
        verbose_name=_("orders"),
        help_text=_("Four numbers: below the first the score is 1, from the last 5."),
    )
    monetary_amounts = _bands(
        monetary,
        verbose_name=_("revenue"),
        help_text=_("Four amounts: below the first the score is 1, from the last 5."),
    )
    new_days = models.PositiveIntegerField(_("new for days"), default=60, validators=[MinValueValidator(1)])
    silent_days = models.PositiveIntegerField(_("silent after days"), default=180)
    lost_days = models.PositiveIntegerField(_("lost after days"), default=365)
    churn_factor = models.DecimalField(
        _("at risk after so many usual gaps"),
        max_digits=4,
        decimal_places=2,
        default=Decimal(2),
        validators=[MinValueValidator(Decimal(1))],
    )
    gap_days = models.PositiveIntegerField(
        _("usual days between orders"),
        default=90,
        validators=[MinValueValidator(1)],
        help_text=_("Until the shop has enough orders to know better."),
    )
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("limits of the segments")
        verbose_name_plural = _("limits of the segments")
        constraints = [
            models.CheckConstraint(
                condition=Q(pk=1), name="segment_limits_once", violation_error_message=_("There is one set of limits.")
            ),
            models.CheckConstraint(
                condition=Q(a_percent__gt=0, a_percent__lt=F("b_percent"), b_percent__lte=100),
                name="segment_shares_rise",
                violation_error_message=_("Class A ends before class B, and both within 100 percent."),
            ),
            models.CheckConstraint(
                condition=Q(new_days__lte=F("silent_days"), silent_days__lt=F("lost_days")),
                name="segment_days_rise",
                violation_error_message=_("A customer is new first, silent later, and lost after that."),
            ),
            models.CheckConstraint(
                condition=Q(recency_days__len=BANDS, frequency_orders__len=BANDS, monetary_amounts__len=BANDS),
                name="segment_bands_four",
                violation_error_message=_("Give four limits of each score."),
            ),
        ]

    def __str__(self) -> str:
        return str(self._meta.verbose_name)

    @classmethod
    def current(cls) -> "SegmentLimits":
        """The limits in force; the defaults before anybody saved some."""
        return cls._base_manager.filter(pk=1).first() or cls(pk=1)

    def clean(self) -> None:
        for name in ("recency_days", "frequency_orders", "monetary_amounts"):
            limits = getattr(self, name)
            if len(limits or []) != BANDS or sorted(set(limits)) != list(limits):
                raise ValidationError({name: _("Give four limits, each above the one before.")})

    def values(self) -> dict[str, Any]:
        """The limits as a run keeps them: numbers, and decimals as text."""
        found = {
            f.name: getattr(self, f.name) for f in self._meta.concrete_fields if f.name not in ("id", "updated_at")
        }
        return {name: str(value) if isinstance(value, Decimal) else value for name, value in found.items()}

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> "SegmentLimits":
        """The limits that a run kept."""
        limits = cls(pk=1, **values)
        for name in ("a_percent", "b_percent", "churn_factor"):
            setattr(limits, name, Decimal(str(getattr(limits, name))))
        return limits


class SegmentRun(models.Model):
    """One computation: what customers were at the end of the day `as_of`, by which limits.

    `summary`: `cells` (abc, lifecycle, customers, revenue), `scores` (recency, frequency, customers) and `moves`
    (kind "abc" or "lifecycle", from, to, customers) since the run before.
    """

    as_of = models.DateField(_("as of"), unique=True)
    at = models.DateTimeField(_("worked out"), default=timezone.now)
    limits = models.JSONField(_("limits"), default=dict)
    customers = models.PositiveIntegerField(_("customers"), default=0)
    changed = models.PositiveIntegerField(_("customers that moved"), default=0)
    summary = models.JSONField(_("summary"), default=dict)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("segmentation")
        verbose_name_plural = _("segmentations")
        ordering = ["-as_of"]

    def __str__(self) -> str:
        return self.as_of.isoformat()


class Segmented(models.Model):
    """Values of a customer, and the facts that they follow from; `services.segments.reasons` puts both into words.

    Scores are 0 without an order. `usual_gap` and `limit_gap` are days between orders: the customer's own median and
    what is beyond the usual (`gap_is_own`), else those of the whole shop.
    """

    class Abc(models.TextChoices):
        A = "A", "A"
        B = "B", "B"
        C = "C", "C"

    class Lifecycle(models.TextChoices):
        NEW = "new", _("New customer")
        ACTIVE = "active", _("Active customer")
        CHURNING = "churning", _("Churning")
        SILENT = "silent", _("Silent")
        LOST = "lost", _("Lost")

    class Risk(models.TextChoices):
        NONE = "none", _("No order")
        LOW = "steady", _("Low")
        RAISED = "raised", _("Raised")
        HIGH = "high", _("High")

    VALUES = ("abc", "recency", "frequency", "monetary", "lifecycle", "risk")

    abc = models.CharField(_("ABC class"), max_length=1, choices=Abc)
    recency = models.PositiveSmallIntegerField(_("recency score"))
    frequency = models.PositiveSmallIntegerField(_("frequency score"))
    monetary = models.PositiveSmallIntegerField(_("revenue score"))
    lifecycle = models.CharField(_("lifecycle"), max_length=10, choices=Lifecycle)
    risk = models.CharField(_("churn risk"), max_length=10, choices=Risk)
    orders = models.PositiveIntegerField(_("orders"))
    window_orders = models.PositiveIntegerField(_("orders in the window"))
    uncounted = models.PositiveIntegerField(_("orders in other currencies"))
    revenue = MoneyField(_("revenue"))
    share_before = models.DecimalField(_("share of better customers"), max_digits=7, decimal_places=6)
    started_on = models.DateField(_("customer since"))
    last_order_on = models.DateField(_("last order"), null=True)
    last_contact_on = models.DateField(_("last contact"), null=True)
    usual_gap = models.DecimalField(_("usual days between orders"), max_digits=8, decimal_places=1)
    limit_gap = models.DecimalField(_("at risk after days"), max_digits=8, decimal_places=1)
    gap_is_own = models.BooleanField(_("own gap"))

    class Meta:
        abstract = True

    @property
    def rfm(self) -> str:
        """The three scores, "" without an order."""
        return f"{self.recency}{self.frequency}{self.monetary}" if self.recency else ""


class CustomerSegment(Segmented):
    """What a customer is by the latest run; `run` is the one that changed the row last.

    Without a constraint on the customer, so that it stops nobody who deletes one.
    """

    customer = models.OneToOneField(
        Customer,
        models.DO_NOTHING,
        primary_key=True,
        related_name="segment",
        db_constraint=False,
        verbose_name=_("customer"),
    )
    run = models.ForeignKey(
        SegmentRun, models.PROTECT, related_name="+", db_index=False, verbose_name=_("segmentation")
    )

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("segment of a customer")
        verbose_name_plural = _("segments of customers")
        indexes = [
            models.Index(fields=["abc", "lifecycle", "customer"], name="segment_abc"),
            models.Index(fields=["lifecycle", "customer"], name="segment_lifecycle"),
            models.Index(fields=["risk", "abc", "customer"], name="segment_risk"),
            models.Index(fields=["recency", "frequency", "monetary", "customer"], name="segment_rfm"),
            models.Index(fields=["frequency", "customer"], name="segment_frequency"),
            models.Index(fields=["monetary", "customer"], name="segment_monetary"),
            models.Index(fields=["orders", "customer"], name="segment_orders"),
        ]

    def __str__(self) -> str:
        return f"{self.abc} {self.rfm} {self.lifecycle}"


class SegmentSnapshot(Segmented):
    """What a customer was from the day `as_of` on: a row for each run that changed a value."""

    customer = models.ForeignKey(
        Customer,
        models.DO_NOTHING,
        related_name="snapshots",
        db_constraint=False,
        db_index=False,
        verbose_name=_("customer"),
    )
    run = models.ForeignKey(SegmentRun, models.PROTECT, related_name="snapshots", verbose_name=_("segmentation"))
    as_of = models.DateField(_("as of"))

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("earlier segment of a customer")
        verbose_name_plural = _("earlier segments of customers")
        ordering = ["-as_of"]
        constraints = [models.UniqueConstraint(fields=["customer", "as_of"], name="segment_snapshot_once")]

    def __str__(self) -> str:
        return f"{self.as_of} {self.abc} {self.rfm} {self.lifecycle}"
