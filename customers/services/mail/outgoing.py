"""Mail to customers: written in the language of the ticket, threaded, sent by a job after the change is stored."""

from email.utils import formataddr

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.db import connection, transaction
from django.db.models import Q
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app

from backoffice.rows import in_reader_language
from customers.models import FROM_FILE, Attachment, Mailbox, Message, Ticket
from customers.services.mail.budgets import count_automatic
from customers.services.mail.signing import is_ours, plus_address, signed_id

LONGEST_THREAD = 20
CALL_BACK = "UPDATE procrastinate_jobs SET status = 'cancelled' WHERE queueing_lock = %s AND status = 'todo'"
MOST_RECIPIENTS = 50
LARGEST = 25 * 1024 * 1024
LINE = 78  # bytes of a line of base64, of which 57 are content
CONTENT_OF_A_LINE = 57
AUTOMATIC = {"Auto-Submitted": "auto-replied", "X-Auto-Response-Suppress": "All"}


class TooManyRecipients(ValidationError):
    """A mail would go to more people than one mail may."""

    def __init__(self, count: int) -> None:
        super().__init__(
            _("A mail goes to %(limit)s people at most, and this one would go to %(count)s."),
            code="too_many_recipients",
            params={"limit": MOST_RECIPIENTS, "count": count},
        )


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


def public_url(ticket: Ticket) -> str:
    """Where the customer reads and answers; the token is the key."""
    return f"{settings.SITE_URL}{reverse('support:ticket', args=[ticket.token])}"


@transaction.atomic
def deliver(pk: int) -> bool:
    """Send the mail about message `pk` once: a reply to its customer, or the receipt of what the customer wrote.

    Returns whether a mail went out. Raises Withheld for a receipt beyond the budget, and what the mail server raises;
    the job tries again.
    """
    message = Message.objects.select_related("ticket__queue", "ticket__follows").get(pk=pk)
    if message.sent_at or message.kind == Message.Kind.NOTE or not message.ticket.requester_email:
        return False
    if message.kind == Message.Kind.CUSTOMER:
        count_automatic(message)
    with translation.override(message.ticket.language):
        compose(message).send()
    Message.objects.filter(pk=pk).update(sent_at=timezone.now())
    return True


def must_have_few_recipients(ticket: Ticket) -> None:
    """Raise TooManyRecipients where a reply would go to more people than one mail may."""
    count = 1 + ticket.collaborators.exclude(email=ticket.requester_email).count()
    if count > MOST_RECIPIENTS:
        raise TooManyRecipients(count)


def compose(message: Message) -> EmailMessage:
    """The mail about `message`; expects the language of the ticket to be active. Raises TooManyRecipients."""
    ticket = message.ticket
    is_receipt = message.kind == Message.Kind.CUSTOMER
    name = "receipt" if is_receipt else "reply"
    subject = _("We have your message: %(subject)s") if is_receipt else _("Re: %(subject)s")
    mailbox = Mailbox.objects.filter(queue=ticket.queue, is_active=True).order_by("pk").first()
    address = ticket.queue.email or (mailbox.address if mailbox else settings.DEFAULT_FROM_EMAIL)
    files, left_out = ([], False) if is_receipt else _files(message)
    facts = {
        "ticket": ticket,
        "message": message,
        "url": public_url(ticket),
        "signature": in_reader_language(ticket.queue.signature, ticket.queue.signature_zh) or settings.COMPANY_NAME,
        "files_left_out": left_out,
    }
    mail = EmailMessage(
        subject=_line(f"{subject % {'subject': ticket.subject}} [{ticket.number}]"),
        body=render_to_string(f"tickets/mail/{name}.txt", facts),
        from_email=formataddr((_line(settings.COMPANY_NAME), address)),
        to=[formataddr((_line(ticket.requester_name), ticket.requester_email))],
        cc=[] if is_receipt else copied_in(ticket),
        reply_to=[plus_address(mailbox.address, ticket)] if mailbox and mailbox.has_plus_addresses else None,
        headers=_headers(message, is_receipt),
    )
    if len(mail.recipients()) > MOST_RECIPIENTS:
        raise TooManyRecipients(len(mail.recipients()))
    for file in files:
        with file.file.open("rb") as content:
            mail.attach(file.name, content.read(), file.content_type)
    return mail


def _line(text: str) -> str:
    """`text` as one line, wherever it came from: a line break would begin another header."""
    return " ".join(text.split())


def copied_in(ticket: Ticket) -> list[str]:
    """Whom the requester copied in, and who therefore gets a copy of replies."""
    people = ticket.collaborators.exclude(email=ticket.requester_email)
    return [formataddr((_line(one.name), one.email)) for one in people]


def _files(message: Message) -> tuple[list[Attachment], bool]:
    """The files that fit into a mail, and whether some do not: those wait on the page. None out of quarantine."""
    fitting, size = [], 0
    safe = list(message.attachments.filter(verdict=Attachment.Verdict.SAFE))
    for file in safe:
        size += file.size * LINE // CONTENT_OF_A_LINE
        if size < LARGEST:
            fitting.append(file)
    return fitting, len(fitting) < len(safe)


def _headers(message: Message, is_receipt: bool) -> dict[str, str]:
    own = message.message_id if is_ours(message.message_id) else signed_id(message)
    headers = {"Message-ID": own}
    earlier = list(
        message.ticket.messages.public()
        .filter(pk__lte=message.pk)
        .exclude(Q(message_id__in=["", own]) | Q(message_id__startswith=FROM_FILE))
        .order_by("pk")
        .values_list("message_id", flat=True)
    )
    if earlier:
        headers["In-Reply-To"] = earlier[-1]
        headers["References"] = " ".join(earlier[-LONGEST_THREAD:])
    return headers | AUTOMATIC if is_receipt else headers
