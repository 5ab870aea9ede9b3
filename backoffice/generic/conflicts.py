"""Two people, one form: what each of them changed since it was opened, and one form out of both.

The form carries along how its values stood when it was opened, as short digests: that is enough to tell apart what this
person touched, what the other one changed, and where both did.
"""

import hashlib
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django import forms
from django.db import models
from django.http import QueryDict
from django.utils import timezone

from backoffice.generic.columns import display
from backoffice.text_difference import beside

BASE = "base"
CHOICE = "choice-"
THEIRS = "theirs"
EMPTY = "-"


@dataclass(frozen=True)
class Conflict:
    """A field whose stored value is not what the form would write."""

    label: str
    stored: Any
    typed: Any
    name: str = ""
    row: str = ""


@dataclass
class Clash:
    """What stands between a form and the record as it is stored now.

    both: fields that both changed, to choose from; theirs: fields that only the other changed, taken over into the form.
    added, removed: rows that the other added or took away, by name. data: what was sent, with theirs taken over.
    """

    data: QueryDict
    both: list[Conflict] = field(default_factory=list)
    theirs: list[Conflict] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


# --- What a form held when it was opened --------------------------------------------------------------


def plain(value: Any) -> str:
    """A value as text, the same for what a record holds and what its unchanged field sends."""
    if value in (None, "", False) or value == [] or value == {}:
        return ""
    if isinstance(value, models.Model):
        return str(value.pk)
    if isinstance(value, models.QuerySet | models.Manager | list | tuple):
        return "\x1f".join(plain(one) for one in (value.all() if isinstance(value, models.Manager) else value))
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="minutes") if timezone.is_aware(value) else value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "\n".join(str(value).splitlines()).strip()


def digest(value: Any) -> str:
    text = plain(value)
    if not text:
        return EMPTY
    return urlsafe_b64encode(hashlib.blake2s(text.encode(), digest_size=4).digest()).decode().rstrip("=")


def digests(form: forms.BaseForm) -> list[str]:
    """One for each field, of what the record holds."""
    return [digest(form.get_initial_for_field(one, name)) for name, one in form.fields.items()]


def row_key(form: Any) -> str:
    """What tells a row of a formset from its neighbours: the key in its first hidden field, "" for a new row."""
    hidden = form.hidden_fields()
    value = hidden[0].value() if hidden else None
    return str(value) if value not in (None, "") else ""


def rows_of(formsets: list[Any]) -> dict[str, Any]:
    """Rows that the record has already, each under the name of its formset and its key."""
    return {f"{one.prefix}.{key}": form for one in formsets for form in one.forms if (key := row_key(form))}


def base_of(form: forms.BaseForm, formsets: list[Any]) -> str:
    """The hidden field: the moment, then the digests of the form and of every row."""
    rows = [f"{key}:{'.'.join(digests(row))}" for key, row in rows_of(formsets).items()]
    return "|".join([str(int(timezone.now().timestamp())), ".".join(digests(form)), *rows])


@dataclass(frozen=True)
class Base:
    """The hidden field, read back; empty for a form that came without it."""

    at: datetime | None = None
    form: list[str] = field(default_factory=list)
    rows: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> "Base":
        at, _bar, rest = text.partition("|")
        if not at.isascii() or not at.isdigit() or len(at) > 11:
            return cls()
        own, *rows = rest.split("|")
        parts = [row.rpartition(":") for row in rows]
        return cls(
            datetime.fromtimestamp(int(at), UTC), own.split("."), {key: text.split(".") for key, _colon, text in parts}
        )

    def moved(self, formsets: list[Any]) -> list[str]:
        """Keys of rows that are not any more what they were, or are gone; `formsets` are as stored now."""
        now = rows_of(formsets)
        return [key for key, then in self.rows.items() if key not in now or digests(now[key]) != then]


# --- Both together ------------------------------------------------------------------------------------


def clash(data: QueryDict, base: Base, typed: tuple[Any, list[Any]], stored: tuple[Any, list[Any]]) -> Clash:
    """Compare what was sent with what is stored now; `typed` and `stored` are (form, formsets), the former validated."""
    found = Clash(data.copy())
    _compare(found, typed[0], stored[0], base.form, "")
    sent, now = rows_of(typed[1]), rows_of(stored[1])
    for key, row in now.items():
        if key in sent:
            _compare(found, sent[key], row, base.rows.get(key, []), row_name(row))
        elif base.at and key not in base.rows:
            found.added.append(row_name(row))
            _insert(found.data, stored[1], row)
    found.removed = [row_name(sent[key]) for key in base.rows if key in sent and key not in now]
    return found


def _compare(found: Clash, typed: Any, stored: Any, base: list[str], row: str) -> None:
    known = base if len(base) == len(stored.fields) else [""] * len(stored.fields)
    for (name, one), then in zip(stored.fields.items(), known, strict=True):
        if name not in typed.fields or name not in typed.cleaned_data or one.disabled:
            continue
        now, mine = digest(stored.get_initial_for_field(one, name)), digest(typed.cleaned_data[name])
        if now in (then, mine):
            continue
        pair = beside(_stored_text(stored, name), _text(typed, name, typed.cleaned_data[name]))
        conflict = Conflict(str(stored[name].label), *pair, name=typed[name].html_name, row=row)
        if mine == then:
            found.theirs.append(conflict)
            take(found.data, typed[name].html_name, stored[name])
        else:
            found.both.append(conflict)


def take(data: QueryDict, html_name: str, stored: forms.BoundField) -> None:
    """Put into `data` what the browser would send of the field as it is stored."""
    for suffix, values in _sent(stored):
        data.setlist(f"{html_name}{suffix}", values)
        if not values:
            data.pop(f"{html_name}{suffix}", None)


def _sent(bound: forms.BoundField) -> Iterator[tuple[str, list[str]]]:
    """(what follows the name, values) of the controls of a field that is not bound."""
    shown = bound.field.widget.get_context(bound.html_name, bound.value(), {})["widget"]
    for part in shown.get("subwidgets") or [shown]:
        suffix = part["name"].removeprefix(bound.html_name)
        value = part.get("chosen") or part["value"]
        if part.get("type") == "checkbox" and "optgroups" not in part:
            yield suffix, ["on"] if part["attrs"].get("checked") else []
        elif isinstance(value, list | tuple):
            yield suffix, [str(one) for one in value]
        else:
            yield suffix, [] if value is None else [str(value)]


def _insert(data: QueryDict, stored: list[Any], row: Any) -> None:
    """Add a row of the other's behind those that were there, in front of the new and the blank ones."""
    formset = next(one for one in stored if row in one.forms)
    prefix = formset.prefix
    total, known = (int(data[f"{prefix}-{name}"]) for name in ("TOTAL_FORMS", "INITIAL_FORMS"))
    for place in range(total - 1, known - 1, -1):
        here, there = f"{prefix}-{place}-", f"{prefix}-{place + 1}-"
        for name in [name for name in data if name.startswith(here)]:
            data.setlist(there + name.removeprefix(here), data.pop(name))
    for name in row.fields:
        take(data, f"{prefix}-{known}-{name}", row[name])
    data[f"{prefix}-TOTAL_FORMS"], data[f"{prefix}-INITIAL_FORMS"] = str(total + 1), str(known + 1)


def chosen(data: QueryDict, typed: list[Any], stored: tuple[Any, list[Any]]) -> QueryDict:
    """`data` with the stored value wherever the person chose theirs."""
    wanted = {name.removeprefix(CHOICE) for name, value in data.items() if name.startswith(CHOICE) and value == THEIRS}
    if not wanted:
        return data
    data = data.copy()
    for name in stored[0].fields:
        if stored[0][name].html_name in wanted:
            take(data, stored[0][name].html_name, stored[0][name])
    now = rows_of(stored[1])
    for key, row in rows_of(typed).items():
        for name in row.fields:
            if row[name].html_name in wanted and key in now and name in now[key].fields:
                take(data, row[name].html_name, now[key][name])
    return data


# --- In words -----------------------------------------------------------------------------------------


def row_name(row: Any) -> str:
    """What people call a row: the record behind it, or the first thing that stands in it."""
    instance = getattr(row, "instance", None)
    if instance is not None and instance.pk:
        return str(instance)
    values = (row[bound.name].value() for bound in row.visible_fields())
    return next((str(value) for value in values if value not in (None, "", False)), "–")


def _stored_text(form: Any, name: str) -> Any:
    """What the record behind `form` holds, in words."""
    instance = getattr(form, "instance", None)
    initial = form.get_initial_for_field(form.fields[name], name)
    value = getattr(instance, name, initial) if instance is not None and instance.pk else initial
    return _text(form, name, list(value.all()) if isinstance(value, models.Manager) else value)


def _text(form: Any, name: str, value: Any) -> Any:
    choices = getattr(form.fields[name], "choices", None)
    if value in (None, "") or value == []:
        return ""
    if choices is not None and not isinstance(value, models.Model | list | models.QuerySet):
        return str(dict(form.fields[name].choices).get(value, value))
    if isinstance(value, list | tuple | models.QuerySet):
        return ", ".join(str(one) for one in value)
    return value if isinstance(value, str) else display(value, "number")
