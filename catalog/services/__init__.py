"""The verbs of the catalogue. Rows come in batches; a click is a batch of one."""

from backoffice import history
from catalog.models import Product, Variant
from catalog.services.barcodes import check_digit, clean_barcode
from catalog.services.brands import save_brand, upsert_brands
from catalog.services.categories import save_category
from catalog.services.media import attach_media, make_cover, picture_kind, remove_media, set_media
from catalog.services.prices import upsert_prices
from catalog.services.products import (
    ProductFields,
    add_tag,
    create_product,
    free_handle,
    update_product,
)
from catalog.services.publishing import restore_content
from catalog.services.tree_batch import upsert_categories
from catalog.services.upsert import upsert_products
from catalog.services.variants import (
    VariantFields,
    VariantsRefused,
    activate_variants,
    add_variant,
    clean_sku,
    deactivate_variants,
    retitle,
    save_variants,
    update_variant,
    whole_price,
)

history.allow_restore(
    Product,
    (
        "title",
        "title_zh",
        "description",
        "description_zh",
        "category",
        "brand",
        "product_type",
        "tags",
        "seo_title",
        "seo_description",
    ),
    update_product,
)
history.allow_restore(
    Variant,
    ("sku", "barcode", "price", "compare_at", "cost", "weight_grams", "tax_class", "requires_shipping", "is_active"),
    update_variant,
)

__all__ = [
    "ProductFields",
    "VariantFields",
    "VariantsRefused",
    "activate_variants",
    "add_tag",
    "add_variant",
    "attach_media",
    "check_digit",
    "clean_barcode",
    "clean_sku",
    "create_product",
    "deactivate_variants",
    "free_handle",
    "make_cover",
    "picture_kind",
    "remove_media",
    "restore_content",
    "retitle",
    "save_brand",
    "save_category",
    "save_variants",
    "set_media",
    "update_product",
    "update_variant",
    "upsert_brands",
    "upsert_categories",
    "upsert_prices",
    "upsert_products",
    "whole_price",
]
