"""How much mail one conversation may make within an hour: two machines that answer each other stop, however they disguise it.

A machine may write from another address and under another Message-ID each time. What it cannot change as well is what
it answers (the ticket, or the numbers of tickets in the subject) and, when it answers nothing, that it says the same.
"""

import hashlib
import re
from datetime import timedelta

from django.utils import timezone

from customers.models import Message, Ticket
from customers.services.limits import TooMany, count_use
from customers.services.mail.parsing import Mail
from customers.services.mail.quoting import split_quote

TOKEN = re.compile(r"\[(TK-\d{1,12})\]", re.IGNORECASE)
AUTOMATIC_AN_HOUR = 5  # mails that we send by ourselves, to one address or about one conversation
SAME_TEXT_AN_HOUR = 20  # of them, in answer to one text
MAILS_AN_HOUR = 30  # that come into one ticket
OLD_MAILS_AN_HOUR = 1_000  # the same, where they were written before yesterday: an archive is read in
MOST_NAMED = 10
LONGEST_TEXT = 2_000
CHANGING = re.compile(r"[\W\d_]+")


class Withheld(Exception):
    """An automatic mail was not sent: it may be part of a loop."""


def numbers_in(subject: str) -> list[str]:
    """Numbers of tickets that a subject names, each once, in their order."""
    return list(dict.fromkeys(number.upper() for number in TOKEN.findall(subject)))[:MOST_NAMED]


def count_automatic(message: Message) -> None:
    """Count one automatic mail about `message` at its address, conversation and text. Raises Withheld beyond a limit.

    Runs in the transaction that sends it: what could not be sent is not counted.
    """
    ticket = message.ticket
    try:
        count_use(f"automatic:{ticket.requester_email}", AUTOMATIC_AN_HOUR)
        for number in _conversation(ticket):
            count_use(f"automatic:{number}", AUTOMATIC_AN_HOUR)
        if text := _fingerprint(message.body):
            count_use(f"automatic text:{text}", SAME_TEXT_AN_HOUR)
    except TooMany as error:
        raise Withheld from error


def _conversation(ticket: Ticket) -> list[str]:
    """The ticket that this one follows, and those that its subject names: a machine answers to a subject with more of the same.

    In the order in which every mail counts them, so that no two wait for each other.
    """
    followed = [ticket.follows.number] if ticket.follows is not None else []
    return sorted({*followed, *numbers_in(ticket.subject)})


def _fingerprint(body: str) -> str:
    """What of a text stays the same when a machine sends it again; "" where it has no words, as many a mail with a photo."""
    fresh, _quoted = split_quote(body[:LONGEST_TEXT])
    words = CHANGING.sub("", fresh.lower())
    return words and hashlib.sha256(words.encode()).hexdigest()


def count_incoming(number: str, mail: Mail) -> bool:
    """Count a mail that comes into ticket `number`; returns whether it was the last one of this hour. Raises TooMany beyond."""
    is_old = mail.dated_at is not None and mail.dated_at < timezone.now() - timedelta(days=1)
    limit = OLD_MAILS_AN_HOUR if is_old else MAILS_AN_HOUR
    return count_use(f"mail in {'old ' if is_old else ''}{number}", limit) == limit
