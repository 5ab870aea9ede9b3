"""Follow-ups: planned for one or many, ended with an outcome, tried again, reminded of once; and notes."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from customers import services
from customers.models import CustomerNote, FollowUp
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db


def today(days: int = 0):
    return timezone.localdate() + timedelta(days=days)


def test_many_customers_are_planned_once_each_for_their_owners(agent):
    owner = make_user("support_agent", name="Olga Owner")
    rows = [make_customer("Ada", owner=owner), make_customer("Bob")]

    services.plan_follow_ups(rows, what="Call", due_on=today(), by=agent)
    services.plan_follow_ups(rows, what=" call ", due_on=today(3), by=agent)

    assert list(FollowUp.objects.order_by("pk").values_list("customer__name", "what", "due_on", "assignee")) == [
        ("Ada", "Call", today(), owner.pk),
        ("Bob", "Call", today(), agent.pk),
    ]
    with pytest.raises(ValidationError, match="This is planned for the customer already"):
        services.plan_follow_up(rows[0], what="Call", due_on=today(), by=agent)


def test_done_needs_an_outcome_and_may_be_tried_again(agent):
    row = services.plan_follow_up(make_customer(), what="Call", due_on=today(-1), by=agent)
    with pytest.raises(ValidationError, match="Say what came of it"):
        services.complete_follow_up(row, outcome="  ", by=agent)
    with pytest.raises(IntegrityError, match="follow_up_done_has_outcome"), transaction.atomic():
        FollowUp.objects.filter(pk=row.pk).update(status="done", ended_at=timezone.now())

    services.complete_follow_up(row, outcome="No answer", again_in=7, by=agent)

    again = FollowUp.objects.get(after=row)
    assert (again.what, again.due_on, again.assignee, again.status) == ("Call", today(7), agent, "open")
    with pytest.raises(ValidationError, match="has ended already"):
        services.cancel_follow_up(row, by=agent)
    with pytest.raises(IntegrityError, match="cannot become open"), transaction.atomic():
        FollowUp.objects.filter(pk=row.pk).update(status="open", ended_at=None)


def test_people_are_reminded_once_until_the_day_changes(agent):
    row = services.plan_follow_up(make_customer(), what="Call", due_on=today(), by=agent)
    services.plan_follow_up(make_customer(), what="Write", due_on=today(1), by=agent)

    assert [services.remind_of_follow_ups(), services.remind_of_follow_ups()] == [1, 0]
    services.change_follow_up(row, what="Call", due_on=today(-1), assignee=agent, by=agent)
    assert services.remind_of_follow_ups() == 1
    assert list(agent.notifications.values_list("text", flat=True)) == ["1 follow-up is due."] * 2


def test_who_leaves_hands_them_back(agent):
    row = services.plan_follow_up(make_customer(), what="Call", due_on=today(), by=agent)
    services.hand_back_follow_ups(agent, by=agent)

    row.refresh_from_db()
    assert row.assignee is None


@pytest.mark.parametrize("number", [1, 3])
def test_lists_take_as_many_queries_for_three_as_for_one(client, agent, django_assert_num_queries, number):
    rows = [make_customer(f"Customer {index}") for index in range(number)]
    services.plan_follow_ups(rows, what="Call", due_on=today(-2), by=agent)
    client.get("/follow-ups/")

    with django_assert_num_queries(7):
        page = client.get("/follow-ups/?assignee=me&due=overdue")
    assert len(page.context["rows"]) == number


def test_a_note_is_its_authors_and_names_people(client, agent):
    boss = make_user("support_lead", name="Lea Lead")
    jane = make_customer()
    client.post(f"/customers/{jane.number}/note/", {"note": "Ask @Lea Lead first"})
    note = CustomerNote.objects.get()
    client.post(f"/customers/notes/{note.pk}/pin/")
    client.post(f"/customers/notes/{note.pk}/edit/", {"text": "Ask @Lea Lead, always"})
    note.refresh_from_db()

    assert (note.text, note.is_pinned, note.edited_at is not None) == ("Ask @Lea Lead, always", True, True)
    assert list(boss.notifications.values_list("text", flat=True)) == [
        f"Anna Agent names you in a note on customer {jane.number}."
    ]
    assert "Ask @Lea Lead, always" in client.get(jane.get_absolute_url()).content.decode()
    client.force_login(boss)
    assert client.post(f"/customers/notes/{note.pk}/edit/", {"text": "No"}).status_code == 403
