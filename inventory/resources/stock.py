"""Files of counted stock: opening balances and stock counts, one row a level or one column a location."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.derived import derived
from backoffice.generic import Column as ExportColumn
from backoffice.imports.cells import CellReader
from backoffice.imports.lines import LineReader
from backoffice.imports.mapping import Mapping, simplify
from backoffice.imports.reading import Unreadable
from backoffice.imports.rewinding import Rewinding
from backoffice.models import ImportRun, User
from backoffice.resources import CodeColumn, DateColumn, MoneyColumn, TextColumn, WholeColumn
from catalog.resources.naming import SKU_HEADERS, VariantNaming, other_numbers
from catalog.services.naming import OPTIONS
from inventory.models import Location, StockLevel, StockLine
from inventory.services import NOT_STOCKED, repeat_counts, take_back_counts, upsert_counts

NOT_KEPT = gettext_lazy("not kept")
COMPUTED = gettext_lazy("follows from orders and holds, not from a count")
COST = "catalog.view_cost"
AT = "at:"  # and the code of a location: what mappings call its column
NOT_STOCKED_WORDS = frozenset(["not stocked", "不备货", "未备货"])
NO_BIN = frozenset(["N/A", "NULL", "-"])
EACH_ROW = (
    "sku",
    "barcode",
    "handle",
    *OPTIONS,
    "location",
    "bin",
    "lot",
    "expires_on",
    "on_hand",
    "counted",
    "unit_cost",
    "reason",
)
# Of several numbers of an article the SKU is meant; of several numbers of pieces, what is there now.
LESSER = ("item", "item id", "item no", "part", "part number", "article number", "material", "product code")
NOW = frozenset(
    ["on hand", "on hand current", "quantity on hand", "on hand quantity", "stock on hand", "qty on hand", "on hand qty", "soh", "qoh",
     "balance qty", "balance", "closing stock", "current stock", "current quantity", "physical quantity", "stocked quantity", "结存数量", "现存量"]
)  # fmt: skip
BEFORE = (
    "opening quantity",
    "opening qty",
    "opening stock",
    "opening balance",
    "initial quantity",
    "initial stock",
    "期初数量",
    "期初库存",
    "期初结存",
)
FREE = ("available", "available quantity", "quantity available", "qty available", "可用库存", "可用数量")
COUNTED = frozenset(
    ["counted", "counted quantity", "counted qty", "count", "physical count", "physical qty", "actual quantity"]
)
# Shopify's inventory file names the variant so; beside these it has a column for each location, or rows of them.
SHOPIFY = frozenset(["handle", "title", "option1 name", "option1 value", "sku"])
LONG = frozenset(["location", "available", "on hand", "on hand current", "on hand new", "available not editable"])


def lesser_numbers(headers: Sequence[str]) -> dict[str, str]:
    """Columns with other numbers of the article, where the file has its SKU."""
    has_sku = bool(SKU_HEADERS & set(headers)) or "item code" in headers or "custom sku" in headers
    return other_numbers(headers) | (dict.fromkeys(LESSER, "") if has_sku else {})


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


class BinColumn(CodeColumn):
    """The code of a bin, which may stand in several columns: shelf A, bin 5 is A-5. Without a shelf there is no bin."""

    many = True

    @staticmethod
    def join(parts: Sequence[tuple[Any, str]]) -> str:
        texts = [text for _found, text in parts if text]
        return "" if not texts or texts[0].upper() in NO_BIN else "-".join(texts)


@resources.register
class StockResource(VariantNaming):
    """Counts by SKU and location. The number becomes what is on hand; the ledger gets the difference."""

    key = "stock"
    label = gettext_lazy("Stock")
    permission = "inventory.adjust_stock"
    service = staticmethod(upsert_counts)
    needs = (("sku", "handle", "barcode"), ("on_hand", "counted", "at"))
    called = ("inventory", "bestand", "库存", "盘点")
    models = (StockLevel,)
    headless = {
        "AdventureWorks": ("ProductID", "LocationID", "Shelf", "Bin", "Quantity", "rowguid", "ModifiedDate"),
    }

    sku = CodeColumn(
        gettext_lazy("SKU"),
        aliases=["Variant SKU", "Variant code", "SKU code", "Item number", "Stock code", "Internal reference", "default_code",
                 "Product/Internal Reference", "product_id/default_code", "Item code", "Item No.", "Item ID", "Item", "Product code", "Part number", "Part IPN",
                 "IPN", "Article number", "Article code", "Material", "Custom SKU", "Custom label (SKU)", "Product SKU",
                 "Artikelnummer", "Artikel-Nr.", "Product ID", "productID", "variant_sku", "goods_sn", "物料代码",
                 "商品编码", "货号", "规格编码", "SKU编码", "商品编号", "物料编码"],
        required=True,
        max_length=100,
        help=gettext_lazy("Names the variant, whatever the letter case."),
        example="POT-RED",
    )  # fmt: skip
    barcode = CodeColumn(
        gettext_lazy("Barcode"),
        aliases=["EAN", "EAN code", "EAN 13", "GTIN", "UPC", "UPC code", "UPC/EAN", "ISBN", "条码", "商品条码", "条形码", "国际条码"],
        max_length=80,
        help=gettext_lazy("Names the variant where a row has no SKU and no other has this barcode."),
        example="",
    )  # fmt: skip
    location = TextColumn(
        gettext_lazy("Location"),
        aliases=["Warehouse", "Location name", "Location code", "Location ID", "Warehouse code", "Warehouse name", "Stock location",
                 "stock_location_name", "Location/Complete Name", "Source code", "Warehouse location", "Store", "Store ID", "Store code", "Site", "Site code", "Branch", "Depot",
                 "supplyChannel.key", "Lager", "Lagerort", "仓库", "仓库名称", "仓库编码", "仓库编号", "库位", "门店"],
        max_length=120,
        help=gettext_lazy("Code or name; may be left out where there is one warehouse."),
        example="MAIN",
    )  # fmt: skip
    on_hand = CountColumn(
        gettext_lazy("On hand"),
        aliases=["On hand (current)", "Quantity on hand", "Quantity", "Qty", "Stock", "Stock quantity", "Variant Inventory Qty",
                 "Variant Inventory Quantity", "Inventory quantity", "inventory_count", "count_on_hand", "Available", "Available quantity", "Quantity available",
                 "Stock on hand", "Qty on hand", "On hand qty", "SOH", "QOH", "Balance qty", "Balance", "Stock level", "Inventory level", "Inventory on hand", "Stocked quantity",
                 "Physical quantity", "Current quantity", "quantityOnStock", "stockOnHand", "System qty", "System quantity", "Book quantity", "Book qty", "Book stock",
                 "Theoretical quantity", "Opening quantity", "Opening qty", "Opening stock", "Opening balance", "Initial quantity", "Initial stock",
                 "Closing stock", "Units in stock", "unitsInStock", "qty_available", "Bestand", "Lagerbestand", "number", "期初数量", "期初库存", "期初结存", "结存数量", "结存", "即时库存", "库存", "库存数量", "数量", "现存", "现存量", "现有库存", "可用库存"],
        blank="keep",
        help=gettext_lazy(
            "Pieces counted. A blank cell counts nothing. Beside a column of newly counted pieces it is what was there "
            "before: it is compared with the stock, and differences are shown."
        ),
        example="40",
    )  # fmt: skip
    counted = CountColumn(
        gettext_lazy("Newly counted"),
        aliases=["On hand (new)", "Counted", "Counted quantity", "Counted qty", "Count", "New quantity", "New qty", "Physical count", "Physical qty", "Actual quantity", "Actual qty", "Actual count", "Actual",
                 "inventory_quantity_set", "盘点数量", "实盘数量", "实盘数", "盘点数"],
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
    bin = BinColumn(
        gettext_lazy("Bin"),
        aliases=["Bin name", "Bin number", "Bin No.", "Bin code", "Storage bin", "Shelf location", "Shelf", "Rack", "Bin location", "Lagerplatz", "货位", "货位编码", "库位编码", "货架"],
        max_length=40,
        help=gettext_lazy(
            "The count is that of this bin, and a bin that is not known is created. Blank: not put away, where other rows of "
            "the article there name a bin, else wherever it lies. Several columns are put together: A and 5 are A-5."
        ),
        example="",
    )  # fmt: skip
    lot = CodeColumn(
        gettext_lazy("Lot"),
        aliases=["Lot number", "Batch", "Lot No.", "Batch number", "Batch No.", "Serial number", "Serial No.", "Serial", "Lot/Serial Number", "Lot/Serial Number/Name", "lot_id", "Charge", "Seriennummer", "批次", "批号", "批次号", "序列号"],
        max_length=80,
        help=gettext_lazy("Lot or serial number, for articles that are tracked by them."),
    )  # fmt: skip
    expires_on = DateColumn(
        gettext_lazy("Expires"),
        aliases=["Expiry", "Expiry date", "Exp date", "Exp. date", "Expiration", "Expiration date", "Best before", "Use by", "Verfallsdatum", "MHD", "有效期至", "到期日", "失效日期"],
        blank="keep",
        help=gettext_lazy("The last day of a lot that is new, or of which none was known."),
    )  # fmt: skip
    unit_cost = MoneyColumn(
        gettext_lazy("Unit cost"),
        aliases=["Cost", "Cost per item", "cost_price", "standard_price", "Average cost", "Avg cost", "Valuation rate", "Opening cost", "Purchase price", "Einstandspreis", "成本", "单位成本", "成本价", "进价"],
        places=6,
        blank="keep",
        permission=COST,
        help=gettext_lazy("Values the pieces that are more than before; without it they have the average of what is there."),
        example="4.20",
    )  # fmt: skip
    reason = TextColumn(
        gettext_lazy("Reason"),
        aliases=["Note", "Notes", "Comment", "Remark", "Remarks", "备注", "原因", "说明"],
        max_length=300,
        help=gettext_lazy("It stands in the ledger for good."),
    )
    ignored = {
        **dict.fromkeys(
            ["Title", "Name", "Product name", "Option1 Name", "Option2 Name", "Option3 Name", "HS Code", "COO",
             "Variant option 1 name", "Variant option 2 name", "Variant option 3 name", "Vendor", "Unit", "Bezeichnung", "Artikelbezeichnung", "商品名称", "品名", "单位",
             "Variant Price", "Variant Compare At Price", "Variant Inventory Policy", "Variant Inventory Tracker", "Price",
             "Description", "Item group", "Stock UOM", "UOM", "Unit of measure", "Unit price", "Status", "Balance value", "Asset value", "Stock value", "In qty", "Out qty",
             "Variance", "Difference", "Counted by", "Counter", "Count date", "规格型号", "金额", "盈亏数量"],
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
        """A column may be that of a location; what is on hand goes before what was, and what is available.

        A number is a cell or the number of a column rather than the code of a location. In Shopify's file with a column for
        each location, columns that nobody knows are locations too: rather refused than left out unseen.
        """
        renames = lesser_numbers(headers)
        if NOW & set(headers):
            renames |= dict.fromkeys((*BEFORE, *FREE), "")
        if COUNTED & set(headers):
            renames |= dict.fromkeys(("expected", "expected quantity", "expected qty"), "on_hand")
        if "location name" in headers:
            renames["location id"] = ""
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

        is_plain = not used & {"at", "bin"}
        return names, LineReader(reader, names, slowly).read(rows) if is_plain else slowly(rows)

    def rewind(self, run: ImportRun, work: Rewinding, *, by: User | None, backwards: bool) -> None:
        (take_back_counts if backwards else repeat_counts)(run, work, by=by)

    def export_queryset(self, where: dict[str, str]) -> Any:
        """A row for each bin and lot, and one for what is not put away; counted again, nothing changes."""
        lookups = {LOOKUPS.get(name, f"level__{name}"): value for name, value in where.items()}
        lines = derived(StockLine.objects.all(), StockLine.STATEMENT)
        lines = lines.filter(level__location__kind=Location.Kind.STOCK, level__location__is_active=True, **lookups)
        return lines.select_related("level__variant", "level__location", "bin", "lot").order_by("level", "pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        columns = [
            ExportColumn("level.variant.sku", "sku"),
            ExportColumn("level.variant.title", "title"),
            ExportColumn("level.location.code", "location"),
            ExportColumn("bin.code", "bin"),
            ExportColumn("lot.number", "lot"),
            ExportColumn("lot.expires_on", "expires_on", kind="date"),
            ExportColumn("on_hand", "on_hand", kind="number"),
        ]
        if user is None or user.has_perm(COST):
            columns.append(ExportColumn("average_cost", "unit_cost", kind="number", get=_unit_cost))
        return columns


LOOKUPS = {"sku": "level__variant__sku__iexact", "location": "level__location__code__iexact", "on_hand": "on_hand"}


def _unit_cost(line: StockLine) -> Decimal | None:
    cost = line.level.average_cost
    return None if cost is None else round(cost, 6)


def _counts(
    reader: CellReader, rows: Iterator[tuple[int, list[str]]], names: Sequence[str], places: Sequence[str]
) -> Iterator[tuple[Any, ...]]:
    """Staged rows; the counts of several places are two lists, and what says the bin is one text."""
    nothing = (None,) * len(names)
    for number, values, problems in reader.read(rows):
        if values is None:
            yield (number, problems, *nothing)
            continue
        values["bin"] = BinColumn.join(values.get("bin", ()))
        values["places"] = places
        values["pieces"] = [pieces for _parts, pieces in values.get("at", ())]
        yield (number, problems or None, *(values[name] for name in names))
