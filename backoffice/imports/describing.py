"""What the files of a resource may hold, told from its declarations: for the help page, `docs/csv.md` and templates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from backoffice import resources
from backoffice.resources import BaseResource, Column

DOCUMENT_HEAD = """# CSV files

What each kind of file may hold. This page is written by `manage.py describe_csv > docs/csv.md` from the declarations.

Any order of columns will do, and letter case, punctuation and blanks of a header do not matter. A column that a file lacks
leaves the values as they are. CSV, TSV and XLSX are read; encoding, delimiter, decimals and the row of the header are found
out. `manage.py import_csv RESOURCE FILE --dry-run` compares and writes nothing. A first column name can be replaced by a
mapping file: `--mapping FILE`, a JSON object `{"header in the file": "column"}`, where "" leaves a column out.
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
