"""Filters for ranges, with native controls: `placed_at = generic.DateRangeFilter()`, `total = generic.NumberRangeFilter()`.

In the address: `?placed_at_after=2026-01-01&placed_at_before=2026-01-31`, `?total_min=10&total_max=20`.
"""

from typing import Any

import django_filters
from django import forms
from django.conf import settings
from django.db.models import QuerySet
from django_filters.fields import DateRangeField, RangeField
from django_filters.widgets import BooleanWidget, SuffixedMultiWidget


class _RangeWidget(SuffixedMultiWidget):
    template_name = "components/_range.html"

    def decompress(self, value: Any) -> list[Any]:
        return [value.start, value.stop] if value else [None, None]


class DateRangeWidget(_RangeWidget):
    suffixes = ["after", "before"]

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__([forms.DateInput(), forms.DateInput()], attrs)


class NumberRangeWidget(_RangeWidget):
    suffixes = ["min", "max"]

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        number = {"inputmode": "decimal"}
        super().__init__([forms.TextInput(number), forms.TextInput(number)], attrs)


class _DateRangeField(DateRangeField):
    widget = DateRangeWidget


class _NumberRangeField(RangeField):
    widget = NumberRangeWidget


class AnyYesNo(BooleanWidget):
    """A choice of yes and no in which the answer left open is called as everywhere, and is empty in the address."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__(attrs)
        self.choices[0] = ("", settings.FILTERS_EMPTY_CHOICE_LABEL)


class DateRangeFilter(django_filters.DateFromToRangeFilter):
    """From the start of one day to the end of another, both optional."""

    field_class = _DateRangeField


class NumberRangeFilter(django_filters.RangeFilter):
    """Between two numbers, both optional."""

    field_class = _NumberRangeField


class AnyOfFilter(django_filters.MultipleChoiceFilter):
    """One of several values of a column of the row itself: nothing is doubled, so nothing has to be made distinct."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, distinct=False, **{"widget": forms.CheckboxSelectMultiple, **kwargs})

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs.filter(**{f"{self.field_name}__in": value}) if value else qs
