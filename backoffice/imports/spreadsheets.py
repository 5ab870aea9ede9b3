"""Rows of an .xlsx workbook as texts, streamed: one sheet, cells as a person sees them, formulas never evaluated.

Read with expat rather than with openpyxl, whose streaming mode takes four times as long, keeps all texts of a workbook
in memory, grows with every row, and gives 19.989999999999998 where the spreadsheet shows 19.99. A document type or an
entity, which no workbook has, ends the reading.
"""

from __future__ import annotations

import datetime
import os
import posixpath
import re
import tempfile
import zipfile
import zlib
from array import array
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat

from django.utils.translation import gettext as _

from backoffice.imports.sources import Stamp, Unreadable, directory, open_member, opened_file, too_large

FORMULA = "\x00formula"
PIECE = 64 * 1024
MAX_COLUMNS = 16_384
MAX_ROWS = 1_048_576
MAX_TEXT = 1024 * 1024
MAX_TOKEN = 4 * 1024**2
MAX_DEPTH = 10_000
MAX_TEXTS = 16_000_000
MAX_TEXTS_SIZE = 1024**3
KEPT_TEXTS = 16 * 1024**2  # about so many bytes of shared texts stay in memory, the rest on the disk
DATE_FORMATS = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
ESCAPED = re.compile(r"_x(?![Dd][89A-Fa-f])([0-9A-Fa-f]{4})_")
NO_DATE_PARTS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h+\]|m+\]|s+\])[^\]]*\]')
LAST_DAY = 2_958_466
ZEROS = re.compile(r"0{2,20}")


@dataclass
class Book:
    """What the parts of a workbook say about its sheets and cells."""

    sheets: dict[str, str] = field(default_factory=dict)  # name -> part, those that are shown first
    formats: list[str] = field(default_factory=list)  # per style: "", "date", or zeros to fill up to
    starts_1904: bool = False


@contextmanager
def opened(path: Path, since: Stamp | None = None) -> Iterator[tuple[zipfile.ZipFile, Book]]:
    """The archive and its book. Raises Unreadable for what is damaged, hostile, or changed since."""
    with opened_file(path, since) as file, directory(file) as archive:
        try:
            yield archive, _book(archive)
        except (LookupError, ValueError, zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
            raise Unreadable(_("The workbook is damaged. Save it anew and try again.")) from error


def sheet_names(path: Path) -> list[str]:
    with opened(path) as (_archive, book):
        return list(book.sheets)


def rows(
    path: Path, *, sheet: str = "", decimal: str = ".", since: Stamp | None = None
) -> Iterator[tuple[int, list[str]]]:
    """Every row with cells of the sheet, or without one of the first that has any; numbered as the spreadsheet does.

    Numbers are written with `decimal`. Cells with a formula are FORMULA; empty cells at the end of a row are cut.
    """
    with opened(path, since) as (archive, book):
        if sheet and sheet not in book.sheets:
            raise Unreadable(
                _("There is no sheet “%(sheet)s” in the workbook. There are: %(all)s.")
                % {"sheet": sheet, "all": ", ".join(book.sheets)}
            )
        with tempfile.TemporaryFile() as spill:
            texts = _SharedTexts(archive, spill)
            for name in [sheet] if sheet else book.sheets:
                found = False
                for row in _SheetReader(book, texts, decimal).read(archive, book.sheets[name]):
                    found = True
                    yield row
                if found:
                    return


def first_sheet(path: Path) -> str:
    """The name of the first sheet that has cells, "" when none has."""
    with opened(path) as (archive, book):
        for name, part in book.sheets.items():
            if next(_SheetReader(book, _AnyTexts(), ".").read(archive, part), None):
                return name
    return ""


def merged_ranges(path: Path, sheet: str) -> list[str]:
    """Ranges of merged cells over several rows: only the first row of each has the value."""
    with opened(path) as (archive, book):
        found: list[str] = []
        tail = b""
        with open_member(archive, book.sheets[sheet]) as file:
            while piece := file.read(PIECE):
                for match in re.finditer(rb'mergeCell ref="([A-Z]{1,3})(\d+):([A-Z]{1,3})(\d+)"', tail + piece):
                    if match[2] != match[4]:
                        found.append(b"".join([match[1], match[2], b":", match[3], match[4]]).decode())
                tail = piece[-60:]
        return list(dict.fromkeys(found))


# --- The parts of a book ------------------------------------------------------------------------


def _parse(
    archive: zipfile.ZipFile,
    part: str,
    *,
    start: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> Iterator[None]:
    """Read an XML part piece by piece; yields after each, so that the caller can hand on what was found."""
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.buffer_size = PIECE
    parser.StartElementHandler = start
    if end is not None:
        parser.EndElementHandler = end
    if text is not None:
        parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse_entities
    parser.EntityDeclHandler = _refuse_entities
    fed = depth = 0
    try:
        with open_member(archive, part) as file:
            while piece := file.read(PIECE):
                parser.Parse(piece, False)
                fed += len(piece)
                depth += piece.count(b"<") - 2 * piece.count(b"</") - piece.count(b"/>")
                if depth > MAX_DEPTH or fed - parser.CurrentByteIndex > MAX_TOKEN:
                    raise Unreadable(_("The workbook is damaged. Save it anew and try again."))
                yield
            parser.Parse(b"", True)
            yield
    except expat.ExpatError as error:
        raise Unreadable(_("The workbook is damaged. Save it anew and try again.")) from error


def _refuse_entities(*declared: Any) -> None:
    raise Unreadable(_("The workbook declares entities, which can make a reader run out of memory. It was not opened."))


def _elements(archive: zipfile.ZipFile, part: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Names without prefix, and attributes, of a small part."""
    found: list[tuple[str, dict[str, str]]] = []
    for _piece in _parse(archive, part, start=lambda name, attributes: found.append((_local(name), attributes))):
        yield from found
        found.clear()


def _local(name: str) -> str:
    return name.rpartition(":")[2]


def _book(archive: zipfile.ZipFile) -> Book:
    parts = set(archive.namelist())
    targets = {
        facts["Id"]: posixpath.normpath(posixpath.join("xl", facts["Target"])).removeprefix("/")
        for name, facts in _elements(archive, "xl/_rels/workbook.xml.rels")
        if name == "Relationship" and facts.get("Type", "").endswith("/worksheet")
    }
    book = Book()
    hidden: dict[str, str] = {}
    for name, facts in _elements(archive, "xl/workbook.xml"):
        if name == "workbookPr":
            book.starts_1904 = facts.get("date1904") in ("1", "true")
        if name == "sheet":
            part = targets.get(next((value for key, value in facts.items() if _local(key) == "id"), ""))
            if part in parts:
                (hidden if facts.get("state", "visible") != "visible" else book.sheets)[facts["name"]] = str(part)
    book.sheets |= hidden
    if not book.sheets:
        raise Unreadable(_("The workbook has no sheet with cells."))
    if "xl/styles.xml" in parts:
        book.formats = _formats(archive)
    return book


def _formats(archive: zipfile.ZipFile) -> list[str]:
    custom: dict[str, str] = {}
    formats: list[str] = []
    is_inside = False
    for name, facts in _elements(archive, "xl/styles.xml"):
        if name == "numFmt":
            custom[facts.get("numFmtId", "")] = facts.get("formatCode", "")
        elif name in ("cellStyleXfs", "cellXfs", "cellStyles", "dxfs"):
            is_inside = name == "cellXfs"
        elif name == "xf" and is_inside:
            formats.append(_format(facts.get("numFmtId", "0"), custom))
    return formats


def _format(number: str, custom: dict[str, str]) -> str:
    """What a number format makes of a number: "" the number, "date", or the zeros it is filled up with."""
    code = custom.get(number)
    if code is None:
        return "date" if number.isdigit() and int(number) in DATE_FORMATS else ""
    if ZEROS.fullmatch(code):
        return code
    bare = NO_DATE_PARTS.sub("", code.partition(";")[0]).lower()
    return "date" if bare != "general" and re.search(r"[ymdhs年月日]", bare) else ""


class _SharedTexts:
    """The texts that cells refer to by number: the first ones in memory, those beyond a bound in a file without name."""

    def __init__(self, archive: zipfile.ZipFile, file: IO[bytes]) -> None:
        self.kept: list[str] = []
        self.size = 0
        self.ends = array("Q", [0])
        self.file = file
        self.parts: list[str] = []
        self.length = 0
        self.is_text = self.is_phonetic = False
        if "xl/sharedStrings.xml" in archive.namelist():
            for _piece in _parse(archive, "xl/sharedStrings.xml", start=self._start, end=self._end, text=self._text):
                pass
        self.file.flush()

    def __getitem__(self, index: int) -> str:
        if index < len(self.kept):
            return self.kept[index]
        start, end = self.ends[index - len(self.kept)], self.ends[index - len(self.kept) + 1]
        return os.pread(self.file.fileno(), end - start, start).decode("utf-8", errors="surrogatepass")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        name = _local(name)
        if name == "rPh":
            self.is_phonetic = True
        self.is_text = name == "t" and not self.is_phonetic

    def _text(self, text: str) -> None:
        if self.is_text and self.length <= MAX_TEXT:
            self.parts.append(text)
            self.length += len(text)

    def _end(self, name: str) -> None:
        self.is_text = False
        name = _local(name)
        if name == "rPh":
            self.is_phonetic = False
        elif name == "si":
            self._keep(unescaped("".join(self.parts)))
            self.parts.clear()
            self.length = 0

    def _keep(self, text: str) -> None:
        if self.size < KEPT_TEXTS:
            self.kept.append(text)
            self.size += len(text) + 60
        else:
            self.ends.append(self.ends[-1] + self.file.write(text.encode("utf-8", errors="surrogatepass")))
            if len(self.ends) > MAX_TEXTS or self.ends[-1] > MAX_TEXTS_SIZE:
                raise too_large()


class _AnyTexts(dict[int, str]):
    """Stands for the shared texts where it does not matter what they say."""

    def __missing__(self, index: int) -> str:
        return "…"


def unescaped(text: str) -> str:
    """Characters that XML cannot hold are written _x000D_ in workbooks."""
    return ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


# --- The cells of a sheet -----------------------------------------------------------------------


class _SheetReader:
    """Gathers the rows of one sheet. The dimension that a sheet declares is not believed."""

    def __init__(self, book: Book, texts: _SharedTexts | _AnyTexts, decimal: str) -> None:
        self.book = book
        self.texts = texts
        self.decimal = decimal
        self.rows: list[tuple[int, list[str]]] = []
        self.columns: dict[str, int] = {}
        self.numbers: dict[tuple[str, str], str] = {}
        self.number = 0
        self.cells: list[str] = []
        self.kind = self.style = ""
        self.index = -1
        self.is_value = self.is_formula = self.is_phonetic = False
        self.parts: list[str] = []
        self.length = 0

    def read(self, archive: zipfile.ZipFile, part: str) -> Iterator[tuple[int, list[str]]]:
        for _piece in _parse(archive, part, start=self.start, end=self.end, text=self.text):
            yield from self.rows
            self.rows.clear()

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            self.kind = attributes.get("t", "n")
            self.style = attributes.get("s", "")
            reference = attributes.get("r")
            self.index = self.column(reference.rstrip("0123456789")) if reference else self.index + 1
            self.is_formula = False
        elif name == "v" or (name == "t" and not self.is_phonetic):
            self.is_value = True
        elif name == "f":
            self.is_formula = True
        elif name == "row":
            number = attributes.get("r", "")
            self.number = int(number) if number.isdecimal() and len(number) < 8 else self.number + 1
            self.cells = []
            self.index = -1
        elif name == "rPh":
            self.is_phonetic = True
        elif ":" in name:
            self.start(_local(name), attributes)

    def text(self, text: str) -> None:
        if self.is_value:
            self.parts.append(text)
            self.length += len(text)
            if self.length > MAX_TEXT:
                raise Unreadable(
                    _("Row %(row)s, column %(column)s has a cell of more than %(limit)s characters.")
                    % {"row": self.number, "column": self.index + 1, "limit": f"{MAX_TEXT:,}"}
                )

    def end(self, name: str) -> None:
        if name == "c":
            if self.parts or self.is_formula:
                self.put()
        elif name == "v" or name == "t":
            self.is_value = False
        elif name == "row":
            cells = self.cells
            while cells and not cells[-1]:
                cells.pop()
            if cells:
                if self.number > MAX_ROWS:
                    raise Unreadable(_("The workbook is damaged. Save it anew and try again."))
                self.rows.append((self.number, cells))
        elif name == "rPh":
            self.is_phonetic = False
        elif ":" in name:
            self.end(_local(name))

    def put(self) -> None:
        """Place the cell that ends."""
        cells, index = self.cells, self.index
        raw = self.parts[0] if len(self.parts) == 1 else "".join(self.parts)
        self.parts.clear()
        self.length = 0
        if index > len(cells):
            cells.extend([""] * (index - len(cells)))
        text = FORMULA if self.is_formula else self.shown(raw)
        if index < len(cells):
            cells[index] = text
        else:
            cells.append(text)

    def column(self, letters: str) -> int:
        """Index of a column by its letters; known ones are looked up."""
        index = self.columns.get(letters)
        if index is None:
            index = 0
            for letter in letters[:4]:
                index = index * 26 + ord(letter) - 64
            index -= 1
            if not 0 <= index < MAX_COLUMNS or len(letters) > 3:
                raise Unreadable(_("The file has more than %(limit)s columns.") % {"limit": MAX_COLUMNS})
            self.columns[letters] = index
        return index

    def shown(self, raw: str) -> str:
        """The text of a cell, by its type and style."""
        kind = self.kind
        if kind == "s":
            return self.texts[int(raw)]
        if kind == "n":
            style = self.style
            if raw.isdecimal() and len(raw) < 16 and (not style or not self.format(style)):
                return raw
            return self.numeric(raw, style)
        if kind == "b":
            return "TRUE" if raw.strip() in ("1", "true") else "FALSE"
        if kind == "d":
            return raw.replace("T", " ").removesuffix(" 00:00:00")
        return unescaped(raw)

    def format(self, style: str) -> str:
        index = int(style)
        return self.book.formats[index] if index < len(self.book.formats) else ""

    def numeric(self, raw: str, style: str) -> str:
        known = self.numbers.get((raw, style))
        if known is None:
            form = self.format(style) if style else ""
            value = float(raw)
            if form == "date":
                known = day_text(value, starts_1904=self.book.starts_1904)
            else:
                known = number_text(value, self.decimal)
                if form and known.isdecimal():
                    known = known.zfill(len(form))
            if len(self.numbers) < 10_000:
                self.numbers[raw, style] = known
        return known


def number_text(value: float, decimal: str) -> str:
    """A number as the spreadsheet keeps it: 15 digits. Longer ones, which it has cut, stay visibly shortened."""
    if value != value or value in (float("inf"), float("-inf")):
        return "#NUM!"
    if abs(value) >= 1e15:
        return f"{value:.14E}"
    text = f"{value:.15g}"
    if "e" in text:
        text = f"{value:.20f}".rstrip("0").rstrip(".") or "0"
    return text.replace(".", decimal) if decimal != "." else text


def day_text(value: float, *, starts_1904: bool) -> str:
    """A date, a moment or a time of day from the number of a day. What the spreadsheet cannot show either is ####."""
    if not 0 <= value < LAST_DAY:
        return "####"
    seconds = round(value * 86_400)
    days, seconds = divmod(seconds, 86_400)
    time = f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    if days == 0 and not starts_1904:
        return time
    first = datetime.date(1904, 1, 1) if starts_1904 else datetime.date(1899, 12, 31 if days < 60 else 30)
    with suppress(OverflowError):
        day = first + datetime.timedelta(days=days)
        return day.isoformat() if not seconds else f"{day.isoformat()} {time}"
    return "####"
