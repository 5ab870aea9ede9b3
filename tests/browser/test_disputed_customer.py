"""Who owns a customer: claimed from the pool, claimed against the owner, decided by a third person."""

from datetime import timedelta

from playwright.sync_api import Page, expect

from customers.models import OwnershipDispute, OwnershipSettings
from tests.browser.conftest import WindowOf
from tests.factories import make_customer, make_user


def follow(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=name, exact=True).click()


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).click()


def more(page: Page, role: str, name: str) -> None:
    """Choose from the menu of further actions."""
    page.locator("main, header").get_by_text("More", exact=True).first.click()
    with page.expect_navigation():
        page.get_by_role(role, name=name, exact=True).click()  # type: ignore[arg-type]


def test_a_customer_is_claimed_disputed_and_decided(window_of: WindowOf) -> None:
    OwnershipSettings.objects.create(protection_days=0)
    customer = make_customer("Ada Lovelace", email="ada@example.com")
    anna, ben, lea = (make_user(role, name=name) for role, name in (
        ("support_agent", "Anna"), ("support_agent", "Ben"), ("support_lead", "Lea"),
    ))  # fmt: skip
    first, second, third = window_of(anna), window_of(ben), window_of(lea)

    first.goto(f"/customers/{customer.number}/")
    more(first, "button", "Claim")
    expect(first.locator("main")).to_contain_text("Claimed from the pool")

    second.goto(f"/customers/{customer.number}/")
    more(second, "link", "Claim against the owner")
    second.get_by_label("Why the customer is yours").fill("I called her in May")
    press(second, "Claim against the owner")
    dispute = OwnershipDispute.objects.get()
    assert dispute.answer_due_at - dispute.created_at > timedelta(days=4)

    first.goto(f"/disputes/{dispute.number}/")
    follow(first, "Answer")
    first.get_by_label("Your answer").fill("She wrote to me in April")
    press(first, "Answer")

    third.goto("/disputes/?waits=decision")
    follow(third, dispute.number)
    expect(third.locator("main")).to_contain_text("She wrote to me in April")
    follow(third, "Decide")
    third.get_by_label("Who claims it").check()
    third.get_by_label("Why").fill("The call is on record")
    press(third, "Decide")
    expect(third.locator("main")).to_contain_text("The call is on record")

    customer.refresh_from_db()
    assert customer.owner == ben
    second.goto("/customers/mine/")
    expect(second.locator("main table")).to_contain_text("Ada Lovelace")
