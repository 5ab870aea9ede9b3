"""Business time: reckoning with it in memory, and calendars with their spans in the database."""

from customers.services.calendars.hours import Hours, NeverOpen, add_business, elapsed, open_spans
from customers.services.calendars.keeping import (
    BadHours,
    OwnDay,
    due_in_database,
    extend_spans,
    hours_of,
    preview,
    read_hours,
    save_calendar,
    week_in_words,
)

__all__ = [
    "BadHours",
    "Hours",
    "NeverOpen",
    "OwnDay",
    "add_business",
    "due_in_database",
    "elapsed",
    "extend_spans",
    "hours_of",
    "open_spans",
    "preview",
    "read_hours",
    "save_calendar",
    "week_in_words",
]
