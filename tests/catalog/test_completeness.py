"""How complete products are: the checks, that the score is always true, and where it shows."""

from decimal import Decimal

import pytest
from django.db import connection
from django.urls import reverse

from backoffice import verification
from catalog.models import Check, Completeness, CompletenessDue, Media, Product, Variant
from catalog.services import completeness
from catalog.views.products import ProductList
from tests.factories import make_attribute, make_brand, make_category, make_product, make_user, make_variant

pytestmark = pytest.mark.django_db


def whole(**fields) -> Product:
    """A product that lacks nothing."""
    product = make_product(
        **{
            "title": "Shirt",
            "title_zh": "衬衫",
            "description": "Long.",
            "description_zh": "长。",
            "category": make_category(),
            "brand": make_brand(),
            "seo_title": "Shirt",
            "seo_description": "A shirt.",
            "variants": [{"sku": "SHIRT", "barcode": "4006381333931", "price": Decimal(1)}],
            **fields,
        }
    )
    Media.objects.create(product=product, url="https://example.com/a.png", alt="A shirt")
    return product


def missing(product: Product) -> list[str]:
    return Completeness.objects.get(product=product).missing


def score(product: Product) -> int:
    return Completeness.objects.get(product=product).score


def weights() -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT code, weight FROM catalog_completeness_weights()")
        return dict(cursor.fetchall())


def test_the_checks_have_weights_that_make_a_hundred():
    assert list(weights()) == Check.values
    assert sum(weights().values()) == 100


def test_a_whole_product_lacks_nothing():
    product = whole()

    assert (missing(product), score(product)) == ([], 100)


@pytest.mark.parametrize(
    ("lost", "lacks"),
    [
        (lambda p: Media.objects.all().delete(), ["picture", "alt"]),
        (lambda p: Media.objects.update(alt=""), ["alt"]),
        (lambda p: Variant.objects.update(price=0), ["price"]),
        (lambda p: Variant.objects.update(barcode=""), ["barcode"]),
        (lambda p: Variant.objects.update(is_active=False), ["price", "barcode"]),
        (lambda p: Variant.objects.all().delete(), ["price", "barcode"]),
        (lambda p: Product.objects.update(title_zh=""), ["title_zh"]),
        (lambda p: Product.objects.update(description=""), ["description"]),
        (lambda p: Product.objects.update(description_zh=""), ["description_zh"]),
        (lambda p: Product.objects.update(category=None), ["category"]),
        (lambda p: Product.objects.update(brand=None), ["brand"]),
        (lambda p: Product.objects.update(seo_description=""), ["seo"]),
        (lambda p: make_attribute("material", is_required=True), ["attributes"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_whoever_takes_something_away_the_score_follows_at_once(lost, lacks):
    product = whole()

    lost(product)

    assert missing(product) == lacks
    assert score(product) == 100 - sum(weights()[code] for code in lacks)


def test_required_attributes_follow_definitions_values_and_moves():
    top = make_category("Top")
    below = make_category("Below", parent=top)
    other = make_category("Other")
    product = whole(category=below)
    definition = make_attribute("material", category=top, is_required=True)
    assert missing(product) == ["attributes"]

    Product.objects.update(attributes={"material": "wool"})
    assert missing(product) == []
    Product.objects.update(attributes={})
    assert missing(product) == ["attributes"]
    Product.objects.update(category=other)
    assert missing(product) == []
    Product.objects.update(category=below)
    assert missing(product) == ["attributes"]
    type(below).objects.filter(pk=below.pk).update(parent=other)
    assert missing(product) == []
    type(below).objects.filter(pk=below.pk).update(parent=top)
    assert missing(product) == ["attributes"]
    type(definition).objects.update(is_required=False)
    assert missing(product) == []


def test_a_variant_that_changes_its_product_counts_for_both():
    product = whole()
    other = make_product("Other", variants=[])

    Variant.objects.update(product=other)

    assert missing(product) == ["price", "barcode"]
    assert "price" not in missing(other)


def test_what_a_large_statement_touches_is_assessed_by_the_job():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_product (handle, title, title_zh, description, description_zh, product_type, tags, status, options,"
            " attributes, seo_title, seo_description, created_at, updated_at)"
            " SELECT 'p' || n, 'P' || n, '名', 'd', 'd', '', '{}', 'draft', '{}', '{}', 'a', 'b', now(), now()"
            " FROM generate_series(1, 250) n"
        )
    assert not any(one.is_assessed for one in Completeness.objects.all())
    assert verification_of().wrong == 0

    assert completeness.assess_due() == 250

    assert not CompletenessDue.objects.exists()
    assert set(Completeness.objects.values_list("score", flat=True)) == {40}
    Product.objects.update(title_zh="")
    completeness.assess_due()
    assert set(Completeness.objects.values_list("score", flat=True)) == {30}
    assert verification_of().checked == 250


def test_an_edit_of_nothing_that_counts_assesses_nothing():
    product = whole()
    Completeness.objects.update(missing=["seo"])

    Variant.objects.update(price=5)
    Product.objects.update(title="Other")

    assert missing(product) == ["seo"]


def verification_of():
    return next(iter(verification.run(["completeness"]))).result


def test_a_score_that_is_wrong_is_found_and_mended():
    product = whole()
    Completeness.objects.update(score=5)
    assert (verification_of().wrong, verification_of().examples) == (
        1,
        ["shirt: 5 % complete by its score, 100 % by what it has."],
    )

    report = next(iter(verification.run(["completeness"], repair=True)))

    assert (report.mended, score(product)) == (1, 100)


def test_a_product_takes_its_score_along_when_it_goes():
    product = make_product(variants=[])

    product.delete()

    assert not Completeness.objects.exists()


# --- Where it shows -----------------------------------------------------------------------------


@pytest.fixture
def as_owner(client):
    client.force_login(make_user("owner"))
    return client


def handles(client, query: str) -> list[str]:
    return [row.object.handle for row in client.get(f"/catalog/products/?{query}").context["rows"]]


def test_the_list_shows_sorts_and_filters_by_it(as_owner):
    whole()
    make_product("Bare", variants=[])
    make_variant("PRICED")

    assert handles(as_owner, "sort=incomplete") == ["bare", "priced", "shirt"]
    assert handles(as_owner, "sort=complete") == ["shirt", "priced", "bare"]
    assert handles(as_owner, "completeness_max=99&sort=incomplete") == ["bare", "priced"]
    assert handles(as_owner, "completeness_min=100") == ["shirt"]
    assert handles(as_owner, "completeness_min=20&completeness_max=20.9") == ["priced"]
    assert handles(as_owner, "missing=price") == ["bare"]
    assert handles(as_owner, "missing=price&missing=brand&sort=title") == ["bare", "priced"]
    assert "100" in as_owner.get("/catalog/products/").content.decode()


def test_pages_by_score_give_each_row_once(as_owner, monkeypatch):
    monkeypatch.setattr(ProductList, "page_size", 2)
    for number in range(5):
        make_variant(f"V{number}")
    whole()
    for order in ("incomplete", "complete"):
        url, seen = f"/catalog/products/?sort={order}", []
        while url:
            context = as_owner.get(url).context
            seen += [row.object.pk for row in context["rows"]]
            url = context["next_url"]
        assert len(seen) == len(set(seen)) == 6


def test_the_record_leads_to_where_it_is_mended(as_owner):
    product = make_product(variants=[{"sku": "A", "price": Decimal(1)}])

    page = as_owner.get(product.get_absolute_url())

    links = dict(page.context["missing"])
    assert len(links) == 9
    assert links["Picture"] == reverse("catalog:product_pictures", args=[product.pk])
    assert links["Chinese title"] == reverse("catalog:product_edit", args=[product.pk]) + "#id_title_zh"
    for url in {url.partition("#")[0] for url in links.values()}:
        assert f'href="{url}' in page.content.decode()


def test_readers_see_what_is_missing_without_links(client):
    client.force_login(make_user("catalog_reviewer"))
    product = make_product()

    page = client.get(product.get_absolute_url())

    assert {url for _label, url in page.context["missing"]} == {""}


def test_the_api_tells_it(as_owner):
    whole()

    row = as_owner.get("/api/v1/catalog/products?completeness_min=100").json()["items"][0]

    assert (row["completeness"], row["missing"]) == (100, [])
