"""Which columns of customer files hold custom fields, what their cells mean, and the columns of exports."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from backoffice.attributes.values import read, text_of
from backoffice.generic import Column as ExportColumn
from backoffice.imports.cells import Problems, Values, error, warning
from backoffice.imports.mapping import Mapping, simplify
from customers.models import Customer, CustomField
from customers.services.custom import FIELD

TARGET = "custom_value"
PATTERNS = (r"custom(?: fields?)? (.+)", r"自定义(?:字段)? ?(.+)", r"(?:.+ )?customer metafields .+")
PREFIX = re.compile(r"(?:custom(?: fields?)?|自定义(?:字段)?)\s*[.:：_ ]?\s*(?P<name>\S.*)", re.IGNORECASE)
METAFIELD = re.compile(r"(?P<label>.*?)\(?customer\.metafields\.(?P<key>[^)\s]+)\)?\s*\Z", re.IGNORECASE)
REMEMBERED = 50_000  # texts that are not read again
STAGED = ("custom", "custom_personal", "custom_cleared")


def known_names() -> dict[str, str]:
    """Simplified names of the fields in both languages -> the column of custom fields."""
    rows = CustomField.objects.live().values_list("name", "name_zh")
    return {text: TARGET for row in rows for name in row if (text := simplify(name))}


class CustomReader:
    """Takes the custom fields out of the values of a row; a text is read once for each field, however many rows have it.

    Of several columns of one field the first that says something counts.
    """

    def __init__(self, mapping: Mapping) -> None:
        self.matches = mapping.all(TARGET)
        self.is_used = bool(self.matches)
        known = _named(list(CustomField.objects.live())) if self.is_used else {}
        self.fields = [_field_of(match.header, known) for match in self.matches]
        self.decimal, self.dates = mapping.decimal or ".", mapping.dates
        self.memo: dict[tuple[str, str], Any] = {}
        self.told: set[str] = set()

    def take(self, values: Values, problems: Problems) -> dict[str, Any]:
        """Values of the staged columns: what is given, and the codes of what is emptied."""
        given: dict[str, dict[str, Any]] = {"custom": {}, "custom_personal": {}}
        cleared = []
        for match, field, (_parts, text) in zip(self.matches, self.fields, values.get(TARGET) or [], strict=False):
            if field is None:
                self._unknown(match.header, text or "", problems)
                continue
            try:
                value = self._read(field, text or "")
            except ValidationError as refusal:
                problems.append(error(TARGET, text, f"{field.title}: {' '.join(refusal.messages)}"))
                continue
            if value is None:
                cleared.append(field.code)
            else:
                given[field.column].setdefault(field.code, value)
        cleared = [code for code in cleared if code not in given["custom"] and code not in given["custom_personal"]]
        return {**{name: found or None for name, found in given.items()}, "custom_cleared": cleared or None}

    def _read(self, field: CustomField, text: str) -> Any:
        if len(self.memo) > REMEMBERED:
            self.memo.clear()
        key = (field.code, text)
        if key not in self.memo:
            self.memo[key] = read(field, text, decimal=self.decimal, dates=self.dates)
            if self.memo[key] is None and field.is_required:
                del self.memo[key]
                raise ValidationError(_("This is needed."))
        return self.memo[key]

    def _unknown(self, header: str, text: str, problems: Problems) -> None:
        """A warning at the first row that has something there."""
        if text and header not in self.told:
            self.told.add(header)
            sentence = _("There is no custom field for “%(header)s”: the column is not kept.") % {"header": header}
            problems.append(warning(TARGET, text, sentence))


def _named(fields: list[CustomField]) -> dict[str, CustomField]:
    """By simplified code and by the names in both languages; codes count first."""
    found: dict[str, CustomField] = {}
    for name in ("code", "name", "name_zh"):
        for field in fields:
            if text := simplify(getattr(field, name)):
                found.setdefault(text, field)
    return found


def _field_of(header: str, known: dict[str, CustomField]) -> CustomField | None:
    """The field that a header means: by its whole name, or by what follows "custom."."""
    header = header.strip()
    names = [header]
    if found := METAFIELD.fullmatch(header):
        names += [found["label"], found["key"].rpartition(".")[2]]
    elif found := PREFIX.fullmatch(header):
        names.append(found["name"])
    return next((known[text] for name in names if (text := simplify(name)) in known), None)


def export_columns() -> list[ExportColumn]:
    """A column for each field, as `take` reads it again."""

    def value(field: CustomField) -> Callable[[Customer], str]:
        def get(customer: Customer) -> str:
            found = getattr(customer, field.column).get(field.code)
            return "" if found is None else text_of(found)

        return get

    return [
        ExportColumn(FIELD + field.code, FIELD + field.code, get=value(field), personal=field.is_personal)
        for field in CustomField.objects.live()
    ]
