"""Tickets beside what was sold: which products make people write, and how many orders do."""

# ruff: noqa: S608 - statements of constants of ours

from dataclasses import replace
from typing import Any, ClassVar

from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.charts import plain
from backoffice.generic import Column
from backoffice.reports.filters import UNITS, Kept
from backoffice.reports.pages import Card
from backoffice.reports.periods import SAME_DAY, Period, today
from customers.figures import ANY, TicketFigure
from customers.models import ServiceRow
from customers.reports import filters
from customers.reports.base import SEES, ServiceReport, change_of
from customers.reports.pages import add_report
from customers.reports.statements import Asked

SALES = "orders.view_salesrow"


def _sold(
    summary: str, key: str, figure: str, period: Period, alias: str, *, by_day: bool, fitting: str = "true"
) -> str:
    """A table of what was sold in the period, by key; months and years stand in for their days where the summary has them."""
    runs = (
        [("d", period.first, period.last)]
        if by_day
        else list(period.cover(today())) or [("d", period.first, period.last)]
    )
    rows = " UNION ALL ".join(
        f"SELECT * FROM {summary} WHERE span = '{span}' AND day BETWEEN DATE '{begin:%Y-%m-%d}' AND DATE '{end:%Y-%m-%d}'"
        for span, begin, end in runs
    )
    return f"LEFT JOIN (SELECT {key} AS key, sum({figure}) AS number FROM ({rows}) r WHERE {fitting} GROUP BY 1) {alias} ON {alias}.key = k.key"


class SoldFilter(filters.ServiceFilter):
    """`about` is what comes on so many that were sold."""

    each: ClassVar[int]

    def sold(self, asked: Asked, period: Period, alias: str) -> str:
        raise NotImplementedError

    def told_of(self, asked: Asked) -> dict[str, Any]:
        joined = self.sold(asked, asked.period, "sold_s")
        if asked.before:
            joined += " " + self.sold(asked, asked.before, "sold_b")
        return {
            "about": f"{self.each}.0 * coalesce({{s}}.created, 0) / nullif(sold_{{s}}.number, 0)",
            "more": {"sold": "coalesce(sold_s.number, 0)"},
            "joined": joined,
        }


class ProductsFilter(SoldFilter):
    each = 1000
    usual = {"by": "product"}
    by = Kept(
        choices=[("product", gettext_lazy("Products")), ("category", gettext_lazy("Categories"))],
        label=gettext_lazy("Grouped by"),
        empty_label=None,
    )

    @cached_property
    def asked(self) -> Asked:
        return replace(super().asked, of="product")

    def sold(self, asked: Asked, period: Period, alias: str) -> str:
        summary = "orders_categorysales" if asked.by == "category" else "orders_productsales"
        return _sold(summary, "item::text" if asked.by else "''::text", "pieces", period, alias, by_day=False)


class OrdersFilter(SoldFilter):
    each = 100
    by = Kept(
        choices=[*UNITS, ("order", gettext_lazy("Channels of the orders"))], label=gettext_lazy("Grouped by"), empty_label=gettext_lazy("What fits")
    )  # fmt: skip

    @cached_property
    def asked(self) -> Asked:
        return replace(super().asked, of="order")

    def sold(self, asked: Asked, period: Period, alias: str) -> str:
        """Of time the period before is moved to that of the report."""
        key, fitting = "source" if asked.by == "order" else "''::text", "true"
        if asked.is_of_time:
            day = "day" if alias == "sold_s" else "(day + %(shift)s::interval)"
            key = f"date_trunc(%(unit)s, {day}::timestamp)::date"
            fitting = SAME_DAY if alias == "sold_b" and asked.by != "month" else "true"
        return _sold("orders_placesales", key, "orders", period, alias, by_day=True, fitting=fitting)


class SoldReport(ServiceReport):
    permission = (SEES, SALES)
    series = (("compared", gettext_lazy("Tickets")),)

    def write(self, value: Any) -> str:
        return plain(round(value, 1))


class TicketsByProduct(SoldReport):
    key = "reports:ticket_products"
    title = gettext_lazy("Which products make people write")
    about = gettext_lazy(
        "Tickets that name an order count for each product in it, those that name a return or a parcel for what is in that. For each 1,000 pieces that were sold in the period."
    )
    filterset_class = ProductsFilter
    series = (("compared", gettext_lazy("Tickets per 1,000 pieces")),)
    columns = [
        Column("created", gettext_lazy("Tickets"), kind="number"),
        Column("sold", gettext_lazy("Pieces sold"), kind="number"),
        Column("rate", gettext_lazy("Tickets per 1,000 pieces"), kind="number", reads=("created", "sold")),
        Column("before", gettext_lazy("Per 1,000 before"), kind="number"),
        change_of("sold"),
    ]

    def get_cards(self) -> list[Card]:
        return []


class TicketsPerOrder(SoldReport):
    key = "reports:ticket_orders"
    title = gettext_lazy("Tickets per order")
    about = gettext_lazy(
        "Tickets that name an order, its return or its parcel, beside the orders placed in the same days."
    )
    filterset_class = OrdersFilter
    series = (("compared", gettext_lazy("Tickets per 100 orders")),)
    columns = [
        Column("created", gettext_lazy("Tickets"), kind="number"),
        Column("sold", gettext_lazy("Orders"), kind="number"),
        Column(
            "compared",
            gettext_lazy("Tickets per 100 orders"),
            kind="number",
            get=lambda row: row.compared if row.sold else None,
            reads=("compared", "sold"),
        ),
        Column("before", gettext_lazy("Per 100 before"), kind="number"),
        change_of("sold"),
    ]

    def figure(self, row: ServiceRow | None) -> TicketFigure:
        """Of time all that are about an order."""
        found = super().figure(row)
        return found if found.by else replace(found, by="order", item=ANY)

    def get_cards(self) -> list[Card]:
        return [
            self.told(_("Tickets about orders"), "created", plain),
            self.told(_("Orders"), "sold", plain),
            self.told(_("Tickets per 100 orders"), "compared", self.write),
        ]


add_report(
    "reports:ticket_products",
    TicketsByProduct,
    gettext_lazy("Tickets for each 1,000 pieces sold, by product and category."),
)
add_report("reports:ticket_orders", TicketsPerOrder, gettext_lazy("How many orders lead to a question."))
