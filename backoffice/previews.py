"""Pages of content that is not public yet, for who has a signed link: how the public would see it.

@previews.register("catalog.product", template="catalog/preview.html")
def facts(content):
    return {"prices": ...}          # what the template needs besides `content`
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone

SALT = "preview"
Facts = Callable[[Mapping[str, Any]], Mapping[str, Any]]


@dataclass(frozen=True)
class Preview:
    template: str
    facts: Facts


@dataclass(frozen=True)
class Link:
    """What a link shows: the working copy of a subject as it is, or one revision of it."""

    kind: str
    key: int
    revision: int = 0

    @property
    def url(self) -> str:
        """Address that works for a while from now, without signing in."""
        return reverse("preview:page", args=[signing.dumps([self.kind, self.key, self.revision], salt=SALT)])

    @property
    def until(self) -> Any:
        return timezone.now() + timedelta(days=settings.PREVIEW_DAYS)


_previews: dict[str, Preview] = {}


def register(kind: str, *, template: str) -> Callable[[Facts], Facts]:
    """Show content of the subject_type `kind` by `template`."""

    def decorate(facts: Facts) -> Facts:
        _previews[kind] = Preview(template, facts)
        return facts

    return decorate


def of(kind: str) -> Preview:
    return _previews[kind]


def read(signed: str) -> Link:
    """What a signed link names. Raises SignatureExpired, or BadSignature for a wrong one."""
    return Link(*signing.loads(signed, salt=SALT, max_age=timedelta(days=settings.PREVIEW_DAYS)))
