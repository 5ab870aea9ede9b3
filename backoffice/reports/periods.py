"""Periods of a report: by their names, before another, and as the rows of a summary that cover them."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

ONE = timedelta(days=1)
MOST_POINTS = 92  # that can be told apart in a chart: a quarter by day
MOST_ROWS = 1500  # of a report: four years by day


class Span(models.TextChoices):
    """What a row of a summary is about."""

    DAY = "d", _("Day")
    MONTH = "m", _("Month")
    YEAR = "y", _("Year")


PERIODS: list[tuple[str, Any]] = [
    ("today", _("Today")),
    ("yesterday", _("Yesterday")),
    ("7d", _("Last 7 days")),
    ("30d", _("Last 30 days")),
    ("90d", _("Last 90 days")),
    ("month", _("This month")),
    ("last_month", _("Last month")),
    ("year", _("This year")),
    ("last_year", _("Last year")),
    ("12m", _("Last 12 months")),
    ("18m", _("Last 18 months")),
]
USUAL = "30d"
COMPARED: list[tuple[str, Any]] = [
    ("previous", _("The period before")),
    ("year", _("The year before")),
    ("none", _("Nothing")),
]
# A day of the period before, whose number the month that it is moved to by `shift` has as well.
SAME_DAY = "(day + %(shift)s::interval - %(shift)s::interval)::date = day"


def today() -> date:
    """The day of the shop."""
    return timezone.localdate(timezone=timezone.get_default_timezone())


def month_end(day: date) -> date:
    return day.replace(day=monthrange(day.year, day.month)[1])


def shifted(day: date, months: int) -> date:
    """The same day so many months later, or the last one of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True)
class Period:
    """Days of the shop, the first and the last included."""

    first: date
    last: date

    @classmethod
    def named(cls, name: str) -> "Period":
        now = today()
        this = now.replace(day=1)
        if name.endswith("d"):
            return cls(now - timedelta(days=int(name[:-1]) - 1), now)
        return {
            "today": cls(now, now),
            "yesterday": cls(now - ONE, now - ONE),
            "month": cls(this, now),
            "last_month": cls(shifted(this, -1), this - ONE),
            "year": cls(now.replace(month=1, day=1), now),
            "last_year": cls(date(now.year - 1, 1, 1), date(now.year - 1, 12, 31)),
            "12m": cls(shifted(this, -11), now),
            "18m": cls(shifted(this, -17), now),
        }[name]

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def months_back(self) -> int:
        """By how many months the period before lies back, 0 where it does by days.

        Months that begin with the first are compared with as many before: a part of one with the same part.
        """
        if self.first.day != 1:
            return 0
        return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1

    def before(self, compared: str) -> "Period | None":
        """The period that it is compared with."""
        if compared == "none":
            return None
        months = 12 if compared == "year" else self.months_back
        if months:
            last = shifted(self.last, -months)
            return Period(shifted(self.first, -months), month_end(last) if self.last == month_end(self.last) else last)
        return Period(self.first - timedelta(days=self.days), self.first - ONE)

    def shift(self, compared: str) -> str:
        """What leads from a day of the period before to its own, as an interval of PostgreSQL."""
        months = 12 if compared == "year" else self.months_back
        return f"{months} months" if months else f"{self.days} days"

    def count(self, unit: str) -> int:
        """How many days, weeks or months it touches."""
        if unit == "month":
            return (self.last.year - self.first.year) * 12 + self.last.month - self.first.month + 1
        first, last = (day.toordinal() - (day.weekday() if unit == "week" else 0) for day in (self.first, self.last))
        return (last - first) // (7 if unit == "week" else 1) + 1

    def coarse(self, unit: str, most: int) -> str:
        """The unit, or a longer one of which there are no more than so many."""
        if unit == "day" and self.count("day") > most:
            unit = "week"
        return "month" if unit == "week" and self.count("week") > most else unit

    def bucket(self, day: date, unit: str) -> "Period":
        """The part of this period in the day, week or month that begins at `day`."""
        last = {"day": day, "week": day + timedelta(days=6), "month": month_end(day)}[unit]
        return Period(max(day, self.first), min(last, self.last))

    def cover(self, latest: date) -> Iterator[tuple[str, date, date]]:
        """Runs of spans that cover the period, each from its first day to the first day of its last span.

        Years and months are taken whole where they lie in the period, or where nothing is later than `latest`.
        """
        day = self.first
        last = date.max if self.last >= latest else self.last
        while day <= min(last, latest):
            span = self._longest(day, last)
            begin = end = day
            while day <= min(last, latest) and self._longest(day, last) == span:
                end, day = day, _behind(day, span)
            yield span, begin, end

    def weeks(self, latest: date) -> tuple[date, date] | None:
        """The first days of the first and the last whole week, None without any; that of `latest` is whole."""
        first = self.first + timedelta(days=-self.first.weekday() % 7)
        end = self.last if self.last < latest else latest + timedelta(days=6 - latest.weekday())
        last = end - timedelta(days=6 + (end.weekday() + 1) % 7)
        return (first, last) if first <= last else None

    def _longest(self, day: date, last: date) -> str:
        if day.day == 1 and day.month == 1 and day.replace(month=12, day=31) <= last:
            return Span.YEAR
        return Span.MONTH if day.day == 1 and month_end(day) <= last else Span.DAY


def _behind(day: date, span: str) -> date:
    """The day after the span that begins at `day`."""
    if span == Span.DAY:
        return day + ONE
    return shifted(day, 12 if span == Span.YEAR else 1)
