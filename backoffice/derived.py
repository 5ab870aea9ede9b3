"""Rows of a statement as a queryset, so that lists page, filter, sort and export a report like a table.

    class StockThen(models.Model):
        class Meta:
            managed = False

    derived(StockThen.objects.all(), "SELECT location_id AS id, sum(value) AS value FROM ... GROUP BY 1", [moment])

The statement gives a column for each field of the model.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from django.db import models
from django.db.models.sql.datastructures import BaseTable

Rows = TypeVar("Rows", bound=models.QuerySet)


class Statement(BaseTable):
    """Stands in FROM in place of the table."""

    def __init__(self, table_name: str, alias: str | None, sql: str, parameters: Sequence[Any]) -> None:
        super().__init__(table_name, alias)
        self.sql = sql
        self.parameters = tuple(parameters)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        return f"({self.sql}) {compiler.quote_name_unless_alias(self.table_alias)}", list(self.parameters)

    def relabeled_clone(self, change_map: dict[str | None, str]) -> "Statement":
        alias = change_map.get(self.table_alias) or self.table_alias
        return Statement(self.table_name, alias, self.sql, self.parameters)

    @property
    def identity(self) -> tuple[Any, ...]:
        return (*super().identity, self.sql, self.parameters)


def derived(queryset: Rows, sql: str, parameters: Sequence[Any] = ()) -> Rows:
    """`queryset` over the rows of `sql`, a statement of ours whose input stands in `parameters`."""
    rows = queryset.all()
    alias = rows.query.get_initial_alias()
    rows.query.alias_map[alias] = Statement(rows.model._meta.db_table, alias, sql, parameters)
    return rows


def positional(statement: str, parameters: Mapping[str, Any]) -> tuple[str, list[Any]]:
    """The statement with its named parameters in the order in which it names them."""
    names = re.findall(r"%\((\w+)\)s", statement)
    return re.sub(r"%\(\w+\)s", "%s", statement), [parameters[name] for name in names]
