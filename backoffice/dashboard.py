"""What the home page shows. A module registers functions for cards, lists of what needs action, and charts.

Each reads a summary or an indexed, capped query: no request scans a large table.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

CAP = 1000


@dataclass(frozen=True)
class Card:
    """A figure that links to the filtered list behind it. `tone`: "", "good", "warn" or "bad"."""

    label: Any
    value: Any
    url: str
    note: Any = ""
    tone: str = ""


Builder = Callable[[Any], Any]
_parts: dict[str, list[tuple[int, str, Builder]]] = {"card": [], "attention": [], "chart": []}


def _registrar(part: str, permission: str, order: int) -> Callable[[Builder], Builder]:
    def decorate(build: Builder) -> Builder:
        _parts[part].append((order, permission, build))
        return build

    return decorate


def card(*, permission: str, order: int = 100) -> Callable[[Builder], Builder]:
    """Register a function of the user that returns a Card, or None to stay away; without `permission` it asks for itself."""
    return _registrar("card", permission, order)


def attention(*, permission: str, order: int = 100) -> Callable[[Builder], Builder]:
    """Register a function of the user that returns a panels.Panel of rows that wait for somebody, or None."""
    return _registrar("attention", permission, order)


def chart(*, permission: str, order: int = 100) -> Callable[[Builder], Builder]:
    """Register a function of the user that returns a charts.Chart drawn from a summary, or None."""
    return _registrar("chart", permission, order)


def parts_for(user: Any, part: str) -> list[Any]:
    """What `user` may see of the cards, the attention panels or the charts, in order."""
    entries = sorted(_parts[part], key=lambda entry: entry[0])
    built = (build(user) for _, permission, build in entries if not permission or user.has_perm(permission))
    return [one for one in built if one is not None]


def capped(queryset: QuerySet[Any], cap: int = CAP) -> str:
    """Count at most `cap` rows: "37", or "1,000+"."""
    count = queryset.order_by()[: cap + 1].count()
    return f"{cap:,}+" if count > cap else f"{count:,}"
