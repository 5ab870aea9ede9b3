"""Brand files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.resources import TextColumn
from catalog.models import Brand
from catalog.services import upsert_brands


class NameColumn(TextColumn):
    """A name, doubled blanks inside it taken for one."""

    def read(self, text: str, decimal: str = ".") -> Any:
        return super().read(" ".join(text.split()), decimal)


@resources.register
class BrandResource(resources.BaseResource):
    """Brands, by name."""

    key = "brands"
    label = gettext_lazy("Brands")
    permission = "catalog.change_brand"
    service = staticmethod(upsert_brands)
    models = (Brand,)

    name = NameColumn(
        gettext_lazy("Name"),
        aliases=["Brand", "Brand name", "Vendor", "Manufacturer", "manufacturerName", "品牌", "品牌名称", "名称"],
        required=True,
        max_length=120,
        help=gettext_lazy("Names the brand, whatever the letter case."),
        example="Acme",
    )
    name_zh = NameColumn(gettext_lazy("Chinese name"), aliases=["中文名称", "中文品牌"], max_length=120)

    def export_queryset(self, where: dict[str, str]) -> Any:
        return Brand.objects.filter(**where).order_by("pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return [ExportColumn("name", "name"), ExportColumn("name_zh", "name_zh")]
