"""Returns by their reasons, and taxes by rate and country."""

from typing import Any

from django.db.models import Q, Sum
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.charts import plain
from backoffice.generic import Column
from backoffice.money import format_money
from orders.models import ReturnSums, SalesRow
from orders.reports import charts, filters
from orders.reports.pages.base import Card, SalesReport
from orders.reports.pages.ranked import Ranked


class ReturnsByReason(Ranked):
    key = "reports:returns"
    title = gettext_lazy("Returns by reason")
    about = gettext_lazy(
        "On the day they were announced, with everything that happened since. Canceled returns do not count. A return whose lines have several reasons stands at each of them, with its pieces and amounts parted."
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

    @property
    def by_words(self) -> bool:
        return self.asked.by == "words"

    def get_columns(self) -> list[Column]:
        """Reasons have what was written most often beside them."""
        lead, *rest = super().get_columns()
        return [lead, *([] if self.by_words else [Column("words", gettext_lazy("In their words"))]), *rest]

    def narrows(self, row: SalesRow) -> dict[str, Any]:
        if self.by_words:
            return {"reason": row.code, "cause": self.asked.cause}
        return {"cause": row.pk}

    def write(self, value: Any) -> str:
        return plain(value)

    def get_cards(self) -> list[Card]:
        sums = self.summed("pieces", "damaged", "refunded")
        now, then = self.counted
        return [
            self.card(_("Returns"), now, then, plain),
            Card(_("Pieces announced"), plain(sums["pieces"])),
            Card(_("Damaged"), plain(sums["damaged"])),
            Card(_("Refunded"), format_money(sums["refunded"], self.asked.currency)),
        ]

    @cached_property
    def counted(self) -> tuple[int, int]:
        """Returns of the period and of the one before, each once; of one reason, those that have it."""
        asked = self.asked
        rows = ReturnSums.objects.filter(span="d", currency=asked.currency)
        figure = "led" if asked.cause is None else "returns"
        if asked.cause is not None:
            rows = rows.filter(cause=asked.cause)
        now, then = (Q(day__range=(part.first, part.last)) for part in (asked.period, asked.before or asked.period))
        sums = rows.filter(now | then).aggregate(now=Sum(figure, filter=now), then=Sum(figure, filter=then))
        return sums["now"] or 0, sums["then"] or 0


class Taxes(Ranked):
    key = "reports:taxes"
    title = gettext_lazy("Taxes by rate and country")
    measure = gettext_lazy("Tax")
    filterset_class = filters.TaxFilter
    columns = [
        Column("rate", kind="percent", get=lambda row: row.rate * 100, reads=("rate",)),
        SalesReport.net,
        SalesReport.tax,
        SalesReport.gross,
        Column("before", gettext_lazy("Tax before"), kind="money", currency="currency"),
        SalesReport.change,
    ]
    month = Column("day", gettext_lazy("Month"), get=lambda row: charts.day_title(row, "month"), reads=("day",))
    documents = Column("orders", gettext_lazy("Documents"), kind="number")
    credited = Column("refunded", gettext_lazy("Of which credited"), kind="money", currency="currency")
    country = Column("country", link="target", get=lambda row: row.country or _("None"), reads=("country",))
    empty_title = gettext_lazy("Nothing was taxed in this period")
    empty_text = gettext_lazy("Choose another period, another currency, or what the taxes are taken out of.")

    @property
    def of_documents(self) -> bool:
        return self.asked.by != "orders"

    @property
    def by_month(self) -> bool:
        return self.asked.unit == "month"

    @property
    def about(self) -> Any:  # type: ignore[override]
        if self.of_documents:
            return _(
                "Invoices and credit notes on the day they were issued, with what they say; credit notes are taken off. What is not invoiced is not here."
            )
        return _(
            "Lines and shipping of orders placed in the period, as they stand now. Refunds change no tax here: credit notes do that."
        )

    @property
    def list_behind(self) -> str:  # type: ignore[override]
        return "orders:invoices" if self.of_documents else "orders:list"

    def get_columns(self) -> list[Column]:
        _lead, rate, net, tax, *rest = super().get_columns()
        first = [self.country, *([self.month] if self.by_month else [])]
        if self.of_documents:
            return [*first, rate, self.documents, net, tax, self.credited, *rest]
        return [*first, rate, self.orders, net, tax, *rest]

    def narrows(self, row: SalesRow) -> dict[str, Any]:
        days = {}
        if self.by_month:
            part = self.asked.period.bucket(row.begins, "month")
            days = {"first": part.first, "last": part.last}
        return {"country": row.country, "rate": row.rate, **days}

    def row_title(self, row: SalesRow) -> str:
        share = _("%(number)s%%") % {"number": f"{float(row.rate) * 100:g}"}
        month = f" {charts.day_title(row, 'month')}" if self.by_month else ""
        return f"{row.country or _('None')} {share}{month}"

    def get_cards(self) -> list[Card]:
        sums = self.summed("net", "tax", "gross", "refunded")
        credited = [Card(_("Credited tax"), self.write(sums["refunded"]))] if self.of_documents else []
        return [
            self.card(_("Tax"), sums["tax"], self.all_before, self.write),
            *credited,
            Card(_("Net"), self.write(sums["net"])),
            Card(_("Sales with tax"), self.write(sums["gross"])),
        ]
