"""The timeline of a customer: everything across modules, paged by place, in as many statements whatever there is."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers import services
from customers.services import segments, timeline
from orders.models import Order
from tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db


def eventful(agent):
    jane = make_customer("Jane Doe")
    make_ticket(customer=jane)
    services.add_note(jane, note="Calls on Mondays", by=agent)
    row = services.plan_follow_up(jane, what="Call", due_on=timezone.localdate(), by=agent)
    services.complete_follow_up(row, outcome="Happy", by=agent)
    services.record_consent(jane, channel="email", purpose="News", granted=True, source="letter", by=agent)
    segments.segment(timezone.localdate())
    Order.objects.create(number="SO-1", customer=jane, status="closed", total=20)
    return jane


def test_everything_is_in_it_and_pages_join_without_a_gap(agent):
    jane = eventful(agent)
    whole, end = timeline.page(agent, jane, size=100)
    assert end == ""
    assert {one.kind.key for one in whole} == {
        "event",
        "ticket",
        "message",
        "note",
        "follow_up",
        "consent",
        "segment",
        "order",
    }
    assert [one.at for one in whole] == sorted((one.at for one in whole), reverse=True)

    paged, after = [], ""
    while True:
        found, after = timeline.page(agent, jane, after=after, size=2)
        paged += found
        if not after:
            break

    assert [(one.at, one.kind.key, one.line) for one in paged] == [(one.at, one.kind.key, one.line) for one in whole]


def test_moments_that_are_equal_are_all_shown_once(agent):
    jane = make_customer()
    at = timezone.now() - timedelta(days=3)
    Order.objects.bulk_create(
        Order(number=f"SO-{n}", customer=jane, status="closed", total=5, placed_at=at) for n in range(5)
    )
    make_ticket(customer=jane)
    jane.tickets.update(created_at=at)

    seen, after = [], ""
    while True:
        found, after = timeline.page(agent, jane, kinds=["order", "ticket"], after=after, size=2)
        seen += [str(one.line.text) for one in found]
        if not after:
            break

    assert sorted(seen) == sorted(
        [f"Order SO-{n} placed" for n in range(5)] + [f"Ticket {jane.tickets.get().number} opened"]
    )
    assert seen[0].startswith("Ticket")


def test_the_page_narrows_by_kind_and_bears_a_wrong_place(client, agent):
    jane = eventful(agent)
    page = client.get(f"/customers/{jane.number}/timeline/?kind=note&after=nonsense").content.decode()

    assert "Calls on Mondays" in page
    assert "SO-1" not in page


def test_who_may_not_see_names_reads_that_there_was_a_note(client, agent, sign_in):
    jane = eventful(agent)
    sign_in("analyst")
    page = client.get(f"/customers/{jane.number}/timeline/").content.decode()

    assert "Note" in page
    for secret in ("Calls on Mondays", "Happy", "Jane"):
        assert secret not in page


@pytest.mark.parametrize("number", [1, 3])
def test_the_customer_page_takes_as_many_queries_for_three_as_for_one(client, agent, django_assert_num_queries, number):
    jane = make_customer("Jane", email="jane@example.com")
    for index in range(number):
        make_ticket(customer=jane)
        services.add_note(jane, note=f"Note {index}", by=agent)
        services.plan_follow_up(jane, what=f"Call {index}", due_on=timezone.localdate(), by=agent)
    segments.segment(timezone.localdate())
    client.get(jane.get_absolute_url())

    with django_assert_num_queries(17):
        client.get(jane.get_absolute_url())
