"""A warehouse closes: what that does is told first, what could not move waits in a list, in a real browser."""

from playwright.sync_api import Page, expect

from inventory import services
from inventory.models import Allocation
from tests.browser.test_reordering import accessible, press
from tests.factories import make_location, make_user, stock
from tests.orders.builders import article, make_order

SIZES = [(1440, 900), (390, 844)]


def look(page: Page, name: str) -> None:
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        accessible(page, f"{name}-{width}")
    page.set_viewport_size({"width": 1440, "height": 900})


def test_closing_a_warehouse_and_looking_after_what_it_left_behind(page: Page, roles, signed_in) -> None:
    main, shop = make_location(priority=1), make_location("SHOP", priority=2)
    tea = article("TEA", on_hand=3, at=main)
    moving, staying = make_order([("TEA", 1)], placed=True), make_order([("TEA", 2)], placed=True)
    stock(tea, 1, location=shop)
    signed_in(make_user("warehouse_manager"))

    page.goto(f"/orders/{staying.number}/")
    look(page, "order-promised")
    page.goto(f"/orders/{staying.number}/reallocate/")
    look(page, "reallocate")

    page.goto("/inventory/locations/MAIN/close/")
    expect(page.get_by_role("heading", name="What stays promised here")).to_be_visible()
    look(page, "location-close")
    page.get_by_label("Reason").fill("Flood")
    page.get_by_label("Close it although pieces are left").check()
    press(page, "Close location")
    expect(page.get_by_text("Main is closed.")).to_be_visible()
    services.clear_closed(main)

    page.goto("/inventory/left-behind/")
    expect(page.get_by_role("link", name=staying.number)).to_be_visible()
    expect(page.get_by_role("link", name=moving.number)).to_have_count(0)
    look(page, "left-behind")
    stock(tea, 2, location=shop)
    page.locator("input[name=selected]").first.check()
    press(page, "Serve from elsewhere")
    press(page, "Serve from elsewhere")
    expect(page.get_by_text("Nothing is left behind")).to_be_visible()
    assert set(Allocation.objects.values_list("location__code", flat=True)) == {"SHOP"}
