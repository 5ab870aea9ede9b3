"""What issued documents print: the content that was kept with them, and nothing that can change since."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from orders.models import Invoice

AMOUNTS = ("unit_price", "discount", "net", "tax", "gross", "tax_rate")


def paper(invoice: Invoice) -> dict[str, Any]:
    """The kept content with amounts as numbers and dates as dates."""
    content = invoice.content
    taxes = [row | {name: Decimal(row[name]) for name in ("rate", "net", "tax", "gross")} for row in content["taxes"]]
    for row in taxes:
        row["percent"] = row["rate"] * 100
    lines = [_line(line, content["prices_include_tax"]) for line in content["lines"]]
    corrects = content.get("corrects")
    return {
        "invoice": invoice,
        "content": content,
        "lines": lines,
        "taxes": taxes,
        "shipping": _shipping(content),
        "ordered": date.fromisoformat(content["ordered"]),
        "corrected": corrects and date.fromisoformat(corrects["issued"]),
        "has_discount": any(line["discount"] for line in lines),
    }


def _line(line: dict[str, Any], prices_include_tax: bool) -> dict[str, Any]:
    shown = line | {name: Decimal(line[name]) for name in AMOUNTS}
    return shown | {
        "percent": shown["tax_rate"] * 100,
        "amount": shown["gross"] if prices_include_tax else shown["net"],
    }


def _shipping(content: dict[str, Any]) -> Decimal | None:
    """What shipping cost, as the prices of the lines are given; None without."""
    shipping = content["shipping"]
    return Decimal(shipping["gross" if content["prices_include_tax"] else "net"]) if shipping else None


def address_lines(address: Mapping[str, str], name: str) -> str:
    """An address as it is written on a letter; `name` where it has none of its own."""
    if not address:
        return name
    town = f"{address.get('postal_code', '')} {address.get('city', '')}".strip()
    town += f", {address['region']}" if address.get("region") else ""
    parts = [address.get("name") or name, *(address.get(part) for part in ("company", "line1", "line2"))]
    return "\n".join(part for part in [*parts, town, address.get("country")] if part)
