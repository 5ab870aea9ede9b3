"""Exports: both roads write the same bytes, masks and rights hold on each, nothing is cut off, nothing is held."""

import csv
import datetime
import io
import json
import zoneinfo
from dataclasses import replace
from decimal import Decimal

import openpyxl
import pytest
from django.db import OperationalError, connection
from django.db.models import F, Value
from django.db.models.functions import Concat
from django.test import override_settings
from django.utils import timezone, translation

from backoffice.exports import Export, cell, files, safe
from backoffice.exports.files import ReadsTooMuch
from backoffice.exports.values import json_text
from backoffice.generic import Column
from catalog.models import Product, Variant
from tests.factories import make_product, make_user, make_variant

pytestmark = pytest.mark.django_db
NASTY = [
    "=SUM(A1)", "'=quoted", "''=twice", "+49 30", "-5", "@x", "\tx", "\rx", "plain", "", "a,b", 'say "x"', "two\nlines",
    "cr\rin", "crlf\r\n", " blank ", "中文", "ünï", "0042", "'", "''", "\\.", "\\N", "NULL", "\x01\x02\x7f", "𝄞", "%s %d %%",
]  # fmt: skip
COLUMNS = [
    Column("sku", "SKU"),
    Column("title", "Title"),
    Column("product.title", "Product"),
    Column("product.brand.name", "Brand"),
    Column("product.tags", "Tags"),
    Column("price", "Price"),
    Column("compare_at", "Before"),
    Column("weight_grams", "Weight"),
    Column("is_active", "Active"),
    Column("updated_at", "Changed"),
    Column("product.published_at", "Published"),
    Column("later", "Later"),
]  # fmt: skip
ZONES = ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns"]


def rows():
    return Variant.objects.annotate(later=F("position") + Value(1)).order_by("pk")


def by_python(columns):
    """The same columns, none of which PostgreSQL can write."""
    return [replace(column, get=column.value) for column in columns]


def by_both(columns):
    """Some columns written by PostgreSQL, the others computed from what they say they read."""
    own = ("sku", "title", "price", "weight_grams", "is_active", "updated_at")
    return [replace(c, get=c.value, reads=(c.key,)) if c.key in own else c for c in columns]


def written(columns, fmt="csv", queryset=None, **more):
    export = Export(rows() if queryset is None else queryset, columns, fmt, **more)
    return b"".join(export), export


@pytest.fixture
def nasty():
    """A variant for each text, with values of every kind."""
    moment = datetime.datetime(1888, 3, 1, 23, 59, 59, 999_999, tzinfo=datetime.UTC)
    for number, text in enumerate(NASTY):
        product = Product.objects.create(
            handle=f"p{number}",
            title=text or "-",
            tags=[text, "b"] if number % 2 else [],
            published_at=moment + number * datetime.timedelta(days=1955, minutes=7) if number % 3 else None,
        )
        variant = make_variant(
            f"S{number}",
            product=product,
            title=text,
            price=Decimal(number) / 8,
            compare_at=Decimal("1200.500") if number % 2 else None,
            weight_grams=number * 1000 if number % 4 else None,
            is_active=bool(number % 2),
            position=number,
        )
        Variant.objects.filter(pk=variant.pk).update(updated_at=moment + number * datetime.timedelta(days=1900.77))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("fmt", ["csv", "jsonl"])
def test_all_roads_write_the_same_bytes(nasty, fmt, zone):
    with timezone.override(zoneinfo.ZoneInfo(zone)):
        copied, export = written(COLUMNS, fmt)
        mixed, between = written(by_both(COLUMNS), fmt)
        computed, other = written(by_python(COLUMNS), fmt)

    assert (export.is_copied, between.is_copied, bool(between.reads), other.is_copied, other.reads) == (
        True,
        False,
        True,
        False,
        [],
    )
    assert copied.decode() == computed.decode()
    assert mixed.decode() == computed.decode()
    assert export.rows == between.rows == other.rows == len(NASTY)


def test_the_zone_of_the_connection_is_as_before(nasty):
    with timezone.override(zoneinfo.ZoneInfo("Asia/Kolkata")):
        written(COLUMNS)
    assert (
        Variant.objects.values_list("updated_at", flat=True).order_by("pk")[0].isoformat().startswith("1888-03-01T23")
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('TimeZone'), current_setting('statement_timeout')")
        assert cursor.fetchone() == ("UTC", "0")


def test_an_offset_without_a_name_is_written_by_python(nasty):
    with timezone.override(timezone.get_fixed_timezone(90)):
        data, export = written(COLUMNS)
        same, _ = written(by_python(COLUMNS))
    assert not export.is_copied
    assert data == same


@pytest.mark.parametrize("columns", [COLUMNS[:1], COLUMNS[1:2]], ids=["sku", "title"])
def test_a_single_column_keeps_its_empty_rows(nasty, columns):
    data, _ = written(columns)
    assert data == written(by_both(columns))[0] == written(by_python(columns))[0]
    assert len(list(csv.reader(io.StringIO(data.decode(), newline="")))) == len(NASTY) + 1


@pytest.mark.parametrize("fmt", ["csv", "jsonl"])
def test_a_line_may_begin_and_end_with_what_python_computes(nasty, fmt):
    title, sku, price = COLUMNS[1], COLUMNS[0], COLUMNS[5]
    columns = [title, sku, replace(title, header="Again"), price]
    mixed, export = written([c if c is sku else replace(c, get=c.value, reads=(c.key,)) for c in columns], fmt)

    assert export.reads == ["id", "price", "title"]
    assert mixed.decode() == written(columns, fmt)[0].decode()


def test_columns_in_sql_are_those_of_python(nasty):
    upper = Column("loud", "Loud", get=lambda variant: variant.title * 2, sql=None)
    data, export = written([COLUMNS[0], replace(upper, sql=Concat("title", "title"))])
    assert export.is_copied
    assert data == written([COLUMNS[0], upper])[0]


def test_workbooks_hold_the_same_rows_on_each_road(nasty):
    tables = []
    for columns in (COLUMNS, by_python(COLUMNS)):
        book = openpyxl.load_workbook(io.BytesIO(written(columns, "xlsx")[0]), read_only=True)
        tables.append([list(row) for row in book.active.iter_rows(values_only=True)])
    assert tables[0] == tables[1]
    assert tables[0][1][:2] == ["S0", "'=SUM(A1)"]
    assert [type(value) for value in tables[0][2][5:8]] == [float, float, int]


def test_a_full_sheet_is_followed_by_another(nasty, monkeypatch):
    monkeypatch.setattr(files, "EXCEL_ROWS", 10)
    data, export = written(COLUMNS[:2], "xlsx")
    book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
    assert [len(list(sheet.iter_rows())) for sheet in book.worksheets] == [11, 11, len(NASTY) - 20 + 1]
    assert export.rows == len(NASTY)


@pytest.mark.parametrize("fmt", ["csv", "jsonl", "xlsx"])
@pytest.mark.parametrize("columns", [COLUMNS, by_both(COLUMNS), by_python(COLUMNS)], ids=["copy", "both", "python"])
def test_no_rows_give_a_header_only(fmt, columns):
    for queryset in (rows().filter(sku="nothing"), rows().none()):
        data, export = written(columns, fmt, queryset)
        assert export.rows == 0
        assert {"csv": data.count(b"\n") == 1, "jsonl": data == b"", "xlsx": data[:2] == b"PK"}[fmt]


@pytest.mark.parametrize("columns", [COLUMNS, by_both(COLUMNS), by_python(COLUMNS)], ids=["copy", "both", "python"])
@pytest.mark.parametrize("fmt", ["csv", "jsonl", "xlsx"])
def test_personal_columns_are_masked_on_each_road(nasty, fmt, columns):
    hidden = [replace(columns[0], personal=True), *columns[1:]]
    analyst = make_user("analyst")
    data, _ = written(hidden, fmt, user=analyst)
    text = data.decode() if fmt != "xlsx" else ""
    if fmt == "xlsx":
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True)
        text = "\n".join(str(row[0]) for row in book.active.iter_rows(values_only=True))
    assert text.count("•••") == len(NASTY)
    assert "S1" not in text


def test_queries_that_drop_doubles_are_left_to_django(nasty):
    doubled = Variant.objects.filter(product__tags__len__gte=0).distinct().order_by("pk")
    data, export = written([Column("tax_class", "Tax"), Column("is_active", "Active")], queryset=doubled)
    assert not export.is_copied
    assert data.count(b"\n") == len(NASTY) + 1


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("columns", "statements"),
    [(COLUMNS, 5), (by_both(COLUMNS), 4), (by_python(COLUMNS[:2]), 5)],
    ids=["copy", "both", "python"],
)
def test_statements_are_constant(django_assert_num_queries, count, columns, statements):
    for number in range(count):
        make_variant(f"V{number}")
    with django_assert_num_queries(statements):
        written(columns)


def test_the_file_is_one_instant_and_nothing_is_written(transactional_db):
    """A row that arrives while the file is made is not in it."""
    for number in range(files.CHUNK + 1):
        Product.objects.create(handle=f"p{number}", title="x")
    pieces = iter(Export(Product.objects.order_by("pk"), by_python([Column("handle", "Handle")])))
    first = next(pieces) + next(pieces)
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('transaction_isolation'), current_setting('transaction_read_only')")
        assert cursor.fetchone() == ("repeatable read", "on")
    assert (first + b"".join(pieces)).count(b"\n") == files.CHUNK + 2
    assert not connection.in_atomic_block


@pytest.mark.parametrize(
    "columns", [COLUMNS[:3], by_both(COLUMNS[:3]), by_python(COLUMNS[:3])], ids=["copy", "both", "python"]
)
def test_a_reader_who_leaves_frees_the_connection(transactional_db, monkeypatch, columns):
    monkeypatch.setattr(files, "PIECE", 10)
    make_product(variants=[{"sku": f"V{n}", "price": 1, "option1": str(n)} for n in range(600)], options=["Size"])
    pieces = iter(Export(rows(), columns))
    next(pieces), next(pieces)
    pieces.close()
    assert not connection.in_atomic_block
    assert Variant.objects.count() == 600


def test_a_column_that_reads_more_than_it_says_breaks_off(transactional_db):
    """It would wait for the stream of rows, which waits for it."""
    make_variant("A")
    column = Column("x", "X", get=lambda variant: variant.title, reads=("sku",))
    with pytest.raises(ReadsTooMuch, match='"title"'):
        b"".join(Export(rows(), [COLUMNS[0], column]))
    assert Variant.objects.count() == 1


def test_a_file_that_takes_too_long_breaks_off(transactional_db):
    make_variant("A")
    slow = Variant.objects.extra(where=["pg_sleep(0.3) IS NOT NULL"]).order_by("pk")
    with override_settings(EXPORT_TIMEOUT=datetime.timedelta(milliseconds=50)), pytest.raises(OperationalError):
        b"".join(Export(slow, COLUMNS[:2]))
    assert Variant.objects.count() == 1


def test_language_and_zone_are_those_of_the_reader_to_the_end(nasty):
    column = Column(
        "updated_at",
        "Changed",
        get=lambda variant: f"{translation.get_language()} {timezone.get_current_timezone_name()}",
    )
    with translation.override("zh-hans"), timezone.override(zoneinfo.ZoneInfo("Asia/Shanghai")):
        export = Export(rows(), [column, COLUMNS[0]])
    lines = b"".join(export).decode().splitlines()
    assert {line.rpartition(",")[0] for line in lines[1:]} == {"zh-hans Asia/Shanghai"}


@pytest.mark.parametrize("value", NASTY)
def test_json_is_read_back_identically(value):
    assert json.loads(json_text(value)) == value
    assert cell(value) == safe(value)
