"""A kind of record that files bring: its columns, and how records become staged rows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from import_export import resources

from backoffice.imports.cells import CellReader
from backoffice.imports.lines import LineReader
from backoffice.resources.columns import Column


@dataclass
class Outcome:
    """What a service made of the rows: read = new + changed + unchanged + refused."""

    read: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    applied: bool = False
    problems: list[dict[str, Any]] = field(default_factory=list)
    warnings: list[dict[str, Any]] = field(default_factory=list)
    causes: list[dict[str, Any]] = field(default_factory=list)
    differences: list[dict[str, Any]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Offer:
    """What a column of a file may be beside the columns of a resource: one of many of `column`, told apart by `parts`."""

    label: Any
    column: str
    parts: tuple[str, ...]


class BaseResource(resources.Resource):
    """A kind of record that files bring. Subclasses declare columns and `service`.

    models: tables with a history that undo takes back, children before parents; lifted: triggers that stand in its way.
    needs: groups of columns; a file without one of each group can bring nothing. called: words that names of such files have.
    headless: headers of files that come without any, by what writes them; told by their width and what their cells hold.
    joins: groups of columns by which files of the same records are joined, the number of the record first. lines: columns that
    tell a file of lines. adds_up, gathers: amounts and texts of several payments of one record. joined_names: simplified headers
    that mean something else in a further file that has no lines.
    """

    key: ClassVar[str] = ""
    label: ClassVar[Any] = ""
    permission: ClassVar[str] = ""
    ignored: ClassVar[dict[str, Any]] = {}
    needs: ClassVar[Sequence[Sequence[str]]] = ()
    called: ClassVar[Sequence[str]] = ()
    joins: ClassVar[Sequence[Sequence[str]]] = ()
    lines: ClassVar[Sequence[str]] = ()
    adds_up: ClassVar[Sequence[str]] = ()
    gathers: ClassVar[Sequence[str]] = ()
    joined_names: ClassVar[dict[str, str]] = {}
    service: ClassVar[Callable[..., Outcome]]
    models: ClassVar[Sequence[Any]] = ()
    lifted: ClassVar[Sequence[str]] = ()
    headless: ClassVar[dict[str, Sequence[str]]] = {}

    @classmethod
    def columns(cls) -> dict[str, Column]:
        found = {}
        for name, column in cls.fields.items():  # type: ignore[attr-defined]
            column.name = name
            found[name] = column
        return found

    @classmethod
    def lacking(cls, targets: Collection[str]) -> list[Sequence[str]]:
        """The groups of needed columns of which none is among `targets`."""
        groups = cls.needs or [[name] for name, column in cls.columns().items() if column.required]
        return [group for group in groups if not set(group) & set(targets)]

    def layout(self, headers: Sequence[str]) -> tuple[str, dict[str, str]]:
        """Which system wrote these simplified headers, and which of them mean something else there: header -> column or offer."""
        return "", {}

    def offers(self) -> dict[str, Offer]:
        """What a column may also be said to be, by the name that mappings call it."""
        return {}

    def further(self) -> dict[str, str]:
        """Simplified headers that people gave a meaning to: header -> column."""
        return {}

    def table(self, run: Any, *, by: Any) -> Any:
        """Where the rows of a run come from, when it is not a file."""
        return None

    def staged(self, rows: Iterator[tuple[int, list[str]]], mapping: Any) -> tuple[Sequence[str], Iterator[Any]]:
        """Names of the staged columns, and the staged rows (row number, problems, *values) or blocks of them.

        One record a row here; a resource whose files have layouts of their own overrides this.
        """
        columns = self.columns()
        names = list(dict.fromkeys(match.target for match in mapping.used))
        joins = {name: columns[name].join for name in names if getattr(columns[name], "many", False)}
        reader = CellReader(mapping, columns, pads=mapping.pads)

        def slowly(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[Any, ...]]:
            return _lines(reader.read(rows), names, joins)

        return names, slowly(rows) if joins else LineReader(reader, names, slowly).read(rows)

    def rewind(self, run: Any, work: Any, *, by: Any, backwards: bool) -> None:
        """Take the rows of `run` back, or set them again; `work` is the Rewinding that counts."""
        work.carry_out(self.models, self.lifted)
        if work.applied:
            self.settle(run, backwards=backwards)

    def settle(self, run: Any, *, backwards: bool) -> None:
        """Write what else follows once the rows of `run` were taken back, or set again; the `rewind_` tables are there."""

    def export_columns(self, user: Any = None) -> Sequence[Any]:
        """Columns of `export_csv` that `user` may see, named so that the file can be imported again."""
        raise NotImplementedError

    def export_queryset(self, where: dict[str, str]) -> Any:
        """Rows of `export_csv`, narrowed by `where`."""
        raise NotImplementedError


def _lines(
    records: Iterator[tuple[int, dict[str, Any] | None, list[Any]]], names: Sequence[str], joins: dict[str, Any]
) -> Iterator[tuple[Any, ...]]:
    nothing = (None,) * len(names)
    for number, record, problems in records:
        if record is None:
            yield (number, problems, *nothing)
            continue
        for name, join in joins.items():
            record[name] = join(record[name])
        yield (number, problems or None, *(record[name] for name in names))
