"""What every verb of tickets shares: the lock, the record of changes, who may work where, and the errors."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.models import User
from customers.models import Message, Queue, Ticket, TicketEvent, TicketStatus
from customers.services import promises

FINAL = (TicketStatus.CLOSED, TicketStatus.MERGED, TicketStatus.SPAM)
# What the events of a ticket tell: replaying those of a field gives its present value. Other events tell what happened.
TRACKED = ("status", "queue", "priority", "assignee", "tags", "due_on", "subject", "merged_into")
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


def one_line(text: str) -> str:
    """Without line breaks and control signs, which would reach mail headers."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def as_stored(value: Any) -> str:
    """How a TicketEvent keeps a value: a status, a priority's number, a day, a user's key, a queue's code, a ticket's number."""
    if value is None:
        return ""
    if isinstance(value, Queue):
        return value.slug
    if isinstance(value, Ticket):
        return value.number
    if isinstance(value, list):
        return ", ".join(value)
    return str(value.pk) if isinstance(value, User) else str(value)


def locked(ticket: Ticket) -> Ticket:
    return Ticket.objects.locked().select_related("queue", "assignee", "merged_into").get(pk=ticket.pk)


def locked_all(tickets: Iterable[Ticket]) -> dict[int, Ticket]:
    """The tickets by key, locked in the order of their keys."""
    rows = Ticket.objects.locked().select_related("queue", "assignee", "merged_into")
    return {one.pk: one for one in rows.filter(pk__in=[ticket.pk for ticket in tickets])}


def open_for_messages(ticket: Ticket) -> Ticket:
    ticket = locked(ticket)
    if ticket.status in FINAL:
        raise TicketClosed(ticket)
    return ticket


def must_be_current(ticket: Ticket, last_message_id: int | None, seen: int | None = None) -> None:
    """Raise ThreadMoved when the thread has messages after `last_message_id`, or others than the `seen` up to there: a merge
    brings older ones along, a split takes some away."""
    if last_message_id is None:
        return
    thread = ticket.messages.select_related("author").order_by("pk")
    newer = list(thread.filter(pk__gt=last_message_id))
    if not newer and seen is not None and thread.count() != seen:
        raise ThreadMoved(list(thread.filter(moved_from__isnull=False)))
    if newer:
        raise ThreadMoved(newer)


def record_opening(ticket: Ticket, by: User | None) -> None:
    """The first state, so that the events alone give the present one."""
    values = {name: as_stored(getattr(ticket, name)) for name in TRACKED}
    TicketEvent.objects.bulk_create(
        TicketEvent(ticket=ticket, actor=by, field=name, new=value) for name, value in values.items() if value
    )


def change(ticket: Ticket, *, by: User | None, reason: str = "", **values: Any) -> bool:
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
        promises.after(ticket)
    return bool(changed)


def happened(ticket: Ticket, what: str, *, by: User | None, old: str = "", new: str = "", reason: str = "") -> None:
    """Write down what changes none of the TRACKED fields, such as a refund that began here."""
    TicketEvent.objects.create(ticket=ticket, actor=by, field=what, old=old, new=new, reason=reason[:300])


def become(ticket: Ticket, status: str, *, by: User | None, reason: str = "") -> None:
    ticket.must_become(status)
    if status == TicketStatus.SOLVED:
        ticket.solved_at = timezone.now()
    elif status == TicketStatus.OPEN:
        ticket.solved_at = None
    change(ticket, by=by, reason=reason, status=status)


def must_be_able(user: User, queue: Queue) -> None:
    """Raise CannotTake unless `user` is active, answers tickets, and works in `queue`."""
    if not is_able(user, queue):
        raise CannotTake(user, queue)


def is_able(user: User, queue: Queue) -> bool:
    slugs = user.scope("queue")
    return user.is_active and user.has_perm(REPLY) and (slugs is None or queue.slug in slugs)


def default_queue() -> Queue:
    """Where tickets go that name no queue: the default one, else the oldest in use."""
    queue = Queue.objects.filter(is_active=True).order_by("-is_default", "pk").first()
    if queue is None:
        raise ValidationError(_("No ticket queue is in use."), code="no_queue")
    return queue
