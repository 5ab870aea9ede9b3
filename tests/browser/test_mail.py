"""A mail from quarantine to its answer: released by a click, read with its quote folded away, formatted, answered, and judged."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone
from playwright.sync_api import Page, expect

from customers.models import Message, Survey, Ticket
from customers.services import set_status, surveys
from tests.customers.mails import take, write
from tests.factories import make_mailbox, make_queue, make_user

HTML = "<h3>Which parcel</h3><p>The <b>blue</b> one.</p><script>document.title = 'taken over'</script>"
TEXT = 'The blue one.\n\n------------------ 原始邮件 ------------------\n发件人: "Houtai" <support@houtai.example>;\n发送时间: 2026年1月5日\n\nWhich parcel?'


def test_a_quarantined_mail_is_released_read_and_answered(page: Page, signed_in, roles):
    make_queue("support")
    make_mailbox()
    mail = take(write(TEXT, sender="Shop <support+forms@houtai.example>", html=HTML))
    signed_in(make_user("support_agent", name="Anna Agent"))

    page.goto("/tickets/mail/?verdict=quarantined")
    with page.expect_navigation():
        page.get_by_role("link", name="Where is my parcel?").click()
    expect(page.get_by_text("It comes from an address of ours")).to_be_visible()
    with page.expect_navigation():
        page.get_by_role("button", name="Make a ticket of it").click()
    ticket = Ticket.objects.get()
    with page.expect_navigation():
        page.get_by_role("link", name=ticket.number).first.click()

    quoted, formatted = page.locator("details.quoted"), page.locator("details.formatted")
    expect(quoted.get_by_text("Which parcel?")).to_be_hidden()
    quoted.locator("summary").click()
    expect(quoted.get_by_text("Which parcel?")).to_be_visible()
    formatted.locator("summary").click()
    expect(formatted.get_by_role("heading", name="Which parcel")).to_be_visible()
    assert "taken over" not in page.title()

    page.get_by_label("Text", exact=True).fill("It comes tomorrow.")
    with page.expect_navigation():
        page.get_by_role("button", name="Send", exact=True).click()
    assert list(Message.objects.order_by("pk").values_list("kind", flat=True)) == ["customer", "reply"]
    assert mail.raw.size > 0

    ticket.refresh_from_db()
    set_status(ticket, status=Ticket.Status.SOLVED, by=ticket.assignee)
    judge(page, ticket)


def judge(page: Page, ticket: Ticket) -> None:
    """The link of a score shows the question and keeps nothing, for mail programs follow links; sending does."""
    assert surveys.ask_due(timezone.now() + timedelta(hours=settings.SURVEY_AFTER_HOURS + 1)) == 1
    survey = Survey.objects.get(ticket=ticket)
    page.goto(f"/support/satisfaction/{surveys.signed(survey)}/?score=4")
    expect(page.get_by_label("Good", exact=True)).to_be_checked()
    survey.refresh_from_db()
    assert (survey.score, survey.answered_at) == (None, None)

    page.get_by_label("Very good").check()
    page.get_by_label("What would you like to tell us?").fill("Quick and kind.")
    with page.expect_navigation():
        page.get_by_role("button", name="Send", exact=True).click()
    expect(page.get_by_text("Thank you. We have kept your answer.")).to_be_visible()
    survey.refresh_from_db()
    assert (survey.score, survey.comment) == (5, "Quick and kind.")
