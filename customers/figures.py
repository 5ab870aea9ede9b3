"""What stands behind a figure of a service report: which tickets were added up, as text in the address of their list."""

from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from backoffice.models import User
from backoffice.reports.words import days_between
from customers.models import Policy, PromiseCycle, Queue, Ticket
from customers.models.promises import Kind
from customers.services import reporting

WHAT = {
    "created": gettext_lazy("opened %(days)s"),
    "replied": gettext_lazy("answered for the first time %(days)s"),
    "solved": gettext_lazy("solved %(days)s"),
    "broken": gettext_lazy("with a broken promise of %(days)s"),
}
ANY = "*"  # of whatever it is about
NUMBERS = ("queue", "agent", "priority")
LABELS: dict[str, dict[str, Any]] = {
    "priority": {str(key): label for key, label in Ticket.Priority.choices},
    "channel": dict(Ticket.Channel.choices),
}


def start_of(day: date) -> datetime:
    """The moment at which a day of the shop begins."""
    return datetime.combine(day, time.min, timezone.get_default_timezone())


@dataclass(frozen=True)
class TicketFigure:
    """Tickets of which `what` is true on the days from `first` to `last`, narrowed by a queue and by one dimension."""

    first: date
    last: date
    what: str = "created"
    queue: int | None = None
    by: str = ""
    item: str = ""

    @classmethod
    def parse(cls, text: str) -> "TicketFigure":
        """Raises ValueError where the text is none."""
        given = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True))
        if (
            "\x00" in text
            or given.keys() - {field.name for field in fields(cls)}
            or not {"first", "last"} <= given.keys()
        ):
            raise ValueError(text)
        first, last = date.fromisoformat(given["first"]), date.fromisoformat(given["last"])
        queue = _key(given["queue"]) if "queue" in given else None
        figure = cls(first, last, given.get("what", "created"), queue, given.get("by", ""), given.get("item", ""))
        known = {"", *NUMBERS, "channel", "tag", "policy", *(one.kind for one in reporting.subjects())}
        if not (1900 <= first.year <= last.year < 3000) or figure.what not in WHAT or figure.by not in known:
            raise ValueError(text)
        if figure.by in NUMBERS and (figure.item or figure.by != "agent"):  # nobody is an agent, too
            _key(figure.item)
        if figure.by == "policy":
            _key(figure.item.partition(":")[0])
        return figure

    @property
    def text(self) -> str:
        return urlencode(
            {name: value for name, value in asdict(self).items() if value is not None and value != ""} | self._blank
        )

    @property
    def _blank(self) -> dict[str, str]:
        """Of a dimension nothing is something, too."""
        return {"item": self.item} if self.by else {}

    def __str__(self) -> str:
        days = WHAT[self.what] % {"days": days_between(self.first, self.last)}
        queue = str(Queue.objects.filter(pk=self.queue).first() or "") if self.queue and self.by != "queue" else ""
        return ", ".join(part for part in (days, queue, self._about) if part)

    @property
    def _about(self) -> str:
        """What the dimension narrows to, in words."""
        kinds = {one.kind: one for one in reporting.subjects()}
        if self.by in kinds:
            label = str(kinds[self.by].label)
            return label if self.item == ANY else f"{label}: {kinds[self.by].title(self.item)}"
        if self.by in LABELS:
            return str(LABELS[self.by].get(self.item, self.item))
        if self.by == "policy":
            policy, _colon, kind = self.item.partition(":")
            return f"{Policy.objects.filter(pk=policy).first() or policy}: {dict(Kind.choices).get(kind, kind)}"
        if self.by == "agent":
            return str(User.objects.filter(pk=self.item).first() or self.item) if self.item else gettext("Nobody")
        if self.by == "queue":
            return str(Queue.objects.filter(pk=self.item).first() or self.item)
        return (self.item or gettext("no tag")) if self.by == "tag" else ""

    def tickets(self, rows: QuerySet) -> QuerySet:
        """The tickets that were added up."""
        days = (self.first, self.last)
        if self.what == "created":
            rows = rows.filter(
                created_at__gte=start_of(self.first), created_at__lt=start_of(self.last + timedelta(days=1))
            )
        elif self.what == "replied":
            rows = rows.filter(facts__replied_on__range=days)
        elif self.what == "broken":
            rows = rows.filter(pk__in=self._broken().values("ticket"))
        else:
            rows = rows.filter(facts__solved_on__range=days)
        if self.queue is not None:
            rows = rows.filter(queue=self.queue)
        return rows.filter(self._of_dimension()) if self.by and self.by != "policy" else rows

    def _broken(self) -> QuerySet:
        broken = PromiseCycle.objects.filter(
            level__gte=2, started_at__gte=start_of(self.first), started_at__lt=start_of(self.last + timedelta(days=1))
        )
        if self.by == "policy":
            policy, _colon, kind = self.item.partition(":")
            broken = broken.filter(policy=int(policy), kind=kind)
        return broken.order_by()

    def _of_dimension(self) -> Q:
        if self.by == "agent":
            return Q(assignee=int(self.item) if self.item else None)
        if self.by in ("queue", "priority", "channel"):
            return Q(**{self.by: self.item})
        if self.by == "tag":
            return Q(tags__contains=[self.item]) if self.item else Q(tags=[])
        if self.item == ANY:
            return Q(facts__subjects__has_key=self.by)
        return Q(facts__subjects__contains={self.by: [self.item]})


def _key(text: str) -> int:
    number = int(text)
    if not 0 <= number < 2**31:
        raise ValueError(text)
    return number


class TicketFigureField(forms.CharField):
    """A figure as its text."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return TicketFigure.parse(text)
        except ValueError as error:
            raise ValidationError(gettext_lazy("This address belongs to no report.")) from error
