"""Orders in the API; the buyer's personal data is masked for those who may not see it."""

import json
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Router, Schema
from ninja.responses import NinjaJSONEncoder
from pydantic import Field

from backoffice import api, once
from backoffice.money import round_money
from catalog.models import Variant
from customers import masking
from customers.models import Customer
from customers.services import find_by_email, find_or_create_by_email
from inventory.models import Location
from inventory.services import InsufficientStock
from orders import services
from orders.filters import OrderFilter
from orders.models import Order, OrderLine
from orders.pricing import prices_for

MOST_LINES = 500
MOST_PIECES = 1_000_000
LIMIT = Decimal(10) ** 9  # of a line's amount: 500 such lines are an amount still
Text = Annotated[str, Field(max_length=200)]
Amount = Annotated[Decimal, Field(max_digits=15, decimal_places=3)]
Share = Annotated[Decimal, Field(ge=0, lt=1, max_digits=7, decimal_places=5)]

router = Router(tags=["Orders"])


class ReallocateIn(Schema):
    """Blank: the warehouses are chosen anew; else the code of the one that shall serve what it can."""

    location: str = ""
    reason: str = ""


class OrderOut(Schema):
    number: str
    status: str
    payment_status: str
    fulfilment_status: str
    return_status: str
    customer: str | None
    customer_name: str
    currency: str
    subtotal: Decimal
    discount: Decimal
    shipping: Decimal
    tax: Decimal
    total: Decimal
    paid: Decimal
    refunded: Decimal
    source: str
    source_number: str
    tags: list[str]
    placed_at: datetime
    updated_at: datetime

    @staticmethod
    def resolve_customer(obj: Any) -> str | None:
        return obj.customer.number if obj.customer else None

    @staticmethod
    def resolve_customer_name(obj: Any, context: Any) -> str:
        return _masked(obj.customer_name, masking.name, context)


class LineOut(Schema):
    sku: str
    title: str
    quantity: int
    unit_price: Decimal
    tax_rate: Decimal
    allocated: int
    fulfilled: int
    canceled: int
    returned: int


class OrderDetail(OrderOut):
    email: str
    phone: str
    billing_address: dict[str, Any]
    shipping_address: dict[str, Any]
    note: str
    lines: list[LineOut]

    @staticmethod
    def resolve_email(obj: Any, context: Any) -> str:
        return _masked(obj.email, masking.email, context)

    @staticmethod
    def resolve_phone(obj: Any, context: Any) -> str:
        return _masked(obj.phone, masking.phone, context)

    @staticmethod
    def resolve_billing_address(obj: Any, context: Any) -> dict[str, Any]:
        return _place(obj.billing_address, context)

    @staticmethod
    def resolve_shipping_address(obj: Any, context: Any) -> dict[str, Any]:
        return _place(obj.shipping_address, context)

    @staticmethod
    def resolve_note(obj: Any, context: Any) -> str:
        return _masked(obj.note, masking.text, context)


class AddressIn(Schema, extra="forbid"):
    name: Text = ""
    company: Text = ""
    line1: Text = ""
    line2: Text = ""
    city: Text = ""
    region: Text = ""
    postal_code: Annotated[str, Field(max_length=20)] = ""
    country: Annotated[str, Field(pattern="^([A-Z]{2})?$", description="Two letters, such as DE")] = ""


class LineIn(Schema, extra="forbid"):
    """A SKU; or a title with a price of its own. Without `unit_price` it costs what the customer's group pays now."""

    sku: Annotated[str, Field(max_length=100)] = ""
    title: Annotated[str, Field(max_length=400)] = ""
    quantity: Annotated[int, Field(le=MOST_PIECES)] = 1
    unit_price: Amount | None = None
    discount: Amount = Decimal(0)
    tax_rate: Annotated[Share | None, Field(description="0.19 is 19 %; by default that of the article's tax class")] = (
        None
    )
    requires_shipping: bool | None = None


class OrderIn(Schema, extra="forbid"):
    """`customer` is a number such as "CU-1042"; without one the e-mail finds the customer, or creates one where you may.
    Name, contact and addresses follow from the customer where they are not given."""

    lines: Annotated[list[LineIn], Field(min_length=1, max_length=MOST_LINES)]
    customer: Text = ""
    customer_name: Text = ""
    email: Annotated[str, Field(max_length=254)] = ""
    phone: Annotated[str, Field(max_length=40)] = ""
    language: Literal["", "en", "zh-hans"] = ""
    currency: Annotated[str, Field(pattern="^([A-Z]{3})?$", description="By default that of the shop")] = ""
    prices_include_tax: bool = True
    discount: Amount = Decimal(0)
    shipping: Amount = Decimal(0)
    shipping_tax_rate: Share | None = None
    shipping_address: AddressIn | None = None
    billing_address: AddressIn | None = None
    note: Annotated[str, Field(max_length=10_000)] = ""
    tags: Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=50)] = []
    source: Annotated[str, Field(min_length=1, max_length=40, description="The system that numbered it")] = "api"
    source_number: Annotated[
        str, Field(max_length=100, description="Its number there; one that is known is refused")
    ] = ""
    place: Annotated[bool, Field(description="Promise stock and place it; else it stays a draft")] = True


def _masked(text: str, hide: Any, context: Any) -> str:
    return text if not text or masking.may_see(context["request"].user) else hide(text)


def _place(address: dict[str, Any], context: Any) -> dict[str, Any]:
    """Of an address, only where it is in the world remains."""
    if masking.may_see(context["request"].user):
        return address
    return {key: value for key, value in address.items() if key in {"city", "region", "country"}}


def _orders(request: HttpRequest) -> QuerySet[Order]:
    return Order.objects.visible_to(request.user).select_related("customer")


@router.get("/orders", response=api.Page[OrderOut], openapi_extra=api.documented(OrderFilter))
@api.requires("orders.view_order")
def orders(request: HttpRequest, after: str = "", limit: api.Limit = 50) -> Any:
    """Orders, the newest first."""
    return api.page(request, api.filtered(request, OrderFilter, _orders(request)), ("-placed_at", "-id"), after, limit)


@router.get("/orders/{number}", response=OrderDetail)
@api.requires("orders.view_order")
def order(request: HttpRequest, number: str) -> Any:
    """One order with its lines."""
    lines = OrderLine.objects.order_by("position", "pk")
    return get_object_or_404(_orders(request).prefetch_related(Prefetch("lines", lines)), number__iexact=number)


@router.post("/orders/{number}/reallocate", response=OrderDetail)
@api.requires("orders.view_order", "orders.fulfil_order")
def reallocate(request: HttpRequest, number: str, wanted: ReallocateIn) -> Any:
    """Choose anew where the open pieces of an order come from; pieces in parcels stay."""
    by: Any = request.user
    found = get_object_or_404(_orders(request), number__iexact=number)
    places = Location.objects.visible_to(by).stock()
    place = get_object_or_404(places, code=wanted.location) if wanted.location else None
    services.reallocate(found, location=place, reason=wanted.reason, by=by)
    return order(request, number)


# --- Taking an order in -----------------------------------------------------------------------------


@router.post("/orders", response={201: OrderDetail}, openapi_extra=once.DOCUMENTED)
@api.requires("orders.add_order")
def take(request: HttpRequest, wanted: OrderIn) -> Any:
    """Take an order in and place it, or leave it a draft. With an `Idempotency-Key` it is safe to ask again.

    Placing needs the permission `orders.place_order` too. What is refused changes nothing; `errors` names the fields.
    """
    if wanted.place and not request.user.has_perm("orders.place_order"):
        raise api.lacking("orders.place_order")
    return once.answer(request, wanted.model_dump(mode="json"), lambda: _take(request, wanted))


def _take(request: HttpRequest, wanted: OrderIn) -> once.Answer:
    by: Any = request.user
    customer = _customer(wanted, by)
    header = _header(wanted)
    lines = _lines(wanted, customer, header["currency"], by)
    create = services.place_new if wanted.place else services.create_draft
    try:
        taken = create(by=by, lines=lines, customer=customer, **header)
    except (services.LineRefused, services.DiscountTooHigh, InsufficientStock) as refusal:
        raise ValidationError({"lines": refusal.messages}) from refusal
    except services.TakenAlready as refusal:
        raise ValidationError({"source_number": refusal.messages}) from refusal
    found = _orders(request).prefetch_related(Prefetch("lines", OrderLine.objects.order_by("position", "pk")))
    body = OrderDetail.model_validate(found.get(pk=taken.pk), context={"request": request}).model_dump()
    return once.Answer(201, json.loads(NinjaJSONEncoder().encode(body)), reverse("api:order", args=[taken.number]))


def _header(wanted: OrderIn) -> dict[str, Any]:
    """Columns of the order; what is not given follows from the customer."""
    names = (
        "customer_name",
        "email",
        "phone",
        "language",
        "note",
        "tags",
        "source",
        "source_number",
        "discount",
        "shipping",
    )
    header: dict[str, Any] = {name: getattr(wanted, name) for name in (*names, "prices_include_tax")}
    header = {name: value for name, value in header.items() if value not in ("", [])}
    header["currency"] = wanted.currency or settings.DEFAULT_CURRENCY
    if wanted.shipping_tax_rate is not None:
        header["shipping_tax_rate"] = wanted.shipping_tax_rate
    for name in ("shipping_address", "billing_address"):
        if (address := getattr(wanted, name)) is not None:
            header[name] = {part: value for part, value in address.model_dump().items() if value}
    return header


def _customer(wanted: OrderIn, by: Any) -> Customer | None:
    if wanted.customer:
        found = Customer.objects.visible_to(by).filter(number__iexact=wanted.customer).first()
        if found is None:
            raise ValidationError(
                {"customer": _("There is no customer “%(number)s” that you may see.") % {"number": wanted.customer}}
            )
        return found
    if not wanted.email:
        return None
    try:
        if by.has_perm("customers.add_customer"):
            return find_or_create_by_email(wanted.email, wanted.customer_name, language=wanted.language or "en", by=by)
        return find_by_email(wanted.email)
    except ValidationError as refusal:
        raise ValidationError({"email": refusal.messages}) from refusal


def _lines(wanted: OrderIn, customer: Customer | None, currency: str, by: Any) -> list[services.NewLine]:
    """The lines as the service takes them. Raises ValidationError naming every field that is wrong."""
    asked = {line.sku.strip().upper() for line in wanted.lines if line.sku.strip()}
    known = Variant.objects.visible_to(by).extra(where=["upper(sku) = ANY(%s)"], params=[sorted(asked)])
    variants = {variant.sku.upper(): variant for variant in known}
    prices = prices_for(customer, currency, [variant.pk for variant in variants.values()])
    errors: dict[str, str] = {}
    lines = []
    for place, line in enumerate(wanted.lines):
        variant = variants.get(line.sku.strip().upper())
        price = line.unit_price
        if price is None and variant is not None and variant.pk in prices:
            price = prices[variant.pk].price
        if found := _wrong(line, variant, price, currency):
            errors |= {f"lines.{place}.{name}": sentence for name, sentence in found.items()}
            continue
        lines.append(
            services.NewLine(
                line.quantity,
                variant,
                line.title,
                unit_price=price,
                discount=line.discount,
                tax_rate=line.tax_rate,
                requires_shipping=line.requires_shipping,
            )
        )
    if errors:
        raise ValidationError(errors)
    return lines


def _wrong(line: LineIn, variant: Variant | None, price: Decimal | None, currency: str) -> dict[str, str]:
    """What stands against a line, by field."""
    found = {}
    if line.sku.strip() and variant is None:
        found["sku"] = _("There is no variant “%(sku)s”.") % {"sku": line.sku.strip()}
    elif variant is not None and not variant.is_active:
        found["sku"] = _("%(line)s is no longer sold.") % {"line": variant.sku}
    elif variant is None and not line.title.strip():
        found["sku"] = _("A line needs a SKU or a title.")
    elif price is None:
        name = variant.sku if variant is not None else line.title
        found["unit_price"] = _("%(sku)s has no price in %(currency)s. Give one.") % {"sku": name, "currency": currency}
    if price is not None and price * line.quantity >= LIMIT:
        found["unit_price"] = _("The number is too large.")
    for name in ("unit_price", "discount"):
        amount = getattr(line, name)
        if amount is not None and round_money(amount, currency) != amount:
            found[name] = _("%(currency)s has no amount of %(amount)s.") % {"currency": currency, "amount": amount}
    if line.quantity < 1:
        found["quantity"] = _("The quantity must be at least 1.")
    if line.unit_price is not None and line.unit_price < 0:
        found["unit_price"] = _("Amounts cannot be negative.")
    if line.discount < 0:
        found["discount"] = _("Amounts cannot be negative.")
    return found
