"""Undo and redo of an import of purchase orders. What it received leaves again by counter-entries."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

import pghistory.models
import pgtrigger
from django.db import connection, transaction
from django.db.models import Min, Q, Sum
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.imports.rewinding import CHANGED, Rewinding, Row
from backoffice.models import ImportRun, User
from inventory.models import (
    LandedCost,
    Location,
    PartPosting,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    StockLevel,
    StockPart,
)
from inventory.services.lots import portion
from inventory.services.posting import Kind, Move, lock_levels, post, virtual
from inventory.services.purchase_files import receiving_moves

RETURNING = (ReceiptLine, Receipt, PurchaseOrderLine, PurchaseOrder)
MOVED = ("status", "ordered_at", "closed_at")
COMPARED = (
    "supplier_id", "location_id", "status", "currency", "exchange_rate", "expected_on", "subtotal", "tax", "freight", "note",
    "mailed_at", "cancel_reason",
)  # fmt: skip


@transaction.atomic
def take_back_purchases(run: ImportRun, work: Rewinding, *, by: User | None) -> None:
    """Delete the orders and lines that `run` brought, and take what they received out of stock again.

    Orders that somebody changed since, whose receipts carry landed costs, or whose goods left or are promised by now, are
    kept and named.
    """
    lines = list(PurchaseOrderLine.objects.filter(pk__in=_brought_by(run, PurchaseOrderLine)).order_by("pk"))
    brought = set(_brought_by(run, PurchaseOrder))
    keys = brought | {line.purchase_order_id for line in lines}
    orders = list(PurchaseOrder.objects.filter(pk__in=keys).locked())
    foreign = _changed_since(run, orders)
    costly = set(
        LandedCost.objects.filter(receipt__purchase_order__in=keys).values_list("receipt__purchase_order", flat=True)
    )
    work.kept[PurchaseOrder] += [Row(order.pk, CHANGED) for order in orders if order.pk in foreign]
    dear = _("its receipts carry landed costs")
    work.kept[PurchaseOrder] += [Row(order.pk, dear) for order in orders if order.pk in costly - foreign]
    free = [order for order in orders if order.pk not in foreign | costly]
    receipts = _receipts_of(run, [order.pk for order in free])
    lots = _lots_received(receipts)
    free = _lots_there(free, receipts, lots, work)
    whole = {order.pk for order in free}
    free = _in_stock(free, [receipt for receipt in receipts if receipt.purchase_order_id in whole], work)
    freed = {order.pk for order in free}
    ours = [receipt for receipt in receipts if receipt.purchase_order_id in freed]
    moves = _returning(ours, lots, _("%(run)s undone") % {"run": run.number})
    before = _state_before(run, freed - brought)
    ReceiptLine.objects.filter(receipt__in=ours).delete()
    Receipt.objects.filter(pk__in=[receipt.pk for receipt in ours]).delete()
    PurchaseOrderLine.objects.filter(pk__in=[line.pk for line in lines if line.purchase_order_id in freed]).delete()
    _give_state(before)
    work.deleted += PurchaseOrder.objects.filter(pk__in=freed & brought).delete()[1].get("inventory.PurchaseOrder", 0)
    work.restored += len(freed - brought)
    post(moves, by=by)


@transaction.atomic
def bring_back_purchases(run: ImportRun, work: Rewinding, *, by: User | None) -> None:
    """Make the orders and lines that were deleted again, under their numbers, and receive once more what they had received."""
    work.bring_back(RETURNING)
    if not work.applied:
        return
    lines = [pk for pk, is_back in work.returned(ReceiptLine) if is_back]
    with connection.cursor() as cursor:
        # The rows came with their sums, and the triggers added to these what the lines brought: say what is true.
        cursor.execute(
            """UPDATE inventory_purchaseorderline l SET accepted = r.accepted, rejected = r.rejected
               FROM (SELECT purchase_line_id, sum(quantity) AS accepted, sum(rejected) AS rejected FROM inventory_receiptline
                     WHERE purchase_line_id IN (SELECT purchase_line_id FROM inventory_receiptline WHERE id = ANY(%s)) GROUP BY 1) r
               WHERE l.id = r.purchase_line_id AND (l.accepted, l.rejected) IS DISTINCT FROM (r.accepted, r.rejected)""",
            [lines],
        )
        back = [pk for pk, is_back in work.returned(PurchaseOrderLine) if is_back]
        cursor.execute(
            """UPDATE inventory_purchaseorder o SET subtotal = l.amount
               FROM (SELECT purchase_order_id, sum(quantity * unit_cost) AS amount FROM inventory_purchaseorderline
                     WHERE purchase_order_id IN (SELECT purchase_order_id FROM inventory_purchaseorderline WHERE id = ANY(%s)) GROUP BY 1) l
               WHERE o.id = l.purchase_order_id AND o.subtotal <> l.amount""",
            [back],
        )
    _settle_again(run, back)
    orders = [pk for pk, is_back in work.returned(PurchaseOrder) if is_back]
    audit.record_many("purchaseorder.imported", list(PurchaseOrder.objects.filter(pk__in=orders)), by=by)
    back_again = list(Receipt.objects.filter(lines__in=lines).distinct().order_by("pk").prefetch_related("lines"))
    post(_with_lots(receiving_moves(lines), _lots_received(back_again)), by=by)


Lots = dict[tuple[str, int], dict[int, int]]  # pieces by lot, of (receipt, variant)


def _lots_received(receipts: Sequence[Receipt]) -> Lots:
    """The lots that the first moves of these receipts brought; what was done again later repeats them."""
    lines = Counter((one.number, line.variant_id) for one in receipts for line in one.lines.all() if line.quantity)
    brought = PartPosting.objects.filter(
        move__kind=Kind.RECEIVED, move__cause__in=[one.number for one in receipts], part__lot__isnull=False
    )
    rows = brought.order_by("move", "pk").values_list("move", "move__cause", "move__variant", "part__lot", "quantity")
    seen: dict[tuple[str, int], list[int]] = defaultdict(list)
    lots: Lots = defaultdict(dict)
    for move, number, variant, lot, pieces in rows:
        moves = seen[number, variant]
        if move not in moves:
            moves.append(move)
        if moves.index(move) < lines[number, variant]:
            there = lots[number, variant]
            there[lot] = there.get(lot, 0) + pieces
    return lots


def _with_lots(moves: Sequence[Move], lots: Lots) -> list[Move]:
    """The moves with the lots that came by their receipts, in order."""
    named = []
    for move in moves:
        left = lots.get((move.cause, move.variant), {})
        chosen = portion(left, move.quantity)
        for one in chosen:
            left[one.lot or 0] -= one.quantity
        comes = move.kind == Kind.RECEIVED
        named.append(replace(move, put=chosen) if comes else replace(move, taken=chosen))
    return named


def _lots_there(
    orders: Sequence[PurchaseOrder], receipts: Sequence[Receipt], lots: Lots, work: Rewinding
) -> list[PurchaseOrder]:
    """The orders of whose lots all pieces that came are still at their place; the others are kept and named."""
    short = set()
    for receipt in receipts:
        for line in receipt.lines.all():
            wanted = lots.get((receipt.number, line.variant_id), {})
            parts = StockPart.objects.filter(level__location=receipt.location_id, lot__in=wanted)
            there = dict(parts.values_list("lot").annotate(Sum("quantity")).order_by())
            if any(there.get(lot, 0) < pieces for lot, pieces in wanted.items()):
                short.add(receipt.purchase_order_id)
    work.kept[PurchaseOrder] += [
        Row(order.pk, _("its goods left or are promised")) for order in orders if order.pk in short
    ]
    return [order for order in orders if order.pk not in short]


def _settle_again(run: ImportRun, lines: Collection[int]) -> None:
    """Orders that were there before get the status back that the run gave them."""
    keys = set(PurchaseOrderLine.objects.filter(pk__in=lines).values_list("purchase_order", flat=True))
    events = _events(PurchaseOrder).filter(pgh_obj_id__in=keys, pgh_context__metadata__run=run.number)
    final = {event.pop("pgh_obj_id"): event for event in events.order_by("pgh_id").values("pgh_obj_id", *MOVED)}
    _give_state(final)


def _in_stock(orders: Sequence[PurchaseOrder], receipts: Sequence[Receipt], work: Rewinding) -> list[PurchaseOrder]:
    """The orders whose received pieces are still there and free; the levels are locked. The others are kept and named."""
    needs: dict[int, Counter[tuple[int, int]]] = {order.pk: Counter() for order in orders}
    for receipt in receipts:
        for line in receipt.lines.all():
            needs[receipt.purchase_order_id][line.variant_id, receipt.location_id] += line.quantity  # type: ignore[index]
    places = sorted({place for need in needs.values() for place in need})
    if places:
        lock_levels(places)
    levels = StockLevel.objects.filter(variant__in={variant for variant, _place in places})
    spare = Counter({(level.variant_id, level.location_id): max(level.free, 0) for level in levels})
    free = []
    for order in orders:
        if any(spare[place] < pieces for place, pieces in needs[order.pk].items()):
            work.kept[PurchaseOrder].append(Row(order.pk, _("its goods left or are promised")))
            continue
        spare.subtract(needs[order.pk])
        free.append(order)
    return free


def _returning(receipts: Sequence[Receipt], lots: Lots, reason: str) -> list[Move]:
    outside = virtual(Location.Kind.SUPPLIER)
    moves = [
        Move(Kind.ADJUSTED, line.variant_id, receipt.location_id, outside, line.quantity, None, receipt.number, reason)
        for receipt in receipts
        for line in receipt.lines.all()
        if line.quantity
    ]
    return _with_lots(moves, lots)


def _contexts(run: ImportRun) -> Sequence[object]:
    """Contexts of the history in which the run was applied, taken back and done again."""
    kinds = Q(metadata__run=run.number) | Q(metadata__undone=run.number) | Q(metadata__redone=run.number)
    return list(pghistory.models.Context.objects.filter(kinds).values_list("pk", flat=True))


def _events(model: Any) -> Any:
    return model.history.rel.related_model.objects


def _brought_by(run: ImportRun, model: Any) -> list[int]:
    events = _events(model).filter(pgh_label="insert", pgh_context__in=_contexts(run))
    return list(events.values_list("pgh_obj_id", flat=True))


def _receipts_of(run: ImportRun, orders: Sequence[int]) -> list[Receipt]:
    brought = Receipt.objects.filter(pk__in=_brought_by(run, Receipt), purchase_order__in=orders)
    return list(brought.prefetch_related("lines").order_by("pk"))


def _changed_since(run: ImportRun, orders: Sequence[PurchaseOrder]) -> set[int]:
    """Orders that are not as the run left them, or have lines or receipts of others."""
    keys = [order.pk for order in orders]
    events = _events(PurchaseOrder).filter(pgh_obj_id__in=keys, pgh_context__in=_contexts(run)).order_by("pgh_id")
    left = {event.pop("pgh_obj_id"): event for event in events.values("pgh_obj_id", *COMPARED)}
    changed = {order.pk for order in orders if any(getattr(order, name) != left[order.pk][name] for name in COMPARED)}
    brought = _brought_by(run, PurchaseOrder)
    lines = PurchaseOrderLine.objects.filter(purchase_order__in=brought).exclude(
        pk__in=_brought_by(run, PurchaseOrderLine)
    )
    receipts = Receipt.objects.filter(purchase_order__in=keys).exclude(pk__in=_brought_by(run, Receipt))
    of_brought = receipts.filter(
        Q(purchase_order__in=brought) | Q(lines__purchase_line__in=_brought_by(run, PurchaseOrderLine))
    )
    return {
        *changed,
        *lines.values_list("purchase_order", flat=True),
        *of_brought.values_list("purchase_order", flat=True),
    }


def _state_before(run: ImportRun, keys: Collection[int]) -> dict[int, dict[str, Any]]:
    """What orders that were there already said before the run touched them."""
    first = _events(PurchaseOrder).filter(pgh_obj_id__in=keys, pgh_context__in=_contexts(run))
    starts = {
        row["pgh_obj_id"]: row["start"] for row in first.values("pgh_obj_id").annotate(start=Min("pgh_id")).order_by()
    }
    events = _events(PurchaseOrder).filter(pgh_obj_id__in=keys).order_by("pgh_id")
    found = {}
    for event in events.values("pgh_id", "pgh_obj_id", *MOVED):
        key = event["pgh_obj_id"]
        if event["pgh_id"] < starts[key]:
            found[key] = {name: event[name] for name in MOVED}
    return found


def _give_state(states: dict[int, dict[str, Any]]) -> None:
    with pgtrigger.ignore("inventory.PurchaseOrder:legal_transitions"):
        for pk, state in states.items():
            PurchaseOrder.objects.filter(pk=pk).exclude(status=state["status"]).update(**state)
