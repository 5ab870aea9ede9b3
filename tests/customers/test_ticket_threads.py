"""Tickets made one and parted, answers taken back, drafts, macros, watchers, and what follows a closed ticket."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.core import mail as outbox
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, InternalError, connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice.models import AuditEvent, Notification, User
from customers import services
from customers.models import Attachment, Draft, Macro, Message, Ticket
from customers.services import mail
from customers.verification import ticket_merges, ticket_states
from tests.customers.test_tickets import in_status, present, replay
from tests.factories import make_article, make_customer, make_queue, make_ticket, make_user

pytestmark = pytest.mark.django_db
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 40


@pytest.fixture
def anna(db):
    return make_user("support_agent", name="Anna Agent")


def told(user):
    return list(Notification.objects.filter(user=user).order_by("pk").values_list("text", flat=True))


def solved(days):
    ticket = make_ticket()
    services.set_status(ticket, status="solved", by=make_user("support_lead"))
    Ticket.objects.filter(pk=ticket.pk).update(solved_at=timezone.now() - timedelta(days=days))
    return ticket


# --- What follows -------------------------------------------------------------------------------------------------


def test_a_closed_ticket_is_followed_by_another_one():
    closed = in_status("closed")

    first = services.customer_writes(closed, body="It broke again.", message_id="<one@example.com>")
    second = services.customer_writes(closed, body="Anybody there?")

    new = first.ticket
    assert (new.follows, new.subject, new.status, new.requester_email) == (
        closed,
        closed.subject,
        "new",
        "jane@example.com",
    )
    assert (first.message_id, second.ticket) == ("<one@example.com>", new)
    closed.refresh_from_db()
    assert (closed.status, closed.messages.count()) == ("closed", 1)


@pytest.mark.parametrize(("days", "opens"), [(13, True), (15, False)])
def test_the_customer_opens_a_solved_ticket_within_some_days(days, opens):
    ticket = solved(days)

    message = services.customer_writes(ticket, body="Not yet.")

    ticket.refresh_from_db()
    assert (message.ticket == ticket, ticket.status) == (opens, "open" if opens else "solved")
    assert (message.ticket.follows == ticket) is not opens


def test_spam_is_followed_by_nothing():
    with pytest.raises(services.TicketClosed):
        services.customer_writes(in_status("spam"), body="Buy!")


def test_what_was_solved_long_ago_is_closed():
    old, young = solved(15), solved(13)

    assert services.close_solved() == 1

    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.status, young.status) == ("closed", "solved")
    assert replay(old) == present(old)
    assert AuditEvent.objects.about(old).filter(verb="ticket.closed").count() == 1


# --- Merge and split ----------------------------------------------------------------------------------------------


def test_a_merge_moves_what_was_written_and_is_undone(anna):
    target, source = make_ticket("First"), make_ticket("Again")
    services.set_status(source, status="pending", by=anna)
    moved = source.messages.get()

    services.merge(source, into=target, by=anna, reason="Same parcel")
    late = services.customer_writes(source, body="Hello?")

    source.refresh_from_db()
    moved.refresh_from_db()
    assert (source.status, source.merged_into, late.ticket) == ("merged", target, target)
    assert (moved.ticket, moved.moved_from) == (target, source)
    assert list(target.events.filter(field="merged").values_list("new", "reason")) == [(source.number, "Same parcel")]
    assert (ticket_states().wrong, ticket_merges().wrong) == (0, 0)

    services.unmerge(source, by=anna)

    source.refresh_from_db()
    moved.refresh_from_db()
    assert (source.status, source.merged_into, moved.ticket, moved.moved_from) == ("pending", None, source, None)
    assert list(target.messages.exclude(pk=late.pk).values_list("body", flat=True)) == ["It has not come."]
    assert Message.objects.get(pk=late.pk).ticket == target
    assert (ticket_states().wrong, ticket_merges().wrong) == (0, 0)
    with pytest.raises(services.CannotMerge, match="is not merged"):
        services.unmerge(source, by=anna)


def test_merges_form_no_chain_and_no_ring(anna):
    first, second, third = make_ticket(), make_ticket(), make_ticket()
    services.merge(second, into=first, by=anna)

    with pytest.raises(services.CannotMerge, match="not merged into itself"):
        services.merge(third, into=third, by=anna)
    with pytest.raises(services.TicketClosed):
        services.merge(third, into=second, by=anna)
    with pytest.raises(services.CannotMerge, match="Other tickets were merged into"):
        services.merge(first, into=third, by=anna)
    with pytest.raises((IntegrityError, InternalError), match="no chains"), transaction.atomic():
        Ticket.objects.filter(pk=third.pk).update(status="merged", merged_into=second)
    with pytest.raises((IntegrityError, InternalError), match="no chains"), transaction.atomic():
        Ticket.objects.filter(pk=first.pk).update(status="merged", merged_into=third)
    with pytest.raises(IntegrityError, match="ticket_merged_names_target"), transaction.atomic():
        Ticket.objects.filter(pk=third.pk).update(status="merged")
    with pytest.raises(services.TicketClosed):
        services.note(second, body="Who reads this?", by=anna)


def test_tickets_of_different_people_are_merged_knowingly_only(anna):
    jane = make_ticket(customer=make_customer("Jane Doe", email="jane@example.com"))
    john = make_ticket(requester_name="John", requester_email="john@example.com")

    with pytest.raises(services.OtherRequester, match="were asked by different people"):
        services.merge(john, into=jane, by=anna)
    services.merge(john, into=jane, by=anna, knowing=True)
    late = services.customer_writes(Ticket.objects.get(pk=john.pk), body="And mine?")

    assert (late.ticket, late.author_name) == (jane, "John")


def test_many_are_merged_into_the_oldest_or_not_at_all(anna):
    first, second, third = make_ticket(), make_ticket(), make_ticket()
    assert services.merge_many([third, first, second], by=anna) == first
    assert first.messages.count() == 3

    fourth = make_ticket()
    with pytest.raises(services.TicketClosed), transaction.atomic():
        services.merge_many([fourth, third], by=anna, into=make_ticket())
    assert fourth.messages.count() == 1


def test_a_split_makes_a_ticket_of_chosen_messages(anna):
    ticket = make_ticket(tags=["parcel"])
    other = services.customer_replies(ticket, body="And where is my invoice?")

    new = services.split(ticket, messages=[other.pk], subject="Invoice", by=anna)

    other.refresh_from_db()
    assert (other.ticket, other.moved_from) == (new, ticket)
    assert (new.subject, new.status, new.requester_email, new.tags) == (
        "Invoice",
        "open",
        "jane@example.com",
        ["parcel"],
    )
    assert replay(new) == present(new)
    for keys, sentence in (([], "Choose at least one"), ([ticket.messages.get().pk], "At least one message stays")):
        with pytest.raises(ValidationError, match=sentence):
            services.split(ticket, messages=keys, subject="All", by=anna)


def test_a_merge_whose_messages_have_moved_on_is_not_undone(anna):
    target, source = make_ticket(), make_ticket()
    moved = source.messages.get()
    services.merge(source, into=target, by=anna)
    new = services.split(target, messages=[moved.pk], subject="Again", by=anna)

    with pytest.raises(services.CannotMerge, match=f"are in {new.number} by now"):
        services.unmerge(source, by=anna)
    services.merge(new, into=target, by=anna)
    services.unmerge(source, by=anna)

    moved.refresh_from_db()
    assert (moved.ticket, moved.moved_from) == (source, None)


class Merging(RuleBasedStateMachine):
    """Whatever is merged, parted and split: no message is lost, and events and merges tell the state."""

    @initialize()
    def begin(self):
        self.lead = make_user("support_lead")
        self.tickets = [make_ticket(f"Ticket {number}") for number in range(4)]
        self.written = 4

    def attempt(self, service, *args, **kwargs):
        try:
            with transaction.atomic():
                return service(*args, by=self.lead, **kwargs)
        except ValidationError:
            return None

    @rule(one=st.integers(0, 3), other=st.integers(0, 3))
    def merge(self, one, other):
        self.attempt(services.merge, self.tickets[one], into=self.tickets[other])

    @rule(one=st.integers(0, 3))
    def unmerge(self, one):
        self.attempt(services.unmerge, self.tickets[one])

    @rule(one=st.integers(0, 3))
    def split(self, one):
        last = self.tickets[one].messages.order_by("pk").last()
        new = self.attempt(services.split, self.tickets[one], messages=[last.pk] if last else [], subject="Part")
        if new is not None:
            self.tickets[(one + 1) % 4] = new

    @rule(one=st.integers(0, 3))
    def answer(self, one):
        with transaction.atomic():
            services.customer_writes(Ticket.objects.get(pk=self.tickets[one].pk), body="Hello?")
        self.written += 1

    @rule(one=st.integers(0, 3), status=st.sampled_from(["open", "solved", "closed"]))
    def status(self, one, status):
        self.attempt(services.set_status, self.tickets[one], status=status)

    @invariant()
    def nothing_is_lost(self):
        if hasattr(self, "written"):
            assert Message.objects.count() == self.written
            assert [(check().wrong, check().examples) for check in (ticket_states, ticket_merges)] == [(0, []), (0, [])]


def test_whatever_is_merged_nothing_is_lost():
    class Once(Merging):
        """Each example in a savepoint of its own."""

        def __init__(self):
            super().__init__()
            self.savepoint = transaction.savepoint()

        def teardown(self):
            transaction.savepoint_rollback(self.savepoint)

    run_state_machine_as_test(
        Once,
        settings=settings(
            max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )


@pytest.mark.django_db(transaction=True)
def test_merges_parted_while_customers_write_lose_nothing():
    make_queue("support")
    by = make_user("support_lead")
    target, source = make_ticket(), make_ticket()

    def merge_and_part(number):
        try:
            for _ in range(4):
                try:
                    services.merge(source, into=target, by=by)
                    services.unmerge(source, by=by)
                except ValidationError:
                    pass
        finally:
            connection.close()

    def write(number):
        try:
            for _ in range(4):
                services.customer_writes(source, body=f"Hello {number}")
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda job: job[0](job[1]), [(merge_and_part, 0), (write, 1), (merge_and_part, 2), (write, 3)]))

    assert Message.objects.count() == 2 + 8
    assert (ticket_states().wrong, ticket_merges().wrong) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_answer_at_once_one_is_told_of_the_other():
    make_queue("support")
    ticket = make_ticket()
    seen = ticket.messages.get().pk
    agents = [make_user("support_agent") for _ in range(2)]

    def answer(agent):
        try:
            services.reply(ticket, body=f"From {agent.pk}", by=agent, last_message_id=seen)
            return True
        except services.ThreadMoved:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(answer, agents)) == [False, True]
    assert ticket.messages.filter(kind="reply").count() == 1


# --- Taking back, drafts ------------------------------------------------------------------------------------------


def test_an_answer_taken_back_is_a_draft_again(anna, settings):
    settings.UNDO_SEND_SECONDS = 15
    ticket = make_ticket()
    services.set_status(ticket, status="open", by=anna)
    files = [SimpleUploadedFile("a.png", PNG), SimpleUploadedFile("b.png", PNG + b"b")]
    sent = services.reply(ticket, body="On its way.", by=anna, status="pending", attachments=files)
    job = ProcrastinateJob.objects.get(args__message=sent.pk)
    assert job.scheduled_at > timezone.now() + timedelta(seconds=10)

    draft = services.take_back(sent, by=anna)

    ticket.refresh_from_db()
    job.refresh_from_db()
    assert (draft.body, [file["name"] for file in draft.files]) == ("On its way.", ["a.png", "b.png"])
    assert (ticket.status, ticket.messages.count(), job.status) == ("open", 1, "cancelled")
    assert replay(ticket) == present(ticket)

    first, second = (file["file"] for file in draft.files)
    again = services.reply(ticket, body="On its way!", by=anna, kept=[first])
    assert [file.name for file in again.attachments.all()] == ["a.png"]
    assert not Draft.objects.exists()
    assert Attachment.objects.get().file.name == first
    assert default_storage.exists(second)  # removed once the transaction is committed


def test_with_an_answer_what_its_macro_changed_is_taken_back(anna, settings):
    """But for what somebody changed again meanwhile."""
    settings.UNDO_SEND_SECONDS = 15
    vip, ben = make_queue("vip"), make_user("support_agent")
    macro = Macro.objects.create(name="Late", body="x", tags=["macro", "late"], priority=4, queue=vip, takes=True)
    ticket = make_ticket(tags=["late"])
    services.assign(ticket, to=ben, by=make_user("support_lead"))
    before = present(ticket)
    anna.user_permissions.add(Permission.objects.get(codename="assign_ticket"))
    lead = User.objects.get(pk=anna.pk)

    sent = services.reply(ticket, body="On its way.", by=lead, macro=macro)
    assert {name: value for name, value in present(ticket).items() if before[name] != value} == {
        "status": "open", "queue": "vip", "priority": "4", "assignee": str(anna.pk), "tags": "macro, late",
    }  # fmt: skip
    services.take_back(sent, by=lead)
    assert {**present(ticket), "status": before["status"]} == before
    assert replay(ticket) == present(ticket)

    again = services.reply(ticket, body="On its way.", by=lead, macro=macro)
    services.set_priority(ticket, priority=3, by=ben)
    services.add_ticket_tags(ticket, tags=["mine"], by=ben)
    services.take_back(again, by=lead)
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.tags, ticket.assignee) == (3, ["late", "mine"], ben)


def test_what_has_left_is_not_taken_back(anna, settings):
    settings.UNDO_SEND_SECONDS = 15
    ticket, ben = make_ticket(), make_user("support_agent")
    left, begun, old = (services.reply(ticket, body=text, by=anna) for text in ("One", "Two", "Three"))
    mail.deliver(left.pk)
    ProcrastinateJob.objects.filter(args__message=begun.pk).update(status="doing")
    Message.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(seconds=16))

    for message in (left, begun, old):
        with pytest.raises(services.LeftAlready, match="too late"):
            services.take_back(message, by=anna)
    fresh = services.reply(ticket, body="Four", by=anna)
    with pytest.raises(services.LeftAlready):
        services.take_back(fresh, by=ben)
    assert ticket.messages.filter(kind="reply").count() == 4
    assert len(outbox.outbox) == 1


def test_a_draft_is_of_one_person_and_gone_when_sent(anna):
    ticket, ben = make_ticket(), make_user("support_agent")
    services.keep_draft(ticket, body="Dear", mode="reply", by=anna)
    services.keep_draft(ticket, body="Dear Jane", mode="note", by=anna)
    services.keep_draft(ticket, body="Mine", mode="reply", by=ben)
    assert list(Draft.objects.order_by("pk").values_list("user", "mode", "body")) == [
        (anna.pk, "note", "Dear Jane"),
        (ben.pk, "reply", "Mine"),
    ]

    seen = ticket.messages.get().pk
    services.note(ticket, body="Dear Jane,", by=anna)
    services.keep_draft(
        ticket, body="Dear Jane", mode="note", by=anna, last_message_id=seen
    )  # on its way all the while
    services.keep_draft(ticket, body="  ", mode="reply", by=ben)

    assert not Draft.objects.exists()


# --- Macros -------------------------------------------------------------------------------------------------------


def macro(**fields):
    return Macro.objects.create(**{"name": "Late parcel", "body": "Hello {{ customer }}", **fields})


def test_a_macro_is_filled_in_the_language_of_the_customer(anna):
    body = "Hello {{ customer }}, {{ticket}} about {{ order }}: {{ agent }}"
    made = macro(body=body, body_zh="您好 {{ customer }}")
    ticket = make_ticket(about="so-1", requester_name="Jane")

    assert services.rendered(made, ticket, by=anna) == f"Hello Jane, {ticket.number} about SO-1: Anna Agent"
    assert services.rendered(made, make_ticket(language="zh-hans"), by=anna) == "您好 Jane Doe"
    assert services.unknown_placeholders("{{ customer }} {{ article:returns }} {{ nobody }} {{ article }}") == [
        "{{ nobody }}",
        "{{ article }}",
    ]


def test_a_macro_answers_and_does_what_it_says(anna):
    vip = make_queue("vip")
    made = macro(status="pending", queue=vip, priority=4, takes=True, tags=["late"])
    ticket = make_ticket(tags=["parcel"])

    services.apply_macro(ticket, macro=made, by=anna)

    ticket.refresh_from_db()
    assert ticket.messages.last().body == "Hello Jane Doe"
    assert (ticket.status, ticket.queue, ticket.priority, ticket.assignee, ticket.tags) == (
        "pending", vip, 4, anna, ["parcel", "late"],
    )  # fmt: skip
    assert replay(ticket) == present(ticket)


def test_a_macro_without_text_writes_nothing_and_takes_no_ticket_away(anna):
    ben = make_user("support_agent")
    ticket = make_ticket(assignee=ben)

    services.apply_macro(ticket, macro=macro(body="", takes=True, priority=1), by=anna)

    ticket.refresh_from_db()
    assert (ticket.assignee, ticket.priority, ticket.messages.count()) == (ben, 1, 1)
    with pytest.raises(IntegrityError, match="macro_does_something"), transaction.atomic():
        macro(name="Nothing", body="")


# --- Watchers, day, subject ---------------------------------------------------------------------------------------


def test_those_who_watch_and_those_named_are_told_once(anna):
    make_queue("vip")
    ben, cleo = make_user("support_agent", name="Ben"), make_user("support_agent", name="Cleo")
    make_user("support_agent", name="Vera", queues=("vip",))
    ticket = make_ticket(assignee=ben)
    services.watch(ticket, by=anna)
    services.watch(ticket, by=anna)

    services.note(ticket, body="@Cleo and @Vera: look", by=anna)
    services.customer_replies(ticket, body="@Anna Agent hello")
    services.unwatch(ticket, by=anna)
    services.set_status(ticket, status="solved", by=ben)

    number = ticket.number
    assert told(anna) == [f"{number}: the customer wrote: @Anna Agent hello"]
    assert told(ben) == [
        f"{number}: Anna Agent noted: @Cleo and @Vera: look",
        f"{number}: the customer wrote: @Anna Agent hello",
    ]
    assert told(cleo) == [
        f"{number}, Anna Agent: @Cleo and @Vera: look",
        f"{number}: the customer wrote: @Anna Agent hello",
        f"{number} is now: Solved (Where is my parcel?)",
    ]
    assert Notification.objects.count() == 6


def test_day_and_subject_stand_in_the_events(anna):
    ticket = make_ticket()
    services.set_due(ticket, due_on=timezone.localdate(), by=anna)
    services.rename(ticket, subject="Parcel lost", by=anna)
    services.remove_ticket_tags(services.add_ticket_tags(ticket, tags=["A", "b"], by=anna), tags=["a"], by=anna)

    assert replay(ticket) == present(ticket)
    assert present(ticket)["tags"] == "b"
    with pytest.raises(ValidationError, match="A ticket has a subject"):
        services.rename(ticket, subject=" ", by=anna)


def test_an_article_is_cited_by_its_live_title(anna, settings):
    settings.SITE_URL = "https://shop.example"
    make_article(slug="returns", title="Returns")
    made = macro(body="See: {{ article:returns }}{{ article:nothing }}")

    assert services.rendered(made, make_ticket(), by=anna) == "See: Returns https://shop.example/help/returns/"
