"""Segments of 300,000 customers with a million orders, beside one plain aggregate of the same orders in the same run.

The shop is written by SQL without triggers, on a server of its own: what is measured reads orders, refunds and messages,
and writes two rows a customer. The first run writes everything, the second what changed since the day before.
"""

from __future__ import annotations

import os
import statistics
import time
from datetime import date, timedelta
from typing import Any

from tests.performance.shop import PROJECT, arguments, report

TODAY = date(2026, 6, 30)
LIMIT_S = 30

CUSTOMERS = """
    INSERT INTO customers_customer (number, kind, status, name, company, external_id, language, tags, note, tax_exempt, price_group,
                                    created_at, updated_at)
    SELECT 'CU-' || n, 'person', 'active', 'Customer ' || n, '', '', 'en', '{{}}', '', false, '', timestamptz '2023-01-01', now()
    FROM generate_series(1, {customers}) n
"""
# Few customers buy often and much, most once: as shops are.
ORDERS = """
    INSERT INTO orders_order (number, customer_id, customer_name, email, phone, language, billing_address, shipping_address, status, payment_status,
                              fulfilment_status, return_status, source, source_number, currency, prices_include_tax, subtotal, discount, shipping,
                              shipping_tax_rate, tax, total, paid, refunded, note, tags, cancel_reason, placed_at, created_at, updated_at)
    SELECT 'SO-' || n, c.id, '', '', '', 'en', '{{}}', '{{}}', 'closed', 'none', 'fulfilled', 'none', 'web', '', 'EUR', true, a.total, 0, 0, 0, 0,
           a.total, 0, 0, '', '{{}}', '', a.at, a.at, a.at
    FROM generate_series(1, {orders}) n
    CROSS JOIN LATERAL (SELECT floor({customers} * power(random(), 2) + n * 0)::bigint AS place) p
    JOIN customers_customer c ON c.id = p.place + (SELECT min(id) FROM customers_customer)
    CROSS JOIN LATERAL (
        SELECT timestamptz '2026-06-30' - random() * interval '1000 days' + n * interval '0' AS at,
               round((10 + 500 * power(random(), 3) + n * 0)::numeric, 2) AS total
    ) a
"""
PLAIN = """
    SELECT customer_id, count(*), sum(total), min(placed_at), max(placed_at) FROM orders_order
    WHERE status IN ('placed', 'closed') AND customer_id IS NOT NULL GROUP BY 1
"""


def open_base(orders: int) -> None:
    """Start Django on a base with so many orders, written first where it is missing."""
    os.environ["EMBEDDED_POSTGRES_DIR"] = os.environ.get(
        "BENCH_POSTGRES_DIR", str(PROJECT / ".data" / f"performance-segments-{orders}")
    )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.performance.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction

    from orders.models import Order

    call_command("migrate", verbosity=0)
    if not Order.objects.exists():
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            for sql in (CUSTOMERS, ORDERS):
                cursor.execute(sql.format(customers=orders * 3 // 10, orders=orders))
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def seconds(call: Any) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def main() -> None:
    options = arguments(__doc__, 1_000_000)
    open_base(options.rows)
    from django.db import connection

    from customers.models import CustomerSegment, SegmentLimits, SegmentRun, SegmentSnapshot
    from customers.services import segments

    def plain() -> None:
        with connection.cursor() as cursor:
            cursor.execute(PLAIN)
            cursor.fetchall()

    SegmentSnapshot.objects.all().delete()
    CustomerSegment.objects.all().delete()
    SegmentRun.objects.all().delete()
    first = seconds(lambda: segments.segment(TODAY - timedelta(days=1)))
    daily, aggregate = [], []
    for _round in range(min(options.rounds, 3)):
        daily.append(seconds(lambda: segments.segment(TODAY)))
        aggregate.append(seconds(plain))
    preview = seconds(lambda: segments.preview(SegmentLimits(silent_days=90), TODAY))
    worst = max(first, *daily)
    report(
        {
            "orders": options.rows,
            "customers": CustomerSegment.objects.count(),
            "first_s": round(first, 2),
            "daily_s": round(statistics.median(daily), 2),
            "preview_s": round(preview, 2),
            "plain_aggregate_s": round(statistics.median(aggregate), 2),
            "daily_of_plain": round(statistics.median(daily) / statistics.median(aggregate), 2),
            "limit_s": LIMIT_S,
            "within_limit": worst <= LIMIT_S,
        }
    )


if __name__ == "__main__":
    main()
