"""Filters of products by their attributes, made of the definitions: those of the category that is filtered by.

Equality is answered by the index of the attributes, ranges of numbers and dates by that of IndexedAttribute.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from catalog.models import AttributeDefinition, AttributeKind, Category, IndexedAttribute
from catalog.services import FIELD

EPOCH = date(2000, 1, 1)
SUFFIXES = ("_min", "_max", "_after", "_before")


class _Attribute:
    """A filter of one attribute; `code` is set by `filter_of`."""

    code = ""

    def same(self, values: Iterable[Any]) -> Q:
        return reduce(or_, (Q(attributes__contains={self.code: value}) for value in values))


class TextFilter(_Attribute, django_filters.CharFilter):
    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs.filter(self.same([value])) if value else qs


class YesNoFilter(_Attribute, django_filters.BooleanFilter):
    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs if value is None else qs.filter(self.same([value]))


class ChoiceFilter(_Attribute, generic.AnyOfFilter):
    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs.filter(self.same(value)) if value else qs


class ChoicesFilter(_Attribute, generic.AnyOfFilter):
    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs.filter(self.same([one] for one in value)) if value else qs


class NumberFilter(_Attribute, generic.NumberRangeFilter):
    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return between(qs, self.code, value.start, value.stop) if value else qs


class DayFilter(_Attribute, generic.DateRangeFilter):
    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return between(qs, self.code, _days(value.start), _days(value.stop)) if value else qs


def between(products: QuerySet, code: str, low: Any, high: Any) -> QuerySet:
    """Products whose number under `code` is between two, both optional."""
    found = IndexedAttribute.objects.filter(code=code)
    found = found if low is None else found.filter(number__gte=low)
    found = found if high is None else found.filter(number__lte=high)
    return products.filter(pk__in=found.order_by().values("product"))


def _days(moment: datetime | None) -> int | None:
    return None if moment is None else (localtime(moment).date() - EPOCH).days


FILTERS: dict[str, type[Any]] = {
    AttributeKind.TEXT: TextFilter,
    AttributeKind.NUMBER: NumberFilter,
    AttributeKind.BOOLEAN: YesNoFilter,
    AttributeKind.CHOICE: ChoiceFilter,
    AttributeKind.CHOICES: ChoicesFilter,
    AttributeKind.DATE: DayFilter,
}


def filter_of(definition: AttributeDefinition) -> django_filters.Filter:
    label = f"{definition.title} ({definition.unit})" if definition.unit else definition.title
    more = {"choices": list(definition.labels.items())} if definition.has_choices else {}
    found = FILTERS[definition.kind](label=label, **more)
    found.code = definition.code
    return found  # type: ignore[no-any-return]


def definitions_for(data: Mapping[str, Any]) -> dict[str, AttributeDefinition]:
    """By name of the filter: filterable definitions of the category in `data`, and what `data` filters by besides."""
    named = {_code(name) for name in data if name.startswith(FIELD)}
    category = category_in(data.get("category") or "")
    if not named and category is None:
        return {}
    every = AttributeDefinition.objects.filter(is_filterable=True)
    wanted = list(every.of_path(category)) if category else []
    if others := named - {one.code for one in wanted}:
        wanted += every.filter(code__in=others).in_order()
    found: dict[str, AttributeDefinition] = {}
    for definition in wanted:
        found.setdefault(FIELD + definition.code, definition)
    return found


def _code(name: str) -> str:
    suffix = next((one for one in SUFFIXES if name.endswith(one)), "")
    return name.removeprefix(FIELD).removesuffix(suffix)


def category_in(text: str) -> Category | None:
    """The category that a lookup holds: by key, or by its whole path."""
    key = text.removeprefix("#")
    if text.startswith("#"):
        return (
            Category.objects.filter(pk=int(key)).first() if key.isascii() and key.isdigit() and len(key) < 19 else None
        )
    return Category.objects.filter(path__iexact=text.replace("\x00", "")).first() if text else None


class AttributeFilterSet(django_filters.FilterSet):
    """A FilterSet of products that also filters by attribute: `attributes.CODE`, ranges with _min, _max, _after, _before."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        self.definitions = definitions_for(data or {})
        for name, definition in self.definitions.items():
            self.filters[name] = found = filter_of(definition)
            found.parent, found.model = self, self._meta.model


DOCUMENTED = {
    "name": f"{FIELD}CODE",
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": str(_("Value of an attribute, by its code; numbers take _min and _max, dates _after and _before.")),
}
