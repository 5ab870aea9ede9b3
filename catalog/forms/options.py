"""Forms about options, their values and the variants that they make."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.forms.fields import PriceField
from catalog.models import Product
from catalog.services import Option
from catalog.services.matrix import MOST_OPTIONS, default_pattern


class LinesField(forms.CharField):
    """One value a line; gives a list without repetitions."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:  # type: ignore[override]
        text = super().clean(value)
        lines = list(dict.fromkeys(line for part in text.splitlines() if (line := " ".join(part.split()))))
        if long := next((line for line in lines if len(line) > 160), None):
            raise ValidationError(
                _("“%(word)s…” is longer than %(longest)s characters."), params={"word": long[:30], "longest": 160}
            )
        return lines


class OptionsForm(forms.Form):
    """Names of up to three options, and for each value what it shall be called and where it stands.

    `values`: the present values of each place; "" among them where some variant has none there.
    """

    def __init__(self, *args: Any, product: Product, values: Sequence[Sequence[str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.values = values
        names = [*product.options, "", "", ""]
        for place in range(MOST_OPTIONS):
            self.fields[f"name{place}"] = forms.CharField(
                required=False, max_length=120, initial=names[place], label=_("Name of the option")
            )
            for number, value in enumerate(values[place]):
                self._add_value(place, number, value)

    def _add_value(self, place: int, number: int, value: str) -> None:
        label = value or _("Value of the variants without one")
        self.fields[f"new{place}-{number}"] = forms.CharField(
            required=False, max_length=160, initial=value, label=label
        )
        if not value:
            self.fields[f"new{place}-{number}"].widget.attrs["placeholder"] = label
        self.fields[f"at{place}-{number}"] = forms.IntegerField(
            required=False,
            min_value=0,
            max_value=9999,
            initial=number + 1,
            label=_("Place of %(value)s") % {"value": label},
            widget=forms.NumberInput(attrs={"class": "num", "data-place": ""}),
        )

    def groups(self) -> list[tuple[Any, list[tuple[Any, Any]]]]:
        """For each option the field of its name and those of its values, in the order of their places."""
        return [
            (
                self[f"name{place}"],
                [(self[f"new{place}-{number}"], self[f"at{place}-{number}"]) for number in range(len(values))],
            )
            for place, values in enumerate(self.values)
        ]

    def options(self) -> list[Option]:
        """The options with a name; one whose name was emptied is taken away."""
        found = []
        for place, values in enumerate(self.values):
            name = self.cleaned_data[f"name{place}"].strip()
            if not name:
                continue
            rows = [(self._rank(place, number), number, value) for number, value in enumerate(values)]
            renamed = [(value, self.cleaned_data[f"new{place}-{number}"]) for _rank, number, value in sorted(rows)]
            found.append(Option(place, name, renamed))
        return found

    def _rank(self, place: int, number: int) -> int:
        at = self.cleaned_data[f"at{place}-{number}"]
        return number + 1 if at is None else at


class MatrixForm(forms.Form):
    """The values whose combinations shall be there, the pattern of the SKUs, and what the new variants cost."""

    values1 = LinesField(label="")
    values2 = LinesField(label="")
    values3 = LinesField(label="")
    pattern = forms.CharField(
        max_length=100,
        label=_("Pattern of the SKUs"),
        help_text=_("{1}, {2} and {3} stand for the values of the options."),
        widget=forms.TextInput(attrs={"class": "mono", "spellcheck": "false"}),
    )
    price = PriceField(label=_("Price"), required=True)
    cost = PriceField(label=_("Cost"))

    def __init__(
        self, *args: Any, product: Product, values: Sequence[list[str]], like: Any, may_see_cost: bool, **kwargs: Any
    ) -> None:
        kwargs["initial"] = {
            "pattern": default_pattern(product),
            "price": like.price if like else None,
            "cost": like.cost if like else None,
            **{f"values{number}": column for number, column in enumerate(values, start=1)},
        }
        super().__init__(*args, **kwargs)
        self.number = len(product.options)
        for number in range(1, MOST_OPTIONS + 1):
            if number > self.number:
                del self.fields[f"values{number}"]
            else:
                self.fields[f"values{number}"].label = product.options[number - 1]
                self.fields[f"values{number}"].help_text = _("One a line, in the order of the shop.")
        if not may_see_cost:
            del self.fields["cost"]

    @property
    def values(self) -> list[list[str]]:
        return [self.cleaned_data[f"values{number}"] for number in range(1, self.number + 1)]
