"""Invoices and credit notes as PDF: the same content as on paper, with the same bytes each time.

Latin, Greek, Cyrillic, Chinese and Japanese letters are embedded; Korean ones, and rare Chinese ones, are named by the fonts
that PDF viewers bring along.
"""

import re
import zipfile
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from functools import cache
from io import BytesIO, RawIOBase
from itertools import groupby
from pathlib import Path
from threading import Lock
from typing import Any
from xml.sax.saxutils import escape

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format, localize
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4, LETTER
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import (
    Flowable,
    HRFlowable,
    KeepTogether,
    LongTable,
    PageBreak,
    Paragraph,
    SimpleDocTemplate,
    Spacer,
    Table,
    TableStyle,
)

from backoffice.money import format_money
from orders.models import Invoice
from orders.papers import address_lines, paper

SIZES = {"a4": A4, "letter": LETTER}
FONTS = Path(__file__).parent / "fonts"
PLAIN, BOLD, CHINESE = "Paper", "Paper-Bold", "Paper-Chinese"
RARE, KOREAN = "STSong-Light", "HYGothic-Medium"
HANGUL = range(0x1100, 0x1200), range(0x3130, 0x3190), range(0xAC00, 0xD7B0)
FIRST_OF_CJK, LAST_OF_CJK = 0x2E80, 0xFFFF
UNKNOWN = "□"
MARGIN, PAD = 18 * mm, 6  # reportlab pads frames and cells by 6 points
GREY, RULE, INK = "#565866", "#d9dae2", "#16171d"


def document(invoice: Invoice, size: str = "") -> bytes:
    """The document in its customer's language on "a4" or "letter" paper, by default what the shop prints on."""
    return bound([invoice], size)


def bound(invoices: Sequence[Invoice], size: str = "") -> bytes:
    """Several in one file, to be printed: each begins on a page of its own, and its pages are counted by themselves."""
    letters, first = _fonts(), invoices[0]
    file = BytesIO()
    template = SimpleDocTemplate(
        file, pagesize=SIZES[size or settings.PAPER], leftMargin=MARGIN - PAD, rightMargin=MARGIN - PAD, topMargin=16 * mm,
        bottomMargin=20 * mm, title=first.number, author=first.content["seller"]["name"], lang=first.content["language"],
        invariant=1,
    )  # fmt: skip
    parts: list[Flowable] = []
    for invoice in invoices:
        with translation.override(invoice.content["language"]):
            parts += [
                _Begin(invoice.number),
                *_Drawing(invoice, template.width - 2 * PAD, letters).parts(),
                PageBreak(),
            ]
    template.build(parts, canvasmaker=_Numbered)
    return file.getvalue()


def archive(invoices: Iterable[Invoice]) -> Iterator[bytes]:
    """A zip of one PDF each, by the piece: no more than one document is in memory."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED) as packed:
        for invoice in invoices:
            moment = timezone.localtime(invoice.issued_at).timetuple()[:6]
            packed.writestr(zipfile.ZipInfo(file_name(invoice), moment), document(invoice))
            yield sink.taken()
    yield sink.taken()


def file_name(invoice: Invoice) -> str:
    return f"{invoice.number}.pdf"


class _Sink(RawIOBase):
    """Where a zip is written to that is sent on at once."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.parts.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        parts, self.parts = self.parts, []
        return b"".join(parts)


# --- Letters --------------------------------------------------------------------------------------


_reading = Lock()
BEYOND_FOUR_DIGITS = re.compile("<([0-9A-F]{5})>")


class _Embedded(TTFont):  # type: ignore[misc]
    """A font whose letters beyond U+FFFF can be copied too: the PDF says what they are in UTF-16, where reportlab writes their number."""

    def addObjects(self, doc: Any) -> None:
        super().addObjects(doc)
        for name, made in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                made.content = BEYOND_FOUR_DIGITS.sub(_in_utf_16, made.content)


def _in_utf_16(number: re.Match[str]) -> str:
    return f"<{chr(int(number[1], 16)).encode('utf-16-be').hex().upper()}>"


def _font(name: str, file: str, **how: Any) -> _Embedded:
    """An embedded font, read once in a process: of two that draw at once, the second must not replace what the first draws with."""
    with _reading:
        if name not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(_Embedded(name, FONTS / file, **how))
        return pdfmetrics.getFont(name)


@cache
def _fonts() -> frozenset[int]:
    """Make the fonts known; returns the characters that the plain one has."""
    _font(BOLD, "DejaVuSansCondensed-Bold.ttf")
    for name in (RARE, KOREAN):
        pdfmetrics.registerFont(UnicodeCIDFont(name))
    return frozenset(_font(PLAIN, "DejaVuSansCondensed.ttf").face.charToGlyph)


@cache
def _chinese() -> Container[int]:
    """The characters of the Chinese font, which is read for the first document that needs it."""
    return _font(CHINESE, "NotoSansSC.ttf", asciiReadable=False).face.charToGlyph


def font_of(letter: str, letters: frozenset[int]) -> str:
    """The font that has this letter; "" for the one of the paragraph, UNKNOWN where none has it."""
    code = ord(letter)
    if code in letters:
        return ""
    if any(code in block for block in HANGUL):
        return KOREAN
    if code in _chinese():
        return CHINESE
    return RARE if FIRST_OF_CJK <= code <= LAST_OF_CJK else UNKNOWN


def marked_up(text: str, letters: frozenset[int]) -> str:
    """Text for a paragraph, each run of letters in a font that has them; line breaks are kept."""
    parts = []
    for font, run in groupby(text, key=lambda letter: "" if letter == "\n" else font_of(letter, letters)):
        piece = "".join(run)
        shown = escape(UNKNOWN * len(piece) if font == UNKNOWN else piece).replace("\n", "<br/>")
        parts.append(f'<font name="{font}">{shown}</font>' if font not in ("", UNKNOWN) else shown)
    return "".join(parts)


# --- Pages ----------------------------------------------------------------------------------------


class _Begin(Flowable):  # type: ignore[misc]
    """Nothing to be seen: from here on the pages are those of another document."""

    def __init__(self, number: str) -> None:
        super().__init__()
        self.number = number

    def wrap(self, width: float, height: float) -> tuple[float, float]:
        return 0, 0

    def draw(self) -> None:
        self.canv.document = self.number


class _Numbered(Canvas):  # type: ignore[misc]
    """Draws "number · 2 / 3" below each page, once it is known how many pages its document has."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pages: list[dict[str, Any]] = []

    def showPage(self) -> None:
        self.pages.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        of_document = Counter(page["document"] for page in self.pages)
        drawn: Counter[str] = Counter()
        for page in self.pages:
            self.__dict__.update(page)
            drawn[self.document] += 1
            self.setFont(PLAIN, 7.5)
            self.setFillColor(GREY)
            shown = f"{self.document} · {drawn[self.document]} / {of_document[self.document]}"
            self.drawRightString(self._pagesize[0] - MARGIN, 11 * mm, shown)
            super().showPage()
        super().save()


class _Drawing:
    """Draws one document in the language in force, `width` points wide."""

    def __init__(self, invoice: Invoice, width: float, letters: frozenset[int]) -> None:
        self.invoice, self.width, self.letters = invoice, width, letters
        self.shown = paper(invoice)
        self.content = self.shown["content"]

    def parts(self) -> list[Flowable]:
        """Everything from the letterhead to the last sentence."""
        closing = (
            _("Thank you for your order.") if self.invoice.kind == "invoice" else _("This amount is credited to you.")
        )
        rows = self.lines() if self.shown["lines"] else [self.text(self.content.get("reason", "")), Spacer(0, 4 * mm)]
        return [
            self.letterhead(), Spacer(0, 3 * mm), HRFlowable(width="100%", thickness=1.5, color=INK, spaceAfter=6 * mm),
            self.parties(), Spacer(0, 8 * mm), *rows, KeepTogether([self.sums(), Spacer(0, 8 * mm), self.text(closing, color=GREY)]),
        ]  # fmt: skip

    def text(self, text: Any, size: float = 9, *, bold: bool = False, right: bool = False, color: str = INK) -> Any:
        marked = marked_up(str(text), self.letters)
        style = ParagraphStyle(
            "text", fontName=BOLD if bold else PLAIN, fontSize=size, leading=size * 1.4, textColor=color,
            wordWrap="CJK" if "<font" in marked else None, splitLongWords=True,
        )  # fmt: skip
        style.alignment = TA_RIGHT if right else style.alignment
        return Paragraph(marked, style)

    def amount(self, amount: Any) -> str:
        """For the cells of a table, which draws plain texts faster than paragraphs; money has only letters of the embedded font."""
        return format_money(amount, self.invoice.currency)

    def money(self, amount: Any, **style: Any) -> Any:
        return self.text(self.amount(amount), right=True, **style)

    def letterhead(self) -> Flowable:
        seller = self.content["seller"]
        left = [self.text(seller["name"], 11, bold=True)]
        left += [self.text(seller["address"])] if seller["address"] else []
        left += [self.text(f"{_('Tax number')}: {seller['tax_number']}")] if seller["tax_number"] else []
        right = [self.text(self.invoice.get_kind_display(), 16, bold=True, right=True)]
        right.append(self.text(self.invoice.number, right=True))
        return _plain_table([[left, right]], [self.width * 0.6, self.width * 0.4])

    def parties(self) -> Flowable:
        buyer, ship_to = self.content["buyer"], self.content["ship_to"]
        columns = [[self.label(_("Bill to")), self.text(address_lines(buyer["address"], buyer["name"]))]]
        if ship_to and ship_to != buyer["address"]:
            columns.append([self.label(_("Ship to")), self.text(address_lines(ship_to, ""))])
        facts = [
            (_("Date"), date_format(timezone.localdate(self.invoice.issued_at), "DATE_FORMAT")),
            (pgettext("sale", "Order"), self.content["order"]),
            (pgettext("date", "Ordered"), date_format(self.shown["ordered"], "DATE_FORMAT")),
        ]
        if self.shown["corrected"]:
            day = date_format(self.shown["corrected"], "DATE_FORMAT")
            facts.append((_("Corrects"), f"{self.content['corrects']['number']} · {day}"))
        meta = self.width * 0.36
        rows = [[self.label(name), self.text(value, right=True)] for name, value in facts]
        columns.append([_plain_table(rows, [meta * 0.34, meta * 0.66 - PAD])])
        each = (self.width - meta) / (len(columns) - 1)
        return _plain_table([columns], [each] * (len(columns) - 1) + [meta])

    def label(self, text: str) -> Any:
        return self.text(text, 7.5, color=GREY)

    def lines(self) -> list[Flowable]:
        discounts = self.shown["has_discount"]
        titles = [_("Quantity"), _("Unit price"), *([_("Discount")] if discounts else []), _("Tax"), _("Amount")]
        head = [self.label(_("Article")), *(self.text(title, 7.5, right=True, color=GREY) for title in titles)]
        rows = [head, *(self.line(line, discounts) for line in self.shown["lines"])]
        if self.shown["shipping"] is not None:
            rows.append([self.text(_("Shipping")), *[""] * (len(titles) - 1), self.amount(self.shown["shipping"])])
        widths = [18 * mm, 25 * mm, *([22 * mm] if discounts else []), 15 * mm, 27 * mm]
        table = LongTable(rows, [self.width - sum(widths), *widths], repeatRows=1)
        table.setStyle(TableStyle([*_NO_EDGES, ("LINEBELOW", (0, 0), (-1, 0), 0.7, INK), *_NUMBERS, *_RULED]))
        return [table, Spacer(0, 4 * mm)]

    def line(self, line: dict[str, Any], discounts: bool) -> list[Any]:
        article = [self.text(line["title"])] + ([self.text(line["sku"], 7.5, color=GREY)] if line["sku"] else [])
        discount = [self.amount(line["discount"]) if line["discount"] else ""] if discounts else []
        percent = f"{localize(line['percent'].normalize() + 0)}%"
        return [
            article, str(localize(line["quantity"])), self.amount(line["unit_price"]), *discount, percent,
            self.amount(line["amount"]),
        ]  # fmt: skip

    def sums(self) -> Flowable:
        rows = [[self.text(_("Net")), self.money(self.invoice.net)]]
        for tax in self.shown["taxes"]:
            name = tax["name"] or f"{_('Tax')} {localize(tax['percent'].normalize() + 0)}%"
            if len(self.shown["taxes"]) > 1:
                name += " " + _("on %(net)s") % {"net": format_money(tax["net"], self.invoice.currency)}
            rows.append([self.text(name), self.money(tax["tax"])])
        rows.append([self.text(_("Total"), 10.5, bold=True), self.money(self.invoice.gross, size=10.5, bold=True)])
        table = Table(rows, [50 * mm, 32 * mm], hAlign="RIGHT")
        table.setStyle(TableStyle([*_NO_EDGES, ("LINEABOVE", (0, -1), (-1, -1), 0.7, INK), _TIGHT]))
        return table


_NO_EDGES: list[Any] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (0, -1), 0), ("RIGHTPADDING", (-1, 0), (-1, -1), 0),
]  # fmt: skip
_NUMBERS: list[Any] = [
    ("FONT", (1, 1), (-1, -1), PLAIN, 9, 12.6), ("TEXTCOLOR", (1, 1), (-1, -1), INK), ("ALIGN", (1, 0), (-1, -1), "RIGHT"),
]  # fmt: skip
_RULED: list[Any] = [("LINEBELOW", (0, 1), (-1, -1), 0.4, RULE)]
_TIGHT: Any = ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5)


def _plain_table(rows: list[Any], widths: list[float]) -> Flowable:
    table = Table(rows, widths)
    table.setStyle(TableStyle([*_NO_EDGES, _TIGHT, ("TOPPADDING", (0, 0), (-1, -1), 0)]))
    return table
