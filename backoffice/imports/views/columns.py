"""The step in which a person sees how the file is read and which column is which, and says it otherwise."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy

from backoffice.imports import reading, running
from backoffice.imports.mapping import Match, suggestions
from backoffice.imports.reading import Dialect
from backoffice.imports.running import Table
from backoffice.imports.views.upload import saved_mapping
from backoffice.models import ImportRun, User

SAMPLE = 3
CELL = 60
FEW_CHOICES = 700  # up to so many lines, every list of columns is complete; else they hold what is likely, and "others"
OTHERS = "?"
DELIMITERS = [
    (",", gettext_lazy("comma ,")),
    (";", gettext_lazy("semicolon ;")),
    ("\t", gettext_lazy("TAB")),
    ("|", gettext_lazy("bar |")),
]
DECIMALS = [(".", gettext_lazy("point 1,234.50")), (",", gettext_lazy("comma 1.234,50"))]
READINGS = {
    "encoding": gettext_lazy("Encoding"),
    "decimal": gettext_lazy("Decimals"),
    "dates": gettext_lazy("Dates"),
}
DATES = [
    ("", gettext_lazy("not known")),
    ("ymd", gettext_lazy("year, month, day")),
    ("dmy", gettext_lazy("day, month, year")),
    ("mdy", gettext_lazy("month, day, year")),
]


def shown(run: ImportRun, *, by: User, opened: set[str]) -> dict[str, Any]:
    """Settings, sample and mapping of the file; `opened` are columns whose list is to be complete."""
    choices = {"encodings": reading.ENCODINGS.items(), "delimiters": DELIMITERS, "decimals": DECIMALS, "dates": DATES}
    try:
        with running.local(run) as path:
            table = running.table_of(run, path, by=by, strict=False)
    except ValidationError as error:
        return {"unreadable": error.messages, "dialect": Dialect.from_json(run.dialect), **choices}
    rows = _Rows(table, opened)
    saved = saved_mapping(run.user, run.resource, table.header)
    return {
        "dialect": table.dialect,
        "layout": table.mapping.layout,
        "used": [rows.of(match) for match in table.mapping.used],
        "unused": [rows.of(match) for match in table.mapping.ignored],
        "targets": rows.every,
        "is_short": rows.is_short,
        "missing": missing(table),
        "remembered": saved if saved and saved.mapping == table.mapping.as_json() else None,
        "recalled": [READINGS[name] for name in saved.reading if name in table.dialect.chosen] if saved else [],
        **choices,
    }


def missing(table: Table) -> list[dict[str, Any]]:
    """Columns that are needed and that no column of the file gives; of a group one is enough."""
    given = {match.target for match in table.mapping.used}
    columns = table.resource.columns()
    required = {name for name, column in columns.items() if column.required}
    groups = [[name] for name in columns if name in required - given]
    groups += [list(group) for group in table.resource.lacking(given) if not required & set(group)]
    return [
        {"label": " / ".join(str(columns[name].label) for name in group), "help": columns[group[0]].help}
        for group in groups
    ]


class _Rows:
    """The lines of the form: a column of the file, its first values, and what it may be."""

    def __init__(self, table: Table, opened: set[str]) -> None:
        self.table = table
        self.opened = opened
        self.columns = table.resource.columns()
        self.labels = {name: column.label for name, column in self.columns.items()}
        self.labels |= {name: offer.label for name, offer in table.resource.offers().items()}
        self.every = list(self.labels.items())
        self.is_short = len(table.header) * len(self.every) > FEW_CHOICES

    def of(self, match: Match) -> dict[str, Any]:
        chosen = self.columns.get(match.target)
        likely = [match.choice] if match.choice else suggestions(match.header, self.table.resource)
        return {
            "match": match,
            "blank": chosen.blank_text if chosen else "",
            "help": chosen.help if chosen else "",
            "sample": self._sample(match.index),
            "likely": [(name, self.labels[name]) for name in likely],
            "others": [] if self.is_short and str(match.index) not in self.opened else self._others(likely),
            "is_short": self.is_short and str(match.index) not in self.opened,
        }

    def _others(self, likely: list[str]) -> list[tuple[str, Any]]:
        return [(name, label) for name, label in self.every if name not in likely]

    def _sample(self, index: int) -> list[str]:
        cells = (cells for _number, cells in self.table.sample)
        found = dict.fromkeys(row[index][:CELL] for row in cells if index < len(row) and row[index].strip())
        return list(found)[:SAMPLE]


def chosen_columns(data: Any, before: dict[str, str]) -> dict[str, str]:
    """Key of the column -> target, from the mapping fields; "others" leaves a column as it was."""
    chosen = {}
    for name, value in data.items():
        if name.startswith("map-"):
            key = data.get(f"header-{name[4:]}", "")
            chosen[key] = before.get(key, "") if value == OTHERS else value.strip()
    return chosen


def opened_columns(data: Any) -> list[str]:
    """Places of the columns for which another column than the likely ones is looked for."""
    return [name[4:] for name, value in data.items() if name.startswith("map-") and value == OTHERS]
