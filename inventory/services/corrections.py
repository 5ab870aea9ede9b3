"""Correcting what the books say to what is on the shelf."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.retrying import patient
from inventory.models import Location, Lot, StockLevel, StockPart
from inventory.services.lots import Arriving, arrivals, find_lots
from inventory.services.places import must_act_at
from inventory.services.posting import Kind, Move, Pieces, WrongParts, lock_levels, post, virtual


@dataclass(frozen=True)
class Correction:
    """A change of one level, either by so many pieces or to the number counted.

    With a bin (primary key) or a lot (its number) it is about what lies there, or is of it; a new lot may be named.
    """

    variant: int
    location: int
    delta: int | None = None
    counted: int | None = None
    bin: int | None = None
    lot: str = ""
    expires_on: date | None = None

    @property
    def place(self) -> tuple[int, int]:
        return self.variant, self.location

    @property
    def key(self) -> "Key":
        """What is counted: the level, or a part of it."""
        return self.variant, self.location, self.bin, self.lot.strip().upper()


Key = tuple[int, int, int | None, str]


@patient
def adjust(
    variant: int,
    location: Location,
    *,
    reason: str,
    by: User | None,
    delta: int | None = None,
    counted: int | None = None,
    bin: int | None = None,
    lot: str = "",
    expires_on: date | None = None,
) -> StockLevel:
    """Correct one level, or what of it lies in a bin or is of a lot, by `delta` pieces, or to `counted`; returns the level.

    Raises ValidationError without a reason or without a change, InsufficientStock when promised pieces would be missing.
    """
    must_act_at(by, location, closed_too=True)
    correction = Correction(variant, location.pk, delta, counted, bin, lot, expires_on)
    if not adjust_many([correction], reason=reason, by=by):
        raise ValidationError({"quantity": _("This changes nothing: the books say so already.")})
    level = StockLevel.objects.select_related("variant", "location").get(variant=variant, location=location)
    audit.record("stocklevel.corrected", level, by=by, reason=reason, data={"delta": delta, "counted": counted})
    return level


@transaction.atomic
def adjust_many(corrections: Sequence[Correction], *, reason: str, by: User | None) -> list[int]:
    """Correct many levels, all or none; returns the ids of the moves, none for levels that are right already.

    Levels are locked before they are read, so that a count is right whatever happens meanwhile.
    """
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the stock is corrected.")})
    _refuse_bad(corrections)
    places = {one.place for one in corrections}
    if any(one.counted is not None for one in corrections):
        lock_levels(places)
    there = _on_hand(places) | _in_parts([one for one in corrections if one.bin or one.lot])
    changes = []
    for one in corrections:
        delta = one.delta if one.delta is not None else (one.counted or 0) - there.get(one.key, 0)
        there[one.key] = there.get(one.key, 0) + delta
        if delta:
            changes.append((one, delta))
    return post(_moves(changes, reason), by=by)


def _moves(changes: Sequence[tuple[Correction, int]], reason: str) -> list[Move]:
    outside = virtual(Location.Kind.ADJUSTMENT)
    put = _arriving([(one, delta) for one, delta in changes if delta > 0 and (one.bin or one.lot)])
    lots = find_lots((one.variant, one.lot) for one, delta in changes if one.lot and delta < 0)
    moves = []
    for one, delta in changes:
        kind = Kind.COUNTED if one.counted is not None else Kind.ADJUSTED
        if delta > 0:
            moves.append(Move(kind, one.variant, outside, one.location, delta, reason=reason, put=put.get(one, ())))
            continue
        taken: tuple[Pieces, ...] = ()
        if one.bin or one.lot:
            taken = (Pieces(-delta, _known(lots, one), one.bin),)
        moves.append(Move(kind, one.variant, one.location, outside, -delta, reason=reason, taken=taken))
    return moves


def _arriving(changes: Sequence[tuple[Correction, int]]) -> dict[Correction, tuple[Pieces, ...]]:
    """What the moves of pieces that were found have to put."""
    by_place: dict[int, list[tuple[Correction, int]]] = defaultdict(list)
    for one, delta in changes:
        by_place[one.location].append((one, delta))
    places = Location.objects.in_bulk(by_place)
    put: dict[Correction, tuple[Pieces, ...]] = {}
    for location, found in by_place.items():
        lines = [(one.variant, delta, [Arriving(delta, one.lot, one.expires_on, one.bin)]) for one, delta in found]
        put |= dict(zip((one for one, _delta in found), arrivals(lines, places[location]), strict=True))
    return put


def _known(lots: dict[tuple[int, str], Lot], one: Correction) -> int | None:
    if not one.lot:
        return None
    lot = lots.get((one.variant, one.lot.strip().upper()))
    if lot is None:
        raise WrongParts({"lot": _("There is no lot “%(lot)s” of it.") % {"lot": one.lot}})
    return lot.pk


def _on_hand(places: set[tuple[int, int]]) -> dict[Key, int]:
    levels = StockLevel.objects.filter(
        variant__in={v for v, _l in places}, location__in={place for _v, place in places}
    )
    rows = levels.values_list("variant", "location", "on_hand")
    return {(variant, place, None, ""): pieces for variant, place, pieces in rows}


def _in_parts(corrections: Sequence[Correction]) -> dict[Key, int]:
    """What lies in the bins, or is of the lots, that are named."""
    wanted = {one.key for one in corrections}
    parts = StockPart.objects.there().filter(
        level__variant__in={one.variant for one in corrections},
        level__location__in={one.location for one in corrections},
    )
    found: dict[Key, int] = defaultdict(int)
    for variant, place, bin, lot, pieces in parts.values_list(
        "level__variant", "level__location", "bin", "lot__number", "quantity"
    ):
        number = (lot or "").upper()
        for key in {(variant, place, bin, number), (variant, place, bin, ""), (variant, place, None, number)} & wanted:
            found[key] += pieces
    return dict(found)


def _refuse_bad(corrections: Sequence[Correction]) -> None:
    for one in corrections:
        if (one.delta is None) == (one.counted is None):
            raise ValidationError({"quantity": _("Give either the change or the number counted.")})
        if one.counted is not None and one.counted < 0:
            raise ValidationError({"quantity": _("A count cannot be below zero.")})
