"""Stock on the pages of products and variants; what is promised and held on the page of a level."""

from typing import Any

from django.db.models import QuerySet, Sum
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from backoffice.generic import display
from backoffice.money import format_money
from backoffice.panels import Panel, register
from backoffice.references import linked
from backoffice.templatetags.houtai import plain_number
from catalog.models import Product, Variant
from inventory.models import (
    Allocation,
    Hold,
    Location,
    Lot,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    StockCount,
    StockLevel,
    StockPart,
    Supplier,
    SupplierItem,
)
from inventory.services import Forecast, sales

MOST = 50
SHOWN = 10
COST = "catalog.view_cost"


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
    shown = [
        [(row.reason, row.get_absolute_url()), plain_number(row.quantity), display(row.expires_at)]
        for row in rows.order_by("expires_at")[:SHOWN]
    ]
    shown += _expired_at(level)
    if not shown:
        return None
    return Panel(title=_("Held"), columns=[_("Reason"), _("Pieces"), _("Until")], numbers=[1], rows=shown)


def _expired_at(level: StockLevel) -> list[list[Any]]:
    """Lots whose pieces are held at a level, because they have expired."""
    if not level.is_tracked:
        return []
    parts = StockPart.objects.there().filter(level=level, lot__is_quarantined=True)
    pieces = dict(parts.values_list("lot").annotate(Sum("quantity")).order_by("lot")[:SHOWN])
    said = _("Lot %(lot)s expired on %(day)s")
    rows = []
    for key, lot in Lot.objects.in_bulk(list(pieces)).items():
        day = date_format(lot.expires_on, "SHORT_DATE_FORMAT") if lot.expires_on else ""
        rows.append([(said % {"lot": lot, "day": day}, lot.get_absolute_url()), plain_number(pieces[key]), ""])
    return rows


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


@register("inventory.location", permission="inventory.view_allocation", order=15)
def left_behind(user: Any, location: Location) -> Panel | None:
    """What a closed warehouse still owes."""
    if location.is_active:
        return None
    rows = list(Allocation.objects.visible_to(user).filter(location=location).select_related("variant")[:SHOWN])
    if not rows:
        return None
    return Panel(
        title=_("Promised here"),
        columns=[_("Document"), _("SKU"), _("Pieces")],
        numbers=[2],
        rows=[[linked(row.cause), row.variant.sku, plain_number(row.quantity)] for row in rows],
        url=f"{reverse('inventory:left_behind')}?location={location.pk}",
    )


@register("inventory.location", permission="inventory.view_stockcount", order=20)
def counts_at_location(user: Any, location: Location) -> Panel | None:
    if location.kind != Location.Kind.STOCK:
        return None
    rows = StockCount.objects.visible_to(user).filter(location=location).order_by("-created_at", "-pk")
    return Panel(
        title=_("Stocktakes"),
        columns=[_("Number"), _("Scope"), _("Status"), _("Created")],
        rows=[
            [
                (row.number, row.get_absolute_url()),
                row.get_scope_display(),
                row.get_status_display(),
                display(row.created_at, "date"),
            ]
            for row in rows[:SHOWN]
        ],
        empty=_("Nothing was counted here yet."),
        url=f"{reverse('inventory:counts')}?location={location.pk}",
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


@register("inventory.supplier", permission="inventory.view_purchaseorder", order=5)
def purchases_of_supplier(user: Any, supplier: Supplier) -> Panel:
    rows = PurchaseOrder.objects.visible_to(user).filter(supplier=supplier).order_by("-created_at", "-pk")
    shows_cost = user.has_perm(COST)
    return Panel(
        title=_("Purchase orders"),
        columns=[_("Number"), _("Status"), _("Expected"), *([_("Total")] if shows_cost else [])],
        numbers=[3] if shows_cost else [],
        rows=[
            [
                (row.number, row.get_absolute_url()),
                row.get_status_display(),
                display(row.expected_on, "date"),
                *([format_money(row.total, row.currency)] if shows_cost else []),
            ]
            for row in rows[:SHOWN]
        ],
        empty=_("Nothing was ordered from this supplier yet."),
        url=f"{reverse('inventory:purchase_orders')}?supplier=%23{supplier.pk}",
    )


@register("inventory.supplier", permission="inventory.view_supplieritem", order=8)
def items_of_supplier(user: Any, supplier: Supplier) -> Panel:
    rows = SupplierItem.objects.visible_to(user).filter(supplier=supplier).select_related("variant").order_by("pk")
    return Panel(
        title=_("Supplier items"),
        columns=[_("SKU"), _("Supplier's SKU"), _("Pack size"), *_cost_head(user)],
        numbers=[2, 3] if user.has_perm(COST) else [2],
        rows=[
            [
                (row.variant.sku, row.variant.get_absolute_url()),
                row.supplier_sku,
                plain_number(row.pack_size),
                *_cost_of(user, row),
            ]
            for row in rows[:SHOWN]
        ],
        empty=_("It is not known yet what this supplier sells."),
        url=f"{reverse('inventory:supplier_items')}?supplier=%23{supplier.pk}",
    )


@register("catalog.variant", permission="inventory.view_supplieritem", order=15)
def suppliers_of_variant(user: Any, variant: Variant) -> Panel:
    rows = SupplierItem.objects.visible_to(user).filter(variant=variant).select_related("supplier")
    return Panel(
        title=_("Suppliers"),
        columns=[_("Supplier"), _("Supplier's SKU"), _("Pack size"), *_cost_head(user)],
        numbers=[2, 3] if user.has_perm(COST) else [2],
        rows=[
            [
                (row.supplier.name, row.supplier.get_absolute_url()),
                row.supplier_sku,
                plain_number(row.pack_size),
                *_cost_of(user, row),
            ]
            for row in rows.order_by("-is_preferred", "pk")[:SHOWN]
        ],
        empty=_("Nobody is known to supply this."),
        url=f"{reverse('inventory:supplier_items')}?q={variant.sku}",
    )


@register("catalog.variant", permission="inventory.view_purchaseorder", order=16)
def incoming_of_variant(user: Any, variant: Variant) -> Panel | None:
    """What open purchase orders still bring, and how long stock lasts at the pace of the last weeks."""
    lines = PurchaseOrderLine.objects.outstanding_at().in_scope(user).filter(variant=variant)
    shown = list(lines.select_related("purchase_order").order_by("purchase_order__expected_on", "pk")[:SHOWN])
    if not shown:
        return None
    return Panel(
        title=_("Incoming"),
        columns=[_("Purchase order"), _("Expected"), _("Pieces")],
        numbers=[2],
        rows=[
            [
                (line.purchase_order.number, line.purchase_order.get_absolute_url()),
                display(line.expected_on or line.purchase_order.expected_on, "date"),
                plain_number(line.outstanding),
            ]
            for line in shown
        ],
    )


@register("catalog.variant", permission="inventory.view_stockmove", order=17)
def forecast_of_variant(user: Any, variant: Variant) -> Panel | None:
    """How long stock lasts at the pace of the last 28 and 90 days, by warehouse."""
    levels = list(_levels(user).filter(variant=variant, location__kind=Location.Kind.STOCK)[:SHOWN])
    paces = sales([variant.pk])
    rows = []
    for level in levels:
        forecast = Forecast(level.available, *paces.get((variant.pk, level.location_id), (0, 0)))
        if forecast.sold_long:
            sold = [plain_number(forecast.sold_short), plain_number(forecast.sold_long)]
            rows.append([level.location, *sold, display(forecast.out_on, "date")])
    if not rows:
        return None
    columns = [_("Location"), _("Sold in 28 days"), _("Sold in 90 days"), _("Lasts until")]
    return Panel(title=_("Forecast"), columns=columns, numbers=[1, 2], rows=rows)


def _cost_head(user: Any) -> list[str]:
    return [_("Unit cost")] if user.has_perm(COST) else []


def _cost_of(user: Any, item: SupplierItem) -> list[str]:
    return [format_money(item.cost, item.currency)] if user.has_perm(COST) else []
