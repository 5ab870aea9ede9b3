"""How tickets are handled, added up: what reports of service read.

`TicketFacts` is what reports count of one ticket; `TicketSums` and `TicketTimes` add the facts of all up, by day, month and
year and one dimension. `services.reporting` writes them all, `verify` proves them. Days are those of the shop's time zone.
"""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _

from backoffice.reports.periods import Span
from backoffice.reports.rows import ReportRow
from backoffice.rows import VisibleQuerySet
from customers.models.tickets import Ticket


def _days(name: Any) -> ArrayField:
    return ArrayField(models.DateField(), verbose_name=name, default=list)


class TicketFacts(models.Model):
    """What reports count of a ticket. Times are business seconds by the calendar that the ticket was promised in.

    `reopened_on`, `done_on` and `aside_on` have a day for each time that it happened: to an unsolved ticket, from one to a
    solved one, and from one to spam or a merge. `subjects` are keys of what it is about, by kind; `promises` a list of
    [day, "policy:kind", outcome]. There is no constraint on the ticket, so that an import can be undone.
    """

    ticket = models.OneToOneField(
        Ticket, models.DO_NOTHING, primary_key=True, db_constraint=False, related_name="facts", verbose_name=_("ticket")
    )
    queue = models.BigIntegerField(_("queue"))
    assignee = models.BigIntegerField(_("assignee"))  # 0 for nobody
    priority = models.PositiveSmallIntegerField(_("priority"))
    channel = models.CharField(_("channel"), max_length=10)
    tags = ArrayField(models.CharField(max_length=120), verbose_name=_("tags"), default=list)
    subjects = models.JSONField(_("subjects"), default=dict)
    created_on = models.DateField(_("created"))
    reopened_on = _days(_("reopened"))
    done_on = _days(_("solved each time"))
    aside_on = _days(_("set aside"))
    replied_on = models.DateField(_("first reply"), null=True)
    reply_seconds = models.PositiveIntegerField(_("time to the first reply"), null=True)
    replies = models.PositiveIntegerField(_("replies"), default=0)
    solved_on = models.DateField(_("solved"), null=True)
    solve_seconds = models.PositiveIntegerField(_("time to solve"), null=True)
    reopens = models.PositiveIntegerField(_("reopened after it was solved"), default=0)
    promises = models.JSONField(_("promises"), default=list)
    asked_on = models.DateField(_("satisfaction asked"), null=True)
    rated_on = models.DateField(_("satisfaction told"), null=True)
    score = models.PositiveSmallIntegerField(_("satisfaction"), null=True)
    commented = models.BooleanField(_("with a comment"), default=False)
    rated_queue = models.BigIntegerField(_("queue that settled it"), null=True)
    rated_agent = models.BigIntegerField(_("agent who settled it"), null=True)

    class Meta:
        verbose_name = _("facts of a ticket")
        verbose_name_plural = _("facts of tickets")
        indexes = [
            models.Index(fields=["created_on"], name="ticket_facts_created"),
            models.Index(fields=["replied_on"], name="ticket_facts_replied"),
            models.Index(fields=["solved_on"], name="ticket_facts_solved"),
            GinIndex(fields=["done_on"], name="ticket_facts_done"),
            GinIndex(fields=["subjects"], name="ticket_facts_subjects", opclasses=["jsonb_path_ops"]),
        ]

    def __str__(self) -> str:
        return str(self.ticket_id)


class TicketSums(models.Model):
    """Facts of tickets added up over a span, by queue and one dimension `by`, whose value is `item` ("" for none).

    created: opened; reopened, done, aside: how often that happened; replied: answered for the first time, after `reply_seconds`
    in all. Of tickets by the day on which they were last solved: solved, `again` (those reopened before), answered (with a
    reply), `one_touch` (with one, and never reopened), timed, after `solve_seconds` in all. Promises by the day they were given: promised, kept, warned (nearly late or
    late), broken, long_over. Satisfaction: asked, and by the day of the answer rated, points, satisfied (4 or 5), commented.
    """

    FIGURES = (
        "created", "reopened", "done", "aside", "replied", "reply_seconds", "solved", "again", "answered", "one_touch", "timed",
        "solve_seconds", "promised", "kept", "warned", "broken", "long_over", "asked", "rated", "points", "satisfied", "commented",
    )  # fmt: skip
    KEYS = ("by", "queue", "item")

    span = models.CharField(_("span"), max_length=1, choices=Span)
    day = models.DateField(_("day"))
    by = models.CharField(_("by"), max_length=12)
    queue = models.BigIntegerField(_("queue"))
    item = models.CharField(_("key"), max_length=130)
    created = models.IntegerField(_("created"), default=0)
    reopened = models.IntegerField(_("reopened"), default=0)
    done = models.IntegerField(_("solved each time"), default=0)
    aside = models.IntegerField(_("set aside"), default=0)
    replied = models.IntegerField(_("first replies"), default=0)
    reply_seconds = models.BigIntegerField(_("time to the first reply"), default=0)
    solved = models.IntegerField(_("solved"), default=0)
    again = models.IntegerField(_("solved after being reopened"), default=0)
    answered = models.IntegerField(_("solved with a reply"), default=0)
    one_touch = models.IntegerField(_("solved by one reply"), default=0)
    timed = models.IntegerField(_("solved in known time"), default=0)
    solve_seconds = models.BigIntegerField(_("time to solve"), default=0)
    promised = models.IntegerField(_("promised"), default=0)
    kept = models.IntegerField(_("kept"), default=0)
    warned = models.IntegerField(_("warned"), default=0)
    broken = models.IntegerField(_("broken"), default=0)
    long_over = models.IntegerField(_("long over"), default=0)
    asked = models.IntegerField(_("asked"), default=0)
    rated = models.IntegerField(_("answers"), default=0)
    points = models.IntegerField(_("points"), default=0)
    satisfied = models.IntegerField(_("satisfied"), default=0)
    commented = models.IntegerField(_("comments"), default=0)

    class Meta:
        verbose_name = _("sums of tickets")
        verbose_name_plural = _("sums of tickets")
        constraints = [
            models.UniqueConstraint(fields=["by", "span", "day", "queue", "item"], name="ticket_sums_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.by} {self.item}"


class TicketTimes(models.Model):
    """How many tickets took `seconds`, rounded to steps of at most a fiftieth, in a month or year: medians are not added up.

    Of queues, of which everything over time is made, in a WEEK as well.
    """

    WEEK = "w"

    class Kind(models.TextChoices):
        REPLY = "reply", _("First reply")
        SOLVE = "solve", _("Resolution")

    span = models.CharField(_("span"), max_length=1, choices=Span)
    day = models.DateField(_("day"))
    by = models.CharField(_("by"), max_length=12)
    queue = models.BigIntegerField(_("queue"))
    item = models.CharField(_("key"), max_length=130)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind)
    seconds = models.PositiveIntegerField(_("seconds"))
    number = models.IntegerField(_("tickets"))

    class Meta:
        verbose_name = _("times of tickets")
        verbose_name_plural = _("times of tickets")
        constraints = [
            models.UniqueConstraint(
                fields=["by", "span", "day", "queue", "item", "kind", "seconds"], name="ticket_times_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.by} {self.item} {self.kind} {self.seconds}"


class ServiceMark(models.Model):
    """How far the summaries are: every change of a transaction that began before `upto` is in them.

    `promise` is the last event of a promise that was read for good, `promise_seen` the last one when `seen_at` it was looked.
    Days are those of `zone`; `words` names what is added up, so that another version begins anew.
    """

    upto = models.DateTimeField(_("up to"))
    promise = models.BigIntegerField(default=0)
    promise_seen = models.BigIntegerField(default=0)
    seen_at = models.DateTimeField()
    zone = models.CharField(_("time zone"), max_length=60)
    words = models.CharField(max_length=64)
    refreshed_at = models.DateTimeField(_("as of"))

    class Meta:
        verbose_name = _("mark of the ticket summaries")
        verbose_name_plural = _("marks of the ticket summaries")

    def __str__(self) -> str:
        return self.upto.isoformat()


def _minutes(name: Any) -> models.DecimalField:
    return models.DecimalField(name, max_digits=12, decimal_places=1, null=True)


def _number(name: Any) -> models.BigIntegerField:
    return models.BigIntegerField(name)


class ServiceRow(ReportRow, models.Model):
    """A row of a report on service, out of `customers.reports`; no table. Times are business minutes.

    `compared` is the figure that the report is about, and `before` what that was in the period that it is compared with.
    """

    id = models.BigIntegerField(primary_key=True)
    day = models.DateField(_("day"), null=True)
    item = models.CharField(_("key"), max_length=200)
    code = models.CharField(_("code"), max_length=200)
    name = models.CharField(_("name"), max_length=600)
    name_zh = models.CharField(max_length=600)
    created = _number(_("New"))
    reopened = _number(_("Reopened"))
    done = _number(_("Solved"))
    aside = _number(_("Set aside"))
    backlog = models.BigIntegerField(_("Unsolved at the end"), null=True)
    replied = _number(_("First replies"))
    reply_median = _minutes(_("First reply, median"))
    reply_mean = _minutes(_("First reply, mean"))
    reply_high = _minutes(_("First reply, 90 % within"))
    solved = _number(_("Solved"))
    solve_median = _minutes(_("Resolution, median"))
    solve_mean = _minutes(_("Resolution, mean"))
    solve_high = _minutes(_("Resolution, 90 % within"))
    again = _number(_("Reopened before"))
    answered = _number(_("Solved with a reply"))
    one_touch = _number(_("Solved by one reply"))
    promised = _number(_("Promised"))
    kept = _number(_("Kept"))
    warned = _number(_("Warned or late"))
    broken = _number(_("Broken"))
    long_over = _number(_("Long over"))
    asked = _number(_("Asked"))
    rated = _number(_("Answers"))
    points = _number(_("Points"))
    satisfied = _number(_("Satisfied"))
    commented = _number(_("Comments"))
    sold = models.BigIntegerField(_("Sold"), null=True)
    compared = models.DecimalField(_("compared"), max_digits=16, decimal_places=2, null=True)
    before = models.DecimalField(_("before"), max_digits=16, decimal_places=2, null=True)

    objects = VisibleQuerySet.as_manager()

    class Meta:
        managed = False
        verbose_name = _("service report")
        verbose_name_plural = _("service reports")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.title

    @property
    def again_share(self) -> Any:
        return share(self.again, self.solved)

    @property
    def one_touch_share(self) -> Any:
        return share(self.one_touch, self.answered)

    @property
    def broken_share(self) -> Any:
        return share(self.broken, self.promised)

    @property
    def rated_share(self) -> Any:
        return share(self.rated, self.asked)

    @property
    def satisfied_share(self) -> Any:
        return share(self.satisfied, self.rated)

    @property
    def score(self) -> Any:
        """The mean of the answers, 1 to 5."""
        return round(self.points / self.rated, 2) if self.rated else None

    @property
    def rate(self) -> Any:
        """Tickets for each thousand sold."""
        return round(self.created * 1000 / self.sold, 1) if self.sold else None


def share(part: int, whole: int) -> float | None:
    """In percent; None of nothing."""
    return part * 100 / whole if whole else None
