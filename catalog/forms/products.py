"""Forms of products and their pictures."""

from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from catalog.forms.attributes import AttributeFields
from catalog.forms.fields import ServiceCheckedForm, WordsField
from catalog.models import Brand, Category, Product


class ProductForm(AttributeFields, ServiceCheckedForm):
    category = generic.LookupField(model=Category, required=False, label=_("Category"))
    brand = generic.LookupField(model=Brand, required=False, label=_("Brand"))
    tags = WordsField(
        required=False,
        label=_("Tags"),
        help_text=_("With commas between them."),
        widget=forms.TextInput(attrs={"data-tags": reverse_lazy("catalog:tag_suggest"), "autocomplete": "off"}),
    )
    options = WordsField(
        required=False,
        most=3,
        label=_("Options"),
        help_text=_("What the variants differ in, at most three: Colour, Size."),
    )
    handle = forms.CharField(
        required=False,
        max_length=200,
        label=_("Handle"),
        help_text=_("Its name in addresses and files. Left empty, the title gives it."),
    )

    class Meta:
        model = Product
        fields = [
            "title",
            "title_zh",
            "category",
            "brand",
            "product_type",
            "tags",
            "options",
            "description",
            "description_zh",
            "handle",
            "seo_title",
            "seo_description",
        ]
        widgets = {
            "seo_description": forms.Textarea(attrs={"rows": 2, "data-most": 160}),
            "seo_title": forms.TextInput(attrs={"data-most": 60}),
        }
        help_texts = {
            "seo_title": _("Search engines show about 60 characters. Left empty, the title stands there."),
            "seo_description": _("About 160 characters are shown. Left empty, the description begins there."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.definitions = []

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        self.check_attributes()
        return cleaned

    def clean_handle(self) -> str:
        """As typed; an empty one keeps what the product has."""
        return " ".join(self.cleaned_data["handle"].split()) or self.initial.get("handle", "")


class NewPictureForm(forms.Form):
    """The address of a picture elsewhere, beside the files."""

    url = forms.URLField(
        required=False, label=_("Or the address of a picture elsewhere"), max_length=1000, assume_scheme="https"
    )


class TagForm(forms.Form):
    tag = forms.CharField(label=_("Tag"), max_length=120)
