"""Real files in a real Chromium, one of each kind: found out, checked, applied, every page clean; and the order of an export."""

import csv
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from backoffice.models import ImportRun
from tests.browser.test_every_page import Inspector
from tests.browser.test_import import press, upload
from tests.factories import make_location, make_queue, make_user, make_variant

FILES = {
    "shopify/products_theme_course.csv": ("products", "21 rows read"),
    "woocommerce/sample_products.csv": ("products", "25 rows read"),
    "chinese/derived/litemall_category.gb18030.csv": ("categories", "93 rows read"),
    "shopify/orders_sample_249_lines.csv": ("orders", "249 rows read"),
    "tickets/bitext_customer_service_utterances_dev.csv": ("tickets", "810 rows read"),
}


def brought_in(page: Page, inspector: Inspector, path: Path) -> ImportRun:
    """The run of a file that went through the wizard."""
    page.emulate_media(reduced_motion="reduce")
    upload(page, path)
    expect(page.get_by_role("heading", name="Which column is which")).to_be_visible()
    inspector.look("columns")
    press(page, "Check the file")
    expect(page.locator("#result")).to_contain_text("Nothing is written yet.")
    inspector.look("check")
    page.locator("main").get_by_role("button", name="Import", exact=False).first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Applied")
    inspector.look("result")
    return ImportRun.objects.latest("pk")


@pytest.mark.real
@pytest.mark.parametrize("name", FILES)
def test_a_file_of_each_kind(page: Page, roles, signed_in, real_data: Path, name: str) -> None:
    make_location("MAIN")
    make_queue("support")
    signed_in(make_user("owner"))
    inspector = Inspector(page)
    kind, read = FILES[name]
    run = brought_in(page, inspector, real_data / name)
    expect(page.locator(".counts")).to_contain_text(read)
    assert (run.resource, run.status, run.refused) == (kind, "applied", 0)
    assert inspector.wrong == []


@pytest.mark.real
def test_a_workbook(page: Page, roles, signed_in, real_data: Path, tmp_path: Path) -> None:
    """The workbook is an export of Houtai, of products that a real file brought in."""
    signed_in(make_user("owner"))
    brought_in(page, Inspector(page), real_data / "shopify/products_theme_course.csv")
    with page.expect_download() as download:
        page.evaluate("location.href = '/catalog/variants/?columns=sku&columns=price&export=xlsx'")
    path = tmp_path / "prices.xlsx"
    download.value.save_as(path)
    upload(page, path)
    press(page, "Check the file")
    expect(page.locator("#result")).to_contain_text("There is nothing to import.")
    run = ImportRun.objects.latest("pk")
    assert (run.resource, run.dialect["kind"], run.unchanged, run.refused) == ("prices", "xlsx", run.read, 0)


def test_columns_of_an_export_move_by_mouse_and_keyboard(page: Page, roles, signed_in, tmp_path: Path) -> None:
    make_variant("CUP")
    signed_in(make_user("owner"))
    inspector = Inspector(page)
    page.emulate_media(reduced_motion="reduce")
    page.goto("/exports/new/?list=%2Fcatalog%2Fvariants%2F%3Fcolumns%3Dprice%26columns%3Dsku")
    first = page.locator(".export-order li").first
    expect(first).to_contain_text("Price")
    page.get_by_role("button", name="Move Price down").click()
    expect(first).to_contain_text("SKU")
    expect(page.get_by_role("status").filter(has_text="Price: place 2")).to_have_count(1)
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "Move Price down"
    page.get_by_role("button", name="Move Price up").focus()
    page.keyboard.press("Enter")
    expect(first).to_contain_text("Price")
    inspector.look("export")
    page.get_by_role("button", name="Move SKU up").click()
    with page.expect_download() as download:
        page.locator(".form-actions").get_by_role("button", name="Export").click()
    download.value.save_as(tmp_path / "out.csv")
    with (tmp_path / "out.csv").open(encoding="utf-8-sig", newline="") as file:
        assert list(csv.reader(file)) == [["SKU", "Price"], ["CUP", "10"]]
    assert inspector.wrong == []
