"""Check digits, and codes that a spreadsheet has spoiled."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from catalog.services import check_digit, clean_barcode

digits = st.text("0123456789", min_size=7, max_size=13).filter(lambda text: len(text) in {7, 11, 12, 13})


@pytest.mark.parametrize("code", ["96385074", "036000291452", "4006381333931", "10614141543219"])
def test_real_codes_pass(code):
    assert clean_barcode(f" {code} ") == code


@pytest.mark.parametrize("code", ["", "X-100", "12345", "978316148410X", "６９０１２３４５６７８９２"])
def test_other_codes_are_kept(code):
    assert clean_barcode(code) == code


def test_wrong_digit_names_the_expected_one():
    with pytest.raises(ValidationError, match="The last digit of 4006381333932 should be 1"):
        clean_barcode("4006381333932")


@pytest.mark.parametrize("code", ["8.5E+12", "4,00638E+12", "6e12", "8.5E12"])
def test_shortened_number_is_refused_with_advice(code):
    with pytest.raises(ValidationError, match="Format the column as text"):
        clean_barcode(code)


@given(digits)
def test_every_code_with_its_check_digit_passes(body):
    code = body + check_digit(body)
    assert clean_barcode(code) == code


@given(digits, st.integers(1, 9), st.integers(0, 13))
def test_any_single_wrong_digit_is_found(body, shift, place):
    code = body + check_digit(body)
    place %= len(code)
    wrong = code[:place] + str((int(code[place]) + shift) % 10) + code[place + 1 :]
    with pytest.raises(ValidationError):
        clean_barcode(wrong)
