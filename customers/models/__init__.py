"""Who buys, and what they ask: customers, tickets, and the articles that answer before they ask."""

from customers.models.agents import AgentProfile, AgentQuerySet
from customers.models.articles import Article, ArticleQuerySet
from customers.models.bonds import TicketMerge, TicketWatcher
from customers.models.calendars import Calendar, CalendarDay, CalendarInterval, OpenSpan
from customers.models.custom import CustomField, CustomFieldQuerySet, IndexedCustom
from customers.models.customers import Address, Consent, ContactPoint, Customer, CustomerQuerySet, contact_text
from customers.models.drafts import Draft
from customers.models.erasures import DataPackage, Erasure, Retained, RetainedQuerySet
from customers.models.finding import holding
from customers.models.followups import FOLLOW_UP_TRANSITIONS, CustomerNote, FollowUp, FollowUpQuerySet, FollowUpStatus
from customers.models.groups import ConsentPurpose, CustomerGroup
from customers.models.help import ArticleAddress, ArticleVote, HelpCategory, RelatedArticle, VainSearch
from customers.models.lists import ListMember, StaticList, StaticListQuerySet
from customers.models.macros import Macro
from customers.models.mailboxes import Collaborator, IncomingMail, IncomingMailQuerySet, Mailbox, MailboxQuerySet
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
from customers.models.promises import Kind, Policy, PolicyTarget, PromiseCycle, PromiseEvent
from customers.models.segments import CustomerSegment, Segmented, SegmentLimits, SegmentRun, SegmentSnapshot
from customers.models.service import ServiceMark, ServiceRow, TicketFacts, TicketSums, TicketTimes
from customers.models.suppression import Suppression
from customers.models.surveys import Survey, SurveyQuerySet
from customers.models.tickets import (
    FROM_FILE,
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
from customers.models.words import MessageWords

__all__ = [
    "DISPUTE_TRANSITIONS",
    "FOLLOW_UP_TRANSITIONS",
    "FREEZING",
    "FROM_FILE",
    "MERGEABLE",
    "TICKET_TRANSITIONS",
    "Address",
    "AgentProfile",
    "AgentQuerySet",
    "Article",
    "ArticleAddress",
    "ArticleQuerySet",
    "ArticleVote",
    "Attachment",
    "AttachmentQuerySet",
    "Calendar",
    "CalendarDay",
    "CalendarInterval",
    "Collaborator",
    "Consent",
    "ConsentPurpose",
    "ContactPoint",
    "CustomField",
    "CustomFieldQuerySet",
    "Customer",
    "CustomerGroup",
    "CustomerMerge",
    "CustomerNote",
    "CustomerQuerySet",
    "CustomerSegment",
    "DataPackage",
    "DisputeFile",
    "DisputeStatus",
    "Draft",
    "DuplicatePair",
    "Erasure",
    "FollowUp",
    "FollowUpQuerySet",
    "FollowUpStatus",
    "HelpCategory",
    "IncomingMail",
    "IncomingMailQuerySet",
    "IndexedCustom",
    "Kind",
    "ListMember",
    "Macro",
    "Mailbox",
    "MailboxQuerySet",
    "MergedRow",
    "Message",
    "MessageQuerySet",
    "MessageWords",
    "OpenSpan",
    "Ownership",
    "OwnershipDispute",
    "OwnershipSettings",
    "Policy",
    "PolicyTarget",
    "PromiseCycle",
    "PromiseEvent",
    "Queue",
    "QueueQuerySet",
    "RelatedArticle",
    "Retained",
    "RetainedQuerySet",
    "SegmentLimits",
    "SegmentRun",
    "SegmentSnapshot",
    "Segmented",
    "ServiceMark",
    "ServiceRow",
    "StaticList",
    "StaticListQuerySet",
    "Suppression",
    "Survey",
    "SurveyQuerySet",
    "Throttle",
    "Ticket",
    "TicketEvent",
    "TicketFacts",
    "TicketMerge",
    "TicketPartQuerySet",
    "TicketQuerySet",
    "TicketStatus",
    "TicketSums",
    "TicketTimes",
    "TicketWatcher",
    "VainSearch",
    "contact_text",
    "holding",
]
