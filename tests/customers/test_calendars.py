"""Business time, held against a clock that is read minute by minute."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import CalendarInterval, OpenSpan
from customers.services.calendars import (
    BadHours,
    Hours,
    NeverOpen,
    OwnDay,
    add_business,
    due_in_database,
    elapsed,
    extend_spans,
    hours_of,
    read_hours,
    save_calendar,
)
from tests.factories import make_calendar, make_user

ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Beirut", "Asia/Kolkata")
THIS = datetime.now(UTC).year
CHANGES = [datetime(THIS, month, day, tzinfo=UTC) for month, day in ((3, 28), (4, 4), (10, 24), (11, 1), (6, 10))]


def as_sorted_intervals(points):
    points = sorted(set(points))
    return [(a, b) for a, b in zip(points[::2], points[1::2], strict=False)]


minutes_of_day = st.integers(0, 96).map(lambda quarter: quarter * 15)
intervals = st.lists(minutes_of_day, min_size=0, max_size=6).map(as_sorted_intervals)
weeks = st.fixed_dictionaries(dict.fromkeys(range(7), intervals)).filter(lambda week: any(week.values()))
starts = st.builds(
    lambda change, minutes: change + timedelta(minutes=minutes), st.sampled_from(CHANGES), st.integers(-2880, 2880)
)


def is_open(moment, hours):
    """What the clock on the wall says."""
    local = moment.astimezone(hours.zone)
    minute = local.hour * 60 + local.minute
    if local.date() in hours.closed:
        return False
    return any(begins <= minute < ends for begins, ends in hours.week[local.weekday()])


def minutes_open(start, end, hours):
    count = int((end - start).total_seconds() // 60)
    return sum(is_open(start + timedelta(minutes=each), hours) for each in range(count))


@settings(max_examples=40, deadline=None)
@given(zone=st.sampled_from(ZONES), week=weeks, start=starts, length=st.integers(0, 3000), closed=st.booleans())
def test_elapsed_and_due_are_what_the_clock_on_the_wall_says(zone, week, start, length, closed):
    hours = Hours(ZoneInfo(zone), week, frozenset([start.date()] if closed else []))
    end = start + timedelta(minutes=length)
    expected = minutes_open(start, end, hours)

    assert elapsed(start, end, hours) == expected * 60

    if expected:
        due = add_business(start, expected * 60, hours)
        assert due <= end
        assert minutes_open(start, due, hours) == expected
        assert is_open(due - timedelta(minutes=1), hours)


@pytest.mark.django_db
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    zone=st.sampled_from(ZONES),
    week=weeks,
    start=starts,
    length=st.integers(0, 20_000),
    seconds=st.integers(0, 400_000),
)
def test_the_database_reckons_the_same(zone, week, start, length, seconds):
    calendar = make_calendar(zone=zone, week=week, country="DE", days=[OwnDay(start.date(), is_open=True)])
    hours, end = hours_of(calendar), start + timedelta(minutes=length)

    assert due_in_database(calendar, start, seconds) == add_business(start, seconds, hours)
    with_database = _elapsed_in_database(calendar, start, end)
    assert with_database == elapsed(start, end, hours)


def _elapsed_in_database(calendar, start, end):
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_business_elapsed(%s, %s, %s)", [calendar.pk, start, end])
        return cursor.fetchone()[0]


def test_a_night_shift_is_an_hour_shorter_when_the_clock_is_put_forward():
    hours = Hours(ZoneInfo("Europe/Berlin"), {6: [(0, 360)]})
    night = datetime(2026, 3, 28, 23, tzinfo=UTC)  # the clock goes from 2 to 3

    assert elapsed(night, night + timedelta(days=1), hours) == 5 * 3600
    assert add_business(night, 3 * 3600, hours) == datetime(2026, 3, 29, 2, tzinfo=UTC)


def test_a_calendar_without_hours_never_comes_to_an_end():
    with pytest.raises(NeverOpen):
        add_business(datetime(2026, 1, 1, tzinfo=UTC), 60, Hours(UTC, {}))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("9-12, 13:30–18:00", [(540, 720), (810, 1080)]),
        ("22:00–24:00；0:00-6:00", [(0, 360), (1320, 1440)]),
        ("9：00至12：00", [(540, 720)]),
        ("", []),
    ],
)
def test_hours_are_read_as_people_write_them(text, found):
    assert read_hours(text) == found


@pytest.mark.parametrize("text", ["9", "12-9", "9:70-12", "9-25", "9-12 13-14"])
def test_what_are_no_hours_is_refused(text):
    with pytest.raises(BadHours):
        read_hours(text)


@pytest.mark.django_db
def test_holidays_are_closed_but_for_those_one_works_on():
    years = range(THIS, THIS + 2)
    calendar = make_calendar(
        country="DE", days=[OwnDay(date(THIS, 5, 1), is_open=True), OwnDay(date(THIS, 7, 7), "Move")]
    )

    closed = hours_of(calendar, years).closed

    assert date(THIS, 1, 1) in closed
    assert date(THIS, 7, 7) in closed
    assert date(THIS, 5, 1) not in closed


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"zone": "Mars/Base"}, "There is no such time zone."),
        ({"country": "XX"}, "Public holidays of this country are not known."),
        ({"country": "DE", "region": "ZZ"}, "This country has no such region."),
        ({"week": {}}, "A calendar is open at some time of the week."),
        ({"week": {0: [(60, 180), (120, 240)]}}, "Opening hours of one day overlap."),
        ({"week": {0: [(60, 2000)]}}, "Opening hours lie within one day and end after they begin."),
    ],
)
def test_a_calendar_that_cannot_be_is_refused(fields, sentence):
    user = make_user()

    with pytest.raises(ValidationError) as refused:
        save_calendar(by=user, **{"name": "Berlin", "zone": "UTC", "week": {0: [(60, 120)]}, **fields})

    assert refused.value.messages == [sentence]
    assert not CalendarInterval.objects.exists()


@pytest.mark.django_db
def test_spans_are_extended_when_a_year_has_passed():
    calendar = make_calendar()
    reach = OpenSpan.objects.filter(calendar=calendar).order_by("-begins").first().begins
    OpenSpan.objects.filter(calendar=calendar, begins__year=reach.year).delete()

    assert extend_spans() == 1

    assert OpenSpan.objects.filter(calendar=calendar).order_by("-begins").first().begins == reach
    assert extend_spans() == 0
