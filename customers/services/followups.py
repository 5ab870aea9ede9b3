"""The verbs of follow-ups: planned for one customer or many, ended with an outcome, tried again."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice import audit
from backoffice.models import User
from backoffice.people import notify
from customers.models import Customer, FollowUp, FollowUpStatus, Ticket
from customers.services.customers import must_be_open

MOST_DAYS = 3650


@transaction.atomic
def plan_follow_ups(
    customers: Sequence[Customer],
    *,
    what: str,
    due_on: date,
    by: User | None,
    assignee: User | None = None,
    ticket: Ticket | None = None,
) -> list[FollowUp]:
    """Plan the same for every customer; who has it planned already, in these words, keeps what there is.

    Without an assignee it is for the owner of each customer, else for whoever plans it.
    """
    what = " ".join(what.split())
    if not what:
        raise ValidationError({"what": _("Say what is to be done.")})
    rows = list(Customer.objects.locked().filter(pk__in=[one.pk for one in customers]).select_related("owner"))
    for customer in rows:
        must_be_open(customer)
    planned = FollowUp.objects.open().filter(customer__in=rows, what__iexact=what)
    there = set(planned.values_list("customer", flat=True))
    made = FollowUp.objects.bulk_create(
        FollowUp(
            customer=customer,
            ticket=ticket,
            what=what,
            due_on=due_on,
            assignee=assignee or _active(customer.owner) or by,
            created_by=by,
        )
        for customer in rows
        if customer.pk not in there
    )
    audit.record_many("customer.follow_up_planned", [one.customer for one in made], by=by)
    return made


def follow_up_today(customers: Sequence[Customer], *, by: User) -> list[FollowUp]:
    """Get in touch with every customer today: what one click plans."""
    return plan_follow_ups(customers, what=_("Get in touch"), due_on=timezone.localdate(), by=by)


def _active(user: User | None) -> User | None:
    return user if user is not None and user.is_active else None


def plan_follow_up(customer: Customer, *, by: User | None, **fields: Any) -> FollowUp:
    """Plan one; refused where the customer has it planned already."""
    made = plan_follow_ups([customer], by=by, **fields)
    if not made:
        raise ValidationError({"what": _("This is planned for the customer already.")}, code="planned")
    return made[0]


@transaction.atomic
def change_follow_up(follow_up: FollowUp, *, what: str, due_on: date, assignee: User | None, by: User) -> FollowUp:
    """Change an open one. With another day or another assignee it is reminded of anew."""
    follow_up = _open(follow_up)
    if (follow_up.due_on, follow_up.assignee) != (due_on, assignee):
        follow_up.reminded_at = None
    follow_up.what, follow_up.due_on, follow_up.assignee = " ".join(what.split()), due_on, assignee
    follow_up.full_clean(exclude=["customer"])
    follow_up.save()
    audit.record("customer.follow_up_changed", follow_up.customer, by=by)
    return follow_up


@transaction.atomic
def complete_follow_up(follow_up: FollowUp, *, outcome: str, again_in: int | None = None, by: User) -> FollowUp:
    """End it with what came of it; `again_in` days later the same is to be tried again."""
    follow_up = _open(follow_up)
    if not outcome.strip():
        raise ValidationError({"outcome": _("Say what came of it.")})
    if again_in is not None and not 1 <= again_in <= MOST_DAYS:
        raise ValidationError({"again_in": _("Give a number of days between 1 and %(most)s.") % {"most": MOST_DAYS}})
    _end(follow_up, FollowUpStatus.DONE, outcome)
    if again_in is not None:
        FollowUp.objects.create(
            customer=follow_up.customer,
            ticket=follow_up.ticket,
            what=follow_up.what,
            due_on=timezone.localdate() + timedelta(days=again_in),
            assignee=follow_up.assignee or by,
            after=follow_up,
            created_by=by,
        )
    audit.record("customer.followed_up", follow_up.customer, by=by)
    return follow_up


@transaction.atomic
def cancel_follow_up(follow_up: FollowUp, *, reason: str = "", by: User) -> FollowUp:
    """It is not to be done any more."""
    follow_up = _open(follow_up)
    _end(follow_up, FollowUpStatus.CANCELED, reason)
    audit.record("customer.follow_up_canceled", follow_up.customer, by=by)
    return follow_up


def _open(follow_up: FollowUp) -> FollowUp:
    """The row, locked. Raises ValidationError when it has ended."""
    follow_up = FollowUp.objects.locked().select_related("customer", "assignee", "ticket").get(pk=follow_up.pk)
    if follow_up.status != FollowUpStatus.OPEN:
        raise ValidationError(_("This follow-up has ended already."), code="ended")
    return follow_up


def _end(follow_up: FollowUp, status: str, outcome: str) -> None:
    follow_up.must_become(status)
    follow_up.status, follow_up.outcome, follow_up.ended_at = status, outcome.strip()[:500], timezone.now()
    follow_up.save(update_fields=["status", "outcome", "ended_at"])


@transaction.atomic
def remind_of_follow_ups() -> int:
    """Tell each assignee once of what has become due; how many people were told."""
    due = FollowUp.objects.due().filter(reminded_at=None, customer__merged_into=None).exclude(assignee=None)
    rows = due.filter(assignee__is_active=True).locked().select_related("assignee")
    of: dict[User, list[int]] = {}
    for follow_up in rows:
        of.setdefault(follow_up.assignee, []).append(follow_up.pk)
    for person, keys in of.items():
        with translation.override(person.language or None):
            sentence = ngettext("%(count)s follow-up is due.", "%(count)s follow-ups are due.", len(keys))
            notify(person, sentence % {"count": len(keys)}, f"{reverse('followups:list')}?assignee=me&due=due")
        FollowUp.objects.filter(pk__in=keys).update(reminded_at=timezone.now())
    return len(of)


@transaction.atomic
def hand_back_follow_ups(user: User, *, by: User) -> int:
    """Open follow-ups of somebody who leaves are nobody's until somebody takes them."""
    return FollowUp.objects.open().filter(assignee=user).update(assignee=None, reminded_at=None)
