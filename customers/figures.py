"""What stands behind a figure of a service report: which tickets were added up, as text in the address of their list."""

from dataclasses import asdict, dataclass, fields
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy

from backoffice.reports.words import days_between
from customers.models import PromiseCycle
from customers.services import reporting

WHAT = {
    "created": gettext_lazy("opened"),
    "replied": gettext_lazy("answered for the first time"),
    "solved": gettext_lazy("solved"),
    "again": gettext_lazy("solved after being reopened"),
    "broken": gettext_lazy("with a broken promise"),
}
ANY = "*"  # of whatever it is about
NUMBERS = ("queue", "agent", "priority")


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
        if figure.by in NUMBERS and figure.item:
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
        named = {one.kind: one.label for one in reporting.subjects()}
        about = f"{named.get(self.by, '')} {self.item}".strip() if self.by in named else ""
        return ", ".join(part for part in (f"{WHAT[self.what]} {days_between(self.first, self.last)}", about) if part)

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
            rows = rows.filter(facts__reopens__gt=0) if self.what == "again" else rows
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
            raise ValidationError(gettext_lazy("This address is of no report that there is.")) from error
