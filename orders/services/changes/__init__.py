"""Edits of placed orders: changes, splits and merges."""

from orders.services.changes.applying import (
    OrderMoved,
    Outcome,
    StockEffect,
    apply_change,
    discard_change,
    foresee_change,
    open_change,
    save_change,
    see,
    version_of,
)
from orders.services.changes.wanting import LineChange, Wanted, differences, wanted_of
from orders.services.changes.working_out import ChangeRefused

__all__ = [
    "ChangeRefused",
    "LineChange",
    "OrderMoved",
    "Outcome",
    "StockEffect",
    "Wanted",
    "apply_change",
    "differences",
    "discard_change",
    "foresee_change",
    "open_change",
    "save_change",
    "see",
    "version_of",
    "wanted_of",
]
