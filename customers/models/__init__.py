"""Who buys, and what they ask: customers, tickets, and the articles that answer before they ask."""

from customers.models.articles import Article, ArticleQuerySet
from customers.models.bonds import TicketMerge, TicketWatcher
from customers.models.customers import Address, Consent, ContactPoint, Customer, CustomerQuerySet, contact_text
from customers.models.drafts import Draft
from customers.models.macros import Macro
from customers.models.tickets import (
    MERGEABLE,
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
    "MERGEABLE",
    "TICKET_TRANSITIONS",
    "Address",
    "Article",
    "ArticleQuerySet",
    "Attachment",
    "AttachmentQuerySet",
    "Consent",
    "ContactPoint",
    "Customer",
    "CustomerQuerySet",
    "Draft",
    "Macro",
    "Message",
    "MessageQuerySet",
    "Queue",
    "QueueQuerySet",
    "Throttle",
    "Ticket",
    "TicketEvent",
    "TicketMerge",
    "TicketPartQuerySet",
    "TicketQuerySet",
    "TicketStatus",
    "TicketWatcher",
    "contact_text",
]
