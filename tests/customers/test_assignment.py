"""Tickets that nobody has are given to those who are there, able and not full."""

import threading
import time
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.utils import timezone

from backoffice import people
from customers import services
from customers.models import AgentProfile, Queue, Ticket, TicketEvent
from customers.services import assignment
from customers.verification import ticket_states
from tests.factories import make_agent, make_calendar, make_queue, make_ticket, make_user


def automatic(way="round_robin", slug="support"):
    queue = make_queue(slug)
    Queue.objects.filter(pk=queue.pk).update(assignment=way)
    queue.refresh_from_db()
    return queue


def names(tickets):
    rows = Ticket.objects.filter(pk__in=[one.pk for one in tickets]).select_related("assignee").order_by("pk")
    return [one.assignee.name if one.assignee else "" for one in rows]


def agent_named(name, **fields):
    return make_agent(make_user("support_agent", name=name), **fields)


@pytest.mark.django_db
def test_agents_get_tickets_in_turn_and_none_beyond_their_cap():
    agent_named("Ann", cap=1)
    agent_named("Bea", cap=5)
    queue = automatic()
    tickets = [make_ticket() for _each in range(3)]

    given = assignment.assign_waiting(queue)

    assert (given, names(tickets)) == (3, ["Ann", "Bea", "Bea"])
    event = TicketEvent.objects.get(ticket=tickets[0], field="assignee")
    assert (event.new, event.actor, event.reason) == (
        str(Ticket.objects.get(pk=tickets[0].pk).assignee_id),
        None,
        "agents in turn",
    )
    assert ticket_states().wrong == 0


@pytest.mark.django_db
def test_who_had_a_ticket_last_waits_for_the_others():
    agent_named("Ann")
    agent_named("Bea")
    queue = automatic()
    tickets = []
    for _each in range(3):
        tickets.append(make_ticket())
        assignment.assign_waiting(queue)

    assert names(tickets) == ["Ann", "Bea", "Ann"]


@pytest.mark.django_db
def test_the_least_busy_gets_the_next():
    busy, free = agent_named("Ann"), agent_named("Bea")
    for _each in range(2):
        make_ticket(assignee=busy.user)
    queue = automatic("least_busy")
    tickets = [make_ticket() for _each in range(3)]

    assignment.assign_waiting(queue)

    assert names(tickets) == ["Bea", "Bea", "Ann"]
    assert free.user.tickets.count() == 2


@pytest.mark.django_db
def test_the_most_urgent_is_given_first():
    agent_named("Ann", cap=1)
    queue = automatic()
    tickets = [make_ticket(), make_ticket(priority=4)]

    assignment.assign_waiting(queue)

    assert names(tickets) == ["", "Ann"]


@pytest.mark.django_db
def test_who_is_away_off_shift_unskilled_or_of_another_queue_gets_nothing():
    now = timezone.now()
    closed = make_calendar(week={(now.weekday() + 2) % 7: [(0, 60)]})
    agent_named("Away", absent_from=now - timedelta(hours=1))
    agent_named("Gone", takes_tickets=False)
    agent_named("Night", shift=closed)
    agent_named("German", languages=["de"])
    make_agent(make_user("support_agent", name="Else", queues=("other",)))
    make_agent(make_user("order_clerk", name="Clerk"))
    queue = automatic()
    ticket = make_ticket()

    assert assignment.assign_waiting(queue) == 0
    agent_named("Here", shift=make_calendar(), skills=["returns"])
    plain, special = make_ticket(), make_ticket(tags=["returns", "x"])
    agent_named("Other")

    assignment.assign_waiting(queue)

    assert names([ticket, plain]) == ["Here", "Other"]
    assert names([special]) == ["Here"]


@pytest.mark.django_db
def test_a_queue_by_hand_is_left_alone():
    agent_named("Ann")
    make_ticket()

    assert assignment.assign_all() == assignment.Assigned()


@pytest.mark.django_db
def test_work_of_who_goes_away_is_given_to_others(lead):
    ann = agent_named("Ann")
    automatic()
    open_one, solved = make_ticket(assignee=ann.user), make_ticket(assignee=ann.user)
    services.set_status(solved, status="solved", by=lead)
    bea = agent_named("Bea")

    assignment.go_away(ann, by=lead, until=timezone.now() + timedelta(days=2))
    done = assignment.assign_all()

    assert (done.given, names([open_one, solved])) == (1, ["Bea", "Ann"])
    assignment.come_back(ann, by=lead)
    assert not AgentProfile.objects.absent().exists()
    assert bea.user.tickets.count() == 1


@pytest.mark.django_db
def test_an_absence_that_was_planned_returns_the_work_once_when_it_begins(lead):
    later = timezone.now() + timedelta(hours=1)
    ann = agent_named("Ann", absent_from=later)
    ticket = make_ticket(assignee=ann.user)

    early, first = assignment.return_of_absent(), assignment.return_of_absent(later)
    services.assign(ticket, to=ann.user, by=lead)
    second = assignment.return_of_absent(later + timedelta(minutes=5))

    assert (early, first, second) == (0, 1, 0)


@pytest.mark.django_db
def test_who_left_the_shop_keeps_nothing(lead):
    ann = agent_named("Ann")
    ticket = make_ticket(assignee=ann.user)

    people.deactivate(ann.user, by=make_user())

    ticket.refresh_from_db()
    assert ticket.assignee is None
    assert assignment.return_of_absent() == 0


@pytest.mark.django_db
def test_nobody_comes_back_before_they_left(lead):
    with pytest.raises(ValidationError, match="That is over already"):
        assignment.go_away(agent_named("Ann"), by=lead, until=timezone.now() - timedelta(hours=1))


@pytest.mark.django_db(transaction=True)
def test_sixteen_assigners_at_once_give_no_ticket_twice_and_keep_every_cap():
    caps = [3, 5, 7, 9, 11]
    agents = [agent_named(f"Agent {cap}", cap=cap) for cap in caps]
    queue = automatic("least_busy")
    for number in range(60):
        make_ticket(f"Ticket {number}", channel="staff", requester_email="")
    until, given, errors = time.monotonic() + 3, [], []

    def work():
        try:
            while time.monotonic() < until:
                given.append(assignment.assign_waiting(queue, at_once=2))
        except Exception as error:
            errors.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _each in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    while count := assignment.assign_waiting(queue):  # what a busy machine did not get to
        given.append(count)
    assert sum(given) == sum(caps)
    assert [agent.user.tickets.count() for agent in agents] == caps
    assigned = TicketEvent.objects.filter(field="assignee")
    assert assigned.count() == assigned.values("ticket").distinct().count() == sum(caps)
