"""Rows that are read column by column come out as those that are read one by one."""

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice import resources
from backoffice.imports.copying import Block, blocks, encode_json, encoder
from backoffice.imports.lines import CHUNK
from backoffice.imports.mapping import match_headers
from catalog import layouts
from catalog.services.barcodes import check_digit, is_gtin
from catalog.services.upsert import STAGED

pytestmark = pytest.mark.django_db  # the columns of products include the defined attributes
HEADERS = [
    "handle", "title", "description", "category", "brand", "tags", "status", "sku", "barcode", "option1", "price", "compare_at",
    "weight_grams", "tax_class", "track_stock", "tracking", "backorder_limit", "is_active", "attributes", "option1_name", "option2_name",
    "images",
]  # fmt: skip
CELLS = st.sampled_from([
    "", " ", "tea", " Tea  pot ", "Tea > Green", "a, b,a", "published", "active", "TRUE", "no", "12.50", "1,234.5", "-1", "cheap",
    "4006381333931", "4006381333932", "8.5E+12", "'=1+1", "'quoted", "'-5", "#N/A", "a\tb", "two\nlines", "back\\slash", "\\N",
    "Default Title", '{"a": [1]}', "[1]", "nul\0", "\x00formula", "x" * 300, "\u200b", "é", "茶壶",
    "https://x.example/1.jpg https://x.example/2.jpg", "https://x.example/a,b.jpg", "pot.jpg", "+1", "1e5", "standard",
])  # fmt: skip


def staged(headers, records):
    """Staged rows as COPY gets them, sorted; the number of those that came in blocks."""
    resource = resources.get("products")
    reader = layouts.reader(match_headers(headers, resource), resource.columns())
    written = [str, encode_json, *(encoder(STAGED[name].type) for name in reader.names)]
    quick = list(reader.read(iter(records)))
    slow = "".join(block.text for block in blocks(reader._slowly(iter(records)), written))
    return (
        sorted("".join(block.text for block in blocks(quick, written)).splitlines(keepends=True)),
        sorted(slow.splitlines(keepends=True)),
        sum(row.count for row in quick if isinstance(row, Block)),
    )


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CELLS, min_size=len(HEADERS), max_size=len(HEADERS)), max_size=8), st.booleans())
def test_quick_and_slow_reading_agree(cells, is_short):
    cells = [row[:-1] if is_short and n == 1 else row for n, row in enumerate(cells)]
    quick, slow, _count = staged(HEADERS, list(enumerate(cells, start=2)))
    assert quick == slow


@settings(max_examples=60, deadline=None)
@given(CELLS, st.sampled_from(HEADERS))
def test_one_odd_cell_is_read_as_if_alone(cell, header):
    plain = dict.fromkeys(HEADERS, "") | {
        "handle": "tea",
        "title": "Tea",
        "sku": "T",
        "price": "1",
        "tax_class": "standard",
    }
    rows = [(n, list((plain | {"handle": f"tea-{n}", "sku": f"T-{n}"}).values())) for n in range(5)]
    rows[2] = (2, list((plain | {header: cell}).values()))
    quick, slow, count = staged(HEADERS, rows)
    assert quick == slow
    assert count >= 4


def test_files_of_prices_by_sku_alone_are_quick():
    rows = [(n, [f"S-{n}", "5.5"]) for n in range(2 * CHUNK + 5)]
    quick, slow, count = staged(["SKU", "Price"], rows)
    assert (quick == slow, count) == (True, len(rows))


@pytest.mark.parametrize("length", [8, 12, 13, 14])
def test_gtins_are_told_by_their_check_digit(length):
    for body in itertools.islice(itertools.product("0123456789", repeat=3), 0, 1000, 7):
        code = "".join(body).rjust(length - 1, "4")
        right = check_digit(code)
        assert [digit for digit in "0123456789" if is_gtin(code + digit)] == [right]
    assert not is_gtin("٤" * length)


def test_our_own_exports_are_read_column_by_column():
    resource = resources.get("products")
    headers = [column.header for column in resource.export_columns()]
    assert layouts.reader(match_headers(headers, resource), resource.columns()).is_plain
