"""The shape of what people type about products, variants, categories, brands and pictures."""

from catalog.forms.attributes import DefinitionForm
from catalog.forms.fields import PriceField, ServiceCheckedForm, WordsField
from catalog.forms.products import PictureForm, ProductForm, TagForm
from catalog.forms.sets import BrandForm, CategoryForm
from catalog.forms.variants import VariantForm, VariantRow, VariantRows, variant_rows

__all__ = [
    "BrandForm",
    "CategoryForm",
    "DefinitionForm",
    "PictureForm",
    "PriceField",
    "ProductForm",
    "ServiceCheckedForm",
    "TagForm",
    "VariantForm",
    "VariantRow",
    "VariantRows",
    "WordsField",
    "variant_rows",
]
