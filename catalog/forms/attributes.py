"""Fields of attributes on the product's form, and the form of a definition."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from catalog.forms.fields import ServiceCheckedForm
from catalog.models import AttributeDefinition, AttributeKind, Category
from catalog.services import FIELD, exact
from catalog.services.attributes import canonical, clean_choices


class MeasureWidget(forms.TextInput):
    """A number with its unit behind it."""

    template_name = "components/_measure.html"

    def __init__(self, unit: str) -> None:
        super().__init__(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "num"})
        self.unit = unit
        self.is_localized = True

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        context["widget"]["unit"] = self.unit
        return context


def field_of(definition: AttributeDefinition) -> forms.Field:
    """A form field for values of the attribute; none of them is required, for drafts may lack them."""
    help_text = " ".join(
        filter(None, [definition.help, str(_("Needed to publish.")) if definition.is_required else ""])
    )
    common: dict[str, Any] = {"label": definition.title, "required": False, "help_text": help_text}
    kind, choices = definition.kind, list(definition.labels.items())
    if kind == AttributeKind.NUMBER:
        return forms.DecimalField(widget=MeasureWidget(definition.unit), localize=True, **common)
    if kind == AttributeKind.BOOLEAN:
        return forms.TypedChoiceField(
            choices=[("", "–"), ("true", _("Yes")), ("false", _("No"))],
            coerce=lambda text: text == "true",
            empty_value=None,
            **common,
        )
    if kind == AttributeKind.CHOICE:
        return forms.ChoiceField(choices=[("", "–"), *choices], **common)
    if kind == AttributeKind.CHOICES:
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple, **common)
    if kind == AttributeKind.DATE:
        return forms.DateField(widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **common)
    return forms.CharField(max_length=2000, **common)


def initial_of(definition: AttributeDefinition, value: Any) -> Any:
    """A stored value as its field takes it."""
    if definition.kind == AttributeKind.BOOLEAN and isinstance(value, bool):
        return "true" if value else "false"
    if definition.kind == AttributeKind.NUMBER and isinstance(value, int | float):
        return exact(value)
    return value


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
            self.fields[FIELD + definition.code] = field_of(definition)
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


class ChoicesField(forms.CharField):
    """Choices, one a line: code | name | Chinese name. A name alone makes its code."""

    widget = forms.Textarea(attrs={"rows": 5})

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return "\n".join(" | ".join(filter(None, (c["code"], c.get("label"), c.get("label_zh")))) for c in value)

    def clean(self, value: Any) -> Any:
        return clean_choices([_choice(line) for line in super().clean(value).splitlines() if line.strip()])

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def _choice(line: str) -> dict[str, str]:
    parts = [part.strip() for part in line.replace("｜", "|").split("|")]
    if len(parts) == 1:
        return {"code": slugify(parts[0], allow_unicode=True), "label": parts[0]}
    return dict(zip(("code", "label", "label_zh"), parts, strict=False))


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
