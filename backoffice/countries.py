"""Countries as files write them: by code of two or three letters, or by name in one of many languages."""

from __future__ import annotations

import unicodedata
from difflib import get_close_matches
from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from holidays.registry import COUNTRIES
from phonenumbers.geodata.locale import LOCALE_DATA

CALLED = {
    "america": "US",
    "united states of america": "US",
    "u s": "US",
    "u s a": "US",
    "uk": "GB",
    "u k": "GB",
    "great britain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northern ireland": "GB",
    "holland": "NL",
    "the netherlands": "NL",
    "korea": "KR",
    "republic of korea": "KR",
    "korea republic of": "KR",
    "russian federation": "RU",
    "viet nam": "VN",
    "czech republic": "CZ",
    "czechia": "CZ",
    "kosovo": "XK",
    "turkey": "TR",
    "uae": "AE",
    "macedonia": "MK",
    "burma": "MM",
    "swaziland": "SZ",
    "ivory coast": "CI",
    "people s republic of china": "CN",
    "pr china": "CN",
    "p r china": "CN",
    "mainland china": "CN",
    "prc": "CN",
    "hong kong sar": "HK",
    "macau": "MO",
    "macao": "MO",
    "中国大陆": "CN",
    "中华人民共和国": "CN",
    "香港": "HK",
    "澳门": "MO",
    "台湾": "TW",
}
LIKENESS = 0.8


class UnknownCountry(ValidationError):
    """The text names no country; `closest` is what it may mean, or ""."""

    def __init__(self, text: str, closest: str = "") -> None:
        sentence = (
            _("“%(text)s” is no country. Is %(closest)s meant?")
            if closest
            else _("“%(text)s” is no country. Give its two letters, such as DE or CN, or its name.")
        )
        super().__init__(sentence % {"text": text, "closest": closest}, code="unknown_country")


def code_of(text: str) -> str:
    """The two letters of the country: "us", "USA", "United States", "Vereinigte Staaten" and "美国" are US.

    Raises UnknownCountry with the name that is nearly the same, where there is one.
    """
    known, key = _known(), _simple(text)
    if key in known:
        return known[key]
    close = get_close_matches(key, known, n=1, cutoff=LIKENESS) if len(key) > 3 else []
    raise UnknownCountry(text.strip(), _english(known[close[0]]) if close else "")


def _simple(text: str) -> str:
    """Without letter case, accents and punctuation."""
    plain = "".join(ch for ch in unicodedata.normalize("NFKD", text) if not unicodedata.combining(ch))
    return " ".join("".join(ch if ch.isalnum() else " " for ch in plain.casefold()).split())


@cache
def _known() -> dict[str, str]:
    """Every code and name, simplified -> code. A name that two countries share in some language is none."""
    found: dict[str, str] = {}
    for code, names in LOCALE_DATA.items():
        for language, name in names.items():
            if not name.startswith("*"):
                key = _simple(name)
                found[key] = code if found.get(key, code) == code or language in ("aa", "en", "zh") else found[key]
    found |= {
        alpha3.casefold(): alpha2 for _name, alpha2, alpha3, *_more in COUNTRIES.values() if alpha2 in LOCALE_DATA
    }
    found |= CALLED
    found |= {code.casefold(): code for code in LOCALE_DATA if len(code) == 2 and code.isalpha()}
    return found | {"uk": "GB", "xk": "XK"}


def _english(code: str) -> str:
    names = LOCALE_DATA[code]
    return f"{names['aa'] if names['en'].startswith('*') else names['en']} ({code})"
