"""Choosing one record out of many: a text control with suggestions instead of a list of every choice.

The model names what people search by: `lookup_fields = ("number", "name")` on the class (by default those of number,
sku, handle, code, name, title and email that it has), or its queryset has `search(text)`. Without JavaScript the typed
text is searched when the form is sent.
"""

from collections.abc import Sequence
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from backoffice.generic.base import visible

USUAL_FIELDS = ("number", "sku", "handle", "code", "name", "title", "email")
LIMIT = 10


def fields_of(model: type[models.Model]) -> Sequence[str]:
    """What people search this model by."""
    declared: Sequence[str] | None = getattr(model, "lookup_fields", None)
    return declared or [name for name in USUAL_FIELDS if _has_text_field(model, name)]


def _has_text_field(model: type[models.Model], name: str) -> bool:
    try:
        return isinstance(model._meta.get_field(name), models.CharField | models.TextField | models.SlugField)
    except FieldDoesNotExist:
        return False


def search(queryset: Any, text: str) -> models.QuerySet:
    """Rows that `text` stands in, by the model's own search where it has one."""
    text = text.replace("\x00", "").strip()
    if hasattr(queryset, "search"):
        return queryset.search(text)
    condition = Q(pk__in=[])
    for name in fields_of(queryset.model):
        condition |= Q(**{f"{name}__icontains": text})
    return queryset.filter(condition)


def exact(queryset: models.QuerySet, text: str) -> models.QuerySet:
    """Rows that are called exactly `text`, whatever its case."""
    condition = Q(pk__in=[])
    for name in fields_of(queryset.model):
        condition |= Q(**{f"{name}__iexact": text.replace("\x00", "").strip()})
    return queryset.filter(condition)


def suggestions(queryset: models.QuerySet, text: str) -> list[Any]:
    """At most ten rows for `text`, exact ones first."""
    first = list(exact(queryset, text)[:LIMIT])
    if len(first) < LIMIT:
        known = {row.pk for row in first}
        first += [row for row in search(queryset, text)[: 2 * LIMIT] if row.pk not in known]
    return first[:LIMIT]


class LookupWidget(forms.TextInput):
    """A text control; the script turns it into a combobox that sends `#<key>` for a chosen row."""

    template_name = "components/_lookup.html"
    find: Any = None

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        chosen = self.find(value) if self.find and str(value or "").startswith("#") else None
        context["widget"]["chosen"] = f"#{chosen.pk}" if chosen is not None else ""
        context["widget"]["text"] = (
            str(chosen) if chosen is not None else ("" if str(value or "").startswith("#") else value or "")
        )
        return context


class _Lookup(forms.CharField):
    """Shared by filters and forms: knows the model and, once bound to a request, the user."""

    widget = LookupWidget

    def __init__(self, *, model: type[models.Model], **kwargs: Any) -> None:
        self.model = model
        self.user: Any = None
        self._found: dict[str, Any] = {}
        super().__init__(**kwargs)
        self.widget.find = self.find

    def __deepcopy__(self, memo: dict[int, Any]) -> "_Lookup":
        copied: _Lookup = super().__deepcopy__(memo)
        copied._found = {}
        copied.widget.find = copied.find
        return copied

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {
            **super().widget_attrs(widget),
            "data-lookup": reverse_lazy("shell:lookup", args=[self.model._meta.label_lower]),
            "autocomplete": "off",
        }

    def rows(self) -> models.QuerySet:
        return visible(self.model, self.user) if self.user is not None else self.model._default_manager.none()

    def find(self, value: Any) -> Any:
        """The row that `#<key>` names, None when there is none to see."""
        text = str(value or "")
        if text not in self._found:
            key = text.removeprefix("#")
            usable = text.startswith("#") and key.isascii() and key.isdigit() and len(key) < 19
            self._found[text] = self.rows().filter(pk=int(key)).first() if usable else None
        return self._found[text]

    def missing(self, value: str) -> ValidationError:
        return ValidationError(
            _("There is no %(kind)s “%(text)s”."), params={"kind": self.model._meta.verbose_name, "text": value}
        )


class LookupField(_Lookup):
    """A form field that gives one row of `model`, as seen by the user (FormPage tells it who that is)."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        if str(text).startswith("#"):
            row = self.find(text)
            if row is None:
                raise self.missing(text)
            return row
        return self.by_text(text)

    def by_text(self, text: str) -> Any:
        """The one row that the typed text means."""
        matches = list(exact(self.rows(), text)[:2])
        if len(matches) != 1:
            matches = suggestions(self.rows(), text)
        if not matches:
            raise self.missing(text)
        if len(matches) > 1:
            raise ValidationError(
                _("“%(text)s” fits several: %(rows)s. Type more of it."),
                params={"text": text, "rows": ", ".join(str(row) for row in matches[:5])},
            )
        return matches[0]

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, models.Model):
            self._found[f"#{value.pk}"] = value
            return f"#{value.pk}"
        if isinstance(value, int):
            return f"#{value}"
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class LookupFilterField(_Lookup):
    """In a filter, free text stays text: it matches every row that it stands in."""

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if str(text).startswith("#"):
            row = self.find(text)
            if row is None:
                raise self.missing(text)
            return row
        return text


class LookupFilter(django_filters.Filter):
    """Filter by a related row, chosen by search: `brand = generic.LookupFilter(model=Brand)`.

    `?brand=%2312` is exact; `?brand=nordic` fits every brand with the word.
    """

    field_class = LookupFilterField

    @property
    def field(self) -> forms.Field:
        field = super().field
        field.user = getattr(getattr(self.parent, "request", None), "user", None)
        return field

    def _rows(self) -> models.QuerySet:
        field: Any = self.field
        rows: models.QuerySet = field.rows()
        return rows

    def filter(self, qs: models.QuerySet, value: Any) -> models.QuerySet:
        if value in (None, ""):
            return qs
        if isinstance(value, models.Model):
            wanted = Q(**{self.field_name: value.pk})
        else:
            wanted = Q(**{f"{self.field_name}__in": search(self._rows(), value).order_by().values("pk")})
        qs = qs.exclude(wanted) if self.exclude else qs.filter(wanted)
        return qs.distinct() if self.distinct else qs
