"""What the lines of an order cost where nobody says otherwise: as of now, for the customer's group, in the order's currency."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.models import User
from backoffice.money import round_money
from catalog.services import Price, price_of
from customers.models import Customer
from orders.models import Order
from orders.services import NewLine, create_draft

AGAIN = (
    "customer_name", "email", "phone", "language", "billing_address", "shipping_address", "currency", "prices_include_tax", "shipping",
    "shipping_tax_rate", "tags",
)  # fmt: skip


class NoPrice(ValidationError):
    """Variants have no price in the currency of the order; `places` of the lines in question."""

    def __init__(self, sentences: dict[int, str]) -> None:
        super().__init__(list(sentences.values()))
        self.places = sentences


def prices_for(customer: Customer | None, currency: str, variants: Iterable[int]) -> dict[int, Price]:
    """Prices of these variants (primary keys) by key; without those that have none in `currency`. One statement."""
    return price_of(set(variants), group=customer.price_group if customer else "", currency=currency)


def priced(lines: Sequence[NewLine], *, customer: Customer | None, currency: str) -> list[NewLine]:
    """The lines, with a price each where none was typed.

    Raises NoPrice naming what has no price in `currency`, since the shop's own is in another one, or a price finer than that.
    """
    keys = {line.variant.pk for line in lines if line.variant is not None and line.unit_price is None}
    found = prices_for(customer, currency, keys) if keys else {}
    missing = {
        place: _("%(sku)s has no price in %(currency)s. Type one.") % {"sku": line.variant.sku, "currency": currency}
        for place, line in enumerate(lines)
        if line.variant is not None and line.unit_price is None and line.variant.pk not in found
    }
    missing |= {
        place: _("%(currency)s has no amount of %(amount)s.") % {"currency": currency, "amount": line.unit_price}
        for place, line in enumerate(lines)
        if line.unit_price is not None and round_money(line.unit_price, currency) != line.unit_price
    }
    if missing:
        raise NoPrice(missing)
    return [
        replace(line, unit_price=found[line.variant.pk].price)
        if line.variant is not None and line.unit_price is None
        else line
        for line in lines
    ]


def duplicate(order: Order, *, by: User | None) -> tuple[Order, list[str]]:
    """A new draft like an earlier order, at the prices of now; and a sentence for each line that cannot be sold again.

    Raises ValidationError when nothing of it can.
    """
    lines, gone = _lines_again(order, order.customer)
    if not lines:
        raise ValidationError([_("Nothing of %(order)s can be sold again.") % {"order": order}, *gone])
    header = {name: getattr(order, name) for name in AGAIN}
    return create_draft(by=by, lines=lines, customer=order.customer, **header), gone


def _lines_again(order: Order, customer: Customer | None) -> tuple[list[NewLine], list[str]]:
    """The lines of an earlier order at the prices of now, and a sentence for each that cannot be sold again.

    What was no article of the catalogue keeps its price; discounts are not repeated.
    """
    found = list(order.lines.select_related("variant").order_by("position", "pk"))
    prices = prices_for(customer, order.currency, [line.variant_id for line in found if line.variant_id])
    lines, gone = [], []
    for line in found:
        variant = line.variant
        name = line.sku or line.title
        if variant is None:
            lines.append(
                NewLine(
                    line.quantity,
                    None,
                    line.title,
                    line.sku,
                    line.unit_price,
                    tax_rate=line.tax_rate,
                    tax_name=line.tax_name,
                    requires_shipping=line.requires_shipping,
                )
            )
        elif not variant.is_active:
            gone.append(_("%(line)s is no longer sold.") % {"line": name})
        elif variant.pk not in prices:
            gone.append(_("%(sku)s has no price in %(currency)s.") % {"sku": name, "currency": order.currency})
        else:
            lines.append(NewLine(line.quantity, variant, unit_price=prices[variant.pk].price))
    return lines, gone
