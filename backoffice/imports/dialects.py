"""How a table is written: a Dialect, and the guess of it from a sample of the text."""

from __future__ import annotations

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from django.utils.translation import gettext as _

from backoffice.imports import values
from backoffice.imports.encodings import ENCODINGS
from backoffice.imports.sources import Unreadable

MAX_CELL = 1024 * 1024
SAMPLE_ROWS = 60
SCORED_ROWS = 400
DELIMITERS = (",", ";", "\t", "|")
DECIMALS = (".", ",")
DATES = ("", "ymd", "dmy", "mdy")
CLOSE = 0.9
LONGEST_VALUE = 40
MARKS_BEFORE = frozenset("+~^|;:*#@&$\\=")
HEADER_BONUS = 1.1
SURE = 0.75  # a score below which the best delimiter is a guess as well
UNEVEN = 0.25  # share of records of one width below which no delimiter is believed in
# What other programs write, by how its text begins.
FOREIGN_TEXT = (
    (r"<!doctype html|<html|<head|<body|<table|<!--", "page"),
    (r"<\?xml[^>]*>\s*<\?mso-application", "old"),
    (r"<\?xml|<\w+ xmlns", "xml"),
    (r"[\[{]\s*(?:\"(?:[^\"\\\n]|\\.)*\"\s*[:,\]]|[\[{]\s*[\"\[{\]}]|[\]}])", "json"),
    (r"(?:--[^\n]*\n\s*|/\*.*?\*/;?\s*)*(?:create table|insert into|drop table)\b", "sql"),
    (r"begin:v(?:card|calendar)", "card"),
)


@dataclass
class Dialect:
    """How a file is written. `doubts` are sentences about what was guessed with little evidence, `notes` about what was
    found; `chosen` are the parts that a person said. `quotechar` and `escapechar` may be "" for none; `dates` is the order in dates: "ymd", "dmy", "mdy", "" unknown.
    `header_row` 0 is a file without a header; `columns` are those of objects, which have none.
    """

    kind: str = "csv"
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    quotechar: str = '"'
    escapechar: str = ""
    skipinitialspace: bool = False
    decimal: str = "."
    dates: str = ""
    header_row: int = 1
    skip: int = 0
    sheet: str = ""
    sheets: list[str] = field(default_factory=list)
    columns: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    chosen: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Dialect:
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in data.items() if name in known})

    def changed(self, choices: Mapping[str, Any]) -> Dialect:
        """The dialect as a person wants it; what is no choice is passed over. Doubts about what was changed are settled."""
        wanted = Dialect.from_json(self.as_json())
        for name, possible in self.choices().items():
            if choices.get(name) in possible:
                setattr(wanted, name, choices[name])
        if self.kind != "json" and str(choices.get("header_row", "")).isdecimal():
            wanted.header_row = int(choices["header_row"])
        if wanted.as_json() != self.as_json():
            wanted.doubts = []
        said = {name for name in self.choices() if getattr(wanted, name) != getattr(self, name)}
        wanted.chosen = sorted({*self.chosen, *said})
        return wanted

    def choices(self) -> dict[str, Sequence[str]]:
        """What may be chosen, by name."""
        kinds = {"decimal": DECIMALS, "dates": DATES, "sheet": self.sheets}
        return kinds if self.kind != "csv" else kinds | {"encoding": list(ENCODINGS), "delimiter": DELIMITERS}


def csv_reader(lines: Iterable[str], dialect: Dialect) -> Any:
    csv.field_size_limit(MAX_CELL)
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quotechar or None,
        quoting=csv.QUOTE_MINIMAL if dialect.quotechar else csv.QUOTE_NONE,
        escapechar=dialect.escapechar or None,
        skipinitialspace=dialect.skipinitialspace,
        doublequote=True,
        strict=False,
    )


def refuse_other_text(text: str) -> None:
    """Raise Unreadable for text that is no table: pages, XML, JSON, dumps, and bytes that are no text at all."""
    start = text[:4000].lstrip("\ufeff \t\r\n").lower()
    kind = next((kind for pattern, kind in FOREIGN_TEXT if re.match(pattern, start, re.DOTALL)), "")
    if kind == "page" or (start.startswith("<") and "<html" in start):
        raise Unreadable(_("This is a web page, not a table. Download the file itself."))
    sentences = {
        "old": _("This is a workbook in the XML of an old Excel. Save it as .xlsx or as CSV."),
        "xml": _("This is an XML document, not a table. Export the table as CSV."),
        "json": _("This is JSON, not a table. Export the table as CSV."),
        "sql": _("These are statements for a database, not a table. Export the table as CSV."),
        "card": _("These are address cards or a calendar, not a table. Export them as CSV."),
    }
    if kind:
        raise Unreadable(sentences[kind])
    strange = sum(text.count(chr(code)) for code in (*range(1, 9), *range(14, 27), 28, 29, 30, 31, 0xFFFD))
    if text.count("\0") + strange > len(text) / 50 + 8:
        raise Unreadable(_("This is no text, so no table: the file is damaged or belongs to another program."))


# --- Delimiter, quotation marks, escapes --------------------------------------------------------


def guess(text: str, dialect: Dialect, *, is_whole: bool) -> list[list[str]]:
    """Set in `dialect` how `text`, the beginning of a file, is written; the records of the sample."""
    text = _take_separator_line(text, dialect)
    marks = [dialect.delimiter] if dialect.skip else DELIMITERS
    scores = {mark: max(_scores(text, mark)) for mark in marks}
    best = max(scores, key=lambda mark: scores[mark][0])
    if scores[best][0] > 0:
        rivals = [mark for mark in marks if mark != best and scores[mark][0] > CLOSE * scores[best][0]]
        if rivals or scores[best][0] < SURE:
            dialect.doubts.append(_("The delimiter is a guess. Look at the sample."))
        _score, _plainness, dialect.quotechar, dialect.escapechar = scores[best]
        dialect.delimiter = best
        if not dialect.quotechar:
            dialect.doubts.append(_("Quotation marks are read as part of the text: they do not come in pairs."))
    elif _has_escapes(text, ",", '"'):
        dialect.escapechar = "\\"
    mark = re.escape(dialect.delimiter)
    quote = re.escape(dialect.quotechar or '"')
    dialect.skipinitialspace = bool(re.search(rf"{mark} +{quote}(?=[^{quote}{mark}\s])", text)) and any(
        cell.startswith(" ") and cell.lstrip().startswith(dialect.quotechar or '"')
        for row in sample_rows(text, dialect)
        for cell in row
    )
    rows = sample_rows(text, dialect, None)
    _refuse_long_delimiter(rows, dialect)
    return rows if is_whole or len(rows) < 2 else rows[:-1]


def _refuse_long_delimiter(rows: Sequence[Sequence[str]], dialect: Dialect) -> None:
    """Raise Unreadable where several characters stand between the cells: +|, ||, ~|~."""
    rows = [row for row in rows[:SAMPLE_ROWS] if len(row) > 2]
    if len(rows) < 2:
        return
    tails = Counter(cell[-1:] for row in rows for cell in row[:-1])
    tail, count = tails.most_common(1)[0]
    mark = tail + dialect.delimiter if tail in MARKS_BEFORE and 4 * count > 3 * tails.total() else ""
    if all(row[0] and not any(row[1::2]) and len(row) % 2 for row in rows):
        mark = dialect.delimiter * 2
    if len(mark) > 1:
        raise Unreadable(
            _("Cells are separated by “%(mark)s”; one character is expected. Write the file with commas or TABs.")
            % {"mark": mark}
        )


def _take_separator_line(text: str, dialect: Dialect) -> str:
    """Excel's first line `sep=;` says the delimiter."""
    match = re.match(r'\ufeff?"?sep=(.)"?(?:\r\n|\r|\n)', text, re.IGNORECASE)
    if not match:
        return text
    dialect.delimiter, dialect.skip = match[1], 1
    return text[match.end() :]


def _scores(text: str, mark: str) -> Iterator[tuple[float, int, str, str]]:
    """For each way of quoting: evenness of the records, how plain it is, quotation mark, escape."""
    quotes = ['"']
    if _quotes(text, "'") > 1 and _quotes(text, "'") > _quotes(text, '"'):
        quotes.insert(0, "'")
    plainness = 0
    for quote in quotes:
        escaped = _has_escapes(text, mark, quote)
        for escape in ("\\", "") if escaped else ("", "\\") if "\\" + mark in text else ("",):
            plainness -= 1
            yield evenness(text, Dialect(delimiter=mark, quotechar=quote, escapechar=escape)), plainness, quote, escape
    if '"' in text and text.strip().count("\n") + text.strip().count("\r"):  # one record alone proves nothing
        yield evenness(text, Dialect(delimiter=mark, quotechar="")) / 1.02, plainness - 1, "", ""


def _quotes(text: str, quote: str) -> int:
    """How many cells stand between these marks."""
    return len(re.findall(rf"(?:^|[,;\t|]) *{quote}[^{quote}\r\n]*{quote}(?=[,;\t|\r\n]|$)", text, re.MULTILINE))


def _has_escapes(text: str, mark: str, quote: str) -> bool:
    """Whether backslashes stand before quotation marks that do not end a cell."""
    if f"\\{quote}{quote}" in text:
        return False
    return bool(re.search(rf"[^\\]\\{quote}(?![{re.escape(mark)}\r\n]|$)", text))


def evenness(text: str, dialect: Dialect) -> float:
    """How alike the records are in their number of cells; 0 where most have one."""
    rows = [row for row in sample_rows(text, dialect, SCORED_ROWS) if row and row != [""]]
    widths = Counter(len(row) for row in rows)
    if not widths:
        return 0.0
    width, count = max(widths.items(), key=lambda item: (item[1] * (item[0] > 1), item[0]))
    if width < 2 or count / len(rows) < UNEVEN:
        return 0.0
    bonus = HEADER_BONUS if len(rows[0]) == width else 1.0
    return count / len(rows) * (1 + min(width, 60) / 100) * bonus


def sample_rows(text: str, dialect: Dialect, count: int | None = SAMPLE_ROWS) -> list[list[str]]:
    """Records of the sample, as far as they can be read."""
    rows: list[list[str]] = []
    try:
        rows.extend(itertools.islice(csv_reader(io.StringIO(text, newline=""), dialect), count))
    except csv.Error:
        pass
    return rows


# --- Decimals, dates, blanks --------------------------------------------------------------------

COMMA = re.compile(
    r"-?(?:\d{1,3}(?:[.\u00a0\u202f ’']\d{3})+|\d+),(?:\d{1,2}|\d{4,})|-?(?:0|\d{4,}),\d+|-?\d{1,3}(?:\.\d{3}){2,}(?:,\d+)?"
)
POINT = re.compile(
    r"-?(?:\d{1,3}(?:[,\u00a0\u202f ’']\d{3})+|\d*)\.(?:\d{1,2}|\d{4,})|-?(?:0|\d{4,})\.\d+|-?\d{1,3}(?:,\d{3}){2,}(?:\.\d+)?"
)
NUMBER = re.compile(r"[-+(]?[\d.,\u00a0\u202f ’']*\d[\d.,\u00a0\u202f ’']*[-)]?")
EITHER = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")
MEASURED = re.compile(r".*[(（](?:kg|g|lbs?|oz|cm|mm|m|in)[)）]\s*", re.IGNORECASE)


def guess_values(rows: Sequence[Sequence[str]], dialect: Dialect) -> None:
    """Set decimals and the order of dates from the records of a sample, and say what of it is unsure.

    Only columns that mostly hold numbers, or dates, are asked: a comment may speak of 10/08 or of 2,5 too. Weights and lengths,
    which shops write with a point beside prices with a comma, are asked only where nothing else tells.
    """
    numbers: list[str] = []
    measures: list[str] = []
    orders: list[str] = []
    for header, *column in itertools.zip_longest(*rows, fillvalue=""):
        cells = dict.fromkeys(cell.strip() for cell in column if cell and len(cell) < LONGEST_VALUE)
        cells.pop("", None)
        bare = [text for cell in cells if NUMBER.fullmatch(text := values.without_currency(cell))]
        if 2 * len(bare) >= len(cells):
            (measures if MEASURED.fullmatch(header or "") else numbers).extend(bare)
        found = [order for cell in cells if (order := values.date_order(cell)) is not None]
        orders += found if 2 * len(found) >= len(cells) else []
    tells = any(COMMA.fullmatch(cell) or POINT.fullmatch(cell) for cell in numbers)
    dialect.decimal = _decimal(numbers if tells else numbers + measures, dialect)
    dialect.dates = _dates(orders, dialect.doubts)
    nulls = {cell for row in rows[1:] for cell in row if cell in values.NULLS}
    if nulls:
        dialect.notes.append(
            _("Cells that say “%(text)s” count as empty, except in columns of text, which keep the word.")
            % {"text": "”, “".join(sorted(nulls))}
        )


def _decimal(cells: Sequence[str], dialect: Dialect) -> str:
    """The mark of the decimals. A mark that may group thousands as well is guessed from what stands between the cells."""
    doubts = dialect.doubts
    commas = sum(bool(COMMA.fullmatch(cell)) for cell in cells)
    points = sum(bool(POINT.fullmatch(cell)) for cell in cells)
    if commas and points:
        doubts.append(_("Some numbers have a decimal comma and some a decimal point. Look at the sample."))
    elif not commas and not points:
        either = next((cell for cell in cells if EITHER.fullmatch(cell)), "")
        if "." in either and dialect.kind == "json":
            return "."
        if "." in either and dialect.kind == "csv" and dialect.delimiter == ",":
            doubts.append(
                _("“%(number)s” is read as a number with decimals. Where its mark groups thousands, change them.")
                % {"number": either}
            )
            return "."
        if either:
            mark = "." if "," in either else ","
            doubts.append(
                _("“%(number)s” is read as more than a thousand. Where its mark stands for decimals, change them.")
                % {"number": either}
            )
            return mark
    return "," if commas > points else "."


def _dates(orders: Iterable[str], doubts: list[str]) -> str:
    """The order of year, month and day that the sample proves; "" with a doubt when dates occur and nothing decides."""
    votes = Counter(orders)
    if votes["dmy"] and votes["mdy"]:
        doubts.append(_("Some dates begin with the day and some with the month. Say which it is."))
        return ""
    if votes["dmy"] or votes["mdy"]:
        return "dmy" if votes["dmy"] else "mdy"
    if votes[""]:
        doubts.append(_("The dates may begin with the day or with the month; nothing decides. Say which it is."))
        return ""
    return "ymd" if votes["ymd"] else ""
