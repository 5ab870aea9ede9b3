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
    "PriceChange",
    "PriceChangeQuerySet",
    "PriceList",
    "PriceListItem",
    "PriceListQuerySet",
    "Product",
    "ProductQuerySet",
    "ProductStatus",
    "Repricing",
    "RepricingRow",
    "Variant",
    "VariantQuerySet",
    "decimals_sql",
    "lost_in_address",
]
