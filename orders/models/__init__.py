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
from orders.models.picking import PICK_TRANSITIONS, PickPart, PickPartQuerySet, PickStatus, PickWave
from orders.models.returns import RETURN_TRANSITIONS, Return, ReturnLine, ReturnQuerySet, ReturnStatus
from orders.models.sales import DailySales
from orders.models.taxes import TaxRate

__all__ = [
    "FULFILMENT_TRANSITIONS",
    "ORDER_TRANSITIONS",
    "PICK_TRANSITIONS",
    "RETURN_TRANSITIONS",
    "DailySales",
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
    "PickPart",
    "PickPartQuerySet",
    "PickStatus",
    "PickWave",
    "Refund",
    "Return",
    "ReturnLine",
    "ReturnQuerySet",
    "ReturnStatus",
    "TaxRate",
]
