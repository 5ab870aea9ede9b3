"""What facts of tickets add up to: by the day of each thing that happened, and by each dimension."""

from collections.abc import Iterator, Mapping
from typing import Any

from customers.models import TicketSums, TicketTimes
from customers.services.reporting.subjects import subjects

FIGURES = TicketSums.FIGURES
UNITS = "(VALUES ('d', 'day'), ('w', 'week'), ('m', 'month'), ('y', 'year')) AS p(span, unit)"
SUM_SPANS = "p.span IN ('d', 'm', 'y')"
TIME_SPANS = f"p.span IN ('m', 'y') OR p.span = '{TicketTimes.WEEK}' AND by = 'queue'"
OWN = ("queue", "agent", "priority", "channel", "tag")  # dimensions that tickets have of themselves
PLACE: Mapping[str, str] = {"queue": "f.queue", "agent": "f.assignee", "policy": "NULL::text"}
RATED: Mapping[str, str] = {**PLACE, "queue": "f.rated_queue", "agent": "f.rated_agent"}
PROMISED: Mapping[str, str] = {**PLACE, "policy": "p.item ->> 1"}
OUTCOME = "p.item ->> 2"


def rounded(seconds: str) -> str:
    """To the minute; from two hours on by at most a fiftieth."""
    step = f"CASE WHEN {seconds} < 7200 THEN 60 WHEN {seconds} < 36000 THEN 300 WHEN {seconds} < 144000 THEN 900 WHEN {seconds} < 720000 THEN 3600 ELSE 14400 END"
    return f"(({seconds} + ({step}) / 2) / ({step}) * ({step}))"


def _branches() -> Iterator[tuple[str, Mapping[str, str], str, dict[str, Any]]]:
    """Day, whose queue and agent, what is joined or asked, and the figures that differ from 0."""
    flag = "({})::int".format
    yield "f.created_on", PLACE, "WHERE true", {"created": 1}
    for figure in ("reopened", "done", "aside"):
        yield "u.day", PLACE, f"CROSS JOIN LATERAL unnest(f.{figure}_on) AS u(day) WHERE true", {figure: 1}
    yield "f.replied_on", PLACE, "WHERE f.replied_on IS NOT NULL", {"replied": 1, "reply_seconds": "f.reply_seconds"}
    yield "f.solved_on", PLACE, "WHERE f.solved_on IS NOT NULL", {
        "solved": 1, "again": flag("f.reopens > 0"), "answered": flag("f.replies > 0"),
        "one_touch": flag("f.replies = 1 AND f.reopens = 0"), "timed": flag("f.solve_seconds IS NOT NULL"),
        "solve_seconds": "coalesce(f.solve_seconds, 0)",
    }  # fmt: skip
    yield "(p.item ->> 0)::date", PROMISED, "CROSS JOIN LATERAL jsonb_array_elements(f.promises) AS p(item) WHERE true", {
        "promised": 1, "kept": flag(f"{OUTCOME} IN ('kept', 'nearly')"), "warned": flag(f"{OUTCOME} NOT IN ('kept', 'running')"),
        "broken": flag(f"{OUTCOME} IN ('broken', 'long')"), "long_over": flag(f"{OUTCOME} = 'long'"),
    }  # fmt: skip
    yield "f.asked_on", RATED, "WHERE f.asked_on IS NOT NULL", {"asked": 1}
    yield "f.rated_on", RATED, "WHERE f.rated_on IS NOT NULL", {
        "rated": 1, "points": "f.score", "satisfied": flag("f.score >= 4"), "commented": flag("f.commented"),
    }  # fmt: skip


def _dimensions(place: Mapping[str, str], kinds: str) -> str:
    """Rows of `by` and `item` that something counts in; in each once."""
    return f"""
        CROSS JOIN LATERAL (
            SELECT 'queue' AS by, ({place["queue"]})::text AS item
            UNION ALL SELECT 'agent', CASE WHEN {place["agent"]} > 0 THEN ({place["agent"]})::text ELSE '' END
            UNION ALL SELECT 'priority', f.priority::text
            UNION ALL SELECT 'channel', f.channel
            UNION ALL SELECT 'tag', tag FROM unnest(CASE WHEN f.tags = '{{}}' THEN ARRAY['']::varchar[] ELSE f.tags END) tag
            UNION ALL SELECT s.key, jsonb_array_elements_text(s.value) FROM jsonb_each(f.subjects) s WHERE {kinds}
            UNION ALL SELECT 'policy', {place["policy"]} WHERE {place["policy"]} IS NOT NULL
        ) d
    """  # noqa: S608 - constants of ours


def days_of(facts: str) -> str:
    """SELECT of day, by, queue, item and figures of `facts`, a table of TicketFacts with a column `sign`."""
    parts = []
    for day, place, joined, figures in _branches():
        given = ", ".join(f"({figures.get(name, 0)})::bigint * f.sign AS {name}" for name in FIGURES if name in figures)
        zeros = ", ".join(f"0::bigint AS {name}" for name in FIGURES if name not in figures)
        names = ", ".join(FIGURES)
        parts.append(
            f"SELECT day, by, queue, item, {names} FROM (SELECT {day} AS day, d.by, {place['queue']} AS queue, d.item, {given}, {zeros}"  # noqa: S608
            f" FROM {facts} f {joined.replace('WHERE', _dimensions(place, 'true') + ' WHERE', 1)}) part"
        )
    sums = ", ".join(f"sum({name}) AS {name}" for name in FIGURES)
    anything = " OR ".join(f"sum({name}) <> 0" for name in FIGURES)
    return f"SELECT day, by, queue, item, {sums} FROM ({' UNION ALL '.join(parts)}) parts GROUP BY day, by, queue, item HAVING {anything}"  # noqa: S608


def times_of(facts: str) -> str:
    """SELECT of day, by, queue, item, kind, seconds and number of `facts`, for dimensions of which medians are kept."""
    untimed = ", ".join(f"'{one.kind}'" for one in subjects() if not one.timed)
    kinds = f"s.key NOT IN ({untimed})" if untimed else "true"
    parts = " UNION ALL ".join(
        f"SELECT f.{day} AS day, d.by, f.queue, d.item, '{kind}' AS kind, {rounded(f'f.{seconds}')} AS seconds, f.sign"  # noqa: S608
        f" FROM {facts} f {_dimensions(PLACE, kinds)} WHERE f.{day} IS NOT NULL AND f.{seconds} IS NOT NULL"
        for kind, day, seconds in (("reply", "replied_on", "reply_seconds"), ("solve", "solved_on", "solve_seconds"))
    )
    return f"""SELECT day, by, queue, item, kind, seconds, sum(sign) AS number FROM ({parts}) parts
               GROUP BY day, by, queue, item, kind, seconds HAVING sum(sign) <> 0"""  # noqa: S608


def times_rows(facts: str, days: str) -> str:
    """SELECT of day, by, queue, item, kind, seconds and number of tickets whose day fulfils `days`, in every dimension."""
    return " UNION ALL ".join(
        f"SELECT f.{day} AS day, d.by, f.queue, d.item, '{kind}' AS kind, {rounded(f'f.{seconds}')} AS seconds, 1 AS number"  # noqa: S608
        f" FROM {facts} f {_dimensions(PLACE, 'true')} WHERE f.{day} {days} AND f.{seconds} IS NOT NULL"
        for kind, day, seconds in (("reply", "replied_on", "reply_seconds"), ("solve", "solved_on", "solve_seconds"))
    )


def by_span(days: str, keys: str, figures: tuple[str, ...], spans: str) -> str:
    """The same by the spans for which `spans` is true."""
    sums = ", ".join(f"sum({name}) AS {name}" for name in figures)
    return f"""SELECT p.span, date_trunc(p.unit, c.day::timestamp)::date AS day, {keys}, {sums}
               FROM ({days}) c CROSS JOIN {UNITS} WHERE {spans} GROUP BY 1, 2, {keys}"""  # noqa: S608
