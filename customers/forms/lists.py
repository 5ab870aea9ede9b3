"""What people type about lists of customers."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from customers.models import StaticList


class ListForm(forms.ModelForm):
    class Meta:
        model = StaticList
        fields = ["name", "purpose", "is_shared"]

    def _post_clean(self) -> None:
        """The service checks: whose list it is decides which names are taken."""


class AddToListForm(forms.Form):
    static_list = generic.LookupField(model=StaticList, label=gettext_lazy("List"), required=False)
    new_list = forms.CharField(
        label=gettext_lazy("Or a new list"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("It is private at first."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if not self.errors and bool(cleaned.get("static_list")) == bool(cleaned.get("new_list")):
            raise ValidationError({"static_list": _("Choose a list, or name a new one.")})
        return cleaned


class TakeOffListForm(forms.Form):
    static_list = generic.LookupField(model=StaticList, label=gettext_lazy("List"))
