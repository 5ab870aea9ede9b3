"""Where stock is, and the ledger that says why."""

from inventory.models.places import Location, LocationQuerySet, WarehouseScoped
from inventory.models.promises import Allocation, Hold
from inventory.models.receipts import Receipt, ReceiptLine, ReceiptLineQuerySet, Supplier
from inventory.models.stock import (
    LOW,
    CostField,
    StockLevel,
    StockLevelQuerySet,
    StockMove,
    StockMoveQuerySet,
    StockPosting,
    StockPostingQuerySet,
)
from inventory.models.transfers import (
    TRANSFER_TRANSITIONS,
    Transfer,
    TransferLine,
    TransferLineQuerySet,
    TransferQuerySet,
    TransferStatus,
)

__all__ = [
    "LOW",
    "TRANSFER_TRANSITIONS",
    "Allocation",
    "CostField",
    "Hold",
    "Location",
    "LocationQuerySet",
    "Receipt",
    "ReceiptLine",
    "ReceiptLineQuerySet",
    "StockLevel",
    "StockLevelQuerySet",
    "StockMove",
    "StockMoveQuerySet",
    "StockPosting",
    "StockPostingQuerySet",
    "Supplier",
    "Transfer",
    "TransferLine",
    "TransferLineQuerySet",
    "TransferQuerySet",
    "TransferStatus",
    "WarehouseScoped",
]
