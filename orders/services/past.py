"""One order as another system tells it: from its rows to an order with lines, payments and a parcel, not saved yet."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import ROUND_UP, Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.models import User
from backoffice.money import ZERO, format_money, round_money, shares, unit
from customers.services import normalize_email
from inventory.models import Location
from orders.models import Fulfilment, Order, OrderLine, Payment, Refund
from orders.services.status import fulfilment_status, line_amount, payment_status, price, share_discount

LIMIT = Decimal(10) ** 12
STATES = {"done": "fulfilled", "refunded": "fulfilled", "open": "unfulfilled"}  # of an order -> of its goods
HEADER = (
    "currency", "placed_at", "email", "phone", "customer_name", "customer_number", "financial", "fulfilment", "paid_at",
    "fulfilled_at", "canceled_at", "cancel_reason", "payment_method", "payment_reference", "carrier", "note", "tags", "country",
    "shipping", "taxes", "total", "discount", "refunded", "outstanding", "paid", "billing_address", "shipping_address", "source",
    "source_number", "number", "status",
)  # fmt: skip


class Refused(ValidationError):
    """What stands against the order, at a row and a column."""

    def __init__(self, row: int, column: str, sentence: str) -> None:
        super().__init__(sentence)
        self.row, self.column = row, column

    def __str__(self) -> str:
        return " ".join(self.messages)


@dataclass
class Past:
    """An order put together; `worth` is what it came to before it was canceled."""

    order: Order
    lines: list[OrderLine]
    facts: Mapping[str, Any]
    email: str = ""
    customer_number: str = ""
    worth: Decimal = ZERO
    paid: Decimal = ZERO
    refunded: Decimal = ZERO
    place: Location | None = None
    warnings: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def is_shipped(self) -> bool:
        return any(line.fulfilled for line in self.lines)

    def with_order(self) -> Iterator[OrderLine]:
        for line in self.lines:
            line.order = self.order
            yield line

    def parcel(self, by: User | None) -> Fulfilment:
        at = moment(self.facts["fulfilled_at"]) or self.order.placed_at
        return Fulfilment(
            number=f"{self.order.number}-F1", order=self.order, location=self.place, status=Fulfilment.Status.SHIPPED,
            carrier=(self.facts["carrier"] or "")[:60], created_by=by, created_at=at, shipped_at=at,
        )  # fmt: skip

    def payments(self, by: User | None) -> Iterator[Payment]:
        if self.paid:
            yield Payment(
                order=self.order, amount=self.paid, by=by, at=moment(self.facts["paid_at"]) or self.order.placed_at,
                method=(self.facts["payment_method"] or _("unknown"))[:40], reference=(self.facts["payment_reference"] or "")[:100],
            )  # fmt: skip

    def refunds(self, by: User | None) -> Iterator[Refund]:
        if self.refunded:
            yield Refund(
                order=self.order, amount=self.refunded, by=by, at=self.order.canceled_at or self.order.placed_at,
                method=(self.facts["payment_method"] or _("unknown"))[:40], reason=_("Refunded at the source"),
            )  # fmt: skip


def moment(text: str | None) -> datetime | None:
    """The time that a staged cell holds."""
    return datetime.fromisoformat(text) if text else None


def read_past(
    rows: Sequence[Mapping[str, Any]],
    *,
    has_state: bool,
    has_prices: bool,
    place: Location | None,
    takes_payments: bool,
) -> Past:
    """Put an order together from its rows. Raises Refused."""
    first = int(rows[0]["row"])
    facts = {name: next((row[name] for row in rows if row[name] not in (None, "", {})), None) for name in HEADER}
    lines = [row for row in rows if row["sku"] or row["title"] or row["quantity"] is not None]
    if not lines:
        raise Refused(first, "title", _("The order has no lines."))
    if has_prices and (blank := next((row for row in lines if row["unit_price"] is None), None)):
        raise Refused(
            blank["row"], "unit_price", _("%(line)s: a price is needed.") % {"line": blank["sku"] or blank["title"]}
        )
    if facts["shipping"] is None:
        facts["shipping"] = sum((row["line_shipping"] or ZERO for row in rows), ZERO)
    past = Past(_header(facts), [_line(row, place_in) for place_in, row in enumerate(lines)], facts, place=place)
    past.email = _email(past, first)
    past.customer_number = facts["customer_number"] or ""
    if not has_prices:
        _share_total(past, first)
    try:
        _amounts(past, rows)
    except ValidationError as error:
        raise Refused(first, "discount", " ".join(error.messages)) from error
    _check_sum(past, first)
    _settle_money(past, takes_payments)
    _check_paid(past, first)
    _settle_state(past, first, has_state)
    return past


# --- Header and lines ---------------------------------------------------------------------------


def _header(facts: Mapping[str, Any]) -> Order:
    shipping = dict(facts["shipping_address"] or {})
    if facts["country"]:
        shipping.setdefault("country", facts["country"])
    billing = dict(facts["billing_address"] or {}) or shipping
    phone = facts["phone"] or shipping.pop("phone", "") or billing.get("phone", "")
    shipping.pop("phone", None)
    name = (
        facts["customer_name"]
        or billing.get("name")
        or shipping.get("name")
        or billing.get("company")
        or facts["customer_number"]
        or ""
    )
    return Order(
        source=(facts["source"] or "import")[:40],
        source_number=(facts["source_number"] or facts["number"])[:100],
        currency=facts["currency"] or settings.DEFAULT_CURRENCY,
        customer_name=name[:200],
        email=(facts["email"] or "")[:254],
        phone=phone[:40],
        billing_address={key: value for key, value in billing.items() if key != "phone"},
        shipping_address=shipping or {key: value for key, value in billing.items() if key != "phone"},
        discount=facts["discount"] or ZERO,
        shipping=facts["shipping"] or ZERO,
        note=facts["note"] or "",
        tags=list(dict.fromkeys(tag.strip()[:120] for tag in (facts["tags"] or "").split(",") if tag.strip())),
        placed_at=moment(facts["placed_at"]) or timezone.now(),
    )


def _line(row: Mapping[str, Any], position: int) -> OrderLine:
    number = int(row["row"])
    if row["quantity"] is None or row["quantity"] < 1:
        raise Refused(number, "quantity", _("The quantity must be at least 1."))
    if not row["sku"] and not row["title"]:
        raise Refused(number, "title", _("A line needs a SKU or a title."))
    return OrderLine(
        position=position,
        sku=row["sku"] or "",
        title=(row["title"] or row["sku"])[:400],
        quantity=row["quantity"],
        unit_price=row["unit_price"] or ZERO,
        discount=row["line_discount"] or ZERO,
        tax_name=(row["tax_name"] or "")[:60],
        requires_shipping=row["requires_shipping"] is not False,
    )


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
    """Amounts of the lines and the order; the taxes of the file are shared over the lines to the last cent."""
    order, lines, facts = past.order, past.lines, past.facts
    each = [row["line_tax"] for row in rows if row["line_tax"] is not None]
    taxes = round_money(facts["taxes"] if facts["taxes"] is not None else sum(each, ZERO), order.currency)
    order.discount = _order_discount(past, taxes)
    share_discount(order, lines)
    amounts = [line_amount(order, line) - line.order_discount for line in lines]
    goods = sum(amounts, ZERO)
    total = facts["total"]
    order.prices_include_tax = taxes == 0 or (
        total is not None and abs(goods + order.shipping - total) < abs(goods + order.shipping + taxes - total)
    )
    parts = shares(taxes, amounts, order.currency) if taxes > 0 else [ZERO] * len(lines)
    for line, amount, tax in zip(lines, amounts, parts, strict=True):
        line.net, line.tax = (amount - tax, tax) if order.prices_include_tax else (amount, tax)
        line.gross = line.net + line.tax
        line.tax_rate = min(round(tax / line.net, 5), Decimal("9.99999")) if line.net > 0 else ZERO
    order.subtotal = goods
    order.tax = sum(parts, ZERO)
    order.total = past.worth = sum((line.gross for line in lines), order.shipping)
    if max(order.total, *(line.gross for line in lines)) >= LIMIT:
        raise ValidationError(_("The number is too large."))


def _order_discount(past: Past, taxes: Decimal) -> Decimal:
    """What is taken off the whole order. Some files count the discounts of the lines in: the total tells."""
    order, total = past.order, past.facts["total"]
    own = sum((line.discount for line in past.lines), ZERO)
    less = max(order.discount - own, ZERO)
    if total is None:
        return less
    rest = total - order.shipping - sum((line_amount(order, line) for line in past.lines), ZERO)
    return min((less, order.discount), key=lambda discount: min(abs(rest + discount), abs(rest + discount - taxes)))


def _check_sum(past: Past, row: int) -> None:
    total, order = past.facts["total"], past.order
    if total is not None and total != past.worth:
        sentence = _("The file's total is %(total)s; lines, shipping and taxes come to %(sum)s.") % {
            "total": format_money(total, order.currency),
            "sum": format_money(past.worth, order.currency),
        }
        past.warnings.append((row, "total", sentence))


def _check_paid(past: Past, row: int) -> None:
    """Payments that do not add up to the order are kept as they are, and said."""
    if past.facts["paid"] and past.paid != past.worth and past.facts["financial"] not in ("partially_paid", "pending"):
        sentence = _("The file's payments are %(paid)s; the order comes to %(sum)s.") % {
            "paid": format_money(past.paid, past.order.currency),
            "sum": format_money(past.worth, past.order.currency),
        }
        past.warnings.append((row, "paid", sentence))


def _settle_money(past: Past, takes_payments: bool) -> None:
    """What was paid and given back, as the file says."""
    facts, order = past.facts, past.order
    status = facts["financial"] or ("refunded" if facts["status"] == "refunded" else "")
    refunded = facts["refunded"] or ZERO
    if facts["paid"] is not None:
        past.paid = facts["paid"]
    elif status == "partially_paid":
        past.paid = past.worth - (facts["outstanding"] or past.worth)
    elif (status and status != "pending") or (not status and facts["paid_at"]):
        past.paid = facts["total"] or past.worth
    if status == "refunded":
        refunded = refunded or past.paid
    if not takes_payments:
        past.paid = ZERO
    past.paid = max(round_money(past.paid, order.currency), ZERO)
    past.refunded = min(max(round_money(refunded, order.currency), ZERO), past.paid)


# --- State --------------------------------------------------------------------------------------


def _settle_state(past: Past, row: int, has_state: bool) -> None:
    """Canceled, closed history, or a draft that is to be placed here; the derived statuses follow.

    What was shipped tells before the status of the order, and that before a date of shipping; a file with none of them is history.
    """
    order, lines, facts = past.order, past.lines, past.facts
    state = (
        facts["fulfilment"] or STATES.get(facts["status"]) or ("fulfilled" if facts["fulfilled_at"] else "unfulfilled")
    )
    order.canceled_at = moment(facts["canceled_at"])
    if facts["status"] == "canceled":
        order.canceled_at = order.canceled_at or order.placed_at
    if order.canceled_at:
        order.status = Order.Status.CANCELED
        order.cancel_reason = (facts["cancel_reason"] or _("Canceled at the source"))[:300]
        for line in lines:
            line.canceled = line.quantity
        price(order, lines)
    elif not has_state or state != "unfulfilled":
        _close(past, row, is_partial=state == "partial")
    else:
        price(order, lines)  # as placing it will
    order.paid, order.refunded = past.paid, past.refunded
    order.payment_status = payment_status(order)
    order.fulfilment_status = fulfilment_status(lines)
    order.paid = order.refunded = ZERO  # payments and refunds add themselves


def _close(past: Past, row: int, *, is_partial: bool) -> None:
    order = past.order
    order.status = Order.Status.CLOSED
    order.closed_at = moment(past.facts["fulfilled_at"]) or order.placed_at
    if past.place is None and any(line.requires_shipping for line in past.lines):
        raise Refused(
            row, "fulfilment", _("There is no open warehouse that the parcels could have left from. Create one first.")
        )
    for line in past.lines:
        line.fulfilled = line.quantity if line.requires_shipping else 0
    if is_partial:
        past.warnings.append(
            (row, "fulfilment", _("The order is partly shipped at the source; it counts as shipped here."))
        )
