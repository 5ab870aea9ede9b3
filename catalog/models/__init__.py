"""What the merchant sells: categories, brands, products and their variants."""

from catalog.models.categories import Brand, Category, CategoryQuerySet
from catalog.models.prices import (
    PriceChange,
    PriceChangeQuerySet,
    PriceList,
    PriceListItem,
    PriceListQuerySet,
    Repricing,
    RepricingRow,
    decimals_sql,
)
from catalog.models.products import (
    Media,
    Product,
    ProductQuerySet,
    Variant,
    VariantQuerySet,
    lost_in_address,
)
from catalog.models.relations import BundlePart, ProductRedirect, Relation, RelationQuerySet
from catalog.models.tags import Tag, TagQuerySet

__all__ = [
    "Brand",
    "BundlePart",
    "Category",
    "CategoryQuerySet",
    "Media",
    "PriceChange",
    "PriceChangeQuerySet",
    "PriceList",
    "PriceListItem",
    "PriceListQuerySet",
    "Product",
    "ProductQuerySet",
    "ProductRedirect",
    "Relation",
    "RelationQuerySet",
    "Repricing",
    "RepricingRow",
    "Tag",
    "TagQuerySet",
    "Variant",
    "VariantQuerySet",
    "decimals_sql",
    "lost_in_address",
]
