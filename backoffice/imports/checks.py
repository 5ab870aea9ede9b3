"""What stands against rows that are records of one model, found from its fields, constraints and foreign keys."""

# The statements are put together from names of our own models and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import connection, models
from django.utils.translation import gettext_lazy

from backoffice.imports.batch import Batch, may
from backoffice.imports.rules import Unique, folding

MESSAGES = {
    "key_missing": gettext_lazy("The row does not say which %(kind)s it is about."),
    "key_twice": gettext_lazy("The same %(kind)s stands in row %(row)s already."),
    "unknown": gettext_lazy("There is no %(kind)s “%(value)s”."),
    "needed": gettext_lazy("There is no such %(kind)s yet, and to create it this is needed: %(label)s."),
    "not_yours": gettext_lazy("There is no %(kind)s “%(value)s” that you may change."),
    "may_not_add": gettext_lazy("You may change %(kinds)s but not add any."),
    "may_not_change": gettext_lazy("You may add %(kinds)s but not change any."),
    "too_long": gettext_lazy("The text has %(length)s characters; %(limit)s are the limit."),
    "out_of_range": gettext_lazy("The number must be between %(low)s and %(high)s."),
    "taken": gettext_lazy("Another %(kind)s has this value already."),
    "refers_to_refused": gettext_lazy("It refers to row %(row)s, which is refused."),
}


@dataclass(frozen=True)
class Lookup:
    """A foreign key that files give by a natural key, `field` of `model`.

    fold: the function over both sides, by default that of the unique index; "lower" where the index has none.
    """

    model: Any
    field: str
    fold: str = ""

    @property
    def table(self) -> str:
        return str(self.model._meta.db_table)

    @property
    def column(self) -> str:
        return str(self.model._meta.get_field(self.field).column)

    def same(self, alias: str, text: str) -> str:
        """SQL: the record `alias` is the one that `text` names."""
        fold = self.fold or folding(self.model, self.field, (self.field,))
        return f"{fold}({alias}.{self.column}) = {fold}({text})"


class Checking(Batch):
    """The checking half of a TableBatch, which says what the attributes mean."""

    model: ClassVar[Any]
    key: ClassVar[tuple[str, ...]]
    names: ClassVar[tuple[str, ...]]
    lookups: ClassVar[Mapping[str, Lookup]] = {}
    is_head: ClassVar[str] = "true"
    table: str
    fields: Mapping[str, Any]
    words: Mapping[str, str]
    unique: Sequence[Unique]
    checks: Mapping[str, str]

    def column(self, name: str) -> str:
        return str(self.staged[name].column or name)

    def folded(self, name: str, alias: str) -> str:
        """SQL of the part of the key that is compared."""
        raise NotImplementedError

    def visible(self, manager: Any, method: str) -> tuple[str, list[Any]]:
        """SQL of the keys that the person may see, "" where that is all of them, and its parameters."""
        everything = manager.all()
        if self.by is None or not hasattr(everything, method):
            return "", []
        visible = getattr(everything, method)(self.by).order_by().values("pk")
        if visible.query.is_empty():
            return "SELECT NULL::bigint WHERE false", []
        if not visible.query.where and not visible.query.combinator:
            return "", []
        sql, params = visible.query.sql_with_params()
        return sql, list(params)

    def find_problems(self) -> None:
        self._check_lookups()
        self._check_keys()
        self._check_rights()
        self._check_values()
        for code, sql in self.checks.items():
            self._check_constraint(code, sql)
        for rule in self.unique:
            self._check_unique(rule)
        self._refuse_followers()

    def told(self, code: str, select: str, params: Sequence[Any] | None = None) -> int:
        """A problem of rows against which nothing else stands yet, its sentence with the words of the model."""
        words = [self.words["kind"], self.words["kinds"], code]
        return self.problem(
            code,
            f"""SELECT f.row, f.name, f.value, f.params || jsonb_build_object('kind', %s::text, 'kinds', %s::text, 'name', %s::text)
                FROM ({select}) f(row, name, value, params)
                WHERE NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = f.row AND p.is_error)""",
            [*words, *(params or [])],
        )

    def _check_lookups(self) -> None:
        for name, lookup in self.lookups.items():
            if name not in self.present:
                continue
            scope, scope_params = self.visible(lookup.model._default_manager, "in_scope")
            known = f"SELECT 1 FROM {lookup.table} l WHERE {lookup.same('l', f's.{name}')}"
            known += f" AND l.id IN ({scope})" if scope else ""
            own = ""
            if lookup.model is self.model:
                own = f" AND NOT EXISTS (SELECT 1 FROM import_record f WHERE {lookup.same('f', f's.{name}')})"
            self.problem(
                "unknown",
                f"""SELECT s.row, '{name}', s.{name}, jsonb_build_object('kind', %s::text, 'value', s.{name}) FROM import_stage s
                    WHERE s.{name} <> '' AND NOT EXISTS ({known}){own}""",
                [str(lookup.model._meta.verbose_name), *scope_params],
            )

    def _check_keys(self) -> None:
        first = self.key[0]
        self.told(
            "key_missing",
            f"""SELECT s.row, '{first}', '', '{{}}'::jsonb FROM import_stage s
                WHERE {self.is_head} AND NOT EXISTS (SELECT 1 FROM import_record r WHERE r.row = s.row)""",
        )
        parts = ", ".join(self.folded(name, "r") for name in self.key)
        self.told(
            "key_twice",
            f"""SELECT d.row, '{first}', s.{first}::text, jsonb_build_object('row', d.first) FROM (
                    SELECT r.row, min(r.row) OVER (PARTITION BY {parts}) AS first FROM import_record r
                ) d JOIN import_stage s ON s.row = d.row WHERE d.row > d.first""",
        )

    def _check_rights(self) -> None:
        first, opts = self.key[0], self.model._meta
        record = f"SELECT r.row, '{first}', s.{first}::text, jsonb_build_object('value', s.{first}::text)"
        rows = "FROM import_record r JOIN import_stage s ON s.row = r.row WHERE"
        self.told("not_yours", f"{record} {rows} r.is_hidden")
        if not may(self.by, f"{opts.app_label}.add_{opts.model_name}"):
            self.told("may_not_add", f"{record} {rows} r.is_new")
        if not may(self.by, f"{opts.app_label}.change_{opts.model_name}"):
            self.told("may_not_change", f"{record} {rows} r.changed")

    def _check_values(self) -> None:
        """What a field of the model could not hold, and what a new record lacks."""
        long, ranged = [], []
        for name in self.names:
            field, column = self.fields[name], self.column(name)
            if name in self.lookups or name not in self.present:
                pass
            elif isinstance(field, models.CharField) and field.max_length:
                long.append(f"('{name}', r.{column}::text, {field.max_length})")
            elif isinstance(field, models.IntegerField):
                low, high = connection.ops.integer_field_range(field.get_internal_type())
                ranged.append(f"('{name}', r.{column}, {low}, {high})")
        if long:
            self.told(
                "too_long",
                f"""SELECT r.row, d.name, d.value, jsonb_build_object('length', length(d.value), 'limit', d.most)
                    FROM import_record r, LATERAL (VALUES {", ".join(long)}) d(name, value, most) WHERE length(d.value) > d.most""",
            )
        if ranged:
            self.told(
                "out_of_range",
                f"""SELECT r.row, d.name, d.value::text, jsonb_build_object('low', d.low, 'high', d.high)
                    FROM import_record r, LATERAL (VALUES {", ".join(ranged)}) d(name, value, low, high)
                    WHERE d.value NOT BETWEEN d.low AND d.high""",
            )
        for name, field in self.fields.items():
            if name not in self.key and not field.null and not field.has_default() and not field.blank:
                empty = f"r.{field.column} IS NULL" + (
                    f" OR r.{field.column} = ''" if isinstance(field, models.CharField | models.TextField) else ""
                )
                self.told(
                    "needed",
                    f"""SELECT r.row, '{name}', '', jsonb_build_object('label', %s::text) FROM import_record r
                        WHERE r.is_new AND ({empty})""",
                    [str(field.verbose_name)],
                )

    def _check_constraint(self, code: str, sql: str) -> None:
        name = next((n for n in self.names if n in self.present and f'"{self.column(n)}"' in sql), "")
        value = f"s.{name}::text" if name else "''"
        self.told(
            code,
            f"""SELECT r.row, '{name}', {value}, '{{}}'::jsonb
                FROM (SELECT row FROM import_record WHERE (is_new OR changed) AND NOT ({sql})) r
                JOIN import_stage s ON s.row = r.row""",
        )

    def _check_unique(self, rule: Unique) -> None:
        """Another unique constraint than that of the key, among the rows and against the table."""
        name = next((n for n in self.names if self.fields[n].name in rule.fields and n in self.present), "")
        shown = f"s.{name}::text" if name else "''"
        future = f"SELECT id, row, {rule.parts} FROM import_record WHERE {rule.where}"
        parts = ", ".join(f"u{n}" for n in range(rule.width))
        self.told(
            rule.name if rule.message else "taken",
            f"""SELECT a.row, '{name}', {shown}, '{{}}'::jsonb FROM (
                    SELECT a.row FROM (SELECT row, min(row) OVER (PARTITION BY {parts}) AS first FROM ({future}) f WHERE {rule.counts}) a
                    WHERE a.row > a.first
                    UNION
                    SELECT a.row FROM ({future}) a JOIN (SELECT id, {rule.parts} FROM {self.table} WHERE {rule.where}) b
                      ON {rule.same} AND b.id <> a.id WHERE NOT EXISTS (SELECT 1 FROM import_record o WHERE o.id = b.id)
                ) a JOIN import_stage s ON s.row = a.row""",
        )

    def _refuse_followers(self) -> None:
        """Rows that refer to a new record of the file which is refused are refused too, and so on."""
        own = [name for name, lookup in self.lookups.items() if lookup.model is self.model and name in self.present]
        while own and sum(
            self.told(
                "refers_to_refused",
                f"""SELECT r.row, '{name}', s.{name}, jsonb_build_object('row', f.row) FROM import_record r
                    JOIN import_stage s ON s.row = r.row JOIN import_record f ON f.id = r.{self.column(name)} AND f.is_new
                    WHERE EXISTS (SELECT 1 FROM import_problem p WHERE p.row = f.row AND p.is_error)""",
            )
            for name in own
        ):
            pass
