"""Picking: several orders in one walk through a warehouse, each into its box.

Orders are locked first, then the pick list, then its parcels, then stock.
"""

from collections.abc import Iterator, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice import audit
from backoffice.errors import NotAllowed
from backoffice.models import User
from backoffice.numbering import next_number
from inventory import services as inventory
from inventory.models import Allocation, Location, Scan, StockLevel
from inventory.services import Done, Scanned
from orders.models import Fulfilment, FulfilmentLine, Order, PickWave
from orders.services.fulfilment import cancel_fulfilment, create_fulfilment, ready_at
from orders.services.holds import must_not_be_held
from orders.services.packing import named
from orders.services.plans import forget_picked, plan_parcels, said_of, take, take_off
from orders.services.status import lines_of

MOST_BOXES = 12
LOOK_AHEAD = 4  # so many times the boxes are looked at, as others may hold the oldest orders
Status = PickWave.Status


def pickable(location: Location) -> QuerySet[Order]:
    """Orders of which something lies at `location` in no parcel yet, or in one that nobody picks; oldest first."""
    here = Fulfilment.objects.filter(order=OuterRef("pk"), location=location)
    packing = FulfilmentLine.objects.filter(
        order_line=OuterRef("item"), fulfilment__location=location, fulfilment__in=Fulfilment.objects.waiting()
    )
    pieces = packing.order_by().values("order_line").annotate(pieces=Sum("quantity")).values("pieces")
    on_hand = StockLevel.objects.filter(variant=OuterRef("variant"), location=location).values("on_hand")
    loose = Allocation.objects.filter(cause=OuterRef("number"), location=location).alias(
        packing=Coalesce(Subquery(pieces), 0), there=Subquery(on_hand)
    )
    loose = loose.filter(quantity__gt=F("packing"), there__gt=0)
    picking = here.filter(status=Fulfilment.Status.PENDING, wave__isnull=False)
    waiting: QuerySet[Order] = Order.objects.awaiting_shipment().filter(~Exists(picking), on_hold=False)
    return waiting.filter(Exists(loose) | Exists(here.to_pick())).order_by("placed_at", "pk")


@transaction.atomic
def start_picking(
    location: Location, orders: Sequence[int] | None = None, *, most: int = MOST_BOXES, by: User
) -> PickWave:
    """Take orders (primary keys; by default the oldest) into a pick list of `by`, each into a box of its own.

    What others took a moment ago is left out. Raises ValidationError when nothing is left to pick.
    """
    inventory.must_act_at(by, location)
    most = max(1, min(most, MOST_BOXES))
    wave = PickWave.objects.create(number=next_number("PW"), location=location, picker=by)
    box = 0
    for order in _candidates(location, orders, most):
        parcel = _parcel_for(order, location, by)
        if parcel is not None:
            box += 1
            parcel.wave, parcel.box = wave, box
            parcel.save(update_fields=["wave", "box"])
        if box == most:
            break
    if not box:
        raise ValidationError(_("Nothing is left to pick: somebody else has taken these orders."))
    plan_parcels(list(wave.parcels.all()))
    audit.record("pickwave.started", wave, by=by, data={"orders": box})
    return wave


def pick(wave: PickWave, scanned: Scanned, *, bin: str = "", lot: str = "", by: User) -> Scan:
    """Put scanned pieces into the boxes that want them, those first that want them from `bin` and of `lot`, by number.

    Where nobody does the plan changes. Raises ValidationError for what no box wants or what is not there, NotAllowed to
    anybody but the picker.
    """

    def do() -> Done:
        current = _locked(wave, by)
        found = named(lines_to_pick(current), scanned.code, current)
        wanted = [line for line in found if line.to_pick]
        for line in wanted:
            must_not_be_held(line.fulfilment.order)
        left = sum(line.to_pick for line in wanted)
        facts = {"sku": found[0].name, "left": left, "scanned": scanned.pieces}
        if not left:
            raise ValidationError(_("%(sku)s: all of it is picked already.") % facts)
        if left < scanned.pieces:
            raise ValidationError(_("%(sku)s: %(left)s still to pick, %(scanned)s scanned.") % facts)
        variant = found[0].order_line.variant
        said = said_of(scanned, variant, current.location, bin, lot)
        taken = take(current.location, variant, {line.pk: line.to_pick for line in wanted}, scanned.pieces, said)
        into = []
        for line in wanted:
            if pieces := taken.by_line.get(line.pk, 0):
                line.picked += pieces
                into.append(_("%(pieces)s into box %(box)s") % {"pieces": pieces, "box": line.fulfilment.box})
        FulfilmentLine.objects.bulk_update(wanted, ["picked"])
        told = f"{found[0].name}: {', '.join(into)}"
        return Done(f"{told} ({taken.changed})" if taken.changed else told, variant, taken.steps)

    return inventory.record_once(Scan.Kind.PICKED, wave.number, scanned, do, by=by)


@inventory.way_back(Scan.Kind.PICKED)
def _unpick(scan: Scan, by: User) -> None:
    """Pieces go out of their boxes and back to where they were picked."""
    wave = _locked(PickWave.objects.get(number=scan.subject), by)
    lines = {line.pk: line for line in lines_to_pick(wave)}
    take_off(lines, scan.facts, "picked", wave)


def lines_to_pick(wave: PickWave) -> list[FulfilmentLine]:
    """Lines of the parcels of a list that are still to be packed, by box."""
    rows = FulfilmentLine.objects.filter(fulfilment__wave=wave, fulfilment__status=Fulfilment.Status.PENDING)
    return list(rows.select_related("order_line__variant", "fulfilment__order").order_by("fulfilment__box", "pk"))


@transaction.atomic
def report_missing(line: FulfilmentLine, *, reason: str, elsewhere: bool, by: User) -> str:
    """Take what was not found of a line out of its parcel; returns what becomes of it, as a sentence.

    The pieces wait in a parcel on hold, or with `elsewhere` are promised from another place while as many are held here.
    Raises ValidationError without a reason, and when no other pieces are free.
    """
    order = Order.objects.locked().get(pk=line.fulfilment.order_id)
    wave = _locked(line.fulfilment.wave, by) if line.fulfilment.wave else None
    line = FulfilmentLine.objects.select_related("order_line__variant", "fulfilment__location").locked().get(pk=line.pk)
    parcel, missing = line.fulfilment, line.quantity - max(line.picked, line.packed)
    if wave is None or parcel.wave_id != wave.pk or parcel.status != Fulfilment.Status.PENDING or not missing:
        raise ValidationError(_("%(sku)s: nothing of it is missing.") % {"sku": line.name})
    if not reason.strip():
        raise ValidationError({"reason": _("Say why the pieces are not there.")})
    audit.record("fulfilment.short", parcel, by=by, reason=reason, data={"lines": {line.name: missing}})
    facts = {"pieces": missing, "sku": line.name}
    if not elsewhere:
        held = _set_apart(order, line, missing, reason, by)
        return _("%(pieces)s × %(sku)s wait in %(parcel)s, which is on hold.") % {**facts, "parcel": held}
    variant = line.order_line.variant
    if variant is None or not line.order_line.allocated:
        raise ValidationError(_("%(sku)s: no other pieces are free. Let the order wait for these.") % facts)
    _take_out(line, missing, reason, by)
    why = f"{wave}: {reason}"[:300]
    made = inventory.serve_elsewhere(
        order.number, line.order_line_id, variant, parcel.location, missing, reason=why, by=by
    )
    places = Location.objects.filter(pk__in=[one.location_id for one in made])
    return _("%(pieces)s × %(sku)s will be sent from %(places)s.") % {**facts, "places": ", ".join(map(str, places))}


@transaction.atomic
def finish_picking(wave: PickWave, *, by: User) -> PickWave:
    """Say that everything is in its box. Raises ValidationError while pieces are neither picked nor missing.

    Boxes of orders that were put on hold meanwhile are to be put back when they are not full.
    """
    wave = _locked(wave, by)
    lines = lines_to_pick(wave)
    held = {line.fulfilment_id for line in lines if line.to_pick and line.fulfilment.order.on_hold}
    left = sum(line.to_pick for line in lines if line.fulfilment_id not in held)
    if left:
        raise ValidationError(
            ngettext(
                "%(pieces)s piece is not picked yet. Pick it, or say that it is missing.",
                "%(pieces)s pieces are not picked yet. Pick them, or say what is missing.",
                left,
            )
            % {"pieces": left}
        )
    _put_back(lines, held)
    is_empty = bool(held) and held == {line.fulfilment_id for line in lines}
    return _end(wave, Status.CANCELED if is_empty else Status.PICKED, by)


@transaction.atomic
def stop_picking(wave: PickWave, *, reason: str = "", by: User) -> PickWave:
    """Give a pick list up: whole boxes go on to be packed, the rest is to be put back and is free for others."""
    wave = PickWave.objects.select_related("location").locked().get(pk=wave.pk)
    inventory.must_act_at(by, wave.location)
    wave.must_become(Status.CANCELED)
    lines = lines_to_pick(wave)
    unfinished = {line.fulfilment_id for line in lines if line.to_pick}
    _put_back(lines, unfinished)
    rest = {line.fulfilment_id for line in lines} - unfinished
    return _end(wave, Status.PICKED if rest else Status.CANCELED, by, reason)


def _put_back(lines: Sequence[FulfilmentLine], parcels: set[int]) -> None:
    """Empty the boxes of these parcels, whose lines are among `lines`; others may pick them."""
    FulfilmentLine.objects.filter(pk__in=[line.pk for line in lines if line.fulfilment_id in parcels]).update(picked=0)
    forget_picked(parcels)
    Fulfilment.objects.filter(pk__in=parcels).update(wave=None, box=None)


def _end(wave: PickWave, status: str, by: User, reason: str = "") -> PickWave:
    wave.must_become(status)
    wave.status, wave.finished_at = status, timezone.now()
    wave.save(update_fields=["status", "finished_at"])
    audit.record(f"pickwave.{status}", wave, by=by, reason=reason)
    return wave


def _locked(wave: PickWave, by: User) -> PickWave:
    """The list, locked, while `by` picks it."""
    wave = PickWave.objects.select_related("location", "picker").locked().get(pk=wave.pk)
    inventory.must_act_at(by, wave.location)
    if wave.picker_id != by.pk:
        raise NotAllowed(_("%(wave)s is picked by %(picker)s.") % {"wave": wave, "picker": wave.picker})
    if wave.status != Status.PICKING:
        raise ValidationError(_("%(wave)s is finished.") % {"wave": wave})
    return wave


def _candidates(location: Location, orders: Sequence[int] | None, most: int) -> Iterator[Order]:
    """Orders to pick, locked. Chosen ones are waited for; of the oldest, those that others hold are left to them."""
    rows = pickable(location)
    if orders is not None:
        rows = rows.filter(pk__in=orders)
    keys = list(rows.values_list("pk", flat=True)[: most * LOOK_AHEAD])
    step = most if orders is None else len(keys) or 1
    for start in range(0, len(keys), step):
        some = Order.objects.filter(pk__in=keys[start : start + step])
        some = some.select_for_update(of=("self",), no_key=True, skip_locked=orders is None).order_by("pk")
        yield from sorted(some, key=lambda order: (order.placed_at, order.pk))


def _parcel_for(order: Order, location: Location, by: User) -> Fulfilment | None:
    """A parcel of a locked order that nobody picks: one that is there, or a new one of what lies here."""
    parcels = list(Fulfilment.objects.filter(order=order, location=location, status=Fulfilment.Status.PENDING).locked())
    if any(parcel.wave_id for parcel in parcels) or order.status != Order.Status.PLACED or order.on_hold:
        return None
    free = next((parcel for parcel in parcels if not parcel.hold_reason and not parcel.is_scheduled), None)
    if free is not None:
        return free
    quantities = _lying_here(order, location)
    return create_fulfilment(order, location=location, quantities=quantities, by=by) if quantities else None


def _lying_here(order: Order, location: Location) -> dict[int, int]:
    """Pieces by line that can be picked now: ready, and not backordered. Nothing where only lines without stock are left."""
    lines = lines_of(order)
    ready = ready_at(order, lines)[location.pk]
    stocked = {line.pk: line.variant_id for line in lines if line.pk in ready and line.allocated}
    levels = StockLevel.objects.filter(location=location, variant__in=stocked.values())
    there = dict(levels.values_list("variant", "on_hand"))
    packing = FulfilmentLine.objects.filter(
        fulfilment__in=Fulfilment.objects.waiting().filter(location=location),
        order_line__variant__in=[key for key in stocked.values() if key],
    )
    for variant, pieces in packing.values_list("order_line__variant").annotate(Sum("quantity")).order_by():
        there[variant] = there.get(variant, 0) - pieces
    here = {key: min(ready[key], max(there.get(variant or 0, 0), 0)) for key, variant in stocked.items()}
    if stocked and not any(here.values()):
        return {}
    return {key: pieces for key, pieces in (ready | here).items() if pieces}


def _take_out(line: FulfilmentLine, pieces: int, reason: str, by: User) -> None:
    """Pieces leave their parcel; one that is empty then is canceled."""
    if pieces < line.quantity:
        line.quantity -= pieces
        line.save(update_fields=["quantity"])
        plan_parcels([line.fulfilment])
    elif line.fulfilment.lines.count() > 1:
        line.delete()
    else:
        cancel_fulfilment(line.fulfilment, by=by, reason=reason)


def _set_apart(order: Order, line: FulfilmentLine, pieces: int, reason: str, by: User) -> Fulfilment:
    """Put pieces of a line into a parcel that is on hold: one of their own, or theirs where nothing else is in it."""
    parcel = line.fulfilment
    if pieces == line.quantity and parcel.lines.count() == 1:
        parcel.wave, parcel.box, parcel.hold_reason = None, None, reason[:300]
        parcel.save(update_fields=["wave", "box", "hold_reason"])
        forget_picked([parcel.pk], plan=True)
    else:
        _take_out(line, pieces, reason, by)
        number = f"{order.number}-F{order.fulfilments.count() + 1}"
        facts = {"order": order, "location": parcel.location, "hold_reason": reason[:300], "created_by": by}
        parcel = Fulfilment.objects.create(number=number, **facts)
        FulfilmentLine.objects.create(fulfilment=parcel, order_line=line.order_line, quantity=pieces)
        audit.record("fulfilment.created", parcel, by=by)
    audit.record("fulfilment.held", parcel, by=by, reason=reason)
    return parcel
