"""Tickets made one, and parted: messages move, and remember where they were written."""

from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from backoffice.numbering import next_number
from customers.models import MERGEABLE, Message, Ticket, TicketMerge, TicketStatus
from customers.services import promises
from customers.services.tickets.states import (
    FINAL,
    TicketClosed,
    change,
    happened,
    locked,
    locked_all,
    one_line,
    record_opening,
)


class CannotMerge(ValidationError):
    """These two tickets cannot be made one, or no longer be parted; the sentence says why."""


class OtherRequester(ValidationError):
    """The tickets were asked by different people; whoever merges them has to mean it."""

    def __init__(self, source: Ticket, target: Ticket) -> None:
        super().__init__(
            _("%(source)s and %(target)s were asked by different people. Whoever asked gets the answers to both."),
            code="other_requester",
            params={"source": source.number, "target": target.number},
        )


@transaction.atomic
def merge(ticket: Ticket, *, into: Ticket, by: User, reason: str = "", knowing: bool = False) -> TicketMerge:
    """Move what was written in `ticket` into `into`; what the customer writes to it goes there from now on.

    Raises CannotMerge for a ticket with itself, one that is over, and one that others were merged into (no chains);
    OtherRequester unless `knowing`.
    """
    both = locked_all([ticket, into])
    source, target = both[ticket.pk], both[into.pk]
    _must_merge(source, target)
    if not knowing and not same_requester(source, target):
        raise OtherRequester(source, target)
    moved = source.messages.order_by("pk")
    record = TicketMerge.objects.create(
        source=source,
        target=target,
        status=source.status,
        by=by,
        messages=[list(one) for one in moved.values_list("pk", "moved_from")],
    )
    moved.update(ticket=target, moved_from=F("ticket"))
    change(source, by=by, reason=reason, status=TicketStatus.MERGED, merged_into=target)
    happened(target, "merged", by=by, new=source.number, reason=reason)
    _move_up(target)
    audit.record("ticket.merged", source, by=by, reason=reason, data={"into": target.number})
    audit.record("ticket.took_in", target, by=by, reason=reason, data={"merged": source.number})
    return record


def _must_merge(source: Ticket, target: Ticket) -> None:
    if source.pk == target.pk:
        raise CannotMerge(_("A ticket is not merged into itself."), code="itself")
    if source.status not in MERGEABLE:
        raise TicketClosed(source)
    if target.status in FINAL:
        raise TicketClosed(target)
    if source.merged.exists():
        raise CannotMerge(
            _("Other tickets were merged into %(source)s. Merge %(target)s into it, or undo those merges first."),
            code="chain",
            params={"source": source.number, "target": target.number},
        )


def same_requester(one: Ticket, other: Ticket) -> bool:
    """Whether both were asked by the same customer, or from the same address."""
    if one.customer_id and other.customer_id:
        return one.customer_id == other.customer_id
    return one.requester_email.lower() == other.requester_email.lower()


@transaction.atomic
def merge_many(tickets: Sequence[Ticket], *, by: User, into: Ticket | None = None, knowing: bool = False) -> Ticket:
    """Merge all of `tickets` into one of them, the oldest unless `into` says another; all or none."""
    target = into or min(tickets, key=lambda one: (one.created_at, one.pk))
    locked_all([*tickets, target])
    for ticket in sorted(tickets, key=lambda one: one.pk):
        if ticket.pk != target.pk:
            merge(ticket, into=target, by=by, knowing=knowing)
    return target


@transaction.atomic
def unmerge(ticket: Ticket, *, by: User, reason: str = "") -> Ticket:
    """Part a merged ticket from its target: the messages that came with it go back, and so does its status.

    What was written into the target since stays there. Raises CannotMerge when messages have moved on.
    """
    record = TicketMerge.objects.filter(source=ticket, undone_at=None).first()
    if record is None:
        raise CannotMerge(_("%(ticket)s is not merged."), code="not_merged", params={"ticket": ticket.number})
    both = locked_all([ticket, record.target])
    source, target = both[ticket.pk], both[record.target_id]
    record = TicketMerge.objects.locked().filter(pk=record.pk, undone_at=None).first()
    if record is None:
        raise CannotMerge(_("%(ticket)s is not merged."), code="not_merged", params={"ticket": ticket.number})
    _move_back(record, source, target)
    change(source, by=by, reason=reason, status=record.status, merged_into=None)
    happened(target, "unmerged", by=by, new=source.number, reason=reason)
    record.undone_at, record.undone_by = timezone.now(), by
    record.save(update_fields=["undone_at", "undone_by"])
    _move_up(target)
    audit.record("ticket.unmerged", source, by=by, reason=reason, data={"from": target.number})
    return source


def _move_back(record: TicketMerge, source: Ticket, target: Ticket) -> None:
    messages = {one.pk: one for one in Message.objects.locked().filter(pk__in=[pk for pk, _before in record.messages])}
    elsewhere = [one for one in messages.values() if one.ticket_id != target.pk]
    if elsewhere:
        where = Ticket.objects.get(pk=elsewhere[0].ticket_id)
        raise CannotMerge(
            _("Messages of %(source)s are in %(where)s by now. Merge that into %(target)s first."),
            code="moved_on",
            params={"source": source.number, "where": where.number, "target": target.number},
        )
    for pk, before in record.messages:
        if pk in messages:
            messages[pk].ticket, messages[pk].moved_from_id = source, before
    Message.objects.bulk_update(messages.values(), ["ticket", "moved_from"])


def _move_up(ticket: Ticket) -> None:
    """The place of the ticket in lists is that of its last message, and what is owed follows from its messages."""
    last = ticket.messages.order_by("-created_at", "-pk").values_list("created_at", flat=True).first()
    ticket.last_message_at = last or ticket.created_at
    ticket.save(update_fields=["last_message_at", "updated_at"])
    promises.after(ticket)


@transaction.atomic
def split(ticket: Ticket, *, messages: Iterable[int], subject: str, by: User, reason: str = "") -> Ticket:
    """Move the messages of these keys into a new ticket of the same customer; at least one stays.

    Returns the new ticket, which is open, in the same queue and nobody's.
    """
    ticket = locked(ticket)
    if ticket.status in FINAL:
        raise TicketClosed(ticket)
    chosen = Message.objects.locked().filter(ticket=ticket, pk__in=list(messages))
    keys = [one.pk for one in chosen]
    _must_split(ticket, keys)
    new = _parted(ticket, subject)
    record_opening(new, by)
    Message.objects.filter(pk__in=keys).update(ticket=new, moved_from=ticket)
    happened(new, "split_from", by=by, new=ticket.number, reason=reason)
    happened(ticket, "split_to", by=by, new=new.number, reason=reason)
    _move_up(new)
    _move_up(ticket)
    audit.record("ticket.split", ticket, by=by, reason=reason, data={"new": new.number, "messages": len(keys)})
    audit.record("ticket.opened", new, by=by, data={"channel": new.channel, "from": ticket.number})
    return new


def _must_split(ticket: Ticket, keys: Sequence[int]) -> None:
    if not keys:
        raise ValidationError({"messages": _("Choose at least one message.")}, code="none")
    if not ticket.messages.exclude(pk__in=keys).exists():
        raise ValidationError({"messages": _("At least one message stays in the ticket.")}, code="all")


def _parted(ticket: Ticket, subject: str) -> Ticket:
    """A new ticket of the same customer about the same thing."""
    names = (
        "customer",
        "requester_name",
        "requester_email",
        "queue",
        "channel",
        "about",
        "language",
        "priority",
        "tags",
    )
    new = Ticket(
        number=next_number("TK"),
        subject=one_line(subject)[:300] or ticket.subject,
        status=TicketStatus.OPEN,
        **{name: getattr(ticket, name) for name in names},
    )
    new.full_clean(exclude=["number", "token", "customer", "queue", "assignee", "follows", "merged_into"])
    new.save()
    return new
