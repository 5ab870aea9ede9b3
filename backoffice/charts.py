"""Charts drawn on the server: shapes are SVG, words are HTML, and every chart can be read as a table.

    Chart(
        caption=_("Revenue rose to 12,400 EUR in March."),
        labels=["Jan", "Feb", "Mar"],
        series=[Series(_("Revenue"), [9800, 11000, 12400])],
    )

`{% include chart.template_name %}` with the chart as `chart`. The caption is a sentence that says what is to be seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import ceil, floor, log10
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _

WIDTH, HEIGHT = 600, 160
MOST_LABELS = 8
MOST_BARS, LONGEST_LABEL = 10, 18  # of a ranked list; letters below a bar
Number = int | float | Decimal


def plain(value: Number) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)


def month_label(day: date) -> str:
    # A month of a year, as short as can be: in Chinese Y年n月.
    return date_format(day, _("M Y"))


def day_label(day: date) -> str:
    # A day of this year, as short as can be: in Chinese n月j日.
    return date_format(day, _("j M"))


def short_label(text: str) -> str:
    """What fits below a bar."""
    return text if len(text) <= LONGEST_LABEL else f"{text[: LONGEST_LABEL - 1]}…"


@dataclass(frozen=True)
class Series:
    """Values of one kind, in the order of the chart's labels; of a line, None where there is nothing to tell."""

    name: Any
    values: Sequence[Any]


@dataclass(frozen=True)
class Bar:
    x: str
    y: str
    width: str
    height: str
    css: str
    text: str


@dataclass(frozen=True)
class Line:
    points: str
    css: str
    name: Any


@dataclass(frozen=True)
class Chart:
    """Values over labels. Several series of bars are stacked; `write` writes a value for people."""

    caption: Any
    labels: Sequence[Any]
    series: Sequence[Series]
    write: Callable[[Any], str] = plain
    url: str = ""

    width = WIDTH
    height = HEIGHT
    template_name = ""

    @property
    def is_empty(self) -> bool:
        return not any(value for series in self.series for value in series.values)

    @property
    def top(self) -> float:
        """The upper end of the axis, a round number."""
        return round_up(self._highest())

    def _highest(self) -> float:
        return max((float(value) for series in self.series for value in series.values if value is not None), default=0)

    @property
    def axis(self) -> list[str]:
        """Labels of the value axis, from the top."""
        return [self.write(_whole(self.top * part)) for part in (1, 0.5, 0)]

    @property
    def shown_labels(self) -> list[tuple[str, bool]]:
        """A label for every place, blank where they would run into each other; every second of many is for wide screens."""
        step = max(1, ceil(len(self.labels) / MOST_LABELS))
        many = len(self.labels) > MOST_LABELS / 2
        return [
            (str(label) if index % step == 0 else "", many and index // step % 2 == 1)
            for index, label in enumerate(self.labels)
        ]

    @property
    def legend(self) -> list[tuple[str, Any]]:
        return [(_css(index), series.name) for index, series in enumerate(self.series)] if len(self.series) > 1 else []

    @property
    def table(self) -> list[tuple[Any, list[str]]]:
        return [
            (label, ["" if (value := series.values[index]) is None else self.write(value) for series in self.series])
            for index, label in enumerate(self.labels)
        ]

    def y(self, value: Number) -> float:
        return HEIGHT - HEIGHT * float(value) / self.top


@dataclass(frozen=True)
class BarChart(Chart):
    """Bars side by side in time or rank; with several series each bar is a stack."""

    template_name = "components/_bar_chart.html"

    def _highest(self) -> float:
        return max((sum(float(series.values[i]) for series in self.series) for i in range(len(self.labels))), default=0)

    @property
    def bars(self) -> list[Bar]:
        band = WIDTH / max(1, len(self.labels))
        bars = []
        for index, label in enumerate(self.labels):
            base = 0.0
            for number, series in enumerate(self.series):
                value = series.values[index]
                bars.append(self._bar(index * band, band, base, value, _css(number), f"{label}, {series.name}"))
                base += float(value)
        return bars

    def _bar(self, x: float, band: float, base: float, value: Number, css: str, name: str) -> Bar:
        top = self.y(base + float(value))
        return Bar(
            x=_fixed(x + band * 0.14),
            y=_fixed(top),
            width=_fixed(band * 0.72),
            height=_fixed(self.y(base) - top),
            css=css,
            text=f"{name}: {self.write(value)}",
        )


@dataclass(frozen=True)
class LineChart(Chart):
    """One line for each series, which passes over what is not known."""

    template_name = "components/_line_chart.html"

    @property
    def lines(self) -> list[Line]:
        band = WIDTH / max(1, len(self.labels))
        return [
            Line(
                " ".join(
                    f"{_fixed((i + 0.5) * band)},{_fixed(self.y(value))}"
                    for i, value in enumerate(series.values)
                    if value is not None
                ),
                _css(number),
                series.name,
            )
            for number, series in enumerate(self.series)
        ]


@dataclass(frozen=True)
class StepChart(LineChart):
    """Values that count from their label until the next one, such as prices; None where there was none yet."""

    @property
    def lines(self) -> list[Line]:
        band = WIDTH / max(1, len(self.labels))
        return [
            Line(
                " ".join(
                    f"{_fixed(x)},{_fixed(self.y(value))}"
                    for i, value in enumerate(series.values)
                    if value is not None
                    for x in (i * band, (i + 1) * band)
                ),
                _css(number),
                series.name,
            )
            for number, series in enumerate(self.series)
        ]


@dataclass(frozen=True)
class Sparkline:
    """A line as high as a word; `caption` says what it shows."""

    caption: Any
    values: Sequence[Number]

    template_name = "components/_sparkline.html"

    @property
    def points(self) -> str:
        """Points in a box of 100 by 24."""
        numbers = [float(value) for value in self.values]
        low, high = min(numbers, default=0), max(numbers, default=0)
        span = (high - low) or 1
        step = 100 / max(1, len(numbers) - 1)
        return " ".join(f"{_fixed(i * step)},{_fixed(22 - 20 * (n - low) / span)}" for i, n in enumerate(numbers))


def round_up(value: float) -> float:
    """The next round number that holds `value`, such that half of it is written shortly too; 1 for nothing."""
    if value <= 0:
        return 1
    magnitude = 10.0 ** floor(log10(value))
    steps = (1, 2, 3, 4, 5, 6, 8, 10) if value > 10 else (1, 2, 4, 6, 8, 10)
    return next(step * magnitude for step in steps if step * magnitude >= value * 0.999999)


def _whole(value: float) -> float | int:
    return int(value) if value == int(value) else round(value, 2)


def _fixed(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".")


def _css(index: int) -> str:
    return f"s{index % 4 + 1}"
