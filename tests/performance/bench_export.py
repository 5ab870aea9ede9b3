"""Exports of a large list over HTTP, beside what PostgreSQL, plain Django and django-import-export need: target E1.

gunicorn runs as `manage.py serve` runs it, on a shop with so many variants; the contenders take turns. "Computed" adds
the margin, which only Python can tell. Memory is how far the serving process grows above what it holds after a small export.
"""

from __future__ import annotations

import argparse
import csv
import io
import os
import socket
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

from tests.performance.bench_requests import HOST, serving
from tests.performance.shop import PROJECT, report

FIELDS = [
    "sku", "title", "barcode", "is_active", "price", "compare_at", "cost", "weight_grams", "tax_class", "updated_at",
]  # fmt: skip
PEER_ROWS = 20_000
PRODUCTS = 100
EVERY = {"is_active": "unknown", "export": "csv"}  # on and off sale
MIB = 1 << 20


def main() -> None:
    options = _arguments()
    open_variants(options.rows)
    cookie = sign_in()
    plain = f"/catalog/variants/?{urlencode({'columns': FIELDS, **EVERY}, doseq=True)}"
    computed = f"/catalog/variants/?{urlencode({'columns': [*FIELDS, 'margin'], **EVERY}, doseq=True)}"
    os.environ["WEB_CONCURRENCY"] = "1"
    os.environ["EXPORT_FOREGROUND_ROWS"] = str(10 * options.rows)
    with serving("8") as port:
        contenders: dict[str, Callable[[], int]] = {
            "copy": copy_to_stdout,
            "ours": lambda: fetch(port, cookie, plain),
            "computed": lambda: fetch(port, cookie, computed),
            "django": values_and_csv,
            "import_export": import_export,
        }
        memory = grown(port, cookie, {"ours": plain, "computed": computed}, options.rows)
        rates = in_turns(contenders, options.rounds)
    figures = {f"{name}_rows_per_s": round(rate) for name, rate in rates.items()}
    ratios = {
        "of_copy": rates["ours"] / rates["copy"],
        "computed_of_copy": rates["computed"] / rates["copy"],
        "times_import_export": rates["ours"] / rates["import_export"],
        "times_django": rates["ours"] / rates["django"],
    }
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", file=sys.stderr)
    report(
        {
            "rows": options.rows,
            **figures,
            **{name: round(ratio, 2) for name, ratio in ratios.items()},
            **{f"{name}_growth_mib": round(size / MIB, 1) for name, size in memory.items()},
        }
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000, help="how many variants are exported (default 200,000)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each contender is measured (default 3)")
    return parser.parse_args()


# --- The shop ---------------------------------------------------------------------------------------


def open_variants(rows: int) -> None:
    """Start Django on a catalogue of so many variants, made by PostgreSQL where they are missing."""
    if "DATABASE_URL" not in os.environ:
        os.environ["EMBEDDED_POSTGRES_DIR"] = os.environ.get(
            "BENCH_POSTGRES_DIR", str(PROJECT / ".data" / "performance-export")
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.performance.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from backoffice.models import User
    from backoffice.roles import sync_roles
    from catalog.models import Variant

    call_command("migrate", verbosity=0)
    sync_roles()
    if not User.objects.filter(email="owner@houtai.example").exists():
        User.objects.create_superuser("owner@houtai.example", name="Owner")
    if Variant.objects.count() == rows:
        return
    print(f"making {rows:,} variants", file=sys.stderr)
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")  # without history of what nobody reads
        cursor.execute("TRUNCATE catalog_product, catalog_variant CASCADE")
        cursor.execute(PRODUCT_ROWS, [PRODUCTS])
        cursor.execute(VARIANT_ROWS, [rows, PRODUCTS])
        cursor.execute("RESET session_replication_role")
        cursor.execute("VACUUM ANALYZE catalog_product, catalog_variant")


PRODUCT_ROWS = """
    INSERT INTO catalog_product (handle, title, title_zh, description, description_zh, product_type, tags, status,
        options, attributes, seo_title, seo_description, created_at, updated_at)
    SELECT 'product-' || n, 'Product ' || n, '', '', '', '', '{}', 'draft', '{}', '{}', '', '', now(), now()
    FROM generate_series(1, %s) AS n
"""
VARIANT_ROWS = """
    INSERT INTO catalog_variant (product_id, sku, barcode, title, option1, option2, option3, position, price,
        compare_at, cost, weight_grams, tax_class, requires_shipping, track_stock, backorder_limit, is_active,
        created_at, updated_at)
    SELECT product.id, 'SKU-' || n, lpad(n::text, 13, '4'), product.title || ', size ' || n, 'size ' || n, '', '', n,
        (n %% 9000) / 100.0 + 1, CASE WHEN n %% 3 = 0 THEN (n %% 9000) / 50.0 + 2 END, (n %% 9000) / 200.0 + 0.5,
        n %% 2000, 'standard', true, true, 0, n %% 10 > 0,
        now() - n * interval '1 second', now() - n * interval '1 second'
    FROM (SELECT id, title, row_number() OVER () AS place FROM catalog_product) AS product
    JOIN generate_series(1, %s) AS n ON product.place = n %% %s + 1
"""


def sign_in() -> str:
    """The session cookie of the owner, past the question of a second factor."""
    from django.conf import settings
    from django.test import Client

    from backoffice.models import User

    client = Client(headers={"host": HOST})
    client.force_login(User.objects.get(email="owner@houtai.example"))
    assert client.get("/bench/three/").status_code == 200
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


# --- Contenders: each returns how many rows it wrote ------------------------------------------------


def fetch(port: int, cookie: str, path: str) -> int:
    """Ask for the file and count its rows; an answer that breaks off has no last chunk and raises ValueError."""
    request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode()
    rows = -1  # the header is none
    with (
        socket.create_connection((HOST, port), timeout=600) as connection,
        connection.makefile("rb", 1 << 18) as answer,
    ):
        connection.sendall(request)
        status = answer.readline()
        assert status.startswith(b"HTTP/1.1 200"), status
        while answer.readline() != b"\r\n":
            pass
        while size := int(answer.readline(), 16):
            rows += answer.read(size).count(b"\n")
            answer.readline()
    return rows


def copy_to_stdout() -> int:
    """The limit: the same columns in the same order, as PostgreSQL writes them, thrown away."""
    from django.db import connection

    statement = f"COPY (SELECT {', '.join(FIELDS)} FROM catalog_variant ORDER BY id DESC) TO STDOUT WITH (FORMAT csv)"
    rows = 0
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for _line in copy:
            rows += 1
    return rows


def values_and_csv() -> int:
    """What one would write by hand in Django."""
    from catalog.models import Variant

    rows = 0
    with Path(os.devnull).open("w", newline="") as file:
        writer = csv.writer(file)
        for row in Variant.objects.order_by("-pk").values_list(*FIELDS).iterator():
            writer.writerow(row)
            rows += 1
    return rows


def import_export() -> int:
    """django-import-export as shipped, on fewer rows."""
    from import_export.resources import ModelResource

    from catalog.models import Variant

    class VariantResource(ModelResource):
        class Meta:
            model = Variant
            fields = FIELDS

    queryset = Variant.objects.order_by("-pk")[:PEER_ROWS]
    text = VariantResource().export(queryset).csv
    return sum(1 for _row in csv.reader(io.StringIO(text))) - 1


def in_turns(contenders: dict[str, Callable[[], int]], rounds: int) -> dict[str, float]:
    """Median rows a second of each contender, measured in turns."""
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, call in contenders.items():
            started = time.perf_counter()
            rows = call()
            rates[name].append(rows / (time.perf_counter() - started))
            print(f"round {number + 1}: {name:<14} {rates[name][-1]:9,.0f} rows/s", file=sys.stderr)
    return {name: statistics.median(values) for name, values in rates.items()}


# --- Memory -----------------------------------------------------------------------------------------


def grown(port: int, cookie: str, paths: dict[str, str], rows: int) -> dict[str, int]:
    """Bytes by which the process that serves grows above its size after a small export."""
    worker = _worker_of(port)
    for path in paths.values():
        fetch(port, cookie, f"{path}&price_max=1")
    sizes = {}
    for name, path in paths.items():
        with watched(worker) as seen:
            assert fetch(port, cookie, path) == rows
        sizes[name] = max(seen) - seen[0]
    return sizes


@contextmanager
def watched(process: int) -> Iterator[list[int]]:
    """Resident bytes of a process, looked at many times a second while the block runs."""
    seen = [_resident(process)]
    done = threading.Event()

    def look() -> None:
        while not done.wait(0.02):
            seen.append(_resident(process))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        done.set()
        thread.join()


def _resident(process: int) -> int:
    pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _worker_of(port: int) -> int:
    """The one worker of the gunicorn that we started."""
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    found = [child for child in children if f":{port}" in Path(f"/proc/{child}/cmdline").read_text()]
    [master] = found
    [worker] = Path(f"/proc/{master}/task/{master}/children").read_text().split()
    return int(worker)


if __name__ == "__main__":
    main()
