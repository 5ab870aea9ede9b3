"""Moving pieces within a location: out of "not put away yet", and from bin to bin. On hand stays what it is."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.models import User
from backoffice.retrying import patient
from inventory.models import Bin, Location, StockLevel
from inventory.services.places import must_act_at
from inventory.services.posting import call, request_id


@dataclass(frozen=True)
class PutAway:
    """So many pieces of a level from one of its bins to another (primary keys).

    No bin is "not put away yet"; without a lot any is taken, first expired first.
    """

    level: int
    pieces: int
    to_bin: int | None
    from_bin: int | None = None
    lot: int | None = None


@patient
def put_away(rows: Sequence[PutAway], *, cause: str = "", reason: str = "", by: User | None) -> list[int]:
    """Move pieces from bin to bin, all rows or none, one after the other; returns the ids of the moves.

    Raises WrongParts where less is there than asked, Busy like `post`.
    """
    if not rows:
        return []
    levels = StockLevel.objects.select_related("location").in_bulk({row.level for row in rows})
    must_act_at(by, *{level.location for level in levels.values()})
    _refuse_bad(rows, levels)
    payload = [
        {
            "level": row.level,
            "lot": row.lot,
            "from": row.from_bin,
            "to": row.to_bin,
            "pieces": row.pieces,
            "cause": cause[:60],
            "reason": reason[:300],
        }
        for row in rows
    ]
    arguments = [json.dumps(payload), by.pk if by else None, request_id()]
    return list(call("SELECT inventory_put_away(%s::jsonb, %s, %s)", arguments))


def _refuse_bad(rows: Sequence[PutAway], levels: dict[int, StockLevel]) -> None:
    keys = {key for row in rows for key in (row.from_bin, row.to_bin) if key is not None}
    places = dict(Bin.objects.filter(pk__in=keys).values_list("pk", "location"))
    for row in rows:
        if row.pieces < 1:
            raise ValidationError(_("The quantity must be at least 1."))
        if row.from_bin == row.to_bin:
            raise ValidationError(_("Choose another bin: the pieces lie in this one."))
        level = levels.get(row.level)
        if level is None:
            raise ValidationError(_("There is no such stock level."))
        if any(places.get(key) != level.location_id for key in (row.from_bin, row.to_bin) if key is not None):
            raise ValidationError(_("The bin does not belong to %(location)s.") % {"location": level.location})


@transaction.atomic
def close_bin(bin: Bin, *, by: User | None) -> Bin:
    """Put nothing into a bin any more. Raises ValidationError while pieces lie in it."""
    bin = Bin.objects.select_related("location").locked().get(pk=bin.pk)
    must_act_at(by, bin.location)
    left = sum(bin.parts.there().values_list("quantity", flat=True))
    if left:
        raise ValidationError(_("%(pieces)s pieces lie in bin %(bin)s.") % {"pieces": left, "bin": bin})
    return _set_active(bin, False)


@transaction.atomic
def open_bin(bin: Bin, *, by: User | None) -> Bin:
    """Use a closed bin again."""
    bin = Bin.objects.select_related("location").locked().get(pk=bin.pk)
    must_act_at(by, bin.location)
    return _set_active(bin, True)


def _set_active(bin: Bin, active: bool) -> Bin:
    bin.is_active = active
    bin.save(update_fields=["is_active", "updated_at"])
    return bin


@transaction.atomic
def create_bins(location: Location, codes: Sequence[str], *, by: User | None) -> list[Bin]:
    """Add bins to a location in this walking order, behind those that are there; codes that are there already are left."""
    must_act_at(by, location)
    there = {code.upper() for code in location.bins.values_list("code", flat=True)}
    last = location.bins.order_by("-position").values_list("position", flat=True).first() or 0
    new: dict[str, Bin] = {}
    for code in map(str.strip, codes):
        if code and code.upper() not in there and code.upper() not in new:
            new[code.upper()] = Bin(location=location, code=code[:40], position=last + 10 * (len(new) + 1))
    return Bin.objects.bulk_create(new.values())
