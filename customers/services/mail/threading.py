"""To which ticket a mail belongs. Signed references count for whoever sends them; a number in the subject only for those who write there."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.conf import settings

from customers.models import ContactPoint, Mailbox, Message, Queue, Ticket
from customers.services.mail import verdicts
from customers.services.mail.budgets import numbers_in
from customers.services.mail.headers import ADDRESS
from customers.services.mail.parsing import Mail
from customers.services.mail.signing import signed_messages, signed_numbers


@dataclass(frozen=True)
class Place:
    """The ticket that a mail belongs to (None: a new one), and why."""

    ticket: Ticket | None
    reason: str
    facts: dict[str, str] = field(default_factory=dict)


def place_of(mail: Mail, *, is_doubtful: bool) -> Place:
    """Find the ticket: by our signature, by a mail that stands in one, then by the number in the subject."""
    ways = (
        (_by_own_id, verdicts.SAME_ID),
        (_by_signature, verdicts.SIGNED),
        (_by_address, verdicts.PLUS),
        (_by_reference, verdicts.KNOWN),
    )
    for find, reason in ways:
        if ticket := find(mail):
            return _at(ticket, reason)
    return _by_subject(mail, is_doubtful)


def _at(ticket: Ticket, reason: str) -> Place:
    ticket = heir(ticket)
    return Place(ticket, reason, {"number": ticket.number})


def heir(ticket: Ticket) -> Ticket:
    """The ticket that took over from a merged one; merges form no chains."""
    return ticket.merged_into or ticket


def ticket_of_message(pk: int) -> Ticket | None:
    """The ticket in which a message of ours stands now: merging and splitting move messages."""
    message = Message.objects.select_related("ticket__queue").filter(pk=pk).first()
    return message.ticket if message else None


def _by_own_id(mail: Mail) -> Ticket | None:
    """Where this mail stands already in another form: some programs send different mails under one Message-ID."""
    if not mail.message_id or not mail.sender.email:
        return None
    same = Message.objects.filter(message_id=mail.message_id, author_email=mail.sender.email)
    message = same.select_related("ticket__queue").order_by("pk").first()
    return message.ticket if message else None


def _by_signature(mail: Mail) -> Ticket | None:
    return next(
        (
            ticket
            for pk in reversed(list(signed_messages(" ".join(mail.references))))
            if (ticket := ticket_of_message(pk))
        ),
        None,
    )


def _by_address(mail: Mail) -> Ticket | None:
    number = next(signed_numbers(mail.delivered_to), None)
    return Ticket.objects.select_related("queue").filter(number=number).first() if number else None


def _by_reference(mail: Mail) -> Ticket | None:
    """The mail of another system that this one answers; the nearest counts."""
    nearest = mail.references[::-1][:50]
    found = {
        message.message_id: message.ticket
        for message in Message.objects.filter(message_id__in=nearest).select_related("ticket__queue").order_by("-pk")
    }
    return next((found[reference] for reference in nearest if reference in found), None)


def _by_subject(mail: Mail, is_doubtful: bool) -> Place:
    numbers = numbers_in(mail.subject)
    tickets = {one.number: one for one in Ticket.objects.filter(number__in=numbers).select_related("queue")}
    for number in numbers:
        if number in tickets and writes_in(mail.sender.email, tickets[number]):
            if is_doubtful:
                return Place(None, verdicts.NOT_PROVEN, {"number": number})
            return _at(tickets[number], verdicts.TOKEN)
    if tickets:
        return Place(None, verdicts.STRANGER, {"number": next(iter(tickets))})
    return Place(None, verdicts.NOTHING_KNOWN)


def writes_in(email: str, ticket: Ticket) -> bool:
    """Whether this address is the requester's, one of the same customer, or a collaborator's."""
    if not email:
        return False
    if email == ticket.requester_email or ticket.collaborators.filter(email=email).exists():
        return True
    live = ContactPoint.objects.filter(kind=ContactPoint.Kind.EMAIL, normalized=email, ended_at=None)
    return ticket.customer_id is not None and live.filter(customer=ticket.customer_id).exists()


def own_addresses() -> set[str]:
    """Addresses at which we receive or from which we send."""
    mailboxes = Mailbox.objects.values_list("address", flat=True)
    queues = Queue.objects.exclude(email="").values_list("email", flat=True)
    found = ADDRESS.findall(settings.DEFAULT_FROM_EMAIL)
    return {address.lower() for address in (*mailboxes, *queues, *found)}


def is_own(email: str, own: Iterable[str]) -> bool:
    """Whether `email` is one of ours, with or without what stands behind a plus sign."""
    local, _at_sign, domain = email.rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" in own
