"""Paging by key: the page after the last row seen, at the same cost at any depth.

PostgreSQL sorts NULL above every value, so it stands last ascending and first descending. Everything below follows
from that one rule, and a descending order is exactly an ascending one read backwards.
"""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import F, Q
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan

from backoffice.generic.base import path_value

NOWHERE = Q(pk__in=[])


class BadCursor(ValueError):
    """The cursor in the address does not belong to this order; the first page is the answer."""


@dataclass(frozen=True)
class Key:
    """One term of an order: a field path or annotation, and its direction."""

    path: str
    descending: bool
    output: models.Field
    nullable: bool

    @property
    def term(self) -> str:
        return f"-{self.path}" if self.descending else self.path

    @property
    def reverse(self) -> "Key":
        return replace(self, descending=not self.descending)


@dataclass
class Slice:
    """The rows of one page, and the cursors of its neighbours ("" where there is none)."""

    rows: list[Any] = field(default_factory=list)
    before: str = ""
    after: str = ""


def keys_of(queryset: models.QuerySet, terms: Sequence[str]) -> list[Key]:
    """Resolve the terms of an order; the last must be a unique column, so that no two rows tie."""
    return [_key(queryset, term) for term in terms]


def _key(queryset: models.QuerySet, term: str) -> Key:
    path = term.removeprefix("-")
    if path in queryset.query.annotations:
        return Key(path, term.startswith("-"), queryset.query.annotations[path].output_field, nullable=True)
    current: Any = queryset.model
    nullable = False
    found: Any = None
    for name in path.split("__"):
        try:
            found = current._meta.pk if name == "pk" else current._meta.get_field(name)
        except FieldDoesNotExist as error:
            raise ValueError(f"{term} is no column of {queryset.model.__name__}") from error
        nullable = nullable or found.null
        current = found.related_model
    return Key(path, term.startswith("-"), getattr(found, "target_field", found), nullable)


def page(
    queryset: models.QuerySet, name: str, terms: Sequence[str], size: int, *, after: str = "", before: str = ""
) -> Slice:
    """The `size` rows behind the cursor `after`, or in front of `before`; the first page without either.

    `name` is the name of the order: a cursor of another order is refused with BadCursor.
    """
    keys = keys_of(queryset, terms)
    if before:
        rows = _beyond(queryset, [key.reverse for key in keys], decode(before, name, keys), size + 1)
        if len(rows) > size:
            return _slice(rows[:size][::-1], name, keys, more_before=True, more_after=True)
        after = ""
    if after:
        rows = _beyond(queryset, keys, decode(after, name, keys), size + 1)
    else:
        rows = list(queryset.order_by(*(key.term for key in keys))[: size + 1])
    return _slice(rows[:size], name, keys, more_before=bool(after), more_after=len(rows) > size)


def neighbours(queryset: models.QuerySet, terms: Sequence[str], obj: Any) -> tuple[Any, Any]:
    """The rows in front of and behind `obj`, a row of `queryset`; None at the ends."""
    keys = keys_of(queryset, terms)
    values = values_of(obj, keys)
    before = _beyond(queryset, [key.reverse for key in keys], values, 1)
    behind = _beyond(queryset, keys, values, 1)
    return (before or [None])[0], (behind or [None])[0]


def _slice(rows: list[Any], name: str, keys: list[Key], *, more_before: bool, more_after: bool) -> Slice:
    if not rows:
        return Slice(rows)
    return Slice(
        rows,
        before=encode(rows[0], name, keys) if more_before else "",
        after=encode(rows[-1], name, keys) if more_after else "",
    )


def _beyond(queryset: models.QuerySet, keys: list[Key], values: list[Any], number: int) -> list[Any]:
    """The next `number` rows behind `values` in the order of `keys`."""
    ordered = queryset.order_by(*(key.term for key in keys))
    rows: list[Any] = []
    for stretch in stretches(keys, values):
        if len(rows) < number:
            rows += ordered.filter(*stretch)[: number - len(rows)]
    return rows


def stretches(keys: list[Key], values: list[Any]) -> list[list[Any]]:
    """Conditions for "behind these values", one for each stretch that an index in this order walks in one go.

    A second stretch begins where the first key turns from values to NULL, or from NULL to values.
    """
    first = keys[0]
    nothing = Q(**{f"{first.path}__isnull": True})
    if values[0] is None:
        ties = [[nothing, behind(keys[1:], values[1:])]] if keys[1:] else []
        something = Q(**{f"{first.path}__isnull": False})
        return [*ties, [something]] if first.descending else ties
    return [[_behind_value(keys, values)], *([[nothing]] if first.nullable and not first.descending else [])]


def _behind_value(keys: list[Key], values: list[Any]) -> Any:
    """Rows behind `values` whose first key is not NULL, as the value of the first key is not.

    Where all keys run the same way this is one comparison of rows, which an index answers directly; else a bound
    on the first key, which `behind` implies, lets the index start at the right place.
    """
    first = keys[0]
    if not any(key.nullable for key in keys[1:]) and {key.descending for key in keys} == {first.descending}:
        return _compare(keys, values)
    return Q(**{f"{first.path}__{'lte' if first.descending else 'gte'}": values[0]}) & behind(keys, values)


def behind(keys: list[Key], values: list[Any]) -> Any:
    """The condition for "behind these values", NULLs and all."""
    if not any(key.nullable for key in keys) and len({key.descending for key in keys}) == 1:
        return _compare(keys, values)
    result = NOWHERE
    ties = Q()
    for key, value in zip(keys, values, strict=True):
        result |= ties & _strictly_behind(key, value)
        ties &= Q(**{f"{key.path}__isnull": True}) if value is None else Q(**{key.path: value})
    return result


def _compare(keys: list[Key], values: list[Any]) -> Any:
    lookup = TupleLessThan if keys[0].descending else TupleGreaterThan
    return lookup(Tuple(*(F(key.path) for key in keys)), tuple(values))


def _strictly_behind(key: Key, value: Any) -> Q:
    if value is None:
        return Q(**{f"{key.path}__isnull": False}) if key.descending else NOWHERE
    result = Q(**{f"{key.path}__{'lt' if key.descending else 'gt'}": value})
    if key.nullable and not key.descending:
        result |= Q(**{f"{key.path}__isnull": True})
    return result


def values_of(obj: Any, keys: list[Key]) -> list[Any]:
    """The values of the keys in `obj`; a relation gives its key."""
    return [_raw(path_value(obj, key.path)) for key in keys]


def _raw(value: Any) -> Any:
    return value.pk if isinstance(value, models.Model) else value


def encode(obj: Any, name: str, keys: list[Key]) -> str:
    """Write the place of `obj` in the order `name` for an address."""
    text = json.dumps([name, *map(_plain, values_of(obj, keys))], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(cursor: str, name: str, keys: list[Key]) -> list[Any]:
    """Read a cursor back; every value is checked against its column, since addresses can be typed."""
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
        data = json.loads(text)
        if not isinstance(data, list) or len(data) != len(keys) + 1 or data[0] != name:
            raise BadCursor(cursor)
        return [_read(key, value) for key, value in zip(keys, data[1:], strict=True)]
    except (ValueError, TypeError, ArithmeticError, RecursionError, ValidationError, binascii.Error) as error:
        raise BadCursor(cursor) from error


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | UUID) else value


def _read(key: Key, value: Any) -> Any:
    if value is None:
        if not key.nullable:
            raise BadCursor(key.path)
        return None
    if isinstance(value, list | dict) or (isinstance(value, str) and "\x00" in value):
        raise BadCursor(key.path)
    read = key.output.to_python(value)
    key.output.run_validators(read)
    return read
