"""What may be edited in bulk of the catalogue. Status and being active have verbs of their own."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import connection
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.bulk_edit import Attribute, EditResource
from catalog.models import AttributeDefinition, AttributeKind, Product, Variant
from catalog.services.edits import ProductEditBatch, VariantEditBatch

LOOKED_AT = 2000  # newest products in which keys of attributes are looked for
MOST_KEYS = 30
KINDS = {**{kind: kind.value for kind in AttributeKind}, AttributeKind.CHOICES: "list"}


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
        """What is defined for any category, and as text the other keys that the newest products have."""
        defined = {one.code: one for one in AttributeDefinition.objects.in_order()}
        known = [
            Attribute(code, one.title, KINDS[one.kind], tuple(one.labels.items())) for code, one in defined.items()
        ]
        return [*known, *(Attribute(code) for code in cls._found() if code not in defined)]

    @staticmethod
    def _found() -> list[str]:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT k FROM (SELECT attributes FROM catalog_product ORDER BY id DESC LIMIT %s) p,
                          LATERAL jsonb_object_keys(p.attributes) k
                   GROUP BY k ORDER BY count(*) DESC, k LIMIT %s""",
                [LOOKED_AT, MOST_KEYS],
            )
            return [code for (code,) in cursor.fetchall()]


@resources.register_edit
class VariantEdit(EditResource):
    key = "variants"
    label = gettext_lazy("Variants")
    permission = "catalog.change_variant"
    batch = VariantEditBatch
    models = (Variant,)
    editable = (
        "price", "compare_at", "cost", "weight_grams", "tax_class", "requires_shipping", "track_stock", "tracking",
        "backorder_limit",
    )  # fmt: skip
