"""What every report may be asked: its days, what they are compared with, and what its rows are of."""

from datetime import date
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.reports.periods import COMPARED, PERIODS, USUAL, Period

UNITS = [("day", _("Days")), ("week", _("Weeks")), ("month", _("Months"))]
EARLIEST, LATEST = date(1970, 1, 1), date(2099, 12, 31)


class Kept(django_filters.ChoiceFilter):
    """A choice that the statement reads: nothing is left to be filtered."""

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs


class PeriodFilter(django_filters.FilterSet):
    """A report of a period. `usual` is what is asked where the address says nothing."""

    usual: ClassVar[dict[str, str]] = {}

    period = Kept(choices=PERIODS, label=_("Period"), empty_label=_("Own days"))
    day = generic.DateRangeFilter(label=_("Days"), method="added_up")
    compare = Kept(choices=COMPARED, label=_("Compared with"), empty_label=None)

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        """The controls show what is asked, also where the address leaves it open."""
        asked = QueryDict(mutable=True) if data is None else data.copy()
        own_days = asked.get("day_after") or asked.get("day_before")
        for name, value in self.defaults().items():
            if not asked.get(name) and name in self.base_filters:
                asked[name] = "" if name == "period" and own_days else value
        super().__init__(asked, *args, **kwargs)

    def defaults(self) -> dict[str, str]:
        return {"period": USUAL, "compare": "previous", **self.usual}

    def added_up(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        """The statement has read it."""
        return queryset

    def value(self, name: str) -> Any:
        """What is asked for, None where nothing is or what is asked is no choice."""
        self.form.is_valid()
        return getattr(self.form, "cleaned_data", {}).get(name) or None

    @cached_property
    def period_asked(self) -> Period:
        """The days that are given, else the period of the name. A day left open is the other one."""
        days = self.value("day")
        given = [min(max(day.date(), EARLIEST), LATEST) for day in (days.start, days.stop) if day] if days else []
        if given:
            return Period(min(given), max(given))
        return Period.named(self.value("period") or self.defaults()["period"])

    @cached_property
    def compared(self) -> str:
        return self.value("compare") or "previous"

    @property
    def usual_unit(self) -> str:
        """So that there are not too many rows."""
        days = self.period_asked.days
        return "day" if days <= 62 else "week" if days <= 190 else "month"
