"""Records that are split over several files: a header file, its lines, its payments. They are joined to one table on disk.

Files are joined one after the other, each by the column that it shares with what is there so far. Rows of a file of lines
are repeated with what their header says; amounts of a file of payments are added up; of any other file the first row of a
key counts. The merge is done by the database in temporary tables, so that memory stays flat; row numbers of the files stand
in columns of their own. What found no partner is counted and told.
"""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from backoffice.imports import mapping as mappings
from backoffice.imports import reading
from backoffice.imports.mapping import CAPITALS, match_headers, simplify
from backoffice.imports.reading import Dialect, Unreadable
from backoffice.resources import BaseResource

ROW = "row of file {}"
NAMING = frozenset(["id", "no", "nr", "number", "code", "key", "号", "编号", "编码"])
NOTHING = ["", "null", "none", "nan", "-", "n/a"]
MOST_FILES = 8
EXAMPLES = 5
OF_EACH = (
    "encoding",
    "delimiter",
    "sheet",
)  # parts of a dialect that are said of the files, not of what they are joined to
LINES, ADDED, ONCE = "lines", "added", "once"


@dataclass
class Part:
    """A table to be joined: its header, and for each of its columns what the resource takes it for ("" for nothing)."""

    path: Path
    name: str
    dialect: Dialect
    header: list[str]
    targets: list[str]
    names: list[str]  # what its columns are called when they stand beside those of other files
    places: list[int] = field(default_factory=list)  # the files that its rows come from

    def rows(self) -> Iterator[tuple[int, list[str]]]:
        """Records below the header, each as wide as it."""
        width = len(self.header)
        for number, cells in reading.open_table(self.path, self.dialect):
            if number > self.dialect.header_row:
                yield number, [*cells[:width], *[""] * (width - len(cells))]

    def has(self, targets: Sequence[str]) -> bool:
        return not set(targets).isdisjoint(self.targets)


@dataclass
class Step:
    """How one further file was joined, and what of it found no partner. `left` and `right` are headers of the key."""

    name: str
    left: str
    right: str
    how: str = ONCE
    place: int = 0  # of the file among those that were given, from 1
    rows: int = 0
    alone: int = 0  # rows of the file whose key nothing before it has
    lacking: int = 0  # rows before it whose key the file lacks
    repeated: int = 0  # rows beyond the first of their key that were added up, or passed over
    doubled: int = 0  # rows before it that repeat a key, and were passed over
    examples: list[str] = field(default_factory=list)
    both: list[str] = field(default_factory=list)  # columns that both have
    lefts: list[str] = field(default_factory=list)  # what else could be the key
    rights: list[str] = field(default_factory=list)

    def notes(self) -> Iterator[str]:
        names = {
            "file": self.name,
            "left": self.left,
            "right": self.right,
            "rows": _number(self.rows),
            "alone": _number(self.alone),
            "lacking": _number(self.lacking),
            "repeated": _number(self.repeated),
            "doubled": _number(self.doubled),
            "examples": ", ".join(self.examples),
            "columns": ", ".join(self.both),
        }
        yield _("“%(file)s” is joined by %(right)s = %(left)s: %(rows)s rows.") % names
        if self.alone:
            yield _("%(alone)s rows of “%(file)s” found no partner and are left out: %(examples)s.") % names
        if self.lacking:
            yield _("%(lacking)s rows of the files before it found no partner in “%(file)s”.") % names
        if self.how == ADDED and self.repeated:
            yield _("“%(file)s” has several rows of the same key: their amounts are added up.") % names
        elif self.repeated:
            yield _("%(repeated)s rows of “%(file)s” repeat a key: the first row of each counts.") % names
        if self.doubled:
            yield _("%(doubled)s rows before “%(file)s” repeat a key: the first row of each counts.") % names
        if self.both:
            yield _("“%(file)s” fills these columns only where they are empty: %(columns)s.") % names


@dataclass
class Joined:
    path: Path
    steps: list[Step]
    first: str = ""
    place: int = 1
    first_rows: int = 0

    def notes(self) -> list[str]:
        begin = _("“%(file)s” is the first of %(count)s files: %(rows)s rows.") % {
            "file": self.first,
            "count": len(self.steps) + 1,
            "rows": _number(self.first_rows),
        }
        return [begin, *(note for step in self.steps for note in step.notes())]

    def as_json(self) -> dict[str, Any]:
        return {
            "first": self.first,
            "place": self.place,
            "rows": self.first_rows,
            "steps": [asdict(step) for step in self.steps],
        }


def of_each(read_as: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in read_as.items() if name in OF_EACH}


def told(joined: dict[str, Any]) -> dict[str, Any]:
    """What scripts read about a join: the counts of every file, without the columns that could have been chosen."""
    steps = [
        {name: value for name, value in step.items() if name not in ("lefts", "rights")} for step in joined["steps"]
    ]
    return {**joined, "steps": steps}


def _number(value: int) -> str:
    return number_format(value, use_l10n=True, force_grouping=True)


def join(
    files: Sequence[tuple[str, Path]],
    resource: BaseResource,
    target: Path,
    *,
    on: Sequence[tuple[str, str]] = (),
    read_as: dict[str, str] | None = None,
    is_ordered: bool = True,
) -> Joined:
    """Join files, (name, path) each, to one CSV file at `target`; `on` has the key of each further file: (column before it, its own).

    Not `is_ordered`, the first file is found out as well. Raises Unreadable: no table, no common column.
    """
    if not resource.joins:
        raise Unreadable(_("“%(resource)s” come in one file, not in several.") % {"resource": resource.label})
    if len(files) > MOST_FILES:
        raise Unreadable(_("At most %(count)s files can be joined.") % {"count": MOST_FILES})
    parts = [_part(name, path, resource, read_as or {}) for name, path in files]
    for place, part in enumerate(parts, start=1):
        part.places = [place]
    if not is_ordered:
        parts.sort(key=lambda part: _rank(part, resource))
    left, rest = parts[0], parts[1:]
    for part in rest:
        _name_payments(part, resource)
    joined = Joined(target, [], first=left.name, place=left.places[0])
    with TemporaryDirectory(prefix="houtai-join-") as folder:
        while rest:
            right, pair = _next(left, rest, resource, on[len(joined.steps) :])
            rest.remove(right)
            path = target if not rest else Path(folder) / f"{len(rest)}.csv"
            step, left_rows, left = _Merge(left, right, pair, resource).write(path)
            joined.first_rows = joined.first_rows or left_rows
            joined.steps.append(step)
    return joined


def _part(name: str, path: Path, resource: BaseResource, read_as: dict[str, str]) -> Part:
    """A file, opened. Raises Unreadable, naming it."""
    try:
        dialect = reading.sniff(path).changed(read_as)
        dialect.header_row, header = mappings.find_header(reading.sample(path, dialect), resource, strict=False)
    except ValidationError as error:
        why = " ".join(error.messages)
        raise Unreadable(_("“%(file)s”: %(why)s") % {"file": name, "why": why}) from error
    return Part(path, name, dialect, header, _targets(header, resource), list(header))


def _targets(header: Sequence[str], resource: BaseResource) -> list[str]:
    """What each column is by itself, though another one is the same."""
    return [match_headers([text], resource, likeness=False).matches[0].target for text in header]


def _name_payments(part: Part, resource: BaseResource) -> None:
    """An "amount" in a file beside that of the headers is what was paid, unless it is that of a line."""
    if part.has(resource.lines):
        return
    for place, text in enumerate(part.header):
        if target := resource.joined_names.get(simplify(text)):
            part.targets[place] = part.names[place] = target


def _rank(part: Part, resource: BaseResource) -> tuple[Any, ...]:
    """The file of headers first: it has the number of the record, and is none of lines or payments."""
    return (
        not part.has(resource.joins[0]),
        part.has(resource.lines),
        part.has(resource.adds_up),
        -len(set(part.targets)),
    )


# --- By which column ----------------------------------------------------------------------------


def _next(
    left: Part, rest: Sequence[Part], resource: BaseResource, on: Sequence[tuple[str, str]]
) -> tuple[Part, tuple[int, int]]:
    """The next file that can be joined, and the places of the key in both. Raises Unreadable."""
    if on:
        right = rest[0]
        return right, (_place(left, on[0][0]), _place(right, on[0][1]))
    for right in rest:
        if pair := _common(left, right, resource):
            return right, pair
    raise Unreadable(
        _("“%(file)s” has no column in common with the files before it, such as the order number. It has: %(columns)s.")
        % {"file": rest[0].name, "columns": ", ".join(rest[0].header)[:300]}
    )


def _place(part: Part, header: str) -> int:
    wanted = simplify(header)
    for place, text in enumerate(part.header):
        if simplify(text) == wanted:
            return place
    raise Unreadable(
        _("“%(file)s” has no column “%(header)s”. It has: %(columns)s.")
        % {"file": part.name, "header": header, "columns": ", ".join(part.header)[:300]}
    )


def _common(left: Part, right: Part, resource: BaseResource) -> tuple[int, int] | None:
    """The column that both have: the same name of a key, two names of the same key, the `id` of one, the same name of a number."""
    for group in resource.joins:
        pairs = [(a, b) for a in _of(left, group) for b in _of(right, group)]
        if pairs:
            return min(pairs, key=lambda pair: _simple(left, pair[0]) != _simple(right, pair[1]))
    words = right.name.lower()
    named = [g for g in resource.joins if any(re.sub(r"(_number|_id)$", "", target) in words for target in g)]
    for group in [*named, *resource.joins]:
        if (ids := _ids(right)) and (own := _of(left, group)):
            return own[0], ids[0]
        if group == resource.joins[0] and (ids := _ids(left)) and (own := _of(right, group)):
            return ids[0], own[0]
    for a, text in enumerate(left.header):
        for b in range(len(right.header)):
            if _simple(left, a) == _simple(right, b) and not NAMING.isdisjoint(
                simplify(CAPITALS.sub(" ", text)).split()
            ):
                return a, b
    return None


def _of(part: Part, group: Sequence[str]) -> list[int]:
    return [place for place, target in enumerate(part.targets) if target in group]


def _ids(part: Part) -> list[int]:
    return [place for place in range(len(part.header)) if _simple(part, place) == "id"]


def _simple(part: Part, place: int) -> str:
    return simplify(CAPITALS.sub(" ", part.names[place]))


# --- The merge ----------------------------------------------------------------------------------


class _Merge:
    """Two tables, joined in the database and written as they come."""

    def __init__(self, left: Part, right: Part, pair: tuple[int, int], resource: BaseResource) -> None:
        self.left, self.right, self.resource = left, right, resource
        self.left_key, self.right_key = pair
        is_main = right.targets[self.right_key] in resource.joins[0] or left.targets[self.left_key] in resource.joins[0]
        has_lines = left.has(resource.lines), right.has(resource.lines)
        if is_main and has_lines == (False, True):
            self.how = LINES
        elif right.has(resource.adds_up) and not has_lines[1]:
            self.how = ADDED
        else:
            self.how = ONCE
        self.has_both = is_main and has_lines == (True, True)
        taken = {_simple(left, place): place for place in reversed(range(len(left.header)))}
        self.shared: list[tuple[int, int]] = []
        self.own: list[int] = []
        for place in range(len(right.header)):
            if place == self.right_key:
                continue
            if (simple := _simple(right, place)) in taken and simple:
                self.shared.append((taken[simple], place))
            else:
                self.own.append(place)

    def write(self, path: Path) -> tuple[Step, int, Part]:
        """The step with its counts, the rows on the left, and what was written."""
        step = Step(
            self.right.name, self.left.header[self.left_key], self.right.header[self.right_key], how=self.how, place=self.right.places[0],
            both=[self.left.header[a] for a, _b in self.shared], lefts=self.left.header, rights=self.right.header,
        )  # fmt: skip
        with transaction.atomic(), connection.cursor() as cursor:
            left_rows = self._load(cursor, "join_left", self.left, self.left_key)
            step.rows = self._load(cursor, "join_right", self.right, self.right_key)
            self._count(cursor, step)
            header = self._header()
            with path.open("w", encoding="utf-8-sig", newline="") as file:
                writer = csv.writer(file)
                writer.writerow(header)
                writer.writerows(self._rows())
            cursor.execute("DROP TABLE join_left, join_right")
        dialect = Dialect(encoding="utf-8-sig", delimiter=",", decimal=self.left.dialect.decimal)
        part = Part(path, self.left.name, dialect, header, _targets(header, self.resource), header)
        part.places = [*self.left.places, *self.right.places]
        return step, left_rows, part

    def _load(self, cursor: Any, table: str, part: Part, key: int) -> int:
        """Copy a file into a temporary table. The number that a row has in its file is the last of its cells."""
        count = 0
        cursor.execute(f"CREATE TEMP TABLE {table} (row bigint, key text, cells text) ON COMMIT DROP")
        is_file = len(part.places) == 1
        try:
            with cursor.copy(f"COPY {table} (row, key, cells) FROM STDIN") as copy:
                for number, cells in part.rows():
                    count += 1
                    kept = [*cells, str(number)] if is_file else cells
                    copy.write_row((number, _key(cells[key]), json.dumps(kept)))
        except Unreadable as error:
            raise Unreadable(_("“%(file)s”: %(why)s") % {"file": part.name, "why": " ".join(error.messages)}) from error
        cursor.execute(f"CREATE INDEX ON {table} (key)")
        cursor.execute(f"ANALYZE {table}")
        return count

    def _count(self, cursor: Any, step: Step) -> None:
        """Tell what has no partner; leave one row of each key where the others do not count."""
        cursor.execute(
            "SELECT count(*) FROM join_left l WHERE NOT EXISTS (SELECT 1 FROM join_right r WHERE r.key = l.key)"
        )
        step.lacking = cursor.fetchone()[0]
        cursor.execute(
            """SELECT count(*), (array_agg(DISTINCT coalesce(r.key, '–')))[:%s] FROM join_right r
               WHERE NOT EXISTS (SELECT 1 FROM join_left l WHERE l.key = r.key)""",
            [EXAMPLES],
        )
        step.alone, examples = cursor.fetchone()
        step.examples = [text[:60] for text in examples or []]
        if self.how == LINES:
            step.doubled = self._first_of_each(cursor, "join_left")
        elif self.how == ONCE:
            step.repeated = self._first_of_each(cursor, "join_right")
        else:
            cursor.execute("SELECT count(key) - count(DISTINCT key) FROM join_right")
            step.repeated = cursor.fetchone()[0]
        if self.has_both and step.repeated:
            raise Unreadable(
                _(
                    "“%(file)s” has several lines of the same %(key)s, and so have the files before it. Which of them belong together cannot be told."
                )
                % {"file": step.name, "key": step.right}
            )

    def _first_of_each(self, cursor: Any, table: str) -> int:
        cursor.execute(
            f"""DELETE FROM {table} d USING (SELECT key, min(row) AS row FROM {table} GROUP BY key HAVING count(*) > 1) f
                WHERE d.key = f.key AND d.row > f.row"""
        )
        return int(cursor.rowcount)

    def _header(self) -> list[str]:
        left = list(self.left.header)
        if not self.left.targets[self.left_key] and self.right.targets[self.right_key]:
            left[self.left_key] = self.right.header[self.right_key]  # "id" of the one file is "order_id" of the other
        if len(self.left.places) == 1:
            left.append(ROW.format(self.left.places[0]))
        return [*left, *(self.right.names[place] for place in self.own), ROW.format(self.right.places[0])]

    def _rows(self) -> Iterator[list[str]]:
        width = len(self.right.header) + 1
        with connection.chunked_cursor() as cursor:
            cursor.execute(
                """SELECT l.cells, r.cells FROM join_left l LEFT JOIN join_right r ON r.key = l.key ORDER BY l.row, r.row"""
                if self.how != ADDED
                else """SELECT l.cells, r.cells FROM join_left l
                        LEFT JOIN (SELECT key, '[' || string_agg(cells, ',' ORDER BY row) || ']' AS cells
                                   FROM join_right WHERE key IS NOT NULL GROUP BY key) r ON r.key = l.key
                        ORDER BY l.row"""
            )
            for left, right in cursor:
                cells = json.loads(left)
                if right is None:
                    found = [""] * width
                else:
                    found = self._added(json.loads(right)) if self.how == ADDED else json.loads(right)
                for a, b in self.shared:
                    if cells[a].strip().lower() in NOTHING:
                        cells[a] = found[b]
                yield [*cells, *(found[place] for place in self.own), found[-1]]

    def _added(self, rows: list[list[str]]) -> list[str]:
        """One row for several: amounts added up, names put beside each other, else the first text."""
        if len(rows) == 1:
            return rows[0]
        result = []
        for place, texts in enumerate(zip(*rows, strict=True)):
            target = self.right.targets[place] if place < len(self.right.targets) else ""
            filled = list(dict.fromkeys(text for text in texts if text.strip().lower() not in NOTHING))
            if target in self.resource.adds_up:
                result.append(self._sum(target, texts))
            elif target in self.resource.gathers or place == len(rows[0]) - 1:
                result.append(" + ".join(filled))
            else:
                result.append(filled[0] if filled else "")
        return result

    def _sum(self, target: str, texts: Sequence[str]) -> str:
        """The sum as the file writes numbers; a text that is none is handed on, to be refused at its row."""
        column, decimal = self.resource.columns()[target], self.right.dialect.decimal
        total = Decimal()
        for text in texts:
            try:
                total += (column.read(text, decimal) if text.strip() else None) or 0
            except ValidationError:
                return text
        return str(total).replace(".", decimal)


def _key(text: str) -> str | None:
    """A number as it is compared: without blanks, letter case, a sign of number in front, ".0" behind; None for nothing."""
    key = text.replace("\0", "").strip().casefold().lstrip("#")
    if key.endswith(".0") and key[:-2].isdigit():
        key = key[:-2]
    return None if key in NOTHING else key
