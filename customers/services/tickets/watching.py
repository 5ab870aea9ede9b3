"""Who is told of what happens in a ticket: its assignee, those who watch it, and those named in a text."""

from collections.abc import Callable, Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from backoffice import mentions
from backoffice.models import User
from customers.models import Message, Ticket, TicketStatus, TicketWatcher

EXCERPT = 120


@transaction.atomic
def watch(ticket: Ticket, *, by: User) -> Ticket:
    """Tell `by` from now on what happens in the ticket."""
    add_watchers(ticket, [by])
    return ticket


def unwatch(ticket: Ticket, *, by: User) -> Ticket:
    TicketWatcher.objects.filter(ticket=ticket, user=by).delete()
    return ticket


def add_watchers(ticket: Ticket, people: Iterable[User]) -> None:
    TicketWatcher.objects.bulk_create(
        [TicketWatcher(ticket=ticket, user=person) for person in people], ignore_conflicts=True
    )


def may_read(user: User, ticket: Ticket) -> bool:
    """Whether `user` sees tickets, and those of this queue."""
    slugs = user.scope("queue")
    return user.is_active and user.has_perm("customers.view_ticket") and (slugs is None or ticket.queue.slug in slugs)


def tell(message: Message, *, by: User | None) -> None:
    """Tell those named in `message`, who watch the ticket from now on, and of the rest those who watch or work on it.

    Names in what customers write mean nobody.
    """
    ticket = message.ticket
    named = []
    if by is not None:
        named = [one for one in mentions.mentioned(message.body) if may_read(one, ticket)]
        add_watchers(ticket, [one for one in named if one.pk != by.pk])
    facts = {"ticket": ticket.number, "who": by or message.author_name, "text": message.body[:EXCERPT]}
    mentions.tell(named, lambda: _("%(ticket)s, %(who)s: %(text)s") % facts, url=address(message), by=by)
    spread(ticket, _wording(message, facts), by=by, url=address(message), apart=named)


def _wording(message: Message, facts: dict[str, Any]) -> Callable[[], str]:
    if message.kind == Message.Kind.CUSTOMER:
        return lambda: _("%(ticket)s: the customer wrote: %(text)s") % facts
    if message.kind == Message.Kind.REPLY:
        return lambda: _("%(ticket)s: %(who)s answered: %(text)s") % facts
    return lambda: _("%(ticket)s: %(who)s noted: %(text)s") % facts


def tell_status(ticket: Ticket, *, by: User | None) -> None:
    """Tell those who watch or work on the ticket what it is now."""
    status = TicketStatus(ticket.status)
    facts = {"ticket": ticket.number, "subject": ticket.subject}

    def sentence() -> str:
        return _("%(ticket)s is now: %(status)s (%(subject)s)") % {**facts, "status": status.label}

    spread(ticket, sentence, by=by, url=ticket.get_absolute_url())


def spread(ticket: Ticket, sentence: Any, *, by: User | None, url: str, apart: Iterable[User] = ()) -> None:
    """Put a line into the bell of the assignee and of who watches, but for those in `apart` and the one who did it."""
    told = {one.pk for one in apart}
    watchers = [row.user for row in TicketWatcher.objects.filter(ticket=ticket).select_related("user").order_by("pk")]
    people = {one.pk: one for one in [*watchers, *([ticket.assignee] if ticket.assignee else [])] if one.pk not in told}
    mentions.tell([one for one in people.values() if may_read(one, ticket)], sentence, url=url, by=by)


def address(message: Message) -> str:
    return f"{message.ticket.get_absolute_url()}#message-{message.pk}"
