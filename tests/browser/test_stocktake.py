"""Counting with a handheld while the shop goes on selling."""

import pytest
from playwright.sync_api import expect

from inventory import services
from inventory.models import CountEntry, StockCount
from inventory.services import Demand
from tests.factories import level_of, make_count, make_location, make_user, make_variant


@pytest.fixture
def phone(page):
    page.set_viewport_size({"width": 390, "height": 844})
    return page


def sell(variant, pieces, number):
    services.allocate(f"SO-{number}", [Demand(number, variant.pk, pieces, variant.sku)], by=None)
    services.ship(f"SO-{number}", {number: pieces}, make_location(), by=None)


def scan(phone, code):
    """What a scanner does: it types the code wherever the focus is, and presses Enter."""
    expect(phone.locator("#scan")).to_be_focused()
    phone.keyboard.type(code)
    phone.keyboard.press("Enter")


def test_a_count_while_a_sale_happens(phone, roles, signed_in):
    tea = make_variant("TEA", on_hand=10, barcode="4006381333931")
    cup = make_variant("CUP", on_hand=6)
    count = make_count()
    signed_in(make_user("warehouse_operator"))

    phone.goto(count.get_absolute_url())
    phone.get_by_role("link", name="Count", exact=True).click()
    sell(tea, 1, number=1)  # nine are left in the books, and eight on the shelf
    for _piece in range(7):
        scan(phone, "4006381333931")
        expect(phone.get_by_role("heading", name="TEA")).to_be_visible()
    phone.get_by_role("button", name="One piece more").click()
    expect(phone.get_by_label("Pieces")).to_have_value("8")
    phone.locator("#scan").focus()
    scan(phone, "CUP")
    expect(phone.get_by_text("TEA: 8 counted.")).to_be_visible()
    sell(tea, 3, number=2)
    sell(cup, 1, number=3)
    phone.get_by_label("Pieces").fill("55")
    phone.get_by_role("button", name="Save").click()
    expect(phone.get_by_text("CUP: 55 counted.")).to_be_visible()
    phone.get_by_role("button", name="Undo the count of CUP").click()
    expect(phone.get_by_role("button", name="Undo the count of CUP")).to_have_count(0)
    scan(phone, "CUP")
    phone.get_by_label("Pieces").fill("5")
    phone.get_by_role("button", name="Save").click()
    expect(phone.get_by_text("CUP: 5 counted.")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth") == 390

    signed_in(make_user("warehouse_manager"))
    phone.goto(count.get_absolute_url())
    phone.locator(".page-actions summary").click()
    phone.get_by_role("link", name="End counting").click()
    phone.get_by_role("button", name="End counting").click()
    sell(tea, 1, number=4)
    phone.get_by_role("link", name="Post", exact=True).click()
    expect(phone.get_by_text("1 line is corrected.")).to_be_visible()
    phone.locator("main").get_by_role("button", name="Post").click()
    expect(phone.get_by_text("posted: the books say what was counted.")).to_be_visible()

    assert (level_of(tea).on_hand, level_of(cup).on_hand) == (10 - 1 - 1 - 3 - 1, 5)
    assert StockCount.objects.get().status == "posted"
    assert CountEntry.objects.live().count() == 2


def test_scanning_what_was_counted_before_adds_to_it(phone, roles, signed_in):
    make_variant("CUP", on_hand=6)
    make_variant("TEA", on_hand=10)
    count = make_count(4)
    signed_in(make_user("warehouse_operator"))
    phone.goto(f"{count.get_absolute_url()}sheet/")
    for code in ("CUP", "CUP", "TEA"):
        scan(phone, code)
        expect(phone.get_by_role("heading", name=code)).to_be_visible()
    expect(phone.get_by_text("CUP: 6 counted.")).to_be_visible()
    phone.get_by_role("button", name="Save").click()
    expect(phone.get_by_text("TEA: 1 counted.")).to_be_visible()


def test_a_new_stocktake_asks_for_what_its_scope_needs(page, roles, signed_in):
    make_variant("TEA", on_hand=10)
    signed_in(make_user("warehouse_manager"))
    page.goto("/inventory/counts/new/")
    expect(page.get_by_role("textbox", name="SKUs")).to_be_hidden()
    page.get_by_label("These SKUs").check()
    expect(page.locator("#id_category")).to_be_hidden()
    page.get_by_role("textbox", name="SKUs").fill("TEA")
    page.get_by_role("button", name="Write the sheet").click()
    expect(page.get_by_text("the sheet is written")).to_be_visible()
    assert StockCount.objects.get().lines.get().expected == 10


def test_counting_works_without_scripts(chromium, live_server, context, roles, signed_in):
    make_variant("TEA", on_hand=10)
    count = make_count()
    signed_in(make_user("warehouse_operator"))
    plain = chromium.new_context(
        base_url=live_server.url, storage_state=context.storage_state(), java_script_enabled=False, locale="en-US"
    )
    page = plain.new_page()
    page.goto(f"{count.get_absolute_url()}sheet/")
    page.get_by_label("Scan or type a SKU").fill("tea")
    page.get_by_role("button", name="Find").click()
    page.get_by_label("Pieces").fill("4")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("TEA: 4 counted.")).to_be_visible()
    page.get_by_role("button", name="Undo the count of TEA").click()
    expect(page.get_by_text("Nothing yet: scan the first shelf.")).to_be_visible()
    plain.close()
    assert count.lines.get().counted is None


def test_keying_in_goes_from_line_to_line(page, roles, signed_in):
    for sku in ("CUP", "POT", "TEA"):
        make_variant(sku, on_hand=5)
    count = make_count()
    signed_in(make_user("warehouse_operator"))
    page.goto(f"{count.get_absolute_url()}desk/")
    page.get_by_label("Pieces of CUP").click()
    page.keyboard.type("5")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    page.keyboard.type("3")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 lines recorded.")).to_be_visible()
    assert list(count.lines.values_list("counted", flat=True)) == [5, None, 3]
