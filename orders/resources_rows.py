"""Rows of order files, made into lines of orders: layouts of other systems, parts of addresses, shares and amounts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import ROUND_UP
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from backoffice.imports.cells import Problems, Values, error, warning
from backoffice.money import format_money, round_money, unit

ARTICLE = re.compile(r"\[([^\]\s]{1,100})\] +(\S.*)")  # Odoo: [E-COM01] Desk
ADDRESS = {
    "name": "name",
    "first name": "first_name",
    "last name": "last_name",
    "company": "company",
    "address1": "line1",
    "address 1": "line1",
    "address 1 2": "line1",
    "address line 1": "line1",
    "address": "line1",
    "street": "line1",
    "address2": "line2",
    "address 2": "line2",
    "address line 2": "line2",
    "city": "city",
    "zip": "postal_code",
    "zip code": "postal_code",
    "zip code prefix": "postal_code",
    "postal code": "postal_code",
    "postcode": "postal_code",
    "state": "region",
    "state code": "region",
    "region": "region",
    "province code": "region",
    "province": "region",
    "country code": "country",
    "country": "country",
    "phone": "phone",
}
PARTS = "|".join(sorted(ADDRESS, key=len, reverse=True))
OF_THE_BUYER = (
    "city|zip|zip code|postal code|postcode|state|province|street"  # where no header says whose address it is
)
ADDED = ("line_tax", "tax_shares")
SHARES = ("line_discount_percent", "line_discount_share")
KINDS_OF_ROWS = ("document", "credit")
INSTEAD = ("barcode", "line_amount")  # what a row has instead of a SKU and of a price
NUMBERS = {
    "order id",
    "order number",
    "order no",
    "order",
    "invoice no",
    "invoiceno",
    "invoice",
    "invoice id",
    "订单编号",
    "订单号",
}
AMAZON = {
    "item price": "line_amount",
    "shipping price": "line_shipping",
    "item promotion discount": "line_discount",
    "merchant order id": "",
    "ship promotion discount": "",
}
ODOO = {
    "order reference": "source_number",
    "number": "source_number",
    "customer": "customer_name",
    "delivery status": "fulfilment",
    "order lines product": "title",
    "order lines description": "",
    "order lines product internal reference": "sku",
    "order lines quantity": "quantity",
    "order lines unit price": "unit_price",
    "order lines discount percent": "line_discount_percent",
    "untaxed amount": "",
    "taxes": "taxes",
}


def read_as(headers: set[str]) -> dict[str, str]:
    """What columns of a plain log are, as what stands beside them tells."""
    read = {}
    if "transaction id" in headers and not headers & NUMBERS:
        read["transaction id"] = "source_number"  # else it is that of a payment
    if "item" in headers and "item name" not in headers:
        read["item"] = "title"
    if {"artikel", "product name"} <= headers:
        read["artikel"] = "sku"
    if {"sales", "profit"} <= headers:
        read["discount"] = ""  # a share, which the sales are without
    return read


def lines_of_rows(
    records: Iterator[tuple[int, Values | None, Any]], names: Sequence[str], layout: str, *, is_counted: bool
) -> Iterator[tuple[Any, ...]]:
    nothing = (None,) * len(names)
    last = ""
    for number, values, problems in records:
        if values is None:
            yield (number, problems, *nothing)
            continue
        if layout:
            values["source"] = layout
        if layout == "odoo":
            last = _continue(values, last)
        if any(values.get(name) for name in SHARES):
            _take_share(values, problems)
        if not values.get("sku") and values.get("barcode"):
            values["sku"] = values["barcode"]
        if values.get("line_amount") is not None and values.get("quantity"):
            _take_amount(values, problems, is_before_discount=layout == "amazon")
        for name in ADDED:
            if name in values:
                amounts = [amount for _parts, amount in values[name] if amount is not None]
                values[name] = sum(amounts) if amounts else None
        if not is_counted and (values.get("sku") or values.get("unit_price") is not None):
            values["quantity"] = 1
        if values.get("quantity") and _takes_back(values):
            values["quantity"] = -abs(values["quantity"])
        for parts, text in values.get("address", ()):
            kind, part = parts or ("shipping", "address1")
            kind, part = (part, kind) if part in ("billing", "shipping") else (kind, part)
            kind = "billing" if kind == "billing" else "shipping"
            address = values.setdefault(f"{kind}_address", {})
            if text and (part.endswith("code") or ADDRESS[part] not in address):
                address[ADDRESS[part]] = text
        for kind in ("billing_address", "shipping_address"):
            _join_name(values.get(kind) or {})
        yield (number, problems or None, *(values.get(name) for name in names))


def _continue(values: Values, last: str) -> str:
    """Odoo leaves the number of the order out below its first line, and writes the code of an article before its name."""
    values["source_number"] = values.get("source_number") or last
    if not values.get("sku") and (named := ARTICLE.fullmatch(values.get("title") or "")):
        values["sku"], values["title"] = named.groups()
    return str(values["source_number"])


def _takes_back(values: Values) -> bool:
    """Whether the row says by a word, an amount below zero, or one that is all of the line or the order, that it is a credit."""
    credit = values.get("credit")
    if values.get("document") or credit is True or (values.get("line_amount") or 0) < 0:
        return True
    if not credit:
        return False
    worth = (values.get("unit_price") or 0) * values["quantity"]
    return abs(credit) in (abs(worth), abs(values.get("total") or 0))


def _take_share(values: Values, problems: Problems) -> None:
    """Turn a share of the line into an amount off it."""
    percent = next(values[name] for name in SHARES if values.get(name))
    if values.get("unit_price") is None or values.get("quantity") is None:
        problems.append(error(SHARES[0], str(percent), _("A share needs a quantity and a unit price that it is of.")))
        return
    worth = values["unit_price"] * values["quantity"]
    off = round_money(worth * percent / 100, values.get("currency") or settings.DEFAULT_CURRENCY)
    values["line_discount"] = (values.get("line_discount") or 0) + off


def _join_name(address: dict[str, str]) -> None:
    """First and last name are the name, where there is none."""
    parts = [address.pop(part, "") for part in ("first_name", "last_name")]
    if any(parts) and not address.get("name"):
        address["name"] = " ".join(filter(None, parts))


def _take_amount(values: Values, problems: Problems, *, is_before_discount: bool) -> None:
    """Read the price out of the amount of the line; where there is a price, compare."""
    currency = values.get("currency") or settings.DEFAULT_CURRENCY
    amount, pieces, off = abs(values["line_amount"]), abs(values["quantity"]), values.get("line_discount") or 0
    if values.get("unit_price") is None:
        amount += 0 if is_before_discount else off
        values["unit_price"] = (amount / pieces).quantize(unit(currency), ROUND_UP)
        values["line_discount"] = off + values["unit_price"] * pieces - amount
        return
    worth = round_money(values["unit_price"] * pieces, currency)
    if amount not in (worth, worth - off):
        sentence = _("The file's amount of the line is %(amount)s; quantity and price come to %(sum)s.")
        said = sentence % {"amount": format_money(amount, currency), "sum": format_money(worth - off, currency)}
        problems.append(warning("line_amount", str(amount), said))
