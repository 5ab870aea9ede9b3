"""Stock proven against its ledger, its allocations and its holds."""

import json
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.verification import Result, check, compare, keys
from catalog.models import Variant
from inventory.models import DailyFlow, SaleCost, StockLevel, StockPeriod
from inventory.services.balances import repair_balances
from inventory.services.posting import Kind, Move, post
from inventory.services.sold_out import MISSING, refresh_sold_out
from inventory.services.summaries import BEGINNING, refresh_flows

LEVELS = "SELECT count(*) FROM inventory_stocklevel"
POSTINGS = "SELECT count(*) FROM inventory_stockposting"
REASON = "verify --repair"

SUMS = """
    SELECT s.id, s.on_hand, s.allocated, s.held, s.value, coalesce(p.on_hand, 0) AS sum_on_hand,
           coalesce(p.allocated, 0) AS sum_allocated, coalesce(p.held, 0) AS sum_held, coalesce(p.value, 0) AS sum_value
    FROM inventory_stocklevel s
    LEFT JOIN (SELECT level_id, sum(on_hand) AS on_hand, sum(allocated) AS allocated, sum(held) AS held, sum(value) AS value
               FROM inventory_stockposting GROUP BY level_id) p ON p.level_id = s.id
"""
WRONG_LEVELS = (
    f"SELECT * FROM ({SUMS}) l"  # noqa: S608 - no input
    " WHERE (on_hand, allocated, held, value) IS DISTINCT FROM (sum_on_hand, sum_allocated, sum_held, sum_value)"
)
WRONG_POSTINGS = """
    SELECT p.level_id, p.id
    FROM (
        SELECT id, level_id, on_hand_after, allocated_after, held_after, value_after,
               on_hand + lead(on_hand_after, 1, 0) OVER w AS on_hand, allocated + lead(allocated_after, 1, 0) OVER w AS allocated,
               held + lead(held_after, 1, 0) OVER w AS held, value + lead(value_after, 1, 0::numeric) OVER w AS value,
               lag(id) OVER w IS NULL AS is_last
        FROM inventory_stockposting
        WINDOW w AS (PARTITION BY level_id ORDER BY id DESC)
    ) p
    LEFT JOIN inventory_stocklevel s ON p.is_last AND s.id = p.level_id
    WHERE (p.on_hand_after, p.allocated_after, p.held_after, p.value_after)
              IS DISTINCT FROM (p.on_hand, p.allocated, p.held, p.value)
       OR (p.is_last AND (p.on_hand_after, p.allocated_after, p.held_after, p.value_after)
              IS DISTINCT FROM (s.on_hand, s.allocated, s.held, s.value))
"""
PROMISES = """
    SELECT s.id, coalesce(s.{column}, 0) AS stored, coalesce(a.pieces, 0) AS pieces,
           coalesce(s.variant_id, a.variant_id) AS variant_id, coalesce(s.location_id, a.location_id) AS location_id
    FROM inventory_stocklevel s
    FULL JOIN (SELECT variant_id, location_id, sum(quantity) AS pieces FROM {table} WHERE {live} GROUP BY variant_id, location_id) a
        ON a.variant_id = s.variant_id AND a.location_id = s.location_id
    WHERE coalesce(s.{column}, 0) <> coalesce(a.pieces, 0)
"""
WRONG_ALLOCATIONS = PROMISES.format(column="allocated", table="inventory_allocation", live="true")
HELD = """(
        SELECT variant_id, location_id, quantity FROM inventory_hold WHERE status = 'live'
        UNION ALL
        SELECT s.variant_id, s.location_id, p.quantity FROM inventory_lot o
        JOIN inventory_stockpart p ON p.lot_id = o.id AND p.quantity > 0 JOIN inventory_stocklevel s ON s.id = p.level_id
        WHERE o.is_quarantined
    ) pieces"""
WRONG_HOLDS = PROMISES.format(column="held", table=HELD, live="true")
WRONG_LIMITS = """
    SELECT s.id, s.backorder_limit, greatest(v.backorder_limit, s.allocated + s.held - s.on_hand)
    FROM inventory_stocklevel s JOIN catalog_variant v ON v.id = s.variant_id
    WHERE s.backorder_limit <> greatest(v.backorder_limit, s.allocated + s.held - s.on_hand)
"""
WRONG_INCOMING = """
    SELECT s.id, coalesce(s.incoming, 0) AS stored, coalesce(o.pieces, 0) AS pieces, coalesce(s.variant_id, o.variant_id),
           coalesce(s.location_id, o.location_id)
    FROM inventory_stocklevel s
    FULL JOIN (SELECT l.variant_id, p.location_id, sum(l.outstanding) AS pieces
               FROM inventory_purchaseorderline l JOIN inventory_purchaseorder p ON p.id = l.purchase_order_id
               WHERE p.status IN ('ordered', 'partially_received') AND l.outstanding > 0 GROUP BY 1, 2) o
        ON o.variant_id = s.variant_id AND o.location_id = s.location_id
    WHERE coalesce(s.incoming, 0) <> coalesce(o.pieces, 0)
"""
WRONG_PURCHASES = """
    SELECT o.id, o.number, o.subtotal, coalesce(l.amount, 0) FROM inventory_purchaseorder o
    LEFT JOIN (SELECT purchase_order_id, sum(quantity * unit_cost) AS amount FROM inventory_purchaseorderline GROUP BY 1) l
        ON l.purchase_order_id = o.id
    WHERE o.subtotal <> coalesce(l.amount, 0)
"""
WRONG_RECEIVED = """
    SELECT l.id, o.number, v.sku, l.accepted || ' + ' || l.rejected, coalesce(r.accepted, 0) || ' + ' || coalesce(r.rejected, 0)
    FROM inventory_purchaseorderline l
    JOIN inventory_purchaseorder o ON o.id = l.purchase_order_id JOIN catalog_variant v ON v.id = l.variant_id
    LEFT JOIN (SELECT purchase_line_id, sum(quantity) AS accepted, sum(rejected) AS rejected
               FROM inventory_receiptline WHERE purchase_line_id IS NOT NULL GROUP BY 1) r ON r.purchase_line_id = l.id
    WHERE (l.accepted, l.rejected) IS DISTINCT FROM (coalesce(r.accepted, 0), coalesce(r.rejected, 0))
"""
WRONG_LANDED = """
    SELECT c.id, r.number, c.amount, coalesce(l.amount, 0) FROM inventory_landedcost c
    JOIN inventory_receipt r ON r.id = c.receipt_id
    LEFT JOIN (SELECT landed_cost_id, sum(amount) AS amount FROM inventory_landedcostline GROUP BY 1) l ON l.landed_cost_id = c.id
    WHERE c.amount <> coalesce(l.amount, 0)
"""

# A part is its last posting and the sum of them all.
WRONG_PARTS = """
    SELECT p.level_id, p.quantity, coalesce(g.sum, 0), coalesce(g.last, 0), b.code, l.number
    FROM inventory_stockpart p
    LEFT JOIN (SELECT part_id, sum(quantity) AS sum, (array_agg(after ORDER BY id DESC))[1] AS last
               FROM inventory_partposting GROUP BY part_id) g ON g.part_id = p.id
    LEFT JOIN inventory_bin b ON b.id = p.bin_id LEFT JOIN inventory_lot l ON l.id = p.lot_id
    WHERE p.quantity <> coalesce(g.sum, 0) OR p.quantity <> coalesce(g.last, 0)
"""
# A level has as many pieces in parts as it says: all, where its variant is tracked, and no more than there are elsewhere.
WRONG_PLACED = """
    SELECT s.id, s.placed, coalesce(p.sum, 0), s.on_hand
    FROM inventory_stocklevel s
    JOIN catalog_variant v ON v.id = s.variant_id
    LEFT JOIN (SELECT level_id, sum(quantity) AS sum FROM inventory_stockpart WHERE quantity > 0 GROUP BY level_id) p ON p.level_id = s.id
    WHERE s.placed <> coalesce(p.sum, 0) OR s.placed > s.on_hand OR s.is_tracked <> (v.tracking <> 'none')
       OR (s.is_tracked AND s.placed <> s.on_hand)
"""
WRONG_SERIALS = """
    SELECT v.sku, l.number, sum(p.quantity)
    FROM inventory_stockpart p JOIN inventory_lot l ON l.id = p.lot_id JOIN catalog_variant v ON v.id = l.variant_id
    WHERE v.tracking = 'serial' AND p.quantity > 0 GROUP BY v.sku, l.number HAVING sum(p.quantity) > 1
"""
# What is on its way is what transfers sent and did not bring, of each article; transfers are received as a whole in the end.
WRONG_TRANSIT = """
    SELECT coalesce(s.variant_id, t.variant_id), coalesce(s.pieces, 0), coalesce(t.pieces, 0)
    FROM (SELECT l.variant_id, sum(l.on_hand) AS pieces FROM inventory_stocklevel l
          JOIN inventory_location p ON p.id = l.location_id AND p.kind = 'transit' GROUP BY 1) s
    FULL JOIN (SELECT l.variant_id, sum(l.sent - l.arrived) AS pieces FROM inventory_transferline l
               JOIN inventory_transfer t ON t.id = l.transfer_id AND t.status IN ('draft', 'in_transit') GROUP BY 1) t
        ON t.variant_id = s.variant_id
    WHERE coalesce(s.pieces, 0) <> coalesce(t.pieces, 0)
"""
WRONG_PLACES = """
    SELECT p.id, v.sku, l.code FROM inventory_stockpart p
    JOIN inventory_stocklevel s ON s.id = p.level_id
    JOIN catalog_variant v ON v.id = s.variant_id JOIN inventory_location l ON l.id = s.location_id
    LEFT JOIN inventory_bin b ON b.id = p.bin_id LEFT JOIN inventory_lot o ON o.id = p.lot_id
    WHERE b.location_id <> s.location_id OR o.variant_id <> s.variant_id
       OR (p.quantity > 0 AND (p.lot_id IS NULL) <> (v.tracking = 'none'))
"""

# A balance is the one before it and the postings in between: whatever of a level does not come to nothing is wrong.
WRONG_BALANCES = """
    WITH period AS (
        SELECT id, at, lag(at, 1, '-infinity') OVER (ORDER BY at) AS since, lead(id) OVER (ORDER BY at) AS next FROM inventory_stockperiod
    )
    SELECT period_id, level_id, sum(on_hand), sum(value)
    FROM (
        SELECT period_id, level_id, on_hand, allocated, held, value FROM inventory_stockbalance
        UNION ALL
        SELECT p.next, b.level_id, -b.on_hand, -b.allocated, -b.held, -b.value
        FROM inventory_stockbalance b JOIN period p ON p.id = b.period_id WHERE p.next IS NOT NULL
        UNION ALL
        SELECT p.id, g.level_id, -g.on_hand, -g.allocated, -g.held, -g.value
        FROM inventory_stockposting g JOIN period p ON g.at >= p.since AND g.at < p.at
    ) known
    GROUP BY period_id, level_id
    HAVING sum(on_hand) <> 0 OR sum(allocated) <> 0 OR sum(held) <> 0 OR sum(value) <> 0
"""

# Of days that no posting can come to any more: the summaries of today and yesterday are made while work goes on.
WRONG_FLOWS = """
    SELECT day, location_id, kind, sum(pieces), sum(value)
    FROM (
        SELECT day, location_id, kind, gained - lost AS pieces, value FROM inventory_dailyflow
        UNION ALL
        SELECT (p.at AT TIME ZONE %(zone)s)::date, l.location_id, m.kind, -p.on_hand, -p.value
        FROM inventory_stockposting p
        JOIN inventory_stockmove m ON m.id = p.move_id
        JOIN inventory_stocklevel l ON l.id = p.level_id
        WHERE p.on_hand <> 0
        UNION ALL
        SELECT (at AT TIME ZONE %(zone)s)::date, location_id, 'sales', -pieces, -cost FROM inventory_salecost
        UNION ALL
        SELECT day, location_id, 'sales', lost - gained, -value FROM inventory_dailyflow WHERE kind IN ('shipped', 'returned')
    ) known
    WHERE day < (now() AT TIME ZONE %(zone)s)::date - 1
    GROUP BY day, location_id, kind
    HAVING sum(pieces) <> 0 OR sum(value) <> 0
"""


def _level(pk: int | None) -> str:
    level = StockLevel.objects.select_related("variant", "location").filter(pk=pk or 0).first()
    return f"{level.variant.sku} @ {level.location.code}" if level else _("no level")


def _say_level(row: Sequence[Any]) -> str:
    names = (_("on hand"), _("allocated"), _("held"), _("value"))
    parts = [
        _("%(name)s %(stored)s, postings %(sum)s") % {"name": name, "stored": stored, "sum": total}
        for name, stored, total in zip(names, row[1:5], row[5:9], strict=True)
        if stored != total
    ]
    return f"{_level(row[0])}: {'; '.join(parts)}"


def _say_promise(row: Sequence[Any]) -> str:
    return _("%(level)s: level says %(stored)s, documents %(pieces)s") % {
        "level": _level(row[0]),
        "stored": row[1],
        "pieces": row[2],
    }


def repair_levels(by: User | None) -> None:
    """Give levels the sums of their postings: the ledger is right. Where its own balance is broken, the level stays."""
    wrong = keys(WRONG_LEVELS)
    levels = list(StockLevel.objects.select_related("variant", "location").filter(pk__in=wrong).locked())
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            UPDATE inventory_stocklevel s
            SET on_hand = l.sum_on_hand, allocated = l.sum_allocated, held = l.sum_held, value = l.sum_value,
                backorder_limit = greatest(s.backorder_limit, l.sum_allocated + l.sum_held - l.sum_on_hand)
            FROM ({SUMS}) l
            LEFT JOIN LATERAL (
                SELECT on_hand_after, allocated_after, held_after, value_after
                FROM inventory_stockposting p WHERE p.level_id = l.id ORDER BY p.id DESC LIMIT 1
            ) last ON true
            WHERE l.id = s.id AND s.id = ANY(%s)
              AND (l.sum_on_hand, l.sum_allocated, l.sum_held, l.sum_value)
                  = (coalesce(on_hand_after, 0), coalesce(allocated_after, 0), coalesce(held_after, 0), coalesce(value_after, 0))
            RETURNING s.id
            """,  # noqa: S608 - no input
            [wrong],
        )
        mended = {pk for (pk,) in cursor.fetchall()}
    audit.record_many("stocklevel.repaired", [level for level in levels if level.pk in mended], by=by, reason=REASON)


def repair_allocations(by: User | None) -> None:
    """Post what lies between a level and its allocations: the documents are right."""
    _repair_promises(WRONG_ALLOCATIONS, Kind.ALLOCATED, Kind.RELEASED, by)


def repair_holds(by: User | None) -> None:
    _repair_promises(WRONG_HOLDS, Kind.HELD, Kind.UNHELD, by)


def _repair_promises(wrong: str, more: Kind, less: Kind, by: User | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(wrong)
        rows = cursor.fetchall()
    moves = []
    for _pk, stored, pieces, variant, location in rows:
        kind = more if pieces > stored else less
        moves.append(Move(kind, variant, location, location, int(abs(pieces - stored)), reason=REASON))
    post(moves, by=by)
    levels = StockLevel.objects.select_related("variant", "location").filter(pk__in=[row[0] for row in rows if row[0]])
    audit.record_many("stocklevel.repaired", list(levels), by=by, reason=REASON)


def repair_limits(by: User | None) -> None:
    wrong = keys(WRONG_LIMITS)
    levels = list(StockLevel.objects.select_related("variant", "location").filter(pk__in=wrong).locked())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE inventory_stocklevel s
            SET backorder_limit = greatest(v.backorder_limit, s.allocated + s.held - s.on_hand)
            FROM catalog_variant v WHERE v.id = s.variant_id AND s.id = ANY(%s)
            """,
            [wrong],
        )
    audit.record_many("stocklevel.repaired", levels, by=by, reason=REASON)


@check("stock_levels", repair=repair_levels)
def stock_levels() -> Result:
    """Each level is the sum of its postings."""
    return compare(checked=LEVELS, wrong=WRONG_LEVELS, say=_say_level)


@check("stock_postings")
def stock_postings() -> Result:
    """Each posting carries the balance on; the last one is the level. A ledger is never mended."""
    return compare(
        checked=POSTINGS,
        wrong=WRONG_POSTINGS,
        say=lambda row: (
            _("%(level)s: balance broken at posting %(posting)s") % {"level": _level(row[0]), "posting": row[1]}
        ),
    )


@check("stock_allocations", repair=repair_allocations)
def stock_allocations() -> Result:
    """What levels call allocated is what documents were promised."""
    return compare(checked=LEVELS, wrong=WRONG_ALLOCATIONS, say=_say_promise)


@check("stock_holds", repair=repair_holds)
def stock_holds() -> Result:
    """What levels call held is what live holds hold, and what has expired."""
    return compare(checked=LEVELS, wrong=WRONG_HOLDS, say=_say_promise)


def repair_sold_out(by: User | None) -> None:
    """Mark what is sold out and not marked."""
    refresh_sold_out()


@check("sold_out", repair=repair_sold_out)
def sold_out() -> Result:
    """Whatever is sold out is marked, so that it is found."""
    return compare(
        checked="SELECT count(*) FROM inventory_soldout",
        wrong=MISSING,
        say=lambda row: _("%(variant)s is sold out and not marked") % {"variant": Variant.objects.get(pk=row[0])},
    )


@check("backorder_limits", repair=repair_limits)
def backorder_limits() -> Result:
    """Levels follow the backorder limit of their variant, or what they owe where that is more."""
    return compare(
        checked=LEVELS,
        wrong=WRONG_LIMITS,
        say=lambda row: (
            _("%(level)s: limit %(stored)s, variant says %(right)s")
            % {"level": _level(row[0]), "stored": row[1], "right": row[2]}
        ),
    )


def _say_balance(row: Sequence[Any]) -> str:
    return _("%(level)s: balance of %(day)s is off by %(pieces)s pieces, value %(value)s") % {
        "level": _level(row[1]),
        "day": StockPeriod.objects.get(pk=row[0]).at.date(),
        "pieces": row[2],
        "value": row[3],
    }


@check("stock_balances", repair=repair_balances)
def stock_balances() -> Result:
    return compare(checked="SELECT count(*) FROM inventory_stockbalance", wrong=WRONG_BALANCES, say=_say_balance)


def repair_flows(by: User | None) -> None:
    """Make the summaries anew out of the postings."""
    SaleCost.objects.all().delete()
    DailyFlow.objects.all().delete()
    refresh_flows(since=BEGINNING)


@check("stock_flows", repair=repair_flows)
def stock_flows() -> Result:
    return compare(
        checked="SELECT count(*) FROM inventory_dailyflow",
        wrong=WRONG_FLOWS,
        say=lambda row: (
            _("%(day)s, %(kind)s: off by %(pieces)s pieces, value %(value)s")
            % {"day": row[0], "kind": row[2], "pieces": row[3], "value": row[4]}
        ),
        parameters={"zone": settings.TIME_ZONE},
    )


def repair_incoming(by: User | None) -> None:
    """Give levels what open purchase orders bring: the orders are right. Levels that are missing are created."""
    with connection.cursor() as cursor:
        cursor.execute(WRONG_INCOMING)
        rows = cursor.fetchall()
        cursor.execute(
            "SELECT inventory_add_incoming(%s::jsonb)",
            [
                json.dumps(
                    [
                        {"variant": variant, "location": location, "pieces": int(pieces - stored)}
                        for _pk, stored, pieces, variant, location in rows
                    ]
                )
                if rows
                else None
            ],
        )
    levels = StockLevel.objects.select_related("variant", "location").filter(pk__in=[row[0] for row in rows if row[0]])
    audit.record_many("stocklevel.repaired", list(levels), by=by, reason=REASON)


@check("stock_incoming", repair=repair_incoming)
def stock_incoming() -> Result:
    """What levels call incoming is what open purchase orders still bring."""
    return compare(checked=LEVELS, wrong=WRONG_INCOMING, say=_say_promise)


@check("stock_in_transit")
def stock_in_transit() -> Result:
    """What is on its way is what transfers have sent, and not yet brought."""
    return compare(
        checked="SELECT count(*) FROM inventory_transferline",
        wrong=WRONG_TRANSIT,
        say=lambda row: (
            _("%(sku)s: %(stored)s on the way, transfers say %(right)s")
            % {"sku": Variant.objects.get(pk=row[0]).sku, "stored": row[1], "right": row[2]}
        ),
    )


@check("purchase_sums")
def purchase_sums() -> Result:
    """The goods of a purchase order are the sum of its lines."""
    return compare(
        checked="SELECT count(*) FROM inventory_purchaseorder",
        wrong=WRONG_PURCHASES,
        say=lambda row: f"{row[1]}: {row[2]} / {row[3]}",
    )


@check("purchase_receipts")
def purchase_receipts() -> Result:
    """What came of each line of a purchase order is what its receipts brought."""
    return compare(
        checked="SELECT count(*) FROM inventory_purchaseorderline",
        wrong=WRONG_RECEIVED,
        say=lambda row: f"{row[1]}, {row[2]}: {row[3]} / {row[4]}",
    )


@check("landed_costs")
def landed_costs() -> Result:
    """A landed cost is the sum of its parts, to the cent."""
    return compare(
        checked="SELECT count(*) FROM inventory_landedcost",
        wrong=WRONG_LANDED,
        say=lambda row: f"{row[1]}: {row[2]} / {row[3]}",
    )


def _say_part(row: Sequence[Any]) -> str:
    return _("%(level)s, bin %(bin)s, lot %(lot)s: %(stored)s stored, postings %(sum)s, last %(last)s") % {
        "level": _level(row[0]),
        "stored": row[1],
        "sum": row[2],
        "last": row[3],
        "bin": row[4] or "-",
        "lot": row[5] or "-",
    }


@check("stock_parts")
def stock_parts() -> Result:
    """What lies in each bin and is of each lot is the sum of its postings."""
    return compare(checked="SELECT count(*) FROM inventory_stockpart", wrong=WRONG_PARTS, say=_say_part)


@check("stock_placed")
def stock_placed() -> Result:
    """Bins and lots of a level add up to what it says of them, and to all of it where the variant asks for lots."""
    return compare(
        checked=LEVELS,
        wrong=WRONG_PLACED,
        say=lambda row: (
            _("%(level)s: level says %(stored)s by bin and lot, parts %(sum)s, on hand %(on_hand)s")
            % {"level": _level(row[0]), "stored": row[1], "sum": row[2], "on_hand": row[3]}
        ),
    )


@check("stock_part_places")
def stock_part_places() -> Result:
    """Bins are those of the location, lots those of the variant."""
    return compare(
        checked="SELECT count(*) FROM inventory_stockpart", wrong=WRONG_PLACES, say=lambda row: f"{row[1]} @ {row[2]}"
    )


@check("serial_numbers")
def serial_numbers() -> Result:
    """A serial number is in stock at most once."""
    return compare(
        checked="SELECT count(*) FROM inventory_lot",
        wrong=WRONG_SERIALS,
        say=lambda row: f"{row[0]} {row[1]}: {row[2]}",
    )
