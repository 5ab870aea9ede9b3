"""The one writer of an order's amounts and derived statuses."""

from collections.abc import Sequence
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import gettext as _

from backoffice.money import ZERO, format_money, round_money, shares
from orders.models import Order, OrderLine

AMOUNTS = ("order_discount", "net", "tax", "gross")
COUNTS = ("allocated", "fulfilled", "canceled", "returned")
TYPES = dict.fromkeys(AMOUNTS, "numeric") | dict.fromkeys(COUNTS, "int")
WRITTEN = ("subtotal", "tax", "total", "payment_status", "fulfilment_status", "return_status", "updated_at")


class DiscountTooHigh(ValidationError):
    """A discount is higher than what it is taken off."""


def lock(order: Order) -> Order:
    """The order as it stands now, locked until the transaction ends. Every verb begins here, before stock is locked."""
    return Order.objects.locked().get(pk=order.pk)  # type: ignore[no-any-return]


def lines_of(order: Order) -> list[OrderLine]:
    """Its lines with their variants, by primary key."""
    return list(order.lines.select_related("variant").order_by("pk"))


def recalculate(order: Order, lines: Sequence[OrderLine] | None = None, *, fields: Sequence[str] = ()) -> Order:
    """Write the amounts and derived statuses of a locked order, its lines, and `fields` that the caller has set.

    `lines` are all lines of the order, with counts that the caller may have changed. Raises DiscountTooHigh.
    """
    lines = lines_of(order) if lines is None else lines
    before = [_amounts(line) for line in lines]
    price(order, lines)
    restate(order, lines)
    repriced = before != [_amounts(line) for line in lines]
    _write(lines, [*AMOUNTS, *COUNTS] if repriced else COUNTS)
    order.save(update_fields=[*WRITTEN, *fields])
    return order


def _write(lines: Sequence[OrderLine], columns: Sequence[str]) -> None:
    """Store columns of lines by one plain statement: `bulk_update` costs a third of placing an order."""
    if not lines:
        return
    arrays = ", ".join(f"%s::{TYPES[name]}[]" for name in columns)
    changes = ", ".join(f"{name} = given.{name}" for name in columns)
    values = [[getattr(line, name) for line in lines] for name in ("pk", *columns)]
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE orders_orderline line SET {changes}"  # noqa: S608 - columns of ours
            f" FROM unnest(%s::bigint[], {arrays}) AS given(id, {', '.join(columns)}) WHERE line.id = given.id",
            values,
        )


def _amounts(line: OrderLine) -> list[Decimal]:
    return [getattr(line, name) for name in AMOUNTS]


def restate_payment(order: Order) -> None:
    """Write the payment status after money came in or went out."""
    order.payment_status = payment_status(order)
    order.save(update_fields=["payment_status", "updated_at"])


# --- Amounts ------------------------------------------------------------------------------------


def price(order: Order, lines: Sequence[OrderLine]) -> None:
    """Set net, tax and gross of every line, each rounded once, and the sums of the order."""
    share_discount(order, lines)
    for line in lines:
        line.net, line.tax, line.gross = taxed(kept_amount(order, line), line.tax_rate, order)
        if line.tax_rounding and line.kept:
            round_tax(order, line)
    _net, shipping_tax, shipping_gross = shipping_amounts(order)
    order.subtotal = sum((line.gross if order.prices_include_tax else line.net for line in lines), ZERO)
    order.tax = sum((line.tax for line in lines), shipping_tax)
    order.total = sum((line.gross for line in lines), shipping_gross)


def round_tax(order: Order, line: OrderLine) -> None:
    """Move the few cents by which a split or a merge has to round the tax of this line otherwise than its rate would."""
    moved = max(line.tax_rounding, -line.tax)
    if order.prices_include_tax:
        moved = min(moved, line.net)
        line.net -= moved
    line.tax += moved
    line.gross = line.net + line.tax


def share_discount(order: Order, lines: Sequence[OrderLine]) -> None:
    """Share the order's discount over its lines in proportion to their amounts, to the last cent."""
    amounts = [line_amount(order, line) for line in lines]
    if order.discount > sum(amounts, ZERO):
        raise DiscountTooHigh(
            _("The discount of %(discount)s is more than the lines come to (%(sum)s).")
            % {
                "discount": format_money(order.discount, order.currency),
                "sum": format_money(sum(amounts, ZERO), order.currency),
            }
        )
    parts = shares(order.discount, amounts, order.currency) if order.discount else [ZERO] * len(lines)
    for line, part in zip(lines, parts, strict=True):
        line.order_discount = part


def line_amount(order: Order, line: OrderLine) -> Decimal:
    """What the whole line costs after its own discount."""
    amount = round_money(line.unit_price * line.quantity, order.currency)
    if line.discount > amount:
        raise DiscountTooHigh(
            _("%(line)s: the discount of %(discount)s is more than the line comes to (%(sum)s).")
            % {
                "line": line.sku or line.title,
                "discount": format_money(line.discount, order.currency),
                "sum": format_money(amount, order.currency),
            }
        )
    return amount - line.discount


def kept_amount(order: Order, line: OrderLine) -> Decimal:
    """The line's amount after all discounts, for the pieces that are not canceled."""
    whole = line_amount(order, line) - line.order_discount
    return whole if not line.canceled else round_money(whole * line.kept / line.quantity, order.currency)


def taxed(amount: Decimal, rate: Decimal, order: Order) -> tuple[Decimal, Decimal, Decimal]:
    """Net, tax and gross of `amount`, which holds the tax already or not, as the order's prices do."""
    if order.prices_include_tax:
        net = round_money(amount / (1 + rate), order.currency)
        return net, amount - net, amount
    tax = round_money(amount * rate, order.currency)
    return amount, tax, amount + tax


def shipping_amounts(order: Order) -> tuple[Decimal, Decimal, Decimal]:
    """Net, tax and gross of the shipping; a canceled order owes none."""
    if order.status == Order.Status.CANCELED:
        return ZERO, ZERO, ZERO
    return taxed(order.shipping, order.shipping_tax_rate, order)


# --- Statuses -----------------------------------------------------------------------------------


def restate(order: Order, lines: Sequence[OrderLine]) -> None:
    """Set the three derived statuses."""
    order.payment_status = payment_status(order)
    order.fulfilment_status = fulfilment_status(lines)
    shipped = any(line.fulfilled for line in lines)
    order.return_status = return_status(lines, announced=shipped and order.returns.announced().exists())


def payment_status(order: Order) -> str:
    status = Order.PaymentStatus
    kept = order.paid - order.refunded
    if kept > order.total:
        return status.OVERCHARGED
    if order.refunded and kept < order.total:
        return status.PARTIALLY_REFUNDED if kept else status.REFUNDED
    if order.paid and not kept:
        return status.REFUNDED
    if not order.paid:
        if order.authorized:
            return status.AUTHORIZED
        settled = not order.total and order.status in (Order.Status.PLACED, Order.Status.CLOSED)
        unpaid = status.VOIDED if order.voided else status.NONE
        return status.PAID if settled else unpaid
    return status.PAID if kept == order.total else status.PARTIALLY_PAID


def fulfilment_status(lines: Sequence[OrderLine]) -> str:
    status = Order.FulfilmentStatus
    parcels = [line for line in lines if line.requires_shipping and line.kept]
    if not parcels:
        return status.NONE
    if not any(line.fulfilled for line in parcels):
        return status.UNFULFILLED
    return status.PARTIAL if any(line.open_quantity for line in parcels) else status.FULFILLED


def return_status(lines: Sequence[OrderLine], *, announced: bool) -> str:
    status = Order.ReturnStatus
    returned = sum(line.returned for line in lines)
    if announced:
        return status.REQUESTED
    if not returned:
        return status.NONE
    return status.RETURNED if returned == sum(line.fulfilled for line in lines) else status.PARTIAL
