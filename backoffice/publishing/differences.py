"""What differs between two contents, for people: by section, item by item, long texts word by word."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.text_difference import marked

FIELDS = "fields"
SECTIONS = {
    FIELDS: gettext_lazy("Texts and facts"),
    "attributes": gettext_lazy("Attributes"),
    "options": gettext_lazy("Options"),
    "variants": gettext_lazy("Variants"),
    "media": gettext_lazy("Pictures"),
    "related": gettext_lazy("Related products"),
}
NAMES = ("sku", "file", "url", "handle", "slug", "code", "key", "name", "title", "id")
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
        if self.old and self.new and max(len(self.old), len(self.new)) > SHORT:
            return marked(self.old, self.new)
        parts = [marked(self.old, "")] if self.old else []
        parts += [marked("", self.new)] if self.new else []
        return format_html("{} → {}", *parts) if len(parts) == 2 else parts[0] if parts else mark_safe("–")


@dataclass
class Section:
    key: str
    title: str
    changes: list[Change] = field(default_factory=list)


def changes(old: Mapping[str, Any], new: Mapping[str, Any], labels: Mapping[str, Any] | None = None) -> list[Section]:
    """What turns `old` into `new`, both contents, section by section; empty where nothing differs.

    Lists of things are matched by what names a thing: variants by SKU, pictures by file or address. `labels` names the
    keys of contents; one without a label is spelled out.
    """
    names = labels or {}
    found: dict[str, Section] = {}
    for key in _keys(old, new):
        before, after = old.get(key), new.get(key)
        if before == after and type(before) is type(after):
            continue
        own = key in SECTIONS or _has_things(before) or _has_things(after) or isinstance(before or after, Mapping)
        place = key if own else FIELDS
        section = found.setdefault(place, Section(place, str(SECTIONS.get(place) or _label(place, names))))
        section.changes += _compared("" if own else _label(key, names), before, after, names)
    order = list(SECTIONS)
    return sorted(
        (section for section in found.values() if section.changes),
        key=lambda section: order.index(section.key) if section.key in order else len(order),
    )


def whole(content: Mapping[str, Any], labels: Mapping[str, Any] | None = None) -> list[Section]:
    """A content as it stands, in the same form: everything is new."""
    return changes({}, {key: value for key, value in content.items() if value not in (None, "", [], {})}, labels)


def _compared(label: str, old: Any, new: Any, names: Mapping[str, Any]) -> Iterator[Change]:
    if old == new and type(old) is type(new):
        return
    if isinstance(old or new, Mapping) and all(value is None or isinstance(value, Mapping) for value in (old, new)):
        before, after = old or {}, new or {}
        for key in _keys(before, after):
            yield from _compared(_within(label, _label(key, names)), before.get(key), after.get(key), names)
        return
    if _has_things(old) or _has_things(new):
        yield from _things(label, _list(old), _list(new), names)
        return
    before, after = text(old, names), text(new, names)
    if before or after:
        kind: Kind = "changed" if before and after else "added" if after else "removed"
        yield Change(label or _("Value"), kind, before, after)


def _things(label: str, old: Sequence[Any], new: Sequence[Any], names: Mapping[str, Any]) -> Iterator[Change]:
    """Differences of two lists of things: those that came, went, changed, and another order of those that stayed."""
    before, after = _named(old), _named(new)
    for key, thing in before.items():
        title = _within(label, key[0])
        if key in after:
            yield from _compared(title, thing, after[key], names)
        else:
            yield Change(title, "removed", old=text(thing, names) or "–")
    for key, thing in after.items():
        if key not in before:
            yield Change(_within(label, key[0]), "added", new=text(thing, names) or "–")
    stayed = [key for key in before if key in after]
    if (order := [key for key in after if key in before]) != stayed:
        was, now = (", ".join(key[0] for key in keys) for keys in (stayed, order))
        yield Change(_within(label, _("Order")), "moved", was, now)


def _named(things: Sequence[Any]) -> dict[tuple[str, int], Any]:
    """Things by name, and which of its name each is."""
    found: dict[tuple[str, int], Any] = {}
    for thing in things:
        name = _name(thing)
        number = 0
        while (name, number) in found:
            number += 1
        found[name, number] = thing
    return found


def _name(thing: Any) -> str:
    if not isinstance(thing, Mapping):
        return text(thing, {})
    return next((str(thing[key]) for key in NAMES if thing.get(key) not in (None, "")), "–")


def _has_things(value: Any) -> bool:
    return isinstance(value, list | tuple) and any(isinstance(one, Mapping) for one in value)


def _list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [] if value in (None, "") else [value]


def _keys(*contents: Mapping[str, Any]) -> list[str]:
    """Every key, in the order of the latter content, then those that it lacks."""
    return list(dict.fromkeys([*contents[1], *contents[0]]))


def _label(key: str, names: Mapping[str, Any]) -> str:
    return capfirst(str(names.get(key) or key.replace("_", " ")))


def _within(label: str, part: str) -> str:
    return f"{label} · {part}" if label else part


def text(value: Any, names: Mapping[str, Any]) -> str:
    """A value in words: things with their parts, lists with commas."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, Mapping):
        parts = ((key, text(part, names)) for key, part in value.items())
        return ", ".join(f"{_label(key, names)}: {part}" for key, part in parts if part)
    if isinstance(value, list | tuple):
        return ", ".join(text(one, names) for one in value)
    return str(value)
