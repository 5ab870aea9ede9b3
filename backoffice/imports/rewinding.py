"""The rows of a run, set-wise: what its last application made of each, and the statements that take it back or repeat it.

For each row there are, in its history, the values before that application (a) and after it (b). Undo sets a, redo sets b, in
the columns where the two differ.
"""

# The statements are put together from names of our own tables and never from input.
# ruff: noqa: S608

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pghistory.models
import pgtrigger
from django.conf import settings
from django.db import IntegrityError, connection, models, transaction
from django.utils.translation import gettext_lazy

from backoffice.models import ContentStatus, ImportRun
from backoffice.publishing import rows

OWNED = {"updated_at"}
BIG = 2000  # rows from which on the planner is told to expect many
Model = type[models.Model]

CHANGED = gettext_lazy("changed since by others")
CREATED_AND_CHANGED = gettext_lazy("created by this import and changed since by others; overwriting deletes it")
GONE = gettext_lazy("deleted since by others")
UNKNOWN = gettext_lazy("its values of before are not known")
IN_USE = gettext_lazy("in use by other records")
PLACE_TAKEN = gettext_lazy("another record has taken its place, or what it belongs to is gone")


@dataclass(frozen=True)
class Row:
    """A row that stays as it is. `is_choice`: it can be overwritten."""

    pk: int
    reason: Any
    is_choice: bool = False


class Rewinding:
    """One pass over the rows of a run. `kept` has those that stay, by model."""

    def __init__(self, run: ImportRun, *, backwards: bool, overwrite: Collection[str]) -> None:
        self.backwards = backwards
        self.overwrite = set(overwrite)
        self.count = 0
        self.deleted = self.created = self.restored = 0
        self.kept: dict[Model, list[Row]] = defaultdict(list)
        self.down: dict[Model, list[int]] = {}  # what the run took off the shop, by model
        self.user = run.user
        self.applied, self.own = _contexts(run)

    def carry_out(self, kinds: Sequence[Model], lifted: Sequence[str] = ()) -> None:
        """Children stand before their parents in `kinds`; the triggers `lifted` do not stand in the way."""
        if not self.applied:
            return
        self._find_all(kinds)
        if self.count > BIG:
            # The history triggers join old and new rows; without statistics they would do it row by row.
            self.run("SET LOCAL enable_nestloop = off")
        with pgtrigger.ignore(*lifted) if lifted else nullcontext():
            self._write(kinds)

    def bring_back(self, kinds: Sequence[Model]) -> None:
        """Create again what undo deleted, under its keys, and change nothing else; the `rewind_` tables stay."""
        if not self.applied:
            return
        self._find_all(kinds)
        for model in reversed(kinds):
            self._create(model)

    def returned(self, model: Model, *columns: str) -> list[tuple[Any, ...]]:
        """Of each row that undo had deleted, after `bring_back`: its key, whether it is there again, and these columns."""
        table = model._meta.db_table
        wanted = "".join(f", b.{column}" for column in columns)
        return self.run(
            f"""SELECT u.id, EXISTS (SELECT 1 FROM {table} o WHERE o.id = u.id){wanted}
                FROM rewind_{table} u JOIN {_history_table(model)} b ON b.pgh_id = u.after
                WHERE u.is_new AND NOT u.is_there ORDER BY u.id"""
        )

    def _write(self, kinds: Sequence[Model]) -> None:
        for model in kinds:
            self._step_back(model)
        for model in reversed(kinds):
            if not self.backwards:
                self._create(model)
            self._restore(model)
        if self.backwards:
            for model in kinds:
                self._delete(model)
            for model, keys in self.down.items():
                rows.revive(model._meta.label_lower, keys)
        else:
            for model in kinds:
                self._submit_again(model)
        self.run("SET LOCAL enable_nestloop = on")

    def run(self, sql: str, params: Any = None) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return cursor.fetchall() if cursor.description else []

    # --- What there is to do ---------------------------------------------------------------------

    def _find_all(self, kinds: Sequence[Model]) -> None:
        """Lock everything first, parents before children as services do; then look at what others made of it."""
        self.tables = [model._meta.db_table for model in kinds]
        for model in reversed(kinds):
            self._hold(model)
        for model in kinds:
            self._find(model)

    def _hold(self, model: Model) -> None:
        """Temporary table own_<table> of the events of the run, with their rows locked, and what is locked before any of them."""
        table, history = model._meta.db_table, _history_table(model)
        own = f"own_{table}"
        self.run(f"DROP TABLE IF EXISTS {own}")
        self.run(
            f"""CREATE TEMP TABLE {own} ON COMMIT DROP AS
                SELECT pgh_obj_id AS id, pgh_id AS event, pgh_label AS label, pgh_context_id AS context,
                       pgh_context_id = ANY(%s::uuid[]) AS is_apply
                FROM {history} WHERE pgh_context_id = ANY(%s::uuid[])""",
            [self.applied, self.own],
        )
        self.run(f"ANALYZE {own}")
        if lock := getattr(model, "lock_name", ""):
            self.run(f"SELECT pg_advisory_xact_lock(hashtext(%s)) FROM (SELECT FROM {own} LIMIT 1) one", [lock])
        found = self.run(f"SELECT id FROM {table} WHERE id IN (SELECT id FROM {own}) ORDER BY id FOR UPDATE")
        self.count += len(found)

    def _find(self, model: Model) -> None:
        """Temporary table rewind_<table>: each row with its events a and b, and whether others changed it since.

        What the run made and an undo left there is still to be undone, though triggers of that undo may have touched it.
        """
        table, history = model._meta.db_table, _history_table(model)
        self.run(f"DROP TABLE IF EXISTS rewind_step, rewind_{table}")
        self.run(
            f"""CREATE TEMP TABLE rewind_step ON COMMIT DROP AS
               SELECT id, min(event) AS first, max(event) AS after, bool_or(label = 'insert') AS is_new, latest FROM (
                   SELECT *, first_value(context) OVER (PARTITION BY id ORDER BY is_apply DESC, event DESC) AS application,
                          max(event) OVER (PARTITION BY id) AS latest,
                          first_value(is_apply) OVER (PARTITION BY id ORDER BY event DESC) AS is_applied,
                          bool_or(label = 'insert') OVER (PARTITION BY id)
                              AND first_value(label) OVER (PARTITION BY id ORDER BY event DESC) <> 'delete' AS is_left
                   FROM own_{table}
               ) o WHERE context = application AND (is_applied = %s OR %s AND is_left) GROUP BY id, latest""",
            [self.backwards, self.backwards],
        )
        self.run("ANALYZE rewind_step")
        self.run(
            f"""CREATE TEMP TABLE rewind_{table} ON COMMIT DROP AS
                SELECT s.id, s.is_new, s.after, o.id IS NOT NULL AS is_there, false AS is_kept,
                       (SELECT max(h.pgh_id) FROM {history} h WHERE h.pgh_obj_id = s.id AND h.pgh_id < s.first) AS before,
                       EXISTS (SELECT 1 FROM {history} h WHERE h.pgh_obj_id = s.id AND h.pgh_id > s.latest) AS is_foreign
                FROM rewind_step s LEFT JOIN {table} o ON o.id = s.id"""
        )
        self.run(f"ALTER TABLE rewind_{table} ADD PRIMARY KEY (id)")
        self.run(f"ANALYZE rewind_{table}")
        self.run(f"UPDATE rewind_{table} SET before = NULL WHERE is_new")
        self._keep_foreign(model)
        self._keep(model, GONE, "NOT is_there AND NOT is_new")
        if self.backwards:
            self._keep(model, UNKNOWN, "is_there AND NOT is_new AND before IS NULL")

    def _keep_foreign(self, model: Model) -> None:
        """What others changed stays, but for rows that are to be overwritten; it is told where something would change."""
        if "*" in self.overwrite:
            return
        label = f"{model._meta.label_lower}:"
        keys = [key.removeprefix(label) for key in self.overwrite if key.startswith(label)]
        chosen = [int(key) for key in keys if key.isdecimal() and len(key) < 19]
        self.run(
            f"""UPDATE rewind_{model._meta.db_table} SET is_kept = true
                WHERE is_foreign AND is_there AND NOT id = ANY(%s)""",
            [chosen],
        )
        created = "u.is_new" if self.backwards else "false"
        found = self.run(
            f"""SELECT u.id, {created} FROM {self._rows(model)}
                WHERE u.is_foreign AND u.is_kept AND ({created} OR {self._differs(model)}) ORDER BY u.id"""
        )
        self.kept[model] += [
            Row(pk, CREATED_AND_CHANGED if is_new else CHANGED, is_choice=True) for pk, is_new in found
        ]

    def _keep(self, model: Model, reason: Any, condition: str) -> None:
        found = self.run(
            f"UPDATE rewind_{model._meta.db_table} SET is_kept = true WHERE NOT is_kept AND {condition} RETURNING id"
        )
        self.kept[model] += [Row(pk, reason) for (pk,) in sorted(found)]

    def values(self, model: Model, keys: Sequence[int]) -> dict[int, list[tuple[str, Any, Any]]]:
        """For each of these rows the columns that would change: name, what would be set, what is there."""
        if not keys:
            return {}
        found = self.run(
            f"SELECT o.id, u.is_new, to_jsonb(a), to_jsonb(b), to_jsonb(o) FROM {self._rows(model)} WHERE u.id = ANY(%s)",
            [list(keys)],
        )
        return {pk: self._differences(_columns(model), *rest) for pk, *rest in found}

    def _differences(self, names: list[str], is_new: bool, *sides: Any) -> list[tuple[str, Any, Any]]:
        before, after, now = (
            json.loads(side, parse_float=Decimal) if isinstance(side, str) else side for side in sides
        )
        if is_new and self.backwards:  # it would be deleted: show what others made of it
            return [(name, after[name], now[name]) for name in names if after[name] != now[name]]
        target = before if self.backwards else after
        return [
            (name, target[name], now[name])
            for name in names
            if (not before or before[name] != after[name]) and target[name] != now[name]
        ]

    # --- Doing it --------------------------------------------------------------------------------

    def _sides(self, model: Model) -> str:
        """Values before (a) and after (b) of the rows `u`."""
        history = _history_table(model)
        return (
            f"rewind_{model._meta.db_table} u LEFT JOIN {history} a ON a.pgh_id = u.before"
            f" JOIN {history} b ON b.pgh_id = u.after"
        )

    def _rows(self, model: Model) -> str:
        """The same with the rows `o` as they are."""
        return f"{self._sides(model)} JOIN {model._meta.db_table} o ON o.id = u.id"

    def _differs(self, model: Model) -> str:
        target = "a" if self.backwards else "b"
        parts = [
            f"((a.pgh_id IS NULL OR a.{name} IS DISTINCT FROM b.{name})"
            f" AND o.{name} IS DISTINCT FROM {_settable(model, name, target, 'o')})"
            for name in _columns(model)
        ]
        return "(" + " OR ".join(parts) + ")"

    def _step_back(self, model: Model) -> None:
        """Let what is the one of several, such as the primary contact, be none of them until the right one is set."""
        for flag in _flags(model):
            self.run(
                f"""UPDATE {model._meta.db_table} o SET {flag} = false FROM {self._sides(model)}
                    WHERE o.id = u.id AND NOT u.is_kept AND o.{flag} AND a.{flag} IS DISTINCT FROM b.{flag}"""
            )

    def _restore(self, model: Model) -> None:
        """Set the columns that the run changed to their values of before, or to those that it gave them."""
        table, target = model._meta.db_table, "a" if self.backwards else "b"
        sets = ", ".join(
            f"{name} = CASE WHEN a.pgh_id IS NULL OR a.{name} IS DISTINCT FROM b.{name}"
            f" THEN {_settable(model, name, target, 'o')} ELSE o.{name} END"
            for name in _columns(model)
        )
        if _has(model, "updated_at"):
            sets += ", updated_at = now()"
        changed = "NOT u.is_new" if self.backwards else "true"
        found = self.run(
            f"SELECT u.id FROM {self._rows(model)} WHERE NOT u.is_kept AND {changed} AND {self._differs(model)} ORDER BY 1"
        )
        source = f"FROM {self._sides(model)} WHERE o.id = u.id AND o.id = ANY(%s)"

        def write(keys: list[int]) -> int:
            if _has(model, "status") and _is_published(model, "status"):
                # What goes back to draft, or is archived again, is taken down first.
                self._leave_public(model, keys, target)
            return len(self.run(f"UPDATE {table} o SET {sets} {source} RETURNING o.id", [keys]))

        self.restored += self._carefully(model, [pk for (pk,) in found], write)
        if self.backwards and _has(model, "status") and _is_published(model, "status"):
            down = self.run(
                f"""SELECT o.id FROM {self._rows(model)} WHERE NOT u.is_kept AND o.status = 'draft'
                    AND a.status = 'published' AND b.status IN ('draft', 'archived') ORDER BY 1"""
            )
            self.down[model] = [pk for (pk,) in down]

    def _leave_public(self, model: Model, keys: list[int], target: str) -> None:
        found = self.run(
            f"""SELECT o.id FROM {self._rows(model)} WHERE o.id = ANY(%s) AND {target}.status IN ('draft', 'archived')
                AND a.status IS DISTINCT FROM b.status AND o.status NOT IN ('draft', 'archived') ORDER BY 1""",
            [keys],
        )
        leaving, kind = [pk for (pk,) in found], model._meta.label_lower
        rows.end_reviews(kind, leaving, "withdrawn")
        rows.take_down(kind, leaving)

    def _submit_again(self, model: Model) -> None:
        """Ask again for the reviews that the run had asked for."""
        if not (_has(model, "status") and _is_published(model, "status")):
            return
        found = self.run(
            f"""SELECT o.id FROM {self._rows(model)} WHERE NOT u.is_kept AND o.status = 'draft'
                AND b.status NOT IN ('draft', 'archived') AND a.status IS DISTINCT FROM b.status ORDER BY 1"""
        )
        if found:
            waived = not settings.REVIEW_REQUIRED
            rows.submit(model._meta.label_lower, [pk for (pk,) in found], by=self.user, waived=waived)

    def _carefully(self, model: Model, keys: list[int], write: Callable[[list[int]], int]) -> int:
        """Write these rows together; where the database refuses, find by halving which ones it refuses."""
        if not keys:
            return 0
        try:
            with transaction.atomic():
                return write(keys)
        except IntegrityError:
            if len(keys) == 1:
                self.kept[model].append(Row(keys[0], PLACE_TAKEN))
                return 0
        half = len(keys) // 2
        return self._carefully(model, keys[:half], write) + self._carefully(model, keys[half:], write)

    def _create(self, model: Model) -> None:
        """Bring back under their keys the rows that undo deleted; parents before children."""
        table, history = model._meta.db_table, _history_table(model)
        names = _columns(model)
        values = [_settable(model, name, "b", "") for name in names]
        if _has(model, "updated_at"):
            names, values = [*names, "updated_at"], [*values, "now()"]
        complete = "".join(
            f" AND (b.{column} IS NULL OR EXISTS (SELECT 1 FROM {parent} p WHERE p.id = b.{column}))"
            for column, parent in _parents(model)
        )
        sql = f"""INSERT INTO {table} (id, {", ".join(names)}) SELECT u.id, {", ".join(values)}
                  FROM rewind_{table} u JOIN {history} b ON b.pgh_id = u.after
                  WHERE u.is_new AND NOT u.is_there AND NOT EXISTS (SELECT 1 FROM {table} o WHERE o.id = u.id){complete}
                  ORDER BY u.id ON CONFLICT DO NOTHING RETURNING id"""
        is_tree = any(parent == table for _column, parent in _parents(model))
        while found := self.run(sql):
            self.created += len(found)
            if not is_tree:
                break
        left = self.run(
            f"""SELECT u.id FROM rewind_{table} u WHERE u.is_new AND NOT u.is_there
                AND NOT EXISTS (SELECT 1 FROM {table} o WHERE o.id = u.id) ORDER BY 1"""
        )
        self.kept[model] += [Row(pk, PLACE_TAKEN) for (pk,) in left]

    def _delete(self, model: Model) -> None:
        """Delete the rows that the run created and nothing refers to; children before parents.

        Entries of a ledger go only with what they belong to: where that stays, a counter-entry corrects them.
        """
        table = model._meta.db_table
        is_ledger = any(trigger.name == "append_only" for trigger in getattr(model._meta, "triggers", []))
        free = f"AND {self._belongs_to_deleted(model)}" if is_ledger else _free(model)
        sql = f"""DELETE FROM {table} o USING rewind_{table} u WHERE u.id = o.id AND u.is_new AND NOT u.is_kept
                  {free} RETURNING o.id"""
        while found := self.run(sql):
            self.deleted += len(found)
            if not any(other == table for other, _column in _references(model)):
                break
        if is_ledger:
            return
        left = self.run(
            f"SELECT u.id FROM rewind_{table} u JOIN {table} o ON o.id = u.id WHERE u.is_new AND NOT u.is_kept ORDER BY 1"
        )
        self.kept[model] += [Row(pk, IN_USE) for (pk,) in left]

    def _belongs_to_deleted(self, ledger: Model) -> str:
        """SQL: the run created what the entry `o` belongs to, and nothing but rows of the run refers to that."""
        parts = [
            f"""EXISTS (SELECT 1 FROM rewind_{parent._meta.db_table} v JOIN {parent._meta.db_table} p ON p.id = v.id
                        WHERE p.id = o.{column} AND v.is_new AND NOT v.is_kept {_free(parent, "p", self.tables)})"""
            for column, parent in _parent_models(ledger)
            if parent._meta.db_table in self.tables
        ]
        return " AND ".join(parts) or "false"


def _contexts(run: ImportRun) -> tuple[list[Any], list[Any]]:
    """Contexts of the history in which the run wrote: those of its applications, and all of them."""
    if run.steps:
        applied = [one["context"] for one in run.steps if one["kind"] in ("applied", "redone")]
        return applied, [one["context"] for one in run.steps]
    found = pghistory.models.Context.objects.filter(metadata__run=run.number)
    applied = [str(pk) for pk in found.values_list("pk", flat=True)]
    return applied, applied


def _history_table(model: Any) -> str:
    return str(model.history.rel.related_model._meta.db_table)


def _columns(model: Any) -> list[str]:
    """Columns that the history keeps and that are set."""
    kept = {f.column for f in model.history.rel.related_model._meta.local_concrete_fields}
    return [
        f.column
        for f in model._meta.local_concrete_fields
        if not f.primary_key and not isinstance(f, models.GeneratedField) and f.column in kept and f.name not in OWNED
    ]


def _settable(model: Any, name: str, target: str, now: str) -> str:
    """SQL of the value that may be set. Nothing is published, or put in review, by its status: `now` stays, or a draft it is."""
    value = f"{target}.{name}"
    if not _is_published(model, name):
        return value
    kept = f"CASE WHEN {now}.{name} = 'archived' THEN 'draft' ELSE {now}.{name} END" if now else "'draft'"
    return f"CASE WHEN {value} IN ('draft', 'archived') THEN {value} ELSE {kept} END"


def _is_published(model: Any, name: str) -> bool:
    return name == "status" and model._meta.get_field(name).choices == ContentStatus.choices


def _has(model: Any, name: str) -> bool:
    return any(f.name == name for f in model._meta.local_concrete_fields)


def _parents(model: Any) -> list[tuple[str, str]]:
    """Columns of `model` that refer to a table, and that table."""
    return [(column, parent._meta.db_table) for column, parent in _parent_models(model)]


def _parent_models(model: Any) -> list[tuple[str, Any]]:
    return [
        (f.column, f.related_model)
        for f in model._meta.local_concrete_fields
        if isinstance(f, models.ForeignKey) and getattr(f, "db_constraint", True)
    ]


def _flags(model: Any) -> list[str]:
    """Columns that are true for one row of several, by a unique constraint."""
    found = []
    for constraint in model._meta.constraints:
        if isinstance(constraint, models.UniqueConstraint) and constraint.condition is not None:
            found += [part[0] for part in constraint.condition.children if isinstance(part, tuple) and part[1] is True]
    return found


def _free(model: Any, alias: str = "o", apart: Collection[str] = ()) -> str:
    """SQL: nothing refers to the row, but for rows of the tables `apart`."""
    return " ".join(
        f"AND NOT EXISTS (SELECT 1 FROM {other} r WHERE r.{column} = {alias}.id)"
        for other, column in _references(model)
        if other not in apart
    )


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
