"""Best first: the order of a list that is searched, paged by rank and key.

A search that matches few rows knows the rank of each. Of one that matches many only the best are ranked; the others follow
by primary key, newest first.
"""

from __future__ import annotations

import base64
import binascii
import json
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Protocol

from django.db import models

from backoffice.generic import keyset

BEST = "best"  # the name of this order among those of a list
OTHERS = ("-pk",)

Place = tuple[float, int]


class Found(Protocol):
    """What a search gives: ranks by primary key, small ones first; whether no other rows match, or how many do at least;
    and what may have been meant.
    """

    ranks: dict[int, float]
    complete: bool
    at_least: int
    only_similar: bool
    text: str
    suggestion: str


class Ranking:
    """The rows of `matching` in the order of what was found; of equals the newest comes first.

    `every`: rows that nothing but the search narrows, so that none of those found has to be looked for among them.
    """

    def __init__(self, found: Found, matching: models.QuerySet, every: models.QuerySet | None = None) -> None:
        self.found = found
        self.matching = matching
        self.source = matching if every is None else every
        self.is_narrowed = every is None
        if every is not None:
            self.places: list[Place] = sorted((rank, -pk) for pk, rank in found.ranks.items())
            return
        ranked = matching if found.complete else matching.filter(pk__in=list(found.ranks))
        keys = ranked.order_by().values_list("pk", flat=True) if found.ranks else []
        self.places = sorted((found.ranks[pk], -pk) for pk in keys)

    @property
    def total(self) -> int | None:
        """How many rows there are; at least so many where not all were looked at, and None where that is not known."""
        if self.found.complete:
            return len(self.places)
        return None if self.is_narrowed else self.found.at_least

    @property
    def others(self) -> models.QuerySet:
        """The rows behind the ranked ones."""
        if self.found.complete:
            return self.matching.none()
        return self.matching.exclude(pk__in=list(self.found.ranks)) if self.found.ranks else self.matching

    def page(self, size: int, *, after: str = "", before: str = "") -> keyset.Slice:
        """The `size` rows behind the cursor `after`, or in front of `before`; BadCursor where it is none of this order."""
        cursor = before or after
        if not cursor:
            return self._from(0, size)
        place = _decode(cursor)
        if place is None:
            return self._before_other(before, size) if before else self._others(size, after=after)
        if before:
            return self._from(max(bisect_left(self.places, place) - size, 0), size)
        return self._from(bisect_right(self.places, place), size)

    def _from(self, start: int, size: int) -> keyset.Slice:
        shown = self.places[start : start + size]
        rows = self._rows(_keys(shown))
        before = _encode(shown[0]) if shown and start else ""
        if start + size < len(self.places):
            return keyset.Slice(rows, before, _encode(shown[-1]))
        if self.found.complete:
            return keyset.Slice(rows, before)
        room = size - len(shown)
        behind = self._others(room or 1)
        if not room:
            return keyset.Slice(rows, before, _encode(shown[-1]) if behind.rows else "")
        if start and not shown and behind.rows:
            before = keyset.encode(behind.rows[0], BEST, keyset.keys_of(self.matching, OTHERS))
        return keyset.Slice([*rows, *behind.rows], before, behind.after)

    def _before_other(self, before: str, size: int) -> keyset.Slice:
        """The page in front of one that begins among the others: at their beginning, the last ranked rows fill it up."""
        found = self._others(size, before=before)
        if found.before:
            return found
        keys = keyset.keys_of(self.matching, OTHERS)
        edge = keyset.decode(before, BEST, keys)[0]
        others = [row for row in found.rows if row.pk > edge]
        room = size - len(others)
        shown = self.places[-room:] if room else []
        rows = [*self._rows(_keys(shown)), *others]
        if not rows:
            return self._from(0, size)
        first = _encode(shown[0]) if shown and len(self.places) > room else ""
        if not shown and self.places:
            first = keyset.encode(others[0], BEST, keys)
        return keyset.Slice(rows, first, keyset.encode(others[-1], BEST, keys) if others else _encode(shown[-1]))

    def neighbours(self, obj: Any) -> tuple[Any, Any]:
        """The rows in front of and behind `obj`; None at the ends."""
        rank = self.found.ranks.get(obj.pk)
        if rank is None:
            return keyset.neighbours(self.others, OTHERS, obj)
        at = bisect_left(self.places, (rank, -obj.pk))
        around = [self.places[at - 1] if at else None, self.places[at + 1] if at + 1 < len(self.places) else None]
        rows = {row.pk: row for row in self._rows(_keys(place for place in around if place))}
        before, behind = (rows.get(-place[1]) if place else None for place in around)
        return before, behind

    def _others(self, size: int, **cursor: str) -> keyset.Slice:
        """A page of the rows behind the ranked ones. Their keys come first: only of these rows the rest is read."""
        keys = self.others.prefetch_related(None).values_list("pk", named=True)
        found = keyset.page(keys, BEST, OTHERS, size, **cursor)
        return replace(found, rows=self._rows([row.pk for row in found.rows]))

    def _rows(self, keys: list[int]) -> list[Any]:
        """The rows with these keys, in their order."""
        rows = {row.pk: row for row in self.source.filter(pk__in=keys).order_by()} if keys else {}
        return [rows[key] for key in keys if key in rows]


def _keys(places: Iterable[Place]) -> list[int]:
    return [-pk for _rank, pk in places]


def _encode(place: Place) -> str:
    text = json.dumps(["rank", *place], separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _decode(cursor: str) -> Place | None:
    """The place that a cursor says; None for one of the rows that are not ranked."""
    try:
        data = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not isinstance(data, list) or data[:1] != ["rank"]:
            return None
        _name, rank, key = data
        return float(rank), int(key)
    except (ValueError, TypeError, OverflowError, RecursionError, binascii.Error) as error:
        raise keyset.BadCursor(cursor) from error
