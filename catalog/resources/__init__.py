"""What files of the catalogue hold."""

from catalog.resources.brands import BrandResource
from catalog.resources.categories import CategoryResource
from catalog.resources.prices import PriceResource
from catalog.resources.products import ProductResource
from catalog.resources.relations import BundleResource, RelationResource

__all__ = [
    "BrandResource",
    "BundleResource",
    "CategoryResource",
    "PriceResource",
    "ProductResource",
    "RelationResource",
]
