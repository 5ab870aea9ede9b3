"""Editing one field of every variant over a filter, beside one bare UPDATE of the same rows with the same triggers.

The contenders take turns: the bare UPDATE (the whole change by hand, without preview, checks or undo), the check, the
application, undo, and the old road of one service call after another over a few rows. Seconds are those of the clock.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from tests.performance.bench_import import _peak_mib
from tests.performance.shop import PROJECT, report

ADDRESS = "/catalog/variants/?is_active=true"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000, help="variants (default 100,000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender is measured (default 3)")
    parser.add_argument("--few", type=int, default=300, help="rows that go one after another (default 300)")
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    start()
    if options.child:
        print(json.dumps(peak()))
        return
    fill(options.rows)
    bench = Bench(options.rows)
    for _round in range(options.rounds):
        bench.round()
    report(bench.figures() | bench.one_by_one(options.few) | memory())


def start() -> None:
    if "DATABASE_URL" not in os.environ:
        os.environ["EMBEDDED_POSTGRES_DIR"] = os.environ.get(
            "BENCH_POSTGRES_DIR", str(PROJECT / ".data" / "performance-bulk-edit")
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.performance.settings")
    import django

    django.setup()
    from django.core.management import call_command

    from backoffice.roles import sync_roles

    call_command("migrate", verbosity=0)
    sync_roles()


def run(sql: str, *params: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(sql, params)


def fill(rows: int) -> None:
    """So many variants, five of a product, and nothing else."""
    run("TRUNCATE catalog_product, catalog_variant, catalog_producthistory, catalog_varianthistory CASCADE")
    run(
        """INSERT INTO catalog_product (id, handle, title, title_zh, description, description_zh, product_type, tags, status, options,
                                        attributes, seo_title, seo_description, created_at, updated_at)
           SELECT n, 'product-' || n, 'Product ' || n, '', 'About it', '', 'Tea', '{}', 'draft', '{}', '{}', '', '', now(), now()
           FROM generate_series(1, %s) n""",
        rows // 5,
    )
    run(
        """INSERT INTO catalog_variant (product_id, sku, barcode, title, option1, option2, option3, position, price, tax_class,
                                        requires_shipping, track_stock, backorder_limit, is_active, created_at, updated_at)
           SELECT 1 + (n - 1) / 5, 'SKU-' || n, '', 'Product ' || n, 'o' || n, '', '', n %% 5, 10 + n %% 90, 'standard', true, true, 0,
                  true, now(), now()
           FROM generate_series(1, %s) n""",
        rows,
    )


def settle() -> None:
    run("VACUUM ANALYZE catalog_variant")
    run("CHECKPOINT")


def owner() -> Any:
    from backoffice.models import User

    return User.objects.filter(email="bench@example.com").first() or User.objects.create_user(
        "bench@example.com", roles=("owner",), name="Bench"
    )


def begin(by: Any, percent: int = 5) -> Any:
    from backoffice.bulk_edit import editing
    from backoffice.bulk_edit.forms import change_of
    from backoffice.bulk_edit.operations import field_of
    from catalog.models import Variant

    change = change_of(field_of(Variant, "price"), "percent", Decimal(percent))
    return editing.start(ADDRESS, by=by, changes=[change])


def work(edit: Any, by: Any, action: str) -> Any:
    from backoffice.imports import running

    running.work(edit, by=by, action=action, partial=True)
    return edit


def bare() -> None:
    """What somebody would write by hand."""
    from backoffice.context import acting

    with acting(source="bench"):
        run(
            "UPDATE catalog_variant SET price = round(price * 1.05, 2), updated_at = now() WHERE is_active AND price IS DISTINCT FROM round(price * 1.05, 2)"
        )


def peak() -> dict[str, float]:
    """Peak memory of this process before and after a bulk edit, in MiB."""
    by = owner()
    edit = begin(by)
    base = _peak_mib()
    work(edit, by, "check")
    work(edit, by, "apply")
    return {"base": base, "peak": _peak_mib()}


def memory() -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.performance.bench_bulk_edit", "--child"]
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    return {"base_mib": round(found["base"], 1), "peak_over_base_mib": round(found["peak"] - found["base"], 1)}


class Bench:
    def __init__(self, rows: int) -> None:
        self.rows = rows
        self.by = owner()
        self.seconds: dict[str, list[float]] = defaultdict(list)

    def measure(self, name: str, call: Callable[[], Any]) -> Any:
        settle()
        started = time.perf_counter()
        found = call()
        self.seconds[name].append(time.perf_counter() - started)
        print(
            f"{name:8} {self.seconds[name][-1]:7.2f} s {self.rows / self.seconds[name][-1]:9,.0f} rows/s",
            file=sys.stderr,
        )
        return found

    def round(self) -> None:
        from backoffice.imports import undoing

        self.measure("bare", bare)
        edit = self.measure("collect", lambda: begin(self.by))
        self.measure("check", lambda: work(edit, self.by, "check"))
        assert (edit.changed, edit.refused) == (self.rows, 0), edit.report
        self.measure("apply", lambda: work(edit, self.by, "apply"))
        assert (edit.status, edit.changed) == ("applied", self.rows)
        self.measure("undo", lambda: undoing.undo(edit, by=self.by))

    def one_by_one(self, few: int) -> dict[str, Any]:
        """Rows per second of the service behind the form, one variant after another."""
        from catalog.models import Variant
        from catalog.services import update_variant

        variants = list(Variant.objects.select_related("product").order_by("pk")[:few])
        started = time.perf_counter()
        for variant in variants:
            update_variant(variant, by=self.by, price=variant.price + 1)
        rate = few / (time.perf_counter() - started)
        own = self.rows / (statistics.median(self.seconds["check"]) + statistics.median(self.seconds["apply"]))
        return {"one_by_one_rows_per_s": round(rate), "times_one_by_one": round(own / rate, 1)}

    def figures(self) -> dict[str, Any]:
        seconds = {name: statistics.median(values) for name, values in self.seconds.items()}
        figures: dict[str, Any] = {"rows": self.rows}
        figures |= {f"{name}_rows_per_s": round(self.rows / value) for name, value in seconds.items()}
        figures["apply_of_bare"] = round(seconds["bare"] / seconds["apply"], 2)
        figures["check_of_apply"] = round(seconds["check"] / seconds["apply"], 2)
        figures["undo_of_bare"] = round(seconds["bare"] / seconds["undo"], 2)
        return figures


if __name__ == "__main__":
    main()
