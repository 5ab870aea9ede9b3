"""What files of the catalogue hold."""

from catalog.resources.attributes import AttributeResource
from catalog.resources.brands import BrandResource
from catalog.resources.categories import CategoryResource
from catalog.resources.edits import ProductEdit, VariantEdit
from catalog.resources.price_lists import ListPriceResource
from catalog.resources.prices import PriceResource
from catalog.resources.products import ProductResource

__all__ = [
    "AttributeResource",
    "BrandResource",
    "CategoryResource",
    "ListPriceResource",
    "PriceResource",
    "ProductEdit",
    "ProductResource",
    "VariantEdit",
]
