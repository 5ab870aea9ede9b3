"""Edits of placed orders: changes, splits and merges."""

from orders.services.changes.applying import (
    OrderMoved,
    Outcome,
    Seen,
    StockEffect,
    apply_change,
    change_order,
    discard_change,
    foresee_change,
    open_change,
    save_change,
    see,
    version_of,
)
from orders.services.changes.merging import CannotMerge, MergeOutcome, foresee_merge, merge_orders
from orders.services.changes.splitting import SplitOutcome, foresee_split, split_order, splittable
from orders.services.changes.wanting import LineChange, Wanted, differences, wanted_of
from orders.services.changes.working_out import ChangeRefused

__all__ = [
    "CannotMerge",
    "ChangeRefused",
    "LineChange",
    "MergeOutcome",
    "OrderMoved",
    "Outcome",
    "Seen",
    "SplitOutcome",
    "StockEffect",
    "Wanted",
    "apply_change",
    "change_order",
    "differences",
    "discard_change",
    "foresee_change",
    "foresee_merge",
    "foresee_split",
    "merge_orders",
    "open_change",
    "save_change",
    "see",
    "split_order",
    "splittable",
    "version_of",
    "wanted_of",
]
