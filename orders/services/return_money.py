"""What a return is worth to the customer: the value of the pieces that arrived, and what of it was given back."""

from collections.abc import Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db.models import Sum
from django.utils.translation import gettext as _

from backoffice.money import ZERO, format_money, round_money
from orders.models import Order, OrderLine, Return, ReturnLine


class BeyondReturn(ValidationError):
    """More was to be refunded for a return than what arrived is worth."""


def left_of(order_return: Return) -> Decimal:
    """The value of what arrived, tax included, that was neither refunded nor carried over yet."""
    value, refunded = Return.objects.values_list("value", "refunded").get(pk=order_return.pk)
    return value - refunded  # type: ignore[no-any-return]


def refuse_beyond_value(order_return: Return, amount: Decimal, currency: str) -> None:
    """Raise BeyondReturn where less than `amount` is left of the return; its order is locked."""
    left = left_of(order_return)
    if amount > left:
        said = {"number": order_return, "left": format_money(left, currency), "asked": format_money(amount, currency)}
        raise BeyondReturn(
            {"amount": _("%(number)s: %(left)s of what arrived is not refunded yet, %(asked)s asked.") % said}
        )


def add_value(order: Order, rows: Sequence[ReturnLine], lines: Sequence[OrderLine]) -> None:
    """Set the value of return lines to what arrived of them by now; `returned` of the order's lines counts it already.

    What comes back of a line piece by piece is worth exactly the line in the end: each piece takes the rest of the rounding.
    """
    by_key = {line.pk: line for line in lines}
    known = ReturnLine.objects.filter(order_line__in=[row.order_line_id for row in rows])
    before = dict(known.values_list("order_line").annotate(Sum("value")).order_by())
    for row in rows:
        line = by_key[row.order_line_id]
        if row.received and line.kept:
            worth = round_money(line.gross * min(line.returned, line.kept) / line.kept, order.currency)
            row.value += max(worth - before.get(line.pk, ZERO), ZERO)
