"""Where stock is, and the ledger that says why."""

from inventory.models.counts import (
    COUNT_TRANSITIONS,
    REVIEW_COUNTS,
    CountEntry,
    CountEntryQuerySet,
    CountLine,
    CountLineQuerySet,
    CountStatus,
    StockCount,
    StockCountQuerySet,
)
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
    "COUNT_TRANSITIONS",
    "LOW",
    "REVIEW_COUNTS",
    "TRANSFER_TRANSITIONS",
    "Allocation",
    "CostField",
    "CountEntry",
    "CountEntryQuerySet",
    "CountLine",
    "CountLineQuerySet",
    "CountStatus",
    "Hold",
    "Location",
    "LocationQuerySet",
    "Receipt",
    "ReceiptLine",
    "ReceiptLineQuerySet",
    "StockCount",
    "StockCountQuerySet",
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
