"""The shape of what people type about products, variants, categories, brands and pictures."""

from catalog.forms.fields import PriceField, ServiceCheckedForm, WordsField
from catalog.forms.prices import (
    EditListPriceForm,
    ListPriceForm,
    PriceListForm,
    RepricingForm,
    SchedulePriceForm,
    ScheduleRunForm,
)
from catalog.forms.products import PictureForm, ProductForm, TagForm
from catalog.forms.sets import BrandForm, CategoryForm
from catalog.forms.variants import VariantForm, VariantRow, VariantRows, variant_rows

__all__ = [
    "BrandForm",
    "CategoryForm",
    "EditListPriceForm",
    "ListPriceForm",
    "PictureForm",
    "PriceField",
    "PriceListForm",
    "ProductForm",
    "RepricingForm",
    "SchedulePriceForm",
    "ScheduleRunForm",
    "ServiceCheckedForm",
    "TagForm",
    "VariantForm",
    "VariantRow",
    "VariantRows",
    "WordsField",
    "variant_rows",
]
