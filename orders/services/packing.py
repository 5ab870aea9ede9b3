"""Packing with verification: each piece is scanned into its parcel, and what does not belong there is refused."""

from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.errors import IllegalTransition
from backoffice.models import User
from catalog.models import Variant
from inventory import services as inventory
from inventory.models import Scan
from inventory.services import Done, Scanned
from orders.models import Fulfilment, FulfilmentLine
from orders.services.fulfilment import lock_parcel, pack, unpack
from orders.services.plans import Said, parts_of, said_of, take, take_off


def pack_scanned(parcel: Fulfilment, scanned: Scanned, *, lot: str = "", by: User) -> Scan:
    """Put scanned pieces into a parcel; with the last one it is packed.

    `lot`, or the one on the label, has to be what was picked; of a parcel that nobody picked it is written down. Raises ValidationError for what does not belong into it, or more of it; IllegalTransition once it is packed.
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
        variant = found[0].order_line.variant
        said_place = said_of(scanned, variant, current.location, "", lot)
        steps = _steps(current, found, scanned.pieces, said_place, variant)
        for line in found:
            line.packed += sum(some for key, _part, some in steps if key == line.pk)
        FulfilmentLine.objects.bulk_update(found, ["packed"])
        said = _("%(sku)s: %(packed)s of %(wanted)s packed.") % facts
        if all(line.packed == line.quantity for line in lines):
            pack(current, by=by)
            said = f"{said} {_('Everything is in.')}"
        return Done(said, variant, steps)

    return inventory.record_once(Scan.Kind.PACKED, parcel.number, scanned, do, by=by)


@inventory.way_back(Scan.Kind.PACKED)
def _unpack(scan: Scan, by: User) -> None:
    """Pieces go out of a parcel. One that was whole with this scan is open again, until it has left."""
    _order, parcel = lock_parcel(Fulfilment.objects.get(number=scan.subject))
    inventory.must_act_at(by, parcel.location)
    if parcel.status == Fulfilment.Status.PACKED and made_whole(parcel, scan):
        parcel = unpack(parcel, by=by)
    if parcel.status != Fulfilment.Status.PENDING:
        raise ValidationError(_("%(document)s went on meanwhile.") % {"document": parcel})
    take_off({line.pk: line for line in parcel.lines.all()}, scan.facts, "packed", parcel)


def made_whole(parcel: Fulfilment, scan: Scan) -> bool:
    """Whether a parcel is packed because of this scan: every piece was scanned, and nobody scanned one after it."""
    last = Scan.objects.filter(subject=parcel.number, undone_at=None).order_by("-pk").first()
    return scan == last and all(line.packed == line.quantity for line in parcel.lines.all())


def _steps(
    parcel: Fulfilment, lines: Sequence[FulfilmentLine], pieces: int, said: Said, variant: Variant | None
) -> list[tuple[int, int | None, int]]:
    """The lines that scanned pieces are of, and the places they were picked from where that is only known now."""
    open_pieces = {line.pk: line.quantity - line.packed for line in lines}
    if not parcel.wave_id:
        return take(parcel.location, variant, open_pieces, pieces, said).steps
    picked = [part.lot_id for parts in parts_of(lines).values() for part in parts if part.picked]
    if said.lot is not None and picked and said.lot.pk not in picked:
        facts = {"sku": lines[0].name, "lot": said.lot, "parcel": parcel}
        raise ValidationError(_("%(sku)s: lot %(lot)s was not picked for %(parcel)s.") % facts)
    steps: list[tuple[int, int | None, int]] = []
    for key, most in open_pieces.items():
        some = min(pieces, most)
        if some:
            steps.append((key, None, some))
            pieces -= some
    return steps


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
