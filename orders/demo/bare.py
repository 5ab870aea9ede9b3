"""Loading a large shop: secondary indexes and foreign keys are taken off and built again in one go at the end.

CHECK constraints, unique and primary keys stay throughout; everything happens in the caller's transaction, so that
a failure leaves the tables as they were.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from django.db import connection

INDEXES = """
SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid)
FROM pg_index i WHERE i.indrelid = ANY(%s::regclass[]) AND NOT i.indisunique
"""
FOREIGN_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE conrelid = ANY(%s::regclass[]) AND contype = 'f'
"""


@contextlib.contextmanager
def bare(tables: Sequence[str]) -> Iterator[None]:
    """Take indexes, foreign keys and triggers off `tables` for the block."""
    with connection.cursor() as cursor:
        cursor.execute(INDEXES, [list(tables)])
        indexes = cursor.fetchall()
        cursor.execute(FOREIGN_KEYS, [list(tables)])
        keys = cursor.fetchall()
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for table, name, _ in keys:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        for name, _ in indexes:
            cursor.execute(f"DROP INDEX {name}")
        yield
        for _, definition in indexes:
            cursor.execute(definition)
        for table, name, definition in keys:
            cursor.execute(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
        for table in tables:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
            cursor.execute(f"ANALYZE {table}")
