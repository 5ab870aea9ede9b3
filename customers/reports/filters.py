"""What a report on service may be asked: its period, what it is compared with, what its rows are by, and a queue."""

from datetime import date, datetime
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.derived import derived, positional
from backoffice.reports.periods import COMPARED, PERIODS, USUAL, Period
from customers.models import Queue, ServiceRow
from customers.reports import statements
from customers.reports.statements import UNITS, Asked
from customers.services import reporting

TIME = [("day", _("Days")), ("week", _("Weeks")), ("month", _("Months"))]
OWN = [
    ("queue", _("Queues")),
    ("agent", _("Agents")),
    ("tag", _("Tags")),
    ("priority", _("Priorities")),
    ("channel", _("Channels")),
]
POLICY = ("policy", _("Service promises"))


def dimensions() -> list[tuple[str, Any]]:
    """What rows may be by: time, what tickets have, and what modules above say that they are about."""
    return [*TIME, *OWN, *((one.kind, one.label) for one in reporting.subjects())]


class Kept(django_filters.ChoiceFilter):
    """A choice that the statement reads: nothing is left to be filtered."""

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        return qs


class ServiceFilter(django_filters.FilterSet):
    """`page` (set by the subclass that a page makes) says what the statement tells of."""

    bar: ClassVar[tuple[str, ...]] = ("period", "day", "compare", "by", "queue")
    usual_by: ClassVar[str] = ""  # "" is the unit of time that fits
    told: ClassVar[dict[str, Any]] = {"about": "{s}.created"}

    period = Kept(choices=PERIODS, label=_("Period"), empty_label=_("Own days"))
    day = generic.DateRangeFilter(label=_("Days"), method="added_up")
    compare = Kept(choices=COMPARED, label=_("Compared with"), empty_label=None)
    by = Kept(choices=dimensions, label=_("By"), empty_label=_("What fits"))
    queue = django_filters.ModelChoiceFilter(
        queryset=lambda request: Queue.objects.in_scope(request.user), label=_("Queue"), method="added_up"
    )

    class Meta:
        model = ServiceRow
        fields: list[str] = []

    def __init__(self, data: Any = None, *args: Any, **kwargs: Any) -> None:
        """The controls show what is asked, also where the address leaves it open."""
        asked = QueryDict(mutable=True) if data is None else data.copy()
        own_days = asked.get("day_after") or asked.get("day_before")
        for name, value in {"period": "" if own_days else USUAL, "compare": "previous", "by": self.usual_by}.items():
            if not asked.get(name):
                asked[name] = value
        super().__init__(asked, *args, **kwargs)

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """The rows of the report."""
        return self.rows(queryset, self.asked)

    def rows(self, queryset: QuerySet, asked: Asked) -> QuerySet:
        statement, parameters = positional(statements.rows(asked, **self.told_of(asked)), asked.parameters)
        return derived(queryset, statement, parameters)

    def told_of(self, asked: Asked) -> dict[str, Any]:
        return self.told

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
        first, last = (_day(days.start), _day(days.stop)) if days else (None, None)
        given = [day for day in (first, last) if day]
        if given:
            return Period(min(given), max(given))
        return Period.named(self.value("period") or USUAL)

    @cached_property
    def asked(self) -> Asked:
        period, compared = self.period_asked, self.value("compare") or "previous"
        slugs = self.request.user.scope("queue")
        seen = None if slugs is None else tuple(Queue.objects.filter(slug__in=slugs).values_list("pk", flat=True))
        queue = self.value("queue")
        return Asked(
            period, period.before(compared), period.shift(compared), by=self.value("by") or self.usual_unit,
            queue=queue.pk if queue else None, queues=seen,
        )  # fmt: skip

    @property
    def usual_unit(self) -> str:
        """So that there are not too many rows."""
        days = self.period_asked.days
        return UNITS[0] if days <= 62 else UNITS[1] if days <= 190 else UNITS[2]


def _day(moment: datetime | None) -> date | None:
    """The day that was typed; the filter made a moment of it in the reader's time zone."""
    return timezone.localtime(moment).date() if moment else None


class FlowFilter(ServiceFilter):
    told: ClassVar[dict[str, Any]] = {
        "about": "{s}.created",
        "some": ("created", "reopened", "done", "aside"),
        "with_backlog": True,
    }


class TimesFilter(ServiceFilter):
    told: ClassVar[dict[str, Any]] = {
        "about": "{s}.reply_seconds / 60.0 / nullif({s}.replied, 0)",
        "some": ("replied", "solved"),
        "with_times": True,
    }

    def told_of(self, asked: Asked) -> dict[str, Any]:
        """Of kinds that have very many values no medians are kept."""
        untimed = {one.kind for one in reporting.subjects() if not one.timed}
        return {**self.told, "with_times": asked.by not in untimed}


class QualityFilter(ServiceFilter):
    told: ClassVar[dict[str, Any]] = {"about": "100.0 * {s}.again / nullif({s}.solved, 0)", "some": ("solved",)}


class PromisesFilter(ServiceFilter):
    usual_by = "policy"
    told: ClassVar[dict[str, Any]] = {
        "about": "100.0 * {s}.broken / nullif({s}.promised, 0)",
        "some": ("promised",),
    }

    by = Kept(choices=lambda: [POLICY, *dimensions()], label=_("By"), empty_label=None)


class SatisfactionFilter(ServiceFilter):
    usual_by = "agent"
    told: ClassVar[dict[str, Any]] = {"about": "1.0 * {s}.points / nullif({s}.rated, 0)", "some": ("asked", "rated")}

    by = Kept(choices=dimensions, label=_("By"), empty_label=None)
