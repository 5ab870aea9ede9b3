"""The verbs of customers, tickets and articles, and their errors."""

from backoffice import history
from customers.models import Article, Customer
from customers.services.articles import archive_article, publish, restore_article, save_article, unpublish
from customers.services.attachments import TooLarge, open_file
from customers.services.contacts import (
    ContactData,
    ContactTaken,
    find_by_email,
    find_or_create_by_email,
    find_or_create_by_emails,
    normalize_email,
    normalize_phone,
)
from customers.services.customers import (
    ADDRESS_FIELDS,
    AddressData,
    add_note,
    add_tags,
    archive_customer,
    create_customer,
    record_consent,
    restore_customer,
    save_customer,
    update_customer,
)
from customers.services.limits import TooMany, count_use
from customers.services.tickets import (
    FINAL,
    AlreadyTaken,
    CannotTake,
    ThreadMoved,
    TicketClosed,
    add_ticket_tags,
    assign,
    assignable,
    close,
    customer_replies,
    handle,
    move_to_queue,
    note,
    open_ticket,
    receive,
    reply,
    return_work,
    set_priority,
    set_status,
    set_ticket_tags,
    take,
    unassign,
)

history.allow_restore(
    Customer, ("kind", "name", "company", "external_id", "language", "tags", "note", "tax_exempt"), update_customer
)
history.allow_restore(Article, ("slug", "topic", "title", "title_zh", "body", "body_zh"), save_article)

__all__ = [
    "ADDRESS_FIELDS",
    "FINAL",
    "AddressData",
    "AlreadyTaken",
    "CannotTake",
    "ContactData",
    "ContactTaken",
    "ThreadMoved",
    "TicketClosed",
    "TooLarge",
    "TooMany",
    "add_note",
    "add_tags",
    "add_ticket_tags",
    "archive_article",
    "archive_customer",
    "assign",
    "assignable",
    "close",
    "count_use",
    "create_customer",
    "customer_replies",
    "find_by_email",
    "find_or_create_by_email",
    "find_or_create_by_emails",
    "handle",
    "move_to_queue",
    "normalize_email",
    "normalize_phone",
    "note",
    "open_file",
    "open_ticket",
    "publish",
    "receive",
    "record_consent",
    "reply",
    "restore_article",
    "restore_customer",
    "return_work",
    "save_article",
    "save_customer",
    "set_priority",
    "set_status",
    "set_ticket_tags",
    "take",
    "unassign",
    "unpublish",
    "update_customer",
]
