"""The pages below /reports/service/."""

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice.charts import plain
from backoffice.generic import Column
from backoffice.generic.base import Page, may
from backoffice.reports.pages import Card, Entry
from backoffice.reports.words import time_text
from customers.models import ServiceRow
from customers.reports import filters
from customers.reports.base import SEES, ServiceReport, change_of, minutes, percent, spent


class Flow(ServiceReport):
    key = "service:flow"
    title = gettext_lazy("Tickets in and out")
    about = gettext_lazy(
        "New and reopened tickets come in; solved ones, spam and merged ones go out, each time that it happens. Tickets count for the queue and the agent that have them now."
    )
    filterset_class = filters.FlowFilter
    series = (
        ("created", gettext_lazy("New")),
        ("done", gettext_lazy("Solved")),
        ("backlog", gettext_lazy("Unsolved at the end")),
    )
    columns = [
        Column("created", kind="number"),
        Column("reopened", kind="number"),
        Column("done", kind="number"),
        Column("aside", gettext_lazy("Spam or merged"), kind="number"),
        Column("backlog", kind="number"),
        Column("before", gettext_lazy("New before"), kind="number"),
        change_of(),
    ]

    def get_cards(self) -> list[Card]:
        return [
            self.told(_("New"), "created", plain),
            self.told(_("Reopened"), "reopened", plain),
            self.told(_("Solved"), "done", plain),
            self.told(_("Unsolved at the end"), "backlog", plain),
        ]


class Times(ServiceReport):
    key = "service:times"
    title = gettext_lazy("Time to reply and to solve")
    about = gettext_lazy(
        "In business hours. The first reply counts from when the customer wrote, on the day of the reply; the resolution while the ticket waited for us, on the day it was solved last. Medians are exact to the minute, beyond two hours to 2 %."
    )
    filterset_class = filters.TimesFilter
    what = "replied"
    series = (
        ("reply_median", gettext_lazy("First reply, median")),
        ("solve_median", gettext_lazy("Resolution, median")),
    )
    columns = [
        Column("replied", kind="number"),
        minutes("reply_median"),
        minutes("reply_mean"),
        minutes("reply_high"),
        Column("solved", kind="number"),
        minutes("solve_median"),
        minutes("solve_mean"),
        minutes("solve_high"),
        Column("before", gettext_lazy("First reply, mean before"), kind="number", draw=spent),
        change_of("replied"),
    ]

    def write(self, value: Any) -> str:
        return time_text(value)

    def get_cards(self) -> list[Card]:
        return [
            self.told(_("First reply, median"), "reply_median", time_text),
            self.told(_("First reply, 90 % within"), "reply_high", time_text),
            self.told(_("Resolution, median"), "solve_median", time_text),
            self.told(_("Resolution, 90 % within"), "solve_high", time_text),
        ]


class Quality(ServiceReport):
    key = "service:quality"
    title = gettext_lazy("Reopened and solved at once")
    about = gettext_lazy(
        "Tickets by the day on which they were solved last. Solved at once are those with one reply that were never reopened, among those with a reply."
    )
    filterset_class = filters.QualityFilter
    what = "solved"
    series = (("again_share", gettext_lazy("Reopen rate")), ("one_touch_share", gettext_lazy("Solved at once")))
    columns = [
        Column("solved", kind="number"),
        Column("again", kind="number"),
        Column("again_share", gettext_lazy("Reopen rate"), kind="percent", reads=("again", "solved")),
        Column("answered", kind="number"),
        Column("one_touch", kind="number"),
        Column("one_touch_share", gettext_lazy("Solved at once"), kind="percent", reads=("one_touch", "answered")),
        Column("before", gettext_lazy("Reopen rate before"), kind="percent"),
        change_of("solved"),
    ]

    def write(self, value: Any) -> str:
        return percent(value)

    def get_cards(self) -> list[Card]:
        return [
            self.told(_("Solved"), "solved", plain),
            self.told(_("Reopen rate"), "again_share", percent),
            self.told(_("Solved at once"), "one_touch_share", percent),
        ]


class Promises(ServiceReport):
    key = "service:promises"
    title = gettext_lazy("Promises kept and broken")
    about = gettext_lazy(
        "By the day on which they were given, with what became of them. A row leads to the tickets with broken promises."
    )
    filterset_class = filters.PromisesFilter
    what = "broken"
    series = (("broken_share", gettext_lazy("Broken")),)
    columns = [
        Column("promised", gettext_lazy("Promises given"), kind="number"),
        Column("kept", kind="number"),
        Column("warned", kind="number"),
        Column("broken", kind="number"),
        Column("long_over", kind="number"),
        Column("broken_share", gettext_lazy("Share broken"), kind="percent", reads=("broken", "promised")),
        Column("before", gettext_lazy("Share broken before"), kind="percent"),
        change_of("promised"),
    ]
    empty_title = gettext_lazy("Nothing was promised in this period")

    def write(self, value: Any) -> str:
        return percent(value)

    def get_cards(self) -> list[Card]:
        return [
            self.told(_("Promises given"), "promised", plain),
            self.told(_("Kept"), "kept", plain),
            self.told(_("Broken"), "broken", plain),
            self.told(_("Share broken"), "broken_share", percent),
        ]


class SatisfactionReport(ServiceReport):
    key = "service:satisfaction"
    title = gettext_lazy("Satisfaction over time and by agent")
    about = gettext_lazy(
        "Ratings count on the day they were given, for the agent and the queue that settled the ticket. Good and Very good count as satisfied."
    )
    filterset_class = filters.SatisfactionFilter
    series = (("score", gettext_lazy("Score")),)
    columns = [
        Column("asked", kind="number"),
        Column("rated", kind="number"),
        Column("rated_share", gettext_lazy("Answer rate"), kind="percent", reads=("rated", "asked")),
        Column("score", gettext_lazy("Score"), kind="number", reads=("points", "rated")),
        Column("satisfied", kind="number"),
        Column("satisfied_share", gettext_lazy("Satisfaction rate"), kind="percent", reads=("satisfied", "rated")),
        Column("commented", kind="number"),
        Column("before", gettext_lazy("Score before"), kind="number"),
        change_of("rated"),
    ]
    empty_title = gettext_lazy("Nobody was asked in this period")

    def address_behind(self, row: ServiceRow) -> str:
        """The answers, where their list can be narrowed to the row."""
        figure = self.figure(row)
        if figure.by not in ("", "agent", "queue") or (figure.by and not figure.item):
            return ""
        asked: dict[str, Any] = {"answered_min": figure.first, "answered_max": figure.last}
        asked |= {"queue": figure.queue} if figure.queue else {}
        asked |= {figure.by: figure.item} if figure.by else {}
        return f"{reverse('promises:satisfaction')}?{urlencode(asked)}"

    def get_cards(self) -> list[Card]:
        return [
            self.told(_("Score"), "score", plain),
            self.told(_("Satisfaction rate"), "satisfied_share", percent),
            self.told(_("Answers"), "rated", plain),
            self.told(_("Answer rate"), "rated_share", percent),
        ]


REPORTS: list[tuple[str, type[ServiceReport], Any]] = [
    ("flow", Flow, gettext_lazy("How many tickets come in and go out, and how many wait.")),
    ("times", Times, gettext_lazy("How long customers wait, in business hours.")),
    ("promises", Promises, gettext_lazy("Which service promises hold, and which break.")),
    ("quality", Quality, gettext_lazy("Whether answers settle what was asked.")),
    ("satisfaction", SatisfactionReport, gettext_lazy("What customers say of it.")),
]
_more: list[tuple[str, type[ServiceReport], Any]] = []


def add_report(address: str, view: type[ServiceReport], text: Any) -> None:
    """List a report of a module above beside those of tickets."""
    _more.append((address, view, text))


class ServiceIndex(Page):
    """The reports on service that one may open."""

    permission = SEES

    def get(self, request: HttpRequest) -> HttpResponseBase:
        own = [(f"service:{name}", view, text) for name, view, text in REPORTS]
        reports = [
            Entry(view.title, text, reverse(address))
            for address, view, text in [*own, *_more]
            if may(request.user, view.permission)
        ]
        return TemplateResponse(request, "generic/reports.html", {"title": _("Service reports"), "reports": reports})
