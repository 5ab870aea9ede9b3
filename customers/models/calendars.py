"""When the shop works: the hours of a week, days that are none, and both written out as spans of time."""

from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import IntegerRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, tracked

DAY = 24 * 60
_minutes = Func(F("begins"), F("ends"), Value("[)"), function="int4range", output_field=IntegerRangeField())


@tracked()
class Calendar(models.Model):
    """Opening hours on the clocks of one time zone. `services.save_calendar` writes it together with its spans."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    name = models.CharField(_("name"), max_length=80, unique=True)
    zone = models.CharField(_("time zone"), max_length=60, default="UTC")
    country = models.CharField(
        _("public holidays of"), max_length=2, blank=True, help_text=_("Two letters, such as DE or CN; blank for none.")
    )
    region = models.CharField(
        _("region"), max_length=10, blank=True, help_text=_("Its code, such as BE for Berlin, where holidays differ.")
    )

    objects = VisibleQuerySet.as_manager()

    class Meta:
        verbose_name = _("business calendar")
        verbose_name_plural = _("business calendars")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("promises:calendar", args=[self.pk])


@tracked()
class CalendarInterval(models.Model):
    """Open from `begins` until `ends`, both in minutes since midnight by the clock, on a weekday."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="intervals", verbose_name=_("calendar"))
    weekday = models.PositiveSmallIntegerField(_("weekday"), choices=Calendar.Weekday)
    begins = models.PositiveSmallIntegerField(_("from"))
    ends = models.PositiveSmallIntegerField(_("until"))

    class Meta:
        verbose_name = _("opening hours")
        verbose_name_plural = _("opening hours")
        ordering = ["weekday", "begins"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weekday__lte=6, begins__lt=F("ends"), ends__lte=DAY),
                name="calendar_interval_in_day",
                violation_error_message=_("Opening hours lie within one day and end after they begin."),
            ),
            ExclusionConstraint(
                name="calendar_interval_apart",
                expressions=[
                    ("calendar", RangeOperators.EQUAL),
                    ("weekday", RangeOperators.EQUAL),
                    (_minutes, RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("Opening hours of one day overlap."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {clock(self.begins)}–{clock(self.ends)}"


@tracked()
class CalendarDay(models.Model):
    """A day of one's own: closed though it is no public holiday, or worked on though it is one."""

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="days", verbose_name=_("calendar"))
    day = models.DateField(_("day"))
    name = models.CharField(_("name"), max_length=80, blank=True)
    is_open = models.BooleanField(_("open as on its weekday"), default=False)

    class Meta:
        verbose_name = _("day of one's own")
        verbose_name_plural = _("days of one's own")
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                fields=["calendar", "day"],
                name="calendar_day_once",
                violation_error_message=_("This day stands here twice."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.day:%Y-%m-%d} {self.name}".strip()


class OpenSpan(models.Model):
    """The calendar is open from `begins` until `ends`; `before` are the open seconds of all earlier spans.

    Worked out from the calendar for some years around now, so that statements can reckon with business time.
    """

    calendar = models.ForeignKey(Calendar, models.CASCADE, related_name="spans")
    begins = models.DateTimeField()
    ends = models.DateTimeField()
    before = models.BigIntegerField()
    after = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["calendar", "begins"], include=["ends", "before"], name="open_span_begins"),
            models.UniqueConstraint(fields=["calendar", "after"], include=["ends"], name="open_span_after"),
            models.CheckConstraint(condition=Q(begins__lt=F("ends")), name="open_span_forward"),
        ]

    def __str__(self) -> str:
        return f"{self.begins:%Y-%m-%d %H:%M}–{self.ends:%H:%M}"


def clock(minutes: int) -> str:
    """570 -> "09:30"; the end of a day is "24:00"."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def as_week(intervals: Any) -> dict[int, list[tuple[int, int]]]:
    """The intervals by weekday, earliest first."""
    week: dict[int, list[tuple[int, int]]] = {day: [] for day in range(7)}
    for interval in intervals:
        week[interval.weekday].append((interval.begins, interval.ends))
    return week
