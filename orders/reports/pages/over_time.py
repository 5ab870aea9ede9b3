"""Reports with a row for each day, week or month."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, Sum
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from backoffice.charts import Chart, plain
from backoffice.generic import Column, Count
from backoffice.money import ZERO
from backoffice.reports.periods import MOST_POINTS
from backoffice.reports.words import days_between
from orders.figures import Figure
from orders.models import (
    SalesRow,
    ShippedByPlace,
    Summary,
)
from orders.reports import charts, filters
from orders.reports.pages.base import COST, SEES, Card, SalesReport
from orders.reports.pages.leaders import LedReport
from orders.reports.statements import margin_items

MARGIN = F("net") - F("uncosted") - F("cost")


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

    @property
    def amount(self) -> Any:
        """What the report is about, in the whole period."""
        return self.summed("compared")["compared"]

    def caption(self) -> str:
        """What the chart shows, as a sentence."""
        amount = self.amount
        text = _("%(measure)s from %(days)s: %(amount)s") % {
            "measure": self.measure,
            "days": days_between(self.asked.period.first, self.asked.period.last),
            "amount": self.write(amount),
        }
        change = charts.change_text(amount, self.all_before)
        return (
            _("%(text)s, %(change)s.") % {"text": text, "change": change} if change else _("%(text)s.") % {"text": text}
        )

    def get_chart(self) -> Chart | None:
        if not self.goes_by_time:
            return super().get_chart()
        asked = replace(self.asked, unit=self.asked.period.coarse(self.asked.unit, MOST_POINTS))
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

    @property
    def amount(self) -> Any:
        return self.now_and_before[0]["gross"]

    @property
    def all_before(self) -> Any:
        return self.now_and_before[1]["gross"] if self.asked.before else ZERO


class Margin(LedReport, OverTime):
    """Of those locations that may be seen; costs are in the currency of the shop, and so is everything here."""

    key = "reports:margin"
    title = gettext_lazy("Gross margin")
    about = gettext_lazy(
        "Net sales of what was shipped, less what came back, and the cost of these goods by the ledger. Goods of which it knows no cost make no margin. Orders in other currencies are left out."
    )
    permission = (SEES, COST)
    measure = pgettext_lazy("amount", "Margin")
    list_behind = "orders:fulfilments"
    filterset_class = filters.MarginFilter
    columns = [
        Column("pieces", gettext_lazy("Pieces shipped"), kind="number"),
        SalesReport.net,
        Column("uncosted", kind="money", currency="currency"),
        Column("cost", kind="money", currency="currency"),
        Column(
            "margin",
            pgettext_lazy("amount", "Margin"),
            kind="money",
            currency="currency",
            reads=("net", "uncosted", "cost"),
        ),
        Column("margin_share", gettext_lazy("Margin rate"), kind="percent", reads=("net", "uncosted", "cost")),
        Column("before", gettext_lazy("Margin before"), kind="money", currency="currency"),
        SalesReport.change,
    ]
    empty_title = gettext_lazy("Nothing was shipped in this period")
    empty_text = gettext_lazy("Choose another period.")

    @property
    def ranked(self) -> type[Summary] | None:
        return margin_items(self.asked) if self.asked.by == "product" else None

    @cached_property
    def count(self) -> Count:
        return self.count_of(self.ranked) if self.ranked else super().count

    @cached_property
    def now_and_before(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """Of everything shipped, whatever the rows are by."""
        asked = self.asked
        rows = ShippedByPlace.objects.filter(span="d", currency=asked.currency)
        if asked.locations is not None:
            rows = rows.filter(location__in=asked.locations)
        now, then = (Q(day__range=(part.first, part.last)) for part in (asked.period, asked.before or asked.period))
        figures = {"net": F("net"), "uncosted": F("uncosted"), "cost": F("cost"), "margin": MARGIN}
        sums = rows.filter(now | then).aggregate(
            **{f"now_{name}": Sum(figure, filter=now) for name, figure in figures.items()},
            then_margin=Sum(MARGIN, filter=then),
        )
        found = {name: value or ZERO for name, value in sums.items()}
        return {name: found[f"now_{name}"] for name in figures}, {"margin": found["then_margin"]}

    @property
    def amount(self) -> Any:
        return self.now_and_before[0]["margin"]

    @property
    def all_before(self) -> Any:
        return self.now_and_before[1]["margin"] if self.asked.before else ZERO

    def get_cards(self) -> list[Card]:
        sums, _before = self.now_and_before
        costed = sums["net"] - sums["uncosted"]
        share = plain(round(sums["margin"] * 100 / costed, 1)) if costed else "0"
        return [
            self.card(pgettext("amount", "Margin"), sums["margin"], self.all_before, self.write),
            Card(_("Margin rate"), _("%(number)s%%") % {"number": share}),
            Card(_("Net"), self.write(sums["net"])),
            Card(_("Cost of goods"), self.write(sums["cost"])),
        ]


class Late(OverTime):
    key = "reports:late"
    title = gettext_lazy("Late shipments")
    about = gettext_lazy(
        "Orders by the day they were placed. Late is what was not wholly shipped within the days chosen; what is not shipped yet is late once they have passed. For parcels that are not to leave before a day, they begin with that day."
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

    @cached_property
    def sums(self) -> dict[str, Any]:
        return self.summed("orders", "late", "waiting")

    @property
    def amount(self) -> Any:
        return self.sums["late"]

    def get_cards(self) -> list[Card]:
        sums = self.sums
        share = plain(round(Decimal(sums["late"]) * 100 / sums["orders"], 1)) if sums["orders"] else "0"
        return [
            self.card(_("Late orders"), sums["late"], self.all_before, plain),
            Card(_("Late rate"), _("%(number)s%%") % {"number": share}),
            Card(_("Late and not shipped"), plain(sums["waiting"])),
            Card(_("Orders to ship"), plain(sums["orders"])),
        ]
