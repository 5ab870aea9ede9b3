"""Taking an applied run back, from what the row history says it did.

Rows it created are deleted where nothing refers to them; rows it changed get the values of before. A row that somebody
changed since is left as it is, and listed. The undoing is itself in the history.
"""

# The statements are put together from names of our own tables and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pghistory.models
from django.db import connection, models, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit, context, resources
from backoffice.imports.running import Status
from backoffice.models import ImportRun, User

SHOWN = 200
OWNED = {"updated_at"}


@dataclass
class Undone:
    """How many rows were deleted and restored, and which stay, each with the reason."""

    deleted: int = 0
    restored: int = 0
    kept: list[dict[str, str]] = field(default_factory=list)
    kept_count: int = 0

    def keep(self, rows: Sequence[tuple[Any, ...]], model: type[models.Model], reason: str) -> None:
        self.kept_count += len(rows)
        names = {obj.pk: str(obj) for obj in model._default_manager.filter(pk__in=[row[0] for row in rows[:SHOWN]])}
        self.kept += [
            {"kind": str(model._meta.verbose_name), "record": names.get(row[0], f"#{row[0]}"), "reason": reason}
            for row in rows[:SHOWN]
        ]


def undo(run: ImportRun, *, by: User | None, source: str = "import") -> Undone:
    """Take back what `run` did. Raises ValidationError unless it is applied and its rows were written by this history."""
    resource = resources.get(run.resource)
    with (
        context.acting(source=source, user=by, undo=run.number, reason=_("%(run)s undone") % {"run": run.number}),
        transaction.atomic(),
    ):
        run = ImportRun.objects.locked().get(pk=run.pk)
        run.must_become(Status.UNDONE)
        contexts = list(pghistory.models.Context.objects.filter(metadata__run=run.number).values_list("pk", flat=True))
        undone = Undone()
        if contexts:
            work = _Undo(contexts, undone)
            for model in resource.models:
                work.find(model)
            for model in reversed(resource.models):
                work.restore(model)
            for model in resource.models:
                work.delete(model)
        resource.take_back(run, undone, by=by)
        run.status = Status.UNDONE
        run.report = run.report | {
            "undone": {
                "deleted": undone.deleted,
                "restored": undone.restored,
                "kept": undone.kept,
                "kept_count": undone.kept_count,
                "at": timezone.now().isoformat(),
                "by": str(by or ""),
            },
        }
        run.save(update_fields=["status", "report"])
        audit.record(
            "import.undone",
            run,
            by=by,
            data={"deleted": undone.deleted, "restored": undone.restored, "kept": undone.kept_count},
        )
    return undone


class _Undo:
    """One run's rows: temporary table undo_<table> holds each with its first event, and the one before it."""

    def __init__(self, contexts: list[Any], undone: Undone) -> None:
        self.contexts = contexts
        self.undone = undone

    def run(self, sql: str, params: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall() if cursor.description else []

    def find(self, model: type[models.Model]) -> None:
        """Note what the run did to each row, and whether others changed it since."""
        table, history = model._meta.db_table, _history_table(model)
        self.run(f"DROP TABLE IF EXISTS undo_{table}")
        self.run(
            f"""CREATE TEMP TABLE undo_{table} ON COMMIT DROP AS
                SELECT t.pgh_obj_id AS id, t.is_new, t.first_event,
                       (SELECT max(b.pgh_id) FROM {history} b WHERE b.pgh_obj_id = t.pgh_obj_id AND b.pgh_id < t.first_event) AS before,
                       EXISTS (SELECT 1 FROM {history} a WHERE a.pgh_obj_id = t.pgh_obj_id AND a.pgh_id > t.last_event) AS is_foreign
                FROM (SELECT pgh_obj_id, min(pgh_id) AS first_event, max(pgh_id) AS last_event, bool_or(pgh_label = 'insert') AS is_new
                      FROM {history} WHERE pgh_context_id = ANY(%s) GROUP BY 1) t
                WHERE EXISTS (SELECT 1 FROM {table} o WHERE o.id = t.pgh_obj_id)""",
            [self.contexts],
        )
        foreign = self.run(f"SELECT id FROM undo_{table} WHERE is_foreign AND NOT is_new ORDER BY id")
        self.undone.keep(foreign, model, _("changed since by others"))
        unknown = self.run(
            f"SELECT id FROM undo_{table} WHERE NOT is_new AND NOT is_foreign AND before IS NULL ORDER BY id"
        )
        self.undone.keep(unknown, model, _("its values of before are not known"))

    def restore(self, model: type[models.Model]) -> None:
        """Give changed rows the values of before."""
        table, history = model._meta.db_table, _history_table(model)
        columns = _columns(model)
        differs = " OR ".join(f"o.{name} IS DISTINCT FROM b.{name}" for name in columns)
        sets = ", ".join(f"{name} = b.{name}" for name in columns) + (
            ", updated_at = now()" if _has(model, "updated_at") else ""
        )
        self.run(f"SELECT id FROM {table} WHERE id IN (SELECT id FROM undo_{table}) ORDER BY id FOR UPDATE")
        which = f"FROM undo_{table} u JOIN {history} b ON b.pgh_id = u.before WHERE NOT u.is_new AND NOT u.is_foreign AND o.id = u.id"
        if _has(model, "status"):
            # What was archived becomes a draft on its way back to being published.
            self.run(
                f"UPDATE {table} o SET status = 'draft' {which} AND o.status = 'archived' AND b.status = 'published'"
            )
        rows = self.run(f"UPDATE {table} o SET {sets} {which} AND ({differs}) RETURNING o.id")
        self.undone.restored += len(rows)

    def delete(self, model: type[models.Model]) -> None:
        """Delete created rows that nobody changed since and nothing refers to; children before parents."""
        table = model._meta.db_table
        free = " AND ".join(
            f"NOT EXISTS (SELECT 1 FROM {other} r WHERE r.{column} = o.id)" for other, column in _references(model)
        )
        sql = (
            f"DELETE FROM {table} o USING undo_{table} u WHERE u.id = o.id AND u.is_new AND NOT u.is_foreign"
            + (f" AND {free}" if free else "")
            + " RETURNING o.id"
        )
        while rows := self.run(sql):
            self.undone.deleted += len(rows)
            if not any(other == table for other, _column in _references(model)):
                break
        left = self.run(
            f"SELECT u.id, u.is_foreign FROM undo_{table} u JOIN {table} o ON o.id = u.id WHERE u.is_new ORDER BY 1"
        )
        self.undone.keep([row for row in left if row[1]], model, _("changed since by others"))
        self.undone.keep([row for row in left if not row[1]], model, _("in use by other records"))


def _history_table(model: Any) -> str:
    return str(model.history.rel.related_model._meta.db_table)


def _columns(model: Any) -> list[str]:
    """Columns that the history keeps and that a restore sets."""
    kept = {f.column for f in model.history.rel.related_model._meta.local_concrete_fields}
    return [
        f.column
        for f in model._meta.local_concrete_fields
        if not f.primary_key and not isinstance(f, models.GeneratedField) and f.column in kept and f.name not in OWNED
    ]


def _has(model: Any, name: str) -> bool:
    return any(f.name == name for f in model._meta.local_concrete_fields)


def _references(model: Any) -> list[tuple[str, str]]:
    """Tables and columns that point at `model` in the database."""
    return [
        (relation.related_model._meta.db_table, relation.field.column)
        for relation in model._meta.related_objects
        if relation.field.concrete
        and relation.field.column
        and relation.field.db_constraint
        and not relation.field.many_to_many
    ]
