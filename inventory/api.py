"""Stock in the API."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from backoffice import api
from inventory.models import Location, StockLevel

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
