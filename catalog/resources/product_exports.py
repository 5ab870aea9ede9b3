"""What product files have when they go out: columns that the same file brings in again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from backoffice.generic import Column as ExportColumn
from catalog.attribute_exports import Told
from catalog.models import Variant


def columns_for(user: Any) -> Sequence[ExportColumn]:
    """Columns that `user` may see, with one for each attribute by which lists are filtered; None is the operator."""
    may_see_cost = user is None or user.has_perm("catalog.view_cost")
    told = Told()
    columns = []
    for column in EXPORT:
        if column.accessor == "product.attributes":
            columns += [replace(column, get=lambda variant: told.others(variant.product))]
            columns += told.columns(lambda variant: variant.product)
        elif may_see_cost or column.accessor != "cost":
            columns.append(column)
    return columns


def _option_name(place: int) -> Any:
    return lambda variant: (variant.product.options[place : place + 1] or [""])[0]


def _pictures(variant: Variant) -> str:
    return " ".join(media.url for media in variant.product.media.all() if media.url)  # type: ignore[attr-defined]


def _of(path: str) -> ExportColumn:
    return ExportColumn(path, path.rpartition(".")[2])


LOOKUPS = {
    "handle": "product__handle__iexact",
    "title": "product__title__iexact",
    "status": "product__status",
    "sku": "sku__iexact",
    "brand": "product__brand__name__iexact",
    "category": "product__category__path__iexact",
    "product_type": "product__product_type",
}
EXPORT = [
    _of("product.handle"),
    _of("product.title"),
    _of("product.title_zh"),
    _of("product.description"),
    _of("product.description_zh"),
    ExportColumn("product.category.path", "category"),
    ExportColumn("product.brand.name", "brand"),
    _of("product.product_type"),
    ExportColumn("product.tags", "tags", get=lambda variant: ", ".join(variant.product.tags)),
    _of("product.status"),
    *(ExportColumn(f"option{n}_name", f"option{n}_name", get=_option_name(n - 1)) for n in (1, 2, 3)),
    ExportColumn("product.attributes", "attributes"),
    _of("product.seo_title"),
    _of("product.seo_description"),
    _of("sku"),
    _of("barcode"),
    _of("option1"),
    _of("option2"),
    _of("option3"),
    ExportColumn("price", "price", kind="number"),
    ExportColumn("compare_at", "compare_at", kind="number"),
    ExportColumn("cost", "cost", kind="number"),
    ExportColumn("weight_grams", "weight_grams", kind="number"),
    _of("tax_class"),
    ExportColumn("requires_shipping", "requires_shipping", kind="bool"),
    ExportColumn("track_stock", "track_stock", kind="bool"),
    _of("tracking"),
    ExportColumn("backorder_limit", "backorder_limit", kind="number"),
    ExportColumn("is_active", "is_active", kind="bool"),
    ExportColumn("images", "images", get=_pictures),
]
