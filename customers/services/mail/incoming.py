"""What becomes of a mail that was kept: added to a ticket, a new ticket, a note, or quarantined with the reason."""

import re
from collections.abc import Iterable
from typing import Any

import structlog
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from customers.models import Collaborator, ContactPoint, IncomingMail, Ticket, TicketStatus
from customers.services import attachments
from customers.services.contacts import find_by_email, find_or_create_by_email
from customers.services.limits import TooMany, count_use
from customers.services.mail import automatic, bounces, budgets, formatted, headers, parsing, threading, verdicts
from customers.services.mail.parsing import Mail, MailFile, Unreadable
from customers.services.mail.reports import take_report
from customers.services.tickets import (
    TicketClosed,
    customer_replies,
    default_queue,
    follow_up_of,
    note,
    one_line,
    open_ticket,
)

Verdict = IncomingMail.Verdict
LARGEST = 25 * 1024 * 1024
MOST_RECIPIENTS = 200
MOST_COLLABORATORS = 20
NEW_TICKETS_AN_HOUR = 120  # of one sender
LARGEST_READ = 100 * 1024 * 1024
HAN = re.compile(r"[\u4e00-\u9fff]")
SEALED = ("application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted")
KANA_OR_HANGUL = re.compile(r"[\u3040-\u30ff\uac00-\ud7af]")
DMARC_FAILED = re.compile(r"\bdmarc\s*=\s*fail\b", re.IGNORECASE)
SPF_FAILED = re.compile(r"\bspf\s*=\s*(fail|softfail)\b", re.IGNORECASE)
PROVEN = re.compile(r"\bdmarc\s*=\s*pass\b|\bdkim\s*=\s*pass\b(?!.*\bdmarc\s*=\s*fail\b)", re.IGNORECASE | re.DOTALL)
log = structlog.get_logger(__name__)


class CannotBecomeTicket(ValidationError):
    """There is a ticket of this mail already."""

    def __init__(self, incoming: IncomingMail) -> None:
        number = incoming.ticket.number if incoming.ticket else "–"
        super().__init__(_("This mail is in %(number)s already."), code="has_ticket", params={"number": number})


class Quarantine(Exception):
    """The mail is put aside: `reason` is one of `verdicts`."""

    def __init__(self, reason: str, **facts: str) -> None:
        super().__init__(reason)
        self.reason, self.facts = reason, facts


def take_in(pk: int) -> str:
    """Make of a kept mail what it is; returns the verdict. A mail that was taken in already is left alone.

    Whatever is wrong with it, it ends in a ticket or in quarantine, with the reason.
    """
    with transaction.atomic():
        incoming = IncomingMail.objects.locked().select_related("mailbox__queue").get(pk=pk)
        if incoming.verdict != Verdict.RECEIVED:
            return str(incoming.verdict)
        try:
            with transaction.atomic():
                _take_in(incoming)
        except Unreadable as error:
            log.warning("mail_unreadable", mail=incoming.pk, reason=str(error)[:200])
            _set_aside_as_ticket(incoming, str(error))
        except Quarantine as found:
            log.warning("mail_quarantined", mail=incoming.pk, reason=found.reason % found.facts)
            _conclude(incoming, Verdict.QUARANTINED, found.reason, found.facts)
        except ValidationError as error:
            log.warning("mail_quarantined", mail=incoming.pk, reason=" ".join(error.messages)[:500])
            _conclude(incoming, Verdict.QUARANTINED, verdicts.REFUSED, {"error": " ".join(error.messages)[:500]})
        except (*parsing.UNREADABLE, DataError, IntegrityError) as error:
            log.exception("mail_quarantined", mail=incoming.pk)
            _conclude(incoming, Verdict.QUARANTINED, verdicts.REFUSED, {"error": type(error).__name__})
        return str(incoming.verdict)


def take_in_waiting() -> int:
    """Take in what was kept and not read, because a process was ended between the two; returns how many."""
    waiting = list(
        IncomingMail.objects.filter(verdict=Verdict.RECEIVED).order_by("pk").values_list("pk", flat=True)[:500]
    )
    for pk in waiting:
        take_in(pk)
    return len(waiting)


def _take_in(incoming: IncomingMail) -> None:
    raw = _raw_of(incoming)
    mail = parsing.read(raw)
    _describe(incoming, mail)
    _refuse_hostile(mail)
    own = threading.own_addresses()
    report = bounces.report_in(mail)
    if report is not None:
        verdict = take_report(report)
        _conclude(incoming, Verdict.BOUNCE, verdict.reason, verdict.facts, verdict.ticket, verdict.message)
    elif threading.is_own(mail.sender.email, own):
        raise Quarantine(verdicts.OUR_OWN, email=mail.sender.email)
    elif automatic.is_reply_of_machine(mail):
        _take_automatic(incoming, mail)
    else:
        _take_request(incoming, mail, own)


def _raw_of(incoming: IncomingMail) -> bytes:
    if not incoming.size:
        raise Unreadable(_("It is empty."))
    if incoming.size > LARGEST:
        size = f"{-(-incoming.size // 2**20)}"
        raise Quarantine(verdicts.TOO_LARGE, size=size, limit=f"{LARGEST // 2**20}")
    with incoming.raw.open("rb") as file:
        return bytes(file.read())


def _describe(incoming: IncomingMail, mail: Mail) -> None:
    """What lists show of it."""
    incoming.subject = mail.subject[:300]
    incoming.sender_name, incoming.sender = mail.sender.name[:200], mail.sender.email
    incoming.recipients = ", ".join(person.email for person in mail.to)[:500]
    incoming.dated_at = mail.dated_at
    incoming.html = mail.html
    incoming.is_doubtful = _is_doubtful(mail)


def _is_doubtful(mail: Mail) -> bool:
    """Whether the mail claims two senders, or the server that received it says that it does not come from where it claims to.

    Only the topmost header counts, which that server wrote; one that somebody forged below it changes nothing.
    """
    if len(headers.values(mail.source, "From")) > 1:  # servers and mail programs disagree about which one counts
        return True
    found = headers.values(mail.source, "Authentication-Results")
    if not found or PROVEN.search(found[0]):
        return False
    return bool(DMARC_FAILED.search(found[0]) or SPF_FAILED.search(found[0]))


def _refuse_hostile(mail: Mail) -> None:
    count = len(mail.to) + len(mail.cc)
    if count > MOST_RECIPIENTS:
        raise Quarantine(verdicts.TOO_MANY_RECIPIENTS, count=str(count))


def _take_automatic(incoming: IncomingMail, mail: Mail) -> None:
    """An automatic reply becomes a note of its ticket: no turn of the customer, so nothing reopens and nothing is owed."""
    place = threading.place_of(mail, is_doubtful=incoming.is_doubtful)
    if place.ticket is None:
        _conclude(incoming, Verdict.AUTO, verdicts.AUTO_ALONE)
        return
    _count_in(place, mail)
    sender = mail.sender.email or mail.sender.name
    text = _("Automatic reply of %(sender)s:") % {"sender": sender} + f"\n\n{mail.body or mail.subject}"
    message = note(place.ticket, body=text, by=None)
    _keep_files(incoming, message, mail)
    _conclude(incoming, Verdict.AUTO, verdicts.AUTO, {"number": place.ticket.number}, place.ticket, message)


def _take_request(incoming: IncomingMail, mail: Mail, own: set[str]) -> None:
    """What a person wrote: into its ticket, or a new one."""
    place = threading.place_of(mail, is_doubtful=incoming.is_doubtful)
    if place.ticket is not None and place.ticket.status == TicketStatus.SPAM:
        raise Quarantine(verdicts.OF_SPAM, number=place.ticket.number)
    _count_in(place, mail)
    if place.ticket is not None:
        try:
            _append(incoming, mail, own, place.ticket, place)
            return
        except TicketClosed:
            later = follow_up_of(place.ticket, mail.sender.email)
        if later is not None:
            _append(incoming, mail, own, later, place)
            return
        place = threading.Place(place.ticket, verdicts.FOLLOW_UP, {"number": place.ticket.number})
    _count_new(mail)
    ticket = _open(
        incoming, mail, follows=place.ticket, acknowledge=not incoming.is_doubtful and _may_acknowledge(mail, own)
    )
    message = ticket.messages.get()
    _finish(incoming, mail, message, own)
    _conclude(incoming, Verdict.NEW, place.reason, place.facts, ticket, message)


def _append(incoming: IncomingMail, mail: Mail, own: set[str], ticket: Ticket, place: threading.Place) -> None:
    """Write the mail into `ticket`, for what `place` says. Raises TicketClosed."""
    message = customer_replies(
        ticket,
        body=_body_of(mail),
        author_name=mail.sender.name or mail.sender.email,
        author_email=mail.sender.email,
        message_id=mail.message_id,
    )
    _finish(incoming, mail, message, own)
    _conclude(incoming, Verdict.APPENDED, place.reason, place.facts, message.ticket, message)


def _count_in(place: threading.Place, mail: Mail) -> None:
    """Count the mail at the ticket that it answers or names; the last one of an hour is said there. Raises Quarantine beyond."""
    number = place.facts.get("number")
    if not number:
        return
    try:
        is_last = budgets.count_incoming(number, mail)
    except TooMany as error:
        raise Quarantine(verdicts.LOOP, number=number) from error
    if is_last:
        text = _(
            "Too much mail came within an hour. What comes now is put aside: two machines may be answering each other."
        )
        note(threading.heir(Ticket.objects.select_related("merged_into").get(number=number)), body=text, by=None)


def _count_new(mail: Mail) -> None:
    if not mail.sender.email:
        return
    try:
        count_use(f"mail:{mail.sender.email}", NEW_TICKETS_AN_HOUR)
    except TooMany as error:
        raise Quarantine(verdicts.TOO_MANY) from error


def _may_acknowledge(mail: Mail, own: set[str]) -> bool:
    """Whether a receipt goes out: not to machines, nor to an address whose mail came back."""
    bounced = ContactPoint.objects.filter(
        kind=ContactPoint.Kind.EMAIL, normalized=mail.sender.email, ended_at=None, bounced_at__isnull=False
    )
    return automatic.may_be_answered(mail, own) and not bounced.exists()


def _open(incoming: IncomingMail, mail: Mail, *, follows: Ticket | None = None, acknowledge: bool = False) -> Ticket:
    person = mail.sender
    if automatic.NO_REPLY.match(person.email) and mail.reply_to:
        person = mail.reply_to[0]  # a form of another page, which sends in somebody's name
    mailbox = incoming.mailbox
    language = _language_of(mail, mailbox.language if mailbox else settings.LANGUAGE_CODE)
    known = find_by_email(person.email) if person.email else None
    customer = known or (
        find_or_create_by_email(person.email, person.name, language=language) if person.email else None
    )
    return open_ticket(
        subject=one_line(mail.subject)[:300] or _("(no subject)"),
        body=_body_of(mail),
        by=None,
        customer=customer,
        requester_name=person.name or person.email,
        requester_email=person.email,
        queue=_queue_of(incoming, follows),
        channel=Ticket.Channel.MAIL,
        language=known.language if known else language,
        message_id=mail.message_id,
        follows=follows,
        acknowledge=acknowledge,
    )


def _queue_of(incoming: IncomingMail, follows: Ticket | None) -> Any:
    """Where a new ticket waits: with the one that it follows, else where the mailbox says."""
    named = [follows.queue if follows else None, incoming.mailbox.queue if incoming.mailbox else None]
    return next((queue for queue in named if queue and queue.is_active), None) or default_queue()


def _language_of(mail: Mail, otherwise: str) -> str:
    text = f"{mail.subject} {mail.body[:2000]}"
    return "zh-hans" if HAN.search(text) and not KANA_OR_HANGUL.search(text) else otherwise


def _body_of(mail: Mail) -> str:
    if not mail.body and mail.files and mail.source.get_content_type() in SEALED:
        return _("(The mail is encrypted or sealed; its text is in the attached file.)")
    return mail.body or (_("(files only)") if mail.files else _("(no text)"))


def _finish(incoming: IncomingMail, mail: Mail, message: Any, own: set[str]) -> None:
    """Files, collaborators, and the sign of life of an address that did not work."""
    _keep_files(incoming, message, mail)
    if threading.writes_in(mail.sender.email, message.ticket) and not incoming.is_doubtful:
        _add_collaborators(message.ticket, mail, own)
    ContactPoint.objects.filter(
        kind=ContactPoint.Kind.EMAIL, normalized=mail.sender.email, ended_at=None, bounced_at__isnull=False
    ).update(bounced_at=None)


def _keep_files(incoming: IncomingMail, message: Any, mail: Mail) -> None:
    """Keep the files with the message, let the HTML of the mail name its pictures, and say how many only the raw mail has."""
    fitting = [file for file in mail.files if 0 < file.size <= attachments.MAX_SIZE]
    kept = attachments.keep(message, fitting, most=parsing.MOST_FILES)
    digests = {file.content_id: one.sha256 for file, one in zip(fitting, kept, strict=True) if file.content_id}
    incoming.html = formatted.bound(incoming.html, digests)
    missing = mail.left_out + sum(file.size > attachments.MAX_SIZE for file in mail.files)
    if missing:
        text = _("%(count)s more files are in the raw mail alone.") % {"count": missing}
        note(message.ticket, body=text, by=None)


def _add_collaborators(ticket: Ticket, mail: Mail, own: Iterable[str]) -> None:
    """Whoever the writer copied in, but for ourselves and machines."""
    room = MOST_COLLABORATORS - ticket.collaborators.count()
    people = [
        one
        for one in (*mail.to, *mail.cc)
        if one.email != ticket.requester_email
        and not threading.is_own(one.email, own)
        and not automatic.NO_REPLY.match(one.email)
    ]
    Collaborator.objects.bulk_create(
        (Collaborator(ticket=ticket, name=one.name, email=one.email) for one in people[: max(0, room)]),
        ignore_conflicts=True,
    )


def _conclude(
    incoming: IncomingMail,
    verdict: str,
    reason: str,
    facts: Any = None,
    ticket: Ticket | None = None,
    message: Any = None,
) -> None:
    incoming.verdict, incoming.reason, incoming.facts = verdict, reason, facts or {}
    incoming.ticket, incoming.message = ticket, message
    incoming.save()


def _set_aside_as_ticket(incoming: IncomingMail, error: str) -> None:
    """What cannot be read is a ticket for somebody to look at, with the raw mail as its file; nobody is answered."""
    with transaction.atomic():
        ticket = open_ticket(
            subject=_("A mail that could not be read"),
            body=_("A mail came that could not be read. It is attached as it came."),
            by=None,
            queue=_queue_of(incoming, None),
            channel=Ticket.Channel.MAIL,
            tags=["quarantine"],
            acknowledge=False,
        )
        message = ticket.messages.get()
        if 0 < incoming.size <= attachments.MAX_SIZE:
            with incoming.raw.open("rb") as file:
                attachments.keep(message, [MailFile("mail.eml", file.read())], quarantine=attachments.UNREAD)
    facts = {"error": error[:200]}
    _conclude(incoming, Verdict.QUARANTINED, verdicts.UNREADABLE, facts, ticket, message)


@transaction.atomic
def make_ticket(incoming: IncomingMail, *, by: User) -> IncomingMail:
    """Make a ticket of a mail that became none. Raises CannotBecomeTicket, ValidationError for one that cannot be read."""
    incoming = IncomingMail.objects.locked().select_related("mailbox__queue", "ticket").get(pk=incoming.pk)
    if not incoming.may_become_ticket:
        raise CannotBecomeTicket(incoming)
    if incoming.size > LARGEST_READ:
        raise ValidationError(_("The mail is too large to be read. Download it."), code="too_large")
    with incoming.raw.open("rb") as file:
        try:
            mail = parsing.read(file.read())
        except Unreadable as error:
            raise ValidationError(_("It cannot be read. Download it."), code="unreadable") from error
    _describe(incoming, mail)
    ticket = _open(incoming, mail)
    message = ticket.messages.get()
    _keep_files(incoming, message, mail)
    _conclude(incoming, Verdict.NEW, verdicts.BY_HAND, {"user": str(by)}, ticket, message)
    audit.record("incomingmail.released", incoming, by=by, data={"ticket": ticket.number})
    return incoming


@transaction.atomic
def take_in_again(incoming: IncomingMail, *, by: User) -> IncomingMail:
    """Read a mail that became no ticket once more, as if it came now. Raises CannotBecomeTicket."""
    incoming = IncomingMail.objects.locked().get(pk=incoming.pk)
    if not incoming.may_become_ticket:
        raise CannotBecomeTicket(incoming)
    incoming.verdict = Verdict.RECEIVED
    incoming.save(update_fields=["verdict"])
    take_in(incoming.pk)
    audit.record("incomingmail.taken_in_again", incoming, by=by)
    incoming.refresh_from_db()
    return incoming
