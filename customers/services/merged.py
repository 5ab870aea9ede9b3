"""Records that were merged away: they belong to their survivor, and nobody changes them but whoever says so here."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


@contextmanager
def merged_may_change() -> Iterator[None]:
    """Let them be changed within, for what concerns every record of a person. Needs a transaction, with which it ends too."""
    _say("on")
    yield
    _say("off")


def _say(state: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('houtai.erasing', %s, true)", [state])
