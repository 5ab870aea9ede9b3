"""Whether customers come back, by the month of their first order."""

from decimal import Decimal
from typing import Any

from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.charts import Chart, plain
from backoffice.generic import Column
from backoffice.generic.keyset import Slice
from backoffice.reports.periods import month_end, shifted
from orders.figures import Figure
from orders.models import (
    SalesRow,
)
from orders.reports import charts, filters
from orders.reports.pages.base import Card, SalesReport
from orders.reports.statements import COHORT_MONTHS


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
        sums = self.summed("pieces", "orders")
        again = sum(sum(row.orders_after) for row in self.slice.rows)
        return [
            self.card(_("New customers"), sums["pieces"], self.all_before, plain),
            Card(_("Orders of theirs within a year after the first month"), plain(again)),
        ]

    def get_chart(self) -> Chart | None:
        rows = sorted(self.slice.rows, key=lambda row: row.begins)
        caption = _("%(number)s customers ordered for the first time.") % {
            "number": plain(sum(row.pieces for row in rows))
        }
        return charts.over_time(caption, self.measure, rows, "month", self.write)
