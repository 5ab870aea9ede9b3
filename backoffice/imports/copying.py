"""Values as COPY reads them from its text format."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

NULL = "\\N"
BLOCK = 500
ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


@dataclass(frozen=True)
class Block:
    """Staged rows as COPY reads them."""

    count: int
    text: str


def encode_text(value: Any) -> str:
    if value is None:
        return NULL
    if "\\" in value or "\n" in value or "\r" in value or "\t" in value:
        return str(value.translate(ESCAPES))
    return str(value)


def encode_plain(value: Any) -> str:
    return NULL if value is None else str(value)


def encode_bool(value: Any) -> str:
    return NULL if value is None else "t" if value else "f"


def encode_json(value: Any) -> str:
    return NULL if value is None else encode_text(json.dumps(value, ensure_ascii=False))


def encode_array(value: Any) -> str:
    if value is None:
        return NULL
    if not value:
        return "{}"
    return encode_text("{" + ",".join(map(_element, value)) + "}")


def encode(value: Any) -> str:
    """A value by its own type, for columns that hold no JSON lists."""
    if isinstance(value, str):
        return encode_text(value)
    if isinstance(value, bool):
        return encode_bool(value)
    if isinstance(value, list):
        return encode_array(value)
    return encode_json(value) if isinstance(value, dict) else encode_plain(value)


def _element(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def encoder(type: str) -> Callable[[Any], str]:
    """How values of a column of this PostgreSQL type are written."""
    if type.endswith("[]"):
        return encode_array
    if type.startswith(("text", "varchar")):
        return encode_text
    return {"jsonb": encode_json, "bool": encode_bool, "boolean": encode_bool}.get(type, encode_plain)


def blocks(rows: Iterable[Any], encoders: Sequence[Callable[[Any], str]]) -> Iterator[Block]:
    """Blocks as they are, and rows of values written as blocks."""
    kept: list[Any] = []
    for row in rows:
        if isinstance(row, Block):
            yield row
            continue
        kept.append(row)
        if len(kept) >= BLOCK:
            yield _block(kept, encoders)
            kept = []
    if kept:
        yield _block(kept, encoders)


def _block(rows: Sequence[Any], encoders: Sequence[Callable[[Any], str]]) -> Block:
    columns = zip(*rows, strict=True)
    written = [_column(write, column) for write, column in zip(encoders, columns, strict=True)]
    lines = ["\t".join(line) for line in zip(*written, strict=True)]
    return Block(len(rows), "\n".join([*lines, ""]))


def _column(write: Callable[[Any], str], values: Sequence[Any]) -> Sequence[str]:
    """The values of a column as `write` has them. Most texts need no escape, which is seen for all of them at once."""
    if values.count(None) == len(values):
        return [NULL] * len(values)
    if write is encode_text:
        texts = "".join([value for value in values if value])
        if not any(mark in texts for mark in "\\\n\r\t"):
            return [NULL if value is None else value for value in values]
    return [write(value) for value in values]
