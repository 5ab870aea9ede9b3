"""Files of unknown origin: what is guessed, what is refused, and that nothing is lost on the way."""

import csv
import io
import zipfile

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.imports import reading
from backoffice.imports.reading import Dialect, Unreadable, open_table, sniff


def written(tmp_path, data, name="file.csv"):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(path):
    return list(open_table(path, sniff(path)))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "gb18030"])
def test_chinese_text_is_read_in_every_encoding_it_comes_in(tmp_path, encoding):
    text = "商品名称,价格\r\n" + "红色的大茶壶和精美的瓷器餐具,12.50\r\n" * 6
    assert read(written(tmp_path, text.encode(encoding)))[1] == (2, ["红色的大茶壶和精美的瓷器餐具", "12.50"])


def test_windows_1252_is_told_from_chinese(tmp_path):
    text = "Title;Price\r\n" + "Café crème für Gäste – 5 €;3,50\r\n" * 4
    path = written(tmp_path, text.encode("cp1252"))
    dialect = sniff(path)
    assert (dialect.encoding, dialect.delimiter, dialect.decimal) == ("cp1252", ";", ",")
    assert list(open_table(path, dialect))[1] == (2, ["Café crème für Gäste – 5 €", "3,50"])


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(tmp_path, delimiter):
    rows = [["a", "b", "c"], ["1,5; x", "two", "three"], ["4", "", "6|7"]]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    assert [cells for _number, cells in read(written(tmp_path, buffer.getvalue()))] == rows


def test_first_line_of_excel_names_the_delimiter(tmp_path):
    assert read(written(tmp_path, "sep=;\r\na;b\r\n1,2;3\r\n")) == [(1, ["a", "b"]), (2, ["1,2", "3"])]


def test_blank_rows_are_passed_over_and_counted(tmp_path):
    assert read(written(tmp_path, "a,b\n\n1,2\n\n")) == [(1, ["a", "b"]), (3, ["1", "2"])]


def test_old_mac_line_ends(tmp_path):
    assert read(written(tmp_path, "a,b\r1,2\r3,4")) == [(1, ["a", "b"]), (2, ["1", "2"]), (3, ["3", "4"])]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n", "empty"),
        (b"<!DOCTYPE html><html><body>", "web page"),
        (b"\xd0\xcf\x11\xe0rest of it", "old Excel"),
        (b"\x1f\x8b\x08packed", "packed"),
        (b"%PDF-1.7", "PDF"),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(tmp_path, data, sentence):
    with pytest.raises(Unreadable, match=sentence):
        sniff(written(tmp_path, data))


def test_a_quotation_mark_that_never_closes_is_named(tmp_path):
    path = written(tmp_path, 'a,b\n1,"' + "x" * (reading.MAX_CELL + 10))
    with pytest.raises(Unreadable, match="quotation mark"):
        read(path)


def test_a_workbook_that_unpacks_to_gigabytes_is_not_opened(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b" " * 64 * 1024 * 1024)
    with pytest.raises(ValidationError, match="unpacks"):
        sniff(path)


@pytest.mark.real
def test_billion_laughs_are_refused(real_data):
    with pytest.raises(ValidationError, match="entities"):
        sniff(real_data / "messy" / "poi" / "54764.xlsx")


cells = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\t"), max_size=12)
tables = st.integers(2, 5).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=6)
)


@settings(max_examples=60, deadline=None)
@given(
    table=tables,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_any_table_is_read_back_as_it_was_written(tmp_path_factory, table, delimiter, encoding):
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, quoting=csv.QUOTE_ALL).writerows(table)
    dialect = Dialect(encoding="utf-16" if encoding == "utf-16" else "utf-8-sig", delimiter=delimiter)
    assert [row for _number, row in open_table(path, dialect)] == table
