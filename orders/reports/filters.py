"""What a report may be asked: its period, what it is compared with, and what narrows it."""

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import Max, QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.derived import derived, positional
from backoffice.generic import lookups
from backoffice.reports.filters import UNITS, Kept, PeriodFilter
from backoffice.reports.periods import MOST_ROWS, Period, month_end
from catalog.models import Category
from inventory.models import Location
from orders.models import PlaceSales, ReturnCause, SalesRow
from orders.reports import statements
from orders.reports.statements import Asked

LIMITS = (1, 2, 3, 5, 7, 14)
OFFERED = ("currency", "source", "country")


def limits() -> list[tuple[str, str]]:
    """Within how many days orders are to be shipped."""
    return [(str(days), ngettext("%(days)s day", "%(days)s days", days) % {"days": days}) for days in LIMITS]


def causes() -> list[tuple[str, str]]:
    """Reasons of returns, and lines that have none."""
    return [(str(cause.pk), str(cause)) for cause in ReturnCause.objects.all()] + [("0", gettext("None"))]


class ReportFilter(PeriodFilter):
    """`statement` gives the rows of what is asked. Fields in `bar` stand above the report, the others in its panel."""

    statement: ClassVar[Any]  # of Asked
    bar: ClassVar[tuple[str, ...]] = ("period", "day", "compare", "currency", "unit", "by", "within")

    currency = Kept(label=_("Currency"), empty_label=None)

    class Meta:
        model = SalesRow
        fields: list[str] = []

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self._offer()

    def defaults(self) -> dict[str, str]:
        return {"currency": settings.DEFAULT_CURRENCY, **super().defaults()}

    def _offer(self) -> None:
        """What was ever sold in, by and to, and when last: one look for all."""
        rows = PlaceSales.objects.filter(span="d").order_by().values_list(*OFFERED).annotate(latest=Max("day"))
        found = list(rows)
        self.latest = max((row[-1] for row in found), default=date.min)
        for index, name in enumerate(OFFERED):
            if name not in self.form.fields:
                continue
            words = sorted({row[index] for row in found} - {""})
            if name == "currency":
                words = list(dict.fromkeys([settings.DEFAULT_CURRENCY, *words]))
            self.form.fields[name].choices = [
                *([] if name == "currency" else [("", "---------")]),
                *((word, word) for word in words),
            ]

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """The rows of the report, of those that may be seen."""
        return self.rows(queryset, self.asked)

    def rows(self, queryset: QuerySet, asked: Asked) -> QuerySet:
        statement, parameters = positional(type(self).statement(asked), asked.parameters)
        return derived(queryset, statement, parameters)

    @cached_property
    def asked(self) -> Asked:
        period, narrowed = self.period_asked, self.narrowed
        units: dict[str, Any] = {
            name: period.coarse(narrowed[name], MOST_ROWS) for name in ("by", "unit") if name in narrowed
        }
        return Asked(
            period,
            period.before(self.compared),
            period.shift(self.compared),
            **{
                "currency": self.value("currency") or settings.DEFAULT_CURRENCY, "latest": self.latest, **narrowed, **units,
            },
        )  # fmt: skip

    @property
    def narrowed(self) -> dict[str, Any]:
        """What else is asked."""
        names = [name for name in ("source", "country") if name in self.form.fields]
        return {name: self.value(name) for name in names}


class TimeFilter(ReportFilter):
    statement = staticmethod(statements.sales)

    unit = Kept(choices=UNITS, label=_("Grouped by"), empty_label=_("What fits"))
    source = Kept(label=_("Channel"))
    country = Kept(label=_("Country"))

    @property
    def narrowed(self) -> dict[str, Any]:
        return {**super().narrowed, "unit": self.value("unit") or self.usual_unit}


class ChannelFilter(ReportFilter):
    statement = staticmethod(statements.by_channel)

    country = Kept(label=_("Country"))


class CountryFilter(ReportFilter):
    statement = staticmethod(statements.by_country)

    source = Kept(label=_("Channel"))


class CategoryFilter(ReportFilter):
    statement = staticmethod(statements.by_category)


class ProductFilter(ReportFilter):
    statement = staticmethod(statements.by_product)

    category = generic.LookupFilter(model=Category, label=_("Category"), method="added_up")

    @property
    def narrowed(self) -> dict[str, Any]:
        """A text that is no category chosen is that of the first one that it fits; of none, no product."""
        found = self.value("category")
        if found is None:
            return {}
        if not isinstance(found, Category):
            found = lookups.search(Category.objects.all(), str(found)).first()
        return {"category": found.pk if found else -1}


class CustomerFilter(ReportFilter):
    statement = staticmethod(statements.by_customer)


class MarginFilter(ReportFilter):
    """In the currency of the shop alone: the ledger's costs are in no other."""

    BY = [
        *UNITS, ("product", _("Products")), ("source", _("Channels")), ("country", _("Countries")), ("location", _("Locations")),
    ]  # fmt: skip

    statement = staticmethod(statements.margin)

    usual = {"by": "month", "period": "12m"}

    currency = None  # type: ignore[assignment]
    by = Kept(choices=BY, label=_("Grouped by"), empty_label=None)

    @property
    def narrowed(self) -> dict[str, Any]:
        by = self.value("by") or "month"
        codes = self.request.user.scope("warehouse")
        seen = None if codes is None else tuple(Location.objects.filter(code__in=codes).values_list("pk", flat=True))
        return {"by": by, "unit": by if by in dict(UNITS) else "month", "locations": seen}


class ReturnsFilter(ReportFilter):
    BY = [("cause", _("Reasons")), ("words", _("What customers wrote"))]

    statement = staticmethod(statements.returns)
    usual = {"by": "cause"}

    by = Kept(choices=BY, label=_("Grouped by"), empty_label=None)
    cause = Kept(choices=causes, label=_("Reason"))

    @property
    def narrowed(self) -> dict[str, Any]:
        cause = self.value("cause")
        return {"by": self.value("by") or "cause", "cause": int(cause) if cause else None}


class LateFilter(ReportFilter):
    BY = [*UNITS, ("source", _("Channels")), ("country", _("Countries"))]

    statement = staticmethod(statements.late)
    usual = {"by": "week", "within": "2", "period": "90d"}

    by = Kept(choices=BY, label=_("Grouped by"), empty_label=None)
    within = Kept(choices=limits, label=_("To be shipped within"), empty_label=None)
    source = Kept(label=_("Channel"))
    country = Kept(label=_("Country"))

    @property
    def narrowed(self) -> dict[str, Any]:
        by = self.value("by") or "week"
        return {
            **super().narrowed,
            "by": by,
            "unit": by if by in dict(UNITS) else "month",
            "within": int(self.value("within") or 2),
        }


class TaxFilter(ReportFilter):
    BY = [
        ("documents", _("Invoices and credit notes, when they were issued")),
        ("orders", _("Orders, when they were placed")),
    ]
    PARTS = [("period", _("The whole period")), ("month", _("Months"))]

    statement = staticmethod(statements.taxes)
    usual = {"by": "documents", "unit": "period"}

    by = Kept(choices=BY, label=_("Out of"), empty_label=None)
    unit = Kept(choices=PARTS, label=_("Rows for"), empty_label=None)
    country = Kept(label=_("Country"))

    @property
    def narrowed(self) -> dict[str, Any]:
        return {
            **super().narrowed,
            "by": self.value("by") or "documents",
            "unit": self.value("unit") or "period",
        }


class CohortFilter(ReportFilter):
    statement = staticmethod(statements.cohorts)
    usual = {"period": "12m"}

    @cached_property
    def period_asked(self) -> Period:
        """Whole months."""
        period = super().period_asked
        return Period(period.first.replace(day=1), month_end(period.last))
