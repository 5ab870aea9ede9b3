"""Erasure of a person: classes of data with a rule each, a preview, four eyes, and a proof."""

from customers.services.erasing.person import ERASED, Person, person_of
from customers.services.erasing.registry import DataClass, Rule, Table, every, everybody, get, register
from customers.services.erasing.tracing import Trace, traces_of
from customers.services.erasing.verbs import (
    ERASURE,
    CannotErase,
    Fate,
    Preview,
    approve_erasure,
    erase,
    erase_due,
    preview_erasure,
    remaining_traces,
    request_erasure,
    told_result,
)

__all__ = [
    "ERASED",
    "ERASURE",
    "CannotErase",
    "DataClass",
    "Fate",
    "Person",
    "Preview",
    "Rule",
    "Table",
    "Trace",
    "approve_erasure",
    "erase",
    "erase_due",
    "every",
    "everybody",
    "get",
    "person_of",
    "preview_erasure",
    "register",
    "remaining_traces",
    "request_erasure",
    "told_result",
    "traces_of",
]
