"""Charts and sentences of the reports."""

from collections.abc import Callable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from backoffice.charts import MOST_BARS, BarChart, Chart, LineChart, Series, day_label, month_label, short_label
from backoffice.money import ZERO
from backoffice.reports import words
from backoffice.reports.words import change_text
from orders.models import SalesRow

__all__ = ["change_text", "day_title", "over_time", "ranked"]

Write = Callable[[Any], str]


def over_time(caption: str, name: Any, rows: Sequence[SalesRow], unit: str, write: Write) -> Chart:
    """What the report is about along the days, and what it was before beside it."""
    label = month_label if unit == "month" else day_label
    series = [Series(name, [max(row.compared, ZERO) for row in rows])]
    if any(row.before for row in rows):
        series.append(Series(_("The period before"), [max(row.before or ZERO, ZERO) for row in rows]))
    return LineChart(caption=caption, labels=[label(row.begins) for row in rows], series=series, write=write)


def ranked(caption: str, name: Any, rows: Sequence[SalesRow], write: Write, label: Callable[[SalesRow], str]) -> Chart:
    """The first rows of a report side by side."""
    first = rows[:MOST_BARS]
    labels = [short_label(label(row)) for row in first]
    return BarChart(
        caption=caption, labels=labels, series=[Series(name, [max(row.compared, ZERO) for row in first])], write=write
    )


def day_title(row: SalesRow, unit: str) -> str:
    """The day, week or month of a row in words."""
    return words.day_title(row.begins, unit)
