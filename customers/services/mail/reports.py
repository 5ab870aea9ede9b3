"""What a report about undelivered mail does: a note in the ticket of that mail, and a mark at the address."""

from dataclasses import dataclass, field

from django.utils import timezone
from django.utils.translation import gettext as _

from customers.models import ContactPoint, Message, Ticket, TicketStatus
from customers.models.mailboxes import NO_REASON, SOMEBODY, reason_in_words
from customers.services.mail import threading, verdicts
from customers.services.mail.bounces import Report
from customers.services.mail.signing import signed_messages, signed_numbers
from customers.services.tickets import note, set_status

REASONS = {
    "failed": verdicts.BOUNCED,
    "delayed": verdicts.DELAYED,
    "delivered": verdicts.DELIVERED,
    "complaint": verdicts.COMPLAINT,
}


@dataclass(frozen=True)
class Outcome:
    reason: str
    facts: dict[str, str] = field(default_factory=dict)
    ticket: Ticket | None = None
    message: Message | None = None


def take_report(report: Report) -> Outcome:
    """Write the note, and open a ticket that waited for an answer to a mail which never arrived.

    Only a signature of ours marks an address: anybody can send a report.
    """
    facts = {
        "email": ", ".join(one.email for one in report.failures if one.email)[:300] or SOMEBODY,
        "said": next((one.said for one in report.failures if one.said), "")[:300] or NO_REASON,
    }
    ticket, is_signed = _ticket_of(report)
    if ticket is None:
        return Outcome(verdicts.COMPLAINT_ALONE if report.kind == "complaint" else verdicts.BOUNCED_ALONE, facts)
    facts["number"] = ticket.number
    message = note(ticket, body=reason_in_words(REASONS[report.kind], facts), by=None)
    if is_signed:
        _mark(report, ticket)
    if report.is_final and ticket.status == TicketStatus.PENDING:
        set_status(ticket, status=TicketStatus.OPEN, by=None, reason=_("A mail to the customer came back."))
    return Outcome(REASONS[report.kind], facts, ticket, message)


def _ticket_of(report: Report) -> tuple[Ticket | None, bool]:
    """The ticket of the mail that the report is about, and whether our signature says so."""
    for pk in signed_messages(report.about):
        if ticket := threading.ticket_of_message(pk):
            return threading.heir(ticket), True
    for number in signed_numbers(report.about):
        if ticket := Ticket.objects.select_related("queue").filter(number=number).first():
            return threading.heir(ticket), True
    sent = Message.objects.filter(message_id__in=report.original_ids, kind=Message.Kind.REPLY).select_related(
        "ticket__queue"
    )
    message = sent.order_by("-pk").first()
    return (threading.heir(message.ticket), False) if message else (None, False)


def _mark(report: Report, ticket: Ticket) -> None:
    """Remember at the contact that mail does not arrive there: of those who write in this ticket only."""
    gone = [email for email in report.gone if threading.writes_in(email, ticket)]
    ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, normalized__in=gone, ended_at=None).update(
        bounced_at=timezone.now()
    )
