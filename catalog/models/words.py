"""How what is typed into a search is cut into words, and in which spellings each of them is looked for."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import get_close_matches
from itertools import pairwise

LONGEST = 200  # characters; what is pasted beyond is left out
MOST_WORDS = 8

EAST = "\u2e80-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff"
PIECE = re.compile(f"[{EAST}]+|[^{EAST}]+")
ACCENTS = re.compile("[\u0300-\u036f]")


def cut(text: str) -> tuple[str, list[str]]:
    """The text in one form of its characters and blanks, and its words; Chinese and other letters are words of their own."""
    words = unicodedata.normalize("NFKC", text.replace("\x00", "")[:LONGEST]).split()
    pieces = (piece for word in words for piece in PIECE.findall(plain(word)))
    return " ".join(words), list(dict.fromkeys(pieces))[:MOST_WORDS]


def plain(text: str) -> str:
    """Without accents, as `catalog_search_form` makes it."""
    return unicodedata.normalize("NFKC", ACCENTS.sub("", unicodedata.normalize("NFKD", text)))


def formed(text: str) -> str:
    """As `catalog_search_form` makes it. PostgreSQL leaves letters small of which more than one capital would be made."""
    spaced = re.sub(f"([{EAST}])", r" \1 ", plain(text))
    return "".join(up if len(up := letter.upper()) == 1 else letter for letter in " ".join(spaced.split()))


def is_eastern(text: str) -> bool:
    """Whether a Chinese, Japanese or Korean character stands in it."""
    return re.search(f"[{EAST}]", text) is not None


def patterns(piece: str) -> list[str]:
    """Patterns of LIKE of which one must fit; an English noun is looked for in both numbers.

    One or two letters are looked for at the beginning of words: the index knows no other.
    """
    if is_eastern(piece):
        return [f"% {' '.join(piece)} %"]
    if len(piece) > 2 or not piece.isalnum():
        return [f"%{escaped(one)}%" for one in spellings(piece)]
    safe = escaped(piece)
    return [f"{safe}%", f"% {safe}%", f"%-{safe}%"]


# Ends of English nouns, with what stands in place of them where the noun is looked for: singulars, of which plurals are made by
# adding to them, and irregular plurals.
NUMBERS = [
    (r"(?<=[^\Waeiou])ies", ["ie", "y"]),
    (r"(?<=[^\Waeiou])y", ["y", "ies"]),
    (r"ves", ["ve", "f"]),
    (r"fe", ["fe", "ves"]),
    (r"(?<=[lr])f", ["f", "ves"]),
    (r"(?<=ch|sh|ss)es|(?<=[xz])es|(?<=[^\Wsiu])s", [""]),
]


def spellings(text: str) -> list[str]:
    """Fragments of which one stands wherever the noun at the end of `text` does, in the singular or in the plural."""
    if not re.search(r"[a-z]{4}$", text, re.IGNORECASE):
        return [text]
    for end, others in NUMBERS:
        if found := re.search(f"(?:{end})$", text, re.IGNORECASE):
            return [text[: found.start()] + other for other in others]
    return [text]


def escaped(text: str) -> str:
    """With every character of it standing for itself in LIKE."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def whole(fragments: Iterable[str]) -> str:
    """Regular expression of PostgreSQL: one of these as a word of its own, or several, the last in singular or plural."""
    ways = "|".join(re.sub(r"([^\w\s])", r"\\\1", one) for one in fragments)
    return rf"\m(?:{ways})(?:E?S)?\M"


def suggestion(text: str, titles: Iterable[str]) -> str:
    """The typed words, each as the titles write what is most like it, be it in two words; "" where that changes nothing."""
    words: dict[str, str] = {}
    for title in titles:
        found = re.findall(r"\w+", title)
        words |= {f"{one}{two}".casefold(): f"{one} {two}" for one, two in pairwise(found)}
        words |= {one.casefold(): one for one in found}
    meant = [
        words[close[0]] if (close := get_close_matches(typed.casefold(), words, 1, 0.6)) else typed
        for typed in text.split()
    ]
    put_right = " ".join(meant)
    return "" if put_right.casefold() == text.casefold() else put_right
