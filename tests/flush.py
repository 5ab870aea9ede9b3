"""How a test with real transactions leaves the database: with the rows that were there from the start and no others.

Django truncates every table and writes content types and permissions anew, which takes longer than most such tests.
"""

from functools import cache

from django.db import connection
from django.test import TransactionTestCase

from tests.template import STAYS, TABLES

LARGE = 64  # pages: rows of larger tables are not deleted one by one
PAGES = TABLES.replace("relname", "relname, pg_relation_size(oid) / current_setting('block_size')::int", 1)
KEPT = """
SELECT k.relname, string_agg(quote_ident(a.attname), ', ') FROM pg_class k
JOIN pg_attribute a ON a.attrelid = ('public.' || quote_ident(k.relname))::regclass
WHERE k.relnamespace = 'kept'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
GROUP BY 1
"""


def quickly(test: TransactionTestCase) -> None:
    """Take the place of `TransactionTestCase._fixture_teardown`."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('is_superuser') = 'on'")
        without_triggers = cursor.fetchone()[0]
        cursor.execute(PAGES, [list(STAYS)])
        pages = dict(cursor.fetchall())
        if without_triggers and max(pages.values()) <= LARGE:
            empty = [f'DELETE FROM public."{table}"' for table, size in pages.items() if size]
        else:
            empty = ["TRUNCATE " + ", ".join(f'public."{table}"' for table in pages)]
        around = ("SET session_replication_role = replica", "RESET session_replication_role")
        cursor.execute(
            "; ".join([around[0], *empty, *refill(), around[1]] if without_triggers else [*empty, *refill()])
        )


@cache
def refill() -> list[str]:
    """Statements that write what was there from the start."""
    with connection.cursor() as cursor:
        cursor.execute(KEPT)
        return [
            f'INSERT INTO public."{table}" ({columns}) SELECT {columns} FROM kept."{table}"'
            for table, columns in cursor.fetchall()
        ]
