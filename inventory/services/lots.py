"""Lots and serial numbers: named when pieces come in, known again when they leave or come back."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, Sum
from django.db.models.functions import Upper
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from catalog.models import Variant
from inventory.models import Bin, Location, Lot, PartPosting, StockMove, shop_day
from inventory.services.posting import Pieces, WrongParts

Kind = StockMove.Kind


@dataclass(frozen=True)
class Arriving:
    """So many pieces as they come in: the number of their lot or their serial number, and the bin (primary key)."""

    quantity: int
    lot: str = ""
    expires_on: date | None = None
    bin: int | None = None


Coming = tuple[int, int, Sequence[Arriving]]


def arrivals(lines: Sequence[Coming], location: Location) -> list[tuple[Pieces, ...]]:
    """What moves to `location` have to `put`, for each (variant, pieces, what is said of them); new lots are written.

    Where nothing is said nothing is asked: the database refuses pieces without a lot. Pieces of which nothing is said
    beside others are not put away yet. Raises WrongParts naming every line that does not add up.
    """
    if not any(said for _variant, _pieces, said in lines):
        return [() for _line in lines]
    variants = Variant.objects.only("sku", "tracking").in_bulk({variant for variant, _pieces, _said in lines})
    errors = [text for line in lines if (text := lot_problem(variants[line[0]], *line[1:]))]
    errors += _bin_problems(lines, location)
    if errors:
        raise WrongParts(errors)
    lots = make_lots(lines)
    return [_put(variants[variant], pieces, said, lots) for variant, pieces, said in lines]


def find_lots(wanted: Iterable[tuple[int, str]]) -> dict[tuple[int, str], Lot]:
    """Lots by variant and number in capitals; those that are not known are left out."""
    keys = {(variant, number.strip().upper()) for variant, number in wanted}
    found = (
        Lot.objects.select_related("variant")
        .alias(capitals=Upper("number"))
        .filter(variant__in={variant for variant, _number in keys}, capitals__in={number for _variant, number in keys})
    )
    return {key: lot for lot in found if (key := (lot.variant_id, lot.number.upper())) in keys}


def lots_sent(causes: Sequence[str], at: Location | None = None) -> dict[int, dict[int, int]]:
    """Pieces by lot of each variant that moves of these documents took out of stock and did not bring back.

    `at`: what they brought to this location and did not take from it instead.
    """
    postings = PartPosting.objects.filter(move__cause__in=causes, part__lot__isnull=False)
    if at is None:
        postings = postings.exclude(level__location__kind=Location.Kind.TRANSIT)
    else:
        postings = postings.filter(level__location=at)
    sums = postings.values_list("level__variant", "part__lot").annotate(pieces=Sum("quantity")).order_by("part__lot")
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for variant, lot, pieces in sums:
        left = pieces if at else -pieces
        if left > 0:
            found[variant][lot] = left
    return dict(found)


def portion(lots: Mapping[int, int], pieces: int) -> tuple[Pieces, ...]:
    """The first `pieces` of these lots, as far as they go."""
    chosen = []
    for lot, there in lots.items():
        some = min(there, pieces)
        if some:
            chosen.append(Pieces(some, lot))
            pieces -= some
    return tuple(chosen)


def lot_problem(variant: Variant, pieces: int, said: Sequence[Arriving]) -> str:
    """What does not add up of pieces that come in, as a sentence; "" where it does."""
    named = sum(one.quantity for one in said)
    facts = {"sku": variant.sku, "pieces": pieces, "named": named}
    numbers = [one.lot.strip() for one in said]
    if any(one.quantity < 1 for one in said):
        return _("%(sku)s: the quantity must be at least 1.") % facts
    if variant.tracking == Variant.Tracking.NONE:
        if any(numbers):
            return _("%(sku)s is not tracked by lot.") % facts
        if named > pieces:
            return _("%(sku)s: %(named)s pieces are put into bins, and %(pieces)s arrive.") % facts
        return ""
    if variant.tracking == Variant.Tracking.SERIAL:
        if len(said) != pieces or not all(numbers) or any(one.quantity != 1 for one in said):
            return _("%(sku)s: %(pieces)s pieces arrive; name a serial number for each.") % facts
        if len({number.upper() for number in numbers}) < len(numbers):
            return _("%(sku)s: a serial number stands there twice.") % facts
        return ""
    if not all(numbers) or named != pieces:
        return _("%(sku)s: %(pieces)s pieces arrive, and lots are named of %(named)s.") % facts
    return ""


def _bin_problems(lines: Sequence[Coming], location: Location) -> list[str]:
    keys = {one.bin for _variant, _pieces, said in lines for one in said if one.bin is not None}
    if not keys:
        return []
    fitting = set(Bin.objects.filter(location=location, is_active=True, pk__in=keys).values_list("pk", flat=True))
    if keys <= fitting:
        return []
    return [_("A bin is closed, or does not belong to %(location)s.") % {"location": location}]


def make_lots(lines: Sequence[Coming]) -> dict[tuple[int, str], Lot]:
    """The lots that the lines name, by variant and number in capitals; new ones are written.

    A day of expiry is added, never changed: raises WrongParts for another one.
    """
    named: dict[tuple[int, str], Arriving] = {}
    for variant, _pieces, said in lines:
        for one in said:
            key = variant, one.lot.strip().upper()
            if key[1] and (key not in named or named[key].expires_on is None):
                named[key] = one
    lots = find_lots(named)
    new = [
        Lot(
            variant_id=key[0],
            number=one.lot.strip(),
            expires_on=one.expires_on,
            is_quarantined=one.expires_on is not None and one.expires_on < shop_day(),
        )
        for key, one in sorted(named.items())
        if key not in lots
    ]
    if new:
        Lot.objects.bulk_create(new, ignore_conflicts=True)
        lots = find_lots(named)
    learned, errors = [], []
    for (variant, _number), one in named.items():
        lot = lots[variant, one.lot.strip().upper()]
        if one.expires_on is None or lot.expires_on == one.expires_on:
            continue
        if lot.expires_on is None:
            lot.expires_on = one.expires_on
            learned.append(lot)
        else:
            facts = {"sku": lot.variant.sku, "lot": lot.number, "day": date_format(lot.expires_on)}
            errors.append(_("%(sku)s: lot %(lot)s is known to expire on %(day)s.") % facts)
    if errors:
        raise WrongParts(errors)
    Lot.objects.bulk_update(learned, ["expires_on"])
    return lots


def _put(
    variant: Variant, pieces: int, said: Sequence[Arriving], lots: Mapping[tuple[int, str], Lot]
) -> tuple[Pieces, ...]:
    put = []
    for one in said:
        key = variant.pk, one.lot.strip().upper()
        put.append(Pieces(one.quantity, lots[key].pk if key[1] else None, one.bin))
    rest = pieces - sum(one.quantity for one in said)
    if put and rest:
        put.append(Pieces(rest))
    return tuple(put)


def named_lots(cause: str) -> dict[int, list[tuple[Lot, int]]]:
    """For each variant, the lots that moves of a document brought or took: pieces that came, below zero those that left."""
    found: dict[int, list[tuple[Lot, int]]] = defaultdict(list)
    sums = (
        PartPosting.objects.filter(~Q(move__kind=Kind.PUT_AWAY), move__cause=cause, part__lot__isnull=False)
        .values_list("part__lot")
        .annotate(pieces=Sum("quantity"))
        .order_by("part__lot")
    )
    pieces = dict(sums)
    lots = Lot.objects.in_bulk(list(pieces))
    for key, number in pieces.items():
        found[lots[key].variant_id].append((lots[key], number))
    return dict(found)


COUNT = re.compile(r"(.*\S)\s+[x×*]\s*(\d{1,6})", re.IGNORECASE)


def read_lots(text: str, pieces: int) -> list[tuple[str, int]]:
    """What a person types for the lots or serial numbers of so many pieces: (number, pieces).

    "A" is all of them, "A, B" one of each, "A x 3, B x 2" so many of each; lines part them as commas do.
    """
    names = [name for name in map(str.strip, re.split(r"[\n,;，；、]+", text)) if name]
    rows = []
    for name in names:
        counted = COUNT.fullmatch(name)
        if counted:
            rows.append((counted[1], int(counted[2])))
        else:
            rows.append((name, pieces if len(names) == 1 else 1))
    return rows
