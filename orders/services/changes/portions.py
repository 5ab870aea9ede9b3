"""Parts of lines that go to another order: what they cost there, so that both orders together come to what was before."""

from collections.abc import Mapping, Sequence
from copy import copy
from decimal import ROUND_CEILING, Decimal

from backoffice.money import ZERO, round_money, shares
from orders.models import Order, OrderLine
from orders.services.status import line_amount, price

STEP = Decimal("0.001")  # of unit prices


def fold_discount(order: Order, lines: Sequence[OrderLine]) -> None:
    """Make the shares of the order's discount discounts of the lines.

    Where pieces are canceled, their share went with them: sharing the rest anew would change what is owed.
    """
    for line in lines:
        line.discount += line.order_discount
        line.order_discount = ZERO
    order.discount = ZERO


def take_portion(order: Order, line: OrderLine, pieces: int) -> tuple[OrderLine, Decimal]:
    """Take `pieces` of the kept ones off a line; returns the line that they make, and its share of the order's discount.

    With its unit price and its discount, what the two lines come to is what the one came to. The line may be left without any piece.
    """
    whole = line_amount(order, line)
    before = _of_kept(whole, line.kept, line.quantity, order.currency)
    left = line.quantity - pieces
    there, here = (round_money(line.unit_price * n, order.currency) for n in (pieces, left))
    amount = min(shares(whole, [there, here], order.currency)[1], here)
    stays = _of_kept(amount, line.kept - pieces, left, order.currency)
    portion = copy(line)
    portion.pk, portion._state.adding = None, True
    portion.quantity, portion.tax_rounding = pieces, ZERO
    portion.allocated = portion.fulfilled = portion.canceled = portion.returned = 0
    _let_come_to(portion, before - stays, order.currency)
    goes = shares(line.order_discount, [before - stays, stays], order.currency)[0]
    line.quantity, line.discount, line.tax_rounding = left, here - amount, ZERO
    return portion, goes


def _of_kept(amount: Decimal, kept: int, quantity: int, currency: str) -> Decimal:
    return amount if kept == quantity else round_money(amount * kept / quantity, currency)


def _let_come_to(line: OrderLine, amount: Decimal, currency: str) -> None:
    """Set the discount with which the line comes to `amount`; where its price falls short of that by rounding, the price too."""
    missing = amount - round_money(line.unit_price * line.quantity, currency)
    if missing > 0:
        line.unit_price += (missing / line.quantity).quantize(STEP, ROUND_CEILING)
        while round_money(line.unit_price * line.quantity, currency) < amount:
            line.unit_price += STEP
    line.discount = round_money(line.unit_price * line.quantity, currency) - amount


def price_both(tax: Decimal, *orders: tuple[Order, Sequence[OrderLine]]) -> None:
    """Price orders whose taxes together must come to `tax`: what rounding makes of them otherwise, the line with the most tax bears."""
    for order, lines in orders:
        price(order, lines)
    off = tax - sum((order.tax for order, _lines in orders), ZERO)
    if off:
        most = max((line for _order, lines in orders for line in lines), key=lambda line: line.tax)
        most.tax_rounding += off
        for order, lines in orders:
            price(order, lines)


def names_of(lines: Sequence[OrderLine], quantities: Mapping[int, int]) -> dict[str, int]:
    """Pieces by article, for the timeline."""
    found: dict[str, int] = {}
    for line in lines:
        if quantities.get(line.pk):
            name = line.sku or line.title
            found[name] = found.get(name, 0) + quantities[line.pk]
    return found
