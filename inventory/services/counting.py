"""Counts of many levels at once: opening balances, and what was found on the shelves.

A row is `(row number, problems found while reading, *values of columns)`; a row without a number counts nothing. Where rows
have `counted`, `on_hand` is what the file took to be there: it is compared and changes nothing. NOT_STOCKED in place of a
number says that the location is not to have the article, and moves nothing either. Levels that change are locked at the end,
all at once and in primary-key order, and get moves of kind "counted" by `post`.
"""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, ClassVar

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import context
from backoffice.imports.batch import Batch, Staged
from backoffice.models import User
from catalog.services.naming import sku_from_options
from inventory.models import Location
from inventory.services.posting import Kind, Move, lock_levels, post, virtual

POSTED_AT_ONCE = 5000
NOT_STOCKED = -(10**9)  # no cell can say such a number
VALUE_LIMIT = 10**13
STAGED = {
    "sku": Staged("text"),
    "handle": Staged("text"),
    "barcode": Staged("text"),
    "option1": Staged("text"),
    "option2": Staged("text"),
    "option3": Staged("text"),
    "location": Staged("text"),
    "on_hand": Staged("int"),
    "counted": Staged("int"),
    "bin": Staged("text"),
    "lot": Staged("text"),
    "expires_on": Staged("date"),
    "places": Staged("text[]"),
    "pieces": Staged("int[]"),
    "unit_cost": Staged("numeric(20,6)"),
    "reason": Staged("text"),
}
# However many zeros stand before it: a UPC is a GTIN with fewer of them.
SKU_FROM_BARCODE = """
    UPDATE import_stage s SET sku = v.sku
    FROM (SELECT ltrim(barcode, '0') AS barcode, min(sku) AS sku FROM catalog_variant
          WHERE barcode <> '' AND EXISTS (SELECT FROM import_stage WHERE coalesce(sku, '') = '' AND barcode <> '')
          GROUP BY 1 HAVING count(*) = 1) v
    WHERE coalesce(s.sku, '') = '' AND s.barcode <> '' AND ltrim(s.barcode, '0') = v.barcode
"""
MESSAGES = {
    "sku_missing": gettext_lazy("The row does not say which SKU was counted."),
    "unknown_barcode": gettext_lazy("No variant alone has the barcode “%(barcode)s”."),
    "unknown_sku": gettext_lazy("There is no variant “%(sku)s”."),
    "no_place": gettext_lazy("There is no open warehouse yet. Create one first."),
    "which_place": gettext_lazy("Say at which location: there are several."),
    "unknown_place": gettext_lazy("There is no location “%(location)s”."),
    "unknown_column": gettext_lazy(
        "There is no location “%(location)s”. Say which location the column is, or leave it out."
    ),
    "ambiguous_place": gettext_lazy("Several locations are called “%(location)s”. Give the code."),
    "closed_place": gettext_lazy("%(location)s is not an open warehouse."),
    "not_your_place": gettext_lazy("You may not move stock at %(location)s."),
    "count_twice": gettext_lazy("Row %(row)s has a count of this SKU at this location already."),
    "negative": gettext_lazy(
        "%(pieces)s pieces cannot lie at %(location)s: more was sold than there was. Count them, or enter 0."
    ),
    "differs": gettext_lazy("The file took %(file)s to be on hand at %(location)s; there are %(now)s."),
    "still_there": gettext_lazy(
        "%(location)s is not to stock it, but has %(now)s pieces. They stay: a count of 0, a correction or a transfer takes them away."
    ),
    "too_large": gettext_lazy("The number is too large."),
    "lots_missing": gettext_lazy("%(sku)s is tracked by lot or serial number: the row has to name it."),
    "promised": gettext_lazy(
        "%(allocated)s pieces are allocated and %(held)s held at %(location)s: the count cannot be below %(least)s."
    ),
}


class Places:
    """The locations that texts of a file name, by code or by name, whatever the letter case."""

    def __init__(self, by: User | None) -> None:
        codes = by.scope("warehouse") if by else None
        self.codes = None if codes is None else set(codes)
        self.by_code: dict[str, list[Location]] = {}
        self.by_name: dict[str, list[Location]] = {}
        for place in Location.objects.all():
            self.by_code.setdefault(place.code.lower(), []).append(place)
            for name in {place.name.lower(), place.name_zh.lower()} - {""}:
                self.by_name.setdefault(name, []).append(place)
        open_ones = [place for places in self.by_code.values() for place in places if self._problem(place) == ""]
        self.usual = open_ones[0] if len(open_ones) == 1 else None
        self.none = not open_ones

    def find(self, text: str) -> tuple[int | None, str, str]:
        """Key, name and the code of what stands against the location that `text` names."""
        if not text:
            if self.usual is None:
                return None, "", "no_place" if self.none else "which_place"
            return self.usual.pk, str(self.usual), ""
        found = self.by_code.get(text.lower()) or self.by_name.get(text.lower()) or []
        exact = [place for place in found if text in (place.code, place.name, place.name_zh)]
        found = exact if len(exact) == 1 else found
        if len(found) > 1:
            found = [place for place in found if self._problem(place) == ""] or found
        if len(found) != 1:
            return None, text, "ambiguous_place" if found else "unknown_place"
        place = found[0]
        problem = self._problem(place)
        return (None if problem else place.pk), str(place), problem

    def _problem(self, place: Location) -> str:
        if self.codes is not None and place.code not in self.codes:
            return "not_your_place"
        return "" if place.kind == Location.Kind.STOCK and place.is_active else "closed_place"


class CountBatch(Batch):
    """import_place holds the locations that the file names, import_count the levels that it counts."""

    resource = "stock"
    staged = STAGED
    messages = MESSAGES
    tables: ClassVar[tuple[str, ...]] = ("import_place", "import_count")

    @property
    def number(self) -> str:
        """The column that says how many pieces there are."""
        return "counted" if "counted" in self.present else "on_hand"

    def joined(self) -> Sequence[str]:
        return [name for name in ("sku", "handle", "barcode", "location") if name in self.present]

    def compare(self) -> None:
        if "handle" in self.present:
            self.run(sku_from_options(self.present))
        if "barcode" in self.present:
            self.run(SKU_FROM_BARCODE)
        self._find_places()
        self.run(
            f"""CREATE TEMP TABLE import_count ON COMMIT DROP AS
                SELECT s.row, v.id AS variant_id, v.sku, p.location_id, p.name AS place, s.pieces AS counted, s.unit_cost, s.reason,
                       coalesce(l.on_hand, 0) AS on_hand, coalesce(l.allocated, 0) AS allocated, coalesce(l.held, 0) AS held,
                       coalesce(l.backorder_limit, v.backorder_limit) AS backorder_limit,
                       l.id IS NULL AND coalesce(s.pieces, 0) > 0 AS is_new,
                       l.id IS NOT NULL AND coalesce(s.pieces, {NOT_STOCKED}) >= 0 AND l.on_hand <> s.pieces AS changed, s.name, s.expected,
                       coalesce(l.on_hand, 0) AS was, false AS is_part, v.tracking <> 'none' AS is_tracked
                FROM ({self._counts()}) s JOIN catalog_variant v ON upper(v.sku) = upper(s.sku)
                JOIN import_place p ON p.text = s.place
                LEFT JOIN inventory_stocklevel l ON l.variant_id = v.id AND l.location_id = p.location_id
                WHERE s.sku <> ''"""
        )
        self.run("ANALYZE import_count")

    def _counts(self) -> str:
        """SELECT of every number of the file with its column and the place that it is of, and what was taken to be there."""
        facts = "row, sku, unit_cost, reason"
        pieces, expected = "on_hand", "NULL::int"
        if "counted" in self.present:
            pieces = f"coalesce(counted, CASE on_hand WHEN {NOT_STOCKED} THEN on_hand END)"
            expected = f"nullif(on_hand, {NOT_STOCKED})"
        narrow = f"""SELECT {facts}, coalesce(location, '') AS place, {pieces} AS pieces, {expected} AS expected, '{self.number}' AS name
                     FROM import_stage WHERE on_hand IS NOT NULL OR counted IS NOT NULL"""
        if "places" not in self.present:
            return narrow
        return f"""{narrow} UNION ALL SELECT {facts}, u.place, u.pieces, NULL, 'at' FROM import_stage, unnest(places, pieces) u(place, pieces)
                   WHERE u.pieces IS NOT NULL"""

    def _find_places(self) -> None:
        places = Places(self.by)
        self.cursor.execute(f"SELECT DISTINCT place FROM ({self._counts()}) s")
        found = [(text, *places.find(text)) for (text,) in self.cursor.fetchall()]
        texts, keys, names, problems = zip(*found, strict=True) if found else ((), (), (), ())
        self.run(
            "CREATE TEMP TABLE import_place (text text, location_id bigint, name text, problem text) ON COMMIT DROP"
        )
        self.run(
            "INSERT INTO import_place SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[])",
            [list(texts), list(keys), list(names), list(problems)],
        )
        self.wrong_places = {problem for problem in problems if problem}

    def find_problems(self) -> None:
        self._find_unknown(error=True)
        self._find_unknown(error=False)
        self._find_remarks()
        self.problem(
            "negative",
            f"""SELECT s.row, s.name, s.pieces::text, jsonb_build_object('pieces', s.pieces, 'location', coalesce(nullif(p.name, ''), s.place))
                FROM ({self._counts()}) s JOIN import_place p ON p.text = s.place WHERE s.pieces < 0 AND s.pieces <> {NOT_STOCKED}""",
        )
        self.problem(
            "count_twice",
            """SELECT c.row, 'sku', c.sku, jsonb_build_object('row', c.first) FROM (
                   SELECT row, sku, row_number() OVER w AS nth, min(row) OVER w AS first FROM import_count
                   WHERE location_id IS NOT NULL AND counted >= 0 AND NOT is_part WINDOW w AS (PARTITION BY variant_id, location_id ORDER BY row)
               ) c WHERE c.nth > 1""",
        )
        self.problem(
            "too_large",
            f"""SELECT row, 'unit_cost', unit_cost::text, '{{}}'::jsonb FROM import_count
                WHERE (is_new OR changed) AND unit_cost * counted >= {VALUE_LIMIT}""",
        )
        self.problem(
            "promised",
            """SELECT row, name, counted::text, jsonb_build_object('allocated', allocated, 'held', held, 'location', place,
                      'least', allocated + held - backorder_limit)
               FROM import_count WHERE changed AND NOT is_part AND counted < on_hand AND counted < allocated + held - backorder_limit""",
        )
        self.problem(
            "lots_missing",
            """SELECT row, name, counted::text, jsonb_build_object('sku', sku) FROM import_count
               WHERE is_tracked AND NOT is_part AND location_id IS NOT NULL AND counted > on_hand""",
        )

    def _find_unknown(self, *, error: bool) -> None:
        """What the catalogue or the list of locations does not know; rows that count nothing are not refused for it."""
        counts = f"(SELECT * FROM ({self._counts()}) c WHERE {'' if error else 'NOT '}coalesce(c.pieces, {NOT_STOCKED}) <> {NOT_STOCKED})"
        rows = f"(SELECT DISTINCT row, sku FROM {counts} c) s"
        if error and "barcode" in self.present:
            self.problem(
                "unknown_barcode",
                f"""SELECT s.row, 'barcode', t.barcode, jsonb_build_object('barcode', t.barcode) FROM {rows}
                    JOIN import_stage t USING (row) WHERE coalesce(s.sku, '') = '' AND t.barcode <> ''""",
            )
        self.problem(
            "sku_missing",
            f"""SELECT s.row, 'sku', '', '{{}}'::jsonb FROM {rows} WHERE coalesce(s.sku, '') = ''
                AND NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = s.row AND p.is_error)""",
            error=error,
        )
        self.problem(
            "unknown_sku",
            f"""SELECT s.row, 'sku', s.sku, jsonb_build_object('sku', s.sku) FROM {rows}
                WHERE s.sku <> '' AND NOT EXISTS (SELECT 1 FROM catalog_variant v WHERE upper(v.sku) = upper(s.sku))""",
            error=error,
        )
        for code in sorted(self.wrong_places):
            for name, of_column in (("location", False), ("at", True)):
                self.problem(
                    "unknown_column" if of_column and code == "unknown_place" else code,
                    f"""SELECT s.row, '{name}', s.place, jsonb_build_object('location', p.name) FROM {counts} s
                        JOIN import_place p ON p.text = s.place WHERE p.problem = %s AND {"" if of_column else "NOT "}s.name = 'at'""",
                    [code],
                    error=error,
                )

    def _find_remarks(self) -> None:
        """What a person should see before anything is written: where the file is not up to date, and what stays."""
        self.problem(
            "differs",
            """SELECT row, 'on_hand', expected::text, jsonb_build_object('file', expected, 'now', was, 'location', place)
               FROM import_count WHERE location_id IS NOT NULL AND expected <> was""",
            error=False,
        )
        self.problem(
            "still_there",
            f"""SELECT row, name, '', jsonb_build_object('now', on_hand, 'location', place)
                FROM import_count WHERE counted = {NOT_STOCKED} AND on_hand > 0""",
            error=False,
        )
        if self.number == "counted" and "on_hand" in self.present and "places" not in self.present:
            self.cursor.execute("SELECT EXISTS (SELECT FROM import_stage WHERE counted IS NOT NULL)")
            if not self.cursor.fetchone()[0]:
                self.notes.append(
                    _(
                        "No row says what was newly counted, so nothing changes. To take over what the file says is on hand, leave the column of new counts out."
                    )
                )

    def records(self) -> str:
        return "SELECT row, bool_or(is_new), bool_or(changed) FROM import_count WHERE is_new OR changed GROUP BY row"

    def record(self) -> str:
        return "concat_ws(' @ ', s.sku, nullif(s.location, ''))"

    def changes(self, rows: str) -> str:
        name = "CASE name WHEN 'at' THEN place ELSE 'on_hand' END"
        return f"""SELECT row, jsonb_agg(jsonb_build_array({name}, was::text, counted::text) ORDER BY location_id)
                   FROM import_count WHERE changed AND row IN ({rows}) GROUP BY row"""

    def write(self) -> None:
        self.keep_plans()
        self.run("DELETE FROM import_count c USING import_refused r WHERE r.row = c.row")
        lock_levels(self.fetched("SELECT variant_id, location_id FROM import_count WHERE is_new OR changed"))
        moves = self._moves(
            self.fetched(
                """SELECT c.variant_id, c.location_id, c.counted - l.on_hand, c.unit_cost, c.reason FROM import_count c
                   JOIN inventory_stocklevel l ON l.variant_id = c.variant_id AND l.location_id = c.location_id
                   WHERE (c.is_new OR c.changed) AND NOT c.is_part AND c.counted <> l.on_hand ORDER BY l.id"""
            )
        )
        post_all(moves, by=self.by)

    def reasons(self) -> tuple[str, str]:
        """The cause of the moves, and why they are where a row does not say so."""
        facts = context.current()
        return str(facts.get("run", "")), str(facts.get("reason", ""))

    def fetched(self, sql: str, params: Sequence[Any] = ()) -> Iterator[tuple[Any, ...]]:
        with connection.chunked_cursor() as cursor:
            cursor.execute(sql, params or None)
            yield from cursor

    def _moves(self, rows: Iterable[tuple[Any, ...]]) -> Iterator[Move]:
        cause, usual = self.reasons()
        outside = virtual(Location.Kind.ADJUSTMENT)
        for variant, place, delta, cost, reason in rows:
            source, target = (outside, place) if delta > 0 else (place, outside)
            why = (reason or usual)[:300]
            yield Move(Kind.COUNTED, variant, source, target, abs(delta), cost if delta > 0 else None, cause, why)


def post_all(moves: Iterable[Move], *, by: User | None) -> None:
    """Post moves of levels that are locked already, a few thousand at a time."""
    moves = iter(moves)
    while part := list(islice(moves, POSTED_AT_ONCE)):
        post(part, by=by)
