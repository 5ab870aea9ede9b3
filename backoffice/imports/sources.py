"""The bytes of an uploaded file: as they are, or out of a gz or a zip that holds one table. Never more than is safe.

Archives are read as streams: no name inside one ever reaches the disk, and what unpacks to far more than its size says is
refused while it is read.
"""

from __future__ import annotations

import gzip
import io
import os
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

BLOCK = 256 * 1024
MAX_LINE = 16 * 1024**2
MAX_RATIO = 150
SMALL = 20 * 1024**2
MAX_MEMBERS = 2000
MAX_DIRECTORY = 1024**2
GZIP, ZIP, OLE = b"\x1f\x8b", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
SPREADSHEETS = (".xlsx", ".xlsm")
PACKED = (".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz", ".zst")
# What other programs' files begin with.
FOREIGN = (
    (b"%PDF", "pdf"),
    (b"\x89PNG", "picture"),
    (b"\xff\xd8\xff", "picture"),
    (b"GIF8", "picture"),
    (b"II*\0", "picture"),
    (b"Rar!", "packed"),
    (b"7z\xbc\xaf", "packed"),
    (b"BZh", "packed"),
    (b"\xfd7zXZ", "packed"),
    (b"\x28\xb5\x2f\xfd", "packed"),
    (b"PK\x05\x06", "nothing"),
    (b"SQLite format 3", "database"),
    (b"PAR1", "parquet"),
    (b"{\\rtf", "document"),
)
Stamp = tuple[int, int, int]


class Unreadable(ValidationError):
    """The file is no table, or not one that can be read safely."""


class LineTooLong(Unreadable):
    """A line without end: whoever knows the row names it."""


@dataclass(frozen=True)
class Packing:
    """How the table is packed: "" for not at all, "gz", "zip"; the name of the member that is the table."""

    kind: str = ""
    member: str = ""


def stamp(path: Path) -> Stamp:
    """What changes when the file does: its identity, size and time."""
    return _stamp(path.stat())


def _stamp(facts: os.stat_result) -> Stamp:
    return facts.st_ino, facts.st_size, facts.st_mtime_ns


@contextmanager
def opened(path: Path, since: Stamp | None = None, ends: tuple[bytes, ...] = (b"\n", b"\r")) -> Iterator[BinaryIO]:
    """The unpacked bytes, buffered. `ends` are the line ends of the encoding, for the bound on the length of a line.

    Raises Unreadable for what cannot be unpacked, grows too large, or is not the file that `since` is the stamp of; when
    the file changed while it was read, at the end.
    """
    with opened_file(path, since) as file:
        try:
            with _unpacked(file, path) as (raw, used):
                yield io.BufferedReader(_Bounded(raw, used, ends), BLOCK)
        except (EOFError, zlib.error, gzip.BadGzipFile, zipfile.BadZipFile) as error:
            raise Unreadable(_("The archive is damaged or cut off. Pack it anew.")) from error


@contextmanager
def opened_file(path: Path, since: Stamp | None = None) -> Iterator[BinaryIO]:
    """The file itself. Raises Unreadable when it is not what `since` is the stamp of, and at the end when it changed."""
    with path.open("rb") as file:
        first = _stamp(os.fstat(file.fileno()))
        if since is not None and first != since:
            raise Unreadable(_("The file was changed after it was looked at. Look at it again."))
        yield file
        if _stamp(os.fstat(file.fileno())) != first:
            raise Unreadable(_("The file was changed while it was read. Try again when it is complete."))


@contextmanager
def _unpacked(file: BinaryIO, path: Path) -> Iterator[tuple[IO[bytes], Callable[[], int] | None]]:
    """The table's own stream, and how many packed bytes it has cost so far."""
    packing = packing_of(path)
    if packing.kind == "gz":
        with gzip.GzipFile(fileobj=file) as raw:
            yield cast(IO[bytes], raw), file.tell
    elif packing.kind == "zip":
        with zipfile.ZipFile(file) as archive:
            member = archive.getinfo(packing.member)
            with open_member(archive, packing.member) as inside:
                yield inside, lambda: member.compress_size
    else:
        yield file, None


def open_member(archive: zipfile.ZipFile, name: str) -> IO[bytes]:
    """A member to read from. Raises Unreadable where it is packed as the list of contents does not say."""
    try:
        return archive.open(name)
    except (NotImplementedError, UnicodeDecodeError) as error:
        raise damaged() from error


class _Bounded(io.RawIOBase):
    """Hands bytes on and counts them: against the limit of size, the ratio of packing, the length of a line."""

    def __init__(self, raw: IO[bytes], used: Callable[[], int] | None, ends: tuple[bytes, ...]) -> None:
        self.raw = raw
        self.used = used
        self.ends = ends
        self.total = 0
        self.line = 0
        self.limit = settings.IMPORT_UNPACKED_LIMIT

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self.raw.read(len(buffer))
        count = len(block)
        buffer[:count] = block
        self.total += count
        if self.used is not None:
            self._check_ratio(self.used())
        self._check_line(block)
        return count

    def _check_ratio(self, packed: int) -> None:
        if self.total > self.limit or (self.total > SMALL and self.total > MAX_RATIO * max(packed, 1)):
            raise too_large()

    def _check_line(self, block: bytes) -> None:
        if any(end in block for end in self.ends):
            self.line = 0
        self.line += len(block)
        if self.line > MAX_LINE:
            raise LineTooLong(
                _("A line has more than %(limit)s. This is no table, or the wrong encoding.")
                % {"limit": filesizeformat(MAX_LINE)}
            )


def damaged() -> Unreadable:
    return Unreadable(_("The archive or workbook is damaged. Save it anew and try again."))


def too_large() -> Unreadable:
    return Unreadable(_("The file unpacks to far more than its size says. It was not read."))


# --- What is in it ------------------------------------------------------------------------------


def packing_of(path: Path) -> Packing:
    """How the file is packed; workbooks, which are archives themselves, count as not packed. Raises Unreadable."""
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith(GZIP):
            return Packing("gz")
        if start != ZIP:
            return Packing()
        with directory(file) as archive:
            return Packing() if is_workbook(archive) else Packing("zip", _only_table(archive))


@contextmanager
def directory(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    """The archive, its list of contents checked: sizes, number, encryption. Raises Unreadable."""
    _refuse_long_directory(file)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError) as error:
        raise damaged() from error
    with archive:
        members = archive.infolist()
        total = sum(member.file_size for member in members)
        packed = sum(member.compress_size for member in members) or 1
        if any(member.header_offset < 0 for member in members):
            raise damaged()
        if len(members) > MAX_MEMBERS or total > settings.IMPORT_UNPACKED_LIMIT:
            raise too_large()
        if total > SMALL and total / packed > MAX_RATIO:
            raise too_large()
        if any(member.flag_bits & 0x41 for member in members):
            raise Unreadable(_("The file is protected by a password. Save it without one."))
        if any(member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for member in members):
            raise Unreadable(_("The archive is packed in an uncommon way. Unpack it and give the table inside."))
        try:
            yield archive
        except (zipfile.BadZipFile, zlib.error, EOFError) as error:
            raise damaged() from error


def _refuse_long_directory(file: BinaryIO) -> None:
    """The list of contents is read as a whole: refuse one that is larger than any honest file's."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - 65_557, 0))
    tail = file.read()
    at = tail.rfind(b"PK\x05\x06")
    if at >= 0 and len(tail) >= at + 16 and struct.unpack_from("<L", tail, at + 12)[0] > MAX_DIRECTORY:
        raise too_large()
    file.seek(0)


def is_workbook(archive: zipfile.ZipFile) -> bool:
    """Whether it is an .xlsx. Raises Unreadable for the documents of other programs, with what to do."""
    names = set(archive.namelist())
    if "mimetype" in names and archive.getinfo("mimetype").file_size < 200:
        with open_member(archive, "mimetype") as file:
            kind = file.read()
        if b"spreadsheet" in kind:
            raise Unreadable(_("This is an OpenDocument spreadsheet (.ods). Save it as .xlsx or as CSV."))
        raise Unreadable(_("This is a document of another program, not a table. Save the table in it as CSV."))
    if "[Content_Types].xml" not in names:
        if "Index/Document.iwa" in names:
            raise Unreadable(_("This is a document of Numbers. Export it as CSV or as an Excel workbook."))
        return False
    if "xl/workbook.bin" in names:
        raise Unreadable(_("This is a binary workbook (.xlsb). Save it as .xlsx or as CSV."))
    if not any(name.startswith("xl/") for name in names):
        raise Unreadable(_("This is a document of another program, not a table. Save the table in it as CSV."))
    return True


def tables(archive: zipfile.ZipFile) -> list[str]:
    """Names of the files inside, without those that programs and systems add."""
    return [
        member.filename
        for member in archive.infolist()
        if not member.is_dir()
        and not member.filename.startswith("__MACOSX/")
        and not PurePosixPath(member.filename).name.startswith(".")
    ]


def _only_table(archive: zipfile.ZipFile) -> str:
    """The one file inside. Raises Unreadable for none, several, or what is packed again."""
    names = tables(archive)
    if not names:
        raise Unreadable(_("The archive is empty."))
    if len(names) > 1:
        raise Unreadable(
            _("The archive holds %(count)s files: %(names)s. Give one of them.")
            % {"count": len(names), "names": ", ".join([*map(shown, names[:8]), *(["…"] if len(names) > 8 else [])])}
        )
    if names[0].lower().endswith(PACKED + SPREADSHEETS):
        raise Unreadable(
            _("The archive holds “%(name)s”, which is packed itself. Unpack it and give that file.")
            % {"name": shown(names[0])}
        )
    return names[0]


def shown(name: str) -> str:
    """A name out of an archive, fit for a sentence: its last part, printable."""
    last = PurePosixPath(name.replace("\\", "/")).name
    return "".join(ch for ch in last if ch.isprintable())[:80]


def refuse_foreign(head: bytes) -> None:
    """Raise Unreadable for what begins like the file of another program."""
    if head.startswith(OLE):
        if "EncryptedPackage".encode("utf-16-le") in head:
            raise Unreadable(_("The workbook is protected by a password. Save it without one."))
        raise Unreadable(_("This is a workbook of an old Excel (.xls). Save it as .xlsx or as CSV."))
    kind = next((kind for start, kind in FOREIGN if head.startswith(start)), "")
    if kind == "packed" or head[257:262] == b"ustar":
        raise Unreadable(_("The file is packed in a way that is not read. Unpack it and give the table inside."))
    if kind == "nothing":
        raise Unreadable(_("The archive is empty."))
    if head.startswith((GZIP, ZIP)):
        raise Unreadable(_("The archive holds another archive or a workbook. Unpack it and give the file inside."))
    if kind:
        names = {
            "pdf": _("a PDF"),
            "picture": _("a picture"),
            "database": _("a database"),
            "parquet": _("a Parquet file"),
            "document": _("a text document"),
        }
        raise Unreadable(_("This is %(kind)s, not a table. Save the table in it as CSV.") % {"kind": names[kind]})
