"""Panels that an upper module shows on a lower module's page, such as a customer's orders."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import models


@dataclass(frozen=True)
class Panel:
    """A titled box: either `columns` and `rows` (cells may be (text, url) pairs), or a `template` with `context`.

    `numbers`: places of the columns that stand right; on a phone, where the head is hidden, they carry its words along.
    """

    title: Any
    columns: Sequence[Any] = ()
    rows: Sequence[Sequence[Any]] = ()
    numbers: Sequence[int] = ()
    empty: Any = ""
    url: str = ""
    template: str = ""
    context: Mapping[str, Any] = field(default_factory=dict)

    @property
    def heads(self) -> list[tuple[Any, bool]]:
        """(title, is a number) of every column."""
        return [(title, place in self.numbers) for place, title in enumerate(self.columns)]

    @property
    def table(self) -> list[list[tuple[Any, Any]]]:
        """The rows as (cell, title of a column of numbers or "")."""
        titles = [title if is_number else "" for title, is_number in self.heads]
        return [list(zip(row, titles or [""] * len(row), strict=True)) for row in self.rows]


Builder = Callable[[Any, Any], Panel | None]
_panels: dict[str, list[tuple[int, str, Builder]]] = {}


def register(label: str, *, permission: str, order: int = 100) -> Callable[[Builder], Builder]:
    """Show the panel on pages of the model `label` ("customers.customer") to those who hold `permission`."""

    def decorate(build: Builder) -> Builder:
        _panels.setdefault(label, []).append((order, permission, build))
        return build

    return decorate


def panels_for(user: Any, obj: models.Model) -> list[Panel]:
    found = sorted(_panels.get(obj._meta.label_lower, []), key=lambda entry: entry[0])
    built = (build(user, obj) for _, permission, build in found if user.has_perm(permission))
    return [panel for panel in built if panel is not None]
