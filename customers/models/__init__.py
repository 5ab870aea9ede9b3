"""Who buys, and what they ask: customers, tickets, and the articles that answer before they ask."""

from customers.models.articles import Article, ArticleQuerySet
from customers.models.customers import Address, Consent, ContactPoint, Customer, CustomerQuerySet, contact_text
from customers.models.mailboxes import Collaborator, IncomingMail, IncomingMailQuerySet, Mailbox, MailboxQuerySet
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
    "ArticleQuerySet",
    "Attachment",
    "AttachmentQuerySet",
    "Collaborator",
    "Consent",
    "ContactPoint",
    "Customer",
    "CustomerQuerySet",
    "IncomingMail",
    "IncomingMailQuerySet",
    "Mailbox",
    "MailboxQuerySet",
    "Message",
    "MessageQuerySet",
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
