"""Promises that wait: backorders that have not come in, and pieces at a warehouse that is closed.

The goods of a level serve what is packed first, then its promises, the oldest first; what they do not reach waits. At a
closed warehouse every promise waits that is not packed.
"""

# The statements are put together from constants of the modules and never from input.

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.db import connection
from django.db.models.expressions import RawSQL
from procrastinate.contrib.django import app

from backoffice.models import User

TASK = "inventory.serve_waiting"
NOTHING = "SELECT NULL::bigint AS item, NULL::bigint AS location_id, NULL::integer AS pieces WHERE false"
BEGINNING = "-infinity"

# Something of the variant is free at another warehouse that is open.
SERVABLE = """
    EXISTS (SELECT FROM inventory_stocklevel f JOIN inventory_location p ON p.id = f.location_id AND p.kind = 'stock' AND p.is_active
            WHERE f.variant_id = s.variant_id AND f.location_id <> s.location_id AND f.on_hand - f.allocated - f.held > 0)
"""
OWING = """
    s.allocated > 0 AND l.kind = 'stock' AND (s.on_hand - s.allocated - s.held < 0 OR NOT l.is_active OR l.id = %(closing)s)
"""
# What a level is short of falls on its youngest promises: each bears what the younger ones do not. The levels come first and
# are few; the promises of each, and the parcels of each of these, are looked up level by level, so that LIMIT stops it early.
WAITING = """
    WITH owing AS MATERIALIZED (
        SELECT s.id, s.variant_id, s.location_id, s.allocated - s.on_hand + s.held AS short, NOT l.is_active OR l.id = %(closing)s AS closed
        FROM inventory_stocklevel s JOIN inventory_location l ON l.id = s.location_id
        WHERE {owing} AND {which}
    ), promise AS (
        SELECT s.closed, p.* FROM owing s CROSS JOIN LATERAL (
            SELECT a.id, a.cause, a.created_at, a.quantity - k.pieces AS movable,
                   s.short - coalesce(sum(a.quantity - k.pieces) OVER younger, 0) AS beyond
            FROM inventory_allocation a CROSS JOIN LATERAL ({packed}) k
            WHERE a.variant_id = s.variant_id AND a.location_id = s.location_id
            WINDOW younger AS (ORDER BY a.created_at DESC, a.id DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
        ) p
    ), waiting AS (
        SELECT id, cause, created_at, CASE WHEN closed THEN movable ELSE least(movable, beyond) END AS pieces FROM promise
    )
"""
PACKED = """
    SELECT coalesce(sum(p.pieces), 0)::int AS pieces FROM ({packing}) p WHERE p.item = a.item AND p.location_id = a.location_id
"""
OLDEST = """
    SELECT * FROM (SELECT min(created_at) AS since, cause FROM waiting WHERE pieces > 0 GROUP BY cause) w
    WHERE (since, cause) > (%(since)s::timestamptz, %(cause)s) ORDER BY since, cause LIMIT %(most)s
"""
PIECES = "SELECT id, pieces FROM waiting WHERE pieces > 0 AND cause = ANY(%(causes)s)"
SHORT = "s.on_hand - s.allocated - s.held < 0"  # as its index is
# Promises at closed warehouses; the location comes first, whatever the planner knows of it.
LEFT_BEHIND = """
    SELECT a.cause FROM inventory_location l
    CROSS JOIN LATERAL (
        WITH here AS MATERIALIZED (SELECT * FROM inventory_allocation WHERE location_id = l.id) SELECT * FROM here) a
    CROSS JOIN LATERAL ({packed}) k
    WHERE l.kind = 'stock' AND NOT l.is_active AND a.quantity > k.pieces
"""
PROMISED_AT = """
    SELECT * FROM (SELECT min(created_at) AS since, cause FROM inventory_allocation WHERE location_id = %(location)s GROUP BY cause) a
    WHERE (since, cause) > (%(since)s::timestamptz, %(cause)s) ORDER BY since, cause LIMIT %(most)s
"""


class Documents(Protocol):
    """Those that pieces are promised to, and that the inventory knows by their references alone."""

    packing: str  # SELECT of (item, location_id, pieces) that lie in parcels and therefore stay where they are

    def lock(self, causes: Collection[str]) -> None:
        """Lock these documents until the transaction ends, before anything of the stock is locked."""

    def tell(self, moved: Sequence["Moved"], *, reason: str, by: User | None) -> None:
        """Write into their histories that promises were moved."""

    def warn(self, missed: Mapping[str, Mapping[int, int]], *, reason: str, by: User | None) -> None:
        """Write into their histories that promised pieces, by document and item, are not there any more."""


@dataclass(frozen=True)
class Moved:
    """Pieces that an item of a document was promised at `source` and is now at `target`; all but `cause` are keys."""

    cause: str
    item: int
    variant: int
    source: int
    target: int
    pieces: int


documents: list[Documents] = []


def register(kind: Documents) -> None:
    documents.append(kind)


def packing() -> str:
    """The statement that finds every piece in a parcel."""
    return " UNION ALL ".join(kind.packing for kind in documents) or NOTHING


def queue_serving(variants: Collection[int]) -> None:
    """Have the worker serve promises that wait for these variants; the job belongs to the caller's transaction."""
    if variants:
        app.configure_task(TASK, lock=TASK).defer(variants=list(variants))


def oldest_waiting(variants: Collection[int] | None, after: tuple[Any, str], most: int) -> list[tuple[datetime, str]]:
    """(promised since, document) of those that could be served elsewhere now, the oldest first; None means any variant."""
    which = f"{SERVABLE} AND s.variant_id = ANY(%(variants)s)" if variants is not None else SERVABLE
    return _rows(
        _waiting(which) + OLDEST,
        variants=list(variants or ()), closing=None, since=after[0], cause=after[1], most=most,
    )  # fmt: skip


def promised_at(location: int, after: tuple[Any, str], most: int) -> list[tuple[datetime, str]]:
    """(promised since, document) of all that have promises at a location, the oldest first."""
    return _rows(
        PROMISED_AT,
        location=location, since=after[0], cause=after[1], most=most,
    )  # fmt: skip


def waiting_pieces(causes: Collection[str], variants: Collection[int], closing: int | None = None) -> dict[int, int]:
    """Pieces that wait, by primary key of the allocation, as if the location `closing` were closed."""
    rows = _rows(
        _waiting("s.variant_id = ANY(%(variants)s)") + PIECES,
        variants=list(variants), closing=closing, causes=list(causes),
    )  # fmt: skip
    return {pk: int(pieces) for pk, pieces in rows}


def waiting_documents() -> RawSQL:
    """Subquery of the documents with pieces that wait: `number__in=waiting_documents()`."""
    return RawSQL(_waiting_anywhere(), [])  # noqa: S611 - constants of ours


def few_waiting(most: int) -> set[str] | None:
    """The documents with pieces that wait, by one short statement; None where more than `most` promises do."""
    rows = _rows(f"{_waiting_anywhere()} LIMIT %(more)s", more=most + 1)
    return {cause for (cause,) in rows} if len(rows) <= most else None


def _waiting_anywhere() -> str:
    """Causes of all promises that wait; a document may be there twice."""
    short = _waiting(SHORT) % {"closing": "NULL::bigint"}
    closed = LEFT_BEHIND.format(packed=PACKED.format(packing=packing()))
    return f"{short} SELECT cause FROM waiting WHERE pieces > 0 UNION ALL {closed}"  # noqa: S608 - constants of ours


def packed_pieces(items: Collection[int]) -> dict[tuple[int, int], int]:
    """Pieces in parcels, by item and location."""
    rows = _rows(
        f"SELECT item, location_id, sum(pieces) FROM ({packing()}) parcel WHERE item = ANY(%(items)s) GROUP BY 1, 2",  # noqa: S608
        items=list(items),
    )
    return {(item, location): int(pieces) for item, location, pieces in rows}


def _waiting(which: str) -> str:
    return WAITING.format(packed=PACKED.format(packing=packing()), owing=OWING, which=which)


def _rows(statement: str, **parameters: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()
