"""Money that goes back. It is granted first, above the limit by a second person, and executed when it has left.

What is granted counts against what was paid; the payment status and the customer's mail wait until it is executed.
"""

from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import approvals, audit
from backoffice.models import Approval, User
from backoffice.money import ZERO, format_money
from backoffice.numbering import next_number
from orders import mails
from orders.models import Order, Refund, RefundGrant, Return
from orders.services.payments import KeyReused, made_by, must_be_amount, refundable, refuse_beyond_paid
from orders.services.return_money import left_of, refuse_beyond_value
from orders.services.status import lock, restate_payment

REFUND = "orders.refund"
APPROVE_REFUND = "orders.approve_refund"
Status = RefundGrant.Status


class NeedsSecondPerson(ValidationError):
    """The refund is above the limit of what one person may give back."""


@transaction.atomic
def grant_refund(
    order: Order,
    *,
    amount: Decimal,
    method: str,
    reason: str,
    by: User | None,
    order_return: Return | None = None,
    key: str | None = None,
) -> RefundGrant:
    """Say that money is to be given back; above the limit it is asked for and waits for another person.

    The same `key` again returns what it made. Raises RefundTooHigh beyond what was paid and neither refunded nor granted yet,
    and BeyondReturn beyond the value of what arrived.
    """
    order = lock(order)
    known = made_by(RefundGrant, key, order=order, amount=amount)
    if known is not None:
        return known
    _check(order, amount, reason, order_return)
    is_asked = by is not None and refund_needs_approval(order, amount, by=by)
    grant = _write(order, by, is_asked, amount=amount, method=method, reason=reason, order_return=order_return, key=key)
    if is_asked and by is not None:
        grant.approval = approvals.request(REFUND, grant, payload={"order": order.number}, by=by, reason=reason)
        grant.save(update_fields=["approval"])
    return grant


@transaction.atomic
def refund(
    order: Order,
    *,
    amount: Decimal,
    method: str,
    reason: str,
    by: User | None,
    reference: str = "",
    order_return: Return | None = None,
    key: str | None = None,
) -> Refund:
    """Write down money that was given back already; stock is not touched. The same `key` again returns the refund that it made.

    Raises RefundTooHigh beyond what was paid and neither refunded nor granted yet, NeedsSecondPerson above the limit, KeyReused.
    """
    order = lock(order)
    known = made_by(Refund, key, order=order, amount=amount)
    if known is not None:
        return known
    if key and RefundGrant.objects.filter(key=key).exists():
        raise KeyReused(_("This key was used for another amount or order already."))
    _check(order, amount, reason, order_return)
    if refund_needs_approval(order, amount, by=by):
        raise NeedsSecondPerson(
            {
                "amount": _("Above %(limit)s in all, a second person has to approve refunds of an order.")
                % {"limit": format_money(approvals.limit_of(REFUND), order.currency)}
            }
        )
    grant = _write(order, by, False, amount=amount, method=method, reason=reason, order_return=order_return, key=key)
    return _execute(order, grant, by=by, reference=reference, key=key)


@transaction.atomic
def execute_refund(grant: RefundGrant, *, by: User | None, reference: str = "", at: datetime | None = None) -> Refund:
    """Say that the money has left. Raises IllegalTransition unless it is granted."""
    order, grant = _locked(grant)
    grant.must_become(Status.EXECUTED)
    return _execute(order, grant, by=by, reference=reference, at=at)


@transaction.atomic
def fail_refund(grant: RefundGrant, *, by: User | None, reason: str) -> RefundGrant:
    """Say that the money could not be sent, or will not be: it may be granted anew. Raises IllegalTransition unless granted."""
    order, grant = _locked(grant)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    _end(grant, Status.FAILED, by, reason)
    data = {"amount": str(grant.amount), "method": grant.method, "grant": grant.number}
    audit.record("order.refund_failed", order, by=by, reason=reason, data=data)
    audit.record("refundgrant.failed", grant, by=by, reason=reason)
    return grant


# --- Second person ------------------------------------------------------------------------------


def refund_needs_approval(order: Order, amount: Decimal, *, by: User | None) -> bool:
    """Whether `by` may not give this back alone: with all that was given back of the order without a second person it is
    above the limit, in the order's currency. None is the operator of the machine."""
    if by is None:
        return False
    alone = order.refund_grants.filter(approval=None).filter(status__in=[Status.GRANTED, Status.EXECUTED])
    given: Decimal = alone.aggregate(sum=Sum("amount", default=ZERO))["sum"]
    return given + amount > approvals.limit_of(REFUND)


def approve_refund(approval: Approval, *, by: User) -> RefundGrant:
    """Grant what was asked for. Raises RefundTooHigh when less is left by now."""
    order, grant = _locked(RefundGrant.objects.get(pk=approval.subject_id))
    grant.must_become(Status.GRANTED)
    refuse_beyond_paid(order, grant.amount)
    grant.status, grant.granted_by, grant.granted_at = Status.GRANTED, by, timezone.now()
    grant.save(update_fields=["status", "granted_by", "granted_at"])
    _tell("order.refund_granted", order, grant, by)
    return grant


def refuse_refund(approval: Approval) -> None:
    """The proposal came to nothing."""
    order, grant = _locked(RefundGrant.objects.get(pk=approval.subject_id))
    _end(grant, Status.REFUSED, approval.decided_by, approval.decision)
    data = {"amount": str(grant.amount), "method": grant.method, "grant": grant.number}
    audit.record("order.refund_refused", order, by=approval.decided_by, reason=approval.decision, data=data)
    audit.record("refundgrant.refused", grant, by=approval.decided_by, reason=approval.decision)


# --- Returns ------------------------------------------------------------------------------------


def suggested_refund(order_return: Return) -> Decimal:
    """What is neither refunded nor promised of the value that arrived, within what is refundable."""
    left = left_of(order_return) - _promised(order_return)
    return max(min(left, refundable(order_return.order)), ZERO)


def _promised(order_return: Return) -> Decimal:
    """What is asked for or granted for the return and has not left yet."""
    waiting = order_return.refund_grants.filter(status__in=[Status.ASKED, Status.GRANTED])
    return waiting.aggregate(sum=Sum("amount", default=ZERO))["sum"]  # type: ignore[no-any-return]


# --- Parts --------------------------------------------------------------------------------------


def _check(order: Order, amount: Decimal, reason: str, order_return: Return | None) -> None:
    must_be_amount(amount, order.currency)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    if order_return is not None and order_return.order_id != order.pk:
        raise ValidationError(_("%(return)s belongs to another order.") % {"return": order_return})
    refuse_beyond_paid(order, amount)
    if order_return is not None:
        refuse_beyond_value(order_return, amount + _promised(order_return), order.currency)


def _write(order: Order, by: User | None, is_asked: bool, **facts: object) -> RefundGrant:
    now = timezone.now()
    granted = {} if is_asked else {"granted_by": by, "granted_at": now}
    grant = RefundGrant.objects.create(
        number=next_number("RF"),
        order=order,
        status=Status.ASKED if is_asked else Status.GRANTED,
        asked_by=by,
        asked_at=now,
        **granted,
        **facts,
    )
    if not is_asked:
        order.refund_granted += grant.amount
    _tell("order.refund_asked" if is_asked else "order.refund_granted", order, grant, by)
    return grant


def _execute(
    order: Order,
    grant: RefundGrant,
    *,
    by: User | None,
    reference: str,
    key: str | None = None,
    at: datetime | None = None,
) -> Refund:
    """Write the refund of a granted one of a locked order; its trigger makes the grant executed."""
    if grant.order_return is not None:
        refuse_beyond_value(grant.order_return, grant.amount, order.currency)
    row = Refund.objects.create(
        order=order,
        grant=grant,
        order_return=grant.order_return,
        amount=grant.amount,
        method=grant.method,
        reference=reference,
        reason=grant.reason,
        key=key,
        at=at or timezone.now(),
        by=by,
    )
    grant.status, grant.ended_by, grant.ended_at = Status.EXECUTED, by, row.at
    grant.save(update_fields=["ended_by", "ended_at"])
    order.refund_granted -= grant.amount
    order.refunded += grant.amount
    restate_payment(order)
    data = {
        "refund": row.pk,
        "amount": str(row.amount),
        "method": row.method,
        "return": str(grant.order_return or ""),
        "grant": grant.number,
    }
    audit.record("order.refunded", order, by=by, reason=grant.reason, data=data)
    audit.record("refundgrant.executed", grant, by=by)
    mails.on_commit("refunded", order, amount=str(row.amount), reason=row.reason)
    return row


def _tell(verb: str, order: Order, grant: RefundGrant, by: User | None) -> None:
    data = {"amount": str(grant.amount), "method": grant.method, "grant": grant.number}
    audit.record(verb, order, by=by, reason=grant.reason, data=data)
    audit.record(verb.replace("order.refund_", "refundgrant."), grant, by=by, reason=grant.reason)


def _end(grant: RefundGrant, status: str, by: User | None, why: str) -> None:
    grant.must_become(status)
    grant.status, grant.ended_by, grant.ended_at, grant.failure = status, by, timezone.now(), why[:300]
    grant.save(update_fields=["status", "ended_by", "ended_at", "failure"])


def _locked(grant: RefundGrant) -> tuple[Order, RefundGrant]:
    """Its order first, then the grant."""
    order = Order.objects.locked().get(pk=grant.order_id)
    return order, RefundGrant.objects.locked().select_related("order_return").get(pk=grant.pk)
