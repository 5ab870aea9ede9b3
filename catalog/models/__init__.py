"""What the merchant sells: categories, brands, products and their variants."""

from catalog.models.categories import Brand, Category, CategoryQuerySet
from catalog.models.products import (
    PRODUCT_TRANSITIONS,
    Media,
    Product,
    ProductQuerySet,
    ProductStatus,
    Variant,
    VariantQuerySet,
    lost_in_address,
)

__all__ = [
    "PRODUCT_TRANSITIONS",
    "Brand",
    "Category",
    "CategoryQuerySet",
    "Media",
    "Product",
    "ProductQuerySet",
    "ProductStatus",
    "Variant",
    "VariantQuerySet",
    "lost_in_address",
]
