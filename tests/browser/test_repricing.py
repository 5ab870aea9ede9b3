"""Repricing as a person does it: choose in the list, look, apply, undo."""

from decimal import Decimal

from playwright.sync_api import expect

from catalog.models import Variant
from tests.factories import make_user, make_variant


def prices():
    return dict(Variant.objects.values_list("sku", "price"))


def test_repricing_with_undo(page, roles, signed_in):
    for sku, price in (("TEA", 10), ("CUP", 20), ("POT", 30)):
        make_variant(sku, price=Decimal(price))
    signed_in(make_user("owner"))

    page.goto("/catalog/variants/")
    page.get_by_label("Select TEA").check()
    page.get_by_label("Select CUP").check()
    page.get_by_role("button", name="Reprice").click()
    expect(page.get_by_text("2 variants of this list")).to_be_visible()
    page.get_by_label("Percent or amount").fill("-10.5")
    page.get_by_label("Rounding").select_option(label="To .99")
    page.get_by_role("button", name="Work out the prices").click()
    expect(page.get_by_role("heading", name="What it would do")).to_be_visible()
    expect(page.get_by_role("cell", name="€17.99")).to_be_visible()
    assert prices() == {"TEA": 10, "CUP": 20, "POT": 30}

    page.get_by_role("link", name="Apply now").click()
    page.locator("main").get_by_role("button", name="Apply now").click()
    expect(page.get_by_text("is applied.")).to_be_visible()
    assert prices() == {"TEA": Decimal("8.99"), "CUP": Decimal("17.99"), "POT": 30}

    Variant.objects.filter(sku="CUP").update(price=5)
    page.get_by_role("link", name="Undo").click()
    page.locator("main").get_by_role("button", name="Undo").click()
    expect(page.get_by_text("is undone.")).to_be_visible()
    expect(page.get_by_text("1 kept, because others changed them since")).to_be_visible()
    assert prices() == {"TEA": 10, "CUP": 5, "POT": 30}
