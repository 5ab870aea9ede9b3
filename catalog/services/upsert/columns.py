"""The staged columns: their types, and what each makes of a row that exists and of a new one."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

WITHOUT_LIMIT = 1_000_000


@dataclass(frozen=True)
class Staged:
    """A staged column: its type; what it makes of an existing row `t` and of a new one, `s` being the staged row."""

    type: str
    table: str = ""
    update: str = ""
    insert: str = ""
    column: str = ""

    def updating(self, name: str) -> str:
        return self.update.replace("{0}", name)

    def inserting(self, name: str) -> str:
        return self.insert.replace("{0}", name)


def _text(table: str) -> Staged:
    return Staged("text", table, "s.{0}", "coalesce(s.{0}, '')")


def _kept(type: str, table: str, default: str) -> Staged:
    """A blank cell keeps what is there."""
    return Staged(type, table, "coalesce(s.{0}, t.{0})", "coalesce(s.{0}, " + default + ")")


def _cleared(type: str, table: str) -> Staged:
    return Staged(type, table, "s.{0}", "s.{0}")


# What cannot be sold is not published, whatever the file says.
STATUS = "CASE WHEN s.status = 'published' AND NOT k.sellable THEN t.status ELSE coalesce(s.status, t.status) END"

STAGED: dict[str, Staged] = {
    "handle": Staged("text"),
    "spare_handle": Staged("text"),
    "title": Staged("text", "product", "coalesce(nullif(s.title, ''), t.title)", "s.title"),
    "title_zh": _text("product"),
    "description": _text("product"),
    "description_zh": _text("product"),
    "category": Staged("text", "product", "k.category_id", "k.category_id", "category_id"),
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
        "jsonb", "product", "t.attributes || coalesce(s.attributes, '{}')", "coalesce(s.attributes, '{}')"
    ),
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
    "backorder_limit": _kept("int", "variant", "0"),
    "is_active": _kept("bool", "variant", "true"),
    "images": Staged("text[]"),
    "image_alts": Staged("text[]"),
    "image_positions": Staged("int[]"),
    "variant_image": Staged("text"),
}


# --- Values as COPY writes them -----------------------------------------------------------------

ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


def _encode_text(value: Any) -> str:
    if value is None:
        return "\\N"
    if "\\" in value or "\n" in value or "\r" in value or "\t" in value:
        return str(value.translate(ESCAPES))
    return str(value)


def _encode_plain(value: Any) -> str:
    return "\\N" if value is None else str(value)


def _encode_bool(value: Any) -> str:
    return "\\N" if value is None else "t" if value else "f"


def encode_json(value: Any) -> str:
    return "\\N" if value is None else _encode_text(json.dumps(value, ensure_ascii=False))


def _encode_array(value: Any) -> str:
    if value is None:
        return "\\N"
    if not value:
        return "{}"
    return _encode_text("{" + ",".join(map(_element, value)) + "}")


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


ENCODERS: dict[str, Callable[[Any], str]] = {
    "text": _encode_text,
    "text[]": _encode_array,
    "varchar(120)[]": _encode_array,
    "int[]": _encode_array,
    "jsonb": encode_json,
    "bool": _encode_bool,
    "int": _encode_plain,
    "numeric(15,3)": _encode_plain,
}
