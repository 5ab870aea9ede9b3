"""A bulk edit over a filter, in a browser: chosen, previewed, applied, taken back; accessible on a desk and on a phone."""

from decimal import Decimal

from playwright.sync_api import Page, expect

from catalog.models import Product, Variant
from tests.browser.test_every_page import Inspector
from tests.factories import make_brand, make_category, make_product, make_user


def stock_the_shop() -> None:
    tea = make_category("Tea")
    make_brand("Nordic")
    for number in range(60):
        price = Decimal(number % 7)
        make_product(
            f"Green tea {number}",
            category=tea,
            tags=["tea"],
            attributes={"origin": "Uji"},
            variants=[{"sku": f"TEA-{number}", "price": price}],
        )
    make_product("Cup", variants=[{"sku": "CUP", "price": Decimal(5)}])


def press(page: Page, name: str) -> None:
    button = page.locator("main").get_by_role("button", name=name, exact=True)
    button.or_(page.locator("main").get_by_role("link", name=name, exact=True)).first.click()
    page.wait_for_load_state()


def fill(page: Page, field: str, operation: str, value: str = "", replacement: str = "") -> None:
    page.get_by_label(f"What to do with “{field}”").select_option(label=operation)
    if value:
        page.get_by_label(f"Value for “{field}”").fill(value)
    if replacement:
        page.get_by_label(f"What replaces it in “{field}”").fill(replacement)


def test_everything_that_matches_is_edited_and_taken_back(page: Page, roles, signed_in) -> None:
    stock_the_shop()
    signed_in(make_user("owner"))
    inspector = Inspector(page)
    page.emulate_media(reduced_motion="reduce")

    page.goto("/catalog/variants/?q=tea")
    page.locator("[data-select-page]").check()
    page.get_by_label("All 60 matching").check()
    press(page, "Edit…")
    expect(page.locator("main")).to_contain_text("about 60 rows")
    expect(page.get_by_label("Value for “Price”")).to_be_hidden()
    fill(page, "Price", "change by", "-2")
    fill(page, "Weight (g)", "set to", "100")
    expect(page.get_by_label("Value for “Price”")).to_be_visible()
    inspector.look("fields")
    page.set_viewport_size({"width": 1440, "height": 900})
    press(page, "Look at the changes")

    result = page.locator("#result")
    expect(result).to_contain_text("Nothing is written yet.")
    expect(result).to_contain_text("Prices cannot be negative.")
    inspector.look("preview, refused rows")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.get_by_role("link", name="Changed").click()
    expect(result.locator(".diff").first).to_contain_text("Weight (g)")
    expect(result.locator("tbody tr")).to_have_count(25)
    press(page, "Next")
    inspector.look("preview, changed rows")
    page.set_viewport_size({"width": 1440, "height": 900})
    assert Variant.objects.filter(weight_grams=100).count() == 0

    press(page, "Change 42 rows")
    expect(page.locator("main")).to_contain_text("42 rows were changed.")
    assert Variant.objects.filter(weight_grams=100).count() == 42
    assert Variant.objects.get(sku="CUP").price == 5
    inspector.look("result")
    page.set_viewport_size({"width": 1440, "height": 900})

    press(page, "Undo")
    inspector.look("undo")
    page.set_viewport_size({"width": 1440, "height": 900})
    press(page, "Undo")
    expect(page.locator("main")).to_contain_text("This bulk edit was taken back.")
    assert Variant.objects.filter(weight_grams=None).count() == 61
    assert sorted({variant.price for variant in Variant.objects.all()}) == [0, 1, 2, 3, 4, 5, 6]
    page.goto("/bulk-edits/")
    inspector.look("list of bulk edits")
    assert inspector.wrong == []


def test_related_records_are_offered_while_one_types_and_the_keyboard_is_enough(page: Page, roles, signed_in) -> None:
    stock_the_shop()
    signed_in(make_user("owner"))
    page.goto("/catalog/products/?q=cup")
    page.locator("input[name=selected]").first.focus()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Edit…").focus()
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    expect(page.locator("main")).to_contain_text("1 selected row")

    page.get_by_label("What to do with “Category”").focus()
    page.keyboard.type("set")
    page.keyboard.press("Tab")
    page.keyboard.type("Te")
    page.get_by_role("option", name="Tea").wait_for()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    fill(page, "Tags", "add to the list", "sale, gift")
    fill(page, "Title", "replace text", "Cup", "Bowl")
    fill(page, "origin", "set to", "Kyoto")
    page.get_by_role("button", name="Look at the changes").focus()
    page.keyboard.press("Enter")
    page.wait_for_load_state()
    press(page, "Change 1 row")

    product = Product.objects.get(handle="cup")
    assert (product.title, product.category.name, product.tags) == ("Bowl", "Tea", ["sale", "gift"])
    assert product.attributes == {"origin": "Kyoto"}


def test_bulk_edits_work_without_scripts(chromium, live_server, context, roles, signed_in) -> None:
    stock_the_shop()
    signed_in(make_user("owner"))
    bare = chromium.new_context(
        base_url=live_server.url, locale="en-US", java_script_enabled=False, storage_state=context.storage_state()
    )
    page = bare.new_page()
    page.goto("/catalog/products/?q=tea")
    page.locator("input[name=selected]").first.check()
    page.get_by_label("All 60 matching").check()
    press(page, "Edit…")
    fill(page, "Brand", "set to", "Nordic")
    press(page, "Look at the changes")
    press(page, "Change 60 rows")
    assert Product.objects.filter(brand__name="Nordic").count() == 60
    bare.close()
