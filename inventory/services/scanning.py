"""Deliveries and stocktakes by scanning, one piece or several at a time."""

from datetime import datetime, timedelta
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.models import User
from catalog.models import Variant
from inventory.models import CountLine, PurchaseOrder, PurchaseOrderLine, RejectReason, Scan, StockCount
from inventory.services.counts import Entry, database_now, enter_counts
from inventory.services.deliveries import Delivered, receive_purchase
from inventory.services.labels import read_label
from inventory.services.lots import Arriving
from inventory.services.scans import Done, Scanned, record_once, variant_of

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
        receive_purchase(order, came, reference, key=f"{SCANNED}{delivery.hex}", adds=True, by=by)
        line.refresh_from_db(fields=["accepted", "rejected"])
        facts = {
            "sku": line.variant.sku,
            "accepted": line.accepted,
            "rejected": line.rejected,
            "ordered": line.kept,
        }
        if reject:
            facts["why"] = str(RejectReason(reject).label)
            return Done(_("%(sku)s: %(rejected)s rejected (%(why)s).") % facts, line.variant)
        return Done(_("%(sku)s: %(accepted)s of %(ordered)s accepted.") % facts, line.variant)

    kind = Scan.Kind.REJECTED if reject else Scan.Kind.ACCEPTED
    return record_once(kind, order.number, scanned, do, by=by)


def _on_label(scanned: Scanned, variant: Variant) -> tuple[Arriving, ...]:
    """The lot or serial number that the scanned label names, for variants that are tracked by it."""
    label = read_label(scanned.code)
    number = {Variant.Tracking.LOT: label.lot, Variant.Tracking.SERIAL: label.serial}.get(
        Variant.Tracking(variant.tracking)
    )
    return (Arriving(scanned.pieces, number, label.expires_on),) if number else ()


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


def scan_count(count: StockCount, scanned: Scanned, *, ago: timedelta = timedelta(), by: User) -> Scan:
    """Count scanned pieces on top of what was counted of the line; `ago` is how long the scan had to wait to be sent."""

    def do() -> Done:
        variant = variant_of(scanned.code)
        count.refresh_from_db(fields=["started_at"])
        entry = Entry(variant.pk, scanned.pieces, True, _moment(count, ago), scanned.key)
        [made] = enter_counts(count, [entry], by=by)
        counted = CountLine.objects.values_list("counted", flat=True).get(pk=made.line_id)
        return Done(_("%(sku)s: %(pieces)s counted.") % {"sku": variant.sku, "pieces": counted}, variant)

    return record_once(Scan.Kind.COUNTED, count.number, scanned, do, by=by)


def _moment(count: StockCount, ago: timedelta) -> datetime | None:
    """When it was counted, by the clock of the database; not before the stocktake began."""
    if ago <= timedelta() or count.started_at is None:
        return None
    return max(database_now() - ago, count.started_at)
