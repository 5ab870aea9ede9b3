"""What the files of a resource may hold, told from its declarations: for the help page, `docs/csv.md` and templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from backoffice import resources
from backoffice.imports.mapping import match_headers
from backoffice.resources import BaseResource, Column

DOCUMENT_HEAD = """# CSV files

What each kind of file may hold. This page is written by `manage.py describe_csv > docs/csv.md` from the declarations.

Any order of columns will do, and letter case, punctuation and blanks of a header do not matter. A column that a file lacks
leaves the values as they are. CSV, TSV, XLSX and JSON are read; encoding, delimiter, decimals and the row of the header are found
out. `manage.py import_csv RESOURCE FILE --dry-run` compares and writes nothing. Where headers are of another making, a mapping
file says which column is which: `--mapping FILE`, a JSON object `{"header in the file": "column"}`, in which "" leaves a column
out and a second column of the same name is called `name (2)`. The wizard gives such a file out, and templates to begin with.

## How a file is read

What is guessed is shown and can be said otherwise: on the page of the import, or with `--read NAME=VALUE` (encoding,
delimiter, decimal, dates, sheet). A guess with little evidence is said to be one; what can be read in two ways is refused.

- **Formats**: text with commas, semicolons, TABs or bars; .xlsx and .xlsm; JSON; each text also as .gz, or alone in a .zip.
- **JSON**: an array of objects, one object a line, or a page of an API (`{"tickets": [...]}`). What is nested is a column
  `a.b`, a list of texts or numbers a cell between commas. The first list of turns in an object (pairs of speaker and text, or
  objects with a text and who said it or when) becomes rows below it: `messages.position`, `messages.speaker`, `messages.text`
  and so on. Other lists are left out, which is said. An object has 8 MiB and 20 levels at most.
- **Several files** of the same orders (headers, lines, payments, customers): `--join FILE`, further files on the upload page, or
  one .zip of them. They are joined by the order number, or what else is the same; `--on COLUMN=COLUMN` or the page says
  otherwise. Several payments of an order are added up; rows that find no partner are counted and said.
- **Encodings**: UTF-8, UTF-16 and UTF-32 with and without mark, GB18030, Big5, Shift_JIS, EUC-JP, ISO-2022-JP, EUC-KR,
  Windows-1252, 1250 and 1251, Latin-1.
- **Header**: the row among the first twenty that names most columns; a title above it may stand, blank rows do not matter.
- **Numbers** in one notation a file: decimal point or comma, thousands grouped by the other mark, a blank or an apostrophe.
  Scientific notation is refused. Amounts may carry the sign or code of the shop's currency, not of another.
- **Dates**: `2026-03-31` and month names in any file; `31/03/2026` and `03/31/2026` in the order of the file, which the
  values of a column decide; when none does, the order is asked for. A moment without time zone is one of the shop's.
- **Codes** keep their zeros. Those that a spreadsheet shortened (4.00638E+12, more than 15 digits) are refused.
- **Empty**: a cell without text, or with blanks. `null`, `NULL` and `\\N` count as empty in columns of numbers, dates and
  choices; columns of text keep them, as every column takes `N/A` at its word.
- **Rows that are no record**: a row of totals, and a header that comes again where files were put together, are refused. Blank cells
  beyond the header are left out; a cell that is not blank there is refused, for others may have slipped.
- **Again**: what a person said of a file on its page (columns, encoding, decimals, order of dates) counts for their next one
  with the same header, and can be said otherwise.
- **Workbooks**: the first sheet with cells, or the one that is chosen. A formula is refused, never evaluated; so is what a
  spreadsheet shows for an error (#N/A, ####), in every format.
- **Limits**: 1,000 columns, 1 MiB of text in a cell, 16 MiB in a line, `IMPORT_UNPACKED_LIMIT` for what is packed.
"""


@dataclass(frozen=True)
class Described:
    """A column as a person reads about it."""

    name: str
    label: str
    aliases: list[str]
    kind: str
    required: bool
    blank: str
    help: str
    example: str


def described(resource: BaseResource, user: Any = None) -> list[Described]:
    """Every column that `user` may see; None is the operator of the machine."""
    return [
        Described(
            name=name,
            label=str(column.label),
            aliases=[str(alias) for alias in column.aliases],
            kind=str(column.kind),
            required=column.required,
            blank=column.blank_text,
            help=_help(column),
            example=column.example,
        )
        for name, column in resource.columns().items()
        if _may_see(column, user)
    ]


def template_columns(resource: BaseResource, user: Any = None) -> list[Column]:
    """Columns of a template: all but those that only other systems write."""
    return [column for column in resource.columns().values() if _may_see(column, user) and not column.system]


def template_headers(resource: BaseResource, columns: Sequence[Column]) -> list[str]:
    """Headers of a template in the reader's language; where a label names another column as well, the name of the field."""
    headers = [str(column.label) for column in columns]
    found = match_headers(headers, resource, likeness=False).matches
    return [
        match.header if match.target == column.name else column.name
        for match, column in zip(found, columns, strict=True)
    ]


def _may_see(column: Column, user: Any) -> bool:
    return user is None or not column.permission or user.has_perm(column.permission)


def _help(column: Column) -> str:
    sentences = [str(column.help)] if column.help else []
    if column.system:
        sentences.append(_("Only in files of %(system)s.") % {"system": column.system})
    if column.patterns:
        sentences.append(_("May stand in several columns with numbers."))
    if column.max_length:
        sentences.append(_("Up to %(limit)s characters.") % {"limit": column.max_length})
    if words := getattr(column, "words", None):
        sentences.append(_("One of these: %(words)s.") % {"words": ", ".join(words)})
    return " ".join(sentences)


def document(every: Sequence[BaseResource] | None = None) -> str:
    """The page `docs/csv.md`, in the language in force."""
    return "\n".join(_lines(resources.every() if every is None else every)) + "\n"


def _lines(every: Sequence[BaseResource]) -> Iterator[str]:
    yield DOCUMENT_HEAD.rstrip()
    for resource in every:
        yield ""
        yield f"## {resource.label} (`{resource.key}`)"
        if resource.__doc__:
            yield ""
            yield " ".join(resource.__doc__.split())
        yield ""
        yield "| column | also called | holds | an empty cell | about it |"
        yield "|---|---|---|---|---|"
        for column in described(resource):
            name = f"`{column.name}`" + (" (required)" if column.required else "")
            about = " ".join(filter(None, [column.help, f"Example: `{column.example}`" if column.example else ""]))
            cells = [name, ", ".join([column.label, *column.aliases]), column.kind, column.blank, about]
            yield "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
        if resource.ignored:
            yield ""
            yield (
                "Known and left out: "
                + ", ".join(f"{header} ({reason})" for header, reason in resource.ignored.items())
                + "."
            )
