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
    lines: list[str] = []
    for row in rows:
        if isinstance(row, Block):
            yield row
            continue
        lines.append("\t".join([write(value) for write, value in zip(encoders, row, strict=True)]))
        if len(lines) >= BLOCK:
            yield Block(len(lines), "\n".join([*lines, ""]))
            lines = []
    if lines:
        yield Block(len(lines), "\n".join([*lines, ""]))
