"""What every report has: its bar, its figures, its chart, and the way to what a row adds up."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, Sum
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.charts import Chart, plain
from backoffice.generic import Column, Count
from backoffice.generic.base import may
from backoffice.generic.keyset import Slice
from backoffice.generic.lists import COUNT_CAP
from backoffice.money import ZERO, format_money
from backoffice.reports.pages import Card, ReportPage
from orders.figures import Figure
from orders.models import (
    PlaceSales,
    SalesMark,
    SalesRow,
)
from orders.reports import charts, filters

LONG = 92  # days, beyond which it pays to look at those first that lead in a year
COST = "catalog.view_cost"
SEES = "orders.view_salesrow"
PERSONAL = "customers.view_personal_data"
BEHIND = {
    "orders:list": "orders.view_order",
    "orders:fulfilments": "orders.view_fulfilment",
    "orders:returns": "orders.view_return",
    "orders:invoices": "orders.view_invoice",
}


class SalesReport(ReportPage):
    """A list below its figures and its chart. `list_behind` is the list of what a row adds up."""

    model = SalesRow
    mark = SalesMark
    permission: ClassVar[Any] = SEES
    index_url = "reports:index"
    index_title = gettext_lazy("Reports")
    filterset_class: ClassVar[type[filters.ReportFilter]]
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
    before = Column("before", gettext_lazy("Sales before"), kind="money", currency="currency")
    change = Column("change", gettext_lazy("Change"), kind="percent", reads=("compared", "before"))

    # --- What is asked ----------------------------------------------------------------------------

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
        return BEHIND[self.list_behind]

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

    def write(self, value: Any) -> str:
        """What the report is about, for people."""
        return format_money(Decimal(value), self.asked.currency)

    def card(self, label: Any, now: Any, before: Any, write: Any) -> Card:
        return super().card(label, now, before if self.asked.before else None, write)

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

    @cached_property
    def all_before(self) -> Any:
        """What the report is about, in the whole period before: rows tell it only of what is there in this one as well."""
        if self.asked.before is None:
            return ZERO
        rows = self.filterset.rows(self.get_queryset(), replace(self.asked, period=self.asked.before, before=None))  # type: ignore[union-attr]
        return rows.order_by().aggregate(sum=Sum("compared"))["sum"] or ZERO
