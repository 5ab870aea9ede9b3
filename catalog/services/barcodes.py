"""Barcodes: GTIN-8, -12, -13 and -14 carry a check digit; other codes are kept as they are."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

GTIN_LENGTHS = {8, 12, 13, 14}
SHORTENED_NUMBER = re.compile(r"\d+([.,]\d+)?e[+-]?\d+", re.IGNORECASE)


def check_digit(body: str) -> str:
    """The GS1 check digit of `body`, the digits before it."""
    weighted = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(reversed(body)))
    return str(-weighted % 10)


def is_gtin(code: str) -> bool:
    """Whether `code` is a GTIN with the right check digit."""
    if len(code) not in GTIN_LENGTHS or not (code.isascii() and code.isdigit()):
        return False
    digits = code.encode()
    own, tripled = digits[-1::-2], digits[-2::-2]
    return (sum(own) + 3 * sum(tripled) - ord("0") * (len(own) + 3 * len(tripled))) % 10 == 0


def gtin_forms(code: str) -> list[str]:
    """`code` in every length that a GTIN of its digits can have, as scanners drop or add zeros; [] for other codes."""
    if not is_gtin(code):
        return []
    digits = code.lstrip("0")
    return [digits.zfill(length) for length in sorted(GTIN_LENGTHS) if len(digits) <= length]


def clean_barcode(text: str) -> str:
    """`text` without spaces at its ends. Raises ValidationError for a wrong check digit or a shortened number."""
    code = text.strip()
    if not code.isprintable():
        raise ValidationError(_("A barcode cannot hold tabs, line breaks or invisible characters."), code="invisible")
    if SHORTENED_NUMBER.fullmatch(code):
        raise ValidationError(
            _(
                "“%(code)s” is a barcode that a spreadsheet has shortened, its digits are lost. Format the column as text and export it again."
            ),
            code="shortened",
            params={"code": code},
        )
    if code.isascii() and code.isdigit() and len(code) in GTIN_LENGTHS:
        expected = check_digit(code[:-1])
        if code[-1] != expected:
            raise ValidationError(
                _("The last digit of %(code)s should be %(expected)s: a digit is wrong or two are swapped."),
                code="check_digit",
                params={"code": code, "expected": expected},
            )
    return code
