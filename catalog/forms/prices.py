"""Forms of price lists, scheduled prices and repricings."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from catalog.forms.fields import PriceField, ServiceCheckedForm
from catalog.models import Brand, Category, PriceList, Repricing, Variant

MOMENT = "%Y-%m-%dT%H:%M"


def moment_field(**kwargs: Any) -> forms.DateTimeField:
    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format=MOMENT)
    return forms.DateTimeField(**{"widget": widget, **kwargs})


class AmountField(PriceField):
    """An amount in the currency of a list, which the service knows."""

    def clean(self, value: Any) -> Any:
        return forms.DecimalField.clean(self, value)

    def prepare_value(self, value: Any) -> Any:
        return value.normalize() + 0 if hasattr(value, "normalize") and value == value.to_integral_value() else value


class PriceListForm(ServiceCheckedForm):
    starts_at = moment_field(required=False, label=_("Starts at"))
    ends_at = moment_field(required=False, label=_("Until"))

    class Meta:
        model = PriceList
        fields = [
            "code",
            "name",
            "currency",
            "customer_group",
            "starts_at",
            "ends_at",
            "priority",
            "is_active",
            "is_public",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["priority"].required = False
        if not self.instance.pk:
            self.initial.setdefault("currency", settings.DEFAULT_CURRENCY)

    def clean_currency(self) -> str:
        return str(self.cleaned_data["currency"]).strip().upper()

    def clean_priority(self) -> int:
        return self.cleaned_data["priority"] or 0


class ListPriceForm(forms.Form):
    variant = generic.LookupField(model=Variant, label=_("Variant"))
    price = AmountField(label=_("Price"), required=True)
    compare_at = AmountField(label=_("Compare-at price"))


class EditListPriceForm(forms.Form):
    price = AmountField(label=_("Price"), required=True)
    compare_at = AmountField(label=_("Compare-at price"))


class SchedulePriceForm(forms.Form):
    price = PriceField(label=_("New price"), required=True)
    compare_at = PriceField(label=_("New compare-at price"), help_text=_("Left empty, it stays as it is."))
    due_at = moment_field(label=_("Starts at"))
    until = moment_field(
        required=False,
        label=_("Until"),
        help_text=_("The present price comes back then. Left empty, the new one stays."),
    )
    reason = forms.CharField(label=_("Reason"), required=False, max_length=200)


class ScheduleRunForm(forms.Form):
    due_at = moment_field(label=_("Starts at"))
    until = moment_field(
        required=False, label=_("Until"), help_text=_("The old prices come back then. Left empty, the new ones stay.")
    )


class RepricingForm(forms.Form):
    """A rule, and the list whose variants it is for; without one they are chosen here."""

    list = forms.CharField(required=False, widget=forms.HiddenInput)
    category = generic.LookupField(model=Category, required=False, label=_("Category"))
    brand = generic.LookupField(model=Brand, required=False, label=_("Brand"))
    only_active = forms.BooleanField(required=False, initial=True, label=_("Only active variants"))
    rule = forms.ChoiceField(choices=Repricing.Rule, label=_("Rule"))
    value = forms.DecimalField(
        max_digits=15,
        decimal_places=3,
        localize=True,
        label=_("Percent or amount"),
        help_text=_("As the rule says. With a minus the price falls."),
        widget=forms.TextInput(attrs={"inputmode": "text", "autocomplete": "off", "class": "num"}),
    )
    rounding = forms.ChoiceField(choices=Repricing.Rounding, label=_("Rounding"))
    compare_at = forms.ChoiceField(choices=Repricing.CompareAt, label=_("Compare-at price"))
    reason = forms.CharField(
        label=_("Reason"), required=False, max_length=200, help_text=_("It stands in the history.")
    )

    def __init__(self, *args: Any, may_see_cost: bool, address: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_see_cost:
            self.fields["rule"].choices = [one for one in Repricing.Rule.choices if one[0] != Repricing.Rule.COST]  # type: ignore[attr-defined]
        if address:
            for name in ("category", "brand", "only_active"):
                del self.fields[name]

    def address(self) -> str:
        """The list that is meant."""
        if self.cleaned_data.get("list"):
            return str(self.cleaned_data["list"])
        chosen = {name: f"#{row.pk}" for name in ("category", "brand") if (row := self.cleaned_data.get(name))}
        if self.cleaned_data.get("only_active"):
            chosen["is_active"] = "true"
        return f"{reverse('catalog:variants')}?{urlencode(chosen)}"
