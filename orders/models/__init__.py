"""What was bought, paid, shipped, returned and invoiced."""

from orders.models.carriers import Carrier
from orders.models.changes import CHANGE_TRANSITIONS, ChangeQuerySet, ChangeStatus, OrderChange, OrderChangeLine
from orders.models.fulfilment import (
    FULFILMENT_TRANSITIONS,
    Fulfilment,
    FulfilmentLine,
    FulfilmentQuerySet,
    FulfilmentStatus,
)
from orders.models.holds import OrderHold
from orders.models.invoices import DocumentSeries, Invoice
from orders.models.mails import MailKind, MailText, SentMail
from orders.models.orders import ORDER_TRANSITIONS, Order, OrderLine, OrderQuerySet, OrderStatus
from orders.models.payments import Authorization, AuthorizationVoid, Payment, Refund
from orders.models.picking import PICK_TRANSITIONS, PickPart, PickPartQuerySet, PickStatus, PickWave
from orders.models.refunds import GRANT_TRANSITIONS, GrantStatus, RefundGrant
from orders.models.returns import (
    RETURN_TRANSITIONS,
    ExchangeLine,
    Return,
    ReturnCause,
    ReturnLine,
    ReturnQuerySet,
    ReturnStatus,
)
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
    "CHANGE_TRANSITIONS",
    "FULFILMENT_TRANSITIONS",
    "GRANT_TRANSITIONS",
    "ORDER_TRANSITIONS",
    "PICK_TRANSITIONS",
    "RETURN_TRANSITIONS",
    "Authorization",
    "AuthorizationVoid",
    "Carrier",
    "CategorySales",
    "ChangeQuerySet",
    "ChangeStatus",
    "CohortSales",
    "CustomerSales",
    "DailySales",
    "DelaySums",
    "DocumentSeries",
    "ExchangeLine",
    "Fulfilment",
    "FulfilmentLine",
    "FulfilmentQuerySet",
    "FulfilmentStatus",
    "GrantStatus",
    "Invoice",
    "MailKind",
    "MailText",
    "Order",
    "OrderChange",
    "OrderChangeLine",
    "OrderHold",
    "OrderLine",
    "OrderQuerySet",
    "OrderStatus",
    "Payment",
    "PickPart",
    "PickPartQuerySet",
    "PickStatus",
    "PickWave",
    "PlaceSales",
    "ProductPlace",
    "ProductSales",
    "Refund",
    "RefundGrant",
    "Return",
    "ReturnCause",
    "ReturnLine",
    "ReturnQuerySet",
    "ReturnStatus",
    "ReturnSums",
    "SalesMark",
    "SalesRow",
    "SentMail",
    "ShippedByPlace",
    "ShippedByProduct",
    "Span",
    "Summary",
    "TaxRate",
    "TaxSales",
]
