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
from orders.models.invoices import DocumentSeries, Invoice
from orders.models.mails import MailKind, MailText, SentMail
from orders.models.orders import ORDER_TRANSITIONS, Order, OrderLine, OrderQuerySet, OrderStatus
from orders.models.payments import Payment, Refund
from orders.models.picking import PICK_TRANSITIONS, PickPart, PickPartQuerySet, PickStatus, PickWave
from orders.models.returns import (
    RETURN_TRANSITIONS,
    ExchangeLine,
    Return,
    ReturnCause,
    ReturnLine,
    ReturnQuerySet,
    ReturnStatus,
)
from orders.models.sales import DailySales
from orders.models.taxes import TaxRate

__all__ = [
    "CHANGE_TRANSITIONS",
    "FULFILMENT_TRANSITIONS",
    "ORDER_TRANSITIONS",
    "PICK_TRANSITIONS",
    "RETURN_TRANSITIONS",
    "Carrier",
    "ChangeQuerySet",
    "ChangeStatus",
    "DailySales",
    "DocumentSeries",
    "ExchangeLine",
    "Fulfilment",
    "FulfilmentLine",
    "FulfilmentQuerySet",
    "FulfilmentStatus",
    "Invoice",
    "MailKind",
    "MailText",
    "Order",
    "OrderChange",
    "OrderChangeLine",
    "OrderLine",
    "OrderQuerySet",
    "OrderStatus",
    "Payment",
    "PickPart",
    "PickPartQuerySet",
    "PickStatus",
    "PickWave",
    "Refund",
    "Return",
    "ReturnCause",
    "ReturnLine",
    "ReturnQuerySet",
    "ReturnStatus",
    "SentMail",
    "TaxRate",
]
