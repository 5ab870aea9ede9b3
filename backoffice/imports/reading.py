"""Reading tables of unknown origin as a stream: encoding, delimiter, decimals and header are guessed, shown, changeable.

`sniff(path)` guesses a Dialect; `open_table(path, dialect)` yields (row number, cells). Row numbers count records as a
spreadsheet does: the first record of the file is row 1, blank rows count. What cannot be read raises Unreadable.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.imports import spreadsheets

SAMPLE_BYTES = 256 * 1024
SAMPLE_ROWS = 60
MAX_CELL = 1024 * 1024
MAX_COLUMNS = 1000
DELIMITERS = (",", ";", "\t", "|")
ENCODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030", "shift_jis", "cp1252", "latin-1")
# What other programs' files begin with, and what to tell whoever took one for a table.
FOREIGN = (
    (b"\xd0\xcf\x11\xe0", "xls"),
    (b"\x1f\x8b", "packed"),
    (b"%PDF", "pdf"),
    (b"Rar!", "packed"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
)


class Unreadable(ValidationError):
    """The file is no table, or not one that can be read safely."""


@dataclass
class Dialect:
    """How a file is written. `doubts` are sentences about what was guessed with little evidence."""

    kind: str = "csv"
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    quotechar: str = '"'
    escapechar: str = ""
    decimal: str = "."
    header_row: int = 1
    skip: int = 0
    doubts: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Dialect:
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in known})


def sniff(path: Path) -> Dialect:
    """Guess how the file at `path` is written. Raises Unreadable with what to do instead."""
    with path.open("rb") as file:
        head = file.read(SAMPLE_BYTES)
    if not head.strip(b"\xef\xbb\xbf \t\r\n\0"):
        raise Unreadable(_("The file is empty."))
    if head.startswith(b"PK\x03\x04"):
        spreadsheets.refuse_bombs(path)
        return Dialect(kind="xlsx", encoding="")
    _refuse_foreign(head)
    dialect = Dialect()
    dialect.encoding = _encoding(path, head, dialect.doubts)
    text = _decode_sample(head, dialect.encoding)
    _refuse_markup(text)
    text = _take_separator_line(text, dialect)
    if not dialect.skip:
        dialect.delimiter = _delimiter(text, dialect.doubts)
    if '\\"' in text and '""' not in text:
        dialect.escapechar = "\\"
    dialect.decimal = _decimal(_sample_rows(text, dialect), dialect)
    return dialect


def open_table(path: Path, dialect: Dialect) -> Generator[tuple[int, list[str]], None, None]:
    """Every record with cells, numbered; blank records are passed over. Streams, whatever the size."""
    if dialect.kind == "xlsx":
        yield from spreadsheets.rows(path)
        return
    with path.open("r", encoding=dialect.encoding, newline="") as file:
        for _number in range(dialect.skip):
            file.readline()
        number = 0
        try:
            for number, cells in enumerate(csv_reader(file, dialect), start=1):
                if cells and (len(cells) > 1 or cells[0].strip()):
                    yield number, cells
        except csv.Error as error:
            raise Unreadable(_unparsable(error, number + 1)) from error
        except UnicodeError as error:
            raise Unreadable(
                _("Row %(row)s does not read as %(encoding)s. Choose another encoding.")
                % {"row": number + 1, "encoding": dialect.encoding}
            ) from error


def csv_reader(lines: Iterable[str], dialect: Dialect) -> Any:
    csv.field_size_limit(MAX_CELL)
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quotechar,
        escapechar=dialect.escapechar or None,
        doublequote=True,
        strict=False,
    )


def sample(path: Path, dialect: Dialect, count: int = SAMPLE_ROWS) -> list[tuple[int, list[str]]]:
    """The first records, header included."""
    with closing(open_table(path, dialect)) as rows:
        return list(itertools.islice(rows, count))


def check_width(header: Sequence[str]) -> None:
    if len(header) > MAX_COLUMNS:
        raise Unreadable(
            _("The file has %(count)s columns; %(limit)s are the limit.") % {"count": len(header), "limit": MAX_COLUMNS}
        )


# --- What is no table ---------------------------------------------------------------------------


def _refuse_foreign(head: bytes) -> None:
    kind = next((kind for start, kind in FOREIGN if head.startswith(start)), "")
    if kind == "xls":
        raise Unreadable(_("This is a workbook of an old Excel (.xls). Save it as .xlsx or as CSV."))
    if kind == "packed":
        raise Unreadable(_("The file is packed. Unpack it and give the table inside."))
    if kind:
        raise Unreadable(_("This is a %(kind)s, not a table.") % {"kind": kind.upper() if kind == "pdf" else kind})


def _refuse_markup(text: str) -> None:
    start = text.lstrip()[:200].lower()
    if start.startswith(("<!doctype html", "<html")) or "<html" in start:
        raise Unreadable(_("This is a web page, not a table. Download the file itself."))
    if start.startswith("<?xml"):
        raise Unreadable(_("This is an XML document, not a table."))


def _unparsable(error: csv.Error, row: int) -> str:
    if "field larger" in str(error):
        return _(
            "Row %(row)s has a cell of more than %(limit)s characters. A quotation mark may be missing at the end of a cell."
        ) % {"row": row, "limit": f"{MAX_CELL:,}"}
    return _("Row %(row)s cannot be read: %(error)s.") % {"row": row, "error": error}


# --- Encoding -----------------------------------------------------------------------------------


def _encoding(path: Path, head: bytes, doubts: list[str]) -> str:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if wide := _wide_without_mark(head):
        doubts.append(_("Read as UTF-16, which the file does not say itself."))
        return wide
    if _decodes(path, "utf-8-sig"):
        return "utf-8-sig"
    return _eight_bit(path, head, doubts)


def _wide_without_mark(head: bytes) -> str:
    """UTF-16 without a byte order mark: digits, blanks and delimiters leave zeros at every second place."""
    start = head[:4096]
    if len(start) < 8:
        return ""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros >= 4 and zeros > 8 * others and zeros > len(start) / 50:
            return encoding
    return ""


def _decodes(path: Path, encoding: str) -> bool:
    """Whether the whole file is valid `encoding`; reads it once, in pieces."""
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            while piece := file.read(1 << 20):
                decoder.decode(piece)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return False
    return True


def _eight_bit(path: Path, head: bytes, doubts: list[str]) -> str:
    """Choose among the encodings that any bytes may fit, by what their characters would be."""
    scores = {name: _plausibility(head, name) for name in ("gb18030", "shift_jis") if _decodes(path, name)}
    best = max(scores, key=lambda name: scores[name], default="")
    high = sum(byte > 127 for byte in head)
    if best and scores[best] > 0.75:
        if high < 12 or (len(scores) > 1 and min(scores.values()) > 0.75):
            doubts.append(_("The encoding is a guess: it may also be another one. Look at the sample."))
        return best
    if best and scores[best] > 0.4:
        doubts.append(_("The encoding is a guess: it may also be %(other)s. Look at the sample.") % {"other": best})
    return "cp1252" if _decodes(path, "cp1252") else "latin-1"


def _plausibility(head: bytes, encoding: str) -> float:
    """Share of the non-ASCII characters that ordinary Chinese or Japanese text uses."""
    text = codecs.getincrementaldecoder(encoding)().decode(head)
    foreign = [ch for ch in text if ord(ch) > 127]
    if not foreign:
        return 0.0
    return sum(_is_ordinary(ch, encoding) for ch in foreign) / len(foreign)


def _is_ordinary(ch: str, encoding: str) -> bool:
    code = ord(ch)
    if encoding == "shift_jis":
        return (
            0x3040 <= code <= 0x30FF
            or 0xFF00 <= code <= 0xFF5E
            or 0x3000 <= code <= 0x303F
            or _level_one(ch, "shift_jis", 0x88, 0x97)
        )
    return 0x3000 <= code <= 0x303F or 0xFF00 <= code <= 0xFFEF or _level_one(ch, "gb2312", 0xB0, 0xD7)


def _level_one(ch: str, encoding: str, first: int, last: int) -> bool:
    """Whether `ch` is among the common characters of a national standard, which stand in its first rows."""
    try:
        code = ch.encode(encoding)
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and first <= code[0] <= last


def _decode_sample(head: bytes, encoding: str) -> str:
    return codecs.getincrementaldecoder(encoding)(errors="replace").decode(head)


# --- Delimiter, decimals ------------------------------------------------------------------------


def _take_separator_line(text: str, dialect: Dialect) -> str:
    """Excel's first line `sep=;` says the delimiter."""
    match = re.match(r'"?sep=(.)"?\r?\n', text, re.IGNORECASE)
    if not match:
        return text
    dialect.delimiter, dialect.skip = match[1], 1
    return text[match.end() :]


def _delimiter(text: str, doubts: list[str]) -> str:
    """The delimiter under which most records have the same number of cells, and more than one."""
    scores = {mark: _evenness(text, mark) for mark in DELIMITERS}
    best = max(scores, key=lambda mark: scores[mark])
    if scores[best] <= 0:
        return ","
    rivals = [mark for mark in DELIMITERS if mark != best and scores[mark] > 0.8 * scores[best]]
    if rivals:
        doubts.append(_("The delimiter is a guess. Look at the sample."))
    return best


def _evenness(text: str, mark: str) -> float:
    rows = _sample_rows(text, Dialect(delimiter=mark))
    widths = Counter(len(row) for row in rows if row)
    if not widths:
        return 0.0
    width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
    if width < 2:
        return 0.0
    return count / sum(widths.values()) * (1 + min(width, 60) / 100)


def _sample_rows(text: str, dialect: Dialect) -> list[list[str]]:
    """Records of the sample; the last one, which may be cut, is left out."""
    rows: list[list[str]] = []
    try:
        for row in itertools.islice(csv_reader(io.StringIO(text, newline=""), dialect), SAMPLE_ROWS):
            rows.append(row)
    except csv.Error:
        pass
    return rows[:-1] if len(text) >= SAMPLE_BYTES // 4 and 1 < len(rows) < SAMPLE_ROWS else rows


COMMA = re.compile(r"-?(?:\d{1,3}(?:[.\u00a0\u202f ]\d{3})+|\d+),\d{1,2}")
POINT = re.compile(r"-?(?:\d{1,3}(?:[,\u00a0\u202f ]\d{3})+|\d*)\.\d{1,2}")


def _decimal(rows: list[list[str]], dialect: Dialect) -> str:
    cells = [cell.strip() for row in rows[1:] for cell in row]
    commas = sum(bool(COMMA.fullmatch(cell)) for cell in cells)
    points = sum(bool(POINT.fullmatch(cell)) for cell in cells)
    if commas and points:
        dialect.doubts.append(_("Some numbers have a decimal comma and some a decimal point. Look at the sample."))
    return "," if commas > points else "."
