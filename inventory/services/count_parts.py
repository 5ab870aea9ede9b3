"""Stocktakes by bin and lot: what each part of a level has more or less than the books said when it was counted."""

# The statements are put together from constants of the modules and never from input.
# ruff: noqa: S608

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.db import connection

from backoffice.models import User
from inventory.models import StockCount, StockLevel, StockPart
from inventory.services.counting_parts import Change, Rearranging
from inventory.services.counts import COUNTED
from inventory.services.posting import Kind

OF_COUNT = "IN (SELECT l.id FROM inventory_countline l WHERE l.count_id = %(count)s AND l.counted IS NOT NULL)"
# Lines that name a bin or a lot somewhere; of articles with lots, those that name one of every piece.
BY_PART = f"""
    SELECT l.id, l.variant_id FROM ({COUNTED.format(lines=OF_COUNT)}) e
    JOIN inventory_countline l ON l.id = e.line_id JOIN catalog_variant v ON v.id = l.variant_id
    GROUP BY l.id, l.variant_id, v.tracking
    HAVING CASE WHEN v.tracking = 'none' THEN bool_or(e.bin_id IS NOT NULL)
                ELSE bool_and(e.lot_id IS NOT NULL OR e.quantity = 0) AND bool_or(e.lot_id IS NOT NULL) END
    ORDER BY l.id
"""
IN_BINS = "SELECT l.id, l.variant_id FROM inventory_countline l WHERE l.count_id = %(count)s AND l.counted IS NOT NULL ORDER BY l.id"
# What was counted of each part, and what the books had there when that part was last counted; nobody saw the parts of
# which nothing was counted, so that these are as they were in the end. What lies in no bin and has no lot has no part of
# its own: it is what the parts leave of the level. A count of bins knows the parts in these alone.
BOOKS = f"""
    WITH counted AS (
        SELECT e.line_id, e.bin_id, e.lot_id, sum(e.quantity) AS pieces, max(e.counted_at) AS at
        FROM ({COUNTED.format(lines="= ANY (%(lines)s)")}) e GROUP BY e.line_id, e.bin_id, e.lot_id
    ), chosen AS (
        SELECT l.id, l.counted_at, s.id AS level_id, coalesce(c.at, l.counted_at) AS loose_at
        FROM inventory_countline l
        JOIN inventory_stocklevel s ON s.variant_id = l.variant_id AND s.location_id = %(location)s
        LEFT JOIN (SELECT line_id, max(at) FILTER (WHERE bin_id IS NULL AND lot_id IS NULL AND pieces > 0) AS at
                   FROM counted GROUP BY line_id) c ON c.line_id = l.id
        WHERE l.id = ANY (%(lines)s)
    ), books AS (
        SELECT l.id AS line_id, p.bin_id, p.lot_id, h.after AS pieces
        FROM chosen l JOIN inventory_stockpart p ON p.level_id = l.level_id
        LEFT JOIN counted c ON c.line_id = l.id AND c.bin_id IS NOT DISTINCT FROM p.bin_id AND c.lot_id IS NOT DISTINCT FROM p.lot_id
        CROSS JOIN LATERAL (SELECT g.after FROM inventory_partposting g
                            WHERE g.part_id = p.id AND g.at <= coalesce(c.at, l.counted_at) ORDER BY g.id DESC LIMIT 1) h
        WHERE %(bins)s::bigint[] IS NULL OR p.bin_id = ANY (%(bins)s)
        UNION ALL
        SELECT l.id, NULL, NULL, coalesce((SELECT g.on_hand_after FROM inventory_stockposting g
                                           WHERE g.level_id = l.level_id AND g.at <= l.loose_at ORDER BY g.id DESC LIMIT 1), 0)
            - coalesce((SELECT sum(h.after) FROM inventory_stockpart p
                        CROSS JOIN LATERAL (SELECT g.after FROM inventory_partposting g
                                            WHERE g.part_id = p.id AND g.at <= l.loose_at ORDER BY g.id DESC LIMIT 1) h
                        WHERE p.level_id = l.level_id), 0)
        FROM chosen l WHERE %(bins)s::bigint[] IS NULL
    )
"""
WEIGH_PARTS = f"""{BOOKS}
    UPDATE inventory_countline l SET balance = coalesce(b.pieces, 0)
    FROM unnest(%(lines)s::bigint[]) AS weighed(id)
    LEFT JOIN (SELECT line_id, sum(pieces) AS pieces FROM books GROUP BY line_id) b ON b.line_id = weighed.id
    WHERE l.id = weighed.id AND l.balance IS DISTINCT FROM coalesce(b.pieces, 0)
"""
DIFFERENCES = f"""{BOOKS}, known AS (
        SELECT line_id, bin_id, lot_id, pieces FROM counted
        UNION ALL
        SELECT line_id, bin_id, lot_id, -pieces FROM books
    )
    SELECT line_id, lot_id, bin_id, sum(pieces)::integer FROM known GROUP BY 1, 2, 3 HAVING sum(pieces) <> 0
    ORDER BY 1, 2 NULLS FIRST, 3 NULLS FIRST
"""
Parts = dict[int, list[Change]]  # by variant


def lines_by_part(count: StockCount) -> list[tuple[int, int]]:
    """(line, variant) of lines that were counted by bin and lot; all that were counted, where bins are."""
    return _rows(IN_BINS if count.is_of_bins else BY_PART, count=count.pk)


def weigh_parts(count: StockCount) -> None:
    """Write on lines that were counted by bin and lot what the books said of each part when it was counted."""
    lines = [line for line, _variant in lines_by_part(count)]
    if lines:
        with connection.cursor() as cursor:
            cursor.execute(WEIGH_PARTS, {"lines": lines, "location": count.location_id, "bins": count.bin_keys})


def differences_by_part(count: StockCount, lines: Mapping[int, int]) -> Parts:
    """What the parts of these lines, {line: variant}, have more or less; the levels are locked and the lines weighed."""
    found: Parts = defaultdict(list)
    values = {"lines": list(lines), "location": count.location_id, "bins": count.bin_keys}
    for line, lot, bin, pieces in _rows(DIFFERENCES, **values):
        found[lines[line]].append(Change(lot, bin, pieces, None, ""))
    return dict(found)


def rearrange(count: StockCount, parts: Parts, *, by: User | None) -> None:
    """Move pieces between parts where one has more and another less, and correct the rest."""
    work = Rearranging(count.number)
    levels = {level.variant_id: level for level in count.location.levels.filter(variant__in=parts)}
    there = _there(levels)
    for variant, changes in sorted(parts.items(), key=lambda item: levels[item[0]].pk):
        level = levels[variant].pk
        # What left a part since it was counted is missed in any other: the books do not know which was sold.
        gone = [max(-one.pieces - there.get((level, one.lot, one.bin), 0), 0) for one in changes]
        fitting = [replace(one, pieces=one.pieces + some) for one, some in zip(changes, gone, strict=True)]
        work.add(level, variant, count.location_id, [one for one in fitting if one.pieces])
        if any(gone):
            work.rest.append((variant, count.location_id, Change(None, None, -sum(gone))))
    work.carry_out(Kind.COUNTED, by=by)


def _there(levels: Mapping[int, StockLevel]) -> dict[tuple[int, int | None, int | None], int]:
    """Pieces by level, lot and bin, now; those in no bin and of no lot too."""
    keys = [level.pk for level in levels.values()]
    rows = StockPart.objects.filter(level__in=keys).values_list("level", "lot", "bin", "quantity")
    parts: dict[tuple[int, int | None, int | None], int] = {(level, lot, bin): n for level, lot, bin, n in rows}
    return parts | {(level.pk, None, None): level.loose for level in levels.values()}


def _rows(statement: str, **values: Any) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()
