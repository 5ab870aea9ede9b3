"""Which bin and lot the pieces of a parcel leave: named when it is made, changed by what is scanned, taken by shipping.

No piece is named twice among parcels of a location that have not left; whoever names pieces there waits in one line, after
orders and before levels. What others took out of a bin by another road is named anew, unless it was picked.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import connection
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from catalog.models import Variant
from inventory import services as inventory
from inventory.models import Bin, Location, Lot
from orders.models import Fulfilment, FulfilmentLine, PickPart, PickPartQuerySet

Shelf = dict[inventory.Place, int]


@dataclass(frozen=True)
class Said:
    """The bin and the lot that a picker names; None where nothing is said."""

    bin: Bin | None = None
    lot: Lot | None = None

    def fits(self, place: inventory.Place) -> bool:
        return all(one is None or one.pk == key for one, key in zip((self.bin, self.lot), place, strict=True))


@dataclass
class Taken:
    """What a scan was counted for: (line, place or None, pieces), by primary key; `changed` says how the plan changed."""

    steps: list[tuple[int, int | None, int]] = field(default_factory=list)
    changed: str = ""

    @property
    def by_line(self) -> dict[int, int]:
        pieces: dict[int, int] = defaultdict(int)
        for line, _part, some in self.steps:
            pieces[line] += some
        return dict(pieces)


def plan_parcels(parcels: Sequence[Fulfilment]) -> None:
    """Name bin and lot of every piece of these parcels of one location, as far as pieces are there."""
    rows = FulfilmentLine.objects.filter(fulfilment__in=parcels, order_line__allocated__gt=0)
    lines = list(rows.select_related("order_line", "fulfilment__location").order_by("fulfilment", "pk"))
    variants = {key for line in lines if (key := line.order_line.variant_id)}
    if not variants:
        return
    location = lines[0].fulfilment.location
    lock_plans(location)
    named = parts_of(lines)
    shelves = inventory.on_shelves(location, variants)
    if shelves or named:
        free = _unnamed(location, shelves, variants)
        for line in lines:
            _plan_line(line, named.get(line.pk, []), free.get(line.order_line.variant_id or 0, {}))


def parts_of(lines: Collection[FulfilmentLine]) -> dict[int, list[PickPart]]:
    """What is named of each line, in the order in which one walks."""
    found: dict[int, list[PickPart]] = defaultdict(list)
    for part in PickPart.objects.filter(line__in=lines).select_related("bin", "lot").as_one_walks():
        found[part.line_id].append(part)
    return dict(found)


def leaving_parts(parcel: Fulfilment, but: Collection[int] = ()) -> dict[int, list[inventory.Pieces]]:
    """What shipping takes, by primary key of the order line: exactly what is named, and of the rest what expires first.

    Lines of `but` are left out. Raises ValidationError for lots that have expired since they were picked.
    """
    plan_parcels([parcel])
    lines = {line.pk: line for line in parcel.lines.select_related("order_line").exclude(order_line__in=but)}
    taken = {}
    for key, parts in parts_of(lines.values()).items():
        expired = next((part.lot for part in parts if part.lot and part.lot.is_expired), None)
        if expired is not None:
            facts = {"sku": lines[key].name, "lot": expired, "parcel": parcel}
            raise ValidationError(_("%(sku)s: lot %(lot)s has expired since it was picked. Unpack %(parcel)s.") % facts)
        pieces = [inventory.Pieces(part.quantity, part.lot_id, part.bin_id) for part in parts]
        if rest := lines[key].quantity - sum(part.quantity for part in parts):
            pieces.append(inventory.Pieces(rest))
        taken[lines[key].order_line_id] = pieces
    return taken


def forget_picked(parcels: Collection[int], *, plan: bool = False) -> None:
    """Nothing is in the boxes of these parcels (primary keys) any more; with `plan` nothing is named for them either."""
    parts = PickPart.objects.filter(line__fulfilment__in=parcels)
    if plan:
        parts.delete()
    else:
        parts.update(picked=0)


def said_of(scanned: inventory.Scanned, variant: Variant | None, location: Location, bin: str, lot: str) -> Said:
    """The bin and lot that are typed beside a code, or stand on its label. Raises ValidationError for unknown ones."""
    if variant is None:
        return Said()
    shelf = inventory.bin_of(location, bin) if bin.strip() else None
    number = lot.strip() or inventory.number_on_label(scanned.code, variant)
    if not number or variant.tracking == Variant.Tracking.NONE:
        return Said(shelf)
    known = inventory.find_lots([(variant.pk, number)]).get((variant.pk, number.upper()))
    if known is None:
        raise ValidationError(_("%(sku)s has no lot or serial number %(lot)s.") % {"sku": variant.sku, "lot": number})
    if known.is_expired:
        raise ValidationError(_("%(sku)s: lot %(lot)s has expired.") % {"sku": variant.sku, "lot": known})
    return Said(shelf, known)


def take(location: Location, variant: Variant | None, open_pieces: Mapping[int, int], pieces: int, said: Said) -> Taken:
    """Count scanned pieces for lines of one article, in this order, of which so many pieces are open.

    Lines that are to be served from the place that is said come first. Where no such is named the plan changes, and what
    others were to take there is taken for them where these pieces were named. Raises ValidationError where less is there.
    """
    lock_plans(location)
    named = parts_of(FulfilmentLine.objects.filter(pk__in=open_pieces))
    left, taken = dict(open_pieces), Taken()

    def count(line: int, part: PickPart | None, most: int) -> None:
        nonlocal pieces
        some = min(pieces, left[line], most)
        if some > 0:
            if part is not None:
                part.picked += some
                part.save(update_fields=["picked"])
            left[line] -= some
            pieces -= some
            taken.steps.append((line, part.pk if part else None, some))

    for line in open_pieces:
        for part in named.get(line, []):
            if said.fits((part.bin_id, part.lot_id)):
                count(line, part, part.to_pick)
    for line in open_pieces:
        parts = named.get(line, [])
        if said == Said():
            count(line, None, left[line] - sum(part.to_pick for part in parts))
        elif pieces and left[line] and variant is not None:
            some = min(pieces, left[line])
            part, instead = _change(location, variant, line, parts, some, said)
            taken.changed = _("%(place)s instead of %(planned)s") % {"place": part.place, "planned": instead}
            count(line, part, some)
    return taken


def take_off(
    lines: Mapping[int, FulfilmentLine], steps: Sequence[Sequence[int]], column: str, document: object
) -> None:
    """Take back what a scan had counted: off `column` of the lines, and off the places they were picked from.

    Raises ValidationError where the pieces are not there any more.
    """
    for key, part, pieces in steps:
        line = lines.get(key)
        if line is None or getattr(line, column) < pieces:
            raise ValidationError(_("%(document)s went on meanwhile.") % {"document": document})
        setattr(line, column, getattr(line, column) - pieces)
        PickPart.objects.filter(pk=part or 0, picked__gte=pieces).update(picked=F("picked") - pieces)
    FulfilmentLine.objects.bulk_update(lines.values(), [column])


def lock_plans(location: Location) -> None:
    """Who names pieces of a location waits for who does so already, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext('orders.plans'), %s::integer)", [location.pk])


def _unnamed(location: Location, shelves: Mapping[int, Shelf], variants: Collection[int]) -> dict[int, Shelf]:
    """What is on the shelves beyond what is named for parcels; below zero where it was taken away since."""
    free: dict[int, Shelf] = {variant: dict(shelves.get(variant, {})) for variant in variants}
    for variant, bin, lot, pieces in (
        _waiting(location, variants)
        .values_list("line__order_line__variant", "bin", "lot")
        .annotate(Sum("quantity"))
        .order_by()
    ):
        free[variant][bin, lot] = free[variant].get((bin, lot), 0) - pieces
    return free


def _waiting(location: Location, variants: Collection[int]) -> PickPartQuerySet:
    rows = PickPart.objects.waiting().filter(line__fulfilment__location=location)
    return rows.filter(line__order_line__variant__in=list(variants))


def _plan_line(line: FulfilmentLine, parts: Sequence[PickPart], free: Shelf) -> None:
    """Keep what is named and there, take off what is too much, and name the rest in the order in which pieces leave."""
    for part in parts:
        place = part.bin_id, part.lot_id
        cut = min(part.to_pick, max(-free.get(place, 0), 0))
        _resize(part, part.quantity - cut)
        free[place] = free.get(place, 0) + cut
    spare = sum(part.quantity for part in parts) - line.quantity
    for part in sorted(parts, key=lambda part: (-part.to_pick, -part.pk)):
        cut = min(part.quantity, max(spare, 0))
        _resize(part, part.quantity - cut)
        free[part.bin_id, part.lot_id] += cut
        spare -= cut
    by_place = {(part.bin_id, part.lot_id): part for part in parts if part.quantity}
    for place, pieces in free.items():
        some = min(pieces, -spare)
        if some > 0:
            _add(line.pk, place, some, by_place.get(place))
            free[place] -= some
            spare += some


def _resize(part: PickPart, quantity: int) -> None:
    """Give a part another size; one without pieces goes."""
    if quantity == part.quantity:
        return
    part.quantity, part.picked = quantity, min(part.picked, quantity)
    if quantity:
        part.save(update_fields=["quantity", "picked"])
    else:
        PickPart.objects.filter(pk=part.pk).delete()


def _add(line: int, place: inventory.Place, pieces: int, part: PickPart | None = None) -> PickPart:
    """Name so many pieces more of a line at a place."""
    part = part or PickPart.objects.filter(line=line, bin=place[0], lot=place[1]).first()
    if part is None:
        return PickPart.objects.create(line_id=line, bin_id=place[0], lot_id=place[1], quantity=pieces)
    _resize(part, part.quantity + pieces)
    return part


def _change(
    location: Location, variant: Variant, line: int, parts: Sequence[PickPart], pieces: int, said: Said
) -> tuple[PickPart, str]:
    """Name pieces of a line at the place that is said, in place of others; returns it, and where they were to come from.

    Others who were to take them there take as many of those that this line gives up.
    """
    shelf = inventory.on_shelves(location, [variant.pk]).get(variant.pk, {})
    rows = list(_waiting(location, [variant.pk]).select_related("bin", "lot").order_by("pk"))
    gone: dict[inventory.Place, int] = defaultdict(int)
    booked: dict[inventory.Place, int] = defaultdict(int)
    for row in rows:
        gone[row.bin_id, row.lot_id] += row.picked
        booked[row.bin_id, row.lot_id] += row.quantity
    fitting = [place for place in shelf if said.fits(place)]
    place = next((place for place in fitting if shelf[place] - gone[place] >= pieces), None)
    if place is None:
        there = max((shelf[place] - gone[place] for place in fitting), default=0)
        where = " · ".join(str(one) for one in (said.bin, said.lot) if one is not None)
        raise ValidationError(
            _("%(sku)s: %(there)s pieces in %(place)s, %(asked)s scanned.")
            % {"sku": variant.sku, "there": max(there, 0), "place": where, "asked": pieces}
        )
    planned: list[str] = []
    freed: dict[inventory.Place, int] = {}
    rest = pieces
    for part in parts:
        some = min(part.to_pick, rest)
        if some:
            planned.append(part.place)
            freed[part.bin_id, part.lot_id] = some
            _resize(part, part.quantity - some)
            rest -= some
    over = booked[place] + pieces - shelf[place]
    for row in [row for row in rows if (row.bin_id, row.lot_id) == place and row.line_id != line]:
        for gap, left in freed.items():
            some = min(row.to_pick, over, left)
            if some > 0:
                _resize(row, row.quantity - some)
                _add(row.line_id, gap, some)
                freed[gap] -= some
                over -= some
    return _add(line, place, pieces), ", ".join(planned) or _("none")
