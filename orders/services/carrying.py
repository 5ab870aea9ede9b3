"""Money that goes from one order of a customer to another: it leaves nobody's till."""

from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from orders.models import Order, Payment, Refund, Return
from orders.services.payments import must_be_amount, refuse_beyond_paid
from orders.services.return_money import refuse_beyond_value
from orders.services.status import restate_payment

METHOD = "transfer"


@transaction.atomic
def carry_over(
    source: Order,
    target: Order,
    *,
    amount: Decimal,
    by: User | None,
    reason: str,
    order_return: Return | None = None,
) -> tuple[Refund, Payment]:
    """Book `amount`, in the currency of both orders, from `source` to `target`: a refund there, a payment here.

    Both are locked by primary key. The customer gets no mail, and no limit of refunds holds, for nothing is paid out. With
    `order_return` it is the value of what came back. Raises RefundTooHigh beyond what `source` was paid, BeyondReturn beyond
    that value, and ValidationError where the currencies differ.
    """
    locked = Order.objects.filter(pk__in=[source.pk, target.pk]).locked()
    rows = {order.pk: order for order in locked}
    source, target = rows[source.pk], rows[target.pk]
    if source.currency != target.currency:
        raise ValidationError(
            _("%(source)s is in %(one)s and %(target)s in %(other)s.")
            % {"source": source, "one": source.currency, "target": target, "other": target.currency}
        )
    must_be_amount(amount, source.currency)
    refuse_beyond_paid(source, amount)
    if order_return is not None:
        refuse_beyond_value(order_return, amount, source.currency)
    back = Refund.objects.create(
        order=source,
        order_return=order_return,
        amount=amount,
        method=METHOD,
        reference=target.number,
        reason=reason,
        by=by,
    )
    there = Payment.objects.create(order=target, amount=amount, method=METHOD, reference=source.number, by=by)
    source.refunded += amount
    target.paid += amount
    restate_payment(source)
    restate_payment(target)
    data = {"amount": str(amount), "from": source.number, "to": target.number}
    for order in (source, target):
        audit.record("order.money_carried_over", order, by=by, reason=reason, data=data)
    return back, there
