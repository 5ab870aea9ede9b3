"""Summaries of the ledger that the reports read, so that no request reads it from end to end."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from backoffice.derived import derived
from inventory.models import CorrectionSum, FlowMark

BEGINNING = date(1970, 1, 1)
A_SHARE, B_SHARE = 0.8, 0.95  # of the value of use, counted from the article that is used most
YEAR = 365
HORIZON = 3650  # days; what lasts longer has no day
CORRECTIONS = ("adjusted", "counted", "scrapped")
SALES = ("shipped", "returned")

# The ledger is only added to, and the postings of one shipment come in one transaction: what is there is right.
SALE_COSTS = """
    INSERT INTO inventory_salecost (at, kind, cause, location_id, pieces, cost)
    SELECT p.at, m.kind, m.cause, l.location_id, -sum(p.on_hand), -sum(p.value)
    FROM inventory_stockposting p
    JOIN inventory_stockmove m ON m.id = p.move_id
    JOIN inventory_stocklevel l ON l.id = p.level_id
    WHERE p.at >= %(start)s AND m.kind = ANY(%(sales)s)
    GROUP BY p.at, m.kind, m.cause, l.location_id
    ORDER BY p.at
    ON CONFLICT (cause, at, location_id, kind) DO NOTHING
"""
DAILY_FLOWS = """
    INSERT INTO inventory_dailyflow (day, location_id, kind, reason, actor_id, moves, gained, lost, value)
    SELECT (p.at AT TIME ZONE %(zone)s)::date, l.location_id, m.kind,
           CASE WHEN m.kind = ANY(%(corrections)s) THEN m.reason ELSE '' END,
           CASE WHEN m.kind = ANY(%(corrections)s) THEN m.actor_id END,
           count(*), sum(greatest(p.on_hand, 0)), sum(greatest(-p.on_hand, 0)), sum(p.value)
    FROM inventory_stockposting p
    JOIN inventory_stockmove m ON m.id = p.move_id
    JOIN inventory_stocklevel l ON l.id = p.level_id
    WHERE p.at >= %(start)s AND p.on_hand <> 0
    GROUP BY 1, 2, 3, 4, 5
    ORDER BY 1, 2, 3
    ON CONFLICT (kind, day, location_id, reason, actor_id) DO UPDATE
    SET moves = EXCLUDED.moves, gained = EXCLUDED.gained, lost = EXCLUDED.lost, value = EXCLUDED.value
    WHERE (inventory_dailyflow.moves, inventory_dailyflow.gained, inventory_dailyflow.lost, inventory_dailyflow.value)
          IS DISTINCT FROM (EXCLUDED.moves, EXCLUDED.gained, EXCLUDED.lost, EXCLUDED.value)
"""

# The pieces on hand are taken as those that came last, first in first out: what came in is added up from the newest on
# until it makes up what is there. Of what was used, returned pieces are taken off.
FIGURES = """
    WITH layer AS (
        SELECT l.id AS level_id, p.at, least(p.on_hand, l.on_hand - p.newer) AS pieces
        FROM inventory_stocklevel l
        JOIN (SELECT level_id, at, on_hand, sum(on_hand) OVER (PARTITION BY level_id ORDER BY id DESC) - on_hand AS newer
              FROM inventory_stockposting WHERE on_hand > 0) p ON p.level_id = l.id AND p.newer < l.on_hand
    ), age AS (
        SELECT level_id, min(at) AS oldest_at,
               sum(pieces) FILTER (WHERE at > %(now)s - interval '30 days') AS d30,
               sum(pieces) FILTER (WHERE at <= %(now)s - interval '30 days' AND at > %(now)s - interval '90 days') AS d90,
               sum(pieces) FILTER (WHERE at <= %(now)s - interval '90 days' AND at > %(now)s - interval '180 days') AS d180,
               sum(pieces) FILTER (WHERE at <= %(now)s - interval '180 days' AND at > %(now)s - interval '365 days') AS d365,
               sum(pieces) FILTER (WHERE at <= %(now)s - interval '365 days') AS older
        FROM layer GROUP BY level_id
    ), history AS (
        SELECT p.level_id, min(p.at) AS first_at,
               max(p.at) FILTER (WHERE m.kind = 'received') AS received_at,
               max(p.at) FILTER (WHERE m.kind = 'shipped') AS shipped_at,
               coalesce(-sum(p.on_hand) FILTER (WHERE m.kind = 'shipped' AND p.at > %(now)s - interval '28 days'), 0) AS sold_28,
               coalesce(-sum(p.on_hand) FILTER (WHERE m.kind = 'shipped' AND p.at > %(now)s - interval '90 days'), 0) AS sold_90,
               coalesce(-sum(p.on_hand) FILTER (WHERE m.kind = ANY(%(sales)s) AND p.at > %(since)s), 0) AS used,
               coalesce(-sum(p.value) FILTER (WHERE m.kind = ANY(%(sales)s) AND p.at > %(since)s), 0) AS used_value
        FROM inventory_stockposting p JOIN inventory_stockmove m ON m.id = p.move_id
        GROUP BY p.level_id
    ), period AS (
        SELECT id FROM inventory_stockperiod WHERE is_month_end AND at > %(since)s
    ), average AS (
        SELECT l.id AS level_id,
               round((l.value + coalesce(b.value, 0)) / (1 + (SELECT count(*) FROM period)), 6) AS value
        FROM inventory_stocklevel l
        LEFT JOIN (SELECT level_id, sum(value) AS value FROM inventory_stockbalance
                   WHERE period_id IN (SELECT id FROM period) GROUP BY level_id) b ON b.level_id = l.id
    ), use AS (
        SELECT l.variant_id, sum(h.used_value) AS value FROM history h JOIN inventory_stocklevel l ON l.id = h.level_id
        GROUP BY l.variant_id HAVING sum(h.used_value) > 0
    ), ranked AS (
        SELECT variant_id, (sum(value) OVER (ORDER BY value DESC, variant_id) - value) / sum(value) OVER () AS before FROM use
    ), supplied AS (
        SELECT DISTINCT ON (n.variant_id, r.location_id) n.variant_id, r.location_id, r.supplier_id
        FROM inventory_receiptline n JOIN inventory_receipt r ON r.id = n.receipt_id
        WHERE r.supplier_id IS NOT NULL ORDER BY n.variant_id, r.location_id, n.id DESC
    )
    INSERT INTO inventory_stockfigures
        (level_id, at, on_hand, value, supplier_id, last_received_at, last_shipped_at, idle_since, oldest_at, pieces_30, pieces_90,
         pieces_180, pieces_365, pieces_older, sold_28, sold_90, out_on, used, used_value, average_value, turnover, abc)
    SELECT l.id, %(now)s, l.on_hand, l.value, s.supplier_id, h.received_at, h.shipped_at, coalesce(h.shipped_at, h.first_at), a.oldest_at,
           coalesce(a.d30, 0), coalesce(a.d90, 0), coalesce(a.d180, 0), coalesce(a.d365, 0), coalesce(a.older, 0),
           h.sold_28, h.sold_90, CASE WHEN o.days <= %(horizon)s THEN %(today)s::date + o.days::integer END,
           h.used, h.used_value, v.value, round(h.used_value / nullif(v.value, 0), 2),
           CASE WHEN r.before < %(a)s THEN 'A' WHEN r.before < %(b)s THEN 'B' WHEN r.before IS NOT NULL THEN 'C' ELSE '-' END
    FROM inventory_stocklevel l
    JOIN history h ON h.level_id = l.id
    JOIN average v ON v.level_id = l.id
    CROSS JOIN LATERAL (SELECT greatest(l.on_hand - l.allocated - l.held, 0)::bigint AS free) f
    CROSS JOIN LATERAL (SELECT least(f.free * 28 / nullif(h.sold_28, 0), f.free * 90 / nullif(h.sold_90, 0)) AS days) o
    LEFT JOIN age a ON a.level_id = l.id
    LEFT JOIN ranked r ON r.variant_id = l.variant_id
    LEFT JOIN supplied s ON s.variant_id = l.variant_id AND s.location_id = l.location_id
    ORDER BY l.id
"""

SUMMARY = """
    INSERT INTO inventory_stocksummary
        (location_id, abc, at, levels, value, used_value, average_value, aged_30, aged_90, aged_180, aged_365, aged_older,
         idle_30, idle_90, idle_180, idle_365, out_0, out_7, out_28, out_90)
    SELECT l.location_id, f.abc, %(now)s, count(*), sum(f.value), sum(f.used_value), sum(f.average_value),
           coalesce(sum(f.value * f.pieces_30 / nullif(f.on_hand, 0)), 0), coalesce(sum(f.value * f.pieces_90 / nullif(f.on_hand, 0)), 0),
           coalesce(sum(f.value * f.pieces_180 / nullif(f.on_hand, 0)), 0), coalesce(sum(f.value * f.pieces_365 / nullif(f.on_hand, 0)), 0),
           coalesce(sum(f.value * f.pieces_older / nullif(f.on_hand, 0)), 0),
           coalesce(sum(f.value) FILTER (WHERE idle > interval '30 days' AND idle <= interval '90 days'), 0),
           coalesce(sum(f.value) FILTER (WHERE idle > interval '90 days' AND idle <= interval '180 days'), 0),
           coalesce(sum(f.value) FILTER (WHERE idle > interval '180 days' AND idle <= interval '365 days'), 0),
           coalesce(sum(f.value) FILTER (WHERE idle > interval '365 days'), 0),
           count(*) FILTER (WHERE f.out_on - %(today)s::date <= 0), count(*) FILTER (WHERE f.out_on - %(today)s::date BETWEEN 1 AND 7),
           count(*) FILTER (WHERE f.out_on - %(today)s::date BETWEEN 8 AND 28),
           count(*) FILTER (WHERE f.out_on - %(today)s::date BETWEEN 29 AND 90)
    FROM inventory_stockfigures f
    JOIN inventory_stocklevel l ON l.id = f.level_id
    CROSS JOIN LATERAL (SELECT %(now)s - f.idle_since AS idle) i
    GROUP BY l.location_id, f.abc
    ORDER BY l.location_id, f.abc
"""

# A posting is dated after its transaction has begun to write.
SETTLED_UNTIL = """
    SELECT least(clock_timestamp(), min(xact_start)) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL
"""

CORRECTION_SUMS = """
    SELECT min(f.id) AS id, f.kind, f.reason, f.actor_id, sum(f.moves)::bigint AS moves, sum(f.gained)::bigint AS gained,
           sum(f.lost)::bigint AS lost, sum(f.value) AS value
    FROM inventory_dailyflow f JOIN inventory_location o ON o.id = f.location_id
    WHERE {conditions}
    GROUP BY f.kind, f.reason, f.actor_id
"""


@transaction.atomic
def refresh_flows(*, since: date | None = None) -> None:
    """Write costs of goods sold and daily flows from the day `since` on, by default from where the last call left off.

    Whole days are added up anew, the earliest being that of the mark: usually today alone.
    """
    mark = FlowMark.objects.select_for_update().first()
    known = timezone.localdate(mark.upto, timezone.get_default_timezone()) if mark else BEGINNING
    since = since or known
    start = datetime(since.year, since.month, since.day, tzinfo=timezone.get_default_timezone())
    upto = settled_until()
    parameters = {"start": start, "zone": settings.TIME_ZONE, "sales": list(SALES), "corrections": list(CORRECTIONS)}
    with connection.cursor() as cursor:
        cursor.execute(SALE_COSTS, parameters)
        cursor.execute(DAILY_FLOWS, parameters)
    if since <= known:
        FlowMark.objects.update_or_create(pk=1, defaults={"upto": upto})


def settled_until() -> datetime:
    """The instant from before which no posting can come any more: that of now, or of the oldest transaction that writes.

    What is read after this is whole up to there.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")
        cursor.execute(SETTLED_UNTIL)
        moment: datetime = cursor.fetchone()[0]
        return moment


@transaction.atomic
def refresh_figures(now: datetime | None = None) -> None:
    """Write the figures of every level anew: age, last shipment, forecast, use, turnover and class."""
    now = now or timezone.now()
    today = timezone.localdate(now, timezone.get_default_timezone())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute("DELETE FROM inventory_stocksummary")
        cursor.execute("DELETE FROM inventory_stockfigures")
        cursor.execute(
            FIGURES,
            {
                "now": now,
                "today": today,
                "horizon": HORIZON,
                "since": now - timedelta(days=YEAR),
                "sales": list(SALES),
                "a": A_SHARE,
                "b": B_SHARE,
            },
        )
        cursor.execute(SUMMARY, {"now": now, "today": today})


def corrections(
    first: date | None, last: date | None, *, warehouses: Sequence[str] | None = None, location: int | None = None
) -> Any:
    """Rows of CorrectionSum: corrections of the days from `first` to `last`, added up by kind, reason and person.

    `warehouses` are the codes of the locations that may be seen, None for all.
    """
    conditions: dict[str, Any] = {"f.kind = ANY(%s)": list(CORRECTIONS)}
    if first is not None:
        conditions["f.day >= %s"] = first
    if last is not None:
        conditions["f.day <= %s"] = last
    if warehouses is not None:
        conditions["o.code = ANY(%s)"] = list(warehouses)
    if location is not None:
        conditions["f.location_id = %s"] = location
    statement = CORRECTION_SUMS.format(conditions=" AND ".join(conditions))
    return derived(CorrectionSum.objects.all(), statement, list(conditions.values()))
