"""How rows lose what is personal: the live row, every copy in the row history, and what the history says why."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import pgtrigger
from django.db import models, transaction
from django.db.models import F, Func, Q, TextField, Value
from django.db.models.functions import Cast
from pghistory.models import Context

from customers.services.erasing.person import ERASED, Person
from customers.services.erasing.registry import Table

PART = 1000


class Scrubbed(Func):
    """A text or JSON without the strings that a pattern matches, whatever their case."""

    function = "regexp_replace"

    def __init__(self, field: models.Field, pattern: str) -> None:
        super().__init__(
            Cast(F(field.name), TextField()), Value(pattern), Value(ERASED), Value("gi"), output_field=TextField()
        )


def scrubbed(field: models.Field, pattern: str) -> Any:
    """The expression to write into `field`."""
    plain = Scrubbed(field, pattern)
    return plain if isinstance(field, models.CharField | models.TextField) else Cast(plain, field)


@contextmanager
def allowed(model: type[models.Model], names: Iterable[str] = ()) -> Iterator[None]:
    """Let rows of `model` be changed though triggers refuse it to everybody else."""
    standing = {trigger.name for trigger in getattr(model._meta, "triggers", [])}
    with ExitStack() as stack:
        for name in standing & {"append_only", *names}:
            stack.enter_context(pgtrigger.ignore(f"{model._meta.label}:{name}"))
        yield


def clear(table: Table, person: Person, keys: list[int]) -> int:
    """Treat the rows of `table` with these keys as it says; returns how many there were."""
    model, files = table.model, _files_of(table, keys)
    for start in range(0, len(keys), PART):
        rows = model._base_manager.filter(pk__in=keys[start : start + PART])
        with allowed(model, table.ignoring):
            if values := _values(table, model, person):
                rows.update(**values)
            if table.deletes:
                rows.delete()
    if table.history is not None:
        _clear_history(table, person, keys)
    for storage, name in files:
        transaction.on_commit(partial(storage.delete, name))
    return len(keys)


def _values(table: Table, model: type[models.Model], person: Person) -> dict[str, Any]:
    """Field -> value or expression, of those that `model` has."""
    known = {field.name: field for field in model._meta.concrete_fields}
    values: dict[str, Any] = {
        name: value.format(pseudonym=person.pseudonym) if isinstance(value, str) else value
        for name, value in table.blank.items()
        if name in known
    }
    if person.pattern:
        values |= {name: scrubbed(known[name], person.pattern) for name in table.scrub if name in known}
    return values


def _clear_history(table: Table, person: Person, keys: list[int]) -> None:
    past = table.past(person.customer, keys)
    contexts = set(past.exclude(pgh_context=None).values_list("pgh_context_id", flat=True))
    values = _values(table, table.history, person) | dict.fromkeys(table.files, "")
    if values:
        with allowed(table.history):
            past.update(**values)
    scrub(Context, ["metadata"], person, Q(pk__in=contexts))


def _files_of(table: Table, keys: list[int]) -> list[tuple[Any, str]]:
    found = []
    for name in table.files:
        storage = table.model._meta.get_field(name).storage  # type: ignore[union-attr]
        stored = table.model._base_manager.filter(pk__in=keys).exclude(**{name: ""}).values_list(name, flat=True)
        found += [(storage, path) for path in stored]
    return found


def scrub(model: type[models.Model], fields: Iterable[str], person: Person, rows: Q | None = None) -> int:
    """Take the strings of the person out of `fields`, in those of `rows` in which they stand; returns how many."""
    if not person.pattern:
        return 0
    known: Mapping[str, models.Field] = {name: model._meta.get_field(name) for name in fields}  # type: ignore[misc]
    found = Q()
    texts = {f"told_{name}": Cast(F(name), TextField()) for name in known}
    for alias in texts:
        found |= Q(**{f"{alias}__iregex": person.pattern})
    wanted = model._base_manager.filter(rows or Q()).alias(**texts).filter(found)
    with allowed(model):
        return wanted.order_by().update(**{name: scrubbed(field, person.pattern) for name, field in known.items()})
