"""A mail, read: who wrote to whom, what, with which files. The standard library takes it apart; what it finds is read tolerantly.

The policy is compat32, which hands headers over as they stand: `policy.default` interprets them while it reads, and
raises on some that arrive.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime
from email import message_from_bytes, policy
from email.message import Message
from io import BytesIO

import structlog
from django.utils.functional import cached_property

from customers.services.mail import formatted, headers, packed
from customers.services.mail.charsets import clean, raw_bytes, text_of
from customers.services.mail.headers import Person
from customers.services.mail.packed import Packed

log = structlog.get_logger(__name__)

BOUNDARY = re.compile(r"\s*--([^\s\"][^\r\n\"]{0,69})\r?\n")
BASE64 = re.compile(r"[A-Za-z0-9+/=_-]+")
MOST_PARTS = 1_000
MOST_FILES = 100
MOST_OF_AN_ID = 300
LONGEST_BODY = 400_000
# What the standard library raises on mails that are none.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError, AssertionError)
EXTENSIONS = {
    "message/rfc822": "eml", "text/calendar": "ics", "text/plain": "txt", "text/html": "html", "application/pdf": "pdf", "image/png": "png",
    "image/jpeg": "jpg", "image/gif": "gif", "application/ms-tnef": "dat", "message/delivery-status": "txt", "text/rfc822-headers": "txt",
}  # fmt: skip


class Unreadable(Exception):
    """The mail cannot be taken apart."""


@dataclass(frozen=True)
class MailFile:
    """A file of a mail; looks like an uploaded one. `content_id` is what the HTML of the mail calls it."""

    name: str
    data: bytes = field(repr=False)
    content_id: str = ""

    @property
    def size(self) -> int:
        return len(self.data)

    @cached_property
    def content(self) -> BytesIO:
        return BytesIO(self.data)

    def read(self, size: int = -1) -> bytes:
        return self.content.read(size)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.content.seek(offset, whence)

    def tell(self) -> int:
        return self.content.tell()


@dataclass(frozen=True)
class Mail:
    """What a mail says. `source` is the message as taken apart; `left_out` counts files beyond the limit."""

    source: Message = field(repr=False)
    message_id: str
    senders: list[Person]
    reply_to: list[Person]
    to: list[Person]
    cc: list[Person]
    subject: str
    dated_at: datetime | None
    body: str
    html: str
    files: list[MailFile]
    left_out: int

    @property
    def sender(self) -> Person:
        """The first of those it is from; nobody where none has an address."""
        return self.senders[0] if self.senders else Person(headers.text(self.source, "From")[:200], "")

    @property
    def references(self) -> list[str]:
        """Message-IDs of what this answers, the nearest last."""
        found = [*headers.message_ids(self.source, "References"), *headers.message_ids(self.source, "In-Reply-To")]
        return list(dict.fromkeys(found))

    @cached_property
    def delivered_to(self) -> str:
        """Every header that may name the address at which it arrived, as text."""
        names = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To", "Cc", "Received")
        return clean(" ".join(value for name in names for value in headers.values(self.source, name)))


def take_apart(raw: bytes) -> Message:
    """The structure of a mail. Raises Unreadable."""
    try:
        return message_from_bytes(raw, policy=policy.compat32)
    except UNREADABLE as error:
        raise Unreadable(str(error)) from error


def read(raw: bytes) -> Mail:
    """Read a mail. Raises Unreadable for what is none, or has so many parts that it is an attack."""
    source = take_apart(raw)
    try:
        return _read(source)
    except UNREADABLE as error:
        raise Unreadable(f"{type(error).__name__}: {error}") from error


def _read(source: Message) -> Mail:
    if not source.keys():
        raise Unreadable("no header")
    texts: list[str] = []
    pages: list[str] = []
    files: list[MailFile] = []
    for number, part in enumerate(parts_of(source)):
        if number >= MOST_PARTS:
            raise Unreadable(f"more than {MOST_PARTS} parts")
        _sort_in(part, texts, pages, files)
    body = "\n\n".join(text for text in texts if text.strip()).strip()
    html = "\n".join(pages)
    for inner in _unpack(files):
        if not (body or html):
            body, html = inner.body.strip(), inner.html
    if body and not html and formatted.is_html(body):
        html, body = body, ""
    return Mail(
        source=source,
        message_id=next(iter(headers.message_ids(source, "Message-ID")), ""),
        senders=headers.people(source, "From") or headers.people(source, "Sender"),
        reply_to=headers.people(source, "Reply-To"),
        to=headers.people(source, "To"),
        cc=headers.people(source, "Cc"),
        subject=headers.text(source, "Subject"),
        dated_at=headers.dated(source),
        body=(body or formatted.text_of_html(html))[:LONGEST_BODY].strip(),
        html=formatted.sanitised(html),
        files=files[:MOST_FILES],
        left_out=max(0, len(files) - MOST_FILES),
    )


def _unpack(files: list[MailFile]) -> list[Packed]:
    """What Outlook packed into files of this mail; the files inside go to the end of `files`. One that cannot be read stays as it is."""
    found = []
    for file in [file for file in files if file.data.startswith(packed.SIGNATURE)]:
        try:
            found.append(packed.opened(file.data))
        except packed.NotPacked as error:
            log.info("packed_mail_unread", reason=str(error))
    files += [
        MailFile(_one_line(one.name) or "attachment.bin", one.data, one.content_id[:MOST_OF_AN_ID])
        for whole in found
        for one in whole.files
    ]
    return found


def parts_of(source: Message) -> list[Message]:
    """The leaves, in their order. A mail within the mail is one leaf; of alternatives each is one."""
    leaves: list[Message] = []
    waiting = [source]
    while waiting and len(leaves) <= MOST_PARTS:
        part = waiting.pop()
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            waiting += reversed(inside(part))
        elif part.get_content_maintype() == "multipart" and (whole := _by_real_boundary(part)):
            waiting += reversed(inside(whole))
        else:
            leaves.append(part)
    return leaves


def _by_real_boundary(part: Message) -> Message | None:
    """The parts of one that names another boundary than the one that stands in it; None where none stands there."""
    payload = str(part.get_payload() or "")
    found = BOUNDARY.match(payload)
    if not found:
        return None
    head = f'Content-Type: multipart/mixed; boundary="{found[1].rstrip()}"\n\n'
    whole = take_apart(head.encode("utf-8", errors="surrogateescape") + raw_bytes(payload))
    return whole if whole.is_multipart() else None


def inside(part: Message) -> list[Message]:
    """The messages within a part: its parts, the mail that it carries, the groups of a report."""
    payload = part.get_payload()
    return [inner for inner in payload if isinstance(inner, Message)] if isinstance(payload, list) else []


def _sort_in(part: Message, texts: list[str], pages: list[str], files: list[MailFile]) -> None:
    """Put a leaf where it belongs: text, page, or file. An empty one without a name is nothing."""
    kind = part.get_content_type()
    name = name_of(part)
    is_attached = "attachment" in str(part.get("Content-Disposition", "")).lower() or bool(name)
    if kind == "text/plain" and not is_attached:
        texts.append(text_in(part))
    elif kind == "text/html" and not is_attached:
        pages.append(text_in(part))
    elif part.get_content_maintype() == "multipart":  # says that it has parts, and has none
        texts.append(text_in(part))
    else:
        data = bytes_in(part)
        if data:
            content_id = clean(str(part.get("Content-ID", ""))).strip(" <>\t")[:MOST_OF_AN_ID]
            files.append(MailFile(name or f"{kind.partition('/')[0]}.{EXTENSIONS.get(kind, 'bin')}", data, content_id))


def name_of(part: Message) -> str:
    name = part.get_filename()
    if not name:
        return ""
    if "\ufffd" in name:  # raw bytes beyond ASCII, which the standard library gives up
        name = _with_raw_bytes(part).get_filename() or name
    return _one_line(clean(headers.decoded(str(name), str(part.get_content_charset() or ""))))


def _one_line(name: str) -> str:
    return name.replace("\n", " ").strip()


def _with_raw_bytes(part: Message) -> Message:
    """The same headers, their raw bytes read."""
    readable = Message(policy.compat32)
    for header in ("Content-Type", "Content-Disposition"):
        for value in headers.values(part, header):
            readable[header] = text_of(raw_bytes(value))
    return readable


def text_in(part: Message) -> str:
    return text_of(bytes_in(part), str(part.get_content_charset() or ""))


def bytes_in(part: Message) -> bytes:
    """The content of a leaf: decoded, or as it stands where it says that it is encoded and is not."""
    payload = part.get_payload()
    if isinstance(payload, list):
        return b"".join(_as_sent(inner) for inner in inside(part))
    if part.get_content_maintype() == "text" and _is_not_base64(part, str(payload or "")):
        return raw_bytes(str(payload))
    data = part.get_payload(decode=True)
    if isinstance(data, bytes):
        return data
    return raw_bytes(str(payload or ""))


def _is_not_base64(part: Message, payload: str) -> bool:
    """Whether a text says that it is base64 and begins with a line that cannot be."""
    if str(part.get("Content-Transfer-Encoding", "")).strip().lower() != "base64":
        return False
    first = next((line.strip() for line in payload.splitlines() if line.strip()), "")
    return bool(first) and not BASE64.fullmatch(first)


def _as_sent(message: Message) -> bytes:
    """A mail within the mail. What cannot be written as bytes again is written as text."""
    try:
        return message.as_bytes()
    except UNREADABLE:
        return raw_bytes(str(message.get_payload()))
