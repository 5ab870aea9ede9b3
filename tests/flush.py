"""How a test with real transactions leaves the database: with the rows that were there from the start and no others.

Django truncates every table and writes content types and permissions anew, which takes longer than most such tests.
"""

from functools import cache

from django.db import connection
from django.test import TransactionTestCase

from tests.template import STAYS, TABLES

LARGE = 64  # pages: larger tables are vacuumed, or the rows that are written back would make them grow test by test
HUGE = 4_000  # pages of all tables: to make every one anew takes a second, to delete so many rows takes longer
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
        around = (
            "SET session_replication_role = replica; {}; RESET session_replication_role" if without_triggers else "{}"
        )
        if without_triggers and sum(pages.values()) <= HUGE:
            filled = [f'DELETE FROM public."{table}"' for table, size in pages.items() if size]
            cursor.execute(around.format("; ".join(filled)))
            if large := [f'public."{table}"' for table, size in pages.items() if size > LARGE]:
                cursor.execute("VACUUM " + ", ".join(large))
        else:
            cursor.execute("TRUNCATE " + ", ".join(f'public."{table}"' for table in pages))
        cursor.execute(around.format("; ".join(refill())))


@cache
def refill() -> list[str]:
    """Statements that write what was there from the start."""
    with connection.cursor() as cursor:
        cursor.execute(KEPT)
        return [
            f'INSERT INTO public."{table}" ({columns}) SELECT {columns} FROM kept."{table}"'
            for table, columns in cursor.fetchall()
        ]
