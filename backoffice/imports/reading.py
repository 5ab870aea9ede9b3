"""Reading tables of unknown origin as a stream: encoding, delimiter, decimals and header are guessed, shown, changeable.

`sniff(path)` guesses a Dialect; `open_table(path, dialect)` yields (row number, cells). Row numbers count records as a
spreadsheet does: the first record of the file is row 1, blank rows count. What cannot be read raises Unreadable.

What a file comes in is taken off by `sources` (gz, zip), `encodings` and `dialects` guess how it is written,
`spreadsheets` reads workbooks, `objects` JSON, `values` knows what the texts in cells mean.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path

from django.utils.translation import gettext as _

from backoffice.imports import dialects, encodings, objects, sources, spreadsheets
from backoffice.imports.dialects import DATES, DELIMITERS, MAX_CELL, SAMPLE_ROWS, Dialect, csv_reader
from backoffice.imports.encodings import ENCODINGS
from backoffice.imports.sources import LineTooLong, Stamp, Unreadable, stamp

__all__ = [
    "DATES",
    "DELIMITERS",
    "ENCODINGS",
    "Dialect",
    "Stamp",
    "Unreadable",
    "check_width",
    "estimate",
    "open_table",
    "sample",
    "sniff",
    "stamp",
]

SAMPLE_BYTES = 256 * 1024
MAX_COLUMNS = 1000
SHOWN_RANGES = 5


def sniff(path: Path) -> Dialect:
    """Guess how the file at `path` is written. Raises Unreadable with what to do instead."""
    packing = sources.packing_of(path)
    with sources.opened(path) as file:
        head = file.read(SAMPLE_BYTES)
        is_whole = not file.read(1)
    if not head.strip(b"\xef\xbb\xbf\xff\xfe \t\r\n\0"):
        raise Unreadable(_("The file is empty.") if is_whole else _("The file begins with nothing but blanks."))
    if head.startswith(sources.ZIP) and not packing.kind:
        return _sniff_workbook(path)
    sources.refuse_foreign(head)
    dialect = Dialect()
    if packing.kind == "zip":
        dialect.notes.append(_("Read from “%(name)s” in the archive.") % {"name": sources.shown(packing.member)})
    dialect.encoding = encodings.guess(path, head, dialect.doubts)
    text = encodings.decoded(head, dialect.encoding)
    if objects.begins(text):
        return _sniff_objects(path, dialect)
    dialects.refuse_other_text(text)
    rows = dialects.guess(text, dialect, is_whole=is_whole)
    if is_whole and all(map(_is_blank, rows)):
        raise Unreadable(_("The file is empty."))
    dialects.guess_values(rows, dialect)
    return dialect


def _sniff_workbook(path: Path) -> Dialect:
    sheets = spreadsheets.sheet_names(path)
    dialect = Dialect(kind="xlsx", encoding="", sheets=sheets, sheet=spreadsheets.first_sheet(path))
    if not dialect.sheet:
        raise Unreadable(_("The workbook has no sheet with cells."))
    if len(sheets) > 1:
        dialect.notes.append(
            _("Sheet “%(sheet)s” is read. There are: %(all)s.") % {"sheet": dialect.sheet, "all": ", ".join(sheets)}
        )
    if merged := spreadsheets.merged_ranges(path, dialect.sheet):
        shown = ", ".join([*merged[:SHOWN_RANGES], *(["…"] if len(merged) > SHOWN_RANGES else [])])
        dialect.doubts.append(
            _("Cells are merged over several rows (%(ranges)s): only the first row has the value.") % {"ranges": shown}
        )
    dialects.guess_values([cells for _number, cells in sample(path, dialect)], dialect)
    return dialect


def _sniff_objects(path: Path, dialect: Dialect) -> Dialect:
    shape = objects.shape_of(path, dialect.encoding)
    if not any(shape.columns):
        raise objects.no_objects()
    dialect.kind, dialect.columns = "json", list(shape.columns)
    dialects.guess_values([cells for _number, cells in sample(path, dialect)], dialect)
    dialect.notes += shape.notes()
    return dialect


def open_table(
    path: Path, dialect: Dialect, since: Stamp | None = None
) -> Generator[tuple[int, list[str]], None, None]:
    """Every record with cells, numbered; blank records are passed over. Streams, whatever the size.

    Raises Unreadable with the place, also when the file is not, or no longer, the one that `since` is the stamp of.
    """
    if dialect.kind == "xlsx":
        yield from spreadsheets.rows(path, sheet=dialect.sheet, decimal=dialect.decimal, since=since)
        return
    if dialect.kind == "json":
        yield from objects.rows(path, dialect.encoding, dialect.columns, since)
        return
    number = 0
    ends = encodings.line_ends(dialect.encoding)
    with sources.opened(path, since, ends) as file:
        try:
            lines = _lines(io.TextIOWrapper(file, encodings.codec(dialect.encoding), newline=""), dialect)
            for number, cells in enumerate(csv_reader(lines, dialect), start=1):
                if cells and ("!" <= cells[0][:1] <= "~" or not _is_blank(cells)):
                    yield number, cells
        except csv.Error as error:
            raise Unreadable(_unparsable(path, dialect, error, number + 1)) from error
        except UnicodeError as error:
            raise Unreadable(_undecodable(path, dialect)) from error
        except LineTooLong as error:
            raise Unreadable(
                _("Row %(row)s: %(why)s") % {"row": number + 1, "why": " ".join(error.messages)}
            ) from error


def _lines(file: io.TextIOWrapper, dialect: Dialect) -> io.TextIOWrapper:
    for _number in range(dialect.skip):
        file.readline()
    return file


def _is_blank(cells: Sequence[str]) -> bool:
    return not any(map(str.strip, cells))


def sample(path: Path, dialect: Dialect, count: int = SAMPLE_ROWS) -> list[tuple[int, list[str]]]:
    """The first records, header included."""
    with closing(open_table(path, dialect)) as rows:
        return list(itertools.islice(rows, count))


def estimate(path: Path, dialect: Dialect) -> int:
    """About how many records there are; never fewer, but for workbooks."""
    if dialect.kind == "xlsx":
        return path.stat().st_size // 40
    if dialect.kind == "json":
        return objects.estimate(path)
    with sources.opened(path, ends=encodings.line_ends(dialect.encoding)) as file:
        return sum(piece.count(b"\n") or piece.count(b"\r") for piece in iter(partial(file.read, 1 << 20), b""))


def check_width(header: Sequence[str]) -> None:
    if len(header) > MAX_COLUMNS:
        raise Unreadable(
            _("The file has %(count)s columns; %(limit)s are the limit.") % {"count": len(header), "limit": MAX_COLUMNS}
        )


# --- What is wrong, and where -------------------------------------------------------------------


def _unparsable(path: Path, dialect: Dialect, error: csv.Error, row: int) -> str:
    if "field larger" not in str(error):
        return _("Row %(row)s cannot be read: %(error)s.") % {"row": row, "error": error}
    return _(
        "Row %(row)s, column %(column)s has a cell of more than %(limit)s characters. A quotation mark may be missing at the "
        "end of a cell."
    ) % {"row": row, "column": _column_of_fault(path, dialect, row), "limit": f"{MAX_CELL:,}"}


def _column_of_fault(path: Path, dialect: Dialect, row: int) -> int:
    """The column of the first cell beyond the limit in `row`: the record is read again, cut off at the limit."""
    with sources.opened(path, ends=encodings.line_ends(dialect.encoding)) as file:
        lines = _lines(io.TextIOWrapper(file, encodings.codec(dialect.encoding), newline=""), dialect)
        before = csv_reader(lines, dialect)
        for _record in range(row - 1):
            next(before)
        return len(next(csv_reader(_cut(lines), dialect)))


def _cut(lines: Iterator[str]) -> Iterator[str]:
    left = MAX_CELL
    for line in lines:
        yield line[:left]
        left -= len(line)
        if left <= 0:
            return


def _undecodable(path: Path, dialect: Dialect) -> str:
    fault = encodings.first_fault(path, dialect.encoding)
    if fault is None:  # the mark at its beginning contradicts the encoding
        return _("The file does not read as %(encoding)s. Choose another encoding.") % {
            "encoding": ENCODINGS.get(dialect.encoding, dialect.encoding)
        }
    return encodings.broken(fault, dialect.encoding)
