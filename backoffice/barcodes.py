"""Code 128, EAN and QR as SVG: fragments without style, so that the strict content policy lets them through."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from django.utils.html import format_html
from django.utils.safestring import SafeString
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qrencoder import QRCode, QRErrorCorrectLevel

MODULE_MM = 0.33  # width of the narrowest bar, which every scanner reads
HEIGHT_MM = 12
QR_MODULE_MM = 0.5
LONGEST = 48  # characters of Code 128 that fit on paper
QUIET, QR_QUIET = 10, 4  # blank modules that a scanner needs around a code
LEFT = ("0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111", "0001011")
# Which of the six digits on the left of an EAN-13 are written with even parity tells its first digit.
PARITY = ("000000", "001011", "001101", "001110", "010011", "011001", "011100", "010101", "010110", "011010")


def code_for(text: str) -> SafeString:
    """The code that scanners read best: EAN for a GTIN, Code 128 for plain characters, QR for the rest; "" for no text."""
    if not text:
        return SafeString("")
    if is_gtin(text):
        return ean(text)
    return code128(text) if fits_code128(text) else qr(text)


def fits_code128(text: str) -> bool:
    """Whether `text` is printable ASCII and not too long for a label."""
    return text.isascii() and text.isprintable() and 0 < len(text) <= LONGEST


def code128(text: str) -> SafeString:
    """Bars of Code 128. Raises ValueError for what `fits_code128` denies."""
    if not fits_code128(text):
        raise ValueError(f"{text!r} cannot be written in Code 128")
    code = Code128(text)
    code.validate()
    code.encode()
    code.decompose()
    # reportlab spells each bar as a capital and each gap as a small letter, "a" for one module, "b" for two.
    return _bars("Code 128", text, [ord(letter.lower()) - ord("a") + 1 for letter in code.decomposed])


def is_gtin(text: str) -> bool:
    """Whether `text` is a GTIN of 8, 12 or 13 digits with the right check digit."""
    if not (text.isascii() and text.isdigit() and len(text) in (8, 12, 13)):
        return False
    weighted = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(text)))
    return weighted % 10 == 0


def ean(text: str) -> SafeString:
    """Bars of EAN-8 or EAN-13 (a UPC-A is an EAN-13 that begins with 0). Raises ValueError unless `text` is a GTIN."""
    if not is_gtin(text):
        raise ValueError(f"{text!r} is no GTIN")
    digits = [int(digit) for digit in (text if len(text) == 8 else text.zfill(13))]
    head, rest = (digits[0], digits[1:]) if len(digits) == 13 else (0, digits)
    half = len(rest) // 2
    left = (_left(digit, parity == "1") for digit, parity in zip(rest[:half], PARITY[head], strict=False))
    modules = "".join(["101", *left, "01010", *map(_right, rest[half:]), "101"])
    return _bars("EAN", text, [len(list(same)) for _module, same in groupby(modules)])


def qr(text: str) -> SafeString:
    """A QR code of middle error correction."""
    code = QRCode(None, QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    size = code.getModuleCount()
    dark = ((row, column) for row in range(size) for column in range(size) if code.isDark(row, column))
    squares = "".join(f"M{column + QR_QUIET} {row + QR_QUIET}h1v1h-1z" for row, column in dark)
    side = size + 2 * QR_QUIET
    return _svg("QR", text, squares, (side, side), (side * QR_MODULE_MM, side * QR_MODULE_MM))


def _left(digit: int, even: bool) -> str:
    return LEFT[digit] if not even else _right(digit)[::-1]


def _right(digit: int) -> str:
    return LEFT[digit].translate(str.maketrans("01", "10"))


def _bars(kind: str, text: str, widths: Sequence[int]) -> SafeString:
    """Bars and gaps of these widths in turn, beginning with a bar."""
    width = sum(widths) + 2 * QUIET
    path = "".join(f"M{start} 0h{bar}v1h-{bar}z" for start, bar in _placed(widths))
    return _svg(kind, text, path, (width, 1), (width * MODULE_MM, HEIGHT_MM))


def _placed(widths: Iterable[int]) -> Iterator[tuple[int, int]]:
    """(start, width) of each bar."""
    at = QUIET
    for place, width in enumerate(widths):
        if place % 2 == 0:
            yield at, width
        at += width


def _svg(kind: str, text: str, path: str, box: tuple[int, int], millimetres: tuple[float, float]) -> SafeString:
    return format_html(
        '<svg class="barcode" role="img" aria-label="{}: {}" viewBox="0 0 {} {}" width="{}mm" height="{}mm"'
        ' preserveAspectRatio="none" shape-rendering="crispEdges"><path d="{}"/></svg>',
        kind, text, *box, *(f"{size:.2f}" for size in millimetres), path,
    )  # fmt: skip
