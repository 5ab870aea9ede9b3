"""Stock in the API."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from backoffice import api
from inventory.models import CountLine, Location, PurchaseOrder, StockCount, StockLevel, StockPart, SupplierItem

router = Router(tags=["Inventory"])


class LocationOut(Schema):
    code: str
    name: str
    kind: str
    is_active: bool


class LevelOut(Schema):
    sku: str
    location: str
    on_hand: int
    allocated: int
    held: int
    incoming: int
    available: int
    value: Decimal | None
    updated_at: datetime

    @staticmethod
    def resolve_sku(obj: Any) -> str:
        return str(obj.variant.sku)

    @staticmethod
    def resolve_location(obj: Any) -> str:
        return str(obj.location.code)

    @staticmethod
    def resolve_value(obj: Any, context: Any) -> Decimal | None:
        """Values are costs."""
        return obj.value if context["request"].user.has_perm("catalog.view_cost") else None


class PartOut(Schema):
    """So many pieces in a bin, or of a lot; without a bin they are not put away yet."""

    sku: str
    location: str
    bin: str | None
    lot: str | None
    expires_on: date | None
    quantity: int

    @staticmethod
    def resolve_sku(obj: Any) -> str:
        return str(obj.level.variant.sku)

    @staticmethod
    def resolve_location(obj: Any) -> str:
        return str(obj.level.location.code)

    @staticmethod
    def resolve_bin(obj: Any) -> str | None:
        return obj.bin and str(obj.bin.code)

    @staticmethod
    def resolve_lot(obj: Any) -> str | None:
        return obj.lot and str(obj.lot.number)

    @staticmethod
    def resolve_expires_on(obj: Any) -> date | None:
        return obj.lot and obj.lot.expires_on


class CountOut(Schema):
    number: str
    location: str
    scope: str
    status: str
    blind: bool
    created_at: datetime
    started_at: datetime | None
    closed_at: datetime | None
    posted_at: datetime | None

    @staticmethod
    def resolve_location(obj: Any) -> str:
        return str(obj.location.code)


class CountLineOut(Schema):
    count: str
    sku: str
    expected: int
    counted: int | None
    counted_at: datetime | None
    balance: int | None
    difference: int | None
    difference_value: Decimal | None
    is_unexpected: bool
    recount: bool
    outcome: str

    @staticmethod
    def resolve_count(obj: Any) -> str:
        return str(obj.count.number)

    @staticmethod
    def resolve_sku(obj: Any) -> str:
        return str(obj.variant.sku)

    @staticmethod
    def resolve_difference_value(obj: Any, context: Any) -> Decimal | None:
        """Values are costs."""
        return obj.difference_value if context["request"].user.has_perm("catalog.view_cost") else None


@router.get("/locations", response=api.Page[LocationOut])
@api.requires("inventory.view_location")
def locations(request: HttpRequest, after: str = "", limit: api.Limit = 50) -> Any:
    """Places that stock is at."""
    rows = Location.objects.visible_to(request.user).filter(kind__in=Location.PHYSICAL)
    return api.page(request, rows, ("id",), after, limit)


@router.get("/stock", response=api.Page[LevelOut])
@api.requires("inventory.view_stocklevel")
def stock(request: HttpRequest, sku: str = "", location: str = "", after: str = "", limit: api.Limit = 50) -> Any:
    """How much of each variant is where; `sku` and `location` narrow it."""
    rows = StockLevel.objects.visible_to(request.user).with_available().select_related("variant", "location")
    if sku:
        rows = rows.filter(variant__sku__iexact=sku)
    if location:
        rows = rows.filter(location__code=location)
    return api.page(request, rows.filter(location__kind__in=Location.PHYSICAL), ("id",), after, limit)


@router.get("/stock/parts", response=api.Page[PartOut])
@api.requires("inventory.view_stockpart")
def parts(
    request: HttpRequest, sku: str = "", location: str = "", lot: str = "", after: str = "", limit: api.Limit = 50
) -> Any:
    """What lies in which bin and is of which lot; `sku`, `location` and `lot` narrow it."""
    related = ("level__variant", "level__location", "bin", "lot")
    rows = StockPart.objects.there().visible_to(request.user).select_related(*related)
    if sku:
        rows = rows.filter(level__variant__sku__iexact=sku)
    if location:
        rows = rows.filter(level__location__code=location)
    if lot:
        rows = rows.filter(lot__number__iexact=lot)
    return api.page(request, rows, ("id",), after, limit)


@router.get("/stocktakes", response=api.Page[CountOut])
@api.requires("inventory.view_stockcount")
def counts(request: HttpRequest, status: str = "", location: str = "", after: str = "", limit: api.Limit = 50) -> Any:
    """Stocktakes; `status` and `location` narrow them."""
    rows = StockCount.objects.visible_to(request.user).select_related("location")
    if status:
        rows = rows.filter(status=status)
    if location:
        rows = rows.filter(location__code=location)
    return api.page(request, rows, ("id",), after, limit)


@router.get("/stocktakes/{number}/lines", response=api.Page[CountLineOut])
@api.requires("inventory.view_countline")
def count_lines(request: HttpRequest, number: str, after: str = "", limit: api.Limit = 50) -> Any:
    """What a stocktake found; lines of a blind one are for its reviewers until it is over."""
    rows = CountLine.objects.visible_to(request.user).filter(count__number=number).select_related("count", "variant")
    return api.page(request, rows, ("id",), after, limit)


COST = "catalog.view_cost"


def _cost(value: Any, context: Any) -> Any:
    return value if context["request"].user.has_perm(COST) else None


class SupplierItemOut(Schema):
    supplier: str
    sku: str
    supplier_sku: str
    pack_size: int
    minimum: int
    lead_time_days: int | None
    cost: Decimal | None
    currency: str
    is_preferred: bool

    @staticmethod
    def resolve_supplier(obj: Any) -> str:
        return str(obj.supplier.code)

    @staticmethod
    def resolve_sku(obj: Any) -> str:
        return str(obj.variant.sku)

    @staticmethod
    def resolve_cost(obj: Any, context: Any) -> Decimal | None:
        return _cost(obj.cost, context)  # type: ignore[no-any-return]


class PurchaseLineOut(Schema):
    sku: str
    supplier_sku: str
    quantity: int
    accepted: int
    rejected: int
    canceled: int
    outstanding: int
    unit_cost: Decimal | None
    expected_on: date | None

    @staticmethod
    def resolve_sku(obj: Any) -> str:
        return str(obj.variant.sku)

    @staticmethod
    def resolve_unit_cost(obj: Any, context: Any) -> Decimal | None:
        return _cost(obj.unit_cost, context)  # type: ignore[no-any-return]


class PurchaseOut(Schema):
    number: str
    status: str
    supplier: str
    location: str
    currency: str
    total: Decimal | None
    expected_on: date | None
    source: str
    source_number: str
    created_at: datetime
    ordered_at: datetime | None

    @staticmethod
    def resolve_supplier(obj: Any) -> str:
        return str(obj.supplier.code)

    @staticmethod
    def resolve_location(obj: Any) -> str:
        return str(obj.location.code)

    @staticmethod
    def resolve_total(obj: Any, context: Any) -> Decimal | None:
        return _cost(obj.total, context)  # type: ignore[no-any-return]


class PurchaseDetailOut(PurchaseOut):
    lines: list[PurchaseLineOut]

    @staticmethod
    def resolve_lines(obj: Any) -> Any:
        return obj.lines.select_related("variant")


@router.get("/supplier-items", response=api.Page[SupplierItemOut])
@api.requires("inventory.view_supplieritem")
def supplier_items(
    request: HttpRequest, sku: str = "", supplier: str = "", after: str = "", limit: api.Limit = 50
) -> Any:
    """What suppliers sell; `sku` and `supplier` (its code) narrow it."""
    rows = SupplierItem.objects.visible_to(request.user).select_related("supplier", "variant")
    if sku:
        rows = rows.filter(variant__sku__iexact=sku)
    if supplier:
        rows = rows.filter(supplier__code__iexact=supplier)
    return api.page(request, rows, ("id",), after, limit)


@router.get("/purchase-orders", response=api.Page[PurchaseOut])
@api.requires("inventory.view_purchaseorder")
def purchase_orders(
    request: HttpRequest, status: str = "", supplier: str = "", after: str = "", limit: api.Limit = 50
) -> Any:
    """Purchase orders in the order they were written; `status` and `supplier` (its code) narrow it."""
    rows = PurchaseOrder.objects.visible_to(request.user).select_related("supplier", "location")
    if status:
        rows = rows.filter(status=status)
    if supplier:
        rows = rows.filter(supplier__code__iexact=supplier)
    return api.page(request, rows, ("id",), after, limit)


@router.get("/purchase-orders/{number}", response=PurchaseDetailOut)
@api.requires("inventory.view_purchaseorder")
def purchase_order(request: HttpRequest, number: str) -> Any:
    """One purchase order with its lines."""
    rows = PurchaseOrder.objects.visible_to(request.user).select_related("supplier", "location")
    return get_object_or_404(rows, number=number)
