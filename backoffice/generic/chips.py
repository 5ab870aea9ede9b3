"""What a filtered list says about its filters: one removable chip for each."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import django_filters
from django import forms
from django.db import models
from django.utils import formats, timezone
from django.utils.translation import gettext as _

EMPTY: tuple[Any, ...] = ("", None, [], (), {})


@dataclass(frozen=True)
class Chip:
    label: str
    value: str
    url: str


def chips(filterset: django_filters.FilterSet, link: Callable[..., str]) -> list[Chip]:
    """Chips of the filters that are set and right; `link(name=None)` gives the address without one."""
    if not filterset.form.is_bound:
        return []
    filterset.form.is_valid()
    return [
        Chip(str(filterset.form[name].label), text, link(**dict.fromkeys(parameters(filterset.form, name))))
        for name, value in filterset.form.cleaned_data.items()
        if (text := value_text(filterset.form.fields[name], value))
    ]


def parameters(form: forms.BaseForm, name: str) -> list[str]:
    """Names in the address that belong to a field: a range has two."""
    prefixed = form.add_prefix(name)
    widget = form.fields[name].widget
    if isinstance(widget, forms.MultiWidget):
        return [
            prefixed,
            *(f"{prefixed}{suffix}" for suffix in getattr(widget, "widgets_names", [])),
            *_suffixed(widget, prefixed),
        ]
    return [prefixed]


def _suffixed(widget: Any, name: str) -> list[str]:
    return [f"{name}_{suffix}" for suffix in getattr(widget, "suffixes", []) if suffix]


def value_text(field: forms.Field, value: Any) -> str:
    """A filter's value in words, "" when it filters nothing."""
    if isinstance(value, slice):
        return _range_text(value)
    if isinstance(value, models.QuerySet):
        return ", ".join(str(row) for row in value)
    if value in EMPTY:
        return ""
    choices = getattr(field, "choices", None)
    if choices is not None and not isinstance(value, models.Model):
        wanted = {str(part) for part in (value if isinstance(value, list | tuple) else [value])}
        return ", ".join(label for key, label in _flat(choices) if key in wanted) or _plain(value)
    if isinstance(value, list | tuple):
        return ", ".join(_plain(part) for part in value)
    return _plain(value)


def _flat(choices: Iterable[Any]) -> Iterable[tuple[str, str]]:
    for key, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(key), str(label)


def _range_text(value: slice) -> str:
    low, high = value.start, value.stop
    if low in EMPTY and high in EMPTY:
        return ""
    if high in EMPTY:
        return _("from %(low)s") % {"low": _plain(low)}
    if low in EMPTY:
        return _("up to %(high)s") % {"high": _plain(high)}
    return _("%(low)s to %(high)s") % {"low": _plain(low), "high": _plain(high)}


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, datetime):
        return formats.date_format(
            timezone.localtime(value) if timezone.is_aware(value) else value, "SHORT_DATE_FORMAT"
        )
    if isinstance(value, date):
        return formats.date_format(value, "SHORT_DATE_FORMAT")
    return str(value)
