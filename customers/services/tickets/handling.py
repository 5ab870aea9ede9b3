"""Who handles a ticket, where, how urgently, and in which state."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition
from backoffice.models import Scope, User
from customers.models import Queue, Ticket, TicketEvent, TicketStatus
from customers.services.calling import assign_soon
from customers.services.customers import clean_tags
from customers.services.tickets import watching
from customers.services.tickets.states import (
    FINAL,
    AlreadyTaken,
    TicketClosed,
    become,
    change,
    is_able,
    locked,
    must_be_able,
    one_line,
)

BATCH = 500


@transaction.atomic
def take(ticket: Ticket, *, by: User) -> Ticket:
    """Take an unassigned ticket; of several who try at once, one gets it and the others read who."""
    ticket = locked(ticket)
    if ticket.assignee_id == by.pk:
        return ticket
    if ticket.assignee_id:
        raise AlreadyTaken(ticket)
    return _give(ticket, by, by=by)


@transaction.atomic
def assign(ticket: Ticket, *, to: User, by: User, reason: str = "") -> Ticket:
    """Give the ticket to `to`. Raises CannotTake unless active, answering tickets, and in scope of the queue."""
    return _give(locked(ticket), to, by=by, reason=reason)


def _give(ticket: Ticket, to: User, *, by: User, reason: str = "") -> Ticket:
    if ticket.status in FINAL:
        raise TicketClosed(ticket)
    must_be_able(to, ticket.queue)
    if change(ticket, by=by, reason=reason, assignee=to):
        audit.record("ticket.assigned", ticket, by=by, reason=reason, data={"to": to.pk})
    return ticket


@transaction.atomic
def unassign(ticket: Ticket, *, by: User, reason: str = "") -> Ticket:
    """Put the ticket back into its queue."""
    ticket = locked(ticket)
    if change(ticket, by=by, reason=reason, assignee=None):
        audit.record("ticket.unassigned", ticket, by=by, reason=reason)
    return ticket


@transaction.atomic
def set_status(ticket: Ticket, *, status: str, by: User | None, reason: str = "") -> Ticket:
    """Move the ticket along its transitions."""
    ticket = locked(ticket)
    if status == TicketStatus.MERGED:
        raise IllegalTransition(ticket, ticket.get_status_display(), TicketStatus.MERGED.label)
    become(ticket, status, by=by, reason=reason)
    audit.record(f"ticket.{status}", ticket, by=by, reason=reason)
    watching.tell_status(ticket, by=by)
    return ticket


def close(ticket: Ticket, *, by: User | None, reason: str = "") -> Ticket:
    """End a solved ticket for good."""
    return set_status(ticket, status=TicketStatus.CLOSED, by=by, reason=reason)


@transaction.atomic
def handle(
    ticket: Ticket,
    *,
    queue: Queue,
    assignee: User | None,
    priority: int,
    tags: Sequence[str],
    by: User,
    due_on: date | None = None,
) -> Ticket:
    """Set queue, assignee, priority, day and tags together, or none of them."""
    kept = ticket.assignee_id == (assignee.pk if assignee else None)
    ticket = move_to_queue(ticket, queue=queue, by=by)
    if not kept:
        ticket = assign(ticket, to=assignee, by=by) if assignee else unassign(ticket, by=by)
    set_priority(ticket, priority=priority, by=by)
    set_due(ticket, due_on=due_on, by=by)
    return set_ticket_tags(ticket, tags=tags, by=by)


@transaction.atomic
def set_due(ticket: Ticket, *, due_on: date | None, by: User) -> Ticket:
    """By which day somebody wants the ticket to be done; None: by no day."""
    ticket = locked(ticket)
    if change(ticket, by=by, due_on=due_on):
        audit.record("ticket.due_set", ticket, by=by, data={"due_on": due_on.isoformat() if due_on else None})
    return ticket


@transaction.atomic
def rename(ticket: Ticket, *, subject: str, by: User) -> Ticket:
    """Give the ticket a subject that says what it is about."""
    ticket = locked(ticket)
    wanted = one_line(subject)[:300]
    if not wanted:
        raise ValidationError({"subject": _("A ticket has a subject.")}, code="no_subject")
    if change(ticket, by=by, subject=wanted):
        audit.record("ticket.renamed", ticket, by=by)
    return ticket


@transaction.atomic
def set_priority(ticket: Ticket, *, priority: int, by: User, reason: str = "") -> Ticket:
    ticket = locked(ticket)
    if change(ticket, by=by, reason=reason, priority=Ticket.Priority(priority)):
        audit.record("ticket.priority_set", ticket, by=by, reason=reason, data={"priority": int(priority)})
    return ticket


@transaction.atomic
def move_to_queue(ticket: Ticket, *, queue: Queue, by: User, reason: str = "") -> Ticket:
    """Move the ticket to an active queue; an assignee who does not work there loses it."""
    ticket = locked(ticket)
    if not queue.is_active:
        raise ValidationError(_("The queue %(queue)s is not in use."), code="queue_inactive", params={"queue": queue})
    changes: dict[str, Any] = {"queue": queue}
    if ticket.assignee is not None and not is_able(ticket.assignee, queue):
        changes["assignee"] = None
    if change(ticket, by=by, reason=reason, **changes):
        audit.record("ticket.moved", ticket, by=by, reason=reason, data={"queue": queue.slug})
        if ticket.assignee_id is None:
            assign_soon(queue)
    return ticket


@transaction.atomic
def set_ticket_tags(ticket: Ticket, *, tags: Sequence[str], by: User) -> Ticket:
    ticket = locked(ticket)
    wanted = clean_tags(tags)
    if change(ticket, by=by, tags=wanted):
        audit.record("ticket.tagged", ticket, by=by, data={"tags": wanted})
    return ticket


@transaction.atomic
def add_ticket_tags(ticket: Ticket, *, tags: Sequence[str], by: User) -> Ticket:
    ticket = locked(ticket)
    return set_ticket_tags(ticket, tags=[*ticket.tags, *tags], by=by)


def remove_ticket_tags(ticket: Ticket, *, tags: Sequence[str], by: User) -> Ticket:
    ticket, gone = locked(ticket), {tag.casefold() for tag in tags}
    return set_ticket_tags(ticket, tags=[tag for tag in ticket.tags if tag.casefold() not in gone], by=by)


def close_solved() -> int:
    """Close tickets that were solved CLOSE_SOLVED_AFTER_DAYS ago; returns how many. What others hold waits for the next time."""
    before = timezone.now() - timedelta(days=settings.CLOSE_SOLVED_AFTER_DAYS)
    done = 0
    while count := _close_some(before):
        done += count
    return done


@transaction.atomic
def _close_some(before: Any) -> int:
    rows = Ticket.objects.filter(status=TicketStatus.SOLVED, solved_at__lt=before).order_by("pk")
    tickets = list(rows.select_for_update(skip_locked=True, of=("self",), no_key=True)[:BATCH])
    reason = _("Solved %(days)s days ago.") % {"days": settings.CLOSE_SOLVED_AFTER_DAYS}
    TicketEvent.objects.bulk_create(
        TicketEvent(ticket=ticket, field="status", old=TicketStatus.SOLVED, new=TicketStatus.CLOSED, reason=reason)
        for ticket in tickets
    )
    closed = Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets])
    closed.update(status=TicketStatus.CLOSED, updated_at=timezone.now())
    audit.record_many("ticket.closed", tickets, by=None, reason=reason)
    return len(tickets)


@transaction.atomic
def return_work(user: User, *, by: User | None, reason: str = "", keeps_solved: bool = False) -> int:
    """Give every ticket of `user` that may still need somebody back to its queue; returns how many."""
    tickets = list(Ticket.objects.locked().filter(assignee=user).exclude(status__in=_past_work(keeps_solved)))
    reason = reason or _("%(user)s no longer works here.") % {"user": user}
    TicketEvent.objects.bulk_create(
        TicketEvent(ticket=ticket, actor=by, field="assignee", old=str(user.pk), reason=reason[:300])
        for ticket in tickets
    )
    Ticket.objects.filter(pk__in=[ticket.pk for ticket in tickets]).update(assignee=None, updated_at=timezone.now())
    audit.record_many("ticket.unassigned", tickets, by=by, reason=reason)
    return len(tickets)


def _past_work(keeps_solved: bool) -> list[str]:
    """Statuses in which a ticket stays with whoever handled it."""
    return [*FINAL, TicketStatus.SOLVED] if keeps_solved else [*FINAL]


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
