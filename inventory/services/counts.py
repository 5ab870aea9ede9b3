"""Stocktakes up to their review: the sheet, and what people count while sales go on.

Entries are kept one by one. In the order of the moments at which they were counted, an entry that counts the whole stands
for everything before it, whoever made it, so that a recount replaces what it repeats; one that adds (pieces in another
place, another person's share) comes on top of it. A line is as old as the last entry that it consists of.
"""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import NotAllowed
from backoffice.models import User
from backoffice.numbering import next_number
from catalog.models import Category, Variant
from inventory.models import REVIEW_COUNTS, CountEntry, CountLine, Location, StockCount
from inventory.services.places import must_act_at

Status = StockCount.Status
Scope = StockCount.Scope
MOST_PIECES = 9_999_999
MOST_LINES = 100_000


@dataclass(frozen=True)
class Selection:
    """What shall be counted; only what the scope needs is looked at. `variants` are primary keys."""

    scope: str = Scope.ALL
    category: Category | None = None
    abc_class: str = ""
    sample_size: int | None = None
    variants: Sequence[int] = ()


@dataclass(frozen=True)
class Entry:
    """Pieces of a variant that somebody counted, at `counted_at` or now. The same `key` again counts nothing."""

    variant: int
    quantity: int
    adds: bool = False
    counted_at: datetime | None = None
    key: UUID = field(default_factory=uuid4)


SHEET = """
    INSERT INTO inventory_countline
        (count_id, variant_id, expected, is_unexpected, recount, outcome, short)
    SELECT %(count)s, chosen.variant_id, chosen.on_hand, false, false, '', 0
    FROM ({chosen}) AS chosen JOIN catalog_variant v ON v.id = chosen.variant_id
    ORDER BY upper(v.sku), v.id LIMIT %(most)s
"""
THERE = """
    FROM inventory_stocklevel s
    WHERE s.location_id = %(location)s AND (s.on_hand <> 0 OR s.allocated <> 0 OR s.held <> 0)
"""
ABC = f"""
    SELECT variant_id, on_hand FROM (
        SELECT s.variant_id, s.on_hand, sum(s.value) OVER () AS total,
               sum(s.value) OVER (ORDER BY s.value DESC, s.variant_id) - s.value AS dearer {THERE}
    ) ranked
    WHERE CASE WHEN dearer < total * 0.80 THEN 'A' WHEN dearer < total * 0.95 THEN 'B' ELSE 'C' END = %(abc_class)s
"""
CHOSEN = {
    Scope.ALL: f"SELECT s.variant_id, s.on_hand {THERE}",
    Scope.CATEGORY: f"""
        SELECT s.variant_id, s.on_hand {THERE} AND s.variant_id IN (
            SELECT v.id FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
            WHERE p.category_id = ANY (%(categories)s))""",
    Scope.ABC: ABC,
    Scope.RANDOM: f"SELECT s.variant_id, s.on_hand {THERE} ORDER BY random() LIMIT %(sample_size)s",
    Scope.LIST: """
        SELECT DISTINCT v.id AS variant_id, coalesce(s.on_hand, 0) AS on_hand
        FROM catalog_variant v LEFT JOIN inventory_stocklevel s ON s.variant_id = v.id AND s.location_id = %(location)s
        WHERE v.id = ANY (%(variants)s)""",
}
EXPECT = """
    UPDATE inventory_countline l SET expected = coalesce(s.on_hand, 0)
    FROM catalog_variant v LEFT JOIN inventory_stocklevel s ON s.variant_id = v.id AND s.location_id = %(location)s
    WHERE l.count_id = %(count)s AND v.id = l.variant_id AND l.expected <> coalesce(s.on_hand, 0)
"""
ADD_UP = """
    WITH whole AS (
        SELECT DISTINCT ON (e.line_id) e.line_id, e.counted_at, e.id FROM inventory_countentry e
        WHERE e.line_id = ANY (%(lines)s) AND e.undone_at IS NULL AND NOT e.adds
        ORDER BY e.line_id, e.counted_at DESC, e.id DESC
    ), total AS (
        SELECT e.line_id, sum(e.quantity) AS pieces, max(e.counted_at) AS at,
               (array_agg(e.by_id ORDER BY e.counted_at DESC, e.id DESC))[1] AS who
        FROM inventory_countentry e LEFT JOIN whole w ON w.line_id = e.line_id
        WHERE e.line_id = ANY (%(lines)s) AND e.undone_at IS NULL
          AND (w.id IS NULL OR (e.counted_at, e.id) >= (w.counted_at, w.id))
        GROUP BY e.line_id
    )
    UPDATE inventory_countline l SET counted = t.pieces, counted_at = t.at, counted_by_id = t.who, balance = NULL
    FROM unnest(%(lines)s::bigint[]) AS chosen(id) LEFT JOIN total t ON t.line_id = chosen.id
    WHERE l.id = chosen.id
"""


@transaction.atomic
def create_count(
    location: Location, selection: Selection, *, blind: bool = False, note: str = "", by: User | None
) -> StockCount:
    """Write the sheet of a stocktake. Raises ValidationError where there is nothing to count."""
    must_act_at(by, location)
    _refuse_vague(selection)
    count = StockCount.objects.create(
        number=next_number("ST"),
        location=location,
        scope=selection.scope,
        category=selection.category if selection.scope == Scope.CATEGORY else None,
        abc_class=selection.abc_class if selection.scope == Scope.ABC else "",
        sample_size=selection.sample_size if selection.scope == Scope.RANDOM else None,
        blind=blind,
        note=note,
        created_by=by,
    )
    lines = _write_sheet(count, selection)
    if lines > MOST_LINES:
        raise ValidationError(_("More than %(most)s lines at once: narrow the scope.") % {"most": f"{MOST_LINES:,}"})
    if lines == 0:
        raise ValidationError(_("There is nothing to count: no goods at %(location)s fit.") % {"location": location})
    audit.record("stockcount.created", count, by=by, data={"lines": lines})
    return count


@transaction.atomic
def start_count(count: StockCount, *, by: User | None) -> StockCount:
    """Begin to count: from now on entries are taken, and the sheet expects what the books say now."""
    count = locked(count, by)
    count.must_become(Status.COUNTING)
    if count.status != Status.DRAFT:
        raise ValidationError(_("%(count)s was started already.") % {"count": count})
    _run(EXPECT, {"count": count.pk, "location": count.location_id})
    count.status, count.started_at = Status.COUNTING, database_now()
    count.save(update_fields=["status", "started_at"])
    audit.record("stockcount.started", count, by=by)
    return count


@transaction.atomic
def enter_counts(count: StockCount, entries: Sequence[Entry], *, by: User | None) -> list[CountEntry]:
    """Record what was counted, all or none; returns the entries in the order asked, also those that were known already.

    Variants that are not on the sheet are added to it. Raises ValidationError naming every entry that cannot be.
    """
    count = locked(count, by)
    if count.status != Status.COUNTING:
        raise ValidationError(_("%(count)s takes no entries now.") % {"count": count})
    known = {entry.key: entry for entry in CountEntry.objects.filter(key__in=[entry.key for entry in entries])}
    fresh = list({entry.key: entry for entry in entries if entry.key not in known}.values())
    now = database_now()
    _refuse_bad(count, fresh, now)
    lines = _lines_for(count, {entry.variant for entry in fresh})
    made = CountEntry.objects.bulk_create(
        CountEntry(
            line=lines[entry.variant],
            quantity=entry.quantity,
            adds=entry.adds and not lines[entry.variant].recount,
            counted_at=entry.counted_at or now,
            by=by,
            key=entry.key,
        )
        for entry in fresh
    )
    keys = sorted({entry.line_id for entry in made})
    CountLine.objects.filter(pk__in=keys, recount=True).update(recount=False)
    _run(ADD_UP, {"lines": keys})
    known |= {entry.key: entry for entry in made}
    return [known[entry.key] for entry in entries]


@transaction.atomic
def undo_entry(entry: CountEntry, *, by: User | None) -> CountEntry:
    """Take an entry back: one's own, or anybody's for a reviewer. Taken back twice is taken back once."""
    count = locked(entry.line.count, by)
    if count.status != Status.COUNTING:
        raise ValidationError(_("%(count)s takes no entries now.") % {"count": count})
    entry = CountEntry.objects.select_related("line").locked().get(pk=entry.pk)
    if by is not None and entry.by_id != by.pk and not by.has_perm(REVIEW_COUNTS):
        raise NotAllowed(_("Somebody else counted this."))
    if entry.undone_at is None:
        entry.undone_at, entry.undone_by = database_now(), by
        entry.save(update_fields=["undone_at", "undone_by"])
        _run(ADD_UP, {"lines": [entry.line_id]})
    return entry


def locked(count: StockCount, by: User | None) -> StockCount:
    """The count, locked until the transaction ends, where `by` may act."""
    count = StockCount.objects.select_related("location").locked().get(pk=count.pk)
    must_act_at(by, count.location)
    return count


def database_now() -> datetime:
    """The moment by the clock that the postings go by."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
        return moment


def _write_sheet(count: StockCount, selection: Selection) -> int:
    branch = Category.objects.branch(selection.category) if selection.category else Category.objects.none()
    values = {
        "count": count.pk,
        "location": count.location_id,
        "most": MOST_LINES + 1,
        "categories": list(branch.order_by().values_list("pk", flat=True)),
        "abc_class": selection.abc_class,
        "sample_size": selection.sample_size,
        "variants": list(selection.variants),
    }
    return _run(SHEET.format(chosen=CHOSEN[Scope(selection.scope)]), values)


def _lines_for(count: StockCount, variants: set[int]) -> dict[int, CountLine]:
    """Locked lines of the variants; those that the sheet lacks are added to it."""
    rows = CountLine.objects.filter(count=count, variant__in=variants)
    lines = {line.variant_id: line for line in rows.locked()}
    missing = variants - set(lines)
    if missing:
        selection = Selection(Scope.LIST, variants=sorted(missing))
        _write_sheet(count, selection)
        added = rows.filter(variant__in=missing)
        added.update(is_unexpected=True)
        lines |= {line.variant_id: line for line in added}
    return lines


def _run(sql: str, values: dict[str, Any]) -> int:
    """How many rows the statement wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def _refuse_vague(selection: Selection) -> None:
    needed = {
        Scope.CATEGORY: ("category", selection.category, _("Choose the category.")),
        Scope.ABC: ("abc_class", selection.abc_class in StockCount.AbcClass.values, _("Choose the class.")),
        Scope.RANDOM: ("sample_size", (selection.sample_size or 0) > 0, _("How many variants shall be drawn?")),
        Scope.LIST: ("variants", selection.variants, _("Name at least one SKU.")),
    }
    name, given, sentence = needed.get(Scope(selection.scope), ("", True, ""))
    if not given:
        raise ValidationError({name: sentence})


def _refuse_bad(count: StockCount, entries: Sequence[Entry], now: datetime) -> None:
    names = Variant.objects.in_bulk([entry.variant for entry in entries])
    errors = []
    for entry in entries:
        variant = names.get(entry.variant)
        sentence = ""
        if variant is None:
            sentence = _("There is no such variant.")
        elif not 0 <= entry.quantity <= MOST_PIECES:
            sentence = _("%(sku)s: a count is from 0 to %(most)s pieces.")
        elif entry.counted_at and not (count.started_at or now) <= entry.counted_at <= now:
            sentence = _("%(sku)s: it must have been counted after the stocktake began, and not in the future.")
        if sentence:
            errors.append(sentence % {"sku": variant.sku if variant else "", "most": MOST_PIECES})
    if errors:
        raise ValidationError(errors)
