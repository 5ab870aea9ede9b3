"""Promising pieces to documents, shipping them, and taking them back.

A document is known by its reference (`cause`, such as "SO-1042"), its lines by a number (`item`).
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any, Self, TypeVar

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice.models import User
from inventory.models import Allocation, Location, StockLevel
from inventory.services.lots import Arriving, arrivals, lots_sent, portion
from inventory.services.posting import (
    InsufficientStock,
    Kind,
    Move,
    Pieces,
    Shortage,
    call,
    post,
    request_id,
    shortages,
    unit_costs,
    virtual,
)

CANDIDATES = "SELECT * FROM inventory_candidates(%s::bigint[])"
# Not begun with SELECT, so that the history learns who acts: contexts are not told to statements that only read.
PROMISE = "VALUES (inventory_promise(%s, %s::bigint[], %s::bigint[], %s::bigint[], %s::int[], %s, %s))"
REDUCE = """
    UPDATE inventory_allocation a SET quantity = a.quantity - part.quantity
    FROM unnest(%s::bigint[], %s::int[]) AS part(id, quantity) WHERE a.id = part.id
"""


class NotAllocated(ValidationError):
    """A document would give back or ship more than was promised to it."""


@dataclass(frozen=True)
class Demand:
    """So many pieces of a variant, wanted by one item of a document."""

    item: int
    variant: int
    quantity: int
    sku: str


@dataclass
class Stock:
    """What the warehouses can promise, and take from while planning: rows of `inventory_candidates`."""

    free: dict[tuple[int, int], int]
    promisable: dict[tuple[int, int], int]
    locations: list[int]
    tracked: set[int]

    @classmethod
    def of(cls, rows: Iterable[Sequence[Any]]) -> Self:
        rows = list(rows)
        places = [row for row in rows if row[1] is not None]
        return cls(
            free={(variant, location): free for variant, location, free, _promisable in places},
            promisable={(variant, location): promisable for variant, location, _free, promisable in places},
            locations=list(dict.fromkeys(row[1] for row in places)),
            tracked={row[0] for row in rows},
        )

    def take(self, variant: int, location: int, quantity: int) -> None:
        self.free[variant, location] = max(self.free.get((variant, location), 0) - quantity, 0)
        self.promisable[variant, location] -= quantity


Plan = list[tuple[Demand, int, int]]
Written = TypeVar("Written")


def allocate(cause: str, demand: Sequence[Demand], *, by: User | None) -> list[Allocation]:
    """Promise every piece of `demand` to `cause`, or none; returns the allocations.

    One warehouse that has everything serves it, the first by priority; else as few as possible; backorders come last.
    Variants whose stock is not tracked are skipped. Raises InsufficientStock naming every short line, Busy.
    """
    return carry_out(demand, lambda chosen: _promise(cause, chosen, by))


def carry_out(demand: Sequence[Demand], write: Callable[[Plan], Written], stock: Stock | None = None) -> Written:
    """Choose warehouses and `write` the choice, by a call that changes nothing when it raises InsufficientStock.

    `stock` saves reading it where the caller has just done so.
    """
    chosen = _choose(demand, stock)
    try:
        return write(chosen)
    except InsufficientStock:
        # Others were faster. What is left now decides.
        return write(_choose(demand))


def _choose(demand: Sequence[Demand], stock: Stock | None = None) -> Plan:
    return plan(demand, stock or _stock_for(demand)) if demand else []


def plan(demand: Sequence[Demand], stock: Stock) -> Plan:
    """Choose warehouses: (demand, location, quantity) for every part. Raises InsufficientStock."""
    wanted = [one for one in demand if one.variant in stock.tracked and one.quantity > 0]
    if short := _short(wanted, stock.promisable):
        raise InsufficientStock(short)
    for capacity in (stock.free, stock.promisable):
        for location in stock.locations:
            if covered(wanted, capacity, location) == sum(one.quantity for one in wanted):
                return [(one, location, one.quantity) for one in wanted]
        if not _short(wanted, capacity):
            break  # several warehouses have everything: nobody waits for what comes
    open_pieces = {index: one.quantity for index, one in enumerate(wanted)}
    chosen: Plan = []
    for capacity in (stock.free, stock.promisable):
        chosen += fewest_parcels(wanted, open_pieces, capacity, stock)
    return _joined(chosen)


def _joined(chosen: Plan) -> Plan:
    """What an item gets at one warehouse, from the shelf and as a backorder, is one part."""
    pieces: dict[tuple[Demand, int], int] = defaultdict(int)
    for one, location, part in chosen:
        pieces[one, location] += part
    return [(one, location, part) for (one, location), part in pieces.items()]


def fewest_parcels(
    wanted: Sequence[Demand], open_pieces: dict[int, int], capacity: dict[tuple[int, int], int], stock: Stock
) -> Plan:
    """Take from the warehouse that covers most of what is open, again and again; priority decides between equals."""
    chosen: Plan = []
    left = list(stock.locations)
    while left and any(open_pieces.values()):
        remaining = [Demand(index, wanted[index].variant, pieces, "") for index, pieces in open_pieces.items()]
        best = max(left, key=lambda location: (covered(remaining, capacity, location), -left.index(location)))
        left.remove(best)
        for index, pieces in open_pieces.items():
            part = min(pieces, capacity.get((wanted[index].variant, best), 0))
            if part > 0:
                chosen.append((wanted[index], best, part))
                open_pieces[index] -= part
                stock.take(wanted[index].variant, best, part)
    return chosen


def covered(wanted: Iterable[Demand], capacity: Mapping[tuple[int, int], int], location: int) -> int:
    """Pieces of `wanted` that one warehouse can give."""
    asked: dict[int, int] = defaultdict(int)
    for one in wanted:
        asked[one.variant] += one.quantity
    return sum(min(pieces, capacity.get((variant, location), 0)) for variant, pieces in asked.items())


def _short(wanted: Sequence[Demand], capacity: Mapping[tuple[int, int], int]) -> list[Shortage]:
    """The variants of which all warehouses together have less than is wanted."""
    asked: dict[int, int] = defaultdict(int)
    for one in wanted:
        asked[one.variant] += one.quantity
    there: dict[int, int] = defaultdict(int)
    for (variant, _location), pieces in capacity.items():
        there[variant] += pieces
    skus = {one.variant: one.sku for one in wanted}
    return [Shortage(skus[v], "", there[v], pieces) for v, pieces in asked.items() if pieces > there[v]]


def _stock_for(demand: Sequence[Demand]) -> Stock:
    """What every warehouse has of the variants asked for, in one statement and without locks."""
    with connection.cursor() as cursor:
        cursor.execute(CANDIDATES, [sorted({one.variant for one in demand})])
        return Stock.of(cursor.fetchall())


def _promise(cause: str, chosen: Plan, by: User | None) -> list[Allocation]:
    """Write the allocations and post them, in one statement that changes nothing when it raises InsufficientStock."""
    parts: dict[tuple[int, int], tuple[int, int]] = {}
    for one, location, pieces in chosen:
        _variant, already = parts.get((one.item, location), (one.variant, 0))
        parts[one.item, location] = one.variant, already + pieces
    if not parts:
        return []
    items, locations = zip(*parts, strict=True)
    variants, quantities = zip(*parts.values(), strict=True)
    columns = [list(items), list(variants), list(locations), list(quantities)]
    answer = json.loads(call(PROMISE, [cause, *columns, by.pk if by else None, request_id()]))
    if "short" in answer:
        raise InsufficientStock(shortages(answer["short"]))
    return [
        Allocation(**{**row, "created_at": datetime.fromisoformat(row["created_at"])}) for row in answer["allocations"]
    ]


@transaction.atomic
def release(cause: str, quantities: Mapping[int, int] | None, *, by: User | None) -> dict[int, int]:
    """Give up what was promised to items of `cause`, or with None everything; returns the pieces given up per item.

    Promises at warehouses of the lowest priority go first. Raises NotAllocated when less was promised.
    """
    held = list(
        Allocation.objects.filter(
            cause=cause, **({} if quantities is None else {"item__in": list(quantities)})
        ).locked()
    )
    if quantities is None:
        quantities = _per_item(held)
    _refuse_beyond(quantities, held)
    parts = _parts(quantities, least_wanted_first(held))
    reduce_allocations(parts)
    post(
        [Move(Kind.RELEASED, one.variant_id, one.location_id, one.location_id, n, cause=cause) for one, n in parts],
        by=by,
    )
    return dict(quantities)


@transaction.atomic
def ship(
    cause: str,
    quantities: Mapping[int, int],
    location: Location,
    *,
    taken: Mapping[int, Sequence[Pieces]] = MappingProxyType({}),
    by: User | None,
) -> dict[int, Decimal]:
    """Send pieces promised to items of `cause` at `location` to the customer; returns the unit cost per item.

    `taken` names bins and lots by item; of other items what expires first leaves first, and nothing that has expired.
    Raises NotAllocated when less was promised there, InsufficientStock when a backorder has not come in yet, WrongParts.
    """
    held = list(Allocation.objects.filter(cause=cause, item__in=list(quantities), location=location).locked())
    _refuse_beyond(quantities, held)
    parts = _parts(quantities, held)
    reduce_allocations(parts)
    customers = virtual(Location.Kind.CUSTOMER)
    moves = post(
        [
            Move(
                Kind.SHIPPED,
                one.variant_id,
                location.pk,
                customers,
                n,
                cause=cause,
                taken=tuple(taken.get(one.item, ())),
            )
            for one, n in parts
        ],
        by=by,
    )
    return {one.item: cost for (one, _n), cost in zip(parts, unit_costs(moves), strict=True)}


@transaction.atomic
def take_back(
    cause: str,
    lines: Sequence[tuple[int, int, Decimal | None]],
    location: Location,
    *,
    reason: str = "",
    parts: Mapping[int, Sequence[Arriving]] = MappingProxyType({}),
    sent_with: Sequence[str] = (),
    by: User | None,
) -> list[int]:
    """Put pieces that a customer sent back into stock: (variant, quantity, unit cost or None for today's average).

    `parts` says of lines, by their place, of which lots they are. Of other lines it is known where `sent_with`, the
    documents with which they went out and came back before, leave no doubt. Raises WrongParts where they do.
    """
    customers = virtual(Location.Kind.CUSTOMER)
    put = arrivals([(line[0], line[1], parts.get(place, ())) for place, line in enumerate(lines)], location)
    lots = lots_sent(sent_with) if sent_with and not all(put) else {}
    moves = []
    for (variant, pieces, cost), said in zip(lines, put, strict=True):
        into = said or _without_doubt(lots.get(variant, {}), pieces)
        if pieces:
            moves.append(
                Move(Kind.RETURNED, variant, customers, location.pk, pieces, cost, cause=cause, reason=reason, put=into)
            )
    return post(moves, by=by)


def _without_doubt(lots: Mapping[int, int], pieces: int) -> tuple[Pieces, ...]:
    """The lots that pieces which come back are of, where one lot is out, or all that is out comes back."""
    if pieces == sum(lots.values()) or (len(lots) == 1 and pieces <= sum(lots.values())):
        return portion(lots, pieces)
    return ()


@transaction.atomic
def scrap(
    cause: str,
    lines: Sequence[tuple[int, int]],
    location: Location | None,
    *,
    reason: str,
    taken: Mapping[int, Sequence[Pieces]] = MappingProxyType({}),
    by: User | None,
) -> list[int]:
    """Throw pieces away: (variant, quantity). Without a location they came back broken and never entered stock.

    `taken` names bins and lots by place of the line; else what expires first goes. Raises ValidationError without a reason, InsufficientStock.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the pieces are thrown away.")})
    source = location.pk if location else virtual(Location.Kind.CUSTOMER)
    target = virtual(Location.Kind.SCRAP)
    return post(
        [
            Move(Kind.SCRAPPED, v, source, target, n, cause=cause, reason=reason, taken=tuple(taken.get(place, ())))
            for place, (v, n) in enumerate(lines)
            if n
        ],
        by=by,
    )


def available(variants: Iterable[int]) -> dict[int, dict[int, int]]:
    """Free pieces per variant and warehouse, backorders not counted; every variant asked for is a key."""
    found: dict[int, dict[int, int]] = {variant: {} for variant in variants}
    levels = StockLevel.objects.filter(
        variant__in=list(found), location__kind=Location.Kind.STOCK, location__is_active=True
    ).with_available()
    for variant, location, free in levels.values_list("variant", "location", "available"):
        found[variant][location] = free
    return found


def _per_item(allocations: Iterable[Allocation]) -> dict[int, int]:
    pieces: dict[int, int] = defaultdict(int)
    for one in allocations:
        pieces[one.item] += one.quantity
    return dict(pieces)


def _refuse_beyond(quantities: Mapping[int, int], allocations: Sequence[Allocation]) -> None:
    there = _per_item(allocations)
    errors = [
        _("%(allocated)s pieces are allocated, %(asked)s were asked (line %(item)s).")
        % {"allocated": there.get(item, 0), "asked": pieces, "item": item}
        for item, pieces in quantities.items()
        if pieces > there.get(item, 0)
    ]
    if errors:
        raise NotAllocated(errors)


def least_wanted_first(allocations: Sequence[Allocation]) -> list[Allocation]:
    if len({one.location_id for one in allocations}) < 2:
        return list(allocations)
    rank = dict(Location.objects.filter(pk__in={one.location_id for one in allocations}).values_list("pk", "priority"))
    return sorted(allocations, key=lambda one: (-rank[one.location_id], -one.pk))


def _parts(quantities: Mapping[int, int], allocations: Iterable[Allocation]) -> list[tuple[Allocation, int]]:
    """How much to take off which allocation."""
    open_pieces = dict(quantities)
    parts = []
    for one in allocations:
        pieces = min(one.quantity, open_pieces.get(one.item, 0))
        if pieces > 0:
            open_pieces[one.item] -= pieces
            parts.append((one, pieces))
    return parts


def reduce_allocations(parts: Sequence[tuple[Allocation, int]]) -> None:
    """Take the pieces off the allocations; those used up go."""
    used_up = [one.pk for one, pieces in parts if pieces == one.quantity]
    if used_up:
        Allocation.objects.filter(pk__in=used_up).delete()
    rest = [(one.pk, pieces) for one, pieces in parts if pieces < one.quantity]
    if rest:
        with connection.cursor() as cursor:
            cursor.execute(REDUCE, [list(column) for column in zip(*rest, strict=True)])
