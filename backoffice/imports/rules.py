"""What a model's fields and constraints demand of rows, as SQL over its own column names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models
from django.db.models.functions import Lower, Upper
from django.db.models.sql.query import Query


@dataclass(frozen=True)
class Unique:
    """A unique constraint: `parts` are its expressions named u0, u1 ...; it holds for the rows of `where`."""

    name: str
    fields: tuple[str, ...]
    parts: str
    width: int
    where: str
    message: Any
    nulls_distinct: bool = True

    @property
    def same(self) -> str:
        """SQL: rows a and b have the same parts, in a form that can be hashed."""
        if self.nulls_distinct:
            return " AND ".join(f"a.u{n} = b.u{n}" for n in range(self.width))
        return " AND ".join(
            f"coalesce(a.u{n}::text, '') = coalesce(b.u{n}::text, '') AND (a.u{n} IS NULL) = (b.u{n} IS NULL)"
            for n in range(self.width)
        )

    @property
    def counts(self) -> str:
        """SQL: the parts of a row are such that another row cannot have the same."""
        return " AND ".join(f"u{n} IS NOT NULL" for n in range(self.width)) if self.nulls_distinct else "true"


def literal(value: Any, field: Any) -> str:
    """A value of `field` as SQL."""
    return _inlined(f"%s::{field.db_type(connection)}", [field.get_db_prep_save(value, connection)])


def times(model: Any, kind: str) -> list[str]:
    """Columns that hold when a row was written: of kind auto_now_add or auto_now."""
    return [field.column for field in model._meta.local_concrete_fields if getattr(field, kind, False)]


def check_sql(model: Any, condition: Any) -> str:
    """The condition, its columns without the name of the table."""
    query = Query(model=model, alias_cols=False)
    where = query.build_where(condition)
    sql, params = where.as_sql(query.get_compiler(connection=connection), connection)
    return _inlined(sql, params)


def _expression_sql(model: Any, expression: Any) -> str:
    query = Query(model=model, alias_cols=False)
    resolved = expression.resolve_expression(query, allow_joins=False)
    sql, params = query.get_compiler(connection=connection).compile(resolved)
    return _inlined(sql, params)


def _inlined(sql: str, params: Sequence[Any]) -> str:
    """The statement with its constants in place, percent signs doubled for use beside parameters."""
    operations: Any = connection.ops
    return str(operations.compose_sql(sql, params)).replace("%", "%%")


def folding(model: Any, field: str, key: Sequence[str]) -> str:
    """The function by which the unique index over `key` folds the letters of `field`, "" for none."""
    for constraint in model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or set(_fields(constraint)) != set(key):
            continue
        for expression in constraint.expressions:
            if isinstance(expression, Lower | Upper) and _source(expression) == field:
                return str(expression.function).lower()
    return ""


def _source(expression: Any) -> str:
    """Name of the one field in an expression, "" when there are several or none."""
    parts: Any = expression.flatten() if hasattr(expression, "flatten") else [expression]
    names = {part.name for part in parts if isinstance(part, models.F)}  # type: ignore[attr-defined]
    return str(names.pop()) if len(names) == 1 else ""


def _fields(constraint: models.UniqueConstraint) -> tuple[str, ...]:
    return tuple(constraint.fields) or tuple(_source(expression) for expression in constraint.expressions)


def unique_rules(model: Any, key: Sequence[str]) -> list[Unique]:
    """Unique constraints and fields of `model` other than that over `key`."""
    rules = []
    for constraint in model._meta.constraints:
        if not isinstance(constraint, models.UniqueConstraint) or set(_fields(constraint)) == set(key):
            continue
        expressions = constraint.expressions or [models.F(name) for name in constraint.fields]
        where = check_sql(model, constraint.condition) if constraint.condition else "true"
        parts, width = _parts(model, expressions)
        message = constraint.violation_error_message
        rules.append(
            Unique(
                constraint.name,
                _fields(constraint),
                parts,
                width,
                where,
                message,
                constraint.nulls_distinct is not False,
            )
        )
    for field in model._meta.local_concrete_fields:
        if field.unique and not field.primary_key and (field.name,) != tuple(key):
            parts, width = _parts(model, [models.F(field.name)])
            rules.append(Unique(f"{field.name}_once", (field.name,), parts, width, "true", None))
    return rules


def _parts(model: Any, expressions: Sequence[Any]) -> tuple[str, int]:
    parts = [f"{_expression_sql(model, expression)} AS u{n}" for n, expression in enumerate(expressions)]
    return ", ".join(parts), len(parts)
