"""How triggers ask whether they are to do nothing."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def test_triggers_ask_without_an_error_whether_they_are_ignored():
    def answers():
        cursor.execute("SELECT _pgtrigger_should_ignore('this'), _pgtrigger_should_ignore('that')")
        return cursor.fetchone()

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT l.lanname, p.provolatile FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.proname = %s",
            ["_pgtrigger_should_ignore"],
        )
        # PostgreSQL takes such a function into the trigger, unlike one that catches errors.
        assert cursor.fetchall() == [("sql", "s")]
        assert answers() == (False, False)
        cursor.execute("SET LOCAL pgtrigger.ignore = '{this,other}'")
        assert answers() == (True, False)
        cursor.execute("SET LOCAL pgtrigger.ignore = ''")  # as it is after a transaction that set it
        assert answers() == (False, False)
