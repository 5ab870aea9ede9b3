"""The import wizard with a real shop's file: read, checked, applied in part, looked at again, undone."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from catalog.models import Product, Variant
from tests.factories import make_user


def press(page: Page, name: str) -> None:
    button = page.locator("main").get_by_role("button", name=name)
    button.or_(page.locator("main").get_by_role("link", name=name)).first.click()
    page.wait_for_load_state()


def upload(page: Page, path: Path) -> str:
    """Upload and check; returns the address of the run."""
    page.goto("/imports/new/")
    page.get_by_label("File", exact=True).set_input_files(path)
    press(page, "Upload and look")
    press(page, "Check the file")
    return page.url


@pytest.mark.real
def test_a_real_file_is_checked_applied_and_undone(page: Page, roles, signed_in, real_data: Path) -> None:
    signed_in(make_user("owner"))
    path = real_data / "shopify" / "products_gatsby_demo.csv"

    run = upload(page, path)
    result = page.locator("#result")
    expect(result).to_contain_text("Nothing is written yet.")
    expect(result).to_contain_text("The SKU stands in row 20 already.")
    assert Product.objects.count() == 0

    press(page, "Import 299 rows that are right")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Applied")
    assert Product.objects.count() == 99

    upload(page, path)
    expect(page.locator("#result .figure", has_text="Unchanged")).to_contain_text("299")
    expect(page.locator("#result .figure", has_text="New")).to_contain_text("0")

    page.goto(run)
    press(page, "Undo")
    press(page, "Undo")
    expect(page.locator("main")).to_contain_text("Taken back")
    assert Product.objects.count() == Variant.objects.count() == 0
