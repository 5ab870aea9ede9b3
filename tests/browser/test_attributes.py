"""Attributes of a product in a browser: its fields follow the category, with and without scripts."""

import pytest
from playwright.sync_api import Browser, Page, expect

from catalog.models import Category, Product
from tests.factories import make_attribute, make_category, make_user

pytestmark = pytest.mark.django_db(transaction=True)
MATERIALS = [
    {"code": "glass", "label": "Glass", "label_zh": "玻璃"},
    {"code": "clay", "label": "Clay", "label_zh": "陶"},
]


@pytest.fixture
def shop(roles: None) -> Category:
    make_user("owner")
    wear, pots = make_category("Wear"), make_category("Pots")
    make_attribute("fibre", category=wear)
    make_attribute("material", "choice", category=pots, choices=MATERIALS)
    make_attribute("capacity", "number", category=pots, unit="ml")
    return pots


def test_the_fields_follow_the_category(shop: Category, signed_in, page: Page) -> None:
    signed_in(make_user("owner"))
    page.goto("/catalog/products/-/new/")
    page.get_by_label("Title", exact=False).first.fill("Teapot")
    expect(page.get_by_label("Material")).to_have_count(0)
    page.get_by_role("combobox", name="Category").fill("Pots")
    page.get_by_role("option", name="Pots").click()
    page.get_by_label("Material").select_option("Clay")
    page.get_by_label("Capacity").fill("350")
    page.get_by_role("combobox", name="Category").fill("Wear")
    page.get_by_role("option", name="Wear").click()
    expect(page.get_by_label("Fibre")).to_be_visible()
    page.get_by_role("combobox", name="Category").fill("Pots")
    page.get_by_role("option", name="Pots").click()
    expect(page.get_by_label("Capacity")).to_have_value("350")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Teapot")).to_be_visible()
    assert Product.objects.get().attributes == {"capacity": 350, "material": "clay"}


def test_without_scripts_a_button_shows_the_fields(shop: Category, chromium: Browser, live_server, client) -> None:
    client.force_login(make_user("owner"))
    context = chromium.new_context(base_url=live_server.url, java_script_enabled=False, locale="en-US")
    context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}])
    page = context.new_page()
    page.goto("/catalog/products/-/new/")
    page.locator("[name=title]").fill("Teapot")
    page.locator("[name=category]").fill("Pots")
    page.get_by_role("button", name="Show fields of this category").click()
    page.locator("[name='attributes.capacity']").fill("350")
    expect(page.locator("[name=title]")).to_have_value("Teapot")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="Teapot")).to_be_visible()
    context.close()
    assert Product.objects.get().attributes == {"capacity": 350}
