"""What files of the catalogue hold."""

from catalog.resources.brands import BrandResource
from catalog.resources.categories import CategoryResource
from catalog.resources.edits import ProductEdit, VariantEdit
from catalog.resources.prices import PriceResource
from catalog.resources.products import ProductResource

__all__ = ["BrandResource", "CategoryResource", "PriceResource", "ProductEdit", "ProductResource", "VariantEdit"]
