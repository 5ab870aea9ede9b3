"""What of a product is content: related products, bundles and pictures come back with a revision, and their authors decide nothing."""

import pytest
from django.core.exceptions import ValidationError

from backoffice import publishing, verification
from backoffice.context import acting
from backoffice.models import Review, Revision
from backoffice.publishing import differences
from catalog import services
from catalog.models import BundlePart, Product, Relation, Variant
from tests.factories import make_product, make_user, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def by():
    return make_user()


@pytest.fixture
def pot():
    return make_product("Pot", variants=[{"sku": "POT", "price": 5}])


@pytest.fixture
def gift(by, pot):
    """A bundle with a related product and a picture."""
    product = make_product("Gift", variants=[{"sku": "GIFT", "price": 9}])
    services.set_relations(product, [(pot, "accessory")], by=by)
    services.set_parts(product.variants.get(), [(pot.variants.get(), 2)], by=by)
    services.attach_media(product, by=by, url="https://x.example/a.png", alt="Gift", alt_zh="礼物")
    return product


def content(product: Product) -> dict:
    [revision] = publishing.capture([product], by=None)
    return revision.content


def test_the_content_has_them_all(gift):
    told = content(gift)

    assert told["related"] == [{"kind": "accessory", "handle": "pot"}]
    assert told["variants"][0]["parts"] == [{"sku": "POT", "quantity": 2}]
    assert told["media"][0]["alt_zh"] == "礼物"


EDITS = {
    "relation added": lambda product, by: services.set_relations(
        product, [*_related(product), (make_product("Lid"), "related")], by=by
    ),
    "relation removed": lambda product, by: services.set_relations(product, [], by=by),
    "relation of another kind": lambda product, by: services.set_relations(
        product, [(Product.objects.get(handle="pot"), "related")], by=by
    ),
    "part removed": lambda product, by: services.set_parts(product.variants.get(), [], by=by),
    "quantity of a part": lambda product, by: services.set_parts(
        product.variants.get(), [(Variant.objects.get(sku="POT"), 3)], by=by
    ),
    "Chinese text of a picture": lambda product, by: services.save_pictures(
        product,
        [{"id": product.media.get().pk, "alt": "Gift", "alt_zh": "礼品", "variant": None}],
        by=by,
    ),
}


def _related(product: Product) -> list:
    return [(one.other, one.kind) for one in product.relations.select_related("other")]


@pytest.mark.parametrize("edit", EDITS)
def test_an_edit_voids_the_review_and_makes_its_person_an_author(gift, edit):
    publish(gift)
    author = make_user("catalog_editor")
    with acting(source="test", user=make_user("catalog_editor")):
        services.update_product(gift, by=make_user(), description="New")
    [review] = publishing.submit([gift], by=make_user())

    with acting(source="test", user=author):
        EDITS[edit](gift, author)

    review.refresh_from_db()
    assert review.state == Review.State.VOID
    assert publishing.has_changes(gift)
    gift.refresh_from_db()
    [again] = publishing.submit([gift], by=make_user())
    assert author.pk in again.revision.authors


@pytest.mark.parametrize("edit", EDITS)
def test_a_revision_brings_everything_back_exactly(gift, by, edit):
    [before] = publishing.capture([gift], by=by)
    EDITS[edit](gift, by)

    restored = publishing.restore(before, by=by)

    assert restored.digest == before.digest
    assert restored.content == before.content


def test_bundles_that_exchanged_their_parts_come_back(by):
    product = make_product(
        "Set",
        options=["Size"],
        variants=[{"sku": "A", "price": 1, "option1": "a"}, {"sku": "B", "price": 1, "option1": "b"}],
    )
    a, b = product.variants.get(sku="A"), product.variants.get(sku="B")
    services.set_parts(a, [(b, 1)], by=by)
    [before] = publishing.capture([product], by=by)
    services.set_parts(a, [], by=by)
    services.set_parts(b, [(a, 1)], by=by)

    assert publishing.restore(before, by=by).digest == before.digest
    assert list(BundlePart.objects.values_list("bundle__sku", "component__sku")) == [("A", "B")]


def test_what_names_something_that_is_gone_is_refused_with_its_name(gift, by, pot):
    [before] = publishing.capture([gift], by=by)
    services.set_relations(gift, [], by=by)
    services.update_product(pot, by=by, handle="kettle")
    with pytest.raises(ValidationError, match="The related product “pot” no longer exists"):
        publishing.restore(before, by=by)
    assert not Relation.objects.exists()

    services.update_variant(pot.variants.get(), by=by, sku="KETTLE")
    with pytest.raises(ValidationError, match="The component “POT” no longer exists"):
        publishing.restore(before, by=by)


@pytest.mark.parametrize("rename", ["handle", "sku"])
def test_a_new_name_of_what_is_named_is_a_change_of_whoever_names_it(gift, by, pot, rename):
    publish(gift)
    if rename == "handle":
        services.update_product(pot, by=by, handle="kettle")
    else:
        services.update_variant(pot.variants.get(), by=by, sku="KETTLE")

    assert publishing.has_changes(gift)
    assert [report.result.wrong for report in verification.run(["live_versions", "unpublished_changes"])] == [0, 0]


def test_differences_are_told_in_words(gift, by):
    before = content(gift)
    pot = Product.objects.get(handle="pot")
    services.set_relations(gift, [(pot, "replacement")], by=by)
    services.set_parts(gift.variants.get(), [(pot.variants.get(), 3)], by=by)

    sections = differences.changes(before, content(gift), publishing.of(gift).labels)

    assert {section.key: [(c.label, c.old, c.new) for c in section.changes] for section in sections} == {
        "variants": [("GIFT · Components · POT · Quantity", "2", "3")],
        "related": [("pot · Kind", "Accessory", "Replacement")],
    }
    assert Revision.objects.count() == 2
