"""Order files: Shopify's layout with rows that go on, and flat files of one line a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import resources
from backoffice.generic import Column as ExportColumn
from backoffice.imports.cells import CellReader
from backoffice.imports.mapping import Mapping
from backoffice.imports.reading import Unreadable
from backoffice.imports.rewinding import Rewinding
from backoffice.models import ImportRun, User
from backoffice.resources import (
    BooleanColumn,
    CodeColumn,
    Column,
)
from orders.models import Order, OrderLine
from orders.resources_columns import (
    FINANCIAL,
    FULFILMENT,
    KINDS,
    OUTCOMES,
    STATUS,
    AddressColumn,
    AmountColumn,
    CreditColumn,
    CurrencyColumn,
    DocumentColumn,
    ManyAmountsColumn,
    MomentColumn,
    NumberTextColumn,
    PercentColumn,
    PiecesColumn,
    ShareColumn,
    StateColumn,
    WordColumn,
)
from orders.resources_rows import (
    AMAZON,
    INSTEAD,
    KINDS_OF_ROWS,
    ODOO,
    OF_THE_BUYER,
    PARTS,
    SHARES,
    lines_of_rows,
    read_as,
)
from orders.services import bring_back_orders, import_orders, take_back_orders

NOT_KEPT = gettext_lazy("not kept")
NORTHWIND = [
    {"orderid", "order id"},
    {"productid", "product id"},
    {"unitprice", "unit price"},
    {"quantity"},
    {"discount"},
]


@resources.register
class OrderResource(resources.BaseResource):
    """Orders of another system. What was shipped comes in as closed history, what is open as a draft."""

    key = "orders"
    label = gettext_lazy("Orders")
    permission = "orders.add_order"
    service = staticmethod(import_orders)
    needs = (("source_number", "number"), ("quantity",))
    called = ("订单",)
    models = (Order,)
    joins = (("source_number", "number"), ("customer_number",), ("email",), ("sku",))
    lines = ("quantity", "sku", "unit_price")
    adds_up = ("paid", "refunded")
    gathers = ("payment_method", "payment_reference")
    joined_names = dict.fromkeys(["amount", "value", "金额"], "paid")

    source_number = WordColumn(
        gettext_lazy("Number at the source"),
        aliases=["Order number", "Order", "Order ID", "Order reference", "orderID", "Order name", "Order no", "Order #", "Invoice no", "InvoiceNo", "Invoice",
                 "Invoice ID", "Invoice number", "Invoice #", "Sales order", "Sales order number", "Receipt no", "Receipt ID", "Document number", "Document no", "amazon-order-id",
                 "Belegnummer", "Rechnungsnummer", "Numéro de facture", "Número de factura",
                 "订单号", "订单编号", "单号"],
        required=True,
        max_length=100,
        help=gettext_lazy("Rows with the same number are one order; one that is there already stays as it is."),
        example="1001",
    )  # fmt: skip
    source = WordColumn(
        gettext_lazy("Source"), max_length=40, help=gettext_lazy("The system that numbered it."), example="oldshop"
    )
    number = WordColumn(gettext_lazy("Number here"), max_length=40, help=gettext_lazy("As exports write it."))
    placed_at = MomentColumn(
        gettext_lazy("Date"),
        aliases=["Created at", "Processed at", "Order date", "orderDate", "Invoice date", "InvoiceDate", "Placed at", "Date created", "order_purchase_timestamp", "Bestelldatum",
                 "Purchase date", "Sale date", "Sales date", "Transaction date", "Belegdatum", "Rechnungsdatum", "Datum", "Date de facture", "Fecha de factura", "Fecha",
                 "下单时间", "订单时间", "订单创建时间", "创建时间", "日期"],
        example="2026-01-31 14:30",
    )  # fmt: skip
    email = WordColumn(
        gettext_lazy("E-mail"), aliases=["Customer email", "Billing email", "Email (Billing)", "Email address", "Buyer email", "邮箱", "电子邮箱"], max_length=254,
        help=gettext_lazy("Finds the customer, or creates one."), example="ada@example.com",
    )  # fmt: skip
    phone = WordColumn(
        gettext_lazy("Phone"),
        aliases=["Telephone", "Phone (Billing)", "Buyer phone number", "电话", "手机", "联系电话", "联系手机"],
        max_length=60,
    )
    customer_name = WordColumn(
        gettext_lazy("Customer name"),
        aliases=[
            "Customer",
            "Buyer",
            "Buyer name",
            "Recipient name",
            "shipName",
            "客户",
            "客户名称",
            "收货人",
            "收货人姓名",
        ],
        max_length=200,
    )
    customer_number = NumberTextColumn(
        gettext_lazy("Customer number elsewhere"), aliases=["Customer ID", "customerID", "客户编号"], max_length=100
    )
    currency = CurrencyColumn(gettext_lazy("Currency"), aliases=["货币", "币种"], example="EUR")
    status = StateColumn(
        gettext_lazy("Status"), aliases=["Order status", "order_status", "Order state", "订单状态"], words=STATUS,
        help=gettext_lazy("What was shipped counts before it. Open orders come in as drafts."), example="completed",
    )  # fmt: skip
    financial = StateColumn(
        gettext_lazy("Payment"), aliases=["Financial status", "Payment status", "payment_status", "支付状态", "付款状态"],
        words=FINANCIAL, example="paid",
    )  # fmt: skip
    fulfilment = StateColumn(
        gettext_lazy("Fulfilment"), words=FULFILMENT,
        aliases=["Fulfillment status", "fulfilment_status", "Shipping status", "Delivery status", "发货状态"],
        help=gettext_lazy("fulfilled is history; blank or unfulfilled comes in as a draft that is to be placed here."), example="fulfilled",
    )  # fmt: skip
    paid_at = MomentColumn(
        gettext_lazy("Paid at"),
        aliases=["order_approved_at", "Paid date", "Payment date", "支付时间", "付款时间", "订单付款时间"],
    )
    fulfilled_at = MomentColumn(
        gettext_lazy("Shipped at"),
        aliases=[
            "Fulfilled at",
            "shippedDate",
            "Shipped date",
            "order_delivered_carrier_date",
            "Ship date",
            "Date shipped",
            "发货时间",
        ],
    )
    canceled_at = MomentColumn(gettext_lazy("Canceled at"), aliases=["Cancelled at", "取消时间"])
    cancel_reason = WordColumn(gettext_lazy("Reason of the cancellation"), aliases=["Cancel reason"], max_length=300)
    payment_method = WordColumn(
        gettext_lazy("Payment method"),
        aliases=["Payment", "Payment method title", "payment_type", "Payment mode", "支付方式"],
        max_length=100,
    )
    payment_reference = WordColumn(
        gettext_lazy("Payment reference"), aliases=["Payment ID", "Payment references", "支付流水号"]
    )
    carrier = WordColumn(
        gettext_lazy("Shipping method"),
        aliases=[
            "Shipping line title",
            "Shipping method title",
            "Ship mode",
            "Ship service level",
            "Carrier",
            "配送方式",
            "快递公司",
            "物流公司",
        ],
    )
    note = Column(gettext_lazy("Note"), aliases=["Notes", "Customer note", "备注", "买家留言"])
    tags = WordColumn(gettext_lazy("Tags"), aliases=["标签"])
    country = WordColumn(gettext_lazy("Country"), aliases=["shipCountry", "Ship country", "国家"], max_length=60)
    address = AddressColumn(
        gettext_lazy("Address"), aliases=["收货地址"], patterns=[rf"(billing|shipping|ship|customer) ({PARTS})", rf"({PARTS}) (billing|shipping)", rf"()({OF_THE_BUYER})"],
        max_length=200, help=gettext_lazy("Columns such as Shipping City or Billing Zip."),
    )  # fmt: skip
    total = AmountColumn(
        gettext_lazy("Total"),
        aliases=["Order total", "Order total amount", "Grand total", "订单金额", "总额", "总计", "总金额"],
        minimum=None,
        example="25.00",
    )
    shipping = AmountColumn(
        gettext_lazy("Shipping"),
        aliases=[
            "Shipping line price",
            "Shipping total",
            "Order shipping amount",
            "Order shipping",
            "Freight",
            "运费",
            "买家应付邮费",
        ],
    )
    taxes = AmountColumn(
        gettext_lazy("Taxes"),
        aliases=["Total tax", "Tax", "Tax total", "Order total tax amount", "Order tax", "税额"],
        minimum=None,
    )
    discount = AmountColumn(
        gettext_lazy("Discount"),
        aliases=["Cart discount amount", "Cart discount", "Discount amount", "Discount total", "优惠金额", "折扣"],
    )
    refunded = AmountColumn(gettext_lazy("Refunded"), aliases=["Refunded amount", "Order refund amount", "退款金额"])
    outstanding = AmountColumn(gettext_lazy("Outstanding"), aliases=["Outstanding balance"])
    paid = AmountColumn(
        gettext_lazy("Paid amount"),
        aliases=["Amount paid", "Payment value", "Payment amount", "支付金额", "实付金额", "实付", "买家实际支付金额"],
        minimum=None,
    )
    sku = CodeColumn(
        gettext_lazy("SKU"), aliases=["Lineitem SKU", "Line item SKU", "Stock code", "StockCode", "Item number", "Product ID", "productID",
                 "Internal reference", "Artikelnummer", "商品编码", "货号"],
        max_length=100, example="POT-RED",
    )  # fmt: skip
    barcode = NumberTextColumn(
        gettext_lazy("Barcode"),
        aliases=["EAN", "EAN-13", "GTIN", "UPC", "Lineitem barcode", "条码", "条形码", "商品条码"],
        max_length=40, help=gettext_lazy("Finds the variant where the row has no SKU. A barcode in the column of SKUs does so too."),
    )  # fmt: skip
    title = WordColumn(
        gettext_lazy("Title"),
        aliases=[
            "Lineitem name",
            "Line item name",
            "Item name",
            "Description",
            "Product",
            "Product name",
            "商品名称",
            "品名",
            "宝贝标题",
        ],
        max_length=400,
        example="Tea pot",
    )
    quantity = PiecesColumn(
        gettext_lazy("Quantity"),
        aliases=[
            "Lineitem quantity",
            "Line item quantity",
            "Quantity (- Refund)",
            "Quantity sold",
            "Quantity ordered",
            "Qty",
            "Qty ordered",
            "Units",
            "Units sold",
            "Pieces",
            "Menge",
            "数量",
            "购买数量",
            "商品数量",
            "宝贝总数量",
        ],
        required=True,
        example="2",
    )
    unit_price = AmountColumn(
        gettext_lazy("Unit price"),
        aliases=[
            "Lineitem price",
            "Line item price",
            "Price",
            "unitPrice",
            "Price per unit",
            "Price each",
            "Selling price",
            "Item cost",
            "Einzelpreis",
            "单价",
        ],
        example="12.50",
    )
    line_amount = AmountColumn(
        gettext_lazy("Amount of the line"),
        aliases=["Line amount", "Line total", "Lineitem total", "Item total", "Extended price", "Sales", "Sales amount", "Gesamtpreis", "小计"],
        minimum=None, help=gettext_lazy("After its discount. Gives the price where the file has none; else it is compared with the price."),
    )  # fmt: skip
    line_discount = AmountColumn(
        gettext_lazy("Discount of the line"), aliases=["Lineitem discount", "Line item discount"]
    )
    line_shipping = AmountColumn(
        gettext_lazy("Shipping of the line"),
        aliases=["Freight value", "Line shipping"],
        help=gettext_lazy("Added up over the lines where the order itself has no shipping."),
    )
    line_discount_percent = PercentColumn(
        gettext_lazy("Discount of the line in percent"),
        aliases=["Discount %", "Disc. %", "Line discount %", "Lineitem discount %", "折扣率"],
        help=gettext_lazy("Of quantity times unit price."), example="10",
    )  # fmt: skip
    line_discount_share = ShareColumn(gettext_lazy("Share of the line's discount"), system="Northwind")
    line_tax = ManyAmountsColumn(
        gettext_lazy("Tax of the line"),
        aliases=["Line tax", "Item tax", "Lineitem tax", "Item total tax"],
        patterns=[r"tax \d price"],
        minimum=None,
        help=gettext_lazy("Kept line by line where it comes to the taxes of the order."),
    )
    tax_shares = ManyAmountsColumn(
        gettext_lazy("Taxes of one kind"),
        patterns=[r"tax \d value"],
        help=gettext_lazy("Added up where the file does not say what the taxes come to."),
    )
    tax_name = WordColumn(gettext_lazy("Tax"), aliases=["Tax 1 name", "Tax 1 title"], max_length=60)
    line_fulfilment = StateColumn(
        gettext_lazy("Fulfilment of the line"), words=FULFILMENT,
        aliases=["Lineitem fulfillment status", "Line fulfillment status", "Item status", "Item fulfillment status"],
        help=gettext_lazy("Tells which lines of a partly shipped order have left."), example="fulfilled",
    )  # fmt: skip
    line_shipped = PiecesColumn(
        gettext_lazy("Shipped pieces of the line"),
        aliases=["Quantity shipped", "Shipped quantity", "Qty shipped", "Quantity fulfilled", "Fulfilled quantity", "Lineitem fulfilled quantity",
                 "Delivered quantity", "Quantity delivered", "Qty delivered", "已发数量"],
        help=gettext_lazy("Goes before the fulfilment of the line."),
    )  # fmt: skip
    transaction_amount = AmountColumn(
        gettext_lazy("Transaction amount"),
        help=gettext_lazy("Payments and refunds, one a row, added up by their kind."),
    )
    transaction_kind = StateColumn(gettext_lazy("Transaction kind"), words=KINDS)
    transaction_status = StateColumn(gettext_lazy("Transaction status"), words=OUTCOMES)
    document = DocumentColumn(
        gettext_lazy("Type"),
        aliases=["Document type", "Transaction type", "Invoice type", "Sale type", "Sales type", "Order type", "Record type", "Line type",
                 "单据类型", "类型", "交易类型", "订单类型"],
        help=gettext_lazy("Return, refund, credit note and the like take goods of an earlier sale back, as quantities below zero do."),
        example="Sale",
    )  # fmt: skip
    credit = CreditColumn(
        gettext_lazy("Credit"),
        minimum=None,
        aliases=["Is credit", "Is return", "Is refund", "Credit memo", "是否退货", "退货"],
        help=gettext_lazy("Yes, or the amount of the whole line, where the line takes goods back."),
    )
    requires_shipping = BooleanColumn(gettext_lazy("Requires shipping"), aliases=["Lineitem requires shipping"])

    ignored = dict.fromkeys(
        ["Accepts marketing", "Buyer accepts marketing", "Subtotal", "Discount code", "Discount type", "Lineitem compare at price",
         "Lineitem taxable", "Note attributes", "Vendor", "Employee", "Location", "Device ID", "Id",
         "Risk level", "Receipt number", "Duties", "Billing province name", "Shipping province name", "Payment terms name",
         "Next payment due at", "Tax 2 name", "Tax 3 name", "Tax 4 name", "Tax 5 name",
         "Referring site", "Total weight", "Closed at", "Tax 1 rate", "Tax 2 rate", "Tax 3 rate", "Tax 2 title", "Tax 3 title",
         "Shipping line code", "Shipping line carrier identifier", "Shipping tax price",
         "Metafield namespace", "Metafield key", "Metafield value", "Metafield value type", "employeeID", "requiredDate", "Row ID", "Order subtotal amount", "Order subtotal", "Profit", "Segment",
         "Coupon code", "Item #", "Order key", "Customer IP address"],
        NOT_KEPT,
    )  # fmt: skip

    def layout(self, headers: Sequence[str]) -> tuple[str, dict[str, str]]:
        if any(header.startswith("lineitem ") for header in headers):
            return "shopify", {"name": "source_number", "source": "", "source name": ""}
        if any(header.startswith("order lines ") for header in headers):
            return "odoo", ODOO
        if all(names & set(headers) for names in NORTHWIND):
            return "northwind", {"discount": "line_discount_share"}
        if "amazon order id" in headers:
            return "amazon", AMAZON
        return "", read_as(set(headers))

    def staged(self, rows: Iterator[tuple[int, list[str]]], mapping: Mapping) -> tuple[Sequence[str], Iterator[Any]]:
        used = {match.target for match in mapping.used}
        is_counted = "quantity" in used
        if not used & {"source_number", "number"} or not (is_counted or {"sku", "unit_price"} <= used):
            raise Unreadable(_("An order file needs a column of order numbers and one of quantities."))
        names = [
            name
            for name in self.columns()
            if name in used and name not in ("address", *SHARES, *KINDS_OF_ROWS, *INSTEAD)
        ]
        names += ["line_discount"] if used & set(SHARES) and "line_discount" not in names else []
        names += ["sku"] if (mapping.layout == "odoo" or "barcode" in used) and "sku" not in names else []
        if "line_amount" in used:
            names += [name for name in ("unit_price", "line_discount") if name not in names]
        names += ["billing_address", "shipping_address"] if "address" in used else []
        names += ["source"] if mapping.layout and "source" not in names else []
        if not is_counted:
            names.append("quantity")
            mapping.remarks.append(_("The file has no quantities: each of its lines counts as one piece."))
        records = CellReader(mapping, self.columns(), pads=mapping.pads).read(rows)
        return names, lines_of_rows(records, names, mapping.layout, is_counted=is_counted)

    def rewind(self, run: ImportRun, work: Rewinding, *, by: User | None, backwards: bool) -> None:
        (take_back_orders if backwards else bring_back_orders)(run, work, by=by)

    def export_queryset(self, where: dict[str, str]) -> Any:
        lookups = {LOOKUPS.get(name, name): value for name, value in where.items()}
        return OrderLine.objects.filter(**lookups).select_related("order").order_by("order_id", "position", "pk")

    def export_columns(self, user: Any = None) -> Sequence[ExportColumn]:
        return EXPORT


LOOKUPS = {name: f"order__{name}" for name in ("number", "source", "source_number", "status", "currency", "email")}
EXPORT = [
    ExportColumn("order.number", "number"),
    ExportColumn("order.source", "source"),
    ExportColumn("order.source_number", "source_number"),
    ExportColumn("order.placed_at", "placed_at", kind="datetime"),
    ExportColumn("order.status", "status"),
    ExportColumn("order.payment_status", "payment_status"),
    ExportColumn("order.fulfilment_status", "fulfilment_status"),
    ExportColumn("order.customer_name", "customer_name", personal=True),
    ExportColumn("order.email", "email", personal=True),
    ExportColumn("order.currency", "currency"),
    ExportColumn("sku", "sku"),
    ExportColumn("title", "title"),
    ExportColumn("quantity", "quantity", kind="number"),
    ExportColumn("unit_price", "unit_price", kind="number"),
    ExportColumn("discount", "line_discount", kind="number"),
    ExportColumn("order.discount", "discount", kind="number"),
    ExportColumn("order.shipping", "shipping", kind="number"),
    ExportColumn("order.tax", "taxes", kind="number"),
    ExportColumn("order.total", "total", kind="number"),
    ExportColumn("order.paid", "paid", kind="number"),
    ExportColumn("order.refunded", "refunded", kind="number"),
]
