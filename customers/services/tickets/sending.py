"""Answers written by a macro, and answers taken back before they leave."""

from datetime import timedelta

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from customers.models import Draft, Macro, Message, Ticket, TicketStatus
from customers.services import mail
from customers.services.tickets import drafts, macros
from customers.services.tickets.conversation import note, reply
from customers.services.tickets.states import FINAL, TicketClosed, become, locked

log = structlog.get_logger(__name__)


class LeftAlready(ValidationError):
    """The mail is on its way; it cannot be taken back."""

    def __init__(self) -> None:
        super().__init__(_("It is too late: the answer has left already."), code="left_already")


def deliver(pk: int) -> bool:
    """Send the mail about message `pk` once. A receipt that may be part of a loop is not sent, and the ticket says so."""
    try:
        return mail.deliver(pk)
    except mail.Withheld:
        ticket = Message.objects.select_related("ticket").get(pk=pk).ticket
        log.warning("receipt_withheld", ticket=ticket.number, reason="too many within an hour")
        text = _("No receipt was sent: too many went out within an hour. Two machines may be answering each other.")
        if ticket.status != TicketStatus.MERGED:
            note(ticket, body=text, by=None)
        return False


@transaction.atomic
def apply_macro(ticket: Ticket, *, macro: Macro, by: User) -> Ticket:
    """Write the macro's text into the ticket and do what it says."""
    ticket = locked(ticket)
    if ticket.status in FINAL:
        raise TicketClosed(ticket)
    text = macros.rendered(macro, ticket, by=by)
    if text.strip():
        write = reply if macro.mode == Macro.Mode.REPLY else note
        write(ticket, body=text, by=by, status=macro.status, macro=macro)
        return ticket
    macros.carry_out(ticket, macro, by=by)
    ticket = locked(ticket)
    if macro.status and macro.status != ticket.status:
        become(ticket, macro.status, by=by)
    return ticket


@transaction.atomic
def take_back(message: Message, *, by: User) -> Draft:
    """Turn an answer that has not been mailed yet into the draft of its writer again, files included.

    The status that it gave the ticket is taken back as well where the transitions allow it, and what its macro changed. Raises LeftAlready when
    UNDO_SEND_SECONDS are over or the worker was faster.
    """
    ticket = locked(message.ticket)
    found = Message.objects.locked().filter(pk=message.pk, ticket=ticket, kind=Message.Kind.REPLY, author=by).first()
    if found is None or not may_be_taken_back(found) or (found.message_id and not mail.call_back(found)):
        raise LeftAlready
    draft, _is_new = Draft.objects.update_or_create(
        ticket=ticket,
        user=by,
        defaults={"body": found.body, "mode": Message.Kind.REPLY, "files": drafts.files_of(found)},
    )
    reason = _("The answer was taken back.")
    _give_status_back(ticket, found, by=by, reason=reason)
    macros.undo(ticket, found, by=by, reason=reason)
    found.attachments.all().delete()
    found.delete()
    last = ticket.messages.order_by("-created_at", "-pk").first()
    ticket.last_message_at = last.created_at if last else ticket.created_at
    ticket.save(update_fields=["last_message_at", "updated_at"])
    audit.record("ticket.reply_undone", ticket, by=by, data={"message": message.pk})
    return draft


def may_be_taken_back(message: Message) -> bool:
    """Whether the answer still waits, as far as one sees without asking the queue."""
    return message.sent_at is None and message.created_at > timezone.now() - timedelta(
        seconds=settings.UNDO_SEND_SECONDS
    )


def _give_status_back(ticket: Ticket, message: Message, *, by: User, reason: str) -> None:
    event = ticket.events.filter(field="status").order_by("pk").last()
    if event and event.actor_id == by.pk and event.at >= message.created_at and ticket.may_become(event.old):
        become(ticket, event.old, by=by, reason=reason)
