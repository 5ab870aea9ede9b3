"""What a value looks like: the same characters whether Python writes it or PostgreSQL.

Text that a spreadsheet would take for a formula gets an apostrophe; `resources.plain` takes it off again. Numbers have
no exponent and no padding zeros, moments stand in the reader's time zone with its offset.
"""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from backoffice.resources import ESCAPED, FORMULA_STARTS

MASK = "•••"
PERSONAL = "customers.view_personal_data"
EXPORT = "backoffice.export_data"
EXCEL_CELL = 32_767
MARKS = re.compile('[",\r\n]')
MINUTES = len("2026-01-31 09:00:00+01:00")  # offsets of before 1900 have seconds


# --- In Python --------------------------------------------------------------------------------------


def safe(text: str) -> str:
    """The text with an apostrophe before it where a spreadsheet would read a formula; `resources.plain` takes it off."""
    return f"'{text}" if text[:1] in FORMULA_STARTS or (text[:1] == "'" and ESCAPED.match(text)) else text


def cell(value: Any) -> str:
    """A value as CSV has it."""
    if isinstance(value, str):
        return safe(value)
    if value is None:
        return ""
    if isinstance(value, bool | int | float | Decimal | datetime.date):
        return plain(value)
    return safe(plain(value))


def quoted(value: Any) -> str:
    """A value as it stands in a line of CSV, in the quotation marks that COPY writes."""
    if type(value) is Decimal:  # what most computed columns hold
        return plain_decimal(value)
    text = cell(value)
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if MARKS.search(text) else text


def plain(value: Any) -> str:
    """A value as text, whatever a spreadsheet makes of it."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, Decimal):
        return plain_decimal(value)
    if isinstance(value, datetime.datetime):
        local = timezone.localtime(value) if timezone.is_aware(value) else value
        return local.isoformat(sep=" ", timespec="seconds")[:MINUTES]
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def plain_decimal(value: Decimal) -> str:
    """Without exponent and padding zeros: 12.900 is 12.9, 100.000 is 100."""
    text = str(value)
    if "E" in text:
        text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def json_text(value: Any) -> str:
    """A value as JSON: numbers and truth as such, amounts as text so that no program rounds them."""
    if not (value is None or isinstance(value, str | bool | int | float | list | dict)):
        value = plain(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def excel(value: Any) -> Any:
    """A value as a workbook has it. Numbers stay numbers; text is text whatever it starts with."""
    if value is None or isinstance(value, bool | int | float | Decimal):
        return value
    if isinstance(value, datetime.datetime):
        return timezone.localtime(value).replace(tzinfo=None) if timezone.is_aware(value) else value
    if isinstance(value, datetime.date):
        return value
    return safe(ILLEGAL_CHARACTERS_RE.sub("", plain(value)))[:EXCEL_CELL]


# --- In SQL -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Kind:
    """How PostgreSQL writes a value, with DateStyle ISO: `{}` in `plain` and `json` stands for the column.

    `is_text`: it may start like a formula.
    """

    plain: str
    json: str = ""
    is_text: bool = False

    def cell(self, column: str) -> str:
        """The SQL of what `cell` gives; NULL for nothing, which COPY writes without quotes."""
        text = self.plain.format(column)
        if not self.is_text:
            return text
        # Letters and digits start no formula: most text is spared the regular expression.
        return (
            f"CASE WHEN ascii({text}) > 64 OR ascii({text}) BETWEEN 48 AND 57 THEN {text} WHEN {text} = '' THEN NULL "
            f"WHEN {text} ~ '^''*[=+@\\t\\r-]' THEN '''' || {text} ELSE {text} END"
        )

    def quoted(self, column: str) -> str:
        """The SQL of what `quoted` gives."""
        text = self.cell(column)
        if self.is_text:
            plain = self.plain.format(column)
            marks = " OR ".join(f"strpos({plain}, {mark}) > 0" for mark in ("','", "'\"'", r"E'\r'", r"E'\n'"))
            text = f"""CASE WHEN {marks} THEN '"' || replace({text}, '"', '""') || '"' ELSE {text} END"""
        return f"COALESCE({text}, '')"

    def json_text(self, column: str) -> str:
        """The SQL of what `json_text` gives."""
        return f"COALESCE({(self.json or f'to_json({self.plain})::text').format(column)}, 'null')"


TEXT = Kind("{}", json="to_json({}::text)::text", is_text=True)
INTEGER = Kind("{}::text", json="{}::text")
DECIMAL = Kind("trim_scale({})::text")
BOOLEAN = Kind("CASE {} WHEN TRUE THEN 'TRUE' WHEN FALSE THEN 'FALSE' END", json="{}::text")
DATE = Kind("{}::text")
MOMENT = Kind("rpad(date_trunc('second', {})::text, 25, ':00')")  # "+01" becomes "+01:00", as in Python
LIST = Kind("array_to_string({}, ', ')", json="to_json({})::text", is_text=True)
KINDS = {
    **dict.fromkeys(("CharField", "TextField", "SlugField"), TEXT),
    "UUIDField": Kind("{}::text"),
    **dict.fromkeys(
        (
            "AutoField",
            "BigAutoField",
            "SmallAutoField",
            "IntegerField",
            "BigIntegerField",
            "SmallIntegerField",
            "PositiveIntegerField",
            "PositiveBigIntegerField",
            "PositiveSmallIntegerField",
        ),
        INTEGER,
    ),
    "DecimalField": DECIMAL,
    "BooleanField": BOOLEAN,
    "DateField": DATE,
    "DateTimeField": MOMENT,
}


def kind_of(field: Any) -> Kind | None:
    """How PostgreSQL writes the values of a field as Python would; None where it cannot."""
    if isinstance(field, models.GeneratedField):
        field = field.output_field
    if isinstance(field, ArrayField):
        return LIST if kind_of(field.base_field) is TEXT else None
    return None if hasattr(field, "from_db_value") else KINDS.get(field.get_internal_type())
