"""Custom fields on the form of a customer, and the form of a definition."""

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from backoffice.attributes.forms import ChoicesField, field_of, initial_of
from backoffice.attributes.kinds import shown
from backoffice.attributes.values import exact
from customers import masking
from customers.models import CustomField
from customers.services.custom import FIELD, values_of

KINDS = {CustomField.Kind.NUMBER: "number", CustomField.Kind.DATE: "date", CustomField.Kind.BOOLEAN: "bool"}


def plainly(field: CustomField, value: Any) -> Any:
    """A value for a cell of a list or file: choices by name, yes or no, dates as such, numbers with exactly their digits."""
    if value in (None, masking.HIDDEN):
        return value
    if field.kind == CustomField.Kind.BOOLEAN:
        return gettext("Yes") if value else gettext("No")
    if field.kind == CustomField.Kind.DATE:
        return date.fromisoformat(value)
    if field.kind == CustomField.Kind.NUMBER:
        return exact(value)
    return shown(field, value)


def kind_of(field: CustomField) -> str:
    """How a column shows it."""
    return KINDS.get(CustomField.Kind(field.kind), "text")


class CustomValues:
    """Mixed into the customer's form: one field for each custom field, called "custom.CODE"."""

    fields: Any
    initial: Any
    instance: Any
    cleaned_data: Any

    def add_custom_fields(self) -> None:
        stored = values_of(self.instance)
        for field in CustomField.objects.live():
            name = FIELD + field.code
            self.fields[name] = field_of(field, help_text=field.help, required=field.is_required)
            if field.code in stored:
                self.initial[name] = initial_of(field, stored[field.code])

    @staticmethod
    def parted(cleaned: dict[str, Any]) -> dict[str, Any]:
        """The cleaned fields as the service takes them, values of custom fields by code under "custom"."""
        plain = {name: value for name, value in cleaned.items() if not name.startswith(FIELD)}
        return plain | {
            "custom": {name.removeprefix(FIELD): value for name, value in cleaned.items() if name.startswith(FIELD)}
        }


class FieldForm(forms.ModelForm):
    code = forms.SlugField(
        required=False,
        max_length=40,
        label=_("Code"),
        help_text=_(
            "Its name in files (custom.CODE) and in the API. Left empty, it is made from the name. It cannot be changed later."
        ),
    )
    choices = ChoicesField(
        required=False,
        label=_("Choices"),
        help_text=_("One per line: code | name | Chinese name. Only for fields with choices."),
    )

    class Meta:
        model = CustomField
        fields = ["name", "name_zh", "code", "kind", "choices", "help", "is_required", "is_personal"]
        help_texts = {
            "help": _("Shown below the field on the form of a customer."),
            "is_required": _(
                "Staff cannot leave it empty. Orders, mail and files without the column still create customers."
            ),
            "is_personal": _("Hidden from those who may not see personal data."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["code"]

    def _post_clean(self) -> None:
        """The service checks, which also makes the code of a new field."""
