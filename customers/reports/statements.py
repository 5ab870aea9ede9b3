"""What each report reads: one statement over the summaries, with a column for every field of ServiceRow."""

# ruff: noqa: S608 - statements of constants of ours

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from types import MappingProxyType
from typing import Any

from django.db import models

from backoffice.reports.periods import ONE, SAME_DAY, Period, Span, today
from customers.models import ServiceRow, TicketTimes
from customers.services import reporting
from customers.services.reporting.sums import FIGURES, times_rows

UNITS = ("day", "week", "month")
BEGAN = "DATE '1970-01-01'"
SUMS, FACTS, TIMES = "customers_ticketsums", "customers_ticketfacts", "customers_tickettimes"
UNSOLVED = "created + reopened - done - aside"
SHOWN = tuple(name for name in FIGURES if name not in ("reply_seconds", "solve_seconds", "timed"))
USER = "coalesce((SELECT coalesce(nullif(u.name, ''), u.email) FROM backoffice_user u WHERE u.id = nullif({key}, '')::bigint), '')"
QUEUE = "coalesce((SELECT q.{column} FROM customers_queue q WHERE q.id = {{key}}::bigint), '')"
POLICY = "coalesce((SELECT y.name FROM customers_policy y WHERE y.id = split_part({key}, ':', 1)::bigint), '')"
NAMES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "queue": {"name": QUEUE.format(column="name"), "name_zh": QUEUE.format(column="name_zh")},
        "agent": {"name": USER},
        "policy": {"name": POLICY},
    }
)


@dataclass(frozen=True)
class Asked:
    """A period, what it is compared with, and what the rows are `by`: a unit of time, a dimension, or "" for one row.

    `queues` are the keys of those that may be seen, None for all; `queue` is the one that was chosen.
    """

    period: Period
    before: Period | None
    shift: str
    by: str = "day"
    queue: int | None = None
    queues: tuple[int, ...] | None = None
    of: str = "queue"  # the dimension whose rows are added up where rows are by no dimension; everything is in those of queues

    @property
    def is_of_time(self) -> bool:
        return self.by in UNITS

    @property
    def dimension(self) -> str:
        return self.by if self.by and not self.is_of_time else self.of

    @property
    def parameters(self) -> dict[str, Any]:
        before = self.before or self.period
        return {
            "first": self.period.first, "last": self.period.last, "before_first": before.first, "before_last": before.last,
            "shift": self.shift, "unit": self.by, "step": f"1 {self.by}", "by": self.dimension, "queue": self.queue,
            "queues": list(self.queues or ()),
        }  # fmt: skip

    @property
    def narrowed(self) -> str:
        """The queues that count."""
        parts = ["queue = %(queue)s"] if self.queue is not None else []
        parts += ["queue = ANY(%(queues)s)"] if self.queues is not None else []
        return " AND ".join(parts) or "true"


def _sql(day: date) -> str:
    return f"DATE '{day:%Y-%m-%d}'"


def _runs(asked: Asked, period: Period) -> Iterator[tuple[str, date, date]]:
    """Spans that cover the period; of time, months at most, and days where rows are finer."""
    if asked.by in ("day", "week"):
        yield Span.DAY, period.first, period.last
        return
    for span, begin, end in period.cover(today()):
        if span == Span.YEAR and asked.is_of_time:
            yield Span.MONTH, begin, end.replace(month=12)
        else:
            yield span, begin, end


def _time_runs(asked: Asked) -> Iterator[tuple[str, date, date]]:
    """The same for times: whole weeks are kept."""
    period = asked.period
    weeks = period.weeks(today()) if asked.by == "week" else None
    if weeks is None:
        yield from _runs(asked, period)
        return
    first, behind = weeks[0], weeks[1] + timedelta(days=7)
    yield TicketTimes.WEEK, *weeks
    if period.first < first:
        yield Span.DAY, period.first, first - ONE
    if behind <= period.last:
        yield Span.DAY, behind, period.last


def _key(asked: Asked, day: str = "day") -> str:
    if asked.is_of_time:
        return f"date_trunc(%(unit)s, {day}::timestamp)::date"
    return "item" if asked.by else "''::text"


def sums(asked: Asked, period: Period, moved: str = "") -> str:
    """SELECT of key and figures; `moved` is the day of the row that a day counts for. Months cannot be moved by days.

    Days and weeks are compared with days of the same number: the last of a longer month are those of no day.
    """
    by_day = bool(moved) and asked.shift.endswith("days")
    runs = [(Span.DAY, period.first, period.last)] if by_day else list(_runs(asked, period))
    rows = (
        " UNION ALL ".join(
            f"SELECT * FROM {SUMS} WHERE by = %(by)s AND span = '{span}' AND day BETWEEN {_sql(begin)} AND {_sql(end)} AND {asked.narrowed}"
            for span, begin, end in runs
        )
        or f"SELECT * FROM {SUMS} WHERE false"
    )
    figures = ", ".join(f"sum({name}) AS {name}" for name in FIGURES)
    fitting = f"WHERE {SAME_DAY}" if moved and asked.by in ("day", "week") else ""
    return f"SELECT {_key(asked, moved or 'day')} AS key, {figures} FROM ({rows}) r {fitting} GROUP BY 1"


def times(asked: Asked) -> str:
    """SELECT of key, medians and what nine tenths are within, in seconds: the least time within which that share of all is."""
    parts = []
    for span, begin, end in _time_runs(asked):
        days = f"BETWEEN {_sql(begin)} AND {_sql(end)}"
        if span == Span.DAY:
            parts.append(
                f"SELECT day, item, kind, seconds, number FROM ({times_rows(FACTS, days)}) f WHERE by = %(by)s AND {asked.narrowed}"
            )
        else:
            parts.append(
                f"SELECT day, item, kind, seconds, number FROM {TIMES} WHERE by = %(by)s AND span = '{span}' AND day {days} AND {asked.narrowed}"
            )
    picked = ", ".join(
        f"min(seconds) FILTER (WHERE kind = '{kind}' AND upto >= {part} * total) AS {kind}_{name}"
        for kind in ("reply", "solve")
        for name, part in (("median", 0.5), ("high", 0.9))
    )
    rows = " UNION ALL ".join(parts) or f"SELECT day, item, kind, seconds, number FROM {TIMES} WHERE false"
    return f"""
        SELECT key, {picked} FROM (
            SELECT key, kind, seconds, sum(number) OVER (PARTITION BY key, kind ORDER BY seconds) AS upto,
                   sum(number) OVER (PARTITION BY key, kind) AS total
            FROM (SELECT {_key(asked)} AS key, kind, seconds, sum(number) AS number FROM ({rows}) r GROUP BY 1, 2, 3) h
        ) w GROUP BY key
    """


def backlog(asked: Asked, last: date) -> str:
    """SELECT of key and what was unsolved at the end of a day."""
    year, month = last.replace(month=1, day=1), last.replace(day=1)
    spans = ((Span.YEAR, date(1, 1, 1), year), (Span.MONTH, year, month), (Span.DAY, month, last + timedelta(days=1)))
    rows = " UNION ALL ".join(
        f"SELECT item, {UNSOLVED} AS unsolved FROM {SUMS} WHERE by = %(by)s AND span = '{span}' AND day >= {_sql(begin)}"
        f" AND day < {_sql(end)} AND {asked.narrowed}"
        for span, begin, end in spans
    )
    key = "item" if asked.by and not asked.is_of_time else "''::text"
    return f"SELECT {key} AS key, sum(unsolved) AS unsolved FROM ({rows}) r GROUP BY 1"


def _named(asked: Asked) -> dict[str, str]:
    """Code and names of the row: looked up for it alone."""
    found: Mapping[str, str] = NAMES.get(asked.by, {})
    for one in reporting.subjects():
        if one.kind == asked.by:
            found = one.named
    return {"item": "k.key", "code": "k.key", **{name: text.format(key="k.key") for name, text in found.items()}}


def _columns(columns: Mapping[str, str], source: str) -> str:
    given = {}
    for field in ServiceRow._meta.concrete_fields:
        empty = "''" if isinstance(field, models.CharField) else "NULL" if field.null else "0"
        kind = {models.DateField: "date", models.BigIntegerField: "bigint", models.DecimalField: "numeric"}.get(
            type(field), "text"
        )
        given[field.name] = f"({columns.get(field.name, empty)})::{kind}"
    return f"SELECT {', '.join(f'{value} AS {name}' for name, value in given.items())} FROM {source}"


def rows(
    asked: Asked,
    *,
    about: str,
    some: tuple[str, ...] = ("created",),
    with_times: bool = False,
    with_backlog: bool = False,
    more: Mapping[str, str] = MappingProxyType({}),
    joined: str = "",
) -> str:
    """The report. `about` is what it is about, of a row of sums {s}, NULL where there is nothing to tell; rows of no time have `some` of these figures; `more` and `joined` are columns and tables of modules above."""
    columns = {name: f"coalesce(s.{name}, 0)" for name in SHOWN}
    columns |= {
        "reply_mean": "round(s.reply_seconds / 60.0 / nullif(s.replied, 0), 1)",
        "solve_mean": "round(s.solve_seconds / 60.0 / nullif(s.timed, 0), 1)",
        "compared": f"round(coalesce({about.format(s='s')}, 0)::numeric, 2)",
    }
    if asked.is_of_time:
        begin = "date_trunc(%(unit)s, %(first)s::date::timestamp)"
        source = (
            f"(SELECT g::date AS key FROM generate_series({begin}, %(last)s::date::timestamp, %(step)s::interval) g) k"
        )
        columns |= {"id": f"k.key - {BEGAN}", "day": "k.key", "code": "k.key::text"}
    elif asked.by:
        items = f"SELECT key FROM ({sums(asked, asked.period)}) i WHERE {' + '.join(some)} > 0"
        source = f"({items}{' UNION SELECT key FROM (' + backlog(asked, asked.period.last) + ') b WHERE unsolved <> 0' if with_backlog else ''}) k"
        columns |= {"id": "row_number() OVER (ORDER BY k.key)", **_named(asked)}
    else:
        source = "(SELECT ''::text AS key) k"
        columns["id"] = "1"
    source += f" LEFT JOIN ({sums(asked, asked.period)}) s ON s.key = k.key"
    if asked.before:
        moved = "(day + %(shift)s::interval)" if asked.is_of_time else ""
        source += f" LEFT JOIN ({sums(asked, asked.before, moved)}) b ON b.key = k.key"
        columns["before"] = f"round(({about.format(s='b')})::numeric, 2)"
    if with_times:
        source += f" LEFT JOIN ({times(asked)}) t ON t.key = k.key"
        columns |= {
            f"{kind}_{name}": f"round(t.{kind}_{name} / 60.0, 1)"
            for kind in ("reply", "solve")
            for name in ("median", "high")
        }
    if with_backlog:
        if asked.is_of_time:
            source += f" CROSS JOIN (SELECT coalesce(sum(unsolved), 0) AS unsolved FROM ({backlog(asked, asked.period.first - timedelta(days=1))}) o) o"
            flow = " + ".join(
                f"{sign} coalesce(s.{name}, 0)"
                for sign, name in (("", "created"), ("", "reopened"), ("-", "done"), ("-", "aside"))
            )
            columns["backlog"] = f"o.unsolved + sum({flow}) OVER (ORDER BY k.key)"
        else:
            source += f" LEFT JOIN ({backlog(asked, asked.period.last)}) o ON o.key = k.key"
            columns["backlog"] = "coalesce(o.unsolved, 0)"
    return _columns({**columns, **more}, f"{source} {joined}")
