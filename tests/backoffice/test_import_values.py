"""What texts in cells mean: numbers, amounts, codes, dates as shops write them, and what is refused rather than guessed."""

import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from backoffice import resources
from backoffice.imports.cells import CellReader
from backoffice.imports.mapping import Mapping, Match

NUMBER = resources.NumberColumn(places=3, minimum=None)
MONEY = resources.MoneyColumn(places=2, minimum=None)
CODE = resources.CodeColumn()
TEXT = resources.TextColumn()


def refusal(column, text, decimal="."):
    with pytest.raises(ValidationError) as found:
        column.read(text, decimal)
    return found.value.messages[0]


# --- Numbers and amounts ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "decimal", "number"),
    [
        ("12", ".", "12"),
        (" 12.5 ", ".", "12.5"),
        (".5", ".", "0.5"),
        ("1,234.5", ".", "1234.5"),
        ("1.234,5", ",", "1234.5"),
        ("1 234,5", ",", "1234.5"),
        ("1\u00a0234\u00a0567,5", ",", "1234567.5"),
        ("1\u202f234,5", ",", "1234.5"),
        ("1\u2009234,5", ",", "1234.5"),
        ("1\u3000234.5", ".", "1234.5"),
        ("1'234.5", ".", "1234.5"),
        ("1’234.5", ".", "1234.5"),
        ("12,34,567.5", ".", "1234567.5"),
        ("１２．５", ".", "12.5"),
        ("１，２３４．５", ".", "1234.5"),
        ("１２，５", ",", "12.5"),
        ("+12", ".", "12"),
        ("-12", ".", "-12"),
        ("'-12", ".", "-12"),
        ("− 12.5", ".", "-12.5"),
        ("12.5-", ".", "-12.5"),
        ("(12.5)", ".", "-12.5"),
        ("\u200e12.5", ".", "12.5"),
        ("12.500000", ".", "12.5"),
    ],
)
def test_number(text, decimal, number):
    assert NUMBER.read(text, decimal) == Decimal(number)


@pytest.mark.parametrize(
    ("text", "decimal", "sentence"),
    [
        ("12,5", ".", "The decimals of this number do not stand behind “.” as in the rest of the file."),
        ("12.5", ",", "The decimals of this number do not stand behind “,” as in the rest of the file."),
        ("1.2E+5", ".", "This number is shortened (1.2E+5), which may have rounded it. Write it out."),
        ("1e5", ".", "This number is shortened (1.2E+5), which may have rounded it. Write it out."),
        ("twelve", ".", "This is not a number."),
        ("12 kg", ".", "This is not a number."),
        ("12 KGS", ".", "This is not a number."),
        ("1,23.5", ".", "This is not a number."),
        ("1-2", ".", "This is not a number."),
        ("N/A", ".", "This is not a number."),
        ("-", ".", "This is not a number."),
        ("#N/A", ".", "A spreadsheet could not show the value here. Mend the cell there."),
        ("########", ".", "A spreadsheet could not show the value here. Mend the cell there."),
        ("1.2345", ".", "The number has more than 3 decimals."),
        ("1234567890123", ".", "The number is too large."),
    ],
)
def test_what_is_no_number(text, decimal, sentence):
    assert refusal(NUMBER, text, decimal) == sentence


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("5", "5"),
        ("€5", "5"),
        ("€ 1,234.50", "1234.50"),
        ("5 €", "5"),
        ("EUR 5", "5"),
        ("5\u00a0EUR", "5"),
        ("-€5.50", "-5.50"),
        ("€-5.50", "-5.50"),
        ("(€5.50)", "-5.50"),
        ("５００", "500"),
    ],
)
def test_amount(settings, text, amount):
    settings.DEFAULT_CURRENCY = "EUR"
    assert MONEY.read(text, ".") == Decimal(amount)


@pytest.mark.parametrize(
    ("text", "other"),
    [("£5", "GBP"), ("5 USD", "USD"), ("US$5", "USD"), ("￥5", "CNY"), ("5元", "CNY"), ("R$ 5", "BRL"), ("$5", "USD")],
)
def test_amount_in_another_currency_is_refused(settings, text, other):
    settings.DEFAULT_CURRENCY = "EUR"
    assert refusal(MONEY, text) == f"The amount is in {other}, the shop sells in EUR."


@given(st.decimals(min_value=-999_999, max_value=999_999, places=3), st.sampled_from([".", ","]), st.booleans())
def test_any_number_is_read_back_as_it_was_written(number, decimal, grouped):
    text = f"{number:,.3f}" if grouped else f"{number:.3f}"
    if decimal == ",":
        text = text.translate(str.maketrans(",.", ".,"))
    assert NUMBER.read(text, decimal) == number


# --- Codes, texts, blanks -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [("007", "007"), ("'007", "007"), (" A-1 ", "A-1"), ("1E5", "1E5"), ("N/A", "N/A"), ("null", "null"), ("#1", "#1")],
)
def test_code(text, code):
    assert CODE.read(text) == code


@pytest.mark.parametrize("text", ["4.00638E+12", "4,00638E+12", "4E+12", "1.23456789012346E+15"])
def test_a_shortened_code_is_refused(text):
    assert refusal(CODE, text).startswith("A spreadsheet shortened this code.")


def test_a_code_with_decimals_of_a_number_is_refused():
    assert refusal(CODE, "17850.0") == "A program wrote this code as a number with decimals. Write it as it is."
    assert CODE.read("V1.0") == "V1.0"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("'=1+1", "=1+1"),
        ("'+49 30", "+49 30"),
        ("'tis", "'tis"),
        ("NULL", "NULL"),
        ("\\N", "\\N"),
        ("#1 choice", "#1 choice"),
    ],
)
def test_text_is_kept(text, value):
    assert TEXT.read(text) == value


@pytest.mark.parametrize("text", ["#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "###"])
def test_what_a_spreadsheet_could_not_show_is_refused_everywhere(text):
    sentence = "A spreadsheet could not show the value here. Mend the cell there."
    choice = resources.ChoiceColumn(words={"a": 1})
    for column in (TEXT, CODE, NUMBER, MONEY, choice, resources.BooleanColumn(), resources.DateColumn()):
        assert refusal(column, text) == sentence


@pytest.mark.parametrize("text", ["null", "NULL", "\\N"])
def test_null_is_blank_where_no_text_is_expected(text):
    columns = {
        "number": NUMBER,
        "money": MONEY,
        "choice": resources.ChoiceColumn(words={"a": 1}),
        "boolean": resources.BooleanColumn(),
        "date": resources.DateColumn(),
        "moment": resources.DateTimeColumn(),
        "text": TEXT,
        "code": CODE,
    }
    mapping = Mapping([Match(index, name, name, "name") for index, name in enumerate(columns)])
    found = list(CellReader(mapping, columns).read(iter([(2, [text] * len(columns))])))
    assert found == [(2, dict.fromkeys(columns) | {"text": text, "code": text}, [])]


# --- Dates --------------------------------------------------------------------------------------


def dates(kind, order):
    return kind().for_file(Mapping(dates=order))


@pytest.mark.parametrize("order", ["", "ymd", "dmy", "mdy"])
@pytest.mark.parametrize(
    "text",
    [
        "2026-03-04",
        "2026-3-4",
        "2026/03/04",
        "2026.3.4",
        "20260304",
        "2026年3月4日",
        "２０２６年３月４日",
        "2026 年 3 月 4 日",
        "2026-03-04T00:00:00Z",
        "2026-03-04 13:45",
        "4 Mar 2026",
        "04-Mar-26",
        "4th March, 2026",
        "March 4, 2026",
        "Mar 4 2026 1:30 PM",
    ],
)
def test_what_can_be_read_in_one_way_only_is_read_in_any_order(text, order):
    assert dates(resources.DateColumn, order).read(text) == datetime.date(2026, 3, 4)


@pytest.mark.parametrize(
    ("text", "order", "day"),
    [
        ("03/04/2026", "dmy", (2026, 4, 3)),
        ("03/04/2026", "mdy", (2026, 3, 4)),
        ("3.4.26", "dmy", (2026, 4, 3)),
        ("3-4-99", "mdy", (1999, 3, 4)),
        ("26-03-04", "ymd", (2026, 3, 4)),
        ("03/04/2026 0:00:00", "mdy", (2026, 3, 4)),
        ("5/5/2026", "", (2026, 5, 5)),
        ("29/02/2024", "dmy", (2024, 2, 29)),
    ],
)
def test_the_order_of_the_file_decides(text, order, day):
    assert dates(resources.DateColumn, order).read(text) == datetime.date(*day)


@pytest.mark.parametrize(
    ("text", "order", "sentence"),
    [
        ("03/04/2026", "", "Day and month cannot be told apart. Say in which order dates are written in this file."),
        ("13/04/2026", "mdy", "This is no date in the order month, day, year, as in the rest of the file."),
        ("04/13/2026", "dmy", "This is no date in the order day, month, year, as in the rest of the file."),
        ("04/03/2026", "ymd", "This is no date in the order year, month, day, as in the rest of the file."),
        ("2026-02-30", "dmy", "There is no such day."),
        ("46112", "dmy", "This is a spreadsheet's number of a day. Format the column as dates there."),
        ("1996x-01-01", "ymd", "This is not a date. 2026-03-31 is always understood."),
        ("tomorrow", "ymd", "This is not a date. 2026-03-31 is always understood."),
        ("1/2", "dmy", "This is not a date. 2026-03-31 is always understood."),
        ("1-2/2026", "dmy", "This is not a date. 2026-03-31 is always understood."),
    ],
)
def test_what_is_no_date(text, order, sentence):
    assert refusal(dates(resources.DateColumn, order), text) == sentence


SHANGHAI = ZoneInfo("Asia/Shanghai")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-04", datetime.datetime(2026, 3, 4, tzinfo=SHANGHAI)),
        ("2026-03-04 13:45", datetime.datetime(2026, 3, 4, 13, 45, tzinfo=SHANGHAI)),
        ("2026-03-04T13:45:30.25", datetime.datetime(2026, 3, 4, 13, 45, 30, 250_000, tzinfo=SHANGHAI)),
        ("2026-03-04T13:45:30Z", datetime.datetime(2026, 3, 4, 13, 45, 30, tzinfo=datetime.UTC)),
        ("2026-03-04 13:45:30 UTC", datetime.datetime(2026, 3, 4, 13, 45, 30, tzinfo=datetime.UTC)),
        ("2026-03-04 13:45:30 +0200", datetime.datetime(2026, 3, 4, 11, 45, 30, tzinfo=datetime.UTC)),
        ("2026-03-04T13:45:30-05:30", datetime.datetime(2026, 3, 4, 19, 15, 30, tzinfo=datetime.UTC)),
        ("04/03/2026 1:45 PM", datetime.datetime(2026, 3, 4, 13, 45, tzinfo=SHANGHAI)),
        ("04/03/2026 12:05 a.m.", datetime.datetime(2026, 3, 4, 0, 5, tzinfo=SHANGHAI)),
        ("2026年3月4日 下午1时45分", datetime.datetime(2026, 3, 4, 13, 45, tzinfo=SHANGHAI)),
        ("2026/3/4 13:45:30", datetime.datetime(2026, 3, 4, 13, 45, 30, tzinfo=SHANGHAI)),
    ],
)
def test_moment(settings, text, moment):
    settings.TIME_ZONE = "Asia/Shanghai"
    assert dates(resources.DateTimeColumn, "dmy").read(text) == moment


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("2026-03-04 25:00", "There is no such time of day."),
        ("2026-03-04 noon", "The time of day is not understood: 14:05, 14:05:30 or 2:05 PM is expected."),
        ("2026-03-04 10:00+99:00", "There is no such time zone."),
    ],
)
def test_what_is_no_moment(text, sentence):
    assert refusal(dates(resources.DateTimeColumn, "dmy"), text) == sentence


@given(st.dates(min_value=datetime.date(1970, 1, 1), max_value=datetime.date(2069, 12, 31)), st.sampled_from("-/. "))
def test_any_date_is_read_back_in_the_order_it_was_written(day, mark):
    written = {
        "ymd": ["%Y{0}%m{0}%d", "%y{0}%m{0}%d"],
        "dmy": ["%d{0}%m{0}%Y", "%d{0}%m{0}%y"],
        "mdy": ["%m{0}%d{0}%Y", "%m{0}%d{0}%y"],
    }
    for order, forms in written.items():
        for form in forms:
            assert dates(resources.DateColumn, order).read(day.strftime(form.format(mark))) == day


def test_reader_of_cells_reads_dates_in_the_order_of_the_file():
    column = resources.DateColumn()
    mapping = Mapping([Match(0, "at", "at", "name")], dates="mdy")
    found = list(CellReader(mapping, {"at": column}).read(iter([(2, ["03/04/2026"])])))
    assert found == [(2, {"at": datetime.date(2026, 3, 4)}, [])]
