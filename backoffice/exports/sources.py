"""Which columns PostgreSQL can write by itself, and the statement with which it does."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import connections, models
from django.db.models import F
from django.db.models.query import ModelIterable
from django.utils import timezone

from backoffice.exports.values import MASK, MOMENT, TEXT, Kind, json_text, kind_of

Hides = Callable[[type[models.Model], str], bool]


@dataclass(frozen=True)
class Source:
    """Where the values of a column come from; without an expression every row has the mask."""

    kind: Kind
    expression: Any = None


def sources(queryset: models.QuerySet, columns: Sequence[Any], masked: set[str]) -> list[Source] | None:
    """The source of each column; None where one of them is computed in Python, or the rows as a whole are."""
    query = queryset.query
    if query.distinct or query.combinator or query.is_sliced or query.extra:
        return None
    hides = _hides(queryset)
    if hides is None:
        return None
    found = []
    for column in columns:
        source = Source(TEXT) if column.key in masked else _source(queryset, column, hides)
        if source is None:
            return None
        found.append(source)
    return found


def _hides(queryset: models.QuerySet) -> Hides | None:
    """Tells which fields the queryset changes as it reads them; None where that is not known."""
    if queryset._iterable_class is ModelIterable:
        return _nothing
    return getattr(queryset._iterable_class, "hides", None)


def _nothing(model: type[models.Model], name: str) -> bool:
    return False


def _source(queryset: models.QuerySet, column: Any, hides: Hides) -> Source | None:
    expression = getattr(column, "sql", None)
    if expression is not None:
        if hides is not _nothing:  # nobody knows what it reads
            return None
        field = _output(queryset.annotate(exported=expression), "exported")
    elif column.get:
        return None
    else:
        path = column.accessor.replace(".", "__")
        expression = F(path)
        field = _output(queryset, path) if path in queryset.query.annotations else _field(queryset.model, path, hides)
        if path in queryset.query.annotations and hides(queryset.model, path):
            return None
    kind = kind_of(field) if field is not None else None
    if kind is None or (kind is MOMENT and not zone_name()):
        return None
    return Source(kind, expression)


def _output(queryset: models.QuerySet, name: str) -> Any:
    """The field that says what an annotation holds."""
    try:
        return queryset.query.annotations[name].output_field
    except (FieldError, AttributeError):
        return None


def _field(model: Any, path: str, hides: Hides) -> Any:
    """The column at the end of `path`, over keys of this table and of those they lead to; None for anything else."""
    *way, last = path.split("__")
    try:
        for name in way:
            relation = model._meta.get_field(name)
            if not relation.concrete or not relation.related_model:
                return None
            model = relation.related_model
        field = model._meta.pk if last == "pk" else model._meta.get_field(last)
    except FieldDoesNotExist:
        return None
    return None if not field.concrete or field.is_relation or hides(model, field.name) else field


def zone_name() -> str:
    """The reader's time zone by the name that PostgreSQL knows it by; "" for an offset without a name."""
    zone = timezone.get_current_timezone()
    return zone.key if isinstance(zone, zoneinfo.ZoneInfo) else "UTC" if zone == timezone.utc else ""


# --- Statements -------------------------------------------------------------------------------------


def values(queryset: models.QuerySet, found: Sequence[Source]) -> models.QuerySet:
    """Tuples of the values that have an expression, in their order."""
    names = {f"exported_{number}": one.expression for number, one in enumerate(found) if one.expression is not None}
    return queryset.prefetch_related(None).annotate(**names).values_list(*names or ["pk"])


def copy_statement(queryset: models.QuerySet, found: Sequence[Source], fmt: str, headers: Sequence[str]) -> str:
    """COPY of the rows as lines of `fmt` ("csv" or "jsonl"). Raises EmptyResultSet where no row can match.

    Two levels: the inner query is Django's own, ordered; the outer one writes each value as text, so that
    expressions are computed once.
    """
    using = queryset.db
    inner, parameters = values(queryset, found).query.get_compiler(using).as_sql()
    names, written = [], []
    for number, one in enumerate(found):
        if one.expression is None:
            written.append((one.kind, "%s"))
        else:
            names.append(f"c{number}")
            written.append((one.kind, f"c{number}"))
    make = _json_line if fmt == "jsonl" else _csv_cells
    outer, more = make(written, headers)
    options = r"FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'" if fmt == "jsonl" else "FORMAT csv"
    rows = f"({inner}) AS exported({', '.join(names or ['c'])})"
    statement = f"COPY (SELECT {outer} FROM {rows}) TO STDOUT WITH ({options})"
    return str(connections[using].ops.compose_sql(statement, (*more, *parameters)))


def _csv_cells(written: Sequence[tuple[Kind, str]], headers: Sequence[str]) -> tuple[str, list[str]]:
    cells = [name if name == "%s" else kind.cell(name) for kind, name in written]
    return ", ".join(cells), [MASK for _kind, name in written if name == "%s"]


def _json_line(written: Sequence[tuple[Kind, str]], headers: Sequence[str]) -> tuple[str, list[str]]:
    """One text column: JSON has no control character, so that COPY with such marks leaves it as it is."""
    parts, parameters = [], []
    for place, ((kind, name), header) in enumerate(zip(written, headers, strict=True)):
        parts.append("%s")
        parameters.append(f"{',' if place else '{'}{json_text(header)}:")
        if name == "%s":
            parameters[-1] += f'"{MASK}"'
        else:
            parts.append(kind.json_text(name))
    return " || ".join([*parts, "'}'"]), parameters
