"""From the cells of a record to values by column name, with every refusal named by column and value."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.imports.spreadsheets import FORMULA

if TYPE_CHECKING:
    from backoffice.imports.mapping import Mapping
    from backoffice.resources import Column

CHUNK = 1000
CACHED_LENGTH = 32
CACHED_VALUES = 20_000
SHOWN = 200
MARK = "\ufeff"  # of files that were put together, somewhere inside
LOOKED_AT = 4  # first cells of a row, among which the word for a total stands
TOTALS = frozenset(
    spelt + end
    for word in ("total", "totals", "grand total", "subtotal", "sub-total", "sum", "summe", "gesamt", "gesamtsumme", "zwischensumme",
                 "somme", "суммa", "итого", "всего", "合计", "总计", "小计", "共计", "合計", "總計")
    for spelt in (word, word.capitalize(), word.title(), word.upper())
    for end in ("", ":", "：")
)  # fmt: skip
FIGURE = re.compile(r"[-+(]?(?:[A-Z]{3}|\W)?\s*[-+]?\d[\d.,'’\s]*\s*(?:[A-Z]{3}|\W)?\)?")
_missing = object()

Values = dict[str, Any]
Problems = list[list[str]]
Record = tuple[int, list[str]]


def error(column: str, value: str, message: str) -> list[str]:
    return [column, value[:SHOWN], message, "error"]


def warning(column: str, value: str, message: str) -> list[str]:
    return [column, value[:SHOWN], message, "warning"]


class CellReader:
    """Reads records by `mapping`. Values that repeat are cleaned once."""

    def __init__(self, mapping: Mapping, columns: dict[str, Column], *, pads: bool = False) -> None:
        self.width = len(mapping.matches)
        self.named = max((m.index + 1 for m in mapping.matches if m.header.strip()), default=0)
        self.header = [m.header.removeprefix(MARK) for m in mapping.matches]
        self.odd_starts = TOTALS | (
            {self.header[0], MARK + self.header[0]} if self.header and self.header[0] else set()
        )
        self.decimal = mapping.decimal
        columns = {name: column.for_file(mapping) for name, column in columns.items()}
        self.pads = pads
        self.single = [
            (
                m.target,
                m.index,
                columns[m.target],
                dict.fromkeys(["", *columns[m.target].blanks], columns[m.target].empty()),
            )
            for m in mapping.used
            if not getattr(columns[m.target], "many", False)
        ]
        self.many = [
            (m.target, m.index, columns[m.target], m.parts)
            for m in mapping.used
            if getattr(columns[m.target], "many", False)
        ]

    def read(self, rows: Iterator[Record]) -> Iterator[tuple[int, Values | None, Problems]]:
        """Row number, values and problems; values are None when the cells cannot be told apart.

        Records are read ahead, a thousand at a time, and cleaned column by column.
        """
        while chunk := list(itertools.islice(rows, CHUNK)):
            longer = {place: len(cells) for place, (_number, cells) in enumerate(chunk) if len(cells) > self.width}
            if len(longer) * 2 > len(chunk):  # every row of the file ends with a delimiter
                longer = {}
            ragged = self._ragged(chunk)
            straight = [cells for place, (_number, cells) in enumerate(chunk) if place not in ragged]
            records = self._records(straight)
            for place, (number, _cells) in enumerate(chunk):
                if place in ragged:
                    yield number, None, [ragged[place]]
                    continue
                values, problems = next(records)
                if place in longer and any(problem[3] == "error" for problem in problems):
                    # What does not fit although all seemed to be there has slipped.
                    yield number, None, [self._slipped(chunk[place][1], longer[place])]
                else:
                    yield number, values, problems

    def _ragged(self, chunk: Sequence[Record]) -> dict[int, list[str]]:
        """What is wrong with records that have too few or too many cells, or are none, by place."""
        width, odd = self.width, self.odd_starts
        return {
            place: problem
            for place, (_number, cells) in enumerate(chunk)
            if (len(cells) != width and (problem := self._fit(cells)))
            or (not odd.isdisjoint(cells[:LOOKED_AT]) and (problem := self._no_record(cells)))
        }

    def _records(self, rows: Sequence[list[str]]) -> Iterator[tuple[Values, Problems]]:
        """Values and problems of records that have all their cells."""
        columns = list(zip(*rows, strict=True))
        problems: dict[int, Problems] = {}
        names = [name for name, *_rest in self.single]
        single = [self._column(name, c, columns[i], known, problems) for name, i, c, known in self.single]
        many = [
            (name, parts, self._column(name, c, columns[i], {}, problems)) for name, i, c, parts in self.many if columns
        ]
        for place, found in enumerate(zip(*single, strict=True) if single else itertools.repeat((), len(rows))):
            values = dict(zip(names, found, strict=True))
            for name, parts, texts in many:
                values.setdefault(name, []).append((parts, texts[place]))
            yield values, problems.get(place) or []

    def _column(
        self, name: str, column: Column, texts: Sequence[str], known: dict[str, Any], problems: dict[int, Problems]
    ) -> Sequence[Any]:
        """The values of a column; what is wrong with a cell is added to the `problems` of its place."""
        if not column.blanks and (certain := column.certain(texts)) is not None:
            return certain
        try:
            return [known[text] for text in texts]
        except KeyError:
            pass
        values = []
        for place, text in enumerate(texts):
            value = known.get(text, _missing)
            if value is _missing:
                found: Problems = []
                value = self.clean(name, column, text, found)
                if found:
                    problems.setdefault(place, []).extend(found)
                elif len(text) <= CACHED_LENGTH and len(known) < CACHED_VALUES:
                    known[text] = value
            values.append(value)
        return values

    def _fit(self, cells: list[str]) -> list[str] | None:
        """Pad a short row where the format drops blank cells; else the refusal, for its cells may have slipped.

        Blank cells beyond the header, and missing ones below headers without a name, slip nothing.
        """
        if len(cells) < self.width and (self.pads or len(cells) >= self.named > 0):
            cells.extend([""] * (self.width - len(cells)))
            return None
        if len(cells) > self.width and not any(map(str.strip, cells[self.width :])):
            del cells[self.width :]
            return None
        return self._slipped(cells, len(cells))

    def _slipped(self, cells: Sequence[str], count: int) -> list[str]:
        sentence = _(
            "The row has %(count)s cells, the header %(width)s: a delimiter or a quotation mark is missing or too many."
        )
        return error("", self._around(cells), sentence % {"count": count, "width": self.width})

    def _no_record(self, cells: Sequence[str]) -> list[str] | None:
        """The refusal of a header that comes again, and of a row that adds the others up."""
        if [cell.removeprefix(MARK) for cell in cells] == self.header:
            sentence = _("The row repeats the header: several files were put together. Leave this row out.")
            return error("", self._around(cells), sentence)
        given = [cell.strip() for cell in cells if cell.strip()]
        if given and given[0] in TOTALS and len(given) > 1 and all(map(FIGURE.fullmatch, given[1:])):
            sentence = _("The row looks like a total of the others, not like a record. Leave it out.")
            return error("", self._around(cells), sentence)
        return None

    def _around(self, cells: Sequence[str]) -> str:
        return " | ".join(cells[:3])

    def clean(self, name: str, column: Column, text: str, problems: Problems) -> Any:
        """The value of a cell; what is wrong with it is added to `problems`."""
        if not text or text.isspace():
            return column.empty()
        if text == FORMULA:
            problems.append(error(name, "", _("The cell holds a formula. Paste its value instead.")))
            return column.empty()
        if text.startswith(MARK):
            return self.clean(name, column, text.lstrip(MARK), problems)
        if "\0" in text:
            problems.append(
                error(name, text.replace("\0", "␀"), _("The cell holds a NUL character, which no text may have."))
            )
            return column.empty()
        try:
            return column.read(text, self.decimal)
        except ValidationError as refusal:
            problems.append(error(name, text, " ".join(refusal.messages)))
            return column.empty()
