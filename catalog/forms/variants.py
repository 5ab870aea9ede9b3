"""Forms of variants, one by one and in the rows of a product."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from catalog.forms.fields import PriceField, ServiceCheckedForm
from catalog.models import Product, Variant
from catalog.services import clean_barcode, clean_sku


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
            "tracking",
        ]

    def __init__(self, *args: Any, product: Product | None, may_see_cost: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not may_see_cost:
            del self.fields["cost"]
        if not self.instance.pk:
            self.initial["price"] = None
        if "tracking" in self.fields:
            self.fields["tracking"].required = False
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

    def clean_tracking(self) -> str:
        """What says nothing of it leaves it as it is."""
        return self.cleaned_data["tracking"] or self.instance.tracking

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
        """A sent line is compared with the variant that it names, whatever has been added since in front of it."""
        kwargs = super().get_form_kwargs(index)
        if self.is_bound:
            kwargs["initial"] = {"id": self._key(index)}
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
