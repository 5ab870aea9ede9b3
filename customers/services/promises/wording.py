"""What was promised to a ticket, for its page: due when, and because of what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.rows import told_along
from customers import masking
from customers.models import Calendar, Policy, PromiseCycle, PromiseEvent, Survey, Ticket

NOTABLE = ("warn", "breach", "escalate", "raise")  # these stand in the handling record
_MOMENTS = ("started_at", "resumed_at", "paused_at", "due_at", "ended_at")
_FACTS = ("pk", "kind", "cycle", "priority", "target", "state", "level", "used", "paused", *_MOMENTS)


@dataclass(frozen=True)
class Told:
    """One promise in words. tone: "bad" when its time is over, "warn" when it is nearly, "good" when it was kept."""

    promise: PromiseCycle
    headline: str
    because: str
    tone: str


@dataclass(frozen=True)
class Rated:
    """What somebody said of the help they got; no score yet means that they were asked."""

    score: int | None
    label: str
    comment: str
    tone: str


@dataclass(frozen=True)
class Promised:
    """Everything promised to a ticket, what runs first; what happened by the clock; and how satisfied they were."""

    told: list[Told] = field(default_factory=list)
    moments: list[dict[str, Any]] = field(default_factory=list)
    survey: Rated | None = None


def with_promises(tickets: QuerySet[Ticket], user: Any) -> QuerySet[Ticket]:
    """Tickets with what `promised_to` reads of them, in their own statement; what `user` may not see is not among it."""
    happened = PromiseEvent.objects.filter(promise=OuterRef("pk"), what__in=NOTABLE).order_by("pk")
    given = PromiseCycle.objects.visible_to(user).filter(ticket=OuterRef("pk")).order_by("pk")
    asked = Survey.objects.visible_to(user).filter(ticket=OuterRef("pk"))
    return tickets.annotate(
        given=told_along(
            given,
            **{name: F(name) for name in _FACTS},
            policy_name=F("policy__name"),
            calendar_name=F("calendar__name"),
            happened=ArraySubquery(happened.values(json=JSONObject(what="what", at="at", told="told"))),
        ),
        asked=told_along(asked, score=F("score"), comment=F("comment")),
    )


def promised_to(ticket: Any, user: Any) -> Promised:
    """Everything promised to a ticket that was read by `with_promises`."""
    promises = [(_restored(row), row["happened"] or []) for row in ticket.given or []]
    told = [Told(one, headline(one), because(one), tone(one)) for one, _events in promises]
    told.sort(key=lambda one: (one.promise.ended_at is not None, one.promise.due_at or one.promise.started_at))
    moments = [_moment(one, event) for one, events in promises for event in events]
    return Promised(told, moments, _rated(ticket.asked[0], user) if ticket.asked else None)


def _restored(row: Mapping[str, Any]) -> PromiseCycle:
    """The promise that JSON tells of."""
    facts = {name: row[name] for name in _FACTS}
    for name in _MOMENTS:
        facts[name] = parse_datetime(row[name]) if row[name] else None
    return PromiseCycle(**facts, policy=Policy(name=row["policy_name"]), calendar=Calendar(name=row["calendar_name"]))


def _moment(promise: PromiseCycle, event: Mapping[str, Any]) -> dict[str, Any]:
    """A line of the handling record: what happened by the clock, and who was told."""
    people = ", ".join(event["told"])
    return {
        "at": parse_datetime(event["at"]),
        "what": promise.get_kind_display(),
        "old": "",
        "new": PromiseEvent.What(event["what"]).label,
        "reason": _("Told: %(people)s") % {"people": people} if people else "",
        "actor": "",
    }


def _rated(row: Mapping[str, Any], user: Any) -> Rated:
    score, comment = row["score"], row["comment"]
    shown = comment if masking.may_see(user) else masking.text(comment)
    label = str(Survey.Score(score).label) if score else ""
    return Rated(score, label, shown, "good" if (score or 0) >= 4 else "neutral" if score == 3 else "bad")


def headline(promise: PromiseCycle) -> str:
    """ "First reply due 14:20": when it is due, on which day if not today, or what became of it."""
    kind = promise.get_kind_display()
    state = promise.state
    if state == PromiseCycle.State.RUNNING and promise.due_at:
        sentence = _("%(kind)s was due %(time)s") if promise.due_at < timezone.now() else _("%(kind)s due %(time)s")
        return sentence % {"kind": kind, "time": moment(promise.due_at)}
    if state == PromiseCycle.State.PAUSED:
        left = max(promise.target - promise.used, 0)
        return _("%(kind)s: paused, %(left)s left") % {"kind": kind, "left": duration(left)}
    if state == PromiseCycle.State.FULFILLED:
        took = duration(promise.used)
        if promise.used > promise.target:
            return _("%(kind)s: late, after %(took)s") % {"kind": kind, "took": took}
        return _("%(kind)s: in time, after %(took)s") % {"kind": kind, "took": took}
    return f"{kind}: {promise.get_state_display()}"


def because(promise: PromiseCycle) -> str:
    """ "Because priority High at Gold: 4 hours of business time, calendar Berlin, paused 35 min"."""
    sentence = _("because priority %(priority)s at %(policy)s: %(target)s of business time, calendar %(calendar)s") % {
        "priority": promise.get_priority_display(),
        "policy": promise.policy,
        "target": duration(promise.target),
        "calendar": promise.calendar,
    }
    if promise.paused < 60:
        return sentence
    return sentence + _(", paused %(time)s") % {"time": duration(promise.paused)}


def tone(promise: PromiseCycle) -> str:
    is_open = promise.ended_at is None
    if promise.used > promise.target or promise.level >= PromiseCycle.Level.BREACHED:
        return "bad"
    if is_open and promise.due_at and promise.due_at < timezone.now():
        return "bad"
    if is_open:
        return "warn" if promise.level == PromiseCycle.Level.WARNED else "neutral"
    return "good" if promise.state == PromiseCycle.State.FULFILLED else "neutral"


def moment(at: datetime) -> str:
    """The time of day, with the day where it is another one, in the reader's time zone."""
    local = timezone.localtime(at)
    return f"{local:%H:%M}" if local.date() == timezone.localdate() else f"{local:%Y-%m-%d %H:%M}"


def duration(seconds: float) -> str:
    """ "35 min", "4 hours", "4 hours 30 min"; less than a minute is "0 min"."""
    minutes = int(timedelta(seconds=seconds).total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    parts = []
    if hours:
        parts.append(ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours})
    if rest or not hours:
        parts.append(_("%(count)s min") % {"count": rest})
    return " ".join(parts)
