"""The verbs of the catalogue. Rows come in batches; a click is a batch of one."""

from backoffice import history
from catalog.models import Product, Variant
from catalog.services.barcodes import check_digit, clean_barcode
from catalog.services.brands import save_brand, upsert_brands
from catalog.services.categories import delete_category, merge_category, place_category, save_category
from catalog.services.matrix import Option, generate_variants, plan_variants, save_options, values_of
from catalog.services.media import PictureFields, attach_files, attach_media, make_cover, remove_media, save_pictures
from catalog.services.prices import upsert_prices
from catalog.services.products import (
    NotPublishable,
    ProductFields,
    archive,
    create_product,
    free_handle,
    publish,
    unpublish,
    update_product,
)
from catalog.services.relations import set_parts, set_relations
from catalog.services.tags import add_tag, clean_tag, remove_tag, rename_tag
from catalog.services.tree_batch import upsert_categories
from catalog.services.upsert import upsert_products
from catalog.services.variants import (
    VariantFields,
    VariantsRefused,
    activate_variants,
    add_variant,
    barcode_twins,
    clean_sku,
    deactivate_variants,
    delete_variants,
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
    "NotPublishable",
    "Option",
    "PictureFields",
    "ProductFields",
    "VariantFields",
    "VariantsRefused",
    "activate_variants",
    "add_tag",
    "add_variant",
    "archive",
    "attach_files",
    "attach_media",
    "barcode_twins",
    "check_digit",
    "clean_barcode",
    "clean_sku",
    "clean_tag",
    "create_product",
    "deactivate_variants",
    "delete_category",
    "delete_variants",
    "free_handle",
    "generate_variants",
    "make_cover",
    "merge_category",
    "place_category",
    "plan_variants",
    "publish",
    "remove_media",
    "remove_tag",
    "rename_tag",
    "retitle",
    "save_brand",
    "save_category",
    "save_options",
    "save_pictures",
    "save_variants",
    "set_parts",
    "set_relations",
    "unpublish",
    "update_product",
    "update_variant",
    "upsert_brands",
    "upsert_categories",
    "upsert_prices",
    "upsert_products",
    "values_of",
    "whole_price",
]
