"""Which fields are changed, and how: for each field an operation and its value."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.bulk_edit.operations import LABELS, WITHOUT_VALUE, Change, EditField
from backoffice.bulk_edit.resource import EditResource
from backoffice.generic import LookupField
from backoffice.generic.actions import tell_user

SHOWN = 60
MOST_WORDS = 50


class WordsField(forms.CharField):
    """Words between commas of either script."""

    def clean(self, value: Any) -> list[str]:
        parts = re.split(r"[,，、]", super().clean(value) or "")
        words = list(dict.fromkeys(word for part in parts if (word := " ".join(part.split()))))
        if len(words) > MOST_WORDS:
            raise ValidationError(_("At most %(most)s are possible."), params={"most": MOST_WORDS})
        if long := next((word for word in words if self.max_length and len(word) > self.max_length), None):
            raise ValidationError(
                _("“%(word)s…” is longer than %(longest)s characters."),
                params={"word": long[:30], "longest": self.max_length},
            )
        return words

    def run_validators(self, value: Any) -> None:
        """The length is that of each word."""


class EditForm(forms.Form):
    """Three controls for each field: `0-op`, `0-value` and, for text, `0-with`. `changes` is what was asked for."""

    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)

    def __init__(self, resource: EditResource, user: Any, *args: Any, earlier: Any = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.edited = resource.fields_for(user)
        self.earlier = {change["field"]: change for change in earlier}
        for place, field in enumerate(self.edited):
            self._add(place, field, resource, user)
        tell_user(self, user)

    def _add(self, place: int, field: EditField, resource: EditResource, user: Any) -> None:
        before = self.earlier.get(field.name, {})
        operations = [("", _("leave as it is")), *((one, LABELS[one]) for one in field.operations)]
        self.fields[f"{place}-op"] = forms.ChoiceField(
            label=_("What to do with “%(field)s”") % {"field": field.label},
            choices=operations,
            required=False,
            initial=before.get("op", ""),
        )
        value = resource.value_field(field, user) or value_field(field)
        value.label, value.required = _("Value for “%(field)s”") % {"field": field.label}, False
        value.initial = before.get("typed", "")
        self.fields[f"{place}-value"] = value
        if "replace" in field.operations:
            self.fields[f"{place}-with"] = forms.CharField(
                label=_("What replaces it in “%(field)s”") % {"field": field.label},
                required=False,
                strip=False,
                initial=before.get("with", ""),
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """For the template: each field with its bound controls."""
        return [
            {
                "field": field,
                "op": self[f"{place}-op"],
                "value": self[f"{place}-value"],
                "with": self[f"{place}-with"] if f"{place}-with" in self.fields else None,
            }
            for place, field in enumerate(self.edited)
        ]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        self.changes: list[Change] = []
        for place, field in enumerate(self.edited):
            operation = cleaned.get(f"{place}-op")
            if operation and f"{place}-value" not in self.errors:
                self._take(place, field, operation, cleaned)
        if not self.changes and not self.errors:
            raise ValidationError(_("Choose at least one field."))
        return cleaned

    def _take(self, place: int, field: EditField, operation: str, cleaned: dict[str, Any]) -> None:
        name = f"{place}-value"
        value = cleaned.get(name)
        if operation not in WITHOUT_VALUE and (value is None or value in ("", [])):
            self.add_error(name, _("Say which value."))
            return
        try:
            self.changes.append(
                change_of(
                    field,
                    operation,
                    value,
                    cleaned.get(f"{place}-with") or "",
                    str(self.data.get(self.add_prefix(name), "")),
                )
            )
        except ValidationError as error:
            self.add_error(name, error)


def value_field(field: EditField) -> forms.Field:
    """The control for a value of the field, whatever is done with it."""
    match field.kind:
        case "number" | "money":
            return forms.DecimalField(localize=True, widget=forms.TextInput({"inputmode": "decimal", "class": "num"}))
        case "boolean":
            return forms.TypedChoiceField(
                choices=[("", "–"), ("yes", _("Yes")), ("no", _("No"))],
                coerce=lambda text: text == "yes",
                empty_value=None,
            )
        case "choice":
            return forms.ChoiceField(choices=[("", "–"), *field.choices])
        case "date":
            return forms.DateField(widget=forms.DateInput)
        case "moment":
            return forms.DateTimeField(widget=forms.DateTimeInput)
        case "lookup":
            return LookupField(model=field.model_field.related_model)
        case "list":
            base = getattr(field.model_field, "base_field", None)
            return WordsField(max_length=getattr(base, "max_length", None) or 120)
        case "long text":
            return forms.CharField(strip=False, widget=forms.Textarea({"rows": 2}))
    return forms.CharField(strip=False)


def change_of(field: EditField, operation: str, value: Any, replacement: str = "", typed: str = "") -> Change:
    """The change as it is kept. Raises ValidationError for a value that the field could not have."""
    if operation in WITHOUT_VALUE:
        kept, shown = None, ""
    else:
        kept, shown = _kept(field, operation, value)
    said = f"{field.label}: {LABELS[operation]}"
    if operation == "percent":
        said = _("%(field)s: change by %(number)s %%") % {"field": field.label, "number": shown}
    elif shown:
        said += f" {shown[:SHOWN]}"
    if operation == "replace":
        said += f" → {replacement[:SHOWN] or '–'}"
    return {
        "field": field.name,
        "op": operation,
        "value": kept,
        "with": replacement,
        "typed": typed[:2000],
        "said": said,
    }


def _kept(field: EditField, operation: str, value: Any) -> tuple[Any, str]:
    """The value as JSON keeps it, and as people read it."""
    if isinstance(value, models.Model):
        return str(getattr(value, field.natural)), str(value)
    if isinstance(value, Decimal):
        return _number(field, operation, value)
    if isinstance(value, bool):
        return value, str(_("Yes") if value else _("No"))
    if isinstance(value, list):
        return value, ", ".join(value)
    if field.kind == "choice":
        found = next((one for one in field.choices if str(one[0]) == str(value)), None)
        if found is None:
            raise ValidationError(_("There is no such choice."))
        return found
    if field.kind in ("date", "moment"):
        return value.isoformat(), str(value)
    text = str(value).replace("\x00", "")
    return (text.strip() if operation == "set" else text), text


def _number(field: EditField, operation: str, value: Decimal) -> tuple[Any, str]:
    places = 6 if operation == "percent" else field.places
    if abs(value) >= Decimal(10) ** 12:
        raise ValidationError(_("The number is too large."))
    if value != round(value, places):
        raise ValidationError(_("The number has more than %(places)s decimals.") % {"places": places})
    shown = number_format(value.normalize(), use_l10n=True, force_grouping=True)
    if field.model_field is None:
        return int(value) if value == value.to_integral_value() else float(value), shown
    return f"{value:f}", shown
