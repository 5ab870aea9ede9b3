"""Who buys, and what they ask: customers, tickets, and the articles that answer before they ask."""

from customers.models.articles import Article, ArticleQuerySet
from customers.models.customers import Address, Consent, ContactPoint, Customer, CustomerQuerySet, contact_text
from customers.models.merges import CustomerMerge, DuplicatePair, MergedRow
from customers.models.ownership import (
    DISPUTE_TRANSITIONS,
    FREEZING,
    DisputeFile,
    DisputeStatus,
    Ownership,
    OwnershipDispute,
    OwnershipSettings,
)
from customers.models.tickets import (
    TICKET_TRANSITIONS,
    Attachment,
    AttachmentQuerySet,
    Message,
    MessageQuerySet,
    Queue,
    QueueQuerySet,
    Throttle,
    Ticket,
    TicketEvent,
    TicketPartQuerySet,
    TicketQuerySet,
    TicketStatus,
)

__all__ = [
    "DISPUTE_TRANSITIONS",
    "FREEZING",
    "TICKET_TRANSITIONS",
    "Address",
    "Article",
    "ArticleQuerySet",
    "Attachment",
    "AttachmentQuerySet",
    "Consent",
    "ContactPoint",
    "Customer",
    "CustomerMerge",
    "CustomerQuerySet",
    "DisputeFile",
    "DisputeStatus",
    "DuplicatePair",
    "MergedRow",
    "Message",
    "MessageQuerySet",
    "Ownership",
    "OwnershipDispute",
    "OwnershipSettings",
    "Queue",
    "QueueQuerySet",
    "Throttle",
    "Ticket",
    "TicketEvent",
    "TicketPartQuerySet",
    "TicketQuerySet",
    "TicketStatus",
    "contact_text",
]
