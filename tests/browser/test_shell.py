"""The shell before a real browser: accessible, quick by keyboard, whole without scripts."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from backoffice.models import User
from catalog.models import Brand, Product

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=False)
RULES = {"preload": False, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def owner(roles, signed_in):
    user = User.objects.create_user("olivia@example.com", name="Olivia Owner", roles=("owner",))
    signed_in(user)
    return user


@pytest.fixture
def products():
    nordic = Brand.objects.create(name="Nordic")
    Brand.objects.create(name="Nordic Light")
    return [
        Product.objects.create(handle=f"p{i}", title=f"Product {i}", brand=nordic if i % 2 else None) for i in range(5)
    ]


def visit(page, path):
    """Open a page and wait for its scripts, which a person would not outrun."""
    page.goto(path, wait_until="networkidle")


def settled(page):
    """Wait for the scripts of a page that a key has led to."""
    page.wait_for_load_state("networkidle")


def violations(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", ["/", "/components/", "/catalog/brands/", "/catalog/brands/new/", "/accounts/2fa/"])
def test_pages_are_accessible(page, owner, products, path, theme, width):
    User.objects.update(theme=theme)
    page.set_viewport_size({"width": width, "height": 844})
    page.goto(path)

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_sign_in_is_accessible_and_leads_home(page, roles):
    User.objects.create_user("ana@example.com", "correct horse battery", name="Ana Analyst", roles=("analyst",))
    page.goto("/accounts/login/")
    assert violations(page) == []

    page.get_by_label("Email").fill("ana@example.com")
    page.get_by_label("Password", exact=True).fill("correct horse battery")
    page.keyboard.press("Enter")

    expect(page.get_by_role("heading", name="Hello, Ana Analyst")).to_be_visible()


def test_rows_are_chosen_by_keyboard(page, owner, products):
    visit(page, "/catalog/products/")
    for key in "jjxkx":
        page.keyboard.press(key)

    expect(page.locator("[data-selection-count]")).to_have_text("2 selected")
    expect(page.locator(".selection")).to_be_visible()


def test_enter_opens_the_row_and_j_goes_on_to_the_next(page, owner, products):
    visit(page, "/catalog/products/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Product 4")

    settled(page)
    page.keyboard.press("j")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Product 3")


def test_shift_chooses_a_range(page, owner, products):
    visit(page, "/catalog/products/")
    boxes = page.locator("input[name=selected]")
    boxes.nth(0).click()
    boxes.nth(3).click(modifiers=["Shift"])

    expect(page.locator("[data-selection-count]")).to_have_text("4 selected")


def test_the_command_bar_finds_pages_and_records(page, owner, products):
    visit(page, "/")
    page.keyboard.press("Control+k")
    page.keyboard.type("bran")
    expect(page.locator("#command-hits a").first).to_have_text("Brands")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")

    expect(page).to_have_url(re.compile("/catalog/brands/$"))


def test_letters_jump_unless_switched_off(page, owner, products):
    visit(page, "/catalog/brands/")
    page.keyboard.press("g")
    page.keyboard.press("h")
    expect(page).to_have_url(re.compile("://[^/]+/$"))
    settled(page)
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()

    User.objects.update(shortcuts=False)
    visit(page, "/catalog/brands/")
    page.keyboard.press("/")
    expect(page.locator("#search")).not_to_be_focused()


def test_slash_goes_to_the_search(page, owner):
    visit(page, "/catalog/brands/")
    page.keyboard.press("/")

    expect(page.locator("#search")).to_be_focused()


def test_a_lookup_suggests_and_the_chosen_row_filters(page, owner, products):
    visit(page, "/catalog/products/")
    page.locator(".filter-menu > summary").click()
    brand = page.get_by_role("combobox", name="Brand")
    brand.press_sequentially("nord")
    expect(page.locator(".options [role=option]")).to_have_text(["Nordic", "Nordic Light"])
    brand.press("ArrowDown")
    brand.press("Enter")
    expect(brand).to_have_value("Nordic")
    page.get_by_role("button", name="Apply").first.click()

    expect(page.locator(".chip")).to_have_text([re.compile("Brand: *Nordic")])
    expect(page.locator("tbody tr")).to_have_count(2)


def test_leaving_a_changed_form_asks(page, owner):
    visit(page, "/catalog/brands/new/")
    page.get_by_label("Name", exact=True).fill("Fjord")
    asked = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    with page.expect_event("dialog"):
        page.get_by_role("link", name="Home").first.click()

    assert asked == ["beforeunload"]
    expect(page).to_have_url(re.compile("/catalog/brands/new/$"))


def test_the_theme_is_chosen_in_the_menu(page, owner):
    visit(page, "/catalog/brands/")
    page.locator(".user-menu > summary").click()
    page.get_by_role("button", name="Dark").click()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(236, 237, 242)"


def test_the_navigation_opens_on_a_phone(page, owner):
    page.set_viewport_size({"width": 390, "height": 844})
    visit(page, "/")
    expect(page.get_by_role("link", name="Brands")).not_to_be_visible()
    page.get_by_role("link", name="Navigation").click()
    page.get_by_role("link", name="Brands").click()

    expect(page).to_have_url(re.compile("/catalog/brands/$"))


def test_without_scripts_one_filters_sorts_chooses_and_saves(chromium, live_server, owner, products, context):
    bare = chromium.new_context(
        base_url=live_server.url, java_script_enabled=False, storage_state=context.storage_state()
    )
    page = bare.new_page()
    visit(page, "/catalog/products/")
    page.locator(".filter-menu > summary").click()
    page.get_by_role("textbox", name="Brand").fill("nordic")
    page.get_by_role("button", name="Apply").first.click()
    expect(page.locator("tbody tr")).to_have_count(2)

    page.locator("input[name=selected]").first.check()
    expect(page.locator(".selection")).to_be_visible()

    visit(page, "/catalog/brands/new/")
    page.get_by_label("Name", exact=True).fill("Fjord")
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("status")).to_contain_text("Fjord saved.")
    bare.close()
