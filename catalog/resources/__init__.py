"""What files of the catalogue hold."""

from catalog.resources.brands import BrandResource
from catalog.resources.products import ProductResource

__all__ = ["BrandResource", "ProductResource"]
