"""What the merchant sells: categories, brands, products and their variants."""

from catalog.models.attributes import (
    AttributeDefinition,
    AttributeKind,
    AttributeQuerySet,
    IndexedAttribute,
    definitions_of,
    shown,
)
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
    "AttributeDefinition",
    "AttributeKind",
    "AttributeQuerySet",
    "Brand",
    "Category",
    "CategoryQuerySet",
    "IndexedAttribute",
    "Media",
    "Product",
    "ProductQuerySet",
    "ProductStatus",
    "Variant",
    "VariantQuerySet",
    "definitions_of",
    "lost_in_address",
    "shown",
]
