"""Personal data for those who may not see it: every row that `visible_to` hands them is masked as it is read.

A model names its personal fields in PERSONAL; rows joined in by `select_related` are masked with it. Upper modules
give their own querysets `MaskingQuerySet` as a base, so that a customer joined to an order is masked too.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Self

from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models.query import ModelIterable

from backoffice.rows import VisibleQuerySet

PERMISSION = "customers.view_personal_data"
HIDDEN = "•••"


def may_see(user: Any) -> bool:
    """Whether `user` reads names, addresses and contacts in full."""
    return bool(user.has_perm(PERMISSION))


def name(text: str) -> str:
    """ "Jane Doe" -> "J… D…"."""
    return " ".join(f"{part[0]}…" for part in text.split())


def email(text: str) -> str:
    """ "jane@example.com" -> "j***@e***.com"."""
    local, at, domain = text.rpartition("@")
    host, dot, end = domain.rpartition(".")
    return f"{local[:1]}***@{host[:1]}***{dot}{end}" if at else HIDDEN


def phone(text: str) -> str:
    """ "+49 30 123456" -> "+49•••56"."""
    digits = "".join(sign for sign in text if sign.isdigit() or sign == "+")
    return f"{digits[:3]}{HIDDEN}{digits[-2:]}" if len(digits) > 6 else HIDDEN


def contact(text: str) -> str:
    return email(text) if "@" in text else phone(text)


def text(value: str) -> str:
    return HIDDEN if value else ""


def values(found: dict[str, Any]) -> dict[str, Any]:
    """Values by code; that there is one may be known."""
    return dict.fromkeys(found, HIDDEN)


CONTACTS = re.compile(r"[^\s<>@\"']+@[^\s<>@\"']+\.\w+|\+?\d[\d\s()/.-]{6,}\d")


def contacts_in(value: str) -> str:
    """A text of several sentences without the e-mail addresses and phone numbers in it."""
    return CONTACTS.sub(lambda found: contact(found[0]), value)


class Personal(models.Model):
    """A row with personal data. A masked one can be shown but never saved."""

    PERSONAL: ClassVar[Mapping[str, Callable[[Any], Any]]] = {}

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.is_masked:
            raise PermissionDenied
        super().save(*args, **kwargs)

    @property
    def is_masked(self) -> bool:
        return "_masked" in self.__dict__


def mask(obj: models.Model) -> models.Model:
    """Mask what `obj` and the rows joined to it have loaded; fields read later from the database do not exist here."""
    if "_masked" in obj.__dict__:
        return obj
    for field, hide in getattr(obj, "PERSONAL", {}).items():
        if value := obj.__dict__.get(field):
            obj.__dict__[field] = hide(value)
    obj.__dict__["_masked"] = True
    for related in obj._state.fields_cache.values():
        if isinstance(related, models.Model):
            mask(related)
    return obj


class MaskedIterable(ModelIterable):
    @staticmethod
    def hides(model: type[models.Model], name: str) -> bool:
        """Whether rows come with this field masked; exports read such fields through here."""
        return name in getattr(model, "PERSONAL", {})

    def __iter__(self) -> Iterator[Any]:
        for obj in super().__iter__():
            yield mask(obj)


class MaskingQuerySet(VisibleQuerySet):
    """`visible_to` gives rows as this user may see them."""

    def visible_to(self, user: Any) -> Self:
        rows = super().visible_to(user)
        if not may_see(user):
            rows._iterable_class = MaskedIterable  # type: ignore[assignment]
        return rows
