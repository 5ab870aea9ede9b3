"""Rates of tax where an order goes, and what else must be known before one is placed."""

import json
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from inventory import services as inventory
from orders.models import Order

ASK = "SELECT orders_ask(%s, %s, %s::bigint[])"
REMEMBERED = 1000

# What the database answered last, by country and region. It is a guess: `orders_take` writes nothing where it is wrong.
_answered: dict[tuple[str, str], Any] = {}


class Rate(NamedTuple):
    name: str
    rate: Decimal


def goes_to(order: Order) -> tuple[str, str]:
    """Country and region that decide on the tax, as `TaxRate` writes them; an order without a shipping address goes where the
    invoice goes."""
    address = order.shipping_address if order.shipping_address.get("country") else order.billing_address
    country = str(address.get("country") or "").strip().upper()
    return country, str(address.get("region") or "").strip().upper().removeprefix(f"{country}-")


def rates_for(order: Order) -> Mapping[str, Rate]:
    """The rate of each tax class where the order goes; none for customers who are exempt."""
    return known_before(order, [])[0]


def known_before(order: Order, variants: Sequence[int]) -> tuple[Mapping[str, Rate], inventory.Stock]:
    """What must be known before an order is placed, in one statement: its rates, and what warehouses have of these variants."""
    return understood(order, json.loads(inventory.call(ASK, [*goes_to(order), list(variants)])))


def understood(order: Order, answer: Mapping[str, Any]) -> tuple[Mapping[str, Rate], inventory.Stock]:
    """What `orders_ask` answers about an order."""
    if len(_answered) >= REMEMBERED:
        forget()
    _answered[goes_to(order)] = answer["rates"]
    return rates_of(order, answer["rates"] or ()), inventory.Stock.of(answer["stock"] or ())


def last_answered(order: Order) -> Any:
    """The rates where the order goes, as the database wrote them when it was asked last; None for none, or when it never was."""
    return _answered.get(goes_to(order))


def rates_of(order: Order, rows: Iterable[Sequence[str]]) -> Mapping[str, Rate]:
    """Rates as the database writes them, by tax class; none for customers who are exempt."""
    is_exempt = order.customer is not None and order.customer.tax_exempt
    return {} if is_exempt else {kind: Rate(name, Decimal(rate)) for kind, name, rate in rows}


def forget() -> None:
    """Remember no rates."""
    _answered.clear()
