"""The proof: walk every text of the database and say where strings of a person still stand."""

from dataclasses import dataclass

from django.db import connection
from psycopg import sql

TEXTS = ("text", "varchar", "jsonb", "json", "_text", "_varchar", "bpchar", "citext")


@dataclass(frozen=True)
class Trace:
    """Where something was found: how many rows of a column."""

    table: str
    column: str
    rows: int

    def __str__(self) -> str:
        return f"{self.table}.{self.column}: {self.rows}"


def traces_of(pattern: str) -> list[Trace]:
    """Columns of any table in which the pattern of a Person matches. Reads every table whole: for an operator and tests."""
    if not pattern:
        return []
    found = []
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT c.oid::regclass::text, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c
               JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
               JOIN pg_type t ON t.oid = a.atttypid
               WHERE c.relkind = 'r' AND n.nspname = current_schema() AND t.typname = ANY(%s) GROUP BY c.oid ORDER BY 1""",
            [list(TEXTS)],
        )
        for table, columns in cursor.fetchall():
            counts = sql.SQL(", ").join(
                sql.SQL("count(*) FILTER (WHERE {}::text ~* %(pattern)s)").format(sql.Identifier(column))
                for column in columns
            )
            statement = sql.SQL("SELECT {} FROM {}").format(counts, sql.SQL(table))
            cursor.execute(statement, {"pattern": pattern})
            rows = zip(columns, cursor.fetchone(), strict=True)
            found += [Trace(table, column, count) for column, count in rows if count]
    return found
