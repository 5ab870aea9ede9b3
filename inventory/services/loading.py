"""Transfers by scanning: each piece leaves the shelf as it is loaded, and lies on the other one as it is unloaded."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice.errors import IllegalTransition
from backoffice.models import User
from catalog.models import Variant
from inventory.models import Location, Scan, Transfer, TransferLine
from inventory.services.lots import portion
from inventory.services.places import must_act_at
from inventory.services.posting import post, virtual
from inventory.services.scans import Done, Scanned, record_once, variant_of
from inventory.services.transfers import depart, locked, lots_on_the_way, move_of, receive_transfer

Status = Transfer.Status


def load(transfer: Transfer, scanned: Scanned, *, by: User) -> Scan:
    """Take scanned pieces off the shelf of the source and onto their way.

    Raises ValidationError for what is not on the transfer, or more than was planned; InsufficientStock.
    """

    def do() -> Done:
        current, line = _line(transfer, scanned, Status.DRAFT)
        must_act_at(by, current.source, closed_too=True)
        if line.sent + scanned.pieces > line.quantity:
            raise ValidationError(
                _("%(sku)s: %(planned)s planned, %(loaded)s loaded already.")
                % {"sku": line.variant.sku, "planned": line.quantity, "loaded": line.sent}
            )
        line.sent += scanned.pieces
        line.save(update_fields=["sent"])
        transit = virtual(Location.Kind.TRANSIT)
        [move] = post([move_of(current, line, current.source_id, transit, scanned.pieces)], by=by)
        said = _("%(sku)s: %(loaded)s of %(planned)s loaded.")
        facts = {"sku": line.variant.sku, "loaded": line.sent, "planned": line.quantity}
        return Done(said % facts, line.variant, {"line": line.pk, "move": move})

    return record_once(Scan.Kind.LOADED, transfer.number, scanned, do, by=by)


@transaction.atomic
def send_loaded(transfer: Transfer, *, reason: str = "", by: User | None) -> Transfer:
    """Send what was loaded; the rest of what was planned stays here. Raises ValidationError when nothing is loaded."""
    transfer = locked(transfer)
    lines = list(transfer.lines.all())
    transfer.must_become(Status.IN_TRANSIT)
    if not any(line.sent for line in lines):
        raise ValidationError(_("Nothing is loaded yet."))
    depart(transfer, reason=reason, short=sum(line.quantity - line.sent for line in lines), by=by)
    return transfer


def unload(transfer: Transfer, scanned: Scanned, *, by: User) -> Scan:
    """Put scanned pieces on the shelf of the destination. Raises ValidationError for what was not sent."""

    def do() -> Done:
        current, line = _line(transfer, scanned, Status.IN_TRANSIT)
        must_act_at(by, current.destination)
        if line.arrived + scanned.pieces > line.sent:
            raise ValidationError(
                _("%(sku)s: %(sent)s sent, %(received)s received. More than was sent cannot arrive.")
                % {"sku": line.variant.sku, "sent": line.sent, "received": line.arrived + scanned.pieces}
            )
        line.arrived += scanned.pieces
        line.save(update_fields=["arrived"])
        transit = virtual(Location.Kind.TRANSIT)
        lots = portion(lots_on_the_way(current).get(line.variant_id, {}), scanned.pieces)
        [move] = post([move_of(current, line, transit, current.destination_id, scanned.pieces, taken=lots)], by=by)
        said = _("%(sku)s: %(arrived)s of %(sent)s received.")
        facts = {"sku": line.variant.sku, "arrived": line.arrived, "sent": line.sent}
        return Done(said % facts, line.variant, {"line": line.pk, "move": move})

    return record_once(Scan.Kind.UNLOADED, transfer.number, scanned, do, by=by)


@transaction.atomic
def receive_unloaded(transfer: Transfer, *, reason: str = "", broken: bool = False, by: User | None) -> Transfer:
    """Close a transfer with what was unloaded; the rest is missing, and needs a reason."""
    transfer = locked(transfer)
    arrived = {line.pk: line.arrived for line in transfer.lines.all()}
    return receive_transfer(transfer, arrived, reason=reason, broken=broken, by=by)


def _line(transfer: Transfer, scanned: Scanned, status: str) -> tuple[Transfer, TransferLine]:
    """The transfer, locked, and its line of what was scanned."""
    current = locked(transfer)
    if current.status != status:
        raise IllegalTransition(current, current.get_status_display(), Status(status).label)
    variant: Variant = variant_of(scanned.code)
    line = current.lines.select_related("variant").filter(variant=variant).first()
    if line is None:
        raise ValidationError(_("%(sku)s is not on %(document)s.") % {"sku": variant.sku, "document": current})
    return current, line
