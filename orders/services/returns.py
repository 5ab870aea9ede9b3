"""Goods that are to come back: announced, approved or refused, received by `receiving`, and put away."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition
from backoffice.models import User
from backoffice.numbering import next_number
from orders import mails
from orders.models import Order, OrderLine, Return, ReturnCause, ReturnLine
from orders.services.placing import QuantityTooHigh, chosen_lines, too_high
from orders.services.status import lines_of, lock, recalculate


@dataclass(frozen=True)
class Why:
    """Why a line comes back: a reason of the list, a note, or both."""

    cause: ReturnCause | None = None
    note: str = ""


@transaction.atomic
def request_return(
    order: Order,
    *,
    quantities: Mapping[int, int],
    reason: str = "",
    why: Mapping[int, Why] = MappingProxyType({}),
    by: User | None,
) -> Return:
    """Announce that pieces come back, by primary key of the order line; `why` by the same.

    A line without a reason of its own has that of the whole return. Raises QuantityTooHigh beyond what was shipped, not
    returned and not announced yet, ValidationError where a line has no reason at all.
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
    reasons = _explained(chosen, why, reason.strip())
    row = Return.objects.create(
        number=next_number("RT"), order=order, reason=reason.strip() or _summed(reasons.values()), created_by=by
    )
    ReturnLine.objects.bulk_create(
        ReturnLine(
            order_return=row,
            order_line=line,
            quantity=asked,
            reason=reasons[line.pk].cause,
            note=reasons[line.pk].note[:300],
        )
        for line, asked in chosen
    )
    recalculate(order, lines)
    audit.record("return.requested", row, by=by, reason=row.reason)
    audit.record("order.return_requested", order, by=by, reason=row.reason, data={"return": row.number})
    return row


def returnable(order: Order, lines: Sequence[OrderLine]) -> dict[int, int]:
    """Pieces of each line that may still be announced."""
    coming = F("quantity") + F("unannounced") - F("resellable") - F("damaged")
    announced = dict(
        ReturnLine.objects.filter(order_return__in=order.returns.announced())
        .values_list("order_line").annotate(pieces=Sum(coming)).order_by()
    )  # fmt: skip
    return {line.pk: line.fulfilled - line.returned - announced.get(line.pk, 0) for line in lines}


@transaction.atomic
def approve_return(order_return: Return, *, by: User | None) -> Return:
    """Agree that the goods may come back."""
    order, row = lock_return(order_return)
    become(row, Return.Status.APPROVED)
    audit.record("return.approved", row, by=by)
    mails.on_commit("return_approved", order, **{"return": row.number})
    return row


@transaction.atomic
def refuse_return(order_return: Return, *, by: User | None, reason: str) -> Return:
    """Say that the goods may not come back. Raises ValidationError without a reason, which the customer will ask for."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    return _ended(order_return, Return.Status.REFUSED, reason, by)


@transaction.atomic
def cancel_return(order_return: Return, *, by: User | None, reason: str = "") -> Return:
    """The goods do not come back after all. Raises ValidationError when some of them have."""
    return _ended(order_return, Return.Status.CANCELED, reason, by)


@transaction.atomic
def close_return(order_return: Return, *, by: User | None) -> Return:
    """Say that nothing is left to do about a received return; pieces that are set aside may still be settled."""
    _order, row = lock_return(order_return)
    become(row, Return.Status.CLOSED)
    audit.record("return.closed", row, by=by)
    return row


# --- Shared with receiving and exchanging -------------------------------------------------------


def lock_return(order_return: Return) -> tuple[Order, Return]:
    """Its order, then the return and the order that is its exchange, which is younger; all as they stand now."""
    order = Order.objects.locked().get(pk=order_return.order_id)
    row = Return.objects.locked().get(pk=order_return.pk)
    row.order = order
    if row.exchange_id:
        row.exchange = Order.objects.locked().get(pk=row.exchange_id)
    return order, row


def become(row: Return, status: str, *fields: str) -> None:
    row.must_become(status)
    row.status = status
    row.save(update_fields=["status", *fields])


def _ended(order_return: Return, status: str, reason: str, by: User | None) -> Return:
    order, row = lock_return(order_return)
    row.must_become(status)
    arrived = sum(line.received for line in row.lines.all())
    if arrived:
        raise ValidationError(
            _("%(number)s: %(pieces)s pieces have arrived. Receive it, and what does not come counts as missing.")
            % {"number": row, "pieces": arrived}
        )
    if row.exchange is not None and row.exchange.status != Order.Status.CANCELED:
        raise ValidationError(
            _("%(order)s was placed in exchange for %(number)s. Cancel it first.")
            % {"order": row.exchange, "number": row}
        )
    become(row, status)
    recalculate(order)
    audit.record(f"return.{status}", row, by=by, reason=reason)
    audit.record(f"order.return_{status}", order, by=by, reason=reason, data={"return": row.number})
    return row


def _explained(chosen: Sequence[tuple[OrderLine, int]], why: Mapping[int, Why], reason: str) -> dict[int, Why]:
    """Why each line comes back; what somebody only wrote down is the reason "other"."""
    other = ReturnCause.objects.filter(code=ReturnCause.OTHER).first()
    found: dict[int, Why] = {}
    for line, _asked in chosen:
        own = why.get(line.pk, Why())
        if own.cause is None and not own.note.strip() and not reason:
            raise ValidationError(_("%(line)s: say why it comes back.") % {"line": line.sku or line.title})
        found[line.pk] = Why(own.cause or other, own.note.strip())
    return found


def _summed(reasons: Iterable[Why]) -> str:
    """What stands on the return where only its lines have reasons."""
    said = [one.note or str(one.cause or "") for one in reasons]
    return ", ".join(dict.fromkeys(text for text in said if text))[:300]
