"""Fields that several forms of the catalogue have."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backoffice.money import minor_units
from catalog.services import whole_price


class WordsField(forms.CharField):
    """Words between commas, Western or Chinese; gives a list without repetitions."""

    def __init__(self, *, most: int = 100, longest: int = 120, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most, self.longest = most, longest

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:  # type: ignore[override]
        text = super().clean(value)
        words = list(dict.fromkeys(word for part in re.split(r"[,，、]", text) if (word := " ".join(part.split()))))
        if len(words) > self.most:
            raise ValidationError(_("At most %(most)s are possible."), params={"most": self.most})
        if long := next((word for word in words if len(word) > self.longest), None):
            raise ValidationError(
                _("“%(word)s…” is longer than %(longest)s characters."),
                params={"word": long[:30], "longest": self.longest},
            )
        return words

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class ServiceCheckedForm(forms.ModelForm):
    """The rules of rows are the service's matter, which holds the locks; the form looks at the shape of its fields."""

    def _get_validation_exclusions(self) -> set[str]:
        return {field.name for field in self._meta.model._meta.get_fields()}


class PriceField(forms.DecimalField):
    """An amount in the shop's currency, in whole units of it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"min_value": 0, "max_digits": 15, "decimal_places": 3, "required": False} | kwargs
        super().__init__(**kwargs)
        self.widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "num"})
        self.localize = True
        self.widget.is_localized = True

    def clean(self, value: Any) -> Any:
        return whole_price(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        """Without the zeros that the column pads with."""
        if hasattr(value, "quantize"):
            places = minor_units(settings.DEFAULT_CURRENCY)
            return round(value, places) if value == round(value, places) else value
        return value
