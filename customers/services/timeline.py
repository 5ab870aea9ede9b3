"""Everything that happened with a customer, across modules, in one statement a page: modules above register their kinds.

timeline.register(Kind("order", _("Orders"), "cart", "orders.view_order", rows, "placed_at", {"number": "number"}, word))
"""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import CharField, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, JSONObject, NullIf
from django.utils.dateparse import parse_datetime

from customers.models import Customer

PAGE = 30


@dataclass(frozen=True)
class Line:
    """One thing that happened, in words; `note` is what people wrote."""

    text: Any
    note: str = ""
    by: str = ""
    url: str = ""
    icon: str = ""
    is_internal: bool = False


@dataclass(frozen=True)
class Kind:
    """What happens to customers.

    rows: `rows(user, customer)`, what the user may see of it. at: field or expression of the moment.
    facts: fields and expressions that `word(facts)` puts into a Line; a moment among them arrives as text.
    """

    key: str
    label: Any
    icon: str
    permission: str
    rows: Callable[[Any, Customer], QuerySet]
    at: Any
    facts: Mapping[str, Any]
    word: Callable[[Mapping[str, Any]], Line]


@dataclass(frozen=True)
class Happening:
    """A line of the timeline with its kind and moment."""

    at: datetime
    kind: Kind
    line: Line


@dataclass(frozen=True)
class Place:
    """Where a page ends: the last happening on it."""

    at: datetime
    kind: str
    key: int

    def __str__(self) -> str:
        text = f"{self.at.isoformat()}|{self.kind}|{self.key}"
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> "Place | None":
        """The place of an address; None for what is none."""
        try:
            at, kind, key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().split("|")
            moment = parse_datetime(at)
            return cls(moment, kind, int(key)) if moment is not None and moment.tzinfo and len(key) < 19 else None
        except (ValueError, binascii.Error):
            return None


_kinds: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Show `kind` in the timelines; the same key again replaces it."""
    _kinds[kind.key] = kind


def kinds_for(user: Any) -> list[Kind]:
    """Kinds that the user may see, by their names."""
    return sorted(
        (kind for kind in _kinds.values() if user.has_perm(kind.permission)), key=lambda kind: str(kind.label)
    )


def person(path: str) -> Any:
    """The fact of what a user is called."""
    return Coalesce(NullIf(f"{path}__name", Value("")), f"{path}__email", output_field=CharField())


def page(
    user: Any, customer: Customer, *, kinds: Iterable[str] = (), after: str = "", size: int = PAGE
) -> tuple[list[Happening], str]:
    """The newest happenings of a customer behind the place `after`, and where the next page begins ("" at the end)."""
    wanted = set(kinds)
    shown = [kind for kind in kinds_for(user) if not wanted or kind.key in wanted]
    if not shown:
        return [], ""
    place = Place.read(after) if after else None
    first, *others = [_part(kind, user, customer, place, size) for kind in shown]
    every = first.union(*others, all=True).order_by("-moment", "-row_kind", "-row_key") if others else first
    rows = list(every[: size + 1])
    found = [Happening(at, _kinds[key], _kinds[key].word(facts)) for at, key, _pk, facts in rows[:size]]
    last = rows[size - 1] if len(rows) > size else None
    return found, str(Place(last[0], last[1], last[2])) if last else ""


def _part(kind: Kind, user: Any, customer: Customer, place: Place | None, size: int) -> QuerySet:
    """The next rows of one kind."""
    rows = kind.rows(user, customer).annotate(moment=kind.at)
    if place is not None:
        rows = rows.filter(_behind(kind, place))
    return (
        rows.order_by("-moment", "-pk")
        .annotate(row_kind=Value(kind.key), row_key=F("pk"), told=JSONObject(**kind.facts))
        .values_list("moment", "row_kind", "row_key", "told")[: size + 1]
    )


def _behind(kind: Kind, place: Place) -> Q:
    if kind.key == place.kind:
        return Q(moment__lt=place.at) | Q(moment=place.at, pk__lt=place.key)
    return Q(moment__lte=place.at) if kind.key < place.kind else Q(moment__lt=place.at)
