"""Stocktakes up to their review: the sheet, and what people count while sales go on.

Entries are kept one by one. In the order of the moments at which they were counted, an entry that counts the whole stands
for everything before it, whoever made it, so that a recount replaces what it repeats; one that adds (pieces in another
place, another person's share) comes on top of it. A line is as old as the last entry that it consists of.
"""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID, uuid4, uuid5

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import NotAllowed
from backoffice.models import User
from backoffice.numbering import next_number
from catalog.models import Category, Variant
from inventory.models import REVIEW_COUNTS, CountEntry, CountLine, Location, Lot, StockCount
from inventory.services.lots import Arriving, make_lots
from inventory.services.places import must_act_at

Status = StockCount.Status
Scope = StockCount.Scope
MOST_PIECES = 9_999_999
MOST_LINES = 100_000
RECOUNT = "recount"  # key of the entry that a count by bin and lot begins with


@dataclass(frozen=True)
class Selection:
    """What shall be counted; only what the scope needs is looked at. `variants` and `bins` are primary keys."""

    scope: str = Scope.ALL
    category: Category | None = None
    abc_class: str = ""
    sample_size: int | None = None
    variants: Sequence[int] = ()
    bins: Sequence[int] = ()


@dataclass(frozen=True)
class Entry:
    """Pieces of a variant that somebody counted, at `counted_at` or now. The same `key` again counts nothing.

    `bin` is a primary key, `lot` a number that is written down where it is new; without them it is the whole article.
    """

    variant: int
    quantity: int
    adds: bool = False
    counted_at: datetime | None = None
    key: UUID = field(default_factory=uuid4)
    bin: int | None = None
    lot: str = ""
    expires_on: date | None = None


def beginning(first: Entry) -> Entry:
    """That nothing was counted of the article before `first`: what is counted by bin and lot comes on top. Both are taken back together."""
    return Entry(first.variant, 0, counted_at=first.counted_at, key=uuid5(first.key, RECOUNT))


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
    Scope.BINS: """
        SELECT s.variant_id, sum(p.quantity)::integer AS on_hand
        FROM inventory_stockpart p JOIN inventory_stocklevel s ON s.id = p.level_id
        WHERE s.location_id = %(location)s AND p.bin_id = ANY (%(bins)s) AND p.quantity > 0 GROUP BY s.variant_id""",
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
EXPECT_IN_BINS = """
    UPDATE inventory_countline l SET expected = coalesce((
        SELECT sum(p.quantity) FROM inventory_stocklevel s JOIN inventory_stockpart p ON p.level_id = s.id
        WHERE s.variant_id = l.variant_id AND s.location_id = %(location)s AND p.bin_id = ANY (%(bins)s)), 0)
    WHERE l.count_id = %(count)s
"""
# Entries that count, of lines {lines}: not those that a later whole count stands for, of all or of the same bin and lot.
COUNTED = """
    WITH live AS MATERIALIZED (
        SELECT e.* FROM inventory_countentry e WHERE e.line_id {lines} AND e.undone_at IS NULL
    ), whole AS MATERIALIZED (SELECT w.* FROM live w WHERE NOT w.adds)
    SELECT e.* FROM live e WHERE NOT EXISTS (
        SELECT FROM whole w
        WHERE w.line_id = e.line_id AND (w.counted_at, w.id) > (e.counted_at, e.id)
          AND ((w.bin_id IS NULL AND w.lot_id IS NULL)
               OR (w.bin_id IS NOT DISTINCT FROM e.bin_id AND w.lot_id IS NOT DISTINCT FROM e.lot_id)))
"""
ADD_UP = """
    WITH counted AS ({counted}), total AS (
        SELECT e.line_id, sum(e.quantity) AS pieces, max(e.counted_at) AS at,
               (array_agg(e.by_id ORDER BY e.counted_at DESC, e.id DESC))[1] AS who
        FROM counted e GROUP BY e.line_id
    )
    UPDATE inventory_countline l SET counted = t.pieces, counted_at = t.at, counted_by_id = t.who, balance = NULL
    FROM unnest(%(lines)s::bigint[]) AS chosen(id) LEFT JOIN total t ON t.line_id = chosen.id
    WHERE l.id = chosen.id
""".format(counted=COUNTED.format(lines="= ANY (%(lines)s)"))


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
    if count.is_of_bins:
        count.bins.set(location.bins.filter(pk__in=selection.bins))
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
    _expect(count)
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
    if count.is_of_bins:
        fresh = _in_bins(count, fresh)
    lines = _lines_for(count, {entry.variant for entry in fresh})
    lots = make_lots(
        [
            (one.variant, one.quantity, [Arriving(one.quantity, one.lot, one.expires_on)])
            for one in fresh
            if one.lot.strip()
        ]
    )
    _refuse_twice(fresh, lines, lots)
    rows = []
    for entry in fresh:
        lot = lots.get((entry.variant, entry.lot.strip().upper()))
        again = lines[entry.variant].recount
        row = CountEntry(
            line=lines[entry.variant], quantity=entry.quantity, adds=entry.adds and not again, bin_id=entry.bin, lot=lot,
            counted_at=entry.counted_at or now, by=by, key=entry.key,
        )  # fmt: skip
        if again and (entry.bin or lot):
            # What is counted anew by bin and lot begins with nothing.
            nothing = beginning(entry)
            rows.append(CountEntry(line=row.line, quantity=0, counted_at=row.counted_at, by=by, key=nothing.key))
            row.adds = True
        lines[entry.variant].recount = False
        rows.append(row)
    made = CountEntry.objects.bulk_create(rows)
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
        first = CountEntry.objects.filter(key=uuid5(entry.key, RECOUNT), undone_at=None)
        first.update(undone_at=entry.undone_at, undone_by=by)
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
        "bins": count.bin_keys,
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
        # What the books have in these bins was on the sheet when it was written.
        added.update(is_unexpected=True, **({"expected": 0} if count.is_of_bins else {}))
        lines |= {line.variant_id: line for line in added}
    return lines


def _expect(count: StockCount) -> None:
    """What the books say now becomes what the sheet expects."""
    values = {"count": count.pk, "location": count.location_id, "bins": count.bin_keys}
    _run(EXPECT_IN_BINS if count.is_of_bins else EXPECT, values)


def _in_bins(count: StockCount, entries: Sequence[Entry]) -> list[Entry]:
    """The entries of a count of bins, each with its bin. Raises ValidationError for those in none or in another."""
    keys = count.bin_keys or []
    codes = count.location.bins.in_bulk([entry.bin for entry in entries if entry.bin])
    variants = Variant.objects.in_bulk([entry.variant for entry in entries])
    placed, errors = [], []
    for entry in entries:
        facts = {"sku": variants[entry.variant].sku, "bin": codes.get(entry.bin or 0, "")}
        if entry.quantity and entry.bin is None and len(keys) == 1:
            entry = replace(entry, bin=keys[0])
        if entry.quantity and entry.bin is None:
            errors.append(_("%(sku)s: say in which bin the pieces lie.") % facts)
        elif entry.bin is not None and entry.bin not in keys:
            errors.append(_("%(sku)s: bin %(bin)s is not part of this stocktake.") % facts)
        elif entry.quantity and variants[entry.variant].tracking != Variant.Tracking.NONE and not entry.lot.strip():
            errors.append(_("%(sku)s: scan or type its lot or serial number too.") % facts)
        placed.append(entry)
    if errors:
        raise ValidationError(errors)
    return placed


def _run(sql: str, values: dict[str, Any]) -> int:
    """How many rows the statement wrote."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


def _refuse_vague(selection: Selection) -> None:
    needed = {
        Scope.BINS: ("bins", selection.bins, _("Name at least one bin.")),
        Scope.CATEGORY: ("category", selection.category, _("Choose the category.")),
        Scope.ABC: ("abc_class", selection.abc_class in StockCount.AbcClass.values, _("Choose the class.")),
        Scope.RANDOM: ("sample_size", (selection.sample_size or 0) > 0, _("How many variants shall be drawn?")),
        Scope.LIST: ("variants", selection.variants, _("Name at least one SKU.")),
    }
    name, given, sentence = needed.get(Scope(selection.scope), ("", True, ""))
    if not given:
        raise ValidationError({name: sentence})


def counts_all(entry: Entry) -> bool:
    """Whether it stands for all of the article that was counted before."""
    return not (entry.adds or entry.bin or entry.lot.strip())


def _refuse_twice(entries: Sequence[Entry], lines: dict[int, CountLine], lots: Mapping[tuple[int, str], Lot]) -> None:
    """A serial number is one piece, however often it is scanned."""
    serials = {key: lot for key, lot in lots.items() if lot.variant.tracking == Variant.Tracking.SERIAL}
    if not serials:
        return
    counted = CountEntry.objects.live().filter(line__in=lines.values(), lot__in=serials.values(), quantity__gt=0)
    counted = counted.exclude(line__variant__in={one.variant for one in entries if counts_all(one)})
    known = set() if any(line.recount for line in lines.values()) else set(counted.values_list("lot", flat=True))
    errors = []
    for entry in entries:
        lot = serials.get((entry.variant, entry.lot.strip().upper()))
        if lot is None or not entry.quantity:
            continue
        facts = {"sku": lot.variant.sku, "lot": lot}
        if entry.quantity > 1:
            errors.append(_("%(sku)s: serial number %(lot)s is one piece.") % facts)
        elif entry.adds and lot.pk in known:
            errors.append(_("%(sku)s: serial number %(lot)s was counted already.") % facts)
        known.add(lot.pk)
    if errors:
        raise ValidationError(errors)


def _refuse_bad(count: StockCount, entries: Sequence[Entry], now: datetime) -> None:
    names = Variant.objects.in_bulk([entry.variant for entry in entries])
    errors = []
    bins = {entry.bin for entry in entries if entry.bin}
    if bins and count.location.bins.open().filter(pk__in=bins).count() < len(bins):
        errors.append(_("A bin is closed, or does not belong to %(location)s.") % {"location": count.location})
    for entry in entries:
        variant = names.get(entry.variant)
        sentence = ""
        if variant is None:
            sentence = _("There is no such variant.")
        elif not 0 <= entry.quantity <= MOST_PIECES:
            sentence = _("%(sku)s: a count is from 0 to %(most)s pieces.")
        elif entry.counted_at and not (count.started_at or now) <= entry.counted_at <= now:
            sentence = _("%(sku)s: it must have been counted after the stocktake began, and not in the future.")
        elif entry.lot.strip() and variant.tracking == Variant.Tracking.NONE:
            sentence = _("%(sku)s is not tracked by lot.")
        if sentence:
            errors.append(sentence % {"sku": variant.sku if variant else "", "most": MOST_PIECES})
    if errors:
        raise ValidationError(errors)
