"""Returns by their reasons, and taxes by rate and country."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.charts import plain
from backoffice.generic import Column
from backoffice.money import format_money
from orders.models import (
    SalesRow,
)
from orders.reports import filters
from orders.reports.pages.base import Card, SalesReport
from orders.reports.pages.ranked import Ranked


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
