"""Money in and out: append-only, the database keeps refunds within what was paid."""

from decimal import Decimal
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition
from backoffice.models import User
from backoffice.money import ZERO, format_money, round_money
from orders import mails
from orders.models import Order, Payment, Refund, Return
from orders.services.return_money import left_of, refuse_beyond_value
from orders.services.status import lock, restate_payment

Entry = TypeVar("Entry", Payment, Refund)


class KeyReused(ValidationError):
    """An idempotency key came again for something else."""


class RefundTooHigh(ValidationError):
    """More was to be refunded than was paid and not refunded yet."""


@transaction.atomic
def record_payment(
    order: Order, *, amount: Decimal, method: str, by: User | None, reference: str = "", key: str | None = None
) -> Payment:
    """Write down money that came in. The same `key` again returns the payment that it made, and writes nothing.

    Raises KeyReused when the key made another payment, IllegalTransition on a canceled order that owes nothing.
    """
    order = lock(order)
    known = Payment.objects.filter(key=key).first() if key else None
    if known is not None:
        return _same(known, order, amount)
    if order.status == Order.Status.CANCELED:
        raise IllegalTransition(order, order.get_status_display(), _("paid"))
    must_be_amount(amount, order.currency)
    payment = Payment.objects.create(order=order, amount=amount, method=method, reference=reference, key=key, by=by)
    order.paid += amount
    restate_payment(order)
    audit.record("order.paid", order, by=by, data={"payment": payment.pk, "amount": str(amount), "method": method})
    return payment


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
    """Write down money given back; stock is not touched. The same `key` again returns the refund that it made.

    Raises RefundTooHigh beyond what was paid and not refunded yet, BeyondReturn beyond the value of what arrived, KeyReused.
    """
    order = lock(order)
    known = Refund.objects.filter(key=key).first() if key else None
    if known is not None:
        return _same(known, order, amount)
    must_be_amount(amount, order.currency)
    if not reason.strip():
        raise ValidationError({"reason": _("Say why.")})
    if order_return is not None and order_return.order_id != order.pk:
        raise ValidationError(_("%(return)s belongs to another order.") % {"return": order_return})
    refuse_beyond_paid(order, amount)
    if order_return is not None:
        refuse_beyond_value(order_return, amount, order.currency)
    row = Refund.objects.create(
        order=order,
        order_return=order_return,
        amount=amount,
        method=method,
        reference=reference,
        reason=reason,
        key=key,
        by=by,
    )
    order.refunded += amount
    restate_payment(order)
    data = {"refund": row.pk, "amount": str(amount), "method": method, "return": str(order_return or "")}
    audit.record("order.refunded", order, by=by, reason=reason, data=data)
    mails.on_commit("refunded", order, amount=str(amount), reason=reason)
    return row


def refundable(order: Order) -> Decimal:
    """What may still be given back."""
    return order.paid - order.refunded  # type: ignore[no-any-return]


def suggested_refund(order_return: Return) -> Decimal:
    """What is left of the value that arrived, within what is refundable."""
    return max(min(left_of(order_return), refundable(order_return.order)), ZERO)


def _same(known: Entry, order: Order, amount: Decimal) -> Entry:
    if known.order_id != order.pk or known.amount != amount:
        raise KeyReused(_("This key was used for another amount or order already."))
    return known


def must_be_amount(amount: Decimal, currency: str) -> None:
    if amount <= 0:
        raise ValidationError({"amount": _("The amount must be above zero.")})
    if amount != round_money(amount, currency):
        raise ValidationError(
            {"amount": _("%(currency)s has no amount of %(amount)s.") % {"currency": currency, "amount": amount}}
        )


def refuse_beyond_paid(order: Order, amount: Decimal) -> None:
    left = refundable(order)
    if amount > left:
        raise RefundTooHigh(
            {
                "amount": _("%(paid)s was paid and %(refunded)s refunded: at most %(left)s can be refunded.")
                % {
                    "paid": format_money(order.paid, order.currency),
                    "refunded": format_money(order.refunded, order.currency),
                    "left": format_money(left, order.currency),
                }
            }
        )
