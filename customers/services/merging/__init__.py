"""Merging customers, and undoing it."""

from customers.services.merging import movers
from customers.services.merging.merging import merge_customers, undo_merge
from customers.services.merging.preview import Preview, Survivorship, look, stands_against_undo

__all__ = ["Preview", "Survivorship", "look", "merge_customers", "movers", "stands_against_undo", "undo_merge"]
