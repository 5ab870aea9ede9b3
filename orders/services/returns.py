"""Goods that come back: what was announced, what arrived, and in which condition."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition
from backoffice.models import User
from backoffice.numbering import next_number
from backoffice.retrying import patient
from inventory import services as inventory
from inventory.models import Location
from orders import mails
from orders.models import Order, OrderLine, Return, ReturnLine
from orders.services.placing import QuantityTooHigh, chosen_lines, too_high
from orders.services.status import lines_of, lock, recalculate


@dataclass(frozen=True)
class Arrived:
    """What came back of one announced line; what is neither is missing. Resellable pieces are restocked unless told not to.

    `parts` says of which lots the resellable ones are, where that is not known from what was shipped.
    """

    resellable: int = 0
    damaged: int = 0
    restock: bool = True
    parts: tuple[inventory.Arriving, ...] = ()


@transaction.atomic
def request_return(order: Order, *, quantities: Mapping[int, int], reason: str, by: User | None) -> Return:
    """Announce that pieces come back, by primary key of the order line.

    Raises QuantityTooHigh beyond what was shipped, not returned and not announced yet.
    """
    order = lock(order)
    if order.status not in (Order.Status.PLACED, Order.Status.CLOSED):
        raise IllegalTransition(order, order.get_status_display(), _("returned"))
    lines = lines_of(order)
    left = returnable(order, lines)
    chosen = chosen_lines(lines, quantities)
    short = [too_high(line, left[line.pk], asked) for line, asked in chosen if asked > left[line.pk]]
    if short:
        raise QuantityTooHigh(short)
    row = Return.objects.create(number=next_number("RT"), order=order, reason=reason, created_by=by)
    ReturnLine.objects.bulk_create(
        ReturnLine(order_return=row, order_line=line, quantity=asked) for line, asked in chosen
    )
    recalculate(order, lines)
    audit.record("return.requested", row, by=by, reason=reason)
    audit.record("order.return_requested", order, by=by, reason=reason, data={"return": row.number})
    return row


def returnable(order: Order, lines: list[OrderLine]) -> dict[int, int]:
    """Pieces of each line that may still be announced."""
    announced = dict(
        ReturnLine.objects.filter(order_return__in=order.returns.announced())
        .values_list("order_line").annotate(Sum("quantity")).order_by()
    )  # fmt: skip
    return {line.pk: line.fulfilled - line.returned - announced.get(line.pk, 0) for line in lines}


@transaction.atomic
def approve_return(order_return: Return, *, by: User | None) -> Return:
    """Agree that the goods may come back."""
    order, row = _locked(order_return)
    _become(row, Return.Status.APPROVED)
    audit.record("return.approved", row, by=by)
    mails.on_commit("return_approved", order, **{"return": row.number})
    return row


@patient
def receive_return(
    order_return: Return, *, location: Location, arrived: Mapping[int, Arrived], by: User | None
) -> Return:
    """Write down what arrived, by primary key of the return line, and restock what can be sold again.

    Damaged pieces are scrapped and never enter the stock. Raises IllegalTransition unless approved, QuantityTooHigh beyond the announced.
    """
    order, row = _locked(order_return)
    row.must_become(Return.Status.RECEIVED)
    rows = list(row.lines.select_related("order_line__variant").order_by("pk"))
    _refuse_unknown(rows, arrived)
    for line in rows:
        _count(line, arrived.get(line.pk, Arrived(0, 0)))
    ReturnLine.objects.bulk_update(rows, ["resellable", "damaged", "restocked"])
    _restock(row, rows, arrived, location, by)
    row.location = location
    row.received_at = timezone.now()
    _become(row, Return.Status.RECEIVED, "location", "received_at")
    _add_returned(order, rows)
    audit.record("return.received", row, by=by, data={"location": location.code})
    audit.record("order.return_received", order, by=by, data={"return": row.number})
    return row


@transaction.atomic
def close_return(order_return: Return, *, by: User | None) -> Return:
    """Say that nothing is left to do about a received return."""
    _order, row = _locked(order_return)
    _become(row, Return.Status.CLOSED)
    audit.record("return.closed", row, by=by)
    return row


@transaction.atomic
def cancel_return(order_return: Return, *, by: User | None, reason: str = "") -> Return:
    """The goods do not come back after all."""
    order, row = _locked(order_return)
    _become(row, Return.Status.CANCELED)
    recalculate(order)
    audit.record("return.canceled", row, by=by, reason=reason)
    audit.record("order.return_canceled", order, by=by, reason=reason, data={"return": row.number})
    return row


def _locked(order_return: Return) -> tuple[Order, Return]:
    order = Order.objects.locked().get(pk=order_return.order_id)
    return order, Return.objects.locked().get(pk=order_return.pk)


def _become(row: Return, status: str, *fields: str) -> None:
    row.must_become(status)
    row.status = status
    row.save(update_fields=["status", *fields])


def _refuse_unknown(rows: list[ReturnLine], arrived: Mapping[int, Arrived]) -> None:
    if set(arrived) - {line.pk for line in rows}:
        raise ValidationError(_("A line does not belong to this return."))


def _count(line: ReturnLine, arrived: Arrived) -> None:
    if min(arrived.resellable, arrived.damaged) < 0:
        raise ValidationError(_("Quantities cannot be negative."))
    total = arrived.resellable + arrived.damaged
    if total > line.quantity:
        raise QuantityTooHigh(
            _("%(line)s: %(announced)s announced, %(arrived)s received. Announce another return for the rest.")
            % {"line": line.order_line.sku or line.order_line.title, "announced": line.quantity, "arrived": total}
        )
    line.resellable, line.damaged = arrived.resellable, arrived.damaged
    line.restocked = arrived.resellable if arrived.restock and _is_stocked(line) else 0


def _restock(
    row: Return, rows: list[ReturnLine], arrived: Mapping[int, Arrived], location: Location, by: User | None
) -> None:
    stocked = [
        (line, line.order_line.variant.pk) for line in rows if line.order_line.variant is not None and _is_stocked(line)
    ]
    back = [(line, variant) for line, variant in stocked if line.restocked]
    goods = [(variant, line.restocked, None) for line, variant in back]
    if goods:
        parts = {place: arrived[line.pk].parts for place, (line, _variant) in enumerate(back)}
        documents = [row.order.number, *row.order.returns.values_list("number", flat=True)]
        inventory.take_back(row.number, goods, location, reason=row.reason, parts=parts, sent_with=documents, by=by)
    broken = [(variant, line.damaged) for line, variant in stocked if line.damaged]
    if broken:
        inventory.scrap(
            row.number, broken, None, reason=_("Came back damaged with %(number)s") % {"number": row}, by=by
        )


def _is_stocked(line: ReturnLine) -> bool:
    variant = line.order_line.variant
    return variant is not None and variant.track_stock


def _add_returned(order: Order, rows: list[ReturnLine]) -> None:
    lines = lines_of(order)
    by_key = {line.pk: line for line in lines}
    for row in rows:
        by_key[row.order_line_id].returned += row.received
    recalculate(order, lines)
