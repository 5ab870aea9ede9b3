"""Who buys, and what they ask: customers, tickets, and the articles that answer before they ask."""

from customers.models.articles import Article, ArticleQuerySet
from customers.models.customers import Address, Consent, ContactPoint, Customer, CustomerQuerySet, contact_text
from customers.models.followups import FOLLOW_UP_TRANSITIONS, CustomerNote, FollowUp, FollowUpQuerySet, FollowUpStatus
from customers.models.groups import ConsentPurpose, CustomerGroup
from customers.models.segments import CustomerSegment, Segmented, SegmentLimits, SegmentRun, SegmentSnapshot
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
    "FOLLOW_UP_TRANSITIONS",
    "TICKET_TRANSITIONS",
    "Address",
    "Article",
    "ArticleQuerySet",
    "Attachment",
    "AttachmentQuerySet",
    "Consent",
    "ConsentPurpose",
    "ContactPoint",
    "Customer",
    "CustomerGroup",
    "CustomerNote",
    "CustomerQuerySet",
    "CustomerSegment",
    "FollowUp",
    "FollowUpQuerySet",
    "FollowUpStatus",
    "Message",
    "MessageQuerySet",
    "Queue",
    "QueueQuerySet",
    "SegmentLimits",
    "SegmentRun",
    "SegmentSnapshot",
    "Segmented",
    "Throttle",
    "Ticket",
    "TicketEvent",
    "TicketPartQuerySet",
    "TicketQuerySet",
    "TicketStatus",
    "contact_text",
]
