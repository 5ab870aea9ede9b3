"""From the cells of a record to values by column name, with every refusal named by column and value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.imports.spreadsheets import FORMULA

if TYPE_CHECKING:
    from backoffice.imports.mapping import Mapping
    from backoffice.resources import Column

CACHED_LENGTH = 32
CACHED_VALUES = 20_000
SHOWN = 200
_missing = object()

Values = dict[str, Any]
Problems = list[list[str]]


def error(column: str, value: str, message: str) -> list[str]:
    return [column, value[:SHOWN], message, "error"]


def warning(column: str, value: str, message: str) -> list[str]:
    return [column, value[:SHOWN], message, "warning"]


class CellReader:
    """Reads records by `mapping`. Values that repeat are cleaned once."""

    def __init__(self, mapping: Mapping, columns: dict[str, Column], *, pads: bool = False) -> None:
        self.width = len(mapping.matches)
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

    def read(self, rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[int, Values | None, Problems]]:
        """Row number, values and problems; values are None when the cells cannot be told apart."""
        width, single, many = self.width, self.single, self.many
        for number, cells in rows:
            if len(cells) != width and (ragged := self._fit(cells)):
                yield number, None, [ragged]
                continue
            problems: Problems = []
            values: Values = {}
            for name, index, column, cache in single:
                text = cells[index]
                value = cache.get(text, _missing)
                if value is _missing:
                    value = self.clean(name, column, text, problems)
                    if len(text) <= CACHED_LENGTH and len(cache) < CACHED_VALUES and not problems:
                        cache[text] = value
                values[name] = value
            for name, index, column, parts in many:
                value = self.clean(name, column, cells[index], problems)
                values.setdefault(name, []).append((parts, value))
            yield number, values, problems

    def _fit(self, cells: list[str]) -> list[str] | None:
        """Pad a short row where the format drops blank cells; else the refusal, for its cells may have slipped."""
        if len(cells) < self.width and self.pads:
            cells.extend([""] * (self.width - len(cells)))
            return None
        return error(
            "",
            self._around(cells),
            _(
                "The row has %(count)s cells, the header %(width)s: a delimiter or a quotation mark is missing or too many."
            )
            % {"count": len(cells), "width": self.width},
        )

    def _around(self, cells: Sequence[str]) -> str:
        return " | ".join(cells[:3])

    def clean(self, name: str, column: Column, text: str, problems: Problems) -> Any:
        """The value of a cell; what is wrong with it is added to `problems`."""
        if not text or text.isspace():
            return column.empty()
        if text == FORMULA:
            problems.append(error(name, "", _("The cell holds a formula. Paste its value instead.")))
            return column.empty()
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
