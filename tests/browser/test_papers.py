"""Paper of a whole selection, and the editor of the mails, as people use them."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from backoffice.models import User
from orders.models import MailText, Order, OrderLine
from tests.factories import make_user
from tests.orders.builders import buyer, make_order

MANY = 50
RULES = {"preload": False, "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}


@pytest.fixture
def owner(roles, signed_in) -> User:
    user = make_user("owner")
    signed_in(user)
    return user


def must_be_accessible(page: Page) -> None:
    assert [one["id"] for one in Axe().run(page, options=RULES).response["violations"]] == []


def many_orders() -> list[Order]:
    """Placed orders of two lines, every other one of a reader of Chinese."""
    first = make_order([("TEA", 2), ("CUP", 1)], placed=True, customer=buyer())
    lines = list(first.lines.all())
    copies = [Order(**_values(first, number=f"SO-9{place:03d}")) for place in range(1, MANY)]
    for copy in copies[::2]:
        copy.language = "zh-hans"
    Order.objects.bulk_create(copies)
    OrderLine.objects.bulk_create(
        OrderLine(**_values(line, order_id=copy.pk, allocated=0)) for copy in copies for line in lines
    )
    return [first, *copies]


def _values(row, **others):
    fields = (f for f in row._meta.concrete_fields if not f.primary_key and not f.generated)
    return {field.attname: getattr(row, field.attname) for field in fields} | others


def test_fifty_packing_slips_are_printed_at_once(page, owner):
    orders = many_orders()
    page.goto("/orders/?status=placed")
    page.get_by_label("Select all rows of this page").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Packing slips").click()

    expect(page.get_by_role("heading", name="Packing slips", exact=True)).to_be_visible()
    assert page.locator(".sheet").count() == MANY
    numbers = page.locator(".sheet .document-title p").all_inner_texts()
    assert sorted(numbers) == sorted(order.number for order in orders)
    assert page.locator(".sheet:lang(zh)").count() == 25
    must_be_accessible(page)

    with page.expect_navigation():
        page.get_by_role("link", name="Letter").click()
    printed = page.pdf(prefer_css_page_size=True)
    assert len(re.findall(rb"/Type /Page\b", printed)) == MANY
    assert set(re.findall(rb"/MediaBox \[0 0 ([\d. ]+)\]", printed)) == {b"612 792"}


def test_a_mail_is_rewritten_with_a_preview(page, owner):
    order = make_order(placed=True, customer=buyer("Ada Lovelace"))
    page.goto("/orders/mails/texts/")
    with page.expect_navigation():
        page.get_by_role("link", name="Order placed").click()
    page.locator("#id_body").fill("Thank you, {nmae}")
    with page.expect_navigation():
        page.get_by_role("button", name="Preview").click()
    expect(page.locator("#id_body_error, .errors").filter(has_text="There is no {nmae}").first).to_be_visible()
    must_be_accessible(page)

    page.locator("#id_body").fill("Thank you, {name}, for {order}")
    with page.expect_navigation():
        page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text(f"Thank you, Ada Lovelace, for {order.number}")).to_be_visible()
    assert not MailText.objects.exists()
    with page.expect_navigation():
        page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("is saved.")).to_be_visible()
    must_be_accessible(page)

    with page.expect_navigation():
        page.get_by_role("button", name="Back to the default texts").click()
    expect(page.locator("#id_body")).to_have_value(re.compile("^Hello {name},"))
    assert MailText.objects.get().body == ""
