"""Files of warehouses and shops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.validators import validate_slug
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.resources import BooleanColumn, CodeColumn, LinesColumn, TextColumn, WholeColumn
from inventory.models import Location
from inventory.services import upsert_locations

NOT_KEPT = gettext_lazy("not kept")


class SlugColumn(CodeColumn):
    """A code of letters, digits, hyphens and underscores, as it stands in addresses."""

    def read(self, text: str, decimal: str = ".") -> Any:
        value = super().read(text, decimal)
        validate_slug(value)
        return value


@resources.register
class LocationResource(resources.BaseResource):
    """Warehouses and shops, by code."""

    key = "locations"
    label = gettext_lazy("Locations")
    permission = "inventory.change_location"
    service = staticmethod(upsert_locations)
    models = (Location,)
    headless = {"AdventureWorks": ("LocationID", "Name", "CostRate", "Availability", "ModifiedDate")}

    code = SlugColumn(
        gettext_lazy("Code"),
        aliases=["Location code", "Location ID", "Warehouse code", "Warehouse ID", "Short name", "id", "Store code", "admin_name",
                 "仓库编码", "仓库编号", "仓库代码", "编码", "代码"],
        required=True,
        max_length=40,
        help=gettext_lazy("Names the location, whatever the letter case."),
        example="MAIN",
    )  # fmt: skip
    name = TextColumn(
        gettext_lazy("Name"),
        aliases=["Location", "Location name", "Warehouse", "Warehouse name", "Stock location", "Store name",
                 "仓库", "仓库名称", "门店", "门店名称", "名称"],
        required=True,
        blank="keep",
        max_length=120,
        help=gettext_lazy("Needed to create a location."),
        example="Main warehouse",
    )  # fmt: skip
    name_zh = TextColumn(gettext_lazy("Chinese name"), aliases=["中文名称"], max_length=120)
    address = LinesColumn(
        gettext_lazy("Address"),
        aliases=["Street", "Street2", "Address1", "Address2", "Address line 1", "Address line 2", "City", "Region", "State",
                 "Province", "Postal code", "Zip", "zipcode", "Country", "地址", "详细地址", "省份", "城市", "区县", "邮编", "国家"],
        help=gettext_lazy("What stands in several columns becomes one line each."),
    )  # fmt: skip
    priority = WholeColumn(
        gettext_lazy("Priority"),
        aliases=["Sequence", "Position", "Sort order", "sort_order", "优先级", "排序"],
        blank="keep",
        help=gettext_lazy("Lower serves orders first."),
        example="10",
    )
    is_active = BooleanColumn(
        gettext_lazy("Active"),
        aliases=["Enabled", "是否启用", "启用"],
        help=gettext_lazy("A location is closed only when nothing lies there; what is promised there moves to others."),
    )

    ignored = dict.fromkeys(
        ["Kind", "Type", "Phone", "Telephone", "Contact", "Manager", "电话", "联系人", "负责人", "备注"], NOT_KEPT
    )

    def export_queryset(self, where: dict[str, str]) -> Any:
        return Location.objects.filter(kind=Location.Kind.STOCK, **where).order_by("pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return [
            *(ExportColumn(name, name) for name in ("code", "name", "name_zh", "address")),
            ExportColumn("priority", "priority", kind="number"),
            ExportColumn("is_active", "is_active", kind="bool"),
        ]
