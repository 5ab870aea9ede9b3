"""Segments of customers: where the facts come from, what follows from them, and why, in words."""

from customers.services.segments.running import Outcome, preview, segment
from customers.services.segments.settings import save_limits
from customers.services.segments.sources import CONTACTS, ORDERS, feed
from customers.services.segments.wording import Reason, reasons
from customers.services.segments.worklists import WORKLISTS

__all__ = [
    "CONTACTS",
    "ORDERS",
    "WORKLISTS",
    "Outcome",
    "Reason",
    "feed",
    "preview",
    "reasons",
    "save_limits",
    "segment",
]
