"""What Outlook packs into winmail.dat (TNEF, application/ms-tnef): the files of a mail and its body.

A reader of the stream of attributes ([MS-OXTNEF]) for what strangers send: every length and count is held against the bytes
that are there, and a mail within is handed out as it is. (`tnefparse` believes counts: 49 bytes keep it busy for half an hour.)
"""

from collections.abc import Iterator
from struct import error as StructError
from struct import unpack_from
from typing import NamedTuple

from customers.services.mail.charsets import clean, text_of

SIGNATURE = b"\x78\x9f\x3e\x22"
MOST_FILES = 500
OF_THE_MAIL = 1  # or of the file that began last
MOST = 20_000  # attributes of a stream, and properties of an attribute
BODY, TITLE, DATA, BEGIN, PROPERTIES, FILE_PROPERTIES, CODE_PAGE = (
    0x800C,
    0x8010,
    0x800F,
    0x9002,
    0x9003,
    0x9005,
    0x9007,
)
NAMED, SEVERAL, FEW_BYTES, UNICODE = 0x8000, 0x1000, {0x02: 2, 0x0B: 2}, 0x1F
SIZES = FEW_BYTES | dict.fromkeys((0x03, 0x04, 0x0A), 4) | dict.fromkeys((0x05, 0x06, 0x07, 0x14, 0x40), 8) | {0x48: 16}
OF_ANY_SIZE, OBJECT = {0x0D, 0x1E, UNICODE, 0x102}, 0x0D
TEXT_BODY, HTML_BODY, TEXT_PAGE = 0x1000, 0x1013, 0x3FDE
NAMES, CONTENT, CONTENT_ID = (0x3707, 0x3704, 0x3001), 0x3701, 0x3712
A_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")
PAGES = {
    20127: "ascii",
    20866: "koi8-r",
    51932: "euc-jp",
    51949: "euc-kr",
    52936: "hz",
    54936: "gb18030",
    65001: "utf-8",
}


class NotPacked(ValueError):
    """The stream is damaged, or built to be long to read."""


class Value(NamedTuple):
    kind: int
    data: bytes


class PackedFile(NamedTuple):
    """A file as it stands in the stream."""

    name: str
    data: bytes
    content_id: str = ""


class Packed(NamedTuple):
    """What a stream holds. `html` is as the sender wrote it."""

    body: str
    html: str
    files: list[PackedFile]


Pieces = dict[int, memoryview]


def opened(stream: bytes) -> Packed:
    """Read a stream. Raises NotPacked."""
    own: Pieces = {}
    files: list[Pieces] = []
    try:
        for level, name, data in _attributes(memoryview(stream)):
            if name == BEGIN:
                files.append({})
            of = own if level == OF_THE_MAIL else files[-1] if files else {}
            of[name] = data
        if len(files) > MOST_FILES:
            raise NotPacked(f"more than {MOST_FILES} files")
        page = _codec(unpack_from("<I", own[CODE_PAGE])[0]) if CODE_PAGE in own else ""
        return Packed(*_bodies(own, page), [file for one in files if (file := _file(one, page)).data])
    except StructError as error:
        raise NotPacked(str(error)) from error


def _bodies(own: Pieces, page: str) -> tuple[str, str]:
    """The text and the HTML of the mail."""
    found = _properties(own[PROPERTIES]) if PROPERTIES in own else {}
    number = found.get(TEXT_PAGE)
    page_of_html = _codec(unpack_from("<I", number.data)[0]) if number else page
    body = _text(found.get(TEXT_BODY), page) or text_of(bytes(own.get(BODY, b"")), page)
    return body, _text(found.get(HTML_BODY), page_of_html)


def _file(own: Pieces, page: str) -> PackedFile:
    """A mail within is a stream of this kind, and gets its name."""
    found = _properties(own[FILE_PROPERTIES]) if FILE_PROPERTIES in own else {}
    name = next((name for number in NAMES if (name := _text(found.get(number), page))), "")
    name = name or text_of(bytes(own.get(TITLE, b"")), page)
    data, content = bytes(own.get(DATA, b"")), found.get(CONTENT)
    if content and content.kind == OBJECT:  # the kind of the object stands before it
        data = data or content.data[16:]
        name = f"{name or 'message'}.dat" if content.data.startswith(A_MESSAGE) else name
    elif content:
        data = data or content.data
    return PackedFile(name, data, _text(found.get(CONTENT_ID), page).strip("<> "))


def _attributes(stream: memoryview) -> Iterator[tuple[int, int, memoryview]]:
    """Level, name, type, length, data and sum of each; level, name and data are handed on."""
    if bytes(stream[:4]) != SIGNATURE:
        raise NotPacked("no signature")
    at = 6
    for _number in range(MOST):
        if at + 11 > len(stream):  # the end; some have a few bytes more
            return
        level, name, _kind, length = unpack_from("<BHHI", stream, at)
        yield level, name, _piece(stream, at + 9, length)
        at += 11 + length
    raise NotPacked(f"more than {MOST} attributes")


def _piece(data: memoryview, at: int, length: int) -> memoryview:
    if at + length > len(data):
        raise NotPacked("a length beyond the end")
    return data[at : at + length]


def _properties(data: memoryview) -> dict[int, Value]:
    """Properties by number, of each its first value; those with a name of their own are passed over."""
    found: dict[int, Value] = {}
    (count,) = unpack_from("<I", data)
    if count > MOST:
        raise NotPacked(f"more than {MOST} properties")
    at = 4
    for _number in range(count):
        kind, number = unpack_from("<HH", data, at)
        at += 4
        if number >= NAMED:
            (by_name,) = unpack_from("<I", data, at + 16)
            (length,) = unpack_from("<I", data, at + 20)
            at += 24 + (_padded(length) if by_name else 0)
        values, at = _values(data, at, kind)
        if values and number < NAMED:
            found[number] = Value(kind & ~SEVERAL, bytes(values[0]))
    return found


def _values(data: memoryview, at: int, kind: int) -> tuple[list[memoryview], int]:
    """The values of a property, which begin at `at`, and where they end."""
    base, count = kind & ~SEVERAL, 1
    if kind & SEVERAL or base in OF_ANY_SIZE:
        (count,) = unpack_from("<I", data, at)
        at += 4
    if base in SIZES:
        whole = _piece(data, at, SIZES[base] * count)
        return [whole[: SIZES[base]]] if count else [], at + _padded(len(whole))
    if base not in OF_ANY_SIZE or count > MOST:
        raise NotPacked(f"a property of the kind {kind:#x}")
    values = []
    for _number in range(count):
        (length,) = unpack_from("<I", data, at)
        values.append(_piece(data, at + 4, length))
        at += 4 + _padded(length)
    return values, at


def _padded(length: int) -> int:
    return -(-length // 4) * 4


def _text(value: Value | None, page: str) -> str:
    if value is None:
        return ""
    if value.kind == UNICODE:
        return clean(value.data.decode("utf-16-le", errors="replace"))
    return text_of(value.data, page)


def _codec(page: int) -> str:
    """Python's name of a code page of Windows."""
    return PAGES.get(page) or (f"iso-8859-{page - 28590}" if 28591 <= page <= 28605 else f"cp{page}")
