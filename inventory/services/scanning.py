"""Deliveries and stocktakes by scanning, one piece or several at a time."""

from datetime import date, datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.models import User
from catalog.models import Variant
from inventory.models import (
    CountLine,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    RejectReason,
    Scan,
    StockCount,
    StockMove,
)
from inventory.services.counts import Entry, database_now, enter_counts
from inventory.services.deliveries import Delivered, receive_purchase
from inventory.services.labels import number_on_label, read_label
from inventory.services.lots import Arriving
from inventory.services.scans import Done, Scanned, record_once, variant_of
from inventory.services.shelving import bin_of

SAME_DELIVERY = timedelta(hours=12)
SCANNED = "scan:"  # keys of receipts that are written piece by piece begin so


def scan_delivery(
    order: PurchaseOrder,
    scanned: Scanned,
    *,
    delivery: UUID,
    reject: str = "",
    parts: tuple[Arriving, ...] = (),
    reference: str = "",
    by: User,
) -> Scan:
    """Accept scanned pieces into stock, or with a reason `reject` them; those of one `delivery` are on one receipt.

    `parts` names their lots, where their label does not. Raises ValidationError for what was not ordered, or more of it than this person may
    receive; with code "lot" where a lot or serial number is needed and none was told.
    """

    def do() -> Done:
        line = line_of(order, scanned.code)
        accepted, rejected = (0, scanned.pieces) if reject else (scanned.pieces, 0)
        told = parts or _on_label(scanned, line.variant)
        if accepted and line.variant.tracking != Variant.Tracking.NONE and not told:
            raise ValidationError(
                _("%(sku)s: scan or type its lot or serial number too.") % {"sku": line.variant.sku}, code="lot"
            )
        came = [Delivered(line.pk, accepted, rejected, reject, told if accepted else ())]
        receipt = receive_purchase(order, came, reference, key=f"{SCANNED}{delivery.hex}", adds=True, by=by)
        line.refresh_from_db(fields=["accepted", "rejected"])
        wrote = _written(receipt, line, reject)
        facts = {
            "sku": line.variant.sku,
            "accepted": line.accepted,
            "rejected": line.rejected,
            "ordered": line.kept,
        }
        if reject:
            facts["why"] = str(RejectReason(reject).label)
            return Done(_("%(sku)s: %(rejected)s rejected (%(why)s).") % facts, line.variant, wrote)
        return Done(_("%(sku)s: %(accepted)s of %(ordered)s accepted.") % facts, line.variant, wrote)

    kind = Scan.Kind.REJECTED if reject else Scan.Kind.ACCEPTED
    return record_once(kind, order.number, scanned, do, by=by)


def _written(receipt: Receipt, line: PurchaseOrderLine, reject: str) -> dict[str, int | None]:
    """The line of the receipt and the move that a scan wrote; the order is locked, so the last of them is its."""
    row = receipt.lines.get(purchase_line=line, reject_reason=reject)
    moves = StockMove.objects.filter(cause=receipt.number, variant=line.variant_id, kind=StockMove.Kind.RECEIVED)
    last = None if reject else moves.order_by("-pk").values_list("pk", flat=True).first()
    return {"line": row.pk, "move": last}


def _on_label(scanned: Scanned, variant: Variant) -> tuple[Arriving, ...]:
    """The lot or serial number that the scanned label names, for variants that are tracked by it."""
    number = number_on_label(scanned.code, variant)
    return (Arriving(scanned.pieces, number, read_label(scanned.code).expires_on),) if number else ()


def line_of(order: PurchaseOrder, code: str) -> PurchaseOrderLine:
    """The order's line of a SKU, a barcode, or the supplier's own code; of several, the first with pieces to come."""
    lines = order.lines.select_related("variant").order_by("position", "pk")
    found = list(lines.filter(supplier_sku__iexact=code.strip()).exclude(supplier_sku="")[:2])
    if len({line.variant_id for line in found}) != 1:
        variant = variant_of(code)
        found = list(lines.filter(variant=variant))
        if not found:
            raise ValidationError(_("%(sku)s is not on %(document)s.") % {"sku": variant.sku, "document": order})
    return next((line for line in found if line.outstanding), found[-1])


def delivery_of(order: PurchaseOrder, *, by: User) -> UUID | None:
    """The delivery that `by` is scanning, which further pieces go on: the last one of half a day, without costs yet."""
    since = timezone.now() - SAME_DELIVERY
    mine = order.receipts.filter(received_by=by, created_at__gte=since, landed_costs=None, key__startswith=SCANNED)
    last = mine.order_by("-pk").first()
    return UUID(str(last.key).removeprefix(SCANNED)) if last else None


def scan_count(
    count: StockCount,
    scanned: Scanned,
    *,
    bin: str = "",
    lot: str = "",
    expires_on: date | None = None,
    ago: timedelta = timedelta(),
    by: User,
) -> Scan:
    """Count scanned pieces on top of what was counted of the line; `ago` is how long the scan had to wait to be sent.

    `bin` is the code of the one they lie in. Raises ValidationError with code "lot" where a lot or serial number is needed
    and neither told nor on the label.
    """

    def do() -> Done:
        variant = variant_of(scanned.code)
        count.refresh_from_db(fields=["started_at"])
        label = read_label(scanned.code)
        number = lot.strip() or number_on_label(scanned.code, variant)
        if variant.tracking != Variant.Tracking.NONE and not number:
            raise ValidationError(
                _("%(sku)s: scan or type its lot or serial number too.") % {"sku": variant.sku}, code="lot"
            )
        shelf = bin_of(count.location, bin) if bin.strip() else None
        moment, until = _moment(count, ago), expires_on or label.expires_on
        entry = Entry(
            variant.pk,
            scanned.pieces,
            True,
            moment,
            scanned.key,
            shelf.pk if shelf else None,
            number,
            until if number else None,
        )
        made = enter_counts(count, [entry], by=by)[0]
        counted = CountLine.objects.values_list("counted", flat=True).get(pk=made.line_id)
        said = _("%(sku)s: %(pieces)s counted.") % {"sku": variant.sku, "pieces": counted}
        places = [
            _("bin %(bin)s") % {"bin": shelf} if shelf else "",
            _("lot %(lot)s") % {"lot": number} if number else "",
        ]
        where = ", ".join(filter(None, places))
        return Done(f"{said} ({where})" if where else said, variant, {"entry": made.pk})

    return record_once(Scan.Kind.COUNTED, count.number, scanned, do, by=by)


def _moment(count: StockCount, ago: timedelta) -> datetime | None:
    """When it was counted, by the clock of the database; not before the stocktake began."""
    if ago <= timedelta() or count.started_at is None:
        return None
    return max(database_now() - ago, count.started_at)
