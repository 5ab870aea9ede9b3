"""Promises of a document that wants other things than before, and promises that go over to another document.

Pieces in parcels stay where they are. Everything is posted in one call, with every level locked that may be chosen.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice.models import User
from inventory.models import Allocation, Location, StockLevel
from inventory.services.allocation import Demand, Plan, Stock, least_wanted_first, plan
from inventory.services.posting import InsufficientStock, Kind, Move, Shortage, lock_levels, post
from inventory.services.waiting import packed_pieces

Slot = tuple[int, int]  # (item, location)

# Every open warehouse, the one of the highest priority first, with what is free there of each variant that is counted.
OPEN_STOCK = """
    SELECT v.id, v.backorder_limit, l.id, coalesce(s.on_hand - s.allocated - s.held, 0)
    FROM inventory_location l
    LEFT JOIN catalog_variant v ON v.id = ANY(%s) AND v.track_stock
    LEFT JOIN inventory_stocklevel s ON s.variant_id = v.id AND s.location_id = l.id
    WHERE l.is_active AND l.kind = 'stock' ORDER BY l.priority, l.id
"""


@dataclass
class Rearrangement:
    """What changes about the promises of a document: pieces given up and promised, or what is short of the latter.

    `serving` are the locations that it was served from.
    """

    serving: Sequence[Location] = ()
    released: list[tuple[Allocation, int]] = field(default_factory=list)
    promised: Plan = field(default_factory=list)
    short: list[Shortage] = field(default_factory=list)

    def change_of(self, item: int) -> int:
        """Pieces that an item has more afterwards, or fewer."""
        gained = sum(pieces for one, _place, pieces in self.promised if one.item == item)
        return gained - sum(pieces for one, pieces in self.released if one.item == item)


def foresee_rearrangement(
    cause: str, wanted: Sequence[Demand], packed: Mapping[Slot, int] | None = None
) -> Rearrangement:
    """What `rearrange` would do now, read without locks; what is short is told and not raised.

    `packed` are the pieces of the document in parcels, where the caller has read them.
    """
    held = list(Allocation.objects.filter(cause=cause).select_related("location").order_by("pk"))
    found = _work_out(held, wanted, packed)
    found.serving = [row.location for row in held]
    return found


@transaction.atomic
def rearrange(cause: str, wanted: Sequence[Demand], *, reason: str = "", by: User | None) -> Rearrangement:
    """Have each item of `wanted` promised exactly so many pieces of its variant; items not named keep what they have.

    What is given up may serve another item at once. New pieces come from where the document is served already, if that
    will do. Raises InsufficientStock, Busy, and ValidationError where pieces to give up lie in parcels.
    """
    held = list(Allocation.objects.filter(cause=cause).locked())
    _lock_all({one.variant for one in wanted} | {one.variant_id for one in held})
    found = _work_out(held, wanted)
    if found.short:
        raise InsufficientStock(found.short)
    variants = {one.item: one.variant for one in wanted}
    swapped = [row.pk for row, _pieces in found.released if row.variant_id != variants[row.item]]
    Allocation.objects.filter(pk__in=swapped).delete()
    change = Counter({(r.item, r.location_id): -pieces for r, pieces in found.released if r.pk not in swapped})
    for one, place, pieces in found.promised:
        change[one.item, place] += pieces
    _write(cause, [row for row in held if row.pk not in swapped], change, variants)
    released = [
        Move(Kind.RELEASED, a.variant_id, a.location_id, a.location_id, n, cause=cause, reason=reason)
        for a, n in found.released
    ]
    promised = [
        Move(Kind.ALLOCATED, one.variant, place, place, n, cause=cause, reason=reason)
        for one, place, n in found.promised
    ]
    post([*released, *promised], by=by)
    return found


@transaction.atomic
def hand_over(
    source: str, target: str, parts: Sequence[tuple[int, int, int]], *, reason: str = "", by: User | None
) -> None:
    """Give promises of one document to another, where they lie: (item of `source`, item of `target`, pieces).

    They stay as old as they were. Raises ValidationError where pieces lie in parcels or are not promised.
    """
    held = list(Allocation.objects.filter(cause=source).locked())
    packed = packed_pieces({one.item for one in held})
    taken: list[tuple[Allocation, int, int]] = []
    for item, new, pieces in parts:
        mine = [one for one in held if one.item == item]
        taken += [(one, new, n) for one, n in _give_up(mine, pieces, packed)]
    _write(source, held, Counter({(a.item, a.location_id): -n for a, _new, n in taken}), {})
    Allocation.objects.bulk_create(
        Allocation(
            cause=target, item=new, variant_id=a.variant_id, location_id=a.location_id, quantity=n, created_at=a.created_at
        )
        for a, new, n in taken
    )  # fmt: skip
    moves = [
        Move(kind, a.variant_id, a.location_id, a.location_id, n, cause=cause, reason=reason)
        for kind, cause in ((Kind.RELEASED, source), (Kind.ALLOCATED, target))
        for a, _new, n in taken
    ]
    post(moves, by=by)


def _lock_all(variants: Iterable[int]) -> None:
    levels = StockLevel.objects.filter(variant__in=variants, location__kind=Location.Kind.STOCK)
    lock_levels(levels.values_list("variant", "location"))


def _work_out(
    held: Sequence[Allocation], wanted: Sequence[Demand], packed: Mapping[Slot, int] | None = None
) -> Rearrangement:
    found, more = Rearrangement(), []
    packed = packed_pieces({one.item for one in held}) if packed is None else packed
    for one in wanted:
        mine = [row for row in held if row.item == one.item]
        same = [row for row in mine if row.variant_id == one.variant]
        there = sum(row.quantity for row in same)
        for others in [row for row in mine if row.variant_id != one.variant]:
            found.released += _give_up([others], others.quantity, packed)
        if one.quantity < there:
            found.released += _give_up(same, there - one.quantity, packed)
        elif one.quantity > there:
            more.append(Demand(one.item, one.variant, one.quantity - there, one.sku))
    if more:
        stock = _stock_for({one.variant for one in more}, found.released, {row.location_id for row in held})
        try:
            found.promised = plan(more, stock)
        except InsufficientStock as error:
            found.short = error.shortages
    return found


def _give_up(rows: Sequence[Allocation], pieces: int, packed: Mapping[Slot, int]) -> list[tuple[Allocation, int]]:
    """Which promises `pieces` are taken off: those at warehouses of the lowest priority first, parcels left alone."""
    parts, left = [], pieces
    for row in least_wanted_first(rows):
        part = min(left, row.quantity - packed.get((row.item, row.location_id), 0))
        if part > 0:
            parts.append((row, part))
            left -= part
    if left:
        raise ValidationError(_("%(pieces)s pieces lie in parcels. Cancel these first.") % {"pieces": left})
    return parts


def _stock_for(variants: set[int], released: Sequence[tuple[Allocation, int]], serving: set[int]) -> Stock:
    """What open warehouses have of `variants` once the released pieces are back; those that serve already come first."""
    with connection.cursor() as cursor:
        cursor.execute(OPEN_STOCK, [list(variants)])
        rows = cursor.fetchall()
    free = Counter({(variant, place): pieces for variant, _limit, place, pieces in rows})
    for row, pieces in released:
        if row.variant_id in variants:
            free[row.variant_id, row.location_id] += pieces
    limits = {variant: limit for variant, limit, _place, _pieces in rows if variant is not None}
    places = list(dict.fromkeys(place for _variant, _limit, place, _pieces in rows))
    places.sort(key=lambda place: place not in serving)
    slots = [(variant, place) for variant in limits for place in places]
    return Stock(
        free={slot: max(free[slot], 0) for slot in slots},
        promisable={slot: max(free[slot] + limits[slot[0]], 0) for slot in slots},
        locations=places,
        tracked=set(limits),
    )


def _write(cause: str, rows: Sequence[Allocation], change: Mapping[Slot, int], variants: Mapping[int, int]) -> None:
    """Add `change` to the promises of a document; those used up go."""
    there = {(row.item, row.location_id): row for row in rows}
    touched = [there[slot] for slot, pieces in change.items() if slot in there and pieces]
    for row in touched:
        row.quantity += change[row.item, row.location_id]
    Allocation.objects.filter(pk__in=[row.pk for row in touched if not row.quantity]).delete()
    Allocation.objects.bulk_update([row for row in touched if row.quantity], ["quantity"])
    Allocation.objects.bulk_create(
        Allocation(cause=cause, item=item, variant_id=variants[item], location_id=place, quantity=pieces)
        for (item, place), pieces in change.items()
        if (item, place) not in there and pieces
    )
