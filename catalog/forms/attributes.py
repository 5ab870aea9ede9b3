"""Fields of attributes on the product's form, and the form of a definition."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.attributes.forms import ChoicesField, field_of, initial_of
from catalog.forms.fields import ServiceCheckedForm
from catalog.models import AttributeDefinition, Category
from catalog.services import FIELD
from catalog.services.attributes import canonical


def attribute_field(definition: AttributeDefinition) -> forms.Field:
    """None of them is required, for drafts may lack them."""
    needed = str(_("Needed to publish.")) if definition.is_required else ""
    return field_of(definition, help_text=" ".join(filter(None, [definition.help, needed])))


class AttributeFields:
    """Mixed into the product's form: one field for each attribute of its category, called "attributes.CODE"."""

    fields: Any
    instance: Any
    definitions: list[AttributeDefinition]

    def take_attributes(self, category: Category | None) -> None:
        """Add the fields of `category`; call it before the form is looked at."""
        self.definitions = list(AttributeDefinition.objects.of_path(category))
        stored = self.instance.attributes
        for definition in self.definitions:
            self.fields[FIELD + definition.code] = attribute_field(definition)
            if definition.code in stored:
                self.initial[FIELD + definition.code] = initial_of(definition, stored[definition.code])  # type: ignore[attr-defined]

    def clean_attributes(self, stored: dict[str, Any]) -> dict[str, Any]:
        """The attributes of the product: what is typed, and of `stored` what has no field here."""
        cleaned: dict[str, Any] = self.cleaned_data  # type: ignore[attr-defined]
        found = dict(stored)
        for definition in self.definitions:
            value = cleaned.get(FIELD + definition.code)
            if value in (None, "", []):
                found.pop(definition.code, None)
            else:
                found[definition.code] = value
        return found

    def check_attributes(self) -> None:
        """Put what the definition has against a typed value at its field."""
        for definition in self.definitions:
            name = FIELD + definition.code
            value = self.cleaned_data.get(name)  # type: ignore[attr-defined]
            if value not in (None, "", []):
                try:
                    canonical(definition, value)
                except ValidationError as error:
                    self.add_error(name, error)  # type: ignore[attr-defined]


class DefinitionForm(ServiceCheckedForm):
    category = generic.LookupField(
        model=Category,
        required=False,
        label=_("Category"),
        help_text=_("Everything below it has the attribute too. Empty for all products."),
    )
    code = forms.CharField(
        required=False,
        max_length=60,
        label=_("Code"),
        help_text=_("Its name in files and in the API. Left empty, the name gives it."),
    )
    choices = ChoicesField(
        required=False,
        label=_("Choices"),
        help_text=_("One a line: code | name | Chinese name. Only for attributes of choices."),
    )

    class Meta:
        model = AttributeDefinition
        fields = [
            "name", "name_zh", "category", "code", "kind", "unit", "choices", "is_required", "is_filterable", "help",
        ]  # fmt: skip
        help_texts = {
            "is_required": _("A product without it can be saved, but not published."),
            "is_filterable": _("Lists can be filtered by it, and files have a column for it."),
            "unit": _("Only for numbers: g, cm, ml."),
            "help": _("Stands below the field on the form of a product."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["category"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not cleaned.get("code"):
            cleaned["code"] = self.initial.get("code") or slugify(cleaned.get("name", ""), allow_unicode=True).replace(
                "-", "_"
            )
        return cleaned
