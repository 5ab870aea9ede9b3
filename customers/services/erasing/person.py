"""The strings by which a person can be recognised in texts, gathered before they are erased."""

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from customers.models import Customer
from customers.services.erasing.registry import Table, every

ERASED = "[erased]"
IN_ADDRESSES = ("name", "company", "line1", "line2", "phone", "email")
SHORTEST, SHORTEST_CHINESE = 5, 2


@dataclass
class Person:
    """`customer` as it is stored; `traces` longest first, so that none is left half-erased by a shorter one."""

    customer: Customer
    traces: list[str]
    names: set[str] = field(default_factory=set)

    @property
    def pseudonym(self) -> str:
        return f"Erased {self.customer.number}"

    @property
    def pattern(self) -> str:
        """Regular expression of PostgreSQL that matches any of the strings, in plain text and in JSON; "" matches nothing."""
        forms = dict.fromkeys(
            form for trace in self.traces for form in (trace, json.dumps(trace, ensure_ascii=False)[1:-1])
        )
        return "|".join(re.sub(r"([^\w\s]|_)", r"\\\1", form) for form in forms)


def person_of(customer: Customer) -> Person:
    """Gather what the tables of every class, and their histories, say of `customer`."""
    traces: set[str] = set()
    names: set[str] = set()
    for entry in every():
        for table in entry.tables:
            rows = list(table.of(customer).values_list("pk", flat=True)) if table.traces or table.names else []
            traces |= set(_values(table, customer, rows, table.traces))
            names |= {str(value).upper() for value in _values(table, customer, rows, table.names)}
    return Person(customer, sorted(filter(_is_telling, traces), key=len, reverse=True), names - {""})


def _values(table: Table, customer: Customer, keys: list[int], fields: Iterable[str]) -> Iterator[str]:
    fields = list(fields)
    if not fields:
        return
    sources: list[models.QuerySet] = [table.model._base_manager.filter(pk__in=keys)]
    if table.history is not None:
        sources.append(table.past(customer, keys))
    for rows in sources:
        for values in rows.values_list(*fields).distinct():
            for value in values:
                yield from _strings(value)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value.strip()
    elif isinstance(value, dict):
        yield from (str(value[part]).strip() for part in IN_ADDRESSES if value.get(part))


def _is_telling(text: str) -> bool:
    """Whether a text is long enough to mean this person wherever it stands."""
    return len(text) >= (SHORTEST_CHINESE if re.search(r"[\u3400-\u9fff]", text) else SHORTEST)
