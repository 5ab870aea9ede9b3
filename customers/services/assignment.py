"""Who gets the tickets that nobody has: agents in turn or the least busy, as the queue says; nobody beyond their cap."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User
from customers.models import AgentProfile, Calendar, Queue, Ticket
from customers.services.tickets.handling import assignable, return_work

AT_ONCE = 500


@dataclass
class Assigned:
    """How many tickets were given to somebody, and how many came back from people who are away."""

    given: int = 0
    returned: int = 0


def assign_all(at: datetime | None = None) -> Assigned:
    """Take tickets back from those who are away, and give what waits in each queue that has an automatic way."""
    at = at or timezone.now()
    done = Assigned(returned=return_of_absent(at))
    for queue in Queue.objects.filter(is_active=True).exclude(assignment=Queue.Assignment.MANUAL):
        while given := assign_waiting(queue, at=at):
            done.given += given
            if given < AT_ONCE:
                break
    return done


@transaction.atomic
def assign_waiting(queue: Queue, *, at: datetime | None = None, at_once: int = AT_ONCE) -> int:
    """Give waiting tickets of the queue to agents who are there, able and not full, the most urgent first; returns how many.

    Any number may do so at the same time: whoever finds the agents locked gives nothing.
    """
    people = list(assignable(queue).values_list("pk", flat=True))
    reason = str(Queue.Assignment(queue.assignment).label)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ticket, person FROM customers_assign_waiting(%s, %s, %s, %s, %s, %s)",
            [queue.pk, people, queue.assignment, at or timezone.now(), at_once, reason],
        )
        given = [ticket for ticket, _person in cursor.fetchall()]
    if given:
        audit.record_many(
            "ticket.assigned", list(Ticket.objects.only("number").filter(pk__in=given)), by=None, reason=reason
        )
    return len(given)


def return_of_absent(at: datetime | None = None) -> int:
    """Put the tickets of everybody whose absence has begun, and of those who left, back into their queues; once an absence."""
    at = at or timezone.now()
    returned = 0
    away = AgentProfile.objects.absent(at).filter(Q(returned_at=None) | Q(returned_at__lt=F("absent_from")))
    for profile in away.select_related("user"):
        with transaction.atomic():
            locked = AgentProfile.objects.locked().filter(pk=profile.pk, absent_from=profile.absent_from)
            if locked.exists():
                returned += _take_back(profile, by=None)
                locked.update(returned_at=at)
    for user in User.objects.filter(is_active=False, tickets__in=Ticket.objects.unsolved()).distinct():
        returned += return_work(user, by=None)
    return returned


def _take_back(profile: AgentProfile, *, by: User | None) -> int:
    reason = _("%(user)s is away.") % {"user": profile.user}
    return return_work(profile.user, by=by, reason=reason, keeps_solved=True)


@transaction.atomic
def save_agent(
    profile: AgentProfile | None = None,
    *,
    by: User,
    user: User,
    takes_tickets: bool,
    cap: int,
    shift: Calendar | None = None,
    skills: Iterable[str] = (),
    languages: Iterable[str] = (),
    absent_from: datetime | None = None,
    absent_until: datetime | None = None,
) -> AgentProfile:
    """Create or change how a person takes part. An end of an absence without its beginning begins it now."""
    is_new = profile is None
    profile = AgentProfile(user=user) if profile is None else AgentProfile.objects.locked().get(pk=profile.pk)
    profile.takes_tickets, profile.cap, profile.shift = takes_tickets, cap, shift
    profile.skills = sorted({skill.strip() for skill in skills if skill.strip()})
    profile.languages = sorted(languages)
    profile.absent_from = absent_from or (timezone.now() if absent_until else None)
    profile.absent_until = absent_until
    profile.full_clean()
    profile.save()
    audit.record("agent.added" if is_new else "agent.changed", profile, by=by)
    return profile


@transaction.atomic
def go_away(profile: AgentProfile, *, by: User, until: datetime | None = None) -> AgentProfile:
    """The agent is away from now on; what they have not solved goes back to the queues."""
    now = timezone.now()
    if until is not None and until <= now:
        raise ValidationError({"until": _("That is over already.")}, code="past")
    profile = AgentProfile.objects.locked().select_related("user").get(pk=profile.pk)
    profile.absent_from, profile.absent_until, profile.returned_at = now, until, now
    profile.save(update_fields=["absent_from", "absent_until", "returned_at"])
    count = _take_back(profile, by=by)
    audit.record("agent.left", profile, by=by, data={"returned": count})
    return profile


@transaction.atomic
def come_back(profile: AgentProfile, *, by: User) -> AgentProfile:
    """The agent is here again, and is given tickets."""
    profile = AgentProfile.objects.locked().get(pk=profile.pk)
    profile.absent_from = profile.absent_until = None
    profile.save(update_fields=["absent_from", "absent_until"])
    audit.record("agent.returned", profile, by=by)
    return profile
