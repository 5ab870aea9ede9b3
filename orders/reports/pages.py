"""The pages below /reports/."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db import connection
from django.db.models import F, Q, QuerySet, Sum
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.charts import Chart, plain
from backoffice.generic import Column, Count, keyset
from backoffice.generic.base import Page, may
from backoffice.generic.keyset import Slice
from backoffice.generic.lists import COUNT_CAP
from backoffice.money import ZERO, format_money
from orders.figures import Figure, days_between
from orders.models import (
    CategorySales,
    CustomerSales,
    PlaceSales,
    ProductSales,
    SalesMark,
    SalesRow,
    ShippedByPlace,
    ShippedByProduct,
    Summary,
)
from orders.reports import charts, filters
from orders.reports.periods import month_end, shifted
from orders.reports.statements import COHORT_MONTHS, Asked, leading, positional

LONG = 92  # days, beyond which it pays to look at those first that lead in a year
COST = "catalog.view_cost"
SEES = "orders.view_salesrow"
PERSONAL = "customers.view_personal_data"


@dataclass(frozen=True)
class Card:
    """A figure of the whole period, and how it compares."""

    label: Any
    value: str
    note: str = ""


class SalesReport(generic.ListPage):
    """A list below its figures and its chart. `list_behind` is the list of what a row adds up."""

    model = SalesRow
    permission: ClassVar[Any] = SEES
    template_name = "orders/report.html"
    filterset_class: ClassVar[type[filters.ReportFilter]]
    about: ClassVar[Any] = ""
    measure: ClassVar[Any] = gettext_lazy("Sales")
    list_behind: ClassVar[str] = "orders:list"
    empty_title = gettext_lazy("Nothing was sold in this period")
    empty_text = gettext_lazy("Choose another period, or another currency.")

    orders = Column("orders", kind="number")
    pieces = Column("pieces", kind="number")
    net = Column("net", gettext_lazy("Net"), kind="money", currency="currency")
    tax = Column("tax", kind="money", currency="currency")
    gross = Column("gross", gettext_lazy("Sales with tax"), kind="money", currency="currency")
    refunded = Column("refunded", kind="money", currency="currency")
    before = Column("before", gettext_lazy("Before"), kind="money", currency="currency")
    change = Column("change", gettext_lazy("Change"), kind="percent", reads=("compared", "before"))

    # --- What is asked ----------------------------------------------------------------------------

    @property
    def asked(self) -> Asked:
        return self.filterset.asked  # type: ignore[union-attr]

    def get_columns(self) -> list[Column]:
        """Without comparison there is nothing to compare."""
        columns = super().get_columns()
        if self.asked.before is not None:
            return list(columns)
        return [column for column in columns if column.key not in ("before", "change")]

    @cached_property
    def bar(self) -> list[Any]:
        """Controls above the report."""
        return [field for field in self.filterset.form if field.name in self.filterset_class.bar]  # type: ignore[union-attr]

    @property
    def filter_fields(self) -> list[Any]:
        return [field for field in super().filter_fields if field.name not in self.filterset_class.bar]

    def _bar_names(self) -> set[str]:
        return {"day_after", "day_before", *(field.name for field in self.bar)}

    @property
    def search_state(self) -> list[tuple[str, str]]:
        """What the panel keeps: the bar as well."""
        return [*super().search_state, *((n, v) for n, vs in self.state.lists() if n in self._bar_names() for v in vs)]

    @property
    def bar_state(self) -> list[tuple[str, str]]:
        """What the bar keeps."""
        return [(n, v) for n, vs in self.state.lists() if n not in self._bar_names() for v in vs]

    @cached_property
    def chips(self) -> list[Any]:
        """Of what the panel filters by; the bar shows its own."""
        names = {str(self.filterset.form[field.name].label) for field in self.bar}  # type: ignore[union-attr]
        return [chip for chip in super().chips if chip.label not in names]

    @property
    def other_currencies(self) -> list[tuple[str, str]]:
        """The others that anything was ever sold in, with the address of this report in each."""
        field = self.filterset.form.fields.get("currency")  # type: ignore[union-attr]
        codes = [code for code, _label in field.choices if code and code != self.asked.currency] if field else []
        return [(code, self.link(currency=code)) for code in codes]

    # --- Rows ---------------------------------------------------------------------------------------

    @cached_property
    def slice(self) -> Slice:
        found = super().slice
        if may(self.user, self._permission_behind):
            for row in found.rows:
                row.url = self.address_behind(self.figure(row))
        return found

    def count_of(self, summary: Any) -> Count:
        """Counted up to the cap; where a single month has as many rows, none are added up for it."""
        if not self.slice.before and not self.slice.after:
            return Count(len(self.slice.rows))
        if self.asked.period.days > LONG and self._has_many(summary):
            return Count(COUNT_CAP + 1)
        return Count(self.matching.order_by().values("pk")[: COUNT_CAP + 1].count())

    def _has_many(self, summary: Any) -> bool:
        """Whether the last month of the period alone has more rows than are counted."""
        if self.asked.category is not None:
            return False
        months = summary.objects.filter(span="m", currency=self.asked.currency).order_by("-day")
        months = months.filter(day__range=(self.asked.period.first, self.asked.period.last))
        items = months.filter(day=months.values("day")[:1]).order_by().values("item").distinct()
        many: bool = items[: COUNT_CAP + 1].count() > COUNT_CAP
        return many

    def read(self, rows: QuerySet) -> QuerySet:
        return self.filterset.rows(self.get_queryset(), replace(self.asked, lean=True))  # type: ignore[union-attr]

    @property
    def _permission_behind(self) -> str:
        return {"orders:list": "orders.view_order", "orders:fulfilments": "orders.view_fulfilment"}.get(
            self.list_behind, "orders.view_return"
        )

    def address_behind(self, figure: Figure) -> str:
        """The list of what a figure adds up."""
        return f"{reverse(self.list_behind)}?{urlencode({'behind': figure.text})}"

    @cached_property
    def count(self) -> Count:
        """As the statement says, where it does."""
        said = self.slice.rows[0].of if self.slice.rows else 0
        return Count(said) if said else super().count

    def figure(self, row: SalesRow) -> Figure:
        """What a row adds up."""
        return replace(self.whole, **self.narrows(row))

    @property
    def whole(self) -> Figure:
        """What the report adds up."""
        asked = self.asked
        return Figure(asked.period.first, asked.period.last, asked.currency, asked.source, asked.country)

    def narrows(self, row: SalesRow) -> dict[str, Any]:
        return {}

    # --- Above the rows -----------------------------------------------------------------------------

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        mark = SalesMark.objects.first()
        return super().get_context_data(
            chart=self.get_chart() if self.slice.rows else None,
            cards=self.get_cards() if self.slice.rows else [],
            moment=mark and mark.refreshed_at,
            about=self.about,
            days=days_between(self.asked.period.first, self.asked.period.last),
            days_before=self.asked.before and days_between(self.asked.before.first, self.asked.before.last),
            **extra,
        )

    def write(self, value: Any) -> str:
        """What the report is about, for people."""
        return format_money(Decimal(value), self.asked.currency)

    def card(self, label: Any, now: Any, before: Any, write: Any) -> Card:
        return Card(label, write(now), charts.change_text(now, before) if self.asked.before else "")

    @cached_property
    def now_and_before(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was sold in all in the period, and in the one before."""
        asked = self.asked
        narrow = {name: getattr(asked, name) for name in ("source", "country") if getattr(asked, name) is not None}
        rows = PlaceSales.objects.filter(span="d", currency=asked.currency, **narrow)
        now, then = (Q(day__range=(part.first, part.last)) for part in (asked.period, asked.before or asked.period))
        names = ("orders", "pieces", "net", "gross", "refunded")
        sums = rows.filter(now | then).aggregate(
            **{f"now_{name}": Sum(name, filter=now) for name in names},
            **{f"then_{name}": Sum(name, filter=then) for name in names},
        )
        return tuple({name: sums[f"{when}_{name}"] or ZERO for name in names} for when in ("now", "then"))  # type: ignore[return-value]

    def get_cards(self) -> list[Card]:
        now, then = self.now_and_before
        return [
            self.card(_("Sales with tax"), now["gross"], then["gross"], self.write),
            self.card(_("Net"), now["net"], then["net"], self.write),
            self.card(_("Orders"), now["orders"], then["orders"], plain),
            self.card(_("Refunded"), now["refunded"], then["refunded"], self.write),
        ]

    def get_chart(self) -> Chart | None:
        first = self.slice.rows[0]
        caption = _("%(name)s is first with %(amount)s.") % {
            "name": self.row_title(first), "amount": self.write(first.compared),
        }  # fmt: skip
        return charts.ranked(caption, self.measure, self.slice.rows, self.write, self.row_title)

    def row_title(self, row: SalesRow) -> str:
        return row.title

    def summed(self, *names: str) -> dict[str, Any]:
        """Figures of all rows, added up from those of the page where these are all."""
        if not self.slice.before and not self.slice.after:
            return {name: sum((getattr(row, name) or ZERO for row in self.slice.rows), ZERO) for name in names}
        sums = self.matching.order_by().aggregate(**{f"sum_{name}": Sum(name) for name in names})
        return {name: sums[f"sum_{name}"] or ZERO for name in names}


# --- Over time --------------------------------------------------------------------------------------


class OverTime(SalesReport):
    """Rows are days, weeks or months."""

    ordering = {"newest": ("-day", "-pk"), "oldest": ("day", "pk"), "most": ("-compared", "-pk")}
    ordering_labels = {
        "newest": gettext_lazy("Newest first"),
        "oldest": gettext_lazy("Oldest first"),
        "most": gettext_lazy("Most first"),
    }

    @property
    def goes_by_time(self) -> bool:
        return self.asked.by in ("", *dict(filters.UNITS))

    def narrows(self, row: SalesRow) -> dict[str, Any]:
        if self.goes_by_time:
            part = self.asked.period.bucket(row.begins, self.asked.unit)
            return {"first": part.first, "last": part.last}
        if self.asked.by in ("source", "country"):
            return {self.asked.by: row.code}
        return {self.asked.by: row.pk}

    def row_title(self, row: SalesRow) -> str:
        return charts.day_title(row, self.asked.unit) if self.goes_by_time else row.title

    def get_columns(self) -> list[Column]:
        """The first column is the day, or what else the rows are by."""
        by_time = self.goes_by_time
        lead = Column(
            "title",
            dict(self.units).get(self.asked.by or self.asked.unit, _("Days")),
            get=self.row_title if by_time else None,
            link="target",
            reads=("day",) if by_time else ("name", "name_zh", "code"),
        )
        return [lead, *super().get_columns()]

    @property
    def units(self) -> list[tuple[str, Any]]:
        return list(getattr(self.filterset_class, "BY", filters.UNITS))

    @cached_property
    def sort(self) -> str:
        """Ranked where rows are not of time, unless another order is chosen."""
        chosen = super().sort
        return "most" if not self.goes_by_time and self.request.GET.get("sort", "") not in self.ordering else chosen

    def caption(self) -> str:
        """What the chart shows, as a sentence."""
        sums = self.summed("compared", "before")
        text = _("%(measure)s from %(days)s: %(amount)s") % {
            "measure": self.measure,
            "days": days_between(self.asked.period.first, self.asked.period.last),
            "amount": self.write(sums["compared"]),
        }
        change = charts.change_text(sums["compared"], sums["before"]) if self.asked.before else ""
        return _("%(text)s, %(change)s.") % {"text": text, "change": change} if change else f"{text}."

    def get_chart(self) -> Chart | None:
        if not self.goes_by_time:
            return super().get_chart()
        asked = self.asked
        if asked.unit == "day" and asked.period.days > LONG:  # more points than can be told apart
            asked = replace(asked, unit="week")
        rows = self.filterset.rows(self.get_queryset(), asked).order_by("day")  # type: ignore[union-attr]
        return charts.over_time(self.caption(), self.measure, list(rows), asked.unit, self.write)


class SalesOverTime(OverTime):
    key = "reports:sales"
    title = gettext_lazy("Sales over time")
    about = gettext_lazy(
        "Orders placed and not canceled, on the day they were placed. Refunds on the day they were given."
    )
    filterset_class = filters.TimeFilter
    columns = [
        SalesReport.orders, SalesReport.pieces, SalesReport.net, SalesReport.tax, SalesReport.gross, SalesReport.refunded,
        SalesReport.before, SalesReport.change,
    ]  # fmt: skip


class Margin(OverTime):
    """Of those locations that may be seen; costs are in the currency of the shop, and so is everything here."""

    key = "reports:margin"
    title = gettext_lazy("Gross margin")
    about = gettext_lazy(
        "Net sales of what was shipped, less what came back, and the cost of these goods by the ledger. Goods of which it knows no cost make no margin. Orders in other currencies are left out."
    )
    permission = (SEES, COST)
    measure = gettext_lazy("Margin")
    list_behind = "orders:fulfilments"
    filterset_class = filters.MarginFilter
    columns = [
        Column("pieces", gettext_lazy("Pieces shipped"), kind="number"),
        SalesReport.net,
        Column("uncosted", kind="money", currency="currency"),
        Column("cost", kind="money", currency="currency"),
        Column("margin", kind="money", currency="currency", reads=("net", "uncosted", "cost")),
        Column("margin_share", gettext_lazy("Margin rate"), kind="percent", reads=("net", "uncosted", "cost")),
        Column("before", gettext_lazy("Margin before"), kind="money", currency="currency"),
        SalesReport.change,
    ]
    empty_title = gettext_lazy("Nothing was shipped in this period")
    empty_text = gettext_lazy("Choose another period.")

    @cached_property
    def count(self) -> Count:
        return self.count_of(ShippedByProduct) if self.asked.by == "product" else super().count

    def summed(self, *names: str) -> dict[str, Any]:
        """Of everything shipped, whatever the rows are by."""
        asked = self.asked
        rows = ShippedByPlace.objects.filter(span="d", currency=asked.currency)
        if asked.locations is not None:
            rows = rows.filter(location__in=asked.locations)
        now, then = (Q(day__range=(part.first, part.last)) for part in (asked.period, asked.before or asked.period))
        margin = F("net") - F("uncosted") - F("cost")
        sums = rows.filter(now | then).aggregate(
            **{f"sum_{name}": Sum(name, filter=now) for name in ("net", "uncosted", "cost")},
            sum_compared=Sum(margin, filter=now),
            sum_before=Sum(margin, filter=then),
        )
        return {name: sums[f"sum_{name}"] or ZERO for name in names}

    def get_cards(self) -> list[Card]:
        sums = self.summed("net", "uncosted", "cost", "compared", "before")
        costed = sums["net"] - sums["uncosted"]
        share = plain(round(sums["compared"] * 100 / costed, 1)) if costed else "0"
        return [
            self.card(_("Margin"), sums["compared"], sums["before"], self.write),
            Card(_("Margin rate"), _("%(number)s%%") % {"number": share}),
            Card(_("Net"), self.write(sums["net"])),
            Card(_("Cost of goods"), self.write(sums["cost"])),
        ]


class Late(OverTime):
    key = "reports:late"
    title = gettext_lazy("Late shipments")
    about = gettext_lazy(
        "Orders by the day they were placed. Late is what was not wholly shipped within the days chosen; what is not shipped yet is late once they have passed."
    )
    measure = gettext_lazy("Late orders")
    filterset_class = filters.LateFilter
    columns = [
        Column("orders", gettext_lazy("Orders to ship"), kind="number"),
        Column("late", kind="number"),
        Column("late_share", gettext_lazy("Late rate"), kind="percent", reads=("late", "orders")),
        Column("waiting", kind="number"),
        Column("days", gettext_lazy("Days to ship, on average"), kind="number"),
        Column("before", gettext_lazy("Late before"), kind="number"),
        SalesReport.change,
    ]
    empty_title = gettext_lazy("There was nothing to ship in this period")

    @property
    def whole(self) -> Figure:
        return replace(super().whole, late=self.asked.within)

    def write(self, value: Any) -> str:
        return plain(value)

    def get_cards(self) -> list[Card]:
        sums = self.summed("orders", "late", "waiting", "before")
        share = plain(round(Decimal(sums["late"]) * 100 / sums["orders"], 1)) if sums["orders"] else "0"
        return [
            self.card(_("Late orders"), sums["late"], sums["before"], plain),
            Card(_("Late rate"), _("%(number)s%%") % {"number": share}),
            Card(_("Late and not shipped"), plain(sums["waiting"])),
            Card(_("Orders to ship"), plain(sums["orders"])),
        ]


# --- By what was sold, and to whom ------------------------------------------------------------------


class Ranked(SalesReport):
    """Rows are ranked by what the report is about."""

    ordering = {"most": ("-compared", "-pk"), "least": ("compared", "pk")}
    ordering_labels = {"most": gettext_lazy("Most first"), "least": gettext_lazy("Least first")}
    lead: ClassVar[Any] = ""
    columns = [
        SalesReport.orders, SalesReport.pieces, SalesReport.net, SalesReport.tax, SalesReport.gross, SalesReport.before,
        SalesReport.change,
    ]  # fmt: skip

    def get_columns(self) -> list[Column]:
        return [Column("title", self.lead, link="target", reads=("name", "name_zh", "code")), *super().get_columns()]


class Channels(Ranked):
    key = "reports:channels"
    title = gettext_lazy("Sales by channel")
    lead = gettext_lazy("Channel")
    filterset_class = filters.ChannelFilter

    def narrows(self, row: SalesRow) -> dict[str, Any]:
        return {"source": row.code}


class Countries(Ranked):
    key = "reports:countries"
    title = gettext_lazy("Sales by country")
    about = gettext_lazy("Where the goods go to.")
    lead = gettext_lazy("Country")
    filterset_class = filters.CountryFilter

    def narrows(self, row: SalesRow) -> dict[str, Any]:
        return {"country": row.code}


class Items(Ranked):
    """Rows are records, `kind` of the figures behind them. Amounts are those of lines, without shipping."""

    kind: ClassVar[str] = ""
    summary: ClassVar[type[Summary]]

    def _page(self, **place: str) -> Slice:
        first = not any(place.values()) and self.sort == "most" and self.asked.category is None
        long = self.asked.period.days > LONG
        return (self._leading() if first and long and self.summary is not CategorySales else None) or super()._page(
            **place
        )

    def _leading(self) -> Slice | None:
        """The first page out of those that lead in a year, where nothing else can come before its last row."""
        statement, parameters = positional(leading(self.asked, self.summary), self.asked.parameters)
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            items, bound = cursor.fetchone()
        asked = replace(self.asked, lean=True, items=tuple(items))
        rows = self.filterset.rows(self.get_queryset(), asked)  # type: ignore[union-attr]
        found = keyset.page(rows, self.sort, self.terms, self.page_size)
        return found if found.after and found.rows[-1].compared > bound else None

    @cached_property
    def count(self) -> Count:
        return self.count_of(self.summary)

    def narrows(self, row: SalesRow) -> dict[str, Any]:
        return {self.kind: row.pk}


class Categories(Items):
    key = "reports:categories"
    title = gettext_lazy("Sales by category")
    about = gettext_lazy("A category holds those below it. Amounts are those of the articles, without shipping.")
    lead = gettext_lazy("Category")
    kind = "category"
    summary = CategorySales
    filterset_class = filters.CategoryFilter


class Products(Items):
    key = "reports:products"
    title = gettext_lazy("Sales by product")
    about = gettext_lazy("Amounts are those of the articles, without shipping.")
    lead = gettext_lazy("Product")
    kind = "product"
    summary = ProductSales
    filterset_class = filters.ProductFilter

    def get_cards(self) -> list[Card]:
        return [] if self.asked.category else super().get_cards()


class Customers(Items):
    """By their numbers: names are personal."""

    key = "reports:customers"
    title = gettext_lazy("Sales by customer")
    kind = "customer"
    summary = CustomerSales
    permission = (SEES, "customers.view_customer")
    filterset_class = filters.CustomerFilter

    def get_columns(self) -> list[Column]:
        _lead, *rest = super().get_columns()
        named = [Column("name", gettext_lazy("Name"))] if may(self.user, PERSONAL) else []
        return [Column("code", gettext_lazy("Customer"), link="target"), *named, *rest]

    def row_title(self, row: SalesRow) -> str:
        return row.code


# --- Returns and taxes ------------------------------------------------------------------------------


class ReturnsByReason(Ranked):
    key = "reports:returns"
    title = gettext_lazy("Returns by reason")
    about = gettext_lazy(
        "On the day they were announced, with everything that happened since. Canceled returns do not count."
    )
    lead = gettext_lazy("Reason")
    measure = gettext_lazy("Returns")
    list_behind = "orders:returns"
    filterset_class = filters.ReturnsFilter
    columns = [
        Column("orders", gettext_lazy("Returns"), kind="number"),
        Column("pieces", gettext_lazy("Pieces announced"), kind="number"),
        Column("resellable", kind="number"),
        Column("damaged", kind="number"),
        Column("missing", kind="number"),
        Column("net", gettext_lazy("Net value of what came back"), kind="money", currency="currency"),
        SalesReport.refunded,
        Column("before", gettext_lazy("Returns before"), kind="number"),
        SalesReport.change,
    ]
    empty_title = gettext_lazy("Nothing was announced in this period")
    empty_text = gettext_lazy("Returns stand here by what their customers say.")

    def narrows(self, row: SalesRow) -> dict[str, Any]:
        return {"reason": row.code}

    def write(self, value: Any) -> str:
        return plain(value)

    def get_cards(self) -> list[Card]:
        sums = self.summed("orders", "pieces", "damaged", "refunded", "before")
        return [
            self.card(_("Returns"), sums["orders"], sums["before"], plain),
            Card(_("Pieces announced"), plain(sums["pieces"])),
            Card(_("Damaged"), plain(sums["damaged"])),
            Card(_("Refunded"), format_money(sums["refunded"], self.asked.currency)),
        ]


class Taxes(Ranked):
    key = "reports:taxes"
    title = gettext_lazy("Taxes by rate and country")
    about = gettext_lazy(
        "Lines and shipping of orders placed in the period, as they stand now. Refunds change no tax here: credit notes do that."
    )
    measure = gettext_lazy("Tax")
    filterset_class = filters.TaxFilter
    columns = [
        Column("rate", kind="percent", get=lambda row: row.rate * 100, reads=("rate",)),
        SalesReport.orders,
        SalesReport.net,
        SalesReport.tax,
        SalesReport.gross,
        Column("before", gettext_lazy("Tax before"), kind="money", currency="currency"),
        SalesReport.change,
    ]

    def get_columns(self) -> list[Column]:
        _lead, *rest = super().get_columns()
        return [Column("country", link="target", get=lambda row: row.country or _("None"), reads=("country",)), *rest]

    def narrows(self, row: SalesRow) -> dict[str, Any]:
        return {"country": row.country, "rate": row.rate}

    def row_title(self, row: SalesRow) -> str:
        share = _("%(number)s%%") % {"number": f"{float(row.rate) * 100:g}"}
        return f"{row.country or _('None')} {share}"

    def get_cards(self) -> list[Card]:
        sums = self.summed("net", "tax", "gross", "before")
        return [
            self.card(_("Tax"), sums["tax"], sums["before"], self.write),
            Card(_("Net"), self.write(sums["net"])),
            Card(_("Sales with tax"), self.write(sums["gross"])),
        ]


# --- Cohorts ----------------------------------------------------------------------------------------


def after(number: int) -> Column:
    """Of how many percent of a cohort ordered in the month so many after their first."""
    return Column(
        f"after_{number}",
        f"+{number}",
        kind="percent",
        get=lambda row: _share(row, number),
        draw=lambda row, share: _cell(row, number, share),
        reads=("customers_after", "pieces"),
    )


def _share(row: SalesRow, number: int) -> Any:
    customers = row.customers_after[number - 1]
    return Decimal(customers) * 100 / row.pieces if customers else None


def _cell(row: SalesRow, number: int, share: Any) -> SafeString:
    """The share, leading to the orders of that month."""
    if share is None:
        return mark_safe("")
    text = generic.display(share, "percent")
    customers, orders = row.customers_after[number - 1], row.orders_after[number - 1]
    title = _("%(customers)s customers, %(orders)s orders") % {"customers": plain(customers), "orders": plain(orders)}
    way = getattr(row, "urls_after", [""] * COHORT_MONTHS)[number - 1]
    return format_html('<a href="{}" title="{}">{}</a>', way, title, text) if way else text


class Cohorts(SalesReport):
    key = "reports:cohorts"
    title = gettext_lazy("Repeat customers")
    about = gettext_lazy(
        "Customers by the month of their first order, and how many of them ordered again in each of the months after it."
    )
    measure = gettext_lazy("Customers")
    filterset_class = filters.CohortFilter
    columns = [
        Column("pieces", gettext_lazy("Customers"), kind="number"),
        Column("orders", gettext_lazy("Orders since"), kind="number"),
        Column("gross", gettext_lazy("Sales since"), kind="money", currency="currency"),
        Column("before", gettext_lazy("Customers before"), kind="number"),
        SalesReport.change,
        *(after(number) for number in range(1, COHORT_MONTHS + 1)),
    ]
    default_columns = ["title", "pieces", *(f"after_{number}" for number in range(1, COHORT_MONTHS + 1))]
    ordering = {"newest": ("-day", "-pk"), "oldest": ("day", "pk")}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}

    def get_columns(self) -> list[Column]:
        lead = Column("title", _("First order"), get=self.row_title, link="target", reads=("day",))
        return [lead, *super().get_columns()]

    def row_title(self, row: SalesRow) -> str:
        return charts.day_title(row, "month")

    @cached_property
    def slice(self) -> Slice:
        found = super().slice
        for row in found.rows:
            months = [self._month(row, number) for number in range(1, COHORT_MONTHS + 1)] if row.url else []
            row.urls_after = [self.address_behind(one) for one in months] or [""] * COHORT_MONTHS
        return found

    def _month(self, row: SalesRow, number: int) -> Figure:
        first = shifted(row.begins, number)
        return Figure(first, month_end(first), self.asked.currency, cohort=row.begins)

    def narrows(self, row: SalesRow) -> dict[str, Any]:
        return {"first": row.begins, "last": month_end(row.begins), "cohort": row.begins}

    def write(self, value: Any) -> str:
        return plain(value)

    def get_cards(self) -> list[Card]:
        sums = self.summed("pieces", "orders", "before")
        again = sum(sum(row.orders_after) for row in self.slice.rows)
        return [
            self.card(_("New customers"), sums["pieces"], sums["before"], plain),
            Card(_("Orders of theirs within a year after the first month"), plain(again)),
        ]

    def get_chart(self) -> Chart | None:
        rows = sorted(self.slice.rows, key=lambda row: row.begins)
        caption = _("%(number)s customers ordered for the first time.") % {
            "number": plain(sum(row.pieces for row in rows))
        }
        return charts.over_time(caption, self.measure, rows, "month", self.write)


# --- All of them ------------------------------------------------------------------------------------

REPORTS: list[tuple[str, type[SalesReport], Any]] = [
    ("sales", SalesOverTime, gettext_lazy("By day, week or month, beside the period before or the same of last year.")),
    ("channels", Channels, gettext_lazy("Where orders come from.")),
    ("countries", Countries, gettext_lazy("Where they go to.")),
    ("categories", Categories, gettext_lazy("What sells, from the top of the tree down.")),
    ("products", Products, gettext_lazy("The articles that sell most, and least.")),
    ("customers", Customers, gettext_lazy("Who buys most.")),
    ("margin", Margin, gettext_lazy("What is left after the cost of goods.")),
    ("returns", ReturnsByReason, gettext_lazy("Why goods come back, and how they arrive.")),
    ("late", Late, gettext_lazy("How long orders take to leave.")),
    ("taxes", Taxes, gettext_lazy("What is owed where, by rate.")),
    ("cohorts", Cohorts, gettext_lazy("Whether customers come back.")),
]


@dataclass(frozen=True)
class Entry:
    title: Any
    text: Any
    url: str


class ReportIndex(Page):
    """The reports that one may open."""

    permission = SEES

    def get(self, request: HttpRequest) -> HttpResponseBase:
        reports = [
            Entry(view.title, text, reverse(f"reports:{name}"))
            for name, view, text in REPORTS
            if may(request.user, view.permission)
        ]
        return TemplateResponse(request, "orders/reports.html", {"title": _("Reports"), "reports": reports})
