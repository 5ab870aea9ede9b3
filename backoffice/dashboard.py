"""Cards of the home page. A module registers a function; it reads a summary or an indexed, capped count."""

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


@dataclass(frozen=True)
class _Entry:
    order: int
    permission: str
    build: Callable[[Any], Card | None]


_cards: list[_Entry] = []


def card(*, permission: str, order: int = 100) -> Callable[[Callable[[Any], Card | None]], Callable[[Any], Card | None]]:
    """Register a card for those who hold `permission`; the function may return None to stay away."""

    def decorate(build: Callable[[Any], Card | None]) -> Callable[[Any], Card | None]:
        _cards.append(_Entry(order, permission, build))
        return build

    return decorate


def cards_for(user: Any) -> list[Card]:
    entries = sorted(_cards, key=lambda entry: entry.order)
    built = (entry.build(user) for entry in entries if user.has_perm(entry.permission))
    return [one for one in built if one is not None]


def capped(queryset: QuerySet[Any], cap: int = CAP) -> str:
    """Count at most `cap` rows: "37", or "1,000+"."""
    count = queryset.order_by()[: cap + 1].count()
    return f"{cap:,}+" if count > cap else f"{count:,}"
