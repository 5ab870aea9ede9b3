"""Segments of all customers in a few statements: temporary tables of days, gaps between them, and values.

Bands are limits, never quantiles: equal customers get equal scores. Everything follows from what happened before the
end of the day `as_of`, so that the same day computed later gives the same.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from customers.models import SegmentLimits
from customers.services.segments.sources import CONTACTS, ORDERS, everything

COHORT_GAPS = 20  # fewer gaps in the whole shop say nothing
COHORT_SHARE = 0.9
VALUES = ("abc", "recency", "frequency", "monetary", "lifecycle", "risk")
FACTS = (
    "orders", "window_orders", "uncounted", "revenue", "share_before", "started_on", "last_order_on", "last_contact_on",
    "usual_gap", "limit_gap", "gap_is_own",
)  # fmt: skip

DAYS = """
    CREATE TEMP TABLE segment_day ON COMMIT DROP AS
    SELECT customer_id, (at AT TIME ZONE %(zone)s)::date AS day, sum(orders)::int AS orders, coalesce(sum(amount), 0) AS amount,
           coalesce(sum(orders) FILTER (WHERE amount IS NULL), 0)::int AS uncounted
    FROM ({orders}) s GROUP BY 1, 2
"""
GAPS = """
    CREATE TEMP TABLE segment_gap ON COMMIT DROP AS
    SELECT customer_id, gap FROM (
        SELECT customer_id, day - lag(day) OVER (PARTITION BY customer_id ORDER BY day) AS gap FROM segment_day WHERE orders > 0
    ) g WHERE gap IS NOT NULL
"""
COHORT = """
    SELECT count(*), percentile_cont(0.5) WITHIN GROUP (ORDER BY gap), percentile_cont(%(cohort)s) WITHIN GROUP (ORDER BY gap)
    FROM segment_gap
"""
NEW = """
    CREATE TEMP TABLE segment_new ON COMMIT DROP AS
    WITH sold AS (
        SELECT customer_id, sum(orders) AS orders, min(day) FILTER (WHERE orders > 0) AS first, max(day) FILTER (WHERE orders > 0) AS last,
               coalesce(sum(orders) FILTER (WHERE day > %(since)s), 0) AS window_orders,
               coalesce(sum(uncounted) FILTER (WHERE day > %(since)s), 0) AS uncounted,
               coalesce(sum(amount) FILTER (WHERE day > %(since)s), 0) AS revenue
        FROM segment_day GROUP BY 1
    ), gaps AS (
        SELECT customer_id, round((percentile_cont(0.5) WITHIN GROUP (ORDER BY gap))::numeric, 1) AS median
        FROM segment_gap GROUP BY 1 HAVING count(*) >= 2
    ), heard AS (
        SELECT customer_id, (max(at) AT TIME ZONE %(zone)s)::date AS last FROM ({contacts}) h GROUP BY 1
    ), ranked AS (
        SELECT customer_id, sum(revenue) OVER (ORDER BY revenue DESC, customer_id ROWS UNBOUNDED PRECEDING) - revenue AS before,
               sum(revenue) OVER () AS whole
        FROM sold WHERE revenue > 0
    ), known AS (
        SELECT c.id AS customer_id, coalesce(s.orders, 0)::int AS orders, coalesce(s.window_orders, 0)::int AS window_orders,
               coalesce(s.uncounted, 0)::int AS uncounted, coalesce(s.revenue, 0) AS revenue, r.before, r.whole,
               least(coalesce(s.first, least((c.created_at AT TIME ZONE %(zone)s)::date, h.last)), %(as_of)s::date) AS started_on,
               s.last AS last_order_on, h.last AS last_contact_on, %(as_of)s::date - s.last AS days,
               greatest(coalesce(g.median, %(usual)s::numeric), 1) AS usual_gap,
               CASE WHEN g.median IS NULL THEN %(limit)s::numeric
                    ELSE round(greatest(g.median, 1) * %(factor)s::numeric, 1) END AS limit_gap,
               g.median IS NOT NULL AS gap_is_own
        FROM customers_customer c
        LEFT JOIN sold s ON s.customer_id = c.id AND s.orders > 0
        LEFT JOIN gaps g ON g.customer_id = c.id
        LEFT JOIN heard h ON h.customer_id = c.id
        LEFT JOIN ranked r ON r.customer_id = c.id AND s.orders > 0
        WHERE (c.created_at < %(until)s OR s.customer_id IS NOT NULL OR h.customer_id IS NOT NULL)
              AND c.merged_into_id IS NULL AND c.status <> 'erased'
    ), scored AS (
        SELECT k.*,
               CASE WHEN before IS NULL THEN 'C' WHEN before * 100 < whole * %(a_percent)s::numeric THEN 'A'
                    WHEN before * 100 < whole * %(b_percent)s::numeric THEN 'B' ELSE 'C' END AS abc,
               CASE WHEN days IS NULL THEN 0 ELSE 5 - width_bucket(days - 1, %(recency_days)s::int[]) END AS recency,
               CASE WHEN days IS NULL THEN 0 ELSE 1 + width_bucket(window_orders, %(frequency_orders)s::int[]) END AS frequency,
               CASE WHEN days IS NULL THEN 0 ELSE 1 + width_bucket(revenue, %(monetary_amounts)s::numeric[]) END AS monetary,
               CASE WHEN days IS NULL THEN 'none' WHEN days > limit_gap THEN 'high' WHEN days > usual_gap THEN 'raised'
                    ELSE 'steady' END AS risk,
               %(as_of)s::date - greatest(last_order_on, last_contact_on, started_on) AS quiet
        FROM known k
    )
    SELECT customer_id, abc, recency, frequency, monetary,
           CASE WHEN %(as_of)s::date - started_on < %(new_days)s THEN 'new' WHEN quiet >= %(lost_days)s THEN 'lost'
                WHEN quiet >= %(silent_days)s THEN 'silent' WHEN risk = 'high' THEN 'churning' ELSE 'active' END AS lifecycle,
           risk, orders, window_orders, uncounted, revenue, coalesce(round(before / whole, 3), 1) AS share_before, started_on,
           last_order_on, last_contact_on, usual_gap, limit_gap, gap_is_own
    FROM scored
"""


def end_of(day: date) -> datetime:
    """The moment at which a day of the shop is over."""
    zone = timezone.get_default_timezone()
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min), zone)


def compute(cursor: Any, as_of: date, limits: SegmentLimits) -> None:
    """Fill the temporary table segment_new: a row for each customer known by the end of `as_of`."""
    facts: dict[str, Any] = {
        **limits.values(),
        "as_of": as_of,
        "until": end_of(as_of),
        "since": as_of - timedelta(days=limits.window_days),
        "zone": settings.TIME_ZONE,
        "factor": limits.churn_factor,
        "cohort": COHORT_SHARE,
    }
    cursor.execute("SET LOCAL work_mem = '128MB'")
    cursor.execute("DROP TABLE IF EXISTS segment_day, segment_gap, segment_new")
    cursor.execute(DAYS.format(orders=everything(ORDERS)), facts)
    cursor.execute("ANALYZE segment_day")
    cursor.execute(GAPS)
    cursor.execute(COHORT, facts)
    facts["usual"], facts["limit"] = _cohort(limits, *cursor.fetchone())
    cursor.execute(NEW.format(contacts=everything(CONTACTS)), facts)
    cursor.execute("ALTER TABLE segment_new ADD PRIMARY KEY (customer_id)")
    cursor.execute("ANALYZE segment_new")


def _cohort(limits: SegmentLimits, gaps: int, median: float | None, far: float | None) -> tuple[float, float]:
    """The usual days between two orders, and what is beyond it, for who has too few orders of their own."""
    if gaps < COHORT_GAPS or median is None or far is None:
        return float(limits.gap_days), float(limits.gap_days * limits.churn_factor)
    return max(round(median, 1), 1.0), max(round(far, 1), 1.0)
