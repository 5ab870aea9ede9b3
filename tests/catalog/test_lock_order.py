"""Whoever writes the catalogue locks in one order: tree, products, variants, what follows from them; each by primary key.

Each test holds what must be locked first, lets another connection run into it, and looks whether it already holds what
comes later. The last one lets them all at the same products at once.
"""

import random
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from functools import partial
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import connection, transaction

from backoffice import publishing, verification
from backoffice.context import acting
from backoffice.models import ImportRun, Review
from catalog import services
from catalog.models import AttributeDefinition, Category, Completeness, Product, Variant
from catalog.services import repricing
from catalog.services.categories import lock_tree
from tests.catalog.test_resources import bring
from tests.factories import make_category, make_product, make_user, publish

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reviewer():
    return make_user("catalog_reviewer")


@pytest.fixture
def owner():
    return make_user()


def written(number: int, **fields: Any) -> Product:
    variants = [{"sku": f"S{number}-{size}", "price": 10, "option1": size} for size in ("L", "M")]
    return make_product(f"P{number}", handle=f"p{number}", options=["Size"], variants=variants, **fields)


def closing(work: Callable[..., Any]) -> Callable[..., Any]:
    def run(*given: Any) -> Any:
        try:
            return work(*given)
        finally:
            connection.close()

    return run


@contextmanager
def running_into(lock: Callable[[], Any], work: Callable[[], Any]) -> Iterator[None]:
    """`work` goes on another connection until it waits for `lock`, which this one holds; it ends well afterwards."""
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            lock()
            future = pool.submit(closing(work))
            wait_until_it_waits(future)
            yield
        future.result(30)


def wait_until_it_waits(future: Future) -> None:
    for _attempt in range(800):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        assert not future.done(), future.result()
        time.sleep(0.025)
    pytest.fail("It does not wait for the lock.")


def hold(row: Any) -> Callable[[], Any]:
    return lambda: list(type(row).objects.select_for_update(of=("self",), no_key=True).filter(pk=row.pk))


def is_free(row: Any) -> bool:
    rows = type(row).objects.select_for_update(of=("self",), no_key=True, skip_locked=True)
    return bool(rows.filter(pk=row.pk))


def test_approving_many_locks_by_key_whatever_their_order(reviewer):
    products = [written(number) for number in range(3)]
    reviews = publishing.submit(products, by=None)

    with running_into(hold(products[0]), lambda: publishing.approve(reviews[::-1], by=reviewer)):
        assert is_free(products[2])


def test_an_import_locks_products_by_key_whatever_their_order_in_the_file(tmp_path):
    products = [written(number) for number in range(3)]
    lines = [f"p{number},New {number},S{number}-L" for number in (2, 1, 0)]

    with running_into(hold(products[0]), lambda: bring(tmp_path, "\n".join(["handle,title,sku", *lines]))):
        assert is_free(products[2])


def test_an_import_locks_the_variants_that_get_another_title_with_those_it_names(tmp_path):
    written(0)
    large, medium = Variant.objects.order_by("pk")

    with running_into(hold(large), lambda: bring(tmp_path, "handle,title,sku,price\np0,New,S0-M,7\n")):
        assert is_free(medium)
    assert list(Variant.objects.order_by("pk").values_list("title", "price")) == [("New – L", 10), ("New – M", 7)]


def test_an_import_waits_for_the_tree_before_it_locks_a_product(tmp_path):
    product = written(0)

    with running_into(lock_tree, lambda: bring(tmp_path, "handle,category\np0,Tea > Green\n")):
        assert is_free(product)


def test_merging_a_category_locks_its_products_before_itself(owner):
    old, new = make_category("Old"), make_category("New")
    product = written(0, category=old)

    with running_into(hold(product), lambda: services.merge_category(old, by=owner, into=new)):
        assert is_free(old)


def test_undo_locks_products_before_their_variants(tmp_path):
    product = written(0)
    run = bring(tmp_path, "handle,title,sku,price\np0,New,S0-M,7\n")["run"]

    with running_into(hold(product), lambda: call_command("undo_import", run, stdout=StringIO())):
        assert is_free(Variant.objects.get(sku="S0-M"))
    assert Product.objects.get().title == "P0"


def test_undo_waits_for_the_tree_before_it_locks_a_category_or_product(tmp_path):
    product = written(0)
    run = bring(tmp_path, "handle,category\np0,Tea > Green\n")["run"]

    with running_into(lock_tree, lambda: call_command("undo_import", run, stdout=StringIO())):
        assert all(is_free(row) for row in (product, *Category.objects.all()))
    assert not Category.objects.exists()


def test_changing_an_attribute_locks_products_before_the_definitions(owner):
    size = services.save_definition(by=owner, category=None, code="girth", name="Girth", kind="text")
    product = written(0, attributes={"girth": "12"})

    change = partial(services.save_definition, size, by=owner, kind="number")
    with running_into(hold(product), change), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock_shared(hashtext('catalog_attributedefinition'))")
        assert cursor.fetchone() == (True,)
    assert Product.objects.get().attributes == {"girth": 12}


def test_the_components_of_a_bundle_are_set_with_its_product_locked_first(owner):
    product, part = written(0), Variant.objects.get(product=written(1), option1="L")
    bundle = Variant.objects.get(product=product, option1="L")

    with running_into(hold(product), lambda: services.set_parts(bundle, [(part, 2)], by=owner)):
        assert is_free(bundle)


def test_another_title_waits_for_the_variants_before_anything_is_written(owner):
    product = written(0)

    with running_into(
        hold(Variant.objects.get(sku="S0-L")),
        lambda: services.update_product(product, by=owner, title="New", title_zh="新"),
    ):
        assert is_free(Completeness.objects.get(product=product))


def test_all_of_them_at_the_same_products_at_once(tmp_path, owner, reviewer):
    make_category("Old"), make_category("New")
    products = [publish(written(number, attributes={"girth": "1"})) for number in range(12)]
    definition = services.save_definition(by=owner, category=None, code="girth", name="Girth", kind="text")
    refused: list[str] = []

    def at_once(seed: int, work: Callable[[random.Random, int], Any]) -> None:
        chance = random.Random(seed)
        for round_ in range(6):
            try:
                with acting(source="page", user=owner):
                    work(chance, round_)
            except ValidationError as error:  # somebody was faster: told in words
                refused.extend(error.messages)

    def import_(chance: random.Random, round_: int) -> None:
        names = chance.sample(range(12), 8)
        lines = [f"p{n},T{round_}-{n},Old > C{round_},S{n}-M,{round_ + 2}" for n in names]
        folder = tmp_path / str(round_)
        folder.mkdir()
        run = bring(folder, "\n".join(["handle,title,category,sku,price", *lines]), "--partial")["run"]
        if round_ % 2:
            call_command("undo_import", run, stdout=StringIO())

    def approve(chance: random.Random, round_: int) -> None:
        some = list(Product.objects.filter(status="draft"))
        chance.shuffle(some)
        if some:
            publishing.submit(some, by=None)
        waiting = list(Review.objects.filter(subject_type="catalog.product").open())
        chance.shuffle(waiting)
        publishing.approve(waiting, by=reviewer)

    def unpublish(chance: random.Random, round_: int) -> None:
        publishing.unpublish(chance.sample(products, 6), by=reviewer)

    def reprice(chance: random.Random, round_: int) -> None:
        run = repricing.prepare(by=owner, address="/catalog/variants/", rule="percent", value=Decimal(3))
        repricing.apply(run, by=owner)

    def rename(chance: random.Random, round_: int) -> None:
        product = chance.choice(products)
        services.update_product(product, by=owner, title=f"R{round_}", attributes={"girth": str(round_)})

    def arrange(chance: random.Random, round_: int) -> None:
        old = Category.objects.filter(path__startswith="Old > ").order_by("?").first()
        if old:
            services.merge_category(old, by=owner, into=Category.objects.get(path="New"))
        services.save_definition(
            AttributeDefinition.objects.get(pk=definition.pk), by=owner, kind="number" if round_ % 2 else "text"
        )

    works = [import_, approve, unpublish, reprice, rename, arrange]
    with ThreadPoolExecutor(len(works)) as pool:
        futures = [pool.submit(closing(partial(at_once, seed, work))) for seed, work in enumerate(works)]
    for future in futures:
        future.result()

    assert ImportRun.objects.filter(status="failed").count() == 0
    assert not [text for text in refused if "deadlock" in text]
    assert {report.name: report.result.wrong for report in verification.run()} == dict.fromkeys(verification.names(), 0)
