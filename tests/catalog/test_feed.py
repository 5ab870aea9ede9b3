"""What a shop front reads: published content only, by cursors that miss nothing, in one statement."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from random import Random

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.utils import timezone

from backoffice import publishing
from backoffice.models import LiveVersion
from catalog import services
from catalog.models import Product
from tests.factories import make_article, make_category, make_product, make_user

LIST = "/api/v1/products"


@pytest.fixture(autouse=True)
def _fresh_rates():
    caches["local"].clear()


@pytest.fixture
def reader() -> Client:
    """A stranger."""
    return Client()


def read(reader: Client, address: str = LIST, **parameters: object) -> dict:
    answer = reader.get(address, parameters)
    assert answer.status_code == 200, answer.content
    return json.loads(answer.content)


def follow(reader: Client, copy: dict[int, dict], cursor: str = "", *, address: str = LIST, limit: int = 3) -> str:
    """Keep `copy` up to date as docs/api.md tells; returns where to go on."""
    while True:
        page = read(reader, address, after=cursor, limit=limit)
        for item in page["items"]:
            if item["status"] == "removed":
                copy.pop(item["id"], None)
            else:
                copy[item["id"]] = item
        if not page["next"]:
            return page["sync"]
        cursor = page["next"]


@pytest.mark.django_db
def test_only_what_is_published_is_told(reader):
    make_product("Draft")
    shown = make_product(
        "Mug", published=True, title_zh="杯子", description="Blue", variants=[{"sku": "MUG", "price": 12}]
    )

    page = read(reader)

    [item] = page["items"]
    assert (item["id"], item["handle"], item["title"], item["status"]) == (shown.pk, "mug", "Mug", "published")
    assert [(v["sku"], v["price"], v["currency"], v["is_active"]) for v in item["variants"]] == [
        ("MUG", "12.00", "EUR", True)
    ]
    assert "cost" not in item["variants"][0]
    assert page["next"] == ""


@pytest.mark.django_db
def test_an_edit_is_not_told_before_it_is_approved_but_a_price_is_at_once(reader):
    product = make_product("Mug", published=True, variants=[{"sku": "MUG", "price": 12}])
    services.update_product(product, by=make_user(), title="Cup")
    services.update_variant(product.variants.get(), by=make_user(), price=9, sku="CUP")

    [item] = read(reader)["items"]

    assert item["title"] == "Mug"
    assert [(v["sku"], v["price"]) for v in item["variants"]] == [("MUG", "9.00")]


@pytest.mark.django_db
def test_texts_come_in_the_language_asked_for_where_there_is_one(reader):
    make_product("Mug", published=True, title_zh="杯子")
    make_product("Pot", published=True)

    assert [item["title"] for item in read(reader, language="zh-Hans")["items"]] == ["杯子", "Pot"]
    assert [item["title"] for item in read(reader, language="en")["items"]] == ["Mug", "Pot"]
    answer = reader.get(LIST, {"language": "fr"})
    assert (answer.status_code, answer.json()["errors"]) == (422, {"language": ["There is en, zh-hans."]})


@pytest.mark.django_db
def test_pages_follow_one_another_and_what_is_taken_down_is_told_to_those_who_knew_it(reader):
    products = [make_product(f"P{number}", published=True) for number in range(7)]
    gone = make_product("Gone", published=True)
    publishing.unpublish([gone], by=make_user())

    copy: dict[int, dict] = {}
    sync = follow(reader, copy)
    assert list(copy) == [product.pk for product in products]

    publishing.unpublish([products[2]], by=make_user())
    page = read(reader, after=sync)
    assert [(item["handle"], item["status"]) for item in page["items"]] == [("p2", "removed")]
    assert set(page["items"][0]) == {"id", "handle", "status", "changed_at"}

    follow(reader, copy, sync)
    assert set(copy) == {product.pk for product in products} - {products[2].pk}


@pytest.mark.django_db
def test_updated_since_tells_what_changed_from_then_on_with_what_is_gone(reader):
    make_product("Old", published=True)
    before = timezone.now()
    new, gone = make_product("New", published=True), make_product("Gone", published=True)
    publishing.unpublish([gone], by=make_user())

    page = read(reader, updated_since=before.isoformat())
    assert [(item["handle"], item["status"]) for item in page["items"]] == [("new", "published"), ("gone", "removed")]
    later = read(reader, updated_since=(timezone.now() + timedelta(hours=1)).isoformat())
    assert later["items"] == []
    assert new.handle == "new"
    assert read(reader, after=later["sync"])["items"] == []


@pytest.mark.django_db
@pytest.mark.parametrize("cursor", ["x", "1", "1-x", "-1-2", "1-2-3", "９-9", "9" * 30 + "-1"])
def test_what_is_no_cursor_is_refused(reader, cursor):
    answer = reader.get(LIST, {"after": cursor})

    assert answer.status_code == 422
    assert answer.json()["title"] == "The cursor in “after” is not one of this list."


@pytest.mark.django_db
def test_who_has_it_already_gets_304_and_both_cost_one_statement(reader, django_assert_num_queries):
    product = make_product("Mug", published=True)
    first = reader.get(LIST)
    with django_assert_num_queries(1):
        again = reader.get(LIST, headers={"If-None-Match": first["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    with django_assert_num_queries(1):
        assert reader.get(f"{LIST}/mug").status_code == 200

    services.update_variant(product.variants.get(), by=make_user(), price=1)

    changed = reader.get(LIST, headers={"If-None-Match": first["ETag"]})
    assert changed.status_code == 200
    assert changed["Cache-Control"] == "public, no-cache"


@pytest.mark.django_db
def test_one_product_by_its_handle_whatever_the_case(reader):
    make_product("Mug", published=True)
    make_product("Draft", handle="draft")

    assert read(reader, f"{LIST}/MUG")["handle"] == "mug"
    assert reader.get(f"{LIST}/draft").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("address", [LIST, f"{LIST}/mug", "/api/v1/categories", "/api/v1/articles"])
def test_a_parameter_that_does_not_exist_is_refused(reader, address):
    assert reader.get(address, {"pirce_list": "x"}).status_code == 422


@pytest.mark.django_db
def test_categories_come_by_path(reader):
    parent = make_category("Kitchen", name_zh="厨房")
    make_category("Cups", parent=parent)

    page = read(reader, "/api/v1/categories", limit=1, language="zh-hans")
    assert [(c["path"], c["name"], c["parent"]) for c in page["items"]] == [("Kitchen", "厨房", None)]
    page = read(reader, "/api/v1/categories", after=page["next"])
    assert [(c["path"], c["parent"]) for c in page["items"]] == [("Kitchen > Cups", "Kitchen")]
    assert page["next"] == ""


@pytest.mark.django_db
def test_articles_come_the_same_way(reader):
    make_article("returns")
    make_article("secret", published=False)

    assert [item["slug"] for item in read(reader, "/api/v1/articles")["items"]] == ["returns"]
    assert read(reader, "/api/v1/articles/returns")["body"] == "Text."
    assert reader.get("/api/v1/articles/secret").status_code == 404


@pytest.mark.django_db
def test_too_many_requests_of_one_address_are_told_to_wait(reader, settings):
    settings.FEED_RATE = 2
    assert [reader.get(LIST).status_code for _number in range(3)] == [200, 200, 429]


@pytest.mark.django_db(transaction=True)
def test_who_follows_while_four_publish_and_unpublish_ends_with_exactly_what_is_published(reader):
    editor, reviewer = make_user("catalog_editor"), make_user("catalog_reviewer")
    products = [make_product(f"P{number}") for number in range(24)]
    done = threading.Event()

    def write(seed: int) -> None:
        random = Random(seed)
        try:
            for _round in range(12):
                product = Product.objects.get(pk=products[4 * random.randrange(6) + seed].pk)
                if product.status == "published":
                    publishing.unpublish([product], by=reviewer)
                else:
                    publishing.approve(publishing.submit([product], by=editor), by=reviewer)
        finally:
            connection.close()

    def read_on() -> tuple[dict[int, dict], str]:
        copy: dict[int, dict] = {}
        cursor = ""
        try:
            while not done.is_set():
                cursor = follow(Client(), copy, cursor)
            return copy, follow(Client(), copy, cursor)
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read_on) for _number in range(2)]
        for writer in [pool.submit(write, seed) for seed in range(4)]:
            writer.result()
        done.set()
        copies = [one.result()[0] for one in readers]

    published = set(
        LiveVersion.objects.live().filter(subject_type="catalog.product").values_list("subject_id", flat=True)
    )
    assert 0 < len(published) < 24
    assert [set(copy) for copy in copies] == [published, published]
