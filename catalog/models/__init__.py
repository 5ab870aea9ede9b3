"""What the merchant sells: categories, brands, products and their variants."""

from catalog.models.categories import Brand, Category, CategoryQuerySet
from catalog.models.products import (
    Media,
    Product,
    ProductQuerySet,
    Variant,
    VariantQuerySet,
    lost_in_address,
)

__all__ = [
    "Brand",
    "Category",
    "CategoryQuerySet",
    "Media",
    "Product",
    "ProductQuerySet",
    "Variant",
    "VariantQuerySet",
    "lost_in_address",
]
