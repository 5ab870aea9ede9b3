"""Rows of a JSON file: an array of objects, or objects one after the other, such as one on each line.

What is nested becomes columns `a.b`. A list of the turns of a conversation becomes rows below its object, the first of
which carries the object: columns `messages.position`, which counts them from 1, and `messages.` before the names of what is
said of a turn. Objects are read one after the other, so that memory stays within what the largest one needs.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from backoffice.imports import encodings, sources
from backoffice.imports.sources import Stamp, Unreadable

PIECE = 256 * 1024
MAX_OBJECT = 8 * 1024**2  # characters
MAX_DEPTH = 20
MAX_CELL = 1024**2
MAX_COLUMNS = 1000
SHOWN = 8  # lists that a sentence names
BLANKS = re.compile(r"\s*")
BETWEEN = re.compile(r"[\s,]*")
HALVES = re.compile("[\ud800-\udfff]")
BEGINS = re.compile(r"\ufeff?\s*(?:\[\s*)?\{\s*[\"}]")
ENDS = (b"\n", b"}")  # a file of one line is no line without end
TURNS = "messages"
POSITION = f"{TURNS}.position"
# What a turn says, and what tells whose it is or when it was: an object that has one of each is a turn.
SAYS = frozenset(["text", "body", "plain_body", "body_text", "content", "message", "utterance", "comment"])
TELLS = frozenset(
    [
        "speaker", "role", "author", "author_id", "author_type", "author_name", "sender", "sender_type", "sender_id", "from", "from_email",
        "user", "user_id", "incoming", "direction", "public", "private", "internal", "created_at", "created", "timestamp", "time", "at",
        "sent_at", "date", "created_by",
    ]
)  # fmt: skip
# Under what APIs hand out their records, beside counts and the address of the next page.
WRAPPERS = (
    "tickets",
    "conversations",
    "sessions",
    "chats",
    "requests",
    "cases",
    "results",
    "records",
    "data",
    "items",
    "rows",
)

Record = dict[str, str]


@dataclass
class Shape:
    """The columns of a file in their order, the lists that are read as turns, further ones of the same object, and other lists."""

    columns: dict[str, None] = field(default_factory=dict)
    turns: dict[str, None] = field(default_factory=dict)
    again: dict[str, None] = field(default_factory=dict)
    left_out: dict[str, None] = field(default_factory=dict)

    def notes(self) -> list[str]:
        said = []
        if self.turns:
            sentence = _("Each turn in “%(names)s” is read as a row of its own, below its conversation.")
            said.append(sentence % {"names": _named(self.turns)})
        if self.again:
            sentence = _("Further turns are left out, an object has one conversation: %(names)s.")
            said.append(sentence % {"names": _named(self.again)})
        if self.left_out:
            said.append(_("Lists that are no cell are left out: %(names)s.") % {"names": _named(self.left_out)})
        return said


def begins(text: str) -> bool:
    """Whether a text begins as objects do, alone or in an array."""
    return BEGINS.match(text) is not None


def shape_of(path: Path, encoding: str) -> Shape:
    """Read the whole file for its columns. Raises Unreadable for what is damaged, too large or nested too deep."""
    shape = Shape()
    with _opened(path, encoding) as file:
        for number, found in enumerate(objects(file), start=1):
            for record in _records(found, number, shape):
                shape.columns.update(dict.fromkeys(record))
            if len(shape.columns) > MAX_COLUMNS:
                raise Unreadable(_("The file has more than %(limit)s columns.") % {"limit": MAX_COLUMNS})
    ofturns = f"{TURNS}."
    ordered = sorted(shape.columns, key=lambda name: (name.startswith(ofturns), name != POSITION))
    shape.columns = dict.fromkeys(ordered if shape.turns else shape.columns)
    return shape


def rows(path: Path, encoding: str, columns: list[str], since: Stamp | None = None) -> Iterator[tuple[int, list[str]]]:
    """The columns as row 1, and below them the records. Raises Unreadable, also when the file has other columns by now."""
    yield 1, list(columns)
    places = {name: place for place, name in enumerate(columns)}
    row, shape = 1, Shape()
    with _opened(path, encoding, since) as file:
        for number, found in enumerate(objects(file), start=1):
            for record in _records(found, number, shape):
                row += 1
                cells = [""] * len(columns)
                for name, text in record.items():
                    if name not in places:
                        raise Unreadable(_("The file was changed after it was looked at. Look at it again."))
                    cells[places[name]] = text
                yield row, cells


def estimate(path: Path) -> int:
    """About how many records there are; never fewer."""
    with sources.opened(path, ends=ENDS) as file:
        return sum(piece.count(b"{") + piece.count(b"[") for piece in iter(lambda: file.read(PIECE), b""))


@contextmanager
def _opened(path: Path, encoding: str, since: Stamp | None = None) -> Iterator[TextIO]:
    with sources.opened(path, since, ENDS) as file:
        try:
            yield io.TextIOWrapper(file, encodings.codec(encoding))
        except UnicodeError as error:
            fault = encodings.first_fault(path, encoding)
            raise Unreadable(encodings.broken(fault, encoding) if fault else str(error)) from error


# --- Objects ------------------------------------------------------------------------------------


def objects(file: TextIO) -> Iterator[dict[str, Any]]:
    """The objects of the file, numbers as they are written. Raises Unreadable with the number of the object."""
    decoder = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=lambda _name: None)
    text, at, number, is_end, piece = file.read(PIECE).removeprefix("\ufeff"), 0, 0, False, PIECE
    at = _after(BLANKS, text, 0)
    is_array = text.startswith("[", at)
    at += is_array
    while True:
        at = _after(BETWEEN, text, at)
        if is_array and text.startswith("]", at):
            if (text[at + 1 :] + file.read(PIECE)).strip():
                raise Unreadable(_("Something stands behind the end of the array. The file is damaged."))
            return
        if at < len(text):
            try:
                found, at = decoder.raw_decode(text, at)
            except RecursionError as error:
                raise _too_deep(number + 1) from error
            except ValueError as error:  # it may go on in what is not read yet
                if is_end or len(text) - at > MAX_OBJECT:
                    raise _unreadable(number + 1, text, at, is_end=is_end) from error
            else:
                if not isinstance(found, dict):
                    raise no_objects()
                number, piece = number + 1, PIECE
                yield from _unwrapped(found)
                continue
        elif is_end:
            if is_array:
                raise Unreadable(_("The file is cut off: the array of objects has no end."))
            return
        more = file.read(piece)
        is_end, piece = not more, min(2 * piece, MAX_OBJECT)
        text, at = text[at:] + more, 0


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _unwrapped(found: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The records of a page as APIs give it; else the object itself."""
    embedded = found.get("_embedded")
    page = embedded if isinstance(embedded, dict) and "id" not in found else found
    name = next((name for name in WRAPPERS if _is_list_of(page.get(name), dict)), "")
    if name and "id" not in page:
        yield from (_bare(one) for one in page[name])
    else:
        yield _bare(found)


def _bare(found: dict[str, Any]) -> dict[str, Any]:
    """What stands alone in an object, such as {"ticket": {...}}; else the object."""
    inner = next(iter(found.values())) if len(found) == 1 else None
    return inner if isinstance(inner, dict) and inner else found


def no_objects() -> Unreadable:
    return Unreadable(_("This is JSON, not a table. Export the table as CSV."))


def _unreadable(number: int, text: str, at: int, *, is_end: bool) -> Unreadable:
    if not is_end:
        return Unreadable(
            _("Object %(number)s has more than %(limit)s, or a mark is missing in it.")
            % {"number": number, "limit": filesizeformat(MAX_OBJECT)}
        )
    return Unreadable(
        _("Object %(number)s cannot be read, it begins: %(text)s") % {"number": number, "text": text[at : at + 60]}
    )


def _too_deep(number: int) -> Unreadable:
    return Unreadable(
        _("Object %(number)s is nested more than %(limit)s deep.") % {"number": number, "limit": MAX_DEPTH}
    )


# --- Records ------------------------------------------------------------------------------------


def _records(found: dict[str, Any], number: int, shape: Shape) -> Iterator[Record]:
    """The rows of one object: itself, or one for each of its turns, of which the first carries it."""
    record: Record = {}
    turns: list[dict[str, Any]] = []
    for path, value in _flat(found, number):
        if not isinstance(value, list):
            record[path] = _cell(value, number)
        elif not turns and (turns := _turns(value)):
            shape.turns[path] = None
        elif named := _tags(path, value):
            record[path] = ", ".join(_cell(one, number) for one in named)
        elif not any(isinstance(one, list | dict) for one in value):
            if value:
                record[path] = ", ".join(_cell(one, number) for one in value)
        else:
            (shape.again if _turns(value) else shape.left_out)[path] = None
    if not turns:
        yield record
    for position, turn in enumerate(turns, start=1):
        record[POSITION] = str(position)
        for path, value in _flat(turn, number):
            if not isinstance(value, list):
                record[f"{TURNS}.{path}"] = _cell(value, number)
            elif value:
                shape.left_out[f"{TURNS}.{path}"] = None
        yield record
        record = {}


def _flat(value: dict[str, Any], number: int, before: str = "", depth: int = 1) -> Iterator[tuple[str, Any]]:
    """Names and values, those of objects inside as `a.b`."""
    if depth > MAX_DEPTH:
        raise _too_deep(number)
    for name, inner in value.items():
        path = f"{before}{_storable(name)}".replace("\0", "␀")
        if isinstance(inner, dict):
            yield from _flat(inner, number, f"{path}.", depth + 1)
        else:
            yield path, inner


def _turns(value: list[Any]) -> list[dict[str, Any]]:
    """The turns in a list: pairs of speaker and text, or objects that have a text and tell whose it is; else none."""
    if _is_list_of(value, list) and all(len(one) == 2 and _is_list_of(one, str) for one in value):
        return [{"speaker": speaker, "text": text} for speaker, text in value]
    if not _is_list_of(value, dict):
        return []
    turns = [_bare(one) for one in value]
    if all({"from", "value"} <= one.keys() for one in turns):
        return [{"speaker": one["from"], "text": one["value"]} for one in turns]
    return turns if all(SAYS & one.keys() and TELLS & {_in_words(name) for name in one} for one in turns) else []


def _in_words(name: str) -> str:
    """createdAt as created_at."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()


def _tags(path: str, value: list[Any]) -> list[Any]:
    """The names of tags that are objects, such as {"id": 1, "name": "vip"}; else none."""
    if path.rpartition(".")[2].lower() not in ("tags", "labels") or not _is_list_of(value, dict):
        return []
    return [one.get("name") or one.get("tag") or one.get("title") or "" for one in value]


def _is_list_of(value: Any, kind: type) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(one, kind) for one in value)


def _cell(value: Any, number: int) -> str:
    """The text of a cell."""
    if value is None:
        return ""
    text = ("FALSE", "TRUE")[value] if isinstance(value, bool) else str(value)
    if len(text) > MAX_CELL:
        raise Unreadable(
            _("Object %(number)s has a text of more than %(limit)s characters.")
            % {"number": number, "limit": f"{MAX_CELL:,}"}
        )
    return _storable(text)


def _storable(text: str) -> str:
    """Halves of characters, which only JSON can write, are no text."""
    return text if text.isascii() else HALVES.sub("\ufffd", text)


def _named(paths: dict[str, None]) -> str:
    names = list(paths)
    return ", ".join([*names[:SHOWN], *(["…"] if len(names) > SHOWN else [])])
