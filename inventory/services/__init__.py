"""The verbs that move stock. `post` is the only way into the ledger."""

from inventory.services.accuracy import Accuracy, by_count, by_month
from inventory.services.allocation import (
    Demand,
    NotAllocated,
    allocate,
    available,
    release,
    scrap,
    ship,
    take_back,
)
from inventory.services.balances import GROUPINGS, close_periods, repair_balances, stock_at
from inventory.services.corrections import Correction, adjust, adjust_many
from inventory.services.count_posting import (
    APPROVE_COUNT,
    COUNT,
    CountRefused,
    CountResult,
    ShortLine,
    approve_count,
    ask_recount,
    cancel_count,
    close_count,
    needs_approval,
    post_count,
    result_of,
    short_lines,
)
from inventory.services.counting import repeat_counts, take_back_counts, upsert_counts
from inventory.services.counts import Entry, Selection, create_count, enter_counts, start_count, undo_entry
from inventory.services.holds import end_holds, expire_holds, hold, release_hold
from inventory.services.locations import upsert_locations
from inventory.services.places import close_location, must_act_at, open_location
from inventory.services.posting import InsufficientStock, Move, Shortage, lock_levels, post, unit_costs, virtual
from inventory.services.receipts import receive
from inventory.services.summaries import BEGINNING, CORRECTIONS, corrections, refresh_figures, refresh_flows
from inventory.services.suppliers import upsert_suppliers
from inventory.services.transfers import cancel_transfer, create_transfer, edit_transfer, receive_transfer, send

__all__ = [
    "APPROVE_COUNT",
    "BEGINNING",
    "CORRECTIONS",
    "COUNT",
    "GROUPINGS",
    "Accuracy",
    "Correction",
    "CountRefused",
    "CountResult",
    "Demand",
    "Entry",
    "InsufficientStock",
    "Move",
    "NotAllocated",
    "Selection",
    "ShortLine",
    "Shortage",
    "adjust",
    "adjust_many",
    "allocate",
    "approve_count",
    "ask_recount",
    "available",
    "by_count",
    "by_month",
    "cancel_count",
    "cancel_transfer",
    "close_count",
    "close_location",
    "close_periods",
    "corrections",
    "create_count",
    "create_transfer",
    "edit_transfer",
    "end_holds",
    "enter_counts",
    "expire_holds",
    "hold",
    "lock_levels",
    "must_act_at",
    "needs_approval",
    "open_location",
    "post",
    "post_count",
    "receive",
    "receive_transfer",
    "refresh_figures",
    "refresh_flows",
    "release",
    "release_hold",
    "repair_balances",
    "repeat_counts",
    "result_of",
    "scrap",
    "send",
    "ship",
    "short_lines",
    "start_count",
    "stock_at",
    "take_back",
    "take_back_counts",
    "undo_entry",
    "unit_costs",
    "upsert_counts",
    "upsert_locations",
    "upsert_suppliers",
    "virtual",
]
