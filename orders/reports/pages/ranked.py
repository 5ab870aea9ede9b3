"""Reports with a row for each key, the largest first: by what was sold, and to whom."""

from dataclasses import replace
from typing import Any, ClassVar

from django.db import connection
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy

from backoffice.derived import positional
from backoffice.generic import Column, Count, keyset
from backoffice.generic.base import may
from backoffice.generic.keyset import Slice
from orders.models import (
    CategorySales,
    CustomerSales,
    ProductSales,
    SalesRow,
    Summary,
)
from orders.reports import filters
from orders.reports.pages.base import LONG, PERSONAL, SEES, Card, SalesReport
from orders.reports.statements import leading


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
