"""The verbs of the catalogue. Rows come in batches; a click is a batch of one."""

from backoffice import history
from catalog.models import Product, Variant
from catalog.services.attributes import (
    FIELD,
    DefinitionFields,
    clean_attributes,
    exact,
    expected,
    missing_attributes,
    move_definition,
    remove_definition,
    save_definition,
    text_of,
    usage,
)
from catalog.services.attributes.upsert import upsert_definitions
from catalog.services.barcodes import check_digit, clean_barcode
from catalog.services.brands import save_brand, upsert_brands
from catalog.services.categories import save_category
from catalog.services.media import attach_media, make_cover, picture_kind, remove_media
from catalog.services.prices import upsert_prices
from catalog.services.products import (
    NotPublishable,
    ProductFields,
    add_tag,
    archive,
    create_product,
    free_handle,
    publish,
    unpublish,
    update_product,
)
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
        "attributes",
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
    "FIELD",
    "DefinitionFields",
    "NotPublishable",
    "ProductFields",
    "VariantFields",
    "VariantsRefused",
    "activate_variants",
    "add_tag",
    "add_variant",
    "archive",
    "attach_media",
    "check_digit",
    "clean_attributes",
    "clean_barcode",
    "clean_sku",
    "create_product",
    "deactivate_variants",
    "exact",
    "expected",
    "free_handle",
    "make_cover",
    "missing_attributes",
    "move_definition",
    "picture_kind",
    "publish",
    "remove_definition",
    "remove_media",
    "retitle",
    "save_brand",
    "save_category",
    "save_definition",
    "save_variants",
    "text_of",
    "unpublish",
    "update_product",
    "update_variant",
    "upsert_brands",
    "upsert_categories",
    "upsert_definitions",
    "upsert_prices",
    "upsert_products",
    "usage",
    "whole_price",
]
