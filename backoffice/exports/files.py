"""A list as a file, made piece by piece; nothing is held in memory.

Where PostgreSQL can write every column, `COPY` makes the file and Python hands the blocks on. Else rows come from a
server-side cursor and are written here. Both roads give the same bytes, out of one transaction: the file is one instant.
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from functools import partial
from itertools import chain, islice
from typing import Any

import openpyxl
from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connections, models, transaction
from django.db.models.base import ModelState
from django.utils import timezone, translation
from django.utils.functional import cached_property
from psycopg import adapters, postgres, pq

from backoffice.exports import sources
from backoffice.exports.values import MASK, PERSONAL, cell, excel, json_text, quoted, safe
from backoffice.models import User

FORMATS = {"csv": "CSV", "xlsx": "Excel", "jsonl": "JSON Lines"}
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}
BOM = "\ufeff".encode()
PIECE = 64 * 1024  # bytes handed on at a time
BLOCK = 500  # rows written at a time in Python
CHUNK = 2000  # rows fetched at a time
STREAMED = CHUNK if pq.version() >= 170000 else 1  # older ones of libpq stream single rows
EMPTY_LINE = '""\n'  # of a single column, so that it is not taken for no row
EXCEL_ROWS = 1_048_575  # of one sheet, below its header
MOMENTS = adapters.get_loader(postgres.types["timestamptz"].oid, pq.Format.TEXT)
# What a row costs, in rows that PostgreSQL writes as CSV.
COPIED, COMPUTED, WORKBOOK = 1, 5, 20


@dataclass
class Export:
    """What stands in the file: every row of `queryset`; `columns` have `header`, `accessor` and `value(obj)`.

    Columns that are `personal` are masked for a `user` who may not see personal data; no user is the operator of the
    machine. Language and time zone are those in force when it is made. `rows` counts what is written so far;
    `progress` is called with it now and then, and may raise to stop.
    """

    queryset: models.QuerySet
    columns: Sequence[Any]
    fmt: str = "csv"
    user: User | None = None
    bom: bool = False
    progress: Callable[[int], None] | None = None
    rows: int = 0
    language: str | None = field(default_factory=translation.get_language)
    zone: Any = field(default_factory=timezone.get_current_timezone)

    def __iter__(self) -> Iterator[bytes]:
        with self.reader():
            road = self._workbook if self.fmt == "xlsx" else self._copied if self.is_copied else self._written
        return road()

    @contextmanager
    def reader(self) -> Iterator[None]:
        """In the reader's language and time zone. Never held over a yield: the thread serves others then."""
        with timezone.override(self.zone), translation.override(self.language):
            yield

    @cached_property
    def headers(self) -> list[str]:
        return [str(column.header) for column in self.columns]

    @cached_property
    def masked(self) -> set[str]:
        """Keys of the columns that this user may not see."""
        if self.user is None or self.user.has_perm(PERSONAL):
            return set()
        return {column.key for column in self.columns if getattr(column, "personal", False)}

    @cached_property
    def sources(self) -> list[sources.Source | None]:
        with self.reader():
            return sources.sources(self.queryset, self.columns, self.masked)

    @property
    def is_copied(self) -> bool:
        """Whether PostgreSQL writes the file. Empty lines are what COPY makes of a single column without values."""
        return None not in self.sources and self.fmt != "xlsx" and len(self.columns) > 1

    @cached_property
    def reads(self) -> list[str]:
        """What the computed columns read of a row, where all of them say so: PostgreSQL writes the others then."""
        if self.fmt == "xlsx":
            return []
        return sources.names_read(self.queryset, [column for column, _source in self._computed_columns])

    @property
    def _computed_columns(self) -> list[tuple[Any, int]]:
        """Columns that have no source, with their place."""
        return [(self.columns[place], place) for place, source in enumerate(self.sources) if source is None]

    @property
    def weight(self) -> int:
        """What a row costs, in rows that PostgreSQL writes by itself."""
        return WORKBOOK if self.fmt == "xlsx" else COPIED if self.is_copied else COMPUTED

    @property
    def is_large(self) -> bool:
        """Whether it is work for the background. The planner's guess is checked where it says yes."""
        limit = settings.EXPORT_FOREGROUND_ROWS // self.weight
        if expected_rows(self.queryset) <= limit:
            return False
        return bool(self.queryset.order_by().values("pk")[: limit + 1].count() > limit)

    def _head(self) -> bytes:
        """What stands before the first row."""
        if self.fmt != "csv":
            return b""
        lines = _Lines()
        csv.writer(lines).writerow([safe(header) for header in self.headers])
        return (BOM if self.bom else b"") + "".join(lines).encode()

    def _count(self, number: int) -> None:
        self.rows += number
        if self.progress:
            self.progress(self.rows)

    # --- PostgreSQL writes ----------------------------------------------------------------------

    def _copied(self) -> Iterator[bytes]:
        if head := self._head():
            yield head
        try:
            with self.reader():
                zone = sources.zone_name()
                statement = sources.copy_statement(self.queryset, self.sources, self.fmt, self.headers)  # type: ignore[arg-type]
        except EmptyResultSet:
            return
        connection = connections[self.queryset.db]
        with (
            snapshot(self.queryset.db, zone),
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            lines: list[Any] = []
            size = 0
            for line in copy:
                lines.append(line)
                size += len(line)
                if size >= PIECE:
                    self._count(len(lines))
                    yield b"".join(lines)
                    lines.clear()
                    size = 0
            self._count(len(lines))
            yield b"".join(lines)

    # --- Python writes --------------------------------------------------------------------------

    def _written(self) -> Iterator[bytes]:
        if head := self._head():
            yield head
        lines, write = (self._mixed(), _joined) if self.reads else (self._texts(), self._writer())
        with closing(lines):
            while True:
                with self.reader():
                    block: list[Any] = list(islice(lines, BLOCK))
                    piece = write(block)
                if not block:
                    return
                self._count(len(block))
                yield piece

    def _writer(self) -> Callable[[Iterable[Any]], bytes]:
        return _json_lines(self.headers) if self.fmt == "jsonl" else _csv_lines

    def _texts(self) -> Generator[Any, None, None]:
        """Rows as texts, each a cell of CSV or a JSON value."""
        text = json_text if self.fmt == "jsonl" else cell
        with closing(self._rows()) as rows:
            for row in rows:
                yield [text(value) for value in row]

    def _mixed(self) -> Generator[Any, None, None]:
        """Lines of which PostgreSQL writes what it can; the other columns are computed from what they say they read."""
        text = json_text if self.fmt == "jsonl" else quoted
        computed = [reader_of(column, self.queryset.model) for column, _place in self._computed_columns]
        make = light(self.queryset.model, self.reads, self.queryset.db)
        try:
            statement, parameters = sources.mixed_statement(
                self.queryset, self.sources, self.fmt, self.headers, self.reads
            )
        except EmptyResultSet:
            return
        connection = connections[self.queryset.db]
        pieces = len(computed) + 1
        is_alone = len(self.columns) == 1 and self.fmt == "csv"
        with (
            snapshot(self.queryset.db, sources.zone_name() or "UTC"),
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            connection.execute_wrapper(refuse),
        ):
            # The loader of psycopg itself minds the zone of the connection, that of Django takes it for UTC.
            cursor.cursor.adapters.register_loader("timestamptz", MOMENTS)
            # A stream rather than a cursor: PostgreSQL goes on while Python computes.
            with closing(cursor.cursor.stream(statement, parameters, size=STREAMED)) as rows:
                for row in rows:
                    obj = make(row[pieces:])
                    line = row[0]
                    for place, read in enumerate(computed, start=1):
                        line += text(read(obj)) + row[place]
                    yield EMPTY_LINE if is_alone and line == "\n" else line

    def _rows(self) -> Generator[Sequence[Any], None, None]:
        """Rows as values."""
        with snapshot(self.queryset.db):
            if None in self.sources:
                yield from self._computed()
            else:
                yield from self._selected()

    def _computed(self) -> Generator[Sequence[Any], None, None]:
        readers = [_mask if column.key in self.masked else column.value for column in self.columns]
        for obj in self.queryset.iterator(chunk_size=CHUNK):
            yield [read(obj) for read in readers]

    def _selected(self) -> Generator[Sequence[Any], None, None]:
        hidden = [place for place, source in enumerate(self.sources) if source and source.expression is None]
        for row in sources.values(self.queryset, self.sources).iterator(chunk_size=CHUNK):
            if hidden:
                shown = [] if len(hidden) == len(self.columns) else list(row)
                for place in hidden:
                    shown.insert(place, MASK)
                yield shown
            else:
                yield row

    def _workbook(self) -> Iterator[bytes]:
        """The workbook grows in a temporary file, row by row; a full sheet is followed by another."""
        with tempfile.TemporaryFile() as file:
            book = openpyxl.Workbook(write_only=True)
            with closing(self._rows()) as rows, self.reader():
                first = next(rows, None)
                self._sheet(book, [first] if first else [], rows)
                while (first := next(rows, None)) is not None:
                    self._sheet(book, [first], rows)
            book.save(file)
            file.seek(0)
            while piece := file.read(PIECE):
                yield piece

    def _sheet(self, book: openpyxl.Workbook, first: list[Sequence[Any]], more: Iterator[Sequence[Any]]) -> None:
        sheet = book.create_sheet(f"Export {len(book.worksheets) + 1}" if book.worksheets else "Export")
        sheet.freeze_panes = "A2"
        sheet.append([excel(header) for header in self.headers])
        rows = islice(chain(first, more), EXCEL_ROWS)
        while block := list(islice(rows, BLOCK)):
            for row in block:
                sheet.append([excel(value) for value in row])
            self._count(len(block))


def expected_rows(queryset: models.QuerySet) -> int:
    """How many rows the planner expects, without reading any."""
    try:
        plan = queryset.order_by().values("pk").explain(format="json")
    except EmptyResultSet:
        return 0
    return int(json.loads(plan)[0]["Plan"]["Plan Rows"]) if plan else 0


class _Lines(list[str]):
    """Takes the lines of csv.writer, which quotes what holds a CR or LF, and ends them with a LF as COPY does."""

    def write(self, line: str) -> None:
        self.append(f"{line[:-2]}\n")


def _csv_lines(rows: Iterable[Sequence[str | None]]) -> bytes:
    lines = _Lines()
    csv.writer(lines).writerows(rows)
    return "".join(lines).encode()


def _json_lines(headers: Sequence[str]) -> Callable[[Iterable[Sequence[str | None]]], bytes]:
    keys = [json_text(header) for header in headers]

    def write(rows: Iterable[Sequence[str | None]]) -> bytes:
        lines = (",".join(f"{key}:{text}" for key, text in zip(keys, row, strict=True)) for row in rows)
        return "".join(f"{{{line}}}\n" for line in lines).encode()

    return write


def _joined(lines: Iterable[str]) -> bytes:
    return "".join(lines).encode()


def _mask(obj: Any) -> str:
    return MASK


def reader_of(column: Any, model: type[models.Model]) -> Callable[[Any], Any]:
    """The function of a row that `column.value` comes to."""
    found = getattr(model, column.accessor, None)
    if column.get:
        return column.get  # type: ignore[no-any-return]
    return found.fget if isinstance(found, property) and found.fget else column.value  # type: ignore[no-any-return]


class ReadsTooMuch(RuntimeError):
    """A computed column asked for a field that its `reads` do not name. That is a mistake of whoever wrote the column."""


def refuse(execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> None:
    """Refuse a query while rows stream over its connection: it would wait for the end of the stream, which waits for it."""
    raise ReadsTooMuch(f"A column of this export reads more than its `reads` name: {sql[:300]}")


def light(model: type[models.Model], names: Sequence[str], using: str) -> Callable[[Sequence[Any]], Any]:
    """Makes rows of `model` that hold these attributes only, at a tenth of the cost of `Model.__init__`.

    Any other field is a query, as Django's deferred fields are, and `refuse` refuses it.
    """
    fields = {field.attname: field for field in model._meta.concrete_fields}
    convert = [
        (place, partial(fields[name].from_db_value, expression=None, connection=connections[using]))  # type: ignore[attr-defined]
        for place, name in enumerate(names)
        if hasattr(fields.get(name), "from_db_value")
    ]

    state = type("State", (ModelState,), {"db": using, "adding": False})

    def make(values: Sequence[Any]) -> Any:
        if convert:
            values = list(values)
            for place, read in convert:
                values[place] = read(values[place])
        obj = model.__new__(model)
        obj.__dict__ = attributes = dict(zip(names, values, strict=True))
        attributes["_state"] = state()
        return obj

    return make


@contextmanager
def snapshot(using: str, zone: str = "") -> Iterator[None]:
    """A transaction that reads one instant and writes nothing; inside a caller's transaction, that one's instant.

    It ends by a rollback, which gives the connection its settings back. A reader who stalls for longer than
    EXPORT_TIMEOUT is let go, so that no snapshot stays open for good.
    """
    connection = connections[using]
    is_first = not connection.in_atomic_block
    limit = str(round(settings.EXPORT_TIMEOUT.total_seconds() * 1000))
    with transaction.atomic(using=using):
        try:
            wanted = {"statement_timeout": limit, "idle_in_transaction_session_timeout": limit}
            if zone:
                wanted |= {"DateStyle": "ISO", "TimeZone": zone}
            with connection.cursor() as cursor:
                if is_first:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                cursor.execute(
                    "SELECT set_config(name, value, true) FROM unnest(%s::text[], %s::text[]) AS given(name, value)",
                    [list(wanted), list(wanted.values())],
                )
            yield
        finally:
            transaction.set_rollback(True, using=using)
