"""Price files: prices and costs of variants that exist, by SKU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.imports.cells import CellReader, Values
from backoffice.imports.lines import LineReader
from backoffice.imports.mapping import Mapping
from backoffice.imports.reading import Unreadable
from backoffice.resources import TextColumn
from catalog.models import Variant
from catalog.resources.naming import VariantNaming, other_numbers
from catalog.resources.product_columns import CostColumn, PriceColumn, SkuColumn
from catalog.resources.products import NOT_KEPT
from catalog.services import upsert_prices
from catalog.services.naming import OPTIONS

COST = "catalog.view_cost"
SOURCES = {
    "price": {"price", "regular_price", "sale_price"},
    "compare_at": {"compare_at"},
    "cost": {"cost"},
}


class CurrencyColumn(TextColumn):
    """The currency of the row, which must be that of the shop."""

    def read(self, text: str, decimal: str = ".") -> Any:
        value = super().read(text, decimal).upper()
        if value != settings.DEFAULT_CURRENCY:
            raise ValidationError(
                _("The shop sells in %(own)s; amounts in %(other)s are not taken.")
                % {"own": settings.DEFAULT_CURRENCY, "other": value}
            )
        return value


@resources.register
class PriceResource(VariantNaming):
    """Prices by SKU. Nothing is created, and nothing but prices is changed."""

    key = "prices"
    label = gettext_lazy("Prices")
    permission = "catalog.change_variant"
    service = staticmethod(upsert_prices)
    needs = (("sku", "handle"), ("price", "compare_at", "cost", "regular_price", "sale_price"))
    models = (Variant,)

    sku = SkuColumn(
        gettext_lazy("SKU"),
        aliases=["Variant SKU", "Variant code", "SKU code", "Item number", "Stock code", "Internal reference", "default_code",
                 "Artikelnummer", "Artikel-Nr.", "Product ID", "productID", "variant_sku", "goods_sn", "商品编码", "货号", "规格编码", "SKU编码", "商品编号", "物料编码"],
        required=True,
        max_length=100,
        help=gettext_lazy("Names the variant, whatever the letter case."),
        example="POT-RED",
    )  # fmt: skip
    price = PriceColumn(
        gettext_lazy("Price"),
        aliases=["Variant price", "New price", "Unit price", "unitPrice", "list_price", "Sales price", "Selling price", "retail_price", "Preis", "Verkaufspreis",
                 "售价", "价格", "销售价", "零售价", "单价", "新价格"],
        patterns=[rf"(?:variant )?price {settings.DEFAULT_CURRENCY.lower()}"],
        blank="keep",
        example="12.90",
    )  # fmt: skip
    compare_at = PriceColumn(
        gettext_lazy("Compare-at price"),
        aliases=[
            "Variant compare at price",
            "compare_at_price",
            "counter_price",
            "RRP",
            "MSRP",
            "原价",
            "市场价",
            "划线价",
            "专柜价",
        ],
        example="14.90",
    )
    cost = CostColumn(
        gettext_lazy("Cost"),
        help=gettext_lazy("Rounded to the smallest coin."),
        aliases=[
            "Cost per item",
            "Standard cost",
            "Cost of goods",
            "cost_price",
            "Unit cost",
            "standard_price",
            "成本",
            "成本价",
            "进价",
        ],
        permission=COST,
    )
    # A template has none of these two: where they stand in a file they decide, and `price` does not count.
    regular_price = PriceColumn(gettext_lazy("Regular price"), blank="keep", system=gettext_lazy("other systems"))
    sale_price = PriceColumn(
        gettext_lazy("Sale price"),
        aliases=["Special price", "special_price", "促销价", "特价"],
        help=gettext_lazy("Where it is filled in, it is the price, and the regular one what it is compared with."),
        system=gettext_lazy("other systems"),
    )
    currency = CurrencyColumn(
        gettext_lazy("Currency"),
        aliases=["currency_id", "货币", "币种"],
        blank="keep",
        help=gettext_lazy("Amounts of another currency than the shop's are refused."),
    )

    ignored = dict.fromkeys(
        ["Title", "Name", "Product name", "productName", "Option1 Name", "Option2 Name", "Option3 Name", "Variant Inventory Qty", "Stock", "Barcode", "Bezeichnung", "Artikelbezeichnung", "商品名称", "品名", "名称"],
        NOT_KEPT,
    )  # fmt: skip

    def layout(self, headers: Sequence[str]) -> tuple[str, dict[str, str]]:
        return "", other_numbers(headers)

    def staged(self, rows: Iterator[tuple[int, list[str]]], mapping: Mapping) -> tuple[Sequence[str], Iterator[Any]]:
        used = {match.target for match in mapping.used}
        names = [name for name, sources in SOURCES.items() if sources & used]
        if "sale_price" in used and "compare_at" not in names and used & {"price", "regular_price"}:
            names.append("compare_at")
        if not names or not used & {"sku", "handle"}:
            raise Unreadable(_("A price file needs a column of SKUs and one of prices."))
        names = [*names, *(name for name in ("sku", "handle", *OPTIONS) if name in used)]
        reader = CellReader(mapping, self.columns(), pads=mapping.pads)

        def slowly(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[Any, ...]]:
            return _lines(reader.read(rows), names)

        is_plain = not used & {"regular_price", "sale_price"}
        return names, LineReader(reader, names, slowly).read(rows) if is_plain else slowly(rows)

    def export_queryset(self, where: dict[str, str]) -> Any:
        lookups = {LOOKUPS.get(name, name): value for name, value in where.items()}
        return Variant.objects.filter(**lookups).order_by("pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        columns = [ExportColumn("sku", "sku"), ExportColumn("title", "title")]
        columns += [ExportColumn(name, name, kind="number") for name in ("price", "compare_at")]
        if user is None or user.has_perm(COST):
            columns.append(ExportColumn("cost", "cost", kind="number"))
        return columns


LOOKUPS = {
    "sku": "sku__iexact",
    "brand": "product__brand__name__iexact",
    "category": "product__category__path__iexact",
}


def _lines(records: Iterator[tuple[int, Values | None, Any]], names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    nothing = (None,) * len(names)
    for number, values, problems in records:
        if values is None:
            yield (number, problems, *nothing)
            continue
        regular, sale = values.get("regular_price"), values.get("sale_price")
        if regular is None:
            regular = values.get("price")
        if sale is not None:
            values |= {"price": sale, "compare_at": regular}
        elif "regular_price" in values or "sale_price" in values:
            values = {"compare_at": None} | values | {"price": regular}
        yield (number, problems or None, *(values[name] for name in names))
