"""Flat order files brought in, beside hand-written SQL that writes the same rows.

Each order has three lines, a parcel that left and a payment; articles and customers are there already. The limit is COPY into a
staging table and one INSERT .. SELECT a table, without any check, with the same triggers (history of orders, lines, parcels and
their lines; orders are written with what was paid, which payments then do not add). Contenders take turns, each on tables of orders that were emptied. `cpu`
adds up this process and the server's.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.performance import order_files
from tests.performance.bench_import import peak_mib, server_cpu
from tests.performance.shop import PROJECT, report

WRITTEN = ("order", "orderline", "fulfilment", "fulfilmentline", "payment")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000, help="orders of the file (default 10,000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender is measured (default 3)")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    start()
    if options.child:
        print(json.dumps(peak(Path(options.child))))
        return
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), options.rows)
        for _round in range(options.rounds):
            bench.round()
        report(bench.figures() | bench.memory())


def start() -> None:
    if "DATABASE_URL" not in os.environ:
        folder = os.environ.setdefault("BENCH_POSTGRES_DIR", str(PROJECT / ".data" / "performance-orders"))
        os.environ["EMBEDDED_POSTGRES_DIR"] = folder
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.performance.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    _stock_the_shop()


def _stock_the_shop() -> None:
    """Articles, customers and a warehouse, which the orders refer to."""
    from catalog.models import Product, Variant
    from customers.services import find_or_create_by_emails
    from inventory.models import Location

    if Location.objects.stock().exists():
        return
    Location.objects.create(code="MAIN", name="Main", kind="stock")
    product = Product.objects.create(handle="article", title="Article", options=["Kind"])
    Variant.objects.bulk_create(
        Variant(product=product, sku=order_files.sku(n), title=f"Article {n}", option1=str(n), price=order_files.price(n) / 100)
        for n in range(order_files.VARIANTS)
    )  # fmt: skip
    find_or_create_by_emails({order_files.email(n): f"Person {n}" for n in range(order_files.PEOPLE)})


def bring(path: Path) -> Any:
    """The whole road of `import_csv`; the run."""
    from backoffice import resources
    from backoffice.imports import running

    orders = resources.get("orders")
    run = running.start(orders, by=None, name=path.name, source="bench", path=path)
    running.apply(run, running.open_table(path, orders), by=None)
    return run


def limit(path: Path) -> None:
    """The same rows by SQL that knows the file."""
    import pgtrigger
    from django.db import connection, transaction

    from backoffice.context import acting

    staging, *statements = (Path(__file__).parent / "orders_limit.sql").read_text().split(";\n")
    paid = pgtrigger.ignore("orders.Payment:adds_to_paid")
    with acting(source="bench"), paid, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(staging)
        names = ", ".join(order_files.HEADER)
        with cursor.copy(f"COPY staged ({names}) FROM STDIN (FORMAT csv, HEADER)") as copy, path.open("rb") as file:
            while piece := file.read(1 << 16):
                copy.write(piece)
        for statement in filter(str.strip, statements):
            cursor.execute(statement)


def peak(path: Path) -> dict[str, float]:
    """Peak memory of this process before and after it brought in the file, in MiB."""
    empty()
    bring(order_files.write(path.with_name("tiny.csv"), 100, start=10_000_000))
    base = peak_mib()
    bring(path)
    return {"base": base, "peak": peak_mib()}


def empty() -> None:
    from django.db import connection

    tables = ", ".join(f"orders_{name}" for name in WRITTEN)
    past = ", ".join(f"orders_{name}history" for name in WRITTEN if name != "payment")
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {tables}, {past}, backoffice_importrow, backoffice_auditevent CASCADE")
        cursor.execute(f"VACUUM ANALYZE {tables}, catalog_variant, customers_contactpoint")
        cursor.execute("CHECKPOINT")


def written() -> dict[str, Any]:
    """How many rows of each table there are, and what they come to."""
    from django.db import connection

    found: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for name in (*WRITTEN, *(f"{name}history" for name in WRITTEN if name != "payment")):
            cursor.execute(f"SELECT count(*) FROM orders_{name}")
            (found[name],) = cursor.fetchone()
        cursor.execute("SELECT sum(total), sum(paid), count(customer_id) FROM orders_order")
        found["sums"] = cursor.fetchone()
        cursor.execute("SELECT sum(net), sum(gross), sum(fulfilled), count(variant_id) FROM orders_orderline")
        found["lines"] = cursor.fetchone()
    return found


class Bench:
    def __init__(self, folder: Path, orders: int) -> None:
        self.orders = orders
        self.file = order_files.write(folder / "orders.csv", orders)
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.cpu: dict[str, list[float]] = defaultdict(list)

    def round(self) -> None:
        """Both from the same state, to the same rows."""
        empty()
        self.measure("limit", lambda: limit(self.file))
        wanted = written()
        empty()
        self.measure("create", lambda: bring(self.file))
        assert written() == wanted, (written(), wanted)
        run = self.measure("same", lambda: bring(self.file))
        assert (run.unchanged, written()) == (order_files.LINES * self.orders, wanted)

    def measure(self, name: str, call: Callable[[], Any]) -> Any:
        with server_cpu() as used:
            started, own = time.perf_counter(), time.process_time()
            found = call()
            self.seconds[name].append(time.perf_counter() - started)
            own = time.process_time() - own
        self.cpu[name].append(own + used[0])
        rate = self.orders / self.seconds[name][-1]
        print(
            f"{name:7} {self.seconds[name][-1]:6.2f} s {rate:7,.0f} orders/s, cpu {own:.2f} + {used[0]:.2f} s",
            file=sys.stderr,
        )
        return found

    def figures(self) -> dict[str, Any]:
        seconds = {name: statistics.median(values) for name, values in self.seconds.items()}
        cpu = {name: statistics.median(values) for name, values in self.cpu.items()}
        figures: dict[str, Any] = {"orders": self.orders}
        figures |= {f"{name}_orders_per_s": round(self.orders / value) for name, value in seconds.items()}
        figures |= {f"{name}_orders_per_s_cpu": round(self.orders / value) for name, value in cpu.items()}
        figures["create_of_limit"] = round(seconds["limit"] / seconds["create"], 2)
        figures["create_of_limit_cpu"] = round(cpu["limit"] / cpu["create"], 2)
        return figures

    def memory(self) -> dict[str, Any]:
        command = [sys.executable, "-m", "tests.performance.bench_orders", "--child", str(self.file)]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        return {
            "base_mib": round(found["base"], 1),
            "peak_over_base_mib": round(found["peak"] - found["base"], 1),
        }


if __name__ == "__main__":
    main()
