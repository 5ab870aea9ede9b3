"""Stock and value at any past instant.

Every level is written down at the end of each month, and once more whenever many postings came since: `BUSY`, or
`POSTINGS_A_LEVEL` for each level where that is more, so that balances are never most of what there is. What was where at an
instant is the last balance before it and the postings in between, at most so many, whatever the age of the ledger. Without
any balance it is the sum of all postings before; a balance changes nothing but the time it takes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Max
from django.utils import timezone

from backoffice.derived import derived
from backoffice.models import User
from inventory.models import StockLevel, StockPeriod, StockPosting, StockThen

BUSY = 100_000
POSTINGS_A_LEVEL = 2
SETTLED = timedelta(minutes=10)
LOCK = "inventory_stockperiod"
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

# The balances of a period and the postings from its end to another instant, level by level. The end itself belongs to what
# comes after, so that a month ends with the last moment before the next.
KNOWN = """
    SELECT level_id, on_hand, allocated, held, value FROM inventory_stockbalance WHERE period_id = %s
    UNION ALL
    SELECT level_id, on_hand, allocated, held, value FROM inventory_stockposting WHERE at >= %s AND at {until} %s
"""
SUMS = f"""
    SELECT level_id, sum(on_hand) AS on_hand, sum(allocated) AS allocated, sum(held) AS held, sum(value) AS value
    FROM ({KNOWN}) known GROUP BY level_id
"""  # noqa: S608 - constants
SOMETHING = "on_hand <> 0 OR allocated <> 0 OR held <> 0 OR value <> 0"
CLOSE = f"""
    INSERT INTO inventory_stockbalance (period_id, level_id, on_hand, allocated, held, value)
    SELECT %s, level_id, on_hand, allocated, held, value FROM ({SUMS.format(until="<")}) s
    WHERE {SOMETHING} ORDER BY level_id
"""  # noqa: S608 - constants
TOTAL = """
    INSERT INTO inventory_stocktotal (period_id, location_id, on_hand, value)
    SELECT b.period_id, l.location_id, sum(b.on_hand), sum(b.value)
    FROM inventory_stockbalance b JOIN inventory_stocklevel l ON l.id = b.level_id
    WHERE b.period_id = %s GROUP BY b.period_id, l.location_id ORDER BY l.location_id
"""
STILL_OPEN = """
    SELECT EXISTS (SELECT FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xid IS NOT NULL AND xact_start < %s)
"""


@dataclass(frozen=True)
class Grouping:
    """What stock is added up by: a key, the tables that it is in beside the level, and the code and names of a group `g`."""

    key: str
    joins: tuple[str, ...]
    names: tuple[str, str, str]
    named: str


VARIANT = "JOIN catalog_variant v ON v.id = l.variant_id"
PRODUCT = "JOIN catalog_product p ON p.id = v.product_id"
FIGURES = "LEFT JOIN inventory_stockfigures f ON f.level_id = l.id"
IN_WAREHOUSES = "l.location_id IN (SELECT o.id FROM inventory_location o WHERE o.code = ANY(%s))"
IN_BRANCHES = """p.category_id IN (
    SELECT b.id FROM catalog_category b JOIN unnest(%s::text[]) AS top(path) ON b.path = top.path OR starts_with(b.path, top.path || ' > ')
)"""
GROUPINGS = {
    "location": Grouping(
        "l.location_id", (), ("o.code", "o.name", "o.name_zh"), "JOIN inventory_location o ON o.id = g.id"
    ),
    "category": Grouping(
        "coalesce(p.category_id, 0)",
        (VARIANT, PRODUCT),
        ("coalesce(c.path, '')", "coalesce(c.name, '')", "coalesce(c.name_zh, '')"),
        "LEFT JOIN catalog_category c ON c.id = g.id",
    ),
    "supplier": Grouping(
        "coalesce(f.supplier_id, 0)",
        (FIGURES,),
        ("coalesce(u.code, '')", "coalesce(u.name, '')", "''"),
        "LEFT JOIN inventory_supplier u ON u.id = g.id",
    ),
    "variant": Grouping("l.variant_id", (), ("v.sku", "v.title", "''"), "JOIN catalog_variant v ON v.id = g.id"),
}


def stock_at(
    moment: datetime,
    by: str = "location",
    *,
    warehouses: Sequence[str] | None = None,
    location: int | None = None,
    categories: Sequence[str] | None = None,
    suppliers: Sequence[int] | None = None,
) -> Any:
    """Rows of StockThen: what was where at `moment`, added up by location, category, supplier or variant.

    `warehouses` are the codes of the locations that may be seen, None for all. The others narrow: by a location's key, by
    categories' paths with all below them, by suppliers' keys. The supplier is who delivered the variant to the location
    last, as the figures of the night know it. Groups with nothing are left out. Raises KeyError for another grouping.
    """
    joins = dict.fromkeys(GROUPINGS[by].joins)
    conditions: dict[str, Any] = {}
    if warehouses is not None:
        conditions[IN_WAREHOUSES] = list(warehouses)
    if location is not None:
        conditions["l.location_id = %s"] = location
    if categories is not None:
        joins |= dict.fromkeys((VARIANT, PRODUCT))
        conditions[IN_BRANCHES] = list(categories)
    if suppliers is not None:
        joins |= dict.fromkeys((FIGURES,))
        conditions["f.supplier_id = ANY(%s)"] = list(suppliers)
    period = StockPeriod.objects.filter(at__lte=moment).order_by("-at").first()
    base = (period.pk, period.at) if period else (0, BEGINNING)
    return derived(StockThen.objects.all(), _grouped(by, joins, conditions), [*base, moment, *conditions.values()])


def _grouped(by: str, joins: Iterable[str], conditions: Iterable[str]) -> str:
    """Added up by the key alone, in one step: the planner knows how many levels there are, not how many have moved."""
    grouping = GROUPINGS[by]
    code, name, name_zh = grouping.names
    return f"""
        SELECT g.id, '{by}' AS grouping, {code} AS code, {name} AS name, {name_zh} AS name_zh, g.on_hand, g.allocated, g.held, g.value
        FROM (
            SELECT {grouping.key} AS id, sum(s.on_hand)::bigint AS on_hand, sum(s.allocated)::bigint AS allocated,
                   sum(s.held)::bigint AS held, sum(s.value) AS value
            FROM ({KNOWN.format(until="<=")}) s JOIN inventory_stocklevel l ON l.id = s.level_id {" ".join(joins)}
            WHERE {" AND ".join(conditions) or "true"}
            GROUP BY 1
            HAVING sum(s.on_hand) <> 0 OR sum(s.allocated) <> 0 OR sum(s.held) <> 0 OR sum(s.value) <> 0
        ) g {grouping.named}
    """  # noqa: S608 - our own words; input stands in the parameters


# --- Period ends ------------------------------------------------------------------------------------


@transaction.atomic
def close_periods(now: datetime | None = None) -> list[StockPeriod]:
    """Write every level down for the ends of periods that are over: of months, and wherever many postings came.

    An end is left for the next call while a transaction from before it may still bring postings, or another call is at it.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [LOCK])
        if not cursor.fetchone()[0]:
            return []
    settled = (now or timezone.now()) - SETTLED
    made: list[StockPeriod] = []
    while (end := next_end(settled)) and not _still_open(end[0]):
        made.append(close_period(end[0], is_month_end=end[1]))
    return made


def next_end(until: datetime) -> tuple[datetime, bool] | None:
    """Where the oldest period that was not written down ends, if that is before `until`, and whether a month ends there."""
    first = StockPosting.objects.order_by("pk").values_list("pk", "at").first()
    if first is None:
        return None
    last = StockPeriod.objects.order_by("-at").first()
    month_end = next_month(last.at if last else first[1])
    busy_end = _busy_end(last.last_posting if last else first[0] - 1, last.at if last else BEGINNING, until)
    return min((end for end in ((month_end, True), busy_end) if end and end[0] <= until), default=None)


def _busy_end(known: int, after: datetime, until: datetime) -> tuple[datetime, bool] | None:
    """Where so many postings came since the one called `known` that a period ends there: now, or then where more are overdue."""
    most = max(BUSY, POSTINGS_A_LEVEL * StockLevel.objects.count())
    came = StockPosting.objects.order_by("-pk").values_list("pk", flat=True)[0] - known
    if came <= most:
        return None
    if came <= 2 * most:
        return until, False
    at = StockPosting.objects.filter(pk__gt=known + most).order_by("pk").values_list("at", flat=True)[0]
    return (at, False) if after < at else None


def next_month(moment: datetime) -> datetime:
    """The first instant of the month after, in the shop's time zone."""
    day = timezone.localtime(moment, timezone.get_default_timezone())
    year, month = divmod(day.year * 12 + day.month, 12)
    return datetime(year, month + 1, 1, tzinfo=timezone.get_default_timezone())


def _still_open(at: datetime) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(STILL_OPEN, [at])
        return bool(cursor.fetchone()[0])


def close_period(at: datetime, *, is_month_end: bool) -> StockPeriod:
    """Write every level down as of `at`."""
    before = StockPeriod.objects.filter(at__lt=at).order_by("-at").first()
    base = (before.pk, before.at) if before else (0, BEGINNING)
    came = StockPosting.objects.filter(at__gte=base[1], at__lt=at).aggregate(newest=Max("pk"))["newest"]
    newest = max(came or 0, before.last_posting if before else 0)
    period = StockPeriod.objects.create(at=at, is_month_end=is_month_end, last_posting=newest)
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, [period.pk, *base, at])
        cursor.execute(TOTAL, [period.pk])
    return period


@transaction.atomic
def repair_balances(by: User | None) -> None:
    """Write the balances anew out of the postings, for the same instants."""
    ends = list(StockPeriod.objects.order_by("at").values_list("at", "is_month_end"))
    StockPeriod.objects.all().delete()
    for at, is_month_end in ends:
        close_period(at, is_month_end=is_month_end)
