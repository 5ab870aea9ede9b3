"""Reading mailboxes, files and pipes. A mail is kept first, then marked as read or moved, then taken in: whoever is ended between two of these loses nothing and doubles nothing."""

import os
import re
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from imaplib import IMAP4
from io import BytesIO
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from imap_tools import AND, OR, U
from imap_tools.errors import ImapToolsError
from imap_tools.mailbox import BaseMailBox, MailBox, MailBoxStartTls, MailBoxUnencrypted

from backoffice import audit
from backoffice.models import User
from customers.models import IncomingMail, Mailbox
from customers.services.mail import verdicts
from customers.services.mail.headers import people
from customers.services.mail.incoming import LARGEST, take_in, take_in_waiting
from customers.services.mail.keeping import keep
from customers.services.mail.parsing import UNREADABLE, take_apart

DUPLICATE = "duplicate"
SECONDS = 30
IN_MEMORY = 2**20
AT_ONCE = 2_000  # mails of one visit
LARGEST_HEAD = 2**20
MBOXES = {".mbox", ".mbx", ".box", ""}
# The line that mbox puts before a mail: who, and when.
BEGINS = re.compile(rb"From \S+ +\w{3} +\w{3} +\d{1,2} +\d\d:\d\d(?::\d\d)? [^\n]*\d{4}")
ESCAPED = re.compile(rb"^>(>*)From ")
FAILURES = (OSError, IMAP4.error, ImapToolsError, ssl.SSLError)


class CannotFetch(ValidationError):
    """The mail server refused or did not answer; the sentence says what it said."""


@dataclass
class Tally:
    """What became of the mails of one visit; the other figures add up to `read`."""

    read: int = 0
    new: int = 0
    appended: int = 0
    duplicate: int = 0
    bounce: int = 0
    auto: int = 0
    quarantined: int = 0

    def count(self, verdict: str) -> None:
        self.read += 1
        setattr(self, verdict, getattr(self, verdict) + 1)

    def add(self, other: "Tally") -> None:
        for name, number in asdict(other).items():
            setattr(self, name, getattr(self, name) + number)


# --- Files and pipes ------------------------------------------------------------------------------------


def take_file(file: IO[bytes], mailbox: Mailbox | None, tally: Tally) -> None:
    """Keep one mail and take it in."""
    kept = keep(file, mailbox)
    verdict = take_in(kept.incoming.pk)
    tally.count(verdict if kept.is_new else DUPLICATE)


def take_files(paths: Iterable[Path], mailbox: Mailbox | None) -> Tally:
    """Take in files, folders of files, and mbox files. A mail without a named mailbox goes where it is addressed to."""
    tally = Tally()
    for path in paths:
        for file in _mails_in(path):
            with file:
                take_file(file, mailbox or addressed(file), tally)
    return tally


def take_pipe(stream: IO[bytes], mailbox: Mailbox | None) -> Tally:
    """Take in one mail that a mail server pipes in."""
    tally = Tally()
    with SpooledTemporaryFile(IN_MEMORY) as file:
        while piece := stream.read(2**16):
            file.write(piece)
        take_file(file, mailbox or addressed(file), tally)  # type: ignore[arg-type]
    return tally


def _mails_in(path: Path) -> Iterator[IO[bytes]]:
    if path.is_dir():
        for inner in sorted(one for one in path.rglob("*") if one.is_file() and not one.name.startswith(".")):
            yield from _mails_in(inner)
        return
    if _is_mbox(path):
        yield from _mails_of_mbox(path)
    else:
        yield path.open("rb")


def _mails_of_mbox(path: Path) -> Iterator[IO[bytes]]:
    """The mails of an mbox, each by itself, whatever the size of the file.

    The standard library ends a mail at every paragraph that begins with "From "; here the line must have a date.
    """
    mail: IO[bytes] | None = None
    is_after_blank = True
    with path.open("rb") as file:
        for line in file:
            if mail is None or (is_after_blank and BEGINS.match(line)):
                if mail is not None:
                    yield mail
                mail = SpooledTemporaryFile(IN_MEMORY)  # type: ignore[assignment]  # noqa: SIM115 - the reader closes it
            else:
                mail.write(ESCAPED.sub(rb"\1From ", line, count=1))
            is_after_blank = not line.strip()
    if mail is not None:
        yield mail


def _is_mbox(path: Path) -> bool:
    """Whether a file holds mails one after the other: by its name, else where a second one begins soon after the first."""
    with path.open("rb") as file:
        head = file.read(LARGEST_HEAD)
    if not head.startswith(b"From "):
        return False
    return path.suffix.lower() in MBOXES or len(list(_beginnings(head))) > 1


def _beginnings(head: bytes) -> Iterator[bytes]:
    is_after_blank = True
    for line in head.splitlines(keepends=True):
        if is_after_blank and BEGINS.match(line):
            yield line
        is_after_blank = not line.strip()


def addressed(file: IO[bytes]) -> Mailbox | None:
    """The mailbox that a mail is addressed to, else the only one there is."""
    mailboxes = {
        mailbox.address.lower(): mailbox for mailbox in Mailbox.objects.filter(is_active=True).select_related("queue")
    }
    if len(mailboxes) < 2:
        return next(iter(mailboxes.values()), None)
    file.seek(0)
    try:
        source = take_apart(file.read(2**18))
        named = [one.email for one in people(source, "Delivered-To", "X-Original-To", "Envelope-To", "To", "Cc")]
    except UNREADABLE:
        named = []
    for email in named:
        local, _at, domain = email.rpartition("@")
        if found := mailboxes.get(f"{local.partition('+')[0]}@{domain}"):
            return found
    return None


# --- IMAP -----------------------------------------------------------------------------------------------


def fetch(mailbox: Mailbox) -> Tally:
    """Take in what is new in a mailbox. Raises CannotFetch; what was read by then is taken in, and the rest stays there."""
    take_in_waiting()
    tally = Tally()
    error = ""
    try:
        with connected(mailbox) as box:
            for uid in _new_uids(mailbox, box):
                _take_one(mailbox, box, uid, tally)
    except CannotFetch as refused:
        error = " ".join(refused.messages)
        raise
    finally:
        Mailbox.objects.filter(pk=mailbox.pk).update(last_fetched_at=timezone.now(), last_error=error[:500])
    return tally


def fetch_now(mailbox: Mailbox, *, by: User) -> Mailbox:
    """Fetch because somebody asks for it. Raises CannotFetch."""
    must_be_fetchable(mailbox)
    tally = fetch(mailbox)
    audit.record("mailbox.fetched", mailbox, by=by, data=asdict(tally))
    return mailbox


def try_connection(mailbox: Mailbox, *, by: User) -> Mailbox:
    """Sign in and open the folder, and read nothing. Raises CannotFetch with what the server says."""
    must_be_fetchable(mailbox)
    with connected(mailbox) as box:
        if mailbox.moves_to and not box.folder.exists(mailbox.moves_to):
            raise CannotFetch(_("There is no folder %(name)s.") % {"name": mailbox.moves_to})
    Mailbox.objects.filter(pk=mailbox.pk).update(last_error="")
    return mailbox


def must_be_fetchable(mailbox: Mailbox) -> None:
    if not mailbox.host:
        raise CannotFetch(_("The mailbox names no server. Mail comes by file or pipe."))


@contextmanager
def connected(mailbox: Mailbox) -> Iterator[BaseMailBox]:
    """The mailbox, signed in, in its folder. Whatever the server refuses becomes CannotFetch."""
    password = os.environ.get(mailbox.password_variable, "") if mailbox.password_variable else ""
    if not password:
        raise CannotFetch(
            _("The variable %(name)s with the password is not set.") % {"name": mailbox.password_variable or "–"}
        )
    try:
        with _open(mailbox).login(mailbox.username or mailbox.address, password, initial_folder=mailbox.folder) as box:
            yield box
    except ssl.SSLCertVerificationError as error:
        facts = {"host": mailbox.host, "error": error.verify_message}
        raise CannotFetch(_("The certificate of %(host)s is not trusted: %(error)s.") % facts) from error
    except FAILURES as error:
        raise CannotFetch(_("The mail server said: %(error)s") % {"error": _words(error)}) from error


def _open(mailbox: Mailbox) -> BaseMailBox:
    if mailbox.security == Mailbox.Security.NONE:
        return MailBoxUnencrypted(mailbox.host, mailbox.port, timeout=SECONDS)
    secure = ssl.create_default_context()
    if mailbox.security == Mailbox.Security.STARTTLS:
        return MailBoxStartTls(mailbox.host, mailbox.port, timeout=SECONDS, ssl_context=secure)
    return MailBox(mailbox.host, mailbox.port, timeout=SECONDS, ssl_context=secure)


def _words(error: BaseException) -> str:
    """What the server said, without the bytes around it."""
    said = getattr(error, "command_result", None) or error.args or (str(error),)
    texts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in _flat(said)]
    return " ".join(text for text in texts if text not in {"NO", "BAD", "OK"})[:300] or type(error).__name__


def _flat(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for one in value:
            yield from _flat(one)
    else:
        yield value


def _new_uids(mailbox: Mailbox, box: BaseMailBox) -> list[str]:
    """What nobody has read, and whatever came since the last visit: somebody else may have opened it meanwhile."""
    validity = int(box.folder.status(mailbox.folder, ["UIDVALIDITY"]).get("UIDVALIDITY", 0))
    criteria: Any = AND(seen=False)
    if mailbox.last_uid and validity == mailbox.uid_validity:
        criteria = OR(AND(seen=False), AND(uid=U(str(mailbox.last_uid + 1), "*")))
    else:
        mailbox.uid_validity, mailbox.last_uid = validity, 0
    found = box.uids(criteria)
    if mailbox.last_uid:  # "7:*" also means the last one where there is none from 7 on
        unseen = set(box.uids(AND(seen=False)))
        found = [uid for uid in found if int(uid) > mailbox.last_uid or uid in unseen]
    return sorted(found, key=int)[:AT_ONCE]


def _take_one(mailbox: Mailbox, box: BaseMailBox, uid: str, tally: Tally) -> None:
    size = _size_of(box, uid)
    is_whole = size <= LARGEST
    raw = _fetched(box, uid, "BODY.PEEK[]" if is_whole else "BODY.PEEK[HEADER]")
    if raw is None:  # somebody deleted it meanwhile
        return
    kept = keep(BytesIO(raw), mailbox)
    if kept.is_new and not is_whole:
        _put_aside_head(kept.incoming, size)
    box.flag(uid, ["\\Seen"], True)
    if mailbox.moves_to and is_whole:
        box.move(uid, mailbox.moves_to)
    mailbox.last_uid = max(mailbox.last_uid, int(uid))
    Mailbox.objects.filter(pk=mailbox.pk).update(uid_validity=mailbox.uid_validity, last_uid=mailbox.last_uid)
    verdict = take_in(kept.incoming.pk)
    tally.count(verdict if kept.is_new else DUPLICATE)


def _put_aside_head(incoming: IncomingMail, size: int) -> None:
    facts = {"size": str(-(-size // 2**20)), "limit": str(LARGEST // 2**20)}
    IncomingMail.objects.filter(pk=incoming.pk).update(
        verdict=IncomingMail.Verdict.QUARANTINED, reason=verdicts.ONLY_HEAD, facts=facts
    )


def _size_of(box: BaseMailBox, uid: str) -> int:
    _status, data = box.client.uid("FETCH", uid, "(RFC822.SIZE)")
    text = b" ".join(one for one in _flat(data) if isinstance(one, bytes))
    digits = text.rpartition(b"RFC822.SIZE ")[2].split(b")")[0].split(b" ")[0]
    return int(digits) if digits.isdigit() else 0


def _fetched(box: BaseMailBox, uid: str, what: str) -> bytes | None:
    _status, data = box.client.uid("FETCH", uid, f"({what})")
    return next((bytes(one[1]) for one in data if isinstance(one, tuple) and len(one) > 1), None)
