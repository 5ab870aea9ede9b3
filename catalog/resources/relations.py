"""Files of related products and of bundles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.resources import ChoiceColumn, CodeColumn, TextColumn, WholeColumn
from catalog.models import BundlePart, Relation
from catalog.services.relation_files import upsert_bundles, upsert_relations

KINDS = {
    "related": "related",
    "相关": "related",
    "accessory": "accessory",
    "配件": "accessory",
    "replacement": "replacement",
    "替代品": "replacement",
}


@resources.register
class RelationResource(resources.BaseResource):
    """Related products: one row for each product that another one points at."""

    key = "relations"
    label = gettext_lazy("Related products")
    permission = "catalog.change_product"
    service = staticmethod(upsert_relations)
    models = (Relation,)

    product = TextColumn(
        gettext_lazy("Product"), aliases=["Handle"], required=True, max_length=200, example="tea-pot",
        help=gettext_lazy("Handle of the product whose page shows the other one."),
    )  # fmt: skip
    other = TextColumn(
        gettext_lazy("Other product"), aliases=["Related", "Related handle"], required=True, max_length=200,
        example="tea-cup", help=gettext_lazy("Handle of the product that it points at."),
    )  # fmt: skip
    kind = ChoiceColumn(gettext_lazy("Kind"), words=KINDS, blank="keep", example="accessory")
    position = WholeColumn(gettext_lazy("Position"), blank="keep", example="0")

    def export_queryset(self, where: dict[str, str]) -> Any:
        return (
            Relation.objects.filter(**where).select_related("product", "other").order_by("product_id", "position", "pk")
        )

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return [
            ExportColumn("product.handle", "product"),
            ExportColumn("other.handle", "other"),
            ExportColumn("kind", "kind", get=lambda relation: relation.kind),
            ExportColumn("position", "position", kind="number"),
        ]


@resources.register
class BundleResource(resources.BaseResource):
    """What bundles are made of: one row a component."""

    key = "bundles"
    label = gettext_lazy("Bundles")
    permission = "catalog.change_variant"
    service = staticmethod(upsert_bundles)
    models = (BundlePart,)

    bundle = CodeColumn(
        gettext_lazy("Bundle"), aliases=["Bundle SKU"], required=True, max_length=100, example="POT-SET",
        help=gettext_lazy("SKU of the variant that is made of others."),
    )  # fmt: skip
    component = CodeColumn(
        gettext_lazy("Component"), aliases=["Component SKU"], required=True, max_length=100, example="POT-RED",
        help=gettext_lazy("SKU of what goes into it."),
    )  # fmt: skip
    quantity = WholeColumn(gettext_lazy("Quantity"), aliases=["Qty"], blank="keep", example="2")
    position = WholeColumn(gettext_lazy("Position"), blank="keep", example="0")

    def export_queryset(self, where: dict[str, str]) -> Any:
        return (
            BundlePart.objects.filter(**where)
            .select_related("bundle", "component")
            .order_by("bundle_id", "position", "pk")
        )

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return [
            ExportColumn("bundle.sku", "bundle"),
            ExportColumn("component.sku", "component"),
            ExportColumn("quantity", "quantity", kind="number"),
            ExportColumn("position", "position", kind="number"),
        ]
