"""Files of supplier items and purchase orders."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.imports.cells import CellReader
from backoffice.imports.mapping import Mapping
from backoffice.imports.rewinding import Rewinding
from backoffice.models import ImportRun, User
from backoffice.resources import (
    BooleanColumn,
    ChoiceColumn,
    CodeColumn,
    Column,
    DateColumn,
    DateTimeColumn,
    NumberColumn,
    TextColumn,
    WholeColumn,
)
from inventory.models import (
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    SupplierItem,
)
from inventory.resources.stock import lesser_numbers
from inventory.services import bring_back_purchases, import_purchases, take_back_purchases, upsert_supplier_items

COST = "catalog.view_cost"
NOT_KEPT = gettext_lazy("not kept")
STATUS = {
    **dict.fromkeys(["draft", "new", "quotation", "rfq", "草稿"], "draft"),
    **dict.fromkeys(
        ["ordered", "open", "sent", "approved", "pending", "confirmed", "placed", "purchase order", "purchase", "issued",
         "partially received", "partial", "partially_received", "已下单", "部分收货", "待收货"], "open"
    ),
    **dict.fromkeys(
        ["received", "over received", "over_received", "complete", "completed", "closed", "done", "locked", "billed", "已收货", "已完成"], "done"
    ),
    **dict.fromkeys(["canceled", "cancelled", "cancel", "void", "voided", "已取消"], "canceled"),
}  # fmt: skip
NUMBERED_STATUS = {"1": "open", "2": "open", "3": "done", "4": "done"}  # pending, approved, rejected, complete
REASONS = {
    **dict.fromkeys(["damaged", "broken", "损坏"], "damaged"),
    **dict.fromkeys(["wrong_item", "wrong item", "wrong", "错货"], "wrong_item"),
    **dict.fromkeys(["expired", "过期"], "expired"),
    **dict.fromkeys(["quality", "poor quality", "质量"], "quality"),
    **dict.fromkeys(["other", "其他"], "other"),
}


class CurrencyColumn(TextColumn):
    def read(self, text: str, decimal: str = ".") -> Any:
        value = super().read(text, decimal).upper()
        if not re.fullmatch(r"[A-Z]{3}", value):
            raise ValidationError(_("A currency has three letters, such as EUR."))
        return value


class StatusColumn(ChoiceColumn):
    """A state in the words of other systems; underscores are blanks."""

    def read(self, text: str, decimal: str = ".") -> Any:
        return NUMBERED_STATUS.get(text.strip()) or super().read(text.replace("_", " "), decimal)


class PiecesColumn(WholeColumn):
    """Whole pieces; 3.00 is three."""

    digits = 9


class DayColumn(DateColumn):
    """A day as text; the time of day that databases write behind it is passed over."""

    def read(self, text: str, decimal: str = ".") -> Any:
        return super().read(text, decimal).isoformat()


class MomentColumn(DateTimeColumn):
    def read(self, text: str, decimal: str = ".") -> Any:
        return super().read(text, decimal).isoformat()


def _cost(label: Any, **kwargs: Any) -> NumberColumn:
    return NumberColumn(label, places=6, **{"permission": COST, **kwargs})


@resources.register
class SupplierItemResource(resources.BaseResource):
    """What suppliers sell, by supplier, SKU and currency."""

    key = "supplier_items"
    label = gettext_lazy("Supplier items")
    permission = "inventory.change_supplieritem"
    service = staticmethod(upsert_supplier_items)
    models = (SupplierItem,)
    headless = {"AdventureWorks": ("ProductID", "BusinessEntityID", "AverageLeadTime", "StandardPrice", "LastReceiptCost", "LastReceiptDate", "MinOrderQty", "MaxOrderQty", "OnOrderQty", "UnitMeasureCode", "ModifiedDate")}  # fmt: skip

    supplier = CodeColumn(
        gettext_lazy("Supplier"),
        aliases=["Supplier code", "Supplier ID", "Supplier name", "Vendor", "Vendor code", "Vendor ID", "Vendor name", "partner_id", "BusinessEntityID", "供应商", "供应商编码", "供应商名称"],
        required=True,
        max_length=200,
        help=gettext_lazy("Code or name of a supplier that is there."),
        example="ACME",
    )  # fmt: skip
    variant = CodeColumn(
        gettext_lazy("SKU"),
        aliases=["SKU", "Variant SKU", "Item code", "Item No.", "Item", "Part number", "Part IPN", "Product/Internal Reference", "product_tmpl_id", "Product code", "Product ID", "ProductID", "Internal reference", "商品编码", "货号"],
        required=True,
        max_length=100,
        example="POT-RED",
    )  # fmt: skip
    currency = CurrencyColumn(
        gettext_lazy("Currency"),
        aliases=["货币", "币种"],
        help=gettext_lazy("Blank: the shop's."),
        example="EUR",
    )
    supplier_sku = CodeColumn(
        gettext_lazy("Supplier's SKU"),
        aliases=[
            "Supplier SKU",
            "Supplier part number",
            "Supplier item number",
            "Supplier reference",
            "Vendor SKU",
            "Vendor part number",
            "Vendor item no.",
            "Vendor product code",
            "Supplier product code",
            "供应商商品编码",
            "供应商货号",
        ],
        max_length=100,
        example="A-77",
    )
    cost = _cost(
        gettext_lazy("Unit cost"), aliases=["Cost", "Unit price", "Price", "Purchase price", "Cost price", "Buying price", "Rate", "StandardPrice", "采购价", "采购单价", "成本"], example="4.20"
    )  # fmt: skip
    pack_size = WholeColumn(
        gettext_lazy("Pack size"),
        aliases=[
            "Pack",
            "Pack qty",
            "Pack quantity",
            "Case pack",
            "Case quantity",
            "Case size",
            "Units per case",
            "Verpackungseinheit",
            "VPE",
            "包装数量",
            "包装规格",
        ],
        example="12",
        blank="keep",
    )
    minimum = WholeColumn(
        gettext_lazy("Minimum quantity"), aliases=["Minimum", "Min order qty", "Min. order quantity", "Minimum order quantity", "MinOrderQty", "Min qty", "MOQ", "起订量", "最小起订量"], example="24", blank="keep"
    )  # fmt: skip
    lead_time_days = WholeColumn(
        gettext_lazy("Lead time (days)"),
        aliases=[
            "Lead time",
            "Delivery lead time",
            "AverageLeadTime",
            "Lead time days",
            "delay",
            "交货周期",
            "交货天数",
            "采购周期",
        ],
        example="14",
    )
    is_preferred = BooleanColumn(gettext_lazy("Preferred"), aliases=["Preferred supplier", "首选"])

    def layout(self, headers: Sequence[str]) -> tuple[str, dict[str, str]]:
        """Beside the number that the part has here, SKU is the supplier's."""
        own = {"part ipn", "ipn", "product internal reference", "item code"} & set(headers)
        return "", lesser_numbers(headers) | ({"sku": "supplier_sku"} if own else {})

    ignored = dict.fromkeys(
        ["LastReceiptCost", "LastReceiptDate", "MaxOrderQty", "OnOrderQty", "UnitMeasureCode", "ModifiedDate"], NOT_KEPT
    )

    def staged(self, rows: Iterator[tuple[int, list[str]]], mapping: Mapping) -> tuple[Sequence[str], Iterator[Any]]:
        used = {match.target for match in mapping.used}
        names = [name for name in self.columns() if name in used or name == "currency"]
        return names, _in_currency(CellReader(mapping, self.columns(), pads=mapping.pads).read(rows), names)

    def export_queryset(self, where: dict[str, str]) -> Any:
        lookups = {ITEM_LOOKUPS.get(name, name): value for name, value in where.items()}
        return SupplierItem.objects.filter(**lookups).select_related("supplier", "variant").order_by("pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        cost = [ExportColumn("cost", "cost", kind="number")] if user is None or user.has_perm(COST) else []
        return [
            ExportColumn("supplier.code", "supplier"),
            ExportColumn("variant.sku", "sku"),
            ExportColumn("currency", "currency"),
            ExportColumn("supplier_sku", "supplier_sku"),
            *cost,
            *(ExportColumn(name, name, kind="number") for name in ("pack_size", "minimum", "lead_time_days")),
            ExportColumn("is_preferred", "is_preferred", kind="bool"),
        ]


ITEM_LOOKUPS = {"supplier": "supplier__code__iexact", "sku": "variant__sku__iexact"}


def _in_currency(records: Iterator[tuple[int, Any, Any]], names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    nothing = (None,) * len(names)
    for number, values, problems in records:
        if values is None:
            yield (number, problems, *nothing)
            continue
        values["currency"] = values.get("currency") or settings.DEFAULT_CURRENCY
        yield (number, problems or None, *(values[name] for name in names))


@resources.register
class PurchaseOrderResource(resources.BaseResource):
    """Purchase orders of another system: one line a row, orders and lines in one file or in two, orders first."""

    key = "purchase_orders"
    label = gettext_lazy("Purchase orders")
    permission = "inventory.order_purchase"
    service = staticmethod(import_purchases)
    needs = (("source_number", "number"),)
    called = ("purchase", "采购单")
    models = (ReceiptLine, Receipt, PurchaseOrderLine, PurchaseOrder)
    headless = {
        "AdventureWorks orders": ("PurchaseOrderID", "RevisionNumber", "Status", "EmployeeID", "VendorID", "ShipMethodID", "OrderDate", "ShipDate", "SubTotal", "TaxAmt", "Freight", "TotalDue", "ModifiedDate"),
        "AdventureWorks lines": ("PurchaseOrderID", "PurchaseOrderDetailID", "DueDate", "OrderQty", "ProductID", "UnitPrice", "LineTotal", "ReceivedQty", "RejectedQty", "StockedQty", "ModifiedDate"),
    }  # fmt: skip

    source_number = CodeColumn(
        gettext_lazy("Number at the source"),
        aliases=["Purchase order", "Purchase order number", "Purchase order No.", "Purchase order ID", "PurchaseOrderID", "PO number", "PO No.", "PO ID", "PO", "Order reference", "Order number", "Order No.", "Document number", "采购单号", "采购订单号", "采购订单编号"],
        required=True,
        max_length=100,
        help=gettext_lazy("Rows with the same number are one order; one that is there already gets the lines it lacks."),
        example="4711",
    )  # fmt: skip
    source = TextColumn(
        gettext_lazy("Source"), max_length=40, help=gettext_lazy("The system that numbered it."), example="olderp"
    )
    number = CodeColumn(gettext_lazy("Number here"), max_length=40, help=gettext_lazy("As exports write it."))
    supplier = CodeColumn(
        gettext_lazy("Supplier"),
        aliases=["Supplier code", "Supplier ID", "Supplier name", "Vendor", "Vendor code", "Vendor ID", "VendorID", "Vendor name", "Contact name", "partner_id", "供应商", "供应商编码", "供应商名称"],
        max_length=200,
        help=gettext_lazy("Code or name. Needed to create an order."),
        example="ACME",
    )  # fmt: skip
    location = TextColumn(
        gettext_lazy("Location"),
        aliases=["Warehouse", "Warehouse (Items)", "Deliver to", "Ship to", "Destination", "仓库"],
        max_length=120,
        help=gettext_lazy("Blank: the first open warehouse."),
    )
    status = StatusColumn(
        gettext_lazy("Status"), aliases=["Order status", "State", "状态"], words=STATUS, example="ordered",
        help=gettext_lazy("What arrived counts before it; of an order that is done, nothing more will come."),
    )  # fmt: skip
    ordered_at = MomentColumn(
        gettext_lazy("Date"), aliases=["Ordered", "Order date", "OrderDate", "Date order", "Ordered at", "Order deadline", "Confirmation date", "Purchase date", "PO date", "Transaction date", "Issue date", "CreationDate", "下单日期", "采购日期", "日期"], example="2026-01-31"
    )  # fmt: skip
    expected_on = DayColumn(
        gettext_lazy("Expected"), aliases=["Expected date", "Expected on", "Expected arrival", "Estimated arrival", "ETA", "Required by", "RequiredBy", "Schedule date", "Target date", "Planned date", "ShipDate", "Delivery date", "Receipt date", "预计到货"], example="2026-02-14"
    )  # fmt: skip
    currency = CurrencyColumn(gettext_lazy("Currency"), aliases=["货币", "币种"], example="EUR")
    exchange_rate = NumberColumn(
        gettext_lazy("Exchange rate"), places=8, aliases=["Currency rate", "Conversion rate", "汇率"], help=gettext_lazy("Needed for orders in another currency.")
    )  # fmt: skip
    freight = _cost(
        gettext_lazy("Freight"),
        aliases=["Shipping", "Shipping fee", "ShippingFee", "Shipping cost", "Freight cost", "运费"],
        example="12.00",
    )
    tax = _cost(gettext_lazy("Tax"), aliases=["Taxes", "TaxAmt", "Tax amount", "税额"])
    total = _cost(gettext_lazy("Total"), aliases=["TotalDue", "Total due", "Order total", "PaymentAmount", "总额"])
    note = Column(gettext_lazy("Note"), aliases=["Notes", "备注"])
    sku = CodeColumn(
        gettext_lazy("SKU"), aliases=["Product ID", "ProductID", "Product code", "Product SKU", "Product/Internal Reference", "Order Lines/Product/Internal Reference", "Order Lines/Product", "Item", "Item number", "Item code", "Item code (Items)", "Item No.", "Part number", "Part", "InventoryItemCode", "商品编码", "货号", "物料编码"], max_length=100, example="POT-RED"
    )  # fmt: skip
    line_number = CodeColumn(
        gettext_lazy("Line"), aliases=["Line number", "Line ID", "PurchaseOrderDetailID", "行号"], max_length=100,
        help=gettext_lazy("Names the line; without one its SKU does."),
    )  # fmt: skip
    quantity = PiecesColumn(
        gettext_lazy("Ordered quantity"),
        aliases=[
            "Quantity",
            "Quantity (Items)",
            "Order Lines/Quantity",
            "Qty",
            "OrderQty",
            "Order quantity",
            "Ordered qty",
            "Qty ordered",
            "Quantity ordered",
            "数量",
            "采购数量",
            "订购数量",
        ],
        example="24",
    )
    unit_cost = _cost(
        gettext_lazy("Unit cost"),
        aliases=[
            "UnitPrice",
            "Unit price",
            "Order Lines/Unit Price",
            "Unit amount",
            "UnitAmount",
            "Purchase price",
            "Item rate",
            "Rate (Items)",
            "Rate",
            "Cost",
            "Price",
            "单价",
            "采购单价",
            "含税单价",
        ],
        example="4.20",
    )
    line_expected_on = DayColumn(
        gettext_lazy("Line expected"),
        aliases=["DueDate", "Due date", "Order Lines/Expected Arrival", "Required by (Items)"],
    )
    received = PiecesColumn(
        gettext_lazy("Arrived"), aliases=["Received", "ReceivedQty", "Received quantity", "Received qty", "Qty received", "Quantity received", "Order Lines/Received Qty", "Rcv'd", "已收数量"],
        help=gettext_lazy("Accepted and rejected ones together."), example="24",
    )  # fmt: skip
    accepted = PiecesColumn(
        gettext_lazy("Accepted"), aliases=["StockedQty", "Accepted quantity", "Accepted qty", "入库数量", "已入库数量"]
    )
    rejected = PiecesColumn(
        gettext_lazy("Rejected"),
        aliases=["RejectedQty", "Rejected quantity", "Rejected qty", "Defective units", "拒收数量"],
    )
    lots = TextColumn(
        gettext_lazy("Lots or serial numbers"),
        aliases=["Lot", "Lot number", "Batch", "Batch number", "Serial number", "Serial numbers", "Lot/Serial Number", "Charge", "Seriennummer", "批次", "批号", "批次号", "序列号"],
        max_length=2000,
        help=gettext_lazy("Of what was accepted: “A” is all of it, “A x 3, B x 2” so many of each, “S1, S2” one of each."),
    )  # fmt: skip
    lots_expire_on = DayColumn(
        gettext_lazy("Lots expire"), aliases=["Expires", "Expiry", "Expiry date", "Expiration date", "Best before", "Use by", "有效期", "到期日", "保质期至"]
    )  # fmt: skip
    reject_reason = ChoiceColumn(
        gettext_lazy("Reason of the rejection"), aliases=["Reject reason", "拒收原因"], words=REASONS
    )

    ignored = dict.fromkeys(
        [
            "RevisionNumber",
            "EmployeeID",
            "ShipMethodID",
            "SubTotal",
            "Subtotal",
            "LineTotal",
            "Line total",
            "ModifiedDate",
            "canceled",
            "Supplier SKU",
            "Description",
            "Item name",
            "Amount",
        ],
        NOT_KEPT,
    )

    def layout(self, headers: Sequence[str]) -> tuple[str, dict[str, str]]:
        return "", lesser_numbers(headers)

    def rewind(self, run: ImportRun, work: Rewinding, *, by: User | None, backwards: bool) -> None:
        (take_back_purchases if backwards else bring_back_purchases)(run, work, by=by)

    def export_queryset(self, where: dict[str, str]) -> Any:
        lookups = {PURCHASE_LOOKUPS.get(name, f"purchase_order__{name}"): value for name, value in where.items()}
        rows = PurchaseOrderLine.objects.filter(**lookups)
        related = ("variant", "purchase_order__supplier", "purchase_order__location")
        return rows.select_related(*related).order_by("purchase_order_id", "position", "pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        shows = user is None or user.has_perm(COST)
        costs = [ExportColumn(f"purchase_order.{name}", name, kind="number") for name in ("freight", "tax", "total")]
        return [
            ExportColumn("purchase_order.number", "number"),
            ExportColumn("purchase_order.source", "source"),
            ExportColumn("purchase_order.source_number", "source_number"),
            ExportColumn("purchase_order.supplier.code", "supplier"),
            ExportColumn("purchase_order.location.code", "location"),
            ExportColumn("purchase_order.status", "status"),
            ExportColumn("purchase_order.ordered_at", "ordered_at", kind="datetime"),
            ExportColumn("purchase_order.expected_on", "expected_on", kind="date"),
            ExportColumn("purchase_order.currency", "currency"),
            ExportColumn("purchase_order.exchange_rate", "exchange_rate", kind="number"),
            *(costs if shows else []),
            ExportColumn("source_line", "line_number"),
            ExportColumn("variant.sku", "sku"),
            ExportColumn("quantity", "quantity", kind="number"),
            *([ExportColumn("unit_cost", "unit_cost", kind="number")] if shows else []),
            ExportColumn("expected_on", "line_expected_on", kind="date"),
            *(ExportColumn(name, name, kind="number") for name in ("accepted", "rejected", "canceled")),
        ]


PURCHASE_LOOKUPS = {"supplier": "purchase_order__supplier__code__iexact", "sku": "variant__sku__iexact"}
