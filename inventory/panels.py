"""Stock on the pages of products and variants; what is promised and held on the page of a level."""

from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.generic import display
from backoffice.panels import Panel, register
from backoffice.references import linked
from backoffice.templatetags.houtai import plain_number
from catalog.models import Product, Variant
from inventory.models import Allocation, Hold, Location, Receipt, StockLevel, Supplier

MOST = 50
SHOWN = 10


@register("catalog.variant", permission="inventory.view_stocklevel", order=10)
def stock_of_variant(user: Any, variant: Variant) -> Panel:
    """On hand, promised and available by location."""
    return Panel(
        title=_("Stock"),
        template="inventory/_stock_panel.html",
        context={
            "levels": _levels(user).filter(variant=variant)[:MOST],
            "receive": _receive(user, variant),
            "why": reverse("inventory:why", args=[variant.pk]),
        },
        url=f"{reverse('inventory:stock')}?q={variant.sku}",
    )


@register("catalog.product", permission="inventory.view_stocklevel", order=10)
def stock_of_product(user: Any, product: Product) -> Panel:
    """Every variant by location."""
    return Panel(
        title=_("Stock"),
        template="inventory/_stock_panel.html",
        context={"levels": _levels(user).filter(variant__product=product)[:MOST], "by_variant": True},
        url=f"{reverse('inventory:stock')}?q={product.handle}",
    )


def _levels(user: Any) -> QuerySet:
    levels = StockLevel.objects.visible_to(user).filter(location__kind__in=Location.PHYSICAL).with_available()
    return levels.select_related("variant", "location").order_by(
        "variant__position", "variant_id", "location__priority", "location_id"
    )


def _receive(user: Any, variant: Variant) -> str:
    return f"{reverse('inventory:receive')}?variant={variant.pk}" if user.has_perm("inventory.receive_stock") else ""


@register("inventory.stocklevel", permission="inventory.view_allocation", order=10)
def allocations_of_level(user: Any, level: StockLevel) -> Panel | None:
    rows = Allocation.objects.visible_to(user).filter(variant=level.variant_id, location=level.location_id)
    shown = list(rows.order_by("pk")[:SHOWN])
    if not shown:
        return None
    return Panel(
        title=_("Promised to"),
        columns=[_("Document"), _("Pieces"), _("Since")],
        numbers=[1],
        rows=[[linked(row.cause), plain_number(row.quantity), display(row.created_at, "date")] for row in shown],
    )


@register("inventory.stocklevel", permission="inventory.view_hold", order=20)
def holds_of_level(user: Any, level: StockLevel) -> Panel | None:
    rows = Hold.objects.visible_to(user).filter(
        variant=level.variant_id, location=level.location_id, status=Hold.Status.LIVE
    )
    shown = list(rows.order_by("expires_at")[:SHOWN])
    if not shown:
        return None
    return Panel(
        title=_("Held"),
        columns=[_("Reason"), _("Pieces"), _("Until")],
        numbers=[1],
        rows=[
            [(row.reason, row.get_absolute_url()), plain_number(row.quantity), display(row.expires_at)] for row in shown
        ],
    )


@register("inventory.location", permission="inventory.view_stocklevel", order=10)
def stock_at_location(user: Any, location: Location) -> Panel | None:
    if location.kind not in Location.PHYSICAL:
        return None
    levels = _levels(user).filter(location=location, on_hand__gt=0).order_by("-on_hand", "pk")
    return Panel(
        title=_("Stock here"),
        template="inventory/_stock_panel.html",
        context={"levels": levels[:SHOWN], "by_variant": True, "one_place": True},
        url=f"{reverse('inventory:stock')}?location={location.pk}",
    )


@register("inventory.supplier", permission="inventory.view_receipt", order=10)
def receipts_of_supplier(user: Any, supplier: Supplier) -> Panel:
    rows = (
        Receipt.objects.visible_to(user)
        .filter(supplier=supplier)
        .select_related("location")
        .order_by("-created_at", "-pk")
    )
    return Panel(
        title=_("Receipts"),
        columns=[_("Number"), _("Delivery note"), _("Location"), _("Received")],
        rows=[
            [(row.number, row.get_absolute_url()), row.reference, row.location, display(row.created_at, "date")]
            for row in rows[:SHOWN]
        ],
        empty=_("Nothing was received from this supplier yet."),
        url=f"{reverse('inventory:receipts')}?supplier=%23{supplier.pk}",
    )
