"""What is wanted of a placed order, and the order as it was seen by whoever wants it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Sum
from django.utils.translation import gettext as _

from backoffice.money import format_money
from backoffice.rows import told_along
from catalog.models import Variant
from orders.models import Fulfilment, FulfilmentLine, Order, OrderChange, OrderChangeLine, OrderLine

HEADER = ("shipping", "discount", "shipping_address", "billing_address")
Snapshot = Mapping[str, Any]


@dataclass(frozen=True)
class LineChange:
    """What is to become of a line; what is None stays. Without `line`, a primary key, it is a new one; `removed`, none.

    `quantity` are pieces that are kept, canceled ones not counted.
    """

    line: int | None = None
    variant: Variant | None = None
    title: str = ""
    quantity: int | None = None
    unit_price: Decimal | None = None
    discount: Decimal | None = None
    removed: bool = False

    @property
    def says_something(self) -> bool:
        values = (self.variant, self.quantity, self.unit_price, self.discount)
        return self.removed or bool(self.title) or any(value is not None for value in values)


@dataclass(frozen=True)
class Wanted:
    """A change of an order. `header` has those columns of HEADER that change."""

    lines: Sequence[LineChange] = ()
    header: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""


def packed_of(order: Order) -> dict[int, int]:
    """Pieces in parcels that have not left, by line."""
    rows = FulfilmentLine.objects.filter(fulfilment__in=Fulfilment.objects.waiting().filter(order=order))
    return dict(rows.values_list("order_line").annotate(Sum("quantity")).order_by())


def lines_with_packed(order: Order) -> tuple[list[OrderLine], dict[tuple[int, int], int]]:
    """Its lines with their variants, by primary key, and pieces in parcels that have not left by line and location."""
    parcels = FulfilmentLine.objects.filter(order_line=OuterRef("pk"), fulfilment__in=Fulfilment.objects.waiting())
    packed = told_along(parcels.order_by("pk"), location="fulfilment__location", pieces="quantity")
    lines: list[Any] = list(order.lines.select_related("variant").annotate(packed=packed).order_by("pk"))
    found: Counter[tuple[int, int]] = Counter()
    for line in lines:
        for one in line.packed:
            found[line.pk, one["location"]] += one["pieces"]
    return lines, found


def by_line(packed: Mapping[tuple[int, int], int]) -> dict[int, int]:
    """Pieces of all locations."""
    found: Counter[int] = Counter()
    for (line, _location), pieces in packed.items():
        found[line] += pieces
    return dict(found)


# --- Kept with the order --------------------------------------------------------------------------


def wanted_of(change: OrderChange) -> Wanted:
    """What a stored change wants."""
    kinds = OrderChangeLine.Kind
    return Wanted(
        lines=[
            LineChange(
                row.line_id, row.variant, row.title, row.quantity, row.unit_price, row.discount, row.kind == kinds.REMOVE
            )
            for row in change.lines.select_related("variant").order_by("pk")
            if row.line_id or row.kind == kinds.ADD
        ],
        header={name: value for name in HEADER if (value := getattr(change, name)) is not None},
        reason=change.reason,
    )  # fmt: skip


def rows_of(change: OrderChange, wanted: Wanted, names: Mapping[int, str]) -> list[OrderChangeLine]:
    """The rows that keep `wanted`; `names` are those of lines by key."""
    kinds = OrderChangeLine.Kind
    return [
        OrderChangeLine(
            change=change,
            kind=kinds.REMOVE if one.removed else kinds.CHANGE if one.line else kinds.ADD,
            line_id=one.line,
            name=names.get(one.line or 0, ""),
            variant=one.variant,
            title=one.title,
            quantity=one.quantity,
            unit_price=one.unit_price,
            discount=one.discount,
        )
        for one in wanted.lines
        if one.says_something
    ]


# --- As it was seen -------------------------------------------------------------------------------


def snapshot(order: Order, lines: Sequence[OrderLine], packed: Mapping[int, int]) -> dict[str, Any]:
    """What of an order a change goes by, as JSON; payments are no part of it."""
    return {
        "status": order.status,
        "shipping": _plain(order.shipping),
        "discount": _plain(order.discount),
        "shipping_address": filled(order.shipping_address),
        "billing_address": filled(order.billing_address),
        "lines": {
            str(line.pk): {
                "name": line.sku or line.title,
                "variant": line.variant_id,
                "title": line.title,
                "quantity": line.kept,
                "unit_price": _plain(line.unit_price),
                "discount": _plain(line.discount),
                "shipped": line.fulfilled,
                "packed": packed.get(line.pk, 0),
            }
            for line in lines
        },
    }


def filled(address: Mapping[str, str]) -> dict[str, str]:
    """The parts of an address that say something: a blank part and none are the same."""
    return {part: text for part, text in address.items() if text}


def differences(before: Snapshot, after: Snapshot, currency: str) -> list[str]:
    """What became of an order between two snapshots, in sentences."""
    said = []
    if before["status"] != after["status"]:
        said.append(_("The order is %(status)s now.") % {"status": Order.Status(after["status"]).label})
    for key, line in after["lines"].items():
        said += _of_line(before["lines"].get(key), line, currency)
    for key, line in before["lines"].items():
        if key not in after["lines"]:
            said.append(_("%(line)s was removed.") % {"line": line["name"]})
    for name, label in (("shipping", _("Shipping")), ("discount", _("Discount on the order"))):
        if before[name] != after[name]:
            said.append(_was(label, *(format_money(Decimal(one[name]), currency) for one in (after, before))))
    if before["shipping_address"] != after["shipping_address"]:
        said.append(_("The shipping address is another one."))
    if before["billing_address"] != after["billing_address"]:
        said.append(_("The billing address is another one."))
    return said


def _of_line(before: Mapping[str, Any] | None, after: Mapping[str, Any], currency: str) -> list[str]:
    if before is None:
        return [_("%(line)s was added, %(pieces)s pieces.") % {"line": after["name"], "pieces": after["quantity"]}]
    said = []
    if before["name"] != after["name"]:
        said.append(_("%(new)s took the place of %(old)s.") % {"new": after["name"], "old": before["name"]})
    counts = (("quantity", _("quantity")), ("shipped", _("shipped")), ("packed", _("in parcels")))
    said += [
        _was(f"{after['name']}, {label}", after[name], before[name])
        for name, label in counts
        if before[name] != after[name]
    ]
    amounts = (("unit_price", _("unit price")), ("discount", _("line discount")))
    said += [
        _was(f"{after['name']}, {label}", *(format_money(Decimal(one[name]), currency) for one in (after, before)))
        for name, label in amounts
        if before[name] != after[name]
    ]
    return said


def _was(label: str, now: Any, before: Any) -> str:
    return _("%(what)s: %(now)s, was %(before)s.") % {"what": label, "now": now, "before": before}


def _plain(amount: Decimal) -> str:
    return f"{Decimal(amount):.3f}"
