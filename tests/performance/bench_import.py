"""Product files of 12 columns brought in, beside hand-written SQL, plain COPY and django-import-export: I1, I2, I4 to I7.

The limit is a hand-written staging path into the same two tables with the same triggers: COPY of the file as it is, checks
in SQL, one upsert a table. Contenders take turns. Seconds are those of the clock; `cpu` adds up this process and the
server's, which tells more on a busy machine. Without `--rows` it runs 10,000 and 100,000 rows; 1,000,000 (`--rows 1000000
--rounds 1`, about half an hour, reckoned from 100,000) leave the peers out.

What a changed row costs each contender. All write product, variant and an entry in the history of each, and keep 7 and 9
b-trees and 3 GIN indexes; titles and prices change, so no update spares an index (none is HOT).

- ours: besides `updated_at`, the locks in key order, what became of the row (`ImportRow`), the first differences, the report
- limit: besides `updated_at`, statistics of both tables anew
- import-export tuned: without `updated_at`, locks, or a word on what changed; bulk_update of a thousand rows at a time

Updating is asked to be 25 times as fast as import-export tuned, which the limit does not reach either. 100,000 rows: ours took
14.6 s of processor time, the limit 12.8 s; the tuned peer takes 2.1 ms a row, nine tenths of it in Python. That is 14 and 16 times;
with --lean, whose five indexes a table are what that figure was set for, 19 and 24 by processor, 18 and 22 by the clock. Ours went
into index upkeep 45 % (b-trees 33 %, trigrams 12 %), rows, joins and locks 12 %, history 8 %, ImportRow 10 %, comparing and checking
11 %, reading and COPY 14 %. 25 times would be 0.083 ms a row; what every contender must write (rows, indexes, history) takes
0.085 ms alone.
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

from tests.performance import product_files
from tests.performance.shop import PROJECT, report, server_cpu

PEERS_UP_TO = 100_000
KEPT = {
    "catalog_product_pkey", "product_handle_once", "product_status", "product_category", "product_search",
    "catalog_variant_pkey", "variant_sku_once", "variant_options_once", "variant_barcode", "variant_search",
}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", type=int, nargs="+", default=[10_000, 100_000], help="rows of the files (default 10,000 and 100,000)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender is measured (default 3)")
    parser.add_argument(
        "--peer-rows", type=int, default=1000, help="rows that django-import-export gets (default 1,000)"
    )
    parser.add_argument(
        "--lean", action="store_true", help="five indexes a table, one of them of trigrams, in a database of its own"
    )
    parser.add_argument("--child", nargs=2, metavar=("PEAK", "FILE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    start(lean=options.lean)
    if options.child:
        print(json.dumps(peak(Path(options.child[1]))))
        return
    report({str(rows): measured(rows, options.rounds, options.peer_rows) for rows in options.rows})


def measured(rows: int, rounds: int, peer_rows: int) -> dict[str, Any]:
    """The figures of files of so many rows."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), rows)
        for number in range(rounds):
            bench.round(number)
        peers = bench.peers(min(peer_rows, rows)) if rows <= PEERS_UP_TO else {}
        return bench.figures() | peers | bench.memory()


def start(*, lean: bool) -> None:
    if "DATABASE_URL" not in os.environ:
        name = "performance-import-lean" if lean else "performance-import"
        # The child that memory is measured of follows.
        folder = os.environ.setdefault("BENCH_POSTGRES_DIR", str(PROJECT / ".data" / name))
        os.environ["EMBEDDED_POSTGRES_DIR"] = folder
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.performance.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    if lean:
        _drop_indexes()


def _drop_indexes() -> None:
    """Leave five indexes a table: what the peers' figures were measured with. For good: the database serves nothing else."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname FROM pg_indexes WHERE tablename IN ('catalog_product', 'catalog_variant') AND indexname <> ALL(%s)",
            [sorted(KEPT)],
        )
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")


def bring(path: Path, *, dry_run: bool = False) -> Any:
    """The whole road of `import_csv`; the run."""
    from backoffice import resources
    from backoffice.imports import running

    products = resources.get("products")
    run = running.start(products, by=None, name=path.name, source="bench", path=path)
    table = running.open_table(path, products)
    (running.check if dry_run else running.apply)(run, table, by=None)
    return run


def peak(path: Path) -> dict[str, float]:
    """Peak memory of this process before and after it brought in the file, in MiB."""
    from django.db import connection

    connection.ensure_connection()
    tiny = product_files.write(path.with_name("tiny.csv"), 100)
    bring(tiny, dry_run=True)
    base = peak_mib()
    bring(path)
    return {"base": base, "peak": peak_mib()}


def peak_mib() -> float:
    """Peak memory of this program; getrusage would count that of the program which started it."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) / 1024


class Bench:
    def __init__(self, folder: Path, rows: int) -> None:
        self.rows = rows
        self.folder = folder
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self.cpu: dict[str, list[float]] = defaultdict(list)
        write = product_files.write
        self.base = write(folder / "base.csv", rows)
        self.wrong = write(folder / "wrong.csv", rows, wrong=0.01)

    def version(self, number: int, changed: float = 1.0) -> Path:
        path = self.folder / "version.csv"
        return product_files.write(path, self.rows, version=number, changed=changed)

    def round(self, number: int) -> None:
        """Each contender once, each from the state that it needs."""
        age = number * 10
        self.empty()
        self.measure("limit_create", lambda: limit(self.base))
        self.empty()
        self.measure("copy", lambda: copy_straight(self.folder, self.base))
        self.empty()
        self.measure("wrong_partial", lambda: bring_partial(self.wrong))
        self.empty()
        run = self.measure("create", lambda: bring(self.base))
        assert run.new == self.rows, run.report
        self.settle()
        events = self.events()
        run = self.measure("same", lambda: bring(self.base))
        assert (run.unchanged, self.events()) == (self.rows, events)
        path = self.version(age + 1)
        self.measure("check_changed", lambda: bring(path, dry_run=True))
        run = self.measure("changed", lambda: bring(path))
        assert run.changed == self.rows, run.report
        self.settle()
        path = self.version(age + 2)
        self.measure("limit_changed", lambda: limit(path))
        self.settle()
        self.version(age + 2)
        bring(path)
        self.settle()
        few = self._few(age)
        run = self.measure("few_changed", lambda: bring(few))
        assert 0 < run.changed <= self.rows // 50 + 10, run.report
        self.settle()
        path = self.version(age + 2)
        self.measure("limit_few_changed", lambda: limit(path))

    def _few(self, age: int) -> Path:
        """The file of the last version with 1 % of its rows changed."""
        path = self.folder / "few.csv"
        with self.version(age + 2).open(encoding="utf-8") as lines, path.open("w", encoding="utf-8") as file:
            file.writelines(line.replace(" v", " w", 1) if n % 100 == 1 else line for n, line in enumerate(lines))
        return path

    def measure(self, name: str, call: Callable[[], Any]) -> Any:
        with server_cpu() as used:
            started, own = time.perf_counter(), time.process_time()
            found = call()
            self.seconds[name].append(time.perf_counter() - started)
            own = time.process_time() - own
        self.cpu[name].append(own + used[0])
        print(
            f"{name:15} {self.seconds[name][-1]:7.2f} s {self.rows / self.seconds[name][-1]:8,.0f} rows/s, "
            f"cpu {own:.2f} + {used[0]:.2f} s",
            file=sys.stderr,
        )
        return found

    def empty(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'catalog\\_%%'")
            names = [name for (name,) in cursor.fetchall()]
            cursor.execute(f"TRUNCATE {', '.join(names)}, backoffice_revision, backoffice_importrow CASCADE")
        self.settle()

    def settle(self) -> None:
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE catalog_product, catalog_variant")
            cursor.execute("CHECKPOINT")

    def events(self) -> int:
        from catalog.models import Product, Variant

        return sum(model.history.rel.related_model.objects.count() for model in (Product, Variant))

    def peers(self, rows: int) -> dict[str, Any]:
        """Rows per second of django-import-export on a few rows, creating and changing."""
        from tests.performance import import_export_peer

        figures = {}
        first = product_files.write(self.folder / "peer.csv", rows)
        second = product_files.write(self.folder / "peer2.csv", rows, version=1)
        for name in ("default", "tuned"):
            self.empty()
            for kind, path in (("create", first), ("changed", second)):
                with server_cpu() as used:
                    started, cpu = time.perf_counter(), time.process_time()
                    import_export_peer.bring(path, tuned=name == "tuned")
                    rate = rows / (time.perf_counter() - started)
                    cpu = time.process_time() - cpu
                own = self.rows / statistics.median(self.seconds[kind])
                own_cpu = self.rows / statistics.median(self.cpu[kind])
                figures[f"import_export_{name}_{kind}"] = round(rate)
                figures[f"times_import_export_{name}_{kind}"] = round(own / rate, 1)
                figures[f"times_import_export_{name}_{kind}_cpu"] = round(own_cpu * (cpu + used[0]) / rows, 1)
                print(f"import-export {name} {kind}: {rate:,.0f} rows/s", file=sys.stderr)
        return figures

    def memory(self) -> dict[str, Any]:
        self.empty()
        command = [sys.executable, "-m", "tests.performance.bench_import", "--child", "peak", str(self.base)]
        done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
        found = json.loads(done.stdout.splitlines()[-1])
        over = found["peak"] - found["base"]
        print(f"memory of the importing process: {found['base']:.0f} MiB and {over:.1f} more", file=sys.stderr)
        return {"base_mib": round(found["base"], 1), "peak_over_base_mib": round(over, 1)}

    def figures(self) -> dict[str, Any]:
        seconds = {name: statistics.median(values) for name, values in self.seconds.items()}
        cpu = {name: statistics.median(values) for name, values in self.cpu.items()}
        ratios = {
            "create_of_limit": ("limit_create", "create"),
            "changed_of_limit": ("limit_changed", "changed"),
            "same_of_copy": ("copy", "same"),
            "check_of_changed": ("check_changed", "changed"),
            "wrong_of_create": ("wrong_partial", "create"),
            "few_of_changed": ("few_changed", "changed"),
            "few_of_limit": ("limit_few_changed", "few_changed"),
        }
        figures: dict[str, Any] = {"rows": self.rows}
        figures |= {f"{name}_rows_per_s": round(self.rows / value) for name, value in seconds.items()}
        for name, (over, under) in ratios.items():
            figures[name] = round(seconds[over] / seconds[under], 2)
            figures[f"{name}_cpu"] = round(cpu[over] / cpu[under], 2)
        return figures


def bring_partial(path: Path) -> Any:
    from backoffice import resources
    from backoffice.imports import running

    products = resources.get("products")
    run = running.start(products, by=None, name=path.name, source="bench", path=path)
    errors = path.with_name("refused.csv")
    running.apply(run, running.open_table(path, products), by=None, partial=True, errors=errors)
    assert run.refused == sum(1 for _line in errors.open(encoding="utf-8-sig")) - 1, run.report["causes"]
    return run


def limit(path: Path) -> None:
    """The same result by SQL that knows the file: text as it is into staging, checks, one upsert a table."""
    from django.db import connection, transaction

    from backoffice.context import acting

    statements = (Path(__file__).parent / "import_limit.sql").read_text().split(";\n")
    with acting(source="bench"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statements[0])
        with (
            cursor.copy(
                "COPY staged (" + ", ".join(product_files.HEADER) + ") FROM STDIN (FORMAT csv, HEADER)"
            ) as copy,
            path.open("rb") as file,
        ):
            while piece := file.read(1 << 16):
                copy.write(piece)
        for statement in statements[1:]:
            if statement.strip():
                cursor.execute(statement)
        cursor.execute("SELECT count(*) FROM wrong")
        assert cursor.fetchone() == (0,)
        cursor.execute("DROP TABLE staged, wrong")


def copy_straight(folder: Path, path: Path) -> None:
    """COPY of ready-made rows into both tables with their indexes and foreign keys, without history."""
    import csv

    from django.db import connection, transaction

    products, variants = folder / "products.tsv", folder / "variants.tsv"
    if not products.exists():
        with path.open() as file, products.open("w") as product, variants.open("w") as variant:
            for n, row in enumerate(csv.DictReader(file), start=1):
                product.write(
                    f"{n}\t{row['handle']}\t{row['title']}\t\t{row['description']}\t\t{row['product_type']}\t{{}}\tpublished\t{{}}\t{{}}\t\t\n"
                )
                variant.write(
                    f"{n}\t{n}\t{row['sku']}\t{row['barcode']}\t{row['title']}\t\t\t\t0\t{row['price']}\t{row['weight_grams']}\tstandard\tt\tt\tnone\t0\tt\n"
                )
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE catalog_product DISABLE TRIGGER USER; ALTER TABLE catalog_variant DISABLE TRIGGER USER"
        )
        cursor.execute(
            "ALTER TABLE catalog_product ALTER created_at SET DEFAULT now(), ALTER updated_at SET DEFAULT now()"
        )
        cursor.execute(
            "ALTER TABLE catalog_variant ALTER created_at SET DEFAULT now(), ALTER updated_at SET DEFAULT now()"
        )
        for table, names, source in (
            ("catalog_product", "id, handle, title, title_zh, description, description_zh, product_type, tags, status, options, attributes, seo_title, seo_description", products),
            ("catalog_variant", "id, product_id, sku, barcode, title, option1, option2, option3, position, price, weight_grams, tax_class, requires_shipping, track_stock, tracking, backorder_limit, is_active", variants),
        ):  # fmt: skip
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy, source.open("rb") as file:
                while piece := file.read(1 << 16):
                    copy.write(piece)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("catalog_product", "catalog_variant"):
            cursor.execute(
                f"ALTER TABLE {table} ENABLE TRIGGER USER, ALTER created_at DROP DEFAULT, ALTER updated_at DROP DEFAULT"
            )


if __name__ == "__main__":
    main()
