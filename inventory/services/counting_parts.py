"""Files of counts by bin and lot.

Where a row of an article at a location names a bin or a lot, all its rows there are counts of parts, a blank bin being what
is not put away. A count of a part leaves other parts alone, but for one case: as long as nothing of the article (or of the
lot) lies in a bin, pieces that are not put away are taken to lie where the file says, unless a row counts them apart.
"""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import Any

from django.utils.translation import gettext_lazy, ngettext

from backoffice.imports.batch import OnRefused, Rows, carry_out
from backoffice.models import ImportRun, User
from backoffice.resources import Outcome
from inventory.models import Location, shop_day
from inventory.services.bins import PutAway, put_away
from inventory.services.counting import CountBatch, post_all
from inventory.services.posting import Kind, Move, Pieces, virtual

PARTS = frozenset(["bin", "lot"])
Part = tuple[int | None, int | None]  # primary keys of lot and bin

# What lies in a part now. Of articles without lots, what is in no bin has no part.
THERE = """
    CASE WHEN (p.bin <> '' AND p.bin_id IS NULL) OR (p.lot <> '' AND p.lot_id IS NULL) OR l.id IS NULL THEN 0
         WHEN p.bin = '' AND NOT p.is_tracked THEN l.on_hand - l.placed
         ELSE coalesce((SELECT q.quantity FROM inventory_stockpart q WHERE q.level_id = l.id
                        AND q.bin_id IS NOT DISTINCT FROM p.bin_id AND q.lot_id IS NOT DISTINCT FROM p.lot_id), 0) END
"""
# Pieces of the article, or of the lot, that are not put away and lie where the file says.
SPREAD = """
    CASE WHEN l.id IS NULL OR (p.lot <> '' AND p.lot_id IS NULL)
              OR EXISTS (SELECT FROM import_part o WHERE o.bin = '' AND (o.variant_id, o.location_id, upper(o.lot))
                                                     = (p.variant_id, p.location_id, upper(p.lot)))
              OR EXISTS (SELECT FROM inventory_stockpart q WHERE q.level_id = l.id AND q.quantity > 0 AND q.bin_id IS NOT NULL
                                                     AND q.lot_id IS NOT DISTINCT FROM p.lot_id) THEN 0
         WHEN NOT p.is_tracked THEN l.on_hand - l.placed
         ELSE coalesce((SELECT q.quantity FROM inventory_stockpart q
                        WHERE q.level_id = l.id AND q.bin_id IS NULL AND q.lot_id = p.lot_id), 0) END
"""
LEVELS = "LEFT JOIN inventory_stocklevel l ON l.variant_id = p.variant_id AND l.location_id = p.location_id"


@dataclass(frozen=True)
class Change:
    """So many pieces more or less of a part; what they cost and why, where it was said."""

    lot: int | None
    bin: int | None
    pieces: int
    unit_cost: Decimal | None = None
    reason: str = ""


class PartCountBatch(CountBatch):
    """import_part holds the counts of parts, which import_count has as well."""

    tables = (*CountBatch.tables, "import_part")
    messages = {
        **CountBatch.messages,
        "part_twice": gettext_lazy("Row %(row)s has a count of this SKU in this place already."),
        "closed_bin": gettext_lazy("Bin %(bin)s is closed (%(location)s)."),
        "no_lots": gettext_lazy("%(sku)s is not tracked by lot."),
        "serial_one": gettext_lazy("A serial number is one piece."),
        "serial_elsewhere": gettext_lazy("Serial number %(lot)s is in stock elsewhere: %(location)s %(bin)s."),
        "other_expiry": gettext_lazy("Lot %(lot)s is known to expire on %(day)s."),
        "beside_refused": gettext_lazy("Another row of this SKU at this location is refused."),
        "parts_promised": gettext_lazy(
            "%(allocated)s pieces are allocated and %(held)s held at %(location)s: the counts cannot be below %(least)s together."
        ),
    }  # fmt: skip

    def compare(self) -> None:
        super().compare()
        self.run(
            """CREATE TEMP TABLE import_part ON COMMIT DROP AS
               SELECT c.row, c.variant_id, c.sku, c.location_id, c.place, c.counted, c.unit_cost, c.reason, c.on_hand, c.is_tracked,
                      coalesce(s.bin, '') AS bin, coalesce(s.lot, '') AS lot, s.expires_on, b.id AS bin_id, o.id AS lot_id,
                      coalesce(b.is_active, true) AS is_open, o.expires_on AS known_expiry, 0 AS there, 0 AS spread
               FROM import_count c JOIN import_stage s USING (row)
               LEFT JOIN inventory_bin b ON b.location_id = c.location_id AND upper(b.code) = upper(s.bin)
               LEFT JOIN inventory_lot o ON o.variant_id = c.variant_id AND upper(o.number) = upper(s.lot)
               WHERE c.name <> 'at' AND c.location_id IS NOT NULL AND c.counted >= 0 AND EXISTS (
                   SELECT FROM import_count d JOIN import_stage t USING (row)
                   WHERE (d.variant_id, d.location_id) = (c.variant_id, c.location_id) AND d.name <> 'at'
                     AND (t.bin <> '' OR t.lot <> '')
               )"""
        )
        self.run("ANALYZE import_part")
        self._find_there()
        # A part that is new to its bin was, if the file is right, among what is not put away.
        self.run(
            """UPDATE import_count c SET is_part = true, is_new = NOT p.is_known AND c.counted > 0,
                      changed = p.is_known AND (p.there <> c.counted OR p.spread > 0),
                      was = CASE WHEN p.spread > 0 AND p.alone THEN p.spread ELSE p.there END
               FROM (SELECT p.*, l.id IS NOT NULL AS is_known,
                            count(*) OVER (PARTITION BY p.variant_id, p.location_id, upper(p.lot)) = 1 AS alone
                     FROM import_part p LEFT JOIN inventory_stocklevel l
                     ON l.variant_id = p.variant_id AND l.location_id = p.location_id) p
               WHERE p.row = c.row AND c.name <> 'at'"""
        )

    def _find_there(self) -> None:
        self.run(
            f"""UPDATE import_part t SET there = f.there, spread = f.spread
                FROM (SELECT p.row, {THERE} AS there, {SPREAD} AS spread FROM import_part p {LEVELS}) f WHERE f.row = t.row"""
        )

    def find_problems(self) -> None:
        super().find_problems()
        self.problem(
            "part_twice",
            """SELECT c.row, 'sku', c.sku, jsonb_build_object('row', c.first) FROM (
                   SELECT row, sku, row_number() OVER w AS nth, min(row) OVER w AS first FROM import_part
                   WINDOW w AS (PARTITION BY variant_id, location_id, upper(bin), upper(lot) ORDER BY row)
               ) c WHERE c.nth > 1""",
        )
        self.problem(
            "closed_bin",
            """SELECT row, 'bin', bin, jsonb_build_object('bin', bin, 'location', place) FROM import_part
               WHERE NOT is_open AND counted > there""",
        )
        self._find_lot_problems()
        self.problem(
            "parts_promised",
            f"""SELECT p.row, '{self.number}', p.counted::text, jsonb_build_object('allocated', l.allocated, 'held', l.held,
                       'location', p.place, 'least', l.allocated + l.held - l.backorder_limit)
                FROM import_part p {LEVELS}
                JOIN ({self._becoming()}) n ON n.variant_id = p.variant_id AND n.location_id = p.location_id
                WHERE n.pieces < p.on_hand AND n.pieces < l.allocated + l.held - l.backorder_limit""",
        )
        self.cursor.execute(
            "SELECT count(DISTINCT (location_id, upper(bin))) FROM import_part WHERE bin <> '' AND bin_id IS NULL"
        )
        if count := self.cursor.fetchone()[0]:
            sentence = ngettext("%(count)s bin is created.", "%(count)s bins are created.", count)
            self.notes.append(sentence % {"count": count})
        self.problem(
            "beside_refused",
            """SELECT p.row, 'sku', p.sku, '{}'::jsonb FROM import_part p
               WHERE NOT EXISTS (SELECT FROM import_problem x WHERE x.row = p.row AND x.is_error)
                 AND EXISTS (SELECT FROM import_problem x JOIN import_part o USING (row)
                             WHERE x.is_error AND (o.variant_id, o.location_id) = (p.variant_id, p.location_id))""",
        )

    def _becoming(self) -> str:
        """SELECT of what is on hand at each level of parts once they are counted."""
        return """SELECT variant_id, location_id, max(on_hand) + sum(counted - there) - sum(once) AS pieces FROM (
                      SELECT *, CASE WHEN row = min(row) OVER (PARTITION BY variant_id, location_id, upper(lot)) THEN spread ELSE 0 END AS once
                      FROM import_part) p GROUP BY variant_id, location_id"""

    def _find_lot_problems(self) -> None:
        self.problem(
            "no_lots",
            "SELECT row, 'lot', lot, jsonb_build_object('sku', sku) FROM import_part WHERE lot <> '' AND NOT is_tracked",
        )
        self.problem(
            "lots_missing",
            "SELECT row, 'lot', '', jsonb_build_object('sku', sku) FROM import_part WHERE lot = '' AND is_tracked",
        )
        serial = "JOIN catalog_variant v ON v.id = p.variant_id AND v.tracking = 'serial'"
        self.problem(
            "serial_one",
            f"""SELECT p.row, '{self.number}', p.counted::text, '{{}}'::jsonb FROM import_part p {serial} WHERE p.counted > 1""",
        )
        self.problem(
            "serial_elsewhere",
            f"""SELECT p.row, 'lot', p.lot, jsonb_build_object('lot', p.lot, 'location', w.name, 'bin', coalesce(b.code, ''))
                FROM import_part p {serial}
                JOIN inventory_stockpart q ON q.lot_id = p.lot_id AND q.quantity > 0
                JOIN inventory_stocklevel l ON l.id = q.level_id JOIN inventory_location w ON w.id = l.location_id
                LEFT JOIN inventory_bin b ON b.id = q.bin_id
                WHERE p.counted = 1 AND (l.location_id <> p.location_id OR q.bin_id IS DISTINCT FROM p.bin_id)
                  AND NOT (l.location_id = p.location_id AND q.bin_id IS NULL AND p.spread > 0)
                  AND NOT EXISTS (SELECT FROM import_part o WHERE o.lot_id = p.lot_id AND o.location_id = l.location_id
                                  AND o.bin_id IS NOT DISTINCT FROM q.bin_id AND o.counted = 0)""",
        )
        self.problem(
            "other_expiry",
            """SELECT row, 'expires_on', expires_on::text, jsonb_build_object('lot', lot, 'day', first) FROM (
                   SELECT *, coalesce(known_expiry, min(expires_on) OVER (PARTITION BY variant_id, upper(lot))) AS first
                   FROM import_part WHERE lot <> ''
               ) p WHERE expires_on <> first""",
        )

    def record(self) -> str:
        return "concat_ws(' @ ', s.sku, nullif(s.location, ''), nullif(s.bin, ''), nullif(s.lot, ''))"

    # --- Writing --------------------------------------------------------------------------------

    def write(self) -> None:
        super().write()  # which has locked every level that changes
        self.run("DELETE FROM import_part p USING import_refused r WHERE r.row = p.row")
        self._create_bins()
        self._create_lots()
        self._find_there()
        cause, usual = self.reasons()
        rows = self.fetched(
            f"""SELECT l.id, p.variant_id, p.location_id, p.lot_id, p.bin_id, p.counted - p.there, p.spread, p.unit_cost,
                       coalesce(nullif(p.reason, ''), %s)
                FROM import_part p {LEVELS} WHERE l.id IS NOT NULL ORDER BY l.id, p.lot_id, p.row""",
            [usual],
        )
        work = Rearranging(cause)
        for (level, variant, place), parts in groupby(rows, key=lambda row: row[:3]):
            work.add(level, variant, place, _changes([row[3:] for row in parts]))
        work.carry_out(Kind.COUNTED, by=self.by)

    def _create_bins(self) -> None:
        self.run(
            """INSERT INTO inventory_bin (location_id, code, position, is_active, created_at, updated_at)
               SELECT n.location_id, n.code, n.last + 10 * row_number() OVER (PARTITION BY n.location_id ORDER BY upper(n.code)), true, now(), now()
               FROM (SELECT p.location_id, min(p.bin) AS code,
                            (SELECT coalesce(max(b.position), 0) FROM inventory_bin b WHERE b.location_id = p.location_id) AS last
                     FROM import_part p WHERE p.bin <> '' AND p.bin_id IS NULL AND p.counted > 0 GROUP BY p.location_id, upper(p.bin)) n
               ON CONFLICT DO NOTHING"""
        )
        self.run(
            """UPDATE import_part p SET bin_id = b.id FROM inventory_bin b
               WHERE p.bin_id IS NULL AND p.bin <> '' AND b.location_id = p.location_id AND upper(b.code) = upper(p.bin)"""
        )

    def _create_lots(self) -> None:
        self.run(
            """INSERT INTO inventory_lot (variant_id, number, expires_on, is_quarantined, created_at, updated_at)
               SELECT variant_id, min(lot), min(expires_on), coalesce(min(expires_on) < %s, false), now(), now() FROM import_part
               WHERE lot <> '' AND lot_id IS NULL AND counted > 0 GROUP BY variant_id, upper(lot) ORDER BY 1, 2
               ON CONFLICT DO NOTHING""",
            [shop_day()],
        )
        self.run(
            """UPDATE import_part p SET lot_id = o.id FROM inventory_lot o
               WHERE p.lot_id IS NULL AND p.lot <> '' AND o.variant_id = p.variant_id AND upper(o.number) = upper(p.lot)"""
        )
        self.run(
            """UPDATE inventory_lot o SET expires_on = n.day, updated_at = now()
               FROM (SELECT lot_id, min(expires_on) AS day FROM import_part WHERE expires_on IS NOT NULL GROUP BY lot_id) n
               WHERE o.id = n.lot_id AND o.expires_on IS NULL"""
        )


def _changes(rows: Iterable[tuple[Any, ...]]) -> list[Change]:
    """What changes in the parts of one level. What the file spread over bins is there no more, of each lot once."""
    changes, spread = [], {}
    for lot, bin, pieces, loose, cost, reason in rows:
        changes.append(Change(lot, bin, pieces, cost, reason))
        spread[lot] = (loose, reason)
    return changes + [Change(lot, None, -loose, None, reason) for lot, (loose, reason) in spread.items() if loose]


class Rearranging:
    """Changes of the parts of many levels: what one part has more and another of the same lot less moves between them."""

    def __init__(self, cause: str) -> None:
        self.cause = cause
        self.outside = virtual(Location.Kind.ADJUSTMENT)
        self.reasons: dict[str, list[PutAway]] = {}
        self.rest: list[tuple[int, int, Change]] = []

    def add(self, level: int, variant: int, place: int, changes: Iterable[Change]) -> None:
        """Changes of one level; each part once. The levels are locked."""
        by_lot: dict[int | None, list[Change]] = {}
        for change in changes:
            by_lot.setdefault(change.lot, []).append(change)
        for lot, ones in by_lot.items():
            more = [one for one in ones if one.pieces > 0]
            less = [replace(one, pieces=-one.pieces) for one in ones if one.pieces < 0]
            while more and less:
                target, source = more.pop(0), less.pop(0)
                pieces = min(target.pieces, source.pieces)
                step = PutAway(level, pieces, target.bin, source.bin, lot)
                self.reasons.setdefault(target.reason[:300], []).append(step)
                for side, one in ((more, target), (less, source)):
                    if one.pieces > pieces:
                        side.insert(0, replace(one, pieces=one.pieces - pieces))
            self.rest += [(variant, place, one) for one in more]
            self.rest += [(variant, place, replace(one, pieces=-one.pieces)) for one in less]

    def carry_out(self, kind: Kind, *, by: User | None) -> None:
        """Move between the parts first, then add what is more, then take what is less: so nothing is short in between."""
        for reason, steps in self.reasons.items():
            put_away(steps, cause=self.cause, reason=reason, by=by)
        for sign in (1, -1):
            post_all((self._move(kind, *one) for one in self.rest if one[2].pieces * sign > 0), by=by)

    def _move(self, kind: Kind, variant: int, place: int, change: Change) -> Move:
        pieces = abs(change.pieces)
        named = () if change.lot is None and change.bin is None else (Pieces(pieces, change.lot, change.bin),)
        reason = change.reason[:300]
        if change.pieces > 0:
            return Move(kind, variant, self.outside, place, pieces, change.unit_cost, self.cause, reason, put=named)
        return Move(kind, variant, place, self.outside, pieces, None, self.cause, reason, taken=named)


def upsert_counts(
    rows: Rows,
    *,
    columns: Sequence[str],
    by: User | None,
    dry_run: bool = False,
    partial: bool = False,
    on_refused: OnRefused | None = None,
    run: ImportRun | None = None,
) -> Outcome:
    """Bring in counts of levels, and of their bins and lots where the columns name them."""
    kind = PartCountBatch if PARTS & set(columns) else CountBatch
    return carry_out(
        kind, rows, columns=columns, by=by, dry_run=dry_run, partial=partial, on_refused=on_refused, run=run
    )
