"""Files of counted stock: opening balances and stock counts, one row a level or one column a location."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.imports.cells import CellReader
from backoffice.imports.lines import LineReader
from backoffice.imports.mapping import Mapping, simplify
from backoffice.imports.reading import Unreadable
from backoffice.imports.rewinding import Rewinding
from backoffice.models import ImportRun, User
from backoffice.resources import CodeColumn, MoneyColumn, TextColumn, WholeColumn
from catalog.resources.naming import VariantNaming, other_numbers
from catalog.services.naming import OPTIONS
from inventory.models import Location, StockLevel
from inventory.services import NOT_STOCKED, repeat_counts, take_back_counts, upsert_counts

NOT_KEPT = gettext_lazy("not kept")
COMPUTED = gettext_lazy("follows from orders and holds, not from a count")
COST = "catalog.view_cost"
AT = "at:"  # and the code of a location: what mappings call its column
NOT_STOCKED_WORDS = frozenset(["not stocked", "不备货", "未备货"])
EACH_ROW = ("sku", "handle", *OPTIONS, "location", "on_hand", "counted", "unit_cost", "reason")
# Shopify's inventory file names the variant so; beside these it has a column for each location, or rows of them.
SHOPIFY = frozenset(["handle", "title", "option1 name", "option1 value", "sku"])
LONG = frozenset(["location", "available", "on hand", "on hand current", "on hand new", "available not editable"])


class CountColumn(WholeColumn):
    """Whole pieces, or that a location does not stock the article. Numbers below zero are told of with their place."""

    digits = 9

    def __init__(self, label: Any = "", **kwargs: Any) -> None:
        super().__init__(label, **{"minimum": None, **kwargs})

    def read(self, text: str, decimal: str = ".") -> Any:
        return NOT_STOCKED if text.strip().lower() in NOT_STOCKED_WORDS else super().read(text, decimal)


class PlaceColumn(CountColumn):
    """Counts of one location: the one that the column was said to be of, or else whose name the header is."""

    many = True


@resources.register
class StockResource(VariantNaming):
    """Counts by SKU and location. The number becomes what is on hand; the ledger gets the difference."""

    key = "stock"
    label = gettext_lazy("Stock")
    permission = "inventory.adjust_stock"
    service = staticmethod(upsert_counts)
    needs = (("sku", "handle"), ("on_hand", "counted", "at"))
    called = ("inventory", "bestand", "库存", "盘点")
    models = (StockLevel,)
    headless = {
        "AdventureWorks": ("ProductID", "LocationID", "Shelf", "Bin", "Quantity", "rowguid", "ModifiedDate"),
    }

    sku = CodeColumn(
        gettext_lazy("SKU"),
        aliases=["Variant SKU", "Variant code", "SKU code", "Item number", "Stock code", "Internal reference", "default_code",
                 "Product/Internal Reference", "Artikelnummer", "Artikel-Nr.", "Product ID", "productID", "variant_sku", "goods_sn",
                 "商品编码", "货号", "规格编码", "SKU编码", "商品编号", "物料编码"],
        required=True,
        max_length=100,
        help=gettext_lazy("Names the variant, whatever the letter case."),
        example="POT-RED",
    )  # fmt: skip
    location = TextColumn(
        gettext_lazy("Location"),
        aliases=["Warehouse", "Location name", "Location code", "Location ID", "Warehouse code", "Warehouse name", "Stock location",
                 "stock_location_name", "Lager", "Lagerort", "仓库", "仓库名称", "仓库编码", "仓库编号", "库位", "门店"],
        max_length=120,
        help=gettext_lazy("Code or name; may be left out where there is one warehouse."),
        example="MAIN",
    )  # fmt: skip
    on_hand = CountColumn(
        gettext_lazy("On hand"),
        aliases=["On hand (current)", "Quantity on hand", "Quantity", "Qty", "Stock", "Stock quantity", "Variant Inventory Qty",
                 "Variant Inventory Quantity", "Inventory quantity", "inventory_count", "count_on_hand", "Available", "Available quantity",
                 "Units in stock", "unitsInStock", "qty_available", "Bestand", "Lagerbestand", "number", "库存", "库存数量", "数量", "现存", "现存量", "现有库存", "可用库存"],
        blank="keep",
        help=gettext_lazy(
            "Pieces counted. A blank cell counts nothing. Beside a column of newly counted pieces it is what was there "
            "before: it is compared with the stock, and differences are shown."
        ),
        example="40",
    )  # fmt: skip
    counted = CountColumn(
        gettext_lazy("Newly counted"),
        aliases=["On hand (new)", "Counted", "Counted quantity", "New quantity", "Physical count", "盘点数量", "实盘数量", "实盘数", "盘点数"],
        blank="keep",
        help=gettext_lazy("What is on hand becomes this. A blank cell leaves the stock as it is."),
        system="Shopify, Odoo",
    )  # fmt: skip
    at = PlaceColumn(
        gettext_lazy("On hand at one location"),
        blank="keep",
        help=gettext_lazy(
            "A column for each location, known by its code or name. “not stocked” counts nothing and leaves what is there."
        ),
    )
    unit_cost = MoneyColumn(
        gettext_lazy("Unit cost"),
        aliases=["Cost", "Cost per item", "cost_price", "standard_price", "Average cost", "成本", "单位成本", "成本价", "进价"],
        places=6,
        blank="keep",
        permission=COST,
        help=gettext_lazy("Values the pieces that are more than before; without it they have the average of what is there."),
        example="4.20",
    )  # fmt: skip
    reason = TextColumn(
        gettext_lazy("Reason"),
        aliases=["Note", "Comment", "Remark", "备注", "原因", "说明"],
        max_length=300,
        help=gettext_lazy("It stands in the ledger for good."),
    )
    ignored = {
        **dict.fromkeys(
            ["Title", "Name", "Product name", "Option1 Name", "Option2 Name", "Option3 Name", "HS Code", "COO", "Bin name", "Barcode",
             "Variant option 1 name", "Variant option 2 name", "Variant option 3 name", "Vendor", "Unit", "Bezeichnung", "Artikelbezeichnung", "商品名称", "品名", "单位",
             "Variant Price", "Variant Compare At Price", "Variant Inventory Policy", "Variant Inventory Tracker", "Price"],
            NOT_KEPT,
        ),
        **dict.fromkeys(
            ["Incoming (not editable)", "Unavailable (not editable)", "Committed (not editable)", "Available (not editable)",
             "Incoming", "Unavailable", "Committed", "Reserved", "Reserved quantity", "Allocated", "Held", "unitsOnOrder",
             "Low stock amount", "In stock?", "reorderLevel"],
            COMPUTED,
        ),
    }  # fmt: skip

    def layout(self, headers: Sequence[str]) -> tuple[str, dict[str, str]]:
        """A column may be that of a location; what is on hand goes before what is available.

        A number is a cell or the number of a column rather than the code of a location. In Shopify's file with a column for
        each location, columns that nobody knows are locations too: rather refused than left out unseen.
        """
        names = {"on hand", "on hand current", "quantity on hand"}
        renames = other_numbers(headers) | ({"available": ""} if names & set(headers) else {})
        known = {
            simplify(alias)
            for column in self.columns().values()
            for alias in (column.name, str(column.label), *column.aliases)
        }
        known |= {simplify(header) for header in self.ignored}
        if others := [name for name in headers if name and name not in known and not name.isdecimal()]:
            if set(headers) >= SHOPIFY and not LONG & set(headers):
                renames |= dict.fromkeys(others, "at")
            for place in Location.objects.stock():
                names = set(map(simplify, (place.code, place.name, place.name_zh)))
                renames |= dict.fromkeys(names.intersection(others), f"{AT}{place.code}")
        return "shopify" if set(headers) >= SHOPIFY else "", renames

    def offers(self) -> dict[str, resources.Offer]:
        """A column may be said to be of a location that it does not name."""
        return {
            f"{AT}{place.code}": resources.Offer(
                _("On hand at %(location)s") % {"location": place}, "at", (place.code,)
            )
            for place in Location.objects.stock()
        }

    def staged(self, rows: Iterator[tuple[int, list[str]]], mapping: Mapping) -> tuple[Sequence[str], Iterator[Any]]:
        used = {match.target for match in mapping.used}
        if not used & {"on_hand", "counted", "at"}:
            raise Unreadable(_("No column of the file says how many pieces there are."))
        reader = CellReader(mapping, self.columns(), pads=mapping.pads)
        names = [name for name in EACH_ROW if name in used]
        places = [match.parts[0] if match.parts else match.header.strip() for match in mapping.all("at")]
        if places:
            names += ["places", "pieces"]

        def slowly(rows: Iterator[tuple[int, list[str]]]) -> Iterator[tuple[Any, ...]]:
            return _counts(reader, rows, names, places)

        return names, slowly(rows) if places else LineReader(reader, names, slowly).read(rows)

    def rewind(self, run: ImportRun, work: Rewinding, *, by: User | None, backwards: bool) -> None:
        (take_back_counts if backwards else repeat_counts)(run, work, by=by)

    def export_queryset(self, where: dict[str, str]) -> Any:
        lookups = {LOOKUPS.get(name, name): value for name, value in where.items()}
        levels = StockLevel.objects.at_warehouses().filter(**lookups)
        return levels.select_related("variant", "location").order_by("pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        columns = [
            ExportColumn("variant.sku", "sku"),
            ExportColumn("variant.title", "title"),
            ExportColumn("location.code", "location"),
            ExportColumn("on_hand", "on_hand", kind="number"),
        ]
        if user is None or user.has_perm(COST):
            columns.append(ExportColumn("average_cost", "unit_cost", kind="number", get=_unit_cost))
        return columns


LOOKUPS = {"sku": "variant__sku__iexact", "location": "location__code__iexact"}


def _unit_cost(level: StockLevel) -> Decimal | None:
    return None if level.average_cost is None else round(level.average_cost, 6)


def _counts(
    reader: CellReader, rows: Iterator[tuple[int, list[str]]], names: Sequence[str], places: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """Staged rows; the counts of several places are two lists."""
    nothing = (None,) * len(names)
    for number, values, problems in reader.read(rows):
        if values is None:
            yield (number, problems, *nothing)
            continue
        values["places"] = places
        values["pieces"] = [pieces for _parts, pieces in values.get("at", ())]
        yield (number, problems or None, *(values[name] for name in names))
