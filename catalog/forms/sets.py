"""Forms of categories and brands."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from backoffice import generic
from catalog.forms.fields import ServiceCheckedForm
from catalog.models import Brand, Category


class BrandForm(ServiceCheckedForm):
    class Meta:
        model = Brand
        fields = ["name", "name_zh"]


class CategoryForm(ServiceCheckedForm):
    parent = generic.LookupField(
        model=Category,
        required=False,
        label=_("Below"),
        help_text=_("Empty for a category at the top. Its branch moves along."),
    )

    class Meta:
        model = Category
        fields = ["name", "name_zh", "parent", "position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].required = False
        self.fields["position"].help_text = _("Lower stands first among its siblings.")

    def clean_position(self) -> int:
        return self.cleaned_data["position"] or 0
