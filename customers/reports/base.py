"""What every report on service has: its bar, its figures, its chart, and the way to the tickets behind a row."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.charts import MOST_BARS, BarChart, Chart, LineChart, Series, day_label, month_label, plain, short_label
from backoffice.generic import Column, Count
from backoffice.generic.base import may
from backoffice.generic.keyset import Slice
from backoffice.reports.pages import Card, ReportPage
from backoffice.reports.periods import MOST_POINTS
from backoffice.reports.words import change_text, day_title, days_between, time_text
from customers.figures import LABELS, TicketFigure
from customers.models import ServiceMark, ServiceRow
from customers.models.promises import Kind
from customers.reports import filters
from customers.reports.statements import Asked

SEES = "customers.view_servicerow"
TICKETS = "customers.view_ticket"


def spent(row: ServiceRow, minutes: Any) -> SafeString:
    """Minutes in words; files have them as a number."""
    return escape("" if minutes is None else time_text(minutes))


def minutes(name: str) -> Column:
    return Column(name, kind="number", draw=spent)


def percent(value: Any) -> str:
    return _("%(number)s%%") % {"number": plain(round(Decimal(value), 1))}


def change_of(base: str = "") -> Column:
    """By how much it is more than before. Of a share or a mean without anything in `base` there is none."""
    return Column(
        "change",
        gettext_lazy("Change"),
        kind="percent",
        get=(lambda row: row.change if getattr(row, base) else None) if base else None,
        reads=("compared", "before", *([base] if base else [])),
    )


class ServiceReport(ReportPage):
    """`told` are the columns; `series` what the chart shows, `what` which tickets stand behind a row."""

    model = ServiceRow
    mark = ServiceMark
    permission: ClassVar[Any] = SEES
    filterset_class: ClassVar[type[filters.ServiceFilter]]
    index_url = "service:index"
    index_title = gettext_lazy("Service reports")
    series: ClassVar[tuple[tuple[str, Any], ...]] = ()
    what: ClassVar[str] = "created"
    ordering = {
        "code": ("code", "pk"),
        "newest": ("-day", "-pk"),
        "most": ("-compared", "-pk"),
        "least": ("compared", "pk"),
    }
    ordering_labels = {
        "code": gettext_lazy("By name"),
        "newest": gettext_lazy("Newest first"),
        "most": gettext_lazy("Most first"),
        "least": gettext_lazy("Least first"),
    }
    empty_title = gettext_lazy("No tickets in this period")
    empty_text = gettext_lazy("Choose another period, or another queue. Figures are added up every five minutes.")

    @property
    def asked(self) -> Asked:
        return self.filterset.asked  # type: ignore[union-attr]

    @cached_property
    def sort(self) -> str:
        """Time goes backwards; all else is ranked."""
        chosen = self.request.GET.get("sort", "")
        if self.asked.is_of_time:
            return chosen if chosen in ("newest", "most", "least") else "newest"
        return chosen if chosen in ("code", "most", "least") else "most"

    def get_columns(self) -> list[Column]:
        """The first column is what the rows are by."""
        names = dict([*filters.dimensions(), filters.POLICY])
        lead = Column(
            "title",
            names.get(self.asked.by, _("Days")),
            get=self.row_title,
            link="target",
            reads=("day", "item", "code", "name", "name_zh"),
        )
        return [lead, *super().get_columns()]

    def row_title(self, row: ServiceRow) -> str:
        by = self.asked.by
        if self.asked.is_of_time:
            return day_title(row.begins, by)
        if by in LABELS:
            return str(LABELS[by].get(row.item, row.item))
        if by == "policy":
            return f"{row.name}: {dict(Kind.choices)[row.item.partition(':')[2]]}"
        return row.title if row.item else str(_("Nobody") if by == "agent" else _("None"))

    @cached_property
    def slice(self) -> Slice:
        found = super().slice
        if may(self.user, TICKETS):
            for row in found.rows:
                row.url = self.address_behind(row)
        return found

    def along(self, unit: str) -> list[ServiceRow]:
        """All rows of a report of time; those of the page where these are all, since medians cost."""
        page = self.slice
        if unit == self.asked.by and not page.before and not page.after:
            return sorted(page.rows, key=lambda row: row.begins)
        return list(self.filterset.rows(self.get_queryset(), replace(self.asked, by=unit)).order_by("day"))  # type: ignore[union-attr]

    @cached_property
    def count(self) -> Count:
        return Count(self.asked.period.count(self.asked.by)) if self.asked.is_of_time else super().count

    def figure(self, row: ServiceRow | None) -> TicketFigure:
        """What a row adds up; of None, everything."""
        asked = self.asked
        whole = TicketFigure(asked.period.first, asked.period.last, self.what, asked.queue)
        if row is None or not asked.by:
            return whole
        if asked.is_of_time:
            part = asked.period.bucket(row.begins, asked.by)
            return replace(whole, first=part.first, last=part.last)
        return replace(whole, by=asked.by, item=row.item)

    def address_behind(self, row: ServiceRow) -> str:
        return f"{reverse('tickets:list')}?{urlencode({'behind': self.figure(row).text})}"

    # --- Above the rows -----------------------------------------------------------------------------

    @cached_property
    def total(self) -> ServiceRow:
        """The whole period in one row."""
        return self._total(self.asked)

    @cached_property
    def total_before(self) -> ServiceRow | None:
        asked = self.asked
        return self._total(replace(asked, period=asked.before)) if asked.before else None

    def _total(self, asked: Asked) -> ServiceRow:
        found: ServiceRow = self.filterset.rows(ServiceRow.objects.all(), replace(asked, by="", before=None)).get()  # type: ignore[union-attr]
        return found

    def told(self, label: Any, name: str, write: Any) -> Card:
        """A figure of the whole period beside that of the one before."""
        before = getattr(self.total_before, name) if self.total_before else None
        return self.card(label, getattr(self.total, name), before, write)

    def write(self, value: Any) -> str:
        """What the chart shows, for people."""
        return plain(value)

    def caption(self) -> str:
        """What the chart shows, as a sentence."""
        name, label = self.series[0]
        now, days = getattr(self.total, name), days_between(self.asked.period.first, self.asked.period.last)
        if now is None:
            return _("%(measure)s from %(days)s: nothing to tell.") % {"measure": label, "days": days}
        facts = {"measure": label, "days": days, "amount": self.write(now)}
        before = getattr(self.total_before, name) if self.total_before else None
        change = change_text(now, before) if before is not None else ""
        text = _("%(measure)s from %(days)s: %(amount)s") % facts
        return (
            _("%(text)s, %(change)s.") % {"text": text, "change": change} if change else _("%(text)s.") % {"text": text}
        )

    def get_chart(self) -> Chart | None:
        if not self.asked.is_of_time:
            name, label = self.series[0]
            rows = [row for row in self.slice.rows if getattr(row, name) is not None][:MOST_BARS]
            labels = [short_label(self.row_title(row)) for row in rows]
            values = [Series(label, [getattr(row, name) for row in rows])]
            bars = BarChart(caption=self.caption(), labels=labels, series=values, write=self.write)
            return None if bars.is_empty else bars
        unit = self.asked.period.coarse(self.asked.by, MOST_POINTS)
        short = month_label if unit == "month" else day_label
        rows = self.along(unit)
        values = [Series(label, [getattr(row, name) for row in rows]) for name, label in self.series]
        return LineChart(
            caption=self.caption(), labels=[short(row.begins) for row in rows], series=values, write=self.write
        )
