"""The verbs that write orders. Every one locks the order first, then its documents, then stock."""

from orders.services.documents import (
    AlreadyInvoiced,
    CreditTooHigh,
    credit,
    invoices_of,
    issue_invoice,
    left_to_credit,
)
from orders.services.fulfilment import (
    cancel_fulfilment,
    create_fulfilment,
    deliver,
    pack,
    ready_at,
    set_tracking,
    ship,
)
from orders.services.intake import (
    LineRefused,
    NewLine,
    add_note,
    change_details,
    create_draft,
    edit_draft,
)
from orders.services.order_files import import_orders
from orders.services.payments import (
    KeyReused,
    RefundTooHigh,
    record_payment,
    refund,
    refundable,
    suggested_refund,
)
from orders.services.placing import (
    CannotCancel,
    QuantityTooHigh,
    cancel,
    cancel_lines,
    close,
    place,
    place_new,
    reopen,
)
from orders.services.reallocation import reallocate
from orders.services.returns import (
    Arrived,
    approve_return,
    cancel_return,
    close_return,
    receive_return,
    request_return,
    returnable,
)
from orders.services.status import DiscountTooHigh, lines_of, recalculate
from orders.services.summaries import BEGINNING, refresh_sales
from orders.services.taking_back import bring_back_orders, take_back_orders

__all__ = [
    "BEGINNING",
    "AlreadyInvoiced",
    "Arrived",
    "CannotCancel",
    "CreditTooHigh",
    "DiscountTooHigh",
    "KeyReused",
    "LineRefused",
    "NewLine",
    "QuantityTooHigh",
    "RefundTooHigh",
    "add_note",
    "approve_return",
    "bring_back_orders",
    "cancel",
    "cancel_fulfilment",
    "cancel_lines",
    "cancel_return",
    "change_details",
    "close",
    "close_return",
    "create_draft",
    "create_fulfilment",
    "credit",
    "deliver",
    "edit_draft",
    "import_orders",
    "invoices_of",
    "issue_invoice",
    "left_to_credit",
    "lines_of",
    "pack",
    "place",
    "place_new",
    "ready_at",
    "reallocate",
    "recalculate",
    "receive_return",
    "record_payment",
    "refresh_sales",
    "refund",
    "refundable",
    "reopen",
    "request_return",
    "returnable",
    "set_tracking",
    "ship",
    "suggested_refund",
    "take_back_orders",
]
