"""What arrives of a purchase order: accepted into stock, or rejected with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.numbering import next_number
from backoffice.retrying import patient
from inventory.models import Location, PurchaseOrder, PurchaseOrderLine, Receipt, ReceiptLine, RejectReason
from inventory.services.lots import Arriving, arrivals
from inventory.services.places import must_act_at
from inventory.services.posting import Kind, Move, post, virtual
from inventory.services.purchasing import locked, settle

Status = PurchaseOrder.Status
RECEIVABLE = (Status.ORDERED, Status.PARTIALLY_RECEIVED, Status.RECEIVED, Status.OVER_RECEIVED)
OVER = "inventory.over_receive"


@dataclass(frozen=True)
class Delivered:
    """What came of one line (primary key). Rejected pieces go back and never are stock; they need a reason.

    `parts` says of which lots the accepted pieces are and into which bins they go.
    """

    line: int
    accepted: int
    rejected: int = 0
    reason: str = ""
    parts: tuple[Arriving, ...] = ()


@patient
def receive_purchase(
    order: PurchaseOrder,
    delivered: Sequence[Delivered],
    reference: str = "",
    note: str = "",
    key: str | None = None,
    *,
    adds: bool = False,
    by: User | None,
) -> Receipt:
    """Take in a delivery of an order and post it; it adds to what came before.

    The same `key` again returns the receipt that it led to, or with `adds` puts this on it: a delivery that is scanned
    piece by piece. More than was ordered needs the permission to over-receive.
    """
    order = locked(order)
    already = Receipt.objects.filter(key=key).first() if key else None
    if already is not None and not adds:
        return already
    must_act_at(by, order.location)
    if order.status not in RECEIVABLE:
        raise ValidationError(_("%(order)s is not ordered: nothing can be received for it.") % {"order": order})
    came = [row for row in delivered if row.accepted or row.rejected]
    lines = {line.pk: line for line in order.lines.select_related("variant").filter(pk__in=[row.line for row in came])}
    _refuse_bad(came, lines)
    _refuse_excess(came, lines, by)
    receipt = already or Receipt.objects.create(
        number=next_number("RC"),
        location=order.location,
        supplier=order.supplier,
        purchase_order=order,
        reference=reference,
        note=note,
        key=key or None,
        received_by=by,
    )
    if already is not None:
        _continue(already, order, reference)
    rows = [
        ReceiptLine(
            receipt=receipt,
            purchase_line_id=row.line,
            variant_id=lines[row.line].variant_id,
            quantity=row.accepted,
            rejected=row.rejected,
            reject_reason=row.reason if row.rejected else "",
            unit_cost=cost_here(order, lines[row.line].unit_cost),
        )
        for row in came
    ]
    _write(rows, [] if already is None else list(already.lines.all()))
    settle(order)
    if already is None:
        pieces, rejected = sum(row.accepted for row in came), sum(row.rejected for row in came)
        audit.record("receipt.posted", receipt, by=by, data={"pieces": pieces, "rejected": rejected})
        audit.record("purchaseorder.received", order, by=by, data={"receipt": receipt.number, "pieces": pieces})
    source, here = virtual(Location.Kind.SUPPLIER), order.location_id
    put = arrivals(
        [(row.variant_id, row.quantity, said.parts) for row, said in zip(rows, came, strict=True)], order.location
    )
    post(
        [
            Move(Kind.RECEIVED, row.variant_id, source, here, row.quantity, row.unit_cost, receipt.number, put=into)
            for row, into in zip(rows, put, strict=True)
            if row.quantity
        ],
        by=by,
    )
    return receipt


def cost_here(order: PurchaseOrder, cost: Decimal) -> Decimal:
    """A cost of the order in the shop's currency, to a millionth."""
    return round(cost * order.exchange_rate, 6)


def _write(rows: Sequence[ReceiptLine], written: Sequence[ReceiptLine]) -> None:
    """Add the rows to a receipt; pieces of a line that is `written` there already, with one reason, join it."""
    there = {(line.purchase_line_id, line.reject_reason): line for line in written}
    known = [(there[key], row) for row in rows if (key := (row.purchase_line_id, row.reject_reason)) in there]
    for line, row in known:
        line.quantity += row.quantity
        line.rejected += row.rejected
    ReceiptLine.objects.bulk_update([line for line, _row in known], ["quantity", "rejected"])
    ReceiptLine.objects.bulk_create(row for row in rows if (row.purchase_line_id, row.reject_reason) not in there)


def _continue(receipt: Receipt, order: PurchaseOrder, reference: str) -> None:
    """See that more can go onto the receipt, and keep the delivery note that was told later."""
    if receipt.purchase_order_id != order.pk:
        raise ValidationError(_("%(receipt)s belongs to another order.") % {"receipt": receipt})
    if receipt.landed_costs.exists():
        raise ValidationError(
            _("Costs are spread over %(receipt)s already. Begin a new delivery.") % {"receipt": receipt}
        )
    if reference and reference != receipt.reference:
        receipt.reference = reference
        receipt.save(update_fields=["reference"])


def _refuse_bad(came: Sequence[Delivered], lines: dict[int, PurchaseOrderLine]) -> None:
    if not came:
        raise ValidationError(_("Say what arrived."))
    if len({row.line for row in came}) < len(came) or len(lines) < len(came):
        raise ValidationError(_("Each line stands once, and is one of the order's."))
    for row in came:
        sku = lines[row.line].variant.sku
        if row.accepted < 0 or row.rejected < 0:
            raise ValidationError(_("%(sku)s: no fewer than no pieces can arrive.") % {"sku": sku})
        if row.rejected and row.reason not in RejectReason.values:
            raise ValidationError(_("%(sku)s: say why pieces are rejected.") % {"sku": sku})


def _refuse_excess(came: Sequence[Delivered], lines: dict[int, PurchaseOrderLine], by: User | None) -> None:
    """More than was ordered is a decision, not a slip."""
    if by is None or by.has_perm(OVER):
        return
    errors = [
        _("%(sku)s: %(ordered)s ordered, %(accepted)s accepted. You may not receive more than was ordered.")
        % {"sku": line.variant.sku, "ordered": line.quantity - line.canceled, "accepted": line.accepted + row.accepted}
        for row in came
        if (line := lines[row.line]) and row.accepted and line.accepted + row.accepted > line.quantity - line.canceled
    ]
    if errors:
        raise ValidationError(errors)
