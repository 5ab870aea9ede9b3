"""Forms of products and their pictures."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from catalog.forms.attributes import AttributeFields
from catalog.forms.fields import ServiceCheckedForm, WordsField
from catalog.models import Brand, Category, Product, Variant
from catalog.services import picture_kind


class ProductForm(AttributeFields, ServiceCheckedForm):
    category = generic.LookupField(model=Category, required=False, label=_("Category"))
    brand = generic.LookupField(model=Brand, required=False, label=_("Brand"))
    tags = WordsField(required=False, label=_("Tags"), help_text=_("With commas between them."))
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
        widgets = {"seo_description": forms.Textarea(attrs={"rows": 2})}

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


class PictureForm(forms.Form):
    file = forms.FileField(
        required=False,
        label=_("File"),
        help_text=_("PNG, JPEG, WebP or GIF, up to 10 MB."),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
    )
    url = forms.URLField(required=False, label=_("Or its address elsewhere"), max_length=1000, assume_scheme="https")
    alt = forms.CharField(
        required=False,
        label=_("Alternative text"),
        max_length=512,
        help_text=_("What the picture shows, for those who do not see it."),
    )
    variant = forms.ModelChoiceField(
        Variant.objects.none(), required=False, label=_("Variant"), empty_label=_("The whole product")
    )

    def __init__(self, *args: Any, product: Product, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["variant"].queryset = product.variants.all()  # type: ignore[attr-defined]

    def clean_file(self) -> Any:
        file = self.cleaned_data["file"]
        if file:
            picture_kind(file)
        return file


class TagForm(forms.Form):
    tag = forms.CharField(label=_("Tag"), max_length=120)
