"""Packing with verification: each piece is scanned into its parcel, and what does not belong there is refused."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.errors import IllegalTransition
from backoffice.models import User
from inventory import services as inventory
from inventory.models import Scan
from inventory.services import Done, Scanned
from orders.models import Fulfilment, FulfilmentLine
from orders.services.fulfilment import lock_parcel, pack


def pack_scanned(parcel: Fulfilment, scanned: Scanned, *, by: User) -> Scan:
    """Put scanned pieces into a parcel; with the last one it is packed.

    Raises ValidationError for what does not belong into it, or more of it; IllegalTransition once it is packed.
    """

    def do() -> Done:
        _order, current = lock_parcel(parcel)
        inventory.must_act_at(by, current.location)
        if current.status != Fulfilment.Status.PENDING:
            raise IllegalTransition(current, current.get_status_display(), Fulfilment.Status.PACKED.label)
        lines = list(current.lines.select_related("order_line__variant").order_by("pk"))
        found = named(lines, scanned.code, current)
        wanted, packed = sum(line.quantity for line in found), sum(line.packed for line in found)
        facts = {"sku": found[0].name, "packed": packed + scanned.pieces, "wanted": wanted, "there": packed}
        if packed == wanted:
            raise ValidationError(_("%(sku)s: all of it is packed already.") % facts)
        if packed + scanned.pieces > wanted:
            raise ValidationError(_("%(sku)s: %(wanted)s belong into the parcel, %(packed)s would be in it.") % facts)
        left = scanned.pieces
        for line in found:
            some = min(left, line.quantity - line.packed)
            line.packed += some
            left -= some
        FulfilmentLine.objects.bulk_update(found, ["packed"])
        said = _("%(sku)s: %(packed)s of %(wanted)s packed.") % facts
        if all(line.packed == line.quantity for line in lines):
            pack(current, by=by)
            said = f"{said} {_('Everything is in.')}"
        return Done(said, found[0].order_line.variant)

    return inventory.record_once(Scan.Kind.PACKED, parcel.number, scanned, do, by=by)


def named(lines: Sequence[FulfilmentLine], code: str, document: object) -> list[FulfilmentLine]:
    """The lines that a code means: SKU or barcode of their variant, their own SKU, or "=" and their key.

    Raises ValidationError when it is none of them, or several things at once.
    """
    code = code.strip()
    own = [line for line in lines if code == f"={line.pk}" or _is_named(line, code)]
    if own:
        return own
    variant = inventory.variant_of(code)
    found = [line for line in lines if line.order_line.variant_id == variant.pk]
    if not found:
        raise ValidationError(
            _("%(sku)s does not belong to %(document)s.") % {"sku": variant.sku, "document": document}
        )
    return found


def _is_named(line: FulfilmentLine, code: str) -> bool:
    """Lines without a variant are known by what stands on them."""
    return line.order_line.variant_id is None and code != "" and line.order_line.sku.upper() == code.upper()
