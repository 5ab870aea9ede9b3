"""Days on which the shop works: Monday to Friday, but for the public holidays of BUSINESS_COUNTRY. Days are those of the shop's time zone."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import cache

from django.conf import settings
from django.utils import timezone
from holidays import HolidayBase, country_holidays


def is_working_day(day: date) -> bool:
    return day.weekday() < 5 and day not in _holidays(settings.BUSINESS_COUNTRY)


def after(day: date, number: int) -> date:
    """The working day that comes `number` working days after `day`."""
    return _nth(day, number, timedelta(days=1))


def long_ago(number: int) -> datetime:
    """The moment before which everything lies `number` whole working days back: what was to be done within them is late."""
    zone = timezone.get_default_timezone()
    first = _nth(timezone.localdate(timezone=zone), number, timedelta(days=-1))
    return datetime.combine(first, time.min, zone)


def _nth(day: date, number: int, step: timedelta) -> date:
    """The working day that is the `number`th one from `day`, which does not count itself; `day` for none."""
    days = _days(day, step)
    found = day
    for _ in range(number):
        found = next(days)
    return found


def _days(day: date, step: timedelta) -> Iterator[date]:
    while True:
        day += step
        if is_working_day(day):
            yield day


@cache
def _holidays(country: str) -> HolidayBase | frozenset[date]:
    return country_holidays(country) if country else frozenset()
