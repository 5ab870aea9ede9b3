"""Files of prices on price lists."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.resources import CodeColumn, NumberColumn
from catalog.models import PriceListItem
from catalog.resources.product_columns import SkuColumn
from catalog.services import upsert_list_prices

LOOKUPS = {
    "price_list": "price_list__code__iexact",
    "list": "price_list__code__iexact",
    "variant": "variant__sku__iexact",
    "sku": "variant__sku__iexact",
}


@resources.register
class ListPriceResource(resources.BaseResource):
    """Prices on lists that exist, by the code of the list and the SKU."""

    key = "price_lists"
    label = gettext_lazy("Prices on lists")
    permission = "catalog.change_pricelistitem"
    service = staticmethod(upsert_list_prices)
    models = (PriceListItem,)

    price_list = CodeColumn(
        gettext_lazy("Price list"),
        aliases=[
            "List",
            "List code",
            "Price list code",
            "Pricelist",
            "Price book",
            "Price group",
            "价格表",
            "价目表",
            "价格表编码",
        ],
        required=True,
        max_length=40,
        help=gettext_lazy("The code of the list, whatever the letter case. Lists are created on their page."),
        example="WHOLESALE",
    )
    variant = SkuColumn(
        gettext_lazy("SKU"),
        aliases=["Variant SKU", "Variant code", "SKU code", "Item number", "商品编码", "货号", "规格编码", "SKU编码"],
        required=True,
        max_length=100,
        help=gettext_lazy("Names the variant, whatever the letter case."),
        example="POT-RED",
    )
    price = NumberColumn(
        gettext_lazy("Price"),
        aliases=["List price", "Price on list", "Fixed price", "Unit price", "售价", "价格", "价目"],
        required=True,
        blank="keep",
        help=gettext_lazy("In the currency of the list."),
        example="9.90",
    )
    compare_at = NumberColumn(
        gettext_lazy("Compare-at price"),
        aliases=["compare_at_price", "RRP", "MSRP", "原价", "市场价", "划线价"],
        example="12.90",
    )

    def export_queryset(self, where: dict[str, str]) -> Any:
        lookups = {LOOKUPS.get(name, name): value for name, value in where.items()}
        return PriceListItem.objects.filter(**lookups).order_by("price_list__code", "pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return [
            ExportColumn("price_list.code", "price_list"),
            ExportColumn("variant.sku", "sku"),
            ExportColumn("price", "price", kind="number"),
            ExportColumn("compare_at", "compare_at", kind="number"),
        ]
