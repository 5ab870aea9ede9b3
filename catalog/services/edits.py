"""What stands against products and variants that are edited in bulk, and what follows from a change."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from backoffice.bulk_edit import EditBatch
from backoffice.imports.tables import Lookup
from catalog.models import Brand, Category, Product, Variant
from catalog.services.variants import retitle


class ProductEditBatch(EditBatch):
    """Products by their handle. Variants follow a title."""

    resource = "products"
    model = Product
    key = ("handle",)
    names = (
        "handle", "title", "title_zh", "description", "description_zh", "category", "brand", "product_type", "tags", "attributes",
        "seo_title", "seo_description",
    )  # fmt: skip
    lookups = {"category": Lookup(Category, "path", "lower"), "brand": Lookup(Brand, "name", "lower")}

    def write(self) -> None:
        super().write()
        if "title" in self.present:
            self.cursor.execute("SELECT id FROM import_record WHERE changed ORDER BY id")
            retitle(pk for (pk,) in self.cursor.fetchall())


class VariantEditBatch(EditBatch):
    """Variants by their SKU. A published product keeps something to sell."""

    resource = "products"
    model = Variant
    key = ("sku",)
    names = (
        "sku", "price", "compare_at", "cost", "weight_grams", "tax_class", "requires_shipping", "track_stock", "backorder_limit",
    )  # fmt: skip
    parent = "product"
    messages = {
        **EditBatch.messages,
        "nothing_to_sell": gettext_lazy("The product “%(handle)s” is published and would have nothing left to sell."),
    }

    def find_problems(self) -> None:
        super().find_problems()
        if "price" in self.present:
            self.told(
                "nothing_to_sell",
                """SELECT r.row, 'price', '0', jsonb_build_object('handle', p.handle) FROM import_record r
                   JOIN catalog_variant t ON t.id = r.id JOIN catalog_product p ON p.id = t.product_id
                   WHERE r.changed AND r.price = 0 AND t.price > 0 AND t.is_active AND p.status = 'published'
                     AND NOT EXISTS (SELECT 1 FROM catalog_variant o LEFT JOIN import_record n ON n.id = o.id
                                     WHERE o.product_id = p.id AND o.is_active AND coalesce(n.price, o.price) > 0)""",
            )
