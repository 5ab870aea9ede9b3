"""What a report on service may be asked: its period, what it is compared with, what its rows are by, and a queue."""

from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from backoffice.derived import derived, positional
from backoffice.reports.filters import UNITS, Kept, PeriodFilter
from backoffice.reports.periods import MOST_ROWS
from customers.models import Queue, ServiceRow
from customers.reports import statements
from customers.reports.statements import Asked
from customers.services import reporting

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
    return [*UNITS, *OWN, *((one.kind, one.label) for one in reporting.subjects())]


class ServiceFilter(PeriodFilter):
    """`told` is what the statement tells of, beside what is asked; `bar` what stands above the report."""

    bar: ClassVar[tuple[str, ...]] = ("period", "day", "compare", "by", "queue")
    told: ClassVar[dict[str, Any]] = {"about": "coalesce({s}.created, 0)"}

    by = Kept(choices=dimensions, label=_("Grouped by"), empty_label=_("What fits"))
    queue = django_filters.ModelChoiceFilter(
        queryset=lambda request: Queue.objects.in_scope(request.user), label=_("Queue"), method="added_up"
    )

    class Meta:
        model = ServiceRow
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        """The rows of the report."""
        return self.rows(queryset, self.asked)

    def rows(self, queryset: QuerySet, asked: Asked) -> QuerySet:
        statement, parameters = positional(statements.rows(asked, **self.told_of(asked)), asked.parameters)
        return derived(queryset, statement, parameters)

    def told_of(self, asked: Asked) -> dict[str, Any]:
        return self.told

    @cached_property
    def asked(self) -> Asked:
        period = self.period_asked
        slugs = self.request.user.scope("queue")
        seen = None if slugs is None else tuple(Queue.objects.filter(slug__in=slugs).values_list("pk", flat=True))
        queue, by = self.value("queue"), self.value("by") or self.usual_unit
        return Asked(
            period, period.before(self.compared), period.shift(self.compared), by=period.coarse(by, MOST_ROWS),
            queue=queue.pk if queue else None, queues=seen,
        )  # fmt: skip


class FlowFilter(ServiceFilter):
    told: ClassVar[dict[str, Any]] = {
        "about": "coalesce({s}.created, 0)",
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
    usual = {"by": "policy"}
    told: ClassVar[dict[str, Any]] = {
        "about": "100.0 * {s}.broken / nullif({s}.promised, 0)",
        "some": ("promised",),
    }

    by = Kept(choices=lambda: [POLICY, *dimensions()], label=_("Grouped by"), empty_label=None)


class SatisfactionFilter(ServiceFilter):
    usual = {"by": "agent"}
    told: ClassVar[dict[str, Any]] = {"about": "1.0 * {s}.points / nullif({s}.rated, 0)", "some": ("asked", "rated")}

    by = Kept(choices=dimensions, label=_("Grouped by"), empty_label=None)
