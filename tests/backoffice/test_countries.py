"""Countries by code and by name."""

import pytest

from backoffice.countries import UnknownCountry, code_of


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("de", "DE"),
        ("DEU", "DE"),
        ("Germany", "DE"),
        (" deutschland ", "DE"),
        ("德国", "DE"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("United States", "US"),
        ("United States of America", "US"),
        ("UK", "GB"),
        ("England", "GB"),
        ("中国", "CN"),
        ("中国大陆", "CN"),
        ("México", "MX"),
        ("Cote d'Ivoire", "CI"),
        ("Czechia", "CZ"),
        ("Kosovo", "XK"),
    ],
)
def test_a_country_is_known_by_code_and_name(text, code):
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("Canaada", "“Canaada” is no country. Is Canada (CA) meant?"),
        ("Atlantis", "“Atlantis” is no country. Give its two letters, such as DE or CN, or its name."),
        ("XX", "“XX” is no country. Give its two letters, such as DE or CN, or its name."),
    ],
)
def test_what_is_no_country_is_refused_with_what_may_be_meant(text, sentence):
    with pytest.raises(UnknownCountry) as refusal:
        code_of(text)
    assert refusal.value.messages == [sentence]
