"""Which column of a file is which column of a resource: by name, alias, numbered pattern, likeness."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import cache, cached_property
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.translation import gettext as _

from backoffice import resources
from backoffice.imports.reading import Unreadable, check_width
from backoffice.imports.tongues import english
from backoffice.resources import BaseResource, Offer

LIKENESS = 0.87
WORTH_A_LOOK = 0.5
SUGGESTED = 4
HEADER_SEARCH = 20
ERRORS = "errors"  # the column that files of refused rows have beside those of the file they come from


@dataclass
class Match:
    """One column of the file. `target` is "" for one that is ignored, with the reason.

    `key` names the column in mappings: its header, with a number where several columns have the same.
    """

    index: int
    header: str
    target: str = ""
    how: str = ""  # name, alias, pattern, likeness, chosen
    reason: str = ""
    parts: tuple[str, ...] = ()
    key: str = ""
    is_declared: bool = False  # left out because the resource says that such a column is
    offer: str = ""  # what the resource offers beside its columns and the column is; says target and parts

    @property
    def is_known(self) -> bool:
        """Whether the header itself says what the column is; likeness is no knowledge."""
        return self.is_declared or (bool(self.target) and self.how != "likeness")

    @property
    def choice(self) -> str:
        """What mappings say of the column."""
        return self.offer or self.target


@dataclass
class Mapping:
    matches: list[Match] = field(default_factory=list)
    decimal: str = "."
    dates: str = ""  # order of year, month and day: "ymd", "dmy", "mdy", "" unknown
    layout: str = ""
    pads: bool = False  # the format drops blank cells at the end of a row
    remarks: list[str] = field(default_factory=list)  # what the resource has to say about its reading

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
        """Key of the column -> target or offer, as a mapping file has it."""
        return {match.key: match.choice for match in self.matches}

    def notes(self) -> list[str]:
        """What a person should know about the guesses."""
        return [
            _("Column “%(header)s” is read as “%(target)s” because they are alike.")
            % {"header": m.header, "target": m.target}
            for m in self.matches
            if m.how == "likeness"
        ] + self.remarks


SHAPES = {
    "date": re.compile(r"\d{4}-\d\d-\d\d( .*)?"),
    "guid": re.compile(r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}", re.IGNORECASE),
}
FEW = 2  # columns of a resource of which one names a header
CAPITALS = re.compile(r"(?<=[a-z])(?=[A-Z])")


def simplify(header: str) -> str:
    """A header without letter case, punctuation and doubled blanks: "Body (HTML)" is "body html", "Disc. %" "disc percent"."""
    return re.sub(r"[\W_]+", " ", header.lstrip("\ufeff").lower().replace("%", " percent ")).strip()


def keys_of(headers: Sequence[str]) -> list[str]:
    """The headers, each once: a second "Tag" is "Tag (2)"."""
    seen: Counter[str] = Counter()
    keys = []
    for header in headers:
        seen[header] += 1
        keys.append(header if seen[header] == 1 else f"{header} ({seen[header]})")
    return keys


def fingerprint(headers: Sequence[str]) -> str:
    """What files with the same columns in the same order have in common."""
    return hashlib.sha256("\x1f".join(simplify(header) for header in headers).encode()).hexdigest()


def find_header(
    rows: Sequence[tuple[int, list[str]]], resource: BaseResource, *, strict: bool = True
) -> tuple[int, list[str]]:
    """Row number and cells of the header: the record, among the first ones, that names most columns.

    A file without a header whose layout the resource knows has it in row 0.
    Raises Unreadable when none names a column of the resource; not `strict`, the first record of several cells is taken then.
    """
    best, best_score = None, 0
    for number, cells in rows[:HEADER_SEARCH]:
        check_width(cells)
        score = sum(1 for match in match_headers(cells, resource, likeness=False).used if match.how)
        if score > best_score:
            best, best_score = (number, cells), score
    if best is None or best_score < min(2 if len(resource.columns()) > FEW else 1, len(best[1])):
        if known := headless(rows, resource):
            return 0, known
        first = next(((number, cells) for number, cells in rows if len(cells) > 1), None)
        if first is not None and not strict:
            return first
        raise Unreadable(
            _("No header was found: no row near the top names columns of “%(resource)s”. The first row says: %(row)s")
            % {"resource": resource.label, "row": ", ".join(rows[0][1])[:200] if rows else "–"}
        )
    return best


def headless(rows: Sequence[tuple[int, list[str]]], resource: BaseResource) -> list[str]:
    """The headers of a file that has none, where its records fit a layout that the resource knows; else nothing."""
    records = [cells for _number, cells in rows[:HEADER_SEARCH] if cells]
    for headers in resource.headless.values():
        if records and all(len(cells) == len(headers) for cells in records):
            used = [(match.index, resource.columns()[match.target]) for match in match_headers(headers, resource).used]
            if all(_reads(column, cells[index]) for cells in records for index, column in used) and all(
                _has_shape(header, text) for cells in records for header, text in zip(headers, cells, strict=True)
            ):
                return list(headers)
    return []


def numbered(rows: Sequence[tuple[int, list[str]]]) -> list[str]:
    """Headers of a file that has none: the numbers of its columns."""
    return [str(number) for number in range(1, max([0, *(len(cells) for _number, cells in rows)]) + 1)]


def _has_shape(header: str, text: str) -> bool:
    """Whether a cell is a date, or a GUID, where and only where its header says so."""
    return not text.strip() or all(
        bool(shape.fullmatch(text.strip())) == (word in header.lower()) for word, shape in SHAPES.items()
    )


def _reads(column: Any, text: str) -> bool:
    """Whether a cell can be what the column holds."""
    if not text.strip():
        return not column.required
    try:
        column.read(text)
    except ValidationError:
        return False
    return True


def match_headers(
    headers: Sequence[str], resource: BaseResource, chosen: dict[str, str] | None = None, *, likeness: bool = True
) -> Mapping:
    """Map `headers`; `chosen` (key of the column -> target, "" to ignore) wins over the guesses."""
    finder = _Finder(resource, headers)
    mapping = Mapping(layout=finder.layout)
    taken: set[str] = set()
    for index, (header, key) in enumerate(zip(headers, keys_of(headers), strict=True)):
        match = finder.exact(index, header)
        if chosen is not None and (name := key if key in chosen else header) in chosen:
            match = _choose(match, chosen[name], finder)
        match.key = key
        _take(match, taken, finder.many)
        mapping.matches.append(match)
    if likeness:
        for match in mapping.matches:
            spoken = chosen is not None and (match.key in chosen or match.header in chosen)
            if not match.target and not match.reason and match.header.strip() and not spoken:
                finder.alike(match, taken)
    for match in mapping.matches:
        if not match.target and not match.reason:
            match.reason = _("no such column") if match.header.strip() else _("the column has no name")
    return mapping


def _choose(match: Match, target: str, finder: _Finder) -> Match:
    """What a person says of a column; a choice that is the guess, or that is no column, is none."""
    if target == match.choice:
        return match
    if target in finder.offers:
        return finder.offered(match.index, match.header, target, "chosen")
    if target and target not in finder.columns:
        return match
    reason = "" if target else _("left out by choice")
    return Match(match.index, match.header, target=target, how="chosen", reason=reason)


def _take(match: Match, taken: set[str], many: set[str]) -> None:
    """The first column of a target is used; another of the same is ignored and said so."""
    if match.target and match.target in taken and match.target not in many:
        match.reason = _("“%(target)s” stands in another column already") % {"target": match.target}
        match.target = match.how = ""
    if match.target:
        taken.add(match.target)


@cache
def _labels(resource: str, column: str) -> frozenset[str]:
    """The label of a column in every language, so that a template may speak the reader's."""
    labels = set()
    for code, _name in settings.LANGUAGES:
        with translation.override(code):
            labels.add(simplify(str(resources.get(resource).columns()[column].label)))
    return frozenset(labels - {""})


def suggestions(header: str, resource: BaseResource) -> list[str]:
    """Columns whose names resemble `header`, the most alike first."""
    text = simplify(header)
    words = set(text.split())
    matcher = SequenceMatcher(None, b=text)
    scores: dict[str, float] = {}
    for alias, target in _aliases(resource.key):
        bonus = 0.2 * (not words.isdisjoint(alias.split()))
        least = max(scores.get(target, 0), WORTH_A_LOOK) - bonus
        matcher.set_seq1(alias)
        if matcher.real_quick_ratio() > least and matcher.quick_ratio() > least and (ratio := matcher.ratio()) > least:
            scores[target] = ratio + bonus
    return sorted(scores, key=lambda target: -scores[target])[:SUGGESTED]


@cache
def _aliases(resource: str) -> tuple[tuple[str, str], ...]:
    finder = _Finder(resources.get(resource), [])
    return tuple((alias, target) for alias, (target, _how) in finder.names.items())


def _marks(header: str) -> list[str]:
    """What two headers must have in common to be alike: their numbers, and whether they speak of a number or a share."""
    return re.findall(r"\d+|\bid\b|\bpercent\b", simplify(header))


class _Finder:
    def __init__(self, resource: BaseResource, headers: Sequence[str]) -> None:
        self.columns = resource.columns()
        self.resource = resource
        self.many = {name for name, column in self.columns.items() if getattr(column, "many", False)}
        self.names: dict[str, tuple[str, str]] = {}
        for name, column in self.columns.items():
            for alias in column.aliases:
                self.names.setdefault(simplify(alias), (name, "alias"))
        for name in self.columns:
            self.names[simplify(name)] = (name, "name")
        for name in self.columns:
            for label in _labels(resource.key, name):
                self.names.setdefault(label, (name, "name"))
        self.further = resource.further()
        self.ignored = {simplify(header): reason for header, reason in resource.ignored.items()}
        self.layout, self.renames = resource.layout([self._in_english(simplify(header)) for header in headers])

    def _in_english(self, text: str) -> str:
        """What layouts are known by: headers that the resource does not know, in English."""
        return text if text in self.names or text in self.ignored else next(iter(english(text)), text)

    @cached_property
    def offers(self) -> dict[str, Offer]:
        return self.resource.offers()

    def offered(self, index: int, header: str, choice: str, how: str) -> Match:
        offer = self.offers[choice]
        return Match(index, header, offer.column, how, parts=offer.parts, offer=choice)

    def exact(self, index: int, header: str) -> Match:
        match = self._named(index, header)
        parted = CAPITALS.sub(" ", header)  # "productName" of databases is "product name"
        for said in (parted, *english(simplify(header))):
            if match.target or match.reason:
                break
            if said != header:
                match = self._named(index, header, said)
        return match

    def _named(self, index: int, header: str, said: str = "") -> Match:
        text = simplify(said or header)
        if text in self.renames:
            target = self.renames[text]
            if target in self.offers:
                return self.offered(index, header, target, "name")
            if target:
                return Match(index, header, target, "alias")
            return Match(index, header, reason=_("not kept here"), is_declared=True)
        if text in self.names:
            name, how = self.names[text]
            return Match(index, header, name, how)
        if text in self.further:
            return Match(index, header, self.further[text], "name")
        if text in self.ignored:
            return Match(index, header, reason=str(self.ignored[text]), is_declared=True)
        if text == ERRORS:
            return Match(index, header, reason=_("says what stood against the rows"))
        for name, column in self.columns.items():
            for pattern in column.patterns:
                if found := pattern.fullmatch(text):
                    return Match(index, header, name, "pattern", parts=tuple(part or "" for part in found.groups()))
        return Match(index, header)

    def alike(self, match: Match, taken: set[str]) -> None:
        """Take the one alias that is nearly the same; numbers in it must agree, and the number of a thing is not the thing."""
        text, marks = simplify(match.header), _marks(CAPITALS.sub(" ", match.header))
        matcher = SequenceMatcher(None, b=text)
        best: tuple[float, str, Any] = (0.0, "", None)
        for alias, found in [*self.names.items(), *((name, ("", reason)) for name, reason in self.ignored.items())]:
            matcher.set_seq1(alias)
            if matcher.real_quick_ratio() < LIKENESS or matcher.quick_ratio() < LIKENESS or _marks(alias) != marks:
                continue
            if (likeness := matcher.ratio()) > best[0]:
                best = (likeness, *found)
        if best[0] < LIKENESS:
            return
        _likeness, target, how = best
        if not target:
            match.reason = str(how)
        elif target not in taken or target in self.many:
            match.target, match.how = target, "likeness"
            taken.add(target)
