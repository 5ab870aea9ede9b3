"""What differs between two contents, field by field."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

IDENTITIES = ("sku", "file", "url", "handle", "name")


@dataclass(frozen=True)
class Change:
    """One difference. `path` leads there: ("title",), ("variants", "TEA-1", "barcode"), ("attributes", "colour").

    `old` is None of what was added, `new` of what was removed. A list whose entries have another order, and are the same
    otherwise, is one change of the names of its entries.
    """

    path: tuple[str, ...]
    old: Any
    new: Any

    @property
    def field(self) -> str:
        return self.path[0]


def changes(old_content: Mapping[str, Any] | None, new_content: Mapping[str, Any]) -> list[Change]:
    """The differences, in the order of the new content; of nothing to something, every field that says anything."""
    return list(_of_mapping(old_content or {}, new_content, ()))


def _of_mapping(old: Mapping[str, Any], new: Mapping[str, Any], path: tuple[str, ...]) -> Iterator[Change]:
    for name in [*new, *(name for name in old if name not in new)]:
        yield from _of_value(old.get(name), new.get(name), (*path, name))


def _of_value(old: Any, new: Any, path: tuple[str, ...]) -> Iterator[Change]:
    if old == new or (_is_blank(old) and _is_blank(new)):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        yield from _of_mapping(old, new, path)
    elif _has_names(old) and _has_names(new) and (old or new):
        yield from _of_list(old or [], new or [], path)
    else:
        yield Change(path, old, new)


def _is_blank(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _has_names(value: Any) -> bool:
    """Whether this is a list of entries that can be told apart; nothing at all is one as well."""
    if value is None:
        return True
    if not isinstance(value, list) or not all(isinstance(entry, Mapping) for entry in value):
        return False
    names = [identity(entry) for entry in value]
    return all(names) and len(set(names)) == len(names)


def identity(entry: Mapping[str, Any]) -> str:
    """What an entry of a list is called: the SKU of a variant, the file or address of a picture."""
    return next((str(entry[key]) for key in IDENTITIES if entry.get(key)), "")


def _of_list(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], path: tuple[str, ...]
) -> Iterator[Change]:
    before = {identity(entry): entry for entry in old}
    after = {identity(entry): entry for entry in new}
    for name, entry in after.items():
        if name in before:
            yield from _of_mapping(before[name], entry, (*path, name))
        else:
            yield Change((*path, name), None, dict(entry))
    for name, entry in before.items():
        if name not in after:
            yield Change((*path, name), dict(entry), None)
    stayed = [name for name in before if name in after]
    if stayed != (now := [name for name in after if name in before]):
        yield Change(path, stayed, now)
