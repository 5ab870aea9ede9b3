"""Which column of a file is which column of a resource: by name, alias, numbered pattern, likeness."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from django.utils.translation import gettext as _

from backoffice.imports.reading import Unreadable, check_width
from backoffice.resources import BaseResource

LIKENESS = 0.87
HEADER_SEARCH = 20


@dataclass
class Match:
    """One column of the file. `target` is "" for one that is ignored, with the reason."""

    index: int
    header: str
    target: str = ""
    how: str = ""  # name, alias, pattern, likeness, chosen
    reason: str = ""
    parts: tuple[str, ...] = ()


@dataclass
class Mapping:
    matches: list[Match] = field(default_factory=list)
    decimal: str = "."
    dates: str = ""  # order of year, month and day: "ymd", "dmy", "mdy", "" unknown
    layout: str = ""
    pads: bool = False  # the format drops blank cells at the end of a row

    @property
    def used(self) -> list[Match]:
        return [match for match in self.matches if match.target]

    @property
    def ignored(self) -> list[Match]:
        return [match for match in self.matches if not match.target]

    def index(self, target: str) -> int | None:
        return next((match.index for match in self.matches if match.target == target), None)

    def all(self, target: str) -> list[Match]:
        return [match for match in self.matches if match.target == target]

    def as_json(self) -> dict[str, str]:
        """Header -> target, as a mapping file has it. Of columns with one header the one that is used counts."""
        targets: dict[str, str] = {}
        for match in self.matches:
            targets[match.header] = targets.get(match.header) or match.target
        return targets

    def notes(self) -> list[str]:
        """What a person should know about the guesses."""
        return [
            _("Column “%(header)s” is read as “%(target)s” because they are alike.")
            % {"header": m.header, "target": m.target}
            for m in self.matches
            if m.how == "likeness"
        ]


def simplify(header: str) -> str:
    """A header without letter case, punctuation and doubled blanks: "Body (HTML)" is "body html"."""
    return re.sub(r"[\W_]+", " ", header.lstrip("\ufeff").lower()).strip()


def find_header(rows: Sequence[tuple[int, list[str]]], resource: BaseResource) -> tuple[int, list[str]]:
    """Row number and cells of the header: the record, among the first ones, that names most columns.

    Raises Unreadable when none names a column of the resource.
    """
    best, best_score = None, 0
    for number, cells in rows[:HEADER_SEARCH]:
        check_width(cells)
        score = sum(1 for match in match_headers(cells, resource, likeness=False).used if match.how)
        if score > best_score:
            best, best_score = (number, cells), score
    if best is None or best_score < min(2, len(best[1])):
        raise Unreadable(
            _("No header was found: no row near the top names columns of “%(resource)s”. The first row says: %(row)s")
            % {"resource": resource.label, "row": ", ".join(rows[0][1])[:200] if rows else "–"}
        )
    return best


def match_headers(
    headers: Sequence[str], resource: BaseResource, chosen: dict[str, str] | None = None, *, likeness: bool = True
) -> Mapping:
    """Map `headers`; `chosen` (header -> target, "" to ignore) wins over the guesses."""
    finder = _Finder(resource, headers)
    mapping = Mapping(layout=finder.layout)
    taken: set[str] = set()
    for index, header in enumerate(headers):
        match = finder.exact(index, header)
        if chosen is not None and header in chosen:
            target = chosen[header]
            match = (
                match
                if match.target == target and target
                else Match(
                    index, header, target, "chosen" if target else "", _("left out by choice") if not target else ""
                )
            )
        _take(match, taken, finder.many)
        mapping.matches.append(match)
    if likeness:
        for match in mapping.matches:
            if not match.target and not match.reason and match.header.strip():
                finder.alike(match, taken)
    for match in mapping.matches:
        if not match.target and not match.reason:
            match.reason = _("no such column") if match.header.strip() else _("the column has no name")
    return mapping


def _take(match: Match, taken: set[str], many: set[str]) -> None:
    """The first column of a target is used; another of the same is ignored and said so."""
    if match.target and match.target in taken and match.target not in many:
        match.reason = _("“%(target)s” stands in another column already") % {"target": match.target}
        match.target = match.how = ""
    if match.target:
        taken.add(match.target)


class _Finder:
    def __init__(self, resource: BaseResource, headers: Sequence[str]) -> None:
        simple = [simplify(header) for header in headers]
        self.columns = resource.columns()
        self.layout, self.renames = resource.layout(simple)
        self.many = {name for name, column in self.columns.items() if getattr(column, "many", False)}
        self.names: dict[str, tuple[str, str]] = {}
        for name, column in self.columns.items():
            for alias in column.aliases:
                self.names.setdefault(simplify(alias), (name, "alias"))
        for name, column in self.columns.items():
            self.names[simplify(name)] = (name, "name")
            if column.label:
                self.names.setdefault(simplify(str(column.label)), (name, "name"))
        self.ignored = {simplify(header): reason for header, reason in resource.ignored.items()}

    def exact(self, index: int, header: str) -> Match:
        text = simplify(header)
        if text in self.renames:
            target = self.renames[text]
            return Match(index, header, target, "alias" if target else "", "" if target else _("not kept here"))
        if text in self.names:
            name, how = self.names[text]
            return Match(index, header, name, how)
        if text in self.ignored:
            return Match(index, header, reason=str(self.ignored[text]))
        for name, column in self.columns.items():
            for pattern in column.patterns:
                if found := pattern.fullmatch(text):
                    return Match(index, header, name, "pattern", parts=tuple(part or "" for part in found.groups()))
        return Match(index, header)

    def alike(self, match: Match, taken: set[str]) -> None:
        """Take the one alias that is nearly the same; numbers in it must agree."""
        text = simplify(match.header)
        best: tuple[float, str, Any] = (0.0, "", None)
        for alias, found in [*self.names.items(), *((name, ("", reason)) for name, reason in self.ignored.items())]:
            if re.findall(r"\d+", alias) == re.findall(r"\d+", text):
                likeness = SequenceMatcher(None, alias, text).ratio()
                if likeness > best[0]:
                    best = (likeness, *found)
        if best[0] < LIKENESS:
            return
        _likeness, target, how = best
        if not target:
            match.reason = str(how)
        elif target not in taken or target in self.many:
            match.target, match.how = target, "likeness"
            taken.add(target)
