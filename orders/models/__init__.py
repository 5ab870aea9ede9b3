"""What was bought, paid, shipped, returned and invoiced."""

from orders.models.fulfilment import (
    FULFILMENT_TRANSITIONS,
    Fulfilment,
    FulfilmentLine,
    FulfilmentQuerySet,
    FulfilmentStatus,
)
from orders.models.invoices import Invoice
from orders.models.orders import ORDER_TRANSITIONS, Order, OrderLine, OrderQuerySet, OrderStatus
from orders.models.payments import Payment, Refund
from orders.models.picking import PICK_TRANSITIONS, PickStatus, PickWave
from orders.models.returns import RETURN_TRANSITIONS, Return, ReturnLine, ReturnQuerySet, ReturnStatus
from orders.models.sales import (
    CategorySales,
    CohortSales,
    CustomerSales,
    DailySales,
    DelaySums,
    PlaceSales,
    ProductPlace,
    ProductSales,
    ReturnSums,
    SalesMark,
    SalesRow,
    ShippedByPlace,
    ShippedByProduct,
    Span,
    Summary,
    TaxSales,
)
from orders.models.taxes import TaxRate

__all__ = [
    "FULFILMENT_TRANSITIONS",
    "ORDER_TRANSITIONS",
    "PICK_TRANSITIONS",
    "RETURN_TRANSITIONS",
    "CategorySales",
    "CohortSales",
    "CustomerSales",
    "DailySales",
    "DelaySums",
    "Fulfilment",
    "FulfilmentLine",
    "FulfilmentQuerySet",
    "FulfilmentStatus",
    "Invoice",
    "Order",
    "OrderLine",
    "OrderQuerySet",
    "OrderStatus",
    "Payment",
    "PickStatus",
    "PickWave",
    "PlaceSales",
    "ProductPlace",
    "ProductSales",
    "Refund",
    "Return",
    "ReturnLine",
    "ReturnQuerySet",
    "ReturnStatus",
    "ReturnSums",
    "SalesMark",
    "SalesRow",
    "ShippedByPlace",
    "ShippedByProduct",
    "Span",
    "Summary",
    "TaxRate",
    "TaxSales",
]
