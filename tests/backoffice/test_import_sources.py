"""What files come in: archives are unpacked within bounds, what is no table is refused with a way out."""

import gzip
import io
import subprocess
import sys
import tarfile
import zipfile

import pytest
from django.conf import settings as django_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from backoffice.imports import reading
from backoffice.imports.dialects import MAX_CELL
from backoffice.imports.reading import Unreadable, open_table, sniff

TABLE = b"name;price\nCup;5,50\nPot;9,00\n"
ROWS = [(1, ["name", "price"]), (2, ["Cup", "5,50"]), (3, ["Pot", "9,00"])]


def packed_as_gz(data: bytes) -> bytes:
    """The same bytes whenever it is asked: tests are named after them."""
    return gzip.compress(data, mtime=0)


def written(tmp_path, data, name="file.csv"):
    path = tmp_path / name
    path.write_bytes(data)
    return path


def zipped(members, **how):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data, **how)
    return buffer.getvalue()


def tarred(name, data):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        facts = tarfile.TarInfo(name)
        facts.size = len(data)
        archive.addfile(facts, io.BytesIO(data))
    return buffer.getvalue()


def workbook_parts(**parts):
    return zipped({"[Content_Types].xml": "<Types/>"} | {name.replace("__", "/"): "<x/>" for name in parts})


@pytest.mark.parametrize(
    ("data", "notes"),
    [
        (TABLE, []),
        (packed_as_gz(TABLE), []),
        (packed_as_gz(TABLE[:12]) + packed_as_gz(TABLE[12:]), []),
        (zipped({"prices.csv": TABLE}), ["Read from “prices.csv” in the archive."]),
        (zipped({"../../etc/prices.csv": TABLE}), ["Read from “prices.csv” in the archive."]),
        (
            zipped({"a/": b"", "a/prices.csv": TABLE, "__MACOSX/a/._prices.csv": b"x", "a/.DS_Store": b"x"}),
            ["Read from “prices.csv” in the archive."],
        ),
    ],
)
def test_one_table_is_read_out_of_its_archive(tmp_path, data, notes):
    path = written(tmp_path, data)
    dialect = sniff(path)
    assert (list(open_table(path, dialect)), dialect.decimal, dialect.notes) == (ROWS, ",", notes)
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.csv"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty."),
        (b"\xef\xbb\xbf\r\n", "The file is empty."),
        (b"\xff\xfe\r\0\n\0", "The file is empty."),
        (b" " * 300_000 + b"a,b\n", "The file begins with nothing but blanks."),
        (b"<!DOCTYPE html><html><body>", "This is a web page, not a table. Download the file itself."),
        (b"\n <TABLE border=1><tr><td>", "This is a web page, not a table. Download the file itself."),
        (
            b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n<Workbook>',
            "This is a workbook in the XML of an old Excel. Save it as .xlsx or as CSV.",
        ),
        (b'<?xml version="1.0"?><products/>', "This is an XML document, not a table. Export the table as CSV."),
        (b'["Cup"]', "This is JSON, not a table. Export the table as CSV."),
        (b'{\n  "products": []}', "This is JSON, not a table. Export the table as CSV."),
        (
            b"-- dump\nCREATE TABLE x (id int);",
            "These are statements for a database, not a table. Export the table as CSV.",
        ),
        (b"BEGIN:VCARD\nVERSION:3.0\n", "These are address cards or a calendar, not a table. Export them as CSV."),
        (b"\xd0\xcf\x11\xe0rest of it", "This is a workbook of an old Excel (.xls). Save it as .xlsx or as CSV."),
        (
            b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"),
            "The workbook is protected by a password. Save it without one.",
        ),
        (b"%PDF-1.7", "This is a PDF, not a table. Save the table in it as CSV."),
        (b"\x89PNG\r\n", "This is a picture, not a table. Save the table in it as CSV."),
        (b"\xff\xd8\xff\xe0", "This is a picture, not a table. Save the table in it as CSV."),
        (b"SQLite format 3\0", "This is a database, not a table. Save the table in it as CSV."),
        (b"PAR1", "This is a Parquet file, not a table. Save the table in it as CSV."),
        (b"7z\xbc\xaf'", "The file is packed in a way that is not read. Unpack it and give the table inside."),
        (
            b"\x7fELF" + bytes(range(256)) * 8,
            "This is no text, so no table: the file is damaged or belongs to another program.",
        ),
        (b"\x1f\x8b\x08cut off", "The archive is damaged or cut off. Pack it anew."),
        (packed_as_gz(TABLE * 999)[:-30], "The archive is damaged or cut off. Pack it anew."),
        (
            packed_as_gz(packed_as_gz(TABLE)),
            "The archive holds another archive or a workbook. Unpack it and give the file inside.",
        ),
        (
            tarred("prices.csv", TABLE),
            "The file is packed in a way that is not read. Unpack it and give the table inside.",
        ),
        (b"PK\x05\x06" + bytes(18), "The archive is empty."),
        (zipped({"a/": b""}), "The archive is empty."),
        (zipped({"a.csv": TABLE, "b.csv": TABLE}), "The archive holds 2 files: a.csv, b.csv. Give one of them."),
        (
            zipped({"inner.zip": zipped({"a.csv": TABLE})}),
            "The archive holds “inner.zip”, which is packed itself. Unpack it and give that file.",
        ),
        (
            zipped({"inner.csv": packed_as_gz(TABLE)}),
            "The archive holds another archive or a workbook. Unpack it and give the file inside.",
        ),
        (
            zipped({"book.xlsx": b"PK\x03\x04"}),
            "The archive holds “book.xlsx”, which is packed itself. Unpack it and give that file.",
        ),
        (
            zipped({"a.csv": TABLE}, compress_type=zipfile.ZIP_LZMA),
            "The archive is packed in an uncommon way. Unpack it and give the table inside.",
        ),
        (zipped({"a.csv": TABLE})[:-30], "The archive or workbook is damaged. Save it anew and try again."),
        (
            workbook_parts(word__document=1),
            "This is a document of another program, not a table. Save the table in it as CSV.",
        ),
        (workbook_parts(**{"xl__workbook.bin": 1}), "This is a binary workbook (.xlsb). Save it as .xlsx or as CSV."),
        (
            zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x/>"}),
            "This is an OpenDocument spreadsheet (.ods). Save it as .xlsx or as CSV.",
        ),
        (
            zipped({"Index/Document.iwa": b"x", "preview.jpg": b"x"}),
            "This is a document of Numbers. Export it as CSV or as an Excel workbook.",
        ),
    ],
)
def test_what_is_no_table_is_refused_with_what_to_do(tmp_path, data, sentence):
    with pytest.raises(Unreadable) as refusal:
        sniff(written(tmp_path, data))
    assert refusal.value.messages == [sentence]


def test_an_archive_with_a_password_is_refused(tmp_path):
    data = bytearray(zipped({"a.csv": TABLE}))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + place] |= 1
    with pytest.raises(Unreadable, match="protected by a password"):
        sniff(written(tmp_path, bytes(data)))


def test_a_damaged_note_of_the_kind_is_refused(tmp_path):
    data = zipped({"mimetype": "application/vnd.oasis.opendocument.spreadsheet" * 2})
    place = data.index(b"mimetype") + 12
    with pytest.raises(Unreadable, match="damaged"):
        sniff(written(tmp_path, data[:place] + b"\xff\xff" + data[place + 2 :]))


def test_a_member_that_begins_before_the_file_is_refused(tmp_path):
    data = zipped({"a.csv": TABLE})[10:]
    with pytest.raises(Unreadable, match="damaged"):
        sniff(written(tmp_path, b"PK\x03\x04" + data))


def test_a_member_that_is_longer_than_it_says_is_refused(tmp_path):
    data = bytearray(zipped({"a.csv": TABLE * 100}))
    place = data.index(b"PK\x01\x02") + 24
    data[place : place + 4] = (50).to_bytes(4, "little")
    with pytest.raises(Unreadable, match="damaged"):
        sniff(written(tmp_path, bytes(data)))


# --- Bounds -------------------------------------------------------------------------------------


def read_or_refused(path):
    """The records, or the sentences of the refusal; any other error is one of ours."""
    try:
        return list(open_table(path, sniff(path)))
    except Unreadable as refusal:
        return refusal.messages


PIECES = [
    TABLE,
    b'"',
    b"'",
    b"\\",
    b"\0",
    b"\r",
    b"\xff\xfe",
    b"\xe4\xb8",
    b"\x1b$B",
    b"sep=;\n",
    b"PK\x03\x04",
    b"\x1f\x8b",
    b"|\t",
]


@settings(max_examples=300, deadline=None)
@given(pieces=st.lists(st.one_of(st.sampled_from(PIECES), st.binary(max_size=40)), max_size=12), packed=st.booleans())
def test_any_bytes_are_read_or_refused_with_a_sentence(tmp_path_factory, pieces, packed):
    data = b"".join(pieces)
    path = written(tmp_path_factory.mktemp("any"), packed_as_gz(data) if packed else data)
    assert read_or_refused(path)


@settings(max_examples=200, deadline=None)
@given(changes=st.lists(st.tuples(st.integers(0, 400), st.binary(max_size=3)), min_size=1, max_size=5))
def test_any_damaged_archive_is_read_or_refused_with_a_sentence(tmp_path_factory, changes):
    data = bytearray(zipped({"a.csv": TABLE * 9}))
    for place, new in changes:
        data[place : place + len(new)] = new
    assert read_or_refused(written(tmp_path_factory.mktemp("any"), bytes(data)))


def blanks(path, block, start):
    """A gz of 4 GiB. A member of 1 MiB is packed once and repeated."""
    packed = packed_as_gz(block)
    with path.open("wb") as file:
        file.write(packed_as_gz(start) if start else b"")
        for _number in range(4 * 1024):
            file.write(packed)
    return path


@pytest.mark.parametrize(
    ("block", "start", "refused"),
    [
        (b" " * 1024**2, b"", "The file begins with nothing but blanks."),
        (b" " * 1024**2, b"name,price\nCup,5\n", "A line has more than"),
        (b",\n" * 1024 * 512, b"name,price\nCup,5\n", "The file unpacks to far more than its size says."),
    ],
)
def test_gigabytes_of_blanks_are_refused_soon_and_in_little_memory(tmp_path, block, start, refused):
    path = blanks(tmp_path / "bomb.csv.gz", block, start)
    program = (
        "import django, pathlib, resource, sys, time; django.setup()\n"
        "from backoffice.imports import reading\n"
        "started = time.monotonic()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try: reading.sniff(pathlib.Path(sys.argv[1]))\n"
        "except reading.Unreadable as refusal: print(refusal.messages[0])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before, time.monotonic() - started)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        check=True,
        cwd=django_settings.BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "backoffice.settings", "DEBUG": "on", "PATH": ""},
    )
    sentence, figures = done.stdout.splitlines()
    grown, seconds = figures.split()
    assert sentence.startswith(refused)
    assert int(grown) < 64 * 1024
    assert float(seconds) < 5


def test_the_limit_of_unpacked_bytes_is_a_setting(tmp_path, settings):
    settings.IMPORT_UNPACKED_LIMIT = 1000
    for data in (packed_as_gz(TABLE * 99), zipped({"a.csv": TABLE * 99})):
        with pytest.raises(Unreadable, match="unpacks to far more"):
            sniff(written(tmp_path, data))
    path = written(tmp_path, TABLE * 99)
    assert len(list(open_table(path, sniff(path)))) == 297


def test_a_long_list_of_contents_is_not_read(tmp_path):
    data = zipped({f"{number:06}{'x' * 200}.csv": b"" for number in range(5000)})
    with pytest.raises(Unreadable, match="unpacks to far more"):
        sniff(written(tmp_path, data))


@pytest.mark.parametrize("ending", ['"\n', ""])
def test_a_giant_cell_is_refused_with_its_place(tmp_path, ending):
    data = "a,b\nx,y\n" + 'p,"' + "q" * (MAX_CELL + 10) + ending
    path = written(tmp_path, data.encode())
    with pytest.raises(Unreadable, match=r"Row 3, column 2 has a cell of more than 1,048,576 characters\."):
        list(open_table(path, sniff(path)))


def test_a_line_without_end_is_refused(tmp_path):
    path = tmp_path / "line.csv"
    with path.open("wb") as file:
        file.write(b"a,b\n")
        for _number in range(20):
            file.write(b"x," * (1 << 19))
    with pytest.raises(Unreadable, match="A line has more than"):
        sniff(path)
    with pytest.raises(Unreadable, match="Row 2: A line has more than"):
        list(open_table(path, reading.Dialect()))


def test_memory_does_not_grow_with_the_file(tmp_path):
    program = (
        "import django, pathlib, resource, sys; django.setup()\n"
        "from backoffice.imports import reading\n"
        "def peak(path):\n"
        "    for row in reading.open_table(path, reading.sniff(path)): pass\n"
        "    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "small, large = (peak(pathlib.Path(name)) for name in sys.argv[1:])\n"
        "print(large - small)\n"
    )
    line = "handle-{0},Title of {0},SKU-{0},12.50,Brand\n"
    names = []
    for count in (20_000, 400_000):
        path = tmp_path / f"{count}.csv"
        with path.open("w") as file:
            file.write("handle,title,sku,price,vendor\n")
            file.writelines(line.format(number) for number in range(count))
        names.append(str(path))
    done = subprocess.run(
        [sys.executable, "-c", program, *names],
        capture_output=True,
        text=True,
        check=True,
        cwd=django_settings.BASE_DIR,
        env={"DJANGO_SETTINGS_MODULE": "backoffice.settings", "DEBUG": "on", "PATH": ""},
    )
    assert int(done.stdout) < 4 * 1024
