"""Who buys, and what they ask: customers, tickets, and the articles that answer before they ask."""

from customers.models.articles import Article, ArticleQuerySet
from customers.models.customers import Address, Consent, ContactPoint, Customer, CustomerQuerySet, contact_text
from customers.models.erasures import DataPackage, Erasure, Retained, RetainedQuerySet
from customers.models.help import ArticleAddress, ArticleVote, HelpCategory, RelatedArticle, VainSearch
from customers.models.suppression import Suppression
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
    "TICKET_TRANSITIONS",
    "Address",
    "Article",
    "ArticleAddress",
    "ArticleQuerySet",
    "ArticleVote",
    "Attachment",
    "AttachmentQuerySet",
    "Consent",
    "ContactPoint",
    "Customer",
    "CustomerQuerySet",
    "DataPackage",
    "Erasure",
    "HelpCategory",
    "Message",
    "MessageQuerySet",
    "Queue",
    "QueueQuerySet",
    "RelatedArticle",
    "Retained",
    "RetainedQuerySet",
    "Suppression",
    "Throttle",
    "Ticket",
    "TicketEvent",
    "TicketPartQuerySet",
    "TicketQuerySet",
    "TicketStatus",
    "VainSearch",
    "contact_text",
]
