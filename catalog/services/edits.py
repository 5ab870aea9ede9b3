"""What stands against products and variants that are edited in bulk, and what follows from a change."""

# The statements are put together from names of our own and never from input.
# ruff: noqa: S608

from __future__ import annotations

from django.utils.translation import gettext_lazy

from backoffice import approvals
from backoffice.bulk_edit import EditBatch
from backoffice.imports.tables import Lookup
from catalog.models import Brand, Category, Product, Variant
from catalog.services.proposals import BEYOND_LIMIT, PRICE
from catalog.services.variants import TRACKING_KEPT, retitle


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
    messages = {
        **EditBatch.messages,
        "unfit": gettext_lazy("“%(value)s” is no value of the attribute “%(attribute)s” of its category."),
    }

    def find_problems(self) -> None:
        super().find_problems()
        if touched := {"attributes", "category"} & set(self.present):
            category = "r.category_id" if "category" in touched else "t.category_id"
            attributes = "r.attributes" if "attributes" in touched else "t.attributes"
            self.told(
                "unfit",
                f"""WITH concerned AS MATERIALIZED (
                        SELECT r.row, coalesce({category}, 0) AS category_id, {attributes} AS attributes
                        FROM import_record r JOIN catalog_product t ON t.id = r.id WHERE r.changed AND {attributes} <> '{{}}')
                    SELECT DISTINCT ON (c.row) c.row, '{max(touched, key=len)}', c.attributes ->> d.code,
                           jsonb_build_object('value', left(c.attributes ->> d.code, 80), 'attribute', f.name)
                    FROM concerned c
                    JOIN catalog_attributes_of((SELECT array_agg(DISTINCT category_id) FROM concerned)) d USING (category_id)
                    JOIN catalog_attributedefinition f ON f.id = d.definition_id
                    WHERE c.attributes ? d.code AND NOT catalog_attribute_fits(d.kind, d.choices, c.attributes -> d.code)
                    ORDER BY c.row, f.id""",
            )

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
        "sku", "price", "compare_at", "cost", "weight_grams", "tax_class", "requires_shipping", "track_stock", "tracking",
        "backorder_limit",
    )  # fmt: skip
    parent = "product"
    messages = {
        **EditBatch.messages,
        "nothing_to_sell": gettext_lazy("The product “%(handle)s” is published and would have nothing left to sell."),
        "beyond_limit": BEYOND_LIMIT,
        "tracking_kept": TRACKING_KEPT,
    }

    def find_problems(self) -> None:
        super().find_problems()
        if "tracking" in self.present:
            self.told(
                "tracking_kept",
                """SELECT r.row, 'tracking', r.tracking, jsonb_build_object('sku', t.sku) FROM import_record r
                   JOIN catalog_variant t ON t.id = r.id
                   WHERE r.changed AND r.tracking <> t.tracking AND EXISTS (SELECT FROM catalog_stocked(ARRAY[t.id]))""",
            )
        if "price" in self.present:
            self._refuse_far_steps()
            self.told(
                "nothing_to_sell",
                """SELECT r.row, 'price', '0', jsonb_build_object('handle', p.handle) FROM import_record r
                   JOIN catalog_variant t ON t.id = r.id JOIN catalog_product p ON p.id = t.product_id
                   WHERE r.changed AND r.price = 0 AND t.price > 0 AND t.is_active AND p.status = 'published'
                     AND NOT EXISTS (SELECT 1 FROM catalog_variant o LEFT JOIN import_record n ON n.id = o.id
                                     WHERE o.product_id = p.id AND o.is_active AND coalesce(n.price, o.price) > 0)""",
            )

    def _refuse_far_steps(self) -> None:
        """Prices that move further than this user may move them alone."""
        if not approvals.needed(PRICE, self.by):
            return
        limit = approvals.limit_of(PRICE)
        self.told(
            "beyond_limit",
            """SELECT r.row, 'price', r.price::text, jsonb_build_object('limit', %s::text) FROM import_record r
               JOIN catalog_variant t ON t.id = r.id
               WHERE r.changed AND t.price > 0 AND abs(r.price - t.price) * 100 > %s * t.price""",
            [f"{limit.normalize():f}", limit],
        )
