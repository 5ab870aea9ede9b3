"""The review round between two people, scheduled publishing, and a revision brought back."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from backoffice import publishing
from backoffice.context import acting
from backoffice.models import Review
from catalog import services
from tests.browser.conftest import WindowOf
from tests.browser.test_every_page import Inspector
from tests.factories import make_article, make_product, make_user


@pytest.fixture
def ada(roles: None):
    return make_user("catalog_editor", name="Ada Author")


@pytest.fixture
def rita(roles: None):
    return make_user("catalog_reviewer", name="Rita Reviewer")


def article_by(author):
    with acting(source="test", user=author):
        return make_article("returns", published=False, by=author, title="Returns", body="Send it back within 14 days.")


def look_at(page: Page, name: str) -> None:
    page.emulate_media(reduced_motion="reduce", color_scheme="light")
    inspector = Inspector(page)
    inspector.look(name)
    assert inspector.wrong == []
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


def submit(page: Page, note: str = "") -> None:
    page.get_by_role("link", name="Submit for review").click()
    page.get_by_label("Note for the reviewer").fill(note)
    page.get_by_role("button", name="Submit").click()
    expect(page.get_by_text("is submitted.")).to_be_visible()


def test_the_round_of_a_review_between_two_people(window_of: WindowOf, ada, rita) -> None:
    article = article_by(ada)
    author, reviewer = window_of(ada), window_of(rita)

    author.goto(article.get_absolute_url())
    submit(author, "Please have a look")

    reviewer.goto("/")
    with reviewer.expect_navigation():
        reviewer.get_by_role("link", name="Waiting for my review").click()
    look_at(reviewer, "the queue")
    reviewer.keyboard.press("j")
    reviewer.keyboard.press("Enter")
    expect(reviewer.get_by_role("heading", name="First publication: the whole content")).to_be_visible()
    expect(reviewer.get_by_role("definition").filter(has_text="Please have a look")).to_be_visible()
    reviewer.get_by_label("Comment", exact=True).fill("14 days is not what the law says.")
    reviewer.get_by_role("button", name="Comment").click()
    expect(reviewer.locator("#comments")).to_contain_text("14 days is not what the law says.")
    look_at(reviewer, "a review")
    reviewer.get_by_role("button", name="Reject").click()
    expect(reviewer.get_by_role("alert")).to_contain_text("Say why")
    reviewer.get_by_label("To the authors").fill("It is 30 days.")
    reviewer.get_by_role("button", name="Reject").click()
    expect(reviewer.get_by_text("Nothing else waits for your review.")).to_be_visible()

    author.goto("/reviews/?show=mine")
    author.get_by_role("link", name="Returns").first.click()
    expect(author.get_by_text("It is 30 days.").first).to_be_visible()
    author.goto(f"{article.get_absolute_url()}edit/")
    author.locator("[name=body]").fill("Send it back within 30 days.")
    author.get_by_role("button", name="Save").click()
    submit(author)

    reviewer.goto("/reviews/")
    reviewer.get_by_role("link", name="Returns").first.click()
    expect(reviewer.get_by_text("Send it back within 30 days.")).to_be_visible()
    reviewer.get_by_role("button", name="Approve and publish").click()
    expect(reviewer.get_by_text("“Returns” is approved.")).to_be_visible()

    reviewer.goto("/help/returns/")
    expect(reviewer.get_by_text("Send it back within 30 days.")).to_be_visible()


def test_what_is_approved_for_later_is_public_when_its_time_has_come(window_of: WindowOf, ada, rita) -> None:
    article = article_by(ada)
    later = timezone.now() + timedelta(days=2)
    with acting(source="test", user=ada):
        publishing.submit([article], by=ada, publish_at=later)
    reviewer = window_of(rita)

    reviewer.goto("/reviews/")
    reviewer.get_by_role("link", name="Returns").first.click()
    reviewer.get_by_role("button", name="Approve for").click()
    reviewer.goto("/articles/?status=scheduled")
    expect(reviewer.get_by_role("link", name="Returns")).to_be_visible()
    publishing.publish_due(timezone.now())
    assert Review.objects.get().state == "approved"
    publishing.publish_due(later + timedelta(seconds=1))

    reviewer.goto("/help/returns/")
    expect(reviewer.get_by_role("heading", name="Returns")).to_be_visible()
    reviewer.goto("/reviews/?show=decided")
    expect(reviewer.get_by_role("row", name="Returns")).to_contain_text("Published")


def test_a_revision_comes_back(window_of: WindowOf, ada, rita) -> None:
    with acting(source="test", user=ada):
        shirt = make_product("Linen shirt", description="Washed linen, light as a summer's day and as soft.")
        reviews = publishing.submit([shirt], by=ada)
    publishing.approve(reviews, by=rita)
    with acting(source="test", user=ada):
        services.update_product(
            shirt, by=ada, title="Cotton shirt", description="Washed cotton, light as a summer's day and as soft."
        )
        publishing.capture([shirt], by=ada, note="Cotton")
    page = window_of(ada)

    page.goto(shirt.get_absolute_url())
    with page.expect_navigation():
        page.get_by_role("navigation", name="About this content").get_by_role("link", name="Revisions").click()
    look_at(page, "revisions")
    page.get_by_role("button", name="Compare").click()
    expect(page.locator("ins")).to_contain_text(["Cotton shirt", "cotton"])
    expect(page.locator("del")).to_contain_text(["Linen shirt", "linen"])
    look_at(page, "two revisions")
    with page.expect_navigation():
        page.get_by_role("link", name="Restore Revision 1").click()
    look_at(page, "restoring")
    page.get_by_role("button", name="Restore revision 1").click()

    expect(page.get_by_text("Revision 1 is the working copy again.")).to_be_visible()
    shirt.refresh_from_db()
    assert shirt.title == "Linen shirt"


def test_a_preview_opens_without_an_account(window_of: WindowOf, chromium, live_server, ada) -> None:
    with acting(source="test", user=ada):
        shirt = make_product("Linen shirt", description="Washed linen.")
    author = window_of(ada)
    author.goto(shirt.get_absolute_url())
    link = author.get_by_label("For readers without an account").input_value()
    stranger = chromium.new_context(base_url=live_server.url).new_page()

    stranger.goto(link)
    expect(stranger.get_by_role("heading", name="Linen shirt")).to_be_visible()
    look_at(stranger, "a preview")
    stranger.goto(f"{link[:-3]}/")
    expect(stranger.get_by_role("heading", name="This link is not right")).to_be_visible()
    stranger.context.close()
