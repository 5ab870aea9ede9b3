"""Picking, packing, shipping: parcels of an order, each from one location."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition
from backoffice.models import User
from backoffice.retrying import patient
from inventory import services as inventory
from inventory.models import Allocation, Location
from orders import mails
from orders.models import Fulfilment, FulfilmentLine, Order, OrderLine
from orders.services.holds import must_not_be_held
from orders.services.placing import QuantityTooHigh, chosen_lines, too_high
from orders.services.plans import forget_picked, leaving_parts, plan_parcels
from orders.services.status import lines_of, lock, recalculate


@transaction.atomic
def create_fulfilment(
    order: Order,
    *,
    location: Location,
    by: User | None,
    quantities: Mapping[int, int] | None = None,
    not_before: date | None = None,
) -> Fulfilment:
    """Make a parcel of pieces that are allocated at `location`, by primary key of the line; without quantities, of all.

    Before `not_before` nobody picks it. Raises QuantityTooHigh naming every line of which less lies ready there.
    """
    order = _to_ship(order)
    lines = lines_of(order)
    ready = ready_at(order, lines)[location.pk]
    return _parcel(order, lines, location, ready, ready if quantities is None else quantities, not_before, by)


@transaction.atomic
def create_fulfilments(
    order: Order,
    *,
    by: User | None,
    quantities: Mapping[int, Mapping[int, int]] | None = None,
    not_before: date | None = None,
) -> list[Fulfilment]:
    """Make one parcel for each location, all or none: of `quantities`, by primary keys of location and line.

    Without quantities they are those of `proposed`. Raises QuantityTooHigh naming the lines of which less lies ready.
    """
    order = _to_ship(order)
    lines = lines_of(order)
    wanted = proposed(order, lines) if quantities is None else quantities
    wanted = {place: rows for place, rows in wanted.items() if any(rows.values())}
    places = Location.objects.filter(pk__in=wanted).order_by("priority", "pk")
    if not wanted or len(places) < len(wanted):
        raise ValidationError(_("Choose at least one piece."))
    # What lies ready is asked anew for each, because lines without stock may leave from anywhere, but only once.
    return [
        _parcel(order, lines, place, ready_at(order, lines)[place.pk], wanted[place.pk], not_before, by)
        for place in places
    ]


def proposed(
    order: Order, lines: Sequence[OrderLine], places: Sequence[int] | None = None, *, ready: "Ready | None" = None
) -> dict[int, dict[int, int]]:
    """Pieces by location and line, as they are promised; lines without stock go with the first parcel.

    With `places` (primary keys) only those are asked, in that order of preference; where nothing else is to be sent,
    lines without stock leave from the first of them. `ready` is what lies ready, by default that of `ready_at`.
    """
    ready = ready_at(order, lines) if ready is None else ready
    if places is None:
        places = list(Location.objects.filter(pk__in=ready).order_by("priority", "pk").values_list("pk", flat=True))
    parcels = {place: ready[place] for place in places if place in ready}
    if not parcels and ready.anywhere and places:
        parcels = {places[0]: ready[places[0]]}
    for place in list(parcels)[1:]:
        parcels[place] = {line: n for line, n in parcels[place].items() if line not in ready.anywhere}
    return parcels


def _to_ship(order: Order) -> Order:
    """The order, locked, while parcels may be made of it."""
    order = lock(order)
    if order.status != Order.Status.PLACED:
        raise IllegalTransition(order, order.get_status_display(), _("shipped"))
    must_not_be_held(order)
    return order


def _parcel(
    order: Order,
    lines: Sequence[OrderLine],
    location: Location,
    ready: Mapping[int, int],
    quantities: Mapping[int, int],
    not_before: date | None,
    by: User | None,
) -> Fulfilment:
    chosen = chosen_lines(lines, quantities)
    short = [too_high(line, ready.get(line.pk, 0), asked) for line, asked in chosen if asked > ready.get(line.pk, 0)]
    if short:
        raise QuantityTooHigh(short)
    parcel = Fulfilment.objects.create(
        number=f"{order.number}-F{order.fulfilments.count() + 1}",
        order=order,
        location=location,
        not_before=not_before,
        created_by=by,
    )
    FulfilmentLine.objects.bulk_create(
        FulfilmentLine(fulfilment=parcel, order_line=line, quantity=asked) for line, asked in chosen
    )
    plan_parcels([parcel])
    audit.record("fulfilment.created", parcel, by=by)
    audit.record("order.fulfilment_created", order, by=by, data={"fulfilment": parcel.number})
    return parcel


class Ready(dict[int, dict[int, int]]):
    """Pieces that a parcel may take: {location: {line: quantity}}. Lines without stock may leave from anywhere."""

    def __init__(self, anywhere: dict[int, int]) -> None:
        super().__init__()
        self.anywhere = anywhere

    def __missing__(self, location: int) -> dict[int, int]:
        self[location] = dict(self.anywhere)
        return self[location]


def ready_at(order: Order, lines: Sequence[OrderLine]) -> Ready:
    """What can be put into parcels: allocated, or without stock, and in no parcel yet."""
    packing = _packing(order)
    anywhere = {}
    for line in lines:
        if line.requires_shipping and not _has_stock(line):
            taken = sum(quantity for (_place, key), quantity in packing.items() if key == line.pk)
            anywhere[line.pk] = line.open_quantity - taken
    ready = Ready({key: quantity for key, quantity in anywhere.items() if quantity > 0})
    for row in Allocation.objects.filter(cause=order.number):
        left = row.quantity - packing.get((row.location_id, row.item), 0)
        if left > 0:
            ready[row.location_id][row.item] = left
    return ready


@transaction.atomic
def pack(parcel: Fulfilment, *, by: User | None) -> Fulfilment:
    """Say that the parcel is packed. Raises ValidationError while it is on hold."""
    order, parcel = lock_parcel(parcel)
    must_not_be_held(order)
    if parcel.hold_reason:
        raise ValidationError(_("%(parcel)s is on hold: %(reason)s") % {"parcel": parcel, "reason": parcel.hold_reason})
    return _advance(parcel, Fulfilment.Status.PACKED, "packed_at", by)


@transaction.atomic
def unpack(parcel: Fulfilment, *, by: User | None) -> Fulfilment:
    """Open a packed parcel again that has not left: it waits to be packed, with what is in it.

    Raises ValidationError where its order is picked anew at the same place meanwhile.
    """
    order, parcel = lock_parcel(parcel)
    parcel.must_become(Fulfilment.Status.PENDING)
    others = Fulfilment.objects.filter(order=order, location=parcel.location_id, status=Fulfilment.Status.PENDING)
    if parcel.wave_id and others.filter(wave__isnull=False).exists():
        raise ValidationError(_("Somebody picks this order already."))
    parcel.packed_at = None
    parcel.status = Fulfilment.Status.PENDING
    parcel.save(update_fields=["status", "packed_at"])
    audit.record("fulfilment.unpacked", parcel, by=by)
    return parcel


@patient
def ship(
    parcel: Fulfilment,
    *,
    by: User | None,
    carrier: str = "",
    tracking_number: str = "",
    taken: Mapping[int, Sequence[inventory.Pieces]] = MappingProxyType({}),
) -> Fulfilment:
    """Hand the parcel over: its pieces leave the stock. Raises IllegalTransition unless it is packed.

    `taken` names bins and lots by primary key of the order line; of other lines leaves what was picked, or is planned to be.
    """
    order, parcel = lock_parcel(parcel)
    parcel.must_become(Fulfilment.Status.SHIPPED)
    must_not_be_held(order)
    if parcel.not_before is not None and parcel.is_scheduled:
        raise ValidationError(
            _("%(parcel)s is not to leave before %(day)s.")
            % {"parcel": parcel, "day": date_format(parcel.not_before, "SHORT_DATE_FORMAT")}
        )
    rows = list(parcel.lines.all())
    lines = lines_of(order)
    by_key = {line.pk: line for line in lines}
    leaving = {row.order_line_id: row.quantity for row in rows if _has_stock(by_key[row.order_line_id])}
    if leaving:
        inventory.ship(
            order.number, leaving, parcel.location, taken={**leaving_parts(parcel, but=taken), **taken}, by=by
        )
    for row in rows:
        line = by_key[row.order_line_id]
        line.fulfilled += row.quantity
        line.allocated -= leaving.get(line.pk, 0)
    recalculate(order, lines)
    parcel.carrier, parcel.tracking_number = carrier or parcel.carrier, tracking_number or parcel.tracking_number
    _advance(parcel, Fulfilment.Status.SHIPPED, "shipped_at", by, "carrier", "tracking_number")
    audit.record("order.shipped", order, by=by, data={"fulfilment": parcel.number, "tracking": parcel.tracking_number})
    mails.on_commit("shipped", order, fulfilment=parcel.number)
    return parcel


@transaction.atomic
def deliver(parcel: Fulfilment, *, by: User | None, at: datetime | None = None) -> Fulfilment:
    """Say that the parcel has arrived, now or at `at`. Raises ValidationError for a moment before it left or to come."""
    _order, parcel = lock_parcel(parcel)
    parcel.must_become(Fulfilment.Status.DELIVERED)
    if at is not None and (at > timezone.now() or (parcel.shipped_at is not None and at < parcel.shipped_at)):
        raise ValidationError({"at": _("A parcel arrives after it has left, and not in the future.")})
    parcel.delivered_at = at
    return _advance(parcel, Fulfilment.Status.DELIVERED, "delivered_at", by)


@transaction.atomic
def cancel_fulfilment(parcel: Fulfilment, *, by: User | None, reason: str = "") -> Fulfilment:
    """Unpack a parcel that has not left; its pieces stay allocated to the order."""
    order, parcel = lock_parcel(parcel)
    parcel.must_become(Fulfilment.Status.CANCELED)
    parcel.status = Fulfilment.Status.CANCELED
    parcel.save(update_fields=["status"])
    parcel.lines.update(picked=0, packed=0)
    forget_picked([parcel.pk], plan=True)
    audit.record("fulfilment.canceled", parcel, by=by, reason=reason)
    audit.record("order.fulfilment_canceled", order, by=by, reason=reason, data={"fulfilment": parcel.number})
    return parcel


@transaction.atomic
def set_tracking(parcel: Fulfilment, *, carrier: str, tracking_number: str, by: User | None) -> Fulfilment:
    """Correct the carrier or the tracking number."""
    _order, parcel = lock_parcel(parcel)
    if parcel.status == Fulfilment.Status.CANCELED:
        raise ValidationError(_("%(parcel)s is canceled.") % {"parcel": parcel})
    parcel.carrier, parcel.tracking_number = carrier, tracking_number
    parcel.save(update_fields=["carrier", "tracking_number"])
    audit.record("fulfilment.tracking_set", parcel, by=by, data={"carrier": carrier, "tracking": tracking_number})
    return parcel


@transaction.atomic
def hold_fulfilment(parcel: Fulfilment, *, by: User | None, reason: str) -> Fulfilment:
    """Let a parcel wait: nobody picks or packs it until it is resumed. Its pieces stay allocated."""
    _order, parcel = lock_parcel(parcel)
    if parcel.status != Fulfilment.Status.PENDING or parcel.hold_reason:
        raise ValidationError(_("Only a parcel that waits to be picked can be put on hold."))
    if not reason.strip():
        raise ValidationError({"reason": _("Say what the parcel waits for.")})
    if parcel.wave is not None and parcel.wave.status == "picking":
        raise ValidationError(_("%(parcel)s is being picked.") % {"parcel": parcel})
    parcel.lines.update(picked=0)
    forget_picked([parcel.pk])
    parcel.wave, parcel.box, parcel.hold_reason = None, None, reason[:300]
    parcel.save(update_fields=["wave", "box", "hold_reason"])
    audit.record("fulfilment.held", parcel, by=by, reason=reason)
    return parcel


@transaction.atomic
def schedule_fulfilment(parcel: Fulfilment, *, by: User | None, not_before: date | None) -> Fulfilment:
    """Let a parcel wait for a day: it is in no queue and does not leave before. Without a day it may leave at once."""
    _order, parcel = lock_parcel(parcel)
    if parcel.status not in (Fulfilment.Status.PENDING, Fulfilment.Status.PACKED):
        raise IllegalTransition(parcel, parcel.get_status_display(), _("scheduled"))
    if parcel.wave is not None and parcel.wave.status == "picking":
        raise ValidationError(_("%(parcel)s is being picked.") % {"parcel": parcel})
    parcel.not_before = not_before
    parcel.save(update_fields=["not_before"])
    audit.record("fulfilment.scheduled", parcel, by=by, data={"day": not_before.isoformat()} if not_before else {})
    return parcel


@transaction.atomic
def resume_fulfilment(parcel: Fulfilment, *, by: User | None) -> Fulfilment:
    """Let a parcel go on that was on hold."""
    _order, parcel = lock_parcel(parcel)
    if not parcel.hold_reason:
        raise ValidationError(_("%(parcel)s is not on hold.") % {"parcel": parcel})
    parcel.hold_reason = ""
    parcel.save(update_fields=["hold_reason"])
    audit.record("fulfilment.resumed", parcel, by=by)
    return parcel


def lock_parcel(parcel: Fulfilment) -> tuple[Order, Fulfilment]:
    """Its order first, then the parcel, so that all verbs of an order wait in one line."""
    order = Order.objects.locked().get(pk=parcel.order_id)
    return order, Fulfilment.objects.locked().select_related("location").get(pk=parcel.pk)


def _advance(parcel: Fulfilment, status: str, moment: str, by: User | None, *fields: str) -> Fulfilment:
    parcel.must_become(status)
    parcel.status = status
    setattr(parcel, moment, getattr(parcel, moment) or timezone.now())
    parcel.save(update_fields=["status", moment, *fields])
    audit.record(f"fulfilment.{status}", parcel, by=by)
    return parcel


def _has_stock(line: OrderLine) -> bool:
    """Whether the line took stock when the order was placed: then its open pieces are allocated."""
    return line.allocated > 0


def _packing(order: Order) -> dict[tuple[int, int], int]:
    """Pieces in parcels that have not left, by location and line."""
    rows = FulfilmentLine.objects.filter(fulfilment__in=Fulfilment.objects.waiting().filter(order=order))
    totals = rows.values_list("fulfilment__location", "order_line").annotate(Sum("quantity")).order_by()
    return {(place, line): quantity for place, line, quantity in totals}
