"""What tickets are about: modules above say how they find it.

    subject(Subject("product", _("Product"), rows="SELECT ticket_id, item FROM ...", touched="SELECT id FROM ..."))

`rows` reads tickets `x(id)` by `service_touched x`, a table of keys; `touched` gives keys of tickets whose subjects may be others since
the moment `%(upto)s`. `named` has expressions for code, name and Chinese name, in which `{key}` is the key. Of kinds that have
very many values no medians are kept (`timed`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Subject:
    """A kind of thing that tickets are about. Its key is text of at most 130 characters."""

    kind: str
    label: Any
    rows: str
    touched: str
    named: Mapping[str, str]
    timed: bool = True


_subjects: dict[str, Subject] = {}


def subject(one: Subject) -> None:
    """Count tickets by this as well."""
    _subjects[one.kind] = one


def subjects() -> list[Subject]:
    """In the order of their names, so that statements do not depend on who registered first."""
    return [_subjects[kind] for kind in sorted(_subjects)]
