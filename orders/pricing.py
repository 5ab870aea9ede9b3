"""What the lines of an order cost where nobody says otherwise: as of now, for the customer's group, in the order's currency."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from catalog.services import Price, price_of
from customers.models import Customer
from orders.models import Order
from orders.services import NewLine


def prices_for(customer: Customer | None, currency: str, variants: Iterable[int]) -> dict[int, Price]:
    """Prices of these variants (primary keys) by key; without those that have none in `currency`. One statement."""
    return price_of(set(variants), group=customer.price_group if customer else "", currency=currency)


def priced(lines: Sequence[NewLine], *, customer: Customer | None, currency: str) -> list[NewLine]:
    """The lines, with a price each where none was typed.

    Raises ValidationError naming what has no price in `currency`: the shop's own price is in another one.
    """
    keys = {line.variant.pk for line in lines if line.variant is not None and line.unit_price is None}
    found = prices_for(customer, currency, keys) if keys else {}
    if missing := [line.variant.sku for line in lines if line.variant and line.variant.pk in keys - set(found)]:
        raise ValidationError(
            [
                _("%(sku)s has no price in %(currency)s. Type one.") % {"sku": sku, "currency": currency}
                for sku in missing
            ]
        )
    return [
        replace(line, unit_price=found[line.variant.pk].price)
        if line.variant is not None and line.unit_price is None
        else line
        for line in lines
    ]


def lines_again(order: Order, customer: Customer | None) -> tuple[list[NewLine], list[str]]:
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
                )
            )
        elif not variant.is_active:
            gone.append(_("%(line)s is no longer sold.") % {"line": name})
        elif variant.pk not in prices:
            gone.append(_("%(sku)s has no price in %(currency)s.") % {"sku": name, "currency": order.currency})
        else:
            lines.append(NewLine(line.quantity, variant, unit_price=prices[variant.pk].price))
    return lines, gone
