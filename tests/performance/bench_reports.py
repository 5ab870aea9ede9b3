"""Reports of 18 months over a large shop, each beside the plain aggregate over orders and lines that gives its first rows.

Each page is asked for by Django's test client as the owner, so the figures are server time without the network. The
period begins and ends amid a month and is compared with the one before, unless the report's title says otherwise.
"""

from __future__ import annotations

import statistics
import sys
import time
from datetime import date, timedelta
from typing import Any

from tests.performance.shop import arguments, in_turns, open_shop, report

SOLD = """
    FROM orders_order o WHERE o.status IN ('placed', 'closed') AND o.currency = 'EUR'
    AND o.placed_at >= %(first)s AND o.placed_at < %(stop)s
"""
LINES = SOLD.replace("WHERE", "JOIN orders_orderline l ON l.order_id = o.id WHERE")
PRODUCTS = LINES.replace("WHERE", "JOIN catalog_variant v ON v.id = l.variant_id WHERE")
COUNTRY = "o.shipping_address->>'country'"

# What a report shows first, by one statement over the rows; without what it is compared with.
RAW = {
    "sales/?unit=month": f"SELECT date_trunc('month', o.placed_at) AS k, count(*), sum(o.total) {SOLD} GROUP BY 1 ORDER BY 1",
    "sales/?unit=day": f"SELECT o.placed_at::date AS k, count(*), sum(o.total) {SOLD} GROUP BY 1 ORDER BY 1",
    "channels/?": f"SELECT o.source AS k, count(*), sum(o.total) {SOLD} GROUP BY 1 ORDER BY 3 DESC",
    "countries/?": f"SELECT {COUNTRY} AS k, count(*), sum(o.total) {SOLD} GROUP BY 1 ORDER BY 3 DESC",
    "categories/?": f"""SELECT p.category_id AS k, count(DISTINCT o.id), sum(l.gross)
        {PRODUCTS.replace("WHERE", "JOIN catalog_product p ON p.id = v.product_id WHERE")} GROUP BY 1 ORDER BY 3 DESC LIMIT 50""",
    "products/?": f"SELECT v.product_id AS k, count(DISTINCT o.id), sum(l.gross) {PRODUCTS} GROUP BY 1 ORDER BY 3 DESC LIMIT 50",
    "customers/?": f"SELECT o.customer_id AS k, count(*), sum(o.total) {SOLD} GROUP BY 1 ORDER BY 3 DESC LIMIT 50",
    "margin/?by=month": """
        SELECT date_trunc('month', p.at) AS k, count(*), sum(-p.value) FROM inventory_stockposting p
        JOIN inventory_stockmove m ON m.id = p.move_id
        WHERE m.kind IN ('shipped', 'returned') AND p.at >= %(first)s AND p.at < %(stop)s GROUP BY 1 ORDER BY 1""",
    "margin/?by=product": """
        SELECT v.product_id AS k, count(*), sum(-p.value) FROM inventory_stockposting p
        JOIN inventory_stockmove m ON m.id = p.move_id JOIN catalog_variant v ON v.id = m.variant_id
        WHERE m.kind IN ('shipped', 'returned') AND p.at >= %(first)s AND p.at < %(stop)s GROUP BY 1 ORDER BY 3 DESC LIMIT 50""",
    "returns/?": """
        SELECT r.reason AS k, count(*), sum(l.quantity) FROM orders_return r JOIN orders_returnline l ON l.order_return_id = r.id
        WHERE r.created_at >= %(first)s AND r.created_at < %(stop)s GROUP BY 1 ORDER BY 2 DESC""",
    "late/?by=month": f"""SELECT date_trunc('month', o.placed_at) AS k, count(*), avg(f.shipped_at - o.placed_at)
        {SOLD.replace("WHERE", "LEFT JOIN orders_fulfilment f ON f.order_id = o.id WHERE")} GROUP BY 1 ORDER BY 1""",
    "taxes/?by=orders": f"SELECT {COUNTRY} AS k, l.tax_rate, sum(l.tax) {LINES} GROUP BY 1, 2 ORDER BY 3 DESC",
    "cohorts/?": """
        SELECT first AS k, month, count(*) FROM (
            SELECT customer_id, date_trunc('month', placed_at) AS month,
                   min(date_trunc('month', min(placed_at))) OVER (PARTITION BY customer_id) AS first
            FROM orders_order WHERE status IN ('placed', 'closed') AND customer_id IS NOT NULL GROUP BY 1, 2
        ) c WHERE first >= %(first)s GROUP BY 1, 2 ORDER BY 1, 2""",
}  # fmt: skip


def main() -> None:
    options = arguments(__doc__, 1_000_000)
    open_shop(options.rows)
    from django.db import connection
    from django.test import Client

    from backoffice.models import User
    from backoffice.reports.periods import today
    from backoffice.roles import sync_roles
    from orders import services
    from orders.models import PlaceSales, SalesMark

    figures: dict[str, Any] = {"rows": options.rows}
    if not SalesMark.objects.exists():
        started = time.perf_counter()
        services.refresh_summaries(anew=True)
        figures["made_s"] = round(time.perf_counter() - started, 1)
    sync_roles()  # a shop kept from before knows no permission that came since
    client = Client(headers={"host": "localhost"})
    client.force_login(User.objects.with_role("owner").first())
    last = today() - timedelta(days=3)
    first = last - timedelta(days=548)
    period = {"first": first, "stop": last + timedelta(days=1)}
    assert PlaceSales.objects.filter(day=last, span="d").exists(), "The shop sold nothing three days ago."

    def page(url: str) -> Any:
        def get() -> None:
            response = client.get(f"/reports/{url}&{_days(first, last)}")
            assert response.status_code == 200
            assert b"data-list" in response.content, f"{url} shows nothing"

        return get

    def raw(sql: str) -> Any:
        def run() -> None:
            with connection.cursor() as cursor:
                cursor.execute(sql, period)
                cursor.fetchall()

        return run

    medians: dict[str, float] = {}
    for url, sql in RAW.items():
        found = in_turns({"report": page(url), "raw": raw(sql)}, options.rounds)
        medians[url] = found["report"]
        figures[url.rstrip("?")] = {
            "p50_ms": round(found["report"] * 1000, 1),
            "of_raw": round(found["report"] / found["raw"], 3),
        }
        print(f"  {url:<24}{found['report'] * 1000:8.1f} ms   raw {found['raw'] * 1000:8.1f} ms", file=sys.stderr)
    figures["worst_p50_ms"] = round(max(medians.values()) * 1000, 1)
    figures["median_ms"] = round(statistics.median(medians.values()) * 1000, 1)
    report(figures)


def _days(first: date, last: date) -> str:
    return f"day_after={first}&day_before={last}"


if __name__ == "__main__":
    main()
