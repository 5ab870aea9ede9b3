"""Headers as people read them: encoded words, raw bytes, broken dates and addresses. Nothing here raises."""

import base64
import binascii
import quopri
import re
from datetime import UTC, datetime
from email.message import Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils import timezone

from customers.services.contacts import normalize_email
from customers.services.mail.charsets import clean, raw_bytes, text_of

WORD = re.compile(r"=\?([^?\s]{1,60})\?([bBqQ])\?([^?]*)\?=")
BETWEEN_WORDS = re.compile(r"(\?=)\s+(?==\?[^?\s]{1,60}\?[bBqQ]\?)")
ADDRESS = re.compile(r"[^\s<>\"',;:()\[\]]{1,64}@[^\s<>\"',;:()\[\]]{1,190}")
LONGEST_HEADER = 100_000
MESSAGE_ID = re.compile(r"<[^<>\s]{1,298}>")


class Person(NamedTuple):
    name: str
    email: str


def values(message: Message, name: str) -> list[str]:
    """The header as often as it stands there, as it stands there: the parser keeps raw bytes as surrogates."""
    return [str(value) for found, value in message.raw_items() if found.lower() == name.lower()]


def text(message: Message, name: str) -> str:
    """The header as one line, "" where there is none."""
    found = values(message, name)
    return _one_line(decoded(found[0], charset_of(message))) if found else ""


def charset_of(message: Message) -> str:
    """What the mail says its text is in, or the first of its parts that says so."""
    for part in message.walk():
        if charset := part.get_content_charset():
            return str(charset)
    return ""


def decoded(value: str, charset: str = "") -> str:
    """`value` with its encoded words read; raw bytes beyond ASCII are taken for the charset of the mail."""
    value = value[:LONGEST_HEADER]
    if any("\udc80" <= sign <= "\udcff" for sign in value):
        value = text_of(raw_bytes(value), charset)
    value = BETWEEN_WORDS.sub(r"\1", value)
    parts: list[str] = []
    at, waiting, waiting_in = 0, b"", ""
    for word in WORD.finditer(value):
        charset_of_word = word[1].partition("*")[0].lower()
        if waiting and (word.start() > at or charset_of_word != waiting_in):
            parts.append(text_of(waiting, waiting_in))  # words in a row are read together: a sign may be cut in two
            waiting = b""
        parts.append(value[at : word.start()])
        waiting, waiting_in, at = waiting + _bytes_of(word), charset_of_word, word.end()
    return clean("".join([*parts, text_of(waiting, waiting_in), value[at:]]))


def _bytes_of(word: re.Match[str]) -> bytes:
    data = word[3].encode("utf-8", errors="replace")
    if word[2] in "bB":
        try:
            return base64.b64decode(data + b"=" * (-len(data) % 4))
        except (binascii.Error, ValueError):
            return data
    return quopri.decodestring(data.replace(b"_", b" "))


def _one_line(value: str) -> str:
    return " ".join("".join(sign if sign.isprintable() else " " for sign in value).split())


def people(message: Message, *names: str) -> list[Person]:
    """Name and address of everybody in these headers; addresses normalised, those that are none left out."""
    found: dict[str, Person] = {}
    for name in names:
        for value in values(message, name):
            for person in _people(value, charset_of(message)):
                found.setdefault(person.email, person)
    return list(found.values())


def _people(value: str, charset: str) -> list[Person]:
    """Read the addresses before the encoded words, which may hold commas; then anything that looks like an address."""
    value = value[:LONGEST_HEADER]
    pairs = [(name, email) for name, email in getaddresses([value]) if "@" in email]
    return _valid(pairs, charset) or _valid(
        [("", email) for email in ADDRESS.findall(decoded(value, charset))], charset
    )


def _valid(pairs: list[tuple[str, str]], charset: str) -> list[Person]:
    found = []
    for name, email in pairs:
        try:
            address = normalize_email(decoded(email, charset).strip(" <>'\""))
        except ValidationError:
            continue
        if len(address) <= 254:
            found.append(Person(_one_line(decoded(name, charset)).strip("'\" ")[:200], address))
    return found


def message_ids(message: Message, name: str) -> list[str]:
    """The Message-IDs in a header, in their order."""
    return MESSAGE_ID.findall(clean(" ".join(values(message, name))[:LONGEST_HEADER]))


def dated(message: Message) -> datetime | None:
    """The Date, None where it is none or lies in times that no mail comes from."""
    found = values(message, "Date")
    if not found:
        return None
    try:
        moment = parsedate_to_datetime(clean(found[0]).strip())
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC) if 1980 <= moment.year <= timezone.now().year + 1 else None
    except (OverflowError, ValueError):
        return None
