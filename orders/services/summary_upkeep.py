"""Keeps the summaries of sales true: days that something changed are added up anew, and months and years by the difference.

What changed is read from the row histories, which triggers write whoever changes a row, in the same statement. So selling
pays nothing for the reports. `SalesMark` says how far they were read.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from orders.models import CategorySales, CustomerSales, SalesMark, Span, Summary
from orders.services.summary_sources import SOURCES, fresh

BEGINNING = date(1970, 1, 1)
END = date(2999, 12, 31)
LOCK = 7_203_114  # of the database: one refresh at a time
MARGIN = timedelta(seconds=10)  # a transaction is listed a moment after its time was taken
UNITS = "(VALUES ('d', 'day'), ('m', 'month'), ('y', 'year')) AS p(span, unit)"

# The moment from before which no transaction can write any more: its changes bear the time at which it began.
SETTLED = """
    SELECT min(xact_start) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type <> 'autovacuum worker'
"""

TOUCHED = """
    SELECT pgh_obj_id AS id FROM orders_orderhistory WHERE pgh_created_at >= %(upto)s
    UNION SELECT order_id FROM orders_orderlinehistory WHERE pgh_created_at >= %(upto)s
    UNION SELECT order_id FROM orders_fulfilmenthistory WHERE pgh_created_at >= %(upto)s
    UNION SELECT f.order_id FROM orders_fulfilmentlinehistory h JOIN orders_fulfilment f ON f.id = h.fulfilment_id
          WHERE h.pgh_created_at >= %(upto)s
    UNION SELECT order_id FROM orders_returnhistory WHERE pgh_created_at >= %(upto)s
    UNION SELECT t.order_id FROM orders_returnlinehistory h JOIN orders_return t ON t.id = h.order_return_id
          WHERE h.pgh_created_at >= %(upto)s
"""
DUE = f"""
    WITH touched AS MATERIALIZED ({TOUCHED})
    SELECT DISTINCT (at AT TIME ZONE %(zone)s)::date FROM (
        SELECT o.placed_at AS at FROM touched t JOIN orders_order o ON o.id = t.id
        UNION ALL SELECT h.placed_at FROM touched t JOIN orders_orderhistory h ON h.pgh_obj_id = t.id
                  WHERE h.status IN ('placed', 'closed')
        UNION ALL SELECT r.at FROM touched t JOIN orders_refund r ON r.order_id = t.id
        UNION ALL SELECT issued_at FROM orders_invoice WHERE issued_at >= %(upto)s
        UNION ALL SELECT i.issued_at FROM touched t JOIN orders_invoice i ON i.order_id = t.id
        UNION ALL SELECT f.shipped_at FROM touched t JOIN orders_fulfilment f ON f.order_id = t.id
        UNION ALL SELECT shipped_at FROM orders_fulfilmenthistory WHERE pgh_created_at >= %(upto)s
        UNION ALL SELECT unnest(ARRAY[r.created_at, r.received_at]) FROM touched t JOIN orders_return r ON r.order_id = t.id
        UNION ALL SELECT unnest(ARRAY[created_at, received_at]) FROM orders_returnhistory WHERE pgh_created_at >= %(upto)s
        UNION ALL SELECT m.at FROM touched t JOIN orders_order o ON o.id = t.id
                  JOIN inventory_stockmove m ON m.cause = o.number AND m.cause <> '' AND m.kind = 'shipped'
        UNION ALL SELECT m.at FROM touched t JOIN orders_return r ON r.order_id = t.id
                  JOIN inventory_stockmove m ON m.cause = r.number AND m.cause <> '' AND m.kind = 'returned'
    ) moments WHERE at IS NOT NULL ORDER BY 1
"""  # noqa: S608 - constants of ours

PLACES = """
    WITH RECURSIVE above AS (
        SELECT id, id AS category, parent_id FROM catalog_category
        UNION ALL SELECT a.id, c.id, c.parent_id FROM above a JOIN catalog_category c ON c.id = a.parent_id
    ), place AS (SELECT id, array_agg(category ORDER BY category) AS categories FROM above GROUP BY id)
    SELECT p.id AS product_id, coalesce(c.categories, '{}') AS categories
    FROM catalog_product p LEFT JOIN place c ON c.id = p.category_id
"""
MOVED = f"""
    SELECT n.product_id, n.categories, s.product_id IS NULL AS is_new
    FROM ({PLACES}) n LEFT JOIN orders_productplace s USING (product_id)
    WHERE s.categories IS DISTINCT FROM n.categories
"""  # noqa: S608 - constants of ours
PLACE_PRODUCTS = f"""
    WITH moved AS MATERIALIZED ({MOVED}), written AS (
        INSERT INTO orders_productplace (product_id, categories) SELECT product_id, categories FROM moved
        ON CONFLICT (product_id) DO UPDATE SET categories = EXCLUDED.categories
    )
    SELECT DISTINCT s.day FROM moved m JOIN orders_productsales s ON s.item = m.product_id AND s.span = 'd'
"""  # noqa: S608 - constants of ours
WOULD_MOVE = f"""
    SELECT DISTINCT s.day FROM ({MOVED}) m JOIN orders_productsales s ON s.item = m.product_id AND s.span = 'd'
"""  # noqa: S608 - constants of ours

COHORTS = """
    INSERT INTO orders_cohortsales (first, month, currency, customers, orders, gross)
    SELECT first, day, currency, %(sign)s * count(*), %(sign)s * sum(orders), %(sign)s * sum(gross)
    FROM (SELECT s.*, min(day) OVER (PARTITION BY item) AS first FROM orders_customersales s
          WHERE span = 'm' AND item <> 0 AND orders > 0 AND item IN (SELECT item FROM sales_change)) s
    GROUP BY 1, 2, 3
    ON CONFLICT (first, month, currency) DO UPDATE SET
        customers = orders_cohortsales.customers + EXCLUDED.customers,
        orders = orders_cohortsales.orders + EXCLUDED.orders,
        gross = orders_cohortsales.gross + EXCLUDED.gross
"""


@dataclass(frozen=True)
class Days:
    """Days of the shop, as stretches from the first of them to the last."""

    stretches: tuple[tuple[date, date], ...]

    @classmethod
    def of(cls, days: Iterable[date]) -> "Days":
        found: list[tuple[date, date]] = []
        for day in sorted(set(days)):
            if found and found[-1][1] + timedelta(days=1) >= day:
                found[-1] = (found[-1][0], day)
            else:
                found.append((day, day))
        return cls(tuple(found))

    @property
    def parameters(self) -> dict[str, Any]:
        """What `fresh` asks for, and the days as such."""
        return {
            "zone": settings.TIME_ZONE,
            "starts": [start_of(first) for first, _last in self.stretches],
            "stops": [start_of(last + timedelta(days=1)) for _first, last in self.stretches],
            "firsts": [first for first, _last in self.stretches],
            "lasts": [last for _first, last in self.stretches],
        }


ALL = Days(((BEGINNING, END),))


def start_of(day: date) -> datetime:
    """The moment at which a day of the shop begins."""
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(settings.TIME_ZONE))


@transaction.atomic
def refresh_summaries(*, anew: bool = False) -> None:
    """Bring every summary up to what was committed by now; make them from nothing where there are none, or `anew` is said."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        cursor.execute("SET LOCAL work_mem = '256MB'")
    mark = SalesMark.objects.first()
    upto = _settled()
    if mark is None or mark.zone != settings.TIME_ZONE or anew:
        _make_from_nothing()
    else:
        days = Days.of(due_days(mark))
        moved = _days(PLACE_PRODUCTS)
        for summary in SOURCES:
            _add_up(summary, Days.of([*_each(days), *moved]) if summary is CategorySales else days)
    facts = {"upto": upto, "zone": settings.TIME_ZONE, "refreshed_at": timezone.now()}
    SalesMark.objects.update_or_create(pk=1, defaults=facts)


def due_days(mark: SalesMark) -> list[date]:
    """Days of which something changed after the mark."""
    return _days(DUE, {"upto": mark.upto, "zone": settings.TIME_ZONE})


def pending_days(mark: SalesMark) -> list[date]:
    """Days that the next refresh will add up anew, those of products that were sorted elsewhere among them."""
    return sorted({*due_days(mark), *_days(WOULD_MOVE)})


def _settled() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot(), now()")
        began = cursor.fetchone()[1]
        cursor.execute(SETTLED)
        oldest = cursor.fetchone()[0]
    moment: datetime = min(began, oldest or began) - MARGIN
    return moment


def _days(sql: str, parameters: dict[str, Any] | None = None) -> list[date]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return [row[0] for row in cursor.fetchall()]


def _each(days: Days) -> list[date]:
    return [
        first + timedelta(days=number)
        for first, last in days.stretches
        for number in range((last - first).days + 1)
    ]  # fmt: skip


def _make_from_nothing() -> None:
    with connection.cursor() as cursor:
        for name in ("cohortsales", "productplace"):
            cursor.execute(f"DELETE FROM orders_{name}")  # noqa: S608 - names of ours
        cursor.execute(PLACE_PRODUCTS)
        for summary in SOURCES:
            cursor.execute(f"DELETE FROM {summary._meta.db_table}")  # noqa: S608 - our own table
    for summary in SOURCES:
        _add_up(summary, ALL)
    with connection.cursor() as cursor:
        for table in (*(summary._meta.db_table for summary in SOURCES), "orders_cohortsales", "orders_productplace"):
            cursor.execute(f"ANALYZE {table}")


def _add_up(summary: type[Summary], days: Days) -> None:
    """Write what these days come to by now, and the difference to what they came to before into months and years."""
    if not days.stretches:
        return
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE sales_change ON COMMIT DROP AS {_changes(summary)}", days.parameters)
        cursor.execute("ANALYZE sales_change")
        if summary is CustomerSales:
            cursor.execute(COHORTS, {"sign": -1})
        cursor.execute(_upsert(summary), {"spans": list(summary.spans)})
        cursor.execute(_clear(summary), {"spans": list(summary.spans)})
        if summary is CustomerSales:
            cursor.execute(COHORTS, {"sign": 1})
            cursor.execute("DELETE FROM orders_cohortsales WHERE customers = 0")
        cursor.execute("DROP TABLE sales_change")


def _changes(summary: type[Summary]) -> str:
    """SELECT of day, currency, keys, and by how much the figures of the days differ from those that are stored."""
    keys = ", ".join(("day", "currency", *summary.keys))
    differences = ", ".join(f"coalesce(f.{name}, 0) - coalesce(s.{name}, 0) AS {name}" for name in summary.figures)
    return f"""
        SELECT {keys}, {differences} FROM ({fresh(summary)}) f
        FULL JOIN (SELECT t.* FROM {summary._meta.db_table} t
                   JOIN unnest(%(firsts)s::date[], %(lasts)s::date[]) AS r(first, last) ON t.day BETWEEN r.first AND r.last
                   WHERE t.span = '{Span.DAY}') s USING ({keys})
        WHERE ({_figures(summary, "f")}) IS DISTINCT FROM ({_figures(summary, "s")})
    """  # noqa: S608 - names of ours


def _figures(summary: type[Summary], alias: str) -> str:
    return ", ".join(f"coalesce({alias}.{name}, 0)" for name in summary.figures)


def _upsert(summary: type[Summary]) -> str:
    table = summary._meta.db_table
    keys = ", ".join(("currency", *summary.keys))
    sums = ", ".join(f"sum({name})" for name in summary.figures)
    added = ", ".join(f"{name} = {table}.{name} + EXCLUDED.{name}" for name in summary.figures)
    return f"""
        INSERT INTO {table} (span, day, {keys}, {", ".join(summary.figures)})
        SELECT p.span, date_trunc(p.unit, c.day::timestamp)::date AS first, {keys}, {sums}
        FROM sales_change c CROSS JOIN {UNITS} WHERE p.span = ANY(%(spans)s)
        GROUP BY p.span, first, {keys} ORDER BY p.span, first, {keys}
        ON CONFLICT (span, day, {keys}) DO UPDATE SET {added}
    """  # noqa: S608 - names of ours


def _clear(summary: type[Summary]) -> str:
    """Takes rows away of which nothing is left."""
    same = " AND ".join(f"t.{name} = c.{name}" for name in ("currency", *summary.keys))
    nothing = " AND ".join(f"t.{name} = 0" for name in summary.figures)
    return f"""
        DELETE FROM {summary._meta.db_table} t USING sales_change c CROSS JOIN {UNITS}
        WHERE p.span = ANY(%(spans)s) AND t.span = p.span AND t.day = date_trunc(p.unit, c.day::timestamp)::date
          AND {same} AND {nothing}
    """  # noqa: S608 - names of ours


def wrong_rows(summary: type[Summary]) -> str:
    """SELECT of the rows that are not what orders say: span, day, currency, keys, figures stored, figures right.

    Parameters as for `fresh`, and `pending`, days that may differ for now.
    """
    keys = ", ".join(("span", "day", "currency", *summary.keys))
    sums = ", ".join(f"sum(r.{name}) AS {name}" for name in summary.figures)
    spans = ", ".join(f"'{span}'" for span in summary.spans)
    inner = ", ".join(f"r.{name}" for name in ("currency", *summary.keys))
    return f"""
        SELECT {keys}, {_figures(summary, "t")}, {_figures(summary, "f")}
        FROM {summary._meta.db_table} t FULL JOIN (
            SELECT p.span, date_trunc(p.unit, r.day::timestamp)::date AS day, {inner}, {sums}
            FROM ({fresh(summary)}) r CROSS JOIN {UNITS} WHERE p.span IN ({spans})
            GROUP BY p.span, date_trunc(p.unit, r.day::timestamp)::date, {inner}
        ) f USING ({keys})
        WHERE ({_figures(summary, "t")}) IS DISTINCT FROM ({_figures(summary, "f")})
          AND NOT EXISTS (
              SELECT FROM unnest(%(pending)s::date[]) AS x(day), {UNITS}
              WHERE p.span = span AND date_trunc(p.unit, x.day::timestamp)::date = coalesce(t.day, f.day))
    """  # noqa: S608 - names of ours


WRONG_COHORTS = """
    SELECT first, month, currency, coalesce(t.customers, 0), coalesce(t.orders, 0), coalesce(t.gross, 0),
           coalesce(f.customers, 0), coalesce(f.orders, 0), coalesce(f.gross, 0)
    FROM orders_cohortsales t FULL JOIN (
        SELECT first, day AS month, currency, count(*) AS customers, sum(orders) AS orders, sum(gross) AS gross
        FROM (SELECT s.*, min(day) OVER (PARTITION BY item) AS first FROM orders_customersales s
              WHERE span = 'm' AND item <> 0 AND orders > 0) s
        GROUP BY 1, 2, 3
    ) f USING (first, month, currency)
    WHERE (t.customers, t.orders, t.gross) IS DISTINCT FROM (f.customers, f.orders, f.gross)
"""
