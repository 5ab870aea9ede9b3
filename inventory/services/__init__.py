"""The verbs that move stock. `post` is the only way into the ledger."""

from inventory.services.accuracy import Accuracy, by_count, by_month
from inventory.services.allocation import (
    Demand,
    NotAllocated,
    Plan,
    Stock,
    allocate,
    available,
    carry_out,
    release,
    scrap,
    ship,
    take_back,
)
from inventory.services.balances import GROUPINGS, close_periods, repair_balances, stock_at
from inventory.services.bins import PutAway, close_bin, create_bins, open_bin, put_away
from inventory.services.closing import (
    CLEAR as CLEAR_CLOSED,
)
from inventory.services.closing import (
    Closing,
    Stuck,
    close_location,
    foresee_closing,
    open_location,
    stock_left,
)
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
from inventory.services.counting import NOT_STOCKED
from inventory.services.counting_parts import upsert_counts
from inventory.services.counting_undo import repeat_counts, take_back_counts
from inventory.services.counts import Entry, Selection, beginning, create_count, enter_counts, start_count, undo_entry
from inventory.services.deliveries import RECEIVABLE, Delivered, receive_purchase
from inventory.services.expiry import quarantine_expired
from inventory.services.holds import end_holds, expire_holds, hold, release_hold
from inventory.services.labels import number_on_label
from inventory.services.landing import add_landed_cost, spread
from inventory.services.loading import load, receive_unloaded, send_loaded, unload
from inventory.services.locations import upsert_locations
from inventory.services.lots import Arriving, arrivals, find_lots, lots_sent, named_lots, portion, read_lots
from inventory.services.misplaced import serve_elsewhere
from inventory.services.places import must_act_at
from inventory.services.posting import (
    InsufficientStock,
    Move,
    Pieces,
    Shortage,
    WrongParts,
    call,
    lock_levels,
    post,
    shortages,
    unit_costs,
    virtual,
)
from inventory.services.purchase_files import import_purchases
from inventory.services.purchase_undo import bring_back_purchases, take_back_purchases
from inventory.services.purchasing import (
    PurchaseLine,
    Terms,
    cancel_purchase,
    close_purchase,
    create_purchase,
    edit_purchase,
    items_of,
    mail_purchase,
    order_purchase,
)
from inventory.services.reallocation import clear_closed, reallocate, reallocate_promise, serve_waiting
from inventory.services.rearranging import Rearrangement, foresee_rearrangement, hand_over, rearrange
from inventory.services.receipts import receive
from inventory.services.reminding import remind_buyers
from inventory.services.reordering import (
    MOST_SUGGESTIONS,
    Forecast,
    Suggestion,
    best_items,
    order_suggestions,
    sales,
    suggestions,
)
from inventory.services.scanning import delivery_of, scan_count, scan_delivery
from inventory.services.scans import Done, KeyReused, Scanned, forget_scans, record_once, variant_of
from inventory.services.shelves import Place, on_shelves
from inventory.services.shelving import bin_of, shelf_name, shelve
from inventory.services.sold_out import refresh_sold_out
from inventory.services.summaries import BEGINNING, CORRECTIONS, corrections, refresh_figures, refresh_flows
from inventory.services.supplier_items import upsert_supplier_items
from inventory.services.suppliers import upsert_suppliers
from inventory.services.taking_back import last_scan, undo_scan, way_back
from inventory.services.transfers import cancel_transfer, create_transfer, edit_transfer, receive_transfer, send
from inventory.services.waiting import TASK as SERVE_WAITING
from inventory.services.waiting import Moved, few_waiting, register, waiting_documents, waiting_pieces

__all__ = [
    "APPROVE_COUNT",
    "BEGINNING",
    "CLEAR_CLOSED",
    "CORRECTIONS",
    "COUNT",
    "GROUPINGS",
    "MOST_SUGGESTIONS",
    "NOT_STOCKED",
    "RECEIVABLE",
    "SERVE_WAITING",
    "Accuracy",
    "Arriving",
    "Closing",
    "Correction",
    "CountRefused",
    "CountResult",
    "Delivered",
    "Demand",
    "Done",
    "Entry",
    "Forecast",
    "InsufficientStock",
    "KeyReused",
    "Move",
    "Moved",
    "NotAllocated",
    "Pieces",
    "Place",
    "Plan",
    "PurchaseLine",
    "PutAway",
    "Rearrangement",
    "Scanned",
    "Selection",
    "ShortLine",
    "Shortage",
    "Stock",
    "Stuck",
    "Suggestion",
    "Terms",
    "WrongParts",
    "add_landed_cost",
    "adjust",
    "adjust_many",
    "allocate",
    "approve_count",
    "arrivals",
    "ask_recount",
    "available",
    "beginning",
    "best_items",
    "bin_of",
    "bring_back_purchases",
    "by_count",
    "by_month",
    "call",
    "cancel_count",
    "cancel_purchase",
    "cancel_transfer",
    "carry_out",
    "clear_closed",
    "close_bin",
    "close_count",
    "close_location",
    "close_periods",
    "close_purchase",
    "corrections",
    "create_bins",
    "create_count",
    "create_purchase",
    "create_transfer",
    "delivery_of",
    "edit_purchase",
    "edit_transfer",
    "end_holds",
    "enter_counts",
    "expire_holds",
    "few_waiting",
    "find_lots",
    "foresee_closing",
    "foresee_rearrangement",
    "forget_scans",
    "hand_over",
    "hold",
    "import_purchases",
    "items_of",
    "last_scan",
    "load",
    "lock_levels",
    "lots_sent",
    "mail_purchase",
    "must_act_at",
    "named_lots",
    "needs_approval",
    "number_on_label",
    "on_shelves",
    "open_bin",
    "open_location",
    "order_purchase",
    "order_suggestions",
    "portion",
    "post",
    "post_count",
    "put_away",
    "quarantine_expired",
    "read_lots",
    "reallocate",
    "reallocate_promise",
    "rearrange",
    "receive",
    "receive_purchase",
    "receive_transfer",
    "receive_unloaded",
    "record_once",
    "refresh_figures",
    "refresh_flows",
    "refresh_sold_out",
    "register",
    "release",
    "release_hold",
    "remind_buyers",
    "repair_balances",
    "repeat_counts",
    "result_of",
    "sales",
    "scan_count",
    "scan_delivery",
    "scrap",
    "send",
    "send_loaded",
    "serve_elsewhere",
    "serve_waiting",
    "shelf_name",
    "shelve",
    "ship",
    "short_lines",
    "shortages",
    "spread",
    "start_count",
    "stock_at",
    "stock_left",
    "suggestions",
    "take_back",
    "take_back_counts",
    "take_back_purchases",
    "undo_entry",
    "undo_scan",
    "unit_costs",
    "unload",
    "upsert_counts",
    "upsert_locations",
    "upsert_supplier_items",
    "upsert_suppliers",
    "variant_of",
    "virtual",
    "waiting_documents",
    "waiting_pieces",
    "way_back",
]
