"""What a shop front reads: published content only, by cursors that miss nothing, in one statement."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import publishing, tokens
from backoffice.models import LiveVersion, Touched
from catalog import services
from catalog.models import Product, Variant
from tests.factories import make_article, make_category, make_product, make_user, picture, publish

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


# --- Price lists, pictures, what goes with a product ------------------------------------------------


def listed(code: str = "VIP", *, prices: dict[str, int], **fields: object):
    price_list = services.save_price_list(
        by=make_user(), code=code, name=code, **{"currency": "EUR", "is_public": True, **fields}
    )
    for sku, price in prices.items():
        services.set_list_price(price_list, Variant.objects.get(sku=sku), by=make_user(), price=Decimal(price))
    return price_list


def prices(page: dict) -> list[tuple]:
    return [(v["sku"], v["price"], v["currency"]) for item in page["items"] for v in item["variants"]]


@pytest.mark.django_db
def test_a_list_gives_its_prices_and_the_own_ones_where_it_has_none(reader, django_assert_num_queries):
    variants = [{"sku": "S", "price": 12, "option1": "S"}, {"sku": "L", "price": 15, "option1": "L"}]
    make_product("Mug", published=True, options=["Size"], variants=variants)
    listed(prices={"S": 9})

    with django_assert_num_queries(1):
        page = read(reader, price_list="vip")

    assert prices(page) == [("S", "9.00", "EUR"), ("L", "15.00", "EUR")]
    assert read(reader, f"{LIST}/mug", price_list="VIP")["variants"][0]["price"] == "9.00"


@pytest.mark.django_db
def test_a_list_in_another_currency_has_its_decimals_and_nothing_else(reader):
    variants = [{"sku": "S", "price": 12, "option1": "S"}, {"sku": "L", "price": 15, "option1": "L"}]
    make_product("Mug", published=True, options=["Size"], variants=variants)
    listed("JP", currency="JPY", prices={"S": 1900})

    assert prices(read(reader, price_list="JP")) == [("S", "1900", "JPY"), ("L", None, "JPY")]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fields",
    [
        {"is_public": False},
        {"is_active": False},
        {"starts_at": timezone.now() + timedelta(days=1)},
        {"ends_at": timezone.now() - timedelta(days=1)},
        {"code": "OTHER"},
    ],
)
def test_a_list_that_the_public_may_not_ask_for_now_is_refused(reader, fields):
    make_product("Mug", published=True, variants=[{"sku": "MUG", "price": 12}])
    listed(**{"prices": {"MUG": 9}, **fields})

    for address in (LIST, f"{LIST}/mug"):
        answer = reader.get(address, {"price_list": "VIP"})
        assert answer.status_code == 422
        assert answer.json()["errors"] == {"price_list": ["No price list with this code is in force for the public."]}


@pytest.mark.django_db
def test_a_list_that_is_not_public_is_told_to_a_token_that_may_see_it_and_kept_by_nobody_else(reader):
    make_product("Mug", published=True, variants=[{"sku": "MUG", "price": 12}])
    listed(prices={"MUG": 9}, is_public=False)

    def ask(role: str):
        _token, secret = tokens.create(by=make_user(role), name="Shop")
        return reader.get(LIST, {"price_list": "VIP"}, headers={"Authorization": f"Bearer {secret}"})

    allowed = ask("catalog_editor")
    assert prices(json.loads(allowed.content)) == [("MUG", "9.00", "EUR")]
    assert "private" in allowed["Cache-Control"]
    assert ask("").status_code == 422
    wrong = reader.get(LIST, {"price_list": "VIP"}, headers={"Authorization": "Bearer houtai_wrong"})
    assert wrong.status_code == 401


@pytest.mark.django_db
def test_pictures_come_with_small_ones_and_their_text_in_the_language(reader):
    product = make_product("Mug")
    services.attach_media(product, by=make_user(), file=picture(), alt="A mug", alt_zh="杯子")
    services.attach_media(product, by=make_user(), url="https://x.example/a.png", alt="Far")
    publish(product)
    name = product.media.earliest("position").file.name

    [item] = read(reader, language="zh-hans")["items"]

    here, there = item["media"]
    assert here == {
        "url": f"http://localhost:8000/p/pictures/{name}",
        "thumbnails": {str(size): f"http://localhost:8000/p/pictures/{size}/{name}" for size in (96, 480, 1200)},
        "alt": "杯子",
        "variant": None,
    }
    assert there == {"url": "https://x.example/a.png", "alt": "Far", "variant": None}
    assert read(reader)["items"][0]["media"][0]["alt"] == "A mug"


@pytest.mark.django_db
def test_related_products_and_parts_of_bundles_are_told(reader):
    pot = make_product("Pot", variants=[{"sku": "POT", "price": 5}])
    product = make_product("Set", variants=[{"sku": "SET", "price": 9}])
    services.set_relations(product, [(pot, "accessory")], by=make_user())
    services.set_parts(product.variants.get(), [(pot.variants.get(), 2)], by=make_user())
    publish(product)

    [item] = read(reader)["items"]

    assert item["related"] == [{"kind": "accessory", "handle": "pot"}]
    assert item["variants"][0]["parts"] == [{"sku": "POT", "quantity": 2}]


# --- Prices that change -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_new_price_brings_the_product_up_again_and_tells_no_webhook(reader):
    mug = make_product("Mug", published=True, variants=[{"sku": "MUG", "price": 12}])
    make_product("Pot", published=True)
    publishing.announce()
    publishing.bring_up()
    sync = read(reader)["sync"]
    moment = timezone.now()

    services.update_variant(mug.variants.get(), by=make_user(), price=9)
    assert publishing.bring_up() == 1

    page = read(reader, after=sync)
    assert prices(page) == [("MUG", "9.00", "EUR")]
    assert [item["handle"] for item in read(reader, updated_since=moment.isoformat())["items"]] == ["mug"]
    assert (publishing.announce(), publishing.bring_up(), Touched.objects.count()) == (0, 0, 0)
    live = LiveVersion.objects.get(subject_id=mug.pk)
    assert live.content_position < live.position


@pytest.mark.django_db
def test_what_else_is_read_live_brings_it_up_and_what_is_not_does_not(reader):
    variants = [{"sku": "S", "price": 12, "option1": "S"}, {"sku": "L", "price": 15, "option1": "L"}]
    mug = make_product("Mug", published=True, options=["Size"], variants=variants)
    draft = make_product("Draft", variants=[{"sku": "DRAFT", "price": 3}])
    small, by = Variant.objects.get(sku="S"), make_user()
    price_list = listed(prices={"L": 9})
    publishing.bring_up()

    def brought(act) -> int:
        act()
        return publishing.bring_up()

    assert brought(lambda: services.update_variant(small, by=by, compare_at=20)) == 1
    assert brought(lambda: services.deactivate_variants([small], by=by)) == 1
    assert brought(lambda: services.set_list_price(price_list, small, by=by, price=Decimal(7))) == 1
    assert brought(lambda: services.remove_list_prices(list(price_list.items.all()), by=by)) == 1
    assert brought(lambda: services.update_variant(small, by=by, cost=1)) == 0
    assert brought(lambda: services.update_product(mug, by=by, description="New")) == 0
    assert brought(lambda: services.update_variant(draft.variants.get(), by=by, price=4)) == 0
    assert not Touched.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_product_that_somebody_holds_is_brought_up_the_next_time_and_a_price_wakes_the_worker():
    mug = make_product("Mug", published=True, variants=[{"sku": "MUG", "price": 12}])
    services.update_variant(mug.variants.get(), by=make_user(), price=9)
    assert ProcrastinateJob.objects.filter(task_name="backoffice.bring_up_touched").count() == 1

    def elsewhere() -> int:
        try:
            return publishing.bring_up()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Product.objects.locked().get(pk=mug.pk)
            assert pool.submit(elsewhere).result(10) == 0
        assert pool.submit(elsewhere).result(10) == 1


@pytest.mark.django_db(transaction=True)
def test_who_follows_while_others_publish_and_one_reprices_ends_with_the_exact_set_and_the_exact_prices():
    reviewer, editor, pricer = make_user("catalog_reviewer"), make_user("catalog_editor"), make_user()
    products = [make_product(f"P{number}", variants=[{"sku": f"V{number}", "price": 10}]) for number in range(16)]
    for product in products:
        publish(product)
    done = threading.Event()

    def closing(work):
        def run(*given: object):
            try:
                return work(*given)
            finally:
                connection.close()

        return run

    def write(seed: int) -> None:
        random = Random(seed)
        for _round in range(8):
            product = Product.objects.get(pk=products[4 * random.randrange(4) + seed].pk)
            if product.status == "published":
                publishing.unpublish([product], by=reviewer)
            else:
                publishing.approve(publishing.submit([product], by=editor), by=reviewer)

    def reprice() -> None:
        random = Random(9)
        for round_ in range(30):
            chosen = [f"V{random.randrange(16)}" for _one in range(4)]
            Variant.objects.filter(sku__in=chosen).update(price=20 + round_)
            publishing.bring_up()
        assert pricer.pk

    def read_on() -> dict[int, dict]:
        copy: dict[int, dict] = {}
        cursor = ""
        while not done.is_set():
            cursor = follow(Client(), copy, cursor)
        publishing.bring_up()
        follow(Client(), copy, cursor)
        return copy

    with ThreadPoolExecutor(6) as pool:
        followed = pool.submit(closing(read_on))
        for work in [*(pool.submit(closing(write), seed) for seed in range(4)), pool.submit(closing(reprice))]:
            work.result()
        done.set()
        copy = followed.result()

    live = LiveVersion.objects.live().values_list("subject_id", flat=True)
    prices_now = Variant.objects.filter(product__in=live).values_list("product_id", "price")
    assert {key: item["variants"][0]["price"] for key, item in copy.items()} == {
        key: f"{price:.2f}" for key, price in prices_now
    }


# --- An address that is taken -----------------------------------------------------------------------


@pytest.mark.django_db
def test_nothing_is_published_under_the_address_of_what_is_live():
    by, reviewer = make_user("catalog_editor"), make_user("catalog_reviewer")
    old = make_product("Mug", published=True)
    services.update_product(old, by=by, handle="cup")
    new = make_product("New mug", handle="mug")
    sentence = "“New mug” cannot be published: its address is that of the published product “Mug”."

    with pytest.raises(ValidationError, match=sentence):
        publishing.submit([new], by=by)

    publishing.approve(publishing.submit([old], by=by), by=reviewer)
    publishing.approve(publishing.submit([new], by=by), by=reviewer)
    assert set(LiveVersion.objects.live().values_list("content__handle", flat=True)) == {"cup", "mug"}
