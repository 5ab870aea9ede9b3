"""Files of unknown origin: how they are written is found out, said where it is a guess, and nothing is lost on the way."""

import csv
import io
import os

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from backoffice.imports import reading
from backoffice.imports.reading import Dialect, Unreadable, open_table, sniff

NAMES = {
    "chinese": "红色的大茶壶和精美的瓷器餐具",
    "traditional": "紅色的大茶壺與精美的瓷器餐具，歡迎選購",
    "japanese": "赤い大きな急須と美しい磁器のティーカップ",
    "korean": "빨간색 큰 찻주전자와 아름다운 도자기 찻잔",
    "western": "Café crème für Gäste – 5 €",
    "russian": "Красный чайник и фарфоровая чашка",
    "polish": "Żółty dzbanek i śliczna filiżanka z łyżką",
}


def written(tmp_path, data, name="file.csv"):
    path = tmp_path / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path


def read(path):
    return list(open_table(path, sniff(path)))


def records(tmp_path, data):
    return [cells for _number, cells in read(written(tmp_path, data))]


# --- Encodings ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "encoding", "found"),
    [
        ("chinese", "utf-8", "utf-8-sig"),
        ("chinese", "utf-8-sig", "utf-8-sig"),
        ("chinese", "utf-16", "utf-16"),
        ("chinese", "utf-16-le", "utf-16-le"),
        ("chinese", "utf-16-be", "utf-16-be"),
        ("chinese", "utf-32", "utf-32"),
        ("chinese", "gb18030", "gb18030"),
        ("chinese", "gb2312", "gb18030"),
        ("traditional", "big5", "big5"),
        ("japanese", "shift_jis", "shift_jis"),
        ("japanese", "cp932", "shift_jis"),
        ("japanese", "euc_jp", "euc_jp"),
        ("japanese", "iso2022_jp", "iso2022_jp"),
        ("korean", "euc_kr", "euc_kr"),
        ("western", "cp1252", "cp1252"),
        ("russian", "cp1251", "cp1251"),
        ("polish", "cp1250", "cp1250"),
    ],
)
def test_text_is_read_in_the_encoding_it_comes_in(tmp_path, language, encoding, found):
    name = NAMES[language]
    path = written(tmp_path, ("name,price\r\n" + f"{name},12.50\r\n" * 6).encode(encoding))
    dialect = sniff(path)
    assert (dialect.encoding, list(open_table(path, dialect))[1]) == (found, (2, [name, "12.50"]))


def test_characters_far_down_in_the_file_decide(tmp_path):
    text = "name,price\n" + "plain,1\n" * 100_000 + f"{NAMES['chinese']},2\n" * 9
    assert sniff(written(tmp_path, text.encode("gb18030"))).encoding == "gb18030"


@pytest.mark.parametrize(
    ("data", "found", "other"),
    [
        ("name,price\n中国,2\n".encode("gb18030"), "gb18030", "Big5"),
        ("name,price\nŻółty dzbanek,2\nśliczna łyżka,3\n".encode("cp1250"), "cp1250", "Windows-1252"),
    ],
)
def test_few_characters_leave_a_doubt_that_names_the_other_encoding(tmp_path, data, found, other):
    dialect = sniff(written(tmp_path, data))
    assert dialect.encoding == found
    assert dialect.doubts == [f"The encoding is a guess: it may also be {other}. Look at the sample."]


def test_one_wrong_byte_does_not_turn_a_file_into_another_encoding(tmp_path):
    rows = [f"{NAMES['western']},{n}" for n in range(50)]
    data = "\n".join(["name,price", *rows]).encode().replace(b"\xe2\x82\xac,30", b"\x80,30")
    path = written(tmp_path, data)
    dialect = sniff(path)
    sentence = "Line 32 does not read as UTF-8 (byte 0x80). Choose another encoding, or mend the line."
    assert (dialect.encoding, dialect.doubts) == ("utf-8-sig", [sentence])
    with pytest.raises(Unreadable, match="Line 32 does not read as UTF-8"):
        list(open_table(path, dialect))


def test_two_encodings_in_one_file_leave_a_doubt(tmp_path):
    lines = ["Töpfe,1".encode(), *(f"Gläser {n} – für 5 €,2".encode("cp1252") for n in range(5))]
    dialect = sniff(written(tmp_path, b"\n".join([b"name,price", *lines])))
    assert dialect.encoding == "cp1252"
    assert dialect.doubts == ["The encoding is a guess: it may also be UTF-8. Look at the sample."]


def test_the_line_is_named_that_another_encoding_stumbles_over(tmp_path):
    path = written(tmp_path, "a,b\n" + "x,y\n" * 5000 + "é,z\n" + "x,y\n" * 5000)
    with pytest.raises(Unreadable, match="Line 5002 does not read as ISO-2022-JP"):
        list(open_table(path, Dialect(encoding="iso2022_jp")))


def test_a_mark_that_lies_is_refused(tmp_path):
    with pytest.raises(Unreadable, match="does not read as UTF-16"):
        sniff(written(tmp_path, b"\xff\xfe" + "a,b\n".encode("utf-16-le") + b"\x00\xd8\x00\xd8,\n"))


# --- Delimiters, quotation marks, lines ---------------------------------------------------------


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiter_is_found(tmp_path, delimiter):
    rows = [["a", "b", "c"], ["1,5; x", "two", "three"], ["4", "", "6|7"]]
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter).writerows(rows)
    assert records(tmp_path, buffer.getvalue()) == rows


@pytest.mark.parametrize(
    ("text", "second"),
    [
        ("a,b\n'x, y',2\n'z',3\n", ["x, y", "2"]),
        ('a,b\n"x ""y"" z",2\n', ['x "y" z', "2"]),
        ('a,b\n"x \\"y\\" z, w",2\n', ['x "y" z, w', "2"]),
        ("a,b\nx\\, y,2\nz,3\n", ["x, y", "2"]),
        ('a,b\n"C:\\tea\\",2\n"z",3\n', ["C:\\tea\\", "2"]),
        ('a,b\n"{""k"": ""v \\""w\\""""}",2\nz,3\n', ['{"k": "v \\"w\\""}', "2"]),
        ('a, b\n1, "x, y"\n2, "z"\n', ["1", "x, y"]),
        ("a,b\r\n1,2\r\n", ["1", "2"]),
        ("a,b\r1,2\r", ["1", "2"]),
        ("a,b\n1,2", ["1", "2"]),
        ('a,b\r\n"x\ny",2\r\n', ["x\ny", "2"]),
        ("sep=;\r\na;b\r\n1,2;3\r\n", ["1,2", "3"]),
        ('"sep=|"\na|b\n1,2|3\n', ["1,2", "3"]),
        ("sep=\t\na\tb\n1,2\t3\n", ["1,2", "3"]),
        ('a\tb\n"5 inch\t2\n3 inch\t4\n7 inch\t4\n', ['"5 inch', "2"]),
        ("a;b\n" + "1,5;2,5\n" * 40, ["1,5", "2,5"]),
        ("a,b,b\n1,2,3\n", ["1", "2", "3"]),
        ("a,b\n 1 , 2 \n", [" 1 ", " 2 "]),
    ],
)
def test_the_ways_of_quoting_and_ending_lines(tmp_path, text, second):
    assert records(tmp_path, text)[1] == second


def test_header_with_line_breaks_and_title_block(tmp_path):
    text = 'Price list 2026\n\nAll prices net\n"Name\nof product";"Price\r\n(EUR)"\nCup;5,00\nPot;9,50\n'
    rows = read(written(tmp_path, text))
    assert rows == [
        (1, ["Price list 2026"]),
        (3, ["All prices net"]),
        (4, ["Name\nof product", "Price\r\n(EUR)"]),
        (5, ["Cup", "5,00"]),
        (6, ["Pot", "9,50"]),
    ]


def test_blank_rows_are_passed_over_and_counted(tmp_path):
    assert read(written(tmp_path, "a,b\n\n1,2\n , \n,\n3,4\n\n")) == [(1, ["a", "b"]), (3, ["1", "2"]), (6, ["3", "4"])]


def test_a_delimiter_with_a_rival_is_said_to_be_a_guess(tmp_path):
    dialect = sniff(written(tmp_path, "a,b;c\n1,2;3\n4,5;6\n"))
    assert dialect.doubts == ["The delimiter is a guess. Look at the sample."]


def test_marks_that_do_not_come_in_pairs_are_said_to_be_text(tmp_path):
    dialect = sniff(written(tmp_path, 'a\tb\n"5 inch\t2\n3 inch\t4\n7 inch\t4\n'))
    assert dialect.doubts == ["Quotation marks are read as part of the text: they do not come in pairs."]


# --- Decimals, dates, blanks --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "decimal", "doubts"),
    [
        (["1.50", "2.25"], ".", []),
        (["1,50", "2,25"], ",", []),
        (["€ 1.234,50", "12"], ",", []),
        (["1 234,5", "12"], ",", []),
        (["1,234,567"], ".", []),
        (["1.234.567"], ",", []),
        (["0,250"], ",", []),
        (["1.50", "2,25"], ".", ["Some numbers have a decimal comma and some a decimal point. Look at the sample."]),
        (
            ["1,234", "abc"],
            ".",
            ["“1,234” is read as more than a thousand. Where its mark stands for decimals, change them."],
        ),
        (
            ["1.234", "abc"],
            ",",
            ["“1.234” is read as more than a thousand. Where its mark stands for decimals, change them."],
        ),
    ],
)
def test_decimals(tmp_path, cells, decimal, doubts):
    dialect = sniff(written(tmp_path, "name;price\n" + "".join(f"x;{cell}\n" for cell in cells)))
    assert (dialect.decimal, dialect.doubts) == (decimal, doubts)


UNSURE = "The dates may begin with the day or with the month; nothing decides. Say which it is."


@pytest.mark.parametrize(
    ("cells", "order", "doubts"),
    [
        (["2026-03-31", "2026-04-01"], "ymd", []),
        (["2026年3月31日", "2026/4/1 10:00"], "ymd", []),
        (["01/02/2026", "13/02/2026"], "dmy", []),
        (["1.2.26", "13.2.26 08:30"], "dmy", []),
        (["01/02/2026", "02/13/2026 2:30 PM"], "mdy", []),
        (["01/02/2026", "03/04/2026"], "", [UNSURE]),
        (["05/05/2026", "06/06/2026"], "", []),
        (
            ["13/02/2026", "02/13/2026"],
            "",
            ["Some dates begin with the day and some with the month. Say which it is."],
        ),
        (["2026-03-31", "see 10/08", "05/10/2026"], "", [UNSURE]),
        (["1.2.3", "10.0.0.1", "12/13", "99/99/2026"], "", []),
    ],
)
def test_order_of_day_and_month(tmp_path, cells, order, doubts):
    dialect = sniff(written(tmp_path, "name;at\n" + "".join(f"x;{cell}\n" for cell in cells)))
    assert (dialect.dates, dialect.doubts) == (order, doubts)


def test_dates_and_numbers_in_comments_decide_nothing(tmp_path):
    rows = ["2026-03-31;12.50;good", "2026-04-01;9.00;05/10/2026", "2026-04-02;7.00;late", "2026-04-03;7.00;2,5"]
    dialect = sniff(written(tmp_path, "\n".join(["at;price;comment", *rows])))
    assert (dialect.dates, dialect.decimal, dialect.doubts) == ("ymd", ".", [])


@pytest.mark.parametrize(
    ("text", "mark"), [("a+|b+|c\n1+|2+|3\n", "+|"), ("a||b||c\n1||2||3\n", "||"), ("a~;b~;c\n1~;2~;3\n", "~;")]
)
def test_delimiters_of_several_characters_are_refused(tmp_path, text, mark):
    with pytest.raises(Unreadable) as refusal:
        sniff(written(tmp_path, text))
    assert refusal.value.messages == [
        f"Cells are separated by “{mark}”; one character is expected. Write the file with commas or TABs."
    ]


def test_a_date_far_down_decides(tmp_path):
    rows = "x;01/02/2026\n" * 900 + "x;02/25/2026\n"
    assert sniff(written(tmp_path, "name;at\n" + rows)).dates == "mdy"


def test_cells_that_say_null_are_mentioned(tmp_path):
    dialect = sniff(written(tmp_path, "a,b\nNULL,1\n\\N,2\n"))
    assert dialect.notes == [
        "Cells that say “NULL”, “\\N” count as empty, except in columns of text, which keep the word."
    ]


# --- A file that changes ------------------------------------------------------------------------


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path):
    path = written(tmp_path, "a,b\n" + "1,2\n" * 10)
    rows = open_table(path, sniff(path))
    next(rows)
    with path.open("a") as file:
        file.write("3,4\n")
    with pytest.raises(Unreadable, match="changed while it was read"):
        list(rows)


def test_a_file_that_was_changed_since_it_was_looked_at_is_refused(tmp_path):
    path = written(tmp_path, "a,b\n1,2\n")
    dialect, since = sniff(path), reading.stamp(path)
    path.write_text("a,b\n1,3\n")
    os.utime(path, ns=(1, 1))
    with pytest.raises(Unreadable, match="changed after it was looked at"):
        list(open_table(path, dialect, since))


# --- Whatever csv.writer writes -----------------------------------------------------------------

ENCODINGS = [
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "gb18030",
    "shift_jis",
    "cp1252",
    "latin-1",
    "big5",
]
cells = st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n\r\t"), max_size=12)
tables = st.integers(1, 5).flatmap(
    lambda width: st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=6)
)


@settings(max_examples=300, deadline=None)
@given(
    table=tables,
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    quotechar=st.sampled_from(['"', "'"]),
    quoting=st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL, csv.QUOTE_NONNUMERIC]),
    escape=st.booleans(),
    end=st.sampled_from(["\n", "\r\n", "\r"]),
    encoding=st.sampled_from(ENCODINGS),
)
def test_any_table_is_read_back_as_it_was_written(
    tmp_path_factory, table, delimiter, quotechar, quoting, escape, end, encoding
):
    if quoting == csv.QUOTE_MINIMAL:  # Python's own writer leaves a line break bare that is not its line end
        table = [[cell.replace("\n", " ").replace("\r", " ") for cell in row] for row in table]
    assume(not table[0][0].startswith("\ufeff"))
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    buffer = io.StringIO(newline="")
    csv.writer(
        buffer,
        delimiter=delimiter,
        quotechar=quotechar,
        quoting=quoting,
        lineterminator=end,
        escapechar="\\" if escape else None,
        doublequote=not escape,
    ).writerows(table)
    try:
        path.write_bytes(buffer.getvalue().encode(encoding))
    except UnicodeEncodeError:
        assume(False)
    known = "utf-8-sig" if encoding == "utf-8" else encoding
    dialect = Dialect(encoding=known, delimiter=delimiter, quotechar=quotechar, escapechar="\\" if escape else "")
    kept = [row for row in table if any(cell.strip() for cell in row)]
    assert [row for _number, row in open_table(path, dialect)] == kept


words = st.text("abcdefgh äöüé", min_size=1, max_size=9).map(str.strip).filter(bool)
texts = st.one_of(words, st.tuples(words, st.sampled_from([", ", "; ", ' "', "\n", " | "]), words).map("".join))


@settings(max_examples=100, deadline=None)
@given(
    table=st.integers(3, 6).flatmap(
        lambda width: st.lists(st.lists(texts, min_size=width, max_size=width), min_size=20, max_size=30)
    ),
    delimiter=st.sampled_from([",", ";", "\t", "|"]),
    end=st.sampled_from(["\n", "\r\n"]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]),
)
def test_how_a_table_is_written_is_found_out(tmp_path_factory, table, delimiter, end, encoding):
    path = tmp_path_factory.mktemp("tables") / "table.csv"
    header = [f"Column {n}" for n in range(len(table[0]))]
    with path.open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter, lineterminator=end).writerows([header, *table])
    dialect = sniff(path)
    assert [row for _number, row in open_table(path, dialect)] == [header, *table]
