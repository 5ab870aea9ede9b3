"""What was promised to a ticket, for its page: due when, and because of what."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import PromiseCycle, PromiseEvent, Ticket


@dataclass(frozen=True)
class Told:
    """One promise in words. tone: "bad" when its time is over, "warn" when it is nearly, "ok" when it was kept."""

    promise: PromiseCycle
    headline: str
    because: str
    tone: str
    events: list[PromiseEvent]


def promises_of(ticket: Ticket, rows: QuerySet[PromiseCycle]) -> list[Told]:
    """What was promised to the ticket, those that run first, with what happened to them."""
    promises = list(rows.filter(ticket=ticket).select_related("policy", "calendar").prefetch_related("events"))
    promises.sort(key=lambda one: (one.ended_at is not None, one.due_at is None, one.due_at or one.started_at))
    return [Told(one, headline(one), because(one), tone(one), list(one.events.all())) for one in promises]


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
    """ "Priority High at Gold: 4 business hours, calendar Berlin, paused 35 min"."""
    parts = _("Priority %(priority)s at %(policy)s: %(target)s of business time, calendar %(calendar)s") % {
        "priority": promise.get_priority_display(),
        "policy": promise.policy,
        "target": duration(promise.target),
        "calendar": promise.calendar,
    }
    paused = promise.paused
    return parts + (_(", paused %(time)s") % {"time": duration(paused)} if paused >= 60 else "")


def tone(promise: PromiseCycle) -> str:
    is_open = promise.ended_at is None
    if promise.used > promise.target or promise.level >= PromiseCycle.Level.BREACHED:
        return "bad"
    if is_open and promise.due_at and promise.due_at < timezone.now():
        return "bad"
    if is_open:
        return "warn" if promise.level == PromiseCycle.Level.WARNED else "neutral"
    return "ok" if promise.state == PromiseCycle.State.FULFILLED else "neutral"


def moment(at: datetime) -> str:
    """The time of day, with the day where it is another one, in the reader's time zone."""
    local = timezone.localtime(at)
    return f"{local:%H:%M}" if local.date() == timezone.localdate() else f"{local:%Y-%m-%d %H:%M}"


def duration(seconds: float) -> str:
    """ "35 min", "4 h", "4 h 30 min"; less than a minute is "0 min"."""
    minutes = int(timedelta(seconds=seconds).total_seconds() // 60)
    hours, rest = divmod(minutes, 60)
    parts: list[Any] = []
    if hours:
        parts.append(ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours})
    if rest or not hours:
        parts.append(_("%(count)s min") % {"count": rest})
    return " ".join(parts)
