"""The pages of reviews: queue, decision, comments, revisions, restoring, previews."""

from datetime import timedelta

import pytest
from django.core import signing
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from backoffice import previews, publishing
from backoffice.context import acting
from backoffice.models import LiveVersion, Review, ReviewComment, Revision
from backoffice.publishing.waiting import next_after, waiting_for
from catalog import services as catalog
from catalog.models import Product
from customers.services import save_article
from tests.factories import make_article, make_product, make_user, publish

pytestmark = pytest.mark.django_db


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page_of(client, address, status=200, **query):
    response = client.get(address, query)
    assert response.status_code == status
    return response


@pytest.fixture
def author(db):
    return make_user("catalog_editor", name="Ada Author")


@pytest.fixture
def reviewer(db):
    return make_user("catalog_reviewer", name="Rita Reviewer")


@pytest.fixture
def shirt(author):
    with acting(source="test", user=author):
        return make_product("Linen shirt", description="A light shirt of washed linen for long summers.")


def article_by(author, slug):
    with acting(source="test", user=author):
        return make_article(slug, published=False, by=author)


def submitted(obj, by, **fields) -> Review:
    with acting(source="test", user=by):
        [review] = publishing.submit([obj], by=by, **fields)
    return review


def titles(response):
    return [row.object.subject_title for row in response.context["rows"]]


# --- The queue ------------------------------------------------------------------------------------


def test_what_waits_for_me_is_what_i_may_decide_oldest_first(author, reviewer, shirt):
    submitted(shirt, author)
    submitted(article_by(author, "by-reviewer"), reviewer)
    submitted(article_by(author, "later"), author)

    assert titles(page_of(signed_in(reviewer), "/reviews/")) == ["Linen shirt", "Later"]
    assert titles(page_of(signed_in(reviewer), "/reviews/", show="mine")) == ["By-Reviewer"]
    assert titles(page_of(signed_in(reviewer), "/reviews/", show="open")) == ["Linen shirt", "By-Reviewer", "Later"]
    assert titles(page_of(signed_in(author), "/reviews/")) == []


def test_the_queue_is_filtered_by_kind_person_and_text(author, reviewer, shirt):
    submitted(shirt, author)
    otto = make_user("catalog_editor", name="Otto Other")
    submitted(article_by(otto, "returns"), otto)
    client = signed_in(reviewer)

    assert titles(page_of(client, "/reviews/", kind="customers.article")) == ["Returns"]
    assert titles(page_of(client, "/reviews/", person="otto")) == ["Returns"]
    assert titles(page_of(client, "/reviews/", person="Ada")) == ["Linen shirt"]
    assert titles(page_of(client, "/reviews/", q="linen")) == ["Linen shirt"]


def test_scheduled_and_decided_have_their_tabs(author, reviewer, shirt):
    tomorrow = timezone.now() + timedelta(days=1)
    publishing.approve([submitted(shirt, author, publish_at=tomorrow)], by=reviewer)
    article = article_by(author, "returns")
    publishing.reject([submitted(article, author)], by=reviewer, reason="Too short")
    client = signed_in(reviewer)

    assert titles(page_of(client, "/reviews/", show="scheduled")) == ["Linen shirt"]
    assert titles(page_of(client, "/reviews/", show="decided")) == ["Returns"]


def test_who_sees_no_articles_sees_no_reviews_of_them(author, shirt):
    submitted(shirt, author)
    article = submitted(article_by(author, "returns"), author)
    clerk = make_user("warehouse_operator")

    assert titles(page_of(signed_in(clerk), "/reviews/", show="open")) == ["Linen shirt"]
    page_of(signed_in(clerk), article.get_absolute_url(), status=404)
    page_of(signed_in(clerk), f"/revisions/customers.article/{article.subject_id}/", status=404)


@pytest.mark.parametrize("number", [1, 3])
def test_the_queue_costs_the_same_for_any_number(author, reviewer, number, django_assert_num_queries):
    for index in range(number):
        submitted(make_product(f"Tea {index}"), author)
    client = signed_in(reviewer)
    client.get("/reviews/")

    with django_assert_num_queries(6):
        response = client.get("/reviews/")
    assert len(response.context["rows"]) == number


def test_the_home_page_counts_what_waits(author, reviewer, shirt):
    submitted(shirt, author)

    page = page_of(signed_in(reviewer), "/").content.decode()

    assert "Waiting for my review" in page
    assert "Waiting for my review" not in page_of(signed_in(author), "/").content.decode()


# --- One review -----------------------------------------------------------------------------------


def test_a_first_publication_shows_the_whole_content_and_a_change_what_changes(author, reviewer, shirt):
    first = submitted(shirt, author)
    whole = page_of(signed_in(reviewer), first.get_absolute_url()).content.decode()
    publishing.approve([first], by=reviewer)
    with acting(source="test", user=author):
        catalog.update_product(shirt, by=author, description="A light shirt of fresh linen for long summers.")
    second = submitted(shirt, author)
    changed = page_of(signed_in(reviewer), second.get_absolute_url()).content.decode()

    assert "First publication: the whole content" in whole
    assert "A light shirt of washed linen" in whole
    assert "What changes against what is public (revision 1)" in changed
    assert '<del><span class="visually-hidden">removed: </span>washed</del>' in changed
    assert '<ins><span class="visually-hidden">added: </span>fresh</ins>' in changed
    assert "Handle" not in changed.partition("What changes")[2].partition("Comments")[0]


def test_approving_publishes_and_leads_to_the_next_that_waits(author, reviewer, shirt):
    review = submitted(shirt, author)
    following = submitted(article_by(author, "returns"), author)
    client = signed_in(reviewer)

    response = client.post(f"{review.get_absolute_url()}decide/", {"decision": "approve"}, follow=True)

    assert LiveVersion.objects.live().about(shirt).exists()
    assert response.redirect_chain == [(following.get_absolute_url(), 302)]
    assert "“Linen shirt” is approved." in response.content.decode()
    assert "1 more waits for your review." in response.content.decode()
    last = client.post(f"{following.get_absolute_url()}decide/", {"decision": "approve"}, follow=True)
    assert last.redirect_chain == [("/reviews/", 302)]
    assert "Nothing else waits for your review." in last.content.decode()


def test_approving_keeps_the_time_that_was_asked_unless_now_is_chosen(author, reviewer, shirt):
    tomorrow = timezone.now() + timedelta(days=1)
    client = signed_in(reviewer)
    article = article_by(author, "returns")
    for obj, decision in ((shirt, "approve"), (article, "now")):
        address = submitted(obj, author, publish_at=tomorrow).get_absolute_url()
        assert "Approve for" in page_of(client, address).content.decode()
        client.post(f"{address}decide/", {"decision": decision})

    shirt.refresh_from_db()
    article.refresh_from_db()
    assert (shirt.status, article.status) == ("scheduled", "published")


def test_rejecting_needs_a_reason_and_keeps_the_page(author, reviewer, shirt):
    review = submitted(shirt, author)
    client = signed_in(reviewer)

    refused = client.post(f"{review.get_absolute_url()}decide/", {"decision": "reject", "reason": " "})
    client.post(f"{review.get_absolute_url()}decide/", {"decision": "reject", "reason": "Too short"})

    assert refused.status_code == 422
    assert "Say why, so that the authors know what to change." in refused.content.decode()
    review.refresh_from_db()
    assert (review.state, review.reason) == ("rejected", "Too short")
    assert "Too short" in page_of(signed_in(author), review.get_absolute_url()).content.decode()


def test_nobody_decides_on_what_they_wrote_or_without_the_right(author, shirt):
    owner = make_user("owner")
    with acting(source="test", user=owner):
        catalog.update_product(shirt, by=owner, title="Cotton shirt")
    review = submitted(shirt, author)
    decide = f"{review.get_absolute_url()}decide/"

    shown = page_of(signed_in(owner), review.get_absolute_url()).content.decode()
    refused = signed_in(owner).post(decide, {"decision": "approve", "reason": "Fine"})

    assert "You wrote or submitted this yourself; a colleague decides." in shown
    assert "Approve and publish" not in shown
    assert refused.status_code == 422
    assert "nobody decides on content that they wrote" in refused.content.decode()
    assert signed_in(author).post(decide, {"decision": "approve"}).status_code == 403
    assert signed_in(make_user("catalog_reviewer")).post(decide, {"decision": "maybe"}).status_code == 403
    review.refresh_from_db()
    assert review.state == "open"


def test_a_review_that_a_change_voided_says_who_changed_it(author, reviewer, shirt):
    review = submitted(shirt, author)
    with acting(source="page", user=make_user("owner", name="Ed Editor")):
        catalog.update_product(shirt, by=author, title="Cotton shirt")
    client = signed_in(reviewer)

    shown = page_of(client, review.get_absolute_url()).content.decode()
    refused = client.post(f"{review.get_absolute_url()}decide/", {"decision": "approve"})

    assert "Void: Ed Editor changed the content" in shown
    assert refused.status_code == 422
    assert "It must be submitted again." in refused.content.decode()


def test_comments_are_said_by_those_who_write_or_publish(author, reviewer, shirt):
    review = submitted(shirt, author)
    address = f"{review.get_absolute_url()}comment/"

    signed_in(reviewer).post(address, {"text": "Is it washed twice?\nSee SO-1"})
    refused = signed_in(make_user("warehouse_operator")).post(address, {"text": "Hm"})
    empty = signed_in(author).post(address, {"text": " "}, follow=True)

    assert [(one.author, one.text) for one in ReviewComment.objects.all()] == [
        (reviewer, "Is it washed twice?\nSee SO-1")
    ]
    assert refused.status_code == 403
    assert "The comment is empty." in empty.content.decode()
    assert "Is it washed twice?<br>" in page_of(signed_in(author), review.get_absolute_url()).content.decode()


def test_withdrawing_is_for_authors(author, reviewer, shirt):
    review = submitted(shirt, author)
    address = f"{review.get_absolute_url()}withdraw/"

    assert signed_in(reviewer).post(address).status_code == 403
    assert signed_in(author).post(address).status_code == 302
    review.refresh_from_db()
    assert review.state == "withdrawn"
    assert signed_in(author).post(address).status_code == 403


def test_what_waits_for_its_time_is_stopped_by_who_approved_it_too(author, reviewer, shirt):
    review = submitted(shirt, author, publish_at=timezone.now() + timedelta(days=1))
    publishing.approve([review], by=reviewer)

    assert b"Withdraw" in page_of(signed_in(reviewer), review.get_absolute_url()).content
    signed_in(reviewer).post(f"{review.get_absolute_url()}withdraw/")

    shirt.refresh_from_db()
    assert shirt.status == "draft"


@pytest.mark.parametrize("kind", ["product", "article"])
def test_the_page_of_the_content_leads_a_reviewer_to_every_decision(author, reviewer, shirt, kind):
    content = shirt if kind == "product" else article_by(author, "returns")
    submitted(content, author)

    def verbs(user):
        page = page_of(signed_in(user), content.get_absolute_url())
        actions = [page.context["primary"], page.context["beside"], *page.context["actions"]]
        return {str(action.label): action.url for action in actions if action}

    found = verbs(reviewer)
    assert {"Review", "Approve", "Reject"} <= set(found)
    assert not {"Review", "Approve", "Reject"} & set(verbs(author))
    asked = page_of(signed_in(reviewer), found["Reject"])
    assert b"Reason" in asked.content
    signed_in(reviewer).post(found["Reject"], {"reason": "Too short"})
    assert Review.objects.get().state == "rejected"


def test_many_are_rejected_or_withdrawn_from_the_list(author, reviewer, shirt):
    mug = make_product("Mug")
    submitted(shirt, author), submitted(mug, author)
    chosen = {"selected": [shirt.pk, mug.pk], "confirmed": "1"}
    address = reverse("catalog:products")

    signed_in(reviewer).post(address, chosen | {"action": "reject", "reason": "Wait for the season"})
    assert set(Review.objects.values_list("state", "reason")) == {("rejected", "Wait for the season")}

    submitted(shirt, author), submitted(mug, author)
    signed_in(author).post(address, chosen | {"action": "withdraw"})
    assert set(Product.objects.values_list("status", flat=True)) == {"draft"}
    answer = signed_in(author).post(address, chosen | {"action": "withdraw"})
    assert b"None of these is in review." in answer.content


def test_next_after_goes_round(author, reviewer):
    first, second, third = (submitted(make_product(f"Tea {n}"), author) for n in range(3))

    assert next_after(second, reviewer) == third
    assert next_after(third, reviewer) == first
    assert list(waiting_for(reviewer).order_by("pk")) == [first, second, third]


# --- Revisions ------------------------------------------------------------------------------------


@pytest.fixture
def twice(author, reviewer, shirt):
    """The shirt, published as linen and then as cotton."""
    publishing.approve([submitted(shirt, author, note="Spring")], by=reviewer)
    with acting(source="test", user=author):
        catalog.update_product(shirt, by=author, title="Cotton shirt")
    publishing.approve([submitted(shirt, author)], by=reviewer)
    return Product.objects.get(pk=shirt.pk)


def revisions_of(product) -> str:
    return f"/revisions/catalog.product/{product.pk}/"


def test_revisions_are_listed_with_their_mark_and_any_two_compared(author, twice):
    client = signed_in(author)

    listed = page_of(client, revisions_of(twice))
    compared = page_of(client, revisions_of(twice), old="1", new="2")

    assert [(row.number, row.note, row.is_live) for row in listed.context["revisions"]] == [
        (2, "", True),
        (1, "Spring", False),
    ]
    [section] = compared.context["sections"]
    assert [(one.label, one.old, one.new) for one in section.changes] == [("Title", "Linen shirt", "Cotton shirt")]


@pytest.mark.parametrize("query", [{"old": "x", "new": "2"}, {"old": "99", "new": "1"}, {"before": "x"}, {"old": "²"}])
def test_odd_numbers_of_revisions_compare_nothing(author, twice, query):
    assert page_of(signed_in(author), revisions_of(twice), **query).context["sections"] == []


def test_restoring_shows_what_changes_and_makes_a_new_revision(author, twice):
    client = signed_in(author)
    address = f"{revisions_of(twice)}1/restore/"

    asked = page_of(client, address)
    response = client.post(address, follow=True)

    [section] = asked.context["sections"]
    assert [(one.label, one.old, one.new) for one in section.changes] == [("Title", "Cotton shirt", "Linen shirt")]
    twice.refresh_from_db()
    assert twice.title == "Linen shirt"
    assert "Revision 1 is the working copy again." in response.content.decode()
    assert Revision.objects.about(twice).first().note == "Revision 1 restored"
    assert LiveVersion.objects.live().about(twice).get().content["title"] == "Cotton shirt"


def test_restoring_needs_the_right_to_change(reviewer, twice):
    address = f"{revisions_of(twice)}1/restore/"

    assert signed_in(reviewer).get(address).status_code == 404
    assert signed_in(reviewer).post(address).status_code == 404
    assert Client().post(address).status_code == 302
    assert signed_in(make_user("owner")).get(f"{revisions_of(twice)}9/restore/").status_code == 404
    assert signed_in(make_user("owner")).get("/revisions/x.y/1/").status_code == 404


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_of_revisions_costs_the_same_for_any_number(author, shirt, number, django_assert_num_queries):
    for index in range(number):
        catalog.update_product(shirt, by=author, title=f"Shirt {index}")
        publishing.capture([shirt], by=author)
    client = signed_in(author)
    client.get(revisions_of(shirt))

    with django_assert_num_queries(8):
        client.get(revisions_of(shirt))


# --- Previews -------------------------------------------------------------------------------------


def test_a_preview_is_seen_without_signing_in_and_kept_by_nobody(shirt):
    response = page_of(Client(), previews.Link("catalog.product", shirt.pk).url)
    page = response.content.decode()

    assert "Linen shirt" in page
    assert "€10.00" in page
    assert response["Cache-Control"] == "private, no-store"
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert '<meta name="robots" content="noindex, nofollow">' in page


def test_a_preview_of_a_revision_stays_as_it_was(author, shirt):
    article = make_article("returns", published=False, title="Returns", title_zh="退货", body="Send it back.")
    review = submitted(article, author)
    link = previews.Link("customers.article", article.pk, review.revision_id)
    save_article(article, by=author, body="Keep it.")

    page = page_of(Client(), link.url).content.decode()
    chinese = Client(headers={"accept-language": "zh-hans"}).get(link.url).content.decode()

    assert "Send it back." in page
    assert "退货" in chinese
    assert "Keep it." in page_of(Client(), previews.Link("customers.article", article.pk).url).content.decode()


def test_wrong_and_expired_links_show_nothing(shirt, settings):
    link = previews.Link("catalog.product", shirt.pk).url
    other = reverse("preview:page", args=[signing.dumps(["catalog.product", shirt.pk, 0], salt="other")])
    settings.PREVIEW_DAYS = -1

    expired = Client().get(link)
    settings.PREVIEW_DAYS = 7
    wrong = [Client().get(address) for address in (link[:-2] + "/", other, "/preview/x/")]
    gone = Client().get(previews.Link("catalog.product", 999_999).url)

    assert expired.status_code == 410
    assert "This link has expired" in expired.content.decode()
    assert [response.status_code for response in wrong] == [403, 403, 403]
    assert gone.status_code == 404
    for response in (expired, *wrong):
        assert "Linen" not in response.content.decode()
        assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_pictures_are_had_through_the_link_alone(author, shirt, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    name = default_storage.save("products/a.png", ContentFile(b"\x89PNG\r\n\x1a\n"))
    other = default_storage.save("products/secret.txt", ContentFile(b"x"))
    shirt.media.create(file=name, alt="Front")
    shirt.media.create(file=other, position=1)
    link = previews.Link("catalog.product", shirt.pk).url

    page = page_of(Client(), link).content.decode()
    picture = page_of(Client(), f"{link}pictures/0/")

    assert f'<img src="{link}pictures/0/" alt="Front">' in page
    assert (picture["Content-Type"], b"".join(picture.streaming_content)) == ("image/png", b"\x89PNG\r\n\x1a\n")
    assert [Client().get(f"{link}pictures/{place}/").status_code for place in (1, 2)] == [404, 404]
    assert Client().get(f"{link[:-2]}/pictures/0/").status_code == 404


def test_only_those_who_take_part_are_given_a_link(author, shirt):
    assert "Preview link" in page_of(signed_in(author), shirt.get_absolute_url()).content.decode()
    assert (
        "Preview link"
        not in page_of(signed_in(make_user("warehouse_operator")), shirt.get_absolute_url()).content.decode()
    )


# --- Lists ----------------------------------------------------------------------------------------


def test_lists_show_what_has_unpublished_changes(author, shirt):
    publish(shirt)
    publish(make_product("Cup"))
    catalog.update_product(shirt, by=author, title="Cotton shirt")
    client = signed_in(author)

    changed = page_of(client, "/catalog/products/", changes="true").context["rows"]
    same = page_of(client, "/catalog/products/", changes="false").context["rows"]
    articles = page_of(client, "/articles/", changes="true").context["rows"]

    assert ([row.object.title for row in changed], [row.object.title for row in same]) == (["Cotton shirt"], ["Cup"])
    assert articles == []
