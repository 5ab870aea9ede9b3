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
from catalog.models.completeness import BY_SCORE, Check, Completeness, CompletenessDue
from catalog.models.finding import Found, find_products, find_variants
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
    "BY_SCORE",
    "AttributeDefinition",
    "AttributeKind",
    "AttributeQuerySet",
    "Brand",
    "BundlePart",
    "Category",
    "CategoryQuerySet",
    "Check",
    "Completeness",
    "CompletenessDue",
    "Found",
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
    "find_products",
    "find_variants",
    "lost_in_address",
    "shown",
]
