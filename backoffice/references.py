"""Text references between modules: "SO-1042" becomes a link to whatever the upper module registered for it."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

_kinds: dict[str, "Kind"] = {}
PATTERN = re.compile(r"\b([A-Z]{2,4})-(\d[\d-]*\d|\d)\b")


@dataclass(frozen=True)
class Kind:
    """A numbered document: its prefix, its model and the field that holds the whole number."""

    prefix: str
    model: type[models.Model]
    field: str
    instead: Callable[[models.QuerySet, str], models.Model | None] | None = None


def register(
    *,
    prefix: str,
    model: type[models.Model],
    field: str = "number",
    instead: Callable[[models.QuerySet, str], models.Model | None] | None = None,
) -> None:
    """Let "<prefix>-12" lead to the row of `model`; `instead(rows, number)` finds what took the place of one that is gone."""
    _kinds[prefix] = Kind(prefix, model, field, instead)


def resolve(text: str, user: Any) -> models.Model | None:
    """The document that `text` names, if it exists and `user` may see it."""
    match = PATTERN.fullmatch(text.strip().upper())
    kind = _kinds.get(match[1]) if match else None
    if kind is None:
        return None
    rows, number = kind.model.objects.visible_to(user), text.strip().upper()  # type: ignore[attr-defined]
    found: models.Model | None = rows.filter(**{kind.field: number}).first()
    return kind.instead(rows, number) if found is None and kind.instead else found


def linked(text: str, url: str = "/go/") -> SafeString:
    """Escape `text` and link every reference in it of a registered prefix; the link resolves when followed."""
    parts: list[SafeString] = []
    position = 0
    for match in PATTERN.finditer(text):
        if match[1] not in _kinds:
            continue
        parts.append(conditional_escape(text[position : match.start()]))
        parts.append(format_html('<a href="{}{}/">{}</a>', url, match[0], match[0]))
        position = match.end()
    parts.append(conditional_escape(text[position:]))
    return mark_safe("".join(parts))  # noqa: S308 - every part is escaped above
