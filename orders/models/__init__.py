"""What was bought, paid, shipped, returned and invoiced."""

from orders.models.fulfilment import (
    FULFILMENT_TRANSITIONS,
    Fulfilment,
    FulfilmentLine,
    FulfilmentQuerySet,
    FulfilmentStatus,
)
from orders.models.invoices import DocumentSeries, Invoice
from orders.models.mails import MailKind, MailText, SentMail
from orders.models.orders import ORDER_TRANSITIONS, Order, OrderLine, OrderQuerySet, OrderStatus
from orders.models.payments import Payment, Refund
from orders.models.picking import PICK_TRANSITIONS, PickStatus, PickWave
from orders.models.returns import RETURN_TRANSITIONS, Return, ReturnLine, ReturnQuerySet, ReturnStatus
from orders.models.sales import DailySales
from orders.models.taxes import TaxRate

__all__ = [
    "FULFILMENT_TRANSITIONS",
    "ORDER_TRANSITIONS",
    "PICK_TRANSITIONS",
    "RETURN_TRANSITIONS",
    "DailySales",
    "DocumentSeries",
    "Fulfilment",
    "FulfilmentLine",
    "FulfilmentQuerySet",
    "FulfilmentStatus",
    "Invoice",
    "MailKind",
    "MailText",
    "Order",
    "OrderLine",
    "OrderQuerySet",
    "OrderStatus",
    "Payment",
    "PickStatus",
    "PickWave",
    "Refund",
    "Return",
    "ReturnLine",
    "ReturnQuerySet",
    "ReturnStatus",
    "SentMail",
    "TaxRate",
]
