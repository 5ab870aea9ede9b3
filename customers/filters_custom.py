"""Filters of customers by their custom fields, made of the definitions: `custom.CODE`, ranges with _min, _max, _after, _before.

Equality is answered by the indexes of the two columns, ranges of numbers and dates by IndexedCustom.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from functools import reduce
from operator import or_
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from django.utils.timezone import localtime
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from customers import masking
from customers.models import CustomField, IndexedCustom
from customers.services.custom import FIELD

EPOCH = date(2000, 1, 1)
KEPT = "_custom_fields"


def fields_for(request: Any) -> Sequence[CustomField]:
    """Fields that whoever asks may filter and sort lists by; read once a request."""
    if request is None:
        return list(CustomField.objects.live())
    if not hasattr(request, KEPT):
        every = CustomField.objects.live()
        setattr(request, KEPT, list(every if masking.may_see(request.user) else every.filter(is_personal=False)))
    return getattr(request, KEPT)  # type: ignore[no-any-return]


class _Custom:
    """A filter of one field; `of` is set by `filter_of`."""

    of: CustomField

    def same(self, customers: QuerySet, values: Iterable[Any]) -> QuerySet:
        """The second condition is that of the index."""
        column = self.of.column
        wanted = reduce(or_, (Q(**{f"{column}__contains": {self.of.code: value}}) for value in values))
        return customers.filter(wanted).exclude(**{column: {}})

    def between(self, customers: QuerySet, low: Any, high: Any) -> QuerySet:
        found = IndexedCustom.objects.filter(code=self.of.code)
        found = found if low is None else found.filter(number__gte=low)
        found = found if high is None else found.filter(number__lte=high)
        return customers.filter(pk__in=found.order_by().values("customer"))


class TextFilter(_Custom, django_filters.CharFilter):
    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return self.same(qs, [value.replace("\x00", "")]) if value else qs


class YesNoFilter(_Custom, django_filters.BooleanFilter):
    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs if value is None else self.same(qs, [value])


class ChoiceFilter(_Custom, generic.AnyOfFilter):
    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return self.same(qs, value) if value else qs


class NumberFilter(_Custom, generic.NumberRangeFilter):
    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return self.between(qs, value.start, value.stop) if value else qs


class DayFilter(_Custom, generic.DateRangeFilter):
    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return self.between(qs, _days(value.start), _days(value.stop)) if value else qs


def _days(moment: datetime | None) -> int | None:
    return None if moment is None else (localtime(moment).date() - EPOCH).days


FILTERS: dict[str, type[Any]] = {
    CustomField.Kind.TEXT: TextFilter,
    CustomField.Kind.NUMBER: NumberFilter,
    CustomField.Kind.BOOLEAN: YesNoFilter,
    CustomField.Kind.CHOICE: ChoiceFilter,
    CustomField.Kind.DATE: DayFilter,
}


def filter_of(field: CustomField) -> django_filters.Filter:
    more = {"choices": list(field.labels.items())} if field.has_choices else {}
    found = FILTERS[field.kind](label=field.title, **more)
    found.of = field
    return found  # type: ignore[no-any-return]


class CustomFilterSet(django_filters.FilterSet):
    """A FilterSet of customers that also filters by their custom fields."""

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(data, *args, **kwargs)
        for field in fields_for(self.request):
            self.filters[FIELD + field.code] = found = filter_of(field)
            found.parent, found.model = self, self._meta.model


DOCUMENTED = {
    "name": f"{FIELD}CODE",
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": str(
        _("Value of a custom field, by its code; numbers take _min and _max, dates _after and _before.")
    ),
}


class FieldFilter(django_filters.FilterSet):
    """Of the definitions."""

    archived = django_filters.BooleanFilter(
        field_name="archived_at", lookup_expr="isnull", exclude=True, label=_("Archived")
    )
    kind = django_filters.ChoiceFilter(choices=CustomField.Kind.choices)

    class Meta:
        model = CustomField
        fields: list[str] = []
