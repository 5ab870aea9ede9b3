"""The same file by django-import-export: as it ships, and tuned with bulk writes and lookups in memory."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import tablib
from import_export import fields, resources
from import_export.instance_loaders import CachedInstanceLoader
from import_export.widgets import ForeignKeyWidget

from catalog.models import Brand, Category, Product, Variant
from catalog.services.upsert import ensure_categories


class Remembering(ForeignKeyWidget):
    """A foreign key looked up in one dictionary."""

    known: dict[str, Any]

    def clean(self, value: Any, row: Any = None, **kwargs: Any) -> Any:
        if not hasattr(self, "known"):
            self.known = {getattr(found, self.field): found for found in self.model.objects.all()}
        return self.known.get(value)


def _resources(widget: type[ForeignKeyWidget], **options: Any) -> list[type[resources.ModelResource]]:
    class Products(resources.ModelResource):
        category = fields.Field("category", "category", widget(Category, "path"))
        brand = fields.Field("brand", "brand", widget(Brand, "name"))

        class Meta:
            model = Product
            import_id_fields = ("handle",)
            fields = ("handle", "title", "description", "category", "brand", "product_type", "status")

    class Variants(resources.ModelResource):
        product = fields.Field("product", "handle", widget(Product, "handle"))

        class Meta:
            model = Variant
            import_id_fields = ("sku",)
            fields = ("sku", "title", "barcode", "price", "compare_at", "weight_grams", "product")

    for kind in (Products, Variants):
        for name, value in options.items():
            setattr(kind._meta, name, value)
    return [Products, Variants]


def bring(path: Path, *, tuned: bool) -> None:
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    ensure_categories(dict.fromkeys(row["category"] for row in rows))
    known = set(Brand.objects.values_list("name", flat=True))
    Brand.objects.bulk_create(Brand(name=name) for name in sorted({row["brand"] for row in rows} - known))
    data = tablib.Dataset(*[list(row.values()) for row in rows], headers=list(rows[0]))
    options: dict[str, Any] = {}
    if tuned:
        options = {
            "use_bulk": True,
            "batch_size": 1000,
            "skip_diff": True,
            "instance_loader_class": CachedInstanceLoader,
        }
    for kind in _resources(Remembering if tuned else ForeignKeyWidget, **options):
        kind().import_data(data, raise_errors=True, use_transactions=True)
