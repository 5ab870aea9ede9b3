"""The differences of two contents for people: section by section, in words, long texts word by word."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.publishing import diff
from backoffice.text_difference import marked

FIELDS = "fields"
SECTIONS = {
    FIELDS: gettext_lazy("Texts and facts"),
    "attributes": gettext_lazy("Attributes"),
    "variants": gettext_lazy("Variants"),
    "media": gettext_lazy("Pictures"),
    "related": gettext_lazy("Related products"),
}
FIRST = ("title", "title_zh")
NAMED = ("variants", "parts", "media", "related")  # lists of things with names of their own
SHORT = 40

Kind = Literal["added", "removed", "changed", "moved"]


@dataclass(frozen=True)
class Change:
    """One difference: what it is about, and both values in words ("" where there is none)."""

    label: str
    kind: Kind
    old: str = ""
    new: str = ""

    @property
    def html(self) -> SafeString:
        """Both values in one, marked with <del> and <ins>; long texts word by word."""
        if self.kind == "changed" and max(_width(self.old), _width(self.new)) > SHORT:
            return marked(self.old, self.new)
        parts = [marked(self.old, "")] if self.old else []
        parts += [marked("", self.new)] if self.new else []
        return format_html("{} → {}", *parts) if len(parts) == 2 else parts[0] if parts else mark_safe("–")


def _width(value: str) -> int:
    """How long a text is for its reader: a Chinese character says as much as three letters."""
    return sum(3 if one > "\u2e80" else 1 for one in value)


@dataclass
class Section:
    key: str
    title: str
    changes: list[Change] = field(default_factory=list)


def changes(
    old: Mapping[str, Any] | None, new: Mapping[str, Any], labels: Mapping[Any, Any] | None = None
) -> list[Section]:
    """What turns `old` into `new`, both contents; empty where nothing differs.

    `labels` name the keys of contents, and give their order; one without a label is spelled out. A label of (key, value)
    is what this value of the key is called.
    """
    names = labels or {}
    found: dict[str, Section] = {}
    places = {name: place for place, name in enumerate(dict.fromkeys([*FIRST, *names]))}
    for one in sorted(diff.changes(old, new), key=lambda one: places.get(one.field, len(places))):
        for change in _worded(one, names):
            is_own = one.field in SECTIONS
            key = one.field if is_own else FIELDS
            found.setdefault(key, Section(key, str(SECTIONS[key]))).changes.append(change)
    return [found[key] for key in SECTIONS if key in found]


def _worded(one: diff.Change, names: Mapping[Any, Any]) -> Iterable[Change]:
    """The change in words; a list of things that came or went as a whole is one change for each of them."""
    things = [value for value in (one.old, one.new) if _are_things(value)]
    if things and len(one.path) == 1 and len(things) == 2 - (one.old is None) - (one.new is None):
        for before, after in ((thing, None) for thing in one.old or []):
            yield _change((*one.path, diff.identity(before)), before, after, names)
        for thing in one.new or []:
            yield _change((*one.path, diff.identity(thing)), None, thing, names)
        return
    yield _change(one.path, one.old, one.new, names)


def _change(path: tuple[str, ...], old: Any, new: Any, names: Mapping[Any, Any]) -> Change:
    is_order = len(path) == 1 and path[0] in NAMED and sorted(map(str, old or [])) == sorted(map(str, new or []))
    if is_order and path[0] == "media":
        old, new = ([str(one).rpartition("/")[2] for one in things] for things in (old or [], new or []))
    before, after = text(old, names, path[-1]), text(new, names, path[-1])
    kind: Kind = "moved" if is_order else "changed" if before and after else "added" if after else "removed"
    return Change(_label(path, names, is_order), kind, before, after)


def _label(path: tuple[str, ...], names: Mapping[Any, Any], is_order: bool) -> str:
    """ "TEA-1 · Barcode", "Colour", "Order"."""
    if is_order:
        return _("Order")
    inner = path[1:] if path[0] in SECTIONS and len(path) > 1 else path
    first = inner[0].rpartition("/")[2] if path[0] == "media" else inner[0]
    parts = [first, *inner[1:]]
    above = (path[0], *parts)
    return (
        " · ".join(
            part if above[place] in NAMED and len(path) > 1 else _name(part, names) for place, part in enumerate(parts)
        )
        or "–"
    )


def _name(key: str, names: Mapping[Any, Any]) -> str:
    return capfirst(str(names.get(key) or key.replace("_", " ")))


def _are_things(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, Mapping) for one in value)


def text(value: Any, names: Mapping[Any, Any], key: str = "") -> str:
    """A value of `key` in words: things with their parts, lists with commas."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Mapping):
        parts = ((name, text(part, names, name)) for name, part in value.items())
        return ", ".join(f"{_name(name, names)}: {part}" for name, part in parts if part)
    if isinstance(value, list | tuple):
        return ", ".join(part for one in value if (part := text(one, names)))
    return str(names.get((key, value), value))
