"""What a check or an application found: counts as tabs, rows paged by key, causes, and cells that can be mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.imports.cells import SHOWN as CUT
from backoffice.imports.undoing import HIDDEN
from backoffice.models import ImportRow, ImportRun, User

PAGE = 25
MOST_MENDED = 1000
KINDS = {
    "refused": gettext_lazy("Refused"),
    "changed": gettext_lazy("Changed"),
    "new": gettext_lazy("New"),
    "hints": gettext_lazy("With hints"),
}


@dataclass
class Cell:
    """A problem of a refused row; `index` is the column of the file that can be mended, None where there is no such one."""

    row: int
    label: str
    value: str
    message: str
    index: int | None
    is_cut: bool
    was: str = ""  # what the file says, where the cell was mended already
    is_mended: bool = False

    @property
    def name(self) -> str:
        return f"cell-{self.row}-{self.index}"


class Results:
    """One page of the rows of a run, as the address asks for it."""

    def __init__(self, run: ImportRun, asked: QueryDict, *, user: User, may_mend: bool) -> None:
        self.run = run
        self.may_mend = may_mend
        self.columns = resources.of(run).columns()
        self.hidden = {
            name for name, column in self.columns.items() if column.permission and not user.has_perm(column.permission)
        }
        self.counts = self._counts()
        self.kind = asked.get("rows", "")
        if self.kind not in KINDS:
            self.kind = next((kind for kind, count in self.counts.items() if count), "new")
        self.column = asked.get("column", "") if asked.get("column") in dict(self.filters) else ""
        self.after, self.before = _number(asked.get("after", "")), _number(asked.get("before", ""))
        self.places = places(run)

    def _counts(self) -> dict[str, int]:
        warned = (
            ImportRow.objects.filter(run=self.run, is_warned=True).count() if self.run.report.get("warnings") else 0
        )
        return {"refused": self.run.refused, "changed": self.run.changed, "new": self.run.new, "hints": warned}

    def show_only(self, kind: str) -> None:
        """Leave the other outcomes out: nothing is kept of their rows."""
        self.kind, self.counts = kind, {name: count if name == kind else 0 for name, count in self.counts.items()}

    def address(self, **facts: Any) -> str:
        return "?" + urlencode({name: value for name, value in facts.items() if value}) + "#rows"

    @property
    def tabs(self) -> list[dict[str, Any]]:
        return [
            {"label": label, "count": self.counts[kind], "url": self.address(rows=kind), "current": kind == self.kind}
            for kind, label in KINDS.items()
            if self.counts[kind] or kind == self.kind
        ]

    @property
    def filters(self) -> list[tuple[str, str]]:
        """Columns that the rows of this tab can be narrowed to."""
        if self.kind == "new":
            return []
        names = dict.fromkeys(target for target in self.run.mapping.values() if target in self.columns)
        names |= dict.fromkeys(cause["column"] for cause in self.run.report.get("causes", []) if cause["column"])
        return sorted(((name, self.label(name)) for name in names), key=lambda one: one[1])

    @property
    def causes(self) -> list[dict[str, Any]]:
        """Why rows are refused, the most frequent first."""
        return [
            cause
            | {
                "label": self.label(cause["column"]),
                "value": self.seen(cause["column"], cause["value"]),
                "url": self.address(rows="refused", column=cause["column"]),
            }
            for cause in self.run.report.get("causes", [])
        ]

    def label(self, name: str) -> str:
        column = self.columns.get(name)
        return str(column.label) if column and column.label else name

    def _rows(self) -> QuerySet[ImportRow]:
        rows = ImportRow.objects.filter(run=self.run)
        rows = rows.filter(is_warned=True) if self.kind == "hints" else rows.filter(outcome=self.kind)
        if self.column:
            field = "changes" if self.kind == "changed" else "problems"
            rows = rows.filter(**{f"{field}__contains": [[self.column]]})
        return rows

    def page(self) -> dict[str, Any]:
        """The rows, and the addresses of the pages beside."""
        rows = self._rows()
        if self.before:
            found = list(rows.filter(row__lt=self.before).order_by("-row")[: PAGE + 1])
            has_previous, has_next = len(found) > PAGE, True
            found = found[:PAGE][::-1]
        else:
            found = list(rows.filter(row__gt=self.after).order_by("row")[: PAGE + 1])
            has_previous, has_next = bool(self.after), len(found) > PAGE
            found = found[:PAGE]
        facts = {"rows": self.kind, "column": self.column}
        return {
            "rows": [self._told(row) for row in found],
            "previous": self.address(**facts, before=found[0].row) if found and has_previous else "",
            "next": self.address(**facts, after=found[-1].row) if found and has_next else "",
        }

    def _told(self, row: ImportRow) -> dict[str, Any]:
        cells = [self._cell(row.row, *problem[:3]) for problem in row.problems if problem[3] == "error"]
        return {
            "row": row.row,
            "record": row.record,
            "changes": [
                (self.label(name), self.seen(name, old), self.seen(name, new)) for name, old, new in row.changes
            ],
            "cells": cells,
            "hints": [
                (self.label(name), self.seen(name, value), text)
                for name, value, text, kind in row.problems
                if kind != "error"
            ],
        }

    def seen(self, name: str, value: str) -> str:
        """The value, where the person may see that column."""
        return HIDDEN if name in self.hidden and value else value

    def _cell(self, row: int, name: str, value: str, message: str) -> Cell:
        index = self.places.get(name) if self.may_mend else None
        mended = self.run.mended.get(str(row), {}).get(str(index)) if index is not None else None
        is_cut = len(value) >= CUT
        return Cell(
            row=row,
            label=self.label(name) if name else "",
            value=self.seen(name, value),
            message=message,
            index=index,
            is_cut=is_cut,
            was=mended[0] if mended else "",
            is_mended=mended is not None,
        )

    @property
    def mended(self) -> list[dict[str, Any]]:
        """Every correction, in the order of the file."""
        names = {index: name for name, index in self.places.items()}
        return [
            {
                "row": int(row),
                "key": f"{row}-{index}",
                "label": self.label(names.get(int(index), index)),
                "old": self.seen(names.get(int(index), ""), old),
                "new": self.seen(names.get(int(index), ""), new),
            }
            for row, cells in sorted(self.run.mended.items(), key=lambda one: int(one[0]))
            for index, (old, new) in sorted(cells.items(), key=lambda one: int(one[0]))
        ]


def _number(text: str) -> int:
    """A row number of the address or of the form; 0 for what is none."""
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def places(run: ImportRun) -> dict[str, int]:
    """Column of the resource -> place of the column of the file that gives it, where that is one only."""
    found: dict[str, int] = {}
    several = set()
    for index, target in enumerate(run.report.get("columns", [])):
        if target in found:
            several.add(target)
        elif target:
            found[target] = index
    return {name: index for name, index in found.items() if name not in several}


def mend(run: ImportRun, data: QueryDict) -> int:
    """Keep the cells that the form says otherwise; how many they are. Raises ValidationError beyond what a run keeps.

    With `alike`, cells of the same column that say the same and are refused as well become the same.
    """
    typed = {}
    for name, text in data.items():
        row, _dash, index = name.removeprefix("cell-").partition("-")
        if name.startswith("cell-") and _number(row):
            typed[_number(row), _number(index)] = text.replace("\x00", "")
    at = places(run)
    refused = ImportRow.objects.filter(run=run, outcome=ImportRow.Outcome.REFUSED)
    found: dict[tuple[int, str], tuple[str, str]] = {}
    for row in refused.filter(row__in={row for row, _index in typed}):
        for name, value, _message, kind in row.problems:
            text = typed.get((row.row, at.get(name, -1)))
            if kind == "error" and text is not None and text != ("" if len(value) >= CUT else value):
                found[row.row, name] = (value, text)
    if data.get("alike"):
        for (_row, name), (value, text) in list(found.items()):
            same = refused.filter(problems__contains=[[name, value]]).order_by("row")
            for number in same.values_list("row", flat=True)[: MOST_MENDED + 1]:
                found.setdefault((number, name), (value, text))
    return _keep(run, {(row, at[name]): pair for (row, name), pair in found.items()})


def _keep(run: ImportRun, found: dict[tuple[int, int], tuple[str, str]]) -> int:
    """Add cells to those that are mended: (row, place of the column) -> (what it said, what it is to say)."""
    mended = {row: dict(cells) for row, cells in run.mended.items()}
    for (row, index), (old, new) in found.items():
        cells = mended.setdefault(str(row), {})
        cells[str(index)] = [cells.get(str(index), [old])[0], new]
    if sum(map(len, mended.values())) > MOST_MENDED:
        raise ValidationError(
            _("More than %(limit)s cells are too many to mend here. Download the refused rows and mend them there.")
            % {"limit": MOST_MENDED}
        )
    if found:
        run.mended = mended
        run.save(update_fields=["mended"])
    return len(found)


def unmend(run: ImportRun, key: str) -> None:
    """Let the cell say again what the file says; "all" for every cell."""
    row, _dash, index = key.partition("-")
    mended = {} if key == "all" else {row: dict(cells) for row, cells in run.mended.items()}
    mended.get(row, {}).pop(index, None)
    run.mended = {row: cells for row, cells in mended.items() if cells}
    run.save(update_fields=["mended"])
