"""Bulk edits by a worker that really runs, and several at once on connections of their own."""

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction
from django.urls import reverse

from backoffice import resources
from backoffice.bulk_edit import editing
from backoffice.imports import running
from backoffice.models import ImportRun, Notification
from catalog.models import Product, Variant
from tests.backoffice.test_bulk_edit import PRODUCTS, VARIANTS, edit
from tests.backoffice.test_bulk_edit_pages import send
from tests.backoffice.test_jobs import work
from tests.factories import make_product, make_user, make_variant

ROWS = 60


@pytest.fixture
def owner(transactional_db):
    return make_user("owner")


def at_once(*calls):
    """Run the calls on connections of their own; what each raised, None for nothing."""
    barrier = threading.Barrier(len(calls))

    def run(call):
        try:
            barrier.wait(timeout=30)
            call()
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(run, calls))


def apply(run, by):
    editing.work(ImportRun.objects.get(pk=run.pk), by=by, action="apply", partial=True)


def test_many_rows_are_the_work_of_the_worker(client, owner, settings):
    settings.IMPORT_FOREGROUND_ROWS = 2
    page = client
    page.force_login(owner)
    for sku in ("A", "B", "C"):
        make_variant(sku)

    answer = page.get(send(page, VARIANTS, price=("set", "3"))["Location"]).content.decode()
    assert "Waiting for a worker" in answer
    work()
    run = ImportRun.objects.get()
    assert (run.status, run.changed) == ("checked", 3)
    page.post(reverse("bulk_edit:work", args=[run.number]), {"action": "apply"})
    assert Variant.objects.filter(price=3).count() == 0
    work()
    assert Variant.objects.filter(price=3).count() == 3
    assert Notification.objects.first().url == run.get_absolute_url()
    undo = reverse("bulk_edit:undo", args=[run.number])
    assert "A worker does it" in page.get(undo).content.decode()
    page.post(undo, {"verb": "undo"})
    work()
    assert Variant.objects.filter(price=10).count() == 3


def test_edits_of_the_same_rows_at_once_lose_nothing(owner):
    for number in range(ROWS):
        make_variant(f"V{number}", price=Decimal(10), weight_grams=1)
    up = [edit(f"{VARIANTS}?sort=oldest", owner, "variants", ("price", "add", Decimal(1))) for _round in range(3)]
    down = [edit(f"{VARIANTS}?sort=newest", owner, "variants", ("price", "add", Decimal(2))) for _round in range(2)]
    weights = edit(f"{VARIANTS}?sort=price", owner, "variants", ("weight_grams", "add", Decimal(5)))
    titles = edit(PRODUCTS, owner, "products", ("title", "append", "!"))

    errors = at_once(*(lambda run=run: apply(run, owner) for run in (*up, *down, weights, titles)))

    assert errors == [None] * 7
    assert set(Variant.objects.values_list("price", "weight_grams")) == {(Decimal(17), 6)}
    assert all(title.endswith("!") for title in Variant.objects.values_list("title", flat=True))


def test_an_edit_beside_an_import_and_a_page_loses_nothing(owner):
    for number in range(ROWS):
        make_product(f"P{number}", variants=[{"sku": f"V{number}", "price": Decimal(10)}])
    lines = "".join(f"p{n},P{n} new,V{n},{n + 1}\n" for n in reversed(range(ROWS)))
    upload = SimpleUploadedFile("shop.csv", f"handle,title,sku,weight (g)\n{lines}".encode())
    products = resources.get("products")
    brought = running.take_in(products, by=owner, source="import", upload=upload)
    prices = edit(VARIANTS, owner, "variants", ("price", "add", Decimal(1)))
    types = edit(PRODUCTS, owner, "products", ("product_type", "set", "Tea"), ("title", "append", "!"))
    assert brought.mapping["weight (g)"] == "weight_grams"

    def page():
        for product in Product.objects.order_by("-pk"):
            with transaction.atomic():
                Product.objects.locked().get(pk=product.pk)
                list(product.variants.locked())
                product.variants.update(backorder_limit=3)

    errors = at_once(
        lambda: running.work(ImportRun.objects.get(pk=brought.pk), by=owner, action="apply"),
        lambda: apply(prices, owner),
        lambda: apply(types, owner),
        page,
    )

    assert errors == [None] * 4
    assert set(Variant.objects.values_list("price", "backorder_limit")) == {(Decimal(11), 3)}
    assert set(Product.objects.values_list("product_type", flat=True)) == {"Tea"}
    assert sorted(Variant.objects.values_list("weight_grams", flat=True)) == list(range(1, ROWS + 1))


def test_a_change_made_while_an_edit_waits_is_what_it_builds_on(owner):
    tea = make_variant("TEA", price=Decimal(10))
    run = edit(VARIANTS, owner, "variants", ("price", "percent", Decimal(10)))
    started = threading.Event()

    def other():
        with transaction.atomic():
            Variant.objects.locked().get(pk=tea.pk)
            started.set()
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(0.5)")
            Variant.objects.filter(pk=tea.pk).update(price=20)

    def waiting():
        started.wait(10)
        apply(run, owner)

    assert at_once(other, waiting) == [None, None]
    assert Variant.objects.get().price == 22
