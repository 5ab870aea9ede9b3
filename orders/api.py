"""Orders in the API; the buyer's personal data is masked for those who may not see it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from backoffice import api
from customers import masking
from inventory.models import Location
from orders import services
from orders.filters import OrderFilter
from orders.models import Order, OrderLine

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
