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
from catalog.services.categories import delete_category, merge_category, place_category, save_category
from catalog.services.matrix import Option, generate_variants, plan_variants, save_options, values_of
from catalog.services.media import (
    PictureFields,
    attach_files,
    attach_media,
    make_cover,
    remove_media,
    save_pictures,
    set_media,
)
from catalog.services.price_changes import apply_due, approve_change, cancel, cancel_one, drop_change, schedule
from catalog.services.price_lists import (
    Price,
    activate_list,
    deactivate_list,
    each_price,
    price_of,
    remove_list_prices,
    save_price_list,
    set_list_price,
    upsert_list_prices,
)
from catalog.services.prices import upsert_prices
from catalog.services.products import (
    ProductFields,
    create_product,
    free_handle,
    update_product,
)
from catalog.services.proposals import APPROVE, PRICE, REPRICING, SCHEDULED, proposed_prices, proposed_since
from catalog.services.publishing import restore_content
from catalog.services.relations import set_parts, set_relations
from catalog.services.repricing import approve_run, reopen_run
from catalog.services.shop import (
    LiveProduct,
    is_public_file,
    live_product,
    live_titles,
    part_of_map,
    parts_of_map,
    present_address,
    was_public,
)
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
    "APPROVE",
    "FIELD",
    "PRICE",
    "REPRICING",
    "SCHEDULED",
    "DefinitionFields",
    "LiveProduct",
    "Option",
    "PictureFields",
    "Price",
    "ProductFields",
    "VariantFields",
    "VariantsRefused",
    "activate_list",
    "activate_variants",
    "add_tag",
    "add_variant",
    "apply_due",
    "approve_change",
    "approve_run",
    "attach_files",
    "attach_media",
    "barcode_twins",
    "cancel",
    "cancel_one",
    "check_digit",
    "clean_attributes",
    "clean_barcode",
    "clean_sku",
    "clean_tag",
    "create_product",
    "deactivate_list",
    "deactivate_variants",
    "delete_category",
    "delete_variants",
    "drop_change",
    "each_price",
    "exact",
    "expected",
    "free_handle",
    "generate_variants",
    "is_public_file",
    "live_product",
    "live_titles",
    "make_cover",
    "merge_category",
    "missing_attributes",
    "move_definition",
    "part_of_map",
    "parts_of_map",
    "place_category",
    "plan_variants",
    "present_address",
    "price_of",
    "proposed_prices",
    "proposed_since",
    "remove_definition",
    "remove_list_prices",
    "remove_media",
    "remove_tag",
    "rename_tag",
    "reopen_run",
    "restore_content",
    "retitle",
    "save_brand",
    "save_category",
    "save_definition",
    "save_options",
    "save_pictures",
    "save_price_list",
    "save_variants",
    "schedule",
    "set_list_price",
    "set_media",
    "set_parts",
    "set_relations",
    "text_of",
    "update_product",
    "update_variant",
    "upsert_brands",
    "upsert_categories",
    "upsert_definitions",
    "upsert_list_prices",
    "upsert_prices",
    "upsert_products",
    "usage",
    "values_of",
    "was_public",
    "whole_price",
]
