"""Which columns PostgreSQL can write by itself, and the statement with which it does."""

from __future__ import annotations

import datetime
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


def sources(queryset: models.QuerySet, columns: Sequence[Any], masked: set[str]) -> list[Source | None]:
    """The source of each column; None where it is computed in Python."""
    query = queryset.query
    hides = _hides(queryset)
    if hides is None or query.distinct or query.combinator or query.is_sliced or query.extra:
        return [None] * len(columns)
    return [Source(TEXT) if column.key in masked else _source(queryset, column, hides) for column in columns]


def names_read(queryset: models.QuerySet, columns: Sequence[Any]) -> list[str]:
    """The fields and annotations of the row that all of these columns say they read; [] where one does not say."""
    hides = _hides(queryset)
    names = {name for column in columns for name in getattr(column, "reads", ())}
    if hides is None or not all(getattr(column, "reads", ()) for column in columns):
        return []
    if any(hides(queryset.model, name) for name in names):
        return []
    key = queryset.model._meta.pk.attname
    return [key, *sorted(names - {key})]


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
        expression = expression() if callable(expression) else expression
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
    return zone.key if isinstance(zone, zoneinfo.ZoneInfo) else "UTC" if zone is datetime.UTC else ""


# --- Statements -------------------------------------------------------------------------------------


def values(queryset: models.QuerySet, found: Sequence[Source | None], reads: Sequence[str] = ()) -> Any:
    """Tuples of the values that have an expression, in their order, then those of the fields `reads`."""
    expressions = [one.expression for one in found if one is not None and one.expression is not None]
    expressions += [F(name) for name in reads]
    names = {f"exported_{number}": expression for number, expression in enumerate(expressions)}
    return queryset.prefetch_related(None).annotate(**names).values_list(*names or ["pk"])


def copy_statement(queryset: models.QuerySet, found: Sequence[Source], fmt: str, headers: Sequence[str]) -> str:
    """COPY of the rows as lines of `fmt` ("csv" or "jsonl"). Raises EmptyResultSet where no row can match."""
    if fmt == "jsonl":  # one text column: JSON has no control character, so that with such marks it is left as it is
        written, parameters = _pieces(found, fmt, headers, end="}")
        options = r"FORMAT csv, QUOTE E'\x01', DELIMITER E'\x02'"
    else:
        written, parameters = _cells(found)
        options = "FORMAT csv"
    rows, more = select(queryset, found, written)
    statement = f"COPY ({rows}) TO STDOUT WITH ({options})"
    return str(connections[queryset.db].ops.compose_sql(statement, (*parameters, *more)))  # type: ignore[attr-defined]


def mixed_statement(
    queryset: models.QuerySet, found: Sequence[Source | None], fmt: str, headers: Sequence[str], reads: Sequence[str]
) -> tuple[str, tuple[Any, ...]]:
    """SELECT of each line of `fmt` in pieces, between which the columns without a source go, then of the values of `reads`."""
    there = [one for one in found if one is not None]
    start = sum(one.expression is not None for one in there)
    pieces, parameters = _pieces(found, fmt, headers, end="}\n" if fmt == "jsonl" else "\n")
    raw = [f"c{start + number}" for number in range(len(reads))]
    rows, more = select(queryset, there, [*pieces, *raw], reads)
    return rows, (*parameters, *more)


def select(
    queryset: models.QuerySet, found: Sequence[Source], written: Sequence[str], reads: Sequence[str] = ()
) -> tuple[str, tuple[Any, ...]]:
    """Two levels: the inner query is Django's own, in its order; the outer one writes its values c0, c1 ... as text.

    So each expression is computed once, however often its text is looked at.
    """
    inner, parameters = values(queryset, found, reads).query.get_compiler(queryset.db).as_sql()
    number = sum(one.expression is not None for one in found) + len(reads)
    names = ", ".join(f"c{place}" for place in range(max(number, 1)))
    return f"SELECT {', '.join(written)} FROM ({inner}) AS exported({names})", parameters  # noqa: S608 - names of ours


def _cells(found: Sequence[Source]) -> tuple[list[str], list[str]]:
    """The SQL of each column's text, and the parameters in it."""
    written, parameters, place = [], [], 0
    for one in found:
        if one.expression is None:
            written.append("%s::text")
            parameters.append(MASK)
        else:
            written.append(one.kind.cell(f"c{place}"))
            place += 1
    return written, parameters


def _pieces(
    found: Sequence[Source | None], fmt: str, headers: Sequence[str], *, end: str
) -> tuple[list[str], list[str]]:
    """The SQL of a line that ends with `end`, broken where a column has no source, and the parameters in it."""
    pieces: list[str] = []
    parameters: list[str] = []
    parts: list[str] = []
    fixed = ""  # what stands before the next value
    place = 0

    def flush() -> None:
        nonlocal fixed
        parts.append("%s::text")
        parameters.append(fixed)
        fixed = ""

    for number, (one, header) in enumerate(zip(found, headers, strict=True)):
        if fmt == "jsonl":
            fixed += f"{',' if number else '{'}{json_text(header)}:"
        elif number:
            fixed += ","
        if one is not None and one.expression is None:
            fixed += json_text(MASK) if fmt == "jsonl" else MASK
            continue
        flush()
        if one is None:
            pieces.append(" || ".join(parts))
            parts.clear()
        else:
            parts.append(one.kind.json_text(f"c{place}") if fmt == "jsonl" else one.kind.quoted(f"c{place}"))
            place += 1
    fixed += end
    flush()
    return [*pieces, " || ".join(parts)], parameters
