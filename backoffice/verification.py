"""Proofs that stored counters agree with the rows they count. Modules register theirs in `verification.py`.

    @verification.check("stock_levels", repair=repair_levels)
    def stock_levels() -> verification.Result:
        return verification.compare(checked="SELECT count(*) FROM ...", wrong="SELECT id, ... WHERE ... <> ...", say=...)

A check reads only, by few set-based statements, each of which sees one moment.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection, transaction

from backoffice.models import User

EXAMPLES = 5


@dataclass(frozen=True)
class Result:
    """How many rows were looked at, how many are wrong, and the first of these in words."""

    checked: int
    wrong: int
    examples: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Check:
    name: str
    find: Callable[[], Result]
    repair: Callable[[User | None], None] | None = None


@dataclass(frozen=True)
class Report:
    """The outcome of one check; `mended` counts rows that a repair put right, `refusal` says why it could not."""

    name: str
    result: Result
    mended: int = 0
    refusal: str = ""


_checks: dict[str, Check] = {}


def check(
    name: str, *, repair: Callable[[User | None], None] | None = None
) -> Callable[[Callable[[], Result]], Callable[[], Result]]:
    """Register a check; `repair(by)` puts its wrong rows right and records that in the audit."""

    def decorate(find: Callable[[], Result]) -> Callable[[], Result]:
        _checks[name] = Check(name, find, repair)
        return find

    return decorate


def names() -> list[str]:
    return sorted(_checks)


def run(chosen: Iterable[str] = (), *, repair: bool = False, by: User | None = None) -> Iterable[Report]:
    """Run the checks of these names, by default all, in the order of registration; with `repair` wrong ones are mended and checked again."""
    wanted = set(chosen) or set(_checks)
    for name, one in _checks.items():
        if name not in wanted:
            continue
        result = one.find()
        if result.wrong and repair and one.repair is not None:
            yield _repaired(one, result, by)
        else:
            yield Report(name, result)


def _repaired(one: Check, before: Result, by: User | None) -> Report:
    refusal = ""
    try:
        with transaction.atomic():
            one.repair(by)  # type: ignore[misc]
    except ValidationError as error:
        refusal = " ".join(error.messages)
    after = one.find()
    return Report(one.name, after, max(before.wrong - after.wrong, 0), refusal)


def compare(*, checked: str, wrong: str, say: Callable[[Sequence[Any]], str], parameters: Any = None) -> Result:
    """Count by `checked`; every row of `wrong` is an error, which `say` puts into words."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '256MB'")
        cursor.execute(checked)
        number = cursor.fetchone()[0]
        cursor.execute(f"SELECT count(*) OVER (), w.* FROM ({wrong}) w LIMIT {EXAMPLES}", parameters)  # noqa: S608
        rows = cursor.fetchall()
    return Result(number, rows[0][0] if rows else 0, [say(row[1:]) for row in rows])


def keys(wrong: str, parameters: Any = None) -> list[int]:
    """First column of every row of `wrong`, for a repair."""
    with connection.cursor() as cursor:
        cursor.execute(wrong, parameters)
        return [row[0] for row in cursor.fetchall()]
