"""Audit of verbs: `record` is the writer of AuditEvent, and `backoffice_record` (sql/audit.sql) for verbs that one call of the
database carries out as a whole. Row history is written by triggers, see history.py."""

from collections.abc import Mapping
from typing import Any

from django.db import models

from backoffice import context
from backoffice.models import AuditEvent, User


def record(
    verb: str,
    obj: models.Model,
    *,
    by: User | None,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
) -> AuditEvent:
    """Write that `by` did `verb` ("order.placed") to `obj`, inside the caller's transaction."""
    return record_many(verb, [obj], by=by, reason=reason, data=data)[0]


def record_many(
    verb: str,
    objects: list[Any],
    *,
    by: User | None,
    reason: str = "",
    data: Mapping[str, Any] | None = None,
) -> list[AuditEvent]:
    """Write one event for each of `objects` in one statement.

    The subject is the number where there is one: audit events are kept for good, and names of people must not be.
    """
    through = facts()
    return AuditEvent.objects.bulk_create(
        AuditEvent(
            verb=verb,
            actor=by,
            subject_type=obj._meta.label_lower,
            subject_id=obj.pk,
            subject=str(getattr(obj, "number", "") or obj)[:200],
            reason=reason,
            data=dict(data or {}),
            **through,
        )
        for obj in objects
    )


def record_selected(
    cursor: Any, verb: str, model: type[models.Model], select: str, *, by: User | None, with_data: bool = False
) -> None:
    """Write one event for each row of `select` in one statement, for verbs over so many rows that they are not read here.

    select: a statement of our own, without input: primary key, number and reason of each, and `with_data` an object of jsonb.
    """
    through = facts()
    cursor.execute(
        f"""INSERT INTO backoffice_auditevent (at, verb, actor_id, subject_type, subject_id, subject, reason, data, source, request_id)
            SELECT clock_timestamp(), %s, %s, %s, s.id, left(s.number, 200), s.reason, {"s.data" if with_data else "'{}'"}, %s, %s
            FROM ({select}) s(id, number, reason{", data" if with_data else ""})""",  # noqa: S608 - statements of ours
        [verb, by.pk if by else None, model._meta.label_lower, through["source"], through["request_id"]],
    )


def facts() -> dict[str, str]:
    """What an event keeps of the context in force: `source` and `request_id`."""
    known = context.current()
    return {"source": str(known.get("source", ""))[:100], "request_id": str(known.get("request_id", ""))[:40]}
