"""Working days: weekends and the holidays of the shop's country are none."""

from datetime import date, datetime

import pytest
from django.utils import timezone

from backoffice import working_days

FRIDAY, MONDAY, TUESDAY = date(2026, 10, 2), date(2026, 10, 5), date(2026, 10, 6)


def at(monkeypatch, day):
    monkeypatch.setattr(timezone, "localdate", lambda value=None, timezone=None: day)


@pytest.mark.parametrize(("number", "expected"), [(0, FRIDAY), (1, MONDAY), (2, TUESDAY)])
def test_a_weekend_is_not_counted(number, expected):
    assert working_days.after(FRIDAY, number) == expected


def test_public_holidays_of_the_country_are_no_working_days(settings):
    assert working_days.is_working_day(date(2026, 12, 25))
    settings.BUSINESS_COUNTRY = "DE"
    assert not working_days.is_working_day(date(2026, 12, 25))
    assert working_days.after(date(2026, 12, 24), 1) == date(2026, 12, 28)


@pytest.mark.parametrize(
    ("today", "first"),
    [(TUESDAY, date(2026, 10, 2)), (date(2026, 10, 7), MONDAY), (date(2026, 10, 10), date(2026, 10, 8))],
)
def test_what_was_placed_before_two_whole_working_days_is_late(monkeypatch, settings, today, first):
    settings.TIME_ZONE = "UTC"
    at(monkeypatch, today)
    moment = working_days.long_ago(2)
    assert (moment.date(), moment.hour) == (first, 0)
    assert working_days.after(date.fromordinal(first.toordinal() - 1), 2) < today


def test_the_day_is_that_of_the_shop(settings):
    assert isinstance(working_days.long_ago(1), datetime)
    assert working_days.long_ago(1).tzinfo is timezone.get_default_timezone()
