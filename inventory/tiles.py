"""What can be done with a handheld; modules above add theirs.

tiles.register(_("Pick"), "orders:picking", permission="orders.fulfil_order", icon="cart", order=30, waiting=waiting)
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Tile:
    """A large button of the start page. `waiting` gives the documents that wait for this, as the user sees them."""

    label: Any
    url_name: str
    permission: str
    icon: str
    order: int
    waiting: Callable[[Any], Any] | None = None


_tiles: dict[str, Tile] = {}


def register(
    label: Any,
    url_name: str,
    *,
    permission: str,
    icon: str,
    order: int,
    waiting: Callable[[Any], Any] | None = None,
) -> Tile:
    """Add a tile; the same address again replaces it."""
    _tiles[url_name] = Tile(label, url_name, permission, icon, order, waiting)
    return _tiles[url_name]


def of(user: Any) -> list[Tile]:
    """The tiles that `user` may use, in their order."""
    return [tile for tile in sorted(_tiles.values(), key=lambda one: one.order) if user.has_perm(tile.permission)]
