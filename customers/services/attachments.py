"""Files that people send: named by what they contain, kept under random names, and quarantined where they could run.

Neither the name nor the type that the sender gave is trusted.
"""

import hashlib
import lzma
import os
import re
import secrets
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.text import get_valid_filename
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from backoffice import audit
from backoffice.models import User
from customers.models import Attachment, Message

MAX_SIZE = 20 * 1024 * 1024
MAX_FILES = 10
HEAD = 4096
SMALL_ARCHIVE = 100 * 1024 * 1024  # what an archive may unpack to at least
MOST_UNPACKED = 200  # times its size
MOST_DIRECTORY = 8 * 1024 * 1024  # bytes of the list of files in an archive
MOST_INNER = 200  # files of an archive that are looked into
LARGEST_INNER = 20 * 1024 * 1024
UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
TNEF = "application/ms-tnef"
PICTURES = frozenset(("image/png", "image/jpeg", "image/gif", "image/webp"))  # what a page may show
ZIP = "application/zip"
GZIP = "application/gzip"
UNZIPPABLE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError, ValueError, NotImplementedError)
ARCHIVES = (".zip", ".7z", ".rar", ".gz", ".tgz", ".bz2", ".xz", ".tar", ".cab", ".arj")
OLE = "application/x-ole-storage"

MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"\x78\x9f\x3e\x22", TNEF),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
    (b"\x1f\x8b", GZIP),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"{\\rtf", "application/rtf"),
    (b"OggS", "audio/ogg"),
    (b"ID3", "audio/mpeg"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", OLE),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-executable"),
    (b"\xca\xfe\xba\xbe", "application/java-vm"),
    (b"\xfe\xed\xfa", "application/x-mach-binary"),
    (b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
    (b"#!", "text/x-script"),
)
ACTIVE_TYPES = {
    "application/x-msdownload",
    "application/x-executable",
    "application/java-vm",
    "application/x-mach-binary",
    "application/x-ms-shortcut",
    "text/x-script",
    "text/html",
    "image/svg+xml",
}
ACTIVE_SUFFIXES = frozenset(
    (
        "html",
        "htm",
        "xhtml",
        "xht",
        "mht",
        "mhtml",
        "shtml",
        "svg",
        "svgz",
        "js",
        "mjs",
        "cjs",
        "hta",
        "exe",
        "scr",
        "com",
        "bat",
        "cmd",
        "ps1",
        "psm1",
        "vbs",
        "vbe",
        "wsf",
        "wsh",
        "jse",
        "msi",
        "msp",
        "jar",
        "lnk",
        "reg",
        "dll",
        "sh",
        "bash",
        "app",
        "apk",
        "dmg",
        "iso",
        "img",
        "php",
        "py",
        "pl",
        "rb",
        "docm",
        "dotm",
        "xlsm",
        "xltm",
        "xlam",
        "pptm",
        "potm",
        "ppsm",
        "chm",
        "url",
        "swf",
    )
)
OFFICE = {
    "word/": ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "xl/": ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "ppt/": ("pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
}
NAMED = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "pdf": "application/pdf",
    "mp4": "video/mp4",
}
MARKUP = re.compile(
    rb"<\s*(!doctype\s+html|html|head|body|script|iframe|svg|meta|object|embed|form|img|a\s)", re.IGNORECASE
)

RUNS = gettext_noop("It can run on the reader's machine.")
RENAMED = gettext_noop("Its name says something else than its content.")
MACROS = gettext_noop("It holds macros.")
SCRIPTED = gettext_noop("It holds a script.")
HIDES = gettext_noop("It is an archive with a file that can run.")
NESTED = gettext_noop("It is an archive with archives inside archives.")
BOMB = gettext_noop("It is an archive that unpacks to far more than its size.")
UNREAD = gettext_noop("It is a mail that could not be read.")


log = structlog.get_logger(__name__)


class TooLarge(ValidationError):
    """A file is above the limit."""

    def __init__(self, name: str, size: int) -> None:
        super().__init__(
            _("%(name)s has %(size)s MB. A file may have at most %(limit)s MB."),
            code="too_large",
            params={"name": name, "size": -(-size // 2**20), "limit": MAX_SIZE // 2**20},
        )


@dataclass(frozen=True)
class Finding:
    """What a file is, and why it is not to be opened ("" when nothing speaks against it)."""

    content_type: str
    reason: str = ""


def check_size(file: Any) -> None:
    """Raise TooLarge, or ValidationError for an empty file."""
    if file.size > MAX_SIZE:
        raise TooLarge(clean_name(file.name), file.size)
    if not file.size:
        raise ValidationError(_("%(name)s is empty."), code="empty", params={"name": clean_name(file.name)})


def keep(message: Message, files: Iterable[Any], *, most: int = MAX_FILES, quarantine: str = "") -> list[Attachment]:
    """Keep `files` with `message`: checked, hashed, renamed. Raises TooLarge before anything is written.

    quarantine: why all of them are put there, whatever they are.
    """
    files = list(files)
    if len(files) > most:
        raise ValidationError(_("At most %(count)s files at once."), code="too_many_files", params={"count": most})
    for file in files:
        check_size(file)
    return [_keep(message, file, quarantine) for file in files]


def _keep(message: Message, file: Any, quarantine: str) -> Attachment:
    name = clean_name(file.name)
    finding = examine(file, name)
    if quarantine:
        finding = Finding(finding.content_type, quarantine)
    attachment = Attachment(
        message=message,
        name=name,
        size=file.size,
        sha256=_digest(file),
        content_type=finding.content_type,
        verdict=Attachment.Verdict.QUARANTINED if finding.reason else Attachment.Verdict.SAFE,
        verdict_reason=finding.reason,
    )
    if finding.reason:
        log.warning("attachment_quarantined", ticket=message.ticket_id, sha256=attachment.sha256, reason=finding.reason)
    file.seek(0)
    attachment.file.save(f"{timezone.now():%Y/%m}/{secrets.token_hex(16)}", File(file), save=False)
    attachment.save()
    return attachment


def clean_name(name: str) -> str:
    """The last part of the sender's name, without what steers terminals and paths."""
    last = PurePosixPath(str(name).replace("\\", "/")).name
    printable = "".join(sign for sign in last if sign.isprintable() and sign not in "\u202a\u202b\u202d\u202e").strip(
        " ."
    )
    return printable[-200:] or "file"


def _digest(file: Any) -> str:
    file.seek(0)
    digest = hashlib.sha256()
    while chunk := file.read(2**16):
        digest.update(chunk)
    return digest.hexdigest()


def examine(file: Any, name: str) -> Finding:
    """Say what the content is and whether it belongs into quarantine."""
    file.seek(0)
    head = file.read(HEAD)
    content_type = sniff(head)
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if content_type == ZIP:
        return _examine_zip(file, suffix)
    if content_type == GZIP and suffix not in ACTIVE_SUFFIXES:
        return _examine_gzip(file)
    if content_type in ACTIVE_TYPES or suffix in ACTIVE_SUFFIXES:
        return Finding(content_type, RUNS)
    if content_type == OLE and _holds(file, "_VBA_PROJECT".encode("utf-16-le"), b"_VBA_PROJECT"):
        return Finding(content_type, MACROS)
    if content_type == "application/pdf" and _holds(file, b"/JavaScript", b"/JS ", b"/JS(", b"/Launch"):
        return Finding(content_type, SCRIPTED)
    if suffix in NAMED and NAMED[suffix] != content_type:
        return Finding(content_type, RENAMED)
    return Finding(content_type)


def sniff(head: bytes) -> str:
    """The media type of a file that begins with `head`, by content alone."""
    for magic, content_type in MAGIC:
        if head.startswith(magic):
            return content_type
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        return "image/heic" if head[8:12] in {b"heic", b"heix", b"mif1", b"msf1"} else "video/mp4"
    return _sniff_text(head)


def _sniff_text(head: bytes) -> str:
    text = head
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head.decode("utf-16", errors="ignore").encode()
    found = MARKUP.search(text)
    if found:
        return "image/svg+xml" if found[1].lower() == b"svg" else "text/html"
    return UNKNOWN if b"\x00" in text else TEXT


def _examine_gzip(file: Any) -> Finding:
    """The last four bytes say how much it unpacks to; nothing is unpacked."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 4))
    unpacked = int.from_bytes(file.read(4), "little")
    return Finding(GZIP, BOMB if unpacked > max(SMALL_ARCHIVE, size * MOST_UNPACKED) else "")


def _examine_zip(file: Any, suffix: str) -> Finding:
    """Office documents are archives too; macros and programs inside show in the list of names."""
    size = file.seek(0, os.SEEK_END)
    if _directory_of(file, size) > MOST_DIRECTORY:
        return Finding(ZIP, BOMB)
    file.seek(0)
    try:
        archive = zipfile.ZipFile(file)
        entries = archive.infolist()
        names = [entry.filename.lower() for entry in entries[:10_000]]
        unpacked = sum(entry.file_size for entry in entries)
    except UNZIPPABLE:
        return Finding(UNKNOWN, RENAMED)
    if unpacked > max(SMALL_ARCHIVE, size * MOST_UNPACKED):
        return Finding(ZIP, BOMB)
    content_type = next(
        (kind for folder, (_s, kind) in OFFICE.items() if any(n.startswith(folder) for n in names)), ZIP
    )
    if any(name.endswith("vbaproject.bin") for name in names):
        return Finding(content_type, MACROS)
    if suffix in ACTIVE_SUFFIXES:
        return Finding(content_type, RUNS)
    if content_type == ZIP and any(name.rpartition(".")[2] in ACTIVE_SUFFIXES for name in names):
        return Finding(content_type, HIDES)
    if content_type == ZIP and (inner := _found_inside(archive, unpacked, size)):
        return Finding(ZIP, inner)
    if suffix in NAMED:
        return Finding(content_type, RENAMED)
    return Finding(content_type)


def _directory_of(file: Any, size: int) -> int:
    """Bytes of the list of files, as the end of the archive tells; 0 where there is no such end."""
    file.seek(max(0, size - 2**16 - 22))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    return int.from_bytes(tail[at + 12 : at + 16], "little") if at >= 0 else 0


def _found_inside(archive: zipfile.ZipFile, unpacked: int, size: int) -> str:
    """Why the archives in an archive speak against it: what they unpack to together, what they hide, and more archives in them.

    Entries are known by how they begin, those first that are named as archives, and all of them together are read no
    further than a limit, whatever the archive says about itself.
    """
    room = LARGEST_INNER
    entries = sorted(archive.infolist(), key=lambda one: not one.filename.lower().endswith(ARCHIVES))
    if len(entries) > MOST_INNER and entries[MOST_INNER].filename.lower().endswith(ARCHIVES):
        return NESTED
    for entry in entries[:MOST_INNER]:
        try:
            with archive.open(entry) as inner:
                if inner.read(4) != b"PK\x03\x04":
                    continue
                if entry.file_size > room:
                    return NESTED
                rest = inner.read(room)
            room -= len(rest)
            parts = zipfile.ZipFile(BytesIO(b"PK\x03\x04" + rest)).infolist()
        except (*UNZIPPABLE, RuntimeError):  # a password, or bytes that are none of an archive
            continue
        names = [part.filename.lower() for part in parts]
        unpacked += sum(part.file_size for part in parts)
        if unpacked > max(SMALL_ARCHIVE, size * MOST_UNPACKED):
            return BOMB
        if any(name.endswith(ARCHIVES) for name in names):
            return NESTED
        if any(name.rpartition(".")[2] in ACTIVE_SUFFIXES for name in names):
            return HIDES
    return ""


def _holds(file: Any, *needles: bytes) -> bool:
    """Whether one of `needles` stands anywhere in the file; read piece by piece, pieces overlapping."""
    file.seek(0)
    overlap = max(len(needle) for needle in needles)
    tail = b""
    while chunk := file.read(2**20):
        piece = tail + chunk
        if any(needle in piece for needle in needles):
            return True
        tail = piece[-overlap:]
    return False


@transaction.atomic
def open_file(attachment: Attachment, *, by: User | None) -> File:
    """The stored file. Opening a quarantined one is recorded."""
    if attachment.verdict == Attachment.Verdict.QUARANTINED:
        audit.record("attachment.opened_from_quarantine", attachment, by=by, data={"sha256": attachment.sha256})
    return attachment.file.open("rb")


def safe_name(attachment: Attachment) -> str:
    """The name for the download: ASCII-safe, and never one that runs by a double click."""
    name = get_valid_filename(attachment.name)
    return f"{name}.quarantined" if attachment.verdict == Attachment.Verdict.QUARANTINED else name
