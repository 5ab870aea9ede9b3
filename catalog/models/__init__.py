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
from catalog.models.relations import BundlePart, ProductRedirect, Relation, RelationQuerySet
from catalog.models.tags import Tag, TagQuerySet

__all__ = [
    "PRODUCT_TRANSITIONS",
    "Brand",
    "BundlePart",
    "Category",
    "CategoryQuerySet",
    "Media",
    "Product",
    "ProductQuerySet",
    "ProductRedirect",
    "ProductStatus",
    "Relation",
    "RelationQuerySet",
    "Tag",
    "TagQuerySet",
    "Variant",
    "VariantQuerySet",
    "lost_in_address",
]
