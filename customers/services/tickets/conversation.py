"""Opening a ticket, and what is written into it."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.numbering import next_number
from customers.models import ContactPoint, Customer, Message, Queue, Ticket, TicketStatus
from customers.services import attachments as files_of
from customers.services import mail
from customers.services.contacts import find_or_create_by_email, normalize_email
from customers.services.customers import clean_tags
from customers.services.tickets.states import (
    become,
    change,
    default_queue,
    locked,
    must_be_able,
    must_be_current,
    one_line,
    open_for_messages,
    record_opening,
)


@transaction.atomic
def open_ticket(
    *,
    subject: str,
    body: str,
    by: User | None,
    customer: Customer | None = None,
    requester_name: str = "",
    requester_email: str = "",
    queue: Queue | None = None,
    channel: str = Ticket.Channel.STAFF,
    kind: str = Message.Kind.CUSTOMER,
    about: str = "",
    language: str = "",
    priority: int = Ticket.Priority.NORMAL,
    tags: Sequence[str] = (),
    assignee: User | None = None,
    attachments: Iterable[Any] = (),
    follows: Ticket | None = None,
    message_id: str = "",
    acknowledge: bool = True,
) -> Ticket:
    """Open a ticket with its first message: what the customer asked, a mail to the customer, or a note.

    What came through the form or by mail is answered with a receipt, unless a machine wrote it (`acknowledge`).
    Without `queue` the default one takes it. `follows` is the closed ticket that this one goes on with.
    """
    queue = queue or default_queue()
    ticket = Ticket(
        number=next_number("TK"),
        subject=one_line(subject),
        customer=customer,
        requester_name=one_line(requester_name or (customer.name if customer else ""))[:200],
        requester_email=normalize_email(requester_email) if requester_email else email_of(customer),
        queue=queue,
        channel=channel,
        about=one_line(about).upper(),
        language=language or (customer.language if customer else "en"),
        priority=priority,
        tags=clean_tags(tags),
        assignee=assignee,
        follows=follows,
    )
    if assignee is not None:
        must_be_able(assignee, queue)
    ticket.full_clean(exclude=["number", "token", "customer", "queue", "assignee", "follows"])
    ticket.save()
    record_opening(ticket, by)
    message = write(ticket, kind, body, by=by, attachments=attachments, message_id=message_id)
    if kind == Message.Kind.REPLY:
        change(ticket, by=by, status=TicketStatus.PENDING)
        mail_later(message)
    elif acknowledge and channel in (Ticket.Channel.FORM, Ticket.Channel.MAIL):
        mail_later(message)
    audit.record("ticket.opened", ticket, by=by, data={"channel": channel})
    return ticket


def receive(
    *,
    name: str,
    email: str,
    subject: str,
    body: str,
    about: str = "",
    language: str = "en",
    attachments: Iterable[Any] = (),
) -> Ticket:
    """Open the ticket of somebody who used the public form, as the customer of that address."""
    with transaction.atomic():
        return open_ticket(
            subject=subject,
            body=body,
            by=None,
            customer=find_or_create_by_email(email, name, language=language),
            requester_name=name,
            requester_email=email,
            channel=Ticket.Channel.FORM,
            about=about,
            language=language,
            attachments=attachments,
        )


@transaction.atomic
def reply(
    ticket: Ticket,
    *,
    body: str,
    by: User,
    status: str = "",
    last_message_id: int | None = None,
    attachments: Iterable[Any] = (),
) -> Message:
    """Answer the customer, who gets it by mail once everything is stored; then set `status`, if one is given.

    Raises ThreadMoved when the thread went on after `last_message_id`, TicketClosed when nobody may answer any more.
    """
    ticket = open_for_messages(ticket)
    must_be_current(ticket, last_message_id)
    message = write(ticket, Message.Kind.REPLY, body, by=by, attachments=attachments)
    mail_later(message)
    wanted = status or (TicketStatus.OPEN if ticket.status == TicketStatus.NEW else "")
    if wanted and wanted != ticket.status:
        become(ticket, wanted, by=by)
    audit.record("ticket.replied", ticket, by=by, data={"message": message.pk})
    return message


@transaction.atomic
def note(
    ticket: Ticket,
    *,
    body: str,
    by: User | None,
    status: str = "",
    last_message_id: int | None = None,
    attachments: Iterable[Any] = (),
) -> Message:
    """Write a note for colleagues; it is never mailed and never shown to the customer. Without `by`, it is Houtai's."""
    ticket = locked(ticket)
    must_be_current(ticket, last_message_id)
    message = write(ticket, Message.Kind.NOTE, body, by=by, attachments=attachments)
    if status and status != ticket.status:
        become(ticket, status, by=by)
    audit.record("ticket.noted", ticket, by=by, data={"message": message.pk})
    return message


@transaction.atomic
def customer_replies(
    ticket: Ticket,
    *,
    body: str,
    attachments: Iterable[Any] = (),
    author_name: str = "",
    author_email: str = "",
    message_id: str = "",
) -> Message:
    """Append what the customer wrote; a ticket that waited for it, or was solved, is open again.

    Raises TicketClosed for a closed ticket: what comes later is a new request.
    """
    ticket = open_for_messages(ticket)
    message = write(
        ticket,
        Message.Kind.CUSTOMER,
        body,
        by=None,
        attachments=attachments,
        author_name=author_name or ticket.requester_name,
        author_email=author_email or ticket.requester_email,
        message_id=message_id,
    )
    if ticket.status in (TicketStatus.PENDING, TicketStatus.SOLVED):
        become(ticket, TicketStatus.OPEN, by=None, reason=_("The customer answered."))
    audit.record("ticket.answered_by_customer", ticket, by=None, data={"message": message.pk})
    return message


def write(
    ticket: Ticket,
    kind: str,
    body: str,
    *,
    by: User | None,
    attachments: Iterable[Any] = (),
    author_name: str = "",
    author_email: str = "",
    message_id: str = "",
) -> Message:
    """Append a message with its files to a locked ticket."""
    body = body.replace("\x00", "").strip()
    if not body:
        raise ValidationError({"body": _("Write something first.")}, code="empty")
    is_customer = kind == Message.Kind.CUSTOMER
    message = Message.objects.create(
        ticket=ticket,
        kind=kind,
        author=by,
        author_name=author_name or (ticket.requester_name if is_customer else ""),
        author_email=author_email or (ticket.requester_email if is_customer else ""),
        body=body,
        message_id=message_id,
    )
    files_of.keep(message, attachments)
    ticket.last_message_at = message.created_at
    ticket.save(update_fields=["last_message_at", "updated_at"])
    return message


def mail_later(message: Message) -> None:
    """Give the message its Message-ID and queue the mail, when there is an address to send it to."""
    if not message.ticket.requester_email:
        return
    if not message.message_id:
        message.message_id = mail.signed_id(message)
        message.save(update_fields=["message_id"])
    mail.later(message)


def email_of(customer: Customer | None) -> str:
    """The address to write to: the primary one, else any."""
    if customer is None:
        return ""
    contacts = ContactPoint.objects.filter(customer=customer, kind=ContactPoint.Kind.EMAIL, ended_at=None)
    found = contacts.order_by("-is_primary", "pk").first()
    return found.normalized if found else ""
