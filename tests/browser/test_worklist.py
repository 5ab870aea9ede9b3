"""From the list of silent customers to the outcome of a follow-up."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from playwright.sync_api import Page, expect

from customers.models import FollowUp
from customers.services import segments
from orders.models import Order
from tests.browser.conftest import WindowOf
from tests.factories import make_customer
from tests.orders.builders import staff


def press(page: Page, kind: Any, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role(kind, name=name, exact=True).click()


def test_silent_customers_are_followed_up(window_of: WindowOf) -> None:
    jane = make_customer("Jane Doe")
    Order.objects.create(
        number="SO-1", customer=jane, status="closed", total=900, placed_at=timezone.now() - timedelta(days=200)
    )
    segments.segment(timezone.localdate())
    agent = window_of(staff("support_agent"))

    agent.goto("/customers/segments/")
    press(agent, "link", "Silent A customers")
    agent.get_by_label("Select Jane Doe").check()
    press(agent, "button", "Follow up today")
    expect(agent.locator("main")).to_contain_text("Nothing matches")

    agent.goto("/follow-ups/")
    press(agent, "link", "Mine, today")
    press(agent, "link", "Get in touch")
    press(agent, "link", "Done")
    agent.get_by_label("What came of it").fill("Wants the new catalogue")
    agent.get_by_label("Try again in days").fill("30")
    press(agent, "button", "Done")

    agent.goto(jane.get_absolute_url())
    expect(agent.locator(".timeline")).to_contain_text("Get in touch: Wants the new catalogue")
    expect(agent.locator(".reasons")).to_contain_text("Last order 200 days ago")
    again = FollowUp.objects.get(status="open")
    assert (again.after.outcome, again.due_on) == ("Wants the new catalogue", timezone.localdate() + timedelta(days=30))
