"""Taking orders in: drafts and their lines."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice import audit, mentions
from backoffice.errors import IllegalTransition
from backoffice.models import User
from backoffice.money import ZERO, minor_units, unit
from catalog.models import Variant
from customers.models import Address, ContactPoint, Customer
from orders.models import Order, OrderLine
from orders.services.status import lock, price, recalculate, restate
from orders.services.tax_rates import Rate, rates_for
from orders.services.writing import take

ADDRESS_FIELDS = ("name", "company", "line1", "line2", "city", "region", "postal_code", "country")
HEADER = (
    "customer", "customer_name", "email", "phone", "language", "billing_address", "shipping_address", "currency",
    "prices_include_tax", "discount", "shipping", "shipping_tax_rate", "note", "tags",
)  # fmt: skip
DETAILS = ("customer_name", "email", "phone", "language", "billing_address", "shipping_address", "note", "tags")
NOTHING = dict.fromkeys(("discount", "shipping", "shipping_tax_rate", "paid", "refunded"), ZERO)


@dataclass(frozen=True)
class NewLine:
    """A line as it is asked for. What is None follows from the variant: its price, and the rate of its tax class.

    `line` is the primary key of the line that it changes, when a draft is edited.
    """

    quantity: int
    variant: Variant | None = None
    title: str = ""
    sku: str = ""
    unit_price: Decimal | None = None
    discount: Decimal = ZERO
    tax_rate: Decimal | None = None
    tax_name: str = ""
    requires_shipping: bool | None = None
    line: int | None = None


class TakenAlready(ValidationError):
    """The source's number was taken in before."""


class LineRefused(ValidationError):
    """A line cannot be sold as asked."""


def create_draft(
    *,
    by: User | None,
    lines: Sequence[NewLine],
    customer: Customer | None = None,
    source: str = "staff",
    source_number: str = "",
    **header: Any,
) -> Order:
    """Write a draft with its lines. Name, contact and addresses follow from the customer unless given.

    `header` are columns of the order: currency, addresses, discount, shipping, note, tags, placed_at and so on.
    Raises LineRefused and DiscountTooHigh.
    """
    order = begin(by, customer, source=source, source_number=source_number, **header)
    rates = rates_for(order) if _needs_rates(order, lines, header) else {}
    rows = fill(order, lines, header, rates)
    restate(order, rows)
    take(order, rows, ["order.created"], [], by=by)
    return order


def begin(by: User | None, customer: Customer | None, **header: Any) -> Order:
    """A draft without lines, not written yet."""
    said = facts_of(customer) | {name: value for name, value in header.items() if value not in (None, "")}
    facts = {"currency": settings.DEFAULT_CURRENCY, **NOTHING, "customer": customer, "created_by": by, **said}
    order = Order()
    for name, value in facts.items():  # by keywords Django takes twice as long
        setattr(order, name, value)
    if said:
        names = {field.name for field in Order._meta.fields}
        if unknown := said.keys() - names:
            raise TypeError(f"not columns of an order: {', '.join(sorted(unknown))}")
        unsaid = names - said.keys()
        order.full_clean(exclude=unsaid, validate_unique=False, validate_constraints=False)
    _refuse_source_twice(order)
    return order


def fill(
    order: Order, lines: Sequence[NewLine], header: Mapping[str, Any], rates: Mapping[str, Rate]
) -> list[OrderLine]:
    """The lines of a draft with all amounts, not written yet; the amounts of the order follow from them."""
    _tax_shipping(order, header, rates)
    _must_fit(order)
    rows = [_row(order, line, position, rates) for position, line in enumerate(lines)]
    price(order, rows)
    return rows


@transaction.atomic
def edit_draft(order: Order, *, by: User | None, lines: Sequence[NewLine] | None = None, **header: Any) -> Order:
    """Give a draft these columns, and exactly these lines; without `lines` they stay.

    Raises IllegalTransition unless the order is a draft, LineRefused and DiscountTooHigh.
    """
    order = lock(order)
    if order.status != Order.Status.DRAFT:
        raise IllegalTransition(order, order.get_status_display(), _("edited"))
    _set(order, header, HEADER)
    rates = rates_for(order) if _needs_rates(order, lines or (), header) else {}
    _tax_shipping(order, header, rates)
    _must_fit(order)
    if lines is not None:
        _replace_lines(order, lines, rates)
    recalculate(order, fields=[*header, "shipping_tax_rate"])
    audit.record("order.edited", order, by=by)
    return order


@transaction.atomic
def change_details(order: Order, *, by: User | None, **details: Any) -> Order:
    """Change contact, addresses, note or tags of an order that is not canceled."""
    order = lock(order)
    if order.status == Order.Status.CANCELED:
        raise IllegalTransition(order, order.get_status_display(), _("edited"))
    _set(order, details, DETAILS)
    order.save(update_fields=[*details, "updated_at"])
    audit.record("order.details_changed", order, by=by, data={"fields": sorted(details)})
    return order


@transaction.atomic
def add_note(order: Order, *, text: str, by: User | None) -> Order:
    """Put a remark into the order's timeline, and tell those whom it names by "@" and who may see orders."""
    if not text.strip():
        raise ValidationError({"text": _("Write the note first.")})
    audit.record("order.noted", order, by=by, reason=text.strip())
    people = [one for one in mentions.mentioned(text) if one.has_perm("orders.view_order")]
    facts = {"order": order.number, "who": by or "", "text": " ".join(text.split())}
    mentions.tell(people, lambda: _("%(order)s, %(who)s: %(text)s") % facts, url=order.get_absolute_url(), by=by)
    return order


# --- What follows from the customer -------------------------------------------------------------


def facts_of(customer: Customer | None) -> dict[str, Any]:
    """What an order keeps of its customer: name, first e-mail and phone, language, default addresses."""
    if customer is None:
        return {}
    contacts: dict[str, str] = {}
    for contact in customer.contacts.filter(ended_at=None).order_by("-is_primary", "pk"):
        contacts.setdefault(contact.kind, contact.raw)
    addresses: dict[str, dict[str, str]] = {}
    for address in customer.addresses.order_by("-is_default", "pk"):
        addresses.setdefault(address.kind, as_json(address))
    shipping = addresses.get(Address.Kind.SHIPPING) or addresses.get(Address.Kind.BILLING) or {}
    return {
        "customer_name": customer.name,
        "email": contacts.get(ContactPoint.Kind.EMAIL, ""),
        "phone": contacts.get(ContactPoint.Kind.PHONE, "")[:40],
        "language": customer.language,
        "shipping_address": shipping,
        "billing_address": addresses.get(Address.Kind.BILLING) or shipping,
    }


def as_json(address: Address) -> dict[str, str]:
    return {name: value for name in ADDRESS_FIELDS if (value := getattr(address, name))}


# --- Tax ----------------------------------------------------------------------------------------


def _needs_rates(order: Order, lines: Sequence[NewLine], given: Mapping[str, Any]) -> bool:
    return _needs_shipping_rate(order, given) or any(
        line.tax_rate is None and line.variant is not None for line in lines
    )


def _needs_shipping_rate(order: Order, given: Mapping[str, Any]) -> bool:
    return given.get("shipping_tax_rate") in (None, "") and bool(order.shipping)


def _tax_shipping(order: Order, given: Mapping[str, Any], rates: Mapping[str, Rate]) -> None:
    """Shipping is taxed at the standard rate unless a rate is given."""
    if _needs_shipping_rate(order, given):
        rate = rates.get("standard")
        order.shipping_tax_rate = rate.rate if rate else ZERO


# --- Lines --------------------------------------------------------------------------------------


def _row(order: Order, line: NewLine, position: int, rates: Mapping[str, Rate]) -> OrderLine:
    variant = line.variant
    rate = rates.get(variant.tax_class) if variant is not None and line.tax_rate is None else None
    price = line.unit_price if line.unit_price is not None else variant.price if variant is not None else None
    row = OrderLine()
    row.unit_price = _refuse_line(line, price, order)
    row.order_id = order.pk
    row.position = position
    row.variant_id = variant.pk if variant is not None else None
    row.sku = variant.sku if variant is not None else line.sku
    row.title = line.title or (variant.title or variant.sku if variant is not None else line.sku)
    row.quantity = line.quantity
    row.discount = line.discount
    row.tax_name = rate.name if rate else line.tax_name
    row.tax_rate = rate.rate if rate else line.tax_rate or ZERO
    row.requires_shipping = _ships(line)
    return row


def _ships(line: NewLine) -> bool:
    if line.requires_shipping is not None:
        return line.requires_shipping
    return line.variant.requires_shipping if line.variant is not None else True


def _refuse_line(line: NewLine, price: Decimal | None, order: Order) -> Decimal:
    """The price, once nothing stands against the line."""
    name = line.variant.sku if line.variant is not None else line.sku or line.title
    if not name:
        raise LineRefused(_("A line needs a SKU or a title."))
    if line.quantity < 1:
        raise LineRefused(_("%(line)s: the quantity must be at least 1.") % {"line": name})
    if price is None:
        raise LineRefused(_("%(line)s: a price is needed.") % {"line": name})
    if price < 0 or line.discount < 0:
        raise LineRefused(_("%(line)s: amounts cannot be negative.") % {"line": name})
    if line.variant is not None and not line.variant.is_active:
        raise LineRefused(_("%(line)s is no longer sold.") % {"line": name})
    _must_be_whole(line.discount, order.currency)
    return price


def _replace_lines(order: Order, lines: Sequence[NewLine], rates: Mapping[str, Rate]) -> None:
    """Change the lines that stay, write the new ones, delete the rest."""
    present = {row.pk: row for row in order.lines.all()}
    rows = [_row(order, line, position, rates) for position, line in enumerate(lines)]
    for row, line in zip(rows, lines, strict=True):
        if line.line in present:
            row.pk = line.line
    kept = [row for row in rows if row.pk]
    order.lines.exclude(pk__in=[row.pk for row in kept]).delete()
    columns = [
        "position",
        "variant",
        "sku",
        "title",
        "quantity",
        "unit_price",
        "discount",
        "tax_name",
        "tax_rate",
        "requires_shipping",
    ]
    OrderLine.objects.bulk_update(kept, columns)
    OrderLine.objects.bulk_create([row for row in rows if not row.pk])


# --- Rules --------------------------------------------------------------------------------------


def _set(order: Order, values: Mapping[str, Any], allowed: Sequence[str]) -> None:
    unknown = set(values) - set(allowed)
    if unknown:
        raise TypeError(f"not columns to edit: {', '.join(sorted(unknown))}")
    for name, value in values.items():
        setattr(order, name, value)
    order.full_clean(exclude=["number"], validate_unique=False, validate_constraints=False)


def _must_fit(order: Order) -> None:
    for amount in (order.discount, order.shipping):
        if amount < 0:
            raise ValidationError(_("Amounts cannot be negative."))
        _must_be_whole(amount, order.currency)


def _must_be_whole(amount: Decimal, currency: str) -> None:
    """Refuse an amount that the currency has no coins for."""
    if amount != Decimal(amount).quantize(unit(currency)):
        raise ValidationError(
            _("%(amount)s: %(currency)s has %(digits)s decimals.")
            % {"amount": amount, "currency": currency, "digits": minor_units(currency)}
        )


def _refuse_source_twice(order: Order) -> None:
    if not order.source_number:
        return
    with connection.cursor() as cursor:  # of two at once the second one sees the first
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{order.source}:{order.source_number}"]
        )
    if Order.objects.filter(source=order.source, source_number=order.source_number).exists():
        raise TakenAlready(
            _("Order %(number)s of %(source)s was taken in already.")
            % {"number": order.source_number, "source": order.source}
        )
