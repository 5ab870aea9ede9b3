"""Counts of a file taken back, and repeated, by counter-entries."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice.imports.rewinding import Rewinding, Row
from backoffice.models import ImportRun, User
from inventory.models import StockLevel
from inventory.services.counting_parts import Change, Rearranging
from inventory.services.posting import Kind, lock_levels

# What a run counted at each level, what of it stands now, and what happened there since its last move.
COUNTED = """
    SELECT l.id, l.variant_id, l.location_id, r.counted, r.standing, r.unit_cost, l.on_hand - l.allocated - l.held + l.backorder_limit,
           EXISTS (SELECT 1 FROM inventory_stockposting o WHERE o.level_id = l.id AND o.at > r.last AND o.on_hand <> 0)
           OR EXISTS (SELECT 1 FROM inventory_partposting o WHERE o.level_id = l.id AND o.at > r.last),
           EXISTS (SELECT 1 FROM inventory_stockposting o JOIN inventory_stockmove c ON c.id = o.move_id
                   WHERE o.level_id = l.id AND o.at > r.last AND c.kind = 'counted')
    FROM (
        SELECT level_id, max(at) AS last, sum(on_hand) AS standing, coalesce(sum(on_hand) FILTER (WHERE kind = 'counted'), 0) AS counted,
               (array_agg(unit_cost ORDER BY id) FILTER (WHERE kind = 'counted'))[1] AS unit_cost
        FROM (
            SELECT p.level_id, p.at, p.on_hand, m.kind, m.id, m.unit_cost
            FROM inventory_stockmove m JOIN inventory_stockposting p ON p.move_id = m.id
            WHERE m.cause = %(run)s AND m.kind IN ('counted', 'adjusted')
            UNION ALL
            SELECT q.level_id, q.at, 0, m.kind, m.id, NULL
            FROM inventory_stockmove m JOIN inventory_partposting q ON q.move_id = m.id
            WHERE m.cause = %(run)s AND m.kind = 'put_away'
        ) moved GROUP BY level_id
    ) r JOIN inventory_stocklevel l ON l.id = r.level_id JOIN inventory_location w ON w.id = l.location_id AND w.kind = 'stock'
    ORDER BY l.id
"""
# The same of bins and lots. What the run itself did came before the end of its first step.
COUNTED_PARTS = """
    SELECT q.level_id, p.lot_id, p.bin_id, coalesce(sum(q.quantity) FILTER (WHERE q.at <= %(applied)s), 0), sum(q.quantity)
    FROM inventory_stockmove m
    JOIN inventory_partposting q ON q.move_id = m.id
    JOIN inventory_stockpart p ON p.id = q.part_id
    WHERE m.cause = %(run)s AND m.kind IN ('counted', 'adjusted', 'put_away')
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@dataclass(frozen=True)
class CountedPart:
    """What of a level a run counted in a bin or of a lot, and what of that stands."""

    lot: int | None
    bin: int | None
    counted: int
    standing: int


@dataclass(frozen=True)
class Counted:
    """A level that a run counted. `counted` is the difference it posted, `standing` what of it is not taken back."""

    level: int
    variant: int
    place: int
    counted: int
    standing: int
    unit_cost: Decimal | None
    spare: int  # pieces that may leave
    has_moved: bool
    is_counted_anew: bool
    parts: tuple[CountedPart, ...] = ()

    @property
    def stands(self) -> bool:
        return bool(self.standing) or any(part.standing for part in self.parts)

    def changes(self, pieces: int, part_pieces: Callable[[CountedPart], int], reason: str) -> list[Change]:
        """The change of the whole and of its parts; what no part says is not put away."""
        found = [Change(part.lot, part.bin, part_pieces(part), self.unit_cost, reason) for part in self.parts]
        loose = pieces - sum(change.pieces for change in found)
        return [change for change in [*found, Change(None, None, loose, self.unit_cost, reason)] if change.pieces]


@transaction.atomic
def take_back_counts(run: ImportRun, work: Rewinding, *, by: User | None) -> None:
    """Post the opposite of what `run` counted. Levels whose pieces moved since, or are promised now, are kept and named."""
    rows = [row for row in _locked(run) if row.stands]
    work.kept[StockLevel] += [Row(row.level, _("moved since by others")) for row in rows if row.has_moved]
    rows = _spared([row for row in rows if not row.has_moved], work, lambda row: -row.standing)
    reason = _("%(run)s undone") % {"run": run.number}
    _post(run, ((row, row.changes(-row.standing, lambda part: -part.standing, reason)) for row in rows), by)
    work.restored += len(rows)


@transaction.atomic
def repeat_counts(run: ImportRun, work: Rewinding, *, by: User | None) -> None:
    """Post the differences that were taken back once more, against what is there today.

    Levels that were counted anew since, or whose pieces are promised now, are kept and named.
    """
    rows = [row for row in _locked(run) if not row.stands]
    work.kept[StockLevel] += [Row(row.level, _("counted anew since")) for row in rows if row.is_counted_anew]
    rows = _spared([row for row in rows if not row.is_counted_anew], work, lambda row: row.counted)
    reason = _("%(run)s done again") % {"run": run.number}
    _post(run, ((row, row.changes(row.counted, lambda part: part.counted, reason)) for row in rows), by)
    work.restored += len(rows)


def _locked(run: ImportRun) -> list[Counted]:
    """The levels that `run` counted, as they are once nobody else can change them."""
    lock_levels((row.variant, row.place) for row in _counted_by(run))
    return _counted_by(run)


def _counted_by(run: ImportRun) -> list[Counted]:
    applied = next((step["at"] for step in run.steps if step["kind"] == "applied"), None)
    parts: dict[int, list[CountedPart]] = {}
    with connection.cursor() as cursor:
        cursor.execute(COUNTED_PARTS, {"run": run.number, "applied": applied})
        for level, *facts in cursor.fetchall():
            parts.setdefault(level, []).append(CountedPart(*facts))
        cursor.execute(COUNTED, {"run": run.number})
        return [replace(Counted(*row), parts=tuple(parts.get(row[0], ()))) for row in cursor.fetchall()]


def _spared(rows: Sequence[Counted], work: Rewinding, delta: Callable[[Counted], int]) -> list[Counted]:
    """The rows whose pieces may move; those that are promised are kept."""
    promised = [row.level for row in rows if delta(row) < 0 and row.spare + delta(row) < 0]
    work.kept[StockLevel] += [Row(level, _("its pieces are promised")) for level in promised]
    kept = set(promised)
    return [row for row in rows if row.level not in kept]


def _post(run: ImportRun, rows: Iterable[tuple[Counted, list[Change]]], by: User | None) -> None:
    """Pieces come at the cost that the count said or that they left with; value otherwise follows the average."""
    work = Rearranging(run.number)
    for row, changes in rows:
        work.add(row.level, row.variant, row.place, changes)
    work.carry_out(Kind.ADJUSTED, by=by)
