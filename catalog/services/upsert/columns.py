"""The staged columns: their types, and what each makes of a row that exists and of a new one."""

from __future__ import annotations

from backoffice.imports.batch import Staged
from backoffice.publishing import files

WITHOUT_LIMIT = 1_000_000


def _text(table: str) -> Staged:
    return Staged("text", table, "s.{0}", "coalesce(s.{0}, '')")


def _kept(type: str, table: str, default: str) -> Staged:
    """A blank cell keeps what is there."""
    return Staged(type, table, "coalesce(s.{0}, t.{0})", "coalesce(s.{0}, " + default + ")")


def _cleared(type: str, table: str) -> Staged:
    return Staged(type, table, "s.{0}", "s.{0}")


# What cannot be sold is not submitted, whatever the file says.
STATUS = f"CASE WHEN s.status IN {files.WANTED} AND (NOT k.sellable OR k.lacking IS NOT NULL) THEN t.status ELSE {files.status('t.status')} END"

STAGED: dict[str, Staged] = {
    "handle": Staged("text"),
    "spare_handle": Staged("text"),
    "title": Staged("text", "product", "coalesce(nullif(s.title, ''), t.title)", "s.title"),
    "title_zh": _text("product"),
    "description": _text("product"),
    "description_zh": _text("product"),
    "category": Staged("text", "product", "k.category_id", "k.category_id", "category_id"),
    "category_number": Staged("text"),
    "brand": Staged("text", "product", "k.brand_id", "k.brand_id", "brand_id"),
    "product_type": _text("product"),
    "tags": Staged("varchar(120)[]", "product", "coalesce(s.tags, '{}')", "coalesce(s.tags, '{}')"),
    "status": Staged("text", "product", STATUS, STATUS.replace("t.status", "'draft'")),
    "options": Staged(
        "varchar(120)[]",
        "product",
        "CASE WHEN cardinality(s.options) > 0 THEN s.options ELSE t.options END",
        "coalesce(s.options, '{}')",
    ),
    "attributes": Staged(
        "jsonb",
        "product",
        "((t.attributes || coalesce(s.attributes, '{}')) - coalesce(s.attributes_cleared, '{}'))",
        "coalesce(s.attributes, '{}')",
    ),
    "attribute_texts": Staged("jsonb"),  # name -> text of the cell
    "attribute_notation": Staged("text"),  # decimal mark and order of dates
    "attributes_cleared": Staged("text[]"),
    "seo_title": _text("product"),
    "seo_description": _text("product"),
    "is_variant": Staged("bool"),
    "sku": Staged("text"),
    "spare_sku": Staged("text"),
    "barcode": _text("variant"),
    "option1": _text("variant"),
    "option2": _text("variant"),
    "option3": _text("variant"),
    "price": _kept("numeric(15,3)", "variant", "0"),
    "compare_at": _cleared("numeric(15,3)", "variant"),
    "cost": _cleared("numeric(15,3)", "variant"),
    "weight_grams": _cleared("int", "variant"),
    "tax_class": _kept("text", "variant", "'standard'"),
    "requires_shipping": _kept("bool", "variant", "true"),
    "track_stock": _kept("bool", "variant", "true"),
    "tracking": _kept("text", "variant", "'none'"),
    "backorder_limit": _kept("int", "variant", "0"),
    "is_active": _kept("bool", "variant", "true"),
    "images": Staged("text[]"),
    "image_alts": Staged("text[]"),
    "image_positions": Staged("int[]"),
    "variant_image": Staged("text"),
}
