"""Which encoding a file is in: by its mark, by what decodes, and among what decodes by how ordinary the characters are."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from django.utils.translation import gettext as _

from backoffice.imports.sources import Unreadable, opened

PIECE = 1 << 20
EVIDENCE = 256 * 1024
ENCODINGS = {
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16 LE",
    "utf-16-be": "UTF-16 BE",
    "utf-32": "UTF-32",
    "gb18030": "GB18030",
    "big5": "Big5",
    "shift_jis": "Shift_JIS",
    "euc_jp": "EUC-JP",
    "iso2022_jp": "ISO-2022-JP",
    "euc_kr": "EUC-KR",
    "cp1252": "Windows-1252",
    "cp1250": "Windows-1250",
    "cp1251": "Windows-1251",
    "latin-1": "Latin-1",
}
# A name people know means what Windows and spreadsheets make of it, which is a little more.
CODECS = {"shift_jis": "cp932", "big5": "cp950", "euc_kr": "cp949"}
MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Of two-byte encodings: the national standard, and the rows of it where the common characters stand.
COMMON = {
    "gb18030": ("gb2312", 0xB0, 0xD7),
    "big5": ("big5", 0xA4, 0xC6),
    "shift_jis": ("shift_jis", 0x88, 0x97),
    "euc_jp": ("euc_jp", 0xB0, 0xCF),
    "euc_kr": ("euc_kr", 0xB0, 0xC8),
}
JAPANESE = ("shift_jis", "euc_jp")
LIKELY, POSSIBLE = 0.75, 0.4
FEW = 12  # characters beyond ASCII; with fewer any guess is unsure
DECISIVE = 0.92  # Korean: Chinese text read as Korean shows two fifths of characters that are no Hangul


def codec(encoding: str) -> str:
    """The codec of Python behind an encoding's name."""
    return CODECS.get(encoding, encoding)


def decoded(head: bytes, encoding: str) -> str:
    """The beginning of a file as text; a character that is cut off at its end is left out."""
    return codecs.getincrementaldecoder(codec(encoding))(errors="replace").decode(head)


def line_ends(encoding: str) -> tuple[bytes, ...]:
    """How a line ends in bytes."""
    if encoding.startswith(("utf-16", "utf-32")):
        return (b"\n\0", b"\0\n", b"\r\0", b"\0\r")
    return (b"\n", b"\r")


def guess(path: Path, head: bytes, doubts: list[str]) -> str:
    """The encoding of the whole file, which is read once or twice; `head` is its beginning.

    Raises Unreadable where the file says what it is and is not. Sentences about unsure guesses go to `doubts`.
    """
    for mark, encoding in MARKS:
        if head.startswith(mark):
            if encoding != "utf-8-sig" and (fault := first_fault(path, encoding)):
                raise Unreadable(broken(fault, encoding))
            if encoding == "utf-8-sig":
                return _eight_bit(path, head, doubts, marked=True)
            return encoding
    if (wide := _wide_without_mark(head)) and first_fault(path, wide) is None:
        doubts.append(_("Read as UTF-16, which the file does not say itself."))
        return wide
    if re.search(rb"\x1b\$[@B]|\x1b\([IJ]", head) and not first_fault(path, "iso2022_jp"):
        return "iso2022_jp"
    return _eight_bit(path, head, doubts)


@dataclass(frozen=True)
class Fault:
    """Where the bytes do not decode: the line, the byte, and what stands around."""

    line: int
    byte: int
    around: bytes


def broken(fault: Fault, encoding: str) -> str:
    return _(
        "Line %(line)s does not read as %(encoding)s (byte %(byte)s). Choose another encoding, or mend the line."
    ) % {
        "line": fault.line,
        "encoding": ENCODINGS.get(encoding, encoding),
        "byte": f"0x{fault.byte:02X}",
    }


def first_fault(path: Path, encoding: str) -> Fault | None:
    """The first place that does not decode, None when all of the file does. Reads it in pieces."""
    decoder = codecs.getincrementaldecoder(codec(encoding))()
    lines = 1
    with opened(path, ends=line_ends(encoding)) as file:
        for piece in _pieces(file):
            try:
                decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                at = max(len(piece) - (len(error.object) - error.start), 0)
                lines += _count_lines(piece[:at])
                start = max(piece.rfind(b"\n", 0, at), piece.rfind(b"\r", 0, at)) + 1
                return Fault(lines, error.object[error.start], piece[start : start + EVIDENCE])
            lines += _count_lines(piece)
    return None


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    """Pieces of the file, and an empty one to end with."""
    while piece := file.read(PIECE):
        yield piece
    yield b""


def _count_lines(piece: bytes) -> int:
    return piece.count(b"\n") or piece.count(b"\r")


# --- UTF-16 without its mark --------------------------------------------------------------------


def _wide_without_mark(head: bytes) -> str:
    """UTF-16 without a byte order mark: digits, blanks and delimiters leave zeros at every second place."""
    start = head[:4096]
    if len(start) < 8:
        return ""
    even, odd = start[0::2].count(0), start[1::2].count(0)
    for encoding, zeros, others in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if zeros >= 4 and zeros > 8 * others and zeros > len(start) / 50:
            return encoding
    return ""


# --- UTF-8 and the encodings of one or two bytes ------------------------------------------------


def _eight_bit(path: Path, head: bytes, doubts: list[str], *, marked: bool = False) -> str:
    """UTF-8 when all of it is, or nearly all; else the encoding in which the characters are the most ordinary."""
    fault = first_fault(path, "utf-8-sig")
    if fault is None:
        return "utf-8-sig"
    evidence = fault.around
    right, wrong = _utf8_characters(head + evidence)
    if marked or right > wrong:
        doubts.append(broken(fault, "utf-8-sig"))
        return "utf-8-sig"
    scores = {name: _plausibility(evidence, name) for name in COMMON}
    for name in sorted(scores, key=lambda name: _rank(name, scores), reverse=True):
        if scores[name] <= LIKELY or first_fault(path, name):
            continue
        rival = max((other for other in scores if other != name), key=lambda other: scores[other])
        if _count_high(evidence) < FEW or (scores[rival] > DECISIVE and name != "euc_kr"):
            _doubt(doubts, rival if scores[rival] > POSSIBLE else _western(evidence)[0])
        return name
    if right:
        _doubt(doubts, "utf-8-sig")
    return _one_byte(path, evidence, max(scores, key=lambda name: scores[name]), scores, doubts)


def _rank(name: str, scores: dict[str, float]) -> tuple[bool, float]:
    """Hangul reads as common Chinese too, while Chinese does not read as pure Hangul."""
    return name == "euc_kr" and scores[name] > DECISIVE, scores[name]


def _doubt(doubts: list[str], other: str) -> None:
    doubts.append(
        _("The encoding is a guess: it may also be %(other)s. Look at the sample.") % {"other": ENCODINGS[other]}
    )


def _utf8_characters(evidence: bytes) -> tuple[int, int]:
    """How many characters beyond ASCII are right UTF-8, and how many bytes are not: few of these are damage."""
    text = evidence.decode("utf-8", errors="replace")
    wrong = text.count("\ufffd")
    return sum(ord(ch) > 127 for ch in text) - wrong, wrong


def _one_byte(path: Path, evidence: bytes, rival: str, scores: dict[str, float], doubts: list[str]) -> str:
    best, sure = _western(evidence)
    if scores[rival] > POSSIBLE:
        _doubt(doubts, rival)
    elif not sure:
        _doubt(doubts, "cp1252" if best != "cp1252" else "cp1250")
    if first_fault(path, best) is None:
        return best
    return "cp1252" if first_fault(path, "cp1252") is None else "latin-1"


def _western(evidence: bytes) -> tuple[str, bool]:
    """Of the encodings with one byte a letter the likeliest, and whether nothing speaks against it."""
    words = re.findall(rb"[A-Za-z\x80-\xff]*[\x80-\xff][A-Za-z\x80-\xff]*", evidence)
    long = sum(1 for word in words if re.search(rb"[\xc0-\xff\xa8\xb8]{4}", word))
    if words and long > len(words) / 3:
        return "cp1251", _case_holds([word.decode("cp1251", errors="replace") for word in words])
    inside = [word for word in words if re.search(rb"[\x80-\xbf][a-z\xe0-\xff]", word)]
    odd = sum(1 for word in inside if not _letters(word, "cp1252") and _letters(word, "cp1250"))
    if odd >= 2 and odd > len(words) / 8:
        return "cp1250", False
    return "cp1252", True


def _letters(word: bytes, encoding: str) -> bool:
    return all(ch.isalpha() or ch in "’–-" for ch in word.decode(encoding, errors="replace"))


def _case_holds(words: list[str]) -> bool:
    """Whether words are written as people write them, not with capitals inside; the wrong Cyrillic swaps them."""
    return (
        sum(word == word.lower() or word[1:] == word[1:].lower() or word.isupper() for word in words) > len(words) / 2
    )


def _count_high(evidence: bytes) -> int:
    return sum(byte > 127 for byte in evidence)


def _plausibility(evidence: bytes, encoding: str) -> float:
    """Share of the characters beyond ASCII that ordinary text of that encoding uses; 0 where it does not decode."""
    try:
        text = codecs.getincrementaldecoder(codec(encoding))().decode(evidence)
    except UnicodeDecodeError:
        return 0.0
    foreign = [ch for ch in text if ord(ch) > 127]
    if not foreign:
        return 0.0
    ordinary = sum(_is_ordinary(ch, encoding) for ch in foreign) / len(foreign)
    if _stands_in_latin_words(text, len(foreign)):
        return ordinary / 2  # accented letters that were taken for characters of two bytes
    if encoding == "euc_jp" and sum(_is_kana(ch) for ch in foreign) < len(foreign) / 10:
        return ordinary / 2  # Chinese text reads as kanji alone
    return ordinary


def _stands_in_latin_words(text: str, foreign: int) -> bool:
    """Whether most characters beyond ASCII stand alone or in twos right beside Latin letters, as no Asian text has them."""
    runs = re.findall(r"([A-Za-z]?)([^\x00-\x7f]+)([A-Za-z]?)", text)
    touching = sum(bool(before or after) for before, _run, after in runs)
    return foreign <= 2 * len(runs) and 2 * touching > len(runs)


def _is_kana(ch: str) -> bool:
    return "\u3040" <= ch <= "\u30ff"


def _is_ordinary(ch: str, encoding: str) -> bool:
    code = ord(ch)
    if 0x3000 <= code <= 0x301F or 0xFF01 <= code <= 0xFF5E or ch in "·—…“”‘’￥":
        return True
    if encoding in JAPANESE and _is_kana(ch):
        return True
    standard, first, last = COMMON[encoding]
    try:
        spelt = ch.encode(standard)
    except UnicodeEncodeError:
        return False
    return len(spelt) == 2 and first <= spelt[0] <= last
