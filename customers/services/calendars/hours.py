"""Business time, reckoned in memory: pure functions over the hours of a calendar.

Open is every moment at which the clock on the wall shows a time of the weekday's hours. So an hour that the clock skips in spring
is not worked, and one that it shows twice in autumn is worked twice.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

LONGEST_SEARCH = 3 * 366  # days without an opening after which a calendar is taken for closed for good
_DAY = timedelta(days=1)
_SECOND = timedelta(seconds=1)


class NeverOpen(ArithmeticError):
    """The calendar does not open within three years."""


@dataclass(frozen=True)
class Hours:
    """`week`: intervals by weekday (0 is Monday), each in minutes since midnight; `closed`: days without any."""

    zone: tzinfo
    week: Mapping[int, Sequence[tuple[int, int]]]
    closed: frozenset[date] = field(default_factory=frozenset)

    def on(self, day: date) -> Sequence[tuple[int, int]]:
        return () if day in self.closed else self.week.get(day.weekday(), ())


def spans_of_day(day: date, hours: Hours) -> list[tuple[datetime, datetime]]:
    """When the calendar is open on a day of its zone, in UTC, earliest first."""
    intervals = hours.on(day)
    if not intervals:
        return []
    midnight = datetime.combine(day, time.min)
    spans = []
    for since, until, offset in _offsets(midnight, hours.zone):
        for begins, ends in intervals:
            start = max((midnight + timedelta(minutes=begins) - offset).replace(tzinfo=UTC), since)
            end = min((midnight + timedelta(minutes=ends) - offset).replace(tzinfo=UTC), until)
            if start < end:
                spans.append((start, end))
    return sorted(spans)


def _offsets(midnight: datetime, zone: tzinfo) -> list[tuple[datetime, datetime, timedelta]]:
    """The distances from UTC that the clock has around a day, each with the time for which it holds."""
    low = midnight.replace(tzinfo=UTC) - timedelta(hours=15)
    high = midnight.replace(tzinfo=UTC) + timedelta(hours=39)
    first, last = _offset(low, zone), _offset(high, zone)
    if first == last:
        return [(low, high, first)]
    before, after = low, high
    while after - before > _SECOND:
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if _offset(middle, zone) == first:
            before = middle
        else:
            after = middle
    return [(low, after, first), (after, high, last)]


def _offset(moment: datetime, zone: tzinfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def open_spans(start: datetime, hours: Hours) -> Iterator[tuple[datetime, datetime]]:
    """The spans that end after `start`, earliest first, without an end. Raises NeverOpen when nothing comes any more."""
    day = start.astimezone(hours.zone).date() - _DAY  # the clock may have been put back over midnight
    idle = 0
    while True:
        spans = [span for span in spans_of_day(day, hours) if span[1] > start]
        yield from spans
        idle = 0 if spans else idle + 1
        if idle > LONGEST_SEARCH:
            raise NeverOpen
        day += _DAY


def add_business(start: datetime, seconds: float, hours: Hours) -> datetime:
    """The moment when `seconds` of open time have passed since `start`. Raises NeverOpen when they never will."""
    if seconds <= 0:
        return start
    left = timedelta(seconds=seconds)
    for begins, ends in open_spans(start, hours):
        begins = max(begins, start)
        if ends - begins >= left:
            return begins + left
        left -= ends - begins
    raise NeverOpen  # pragma: no cover - the spans never end


def elapsed(start: datetime, end: datetime, hours: Hours) -> float:
    """Seconds of open time between two moments; 0 where the second comes first."""
    passed = timedelta()
    if end <= start:
        return 0.0
    day, last = start.astimezone(hours.zone).date() - _DAY, end.astimezone(hours.zone).date() + _DAY
    while day <= last:
        for begins, ends in spans_of_day(day, hours):
            passed += max(min(ends, end) - max(begins, start), timedelta())
        day += _DAY
    return passed.total_seconds()
