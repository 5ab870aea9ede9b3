"""Correcting what the books say to what is on the shelf."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.retrying import patient
from inventory.models import Location, StockLevel
from inventory.services.places import must_act_at
from inventory.services.posting import Kind, Move, lock_levels, post, virtual


@dataclass(frozen=True)
class Correction:
    """A change of one level, either by so many pieces or to the number counted."""

    variant: int
    location: int
    delta: int | None = None
    counted: int | None = None


@patient
def adjust(
    variant: int,
    location: Location,
    *,
    reason: str,
    by: User | None,
    delta: int | None = None,
    counted: int | None = None,
) -> StockLevel:
    """Correct one level by `delta` pieces, or to `counted`; returns the level.

    Raises ValidationError without a reason or without a change, InsufficientStock when promised pieces would be missing.
    """
    must_act_at(by, location, closed_too=True)
    if not adjust_many([Correction(variant, location.pk, delta, counted)], reason=reason, by=by):
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
    places = {(one.variant, one.location) for one in corrections}
    if any(one.counted is not None for one in corrections):
        lock_levels(places)
    on_hand = _on_hand(places)
    outside = virtual(Location.Kind.ADJUSTMENT)
    moves = []
    for one in corrections:
        place = one.variant, one.location
        delta = one.delta if one.delta is not None else (one.counted or 0) - on_hand.get(place, 0)
        on_hand[place] = on_hand.get(place, 0) + delta
        if delta:
            moves.append(_move(one, delta, outside, reason))
    return post(moves, by=by)


def _move(one: Correction, delta: int, outside: int, reason: str) -> Move:
    kind = Kind.COUNTED if one.counted is not None else Kind.ADJUSTED
    source, target = (outside, one.location) if delta > 0 else (one.location, outside)
    return Move(kind, one.variant, source, target, abs(delta), reason=reason)


def _on_hand(places: set[tuple[int, int]]) -> dict[tuple[int, int], int]:
    levels = StockLevel.objects.filter(
        variant__in={v for v, _l in places}, location__in={place for _v, place in places}
    )
    return {(variant, place): pieces for variant, place, pieces in levels.values_list("variant", "location", "on_hand")}


def _refuse_bad(corrections: Sequence[Correction]) -> None:
    for one in corrections:
        if (one.delta is None) == (one.counted is None):
            raise ValidationError({"quantity": _("Give either the change or the number counted.")})
        if one.counted is not None and one.counted < 0:
            raise ValidationError({"quantity": _("A count cannot be below zero.")})
