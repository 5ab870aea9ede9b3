"""What files of the catalogue hold."""

from catalog.resources.attributes import AttributeResource
from catalog.resources.brands import BrandResource
from catalog.resources.categories import CategoryResource
from catalog.resources.edits import ProductEdit, VariantEdit
from catalog.resources.price_lists import ListPriceResource
from catalog.resources.prices import PriceResource
from catalog.resources.products import ProductResource
from catalog.resources.relations import BundleResource, RelationResource

__all__ = [
    "AttributeResource",
    "BrandResource",
    "BundleResource",
    "CategoryResource",
    "ListPriceResource",
    "PriceResource",
    "ProductEdit",
    "ProductResource",
    "RelationResource",
    "VariantEdit",
]
