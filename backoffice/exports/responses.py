"""An export over HTTP, sent while it is made."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify

from backoffice import audit
from backoffice.exports.files import CONTENT_TYPES, Export
from backoffice.exports.values import EXPORT


def stream(export: Export, name: str) -> StreamingHttpResponse:
    """Answer with the file, made while it is sent.

    Nothing reads the database before the first byte is asked for: what a middleware writes on the way out must not
    fall into the reading transaction. Where the file cannot be finished, the answer breaks off and is not taken for whole.
    Raises PermissionDenied unless its user may export.
    """
    if export.user is None or not export.user.has_perm(EXPORT):
        raise PermissionDenied
    audit.record("list.exported", export.user, by=export.user, data=facts(export, name))
    response = StreamingHttpResponse(iter(export), content_type=CONTENT_TYPES[export.fmt])
    response["Content-Disposition"] = f'attachment; filename="{file_name(name, export.fmt)}"'
    response["X-Accel-Buffering"] = "no"
    response["Cache-Control"] = "no-store"
    return response


def file_name(name: str, fmt: str) -> str:
    """ "orders" on the last day of January is "orders-2026-01-31.csv"."""
    return f"{slugify(name) or 'export'}-{timezone.localdate().isoformat()}.{fmt}"


def facts(export: Export, name: str) -> dict[str, Any]:
    """What the audit keeps of an export."""
    return {
        "list": name,
        "model": export.queryset.model._meta.label_lower,
        "format": export.fmt,
        "columns": export.headers,
    }
