"""Bulk edits of customers, tickets and articles: by the rules of their forms and files."""

from datetime import date
from decimal import Decimal

import pytest

from backoffice.bulk_edit import editing
from backoffice.imports import undoing
from backoffice.models import LiveVersion
from customers.models import Article, Customer, Ticket, TicketEvent
from customers.services.custom import save_field
from tests.backoffice.test_bulk_edit import applied, edit, kinds
from tests.factories import make_article, make_customer, make_queue, make_ticket, make_user


@pytest.fixture
def owner(db):
    return make_user("owner")


def events(ticket):
    found = TicketEvent.objects.filter(ticket=ticket).order_by("pk").values_list("field", "old", "new")
    return [event for event in found if event[0] in ("priority", "queue", "assignee", "due_on")]


def test_customers_get_tags_an_owner_and_a_language(owner):
    make_customer("Jane Doe", tags=["vip"])
    make_customer("John Doe", language="zh-hans")

    run = applied(
        "/customers/",
        owner,
        "customers",
        ("tags", "add_to", ["VIP", "eu"]),
        ("owner", "set", owner),
        ("language", "set", "zh-hans"),
        ("tax_exempt", "set", True),
    )

    assert (run.status, run.changed) == ("applied", 2)
    assert list(Customer.objects.order_by("pk").values_list("tags", "owner", "language", "tax_exempt")) == [
        (["vip", "eu"], owner.pk, "zh-hans", True),
        (["VIP", "eu"], owner.pk, "zh-hans", True),
    ]
    applied("/customers/", owner, "customers", ("owner", "clear", None))
    assert not Customer.objects.exclude(owner=None).exists()


def test_personal_fields_are_for_those_who_may_see_them(owner):
    agent, editor = make_user("support_lead"), make_user("catalog_editor")

    assert {"company", "note"} <= {field.name for field in kinds()["customers"].fields_for(agent)}
    assert not {"company", "note"} & {field.name for field in kinds()["customers"].fields_for(editor)}


def test_custom_fields_are_set_where_the_value_fits(owner):
    for code, kind, rest in (("spent", "number", {}), ("level", "text", {"is_required": True}), ("phrase", "text", {})):
        save_field(by=None, name=code.title(), code=code, kind=kind, is_personal=code == "phrase", **rest)
    make_customer("Ann", custom={"spent": 999_999_999_999_999, "level": "gold"})
    make_customer("Bob", custom={"spent": 2, "level": "gold"})

    run = applied(
        "/customers/",
        owner,
        "customers",
        ("custom.spent", "add", Decimal(1)),
        ("custom_personal.phrase", "set", "Open sesame"),
    )

    assert (run.changed, run.refused) == (1, 1)
    assert run.report["causes"][0]["message"] == "“Spent” does not take this value."
    assert list(Customer.objects.order_by("pk").values_list("custom", "custom_personal")) == [
        ({"spent": 999_999_999_999_999, "level": "gold"}, {}),
        ({"spent": 3, "level": "gold"}, {"phrase": "Open sesame"}),
    ]
    fields = {field.name: field for field in kinds()["customers"].fields_for(make_user("catalog_editor"))}
    assert "clear" not in fields["custom.level"].operations
    assert "custom_personal.phrase" not in fields


def test_tickets_change_with_their_events_and_back(owner):
    ticket = make_ticket()
    other = make_queue("returns")
    before = events(ticket)

    run = applied(
        "/tickets/",
        owner,
        "tickets",
        ("priority", "set", "4"),
        ("queue", "set", other),
        ("assignee", "set", owner),
        ("due_on", "set", date(2026, 5, 1)),
    )

    ticket.refresh_from_db()
    assert (run.status, ticket.priority, ticket.queue, ticket.assignee) == ("applied", 4, other, owner)
    assert sorted(events(ticket)[len(before) :]) == [
        ("assignee", "", str(owner.pk)),
        ("due_on", "", "2026-05-01"),
        ("priority", "2", "4"),
        ("queue", "support", "returns"),
    ]
    undoing.undo(run, by=owner)
    ticket.refresh_from_db()
    assert (ticket.priority, ticket.queue.slug, ticket.assignee) == (2, "support", None)
    assert sorted(events(ticket)[len(before) + 4 :]) == [
        ("assignee", str(owner.pk), ""),
        ("due_on", "2026-05-01", ""),
        ("priority", "4", "2"),
        ("queue", "returns", "support"),
    ]
    applied("/tickets/", owner, "tickets", ("assignee", "set", owner))
    applied("/tickets/", owner, "tickets", ("assignee", "clear", None))
    ticket.refresh_from_db()
    assert ticket.assignee is None


def test_tickets_go_to_who_can_work_on_them(owner):
    make_ticket()
    confined = make_user("support_agent", queues=("returns",))
    clerk = make_user("order_clerk")

    for person in (confined, clerk):
        run = edit("/tickets/", owner, "tickets", ("assignee", "set", person))
        assert run.report["causes"][0]["message"] == f"{person.name} cannot work on tickets of the queue Support."

    run = applied("/tickets/", owner, "tickets", ("assignee", "set", confined), ("queue", "set", make_queue("returns")))
    assert (run.changed, Ticket.objects.get().assignee) == (1, confined)
    run = edit("/tickets/", owner, "tickets", ("queue", "set", make_queue("support")))
    assert run.report["causes"][0]["message"] == f"{confined.name} cannot work on tickets of the queue Support."


def test_closed_tickets_are_nobodys_work(owner):
    ticket = make_ticket()
    Ticket.objects.filter(pk=ticket.pk).update(status="solved")
    Ticket.objects.filter(pk=ticket.pk).update(status="closed")

    run = edit("/tickets/", owner, "tickets", ("assignee", "set", owner))
    tagged = edit("/tickets/", owner, "tickets", ("tags", "add_to", ["late"]))

    assert run.report["causes"][0]["message"] == "The ticket is closed; nobody works on it any more."
    assert (tagged.changed, tagged.refused) == (1, 0)


def test_agents_edit_tickets_of_their_queues_alone(owner):
    agent = make_user("support_agent", queues=("returns",))
    make_ticket("Mine", queue="returns")
    make_ticket("Not mine")

    run = applied("/tickets/", agent, "tickets", ("tags", "add_to", ["late"]))

    assert (run.read, run.changed) == (1, 1)
    assert list(Ticket.objects.order_by("subject").values_list("subject", "tags")) == [
        ("Mine", ["late"]),
        ("Not mine", []),
    ]


def test_a_ticket_that_left_ones_queues_since_the_check_is_refused(owner):
    agent = make_user("support_agent", queues=("returns",))
    ticket = make_ticket("Mine", queue="returns")
    run = edit("/tickets/", agent, "tickets", ("tags", "add_to", ["late"]))
    Ticket.objects.filter(pk=ticket.pk).update(queue=make_queue("support"))

    run = again(run, agent)

    assert (run.status, run.changed, run.refused) == ("applied", 0, 1)
    assert run.report["causes"][0]["message"].endswith("that you may change.")


def again(run, by):
    editing.work(run, by=by, action="apply", partial=True)
    run.refresh_from_db()
    return run


def test_what_is_public_of_an_article_stays_until_it_is_reviewed(owner):
    make_article("returns", published=True)
    make_article("sizes", published=False, topic="Orders")
    editor = make_user("catalog_editor")

    run = applied("/articles/", editor, "articles", ("topic", "set", "Help"))

    assert (run.changed, run.refused) == (2, 0)
    assert set(Article.objects.values_list("topic", flat=True)) == {"Help"}
    assert LiveVersion.objects.get().content["topic"] == "Orders"
