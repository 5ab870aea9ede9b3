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
from inventory.services.deliveries import RECEIVABLE, Delivered, receive_purchase
from inventory.services.holds import end_holds, expire_holds, hold, release_hold
from inventory.services.landing import add_landed_cost, spread
from inventory.services.loading import load, receive_unloaded, send_loaded, unload
from inventory.services.locations import upsert_locations
from inventory.services.misplaced import serve_elsewhere
from inventory.services.places import close_location, must_act_at, open_location
from inventory.services.posting import InsufficientStock, Move, Shortage, lock_levels, post, unit_costs, virtual
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
from inventory.services.receipts import receive
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
from inventory.services.summaries import BEGINNING, CORRECTIONS, corrections, refresh_figures, refresh_flows
from inventory.services.supplier_items import upsert_supplier_items
from inventory.services.suppliers import upsert_suppliers
from inventory.services.transfers import cancel_transfer, create_transfer, edit_transfer, receive_transfer, send

__all__ = [
    "APPROVE_COUNT",
    "BEGINNING",
    "CORRECTIONS",
    "COUNT",
    "GROUPINGS",
    "MOST_SUGGESTIONS",
    "RECEIVABLE",
    "Accuracy",
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
    "NotAllocated",
    "PurchaseLine",
    "Scanned",
    "Selection",
    "ShortLine",
    "Shortage",
    "Suggestion",
    "Terms",
    "add_landed_cost",
    "adjust",
    "adjust_many",
    "allocate",
    "approve_count",
    "ask_recount",
    "available",
    "best_items",
    "bring_back_purchases",
    "by_count",
    "by_month",
    "cancel_count",
    "cancel_purchase",
    "cancel_transfer",
    "close_count",
    "close_location",
    "close_periods",
    "close_purchase",
    "corrections",
    "create_count",
    "create_purchase",
    "create_transfer",
    "delivery_of",
    "edit_purchase",
    "edit_transfer",
    "end_holds",
    "enter_counts",
    "expire_holds",
    "forget_scans",
    "hold",
    "import_purchases",
    "items_of",
    "load",
    "lock_levels",
    "mail_purchase",
    "must_act_at",
    "needs_approval",
    "open_location",
    "order_purchase",
    "order_suggestions",
    "post",
    "post_count",
    "receive",
    "receive_purchase",
    "receive_transfer",
    "receive_unloaded",
    "record_once",
    "refresh_figures",
    "refresh_flows",
    "release",
    "release_hold",
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
    "ship",
    "short_lines",
    "spread",
    "start_count",
    "stock_at",
    "suggestions",
    "take_back",
    "take_back_counts",
    "take_back_purchases",
    "undo_entry",
    "unit_costs",
    "unload",
    "upsert_counts",
    "upsert_locations",
    "upsert_supplier_items",
    "upsert_suppliers",
    "variant_of",
    "virtual",
]
