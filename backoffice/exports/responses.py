"""An export over HTTP, sent while it is made."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.text import slugify

from backoffice import audit, context
from backoffice.exports.files import CONTENT_TYPES, Export
from backoffice.exports.values import EXPORT
from backoffice.models import User


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
    export = Export(queryset, columns, fmt, user=user, bom=bom)
    audit.record("list.exported", user, by=user, data=facts(export, filename))
    response = StreamingHttpResponse(iter(export), content_type=CONTENT_TYPES[fmt])
    response["Content-Disposition"] = f'attachment; filename="{file_name(filename, fmt)}"'
    response["X-Accel-Buffering"] = "no"
    response["Cache-Control"] = "no-store"
    return response


def acting_user() -> User | None:
    """The person of the request in whose course this is called."""
    return User.objects.active().filter(pk=context.current().get("user")).first()


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
