"""Workbooks: cells as a person sees them, bounds, and what is refused."""

import datetime
import subprocess
import sys
import zipfile

import openpyxl
import pytest
from django.conf import settings

from backoffice.imports import spreadsheets
from backoffice.imports.reading import Dialect, Unreadable, open_table, sniff
from backoffice.imports.spreadsheets import FORMULA

STYLES = """<styleSheet><numFmts>
<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/><numFmt numFmtId="165" formatCode="00000"/>
<numFmt numFmtId="166" formatCode='#,##0.00\\ "days"'/><numFmt numFmtId="167" formatCode="[$-409]d/mmm/yy;@"/>
<numFmt numFmtId="168" formatCode="[h]:mm"/><numFmt numFmtId="169" formatCode="[Red]0.0"/></numFmts>
<cellStyleXfs><xf numFmtId="14"/></cellStyleXfs>
<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="22"/><xf numFmtId="164"/><xf numFmtId="165"/><xf numFmtId="166"/>
<xf numFmtId="167"/><xf numFmtId="168"/><xf numFmtId="169"/><xf numFmtId="45"/></cellXfs></styleSheet>"""
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def book(path, *sheets, styles=STYLES, strings="", workbook="", **parts):
    """A workbook of sheets (name, XML of the rows, XML behind them, attributes), written by hand."""
    named = [(sheet if isinstance(sheet, tuple) else ("Sheet", sheet)) for sheet in sheets]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        items = "".join(
            f'<sheet name="{name}" sheetId="{n}" r:id="r{n}" {more[1] if len(more) > 1 else ""}/>'
            for n, (name, _rows, *more) in enumerate(named)
        )
        archive.writestr(
            "xl/workbook.xml", f'<workbook xmlns:r="{RELATIONS}">{workbook}<sheets>{items}</sheets></workbook>'
        )
        relations = "".join(
            f'<Relationship Id="r{n}" Type="{RELATIONS}/worksheet" Target="worksheets/sheet{n}.xml"/>'
            for n in range(len(named))
        )
        archive.writestr("xl/_rels/workbook.xml.rels", f"<Relationships>{relations}</Relationships>")
        archive.writestr("xl/styles.xml", styles)
        if strings:
            archive.writestr("xl/sharedStrings.xml", strings)
        for n, (_name, rows, *more) in enumerate(named):
            archive.writestr(
                f"xl/worksheets/sheet{n}.xml",
                f"<worksheet><sheetData>{rows}</sheetData>{more[0] if more else ''}</worksheet>",
            )
        for name, data in parts.items():
            archive.writestr(name, data)
    return path


def rows(path, **how):
    return list(spreadsheets.rows(path, **how))


def cell(tmp_path, xml, **how):
    """The text of one cell."""
    found = rows(book(tmp_path / "one.xlsx", f"<row>{xml}</row>", **how))
    return found[0][1][-1] if found else ""


@pytest.mark.parametrize(
    ("xml", "text"),
    [
        ("<c><v>12</v></c>", "12"),
        ("<c><v>12.0</v></c>", "12"),
        ("<c><v>19.989999999999998</v></c>", "19.99"),
        ("<c><v>-0.30000000000000004</v></c>", "-0.3"),
        ("<c><v>1.0000000000000001E-5</v></c>", "0.00001"),
        ("<c><v>4006381333931</v></c>", "4006381333931"),
        ("<c><v>999999999999999</v></c>", "999999999999999"),
        ("<c><v>1234567890123456</v></c>", "1.23456789012346E+15"),
        ("<c><v>1.23456789012346E+15</v></c>", "1.23456789012346E+15"),
        ('<c s="4"><v>123</v></c>', "00123"),
        ('<c s="5"><v>1234.5</v></c>', "1234.5"),
        ('<c s="8"><v>1.5</v></c>', "1.5"),
        ('<c s="1"><v>46112</v></c>', "2026-03-31"),
        ('<c s="2"><v>46112.604166666664</v></c>', "2026-03-31 14:30:00"),
        ('<c s="3"><v>46112</v></c>', "2026-03-31"),
        ('<c s="6"><v>46112</v></c>', "2026-03-31"),
        ('<c s="1"><v>1</v></c>', "1900-01-01"),
        ('<c s="1"><v>61</v></c>', "1900-03-01"),
        ('<c s="9"><v>0.5</v></c>', "12:00:00"),
        ('<c s="1"><v>-5</v></c>', "####"),
        ('<c s="1"><v>9999999</v></c>', "####"),
        ('<c t="d"><v>2026-03-31T00:00:00</v></c>', "2026-03-31"),
        ('<c t="b"><v>1</v></c>', "TRUE"),
        ('<c t="b"><v>0</v></c>', "FALSE"),
        ('<c t="e"><v>#REF!</v></c>', "#REF!"),
        ('<c t="inlineStr"><is><t>a &amp; b</t></is></c>', "a & b"),
        ('<c t="inlineStr"><is><r><t>rich </t></r><r><t>text</t></r><rPh><t>ruby</t></rPh></is></c>', "rich text"),
        ('<c t="str"><v>plain</v></c>', "plain"),
        ('<c t="str"><v>a_x000D_\nb</v></c>', "a\r\nb"),
        ('<c t="str"><v>a_xD800_b</v></c>', "a_xD800_b"),
        ("<c><f>1+1</f><v>2</v></c>", FORMULA),
        ('<c><f t="shared" si="0"/><v>2</v></c>', FORMULA),
        ('<c t="str"><f>HYPERLINK("http://x","y")</f><v>y</v></c>', FORMULA),
        ("<c/>", ""),
        ('<x:c t="inlineStr" xmlns:x="x"><x:is><x:t>prefixed</x:t></x:is></x:c>', "prefixed"),
    ],
)
def test_cell_is_read_as_a_person_sees_it(tmp_path, xml, text):
    assert cell(tmp_path, xml) == text


def test_years_that_begin_in_1904(tmp_path):
    xml = '<c s="1"><v>44650</v></c>'
    assert cell(tmp_path, xml, workbook='<workbookPr date1904="1"/>') == "2026-03-31"


def test_shared_texts(tmp_path):
    strings = "<sst><si><t>name</t></si><si><r><t>half </t></r><r><t>bold</t></r></si><si><t>東京</t><rPh><t>トウキョウ</t></rPh></si></sst>"
    cells = "".join(f'<c t="s"><v>{n}</v></c>' for n in (2, 1, 0))
    assert rows(book(tmp_path / "b.xlsx", f"<row>{cells}</row>", strings=strings)) == [
        (1, ["東京", "half bold", "name"])
    ]


def test_shared_texts_beyond_the_bound_wait_on_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(spreadsheets, "KEPT_TEXTS", 200)
    texts = [f"text {n} 文" for n in range(50)]
    strings = "<sst>" + "".join(f"<si><t>{text}</t></si>" for text in texts) + "</sst>"
    xml = "".join(f'<row><c t="s"><v>{n}</v></c></row>' for n in reversed(range(50)))
    found = [cells[0] for _number, cells in rows(book(tmp_path / "b.xlsx", xml, strings=strings))]
    assert found == texts[::-1]


def test_shared_texts_have_a_bound(tmp_path, monkeypatch):
    monkeypatch.setattr(spreadsheets, "KEPT_TEXTS", 200)
    monkeypatch.setattr(spreadsheets, "MAX_TEXTS_SIZE", 1000)
    strings = "<sst>" + "<si><t>0123456789</t></si>" * 200 + "</sst>"
    with pytest.raises(Unreadable, match="unpacks to far more"):
        rows(book(tmp_path / "b.xlsx", ONE, strings=strings))


def test_rows_and_cells_stand_where_they_say(tmp_path):
    xml = '<row r="2"><c r="B2"><v>1</v></c><c r="D2"><v>2</v></c></row><row r="5"><c r="A5"><v>3</v></c><c><v>4</v></c><c r="C5"/></row>'
    path = book(tmp_path / "b.xlsx", ("Sheet", xml, '<dimension ref="A1:XFD1048576"/>'))
    assert rows(path) == [(2, ["", "1", "", "2"]), (5, ["3", "4"])]


def test_numbers_carry_the_decimal_mark_that_is_asked_for(tmp_path):
    path = book(tmp_path / "b.xlsx", "<row><c><v>1.234</v></c><c t='inlineStr'><is><t>2,50</t></is></c></row>")
    assert list(open_table(path, Dialect(kind="xlsx", decimal=","))) == [(1, ["1,234", "2,50"])]


ONE = "<row><c><v>1</v></c></row>"


def test_the_first_sheet_with_cells_is_read_and_named(tmp_path):
    path = book(
        tmp_path / "b.xlsx",
        ("Hidden", ONE, "", 'state="hidden"'),
        ("Empty", "<row/>"),
        ("价格", "<row><c><v>2</v></c></row>"),
        ("Last", "<row><c><v>3</v></c></row>"),
    )
    dialect = sniff(path)
    assert (dialect.sheet, dialect.sheets) == ("价格", ["Empty", "价格", "Last", "Hidden"])
    assert dialect.notes == ["Sheet “价格” is read. There are: Empty, 价格, Last, Hidden."]
    assert list(open_table(path, dialect)) == [(1, ["2"])]
    dialect.sheet = "Last"
    assert list(open_table(path, dialect)) == [(1, ["3"])]
    dialect.sheet = "Gone"
    with pytest.raises(Unreadable, match="There is no sheet “Gone” in the workbook"):
        list(open_table(path, dialect))


def test_cells_merged_over_rows_leave_a_doubt(tmp_path):
    merged = '<mergeCells><mergeCell ref="A1:C1"/><mergeCell ref="A2:A4"/></mergeCells>'
    dialect = sniff(book(tmp_path / "b.xlsx", ("Sheet", ONE, merged)))
    assert dialect.doubts == ["Cells are merged over several rows (A2:A4): only the first row has the value."]


def test_what_openpyxl_writes_is_read_alike(tmp_path):
    values = [
        "text",
        12,
        12.5,
        True,
        datetime.date(2026, 3, 31),
        datetime.datetime(2026, 3, 31, 14, 30),
        None,
        "=1+1",
        "  x",
    ]
    file = openpyxl.Workbook()
    file.active.append(values)
    file.save(tmp_path / "b.xlsx")
    assert rows(tmp_path / "b.xlsx") == [
        (1, ["text", "12", "12.5", "TRUE", "2026-03-31", "2026-03-31 14:30:00", "", FORMULA, "  x"])
    ]


# --- What is refused ----------------------------------------------------------------------------

LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("rows_xml", "how", "sentence"),
    [
        (ONE, {"strings": f"{LAUGHS}<sst><si><t>&b;</t></si></sst>"}, "The workbook declares entities"),
        (ONE, {"styles": " " * 100_000 + f"{LAUGHS}<styleSheet/>"}, "The workbook declares entities"),
        (ONE, {"styles": f"<!--{' ' * 100_000}-->{LAUGHS}<styleSheet/>"}, "The workbook declares entities"),
        ("<row><c r='XFE1'><v>1</v></c></row>", {}, "The file has more than 16384 columns"),
        ("<row><c r='AAAAAAAA1'><v>1</v></c></row>", {}, "The file has more than 16384 columns"),
        ("<row r='2000000'><c><v>1</v></c></row>", {}, "The workbook is damaged"),
        ("<row><c t='s'><v>7</v></c></row>", {}, "The workbook is damaged"),
        ("<row><c><v>abc</v></c></row>", {}, "The workbook is damaged"),
        ("<row><c>", {}, "The workbook is damaged"),
        ("<a>" * 60_000 + "</a>" * 60_000 + ONE, {}, "The workbook is damaged"),
        (
            f"<row><c t='str'><v>1</v></c><c t='str'><v>{'x' * 1_100_000}</v></c></row>",
            {},
            "Row 1, column 2 has a cell of more",
        ),
        ("<row a='" + "x" * 5_000_000 + "'/>", {}, "The workbook is damaged"),
        ("", {}, "The workbook has no sheet with cells"),
        ("<row/>", {}, "The workbook has no sheet with cells"),
    ],
)
def test_hostile_and_damaged_workbooks_are_refused(tmp_path, rows_xml, how, sentence):
    path = book(tmp_path / "b.xlsx", rows_xml, **how)
    with pytest.raises(Unreadable, match=sentence):
        list(open_table(path, sniff(path)))


def test_a_workbook_that_unpacks_to_gigabytes_is_not_opened(tmp_path):
    path = book(tmp_path / "b.xlsx", ONE + " " * 64 * 1024 * 1024)
    with pytest.raises(Unreadable, match="unpacks to far more"):
        sniff(path)


def test_memory_does_not_grow_with_the_workbook(tmp_path):
    names = []
    for count in (5_000, 60_000):
        path = tmp_path / f"{count}.xlsx"
        file = openpyxl.Workbook(write_only=True)
        sheet = file.create_sheet("Products")
        for number in range(count):
            sheet.append([f"handle-{number}", "Title", number, number / 4])
        file.save(path)
        names.append(str(path))
    program = (
        "import django, pathlib, resource, sys; django.setup()\n"
        "from backoffice.imports import spreadsheets\n"
        "def peak(path):\n"
        "    for row in spreadsheets.rows(path): pass\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "small, large = (peak(pathlib.Path(name)) for name in sys.argv[1:])\n"
        "print(large - small)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *names],
        capture_output=True,
        text=True,
        check=True,
        cwd=settings.BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "backoffice.settings", "DEBUG": "on", "PATH": ""},
    )
    assert int(done.stdout) < 4 * 1024
