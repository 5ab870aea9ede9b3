"""What a customer is told of a change of a placed order: kept as facts without an address, worded when the mail is written."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from backoffice.money import format_money

AMOUNTS = ("shipping", "discount")
ADDRESSES = ("shipping_address", "billing_address")


def told(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """The facts, as JSON, between two snapshots of `orders.services.changes`; what left meanwhile is no part of them."""
    keys = [*after["lines"], *(key for key in before["lines"] if key not in after["lines"])]
    lines = [(before["lines"].get(key), after["lines"].get(key)) for key in keys]
    return {
        "lines": [[_line(was), _line(now)] for was, now in lines if _line(was) != _line(now)],
        **{name: [before[name], after[name]] for name in AMOUNTS if before[name] != after[name]},
        "addresses": [name for name in ADDRESSES if before[name] != after[name]],
    }


def _line(line: Mapping[str, Any] | None) -> list[Any] | None:
    """Title, pieces, price and discount; None for a line that is not there, or of which nothing is kept."""
    if line is None or not line["quantity"]:
        return None
    return [line["title"], line["quantity"], line["unit_price"], line["discount"]]


def worded(facts: Mapping[str, Any], currency: str) -> str:
    """A sentence for each change, one a line, in the language in force."""
    said = [_sentence(was, now, currency) for was, now in facts.get("lines", [])]
    for name, label in (("shipping", _("Shipping")), ("discount", _("Discount on the order"))):
        if name in facts:
            was, now = (format_money(Decimal(amount), currency) for amount in facts[name])
            said.append(_("%(what)s: %(now)s, was %(before)s.") % {"what": label, "now": now, "before": was})
    addresses = {
        "shipping_address": _("The shipping address has changed."),
        "billing_address": _("The billing address has changed."),
    }
    return "\n".join([*said, *(addresses[name] for name in facts.get("addresses", []))])


def _sentence(was: list[Any] | None, now: list[Any] | None, currency: str) -> str:
    if was is None or now is None:
        title, pieces, *_amounts = now or was or []
        text = _("Added: %(pieces)s × %(title)s") if was is None else _("Removed: %(pieces)s × %(title)s")
        return text % {"pieces": pieces, "title": title}
    before, after = _piece(was, now, currency), _piece(now, was, currency)
    return _("%(now)s, was %(before)s.") % {"now": after, "before": before}


def _piece(line: list[Any], other: list[Any], currency: str) -> str:
    """Pieces and title, with the amounts where these are what changed."""
    title, pieces, price, discount = line
    text = f"{pieces} × {title}"
    if price != other[2]:
        text = _("%(line)s at %(price)s") % {"line": text, "price": format_money(Decimal(price), currency)}
    if discount != other[3]:
        taken_off = format_money(Decimal(discount), currency)
        text = _("%(line)s less %(discount)s") % {"line": text, "discount": taken_off}
    return text
