"""Bulk services whose rows are records of one model: a few declarations on `TableBatch`.

    class SupplierBatch(TableBatch):
        resource = "suppliers"
        model = Supplier
        key = ("code",)
        names = ("code", "name", "email", "lead_time_days", "is_active")

Field, length, range, blank and default rules, unique and check constraints are read from the model.
"""

# The statements are put together from names of our own models and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from django.db import connection, models

from backoffice.imports.batch import Staged
from backoffice.imports.checks import MESSAGES, Checking, Lookup
from backoffice.imports.findings import changes_of
from backoffice.imports.rules import check_sql, folding, literal, times, unique_rules
from backoffice.models import User


class TableBatch(Checking):
    """One row is one record of `model`, found by `key`.

    key: staged columns that name the record; they are set when it is created and never changed.
    names: staged columns, each a field of the model; for a foreign key what `lookups` finds it by.
    folds: functions over key columns, by default those of the unique index.
    keeps: columns whose blank cells keep the value where the field could be emptied.
    rules: columns with expressions of their own in place of those made from the field.
    extra: staged columns that are no fields; what they mean is up to the subclass.
    is_head: SQL of whether the staged row `s` is a record, where others go on with it.
    A lookup of the model itself also finds records that the same file creates, above or below.
    """

    folds: ClassVar[Mapping[str, str]] = {}
    keeps: ClassVar[frozenset[str]] = frozenset()
    rules: ClassVar[Mapping[str, Staged]] = {}
    extra: ClassVar[Mapping[str, Staged]] = {}
    insert_order: ClassVar[str] = "r.row"
    tables: ClassVar[tuple[str, ...]] = ("import_record",)

    def joined(self) -> Sequence[str]:
        return tuple(name for name in self.names if name in self.present and (name in self.key or name in self.lookups))

    def __init__(self, cursor: Any, columns: Sequence[str], by: User | None, *, dry_run: bool = False) -> None:
        self.fields = {name: self.model._meta.get_field(name) for name in self.names}
        self.staged = {**{name: self.rules.get(name) or self._staged(name) for name in self.names}, **self.extra}
        super().__init__(cursor, columns, by, dry_run=dry_run)
        self.table = self.model._meta.db_table
        self.written = [name for name in self.names if name in self.present and name not in self.key]
        self.unique = unique_rules(self.model, self.key)
        checks = {c.name: c for c in self.model._meta.constraints if isinstance(c, models.CheckConstraint)}
        self.checks = {name: check_sql(self.model, check.condition) for name, check in checks.items()}
        self.messages = {
            **MESSAGES,
            **{rule.name: rule.message for rule in self.unique if rule.message},
            **{name: check.violation_error_message for name, check in checks.items()},
            **self.messages,
        }
        opts = self.model._meta
        self.words = {"kind": str(opts.verbose_name), "kinds": str(opts.verbose_name_plural)}

    # --- Columns --------------------------------------------------------------------------------

    def _staged(self, name: str) -> Staged:
        """The rules of a column, from its field."""
        field = self.fields[name]
        if name in self.lookups:
            found = f"l_{name}.id"
            kept = found if field.null and name not in self.keeps else f"coalesce({found}, t.{field.column})"
            return Staged("text", "", kept, found, field.column)
        if isinstance(field, models.CharField | models.TextField):
            default = self._default(field, "''")
            if not field.blank or name in self.keeps:
                return Staged(
                    "text", "", "coalesce(nullif(s.{0}, ''), t.{0})", f"coalesce(nullif(s.{{0}}, ''), {default})"
                )
            empty = "nullif(s.{0}, '')" if field.null else "coalesce(s.{0}, '')"
            return Staged("text", "", empty, f"coalesce(nullif(s.{{0}}, ''), {default})")
        kind = field.db_type(connection)
        if isinstance(field, models.IntegerField):
            kind = "numeric"
        kept = "s.{0}" if field.null and name not in self.keeps else "coalesce(s.{0}, t.{0})"
        return Staged(kind, "", kept, f"coalesce(s.{{0}}, {self._default(field, 'NULL')})")

    def _default(self, field: Any, otherwise: str) -> str:
        """The field's default as SQL."""
        if not field.has_default() or (field.null and field.default is None):
            return otherwise if not field.null else "NULL"
        return literal(field.get_default(), field)

    def _others(self) -> list[Any]:
        """Fields that the file does not speak of: existing records keep them, new ones get the default."""
        spoken = {self.fields[name].column for name in self.names if name in self.present}
        spoken |= {*times(self.model, "auto_now"), *times(self.model, "auto_now_add")}
        return [
            field
            for field in self.model._meta.local_concrete_fields
            if not field.primary_key and not isinstance(field, models.GeneratedField) and field.column not in spoken
        ]

    # --- Comparing ------------------------------------------------------------------------------

    def compare(self) -> None:
        opts = self.model._meta
        new_id = "-s.row::bigint" if self.dry_run else f"nextval(pg_get_serial_sequence('{self.table}', 'id'))"
        values, differs = [], []
        for name in [name for name in self.names if name in self.present]:
            column, staged = self.column(name), self.staged[name]
            if name in self.key:
                values.append(f"CASE WHEN t.id IS NULL THEN {staged.inserting(name)} ELSE t.{column} END AS {column}")
                continue
            update = staged.updating(name)
            values.append(f"CASE WHEN t.id IS NULL THEN {staged.inserting(name)} ELSE {update} END AS {column}")
            differs.append(f"t.{column} IS DISTINCT FROM {update}")
        for field in self._others():
            default = self._default(field, "''" if isinstance(field, models.CharField | models.TextField) else "NULL")
            values.append(f"CASE WHEN t.id IS NULL THEN {default} ELSE t.{field.column} END AS {field.column}")
        joins, params = self._joins()
        scope, scope_params = self.visible(self.model._default_manager, "visible_to")
        hidden = (
            f"t.id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ({scope}) v(id) WHERE v.id = t.id)" if scope else "false"
        )
        self.run(
            f"""CREATE TEMP TABLE import_record ON COMMIT DROP AS
                SELECT s.row, coalesce(t.id, {new_id}) AS id, t.id IS NULL AS is_new, {hidden} AS is_hidden,
                       t.id IS NOT NULL AND ({" OR ".join(differs) or "false"}) AS changed, {", ".join(values)}
                FROM import_stage s {joins} LEFT JOIN {opts.db_table} t ON {self._matches()}
                WHERE {" AND ".join(self._given(name) for name in self.key)}""",
            [*scope_params, *params],
        )
        for name, lookup in self.lookups.items():
            if name in self.present and lookup.model is self.model:
                self._find_in_file(name, lookup)
        self.run("ANALYZE import_record")

    def _given(self, name: str) -> str:
        """SQL: the cell of the key says something, and something known."""
        if name in self.lookups:
            return f"l_{name}.id IS NOT NULL"
        return f"s.{name} <> ''" if self.staged[name].type == "text" else f"s.{name} IS NOT NULL"

    def _matches(self) -> str:
        return " AND ".join(
            f"t.{self.column(name)} = l_{name}.id"
            if name in self.lookups
            else f"{self.folded(name, 't')} = {self._fold(name)}(s.{name})"
            for name in self.key
        )

    def _fold(self, name: str) -> str:
        return self.folds.get(name) or folding(self.model, name, self.key)

    def folded(self, name: str, alias: str) -> str:
        """SQL of the part of the key that is compared."""
        value = f"{alias}.{self.column(name)}"
        return value if name in self.lookups else f"{self._fold(name)}({value})"

    def _joins(self) -> tuple[str, list[Any]]:
        """Joins of the lookups, each narrowed to what the person may see."""
        joins, params = [], []
        for name, lookup in self.lookups.items():
            if name not in self.present:
                continue
            scope, scope_params = self.visible(lookup.model._default_manager, "in_scope")
            within = f" AND l_{name}.id IN ({scope})" if scope else ""
            joins.append(f"LEFT JOIN {lookup.table} l_{name} ON {lookup.same(f'l_{name}', f's.{name}')}{within}")
            params += scope_params
        return " ".join(joins), params

    def _find_in_file(self, name: str, lookup: Lookup) -> None:
        """Let rows refer to records that this file creates."""
        self.run(
            f"""UPDATE import_record r SET {self.column(name)} = f.id, changed = NOT r.is_new FROM import_stage s
                JOIN import_record f ON f.is_new AND {lookup.same("f", f"s.{name}")}
                WHERE s.row = r.row AND s.{name} <> ''
                  AND NOT EXISTS (SELECT 1 FROM {self.table} l WHERE {lookup.same("l", f"s.{name}")})"""
        )

    # --- Telling and writing --------------------------------------------------------------------

    def records(self) -> str:
        return "SELECT row, is_new, changed FROM import_record WHERE is_new OR changed"

    def record(self) -> str:
        return f"s.{self.key[0]}::text"

    def changes(self, rows: str) -> str:
        columns = []
        for name in self.written:
            old, new = self.shown(name, "t"), self.shown(name, "r")
            columns.append((name, f"t.{self.column(name)} IS DISTINCT FROM r.{self.column(name)}", old, new))
        return f"""SELECT r.row, {changes_of(columns)}
                   FROM import_record r JOIN import_stage s ON s.row = r.row JOIN {self.table} t ON t.id = r.id
                   WHERE r.row IN ({rows}) AND r.changed"""

    def shown(self, name: str, side: str) -> str:
        """SQL of the text that a difference shows of a column: `t` is the record as it is, `r` as it will be."""
        value, kind = f"{side}.{self.column(name)}", self.fields[name].db_type(connection)
        if name in self.lookups:
            lookup = self.lookups[name]
            known = f"(SELECT l.{lookup.column}::text FROM {lookup.table} l WHERE l.id = {value})"
            return known if side == "t" else f"coalesce({known}, s.{name})"
        if kind.endswith("[]"):
            return f"array_to_string({value}, ', ')"
        return f"trim_scale({value})::text" if kind.startswith("numeric") else f"{value}::text"

    def write(self) -> None:
        self.run("DELETE FROM import_record r USING import_refused f WHERE f.row = r.row")
        touched = times(self.model, "auto_now")
        stamps = [*times(self.model, "auto_now_add"), *touched]
        columns = [self.column(name) for name in self.names if name in self.present]
        columns += [field.column for field in self._others()]
        added = self.run(
            f"""INSERT INTO {self.table} ({", ".join(["id", *columns, *stamps])})
                SELECT {", ".join(["r.id", *(f"r.{column}" for column in columns), *("now()" for _ in stamps)])}
                FROM import_record r WHERE r.is_new ORDER BY {self.insert_order}"""
        )
        if self.written:
            self.lock(self.table, "import_record")
            sets = [f"{self.column(name)} = {self._set(name)}" for name in self.written]
            sets += [f"{column} = now()" for column in touched]
            self.run(
                f"""UPDATE {self.table} t SET {", ".join(sets)} FROM import_record r JOIN import_stage s ON s.row = r.row
                    WHERE r.changed AND t.id = r.id"""
            )
        self.analyze(self.table, added)

    def _set(self, name: str) -> str:
        """What an UPDATE sets: of a kept column what stands there by then."""
        if name in self.lookups:
            return f"CASE WHEN s.{name} <> '' THEN r.{self.column(name)} ELSE {self.staged[name].updating(name).replace(f'l_{name}.id', 'NULL')} END"
        return self.staged[name].updating(name)


__all__ = ["Lookup", "TableBatch"]
