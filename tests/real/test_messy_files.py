"""Every messy file of others: how it is read, or the sentence it is refused with."""

import json

import pytest
from django.core.exceptions import ValidationError

from backoffice.imports.reading import open_table, sniff

pytestmark = pytest.mark.real

# How each is read: encoding or sheet, delimiter and escape, decimals and order of dates, number of records.
# The beginnings of the first cells of the first and the last record, behind their numbers; doubts and notes behind "!".
FILES = dict(
    line.split(": ", 1)
    for line in r"""
messy/blns/blns.json: refused: This is JSON, not a table. Export the table as CSV.
messy/blns/blns.txt: utf-8-sig ,\ ., 635 rows: 1 #\tReserved Strings ... 713 {{ "".__class__.__mr ! Cells that say “NULL”, “null” count as empty, except in columns of text, which keep the word.
messy/clevercsv/airedale.csv: utf-8-sig , . dmy, 55 rows: 1 Department Family | Entity | Payment Date ... 56 Report created Octob |  |
messy/clevercsv/imdb.csv: utf-8-sig ,\ ., 101 rows: 1 fn | tid | title ... 101 titles01/tt0081398 | tt0081398 | Wie ein wilder Stier
messy/clevercsv/milk.csv: utf-8-sig TAB ., 380 rows: 1 UK Availability  Dis |  | AVAILABILITY of RAW  ... 381 #### |  |
messy/csv-spectrum/csvs/comma_in_quotes.csv: utf-8-sig , ., 2 rows: 1 first | last | address ... 2 John | Doe | 120 any st.
messy/csv-spectrum/csvs/empty.csv: utf-8-sig , ., 3 rows: 1 a | b | c ... 3 2 | 3 | 4
messy/csv-spectrum/csvs/empty_crlf.csv: utf-8-sig , ., 3 rows: 1 a | b | c ... 3 2 | 3 | 4
messy/csv-spectrum/csvs/escaped_quotes.csv: utf-8-sig , ., 3 rows: 1 a | b ... 3 3 | 4
messy/csv-spectrum/csvs/json.csv: utf-8-sig , ., 2 rows: 1 key | val ... 2 1 | {"type": "Point", "c
messy/csv-spectrum/csvs/location_coordinates.csv: utf-8-sig , ., 2 rows: 1 Contact Phone Number | Location Coordinates | Cities ... 2 2095257564 | 37�36'37.8"N 121�2'1 | Modesto
messy/csv-spectrum/csvs/newlines.csv: utf-8-sig , ., 4 rows: 1 a | b | c ... 4 7 | 8 | 9
messy/csv-spectrum/csvs/newlines_crlf.csv: utf-8-sig , ., 4 rows: 1 a | b | c ... 4 7 | 8 | 9
messy/csv-spectrum/csvs/quotes_and_newlines.csv: utf-8-sig , ., 3 rows: 1 a | b ... 3 3 | 4
messy/csv-spectrum/csvs/simple.csv: utf-8-sig , ., 2 rows: 1 a | b | c ... 2 1 | 2 | 3
messy/csv-spectrum/csvs/simple_crlf.csv: utf-8-sig , ., 2 rows: 1 a | b | c ... 2 1 | 2 | 3
messy/csv-spectrum/csvs/utf8.csv: utf-8-sig , ., 3 rows: 1 a | b | c ... 3 4 | 5 | ʤ
messy/csvkit/bad.csv: utf-8-sig , ., 4 rows: 1 column_a | column_b | column_c ... 4 0 | mixed types.... uh o | 17 ! The delimiter is a guess. Look at the sample.
messy/csvkit/bad_skip_lines.csv: utf-8-sig , ., 4 rows: 4 column_a | column_b | column_c ... 7 0 | mixed types.... uh o | 17 ! The delimiter is a guess. Look at the sample.
messy/csvkit/blanks.csv: utf-8-sig , ., 2 rows: 1 a | b | c ... 2  | NA | N/A ! Cells that say “NULL” count as empty, except in columns of text, which keep the word.
messy/csvkit/date_like_number.csv: utf-8-sig , ., 2 rows: 1 a ... 2 4.5
messy/csvkit/dummy.csv.gz: utf-8-sig , ., 2 rows: 1 a | b | c ... 2 1 | 2 | 3
messy/csvkit/dummy_col_shuffled_ragged.csv: utf-8-sig , ., 2 rows: 1 b | c | a ... 2 2 | 3 | 1
messy/csvkit/empty.csv: refused: The file is empty.
messy/csvkit/ks_1033_data.csv: utf-8-sig , . mdy, 1576 rows: 1 state | county | fips ... 1576 KS | WYANDOTTE | 20209
messy/csvkit/mac_newlines.csv: utf-8-sig , ., 3 rows: 1 a | b | c ... 3 Once upon\ra time | 5 | 6
messy/csvkit/no_header_row.csv: utf-8-sig , ., 1 rows: 1 1 | 2 | 3 ... 1 1 | 2 | 3
messy/csvkit/null_byte.csv: utf-8-sig , ., 2 rows: 1 a | b | c ... 2 \x00 | 2 | 3
messy/csvkit/optional_quote_characters.csv: utf-8-sig , ., 2 rows: 1 a | b | c ... 2 1 | 2 | 3
messy/csvkit/sheets.xlsx: data . ymd, 6 rows: 1 text | date | integer ... 6 Unicode! Σ ! Sheet “data” is read. There are: not this one, data, ʤ.
messy/csvkit/sniff_limit.csv: utf-8-sig ; ., 2 rows: 1 a | b | c ... 2 1 | 2 | 3
messy/csvkit/test_empty_columns.csv: utf-8-sig , ., 3 rows: 1 a | b | c ... 3  |  | c
messy/csvkit/test_empty_columns_long_row.csv: utf-8-sig , ., 1 rows: 1 a | b | c ... 1 a | b | c ! The delimiter is a guess. Look at the sample.
messy/csvkit/test_extra_header.csv: utf-8-sig , ., 2 rows: 1 a | b | c ... 2 1 | 2 | 3 ! The delimiter is a guess. Look at the sample.
messy/csvkit/test_header_newline.csv: utf-8-sig , ., 2 rows: 1 \t\n\x0b\x0c\r start \t\n\x0b\x0c\r en | b | c ... 2 d | e | f
messy/csvkit/test_latin1.csv: cp1252 , ., 3 rows: 1 a | b | c ... 3 4 | 5 | ©
messy/csvkit/test_locale.csv: utf-8-sig , ,, 2 rows: 1 a | b | c ... 2 1,7 | 200.000.000 |
messy/csvkit/test_no_leading_zeroes.csv: utf-8-sig , ., 2 rows: 1 a | b | c ... 2 01 | 00.11 | 0.1
messy/csvkit/test_numeric_date_format.csv: utf-8-sig , ., 3 rows: 1 a ... 3 20121231
messy/csvkit/test_skip_lines.csv: utf-8-sig , ., 2 rows: 4 a | b | c ... 5 1 | 2 | 3
messy/csvkit/test_utf16_big.csv: utf-16 , ., 3 rows: 1 a | b | c ... 3 4 | 5 | ʤ
messy/csvkit/test_utf16_little.csv: utf-16 , ., 3 rows: 1 a | b | c ... 3 4 | 5 | ʤ
messy/csvkit/test_utf8_bom.csv: utf-8-sig , ., 3 rows: 1 foo | bar | baz ... 3 4 | 5 | ʤ
messy/django-import-export/authors.csv: utf-8-sig , ., 2 rows: 1 id | name ... 2 1 | J. R. R. Tolkien
messy/django-import-export/books-ISO-8859-1.csv: cp1252 , ., 2 rows: 1 id | name | author_email ... 2 1 | Merci à toi | test@example.com
messy/django-import-export/books-dos.csv: utf-8-sig , ., 2 rows: 1 id | name | author_email ... 2 1 | Some book | test@example.com
messy/django-import-export/books-empty-author-email.xlsx: books ., 3 rows: 1 id | name | author_email ... 3 2 | book2
messy/django-import-export/books-for-delete.csv: utf-8-sig , ., 2 rows: 1 id | name | author_email ... 2 1 |  | test@example.com
messy/django-import-export/books-invalid-date.csv: utf-8-sig , . ymd, 3 rows: 1 id | name | published ... 3 2 | Some book | 1996x-01-01
messy/django-import-export/books-mac.csv: utf-8-sig , ., 2 rows: 1 id | name | author_email ... 2 1 | Some book | test@example.com
messy/django-import-export/books-mac.tsv: utf-8-sig TAB ., 2 rows: 1 id | name | author_email ... 2 1 | Some book | test@example.com
messy/django-import-export/books-no-headers.csv: utf-8-sig , ., 1 rows: 1 abc ... 1 abc
messy/django-import-export/books-unicode.csv: utf-8-sig , ., 2 rows: 1 id | name | author_email ... 2 1 | Some bookš | test@example.com
messy/django-import-export/books-unicode.tsv: utf-8-sig TAB ., 2 rows: 1 id | name | author_email ... 2 1 | Some bookš | test@example.com
messy/django-import-export/books.csv: utf-8-sig , ., 2 rows: 1 id | name | author_email ... 2 1 | Some book | test@example.com
messy/django-import-export/books.xlsx: books ., 2 rows: 1 id | name | author_email ... 2 1 | Some book | test@example.com
messy/django-import-export/child.csv: utf-8-sig , ., 2 rows: 1 id | parent | name ... 2 1 | 1234 | Some
messy/django-import-export/ebooks.csv: utf-8-sig , ., 2 rows: 1 id | name | Email of the author ... 2 1 | Some book | test@example.com
messy/formula-injection/csv-payload.txt: utf-8-sig | ., 6 rows: 1 DDE ("cmd";"/C calc" ... 6 =cmd | '/c rundll32.exe \\1
messy/papaparse/long-sample.csv: utf-8-sig , . ymd, 8 rows: 1 Grant | Dyer | Donec.elementum@orci ... 8 Talon | Salinas | posuere.vulputate.la
messy/papaparse/sample-header.csv: utf-8-sig , ., 3 rows: 1 title | name ... 3  | test name 02
messy/papaparse/utf-8-bom-sample.csv: utf-8-sig , ., 2 rows: 1 A | B | C ... 2 X | Y | Z
messy/papaparse/verylong-sample.csv: utf-8-sig , ., 2001 rows: 1 placeholder | meaning of life | TLD ... 2001 Lorem ipsum dolor si | 42 | ABC
messy/poi/54764.xlsx: refused: The workbook declares entities, which can make a reader run out of memory. It was not opened.
messy/poi/InlineString.xlsx: Sheet1 ., 1 rows: 1 😜more text ... 1 😜more text
messy/poi/noSharedStringTable.xlsx: Sheet1 ., 1 rows: 1 2006-04-12 | 123 ... 1 2006-04-12 | 123
messy/tablib/bad_dimensions.xlsx: Sheet1 ., 4 rows: 1 PN | Qty | Price ... 4 EP00004 | 10000 | 0.001
messy/tablib/dates.xls: refused: This is a workbook of an old Excel (.xls). Save it as .xlsx or as CSV.
messy/tablib/founders.xlsx: Feuille1 ., 4 rows: 1 first_name | last_name | gpa ... 4 Thomas | Jefferson | 50
messy/tablib/ragged.xlsx: Sheet1 ., 2 rows: 1 a | b ... 2 1
messy/tablib/xlsx_cell_values.xlsx: Sheet1 ., 1 rows: 1 \x00formula ... 1 \x00formula
messy/tabulator/accent.csv: utf-8-sig ; . ymd, 3 rows: 1 n_amenageur | n_operateur | n_enseigne ... 3 XXX | YYY | ZZZ
messy/tabulator/bom.csv: utf-8-sig , ., 3 rows: 1 id | name ... 3 2 | 中国人
messy/tabulator/doublequote.csv: utf-8-sig , ., 6 rows: 1 INCISO | NOMBREINCISO | UE ... 6 A.N.E.P. | Administración Nacio | CFed
messy/tabulator/escaping.csv: utf-8-sig ,\ ., 4 rows: 1 ID | Test ... 4 3 | Test " line 3
messy/tabulator/issue305.csv: utf-8-sig , . ymd, 339 rows: 1 data_id | iso | event_id_cnty ... 339 5079775 | 112 | BLR1
messy/tabulator/latin1.csv: cp1252 , ., 3 rows: 1 id | name ... 3 2 | ©
messy/tabulator/long.csv: utf-8-sig , ., 7 rows: 1 id | name ... 7 6 | f
messy/tabulator/merged-cells.xlsx: Лист1 ., 1 rows: 1 data ... 1 data ! Cells are merged over several rows (A1:B3): only the first row has the value.
messy/tabulator/multiline-headers.xlsx: Лист1 ., 4 rows: 1 Region | Caloric contribution | Cumulative impact of ... 6 A | B | C ! Cells are merged over several rows (A1:A5, B1:B4, C1:D3, C4:C5, D4:D5): only the first row has the value.
messy/tabulator/number_format_multicode.xlsx: Sheet1 ., 4 rows: 1 col1 ... 4 15.7929464439101
messy/tabulator/skip-blank-at-the-end.csv: utf-8-sig , ., 3 rows: 1 test1 | test2 ... 3 1 | 2 ! The delimiter is a guess. Look at the sample.
messy/tabulator/skip-rows-before-headers.csv: utf-8-sig , ., 4 rows: 1 # it's a comment! ... 4 2 | 中国人
messy/tabulator/skip-rows.csv: utf-8-sig , ., 5 rows: 1 # it's a comment! ... 5 2 | 中国人 ! The delimiter is a guess. Look at the sample.
messy/tabulator/table.csv.html: refused: This is a web page, not a table. Download the file itself.
messy/tabulator/test_scientific_notation.xlsx: Sheet1 ., 2 rows: 1 scientific_notation ... 2 0.000000427335427525
chinese/derived/litemall_category.gb18030.csv: gb18030 , . ymd, 94 rows: 1 id | name | keywords ... 94 1036004 | 大话西游 |
chinese/derived/litemall_category.utf16le.tsv: utf-16 TAB . ymd, 94 rows: 1 id | name | keywords ... 94 1036004 | 大话西游 |
chinese/derived/litemall_category.utf8bom.csv: utf-8-sig , . ymd, 94 rows: 1 id | name | keywords ... 94 1036004 | 大话西游 |
chinese/divisions_areas.csv: utf-8-sig , ., 2979 rows: 1 code | name | cityCode ... 2979 659012 | 白杨市 | 6590
chinese/divisions_cities.csv: utf-8-sig , ., 343 rows: 1 code | name | provinceCode ... 343 6590 | 自治区直辖县级行政区划 | 65
chinese/divisions_provinces.csv: utf-8-sig , ., 32 rows: 1 code | name ... 32 65 | 新疆维吾尔自治区
chinese/litemall_brand.csv: utf-8-sig , . ymd, 50 rows: 1 id | name | desc ... 50 1046000 | Police制造商 | 严选团队选定Police品牌制造商合作，
chinese/litemall_category.csv: utf-8-sig , . ymd, 94 rows: 1 id | name | keywords ... 94 1036004 | 大话西游 |
chinese/litemall_goods.csv.gz: utf-8-sig , . ymd, 240 rows: 1 id | goods_sn | name ... 240 1181000 | 1181000 | 母亲节礼物-舒适安睡组合
chinese/litemall_goods_attribute.csv: utf-8-sig , . ymd, 877 rows: 1 id | goods_id | attribute ... 877 876 | 1006014 | 温馨提示
chinese/litemall_goods_product.csv: utf-8-sig , . ymd, 245 rows: 1 id | goods_id | specifications ... 245 244 | 1166008 | ["标准"]
chinese/litemall_goods_specification.csv: utf-8-sig , . ymd, 244 rows: 1 id | goods_id | specification ... 244 243 | 1166008 | 规格
chinese/litemall_issue.csv: utf-8-sig , . ymd, 5 rows: 1 id | question | answer ... 5 4 | 如何开具发票？ | 1.如需开具普通发票，请在下单时选择“我
""".strip().splitlines()
)
SHOWN, LONG = 3, 20


def told(path):
    """What FILES says of a file."""
    try:
        dialect = sniff(path)
        rows = list(open_table(path, dialect))
    except ValidationError as refusal:
        return f"refused: {refusal.messages[0]}"
    delimiter = {"\t": "TAB"}.get(dialect.delimiter, dialect.delimiter) + dialect.escapechar
    how = [dialect.sheet] if dialect.kind == "xlsx" else [dialect.encoding, delimiter]
    text = " ".join(filter(None, [*how, dialect.decimal, dialect.dates]))
    remarks = "".join(f" ! {remark}" for remark in [*dialect.doubts, *dialect.notes])
    return f"{text}, {len(rows)} rows: {beginning(*rows[0])} ... {beginning(*rows[-1])}{remarks}".rstrip()


def beginning(number, cells):
    shown = [cell[:LONG] if cell[:LONG].isprintable() else ascii(cell[:LONG])[1:-1] for cell in cells[:SHOWN]]
    return f"{number} {' | '.join(shown)}"


@pytest.mark.parametrize("name", FILES)
def test_file_is_read_or_refused(real_data, name):
    assert told(real_data / name) == FILES[name]


def test_no_file_is_left_out(real_data):
    found = {
        str(path.relative_to(real_data))
        for folder in ("messy", "chinese")
        for path in (real_data / folder).rglob("*")
        if path.is_file() and path.parent.name != "json"
    }
    assert found == set(FILES)


def spectrum(real_data):
    return sorted((real_data / "messy" / "csv-spectrum" / "csvs").iterdir())


def test_records_are_exactly_those_of_the_csv_spectrum(real_data):
    """But for a telephone number that its authors wrote in two ways, and a file whose line ends were made LF."""
    files = spectrum(real_data)
    assert len(files) == 12
    for path in files:
        rows = [cells for _number, cells in open_table(path, sniff(path))]
        expected = json.loads((path.parent.parent / "json" / f"{path.stem}.json").read_text(encoding="utf-8"))
        if path.name == "location_coordinates.csv":
            expected = [expected | {"Contact Phone Number": "2095257564"}]
        if path.name == "newlines_crlf.csv":
            expected[1]["a"] = expected[1]["a"].replace("\r\n", "\n")
        records = [dict(zip(rows[0], cells, strict=True)) for cells in rows[1:]]
        assert records == expected, path.name


def test_json_is_read_as_its_objects(real_data):
    for path in (real_data / "messy" / "csv-spectrum" / "json").iterdir():
        (_first, header), *rows = open_table(path, sniff(path))
        said = json.loads(path.read_text(encoding="utf-8"))
        expected = said if isinstance(said, list) else [said]
        assert [dict(zip(header, cells, strict=True)) for _number, cells in rows] == expected, path.name


@pytest.mark.parametrize("encoding", ["gb18030", "utf16le", "utf8bom"])
def test_chinese_catalogue_is_the_same_in_every_encoding(real_data, encoding):
    plain = real_data / "chinese" / "litemall_category.csv"
    other = next((real_data / "chinese" / "derived").glob(f"litemall_category.{encoding}.*"))
    assert list(open_table(other, sniff(other))) == list(open_table(plain, sniff(plain)))
