"""The desk by keyboard alone: from the queues to an order, what is next there, and on to the next order."""

import re

import pytest
from playwright.sync_api import expect

from backoffice.models import Notification, User
from orders.models import Order
from tests.browser.test_shell import violations, visit
from tests.orders.builders import buyer, make_order, staff

pytestmark = pytest.mark.django_db(transaction=True, serialized_rollback=False)


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


def settled(page, heading):
    """Wait for the page that a key has led to, and for its scripts."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(heading)
    page.wait_for_load_state("networkidle")


def test_orders_are_worked_through_by_keyboard(page, roles, signed_in):
    clerk = staff("order_clerk", name="Clara Clerk")
    anna = staff("order_clerk", name="Anna Lee")
    signed_in(clerk)
    first, second = (make_order([("TEA", 1), ("CUP", 2)], customer=buyer(), placed=True) for _ in range(2))

    visit(page, "/")
    press(page, "g", "q")
    settled(page, "Work")
    assert violations(page) == []
    press(page, "j", "Enter")  # the first queue, as a list
    settled(page, "Orders")
    press(page, "j", "Enter")
    settled(page, first.number)
    expect(page.locator(".working")).to_contain_text("2 left")

    press(page, "?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text("Record payment")
    press(page, "Escape")
    press(page, "n")
    page.keyboard.type("Please look, @an")
    expect(page.get_by_role("option", name="Anna Lee")).to_be_visible()
    assert violations(page) == []
    press(page, "Enter")
    expect(page.locator("#note-text")).to_have_value("Please look, @Anna Lee ")
    with page.expect_navigation():
        press(page, "Control+Enter")
    settled(page, first.number)
    assert Notification.objects.get().user == anna

    press(page, "p")
    settled(page, "Record payment")
    page.get_by_label("Amount").press("Enter")
    settled(page, first.number)
    expect(page.locator(".working")).to_contain_text("1 left Done here")
    assert Order.objects.get(pk=first.pk).payment_status == "paid"
    press(page, "j")
    settled(page, second.number)
    expect(page).to_have_url(re.compile(r"from=.*queue"))

    page.set_viewport_size({"width": 390, "height": 844})
    User.objects.update(theme="dark")
    page.reload(wait_until="networkidle")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
