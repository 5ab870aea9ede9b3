"""Undo and redo of an import of orders. What money was recorded for cannot vanish: it gets counter-entries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pghistory.models
from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.imports.rewinding import CHANGED, Rewinding, Row
from backoffice.models import ImportRun, User
from inventory import services as inventory
from orders.models import (
    Authorization,
    AuthorizationVoid,
    Fulfilment,
    FulfilmentLine,
    Invoice,
    Order,
    OrderLine,
    Refund,
)
from orders.services.status import lines_of, recalculate

RETURNING = (FulfilmentLine, Fulfilment, OrderLine, Order)


@transaction.atomic
def take_back_orders(run: ImportRun, work: Rewinding, *, by: User | None) -> None:
    """Delete the orders that `run` brought; cancel those with payments or authorizations and give these back on paper.

    Orders that somebody changed since, or that were invoiced, are kept and named. Customers stay.
    """
    orders = [
        order for order in Order.objects.filter(pk__in=_brought_by(run)).locked() if not _is_taken_back(order, run)
    ]
    foreign = _changed_since(run, [order.pk for order in orders])
    work.kept[Order] += [Row(order.pk, CHANGED) for order in orders if order.pk in foreign]
    free = [order for order in orders if order.pk not in foreign]
    _release(free, by)
    kept = [order for order in free if order.paid or order.authorized or order.voided]
    gone = [order.pk for order in free if order not in kept]
    _delete(gone)
    work.deleted += len(gone)
    for order in kept:
        _cancel(order, run, by)
    refunded = _("canceled and refunded, for payments are never deleted")
    voided = _("canceled and voided, for authorizations are never deleted")
    work.kept[Order] += [Row(order.pk, refunded if order.paid else voided) for order in kept]


@transaction.atomic
def bring_back_orders(run: ImportRun, work: Rewinding, *, by: User | None) -> None:
    """Make the orders that were deleted again, with lines and parcels, under their numbers where these are still free.

    An order that cannot come back whole does not come at all and is named, and so is one whose payments were given back.
    """
    work.bring_back(RETURNING)
    work.created = 0
    work.kept.clear()
    if not work.applied:
        return
    gone = {pk: f"{number} ({source})" for pk, _back, number, source in work.returned(Order, "number", "source_number")}
    parcels = work.returned(Fulfilment, "order_id")
    _delete_parcels([pk for pk, is_back, order in parcels if is_back and order not in gone])  # of canceled orders
    parts = [*work.returned(OrderLine, "order_id"), *parcels]
    _delete(sorted({order for _part, is_back, order in parts if not is_back} & gone.keys()))
    back = list(Order.objects.filter(pk__in=gone))
    missing = gone.keys() - {order.pk for order in back}
    taken = _("%(order)s: another order has its number by now, or what it refers to is gone")
    work.kept[Order] += [Row(pk, taken % {"order": gone[pk]}) for pk in sorted(missing)]
    refunded = _("its payments were given back; import the file anew")
    brought = Order.objects.filter(pk__in=_brought_by(run)).order_by("pk")
    work.kept[Order] += [Row(order.pk, refunded) for order in brought if _is_taken_back(order, run)]
    work.created = len(back)
    audit.record_many("order.imported", back, by=by)


def _is_taken_back(order: Order, run: ImportRun) -> bool:
    """Whether undo canceled the order instead of deleting it."""
    return order.status == Order.Status.CANCELED and order.source_number.endswith(_mark(run))


def _mark(run: ImportRun) -> str:
    return f" ({run.number})"


def _contexts(run: ImportRun) -> Sequence[object]:
    """Contexts of the history in which the run was applied, taken back and done again."""
    kinds = Q(metadata__run=run.number) | Q(metadata__undone=run.number) | Q(metadata__redone=run.number)
    return list(pghistory.models.Context.objects.filter(kinds).values_list("pk", flat=True))


def _events() -> Any:
    """The history of orders."""
    return Order.history.rel.related_model.objects  # type: ignore[attr-defined]


def _brought_by(run: ImportRun) -> list[int]:
    events = _events().filter(pgh_label="insert", pgh_context__in=_contexts(run))
    return list(events.values_list("pgh_obj_id", flat=True))


def _changed_since(run: ImportRun, keys: Sequence[int]) -> set[int]:
    events = _events().filter(pgh_obj_id__in=keys).exclude(pgh_context__in=_contexts(run))
    invoiced = Invoice.objects.filter(order__in=keys)
    return {*events.values_list("pgh_obj_id", flat=True), *invoiced.values_list("order_id", flat=True)}


def _release(orders: Sequence[Order], by: User | None) -> None:
    """Give up what stock promised to partly shipped orders."""
    promised = OrderLine.objects.filter(order__in=orders, allocated__gt=0)
    for order in Order.objects.filter(pk__in=promised.values("order")).order_by("pk"):
        inventory.release(order.number, None, by=by)
    promised.update(allocated=0)


def _delete(keys: Sequence[int]) -> None:
    FulfilmentLine.objects.filter(fulfilment__order__in=keys).delete()
    Fulfilment.objects.filter(order__in=keys).delete()
    OrderLine.objects.filter(order__in=keys).delete()
    Order.objects.filter(pk__in=keys).delete()


def _delete_parcels(keys: Sequence[int]) -> None:
    FulfilmentLine.objects.filter(fulfilment__in=keys).delete()
    Fulfilment.objects.filter(pk__in=keys).delete()


def _cancel(order: Order, run: ImportRun, by: User | None) -> None:
    """Cancel the order, refund what is left of its payments, and free its number at the source."""
    reason = _("%(run)s undone") % {"run": run.number}
    FulfilmentLine.objects.filter(fulfilment__order=order).delete()
    Fulfilment.objects.filter(order=order).delete()
    lines = lines_of(order)
    for line in lines:
        line.fulfilled, line.canceled = 0, line.quantity
    left = order.paid - order.refunded
    if left:
        Refund.objects.create(order=order, amount=left, method=_("unknown"), reason=reason, by=by)
        order.refunded += left
    for promise in Authorization.objects.filter(order=order, amount__gt=F("captured") + F("voided")):
        rest = promise.amount - promise.captured - promise.voided
        AuthorizationVoid.objects.create(authorization=promise, amount=rest, reason=reason, by=by)
        order.authorized, order.voided = order.authorized - rest, order.voided + rest
    if order.status == Order.Status.CLOSED:
        Order.objects.filter(pk=order.pk).update(status=Order.Status.PLACED)
    order.status = Order.Status.CANCELED
    order.canceled_at = order.canceled_at or timezone.now()
    order.cancel_reason = reason
    order.source_number = f"{order.source_number[:80]}{_mark(run)}"
    recalculate(order, lines, fields=["status", "canceled_at", "cancel_reason", "source_number"])
    audit.record("order.canceled", order, by=by, reason=reason)
