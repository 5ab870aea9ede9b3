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
from inventory.services.posting import InsufficientStock, Move, Shortage, post, unit_costs, virtual

__all__ = [
    "Demand",
    "InsufficientStock",
    "Move",
    "NotAllocated",
    "Shortage",
    "allocate",
    "available",
    "post",
    "release",
    "scrap",
    "ship",
    "take_back",
    "unit_costs",
    "virtual",
]
