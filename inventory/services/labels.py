"""GS1 labels: one barcode that says item, lot, serial number and expiry, as scanners hand it over."""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from catalog.models import Variant
from catalog.services.barcodes import is_gtin

FIXED = {"01": 14, "02": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2}
OPEN_ENDED = ("10", "21", "22", "30", "37", "240", "241")
SEPARATOR = "\x1d"
IN_BRACKETS = re.compile(r"\((\d{2,4})\)([^(]+)")
SYMBOLOGY = re.compile(r"^\](C1|e0|d2|Q3|J1)")


@dataclass(frozen=True)
class Label:
    """What stands on a label. Of any other barcode the whole is the `code`."""

    code: str
    lot: str = ""
    serial: str = ""
    expires_on: date | None = None


def read_label(code: str) -> Label:
    """Take a GS1 label apart; what is none is left as it is."""
    code = code.strip()
    fields = _in_brackets(code) if code.startswith("(") else _in_a_row(code)
    if fields is None or not is_gtin(fields.get("01", "")):
        return Label(code)
    return Label(fields["01"], fields.get("10", ""), fields.get("21", ""), _day(fields.get("17", "")))


def number_on_label(code: str, variant: Variant) -> str:
    """The lot or serial number that a label names, whichever the variant is tracked by; "" without."""
    label = read_label(code)
    return {Variant.Tracking.LOT: label.lot, Variant.Tracking.SERIAL: label.serial}.get(
        Variant.Tracking(variant.tracking), ""
    )


def _in_brackets(code: str) -> dict[str, str] | None:
    found = IN_BRACKETS.findall(code)
    whole = "".join(f"({key}){value}" for key, value in found)
    return {key: value.strip() for key, value in found} if whole == code else None


def _in_a_row(code: str) -> dict[str, str] | None:
    """Fields that follow one another: some have a length, others end at a separator. None where it is no label."""
    rest = SYMBOLOGY.sub("", code).lstrip(SEPARATOR)
    if rest == code and not (len(code) > 16 and code.startswith("01") and is_gtin(code[2:16])):
        return None
    fields: dict[str, str] = {}
    while rest:
        if rest[:2] in FIXED:
            end = 2 + FIXED[rest[:2]]
            fields[rest[:2]], rest = rest[2:end], rest[end:].lstrip(SEPARATOR)
            continue
        key = next((key for key in OPEN_ENDED if rest.startswith(key)), None)
        if key is None:
            return None
        fields[key], _separator, rest = rest[len(key) :].partition(SEPARATOR)
    return fields


def _day(text: str) -> date | None:
    """YYMMDD; day 00 is the last of the month. None for what is no day."""
    if len(text) != 6 or not (text.isascii() and text.isdigit()):
        return None
    year, month, day = 2000 + int(text[:2]), int(text[2:4]), int(text[4:])
    if not 1 <= month <= 12:
        return None
    last = calendar.monthrange(year, month)[1]
    return date(year, month, day or last) if day <= last else None
