"""Lists as files: CSV that no spreadsheet takes for formulas and the import reads back identically, XLSX, JSON Lines.

Rows come from a server-side cursor and leave at once; nothing is held in memory.
"""

from __future__ import annotations

import csv
import datetime
import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any

import openpyxl
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from backoffice import audit, context
from backoffice.models import User
from backoffice.resources import ESCAPED, FORMULA_STARTS

CHUNK = 2000
MASK = "•••"
PERSONAL = "customers.view_personal_data"
EXPORT = "backoffice.export_data"
CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}
EXCEL_CELL = 32_767


def stream(
    queryset: models.QuerySet,
    columns: Sequence[Any],
    fmt: str,
    filename: str,
    *,
    user: User | None = None,
    bom: bool = True,
) -> StreamingHttpResponse:
    """Answer with every row of `queryset`; `columns` have `header`, `kind` and `value(obj)`.

    Raises PermissionDenied unless the person of the request may export.
    """
    user = user or acting_user()
    if user is None or not user.has_perm(EXPORT):
        raise PermissionDenied
    audit.record("list.exported", user, by=user, data=_facts(queryset, columns, fmt, filename))
    name = f"{slugify(filename) or 'export'}-{timezone.localdate().isoformat()}.{fmt}"
    response = StreamingHttpResponse(
        pieces(queryset, columns, fmt, user=user, bom=bom), content_type=CONTENT_TYPES[fmt]
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Accel-Buffering"] = "no"
    response["Cache-Control"] = "no-store"
    return response


def acting_user() -> User | None:
    """The person of the request in whose course this is called."""
    return User.objects.active().filter(pk=context.current().get("user")).first()


def _facts(queryset: models.QuerySet, columns: Sequence[Any], fmt: str, filename: str) -> dict[str, Any]:
    return {
        "list": filename,
        "model": queryset.model._meta.label_lower,
        "format": fmt,
        "columns": [str(c.header) for c in columns],
    }


def pieces(
    queryset: models.QuerySet, columns: Sequence[Any], fmt: str, *, user: User | None, bom: bool = False
) -> Iterator[bytes]:
    """The file, piece by piece. Columns that are `personal` are masked for those who may not see personal data."""
    masked = (
        {c.key for c in columns if getattr(c, "personal", False)}
        if user is not None and not user.has_perm(PERSONAL)
        else set()
    )
    headers = [str(column.header) for column in columns]
    rows = _rows(queryset, columns, masked)
    if fmt == "csv":
        return _csv(headers, rows, bom)
    if fmt == "xlsx":
        return _xlsx(headers, rows)
    return _jsonl(headers, rows)


def _rows(queryset: models.QuerySet, columns: Sequence[Any], masked: set[str]) -> Iterator[list[Any]]:
    readers = [_masked if column.key in masked else column.value for column in columns]
    with transaction.atomic():
        for obj in queryset.iterator(chunk_size=CHUNK):
            yield [read(obj) for read in readers]


def _masked(obj: Any) -> str:
    return MASK


def safe(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would read a formula; `resources.plain` takes it off."""
    return f"'{text}" if text[:1] in FORMULA_STARTS or (text[:1] == "'" and ESCAPED.match(text)) else text


def cell(value: Any) -> str:
    """A value as CSV has it: numbers and dates in a form that every program reads."""
    if value is None:
        return ""
    if isinstance(value, str):
        return safe(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, datetime.datetime):
        return (timezone.localtime(value) if timezone.is_aware(value) else value).isoformat(sep=" ", timespec="seconds")
    if isinstance(value, list | tuple):
        return safe(", ".join(str(item) for item in value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return safe(str(value))


def plain_decimal(value: Decimal) -> str:
    """Without exponent and padding zeros: 12.900 is 12.9, 100.000 is 100."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _csv(headers: Sequence[str], rows: Iterable[list[Any]], bom: bool) -> Iterator[bytes]:
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer)
    if bom:
        buffer.write("\ufeff")
    writer.writerow([safe(header) for header in headers])
    for count, row in enumerate(rows, start=1):
        writer.writerow([cell(value) for value in row])
        if count % 500 == 0:
            yield _taken(buffer)
    yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()


def _jsonl(headers: Sequence[str], rows: Iterable[list[Any]]) -> Iterator[bytes]:
    for row in rows:
        record = {header: _json(value) for header, value in zip(headers, row, strict=True)}
        yield (json.dumps(record, ensure_ascii=False) + "\n").encode()


def _json(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int | float | list | dict):
        return value
    return plain_decimal(value) if isinstance(value, Decimal) else cell(value)


def _xlsx(headers: Sequence[str], rows: Iterable[list[Any]]) -> Iterator[bytes]:
    """The workbook grows in a temporary file, row by row."""
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Export")
    sheet.freeze_panes = "A2"
    sheet.append([_excel(header) for header in headers])
    for row in rows:
        sheet.append([_excel(value) for value in row])
    with tempfile.TemporaryFile() as file:
        book.save(file)
        file.seek(0)
        while piece := file.read(64 * 1024):
            yield piece


def _excel(value: Any) -> Any:
    """Numbers stay numbers; text is text whatever it starts with."""
    if value is None or isinstance(value, bool | int | float | Decimal):
        return value
    if isinstance(value, datetime.datetime):
        return timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
    if isinstance(value, datetime.date):
        return value
    text = value if isinstance(value, str) else cell(value)
    return safe(ILLEGAL_CHARACTERS_RE.sub("", text))[:EXCEL_CELL]
