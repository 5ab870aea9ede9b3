"""Summaries that the home page and the reports read, so that no request scans orders."""

from datetime import date, timedelta

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from orders.services.summary_upkeep import refresh_summaries

SOLD = """
SELECT (placed_at AT TIME ZONE %(zone)s)::date AS day, currency, count(*) AS orders, sum(total) AS total
FROM orders_order
WHERE status IN ('placed', 'closed') AND placed_at >= (%(since)s::date)::timestamp AT TIME ZONE %(zone)s
GROUP BY 1, 2
"""
REFRESH = f"""
WITH sold AS ({SOLD}), gone AS (
    DELETE FROM orders_dailysales d WHERE d.day >= %(since)s
    AND NOT EXISTS (SELECT FROM sold s WHERE s.day = d.day AND s.currency = d.currency)
)
INSERT INTO orders_dailysales (day, currency, orders, total)
SELECT day, currency, orders, total FROM sold
ON CONFLICT (day, currency) DO UPDATE SET orders = EXCLUDED.orders, total = EXCLUDED.total
WHERE (orders_dailysales.orders, orders_dailysales.total) IS DISTINCT FROM (EXCLUDED.orders, EXCLUDED.total)
"""  # noqa: S608 - two constants


@transaction.atomic
def refresh_sales(*, since: date | None = None) -> None:
    """Write the daily sales anew from the day `since` on; by default from the oldest day touched in the last hour.

    The summaries of the reports follow with what changed since they were refreshed last.
    """
    refresh_summaries()
    with connection.cursor() as cursor:
        if since is None:
            cursor.execute(
                "SELECT min(placed_at) FROM orders_order WHERE updated_at > %s", [timezone.now() - timedelta(hours=1)]
            )
            oldest = cursor.fetchone()[0]
            since = timezone.localdate(oldest) if oldest else timezone.localdate()
        cursor.execute(REFRESH, {"since": since, "zone": settings.TIME_ZONE})
