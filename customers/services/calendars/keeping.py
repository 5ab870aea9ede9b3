"""Calendars as they are kept: hours that people type, public holidays, and the spans that statements reckon with."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext as _
from holidays import country_holidays, list_supported_countries

from backoffice import audit
from backoffice.errors import explained
from backoffice.models import User
from customers.models import Calendar, CalendarDay, CalendarInterval, OpenSpan, Ticket
from customers.models.calendars import DAY, as_week, clock
from customers.services.calendars.hours import Hours, add_business, spans_of_day

YEARS_BACK, YEARS_AHEAD = 1, 3
MOST_YEARS_BACK = 25
_INTERVAL = re.compile(r"(\d{1,2})(?:[:.：](\d{2}))?\s*[-–—~至]\s*(\d{1,2})(?:[:.：](\d{2}))?")
_SEPARATOR = re.compile(r"[,;，；、]")

Week = Mapping[int, Sequence[tuple[int, int]]]


class BadHours(ValidationError):
    """Text that is no opening hours."""

    def __init__(self, text: str) -> None:
        super().__init__(
            _("“%(text)s” is no opening time. Write hours like 09:00–12:30, 13:30–18:00."),
            code="bad_hours",
            params={"text": text},
        )


@dataclass(frozen=True)
class OwnDay:
    """A day that is closed, or open though it is a holiday."""

    day: date
    name: str = ""
    is_open: bool = False


def read_hours(text: str) -> list[tuple[int, int]]:
    """ "9-12, 13:30–18:00" -> [(540, 720), (810, 1080)]; blank is closed. Raises BadHours."""
    found = []
    for part in filter(None, (part.strip() for part in _SEPARATOR.split(text))):
        match = _INTERVAL.fullmatch(part)
        if match is None:
            raise BadHours(part)
        hour, minute, last_hour, last_minute = (int(number or 0) for number in match.groups())
        begins, ends = hour * 60 + minute, last_hour * 60 + last_minute
        if minute > 59 or last_minute > 59 or not begins < ends <= DAY:
            raise BadHours(part)
        found.append((begins, ends))
    found.sort()
    if any(before[1] > after[0] for before, after in pairwise(found)):
        raise ValidationError(_("Opening hours of one day overlap."), code="hours_overlap")
    return found


def in_words(intervals: Iterable[tuple[int, int]]) -> str:
    return ", ".join(f"{clock(begins)}–{clock(ends)}" for begins, ends in intervals)


def week_in_words(calendar: Calendar) -> dict[int, str]:
    """The hours of each weekday as people write them."""
    return {day: in_words(intervals) for day, intervals in as_week(calendar.intervals.all()).items()}


@transaction.atomic
def save_calendar(
    calendar: Calendar | None = None,
    *,
    by: User,
    name: str,
    zone: str,
    week: Week,
    country: str = "",
    region: str = "",
    days: Iterable[OwnDay] = (),
) -> Calendar:
    """Create or change a calendar with its hours and days; running promises are timed anew.

    Raises ValidationError for an unknown zone, country or region, and for a calendar that never opens.
    """
    is_new = calendar is None
    calendar = Calendar() if calendar is None else Calendar.objects.locked().get(pk=calendar.pk)
    calendar.name, calendar.zone = name.strip(), zone
    calendar.country, calendar.region = country.strip().upper(), region.strip().upper()
    _check_place(calendar)
    if not any(week.values()):
        raise ValidationError(_("A calendar is open at some time of the week."), code="never_open")
    with explained(Calendar):
        calendar.full_clean()
        calendar.save()
    calendar.intervals.all().delete()
    calendar.days.all().delete()
    with explained(CalendarInterval):
        CalendarInterval.objects.bulk_create(
            CalendarInterval(calendar=calendar, weekday=weekday, begins=begins, ends=ends)
            for weekday, intervals in week.items()
            for begins, ends in intervals
        )
    with explained(CalendarDay):
        CalendarDay.objects.bulk_create(
            CalendarDay(calendar=calendar, day=own.day, name=own.name, is_open=own.is_open) for own in days
        )
    write_spans(calendar)
    audit.record("calendar.created" if is_new else "calendar.changed", calendar, by=by)
    return calendar


def _check_place(calendar: Calendar) -> None:
    if calendar.zone not in available_timezones():
        raise ValidationError({"zone": _("There is no such time zone.")}, code="no_zone")
    countries = list_supported_countries()
    if calendar.country and calendar.country not in countries:
        raise ValidationError({"country": _("Public holidays of this country are not known.")}, code="no_country")
    if calendar.region and calendar.region not in countries.get(calendar.country, ()):
        raise ValidationError({"region": _("This country has no such region.")}, code="no_region")


def hours_of(calendar: Calendar, years: Iterable[int] = ()) -> Hours:
    """The hours of a stored calendar; public holidays are those of `years`, by default of all that spans are kept for."""
    closed = set(holidays_of(calendar, years or _years()))
    for own in calendar.days.all():
        (closed.discard if own.is_open else closed.add)(own.day)
    return Hours(ZoneInfo(calendar.zone), as_week(calendar.intervals.all()), frozenset(closed))


def holidays_of(calendar: Calendar, years: Iterable[int]) -> dict[date, str]:
    """Public holidays with their names."""
    if not calendar.country:
        return {}
    return dict(country_holidays(calendar.country, subdiv=calendar.region or None, years=list(years)))


def _years() -> range:
    """Back to the oldest ticket, whose times reports tell, but not beyond all reason."""
    this = timezone.now().year
    oldest = Ticket.objects.order_by("created_at", "pk").values_list("created_at", flat=True).first()
    first = min(this - YEARS_BACK, oldest.year - 1) if oldest else this - YEARS_BACK
    return range(max(first, this - MOST_YEARS_BACK), this + YEARS_AHEAD + 1)


@transaction.atomic
def write_spans(calendar: Calendar) -> None:
    """Write out when the calendar is open in the years around this one, and time its running promises anew."""
    spans = list(_spans(calendar))
    OpenSpan.objects.filter(calendar=calendar).delete()
    OpenSpan.objects.bulk_create(spans, batch_size=5000)
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_time_again(%s, %s)", [calendar.pk, timezone.now()])


def _spans(calendar: Calendar) -> Iterator[OpenSpan]:
    hours, years = hours_of(calendar), _years()
    day, last = date(years[0], 1, 1), date(years[-1], 12, 31)
    found: list[tuple[datetime, datetime]] = []
    while day <= last:
        found += spans_of_day(day, hours)
        day += timedelta(days=1)
    before = 0
    for begins, ends in sorted(found):
        after = before + int((ends - begins).total_seconds())
        yield OpenSpan(calendar=calendar, begins=begins, ends=ends, before=before, after=after)
        before = after


def extend_spans() -> int:
    """Write the spans of calendars anew that do not reach from the first year to the last any more; returns how many."""
    years = _years()
    first, edge = (datetime.combine(date(year, 1, 1), time.min, UTC) for year in (years[0] + 1, years[-1]))
    spans = OpenSpan.objects.filter(calendar=OuterRef("pk"))
    behind = list(
        Calendar.objects.exclude(Exists(spans.filter(begins__gte=edge)), Exists(spans.filter(begins__lt=first)))
    )
    for calendar in behind:
        write_spans(calendar)
    return len(behind)


def preview(calendar: Calendar, start: datetime, minutes: Iterable[int]) -> list[tuple[int, datetime]]:
    """When what came at `start` would be due after so many open minutes."""
    hours = hours_of(calendar)
    return [(each, add_business(start, each * 60, hours)) for each in minutes]


def due_in_database(calendar: Calendar, start: datetime, seconds: float) -> datetime | None:
    """The same as `add_business`, reckoned with the stored spans; None beyond them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_business_due(%s, %s, %s)", [calendar.pk, start, seconds])
        return cursor.fetchone()[0]  # type: ignore[no-any-return]
