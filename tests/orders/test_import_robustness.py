"""Imports among orders, and imports that are killed: nothing stuck, nothing by halves."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections

from backoffice import resources, verification
from backoffice.errors import IllegalTransition
from backoffice.imports import running
from backoffice.models import ImportRun
from catalog.models import Product, Variant
from inventory.services import InsufficientStock
from orders import services
from orders.models import Order
from tests.orders.builders import article, make_order

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 1500
Status = ImportRun.Status


def product_file(path, rows=ROWS, price=5, prefix="SKU"):
    lines = [f"{prefix.lower()}{n},Title {n} at {price},{prefix}{n},{price}.{n % 100:02d}\n" for n in range(rows)]
    path.write_text("handle,title,sku,price\n" + "".join(lines))
    return path


def at_once(workers):
    """Run every function in a thread with a connection of its own, started together; what it returns or raises."""
    barrier = threading.Barrier(len(workers))

    def run(worker):
        try:
            barrier.wait(30)
            return worker()
        except (InsufficientStock, IllegalTransition) as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(workers)) as pool:
        return [future.result(120) for future in [pool.submit(run, worker) for worker in workers]]


def importer(path, times):
    def bring():
        products = resources.get("products")
        counts = Counter()
        for _time in range(times):
            run = running.start(products, by=None, name=path.name, source="import", path=path)
            outcome = running.apply(run, running.open_table(path, products), by=None)
            counts.update(running.counts(outcome))
        return counts

    return bring


def placer(number, skus, orders):
    dice = random.Random(number)

    def place():
        placed = 0
        for _order in range(orders):
            chosen = dice.sample(skus, 3)
            order = make_order([(sku, 1) for sku in chosen])
            services.place(order, by=None)
            placed += 1
        return placed

    return place


def test_imports_and_orders_do_not_stop_each_other(tmp_path):
    skus = [f"SKU{n}" for n in range(30)]
    for sku in skus:
        article(sku, on_hand=1000)
    paths = [product_file(tmp_path / f"{n}.csv", 300, price=5 + n) for n in range(4)]

    results = at_once([*(importer(path, 3) for path in paths), *(placer(number, skus, 6) for number in range(8))])

    for counts in results[:4]:
        assert (counts["read"], counts["refused"]) == (900, 0)
    assert results[4:] == [6] * 8
    assert Order.objects.filter(status="placed").count() == 48
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}
    assert Product.objects.count() == Variant.objects.count() == 300
    assert len({int(price) for price in Variant.objects.values_list("price", flat=True)}) == 1


def test_applying_twice_at_once_applies_once(tmp_path):
    path = product_file(tmp_path / "file.csv", 500)
    products = resources.get("products")
    upload = SimpleUploadedFile("file.csv", path.read_bytes())
    run = running.start(products, by=None, name="file.csv", source="import", upload=upload)

    def press():
        return running.work(ImportRun.objects.get(pk=run.pk), by=None, action="apply")

    results = at_once([press] * 4)

    assert sorted(type(result).__name__ for result in results) == [*["IllegalTransition"] * 3, "NoneType"]
    run.refresh_from_db()
    assert (run.status, run.new, Product.objects.count()) == (Status.APPLIED, 500, 500)
    assert Product.history.rel.related_model.objects.count() == 500


# --- Killed -----------------------------------------------------------------------------------------

MOMENTS = ["COPY import_stage", "INSERT INTO catalog_product", "INSERT INTO catalog_variant"]


def begin(path):
    """`import_csv` of the file in a process of its own."""
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_TEMPLATE": connection.settings_dict["NAME"],
        "EMBEDDED_POSTGRES_DIR": str(settings.EMBEDDED_POSTGRES_DIR),
    }
    command = [sys.executable, "manage.py", "import_csv", "products", str(path), "--json"]
    return subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


def wait_for(statement, process):
    """The server process that works on such a statement, or None when the import ended before one was seen."""
    with connection.cursor() as cursor:
        while process.poll() is None:
            cursor.execute(
                """SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                   AND query LIKE %s""",
                [f"%{statement}%"],
            )
            if found := cursor.fetchone():
                return found[0]
            time.sleep(0.002)
    return None


def assert_whole():
    """The run says what is there: all rows, each with its history, or none."""
    run = ImportRun.objects.latest("pk")
    deadline = time.monotonic() + 10
    while run.status == Status.APPLYING and not running.interrupted(run):
        assert time.monotonic() < deadline, "the server still works for a process that is gone"
        time.sleep(0.05)
        run.refresh_from_db()
    expected = ROWS if run.status == Status.APPLIED else 0
    for model in (Product, Variant):
        assert (model.objects.count(), model.history.rel.related_model.objects.count()) == (expected, expected)
    assert run.rows.count() == expected
    return run


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_import_is_wholly_in_or_wholly_out(tmp_path, moment):
    path = product_file(tmp_path / "file.csv")
    process = begin(path)
    wait_for(moment, process)
    process.send_signal(signal.SIGKILL)
    process.wait()

    run = assert_whole()

    products = resources.get("products")
    outcome = running.apply(
        run
        if run.status == Status.APPLYING
        else running.start(products, by=None, name="again", source="import", path=path),
        running.open_table(path, products),
        by=None,
    )
    assert outcome.new + outcome.unchanged == ROWS
    assert Product.objects.count() == ROWS


@pytest.mark.parametrize("moment", MOMENTS[1:2])
def test_an_import_whose_connection_breaks_is_wholly_in_or_wholly_out(tmp_path, moment):
    process = begin(product_file(tmp_path / "file.csv"))
    backend = wait_for(moment, process)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [backend])
    process.wait(30)

    run = assert_whole()

    assert run.status in (Status.APPLYING, Status.APPLIED, Status.FAILED)
