"""The rows of a bulk edit: records of a list, staged with the values that they are to have.

The engine is that of imports (`imports.tables`); what differs is that the rows are copied within the database, that nothing is
created, and that records are locked before they are looked at: what is found about them stays true until it is written.
"""

# The statements are put together from names of our own models and never from input.
# ruff: noqa: S608

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.utils.translation import gettext_lazy

from backoffice.bulk_edit import operations
from backoffice.imports.batch import BIG, SAMPLE, Staged
from backoffice.imports.findings import changes_of
from backoffice.imports.tables import TableBatch
from backoffice.models import BulkEdit, User

if TYPE_CHECKING:
    from backoffice.bulk_edit.resource import EditTable

KEYS = f"""(SELECT k.id, k.row::int AS row FROM {BulkEdit._meta.db_table} e, unnest(e.keys) WITH ORDINALITY k(id, row)
            WHERE e.id = %s)"""
MESSAGES = {
    "key_missing": gettext_lazy("This %(kind)s is no longer there."),
    "too_large": gettext_lazy("The number must be between %(low)s and %(high)s."),
}


class EditBatch(TableBatch):
    """One row is one record of the list.

    is_narrow: only columns that the checks look at are gathered, beside those that change; else all of them, for subclasses
        that look at more. looks_at: further columns that a narrow subclass looks at.
    parent: the foreign key whose rows are locked before the records, where services do so too.
    """

    messages: Mapping[str, Any] = MESSAGES
    is_narrow: ClassVar[bool] = True
    looks_at: ClassVar[tuple[str, ...]] = ()
    parent: ClassVar[str] = ""
    edit: EditTable

    def __init__(self, cursor: Any, columns: Sequence[str], by: User | None, *, dry_run: bool = False) -> None:
        if self.is_narrow:
            self.names = tuple(name for name in self.names if name in columns)  # type: ignore[misc]
        super().__init__(cursor, columns, by, dry_run=dry_run)
        self.messages = {**self.messages, **{code: MESSAGES[code] for code in MESSAGES}}
        if self.is_narrow:
            touched = {f'"{self.column(name)}"' for name in self.written}
            self.checks = {name: sql for name, sql in self.checks.items() if any(one in sql for one in touched)}
            self.unique = [one for one in self.unique if any(c in f"{one.parts} {one.where}" for c in touched)]

    def _staged(self, name: str) -> Staged:
        """Amounts may grow beyond their column before they are refused."""
        staged = super()._staged(name)
        return dataclasses.replace(staged, type="numeric") if staged.type.startswith("numeric") else staged

    def _others(self) -> list[Any]:
        others = super()._others()
        if not self.is_narrow:
            return others
        looked_at = " ".join([*self.checks.values(), *(f"{one.parts} {one.where}" for one in self.unique)])
        return [field for field in others if field.name in self.looks_at or f'"{field.column}"' in looked_at]

    # --- Staging ---------------------------------------------------------------------------------

    def stage(self, rows: Any) -> None:
        """`rows` is the EditTable: its keys, and the changes as SQL."""
        self.edit = rows
        self.clear()
        types = ", ".join(f"{name} {staged.type}" for name, staged in self.staged.items())
        self.run(
            f"CREATE TEMP TABLE import_stage (row int NOT NULL, problems jsonb, id bigint, {types}) ON COMMIT DROP"
        )
        if not self.dry_run:
            self.hold()
        key = self.key[0]
        values = self._values()
        self.count = self.run(
            f"""INSERT INTO import_stage (row, id, {", ".join([key, *values])})
                SELECT k.row, k.id, t.{self.column(key)}, {", ".join(values.values())}
                FROM {KEYS} k LEFT JOIN {self.table} t ON t.id = k.id""",
            [self.edit.edit.pk],
        )
        if self.count > BIG:
            self.run("SET LOCAL work_mem = '128MB'")
        self.run(f"SET LOCAL default_statistics_target = {SAMPLE}")
        self.run("ANALYZE import_stage (row, id)")

    def hold(self) -> None:
        """Lock the records, and before them their parents, in the order everybody locks them in."""
        keys = [self.edit.edit.pk]
        if self.parent:
            parent: Any = self.model._meta.get_field(self.parent)
            self._lock(
                parent.related_model._meta.db_table,
                f"SELECT t.{parent.column} FROM {self.table} t WHERE t.id IN (SELECT id FROM {KEYS} k)",
                keys,
            )
        self._lock(self.table, f"SELECT id FROM {KEYS} k", keys)

    def _lock(self, table: str, keys: str, params: Sequence[Any]) -> None:
        self.run(
            f"""SELECT count(*) FROM (SELECT id FROM {table} WHERE id IN ({keys}) ORDER BY id FOR NO KEY UPDATE) held""",
            params,
        )

    def lock(self, table: str, source: str) -> None:
        """Held since before they were staged."""

    def _values(self) -> dict[str, str]:
        """SQL of each staged column. Changes of several keys of one column of JSON are made one after another."""
        values: dict[str, str] = {}
        for field, change in self.edit.changes:
            column = field.name.partition(".")[0]
            values[column] = operations.value_sql(field, change, values.get(column, ""))
        return values

    def _matches(self) -> str:
        return "t.id = s.id"

    # --- Checking --------------------------------------------------------------------------------

    def _check_values(self) -> None:
        super()._check_values()
        ranged = []
        for name in self.written:
            field = self.fields[name]
            if isinstance(field, models.DecimalField):
                most = 10 ** (field.max_digits - field.decimal_places) - 1
                ranged.append(f"('{name}', r.{field.column}, -{most}::numeric, {most}::numeric)")
        if ranged:
            self.told(
                "too_large",
                f"""SELECT r.row, d.name, d.value::text, jsonb_build_object('low', d.low, 'high', d.high)
                    FROM import_record r, LATERAL (VALUES {", ".join(ranged)}) d(name, value, low, high)
                    WHERE d.value NOT BETWEEN d.low AND d.high""",
            )

    # --- Telling ---------------------------------------------------------------------------------

    def record(self) -> str:
        return f"coalesce(s.{self.key[0]}::text, '#' || s.id)"

    def changes(self, rows: str) -> str:
        """As of a file, but that keys of a column of JSON are told one by one."""
        codes = {field.name: field for field, _change in self.edit.changes if field.model_field is None}
        columns = []
        for name in self.written:
            column = self.column(name)
            if isinstance(self.fields[name], models.JSONField):
                columns += [_code(field) for field in codes.values() if field.column == column]
            else:
                differs = f"t.{column} IS DISTINCT FROM r.{column}"
                columns.append((name, differs, self.shown(name, "t"), self.shown(name, "r")))
        return f"""SELECT r.row, {changes_of(columns)}
                   FROM import_record r JOIN import_stage s ON s.row = r.row JOIN {self.table} t ON t.id = r.id
                   WHERE r.row IN ({rows}) AND r.changed"""


def _code(field: operations.EditField) -> tuple[str, str, str, str]:
    """Name, difference, old and new text of one key of a column of JSON, as `changes_of` takes them."""
    code = operations.literal(field.code, "text")
    old, new = (f"{side}.{field.column} -> {code}" for side in ("t", "r"))
    name = field.name.replace("'", "''").replace("%", "%%")
    return name, f"({old}) IS DISTINCT FROM ({new})", f"(t.{field.column} ->> {code})", f"(r.{field.column} ->> {code})"
