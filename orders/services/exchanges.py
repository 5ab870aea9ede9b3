"""What a customer gets instead of what comes back: an order of its own, paid with the value of what arrived."""

from collections.abc import Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import NotAllowed
from backoffice.models import User
from backoffice.money import ZERO
from backoffice.retrying import patient
from inventory.models import Location, StockLevel
from orders.models import ExchangeLine, Order, Return
from orders.services.carrying import carry_over
from orders.services.intake import NewLine
from orders.services.placing import place_new
from orders.services.refunds import suggested_refund
from orders.services.returns import lock_return

SOURCE = "exchange"
IN_ADVANCE = "orders.exchange_in_advance"


@transaction.atomic
def agree_exchange(order_return: Return, *, lines: Sequence[NewLine], by: User | None) -> Return:
    """Write down what the customer gets instead: exactly these articles, with their prices. None takes it back.

    Raises ValidationError once the exchange was placed, or when the return is over.
    """
    _order, row = lock_return(order_return)
    _must_be_open(row)
    variants = [line.variant for line in lines]
    if any(variant is None or line.quantity < 1 for variant, line in zip(variants, lines, strict=True)):
        raise ValidationError(_("An exchange needs an article and a quantity of at least 1."))
    if len({variant.pk for variant in variants if variant is not None}) < len(variants):
        raise ValidationError(_("This article is named twice."))
    row.exchange_lines.all().delete()
    ExchangeLine.objects.bulk_create(
        ExchangeLine(order_return=row, variant=line.variant, quantity=line.quantity, unit_price=line.unit_price)
        for line in lines
    )
    pieces = {line.variant.sku: line.quantity for line in lines if line.variant is not None}
    audit.record("return.exchange_agreed", row, by=by, data={"lines": pieces})
    return row


@patient
def place_exchange(order_return: Return, *, by: User | None) -> Return:
    """Place the order that is agreed upon, and pay it with what is left of the value that arrived.

    Raises NotAllowed before the return has arrived by somebody who may not send in advance, InsufficientStock.
    """
    order, row = lock_return(order_return)
    _must_be_open(row)
    if not row.exchange_lines.exists():
        raise ValidationError(_("Say first what the customer gets instead."))
    early = row.status != Return.Status.RECEIVED
    if early and by is not None and not by.has_perm(IN_ADVANCE):
        raise NotAllowed(_("%(number)s has not arrived: you may not send the exchange in advance.") % {"number": row})
    place_agreed(order, row, by=by)
    carry_value(row, by=by)
    return row


# --- Shared with receiving ----------------------------------------------------------------------


def place_agreed(order: Order, row: Return, *, by: User | None) -> None:
    """Place what is agreed upon for a locked return, once."""
    agreed = list(row.exchange_lines.select_related("variant"))
    if row.exchange_id or not agreed:
        return
    lines = [NewLine(line.quantity, line.variant, unit_price=line.unit_price) for line in agreed]
    header = {name: getattr(order, name) for name in KEPT}
    row.exchange = place_new(
        by=by, lines=lines, customer=order.customer, source=SOURCE, source_number=row.number, **header
    )
    row.save(update_fields=["exchange"])
    data = {"return": row.number, "exchange": row.exchange.number}
    audit.record("return.exchanged", row, by=by, data=data)
    audit.record("order.exchanged", order, by=by, data=data)


# What the new order has of the old one.
KEPT = (
    "customer_name", "email", "phone", "language", "billing_address", "shipping_address", "currency", "prices_include_tax",
)  # fmt: skip


def carry_value(row: Return, *, by: User | None) -> Decimal:
    """Pay the exchange with what is left of the value that arrived, as far as it was paid and the exchange costs.

    What is granted to be refunded already is not left.
    """
    if row.exchange is None:
        return ZERO
    exchange = Order.objects.get(pk=row.exchange.pk)
    amount = min(suggested_refund(row), exchange.balance)
    if exchange.status == Order.Status.CANCELED or amount <= 0:
        return ZERO
    reason = _("Exchange for %(number)s") % {"number": row}
    carry_over(row.order, exchange, amount=amount, order_return=row, by=by, reason=reason)
    return amount


def levels_of_exchange(row: Return) -> list[tuple[int, int]]:
    """(variant, location) of the levels from which an exchange that is still to be placed may be promised."""
    if row.exchange_id:
        return []
    levels = StockLevel.objects.filter(
        variant__in=row.exchange_lines.values("variant"), location__kind=Location.Kind.STOCK, location__is_active=True
    )
    return list(levels.values_list("variant", "location"))


def _must_be_open(row: Return) -> None:
    if row.exchange is not None:
        raise ValidationError(
            _("%(order)s was placed in exchange for %(number)s already.") % {"order": row.exchange, "number": row}
        )
    if not row.is_open:
        raise ValidationError(
            _("%(number)s is %(status)s: nothing can be exchanged any more.")
            % {"number": row, "status": row.get_status_display()}
        )
