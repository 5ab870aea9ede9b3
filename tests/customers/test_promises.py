"""Promises follow tickets, and the clock reaches each level once."""

from datetime import timedelta

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.models import Notification, Scope, User
from customers import services
from customers.models import Policy, PromiseCycle, PromiseEvent, Ticket, TicketEvent
from customers.services import promises
from customers.services.calendars import elapsed, hours_of
from customers.verification import mend_promises, ticket_promises
from tests.backoffice.test_import_tables import bring
from tests.factories import make_calendar, make_customer, make_policy, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)


def promise(ticket, kind, cycle=1):
    return PromiseCycle.objects.get(ticket=ticket, kind=kind, cycle=cycle)


def events(ticket, kind="resolution"):
    rows = PromiseEvent.objects.filter(promise__ticket=ticket, promise__kind=kind).order_by("pk")
    return list(rows.values_list("promise__cycle", "what"))


def test_a_new_ticket_is_promised_a_first_reply_and_a_resolution(agent):
    make_policy("Gold", targets=(60, 120, 480))

    ticket = make_ticket()

    first, resolution = promise(ticket, "first_reply"), promise(ticket, "resolution")
    ticket.refresh_from_db()
    assert (first.due_at - first.started_at, resolution.due_at - resolution.started_at) == (HOUR, 8 * HOUR)
    assert first.warn_at - first.started_at == 48 * MINUTE
    assert first.escalate_at - first.started_at == 90 * MINUTE
    assert ticket.promised_at == first.due_at


def test_without_a_policy_nothing_is_promised():
    ticket = make_ticket()

    ticket.refresh_from_db()
    assert ticket.promised_at is None
    assert not PromiseCycle.objects.exists()


def test_an_answer_keeps_the_promise_and_the_next_question_begins_another(agent):
    make_policy()
    ticket = make_ticket()

    services.reply(ticket, body="Soon.", by=agent)
    services.customer_replies(ticket, body="When?")
    services.customer_replies(ticket, body="Hello?")

    assert events(ticket, "first_reply") == [(1, "activate"), (1, "fulfil")]
    assert events(ticket, "next_reply") == [(1, "activate")]
    services.reply(ticket, body="Tomorrow.", by=agent, status="solved")
    assert events(ticket, "next_reply") == [(1, "activate"), (1, "fulfil")]
    assert events(ticket) == [(1, "activate"), (1, "fulfil")]
    ticket.refresh_from_db()
    assert ticket.promised_at is None


def test_while_the_ticket_waits_for_the_customer_the_clock_stands_still(agent):
    make_policy(targets=(60, 120, 480))
    ticket = make_ticket()
    start = promise(ticket, "resolution").started_at
    Ticket.objects.filter(pk=ticket.pk).update(status="pending")
    promises.follow([ticket.pk], at=start + HOUR)
    waiting = promise(ticket, "resolution")

    Ticket.objects.filter(pk=ticket.pk).update(status="open")
    promises.follow([ticket.pk], at=start + 10 * HOUR)

    running = promise(ticket, "resolution")
    assert (waiting.state, waiting.due_at, waiting.used) == ("paused", None, 3600)
    assert (running.state, running.due_at - start, running.paused) == ("running", 17 * HOUR, 9 * 3600)
    assert events(ticket) == [(1, "activate"), (1, "pause"), (1, "resume")]


def test_following_twice_changes_nothing():
    make_policy()
    ticket = make_ticket()
    before = list(PromiseCycle.objects.values()), list(PromiseEvent.objects.values())

    promises.follow([ticket.pk])

    assert (list(PromiseCycle.objects.values()), list(PromiseEvent.objects.values())) == before


def test_a_solved_ticket_that_is_opened_again_is_promised_anew(agent):
    make_policy()
    ticket = make_ticket()
    services.set_status(ticket, status="solved", by=agent)

    services.customer_replies(ticket, body="It broke again.")

    assert events(ticket) == [(1, "activate"), (1, "fulfil"), (2, "activate")]
    assert events(ticket, "first_reply") == [(1, "activate"), (1, "end"), (2, "activate")]


def test_the_policy_with_the_lowest_position_whose_conditions_hold_counts():
    gold = make_customer("Gold Ltd", price_group="GOLD")
    make_queue("returns")
    rest = make_policy("Rest", position=90)
    group = make_policy("Group", position=10, price_group="GOLD")
    urgent = make_policy("Urgent", position=20, priorities=[4])
    queue = make_policy("Returns", position=30, queue=make_queue("returns"))
    mail = make_policy("Staff", position=40, channel="staff")
    tag = make_policy("Tag", position=50, tag="vip")
    tickets = [
        make_ticket(),
        make_ticket(customer=gold, priority=4),
        make_ticket(priority=4, queue="returns"),
        make_ticket(queue="returns"),
        make_ticket(channel="staff"),
        make_ticket(customer=make_customer("V", tags=["vip"])),
    ]

    assert [promise(one, "resolution").policy for one in tickets] == [rest, group, urgent, queue, mail, tag]


@pytest.mark.parametrize(
    ("on_change", "cycles"),
    [
        ("keep", [(1, 2, "running", 480)]),
        ("recount", [(1, 2, "replaced", 480), (2, 3, "running", 60)]),
        ("restart", [(1, 2, "replaced", 480), (2, 3, "running", 240)]),
    ],
)
def test_another_priority_is_what_the_policy_says(agent, on_change, cycles):
    policy = make_policy(targets=(None, None, 480), on_change=on_change)
    policy.targets.filter(priority=3).update(resolution=240)
    ticket = make_ticket()
    start = promise(ticket, "resolution").started_at
    Ticket.objects.filter(pk=ticket.pk).update(priority=3)

    promises.follow([ticket.pk], at=start + 3 * HOUR)

    rows = PromiseCycle.objects.filter(ticket=ticket).order_by("cycle")
    asked = start + 3 * HOUR
    found = [
        (one.cycle, one.priority, one.state, (one.due_at - (start if one.cycle == 1 else asked)) // MINUTE)
        for one in rows
    ]
    assert found == cycles


def test_a_policy_that_changes_leaves_what_was_promised(agent):
    policy = make_policy(targets=(60, None, 480))
    ticket = make_ticket()
    policy.targets.update(resolution=10)

    services.set_ticket_tags(ticket, tags=["x"], by=agent)

    assert promise(ticket, "resolution").target == 480 * 60


def test_each_level_is_reached_once_and_told_to_whom_it_concerns(agent, lead):
    make_policy(targets=(60, None, None))
    ticket = make_ticket()
    services.take(ticket, by=agent)
    start = promise(ticket, "first_reply").started_at

    early = promises.tick(start + 30 * MINUTE)
    warned = promises.tick(start + 50 * MINUTE)
    again = promises.tick(start + 50 * MINUTE)
    late = promises.tick(start + 5 * HOUR)

    assert [(t.warned, t.broken, t.escalated) for t in (early, warned, again, late)] == [
        (0, 0, 0),
        (1, 0, 0),
        (0, 0, 0),
        (0, 1, 1),
    ]
    rows = PromiseEvent.objects.exclude(told=[]).values_list("what", "at", "told")
    assert [(what, at - start, told) for what, at, told in rows] == [
        ("warn", 48 * MINUTE, ["Anna Agent"]),
        ("breach", HOUR, ["Anna Agent"]),
        ("escalate", 90 * MINUTE, ["Anna Agent", "Lea Lead"]),
    ]
    assert Notification.objects.filter(user=agent).count() == 3
    told = Notification.objects.get(user=lead)
    assert ticket.number in told.text
    assert told.url == ticket.get_absolute_url()


def test_who_watches_a_ticket_is_told_that_its_promise_is_broken_and_of_nothing_else(agent, lead):
    make_policy(targets=(60, None, None))
    ticket, unassigned = make_ticket(), make_ticket()
    services.take(ticket, by=agent)
    watcher, elsewhere, gone = (make_user("support_agent", name=name) for name in ("Wu", "Vip", "Gone"))
    Scope.objects.create(user=elsewhere, kind="queue", value="vip")
    User.objects.filter(pk=gone.pk).update(is_active=False)
    for one in (agent, watcher, elsewhere, gone):
        services.watch(ticket, by=one)
    services.watch(unassigned, by=lead)

    promises.tick(promise(ticket, "first_reply").started_at + 5 * HOUR)

    rows = PromiseEvent.objects.filter(promise__ticket=ticket).exclude(told=[]).values_list("what", "told")
    assert list(rows) == [
        ("warn", ["Anna Agent"]),
        ("breach", ["Anna Agent", "Wu"]),
        ("escalate", ["Anna Agent", "Lea Lead"]),
    ]
    assert PromiseEvent.objects.get(promise__ticket=unassigned, what="breach").told == ["Lea Lead"]
    [told] = Notification.objects.filter(user=watcher)
    assert told.text.startswith(f"{ticket.number}: ")


def test_of_many_tickets_a_person_gets_one_line():
    lead = make_user("support_lead", name="Lea Lead")
    make_policy(targets=(60, None, None))
    for _each in range(3):
        make_ticket()

    promises.tick(timezone.now() + 50 * MINUTE)

    assert list(Notification.objects.filter(user=lead).values_list("text", flat=True)) == ["3 tickets are due soon."]


def test_the_priority_is_raised_once_where_the_policy_says_so(agent):
    make_policy(targets=(60, None, None), raises_priority=True)
    ticket = make_ticket()
    late = timezone.now() + 2 * HOUR

    raised = promises.tick(late).raised, promises.tick(late).raised

    ticket.refresh_from_db()
    assert (raised, ticket.priority) == ((1, 0), 3)
    event = TicketEvent.objects.filter(ticket=ticket, field="priority").last()
    assert (event.old, event.new, event.reason) == ("2", "3", "What was promised was not kept.")


def test_the_database_lets_no_level_be_reached_twice_and_no_event_be_changed():
    make_policy(targets=(60, None, None))
    ticket = make_ticket()
    promises.tick(timezone.now() + 50 * MINUTE)
    PromiseCycle.objects.filter(ticket=ticket).update(level=0, next_at=timezone.now())

    again = promises.tick(timezone.now() + 50 * MINUTE)

    assert (again.warned, again.told) == (0, 0)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    targets=st.lists(st.integers(1, 300), min_size=1, max_size=4, unique=True),
    moments=st.lists(st.integers(0, 900), min_size=1, max_size=3),
)
def test_set_wise_is_the_same_as_one_by_one(targets, moments):
    start, calendar = timezone.now(), make_calendar()
    tags = [f"within {minutes}" for minutes in targets]
    for tag, minutes in zip(tags, targets, strict=True):
        make_policy(targets=(minutes, None, minutes * 2), tag=tag, calendar=calendar, position=1)
    reached = []
    for at_once in (1, 20_000):
        tickets = [make_ticket(tags=[tag]) for tag in tags]
        for moment in sorted(moments):
            promises.tick(start + moment * MINUTE, at_once=at_once)
        rows = PromiseCycle.objects.filter(ticket__in=tickets).order_by("pk")
        reached.append([(one.kind, one.level, one.target, one.events.count()) for one in rows])
    Policy.objects.update(is_active=False)

    assert reached[0] == reached[1]


def test_what_a_ticket_tells_is_proven_and_mended(agent):
    make_policy()
    ticket = make_ticket()
    due = promise(ticket, "first_reply").due_at
    right = ticket_promises().wrong
    Ticket.objects.filter(pk=ticket.pk).update(promised_at=None)

    wrong = ticket_promises().wrong
    mend_promises(agent)

    ticket.refresh_from_db()
    assert (right, wrong, ticket.promised_at) == (0, 1, due)


STATUSES = st.sampled_from(["open", "pending", "on_hold"])
WEEK = {day: [(9 * 60, 12 * 60 + 30), (13 * 60, 17 * 60)] for day in range(5)} | {5: [(600, 720)], 6: []}


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.lists(st.tuples(st.integers(1, 2000), STATUSES), min_size=1, max_size=6),
    zone=st.sampled_from(["Europe/Berlin", "America/New_York", "UTC"]),
)
def test_what_is_used_is_the_running_time_within_business_hours(changes, zone):
    """Against the sum over each stretch, reckoned by the calendar in memory."""
    calendar = make_calendar(zone=zone, week=WEEK)
    policy = make_policy(position=1, targets=(None, None, 3000), calendar=calendar)
    hours = hours_of(calendar)
    ticket = make_ticket()
    at = promise(ticket, "resolution").started_at
    used, paused, status = 0.0, 0.0, "new"
    for minutes, wanted in changes:
        passed = elapsed(at, at + minutes * MINUTE, hours)
        at += minutes * MINUTE
        running = status in ("new", "open")
        used, paused = (used + passed, paused) if running else (used, paused + passed)
        if status != wanted:
            Ticket.objects.filter(pk=ticket.pk).update(status=wanted)
        promises.follow([ticket.pk], at=at)
        status = wanted

    stored = promise(ticket, "resolution")
    total = stored.used + (elapsed(stored.resumed_at, at, hours) if stored.resumed_at else 0)
    still = stored.paused + (elapsed(stored.paused_at, at, hours) if stored.paused_at else 0)
    assert (abs(total - used) <= len(changes), abs(still - paused) <= len(changes)) == (True, True)
    policy.is_active = False
    policy.save(update_fields=["is_active"])


def test_a_file_that_sets_another_status_stops_the_clock(tmp_path):
    make_policy()
    ticket = make_ticket()

    bring(tmp_path, "tickets", f"Number,Subject,Status\n{ticket.number},{ticket.subject},pending\n")

    ticket.refresh_from_db()
    assert (promise(ticket, "resolution").state, ticket.promised_at) == ("paused", None)
    bring(tmp_path, "tickets", "Subject,Description,Requester\nFrom elsewhere,Long ago,Jane\n")
    assert PromiseCycle.objects.exclude(ticket=ticket).count() == 0
