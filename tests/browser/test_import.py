"""The import wizard with a real shop's file and errors planted in it: mapped, checked, mended, applied, undone; by keyboard too."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backoffice.context import acting
from catalog.models import Product, Variant
from tests.browser.test_every_page import Inspector
from tests.factories import make_user

PLANTED = {3: ("Variant price", "call us"), 15: ("Variant price", "12,50"), 20: ("Variant grams", "heavy")}
CHANGED = "fantastic-bronze-lamp-plum"
OWN = "Kennung,Benennung,Artnr,VK\ntasse,Tasse,T1,5\nkanne,Kanne,T2,sechs\n"


def press(page: Page, name: str) -> None:
    button = page.locator("main").get_by_role("button", name=name)
    button.or_(page.locator("main").get_by_role("link", name=name)).first.click()
    page.wait_for_load_state()


def upload(page: Page, path: Path) -> None:
    page.goto("/imports/new/")
    page.get_by_label("File", exact=True).set_input_files(path)
    press(page, "Upload and look")


def tab_to(page: Page, name: str) -> None:
    """Press Tab until what has the focus is called so."""
    for _step in range(200):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    raise AssertionError(f"{name!r} is not reached by keyboard")


@pytest.fixture
def shop_file(real_data: Path, tmp_path: Path) -> Path:
    """A file of Shopify, three cells of it spoilt and one column renamed to what nobody knows."""
    with (real_data / "shopify" / "products_gatsby_demo.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    for number, (column, text) in PLANTED.items():
        rows[number][rows[0].index(column)] = text
    rows[0][rows[0].index("Vendor")] = "Who makes it"
    path = tmp_path / "planted.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


@pytest.mark.real
def test_a_real_file_is_mapped_checked_mended_applied_and_undone(page: Page, roles, signed_in, shop_file: Path) -> None:
    signed_in(make_user("owner"))
    inspector = Inspector(page)
    page.emulate_media(reduced_motion="reduce")

    upload(page, shop_file)
    expect(page.get_by_label("Variant price", exact=True)).to_have_value("price")
    vendor = page.get_by_label("Who makes it")
    vendor.focus()
    vendor.select_option(label="Brand")
    inspector.look("columns")
    press(page, "Check the file")

    result = page.locator("#result")
    expect(result).to_contain_text("Nothing is written yet.")
    expect(result).to_contain_text("The SKU stands in row 20 already.")
    assert Product.objects.count() == 0
    inspector.look("check")
    for number, text in {4: "19.99", 16: "12.50", 21: "700"}.items():
        page.locator(f"input[name^='cell-{number}-']").fill(text)
    press(page, "Keep corrections and check again")
    expect(result).to_contain_text("3 mended cells")
    inspector.look("mended")

    press(page, "Import 299 rows that are right")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Applied")
    assert Product.objects.count() == 99
    assert Product.objects.exclude(brand=None).count() == 99
    run = page.url
    inspector.look("result")

    upload(page, shop_file)
    expect(page.locator("main")).to_contain_text("The columns are as you mapped such a file last time")
    press(page, "Check the file")
    expect(page.locator("main")).to_contain_text("The very same file was imported before")
    expect(page.locator(".counts")).to_contain_text("296 Unchanged")

    with acting(source="page"):
        Variant.objects.filter(sku__iexact=CHANGED).update(price=1)
    page.goto(run)
    press(page, "Undo")
    expect(page.locator("main")).to_contain_text(
        "created by this import and changed since by others; overwriting deletes it"
    )
    inspector.look("undo")
    press(page, "Undo")
    expect(page.locator("main")).to_contain_text("Taken back")
    assert [variant.sku.lower() for variant in Variant.objects.all()] == [CHANGED]
    inspector.look("undone, one record kept")
    page.get_by_role("checkbox", name=f"Overwrite {CHANGED}").check()
    press(page, "Overwrite the chosen ones")
    assert Product.objects.count() == Variant.objects.count() == 0
    inspector.look("undone")
    press(page, "Import again")
    press(page, "Import again")
    expect(page.locator("main")).to_contain_text("Done again")
    assert Product.objects.count() == 99
    assert inspector.wrong == []


def test_the_keyboard_is_enough(page: Page, roles, signed_in, tmp_path: Path) -> None:
    signed_in(make_user("owner"))
    path = tmp_path / "own.csv"
    path.write_text(OWN)
    page.goto("/imports/new/?resource=products")
    page.get_by_label("File", exact=True).set_input_files(path)
    tab_to(page, "Upload and look")
    page.keyboard.press("Enter")
    page.wait_for_url("**/imports/IM-*/")

    page.get_by_label("Kennung").focus()
    for name in ("Handle", "Title", "SKU", "Price"):
        page.keyboard.type(name)
        page.keyboard.press("Tab")
    tab_to(page, "Check the file")
    page.keyboard.press("Enter")
    expect(page.locator("#result")).to_contain_text("This is not a number.")

    page.locator("#rows select").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "cell-3-3"
    page.keyboard.type("6")
    page.keyboard.press("Enter")
    expect(page.locator("#result")).to_contain_text("1 mended cell")
    page.locator("main").focus()
    tab_to(page, "Import 2 rows")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Applied")
    assert dict(Variant.objects.values_list("sku", "price")) == {"T1": 5, "T2": 6}


def test_the_wizard_works_without_scripts(chromium, live_server, context, roles, signed_in, tmp_path: Path) -> None:
    signed_in(make_user("owner"))
    bare = chromium.new_context(
        base_url=live_server.url, locale="en-US", java_script_enabled=False, storage_state=context.storage_state()
    )
    page = bare.new_page()
    path = tmp_path / "own.csv"
    filler = [f"x{n}" for n in range(40)]
    path.write_text(OWN.replace("VK\n", "VK," + ",".join(filler) + "\n").replace("5\n", "5" + "," * 40 + "\n", 1))
    page.goto("/imports/new/?resource=products")
    page.get_by_label("File", exact=True).set_input_files(path)
    press(page, "Upload and look")
    for place in range(4):
        page.locator(f"#map-{place}").select_option("?")
    press(page, "Check the file")
    for place, name in enumerate(("handle", "title", "sku", "price")):
        page.locator(f"#map-{place}").select_option(name)
    press(page, "Check the file")
    press(page, "Import 1 row that is right")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Applied")
    assert list(Variant.objects.values_list("sku", flat=True)) == ["T1"]
    bare.close()
