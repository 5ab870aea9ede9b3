"""Row history as the triggers wrote it: what changed, by whom, through what; as of a time; restore."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from backoffice import audit, context
from backoffice.models import User

HIDDEN = {"updated_at", "search_text"}
CONCEALED = "•••"


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


def hidden_fields(obj: models.Model, viewer: Any) -> set[str]:
    """Fields of `obj` that `viewer` may not read: those masked in it, and those of RESTRICTED without the permission.

    A model names them so: `RESTRICTED = {"cost": "catalog.view_cost"}`.
    """
    restricted: Mapping[str, str] = getattr(obj, "RESTRICTED", {})
    masked = set(getattr(obj, "PERSONAL", ())) if getattr(obj, "is_masked", False) else set()
    return masked | {
        name for name, permission in restricted.items() if viewer is None or not viewer.has_perm(permission)
    }


def entries(obj: models.Model, limit: int = 200, *, viewer: Any = None) -> list[Entry]:
    """The newest `limit` events of `obj`, newest first, each with its difference to the one before, as `viewer` may see it."""
    history = model_of(obj)
    rows = list(
        history.objects.filter(pgh_obj_id=obj.pk).select_related("pgh_context").order_by("-pgh_id")[: limit + 1]  # type: ignore[attr-defined]
    )
    people = User.objects.in_bulk({_metadata(row).get("user") for row in rows} - {None})
    labels = _Labels(obj, viewer)
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


def last_entry(obj: models.Model, until: datetime | None = None) -> tuple[User | None, datetime] | None:
    """Who wrote `obj` last (before `until`), and when; None where no history is kept."""
    if not hasattr(type(obj), "history"):
        return None
    rows = model_of(obj).objects.filter(pgh_obj_id=obj.pk)  # type: ignore[attr-defined]
    if until is not None:
        rows = rows.filter(pgh_created_at__lte=until)
    row = rows.select_related("pgh_context").order_by("-pgh_id").first()
    return None if row is None else (User.objects.filter(pk=_metadata(row).get("user")).first(), row.pgh_created_at)


def as_of(obj: models.Model, at: datetime) -> models.Model | None:
    """The history row of `obj` in force at `at`; None when it did not exist then."""
    row = model_of(obj).objects.filter(pgh_obj_id=obj.pk, pgh_created_at__lte=at).order_by("-pgh_id").first()  # type: ignore[attr-defined]
    return None if row is None or row.pgh_label == "delete" else row


def shown_as_of(obj: models.Model, at: datetime, viewer: Any) -> list[tuple[str, str]]:
    """Label and value of every field that `viewer` may read, as they were at `at`; empty when `obj` did not exist then."""
    row = as_of(obj, at)
    if row is None:
        return []
    labels = _Labels(obj, viewer)
    return [
        (str(f.verbose_name), labels.text(f, getattr(row, f.attname))) for f in labels.fields if hasattr(row, f.attname)
    ]


@dataclass(frozen=True)
class Restoration:
    """Fields of a model that an old version gives back, and the service that writes them."""

    fields: tuple[str, ...]
    service: Callable[..., models.Model]


_restorations: dict[type[models.Model], Restoration] = {}


def allow_restore(model: type[models.Model], fields: Iterable[str], service: Callable[..., models.Model]) -> None:
    """Let people restore `fields` of `model` through `service(obj, by=user, **fields)`. All else belongs to other verbs."""
    _restorations[model] = Restoration(tuple(fields), service)


def is_restorable(model: type[models.Model]) -> bool:
    return model in _restorations


@transaction.atomic
def restore(obj: models.Model, entry: int, *, by: User) -> models.Model:
    """Give `obj` the values it had after event `entry`, through its service; what `by` may not read stays as it is.

    Raises ValidationError when this version cannot be restored, or no longer fits the rules of today.
    """
    allowed = _restorations.get(type(obj))
    row = model_of(obj).objects.filter(pgh_id=entry, pgh_obj_id=obj.pk).exclude(pgh_label="delete").first()  # type: ignore[attr-defined]
    if row is None or allowed is None:
        raise ValidationError(_("This version cannot be restored."), code="not_restorable")
    current = type(obj)._default_manager.select_for_update(of=("self",)).get(pk=obj.pk)
    names = [name for name in allowed.fields if name not in hidden_fields(obj, by)]
    changed = [name for name in names if _plain(current, name) != _plain(row, name)]
    if not changed:
        return current
    context.say_why(_("Restored version %(entry)s") % {"entry": entry})
    restored = allowed.service(current, by=by, **{name: getattr(row, name) for name in changed})
    audit.record(f"{obj._meta.model_name}.version_restored", restored, by=by, data={"entry": entry, "fields": changed})
    return restored


def _plain(row: models.Model, name: str) -> Any:
    """The stored value; of a relation its key."""
    return getattr(row, row._meta.get_field(name).attname)  # type: ignore[union-attr]


def _metadata(row: Any) -> dict[str, Any]:
    return row.pgh_context.metadata if row.pgh_context_id else {}


class _Labels:
    """Writes values of one model for people; related rows are looked up by one query per relation."""

    def __init__(self, obj: models.Model, viewer: Any) -> None:
        self.fields = [
            f
            for f in obj._meta.local_concrete_fields
            if f.name not in HIDDEN and not isinstance(f, models.GeneratedField) and not f.primary_key
        ]
        self.related: dict[tuple[str, Any], str] = {}
        self.viewer = viewer
        self.hidden = hidden_fields(obj, viewer)

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
        if field.name in self.hidden:
            return CONCEALED
        if field.is_relation:
            key = (field.name, value)
            if key not in self.related:
                self.related[key] = self._name_of(field, value)
            return self.related[key]
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if isinstance(value, dict):
            return ", ".join(f"{key}: {item}" for key, item in value.items() if item not in ("", None, [], {}))
        if isinstance(value, list):
            return ", ".join(str(item) for item in value)
        if isinstance(value, bool):
            return _("Yes") if value else _("No")
        if isinstance(value, datetime):
            return formats.date_format(timezone.localtime(value), "DATETIME_FORMAT")
        return str(value)

    def _name_of(self, field: models.Field[Any, Any], value: Any) -> str:
        """A related row by its name as the viewer may read it; names of colleagues are no secret."""
        rows: Any = field.related_model._default_manager.all()  # type: ignore[union-attr]
        if hasattr(rows, "visible_to") and field.related_model is not User:
            rows = rows.visible_to(self.viewer) if self.viewer is not None else rows.none()
        related = rows.filter(pk=value).first()
        return _name(related) if related is not None else f"#{value}"


def _name(related: models.Model) -> str:
    """How the history calls a related row: people by their number, as their names are not for every reader."""
    return str(getattr(related, "number", "")) if hasattr(related, "PERSONAL") else str(related)
