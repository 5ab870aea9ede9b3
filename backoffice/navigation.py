"""The side navigation: modules register their entries, everyone sees what they may use.

navigation.register("orders", _("Orders"), "orders:list", permission="orders.view_order", order=10, icon="cart", jump="o")
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from django.urls import get_script_prefix, reverse
from django.utils.translation import gettext_lazy as _

SECTIONS = {
    "orders": _("Orders"),
    "catalog": _("Catalog"),
    "inventory": _("Inventory"),
    "customers": _("Customers"),
    "support": _("Support"),
    "content": _("Content"),
    "system": _("System"),
}


@dataclass(frozen=True)
class Entry:
    """A line of the navigation; `jump` is the second key of its `G` shortcut."""

    section: str
    label: Any
    url_name: str
    permission: str | tuple[str, ...] = ""
    order: int = 100
    icon: str = "dot"
    jump: str = ""

    def allowed(self, user: Any) -> bool:
        """Whether `user` holds the permission; of several, any one is enough."""
        needed = (self.permission,) if isinstance(self.permission, str) else self.permission
        return not any(needed) or any(user.has_perm(name) for name in needed)


@dataclass(frozen=True)
class Link:
    label: Any
    url: str
    icon: str
    jump: str
    current: bool


@dataclass(frozen=True)
class Section:
    key: str
    label: Any
    links: list[Link] = field(default_factory=list)

    @property
    def current(self) -> bool:
        return any(link.current for link in self.links)


_entries: dict[tuple[str, str], Entry] = {}


def register(
    section: str,
    label: Any,
    url_name: str,
    permission: str | tuple[str, ...] = "",
    order: int = 100,
    icon: str = "dot",
    jump: str = "",
) -> Entry:
    """Add an entry; the same section and address again replaces it."""
    if section not in SECTIONS:
        raise ValueError(f"no navigation section {section!r}; there are {', '.join(SECTIONS)}")
    entry = Entry(section, label, url_name, permission, order, icon, jump)
    _entries[section, url_name] = entry
    return entry


def sections(user: Any, path: str) -> list[Section]:
    """The navigation of `user`, the entry that `path` belongs to marked as current."""
    found = list(_visible(user))
    current = max((url for _entry, url in found if _is_under(path, url)), key=len, default="")
    result = []
    for key, label in SECTIONS.items():
        links = [Link(e.label, url, e.icon, e.jump, url == current) for e, url in found if e.section == key]
        if links:
            result.append(Section(key, label, links))
    return result


def _visible(user: Any) -> Iterator[tuple[Entry, str]]:
    """Entries that `user` may use, with their addresses."""
    allowed = [entry for entry in _entries.values() if entry.allowed(user)]
    for entry in sorted(allowed, key=lambda e: (e.order, str(e.label))):
        yield entry, _address(entry.url_name, get_script_prefix())


@cache
def _address(url_name: str, prefix: str) -> str:
    """Every page shows some fifty; they never change under the same `prefix`."""
    return reverse(url_name)


def _is_under(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url if url.endswith("/") else f"{url}/"))
