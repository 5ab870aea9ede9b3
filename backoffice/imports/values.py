"""What texts in cells mean: numbers, dates and moments as shops everywhere write them. Nothing is guessed: what can be
read in two ways is refused with a sentence.
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from decimal import Decimal
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _

NULLS = frozenset(["null", "NULL", "\\N"])
ERRORS = re.compile(
    r"#(?:N/A|REF!|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!|GETTING_DATA|NV|WERT!|BEZUG!|NOM\?|VALEUR!|#+)"
)
SCIENTIFIC = re.compile(r"[-+]?\d+(?:[.,]\d+)?[eE][-+]?\d+")
NUMBER_GROUPS = {
    ".": re.compile(r"-?(?:\d{1,3}(?:[, '\u00a0\u202f]\d{3})+|\d{1,3}(?:,\d\d)+,\d{3}|\d*)(?:\.(\d*))?"),
    ",": re.compile(r"-?(?:\d{1,3}(?:[. '\u00a0\u202f]\d{3})+|\d*)(?:,(\d*))?"),
}
BETWEEN = re.compile(r"[ '\u00a0\u202f]")
# Signs and the currencies they may stand for.
SIGNS = {
    "€": ("EUR",),
    "£": ("GBP", "EGP", "FKP", "GIP", "SHP", "SYP", "LBP"),
    "¥": ("CNY", "JPY"),
    "元": ("CNY", "TWD", "HKD"),
    "円": ("JPY",),
    "₹": ("INR",),
    "₽": ("RUB",),
    "₩": ("KRW",),
    "₫": ("VND",),
    "₺": ("TRY",),
    "₴": ("UAH",),
    "฿": ("THB",),
    "zł": ("PLN",),
    "Kč": ("CZK",),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "Fr.": ("CHF",),
    "US$": ("USD",),
    "R$": ("BRL",),
    "$": (
        "USD",
        "CAD",
        "AUD",
        "NZD",
        "SGD",
        "HKD",
        "TWD",
        "MXN",
        "ARS",
        "CLP",
        "COP",
        "UYU",
        "BBD",
        "JMD",
        "TTD",
        "XCD",
    ),
}
_SIGN = "|".join(re.escape(sign) for sign in sorted(SIGNS, key=len, reverse=True))
CURRENCY = re.compile(
    rf"(?P<minus>-?)\s*(?P<before>[A-Z]{{3}}|{_SIGN})?\s*(?P<number>-?[\d.,'’\s]+?)\s*(?P<after>[A-Z]{{3}}|{_SIGN})?"
)
_ODD = str.maketrans(
    {"−": "-", "﹣": "-", "–": "-", "’": "'", "‘": "'", "`": "'", "，": ",", "．": ".", "。": ".", "、": ","}
)


def tidy(text: str) -> str:
    """A number or date with every kind of blank as a blank, and full-width digits and marks as the plain ones."""
    if text.isascii():
        return " ".join(text.replace("`", "'").split())
    folded = unicodedata.normalize("NFKC", text.translate(_ODD))
    return " ".join("".join(ch for ch in folded if unicodedata.category(ch) != "Cf").split())


def without_currency(text: str) -> str:
    """The number of an amount, for guessing how numbers are written."""
    match = CURRENCY.fullmatch(text) or CURRENCY.fullmatch(tidy(text))
    return match["minus"] + match["number"] if match else text


# --- Numbers ------------------------------------------------------------------------------------


def number(text: str, decimal: str) -> tuple[Decimal, int]:
    """The number and how many decimals it has, zeros at the end not counted. Raises ValidationError."""
    match = NUMBER_GROUPS[decimal].fullmatch(text)
    if match is None:
        text = _signed(tidy(text))
        match = NUMBER_GROUPS[decimal].fullmatch(text)
    if match is None or not any(map(str.isdigit, text)):
        raise ValidationError(_refusal(text, decimal))
    digits = BETWEEN.sub("", text)
    digits = digits.replace(",", "") if decimal == "." else digits.replace(".", "").replace(",", ".")
    return Decimal(digits), len((match[1] or "").rstrip("0"))


def _signed(text: str) -> str:
    """Signs as people write them: +5, 5-, (5)."""
    if text.startswith("(") and text.endswith(")"):
        return f"-{text[1:-1].strip()}"
    if text.endswith("-"):
        return f"-{text[:-1].strip()}"
    return re.sub(r"^([+-]) *(?=[\d.,])", lambda sign: sign[1].replace("+", ""), text)


def _refusal(text: str, decimal: str) -> str:
    if SCIENTIFIC.fullmatch(text):
        return _("This number is shortened (1.2E+5), which may have rounded it. Write it out.")
    if text.endswith("%"):
        return _("This is a share in percent; a plain number is expected here.")
    other = "," if decimal == "." else "."
    if NUMBER_GROUPS[other].fullmatch(text) and any(map(str.isdigit, text)):
        return _("The decimals of this number do not stand behind “%(mark)s” as in the rest of the file.") % {
            "mark": decimal
        }
    return _("This is not a number.")


def amount(text: str, currency: str) -> str:
    """The number of an amount, its sign or code of currency cut off. Raises ValidationError for another currency's."""
    match = CURRENCY.fullmatch(text) or CURRENCY.fullmatch(_signed(tidy(text)))
    if match is None:
        return text
    for sign in (match["before"], match["after"]):
        known = SIGNS.get(sign or "", (sign,) if sign else ())
        if known and currency not in known:
            raise ValidationError(
                _("The amount is in %(other)s, the shop sells in %(currency)s.")
                % {"other": known[0], "currency": currency}
            )
    return match["minus"] + match["number"]


# --- Dates --------------------------------------------------------------------------------------

ORDERS = {"ymd": (0, 1, 2), "dmy": (2, 1, 0), "mdy": (2, 0, 1)}
MONTHS = {
    name: number
    for number, names in enumerate(
        "jan january|feb february|mar march|apr april|may|jun june|jul july|aug august|sep sept september|"
        "oct october|nov november|dec december".split("|"),
        start=1,
    )
    for name in names.split()
}
DATE = re.compile(r"(\d{1,4}) ?([-/.年 ]) ?(\d{1,2}) ?([-/.月 ]) ?(\d{1,4})日?(?P<rest>(?:[T ,]| ?[上下]午).*)?")
NAMED = (
    re.compile(
        r"(?P<day>\d{1,2})(?:st|nd|rd|th)?[-/. ]+(?P<month>[A-Za-z]{3,9})\.?[-/., ]+(?P<year>\d{2,4})(?P<rest>[T ,].*)?"
    ),
    re.compile(
        r"(?P<month>[A-Za-z]{3,9})\.?[- ]+(?P<day>\d{1,2})(?:st|nd|rd|th)?[, -]+(?P<year>\d{2,4})(?P<rest>[T ,].*)?"
    ),
)
COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)(?P<rest>T.*)?")
TIME = re.compile(
    r"[T ,]*(?P<half>上午|下午)? ?(?P<hour>\d{1,2})[:时](?P<minute>\d{2})分?(?:[:.]?(?P<second>\d{2})秒?(?:[.,](?P<part>\d{1,9}))?)?"
    r" ?(?P<ampm>[AaPp]\.?[Mm]\.?)? ?(?P<zone>Z|UTC|GMT|(?:UTC|GMT)?[+-]\d{2}:?\d{2}|[+-]\d{2})?"
)
SERIAL = re.compile(r"[34567]\d{4}(?:\.\d+)?")


class _Parts(NamedTuple):
    first: str
    second: str
    third: str
    rest: str


def _parts(text: str) -> _Parts | None:
    match = DATE.fullmatch(text)
    if match is None or (match[2] != match[4] and (match[2], match[4]) != ("年", "月")):
        return None
    if len(match[1]) in (1, 2) and len(match[5]) in (2, 4):
        return _Parts(match[1], match[3], match[5], match["rest"] or "")
    if len(match[1]) == 4 and len(match[5]) in (1, 2):
        return _Parts(match[1], match[3], match[5], match["rest"] or "")
    return None


def date_order(text: str) -> str | None:
    """What a text says about the order of dates: "ymd", "dmy", "mdy", "" either, "any" all, None no date."""
    parts = _parts(tidy(text))
    if parts is None or (parts.rest and not TIME.fullmatch(parts.rest)):
        return None
    if len(parts.first) == 4 or (len(parts.third) == 2 and int(parts.first) > 31):
        return "ymd"
    first, second = int(parts.first), int(parts.second)
    if first > 31 or second > 31 or (first > 12 and second > 12):
        return None
    if first > 12:
        return "dmy"
    return "mdy" if second > 12 else "any" if first == second else ""


def date(text: str, order: str) -> datetime.date:
    """The date; a time behind it is passed over. Raises ValidationError."""
    day, _rest = _date(tidy(text), order)
    return day


def moment(text: str, order: str) -> datetime.datetime:
    """The moment, in the time zone it names or that of the shop; a bare date is its midnight. Raises ValidationError."""
    tidied = tidy(text)
    day, rest = _date(tidied, order)
    if not rest.strip(" ,"):
        return timezone.make_aware(datetime.datetime.combine(day, datetime.time()), timezone.get_default_timezone())
    match = TIME.fullmatch(rest)
    if match is None:
        raise ValidationError(_("The time of day is not understood: 14:05, 14:05:30 or 2:05 PM is expected."))
    hour = int(match["hour"])
    half = {"上午": "a", "下午": "p"}.get(match["half"] or "", (match["ampm"] or "")[:1].lower())
    if half and hour <= 12:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        time = datetime.time(
            hour, int(match["minute"]), int(match["second"] or 0), int((match["part"] or "")[:6].ljust(6, "0"))
        )
    except ValueError as error:
        raise ValidationError(_("There is no such time of day.")) from error
    naive = datetime.datetime.combine(day, time)
    if match["zone"]:
        return naive.replace(tzinfo=_zone(match["zone"]))
    return timezone.make_aware(naive, timezone.get_default_timezone())


def _zone(text: str) -> datetime.timezone:
    offset = re.sub(r"[^\d+-]", "", text)
    if not offset:
        return datetime.UTC
    minutes = int(offset[1:3]) * 60 + int(offset[3:5] or 0)
    if minutes >= 24 * 60:
        raise ValidationError(_("There is no such time zone."))
    return datetime.timezone(datetime.timedelta(minutes=-minutes if offset[0] == "-" else minutes))


def _date(text: str, order: str) -> tuple[datetime.date, str]:
    """The date and what stands behind it."""
    if match := COMPACT.fullmatch(text):
        return _day(int(match[1]), int(match[2]), int(match[3])), match["rest"] or ""
    for pattern in NAMED:
        if (match := pattern.fullmatch(text)) and (named := MONTHS.get(match["month"].lower())):
            return _day(_year(match["year"]), named, int(match["day"])), match["rest"] or ""
    parts = _parts(text)
    if parts is None:
        if SERIAL.fullmatch(text):
            raise ValidationError(_("This is a spreadsheet's number of a day. Format the column as dates there."))
        raise ValidationError(_("This is not a date. 2026-03-31 is always understood."))
    if len(parts.first) == 4:
        return _day(int(parts.first), int(parts.second), int(parts.third)), parts.rest
    if not order:
        if parts.first.zfill(2) == parts.second.zfill(2) and len(parts.third) == 4:
            return _day(int(parts.third), int(parts.second), int(parts.first)), parts.rest
        raise ValidationError(
            _("Day and month cannot be told apart. Say in which order dates are written in this file.")
        )
    found = [parts.first, parts.second, parts.third]
    year, month, day = (found[place] for place in ORDERS[order])
    if len(year) == 1 or len(day) == 4:
        raise ValidationError(_misfit(order))
    return _day(_year(year), int(month), int(day), order), parts.rest


def _year(text: str) -> int:
    """Two digits mean 1970 to 2069."""
    return int(text) if len(text) > 2 else int(text) + (1900 if int(text) >= 70 else 2000)


def _day(year: int, month: int, day: int, order: str = "") -> datetime.date:
    try:
        return datetime.date(year, month, day)
    except ValueError as error:
        raise ValidationError(_misfit(order) if order else _("There is no such day.")) from error


def _misfit(order: str) -> str:
    names = {"ymd": _("year, month, day"), "dmy": _("day, month, year"), "mdy": _("month, day, year")}
    return _("This is no date in the order %(order)s, as in the rest of the file.") % {"order": names[order]}
