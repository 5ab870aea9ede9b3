"""A refund above the limit takes two people."""

from decimal import Decimal

from playwright.sync_api import Page, expect

from backoffice.models import ApprovalThreshold
from orders import services
from orders.models import RefundGrant
from tests.browser.conftest import WindowOf
from tests.orders.builders import buyer, make_order, staff


def follow(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=name, exact=True).click()


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).click()


def test_a_refund_takes_two_people(window_of: WindowOf) -> None:
    ApprovalThreshold.objects.create(kind="orders.refund", limit=8)
    order = make_order([("TEA", 2)], placed=True, customer=buyer())
    services.record_payment(order, amount=Decimal(20), method="card", by=None)
    clerk, lead = window_of(staff("order_clerk")), window_of(staff("order_lead"))

    clerk.goto(f"/orders/{order.number}/refund/")
    clerk.get_by_label("Amount").fill("12.50")
    clerk.get_by_label("Reason").fill("Arrived broken")
    press(clerk, "Refund")
    grant = RefundGrant.objects.get()
    expect(clerk.locator("main")).to_contain_text(f"{grant} waits for that.")
    clerk.goto(f"/approvals/{grant.approval.number}/")
    expect(clerk.get_by_role("link", name="Withdraw")).to_be_visible()
    expect(clerk.get_by_role("link", name="Approve", exact=True)).to_have_count(0)

    lead.goto("/orders/refunds/?status=asked")
    follow(lead, grant.number)
    follow(lead, "Go to the approval")
    follow(lead, "Approve")
    press(lead, "Approve")

    clerk.goto(f"/orders/refunds/{grant.number}/")
    follow(clerk, "Mark as sent")
    clerk.get_by_label("Reference").fill("T-77")
    press(clerk, "Mark as sent")
    clerk.goto(f"/orders/{order.number}/")
    expect(clerk.locator(".entries")).to_contain_text("T-77")
    order.refresh_from_db()
    assert (order.payment_status, order.refunded) == ("partially_refunded", Decimal("12.5"))
