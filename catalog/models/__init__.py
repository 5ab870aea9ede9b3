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
    "AttributeDefinition",
    "AttributeKind",
    "AttributeQuerySet",
    "Brand",
    "BundlePart",
    "Category",
    "CategoryQuerySet",
    "IndexedAttribute",
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
    "definitions_of",
    "lost_in_address",
    "shown",
]
