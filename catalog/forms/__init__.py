"""The shape of what people type about products, variants, categories, brands and pictures."""

from catalog.forms.attributes import DefinitionForm
from catalog.forms.fields import PriceField, ServiceCheckedForm, WordsField
from catalog.forms.options import LinesField, MatrixForm, OptionsForm
from catalog.forms.prices import (
    EditListPriceForm,
    ListPriceForm,
    PriceListForm,
    RepricingForm,
    SchedulePriceForm,
    ScheduleRunForm,
)
from catalog.forms.products import NewPictureForm, ProductForm, TagForm
from catalog.forms.relations import MergeForm, NoFields, PartRows, RelationRows, RenameTagForm, in_order
from catalog.forms.sets import BrandForm, CategoryForm
from catalog.forms.variants import VariantForm, VariantRow, VariantRows, variant_rows

__all__ = [
    "BrandForm",
    "CategoryForm",
    "DefinitionForm",
    "EditListPriceForm",
    "LinesField",
    "ListPriceForm",
    "MatrixForm",
    "MergeForm",
    "NewPictureForm",
    "NoFields",
    "OptionsForm",
    "PartRows",
    "PriceField",
    "PriceListForm",
    "ProductForm",
    "RelationRows",
    "RenameTagForm",
    "RepricingForm",
    "SchedulePriceForm",
    "ScheduleRunForm",
    "ServiceCheckedForm",
    "TagForm",
    "VariantForm",
    "VariantRow",
    "VariantRows",
    "WordsField",
    "in_order",
    "variant_rows",
]
