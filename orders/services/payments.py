"""Money that comes in: promised, captured, voided, paid. Append-only; the database keeps captures within what was authorized."""

from decimal import Decimal
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition
from backoffice.models import User
from backoffice.money import format_money, round_money
from orders.models import Authorization, AuthorizationVoid, Order, Payment
from orders.services.status import lock, restate_payment

Entry = TypeVar("Entry", bound=models.Model)


class KeyReused(ValidationError):
    """An idempotency key came again for something else."""


class RefundTooHigh(ValidationError):
    """More was to be refunded than was paid and not refunded yet."""


class CaptureTooHigh(ValidationError):
    """More was to be captured than is left of the authorization."""


@transaction.atomic
def record_payment(
    order: Order, *, amount: Decimal, method: str, by: User | None, reference: str = "", key: str | None = None
) -> Payment:
    """Write down money that came in. The same `key` again returns the payment that it made, and writes nothing.

    Raises KeyReused when the key made another payment, IllegalTransition on a canceled order that owes nothing.
    """
    order = lock(order)
    known = made_by(Payment, key, order=order, amount=amount, authorization=None)
    if known is not None:
        return known
    _must_take_money(order, _("paid"))
    must_be_amount(amount, order.currency)
    payment = Payment.objects.create(order=order, amount=amount, method=method, reference=reference, key=key, by=by)
    order.paid += amount
    restate_payment(order)
    audit.record("order.paid", order, by=by, data={"payment": payment.pk, "amount": str(amount), "method": method})
    return payment


@transaction.atomic
def authorize(
    order: Order, *, amount: Decimal, method: str, by: User | None, reference: str = "", key: str | None = None
) -> Authorization:
    """Write down that the customer's bank keeps money ready for the order. It is captured or voided later.

    The same `key` again returns what it made. Raises KeyReused, and IllegalTransition on a canceled order.
    """
    order = lock(order)
    known = made_by(Authorization, key, order=order, amount=amount)
    if known is not None:
        return known
    _must_take_money(order, _("authorized"))
    must_be_amount(amount, order.currency)
    made = Authorization.objects.create(order=order, amount=amount, method=method, reference=reference, key=key, by=by)
    order.authorized += amount
    restate_payment(order)
    data = {"authorization": made.pk, "amount": str(amount), "method": method}
    audit.record("order.authorized", order, by=by, data=data)
    return made


@transaction.atomic
def capture(
    authorization: Authorization,
    *,
    by: User | None,
    amount: Decimal | None = None,
    reference: str = "",
    key: str | None = None,
) -> Payment:
    """Take money that was authorized: `amount`, or all that is left. The same `key` again returns the payment that it made.

    Raises CaptureTooHigh beyond what is left, KeyReused, and IllegalTransition on a canceled order.
    """
    order, authorization = _locked(authorization)
    asked = {} if amount is None else {"amount": amount}
    known = made_by(Payment, key, order=order, authorization=authorization, **asked)
    if known is not None:
        return known
    _must_take_money(order, _("paid"))
    amount = authorization.left if amount is None else amount
    if authorization.left <= 0 or amount > authorization.left:
        raise CaptureTooHigh({"amount": _left_of(authorization, order)})
    must_be_amount(amount, order.currency)
    payment = Payment.objects.create(
        order=order,
        authorization=authorization,
        amount=amount,
        method=authorization.method,
        reference=reference or authorization.reference,
        key=key,
        by=by,
    )
    order.paid += amount
    order.authorized -= amount
    restate_payment(order)
    data = {"payment": payment.pk, "authorization": authorization.pk, "amount": str(amount), "method": payment.method}
    audit.record("order.captured", order, by=by, data=data)
    return payment


@transaction.atomic
def void(
    authorization: Authorization, *, by: User | None, reason: str = "", key: str | None = None
) -> AuthorizationVoid:
    """Give up what is left of an authorization. The same `key` again returns what it made.

    Raises CaptureTooHigh when nothing is left, KeyReused.
    """
    order, authorization = _locked(authorization)
    known = made_by(AuthorizationVoid, key, authorization=authorization)
    if known is not None:
        return known
    left = authorization.left
    if left <= 0:
        raise CaptureTooHigh(_left_of(authorization, order))
    row = AuthorizationVoid.objects.create(
        authorization=authorization, amount=left, reason=reason[:300], key=key, by=by
    )
    order.authorized -= left
    order.voided += left
    restate_payment(order)
    data = {"authorization": authorization.pk, "amount": str(left), "method": authorization.method}
    audit.record("order.voided", order, by=by, reason=reason, data=data)
    return row


# --- Shared with refunds and transfers ----------------------------------------------------------


def refundable(order: Order) -> Decimal:
    """What may still be given back: paid, and neither refunded nor granted yet."""
    return order.paid - order.refunded - order.refund_granted  # type: ignore[no-any-return]


def made_by(model: type[Entry], key: str | None, **facts: Any) -> Entry | None:
    """The row that `key` made earlier. Raises KeyReused unless it is what is asked for now."""
    known = model._default_manager.filter(key=key).first() if key else None
    if known is not None and any(getattr(known, name) != value for name, value in facts.items()):
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
    if amount <= left:
        return
    sentence = _("%(paid)s was paid and %(refunded)s refunded: at most %(left)s can be refunded.")
    if order.refund_granted:
        sentence = _(
            "%(paid)s was paid, %(refunded)s refunded and %(granted)s granted: at most %(left)s can be refunded."
        )
    amounts = {"paid": order.paid, "refunded": order.refunded, "granted": order.refund_granted, "left": left}
    raise RefundTooHigh(
        {"amount": sentence % {name: format_money(value, order.currency) for name, value in amounts.items()}}
    )


def _must_take_money(order: Order, what: str) -> None:
    if order.status == Order.Status.CANCELED:
        raise IllegalTransition(order, order.get_status_display(), what)


def _locked(authorization: Authorization) -> tuple[Order, Authorization]:
    """Its order first, then the authorization."""
    order = Order.objects.locked().get(pk=authorization.order_id)
    return order, Authorization.objects.locked().get(pk=authorization.pk)


def _left_of(authorization: Authorization, order: Order) -> str:
    amounts = {
        "amount": authorization.amount,
        "captured": authorization.captured,
        "voided": authorization.voided,
        "left": authorization.left,
    }
    return _("%(amount)s was authorized, %(captured)s captured and %(voided)s voided: %(left)s can be captured.") % {
        name: format_money(value, order.currency) for name, value in amounts.items()
    }
