"""From a suggestion to a purchase order, its goods received, in a real browser."""

import os
from decimal import Decimal
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from inventory.models import PurchaseOrder, ReorderRule, SupplierItem
from tests.factories import level_of, make_location, make_supplier, make_user, make_variant

RULES = {"resultTypes": ["violations"], "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


def accessible(page: Page, name: str) -> None:
    """Nothing wider than the screen, nothing that axe finds; a picture where one is asked for."""
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), name
    found = Axe().run(page, options=RULES).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], name
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).first.click()


def follow(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=name, exact=True).first.click()


def test_from_suggestion_to_purchase_order(page: Page, roles, signed_in) -> None:
    acme, main = make_supplier("ACME", name="Acme Ltd.", email="sales@acme.example"), make_location()
    for sku, pack in (("TEA", 6), ("CUP", 1)):
        variant = make_variant(sku)
        SupplierItem.objects.create(
            supplier=acme, variant=variant, supplier_sku=f"A-{sku}", pack_size=pack, cost=Decimal("2.50")
        )
        ReorderRule.objects.create(variant=variant, location=main, minimum=5, maximum=20)
    ReorderRule.objects.create(variant=make_variant("POT"), location=main, minimum=1, maximum=2)
    signed_in(make_user("warehouse_manager"))

    page.set_viewport_size({"width": 1440, "height": 900})
    page.goto("/inventory/reorder/")
    expect(page.get_by_role("heading", name="Nobody supplies these")).to_be_visible()
    accessible(page, "reorder-1440")
    page.set_viewport_size({"width": 390, "height": 844})
    accessible(page, "reorder-390")
    page.set_viewport_size({"width": 1440, "height": 900})
    press(page, "Create purchase order: Acme Ltd.")

    order = PurchaseOrder.objects.get()
    assert list(order.lines.values_list("variant__sku", "quantity")) == [("TEA", 24), ("CUP", 20)]
    expect(page.get_by_role("heading", name=order.number)).to_be_visible()
    accessible(page, "purchase-draft-1440")
    press(page, "Order")
    follow(page, "Receive")
    page.get_by_label("TEA: accepted").fill("22")
    page.get_by_label("TEA: rejected").fill("2")
    page.get_by_label("TEA: reason").select_option("damaged")
    accessible(page, "receive-1440")
    page.set_viewport_size({"width": 390, "height": 844})
    accessible(page, "receive-390")
    press(page, "Receive")
    accessible(page, "purchase-received-390")
    page.set_viewport_size({"width": 1440, "height": 900})
    accessible(page, "purchase-received-1440")
    order.refresh_from_db()
    assert order.status == "received"
    assert [level_of(line.variant).on_hand for line in order.lines.all()] == [22, 20]

    page.goto(f"/inventory/purchase-orders/{order.number}/print/")
    accessible(page, "purchase-paper-1440")
    page.goto("/inventory/reorder/")
    expect(page.get_by_role("button", name="Create purchase order: Acme Ltd.")).to_have_count(0)
    page.goto("/inventory/purchase-orders/new/")
    accessible(page, "purchase-form-1440")
