"""Stock in the API."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from backoffice import api
from inventory.models import CountLine, Location, StockCount, StockLevel

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
