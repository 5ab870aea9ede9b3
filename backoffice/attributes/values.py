"""Values of attributes: what a definition accepts, what the text of a cell means, what a value says as text.

`catalog_attribute_fits` and `customers_custom_fits` of the database say the same; tests hold them together.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.attributes.kinds import AttributeKind, Typed, code_validator
from backoffice.exports.values import plain_decimal
from backoffice.imports import values as cells
from backoffice.resources import FALSE, TRUE, plain, refuse_error

DIGITS = 15  # what a JSON number keeps in every program
LONGEST = 325  # powers of ten that a float may have
SEVERAL = re.compile(r"[|,，、;；\n]")
# Units that are multiples of one another, and how many of the smallest each is.
UNITS: dict[str, tuple[str, Decimal]] = {
    name: (dimension, Decimal(size))
    for dimension, sizes in {
        "mass": {"mg": "0.001", "g": "1", "kg": "1000", "t": "1000000", "毫克": "0.001", "克": "1", "千克": "1000", "公斤": "1000"},
        "length": {"mm": "1", "cm": "10", "m": "1000", "km": "1000000", "毫米": "1", "厘米": "10", "公分": "10", "米": "1000"},
        "volume": {"ml": "1", "cl": "10", "dl": "100", "l": "1000", "毫升": "1", "升": "1000"},
    }.items()
    for name, size in sizes.items()
}  # fmt: skip
MEASURED = re.compile(r"(?P<number>[-+(]?[\d.,'\s]*\d[)\-]?)\s*(?P<unit>[^\d\s.,'()+-]+)")
EXPECTED: dict[str, Any] = {
    AttributeKind.TEXT: gettext_lazy("A text is expected."),
    AttributeKind.NUMBER: gettext_lazy("A number is expected."),
    AttributeKind.BOOLEAN: gettext_lazy("Yes or no is expected."),
    AttributeKind.DATE: gettext_lazy("A date is expected, such as 2026-03-31."),
}


def expected(definition: Typed) -> str:
    """What the attribute takes, as a sentence."""
    if definition.kind == AttributeKind.NUMBER and definition.unit:
        return _("A number is expected, in %(unit)s.") % {"unit": definition.unit}
    if definition.has_choices:
        sentence = (
            _("One of these is expected: %(values)s.")
            if definition.kind == AttributeKind.CHOICE
            else _("Some of these are expected: %(values)s.")
        )
        return sentence % {"values": ", ".join(definition.labels.values())}
    return str(EXPECTED[definition.kind])


# --- JSON values ------------------------------------------------------------------------------------


def canonical(definition: Typed, value: Any) -> Any:
    """The value as it is stored. Takes JSON values, and Decimal and date for numbers and dates.

    Raises ValidationError for a value of another kind, an unknown choice, or a number of too many digits.
    """
    found = _CANONICAL[definition.kind](definition, value)
    if found is None:
        raise ValidationError(expected(definition))
    return found


def _text(_definition: Typed, value: Any) -> str | None:
    if isinstance(value, str) and "\x00" in value:
        raise ValidationError(_("Invisible characters are not possible here."))
    return value if isinstance(value, str) and value else None


def _number(_definition: Typed, value: Any) -> int | float | None:
    """An integer or the float that says exactly the same; PostgreSQL stores its digits."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    if not number.is_finite():
        return None
    is_sane = abs(number.adjusted()) < LONGEST  # before its digits are written down: there may be a billion
    digits = format(number, "f") if is_sane else ""
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    if not is_sane or len(digits.replace(".", "").replace("-", "").lstrip("0")) > DIGITS:
        raise ValidationError(_("A number has %(limit)s digits at most.") % {"limit": DIGITS})
    return int(number) if number == number.to_integral_value() else float(number)


def _boolean(_definition: Typed, value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


def _choice(definition: Typed, value: Any) -> str | None:
    return value if isinstance(value, str) and value in definition.labels else None


def _choices(definition: Typed, value: Any) -> list[str] | None:
    codes = list(definition.labels)
    if not isinstance(value, list) or not value or not all(isinstance(one, str) and one in codes for one in value):
        return None
    return sorted(value, key=codes.index) if len(set(value)) == len(value) else None


def _date(_definition: Typed, value: Any) -> str | None:
    if isinstance(value, date):
        return value.isoformat()[:10]
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        return None


_CANONICAL: dict[str, Callable[[Typed, Any], Any]] = {
    AttributeKind.TEXT: _text,
    AttributeKind.NUMBER: _number,
    AttributeKind.BOOLEAN: _boolean,
    AttributeKind.CHOICE: _choice,
    AttributeKind.CHOICES: _choices,
    AttributeKind.DATE: _date,
}


# --- Texts ------------------------------------------------------------------------------------------


def read(definition: Typed, text: str, *, decimal: str = ".", dates: str = "ymd") -> Any:
    """The value that a cell means; None for a blank one. Raises ValidationError that says what is expected."""
    text = text.strip()
    if not text:
        return None
    if definition.kind == AttributeKind.TEXT:
        refuse_error(text)
        return canonical(definition, plain(text))
    if text in cells.NULLS:
        return None
    try:
        value = _read(definition, plain(text), decimal, dates)
    except ValidationError as refusal:
        raise ValidationError(" ".join([*refusal.messages, expected(definition)])) from refusal
    return canonical(definition, value)


def _read(definition: Typed, text: str, decimal: str, dates: str) -> Any:
    """The value, or the text itself where it means none."""
    if definition.kind == AttributeKind.NUMBER:
        return measured(text, definition.unit, decimal)
    if definition.kind == AttributeKind.DATE:
        return cells.date(text, dates)
    if definition.kind == AttributeKind.BOOLEAN:
        word = text.lower()
        return True if word in TRUE else False if word in FALSE else text
    if definition.kind == AttributeKind.CHOICE:
        return choice_of(definition, text) or text
    whole = choice_of(definition, text)
    parts = [whole] if whole else [part.strip() for part in SEVERAL.split(text) if part.strip()]
    return list(dict.fromkeys(choice_of(definition, part) or part for part in parts))


def measured(text: str, unit: str, decimal: str) -> Decimal:
    """The number of "12 kg" in the unit of the attribute. Raises ValidationError where the cell's unit is no multiple of it."""
    tidied = cells.tidy(text)
    found = MEASURED.fullmatch(tidied) if unit else None
    if found and found["unit"].casefold() != unit.casefold():
        there, here = UNITS.get(found["unit"].lower()), UNITS.get(unit.lower())
        if there and here and there[0] == here[0]:
            return cells.number(found["number"].strip(), decimal)[0] * there[1] / here[1]
    elif unit and tidied.casefold().endswith(unit.casefold()):
        tidied = tidied[: -len(unit)].strip()
    return cells.number(tidied, decimal)[0]


def choice_of(definition: Typed, text: str) -> str:
    """Code of the choice that is called `text` in either language, "" for none; letter case does not matter."""
    wanted = " ".join(text.split()).casefold()
    for choice in definition.choices:
        names = (choice["code"], choice.get("label", ""), choice.get("label_zh", ""))
        if wanted in {" ".join(name.split()).casefold() for name in names if name}:
            return str(choice["code"])
    return ""


def exact(value: float) -> Decimal:
    """A stored number with exactly its digits, without zeros at the end."""
    return Decimal(plain_decimal(Decimal(repr(value))))


def text_of(value: Any) -> str:
    """A stored value as text that `read` takes again, whatever the language; anything else of others as JSON."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float | int):
        return str(plain_decimal(Decimal(repr(value))))
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return " | ".join(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


# --- Choices ----------------------------------------------------------------------------------------


def clean_choices(choices: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    """Choices with tidy codes and labels. Raises ValidationError for a code or label that is not possible or not alone."""
    found = []
    names: set[str] = set()
    for choice in choices:
        row = {name: " ".join(str(choice.get(name) or "").split()) for name in ("code", "label", "label_zh")}
        row["label"] = row["label"] or row["code"]
        if len(row["code"]) > 60 or len(row["label"]) > 120 or len(row["label_zh"]) > 120:
            raise ValidationError({"choices": _("The code of a choice has 60 characters at most, its names 120.")})
        try:
            code_validator(row["code"])
        except ValidationError as error:
            raise ValidationError({"choices": [f"“{row['code']}”: {text}" for text in error.messages]}) from error
        own = {text.casefold() for text in row.values() if text}
        if twice := own & names:
            raise ValidationError({"choices": _("“%(name)s” names two choices.") % {"name": next(iter(twice))}})
        names |= own
        found.append(row)
    return found
