"""What tickets are about: modules above say how they find it.

    subject(Subject("product", _("Product"), rows="SELECT ticket_id, item FROM ...", touched="SELECT id FROM ..."))

`rows` reads tickets `x(id)` by `service_touched x`, a table of keys; `touched` gives keys of tickets whose subjects may be others since
the moment `%(upto)s`. `named` has expressions for code, name and Chinese name, in which `{key}` is the key. Of kinds that have
very many values no medians are kept (`timed`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db import connection

from backoffice.rows import in_reader_language

LONGEST_KEY = 18  # digits of a primary key


@dataclass(frozen=True)
class Subject:
    """A kind of thing that tickets are about. Its key is text of at most 130 characters."""

    kind: str
    label: Any
    rows: str
    touched: str
    named: Mapping[str, str]
    timed: bool = True

    def title(self, key: str) -> str:
        """What a key means, in the reader's language; the key itself of what is not there."""
        if not key.isdecimal() or len(key) > LONGEST_KEY:
            return key
        names = ", ".join(self.named[name].format(key="k.key") for name in ("code", "name", "name_zh"))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {names} FROM (SELECT %s::text AS key) k", [key])  # noqa: S608 - expressions of ours
            code, name, name_zh = cursor.fetchone()
        return in_reader_language(name, name_zh) or code or key


_subjects: dict[str, Subject] = {}


def subject(one: Subject) -> None:
    """Count tickets by this as well."""
    _subjects[one.kind] = one


def subjects() -> list[Subject]:
    """In the order of their names, so that statements do not depend on who registered first."""
    return [_subjects[kind] for kind in sorted(_subjects)]
