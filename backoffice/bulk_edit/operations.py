"""What may be done to a field in bulk, by its kind; each operation is a piece of SQL over the record `t`.

A change as it is kept: {"field": "price", "op": "percent", "value": "5", "with": "", "said": "Price: change by 5 %"}.
"""

# The statements are put together from names of our own models and escaped literals.
# ruff: noqa: S608

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy

from backoffice.money import MoneyField, minor_units

LABELS = {
    "set": gettext_lazy("set to"),
    "clear": gettext_lazy("clear"),
    "prepend": gettext_lazy("put in front"),
    "append": gettext_lazy("put behind"),
    "replace": gettext_lazy("replace text"),
    "add": gettext_lazy("change by"),
    "percent": gettext_lazy("change by %"),
    "add_to": gettext_lazy("add to the list"),
    "remove": gettext_lazy("remove from the list"),
}
OPERATIONS: dict[str, Sequence[str]] = {
    "text": ("set", "prepend", "append", "replace"),
    "long text": ("set", "prepend", "append", "replace"),
    "number": ("set", "add", "percent"),
    "money": ("set", "add", "percent"),
    "boolean": ("set",),
    "choice": ("set",),
    "date": ("set",),
    "moment": ("set",),
    "lookup": ("set",),
    "list": ("add_to", "remove", "set"),
}
WITHOUT_VALUE = {"clear"}
KEPT_PLACES = 6  # decimals of a number within JSON
Change = dict[str, Any]


@dataclass(frozen=True)
class EditField:
    """A field that may be changed in bulk. `model_field` is None for one key of a column of JSON, `column`.

    natural: the field by which `batch.lookups` names related records.
    """

    name: str
    label: str
    kind: str
    may_be_empty: bool
    column: str
    permission: str = ""
    model_field: Any = None
    natural: str = ""
    choices: tuple[tuple[Any, Any], ...] = ()
    places: int = 0
    digits: int = 0

    @property
    def operations(self) -> list[str]:
        return [*OPERATIONS[self.kind], *(["clear"] if self.may_be_empty else [])]

    @property
    def code(self) -> str:
        """The key within a column of JSON."""
        return self.name.partition(".")[2]


@dataclass(frozen=True)
class Attribute:
    """One key of a column of JSON, as a module's hook `EditResource.attributes` names it.

    kind: "text", "number", "boolean", "choice" with `choices`, "date" or "list", all kept as JSON has them.
    """

    code: str
    label: Any = ""
    kind: str = "text"
    choices: tuple[tuple[Any, Any], ...] = ()
    column: str = "attributes"

    def field(self) -> EditField:
        return EditField(
            f"{self.column}.{self.code}",
            str(self.label or self.code),
            self.kind,
            may_be_empty=True,
            column=self.column,
            choices=self.choices,
            places=KEPT_PLACES,
            digits=20,
        )


def field_of(model: type[models.Model], name: str, *, permission: str = "", natural: str = "") -> EditField:
    """How a field of a model may be changed."""
    field: Any = model._meta.get_field(name)
    is_money = isinstance(field, MoneyField)
    return EditField(
        name,
        str(capfirst(field.verbose_name)),
        kind_of(field),
        may_be_empty=field.null or (field.blank and not field.choices and not isinstance(field, models.BooleanField)),
        column=field.column,
        permission=permission,
        model_field=field,
        natural=natural,
        choices=tuple(field.flatchoices),
        places=minor_units(settings.DEFAULT_CURRENCY) if is_money else getattr(field, "decimal_places", 0) or 0,
        digits=getattr(field, "max_digits", 0) or 0,
    )


def kind_of(field: Any) -> str:
    """The kind of a model field. Raises TypeError for one that nobody edits in bulk."""
    if field.is_relation:
        return "lookup"
    if field.choices:
        return "choice"
    for kinds, kind in (
        (ArrayField, "list"),
        (models.BooleanField, "boolean"),
        (MoneyField, "money"),
        ((models.DecimalField, models.IntegerField), "number"),
        (models.DateTimeField, "moment"),
        (models.DateField, "date"),
        (models.TextField, "long text"),
        (models.CharField, "text"),
    ):
        if isinstance(field, kinds):  # type: ignore[arg-type]
            return kind
    raise TypeError(f"{field} cannot be edited in bulk")


def literal(value: Any, kind: str) -> str:
    """A value as SQL that may stand beside parameters."""
    operations: Any = connection.ops
    return str(operations.compose_sql(f"%s::{kind}", [value])).replace("%", "%%")


def value_sql(field: EditField, change: Change, base: str = "") -> str:
    """SQL of the new value over the record `t`, as the column is staged; `base` is the JSON that earlier changes made."""
    if field.model_field is None:
        return _attribute(field, change, base or f"t.{field.column}")
    sql = _BY_OPERATION[change["op"]](field, change, f"t.{field.column}")
    return f"trim_scale({sql})" if _type(field) == "numeric" else sql


def _set(field: EditField, change: Change, old: str) -> str:
    return literal(change["value"], _type(field))


def _clear(field: EditField, change: Change, old: str) -> str:
    if field.kind == "list":
        return "'{}'::text[]"
    return "''" if _type(field) == "text" else f"NULL::{_type(field)}"


def _prepend(field: EditField, change: Change, old: str) -> str:
    return f"{literal(change['value'], 'text')} || coalesce({old}, '')"


def _append(field: EditField, change: Change, old: str) -> str:
    return f"coalesce({old}, '') || {literal(change['value'], 'text')}"


def _replace(field: EditField, change: Change, old: str) -> str:
    return f"replace({old}, {literal(change['value'], 'text')}, {literal(change['with'], 'text')})"


def _add(field: EditField, change: Change, old: str) -> str:
    return f"{old} + {literal(change['value'], 'numeric')}"


def _percent(field: EditField, change: Change, old: str) -> str:
    """Rounded half away from zero to what the column or the currency counts in."""
    return f"round({old} * (1 + {literal(change['value'], 'numeric')} / 100), {field.places})"


def _add_to(field: EditField, change: Change, old: str) -> str:
    """Letter case does not make another word."""
    return f"""{old}::text[] || ARRAY(
        SELECT n.word FROM unnest({literal(change["value"], "text[]")}) WITH ORDINALITY n(word, place)
        WHERE NOT EXISTS (SELECT 1 FROM unnest({old}) o(word) WHERE lower(o.word) = lower(n.word)) ORDER BY n.place)"""


def _remove(field: EditField, change: Change, old: str) -> str:
    return f"""ARRAY(
        SELECT o.word::text FROM unnest({old}) WITH ORDINALITY o(word, place)
        WHERE lower(o.word) <> ALL (SELECT lower(n) FROM unnest({literal(change["value"], "text[]")}) n) ORDER BY o.place)"""


_BY_OPERATION: dict[str, Callable[[EditField, Change, str], str]] = {
    "set": _set,
    "clear": _clear,
    "prepend": _prepend,
    "append": _append,
    "replace": _replace,
    "add": _add,
    "percent": _percent,
    "add_to": _add_to,
    "remove": _remove,
}


def _type(field: EditField) -> str:
    """The PostgreSQL type in which a value of the field is staged."""
    if field.kind == "choice":
        return "numeric" if isinstance(field.model_field, models.IntegerField) else "text"
    return _TYPES.get(field.kind, "text")


_TYPES = {
    "number": "numeric",
    "money": "numeric",
    "boolean": "boolean",
    "date": "date",
    "moment": "timestamptz",
    "list": "text[]",
}


# --- Keys of a column of JSON -----------------------------------------------------------------------


def _attribute(field: EditField, change: Change, base: str) -> str:
    """A key set, taken away, or made of what is there; a value of another type than the change is about stays."""
    code = literal(field.code, "text")
    if change["op"] == "clear":
        return f"({base} - {code})"
    if change["op"] == "set":
        return f"({base} || jsonb_build_object({code}, {literal(json.dumps(change['value']), 'jsonb')}))"
    needed, new = _BY_KEY[change["op"]]
    there, text = f"t.{field.column} -> {code}", f"(t.{field.column} ->> {code})"
    made = new(there, text, change)
    return f"(CASE WHEN jsonb_typeof({there}) = '{needed}' THEN {base} || jsonb_build_object({code}, {made}) ELSE {base} END)"


def _words_apart(there: str, change: Change) -> str:
    """The words of a list in JSON but for those of the change."""
    return f"""SELECT o.word, o.place FROM jsonb_array_elements_text({there}) WITH ORDINALITY o(word, place)
               WHERE lower(o.word) <> ALL (SELECT lower(n) FROM unnest({literal(change["value"], "text[]")}) n)"""


def _list_with(there: str, text: str, change: Change) -> str:
    given = f"SELECT n.word, 1000000 + n.place FROM unnest({literal(change['value'], 'text[]')}) WITH ORDINALITY n(word, place)"
    return f"(SELECT jsonb_agg(e.word ORDER BY e.place) FROM ({_words_apart(there, change)} UNION ALL {given}) e)"


def _list_without(there: str, text: str, change: Change) -> str:
    return f"(SELECT coalesce(jsonb_agg(e.word ORDER BY e.place), '[]') FROM ({_words_apart(there, change)}) e)"


def _number_changed(there: str, text: str, change: Change) -> str:
    value = literal(change["value"], "numeric")
    by = f"+ {value}" if change["op"] == "add" else f"* (1 + {value} / 100)"
    return f"trim_scale(round({text}::numeric {by}, {KEPT_PLACES}))"


_BY_KEY: dict[str, tuple[str, Callable[[str, str, Change], str]]] = {
    "prepend": ("string", lambda there, text, change: f"{literal(change['value'], 'text')} || {text}"),
    "append": ("string", lambda there, text, change: f"{text} || {literal(change['value'], 'text')}"),
    "replace": (
        "string",
        lambda there, text, change: (
            f"replace({text}, {literal(change['value'], 'text')}, {literal(change['with'], 'text')})"
        ),
    ),
    "add": ("number", _number_changed),
    "percent": ("number", _number_changed),
    "add_to": ("array", _list_with),
    "remove": ("array", _list_without),
}
