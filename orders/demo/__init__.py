"""The demonstration shop: believable, the same for the same seed and day, with every ledger true."""

from orders.demo.loading import SIZES, Size, load

__all__ = ["SIZES", "Size", "load"]
