"""Runs of the segmentation: what customers are now, what they were, and how many moved."""

# ruff: noqa: S608 - names of ours

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from backoffice import audit
from backoffice.models import User
from customers.models import SegmentLimits, SegmentRun
from customers.services.segments.computing import FACTS, VALUES, compute

LOCK = "customers_segments"
COLUMNS = ", ".join((*VALUES, *FACTS))


def _each(alias: str) -> str:
    return ", ".join(f"{alias}.{name}" for name in (*VALUES, *FACTS))


OF_NEW = _each("n")


def _values(alias: str) -> str:
    return "(" + ", ".join(f"{alias}.{name}" for name in VALUES) + ")"


def _latest(before: str) -> str:
    """SQL: the last snapshot of the customer of `n` that `before` lets through."""
    return f"""LEFT JOIN LATERAL (
        SELECT * FROM customers_segmentsnapshot s WHERE s.customer_id = n.customer_id AND {before} ORDER BY s.as_of DESC LIMIT 1
    ) o ON true"""


# What was held for the day until now, and what the run before it said.
HELD = f"""
    CREATE TEMP TABLE segment_held ON COMMIT DROP AS
    SELECT n.customer_id, o.run_id, {_each("o")}
    FROM segment_new n {_latest("s.as_of <= %(as_of)s")} WHERE o.id IS NOT NULL
"""
BEFORE = f"""
    CREATE TEMP TABLE segment_before ON COMMIT DROP AS
    SELECT n.customer_id, {", ".join(f"o.{name}" for name in VALUES)}
    FROM segment_new n {_latest("s.as_of < %(as_of)s")} WHERE o.id IS NOT NULL
"""
FORGET = "DELETE FROM customers_segmentsnapshot WHERE as_of = %(as_of)s"
KEEP = f"""
    INSERT INTO customers_segmentsnapshot (customer_id, run_id, as_of, {COLUMNS})
    SELECT n.customer_id, %(run)s, %(as_of)s, {OF_NEW} FROM segment_new n
    LEFT JOIN segment_before b ON b.customer_id = n.customer_id
    WHERE b.customer_id IS NULL OR {_values("b")} IS DISTINCT FROM {_values("n")}
    ORDER BY n.customer_id
"""
# A day between two runs must not change what the later one said.
UPHOLD = f"""
    INSERT INTO customers_segmentsnapshot (customer_id, run_id, as_of, {COLUMNS})
    SELECT h.customer_id, %(next)s, %(next_as_of)s, {_each("h")}
    FROM segment_held h JOIN segment_new n ON n.customer_id = h.customer_id
    WHERE {_values("h")} IS DISTINCT FROM {_values("n")}
    ON CONFLICT (customer_id, as_of) DO NOTHING
"""
# Who is what they were is not written again: `run` is the one that changed the row.
NOW = f"""
    INSERT INTO customers_customersegment AS t (customer_id, run_id, {COLUMNS})
    SELECT n.customer_id, %(run)s, {OF_NEW} FROM segment_new n ORDER BY n.customer_id
    ON CONFLICT (customer_id) DO UPDATE SET (run_id, {COLUMNS}) = (EXCLUDED.run_id, {_each("EXCLUDED")})
    WHERE ({_each("t")}) IS DISTINCT FROM ({_each("EXCLUDED")})
"""
GONE = "DELETE FROM customers_customersegment t WHERE NOT EXISTS (SELECT FROM segment_new n WHERE n.customer_id = t.customer_id)"
CELLS = "SELECT abc, lifecycle, count(*), sum(revenue) FROM segment_new GROUP BY 1, 2 ORDER BY 1, 2"
SCORES = (
    "SELECT recency, frequency, count(*), sum(revenue) FROM segment_new WHERE recency > 0 GROUP BY 1, 2 ORDER BY 1, 2"
)
RISKS = "SELECT risk, count(*) FROM segment_new GROUP BY 1 ORDER BY 1"
MOVES = " UNION ALL ".join(
    f"""SELECT '{kind}', coalesce(b.{kind}, ''), n.{kind}, count(*) FROM segment_new n
        LEFT JOIN segment_before b ON b.customer_id = n.customer_id
        WHERE b.{kind} IS DISTINCT FROM n.{kind} GROUP BY 1, 2, 3"""
    for kind in ("abc", "lifecycle")
)


@dataclass(frozen=True)
class Outcome:
    """A run, and for how many customers it says something else than was held for its day: 0 when it was run before."""

    run: SegmentRun
    differing: int
    counts: dict[str, dict[str, int]] = field(default_factory=dict)


@transaction.atomic
def segment(as_of: date, *, by: User | None = None) -> Outcome:
    """Work out what every customer is at the end of the day `as_of`, by the limits in force, and keep it.

    A day in the past that was run is worked out by the limits it was run by. What customers are now follows the latest day.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])
        later = SegmentRun.objects.filter(as_of__gt=as_of).order_by("as_of").first()
        run = SegmentRun.objects.filter(as_of=as_of).first() or SegmentRun(as_of=as_of)
        limits = SegmentLimits.of(run.limits) if later and run.pk else SegmentLimits.current()
        compute(cursor, as_of, limits)
        run.limits = limits.values()
        run.at = timezone.now()
        run.save()
        differing = _keep(cursor, run, later)
        if later is None:
            cursor.execute(NOW, {"run": run.pk})
            cursor.execute(GONE)
        _sum_up(cursor, run)
        counts = {name: _count(cursor, name) for name in ("abc", "lifecycle", "risk")}
        cursor.execute("DROP TABLE segment_day, segment_gap, segment_new, segment_held, segment_before")
    audit.record("segmentation.done", run, by=by, data={"as_of": as_of.isoformat(), "customers": run.customers})
    return Outcome(run, differing, counts)


def _keep(cursor: Any, run: SegmentRun, later: SegmentRun | None) -> int:
    """Write the snapshots of a run; how many customers are something else than was held for that day."""
    facts = {"as_of": run.as_of, "run": run.pk}
    cursor.execute("DROP TABLE IF EXISTS segment_held, segment_before")
    cursor.execute(HELD, facts)
    cursor.execute(BEFORE, facts)
    cursor.execute("ANALYZE segment_held")
    cursor.execute("ANALYZE segment_before")
    cursor.execute(
        f"""SELECT count(*) FROM segment_new n LEFT JOIN segment_held h ON h.customer_id = n.customer_id
            WHERE h.customer_id IS NULL OR {_values("h")} IS DISTINCT FROM {_values("n")}"""
    )
    differing = int(cursor.fetchone()[0])
    cursor.execute(FORGET, facts)
    cursor.execute(KEEP, facts)
    run.changed = cursor.rowcount
    if later is not None:
        cursor.execute(UPHOLD, {"next": later.pk, "next_as_of": later.as_of})
    return differing


def _sum_up(cursor: Any, run: SegmentRun) -> None:
    """The figures of the overview, so that no page counts customers."""
    run.summary = {
        "cells": _rows(cursor, CELLS),
        "scores": _rows(cursor, SCORES),
        "risks": _rows(cursor, RISKS),
        "moves": _rows(cursor, MOVES),
    }
    run.customers = sum(count for _abc, _lifecycle, count, _revenue in run.summary["cells"])
    run.save(update_fields=["customers", "changed", "summary"])


def _rows(cursor: Any, sql: str) -> list[list[Any]]:
    cursor.execute(sql)
    return [[value if isinstance(value, int | str) else str(value) for value in row] for row in cursor.fetchall()]


def _count(cursor: Any, name: str) -> dict[str, int]:
    cursor.execute(f"SELECT {name}, count(*) FROM segment_new GROUP BY 1 ORDER BY 1")
    return dict(cursor.fetchall())


@transaction.atomic
def preview(limits: SegmentLimits, as_of: date) -> dict[str, Any]:
    """What other limits would do: `customers`, how many would move by each value, and how many would be what."""
    with connection.cursor() as cursor:
        compute(cursor, as_of, limits)
        counts = {name: _count(cursor, name) for name in ("abc", "lifecycle", "risk")}
        moved = ", ".join(f"count(*) FILTER (WHERE t.{name} IS DISTINCT FROM n.{name})" for name in VALUES)
        cursor.execute(
            f"""SELECT count(*), count(*) FILTER (WHERE {_values("t")} IS DISTINCT FROM {_values("n")}), {moved}
                FROM segment_new n LEFT JOIN customers_customersegment t ON t.customer_id = n.customer_id"""
        )
        customers, moving, *each = cursor.fetchone()
        cursor.execute("DROP TABLE segment_day, segment_gap, segment_new")
    return {"customers": customers, "moving": moving, "each": dict(zip(VALUES, each, strict=True)), "counts": counts}
