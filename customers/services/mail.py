"""Mail to customers: written in the language of the ticket, threaded, sent by a job after the change is stored."""

import hmac
from email.utils import formataddr

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from customers.models import Message, Ticket

LONGEST_THREAD = 20
CALL_BACK = "UPDATE procrastinate_jobs SET status = 'cancelled' WHERE queueing_lock = %s AND status = 'todo'"


def later(message: Message, *, seconds: int = 0) -> None:
    """Queue the mail about `message`, to go no earlier than in `seconds`; the job exists if and only if the transaction commits."""
    task = app.configure_task("customers.deliver", queueing_lock=lock_of(message), schedule_in={"seconds": seconds})
    task.defer(message=message.pk)


def call_back(message: Message) -> bool:
    """Cancel the mail about `message` if it has not begun to leave; of this and the worker, the first one wins."""
    with connection.cursor() as cursor:
        cursor.execute(CALL_BACK, [lock_of(message)])
        return bool(cursor.rowcount)


def lock_of(message: Message) -> str:
    """The queueing lock of the job: no two wait for one message, and it is found by an index."""
    return f"customers.deliver:{message.pk}"


def signed_id(message: Message) -> str:
    """A Message-ID that only we can have made: `<TK-1042.77.signature@host>`."""
    name = f"{message.ticket.number}.{message.pk}"
    return f"<{name}.{_signature(name)}@{_domain()}>"


def is_ours(message_id: str) -> bool:
    """Whether `message_id` carries our signature."""
    name, _dot, signature = message_id.strip().strip("<>").partition("@")[0].rpartition(".")
    return bool(name) and hmac.compare_digest(signature.encode(), _signature(name).encode())


def _signature(name: str) -> str:
    return salted_hmac("customers.message_id", name, algorithm="sha256").hexdigest()[:32]


def _domain() -> str:
    return settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ") or "localhost"


def public_url(ticket: Ticket) -> str:
    """Where the customer reads and answers; the token is the key."""
    return f"{settings.SITE_URL}{reverse('support:ticket', args=[ticket.token])}"


def deliver(pk: int) -> bool:
    """Send the mail about message `pk` once: a reply to its customer, or the receipt of what the customer wrote.

    Returns whether a mail went out. Raises what the mail server raises; the job tries again.
    """
    message = Message.objects.select_related("ticket__queue").get(pk=pk)
    if message.sent_at or message.kind == Message.Kind.NOTE or not message.ticket.requester_email:
        return False
    with translation.override(message.ticket.language):
        compose(message).send()
    Message.objects.filter(pk=pk).update(sent_at=timezone.now())
    return True


def compose(message: Message) -> EmailMessage:
    """The mail about `message`; expects the language of the ticket to be active."""
    ticket = message.ticket
    is_receipt = message.kind == Message.Kind.CUSTOMER
    name = "receipt" if is_receipt else "reply"
    subject = _("We have your message: %(subject)s") if is_receipt else _("Re: %(subject)s")
    return EmailMessage(
        subject=f"{subject % {'subject': ticket.subject}} [{ticket.number}]",
        body=render_to_string(
            f"tickets/mail/{name}.txt",
            {"ticket": ticket, "message": message, "url": public_url(ticket), "company": settings.COMPANY_NAME},
        ),
        from_email=formataddr((settings.COMPANY_NAME, ticket.queue.email or settings.DEFAULT_FROM_EMAIL)),
        to=[formataddr((ticket.requester_name, ticket.requester_email))],
        headers=_headers(message, is_receipt),
    )


def _headers(message: Message, is_receipt: bool) -> dict[str, str]:
    headers = {"Message-ID": message.message_id}
    earlier = list(
        message.ticket.messages.public()
        .filter(pk__lt=message.pk)
        .exclude(message_id="")
        .order_by("pk")
        .values_list("message_id", flat=True)
    )
    if earlier:
        headers["In-Reply-To"] = earlier[-1]
        headers["References"] = " ".join(earlier[-LONGEST_THREAD:])
    if is_receipt:
        headers["Auto-Submitted"] = "auto-replied"
        headers["X-Auto-Response-Suppress"] = "All"
    return headers
