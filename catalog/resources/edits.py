"""What may be edited in bulk of the catalogue. Status and being active have verbs of their own."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.bulk_edit import Attribute, EditResource
from catalog.models import Product, Variant
from catalog.services.edits import ProductEditBatch, VariantEditBatch

LOOKED_AT = 2000  # newest products in which keys of attributes are looked for
MOST_KEYS = 30


@resources.register_edit
class ProductEdit(EditResource):
    key = "products"
    label = gettext_lazy("Products")
    permission = "catalog.change_product"
    batch = ProductEditBatch
    models = (Variant, Product)
    editable = (
        "category", "brand", "product_type", "tags", "title", "title_zh", "description", "description_zh", "seo_title",
        "seo_description",
    )  # fmt: skip

    @classmethod
    def attributes(cls) -> Sequence[Attribute]:
        """The keys that the newest products have, as text."""
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT k FROM (SELECT attributes FROM catalog_product ORDER BY id DESC LIMIT %s) p,
                          LATERAL jsonb_object_keys(p.attributes) k
                   GROUP BY k ORDER BY count(*) DESC, k LIMIT %s""",
                [LOOKED_AT, MOST_KEYS],
            )
            return [Attribute(code) for (code,) in cursor.fetchall()]


@resources.register_edit
class VariantEdit(EditResource):
    key = "variants"
    label = gettext_lazy("Variants")
    permission = "catalog.change_variant"
    batch = VariantEditBatch
    models = (Variant,)
    editable = (
        "price", "compare_at", "cost", "weight_grams", "tax_class", "requires_shipping", "track_stock", "backorder_limit",
    )  # fmt: skip
