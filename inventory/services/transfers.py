"""Stock on its way between two warehouses: written down, sent, received or turned back."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.numbering import next_number
from backoffice.retrying import patient
from inventory.models import Location, StockMove, Transfer, TransferLine
from inventory.services.lots import lots_sent, portion
from inventory.services.places import must_act_at
from inventory.services.posting import Kind, Move, Pieces, WrongParts, post, virtual

Status = Transfer.Status


@transaction.atomic
def create_transfer(
    source: Location, destination: Location, lines: Sequence[tuple[int, int]], note: str = "", *, by: User | None
) -> Transfer:
    """Write down what shall go from `source` to `destination`: (variant, quantity). Nothing moves yet."""
    must_act_at(by, source, closed_too=True)
    _refuse_bad(source, destination, lines)
    transfer = Transfer.objects.create(
        number=next_number("TR"), source=source, destination=destination, note=note, created_by=by
    )
    _write_lines(transfer, lines)
    audit.record("transfer.created", transfer, by=by)
    return transfer


@transaction.atomic
def edit_transfer(
    transfer: Transfer,
    source: Location,
    destination: Location,
    lines: Sequence[tuple[int, int]],
    note: str = "",
    *,
    by: User | None,
) -> Transfer:
    """Write a draft anew. Raises ValidationError once it was sent."""
    transfer = locked(transfer)
    must_act_at(by, source, closed_too=True)
    if transfer.status != Status.DRAFT:
        raise ValidationError(_("%(transfer)s was sent already.") % {"transfer": transfer})
    if transfer.lines.filter(sent__gt=0).exists():
        raise ValidationError(_("Pieces of %(transfer)s are loaded. Send or cancel it.") % {"transfer": transfer})
    _refuse_bad(source, destination, lines)
    transfer.source, transfer.destination, transfer.note = source, destination, note
    transfer.save(update_fields=["source", "destination", "note"])
    transfer.lines.all().delete()
    _write_lines(transfer, lines)
    return transfer


@patient
def send(
    transfer: Transfer, *, taken: Mapping[int, Sequence[Pieces]] = MappingProxyType({}), by: User | None
) -> Transfer:
    """Take the pieces off the shelf of the source, those not loaded yet. Raises InsufficientStock naming every short line.

    `taken` names bins and lots by line; of other lines what expires first leaves first.
    """
    transfer = locked(transfer)
    lines = list(transfer.lines.all())
    depart(transfer, by=by)
    transit = virtual(Location.Kind.TRANSIT)
    moves = [
        move_of(transfer, line, transfer.source_id, transit, rest, taken=tuple(taken.get(line.pk, ())))
        for line in lines
        if (rest := line.quantity - line.sent)
    ]
    transfer.lines.update(sent=F("quantity"))
    post(moves, by=by)
    return transfer


def depart(transfer: Transfer, *, reason: str = "", short: int = 0, by: User | None) -> None:
    """Let a locked transfer go; `short` pieces of what was planned stay here."""
    transfer.must_become(Status.IN_TRANSIT)
    must_act_at(by, transfer.source, closed_too=True)
    transfer.status, transfer.sent_at = Status.IN_TRANSIT, timezone.now()
    transfer.save(update_fields=["status", "sent_at"])
    audit.record("transfer.sent", transfer, by=by, reason=reason, data={"short": short} if short else None)


@patient
def receive_transfer(
    transfer: Transfer,
    received: Mapping[int, int],
    *,
    reason: str = "",
    broken: bool = False,
    put: Mapping[int, Sequence[Pieces]] = MappingProxyType({}),
    by: User | None,
) -> Transfer:
    """Put what arrived on the shelf of the destination; `received` maps line to pieces, lines left out arrived whole.

    `put` says of lines into which bins they go, and which lots arrived; without lots it is those that were sent, in order.
    What is missing leaves the way: to scrap when `broken`, else as a correction. Raises ValidationError for more than
    was sent, and for missing pieces without a reason.
    """
    transfer = locked(transfer)
    transfer.must_become(Status.RECEIVED)
    must_act_at(by, transfer.destination)
    lines = list(transfer.lines.select_related("variant"))
    for line in lines:
        line.received = received.get(line.pk, line.sent)
    _refuse_wrong_count(lines, reason)
    moves = _arrivals(transfer, lines, reason, broken, put)
    for line in lines:
        line.arrived = line.received or 0
    TransferLine.objects.bulk_update(lines, ["received", "arrived"])
    transfer.status, transfer.received_at = Status.RECEIVED, timezone.now()
    transfer.save(update_fields=["status", "received_at"])
    missing = sum(line.missing for line in lines)
    audit.record("transfer.received", transfer, by=by, reason=reason, data={"missing": missing} if missing else None)
    post(moves, by=by)
    return transfer


@patient
def cancel_transfer(transfer: Transfer, *, reason: str = "", by: User | None) -> Transfer:
    """Give up a draft; pieces already on their way turn back to the source."""
    transfer = locked(transfer)
    transfer.must_become(Status.CANCELED)
    if transfer.lines.filter(arrived__gt=0).exists():
        raise ValidationError(_("Pieces of %(transfer)s have arrived. Receive it.") % {"transfer": transfer})
    must_act_at(by, transfer.source, closed_too=True)
    transfer.status = Status.CANCELED
    transfer.save(update_fields=["status"])
    audit.record("transfer.canceled", transfer, by=by, reason=reason)
    transit, lots = virtual(Location.Kind.TRANSIT), lots_on_the_way(transfer)
    moves = [
        move_of(transfer, line, transit, transfer.source_id, line.sent, reason, taken)
        for line in transfer.lines.filter(sent__gt=0)
        for taken in [portion(lots.get(line.variant_id, {}), line.sent)]
    ]
    post(moves, by=by)
    return transfer


def locked(transfer: Transfer) -> Transfer:
    return Transfer.objects.select_related("source", "destination").locked().get(pk=transfer.pk)


def _write_lines(transfer: Transfer, lines: Sequence[tuple[int, int]]) -> None:
    TransferLine.objects.bulk_create(
        TransferLine(transfer=transfer, variant_id=variant, quantity=quantity) for variant, quantity in lines
    )


def move_of(
    transfer: Transfer,
    line: TransferLine,
    source: int,
    target: int,
    quantity: int,
    reason: str = "",
    taken: tuple[Pieces, ...] = (),
    put: tuple[Pieces, ...] = (),
) -> Move:
    return Move(
        Kind.TRANSFERRED,
        line.variant_id,
        source,
        target,
        quantity,
        cause=transfer.number,
        reason=reason,
        taken=taken,
        put=put,
    )


def _arrivals(
    transfer: Transfer,
    lines: Sequence[TransferLine],
    reason: str,
    broken: bool,
    put: Mapping[int, Sequence[Pieces]],
) -> list[Move]:
    transit = virtual(Location.Kind.TRANSIT)
    sent = lots_on_the_way(transfer)
    moves = []
    for line in lines:
        coming = (line.received or 0) - line.arrived
        if not coming:
            continue
        into = tuple(put.get(line.pk, ()))
        lots = sent.get(line.variant_id, {})
        named = tuple(Pieces(one.quantity, one.lot) for one in into) if any(one.lot for one in into) else ()
        taken = named or portion(lots, coming)
        for one in taken:
            _take_off(lots, one, line)
        moves.append(move_of(transfer, line, transit, transfer.destination_id, coming, taken=taken, put=into))
    if any(line.missing for line in lines):
        kind: StockMove.Kind = Kind.SCRAPPED if broken else Kind.ADJUSTED
        lost = virtual(Location.Kind.SCRAP if broken else Location.Kind.ADJUSTMENT)
        moves += [
            Move(
                kind,
                line.variant_id,
                transit,
                lost,
                line.missing,
                cause=transfer.number,
                reason=reason,
                taken=portion(sent.get(line.variant_id, {}), line.missing),
            )
            for line in lines
            if line.missing
        ]
    return moves


def _take_off(lots: dict[int, int], one: Pieces, line: TransferLine) -> None:
    """Raise WrongParts where more of a lot arrives than was sent."""
    sent = lots.get(one.lot or 0, 0)
    if one.quantity > sent:
        facts = {"sku": line.variant.sku, "sent": sent, "received": one.quantity}
        raise WrongParts(_("%(sku)s: %(sent)s pieces of this lot were sent, %(received)s received.") % facts)
    lots[one.lot or 0] = sent - one.quantity


def lots_on_the_way(transfer: Transfer) -> dict[int, dict[int, int]]:
    """Pieces by lot that were sent, by variant: on the way the lots of all transfers lie side by side."""
    return lots_sent([transfer.number], Location.objects.get(kind=Location.Kind.TRANSIT))


def _refuse_bad(source: Location, destination: Location, lines: Sequence[tuple[int, int]]) -> None:
    if source == destination:
        raise ValidationError({"destination": _("A transfer needs two different locations.")})
    must_act_at(None, destination)
    if not lines:
        raise ValidationError(_("Add at least one line."))
    if len({variant for variant, _quantity in lines}) < len(lines):
        raise ValidationError(_("A product stands on two lines. Put them together."))
    if any(quantity < 1 for _variant, quantity in lines):
        raise ValidationError(_("The quantity must be at least 1."))


def _refuse_wrong_count(lines: Sequence[TransferLine], reason: str) -> None:
    errors = [
        _("%(sku)s: %(sent)s sent, %(received)s received. More than was sent cannot arrive.")
        % {"sku": line.variant.sku, "sent": line.sent, "received": line.received}
        for line in lines
        if not 0 <= (line.received or 0) <= line.sent
    ]
    errors += [
        _("%(sku)s: %(arrived)s are on the shelf already, %(received)s received.")
        % {"sku": line.variant.sku, "arrived": line.arrived, "received": line.received}
        for line in lines
        if 0 <= (line.received or 0) < line.arrived
    ]
    if errors:
        raise ValidationError(errors)
    if any(line.missing for line in lines) and not reason.strip():
        raise ValidationError({"reason": _("Pieces are missing. Say what happened to them.")})
