"""Codes are read back from the SVG by tables of the standards, written here and not taken from the writer."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backoffice.barcodes import LONGEST, code128, code_for, ean, qr

CODE_128 = (  # ISO/IEC 15417: widths of bars and gaps of the characters 0 to 106
    "212222 222122 222221 121223 121322 131222 122213 122312 132212 221213 221312 231212 112232 122132 122231 113222 "
    "123122 123221 223211 221132 221231 213212 223112 312131 311222 321122 321221 312212 322112 322211 212123 212321 "
    "232121 111323 131123 131321 112313 132113 132311 211313 231113 231311 112133 112331 132131 113123 113321 133121 "
    "313121 211331 231131 213113 213311 213131 311123 311321 331121 312113 312311 332111 314111 221411 431111 111224 "
    "111422 121124 121421 141122 141221 112214 112412 122114 122411 142112 142211 241211 221114 413111 241112 134111 "
    "111242 121142 121241 114212 124112 124211 411212 421112 421211 212141 214121 412121 111143 111341 131141 114113 "
    "114311 411113 411311 113141 114131 311141 411131 211412 211214 211232 2331112"
).split()
START, SWITCH, STOP = {103: "A", 104: "B", 105: "C"}, {99: "C", 100: "B", 101: "A"}, 106
EAN_RIGHT = (
    "1110010",
    "1100110",
    "1101100",
    "1000010",
    "1011100",
    "1001110",
    "1010000",
    "1000100",
    "1001000",
    "1110100",
)
FIRST_DIGITS = ("LLLLLL", "LLGLGG", "LLGGLG", "LLGGGL", "LGLLGG", "LGGLLG", "LGGGLL", "LGLGLG", "LGLGGL", "LGGLGL")
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
DATA_WORDS = {21: 16, 25: 28, 29: 44}  # of level M, by the side of the code


def modules_of(svg: str) -> str:
    """The line of bars as "1" and "0" per module, without the quiet zones, which are checked."""
    width = int(re.search(r'viewBox="0 0 (\d+) 1"', svg)[1])
    dark = [
        at for start, bar in re.findall(r"M(\d+) 0h(\d+)v1", svg) for at in range(int(start), int(start) + int(bar))
    ]
    line = "".join("1" if at in set(dark) else "0" for at in range(width))
    assert (line[:10], line[-10:], line[10], line[-11]) == ("0" * 10, "0" * 10, "1", "1")
    return line[10:-10]


def read_code128(svg: str) -> str:
    widths = [len(run[0]) for run in re.finditer(r"1+|0+", modules_of(svg))]
    assert len(widths) % 6 == 1
    spelled = ["".join(map(str, widths[at : at + 6])) for at in range(0, len(widths) - 7, 6)]
    values = [CODE_128.index(pattern) for pattern in spelled]
    assert CODE_128[STOP] == "".join(map(str, widths[-7:]))
    start, *characters, check = values
    assert check == (start + sum(place * value for place, value in enumerate(characters, 1))) % 103
    text, table = "", START[start]
    for value in characters:
        if table == "C" and value < 100:
            text += f"{value:02d}"
        elif value in SWITCH and SWITCH[value] != table:
            table = SWITCH[value]
        else:
            text += chr(value + 32) if table == "B" or value < 64 else chr(value - 64)
    return text


def read_ean(svg: str) -> str:
    line = modules_of(svg)
    side = (len(line) - 11) // 2
    assert (line[:3], line[3 + side : 8 + side], line[-3:]) == ("101", "01010", "101")
    left = [line[at : at + 7] for at in range(3, 3 + side, 7)]
    right = [line[at : at + 7] for at in range(8 + side, 8 + 2 * side, 7)]
    inverted = [pattern.translate(str.maketrans("01", "10")) for pattern in EAN_RIGHT]
    mirrored = [pattern[::-1] for pattern in EAN_RIGHT]
    parity = "".join("L" if pattern in inverted else "G" for pattern in left)
    digits = [(inverted if kind == "L" else mirrored).index(p) for kind, p in zip(parity, left, strict=True)]
    digits += [EAN_RIGHT.index(pattern) for pattern in right]
    first = [FIRST_DIGITS.index(parity)] if side == 42 else []
    return "".join(map(str, first + digits))


def read_qr(svg: str) -> str:
    """ISO/IEC 18004, level M, one block: sides 21, 25 and 29."""
    side = int(re.search(r'viewBox="0 0 (\d+) ', svg)[1]) - 8
    dark = {(int(row) - 4, int(column) - 4) for column, row in re.findall(r"M(\d+) (\d+)h1v1", svg)}
    format_bits = [(8, column) in dark for column in (0, 1, 2, 3, 4)]
    level_and_mask = sum(bit << (4 - place) for place, bit in enumerate(format_bits)) ^ 0b10101
    assert level_and_mask >> 3 == 0  # level M
    mask = MASKS[level_and_mask & 7]
    bits = [((row, column) in dark) != mask(row, column) for row, column in data_modules(side)]
    words = [sum(bit << (7 - place) for place, bit in enumerate(bits[at : at + 8])) for at in range(0, len(bits), 8)]
    stream = "".join(f"{word:08b}" for word in words[: DATA_WORDS[side]])
    return "".join(segments(stream))


def segments(stream: str) -> Iterator[str]:
    """The parts of the text: mode 2 has letters and digits by the pair, mode 4 bytes, mode 0 ends it."""
    at = 0

    def take(bits: int) -> int:
        nonlocal at
        at += bits
        return int(stream[at - bits : at], 2)

    while len(stream) - at >= 4 and (mode := take(4)):
        if mode == 2:
            length = take(9)
            pairs = [divmod(take(11), 45) for _pair in range(length // 2)]
            yield "".join(LETTERS[first] + LETTERS[second] for first, second in pairs)
            yield LETTERS[take(6)] if length % 2 else ""
        else:
            assert mode == 4
            yield bytes(take(8) for _byte in range(take(8))).decode()


MASKS = [
    lambda i, j: (i + j) % 2 == 0,
    lambda i, j: i % 2 == 0,
    lambda i, j: j % 3 == 0,
    lambda i, j: (i + j) % 3 == 0,
    lambda i, j: (i // 2 + j // 3) % 2 == 0,
    lambda i, j: i * j % 2 + i * j % 3 == 0,
    lambda i, j: (i * j % 2 + i * j % 3) % 2 == 0,
    lambda i, j: ((i + j) % 2 + i * j % 3) % 2 == 0,
]


def data_modules(side: int) -> list[tuple[int, int]]:
    """Places of the data, in the order of the standard: two columns at a time, up and down, from the right."""
    places = []
    columns = [column for column in range(side - 1, 0, -2) if column > 6] + [5, 3, 1]
    for turn, right in enumerate(columns):
        rows = range(side) if turn % 2 else range(side - 1, -1, -1)
        places += [(row, column) for row in rows for column in (right, right - 1) if not is_function(row, column, side)]
    return places


def is_function(row: int, column: int, side: int) -> bool:
    finder = (row < 9 and column < 9) or (row < 9 and column >= side - 8) or (row >= side - 8 and column < 9)
    aligned = side > 21 and abs(row - (side - 7)) <= 2 and abs(column - (side - 7)) <= 2
    return finder or aligned or row == 6 or column == 6


# --- Claims -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["SO-1042-F1", "INV-2026-00001", "12", "123", "A1234567B", "JD0123456789", "a b~|{}"])
def test_code_128_says_its_text(text):
    assert read_code128(code128(text)) == text


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=LONGEST))
def test_code_128_says_any_text(text):
    assert read_code128(code128(text)) == text


@pytest.mark.parametrize("text", ["", "茶-01", "a\tb", "x" * (LONGEST + 1)])
def test_what_code_128_cannot_say_is_refused(text):
    with pytest.raises(ValueError, match="cannot be written in Code 128"):
        code128(text)


@pytest.mark.parametrize("text", ["4006381333931", "6901234567892", "9783161484100", "96385074"])
def test_an_ean_says_its_digits(text):
    assert read_ean(ean(text)) == text


def test_a_upc_is_an_ean_that_begins_with_nought():
    assert read_ean(ean("036000291452")) == "0036000291452"
    with pytest.raises(ValueError, match="is no GTIN"):
        ean("4006381333932")


@pytest.mark.parametrize("text", ["RT-1001", "茶-01", "https://shop.example/RT-1001", "x" * 42])
def test_a_qr_code_says_its_text(text):
    assert read_qr(qr(text)) == text


def test_each_text_gets_the_code_that_fits_it():
    assert read_ean(code_for("4006381333931")) == "4006381333931"
    assert read_code128(code_for("4006381333932")) == "4006381333932"
    assert read_qr(code_for("茶-01")) == "茶-01"
    assert code_for("") == ""


def test_a_code_is_a_picture_with_a_name_and_no_style():
    svg = code128('<b>"&')
    assert 'role="img" aria-label="Code 128: &lt;b&gt;&quot;&amp;"' in svg
    assert "style" not in svg
    assert re.search(r'width="[\d.]+mm" height="12.00mm"', svg)
