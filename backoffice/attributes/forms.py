"""Fields of forms for values of a kind that staff define, and for the choices of a definition."""

from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from backoffice.attributes.kinds import AttributeKind, Typed
from backoffice.attributes.values import clean_choices, exact


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


def field_of(definition: Typed, *, help_text: str = "", required: bool = False) -> forms.Field:
    """A form field for values of the definition, in the kind that is stored."""
    common: dict[str, Any] = {"label": definition.title, "required": required, "help_text": help_text}
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


def initial_of(definition: Typed, value: Any) -> Any:
    """A stored value as its field takes it."""
    if definition.kind == AttributeKind.BOOLEAN and isinstance(value, bool):
        return "true" if value else "false"
    if definition.kind == AttributeKind.NUMBER and isinstance(value, int | float):
        return exact(value)
    return value


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
