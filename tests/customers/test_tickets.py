"""Tickets: transitions, the handling record, who gets which."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, InternalError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from backoffice import people
from backoffice.errors import IllegalTransition
from customers import services
from customers.apps import create_default_queue
from customers.models import TICKET_TRANSITIONS, Message, Queue, Ticket, TicketEvent, TicketStatus
from customers.services.tickets import TRACKED, as_stored
from tests.factories import make_customer, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db


def replay(ticket):
    """The state that the events alone tell; each event must begin where the one before ended."""
    state = dict.fromkeys(TRACKED, "")
    for event in ticket.events.filter(field__in=TRACKED).order_by("pk"):
        assert state[event.field] == event.old
        state[event.field] = event.new
    return state


def present(ticket):
    ticket = Ticket.objects.select_related("assignee", "queue", "merged_into").get(pk=ticket.pk)
    return {name: as_stored(getattr(ticket, name)) for name in TRACKED}


def in_status(status):
    """A ticket that came to `status` the short way."""
    ticket = make_ticket()
    way = {"solved": ["solved"], "closed": ["solved", "closed"], "merged": ["merged"]}.get(status, [status])
    for step in way:
        if step != "new":
            into = make_ticket() if step == "merged" else None
            Ticket.objects.filter(pk=ticket.pk).update(status=step, merged_into=into)
    ticket.refresh_from_db()
    return ticket


@pytest.mark.parametrize("start", TicketStatus.values)
@pytest.mark.parametrize("end", TicketStatus.values)
def test_the_service_follows_the_table(start, end):
    ticket, by = in_status(start), make_user("support_agent")
    legal = end in TICKET_TRANSITIONS.get(start, ()) and end != TicketStatus.MERGED

    if legal:
        assert services.set_status(ticket, status=end, by=by).status == end
    else:
        with pytest.raises(IllegalTransition):
            services.set_status(ticket, status=end, by=by)


def test_the_database_follows_the_table_too():
    ticket = in_status("closed")

    with pytest.raises((IntegrityError, InternalError), match="closed and cannot become open"), transaction.atomic():
        Ticket.objects.filter(pk=ticket.pk).update(status="open")


def test_opening_writes_the_first_state():
    agent = make_user("support_agent")
    ticket = make_ticket(assignee=agent, priority=3)

    told = {"status": "new", "assignee": str(agent.pk), "queue": "support", "priority": "3"}
    assert replay(ticket) == {**told, "subject": "Where is my parcel?", "tags": "", "due_on": "", "merged_into": ""}
    assert ticket.messages.get().kind == Message.Kind.CUSTOMER


def test_a_reply_opens_a_new_ticket():
    ticket, by = make_ticket(), make_user("support_agent")
    services.reply(ticket, body="We look into it.", by=by)

    ticket.refresh_from_db()
    assert ticket.status == "open"


def test_a_reply_may_end_the_ticket():
    ticket, by = make_ticket(), make_user("support_agent")
    services.reply(ticket, body="Done.", by=by, status="solved")

    ticket.refresh_from_db()
    assert (ticket.status, ticket.solved_at is not None) == ("solved", True)


@pytest.mark.parametrize(
    ("before", "after"),
    [("new", "new"), ("open", "open"), ("pending", "open"), ("on_hold", "on_hold"), ("solved", "open")],
)
def test_an_answer_of_the_customer_opens_what_waited(before, after):
    ticket = in_status(before)
    services.customer_replies(ticket, body="Still nothing.")

    ticket.refresh_from_db()
    assert ticket.status == after
    assert ticket.solved_at is None


@pytest.mark.parametrize("status", ["closed", "spam", "merged"])
def test_an_ended_ticket_takes_no_messages(status):
    ticket = in_status(status)

    with pytest.raises(services.TicketClosed):
        services.customer_replies(ticket, body="Hello?")
    with pytest.raises(services.TicketClosed):
        services.reply(ticket, body="Hello.", by=make_user("support_agent"))
    assert ticket.messages.count() == 1


def test_a_reply_is_refused_when_the_thread_went_on():
    ticket, by = make_ticket(), make_user("support_agent")
    seen = ticket.messages.get().pk
    later = services.customer_replies(ticket, body="It came!")

    with pytest.raises(services.ThreadMoved) as refused:
        services.reply(ticket, body="Sorry.", by=by, last_message_id=seen)

    assert refused.value.newer == [later]
    assert ticket.messages.count() == 2
    services.reply(ticket, body="Good.", by=by, last_message_id=later.pk)


def test_an_empty_message_is_refused():
    with pytest.raises(ValidationError, match="Write something first"):
        services.reply(make_ticket(), body=" \x00\n ", by=make_user("support_agent"))


def test_a_taken_ticket_names_who_has_it():
    ticket, anna, ben = make_ticket(), make_user("support_agent", name="Anna"), make_user("support_agent")
    services.take(ticket, by=anna)
    services.take(ticket, by=anna)

    with pytest.raises(services.AlreadyTaken, match="was taken by Anna already"):
        services.take(ticket, by=ben)
    assert ticket.events.filter(field="assignee").count() == 1


@pytest.mark.parametrize("who", ["inactive", "other queue", "other role"])
def test_only_those_who_work_there_are_assigned(who):
    make_queue("vip")
    users = {
        "inactive": lambda: make_user("support_agent", is_active=False),
        "other queue": lambda: make_user("support_agent", queues=("vip",)),
        "other role": lambda: make_user("analyst"),
    }
    user, ticket = users[who](), make_ticket()

    with pytest.raises(services.CannotTake, match="cannot work on tickets of the queue Support"):
        services.assign(ticket, to=user, by=make_user("support_lead"))
    assert user not in services.assignable(ticket.queue)


def test_assignable_are_those_of_the_queue_and_those_of_all():
    make_queue("vip")
    everywhere, there = make_user("support_agent"), make_user("support_agent", queues=("vip",))
    make_user("support_agent", queues=("support",))
    make_user("analyst")

    assert set(services.assignable(make_queue("vip"))) == {everywhere, there}


def test_moving_takes_the_ticket_from_who_does_not_work_there():
    make_queue("vip")
    agent, lead = make_user("support_agent", queues=("support",)), make_user("support_lead")
    ticket = make_ticket(assignee=agent)

    services.move_to_queue(ticket, queue=make_queue("vip"), by=lead)

    assert present(ticket) == {**replay(ticket), "queue": "vip", "assignee": ""}


def test_work_returns_when_somebody_leaves():
    leaver, other, lead = make_user("support_agent"), make_user("support_agent"), make_user("support_lead")
    open_one, solved, closed = (make_ticket(assignee=leaver) for _ in range(3))
    kept = make_ticket(assignee=other)
    for ticket, steps in ((solved, ["solved"]), (closed, ["solved", "closed"])):
        for step in steps:
            services.set_status(ticket, status=step, by=lead)

    assert services.return_work(leaver, by=lead) == 2

    assert set(Ticket.objects.filter(assignee=None)) == {open_one, solved}
    assert present(open_one) == replay(open_one)
    assert open_one.events.last().reason == f"{leaver} no longer works here."
    assert Ticket.objects.get(pk=kept.pk).assignee == other


def test_events_are_never_changed():
    make_ticket()

    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        TicketEvent.objects.update(new="closed")
    with pytest.raises(Exception, match="append-only"), transaction.atomic():
        TicketEvent.objects.all().delete()


def test_a_ticket_of_a_customer_knows_where_to_write():
    jane = make_customer("Jane Doe", email="jane@example.com", language="zh-hans")
    ticket = make_ticket(customer=jane, requester_name="", requester_email="", channel="staff")

    assert (ticket.requester_name, ticket.requester_email, ticket.language) == (
        "Jane Doe",
        "jane@example.com",
        "zh-hans",
    )


def test_without_a_default_queue_the_oldest_takes_what_comes():
    queue = make_queue("support")
    Queue.objects.update(is_default=False)
    ticket = services.open_ticket(subject="Hello", body="Hello.", by=None)
    assert ticket.queue == queue

    Queue.objects.update(is_active=False)
    with pytest.raises(ValidationError, match="No ticket queue is in use"):
        services.open_ticket(subject="Hello", body="Hello.", by=None)


def test_migrating_makes_the_first_queue_and_no_second():
    Queue.objects.all().delete()
    for _ in range(2):
        create_default_queue(apps.get_app_config("customers"), using="default")
    assert list(Queue.objects.values_list("slug", "is_default")) == [("support", True)]


def test_a_subject_is_one_line():
    assert make_ticket("Hello\r\nBcc: all@example.com").subject == "Hello Bcc: all@example.com"


def test_visible_in_scope_only():
    make_queue("vip")
    here, there = make_ticket(), make_ticket(queue="vip")
    agent = make_user("support_agent", queues=("vip",))

    assert list(Ticket.objects.visible_to(agent)) == [there]
    assert set(Message.objects.visible_to(agent).values_list("ticket", flat=True)) == {there.pk}
    assert set(TicketEvent.objects.visible_to(agent).values_list("ticket", flat=True)) == {there.pk}
    assert set(Ticket.objects.visible_to(make_user("support_agent"))) == {here, there}


@pytest.mark.django_db(transaction=True)
def test_of_sixteen_takers_one_gets_the_ticket():
    make_queue("support")
    ticket = make_ticket()
    agents = [make_user("support_agent") for _ in range(16)]

    def take(agent):
        try:
            services.take(ticket, by=agent)
            return agent.pk
        except services.AlreadyTaken:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(16) as pool:
        winners = [pk for pk in pool.map(take, agents) if pk]

    ticket.refresh_from_db()
    assert winners == [ticket.assignee_id]
    assert ticket.events.filter(field="assignee").count() == 1


class TicketLife(RuleBasedStateMachine):
    """Whatever is done to a ticket, its events alone give its state."""

    @initialize()
    def begin(self):
        self.lead = make_user("support_lead")
        self.agents = [make_user("support_agent"), make_user("support_agent", queues=("vip",)), self.lead]
        self.queues = [make_queue("support"), make_queue("vip")]
        self.ticket = make_ticket()

    def attempt(self, service, **kwargs):
        try:
            with transaction.atomic():
                service(self.ticket, **kwargs)
        except ValidationError:
            pass

    @rule(status=st.sampled_from(TicketStatus.values))
    def status(self, status):
        self.attempt(services.set_status, status=status, by=self.lead)

    @rule(index=st.integers(0, 2))
    def assign(self, index):
        self.attempt(services.assign, to=self.agents[index], by=self.lead)

    @rule(index=st.integers(0, 2))
    def take(self, index):
        self.attempt(services.take, by=self.agents[index])

    @rule()
    def unassign(self):
        self.attempt(services.unassign, by=self.lead)

    @rule(index=st.integers(0, 1))
    def move(self, index):
        self.attempt(services.move_to_queue, queue=self.queues[index], by=self.lead)

    @rule(priority=st.integers(1, 4))
    def priority(self, priority):
        self.attempt(services.set_priority, priority=priority, by=self.lead)

    @rule(day=st.sampled_from([None, date(2026, 1, 5), date(2026, 2, 1)]))
    def due(self, day):
        self.attempt(services.set_due, due_on=day, by=self.lead)

    @rule(tags=st.lists(st.sampled_from(["a", "b, c", "A"]), max_size=2))
    def tag(self, tags):
        self.attempt(services.set_ticket_tags, tags=tags, by=self.lead)

    @rule(subject=st.sampled_from(["", "One", "Two\nlines"]))
    def rename(self, subject):
        self.attempt(services.rename, subject=subject, by=self.lead)

    @rule(status=st.sampled_from(["", "pending", "solved"]))
    def reply(self, status):
        self.attempt(services.reply, body="Hello.", by=self.lead, status=status)

    @rule()
    def answer(self):
        self.attempt(services.customer_replies, body="Hello?")

    @rule(index=st.integers(0, 2))
    def leave(self, index):
        services.return_work(self.agents[index], by=self.lead)

    @invariant()
    def events_tell_the_state(self):
        if hasattr(self, "ticket"):
            assert replay(self.ticket) == present(self.ticket)


def test_events_tell_the_state_whatever_happens():
    class Once(TicketLife):
        """Each example in a savepoint of its own."""

        def __init__(self):
            super().__init__()
            self.savepoint = transaction.savepoint()

        def teardown(self):
            transaction.savepoint_rollback(self.savepoint)

    run_state_machine_as_test(
        Once,
        settings=settings(
            max_examples=12, stateful_step_count=15, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


def test_last_message_moves_the_ticket_up():
    old, new = make_ticket(), make_ticket()
    before = timezone.now()
    services.customer_replies(old, body="Hello?")

    assert list(Ticket.objects.filter(pk__in=[old.pk, new.pk])) == [old, new]
    old.refresh_from_db()
    assert old.last_message_at >= before


def test_deactivating_somebody_returns_the_tickets():
    owner, agent = make_user("owner"), make_user("support_agent")
    ticket = make_ticket(assignee=agent)

    people.deactivate(agent, by=owner)

    ticket.refresh_from_db()
    assert ticket.assignee is None
    assert replay(ticket) == present(ticket)


def test_queues_are_a_scope_that_people_pages_offer():
    make_queue("support")
    assert ("support", "Support") in people.scope_choices()["queue"]
