"""`post`: the only way into the ledger of stock."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import psycopg
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg import errors as pg_errors

from backoffice import context
from backoffice.errors import Busy
from backoffice.models import User
from backoffice.rows import in_reader_language
from inventory.models import Location, StockMove, shop_day
from inventory.services.waiting import queue_serving

SHORT = "HT001"
WRONG_PARTS = "HT002"
MANY = 100  # moves from which on a few large statements are faster than many small ones
WAITED_FOR = (pg_errors.LockNotAvailable, pg_errors.DeadlockDetected)
POST = """
    WITH posted AS MATERIALIZED (SELECT {function}(%s::jsonb, %s, %s) AS moves)
    SELECT jsonb_build_object('moves', moves, 'waited_for', inventory_to_serve(%s::bigint[])) FROM posted
"""
Kind = StockMove.Kind
FREEING = (Kind.RECEIVED, Kind.RETURNED, Kind.ADJUSTED, Kind.COUNTED, Kind.TRANSFERRED, Kind.RELEASED, Kind.UNHELD)
PART_PROBLEMS = {
    "sum": gettext_lazy("%(sku)s: %(asked)s pieces move, and %(available)s are named by bin and lot (%(location)s)."),
    "no_lots": gettext_lazy("%(sku)s is not tracked by lot."),
    "lots_missing": gettext_lazy("%(sku)s is tracked by lot: say which lots arrive (%(location)s)."),
    "serials_missing": gettext_lazy("%(sku)s has serial numbers: name one for every piece (%(location)s)."),
    "other_lots": gettext_lazy("%(sku)s: lot %(lot)s arrives, and it is not what left."),
    "serial_one": gettext_lazy("%(sku)s: serial number %(lot)s is one piece, %(asked)s asked."),
    "serial_twice": gettext_lazy("%(sku)s: serial number %(lot)s is in stock already."),
    "closed_bin": gettext_lazy("Bin %(bin)s is closed (%(location)s)."),
    "loose": gettext_lazy("%(sku)s: %(available)s pieces are not put away yet, %(asked)s asked (%(location)s)."),
    "expired": gettext_lazy(
        "%(sku)s: %(available)s pieces are not expired, %(asked)s asked (%(location)s). Name the lot to ship expired ones."
    ),
    "lot_and_bin": gettext_lazy(
        "%(sku)s: %(available)s pieces of lot %(lot)s in bin %(bin)s, %(asked)s asked (%(location)s)."
    ),
    "lot": gettext_lazy("%(sku)s: %(available)s pieces of lot %(lot)s, %(asked)s asked (%(location)s)."),
    "bin": gettext_lazy("%(sku)s: %(available)s pieces in bin %(bin)s, %(asked)s asked (%(location)s)."),
}


@dataclass(frozen=True)
class Shortage:
    """What one level, or every warehouse together when `location` is empty, lacks."""

    sku: str
    location: str
    available: int
    asked: int

    def __str__(self) -> str:
        text = _("%(sku)s: %(available)s available, %(asked)s asked (%(location)s).")
        if not self.location:
            text = _("%(sku)s: %(available)s available, %(asked)s asked.")
        return text % vars(self)


class InsufficientStock(ValidationError):
    """Names everything that is short, with what is available and what was asked."""

    def __init__(self, shortages: Sequence[Shortage]) -> None:
        super().__init__([str(shortage) for shortage in shortages])
        self.shortages = list(shortages)


class WrongParts(ValidationError):
    """Bins, lots or serial numbers that a move names, or should have named, do not fit what is there."""


@dataclass(frozen=True)
class Pieces:
    """So many pieces, of a lot and in a bin (primary keys).

    Where pieces leave, None is any: first expired, first out. Where they arrive, no bin is "not put away yet".
    """

    quantity: int
    lot: int | None = None
    bin: int | None = None

    def as_json(self) -> dict[str, int]:
        facts = {"pieces": self.quantity, "lot": self.lot, "bin": self.bin}
        return {name: value for name, value in facts.items() if value is not None}


@dataclass(frozen=True)
class Move:
    """One movement to post; ids are primary keys, `quantity` whole pieces above zero.

    `taken` and `put` name the bins and lots that pieces leave from and arrive in; empty, the pieces are chosen, and
    lots go with them. What arrives from outside has to name its lots where the variant is tracked by them.
    """

    kind: StockMove.Kind
    variant: int
    source: int
    target: int
    quantity: int
    unit_cost: Decimal | None = None
    cause: str = ""
    reason: str = ""
    taken: tuple[Pieces, ...] = ()
    put: tuple[Pieces, ...] = ()

    def as_json(self) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "kind": str(self.kind),
            "variant": self.variant,
            "from": self.source,
            "to": self.target,
            "quantity": self.quantity,
            "unit_cost": None if self.unit_cost is None else str(self.unit_cost),
            "cause": self.cause,
            "reason": self.reason,
        }
        if self.taken:
            facts["taken"] = [pieces.as_json() for pieces in self.taken]
        if self.put:
            facts["put"] = [pieces.as_json() for pieces in self.put]
        if self.kind == Kind.SHIPPED:
            facts["today"] = shop_day().isoformat()
        return facts


def post(moves: Sequence[Move], *, by: User | None) -> list[int]:
    """Post the moves one after the other, all or none; returns the ids of the new StockMoves in order.

    Levels are locked in primary-key order, once; call it once a transaction, last. Raises InsufficientStock naming
    every short level, WrongParts for bins and lots that do not fit, Busy when others hold the levels for more than 3 s; the
    transaction is over then, unless the caller keeps a savepoint. Where something becomes free that others wait for,
    serving them is queued.
    """
    if not moves:
        return []
    payload = json.dumps([move.as_json() for move in moves])
    freed = sorted({move.variant for move in moves if move.kind in FREEING})
    statement = POST.format(function="inventory_post" if len(moves) < MANY else "inventory_post_many")
    answer = json.loads(call(statement, [payload, by.pk if by else None, request_id(), freed]))
    queue_serving(answer["waited_for"])
    return list(answer["moves"])


@dataclass(frozen=True)
class Revaluation:
    """A signed change of the value of one level, for the `pieces` there that it concerns."""

    variant: int
    location: int
    pieces: int
    value: Decimal
    cause: str = ""
    reason: str = ""


def revalue(changes: Sequence[Revaluation], *, by: User | None) -> list[int]:
    """Post changes of value without a movement, all or none; returns the ids of the new StockMoves in order.

    Levels must have the pieces and, for a loss, the value. Raises Busy like `post`.
    """
    if not changes:
        return []
    payload = json.dumps([{**vars(change), "value": str(change.value)} for change in changes])
    request = str(context.current().get("request_id", ""))[:40]
    return list(call("SELECT inventory_revalue(%s::jsonb, %s, %s)", [payload, by.pk if by else None, request]))


def lock_levels(places: Iterable[tuple[int, int]]) -> None:
    """Lock the levels of (variant, location) pairs until the transaction ends, creating those that are missing.

    For verbs that read a balance before they post. Raises Busy like `post`.
    """
    call(
        "SELECT inventory_lock(%s::jsonb)",
        [json.dumps([{"variant": variant, "from": place, "to": place} for variant, place in places])],
    )


def call(sql: str, parameters: Sequence[Any]) -> Any:
    """Run one database function; its errors become sentences."""
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            return cursor.fetchone()[0]
    except DatabaseError as error:
        cause = error.__cause__
        if isinstance(cause, WAITED_FOR):
            raise Busy from error
        if isinstance(cause, psycopg.Error) and cause.sqlstate == SHORT:
            raise InsufficientStock(shortages(json.loads(cause.diag.message_primary or "[]"))) from error
        if isinstance(cause, psycopg.Error) and cause.sqlstate == WRONG_PARTS:
            raise WrongParts(part_problem(json.loads(cause.diag.message_primary or "{}"))) from error
        if isinstance(cause, pg_errors.UniqueViolation) and cause.diag.constraint_name == "stock_part_serial_once":
            raise WrongParts(_("Somebody else was faster: one of these serial numbers is in stock already.")) from error
        raise


def virtual(kind: Location.Kind) -> int:
    """Primary key of the one location of a virtual kind, which every migrate makes sure of."""
    return Location.objects.values_list("pk", flat=True).get(kind=kind)


def unit_costs(moves: Sequence[int]) -> list[Decimal]:
    """Unit costs of posted moves, in the order asked."""
    costs = dict(StockMove.objects.filter(pk__in=moves).values_list("pk", "unit_cost"))
    return [costs[move] or Decimal(0) for move in moves]


def request_id() -> str:
    """The request that moves of now are caused by."""
    return str(context.current().get("request_id", ""))[:40]


def shortages(rows: Iterable[Mapping[str, Any]]) -> list[Shortage]:
    """What the database found short, in the reader's language."""
    return [
        Shortage(row["sku"], in_reader_language(row["place"], row["place_zh"]), row["available"], row["asked"])
        for row in rows
    ]


def part_problem(row: Mapping[str, Any]) -> str:
    """What the database found wrong with bins and lots, in the reader's language."""
    problem = row["problem"]
    if problem == "not_there":
        problem = {(True, True): "lot_and_bin", (True, False): "lot"}.get((bool(row["lot"]), bool(row["bin"])), "bin")
    if problem == "lots_missing" and row["tracking"] == "serial":
        problem = "serials_missing"
    place = in_reader_language(row["place"], row["place_zh"])
    return PART_PROBLEMS[problem] % {**row, "location": place}
