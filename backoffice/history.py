"""Row history as the triggers wrote it: what changed, by whom, through what; as of a time; restore."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from backoffice import audit, context
from backoffice.models import User

HIDDEN = {"updated_at", "search_text"}


@dataclass(frozen=True)
class Entry:
    """One event of a row. `changes` are (field label, value before, value after), as text for people."""

    id: int
    at: datetime
    action: str
    user: User | None
    source: str
    reason: str
    changes: list[tuple[str, str, str]]
    run: str = ""


def model_of(obj: models.Model) -> type[models.Model]:
    """The history model of `obj`. Raises ValidationError for a table without history."""
    relation = getattr(type(obj), "history", None)
    if relation is None:
        raise ValidationError(_("%(kind)s keep no row history."), params={"kind": obj._meta.verbose_name_plural})
    return relation.rel.related_model  # type: ignore[no-any-return]


def entries(obj: models.Model, limit: int = 200) -> list[Entry]:
    """The newest `limit` events of `obj`, newest first, each with its difference to the one before."""
    history = model_of(obj)
    rows = list(
        history.objects.filter(pgh_obj_id=obj.pk).select_related("pgh_context").order_by("-pgh_id")[: limit + 1]  # type: ignore[attr-defined]
    )
    people = User.objects.in_bulk({_metadata(row).get("user") for row in rows} - {None})
    labels = _Labels(obj)
    found = []
    for index, row in enumerate(rows[:limit]):
        before = rows[index + 1] if index + 1 < len(rows) else None
        facts = _metadata(row)
        found.append(
            Entry(
                id=row.pgh_id,
                at=row.pgh_created_at,
                action=row.pgh_label,
                user=people.get(facts.get("user")),
                source=str(facts.get("source", "")),
                reason=str(facts.get("reason", "")),
                changes=labels.difference(before, row),
                run=str(facts.get("run", "")),
            )
        )
    return found


def as_of(obj: models.Model, at: datetime) -> models.Model | None:
    """The history row of `obj` in force at `at`; None when it did not exist then."""
    row = model_of(obj).objects.filter(pgh_obj_id=obj.pk, pgh_created_at__lte=at).order_by("-pgh_id").first()  # type: ignore[attr-defined]
    return None if row is None or row.pgh_label == "delete" else row


@transaction.atomic
def restore(obj: models.Model, entry: int, *, by: User) -> models.Model:
    """Give the plain fields of `obj` the values they had after event `entry`; statuses and numbers stay.

    Raises ValidationError when the values no longer fit the rules of today.
    """
    row = model_of(obj).objects.get(pgh_id=entry, pgh_obj_id=obj.pk)  # type: ignore[attr-defined]
    current = type(obj)._default_manager.select_for_update().get(pk=obj.pk)
    changed = []
    for field in restorable(type(obj)):
        value = getattr(row, field.attname)
        if getattr(current, field.attname) != value:
            setattr(current, field.attname, value)
            changed.append(field.name)
    if changed:
        current.full_clean()
        reason = _("Restored version %(entry)s") % {"entry": entry}
        context.say_why(reason)
        current.save()
        audit.record(f"{obj._meta.model_name}.restored", current, by=by, data={"entry": entry, "fields": changed})
    return current


def restorable(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """Fields that `restore` sets: those a person may edit, except what a service must write."""
    owned = {"status", "payment_status", "fulfilment_status", "return_status", "number", *HIDDEN}
    return [
        f
        for f in model._meta.local_concrete_fields
        if not f.primary_key and f.editable and not isinstance(f, models.GeneratedField) and f.name not in owned
    ]


def _metadata(row: Any) -> dict[str, Any]:
    return row.pgh_context.metadata if row.pgh_context_id else {}


class _Labels:
    """Writes values of one model for people; related rows are looked up by one query per relation."""

    def __init__(self, obj: models.Model) -> None:
        self.fields = [
            f
            for f in obj._meta.local_concrete_fields
            if f.name not in HIDDEN and not isinstance(f, models.GeneratedField) and not f.primary_key
        ]
        self.related: dict[tuple[str, Any], str] = {}
        self.masked = set(getattr(obj, "PERSONAL", ())) if getattr(obj, "is_masked", False) else set()

    def difference(self, before: Any, after: Any) -> list[tuple[str, str, str]]:
        changes = []
        for field in self.fields:
            if not hasattr(after, field.attname):
                continue
            old = getattr(before, field.attname) if before is not None else None
            new = getattr(after, field.attname) if after.pgh_label != "delete" else None
            if after.pgh_label == "insert":
                old = None
            if old != new and not (old is None and new in ("", [], {})):
                changes.append((str(field.verbose_name), self.text(field, old), self.text(field, new)))
        return changes

    def text(self, field: models.Field[Any, Any], value: Any) -> str:
        if value in (None, ""):
            return ""
        if field.name in self.masked:
            return "•••"
        if field.is_relation:
            key = (field.name, value)
            if key not in self.related:
                related = field.related_model._default_manager.filter(pk=value).first()  # type: ignore[union-attr]
                self.related[key] = _name(related) if related is not None else f"#{value}"
            return self.related[key]
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if isinstance(value, list):
            return ", ".join(str(item) for item in value)
        return str(value)


def _name(related: models.Model) -> str:
    """How the history calls a related row: people by their number, as their names are not for every reader."""
    return str(getattr(related, "number", "")) if hasattr(related, "PERSONAL") else str(related)
