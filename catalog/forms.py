"""The shape of what people type about products, variants, categories, brands and pictures."""

import re
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.money import minor_units
from catalog.models import Brand, Category, Product, Variant
from catalog.services import clean_barcode, clean_sku, picture_kind, whole_price


class WordsField(forms.CharField):
    """Words between commas, Western or Chinese; gives a list without repetitions."""

    def __init__(self, *, most: int = 100, longest: int = 120, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.most, self.longest = most, longest

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[str]:  # type: ignore[override]
        text = super().clean(value)
        words = list(dict.fromkeys(word for part in re.split(r"[,，、]", text) if (word := " ".join(part.split()))))
        if len(words) > self.most:
            raise ValidationError(_("At most %(most)s are possible."), params={"most": self.most})
        if long := next((word for word in words if len(word) > self.longest), None):
            raise ValidationError(
                _("“%(word)s…” is longer than %(longest)s characters."),
                params={"word": long[:30], "longest": self.longest},
            )
        return words

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


class ServiceCheckedForm(forms.ModelForm):
    """The rules of rows are the service's matter, which holds the locks; the form looks at the shape of its fields."""

    def _get_validation_exclusions(self) -> set[str]:
        return {field.name for field in self._meta.model._meta.get_fields()}


class PriceField(forms.DecimalField):
    """An amount in the shop's currency, in whole units of it."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs = {"min_value": 0, "max_digits": 15, "decimal_places": 3, "required": False} | kwargs
        super().__init__(**kwargs)
        self.widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off", "class": "num"})
        self.localize = True
        self.widget.is_localized = True

    def clean(self, value: Any) -> Any:
        return whole_price(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        """Without the zeros that the column pads with."""
        if hasattr(value, "quantize"):
            places = minor_units(settings.DEFAULT_CURRENCY)
            return round(value, places) if value == round(value, places) else value
        return value


class BrandForm(ServiceCheckedForm):
    class Meta:
        model = Brand
        fields = ["name"]


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


class ProductForm(ServiceCheckedForm):
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

    def clean_handle(self) -> str:
        """As typed; an empty one keeps what the product has."""
        return " ".join(self.cleaned_data["handle"].split()) or self.initial.get("handle", "")


class VariantForm(ServiceCheckedForm):
    """One variant by itself."""

    price = PriceField(label=_("Price"), required=True)
    compare_at = PriceField(label=_("Compare-at price"), help_text=_("The former price, shown struck through."))
    cost = PriceField(label=_("Cost"), help_text=_("What one piece costs us."))

    class Meta:
        model = Variant
        fields = [
            "option1",
            "option2",
            "option3",
            "sku",
            "barcode",
            "is_active",
            "price",
            "compare_at",
            "cost",
            "tax_class",
            "weight_grams",
            "backorder_limit",
            "requires_shipping",
            "track_stock",
        ]

    def __init__(self, *args: Any, product: Product | None, may_see_cost: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_see_cost:
            del self.fields["cost"]
        if not self.instance.pk:
            self.initial["price"] = None
        self.name_options(product.options if product else [])

    def name_options(self, names: list[str]) -> None:
        """Label the option fields as the product calls them; those without a name or value stay away."""
        for number in (1, 2, 3):
            field = f"option{number}"
            if number <= len(names):
                self.fields[field].label = names[number - 1]
            elif (names or number == 3) and not getattr(self.instance, field):
                del self.fields[field]

    def clean_sku(self) -> str:
        return clean_sku(self.cleaned_data["sku"])

    def clean_barcode(self) -> str:
        return clean_barcode(self.cleaned_data["barcode"])


class VariantRow(VariantForm):
    """A line of the variants on the product's form."""

    id = forms.IntegerField(required=False, widget=forms.HiddenInput)
    price = PriceField(label=_("Price"))
    compare_at = PriceField(label=_("Compare at"))
    cost = PriceField(label=_("Cost"))

    class Meta(VariantForm.Meta):
        fields = ["option1", "option2", "option3", "sku", "barcode", "price", "compare_at", "cost", "is_active"]

    def clean_price(self) -> Any:
        return self.cleaned_data["price"] or 0


class VariantRows(forms.BaseFormSet):
    """The variants of one product, and empty lines for new ones, which are passed over unless filled."""

    def __init__(self, *args: Any, variants: list[Variant], **kwargs: Any) -> None:
        self.known = {variant.pk: variant for variant in variants}
        super().__init__(*args, initial=[{"id": variant.pk} for variant in variants], prefix="variants", **kwargs)

    def get_form_kwargs(self, index: int | None) -> dict[str, Any]:
        kwargs = super().get_form_kwargs(index)
        return {**kwargs, "instance": self.known.get(self._key(index))}

    def _key(self, index: int | None) -> int | None:
        """Primary key of the variant in line `index`; sent lines name it themselves."""
        if index is None:
            return None
        if self.is_bound:
            sent = self.data.get(f"{self.add_prefix(index)}-id", "")
            return int(sent) if sent.isascii() and sent.isdigit() else None
        return self.initial[index]["id"] if index < len(self.initial) else None

    @property
    def filled(self) -> list[Any]:
        return [form for form in self.forms if form.has_changed()]

    def rows(self) -> list[dict[str, Any]]:
        """What the service shall write: changed lines and filled new ones."""
        return [form.cleaned_data for form in self.filled]

    def show(self, refused: dict[int, ValidationError]) -> None:
        """Put the service's refusals at the lines they are about."""
        for place, error in refused.items():
            form = self.filled[place]
            for name, messages in error.error_dict.items():
                form.add_error(name if name in form.fields else None, messages)


def variant_rows(extra: int) -> Any:
    return forms.formset_factory(VariantRow, formset=VariantRows, extra=extra, max_num=200, absolute_max=250)


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
