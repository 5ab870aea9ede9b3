"""What an order would become by a change: worked out in memory, for the preview and for the change itself."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.errors import IllegalTransition
from backoffice.money import ZERO
from inventory import services as inventory
from orders.models import FulfilmentLine, Order, OrderLine, ReturnLine
from orders.services.changes.wanting import LineChange, Wanted
from orders.services.intake import NewLine, fill
from orders.services.status import price, shipping_amounts
from orders.services.tax_rates import goes_to, rates_for

BOUGHT = ("variant", "sku", "title", "unit_price", "discount", "tax_name", "tax_rate", "requires_shipping")
CHANGED = (*BOUGHT, "quantity", "tax_rounding", "allocated", "canceled")


class ChangeRefused(ValidationError):
    """A change asks for what is not possible any more; a sentence for each."""


@dataclass(frozen=True)
class Sums:
    """What an order comes to; `taxes` per rate as (name, tax)."""

    subtotal: Decimal
    discounts: Decimal
    shipping: Decimal
    tax: Decimal
    total: Decimal
    taxes: Mapping[Decimal, tuple[str, Decimal]]

    @classmethod
    def of(cls, order: Order, lines: Sequence[OrderLine]) -> "Sums":
        discounts = sum((line.discount + line.order_discount for line in lines if line.kept), ZERO)
        return cls(order.subtotal, discounts, order.shipping, order.tax, order.total, _taxes(order, lines))


@dataclass
class Work:
    """An order and its lines as they would be. Lines of `new` have no key yet; those of `gone` are deleted."""

    order: Order
    lines: list[OrderLine]
    new: list[OrderLine] = field(default_factory=list)
    gone: list[OrderLine] = field(default_factory=list)
    changed: list[OrderLine] = field(default_factory=list)
    pieces: dict[str, int] = field(default_factory=dict)
    promises: list[tuple[OrderLine, int]] = field(default_factory=list)
    header: list[str] = field(default_factory=list)

    @property
    def is_anything(self) -> bool:
        return bool(self.new or self.gone or self.changed or self.header)

    def wanted_promises(self) -> list[inventory.Demand]:
        """What stock is to promise each line whose promise changes; items are `key_of` the lines."""
        return [
            inventory.Demand(self.key_of(line), line.variant_id, pieces, line.sku)
            for line, pieces in self.promises
            if line.variant_id is not None
        ]

    def key_of(self, line: OrderLine) -> int:
        """The line's primary key; a number below zero while it has none."""
        return line.pk or -1 - self.new.index(line)


def work_out(order: Order, lines: Sequence[OrderLine], packed: Mapping[int, int], wanted: Wanted) -> Work:
    """What `wanted` makes of an order. The rows given stay as they are.

    Raises ChangeRefused with a sentence for all that is not possible, IllegalTransition unless the order is placed,
    LineRefused, DiscountTooHigh.
    """
    if order.status != Order.Status.PLACED:
        raise IllegalTransition(order, order.get_status_display(), _("changed"))
    work = Work(copy(order), [copy(line) for line in lines])
    _refuse(work.lines, packed, wanted)
    goes_elsewhere = _set_header(work, wanted.header)
    needs_rates = (
        goes_elsewhere or any(one.variant is not None for one in wanted.lines) or _ships_anew(order, work.order)
    )
    rates = rates_for(work.order) if needs_rates else {}
    if goes_elsewhere or _ships_anew(order, work.order):
        _tax_shipping(work, rates)
    by_key = {line.pk: line for line in work.lines}
    for one in wanted.lines:
        if one.line is None:
            _add(work, one, rates)
        elif one.removed:
            _remove(work, by_key[one.line])
        elif one.says_something:
            _change(work, by_key[one.line], one, rates)
    if goes_elsewhere:
        _tax_anew(work, rates)
    work.lines = [line for line in work.lines if line not in work.gone]
    if not any(line.kept for line in work.lines):
        raise ChangeRefused(_("Nothing would be left of %(order)s. Cancel it instead.") % {"order": order})
    price(work.order, work.lines)
    return work


# --- What is not possible -------------------------------------------------------------------------


def _refuse(lines: Sequence[OrderLine], packed: Mapping[int, int], wanted: Wanted) -> None:
    by_key = {line.pk: line for line in lines}
    said = []
    for one in wanted.lines:
        if one.line is None or not one.says_something:
            continue
        line = by_key.get(one.line)
        if line is None or not line.kept:
            said.append(_("A line that was to be changed is not there any more."))
        else:
            said += _against(line, packed.get(line.pk, 0), one)
    if said:
        raise ChangeRefused(said)


def _against(line: OrderLine, packed: int, one: LineChange) -> list[str]:
    """Sentences for what the line does not allow: pieces that left or lie in parcels are not edited away."""
    facts: dict[str, Any] = {"line": line.sku or line.title, "shipped": line.fulfilled, "packed": packed}
    left = 0 if one.removed else line.kept if one.quantity is None else one.quantity
    said = []
    if left < line.fulfilled:
        said.append(_("%(line)s: %(shipped)s pieces were shipped. Announce a return for what comes back.") % facts)
    elif left < line.fulfilled + packed:
        said.append(
            _("%(line)s: %(packed)s pieces lie in an open parcel. Cancel that fulfilment before you take them away.")
            % facts
        )
    is_other = one.variant is not None and one.variant.pk != line.variant_id
    if is_other and line.fulfilled:
        said.append(_("%(line)s was shipped in part and cannot be swapped. Add the other article instead.") % facts)
    elif is_other and packed:
        said.append(_("%(line)s lies in an open parcel and cannot be swapped. Cancel that fulfilment first.") % facts)
    if line.fulfilled and (one.unit_price is not None or one.discount is not None or one.title):
        said.append(_("%(line)s was shipped: only its quantity can change. Give money back by a refund.") % facts)
    return said


# --- The order ------------------------------------------------------------------------------------


def _set_header(work: Work, header: Mapping[str, Any]) -> bool:
    """Set what changes of the order; returns whether it goes to another country or region then."""
    before = goes_to(work.order)
    for name, value in header.items():
        if getattr(work.order, name) != value:
            setattr(work.order, name, value)
            work.header.append(name)
    return goes_to(work.order) != before


def _ships_anew(before: Order, after: Order) -> bool:
    """Shipping costs something now: its rate is not known yet."""
    return bool(after.shipping) and not before.shipping


def _tax_shipping(work: Work, rates: Mapping[str, Any]) -> None:
    rate = rates["standard"].rate if "standard" in rates else ZERO
    if work.order.shipping and work.order.shipping_tax_rate != rate:
        work.order.shipping_tax_rate = rate
        work.header.append("shipping_tax_rate")


def _tax_anew(work: Work, rates: Mapping[str, Any]) -> None:
    """Articles that have not left are taxed as where the order goes now."""
    for line in work.lines:
        if line.variant is None or line.fulfilled or line in work.new:
            continue
        rate = rates.get(line.variant.tax_class)
        name, share = (rate.name, rate.rate) if rate else ("", ZERO)
        if (line.tax_name, line.tax_rate) != (name, share):
            line.tax_name, line.tax_rate, line.tax_rounding = name, share, ZERO
            _note(work.changed, line)


# --- The lines ------------------------------------------------------------------------------------


def _add(work: Work, one: LineChange, rates: Mapping[str, Any]) -> None:
    line = _bought(work.order, one, rates)
    line.position = max((other.position for other in work.lines), default=-1) + 1
    work.lines.append(line)
    work.new.append(line)
    work.promises.append((line, line.quantity))
    _count(work, line.sku or line.title, line.quantity)


def _remove(work: Work, line: OrderLine) -> None:
    """Delete the line; one that canceled parcels or returns name is canceled instead, and so is one with canceled pieces."""
    _count(work, line.sku or line.title, -line.kept)
    work.promises.append((line, 0))
    if line.canceled or is_named_elsewhere(line):
        line.canceled = line.quantity
        _note(work.changed, line)
    else:
        work.gone.append(line)


def is_named_elsewhere(line: OrderLine) -> bool:
    """Whether parcels or returns, canceled ones as well, name the line."""
    in_parcels = FulfilmentLine.objects.filter(order_line=line).exists()
    return in_parcels or ReturnLine.objects.filter(order_line=line).exists()


def _change(work: Work, line: OrderLine, one: LineChange, rates: Mapping[str, Any]) -> None:
    before = line.kept
    quantity = before if one.quantity is None else one.quantity
    if one.variant is not None and one.variant.pk != line.variant_id:
        _swap(work, line, one, quantity, rates)
    else:
        line.title = one.title or line.title
        line.unit_price = line.unit_price if one.unit_price is None else one.unit_price
        line.discount = line.discount if one.discount is None else one.discount
        if quantity != before:
            work.promises.append((line, max(line.allocated + quantity - before, 0)))
            _count(work, line.sku or line.title, quantity - before)
    line.quantity = quantity + line.canceled
    line.tax_rounding = ZERO
    _note(work.changed, line)


def _swap(work: Work, line: OrderLine, one: LineChange, quantity: int, rates: Mapping[str, Any]) -> None:
    """Put another article in place of the line's; what is not said of it follows from the article."""
    _count(work, line.sku or line.title, -line.kept)
    discount = line.discount if one.discount is None else one.discount
    bought = _bought(work.order, LineChange(None, one.variant, one.title, quantity, one.unit_price, discount), rates)
    for name in BOUGHT:
        setattr(line, name, getattr(bought, name))
    line.variant = one.variant
    work.promises.append((line, quantity))
    _count(work, line.sku, quantity)


def _bought(order: Order, one: LineChange, rates: Mapping[str, Any]) -> OrderLine:
    """A line as a new order would have it."""
    bare = copy(order)
    bare.discount = bare.shipping = ZERO
    asked = NewLine(
        one.quantity or 1, one.variant, one.title, unit_price=one.unit_price, discount=one.discount or ZERO
    )  # fmt: skip
    [line] = fill(bare, [asked], {}, rates)
    line.variant = one.variant
    line.order = order
    return line


def _count(work: Work, name: str, pieces: int) -> None:
    work.pieces[name] = work.pieces.get(name, 0) + pieces


def _note(lines: list[OrderLine], line: OrderLine) -> None:
    if line not in lines:
        lines.append(line)


def _taxes(order: Order, lines: Sequence[OrderLine]) -> dict[Decimal, tuple[str, Decimal]]:
    sums: dict[Decimal, tuple[str, Decimal]] = {}
    _net, shipping_tax, shipping_gross = shipping_amounts(order)
    parts = [(line.tax_rate, line.tax_name, line.tax) for line in lines if line.kept]
    if shipping_gross:
        parts.append((order.shipping_tax_rate, "", shipping_tax))
    for rate, name, tax in parts:
        known, sum_ = sums.get(rate, ("", ZERO))
        sums[rate] = known or name, sum_ + tax
    return sums
