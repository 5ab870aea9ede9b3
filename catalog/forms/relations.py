"""Forms of related products, bundles, and pictures in their order."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from catalog.models import Category, Product, Relation, Variant
from catalog.services.relations import MOST_PARTS, MOST_RELATED


class NoFields(forms.Form):
    """A page whose matter are the rows below."""


class Placed(forms.Form):
    """A row with its place in the list; those without one come last."""

    place = forms.IntegerField(
        required=False,
        min_value=0,
        max_value=9999,
        label=_("Position"),
        widget=forms.NumberInput(attrs={"class": "num"}),
    )


class RelationRow(Placed):
    other = generic.LookupField(model=Product, required=False, label=_("Product"))
    kind = forms.ChoiceField(choices=Relation.Kind, required=False, label=_("Kind"))
    field_order = ["other", "kind", "place"]


class PartRow(Placed):
    component = generic.LookupField(model=Variant, required=False, label=_("Variant"))
    quantity = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=9999,
        label=_("Quantity"),
        widget=forms.NumberInput(attrs={"class": "num"}),
    )
    field_order = ["component", "quantity", "place"]


RelationRows = forms.formset_factory(RelationRow, extra=2, can_delete=True, max_num=MOST_RELATED)
PartRows = forms.formset_factory(PartRow, extra=2, can_delete=True, max_num=MOST_PARTS)


def in_order(formset: Any, name: str) -> list[dict[str, Any]]:
    """Rows that name something and are not to be deleted, by their place."""
    rows = [
        form.cleaned_data for form in formset.forms if form.cleaned_data.get(name) and not form.cleaned_data["DELETE"]
    ]
    return sorted(rows, key=lambda row: 10_000 if row.get("place") is None else row["place"])


class MergeForm(forms.Form):
    into = generic.LookupField(model=Category, label=_("Into"), help_text=_("Its products and branches move there."))


class RenameTagForm(forms.Form):
    tag = forms.CharField(
        label=_("New name"),
        max_length=120,
        help_text=_("The name of a tag that is there already makes the two one."),
    )
