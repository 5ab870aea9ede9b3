"""Placing, canceling, closing and reopening."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition
from backoffice.models import User
from backoffice.retrying import patient, tried_twice
from customers.models import Customer
from inventory import services as inventory
from orders import mails
from orders.models import Fulfilment, FulfilmentLine, Order, OrderLine
from orders.services.holds import release_all
from orders.services.intake import NewLine, begin, fill
from orders.services.status import lines_of, lock, price, recalculate, restate
from orders.services.tax_rates import last_answered, rates_of, understood
from orders.services.writing import place_draft, take, take_from_one_place

# `seen` tells this version of the row from any other.
DRAFT = "SELECT *, xmin::text AS seen FROM orders_order WHERE id = %s"
LINES = "SELECT * FROM orders_orderline WHERE order_id = %s ORDER BY id"
Written = TypeVar("Written")


class CannotCancel(ValidationError):
    """Something of the order has left, or is being packed."""


class QuantityTooHigh(ValidationError):
    """More pieces were asked than the line has left for it."""


@tried_twice
def place(order: Order, *, by: User | None, at: datetime | None = None) -> Order:
    """Allocate stock for every line and place the order, or change nothing.

    Raises IllegalTransition unless the order is a draft, InsufficientStock naming every short line, Busy.
    """
    placed = None
    while placed is None:
        placed = _place_as_read(order.pk, by, at)
    mails.on_commit("placed", placed)
    return placed


def _place_as_read(key: int, by: User | None, at: datetime | None) -> Order | None:
    """The order, placed; None when somebody changed the draft between reading and writing."""
    order = next(iter(Order.objects.raw(DRAFT, [key])), None)
    if order is None:
        raise Order.DoesNotExist
    if order.status != Order.Status.DRAFT:  # a closed one becomes placed again by `reopen`, without a new promise
        raise IllegalTransition(order, order.get_status_display(), Order.Status.PLACED.label)
    lines = list(OrderLine.objects.raw(LINES, [key]))
    if not lines:
        raise ValidationError(_("%(order)s has no lines. Add what is sold first.") % {"order": order})
    price(order, lines)
    return order if _promised(order, lines, at, lambda promises: place_draft(order, lines, promises, by=by)) else None


@tried_twice
def place_new(
    *,
    by: User | None,
    lines: Sequence[NewLine],
    customer: Customer | None = None,
    at: datetime | None = None,
    **header: Any,
) -> Order:
    """Take an order in and place it: `create_draft` and `place` in one, by which every row is written once.

    Mostly one warehouse has everything and rates of tax are what they were: the order is worked out so, and written by one call,
    which proves it. Where it is otherwise the call writes nothing and says what is known, and warehouses are chosen by that.
    `header` as for `create_draft`. Raises what the two raise; nothing is changed then.
    """
    if not lines:
        raise ValidationError(_("An order needs a line. Add what is sold first."))
    order = begin(by, customer, **header)
    verbs = ["order.created", "order.placed"]
    answered = last_answered(order)
    rows = fill(order, lines, header, rates_of(order, answered or ()))
    _become_placed(order, at)
    for row, line in zip(rows, lines, strict=True):
        row.allocated = line.quantity if line.variant is not None and line.variant.track_stock else 0
    restate(order, rows)
    otherwise = take_from_one_place(order, rows, verbs, answered, by=by)
    if otherwise is not None:
        rates, stock = understood(order, otherwise)
        rows = fill(order, lines, header, rates)
        _promised(order, rows, at, lambda promises: take(order, rows, verbs, promises, by=by), stock)
    mails.on_commit("placed", order)
    return order


def _promised(
    order: Order,
    lines: Sequence[OrderLine],
    at: datetime | None,
    write: Callable[[inventory.Plan], Written],
    stock: inventory.Stock | None = None,
) -> Written:
    """`write` the order as placed, with what stock promises its lines; items of the promises are positions in `lines`."""
    demand = [
        inventory.Demand(item=position, variant=line.variant_id, quantity=line.quantity, sku=line.sku)
        for position, line in enumerate(lines)
        if line.variant_id is not None
    ]
    _become_placed(order, at)

    def placed(promises: inventory.Plan) -> Written:
        for line in lines:
            line.allocated = 0
        for one, _location, pieces in promises:
            lines[one.item].allocated += pieces
        restate(order, lines)
        return write(promises)

    return inventory.carry_out(demand, placed, stock)


def _become_placed(order: Order, at: datetime | None) -> None:
    order.status = Order.Status.PLACED
    order.updated_at = timezone.now()
    order.placed_at = at or order.updated_at


@patient
def cancel(order: Order, *, by: User | None, reason: str) -> Order:
    """Cancel the whole order and release its stock.

    Raises IllegalTransition, and CannotCancel when a part was shipped or is being packed.
    """
    order = lock(order)
    order.must_become(Order.Status.CANCELED)
    _must_explain(reason)
    was_placed = order.status == Order.Status.PLACED
    lines = lines_of(order)
    _refuse_on_the_way(order, lines)
    if any(line.allocated for line in lines):
        inventory.release(order.number, None, by=by)
    for line in lines:
        line.allocated, line.canceled = 0, line.quantity
    _end(order, lines, reason, by)
    audit.record("order.canceled", order, by=by, reason=reason)
    if was_placed:
        mails.on_commit("canceled", order, reason=reason)
    return order


@patient
def cancel_lines(order: Order, *, quantities: Mapping[int, int], by: User | None, reason: str) -> Order:
    """Cancel pieces that were not shipped, by primary key of the line, and release their stock.

    An order of which nothing remains is canceled. Raises QuantityTooHigh, CannotCancel, IllegalTransition.
    """
    order = lock(order)
    if order.status != Order.Status.PLACED:
        order.must_become(Order.Status.CANCELED)
        raise CannotCancel(_("%(order)s is a draft: remove the lines instead.") % {"order": order})
    _must_explain(reason)
    lines = lines_of(order)
    chosen = chosen_lines(lines, quantities)
    _refuse_packing(chosen)
    released = {line.pk: min(line.allocated, quantity) for line, quantity in chosen if line.allocated}
    if released:
        inventory.release(order.number, released, by=by)
    for line, quantity in chosen:
        line.allocated -= released.get(line.pk, 0)
        line.canceled += quantity
    if any(line.kept for line in lines):
        recalculate(order, lines)
    else:
        _end(order, lines, reason, by)
        mails.on_commit("canceled", order, reason=reason)
    data = {"lines": {line.sku or line.title: quantity for line, quantity in chosen}}
    audit.record("order.lines_canceled", order, by=by, reason=reason, data=data)
    return order


@transaction.atomic
def close(order: Order, *, by: User | None) -> Order:
    """Put a finished order away. Raises CannotCancel's sibling ValidationError while pieces wait to be shipped."""
    order = lock(order)
    order.must_become(Order.Status.CLOSED)
    waiting = [line.sku or line.title for line in lines_of(order) if line.requires_shipping and line.open_quantity]
    if waiting:
        raise ValidationError(
            _("%(order)s still has to ship %(lines)s. Ship or cancel them first.")
            % {"order": order, "lines": ", ".join(waiting)}
        )
    order.status = Order.Status.CLOSED
    order.closed_at = timezone.now()
    order.save(update_fields=["status", "closed_at", "updated_at"])
    audit.record("order.closed", order, by=by)
    return order


@transaction.atomic
def reopen(order: Order, *, by: User | None, reason: str = "") -> Order:
    """Take a closed order back into work."""
    order = lock(order)
    if order.status != Order.Status.CLOSED:
        order.must_become(Order.Status.PLACED)
        raise ValidationError(_("%(order)s is a draft: place it instead.") % {"order": order})
    order.status = Order.Status.PLACED
    order.closed_at = None
    order.save(update_fields=["status", "closed_at", "updated_at"])
    audit.record("order.reopened", order, by=by, reason=reason)
    return order


# --- Shared with the other verbs ----------------------------------------------------------------


def chosen_lines(lines: Sequence[OrderLine], quantities: Mapping[int, int]) -> list[tuple[OrderLine, int]]:
    """Lines with a quantity above zero; none, or one that the order does not have, is refused."""
    by_key = {line.pk: line for line in lines}
    chosen = [(by_key[key], quantity) for key, quantity in quantities.items() if quantity and key in by_key]
    if any(key not in by_key for key, quantity in quantities.items() if quantity):
        raise ValidationError(_("A line does not belong to this order."))
    if not chosen or any(quantity < 0 for _line, quantity in chosen):
        raise ValidationError(_("Choose at least one piece."))
    return chosen


def too_high(line: OrderLine, left: int, asked: int) -> str:
    """The sentence for a line of which less is left than was asked."""
    return _("%(line)s: %(left)s left, %(asked)s asked.") % {
        "line": line.sku or line.title,
        "left": left,
        "asked": asked,
    }


def _end(order: Order, lines: Sequence[OrderLine], reason: str, by: User | None) -> None:
    release_all(order, by=by, reason=reason)
    order.status = Order.Status.CANCELED
    order.canceled_at = timezone.now()
    order.cancel_reason = reason[:300]
    recalculate(order, lines, fields=["status", "canceled_at", "cancel_reason"])


def _must_explain(reason: str) -> None:
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})


def _refuse_on_the_way(order: Order, lines: Sequence[OrderLine]) -> None:
    if any(line.fulfilled for line in lines):
        raise CannotCancel(
            _("A part of %(order)s was shipped. Cancel the lines that remain instead.") % {"order": order}
        )
    parcel = Fulfilment.objects.waiting().filter(order=order).first()
    if parcel is not None:
        raise CannotCancel(_("%(parcel)s is being packed. Cancel it first.") % {"parcel": parcel})


def _refuse_packing(chosen: Sequence[tuple[OrderLine, int]]) -> None:
    for line, quantity in chosen:
        if quantity > line.open_quantity:
            raise QuantityTooHigh(too_high(line, line.open_quantity, quantity))
    waiting = Fulfilment.objects.waiting()
    row = (
        FulfilmentLine.objects.filter(order_line__in=[line.pk for line, _ in chosen], fulfilment__in=waiting)
        .select_related("fulfilment", "order_line")
        .first()
    )
    if row is not None:
        raise CannotCancel(
            _("%(line)s is being packed in %(parcel)s. Cancel that fulfilment first.")
            % {"line": row.order_line.sku, "parcel": row.fulfilment}
        )
