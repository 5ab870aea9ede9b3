"""Temporary tables for the set-based steps."""

import json
from collections.abc import Iterable
from typing import Any

from django.db.backends.utils import CursorWrapper


def temporary_table(cursor: CursorWrapper, name: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Create table `name` with `columns` ("n int, name text") for this transaction and fill it with `rows`."""
    names = [column.split()[0] for column in columns.split(",")]
    payload = json.dumps([dict(zip(names, row, strict=True)) for row in rows])
    cursor.execute(
        f"CREATE TEMP TABLE {name} ON COMMIT DROP AS SELECT * FROM jsonb_to_recordset(%s::jsonb) AS rows ({columns})",  # noqa: S608 - our own words
        [payload],
    )
