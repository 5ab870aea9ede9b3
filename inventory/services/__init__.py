"""The verbs that move stock. `post` is the only way into the ledger."""

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
from inventory.services.corrections import Correction, adjust, adjust_many
from inventory.services.counting import repeat_counts, take_back_counts, upsert_counts
from inventory.services.deliveries import RECEIVABLE, Delivered, receive_purchase
from inventory.services.holds import end_holds, expire_holds, hold, release_hold
from inventory.services.landing import add_landed_cost, spread
from inventory.services.locations import upsert_locations
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
from inventory.services.supplier_items import upsert_supplier_items
from inventory.services.suppliers import upsert_suppliers
from inventory.services.transfers import cancel_transfer, create_transfer, edit_transfer, receive_transfer, send

__all__ = [
    "MOST_SUGGESTIONS",
    "RECEIVABLE",
    "Correction",
    "Delivered",
    "Demand",
    "Forecast",
    "InsufficientStock",
    "Move",
    "NotAllocated",
    "PurchaseLine",
    "Shortage",
    "Suggestion",
    "Terms",
    "add_landed_cost",
    "adjust",
    "adjust_many",
    "allocate",
    "available",
    "best_items",
    "bring_back_purchases",
    "cancel_purchase",
    "cancel_transfer",
    "close_location",
    "close_purchase",
    "create_purchase",
    "create_transfer",
    "edit_purchase",
    "edit_transfer",
    "end_holds",
    "expire_holds",
    "hold",
    "import_purchases",
    "items_of",
    "lock_levels",
    "mail_purchase",
    "must_act_at",
    "open_location",
    "order_purchase",
    "order_suggestions",
    "post",
    "receive",
    "receive_purchase",
    "receive_transfer",
    "release",
    "release_hold",
    "repeat_counts",
    "sales",
    "scrap",
    "send",
    "ship",
    "spread",
    "suggestions",
    "take_back",
    "take_back_counts",
    "take_back_purchases",
    "unit_costs",
    "upsert_counts",
    "upsert_locations",
    "upsert_supplier_items",
    "upsert_suppliers",
    "virtual",
]
