"""An article from draft to public in two languages, found by search; and a person erased after a preview, by two people."""

import re

from playwright.sync_api import Page, expect

from customers import services
from customers.models import Customer, Erasure
from tests.browser.conftest import WindowOf
from tests.factories import make_queue, make_ticket, make_user


def follow(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=name, exact=True).first.click()


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.locator("main").get_by_role("button", name=name, exact=True).first.click()


def test_article_to_the_public_and_erasure_with_preview(window_of: WindowOf) -> None:
    make_queue("support")
    author, lead = window_of(make_user("support_lead")), window_of(make_user("support_lead"))
    author.goto("/articles/new/")
    author.get_by_label("Title", exact=True).fill("Returns")
    author.get_by_label("Chinese title").fill("怎样退货")
    author.get_by_label("Category").fill("Orders")
    author.get_by_label("Text", exact=True).fill("Send it back within thirty days.")
    author.get_by_label("Chinese text").fill("三十天内可以退货。")
    with author.expect_navigation():
        author.locator("#record-form .form-actions button").first.click()
    author.goto("/articles/returns/submit/")
    with author.expect_navigation():
        author.locator("main form button.primary").click()

    lead.goto("/articles/returns/approve/")
    with lead.expect_navigation():
        lead.locator("main form button.primary").click()

    lead.goto("/help/?q=returning")
    follow(lead, "Returns")
    expect(lead.locator("article")).to_contain_text("within thirty days")
    press(lead, "Yes")
    expect(lead.locator("main")).to_contain_text("Thank you, that helps us.")
    lead.goto("/help/?q=退货")
    expect(lead.locator(".help-list")).to_contain_text("Returns")

    customer = Customer.objects.get(pk=services.find_or_create_by_email("otto@example.com", "Otto Oblivion").pk)
    ticket = make_ticket(customer=customer, requester_name="Otto Oblivion", requester_email="otto@example.com")
    author.goto(f"/customers/{customer.number}/privacy/")
    expect(author.locator("main")).to_contain_text("Contacts and addresses")
    author.goto(f"/customers/{customer.number}/privacy/erase/")
    author.get_by_label("Reason").fill("By letter")
    with author.expect_navigation():
        author.locator("main form button.danger").click()
    lead.goto("/approvals/?for_me=true")
    lead.locator("main table a").first.click()
    expect(lead.locator("h1")).to_have_text(re.compile("AP-"))
    follow(lead, "Approve")
    press(lead, "Approve")

    assert Erasure.objects.get().customer == customer
    author.goto(f"/tickets/{ticket.number}/")
    expect(author.locator("main")).to_contain_text("[erased]")
    expect(author.locator("main")).not_to_contain_text("Otto Oblivion")
