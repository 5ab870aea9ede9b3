"""Values as COPY reads them from its text format."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

NULL = "\\N"
ESCAPES = str.maketrans({"\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


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
