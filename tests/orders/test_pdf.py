"""PDF of documents: every letter has a font, pages are numbered, and the bytes are the same each time."""

import base64
import io
import re
import zipfile
import zlib
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.urls import reverse

from orders import pdf, services
from orders.models import Invoice
from tests.orders.builders import buyer, make_order, staff


def invoice(count: int = 3, language: str = "en", **fields) -> Invoice:
    """One that is not stored: a PDF needs nothing but what is kept with it."""
    line = {
        "sku": "TEA", "title": "龙井茶 Żółć", "quantity": 2, "unit_price": "10", "discount": "0", "tax_name": "VAT 19%",
        "tax_rate": "0.19", "net": "16.81", "tax": "3.19", "gross": "20",
    }  # fmt: skip
    content = {
        "seller": {"name": "Shop", "address": "Harbour 1\nHamburg", "tax_number": "DE1"},
        "buyer": {"name": "王小明", "email": "", "address": {"line1": "南京西路1266号", "city": "上海", "country": "CN"}},
        "ship_to": {}, "language": language, "order": "SO-1", "ordered": "2026-01-31", "prices_include_tax": True,
        "lines": [line] * count, "shipping": None, "taxes": [{"name": "", "rate": "0.19", "net": "16.81", "tax": "3.19", "gross": "20"}],
    }  # fmt: skip
    return Invoice(
        number="INV-2026-00001", currency="EUR", net=Decimal("16.81"), tax=Decimal("3.19"), gross=Decimal(20),
        content=content | fields, issued_at=datetime(2026, 1, 31, tzinfo=UTC),
    )  # fmt: skip


def pages(made: bytes) -> list[bytes]:
    """What is drawn on each page, unpacked."""
    streams = re.findall(rb"/ASCII85Decode /FlateDecode.*?stream\r?\n(.*?)~>endstream", made, re.DOTALL)
    return [zlib.decompress(base64.a85decode(stream)) for stream in streams]


@pytest.mark.parametrize("size", ["a4", "letter"])
@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_a_long_invoice_goes_over_pages_of_its_size(size, language):
    made = pdf.document(invoice(120, language), size)
    width = {"a4": b"/MediaBox [ 0 0 595.2756 841.8898 ]", "letter": b"/MediaBox [ 0 0 612 792 ]"}[size]
    assert made.count(width) == len(pages(made)) >= 4
    assert (b"/Lang" in made, b"+NotoSansSC-Regular" in made, b"STSong-Light" in made) == (True, True, False)


def test_the_same_document_is_the_same_file():
    assert pdf.document(invoice()) == pdf.document(invoice())
    assert pdf.document(invoice()) != pdf.document(invoice(4))


def test_chinese_letters_are_in_the_file_and_can_be_copied_out_of_it():
    """Each subset of a font says which letter each of its codes is."""
    made = pdf.document(invoice(3, "zh-hans", order="\U00020cd0"))
    streams = re.findall(rb"/Filter \[ /FlateDecode \].*?stream\r?\n(.*?)endstream", made, re.DOTALL)
    maps = b"".join(text for text in map(zlib.decompress, streams) if b"beginbfchar" in text)
    named = {bytes.fromhex(code.decode()).decode("utf-16-be") for code in re.findall(rb"<..> <(.{4,8})>", maps)}
    assert set("王小明南京西路号上海龙井茶发票\U00020cd0") <= named
    assert len(made) < 60_000
    assert made.count(b"/FontFile2") == 3


def test_the_chinese_font_is_read_for_the_first_document_that_needs_it():
    pdf._chinese.cache_clear()
    nobody = {"name": "Jo", "email": "", "address": {"line1": "Street 1", "city": "Rome", "country": "IT"}}
    plain = invoice(0, buyer=nobody, lines=[], reason="Goods came back")
    pdf.document(plain)
    assert pdf._chinese.cache_info().currsize == 0
    pdf.document(invoice())
    assert pdf._chinese.cache_info().currsize == 1


def test_several_bound_in_one_file_count_their_pages_by_themselves(monkeypatch):
    shown = []
    monkeypatch.setattr(pdf._Numbered, "drawRightString", lambda canvas, x, y, text, **more: shown.append(text))
    long, short, chinese = invoice(40), invoice(), invoice(1, "zh-hans")
    short.number, chinese.number = "CN-2026-00001", "INV-2026-00002"
    made = pdf.bound([long, short, chinese], "letter")
    footers = [text for text in shown if " · " in text]
    many = len(footers) - 2
    assert many > 1
    assert footers[:many] == [f"INV-2026-00001 · {page} / {many}" for page in range(1, many + 1)]
    assert footers[many:] == ["CN-2026-00001 · 1 / 1", "INV-2026-00002 · 1 / 1"]
    assert len(pages(made)) == len(footers)


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("Żółć Ω Привет €", "Żółć Ω Привет €"),
        ("Tea 龙井茶 x", f'Tea <font name="{pdf.CHINESE}">龙井茶</font> x'),
        ("髙﨑① 镕堃", f'<font name="{pdf.CHINESE}">髙﨑①</font> <font name="{pdf.CHINESE}">镕堃</font>'),
        ("龘", f'<font name="{pdf.RARE}">龘</font>'),
        ("한국", f'<font name="{pdf.KOREAN}">한국</font>'),
        ("a<b>&\nc", "a&lt;b&gt;&amp;<br/>c"),
        ("Tea 🍵", "Tea □"),
    ],
)
def test_each_letter_has_a_font(text, marked):
    assert pdf.marked_up(text, pdf._fonts()) == marked


def test_strange_content_is_drawn_all_the_same():
    strange = {"seller": {"name": "<b>&", "address": "", "tax_number": ""}, "reason": "x" * 3000, "lines": []}
    assert len(pages(pdf.document(invoice(**strange)))) >= 1
    assert len(pages(pdf.document(invoice(language="zh-hans", taxes=[], buyer={"name": "", "address": {}})))) == 1


@pytest.mark.django_db
def test_one_is_opened_and_several_come_as_a_zip_that_is_streamed(client):
    client.force_login(staff())
    orders = [make_order(placed=True, customer=buyer()) for _one in range(3)]
    made = [services.issue_invoice(order, by=None) for order in orders]

    one = client.get(reverse("orders:invoice-pdf", args=[made[0].number]), {"paper": "letter"})
    several = client.get(reverse("orders:invoice-pdfs"), {"ids": ",".join(str(row.pk) for row in made)})

    assert (one["Content-Type"], one.content) == ("application/pdf", pdf.document(made[0], "letter"))
    assert several.streaming
    archive = zipfile.ZipFile(io.BytesIO(b"".join(several.streaming_content)))
    assert archive.testzip() is None
    assert archive.namelist() == [f"{row.number}.pdf" for row in made]
    assert archive.read(f"{made[2].number}.pdf") == pdf.document(made[2])


@pytest.mark.django_db
def test_a_pdf_shows_what_the_reader_may_see(client):
    made = services.issue_invoice(make_order(placed=True), by=None)
    client.force_login(staff("warehouse_operator"))
    assert client.get(reverse("orders:invoice-pdf", args=[made.number])).status_code == 403
    assert client.get(reverse("orders:invoice-pdfs"), {"ids": made.pk}).status_code == 403
