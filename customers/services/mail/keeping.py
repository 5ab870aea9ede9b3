"""A mail is kept before anything is made of it: whole, on disk, once in each mailbox."""

import hashlib
import re
import secrets
from dataclasses import dataclass
from typing import IO

from django.core.files.base import File
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from customers.models import IncomingMail, Mailbox
from customers.services.mail import headers, parsing
from customers.services.mail.parsing import Unreadable

HEAD = 2**18
PIECE = 2**16
TRIES = 3
END_OF_HEAD = re.compile(rb"\r?\n\r?\n|\r\r")
SAME_IF_SAME = ("From", "Subject", "Date")


@dataclass(frozen=True)
class Kept:
    """`is_new` is False where the mailbox had this mail already."""

    incoming: IncomingMail
    is_new: bool


@dataclass(frozen=True)
class _Prints:
    """What a mail is known by: all of its bytes, and what of it does not change on the way."""

    sha256: str
    content_sha256: str
    size: int
    message_id: str


def keep(file: IO[bytes], mailbox: Mailbox | None) -> Kept:
    """Keep a mail and commit. One that is here already is counted there; another one with the same Message-ID is a mail of its own."""
    prints = _prints(file)
    for _attempt in range(TRIES):
        key = prints.message_id or f"sha256:{prints.content_sha256}"
        found = IncomingMail.objects.filter(mailbox=mailbox, key=key).first()
        if found and found.content_sha256 != prints.content_sha256:
            key = f"{prints.message_id} {prints.content_sha256}"
            found = IncomingMail.objects.filter(mailbox=mailbox, key=key).first()
        if found:
            IncomingMail.objects.filter(pk=found.pk).update(copies=F("copies") + 1)
            return Kept(found, is_new=False)
        if created := _create(file, mailbox, key, prints):
            return Kept(created, is_new=True)
    raise RuntimeError(f"the mail {prints.message_id} is taken in and away again by others")


def _prints(file: IO[bytes]) -> _Prints:
    file.seek(0)
    head = file.read(HEAD)
    end = END_OF_HEAD.search(head)
    whole, content = hashlib.sha256(head), hashlib.sha256()
    message_id = ""
    try:
        source = parsing.take_apart(head[: end.end()] if end else head)
        message_id = next(iter(headers.message_ids(source, "Message-ID")), "")
        for name in SAME_IF_SAME:
            content.update(" ".join(headers.values(source, name)).encode("utf-8", errors="surrogateescape"))
    except (Unreadable, *parsing.UNREADABLE):
        end = None
    content.update((head[end.end() :] if end else head).replace(b"\r", b""))
    size = len(head)
    while piece := file.read(PIECE):
        whole.update(piece)
        content.update(piece.replace(b"\r", b""))
        size += len(piece)
    return _Prints(whole.hexdigest(), content.hexdigest(), size, message_id)


def _create(file: IO[bytes], mailbox: Mailbox | None, key: str, prints: _Prints) -> IncomingMail | None:
    """The new row with its file; None where somebody else kept the same mail meanwhile."""
    incoming = IncomingMail(
        mailbox=mailbox,
        identifier=prints.message_id,
        content_sha256=prints.content_sha256,
        sha256=prints.sha256,
        size=prints.size,
    )
    file.seek(0)
    incoming.raw.save(f"{timezone.now():%Y/%m}/{secrets.token_hex(16)}.eml", File(file), save=False)
    values = {
        field.attname: getattr(incoming, field.attname)
        for field in IncomingMail._meta.concrete_fields
        if field.attname not in {"id", "mailbox_id", "key"}
    }
    values["raw"] = incoming.raw.name
    with transaction.atomic():
        row, is_created = IncomingMail.objects.get_or_create(mailbox=mailbox, key=key, defaults=values)
    if not is_created:
        incoming.raw.delete(save=False)
    return row if is_created else None
