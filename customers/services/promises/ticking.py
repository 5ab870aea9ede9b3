"""What is reached by the clock: warnings, broken promises, and the leads when it takes too long."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.models import Notification, Scope, User
from customers.models import Kind, Policy, Queue, Ticket

AT_ONCE = 20_000


@dataclass
class Ticked:
    """How many promises were warned of, broke, and were told to the leads; tickets raised; people told."""

    warned: int = 0
    broken: int = 0
    escalated: int = 0
    raised: int = 0
    told: int = 0


def tick(at: datetime | None = None, *, at_once: int = AT_ONCE) -> Ticked:
    """Carry out what is due by the clock, each level of each promise once, however often and by how many this runs.

    Set-wise, in transactions of `at_once` promises; promises that somebody else holds just now are left to the next time.
    """
    at = at or timezone.now()
    done = Ticked()
    leads = leads_of()
    while _reach(at, at_once, leads, done):
        pass
    while _raise(at, done):
        pass
    return done


@transaction.atomic
def _reach(at: datetime, most: int, leads: list[tuple[int, int, str]], done: Ticked) -> int:
    """One batch; returns how many levels were reached in it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM customers_reach_levels(%s, %s, %s)", [at, most, json.dumps(leads)])
        rows = cursor.fetchall()
    totals = {what: count for what, person, count, *_rest in rows if person == 0}
    done.warned += totals.get("warn", 0)
    done.broken += totals.get("breach", 0)
    done.escalated += totals.get("escalate", 0)
    done.told += _tell([row for row in rows if row[1] != 0])
    return sum(totals.values())


@transaction.atomic
def _raise(at: datetime, done: Ticked) -> int:
    if not Policy.objects.filter(raises_priority=True).exists():
        return 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT customers_raise_priorities(%s, %s)", [at, _("What was promised was not kept.")])
        raised = int(cursor.fetchone()[0])
    done.raised += raised
    return raised


def _tell(rows: Iterable[tuple[Any, ...]]) -> int:
    """A line in the bell of each person for each level: about the one ticket, or how many there are."""
    rows = list(rows)
    people = User.objects.in_bulk({person for _what, person, *_rest in rows})
    tickets = Ticket.objects.only("number", "subject").in_bulk({row[3] for row in rows if row[2] == 1})
    lines = []
    for what, person, count, ticket, kind, due in rows:
        user = people[person]
        with translation.override(user.language or translation.get_language()):
            if count == 1:
                text, url = _of_one(what, tickets[ticket], kind, due, user), tickets[ticket].get_absolute_url()
            else:
                text, url = _of_many(what, count), f"{reverse('tickets:list')}?promised=soon&sort=promised"
                if what != "warn":
                    url = f"{reverse('tickets:list')}?promised=overdue&sort=promised"
        lines.append(Notification(user=user, text=text[:300], url=url))
    Notification.objects.bulk_create(lines)
    return len(lines)


def _of_one(what: str, ticket: Ticket, kind: str, due: datetime, user: User) -> str:
    facts = {
        "number": ticket.number,
        "kind": Kind(kind).label,
        "subject": ticket.subject,
        "time": f"{timezone.localtime(due, ZoneInfo(user.timezone) if user.timezone else None):%H:%M}",
    }
    if what == "warn":
        return _("%(number)s: %(kind)s due at %(time)s. %(subject)s") % facts
    if what == "breach":
        return _("%(number)s: %(kind)s was due at %(time)s. %(subject)s") % facts
    return _("%(number)s: %(kind)s is long overdue, since %(time)s. %(subject)s") % facts


def _of_many(what: str, count: int) -> str:
    if what == "warn":
        text = ngettext("%(count)s ticket is due soon.", "%(count)s tickets are due soon.", count)
    elif what == "breach":
        text = ngettext("%(count)s ticket is overdue.", "%(count)s tickets are overdue.", count)
    else:
        text = ngettext("%(count)s ticket is long overdue.", "%(count)s tickets are long overdue.", count)
    return text % {"count": count}


def leads_of() -> list[tuple[int, int, str]]:
    """Who leads which queue: (queue, person, name) of everybody active who may give its tickets to others."""
    granted = {"codename": "assign_ticket", "content_type__app_label": "customers"}
    by_group = Q(**{f"groups__permissions__{name}": value for name, value in granted.items()})
    by_user = Q(**{f"user_permissions__{name}": value for name, value in granted.items()})
    able = User.objects.active().filter(by_group | by_user).distinct()
    found = []
    for queue in Queue.objects.all():
        confined = Scope.objects.filter(user=OuterRef("pk"), kind=Scope.Kind.QUEUE)
        here = able.filter(~Exists(confined) | Exists(confined.filter(value=queue.slug)))
        found += [(queue.pk, person.pk, str(person)) for person in here]
    return found
