"""Moving promises to other warehouses: when one closes, when something becomes free, and when a person says so.

Receiving only looks whether anything waits and queues a job in its own transaction: it stays as quick as it was, and holds no
level but its own. The job reads the books as they are then, so it may run twice, late or never without harm; it serves the
oldest promises first, a few documents a transaction. Each move stands in the ledger as released here and allocated there,
with the document as its cause.

Locks are taken in one order by everybody: documents, then allocations, then levels, each by primary key.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from backoffice.models import User
from backoffice.retrying import patient
from catalog.models import Variant
from inventory.models import Allocation, Location, StockLevel
from inventory.services.allocation import Demand, Stock, covered, fewest_parcels
from inventory.services.places import must_act_at
from inventory.services.posting import Kind, Move, lock_levels, post
from inventory.services.waiting import (
    BEGINNING,
    Moved,
    documents,
    oldest_waiting,
    packed_pieces,
    promised_at,
    waiting_pieces,
)

AT_ONCE = 50  # documents in one transaction
START = (BEGINNING, "")
Slot = tuple[int, int]  # (item, location)
Turn = Callable[[tuple[Any, str]], list[tuple[datetime, str]]]


# --- Verbs ----------------------------------------------------------------------------------------------


def serve_waiting(variants: Collection[int] | None = None, *, reason: str = "", by: User | None = None) -> int:
    """Serve promises that wait by what is free elsewhere, the oldest first; returns the pieces that moved.

    Of `variants`, or of all. Documents that would wait no less stay as they are.
    """
    reason = reason or _("Stock became free")
    return _in_turns(lambda after: oldest_waiting(variants, after, AT_ONCE), reason, by)


def clear_closed(location: Location, *, reason: str = "", by: User | None = None) -> int:
    """Move what is promised at a closed warehouse to others, the oldest first; returns the pieces that moved."""
    reason = reason or _("%(location)s was closed") % {"location": location.code}
    return _in_turns(lambda after: promised_at(location.pk, after, AT_ONCE), reason, by)


def _in_turns(find: Turn, reason: str, by: User | None) -> int:
    """Move promises of all documents that `find` finds, AT_ONCE a transaction."""
    pieces = 0
    after: tuple[Any, str] = START
    while found := find(after):
        pieces += sum(one.pieces for one in _improve([cause for _since, cause in found], reason, by))
        after = found[-1]
    return pieces


@patient
def _improve(causes: Collection[str], reason: str, by: User | None) -> list[Moved]:
    board = _locked_board(causes)
    return _carry_out(board, plan_moves(board), reason, by)


@patient
def reallocate(cause: str, location: Location | None = None, *, reason: str = "", by: User | None) -> list[Moved]:
    """Choose anew where a document is served from, or promise at `location` whatever that warehouse can serve of it.

    What lies in parcels stays. Raises ValidationError when nothing would change, NotAllowed, Busy.
    """
    if location is not None:
        must_act_at(by, location)
    board = _locked_board([cause])
    if cause not in board.allocations:
        raise ValidationError(_("Nothing is promised to %(document)s.") % {"document": cause})
    if location is None:
        moved = plan_moves(board, urgent=False)
        refusal = _("%(document)s cannot be served better just now.") % {"document": cause}
    else:
        board.locations, board.limits = [location.pk], dict.fromkeys(board.limits, 0)
        moved = _moves(board, cause, _choose(board, cause).after)
        refusal = _("%(location)s has nothing more for %(document)s.") % {"location": location, "document": cause}
    if not moved:
        raise ValidationError(refusal)
    return _carry_out(board, moved, reason, by)


def reallocate_promise(promise: Allocation, *, by: User | None) -> Allocation:
    """Choose anew where the document of a promise at a closed warehouse is served from, unless another has seen to it."""
    if Allocation.objects.left_behind().filter(pk=promise.pk).exists():
        reallocate(promise.cause, by=by)
    return promise


# --- The board: what is promised, and what there is ---------------------------------------------------------


@dataclass
class Board:
    """The promises of some documents, and what the warehouses have of their variants; `free` may be below zero."""

    allocations: Mapping[str, list[Allocation]]
    packed: Mapping[Slot, int]
    waiting: Mapping[int, int]
    locations: list[int]
    free: dict[tuple[int, int], int]
    limits: Mapping[int, int]

    def movable(self, one: Allocation) -> int:
        return one.quantity - self.packed.get((one.item, one.location_id), 0)

    def stock_for(self, promises: Iterable[Allocation]) -> Stock:
        """What the open warehouses could promise if these promises were given back, the packed ones excepted."""
        served: Counter[tuple[int, int]] = Counter()
        kept: Counter[tuple[int, int]] = Counter()
        for one in promises:
            place = one.variant_id, one.location_id
            kept[place] += self.movable(one)
            served[place] += self.movable(one) - self.waiting.get(one.pk, 0)
        tracked = {one.variant_id for one in promises}
        places = [(variant, location) for variant in tracked for location in self.locations]
        free = {place: self.free.get(place, 0) for place in places}
        return Stock(
            free={place: served[place] + max(pieces, 0) for place, pieces in free.items()},
            promisable={place: kept[place] + max(n + self.limits[place[0]], 0) for place, n in free.items()},
            locations=list(self.locations),
            tracked=tracked,
        )


def read_board(promises: QuerySet[Allocation], closing: int | None = None) -> Board:
    """Read the board of these promises, as if the location `closing` were closed."""
    allocations: dict[str, list[Allocation]] = defaultdict(list)
    for one in promises:
        allocations[one.cause].append(one)
    rows = [one for some in allocations.values() for one in some]
    variants = {one.variant_id for one in rows}
    levels = StockLevel.objects.filter(variant__in=variants, location__kind=Location.Kind.STOCK).with_available()
    return Board(
        allocations=allocations,
        packed=packed_pieces({one.item for one in rows}),
        waiting=waiting_pieces(allocations, variants, closing),
        locations=[pk for pk in Location.objects.stock().values_list("pk", flat=True) if pk != closing],
        free={(variant, place): n for variant, place, n in levels.values_list("variant", "location", "available")},
        limits=dict(Variant.objects.filter(pk__in=variants).values_list("pk", "backorder_limit")),
    )


def _locked_board(causes: Collection[str]) -> Board:
    """Lock the documents, their promises and every level of their variants, then read the board."""
    for kind in documents:
        kind.lock(causes)
    promises = Allocation.objects.filter(cause__in=causes)
    variants = {one.variant_id for one in promises.locked()}
    levels = StockLevel.objects.filter(variant__in=variants, location__kind=Location.Kind.STOCK)
    lock_levels(levels.values_list("variant", "location"))
    return read_board(promises.order_by("pk"))


# --- Choosing ---------------------------------------------------------------------------------------------


def plan_moves(board: Board, *, urgent: bool = True) -> list[Moved]:
    """What to move of the documents on the board, the oldest first. What one takes, the next no longer finds.

    Only where fewer pieces are then at closed warehouses, or wait; with `urgent` off also for fewer parcels or better places.
    """
    moved = []
    for cause in sorted(board.allocations, key=lambda name: (_since(board.allocations[name]), name)):
        choice = _choose(board, cause)
        if (choice.cost[:2] < choice.cost_before[:2]) if urgent else (choice.cost < choice.cost_before):
            moved += _moves(board, cause, choice.after)
    return moved


@dataclass(frozen=True)
class _Choice:
    """Where movable pieces of a document would be promised. Costs: pieces at closed places, waiting, parcels, rank of the places."""

    after: Mapping[Slot, int]
    cost: tuple[int, int, int, int]
    cost_before: tuple[int, int, int, int]


def _choose(board: Board, cause: str) -> _Choice:
    """One warehouse that has everything, else as few as possible; what nobody has stays, unless its warehouse is closed."""
    promises = board.allocations[cause]
    before = {(one.item, one.location_id): n for one in promises if (n := board.movable(one))}
    asked: Counter[Slot] = Counter()
    for one in promises:
        asked[one.item, one.variant_id] += board.movable(one)
    wanted = [Demand(item, variant, pieces, "") for (item, variant), pieces in asked.items() if pieces]
    stock = board.stock_for(promises)
    pieces = sum(one.quantity for one in wanted)
    single = next((place for place in stock.locations if covered(wanted, stock.free, place) == pieces), None)
    if single is not None:
        after, waits = Counter({(one.item, single): one.quantity for one in wanted}), 0
    else:
        after, waits = _spread(wanted, before, stock)
    waited = sum(board.waiting.get(one.pk, 0) for one in promises)
    return _Choice(after, _cost(board, promises, after, waits), _cost(board, promises, before, waited))


def _spread(wanted: Sequence[Demand], before: Mapping[Slot, int], stock: Stock) -> tuple[Counter[Slot], int]:
    """Few parcels of what is free; the rest waits where it is, or where it may if that is closed. Returns places and what waits."""
    after: Counter[Slot] = Counter()
    left = {index: one.quantity for index, one in enumerate(wanted)}

    def take(capacity: dict[tuple[int, int], int]) -> None:
        for one, place, pieces in fewest_parcels(wanted, left, capacity, stock):
            after[one.item, place] += pieces

    def stay(may: Callable[[int], bool]) -> None:
        for index, one in enumerate(wanted):
            for slot in [slot for slot in before if slot[0] == one.item and may(slot[1])]:
                part = min(left[index], max(before[slot] - after[slot], 0))
                after[slot] += part
                left[index] -= part
                if part and slot[1] in stock.locations:
                    stock.take(one.variant, slot[1], part)

    take(stock.free)
    waits = sum(left.values())
    stay(lambda place: place in stock.locations)
    take(stock.promisable)
    stay(lambda place: True)
    return after, waits


def _cost(
    board: Board, promises: Sequence[Allocation], slots: Mapping[Slot, int], waits: int
) -> tuple[int, int, int, int]:
    rank = {place: number for number, place in enumerate(board.locations)}
    stranded = sum(n for (_item, place), n in slots.items() if place not in rank)
    packed = {one.location_id for one in promises if board.packed.get((one.item, one.location_id))}
    parcels = packed | {place for (_item, place), n in slots.items() if n}
    return stranded, waits, len(parcels), sum(n * rank.get(place, 0) for (_item, place), n in slots.items())


def _moves(board: Board, cause: str, after: Mapping[Slot, int]) -> list[Moved]:
    """What leads from the promises of a document to those wanted; the board keeps in mind what that takes and gives."""
    moved = []
    for item, variant in dict.fromkeys((one.item, one.variant_id) for one in board.allocations[cause]):
        mine = [one for one in board.allocations[cause] if one.item == item]
        change = Counter({place: n for (key, place), n in after.items() if key == item})
        change.subtract({one.location_id: board.movable(one) for one in mine})
        targets = [[place, n] for place, n in change.items() if n > 0]
        for source in [place for place, n in change.items() if n < 0]:
            for target in targets:
                pieces = min(-change[source], target[1])
                if pieces:
                    moved.append(Moved(cause, item, variant, source, target[0], pieces))
                    change[source] += pieces
                    target[1] -= pieces
                    board.free[variant, source] += pieces
                    board.free[variant, target[0]] = board.free.get((variant, target[0]), 0) - pieces
    return moved


def _since(promises: Sequence[Allocation]) -> datetime:
    return min(one.created_at for one in promises)


# --- Writing ----------------------------------------------------------------------------------------------


def _carry_out(board: Board, moved: list[Moved], reason: str, by: User | None) -> list[Moved]:
    """Write the allocations, tell the documents, and post everything in one call."""
    if moved:
        _rewrite(board, moved)
        for kind in documents:
            kind.tell(moved, reason=reason, by=by)
        released = [Move(Kind.RELEASED, m.variant, m.source, m.source, m.pieces, None, m.cause, reason) for m in moved]
        allocated = [
            Move(Kind.ALLOCATED, m.variant, m.target, m.target, m.pieces, None, m.cause, reason) for m in moved
        ]
        post([*released, *allocated], by=by)
    return moved


def _rewrite(board: Board, moved: Iterable[Moved]) -> None:
    """Move the pieces between allocations. They stay as old as they were, so that who waited longest stays first."""
    rows = {(one.item, one.location_id): one for some in board.allocations.values() for one in some}
    changed: dict[Slot, Allocation] = {}
    for one in moved:
        source = rows[one.item, one.source]
        new = Allocation(
            cause=one.cause, item=one.item, variant_id=one.variant, location_id=one.target, quantity=0, created_at=source.created_at
        )  # fmt: skip
        target = rows.setdefault((one.item, one.target), new)
        target.created_at = min(target.created_at, source.created_at)
        source.quantity -= one.pieces
        target.quantity += one.pieces
        changed |= {(one.item, one.source): source, (one.item, one.target): target}
    Allocation.objects.filter(pk__in=[row.pk for row in changed.values() if row.pk and not row.quantity]).delete()
    there = [row for row in changed.values() if row.pk and row.quantity]
    Allocation.objects.bulk_update(there, ["quantity", "created_at"])
    Allocation.objects.bulk_create(row for row in changed.values() if not row.pk and row.quantity)
