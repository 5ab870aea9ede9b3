"""The verbs of tickets. Every change of status, assignee, queue or priority is written with its TicketEvent."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition
from backoffice.models import Scope, User
from backoffice.numbering import next_number
from customers.models import ContactPoint, Customer, Message, Queue, Ticket, TicketEvent, TicketStatus
from customers.services import attachments as files_of
from customers.services import mail
from customers.services.contacts import find_or_create_by_email, normalize_email
from customers.services.customers import clean_tags

FINAL = (TicketStatus.CLOSED, TicketStatus.MERGED, TicketStatus.SPAM)
REPLY = "customers.reply_ticket"


class ThreadMoved(ValidationError):
    """Somebody wrote into the ticket since the writer read it; `newer` are the messages not seen yet."""

    def __init__(self, newer: Sequence[Message]) -> None:
        super().__init__(_("The conversation went on while you wrote. Read it, then send again."), code="thread_moved")
        self.newer = list(newer)


class TicketClosed(ValidationError):
    """The ticket takes no more messages."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(
            _("%(number)s is %(status)s and takes no more messages."),
            code="ticket_closed",
            params={"number": ticket.number, "status": ticket.get_status_display()},
        )


class AlreadyTaken(ValidationError):
    """Somebody else was faster."""

    def __init__(self, ticket: Ticket) -> None:
        super().__init__(
            _("%(number)s was taken by %(user)s already."),
            code="already_taken",
            params={"number": ticket.number, "user": ticket.assignee},
        )


class CannotTake(ValidationError):
    """This person is inactive, does not answer tickets, or works in other queues."""

    def __init__(self, user: User, queue: Queue) -> None:
        super().__init__(
            _("%(user)s cannot work on tickets of the queue %(queue)s."),
            code="cannot_take",
            params={"user": user, "queue": queue},
        )


# --- Opening and writing ------------------------------------------------------------------------


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
) -> Ticket:
    """Open a ticket with its first message: what the customer asked, a mail to the customer, or a note.

    What came through the form or by mail is answered with a receipt. Without `queue` the default one takes it.
    """
    queue = queue or default_queue()
    ticket = Ticket(
        number=next_number("TK"),
        subject=one_line(subject),
        customer=customer,
        requester_name=one_line(requester_name or (customer.name if customer else ""))[:200],
        requester_email=normalize_email(requester_email) if requester_email else _email_of(customer),
        queue=queue,
        channel=channel,
        about=one_line(about).upper(),
        language=language or (customer.language if customer else "en"),
        priority=priority,
        tags=clean_tags(tags),
        assignee=assignee,
    )
    if assignee is not None:
        must_be_able(assignee, queue)
    ticket.full_clean(exclude=["number", "token", "customer", "queue", "assignee"])
    ticket.save()
    _record_opening(ticket, by)
    message = _write(ticket, kind, body, by=by, attachments=attachments)
    if kind == Message.Kind.REPLY:
        _change(ticket, by=by, status=TicketStatus.PENDING)
        _mail(message)
    elif channel in (Ticket.Channel.FORM, Ticket.Channel.MAIL):
        _mail(message)
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
    ticket = _open_for_messages(ticket)
    _must_be_current(ticket, last_message_id)
    message = _write(ticket, Message.Kind.REPLY, body, by=by, attachments=attachments)
    _mail(message)
    wanted = status or (TicketStatus.OPEN if ticket.status == TicketStatus.NEW else "")
    if wanted and wanted != ticket.status:
        _become(ticket, wanted, by=by)
    audit.record("ticket.replied", ticket, by=by, data={"message": message.pk})
    return message


@transaction.atomic
def note(
    ticket: Ticket,
    *,
    body: str,
    by: User,
    status: str = "",
    last_message_id: int | None = None,
    attachments: Iterable[Any] = (),
) -> Message:
    """Write a note for colleagues; it is never mailed and never shown to the customer."""
    ticket = _locked(ticket)
    _must_be_current(ticket, last_message_id)
    message = _write(ticket, Message.Kind.NOTE, body, by=by, attachments=attachments)
    if status and status != ticket.status:
        _become(ticket, status, by=by)
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
    ticket = _open_for_messages(ticket)
    message = _write(
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
        _become(ticket, TicketStatus.OPEN, by=None, reason=_("The customer answered."))
    audit.record("ticket.answered_by_customer", ticket, by=None, data={"message": message.pk})
    return message


# --- Handling -----------------------------------------------------------------------------------


@transaction.atomic
def take(ticket: Ticket, *, by: User) -> Ticket:
    """Take an unassigned ticket; of several who try at once, one gets it and the others read who."""
    ticket = _locked(ticket)
    if ticket.assignee_id == by.pk:
        return ticket
    if ticket.assignee_id:
        raise AlreadyTaken(ticket)
    return _give(ticket, by, by=by)


@transaction.atomic
def assign(ticket: Ticket, *, to: User, by: User, reason: str = "") -> Ticket:
    """Give the ticket to `to`. Raises CannotTake unless active, answering tickets, and in scope of the queue."""
    return _give(_locked(ticket), to, by=by, reason=reason)


def _give(ticket: Ticket, to: User, *, by: User, reason: str = "") -> Ticket:
    if ticket.status in FINAL:
        raise TicketClosed(ticket)
    must_be_able(to, ticket.queue)
    if _change(ticket, by=by, reason=reason, assignee=to):
        audit.record("ticket.assigned", ticket, by=by, reason=reason, data={"to": to.pk})
    return ticket


@transaction.atomic
def unassign(ticket: Ticket, *, by: User, reason: str = "") -> Ticket:
    """Put the ticket back into its queue."""
    ticket = _locked(ticket)
    if _change(ticket, by=by, reason=reason, assignee=None):
        audit.record("ticket.unassigned", ticket, by=by, reason=reason)
    return ticket


@transaction.atomic
def set_status(ticket: Ticket, *, status: str, by: User | None, reason: str = "") -> Ticket:
    """Move the ticket along its transitions."""
    ticket = _locked(ticket)
    if status == TicketStatus.MERGED:
        raise IllegalTransition(ticket, ticket.get_status_display(), TicketStatus.MERGED.label)
    _become(ticket, status, by=by, reason=reason)
    audit.record(f"ticket.{status}", ticket, by=by, reason=reason)
    return ticket


def close(ticket: Ticket, *, by: User | None, reason: str = "") -> Ticket:
    """End a solved ticket for good."""
    return set_status(ticket, status=TicketStatus.CLOSED, by=by, reason=reason)


@transaction.atomic
def handle(
    ticket: Ticket, *, queue: Queue, assignee: User | None, priority: int, tags: Sequence[str], by: User
) -> Ticket:
    """Set queue, assignee, priority and tags together, or none of them."""
    kept = ticket.assignee_id == (assignee.pk if assignee else None)
    ticket = move_to_queue(ticket, queue=queue, by=by)
    if not kept:
        ticket = assign(ticket, to=assignee, by=by) if assignee else unassign(ticket, by=by)
    set_priority(ticket, priority=priority, by=by)
    return set_ticket_tags(ticket, tags=tags, by=by)


@transaction.atomic
def set_priority(ticket: Ticket, *, priority: int, by: User, reason: str = "") -> Ticket:
    ticket = _locked(ticket)
    if _change(ticket, by=by, reason=reason, priority=Ticket.Priority(priority)):
        audit.record("ticket.priority_set", ticket, by=by, reason=reason, data={"priority": int(priority)})
    return ticket


@transaction.atomic
def move_to_queue(ticket: Ticket, *, queue: Queue, by: User, reason: str = "") -> Ticket:
    """Move the ticket to an active queue; an assignee who does not work there loses it."""
    ticket = _locked(ticket)
    if not queue.is_active:
        raise ValidationError(_("The queue %(queue)s is not in use."), code="queue_inactive", params={"queue": queue})
    changes: dict[str, Any] = {"queue": queue}
    if ticket.assignee is not None and not _is_able(ticket.assignee, queue):
        changes["assignee"] = None
    if _change(ticket, by=by, reason=reason, **changes):
        audit.record("ticket.moved", ticket, by=by, reason=reason, data={"queue": queue.slug})
    return ticket


@transaction.atomic
def set_ticket_tags(ticket: Ticket, *, tags: Sequence[str], by: User) -> Ticket:
    ticket = _locked(ticket)
    wanted = clean_tags(tags)
    if wanted != ticket.tags:
        ticket.tags = wanted
        ticket.save(update_fields=["tags", "updated_at"])
        audit.record("ticket.tagged", ticket, by=by, data={"tags": wanted})
    return ticket


def add_ticket_tags(ticket: Ticket, *, tags: Sequence[str], by: User) -> Ticket:
    return set_ticket_tags(ticket, tags=[*ticket.tags, *tags], by=by)


@transaction.atomic
def return_work(user: User, *, by: User | None) -> int:
    """Give every ticket of `user` that may still need somebody back to its queue; returns how many."""
    tickets = list(Ticket.objects.locked().filter(assignee=user).exclude(status__in=FINAL))
    reason = _("%(user)s no longer works here.") % {"user": user}
    TicketEvent.objects.bulk_create(
        TicketEvent(ticket=ticket, actor=by, field="assignee", old=str(user.pk), reason=reason[:300])
        for ticket in tickets
    )
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]).update(assignee=None, updated_at=timezone.now())
    audit.record_many("ticket.unassigned", tickets, by=by, reason=reason)
    return len(tickets)


def assignable(queue: Queue | None = None) -> QuerySet[User]:
    """Active users who answer tickets, and may in this queue."""
    granted = {"codename": "reply_ticket", "content_type__app_label": "customers"}
    by_group = Q(**{f"groups__permissions__{name}": value for name, value in granted.items()})
    by_user = Q(**{f"user_permissions__{name}": value for name, value in granted.items()})
    users = User.objects.active().filter(by_group | by_user | Q(is_superuser=True)).distinct().order_by("name", "pk")
    if queue is None:
        return users
    confined = Scope.objects.filter(user=OuterRef("pk"), kind=Scope.Kind.QUEUE)
    return users.filter(~Exists(confined) | Exists(confined.filter(value=queue.slug)))


def default_queue() -> Queue:
    """Where tickets go that name no queue: the default one, else the oldest in use."""
    queue = Queue.objects.filter(is_active=True).order_by("-is_default", "pk").first()
    if queue is None:
        raise ValidationError(_("No ticket queue is in use."), code="no_queue")
    return queue


def must_be_able(user: User, queue: Queue) -> None:
    """Raise CannotTake unless `user` is active, answers tickets, and works in `queue`."""
    if not _is_able(user, queue):
        raise CannotTake(user, queue)


def _is_able(user: User, queue: Queue) -> bool:
    slugs = user.scope("queue")
    return user.is_active and user.has_perm(REPLY) and (slugs is None or queue.slug in slugs)


# --- What every verb shares ---------------------------------------------------------------------


def one_line(text: str) -> str:
    """Without line breaks and control signs, which would reach mail headers."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def as_stored(value: Any) -> str:
    """How a TicketEvent keeps a value: a status, a priority's number, a user's key, a queue's code."""
    if value is None:
        return ""
    if isinstance(value, Queue):
        return value.slug
    return str(value.pk) if isinstance(value, User) else str(value)


def _locked(ticket: Ticket) -> Ticket:
    return Ticket.objects.locked().select_related("queue", "assignee").get(pk=ticket.pk)


def _open_for_messages(ticket: Ticket) -> Ticket:
    ticket = _locked(ticket)
    if ticket.status in FINAL:
        raise TicketClosed(ticket)
    return ticket


def _must_be_current(ticket: Ticket, last_message_id: int | None) -> None:
    if last_message_id is None:
        return
    newer = ticket.messages.filter(pk__gt=last_message_id).select_related("author").order_by("pk")
    if newer:
        raise ThreadMoved(list(newer))


def _record_opening(ticket: Ticket, by: User | None) -> None:
    """The first state, so that the events alone give the present one."""
    values = {name: as_stored(getattr(ticket, name)) for name in ("status", "queue", "priority", "assignee")}
    TicketEvent.objects.bulk_create(
        TicketEvent(ticket=ticket, actor=by, field=name, new=value) for name, value in values.items() if value
    )


def _change(ticket: Ticket, *, by: User | None, reason: str = "", **values: Any) -> bool:
    """Set fields of a locked ticket with one event for each that differs; returns whether any did."""
    changed = {name: value for name, value in values.items() if as_stored(getattr(ticket, name)) != as_stored(value)}
    TicketEvent.objects.bulk_create(
        TicketEvent(
            ticket=ticket,
            actor=by,
            field=name,
            old=as_stored(getattr(ticket, name)),
            new=as_stored(value),
            reason=reason[:300],
        )
        for name, value in changed.items()
    )
    for name, value in changed.items():
        setattr(ticket, name, value)
    if changed:
        ticket.save(update_fields=[*changed, "solved_at", "updated_at"])
    return bool(changed)


def _become(ticket: Ticket, status: str, *, by: User | None, reason: str = "") -> None:
    ticket.must_become(status)
    if status == TicketStatus.SOLVED:
        ticket.solved_at = timezone.now()
    elif status == TicketStatus.OPEN:
        ticket.solved_at = None
    _change(ticket, by=by, reason=reason, status=status)


def _write(
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


def _mail(message: Message) -> None:
    """Give the message its Message-ID and queue the mail, when there is an address to send it to."""
    if not message.ticket.requester_email:
        return
    if not message.message_id:
        message.message_id = mail.signed_id(message)
        message.save(update_fields=["message_id"])
    mail.later(message)


def _email_of(customer: Customer | None) -> str:
    """The address to write to: the primary one, else any."""
    if customer is None:
        return ""
    contacts = ContactPoint.objects.filter(customer=customer, kind=ContactPoint.Kind.EMAIL, ended_at=None)
    found = contacts.order_by("-is_primary", "pk").first()
    return found.normalized if found else ""
