"""One order as another system tells it: from its rows to an order with lines, payments and a parcel, not written yet.

Amounts, statuses and sums follow the rules of `services.status`; head and lines are plain objects with the columns of Order
and OrderLine that these read, for a file holds many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_UP, Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.money import ZERO, format_money, round_money, shares, unit
from customers.services import normalize_email
from inventory.models import Location
from orders.models import Order, OrderLine
from orders.services.doubts import Refused, add_up_totals, below_one, refuse_two_orders, without_empty
from orders.services.status import fulfilment_status, line_amount, payment_status, price, share_discount

LIMIT = Decimal(10) ** 12
MOST_RATE = Decimal("9.99999")
UNPAID = ("pending", "authorized", "voided")  # whatever was promised, no money came
STATES = {"done": "fulfilled", "refunded": "fulfilled", "open": "unfulfilled"}  # of an order -> of its goods
TURNED = ("line_discount", "line_tax")
SIGNED = ("total", "taxes", "paid", "line_tax")  # below zero in documents that take goods back, and there alone
HEADER = (
    "currency", "placed_at", "email", "phone", "customer_name", "customer_number", "financial", "fulfilment", "paid_at",
    "fulfilled_at", "canceled_at", "cancel_reason", "payment_method", "payment_reference", "carrier", "note", "tags", "country",
    "shipping", "taxes", "total", "discount", "refunded", "outstanding", "paid", "billing_address", "shipping_address", "source",
    "source_number", "number", "status", "tax_shares",
)  # fmt: skip
LINE = (
    "sku", "title", "quantity", "unit_price", "line_discount", "line_tax", "line_shipping", "tax_name", "requires_shipping",
    "line_fulfilment", "line_shipped", "transaction_amount", "transaction_kind", "transaction_status",
)  # fmt: skip


class PastLine:
    """A line, with the columns of OrderLine."""

    __slots__ = (
        "canceled", "discount", "fulfilled", "gross", "net", "order_discount", "position", "quantity", "requires_shipping", "row", "sku",
        "tax", "tax_name", "tax_rate", "title", "unit_price",
    )  # fmt: skip
    allocated = returned = 0
    tax_rounding = ZERO
    kept = OrderLine.kept
    open_quantity = OrderLine.open_quantity

    def __init__(self, row: Mapping[str, Any], position: int) -> None:
        self.row = row["row"]
        self.position = position
        self.sku = row["sku"] or ""
        self.title = (row["title"] or self.sku)[:400]
        self.quantity = row["quantity"]
        self.unit_price = row["unit_price"] or ZERO
        self.discount = row["line_discount"] or ZERO
        self.tax_name = (row["tax_name"] or "")[:60]
        self.requires_shipping = row["requires_shipping"] is not False
        self.order_discount = self.tax_rate = self.net = self.tax = self.gross = ZERO
        self.fulfilled = self.canceled = 0


class PastHead:
    """The order itself, with the columns of Order. Moments are texts."""

    __slots__ = (
        "authorized", "billing_address", "cancel_reason", "canceled_at", "closed_at", "currency", "customer_name", "discount", "email",
        "fulfilment_status", "note", "paid", "payment_status", "phone", "placed_at", "prices_include_tax", "refunded", "shipping",
        "shipping_address", "source", "source_number", "status", "subtotal", "tags", "tax", "total",
        "voided",
    )  # fmt: skip
    shipping_tax_rate = ZERO


@dataclass
class Past:
    """An order put together; `worth` is what it came to before it was canceled, `told` how the file's total differs."""

    order: Any  # a PastHead
    lines: list[Any]  # of PastLine
    facts: Mapping[str, Any]
    email: str = ""
    worth: Decimal = ZERO
    paid: Decimal = ZERO
    refunded: Decimal = ZERO
    authorized: Decimal = ZERO  # and not captured
    voided: Decimal = ZERO
    place: Location | None = None
    told: str = ""
    is_partial: bool = False
    warnings: list[tuple[int, str, str]] = field(default_factory=list)


def read_past(
    rows: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    now: str,
    *,
    has_state: bool,
    has_prices: bool,
    place: Location | None,
    takes_payments: bool,
) -> Past:
    """Put an order together from its rows, of which `names` are the columns of the file. Raises Refused."""
    first = int(rows[0]["row"])
    refuse_two_orders(rows, names)
    facts = _facts(rows, names)
    add_up_totals(rows, facts)
    lines = [row for row in rows if row["sku"] or row["title"] or row["quantity"] is not None]
    if not lines:
        raise Refused(first, "title", _("The order has no lines."))
    lines, empty = without_empty(lines)
    is_taken_back = all((row["quantity"] or 0) < 0 for row in lines)
    if is_taken_back:
        lines = _turned(lines, facts)
    else:
        _refuse_below_zero(rows)
    if has_prices and (blank := next((row for row in lines if row["unit_price"] is None), None)):
        raise Refused(
            blank["row"], "unit_price", _("%(line)s: a price is needed.") % {"line": blank["sku"] or blank["title"]}
        )
    _add_up(rows, facts)
    past = Past(_header(facts, now), [_line(row, position) for position, row in enumerate(lines)], facts, place=place)
    past.warnings += empty
    past.email = _email(past, first)
    if not has_prices:
        _share_total(past, first)
    try:
        _amounts(past, lines)
    except ValidationError as error:
        raise Refused(first, "discount", " ".join(error.messages)) from error
    _check_sum(past, first)
    _settle_money(past, first, takes_payments)
    _check_paid(past, first)
    _settle_state(past, lines, first, has_state)
    if is_taken_back:
        pieces = sum(line.quantity for line in past.lines)
        past.told = _("Takes %(pieces)s pieces back for %(amount)s at the source.") % {
            "pieces": pieces,
            "amount": format_money(past.worth, past.order.currency),
        }
    return past


def _facts(rows: Sequence[Mapping[str, Any]], names: Sequence[str]) -> dict[str, Any]:
    """What the rows say about the order, each from the first row that does."""
    facts: dict[str, Any] = dict.fromkeys(HEADER)
    for name in names:
        if name in facts:
            for row in rows:
                value = row[name]
                if value is not None and value != "" and value != {}:
                    facts[name] = value
                    break
    return facts


def _turned(lines: Sequence[Mapping[str, Any]], facts: dict[str, Any]) -> list[Mapping[str, Any]]:
    """A document that only takes pieces back, as the canceled order it stands for. Raises Refused for a write-off."""
    number = facts["source_number"] or facts["number"]
    if not any(row["unit_price"] for row in lines) and not facts["total"]:
        raise Refused(
            lines[0]["row"],
            "quantity",
            _("%(number)s takes pieces out without a price: no sale, but a correction of stock.") % {"number": number},
        )
    facts["canceled_at"] = facts["canceled_at"] or facts["placed_at"] or ""
    facts["status"] = "canceled"
    facts["cancel_reason"] = facts["cancel_reason"] or _("Takes goods of another order back")
    for name in ("total", "taxes"):
        facts[name] = abs(facts[name]) if facts[name] is not None else None
    # Money went out, for the other order: none of it was paid for this one.
    facts.update(dict.fromkeys(("financial", "paid", "paid_at", "refunded", "outstanding")))
    return [
        {**row, "quantity": -row["quantity"], **{name: abs(row[name]) for name in TURNED if row[name]}} for row in lines
    ]


def _refuse_below_zero(rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        for name in SIGNED:
            if (row[name] or ZERO) < 0:
                raise Refused(row["row"], name, _("The number must not be below %(minimum)s.") % {"minimum": 0})


def _add_up(rows: Sequence[Mapping[str, Any]], facts: dict[str, Any]) -> None:
    """What stands on the order only line by line: shipping, payments and refunds as transactions, and shares of the tax."""
    if facts["shipping"] is None:
        facts["shipping"] = sum([row["line_shipping"] for row in rows if row["line_shipping"]], ZERO)
    if facts["taxes"] is None:
        facts["taxes"] = facts["tax_shares"]
    moved = [row for row in rows if row["transaction_amount"] and row["transaction_status"] != "failed"]
    for name, kind in (("paid", "in"), ("refunded", "out")):
        amounts = [row["transaction_amount"] for row in moved if row["transaction_kind"] == kind]
        if amounts and facts[name] is None:
            facts[name] = sum(amounts, ZERO)


# --- Header and lines ---------------------------------------------------------------------------


def _header(facts: Mapping[str, Any], now: str) -> Any:
    shipping = dict(facts["shipping_address"] or {})
    if facts["country"]:
        shipping.setdefault("country", facts["country"])
    billing = dict(facts["billing_address"] or {}) or shipping
    phone = facts["phone"] or shipping.get("phone", "") or billing.get("phone", "")
    billing, shipping = ({key: value for key, value in one.items() if key != "phone"} for one in (billing, shipping))
    name = (
        facts["customer_name"]
        or billing.get("name")
        or shipping.get("name")
        or billing.get("company")
        or facts["customer_number"]
        or ""
    )
    order: Any = PastHead()
    order.source = (facts["source"] or "import")[:40]
    order.source_number = (facts["source_number"] or facts["number"])[:100]
    order.status = Order.Status.DRAFT
    order.currency = facts["currency"] or settings.DEFAULT_CURRENCY
    order.customer_name = name[:200]
    order.email = (facts["email"] or "")[:254]
    order.phone = phone[:40]
    order.billing_address = billing
    order.shipping_address = shipping or billing
    order.discount = facts["discount"] or ZERO
    order.shipping = facts["shipping"] or ZERO
    order.note = facts["note"] or ""
    order.tags = list(dict.fromkeys(tag.strip()[:120] for tag in (facts["tags"] or "").split(",") if tag.strip()))
    order.placed_at = facts["placed_at"] or now
    order.closed_at = order.canceled_at = None
    order.cancel_reason = ""
    order.paid = order.refunded = ZERO
    return order


def _line(row: Mapping[str, Any], position: int) -> Any:
    if row["quantity"] is None or row["quantity"] < 1:
        raise Refused(row["row"], "quantity", below_one(row))
    if not row["sku"] and not row["title"]:
        raise Refused(row["row"], "title", _("A line needs a SKU or a title."))
    return PastLine(row, position)


def _email(past: Past, row: int) -> str:
    if not past.order.email:
        return ""
    try:
        return normalize_email(past.order.email)
    except ValidationError as error:
        past.warnings.append((row, "email", " ".join(error.messages)))
        return ""


# --- Amounts ------------------------------------------------------------------------------------


def _share_total(past: Past, row: int) -> None:
    """A file without prices: what the total leaves for the goods is shared over the pieces."""
    facts, order = past.facts, past.order
    goods = (facts["total"] or ZERO) - order.shipping - (facts["taxes"] or ZERO) + order.discount
    if goods <= 0:
        return
    for line, amount in zip(
        past.lines, shares(goods, [line.quantity for line in past.lines], order.currency), strict=True
    ):
        line.unit_price = (amount / line.quantity).quantize(unit(order.currency), ROUND_UP)
        line.discount = line.unit_price * line.quantity - amount
    past.warnings.append((row, "total", _("The file has no prices: the total is shared over the pieces.")))


def _amounts(past: Past, rows: Sequence[Mapping[str, Any]]) -> None:
    """Amounts of the lines and the order. Taxes of lines stay theirs where they come to the order's; else the order's are
    shared over the lines, to the last cent."""
    order, facts = past.order, past.facts
    lines = past.lines
    each = [row["line_tax"] for row in rows if row["line_tax"] is not None]
    taxes = round_money(facts["taxes"] if facts["taxes"] is not None else sum(each, ZERO), order.currency)
    before = [line_amount(order, line) for line in lines]
    order.discount = _order_discount(past, before, taxes)
    amounts = before
    if order.discount:
        share_discount(order, lines)
        amounts = [amount - line.order_discount for amount, line in zip(before, lines, strict=True)]
    goods = sum(amounts, ZERO)
    total = facts["total"]
    order.prices_include_tax = taxes == 0 or (
        total is not None and abs(goods + order.shipping - total) < abs(goods + order.shipping + taxes - total)
    )
    parts = _taxes_of(lines, each, amounts, taxes, order.currency)
    for line, amount, tax in zip(lines, amounts, parts, strict=True):
        line.net, line.tax = (amount - tax, tax) if order.prices_include_tax else (amount, tax)
        line.gross = line.net + line.tax
        if tax:
            line.tax_rate = min(round(tax / line.net, 5), MOST_RATE) if line.net > 0 else ZERO
    order.subtotal = goods
    order.tax = sum(parts, ZERO)
    order.total = past.worth = order.shipping + goods + (ZERO if order.prices_include_tax else order.tax)
    if order.total >= LIMIT or max(line.gross for line in lines) >= LIMIT:
        raise ValidationError(_("The number is too large."))


def _taxes_of(
    lines: Sequence[Any], each: Sequence[Decimal], amounts: Sequence[Decimal], taxes: Decimal, currency: str
) -> Sequence[Decimal]:
    if taxes <= 0:
        return [ZERO] * len(lines)
    own = [round_money(tax, currency) for tax in each]
    fit = len(own) == len(lines) and all(tax <= amount for tax, amount in zip(own, amounts, strict=True))
    return own if fit and sum(own, ZERO) == taxes else shares(taxes, amounts, currency)


def _order_discount(past: Past, amounts: Sequence[Decimal], taxes: Decimal) -> Decimal:
    """What is taken off the whole order. Some files count the discounts of the lines in, some what was taken off the shipping,
    which stands there without it: the total tells."""
    order, total = past.order, past.facts["total"]
    if not order.discount:
        return ZERO
    own = sum((line.discount for line in past.lines), ZERO)
    less = max(order.discount - own, ZERO)
    if total is None:
        return less
    rest = total - order.shipping - sum(amounts, ZERO)
    return min(
        (less, order.discount, ZERO), key=lambda discount: min(abs(rest + discount), abs(rest + discount - taxes))
    )


def _check_sum(past: Past, row: int) -> None:
    total, order = past.facts["total"], past.order
    if total is not None and total != past.worth:
        past.told = _("The file's total is %(total)s; lines, shipping and taxes come to %(sum)s.") % {
            "total": format_money(total, order.currency),
            "sum": format_money(past.worth, order.currency),
        }
        past.warnings.append((row, "total", past.told))


def _check_paid(past: Past, row: int) -> None:
    """Payments that do not add up to the order are kept as they are, and said."""
    if past.facts["paid"] and past.paid != past.worth and past.facts["financial"] not in ("partially_paid", *UNPAID):
        sentence = _("The file's payments are %(paid)s; the order comes to %(sum)s.") % {
            "paid": format_money(past.paid, past.order.currency),
            "sum": format_money(past.worth, past.order.currency),
        }
        past.warnings.append((row, "paid", sentence))


def _settle_money(past: Past, row: int, takes_payments: bool) -> None:
    """What was paid and given back, as the file says."""
    facts, order = past.facts, past.order
    status = facts["financial"] or ("refunded" if facts["status"] == "refunded" else "")
    refunded = facts["refunded"] or ZERO
    if facts["paid"] is not None:
        past.paid = facts["paid"]
    elif status == "partially_paid":
        past.paid = past.worth - (facts["outstanding"] or past.worth)
    elif (status and status not in UNPAID) or (not status and facts["paid_at"]):
        past.paid = facts["total"] or past.worth
    if status == "refunded":
        refunded = refunded or past.paid
    past.paid = max(round_money(past.paid, order.currency), ZERO)
    refunded = max(round_money(refunded, order.currency), ZERO)
    past.refunded = min(refunded, past.paid)
    if not takes_payments:
        past.paid = past.refunded = ZERO
    elif not past.paid and status in ("authorized", "voided"):
        setattr(past, status, max(round_money(facts["total"] or past.worth, order.currency), ZERO))
    elif refunded > past.refunded:
        sentence = _("The file's refunds are %(refunded)s; only %(paid)s was paid, and no more can be given back.") % {
            "refunded": format_money(refunded, order.currency),
            "paid": format_money(past.paid, order.currency),
        }
        past.warnings.append((row, "refunded", sentence))


# --- State --------------------------------------------------------------------------------------


def _settle_state(past: Past, rows: Sequence[Mapping[str, Any]], row: int, has_state: bool) -> None:
    """Canceled, closed history, partly shipped, or a draft that is to be placed here; the derived statuses follow.

    What was shipped tells before the status of the order, and that before a date of shipping; a file with none of them is history.
    """
    order, facts = past.order, past.facts
    lines = past.lines
    shipped = _shipped(rows)
    state = (
        facts["fulfilment"]
        or STATES.get(facts["status"])
        or ("fulfilled" if facts["fulfilled_at"] else _state_of_lines(past.lines, shipped))
    )
    order.canceled_at = facts["canceled_at"]
    if facts["status"] == "canceled":
        order.canceled_at = order.canceled_at or order.placed_at
    if order.canceled_at:
        order.status = Order.Status.CANCELED
        order.cancel_reason = (facts["cancel_reason"] or _("Canceled at the source"))[:300]
        for line in lines:
            line.canceled = line.quantity
        price(order, lines)
    elif not has_state or state != "unfulfilled":
        _ship(past, shipped, row, is_partial=state == "partial")
    else:
        price(order, lines)  # as placing it will
    order.paid, order.refunded = past.paid, past.refunded
    order.authorized, order.voided = past.authorized, past.voided
    order.payment_status = payment_status(order)
    order.fulfilment_status = fulfilment_status(lines)


def _shipped(rows: Sequence[Mapping[str, Any]]) -> list[int | None]:
    """Pieces of each line that were shipped; None where the file does not say."""
    return [
        max(0, min(row["line_shipped"], row["quantity"]))
        if row["line_shipped"] is not None
        else row["quantity"]
        if row["line_fulfilment"] == "fulfilled"
        else 0
        if row["line_fulfilment"] == "unfulfilled"
        else None
        for row in rows
    ]


def _state_of_lines(lines: Sequence[Any], shipped: Sequence[int | None]) -> str:
    """What the lines say about the order where it says nothing itself."""
    if not any(shipped):
        return "unfulfilled"
    is_whole = all(
        pieces == line.quantity for line, pieces in zip(lines, shipped, strict=True) if line.requires_shipping
    )
    return "fulfilled" if is_whole else "partial"


def _ship(past: Past, shipped: Sequence[int | None], row: int, *, is_partial: bool) -> None:
    """Its parcels have left: all of it, or of a partly shipped order the lines that say so."""
    order = past.order
    if past.place is None and any(line.requires_shipping for line in past.lines):
        raise Refused(
            row, "fulfilment", _("There is no open warehouse that the parcels could have left from. Create one first.")
        )
    if is_partial and all(pieces is None for pieces in shipped):
        sentence = _("The file does not say which lines of this partly shipped order have left; it counts as shipped.")
        past.warnings.append((row, "fulfilment", sentence))
        is_partial = False
    for line, pieces in zip(past.lines, shipped, strict=True):
        if line.requires_shipping:
            line.fulfilled = (pieces or 0) if is_partial else line.quantity
    past.is_partial = is_partial and any(line.requires_shipping and line.open_quantity for line in past.lines)
    order.status = Order.Status.PLACED if past.is_partial else Order.Status.CLOSED
    if not past.is_partial:
        order.closed_at = past.facts["fulfilled_at"] or order.placed_at
