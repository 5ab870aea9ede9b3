"""Taking an applied run back and putting it on again, from what the row history says it did.

Undo deletes the rows that the run created where nothing refers to them, and gives those it changed their values of before.
Redo brings the deleted ones back under their keys, and sets again what the run had set. Both touch only columns that the run
changed. A row that somebody changed since is left as it is and listed with both values, unless it is named in `overwrite`.
Both stand in the history themselves.
"""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext as _

from backoffice import audit, context, resources
from backoffice.imports.rewinding import Rewinding, Row
from backoffice.imports.running import Status, step
from backoffice.models import ImportRun, User

SHOWN = 200
ALL = ("*",)
HIDDEN = "•••"


@dataclass
class Undone:
    """How many rows were deleted, created anew and given other values; which stay, each with the reason and both values."""

    deleted: int = 0
    created: int = 0
    restored: int = 0
    kept: list[dict[str, Any]] = field(default_factory=list)
    kept_count: int = 0

    def counts(self) -> dict[str, int]:
        return {
            "deleted": self.deleted,
            "created": self.created,
            "restored": self.restored,
            "kept": self.kept_count,
        }


def undo(run: ImportRun, *, by: User | None, source: str = "", overwrite: Collection[str] = ()) -> Undone:
    """Take back what `run` did. Raises ValidationError unless it is applied, or undone with rows that were kept.

    `overwrite` names rows ("catalog.variant:12") that lose what others changed since; ALL means every one.
    """
    return _carry_out(run, Status.UNDONE, by=by, source=source, overwrite=overwrite)


def redo(run: ImportRun, *, by: User | None, source: str = "", overwrite: Collection[str] = ()) -> Undone:
    """Set again what `run` had set before it was undone; by the same rules."""
    return _carry_out(run, Status.APPLIED, by=by, source=source, overwrite=overwrite)


def look(run: ImportRun, *, by: User | None) -> Undone:
    """What undo would do to an applied run, or redo to one that was undone. Nothing stays written."""
    status = Status.UNDONE if run.status == Status.APPLIED else Status.APPLIED
    with transaction.atomic():
        found = _carry_out(ImportRun.objects.get(pk=run.pk), status, by=by, source="", overwrite=())
        transaction.set_rollback(True)
    return found


def is_possible(run: ImportRun) -> bool:
    """Whether undo and redo know what the run did."""
    return bool(resources.of(run).models)


def _carry_out(run: ImportRun, status: str, *, by: User | None, source: str, overwrite: Collection[str]) -> Undone:
    """Do it whole or not at all; once more where others removed, meanwhile, what the rows refer to."""
    asked: dict[str, Any] = {"by": by, "source": source, "overwrite": overwrite}
    try:
        if not connection.in_atomic_block:
            with suppress(IntegrityError):
                return _attempt(run, status, **asked)
        return _attempt(run, status, **asked)
    except IntegrityError as error:
        raise ValidationError(
            _("The database refused it, nothing was changed: %(error)s") % {"error": str(error).splitlines()[0]}
        ) from error


def _attempt(run: ImportRun, status: str, *, by: User | None, source: str, overwrite: Collection[str]) -> Undone:
    resource = resources.of(run)
    backwards = status == Status.UNDONE
    kind = "undone" if backwards else "redone"
    reason = (_("%(run)s undone") if backwards else _("%(run)s done again")) % {"run": run.number}
    done = Undone()
    source = source or ("edit" if run.is_edit else "import")
    with context.acting(source=source, user=by, reason=reason, **{kind: run.number}), transaction.atomic():
        run = ImportRun.objects.locked().get(pk=run.pk)
        if not (run.status == status and overwrite):
            run.must_become(status)
        work = Rewinding(run, backwards=backwards, overwrite=overwrite)
        resource.rewind(run, work, by=by, backwards=backwards)
        _gather(work, done, by)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        run.status, run.message = status, ""
        run.steps = [*run.steps, step(kind, done.counts())]
        run.report = run.report | {"undone": asdict(done) | {"kind": kind}}
        run.save(update_fields=["status", "message", "steps", "report"])
        audit.record(f"{run.noun}.{kind}", run, by=by, data=done.counts())
    return done


def _gather(work: Rewinding, done: Undone, by: User | None) -> None:
    done.deleted, done.created, done.restored = work.deleted, work.created, work.restored
    for model, rows in work.kept.items():
        done.kept_count += len(rows)
        done.kept += _told(model, rows[: max(SHOWN - len(done.kept), 0)], work, by)


def _told(model: type[models.Model], rows: list[Row], work: Rewinding, by: User | None) -> list[dict[str, Any]]:
    """Kept rows as people read them, with what would be set and what is there."""
    names = {obj.pk: str(obj) for obj in model._default_manager.filter(pk__in=[row.pk for row in rows])}
    values = work.values(model, [row.pk for row in rows if row.is_choice])
    shown = _Values(model, by)
    return [
        {
            "key": f"{model._meta.label_lower}:{row.pk}",
            "kind": str(model._meta.verbose_name),
            "record": names.get(row.pk, f"#{row.pk}"),
            "reason": str(row.reason),
            "choice": row.is_choice,
            "values": [shown.of(name, target, now) for name, target, now in values.get(row.pk, [])],
            "restricted": shown.restricted,
        }
        for row in rows
    ]


def visible(kept: list[dict[str, Any]], user: Any) -> list[dict[str, Any]]:
    """Kept rows of a report as `user` may see them."""
    return [
        row
        | {
            "values": [
                [label, target, now] if _may_see(row, label, user) else [label, HIDDEN, HIDDEN]
                for label, target, now in row["values"]
            ]
        }
        for row in kept
    ]


def _may_see(row: dict[str, Any], label: str, user: Any) -> bool:
    permission = row["restricted"].get(label)
    return not permission or user.has_perm(permission)


class _Values:
    """Values of a model's columns as text; what refers to a record gives its name."""

    def __init__(self, model: type[models.Model], by: User | None) -> None:
        self.fields = {f.column: f for f in model._meta.local_concrete_fields}
        self.hidden = {
            name
            for name, permission in getattr(model, "RESTRICTED", {}).items()
            if by is not None and not by.has_perm(permission)
        }
        # Label -> permission to see the values, for whoever reads the report later.
        self.restricted = {
            str(f.verbose_name): model.RESTRICTED[f.name]  # type: ignore[attr-defined]
            for f in self.fields.values()
            if f.name in getattr(model, "RESTRICTED", {})
        }
        self.names: dict[tuple[str, Any], str] = {}

    def of(self, column: str, target: Any, now: Any) -> list[str]:
        """Name of the field, what would be set, what is there."""
        known = self.fields[column]
        if known.name in self.hidden:
            return [str(known.verbose_name), HIDDEN, HIDDEN]
        return [str(known.verbose_name), self._text(known, target), self._text(known, now)]

    def _text(self, known: models.Field, value: Any) -> str:
        if value is None or value == "":
            return ""
        if isinstance(known, models.ForeignKey):
            return self._name(known, value)
        if isinstance(value, list):
            return ", ".join(map(str, value))
        if isinstance(value, Decimal):
            return f"{value.normalize():f}"
        return str(dict(known.flatchoices).get(value, value))[:500]

    def _name(self, known: models.ForeignKey, value: Any) -> str:
        key = (known.name, value)
        if key not in self.names:
            found = known.related_model._default_manager.filter(pk=value).first()  # type: ignore[union-attr]
            self.names[key] = str(found or f"#{value}")
        return self.names[key]
