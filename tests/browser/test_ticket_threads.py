"""Two agents at one ticket: they see each other, neither answers unseen; a macro, an answer taken back, a merge and its undo."""

import pytest
from django.test import override_settings
from playwright.sync_api import Page, expect

from customers import services
from customers.models import Draft, Macro, Message, Ticket
from tests.browser.conftest import WindowOf
from tests.browser.test_every_page import Inspector
from tests.factories import make_customer, make_ticket, make_user


@pytest.fixture
def ticket(roles: None) -> Ticket:
    jane = make_customer("Jane Doe", email="jane@example.com")
    make_ticket("Still waiting", body="Anybody there?", customer=jane)
    return make_ticket(customer=jane)


def press(page: Page, name: str) -> None:
    with page.expect_navigation():
        page.get_by_role("button", name=name, exact=True).click()


def test_two_agents_collide_and_nothing_is_lost(window_of: WindowOf, ticket: Ticket) -> None:
    Macro.objects.create(name="Late parcel", body="Dear {{ customer }}, it is late.", status="pending", tags=["late"])
    anna, ben = (window_of(make_user("support_agent", name=name)) for name in ("Anna", "Ben"))

    with override_settings(UNDO_SEND_SECONDS=600):
        anna.goto(ticket.get_absolute_url())
        ben.clock.install()
        ben.goto(ticket.get_absolute_url())
        expect(ben.locator("#presence")).to_contain_text("Anna has had this open since")
        ben.keyboard.press("n")
        expect(ben.get_by_label("Text", exact=True)).to_be_focused()
        expect(ben.get_by_label("Internal note")).to_be_checked()
        ben.get_by_label("Text", exact=True).fill("I know where it is.")
        ben.clock.run_for(2_500)
        expect(ben.locator("#presence")).to_be_visible()

        anna.get_by_text("Macro", exact=True).click()
        anna.get_by_role("button", name="Late parcel").click()
        expect(anna.get_by_label("Text", exact=True)).to_have_value("Dear Jane Doe, it is late.")
        expect(anna.locator(".macro-actions")).to_contain_text("Tags: late")
        press(anna, "Send")
        expect(anna.get_by_role("heading", level=1)).to_contain_text("Waiting for the customer")
        ben.clock.run_for(11_000)
        expect(ben.locator("#presence")).to_contain_text("There is a new message.")

        press(ben, "Keep note")
        expect(ben.get_by_role("alert")).to_contain_text("The conversation went on while you wrote")
        expect(ben.locator(".thread .is-new")).to_contain_text("it is late.")
        expect(ben.get_by_label("Text", exact=True)).to_have_value("I know where it is.")
        ben.emulate_media(reduced_motion="reduce")
        inspector = Inspector(ben)
        inspector.look("a thread that went on")
        assert inspector.wrong == []
        press(ben, "Keep note")
        expect(ben.locator(".thread li").last).to_contain_text("I know where it is.")

        press(anna, "Undo: do not send")
        expect(anna.get_by_label("Text", exact=True)).to_have_value("Dear Jane Doe, it is late.")
    assert list(Message.objects.filter(ticket=ticket).order_by("pk").values_list("kind", flat=True)) == [
        "customer",
        "note",
    ]
    assert Draft.objects.get().body == "Dear Jane Doe, it is late."

    merge_and_undo(anna, ticket)
    for page in (anna, ben):  # leaving tells the server, which is to hear it before it ends
        page.goto("/tickets/queues/", wait_until="networkidle")


def merge_and_undo(page: Page, ticket: Ticket) -> None:
    other = Ticket.objects.exclude(pk=ticket.pk).get()
    page.goto(f"/tickets/{ticket.number}/merge/")
    with page.expect_navigation():
        page.get_by_role("link", name=other.number).click()
    press(page, "Merge into another ticket")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Still waiting")
    expect(page.locator(".thread")).to_contain_text(f"written in {ticket.number}")
    page.goto(ticket.get_absolute_url())
    page.locator("main summary", has_text="More").first.click()
    with page.expect_navigation():
        page.get_by_role("link", name="Undo the merge").click()
    press(page, "Undo the merge")
    expect(page.locator(".thread")).to_contain_text("It has not come.")
    ticket.refresh_from_db()
    assert (ticket.merged_into, ticket.messages.count(), services.FINAL.count(ticket.status)) == (None, 2, 0)
