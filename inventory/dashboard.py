"""Figures of the inventory on the home page."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.dashboard import Card, capped, card
from inventory.models import REVIEW_COUNTS, Allocation, PurchaseOrder, ReorderRule, StockCount, StockLevel, Transfer


@card(permission="inventory.view_stocklevel", order=40)
def out_of_stock(user: Any) -> Card:
    count = capped(StockLevel.objects.visible_to(user).at_warehouses().out())
    return Card(
        _("Out of stock"), count, f"{reverse('inventory:stock')}?state=out", tone="bad" if count != "0" else "good"
    )


@card(permission="inventory.view_stocklevel", order=41)
def low(user: Any) -> Card:
    count = capped(StockLevel.objects.visible_to(user).at_warehouses().low())
    return Card(
        _("Low stock"), count, f"{reverse('inventory:stock')}?state=low", tone="warn" if count != "0" else "good"
    )


@card(permission="inventory.view_transfer", order=42)
def in_transit(user: Any) -> Card:
    rows = Transfer.objects.visible_to(user).filter(status=Transfer.Status.IN_TRANSIT)
    return Card(_("Transfers on their way"), capped(rows), f"{reverse('inventory:transfers')}?status=in_transit")


@card(permission=REVIEW_COUNTS, order=43)
def counts_to_review(user: Any) -> Card:
    count = capped(StockCount.objects.visible_to(user).filter(status=StockCount.Status.REVIEW))
    tone = "warn" if count != "0" else "good"
    return Card(_("Stocktakes to review"), count, f"{reverse('inventory:counts')}?status=review", tone=tone)


@card(permission="inventory.view_allocation", order=42)
def left_behind(user: Any) -> Card:
    count = capped(Allocation.objects.visible_to(user).left_behind())
    address = reverse("inventory:left_behind")
    return Card(_("Promised at closed warehouses"), count, address, tone="bad" if count != "0" else "good")


@card(permission="inventory.view_reorderrule", order=43)
def to_reorder(user: Any) -> Card:
    count = capped(ReorderRule.objects.visible_to(user).due())
    return Card(_("To reorder"), count, reverse("inventory:to_reorder"), tone="warn" if count != "0" else "good")


@card(permission="inventory.view_purchaseorder", order=44)
def late_purchases(user: Any) -> Card:
    count = capped(PurchaseOrder.objects.visible_to(user).overdue())
    address = f"{reverse('inventory:purchase_orders')}?overdue=true"
    return Card(_("Overdue purchase orders"), count, address, tone="bad" if count != "0" else "good")
