"""Submitting, deciding, and what an edit does to an approval."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from backoffice import publishing
from backoffice.context import acting
from backoffice.errors import IllegalTransition, NotAllowed, Stale
from backoffice.models import AuditEvent, LiveVersion, Review, Revision
from backoffice.publishing import NotPublishable, rows
from catalog.models import Brand, Category, Media, Product, Variant
from catalog.services import update_product
from customers.models import Article
from customers.services import save_article
from tests.factories import make_article, make_brand, make_category, make_product, make_user, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor():
    return make_user("catalog_editor")


@pytest.fixture
def reviewer():
    return make_user("catalog_reviewer")


def written(by, **fields):
    """A product whose history says who wrote it."""
    with acting(source="page", user=by):
        return make_product(**fields)


def state(obj):
    """Status, whether it is live, and the state of its last review."""
    obj.refresh_from_db()
    review = Review.objects.about(obj).first()
    return obj.status, LiveVersion.objects.live().about(obj).exists(), review and review.state


def test_what_is_approved_is_public_as_it_was_submitted(editor, reviewer):
    product = written(editor, title="Tea", variants=[{"sku": "TEA", "price": Decimal(5), "weight_grams": 100}])
    [review] = publishing.submit([product], by=editor, note="New")
    assert state(product) == ("in_review", False, "open")

    [review] = publishing.approve([review], by=reviewer, reason="Fine")

    assert state(product) == ("published", True, "published")
    assert (review.decided_by, review.reason, review.revision.authors) == (reviewer, "Fine", [editor.pk])
    live = LiveVersion.objects.get()
    assert live.content == {
        "handle": "tea",
        "title": "Tea",
        "title_zh": "",
        "description": "",
        "description_zh": "",
        "category": None,
        "brand": None,
        "product_type": "",
        "tags": [],
        "options": [],
        "attributes": {},
        "seo_title": "",
        "seo_description": "",
        "variants": [
            {
                "sku": "TEA",
                "barcode": "",
                "options": ["", "", ""],
                "weight_grams": 100,
                "requires_shipping": True,
                "parts": [],
            }
        ],
        "media": [],
        "related": [],
    }
    assert list(AuditEvent.objects.about(product).order_by("pk").values_list("verb", "actor")[1:]) == [
        ("product.submitted", editor.pk),
        ("product.approved", reviewer.pk),
        ("product.published", reviewer.pk),
    ]


def test_nobody_decides_on_their_own_request_or_text(editor, reviewer):
    product = written(reviewer, title="Tea")
    [review] = publishing.submit([product], by=editor)
    for person in (editor, reviewer):
        for decide in (publishing.approve, publishing.reject):
            with pytest.raises(
                NotAllowed, match="“Tea”: nobody decides on content that they wrote or submitted themselves"
            ):
                decide([review], by=person, reason="x")
        assert not publishing.may_decide(person, review)
    assert publishing.may_decide(make_user("owner"), review)
    assert state(product) == ("in_review", False, "open")


def test_who_wrote_before_it_went_live_is_no_author_of_what_came_after(editor, reviewer):
    product = written(reviewer, title="Tea")
    publishing.approve(publishing.submit([product], by=editor), by=make_user("owner"))
    with acting(source="page", user=editor):
        update_product(product, by=editor, title="Green tea")
    [review] = publishing.submit([product], by=editor)
    assert review.revision.authors == [editor.pk]
    publishing.approve([review], by=reviewer)
    assert LiveVersion.objects.get().content["title"] == "Green tea"


def test_prices_and_stock_make_nobody_an_author(editor, reviewer):
    product = written(editor, title="Tea")
    with acting(source="page", user=reviewer):
        product.variants.update(price=7, cost=3, backorder_limit=4)
    [review] = publishing.submit([product], by=None)
    assert review.revision.authors == [editor.pk]


@pytest.mark.parametrize("statement", [
    "UPDATE backoffice_review SET state = 'approved', decided_by_id = requested_by_id",
    "UPDATE backoffice_review SET state = 'approved', decided_by_id = (SELECT authors[1] FROM backoffice_revision)",
    "UPDATE backoffice_review SET state = 'approved'",
    "UPDATE backoffice_review SET state = 'published'",
    "UPDATE backoffice_review SET digest = ''",
    "UPDATE backoffice_revision SET content = '{}'",
    "DELETE FROM backoffice_revision",
    "UPDATE catalog_product SET status = 'published'",
    "UPDATE catalog_product SET status = 'scheduled'",
    ("INSERT INTO backoffice_liveversion (subject_type, subject_id, revision_id, review_id, content, is_live, has_changes, published_at, position,"
    " changed_at) SELECT subject_type, subject_id, revision_id, id, '{}', true, false, now(), 1, now() FROM backoffice_review"),
])  # fmt: skip
def test_the_database_refuses_what_is_not_approved(editor, reviewer, statement):
    product = written(reviewer, title="Tea")
    publishing.submit([product], by=editor)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_a_live_version_is_never_deleted_nor_its_content_changed():
    product = make_product("Tea", published=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        LiveVersion.objects.all().delete()
    LiveVersion.objects.update(content={"title": "Evil"})
    assert LiveVersion.objects.get().content["title"] == "Tea"
    with pytest.raises(IntegrityError), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(status="draft")


EDITS = {
    "a title in SQL": "UPDATE catalog_product SET title = 'New'",
    "a SKU in SQL": "UPDATE catalog_variant SET sku = sku || '-NEW'",
    "a variant more": "INSERT INTO catalog_variant (product_id, sku, barcode, title, option1, option2, option3, position, price, tax_class,"
    " requires_shipping, track_stock, backorder_limit, is_active, created_at, updated_at)"
    " SELECT id, 'MORE', '', '', 'x', '', '', 1, 1, '', true, true, 0, true, now(), now() FROM catalog_product",
    "a variant fewer": "DELETE FROM catalog_variant WHERE position = 1",
    "a picture more": "INSERT INTO catalog_media (product_id, file, url, alt, position) SELECT id, '', 'https://x.example/2', '', 2 FROM catalog_product",
    "another text": "UPDATE catalog_media SET alt = 'New'",
    "a picture fewer": "DELETE FROM catalog_media",
    "a category renamed": "UPDATE catalog_category SET name = 'Drinks'",
    "a brand renamed": "UPDATE catalog_brand SET name = 'New'",
}  # fmt: skip


@pytest.fixture
def rich(editor):
    variants = [{"sku": "TEA", "price": Decimal(5)}, {"sku": "BAG", "price": Decimal(5), "option1": "Bag"}]
    product = written(editor, title="Tea", variants=variants, category=make_category("Tea"), brand=make_brand())
    Media.objects.create(product=product, url="https://x.example/1")
    return product


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("is_scheduled", [False, True])
def test_an_edit_by_any_road_voids_the_review(rich, editor, reviewer, edit, is_scheduled):
    reviews = publishing.submit([rich], by=editor, publish_at=timezone.now() + timedelta(days=1))
    if is_scheduled:
        publishing.approve(reviews, by=reviewer)
        assert state(rich) == ("scheduled", False, "approved")
    with connection.cursor() as cursor:
        cursor.execute(EDITS[edit])
    assert state(rich) == ("draft", False, "void")
    with pytest.raises(Stale, match="was changed after it was submitted"):
        publishing.approve(reviews, by=reviewer)


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_of_what_is_public_leaves_it_up_and_is_marked(rich, edit):
    publish(rich)
    before = LiveVersion.objects.get()
    assert not publishing.has_changes(rich)
    with connection.cursor() as cursor:
        cursor.execute(EDITS[edit])
    live = LiveVersion.objects.get()
    assert (state(rich)[0], live.has_changes) == ("published", True)
    assert (live.content, live.position) == (before.content, before.position)


def test_the_history_of_a_product_ends_with_what_the_edit_voided(editor):
    product = written(editor)
    publishing.submit([product], by=editor)

    Product.objects.filter(pk=product.pk).update(title="Other")

    assert list(product.history.order_by("pgh_id").values_list("status", "title"))[-2:] == [
        ("in_review", "Other"),
        ("draft", "Other"),
    ]


def test_what_is_no_content_voids_and_marks_nothing(rich, editor):
    publish(rich)
    other = written(editor, title="Cup")
    publishing.submit([other], by=editor)
    Variant.objects.update(price=9, cost=1, backorder_limit=3, tax_class="reduced")
    Category.objects.update(position=3)
    Brand.objects.update(updated_at=timezone.now())
    Product.objects.update(updated_at=timezone.now())
    assert not publishing.has_changes(rich)
    assert state(other) == ("in_review", False, "open")


def test_two_that_go_live_under_one_address_at_the_same_moment_are_told_apart_in_words(editor, reviewer):
    """What asks beforehand is passed over here, as it is by whoever asks before the other has committed."""
    publish(written(editor, title="Mug"))
    Product.objects.filter(handle="mug").update(handle="mug-2")
    other = written(editor, title="Mug")
    assert other.handle == "mug"
    reviews = list(rows.submit("catalog.product", [other.pk], by=editor).values())

    with pytest.raises(NotPublishable, match="published under this address just now"), transaction.atomic():
        rows.approve("catalog.product", reviews, by=reviewer)

    assert state(other) == ("in_review", False, "open")


def test_a_change_that_is_taken_back_is_none(rich):
    publish(rich)
    for title, marked in (("New", True), ("Tea", False)):
        Product.objects.update(title=title)
        assert publishing.has_changes(rich) == marked
    with pytest.raises(publishing.NothingToReview, match="“Tea” has no changes"):
        publishing.submit([rich], by=None)


def test_a_deleted_product_leaves_a_tombstone(editor):
    product = publish(written(editor, title="Tea"))
    waits = written(editor, title="Cup")
    [review] = publishing.submit([waits], by=editor)
    Variant.objects.all().delete()
    Product.objects.all().delete()
    review.refresh_from_db()
    assert (review.state, LiveVersion.objects.about(product).get().is_live) == ("void", False)


def test_reject_needs_a_reason_and_goes_back_to_what_was(editor, reviewer):
    public, new = publish(written(editor, title="Tea")), written(editor, title="Cup")
    update_product(public, by=editor, title="Green tea")
    reviews = publishing.submit([public, new], by=editor)
    with pytest.raises(ValidationError, match="Say why"):
        publishing.reject(reviews, by=reviewer, reason=" ")
    assert [one.reason for one in publishing.reject(reviews, by=reviewer, reason="No.")] == ["No.", "No."]
    assert (state(public), state(new)) == (("published", True, "rejected"), ("draft", False, "rejected"))
    assert LiveVersion.objects.get().content["title"] == "Tea"
    with pytest.raises(IllegalTransition, match="Green tea is Rejected and cannot become Approved"):
        publishing.approve(reviews[:1], by=reviewer)


def test_withdraw_takes_back_what_waits(editor, reviewer):
    product = written(editor, title="Tea")
    later = timezone.now() + timedelta(days=1)
    for approved in (False, True):
        reviews = publishing.submit([product], by=editor, publish_at=later)
        if approved:
            publishing.approve(reviews, by=reviewer)
        publishing.withdraw(reviews, by=editor, reason="Not yet")
        assert state(product) == ("draft", False, "withdrawn")
    with pytest.raises(IllegalTransition):
        publishing.withdraw(reviews, by=editor)
    assert Revision.objects.count() == 1


def test_times_must_make_sense(editor):
    product, now = written(editor), timezone.now()
    for facts in ({"expires_at": now}, {"publish_at": now + timedelta(2), "expires_at": now + timedelta(1)}):
        with pytest.raises(ValidationError) as refusal:
            publishing.submit([product], by=editor, **facts)
        assert list(refusal.value.message_dict) == ["expires_at"]


def test_comments_stay_as_they_were_said(editor, reviewer):
    [review] = publishing.submit([written(editor)], by=editor)
    said = publishing.comment(review, by=reviewer, text=" Which blue? ")
    assert (said.text, said.author) == ("Which blue?", reviewer)
    with pytest.raises(ValidationError):
        publishing.comment(review, by=reviewer, text=" ")
    with pytest.raises(IntegrityError), transaction.atomic():
        review.comments.update(text="x")


def test_unpublish_archive_and_reopen(editor, reviewer):
    public, other = publish(written(editor, title="Tea")), written(editor, title="Cup")
    position = LiveVersion.objects.get().position
    assert publishing.unpublish([public, other], by=reviewer, reason="Recall") == [public]
    assert state(public) == ("draft", False, "published")
    assert LiveVersion.objects.get().position > position
    publishing.archive([public, other], by=reviewer)
    assert {state(public)[0], state(other)[0]} == {"archived"}
    with pytest.raises(IllegalTransition, match="Tea is Archived and cannot become In review"):
        publishing.submit([public], by=editor)
    publishing.reopen([public], by=reviewer)
    assert state(publish(public)) == ("published", True, "published")
    publishing.archive([public], by=reviewer)
    assert state(public) == ("archived", False, "published")
    waits = publishing.submit([written(editor, title="Pot")], by=editor)
    with pytest.raises(IllegalTransition, match="Pot is In review and cannot become Archived"):
        publishing.archive(Product.objects.filter(title="Pot"), by=reviewer)
    assert waits[0].state == "open"


def test_restore_brings_a_revision_back_exactly(rich, editor, reviewer):
    [old] = publishing.capture([rich], by=editor)
    Product.objects.update(title="New", tags=["x"], category=None)
    tea, bag = Variant.objects.order_by("position")
    Variant.objects.filter(pk=tea.pk).update(option1="x", sku="RENAMED")
    Variant.objects.filter(pk=bag.pk).update(option1="", is_active=False)
    Variant.objects.create(product=rich, sku="MORE", option1="Big", position=7, price=1)
    Media.objects.all().delete()
    Media.objects.create(product=rich, url="https://x.example/other")
    [new] = publishing.capture([rich], by=editor)

    again = publishing.restore(old, by=editor)

    assert (again.number, again.digest, again.content) == (3, old.digest, old.content)
    assert again.note == "Revision 1 restored"
    assert dict(Variant.objects.values_list("sku", "is_active")) == {"TEA": True, "BAG": True, "MORE": False} or (
        Variant.objects.filter(is_active=True).count() == 2
    )
    assert publishing.restore(new, by=editor).digest == new.digest


def test_restore_without_its_category_says_so(rich, editor):
    [old] = publishing.capture([rich], by=editor)
    Category.objects.update(name="Drinks")
    with pytest.raises(ValidationError, match="The category “Tea” no longer exists"):
        publishing.restore(old, by=editor)


def test_articles_take_the_same_road(editor):
    lead = make_user("support_lead")
    with acting(source="page", user=editor):
        article = make_article("returns", published=False, by=editor)
    [review] = publishing.submit([article], by=editor)
    publishing.approve([review], by=lead)
    with acting(source="page", user=editor):
        save_article(article, by=editor, body="New")
    [old] = Revision.objects.all()
    assert publishing.changes(old.content, publishing.capture([article], by=editor)[0].content) == [
        publishing.Change(("body",), "Text.", "New")
    ]
    publishing.restore(old, by=editor)
    assert Article.objects.get().body == "Text."
    assert not publishing.has_changes(article)


def test_a_shop_of_one_publishes_without_review(editor, settings):
    settings.REVIEW_REQUIRED = False
    product = written(editor)
    [review] = publishing.submit([product], by=editor)
    assert (review.state, review.waived, review.decided_by) == ("published", True, None)
    assert state(product) == ("published", True, "published")
    later = written(editor, title="Later")
    publishing.submit([later], by=editor, publish_at=timezone.now() + timedelta(days=1))
    assert state(later) == ("scheduled", False, "approved")


def test_verbs_take_the_same_queries_for_one_and_many(editor, reviewer, django_assert_num_queries):
    for number in (1, 20):
        products = [written(editor, title=f"P{number} {i}") for i in range(number)]
        with django_assert_num_queries(9):  # one of them about required attributes, as in approving
            reviews = publishing.submit(products, by=editor)
        with django_assert_num_queries(12):
            publishing.approve(reviews, by=reviewer)
        with django_assert_num_queries(5):
            publishing.unpublish(products, by=reviewer)
