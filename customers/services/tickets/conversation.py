"""Opening a ticket, and what is written into it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.numbering import next_number
from customers.models import ContactPoint, Customer, Macro, Message, Queue, Ticket, TicketStatus
from customers.services import attachments as files_of
from customers.services import mail, promises
from customers.services.calling import assign_soon
from customers.services.contacts import find_or_create_by_email, normalize_email
from customers.services.customers import clean_tags
from customers.services.suppression import Suppressed
from customers.services.tickets import drafts, macros, watching
from customers.services.tickets.states import (
    FINAL,
    TicketClosed,
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
    ticket.full_clean(exclude=["number", "token", "customer", "queue", "assignee", "follows", "merged_into"])
    ticket.save()
    record_opening(ticket, by)
    message = write(ticket, kind, body, by=by, attachments=attachments, message_id=message_id)
    if kind != Message.Kind.CUSTOMER:
        watching.tell(message, by=by)
    if kind == Message.Kind.REPLY:
        change(ticket, by=by, status=TicketStatus.PENDING)
        mail_later(message)
    elif acknowledge and channel in (Ticket.Channel.FORM, Ticket.Channel.MAIL):
        mail_later(message)
    if assignee is None:
        assign_soon(queue)
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
    """Open the ticket of somebody who used the public form, as the customer of that address.

    Whose data were erased may ask all the same; no customer is made of it, and the page of the ticket says so.
    """
    with transaction.atomic():
        return open_ticket(
            subject=subject,
            body=body,
            by=None,
            customer=_customer_of(email, name, language),
            requester_name=name,
            requester_email=email,
            channel=Ticket.Channel.FORM,
            about=about,
            language=language,
            attachments=attachments,
        )


def _customer_of(email: str, name: str, language: str) -> Customer | None:
    try:
        return find_or_create_by_email(email, name, language=language)
    except Suppressed:
        return None


@transaction.atomic
def reply(
    ticket: Ticket,
    *,
    body: str,
    by: User,
    status: str = "",
    last_message_id: int | None = None,
    seen: int | None = None,
    attachments: Iterable[Any] = (),
    macro: Macro | None = None,
    kept: Iterable[str] = (),
) -> Message:
    """Answer the customer, who gets it by mail once UNDO_SEND_SECONDS are over; then set `status`, if one is given.

    `macro` does to the ticket what it says, but for its status; `kept` are files of the draft that go along.
    Raises ThreadMoved when the thread went on after `last_message_id` or has not the `seen` number of messages, TicketClosed when nobody may answer
    any more, TooManyRecipients where too many people were copied in.
    """
    ticket = open_for_messages(ticket)
    must_be_current(ticket, last_message_id, seen)
    mail.must_have_few_recipients(ticket)
    message = write(ticket, Message.Kind.REPLY, body, by=by, attachments=attachments)
    drafts.spend(message, by=by, kept=kept)
    mail_later(message, seconds=settings.UNDO_SEND_SECONDS)
    wanted = status or (TicketStatus.OPEN if ticket.status == TicketStatus.NEW else "")
    if wanted and wanted != ticket.status:
        become(ticket, wanted, by=by)
    watching.tell(message, by=by)
    audit.record("ticket.replied", ticket, by=by, data={"message": message.pk})
    if macro is not None:
        macros.carry_out(ticket, macro, by=by, message=message)
    return message


@transaction.atomic
def note(
    ticket: Ticket,
    *,
    body: str,
    by: User | None,
    status: str = "",
    last_message_id: int | None = None,
    seen: int | None = None,
    attachments: Iterable[Any] = (),
    macro: Macro | None = None,
    kept: Iterable[str] = (),
) -> Message:
    """Write a note for colleagues; it is never mailed and never shown to the customer; without `by` it is Houtai's. A merged ticket takes none."""
    ticket = locked(ticket)
    if ticket.status == TicketStatus.MERGED:
        raise TicketClosed(ticket)
    must_be_current(ticket, last_message_id, seen)
    message = write(ticket, Message.Kind.NOTE, body, by=by, attachments=attachments)
    drafts.spend(message, by=by, kept=kept)
    if status and status != ticket.status:
        become(ticket, status, by=by)
    watching.tell(message, by=by)
    audit.record("ticket.noted", ticket, by=by, data={"message": message.pk})
    if macro is not None and by is not None:
        macros.carry_out(ticket, macro, by=by, message=message)
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
    by: User | None = None,
) -> Message:
    """Append what the customer wrote; a ticket that waited for it, or was solved lately, is open again.

    `by` is who brought it here, for the audit, where the customer did not.
    Raises TicketClosed for a closed ticket, and for one that was solved more than REOPEN_WITHIN_DAYS ago: what comes
    later is a new request, see `customer_writes`.
    """
    ticket = open_for_messages(ticket)
    if is_over(ticket):
        raise TicketClosed(ticket)
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
    watching.tell(message, by=None)
    audit.record("ticket.answered_by_customer", ticket, by=by, data={"message": message.pk})
    return message


def customer_writes(ticket: Ticket, **said: Any) -> Message:
    """Put what the customer wrote where it belongs: into the ticket, the one it was merged into, or one that follows it.

    Takes what `customer_replies` takes. Raises TicketClosed for spam.
    """
    said["author_name"] = said.get("author_name") or ticket.requester_name
    said["author_email"] = said.get("author_email") or ticket.requester_email
    while True:
        # Read without a lock: a merge that comes between is met by the next round.
        target = Ticket.objects.select_related("merged_into").get(pk=ticket.pk)
        target = target.merged_into or target
        try:
            return customer_replies(target, **said)
        except TicketClosed:
            target.refresh_from_db(fields=["status", "merged_into"])
            if target.status == TicketStatus.SPAM:
                raise
            if target.status != TicketStatus.MERGED:
                return follow_up(target, **said)
            ticket = target


@transaction.atomic
def follow_up(
    ticket: Ticket,
    *,
    body: str,
    attachments: Iterable[Any] = (),
    author_name: str,
    author_email: str,
    message_id: str = "",
    by: User | None = None,
) -> Message:
    """Open a ticket that follows one that is over; what came earlier and is not over yet takes the message as well."""
    ticket = locked(ticket)
    said: dict[str, Any] = {"body": body, "attachments": attachments, "message_id": message_id}
    open_one = follow_up_of(ticket, author_email)
    if open_one is not None:
        return customer_replies(open_one, **said, author_name=author_name, author_email=author_email, by=by)
    new = open_ticket(
        subject=ticket.subject,
        by=by,
        customer=ticket.customer,
        requester_name=author_name,
        requester_email=author_email,
        queue=ticket.queue if ticket.queue.is_active else None,
        channel=ticket.channel,
        about=ticket.about,
        language=ticket.language,
        follows=ticket,
        **said,
    )
    return new.messages.get()


def follow_up_of(ticket: Ticket, email: str) -> Ticket | None:
    """The ticket that follows this one and takes what its requester `email` writes."""
    later = Ticket.objects.filter(follows=ticket, requester_email=email).exclude(status__in=FINAL).order_by("pk").last()
    return None if later is None or is_over(later) else later


def is_over(ticket: Ticket) -> bool:
    """Whether the ticket was solved so long ago that the customer does not open it again."""
    since = timezone.now() - timedelta(days=settings.REOPEN_WITHIN_DAYS)
    return ticket.status == TicketStatus.SOLVED and ticket.solved_at is not None and ticket.solved_at < since


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
    promises.after(ticket)
    return message


def mail_later(message: Message, *, seconds: int = 0) -> None:
    """Give the message its Message-ID and queue the mail, when there is an address to send it to; not before `seconds`."""
    if not message.ticket.requester_email:
        return
    if not message.message_id:
        message.message_id = mail.signed_id(message)
        message.save(update_fields=["message_id"])
    mail.later(message, seconds=seconds)


def email_of(customer: Customer | None) -> str:
    """The address to write to: the primary one, else any."""
    if customer is None:
        return ""
    contacts = ContactPoint.objects.filter(customer=customer, kind=ContactPoint.Kind.EMAIL, ended_at=None)
    found = contacts.order_by("-is_primary", "pk").first()
    return found.normalized if found else ""
