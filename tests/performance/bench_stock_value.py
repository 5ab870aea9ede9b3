"""Stock and value at past instants out of period balances, beside adding up the whole ledger each time.

The ledger is made in SQL, over a year, in tables of the real shape; `--rows` is how many postings it has, a fifth of them of one
level. It stays below .data for the next run; what its summaries took is measured when it is made. Each instant is asked for by location,
category, supplier and article, and by the naive sum of all postings up to it. Seconds are of processor, of this program and its server
process together (no parallel workers), because the machine is shared. The why-page of the level with most postings is exported whole,
beside COPY of the same rows; memory is how far this program grows meanwhile.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from tests.performance.shop import PROJECT, processor_in_turns, report

LEVELS_OF = 50  # postings a level has on average
INSTANTS = (3, 45, 180, 330)  # days back
NAIVE = """
    SELECT l.location_id, sum(p.on_hand), sum(p.allocated), sum(p.held), sum(p.value)
    FROM inventory_stockposting p JOIN inventory_stocklevel l ON l.id = p.level_id
    WHERE p.at <= %s GROUP BY l.location_id
"""
MAKE = [
    "SET LOCAL session_replication_role = replica",
    """
    INSERT INTO inventory_location (code, name, name_zh, kind, address, priority, is_active, created_at, updated_at)
    SELECT 'W' || n, 'Warehouse ' || n, '', 'stock', '', n, true, now(), now() FROM generate_series(1, 4) n
    """,
    """
    INSERT INTO catalog_category (name, name_zh, path, position, number, created_at, updated_at)
    SELECT 'Category ' || n, '', 'Category ' || n, n, '', now(), now() FROM generate_series(1, 200) n
    """,
    """
    INSERT INTO inventory_supplier (code, name, email, phone, address, is_active, created_at, updated_at)
    SELECT 'S' || n, 'Supplier ' || n, '', '', '', true, now(), now() FROM generate_series(1, 50) n
    """,
    """
    INSERT INTO catalog_product
        (handle, title, title_zh, description, description_zh, category_id, product_type, tags, status, options, attributes,
         seo_title, seo_description, created_at, updated_at)
    SELECT 'p-' || n, 'Product ' || n, '', '', '', (SELECT min(id) FROM catalog_category) + mod(n, 200), '', '{}', 'draft', '{}',
           '{}', '', '', now(), now()
    FROM generate_series(1, {levels} / 16) n
    """,
    """
    INSERT INTO catalog_variant
        (product_id, sku, barcode, title, option1, option2, option3, position, price, cost, weight_grams, tax_class,
         requires_shipping, track_stock, backorder_limit, is_active, created_at, updated_at)
    SELECT p.id, 'SKU-' || p.id || '-' || k, '', 'Variant', k::text, '', '', k, 10, 4, 100, 'standard', true, true, 0, true, now(), now()
    FROM catalog_product p CROSS JOIN generate_series(1, 4) k
    """,
    """
    INSERT INTO inventory_stocklevel (variant_id, location_id, on_hand, allocated, held, incoming, backorder_limit, value, updated_at)
    SELECT v.id, l.id, 0, 0, 0, 0, 0, 0, now() FROM catalog_variant v CROSS JOIN inventory_location l WHERE l.kind = 'stock'
    """,
    """
    INSERT INTO inventory_stockmove
        (id, at, kind, variant_id, from_location_id, to_location_id, quantity, cause, reason, request_id)
    SELECT n, now() - interval '365 days' * (1 - n::float8 / {rows}), CASE WHEN mod(n, 3) = 0 THEN 'received' ELSE 'shipped' END,
           s.variant_id, s.location_id, s.location_id, 1 + mod(n, 5), 'SO-' || n, '', ''
    FROM generate_series(1, {rows}) n
    JOIN (SELECT row_number() OVER (ORDER BY id) - 1 AS number, * FROM inventory_stocklevel) s
        ON s.number = CASE WHEN mod(n, 5) = 0 THEN 0 ELSE mod(n::bigint * 7919, (SELECT count(*) FROM inventory_stocklevel)) END
    ORDER BY n
    """,
    """
    INSERT INTO inventory_stockposting
        (level_id, move_id, at, on_hand, allocated, held, on_hand_after, allocated_after, held_after, value, value_after)
    SELECT s.id, m.id, m.at, d.n, 0, 0, 0, 0, 0, d.n * 4.25, 0
    FROM inventory_stockmove m
    JOIN inventory_stocklevel s ON s.variant_id = m.variant_id AND s.location_id = m.from_location_id
    CROSS JOIN LATERAL (SELECT CASE m.kind WHEN 'received' THEN 2 * m.quantity ELSE -m.quantity END AS n) d
    ORDER BY m.id
    """,
    """
    UPDATE inventory_stocklevel s SET on_hand = greatest(p.on_hand, 0), value = greatest(p.value, 0)
    FROM (SELECT level_id, sum(on_hand) AS on_hand, sum(value) AS value FROM inventory_stockposting GROUP BY level_id) p
    WHERE p.level_id = s.id
    """,
    "SET LOCAL session_replication_role = origin",
    "SELECT setval('inventory_stockmove_id_seq', {rows})",
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000, help="how many postings there are (default 5,000,000)")
    parser.add_argument("--rounds", type=int, default=5, help="how often each contender is measured (default 5)")
    chosen = parser.parse_args()
    figures = open_ledger(chosen.rows)

    from django.db import connection
    from django.utils import timezone

    from inventory import services

    with connection.cursor() as cursor:
        cursor.execute("SET max_parallel_workers_per_gather = 0")
    now = timezone.now()
    for days in INSTANTS:
        moment = now - timedelta(days=days)

        def naive(moment: Any = moment) -> Any:
            with connection.cursor() as cursor:
                cursor.execute(NAIVE, [moment])
                return sorted((pieces, value) for _place, pieces, _a, _h, value in cursor.fetchall() if pieces)

        def asked(by: str, moment: Any = moment) -> Callable[[], Any]:
            return lambda: list(services.stock_at(moment, by).order_by("-on_hand", "-pk")[:51])

        same = sorted((row.on_hand, row.value) for row in asked("location")())
        if same != naive():
            raise SystemExit(f"{days} days ago: {same} is not {naive()}")
        taken = processor_in_turns({"naive": naive, **{by: asked(by) for by in services.GROUPINGS}}, chosen.rounds)
        print(
            f"{days:>4} days ago  "
            + "  ".join(f"{name} {seconds:.3f} s" for name, seconds in taken.items())
            + f"  naive/location {taken['naive'] / taken['location']:.1f}",
            file=sys.stderr,
        )
        figures[f"{days}_days_ago"] = {name: round(seconds, 4) for name, seconds in taken.items()}
        figures[f"{days}_days_ago"]["ratio"] = round(taken["naive"] / taken["location"], 1)
    figures |= pages(now, chosen.rounds)
    slowest = max(
        taken[by] for taken in (figures[f"{days}_days_ago"] for days in INSTANTS) for by in services.GROUPINGS
    )
    report(figures | {"slowest_seconds": slowest, "at_most": 2.0, "ok": slowest <= 2.0})


def pages(now: Any, rounds: int) -> dict[str, float]:
    """Seconds of processor of whole pages: stock by article at an instant, and the first and a deep page of why."""
    from django.db import connection
    from django.test import Client
    from django.urls import reverse

    from backoffice.models import User

    client = Client()
    client.force_login(User.objects.get(email="bench@example.com"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT variant_id FROM inventory_stockmove GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1")
        variant = cursor.fetchone()[0]
    moment = (now - timedelta(days=45)).isoformat()
    why = reverse("inventory:why", args=[variant])
    asked = {
        "page_by_article": lambda: client.get(reverse("inventory:stock_then"), {"at": moment, "by": "variant"}),
        "page_why": lambda: client.get(why),
        "page_why_oldest": lambda: client.get(f"{why}?sort=oldest"),
        "page_aging": lambda: client.get(reverse("inventory:aging")),
        "page_abc": lambda: client.get(reverse("inventory:abc")),
    }
    return {name: round(seconds, 4) for name, seconds in processor_in_turns(asked, rounds).items()} | export(
        client, why, variant
    )


def export(client: Any, why: str, variant: int) -> dict[str, float]:
    """The export of the why-page, read piece by piece as a browser does: seconds of processor beside COPY, and memory."""
    from django.db import connection

    from inventory.models import StockPosting

    rows = StockPosting.objects.filter(level__variant=variant).count()

    def copied() -> int:
        with (
            connection.cursor() as cursor,
            cursor.copy(
                "COPY (SELECT p.*, m.* FROM inventory_stockposting p JOIN inventory_stockmove m ON m.id = p.move_id"
                f" JOIN inventory_stocklevel l ON l.id = p.level_id WHERE l.variant_id = {variant}"
                " ORDER BY p.id DESC) TO STDOUT (FORMAT csv)"
            ) as stream,
        ):
            return sum(len(piece) for piece in stream)

    before = _resident()
    most = before

    def exported() -> int:
        nonlocal most
        lines = 0
        for piece in client.get(why, {"export": "csv"}).streaming_content:
            lines += piece.count(b"\n")
            most = max(most, _resident())
        if lines != rows + 1:
            raise SystemExit(f"the export has {lines} lines of {rows} postings")
        return lines

    taken = processor_in_turns({"copied": copied, "exported": exported}, 1)
    return {
        "export_rows": rows,
        "export_rows_per_s": round(rows / taken["exported"]),
        "export_of_copy": round(taken["copied"] / taken["exported"], 2),
        "export_growth_mib": round((most - before) / (1 << 20), 1),
    }


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def open_ledger(rows: int) -> dict[str, Any]:
    """Start Django on a ledger of so many postings, making it first where it is missing; what making its summaries took."""
    if "DATABASE_URL" not in os.environ:
        os.environ["EMBEDDED_POSTGRES_DIR"] = os.environ.get(
            "BENCH_POSTGRES_DIR", str(PROJECT / ".data" / f"stock-value-{rows}")
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.performance.settings")
    os.environ["EXPORT_FOREGROUND_ROWS"] = str(rows)
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction

    from backoffice.models import User
    from backoffice.roles import sync_roles
    from inventory import services
    from inventory.models import StockPeriod, StockPosting
    from orders.demo.bare import bare

    call_command("migrate", verbosity=0)
    is_new = not StockPosting.objects.exists()
    if is_new:
        print("making the ledger", file=sys.stderr)
        with (
            transaction.atomic(),
            bare(["inventory_stockmove", "inventory_stockposting"]),
            connection.cursor() as cursor,
        ):
            for statement in MAKE:
                cursor.execute(
                    statement.replace("{rows}", str(rows)).replace("{levels}", str(max(rows // LEVELS_OF, 160)))
                )
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        sync_roles()
        User.objects.create_user("bench@example.com", name="Bench", roles=("owner",))
    figures: dict[str, Any] = {"rows": rows}
    jobs = {
        "close_periods": services.close_periods,
        "refresh_all_flows": lambda: services.refresh_flows(since=services.BEGINNING),
        "refresh_flows": services.refresh_flows,
        "refresh_figures": services.refresh_figures,
    }
    for name, job in jobs.items():
        if not is_new and name != "refresh_flows":
            continue
        started = time.perf_counter()
        job()
        figures[f"{name}_seconds"] = round(time.perf_counter() - started, 2)
    figures["periods"] = StockPeriod.objects.count()
    with connection.cursor() as cursor:
        if is_new:
            cursor.execute("VACUUM ANALYZE")
        cursor.execute("SELECT pg_relation_size('stock_posting_at')")
        figures["index_bytes"] = cursor.fetchone()[0]
    return figures


if __name__ == "__main__":
    main()
