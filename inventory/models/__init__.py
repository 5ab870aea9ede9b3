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
from inventory.models.value import (
    AbcClass,
    CorrectionSum,
    DailyFlow,
    SaleCost,
    StockBalance,
    StockFigures,
    StockPeriod,
    StockSummary,
    StockThen,
    StockTotal,
)

__all__ = [
    "LOW",
    "TRANSFER_TRANSITIONS",
    "AbcClass",
    "Allocation",
    "CorrectionSum",
    "CostField",
    "DailyFlow",
    "Hold",
    "Location",
    "LocationQuerySet",
    "Receipt",
    "ReceiptLine",
    "ReceiptLineQuerySet",
    "SaleCost",
    "StockBalance",
    "StockFigures",
    "StockLevel",
    "StockLevelQuerySet",
    "StockMove",
    "StockMoveQuerySet",
    "StockPeriod",
    "StockPosting",
    "StockPostingQuerySet",
    "StockSummary",
    "StockThen",
    "StockTotal",
    "Supplier",
    "Transfer",
    "TransferLine",
    "TransferLineQuerySet",
    "TransferQuerySet",
    "TransferStatus",
    "WarehouseScoped",
]
