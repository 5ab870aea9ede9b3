"""One search for the page and the command bar, over the providers that modules register."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from backoffice import references

_providers: dict[str, "Provider"] = {}


@dataclass(frozen=True)
class Hit:
    """One line of a result."""

    title: str
    subtitle: str
    url: str


class Provider:
    """Finds rows of one kind. Subclasses set the class attributes and `find`; at most `limit` rows, best first."""

    key: ClassVar[str]
    label: ClassVar[Any]
    permission: ClassVar[str]

    def find(self, user: Any, text: str, limit: int) -> Iterable[Hit]:
        raise NotImplementedError


def register(provider: type[Provider]) -> type[Provider]:
    _providers[provider.key] = provider()
    return provider


def search(user: Any, text: str, limit: int = 5) -> list[tuple[Any, list[Hit]]]:
    """Hits of every provider that `user` may use, as (label, hits); an exact reference comes first and alone."""
    text = text.replace("\x00", "").strip()
    if not text:
        return []
    exact = references.resolve(text, user)
    if exact is not None:
        return [(exact._meta.verbose_name, [Hit(str(exact), "", exact.get_absolute_url())])]  # type: ignore[attr-defined]
    groups = []
    for provider in _providers.values():
        if user.has_perm(provider.permission):
            hits = list(provider.find(user, text, limit))
            if hits:
                groups.append((provider.label, hits))
    return groups
