"""Whatever happens to owners and merges, in whatever order: the periods and rows agree with a model in a few lines."""

from itertools import pairwise

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers import services
from customers.models import Address, ContactPoint, Customer, CustomerMerge, Ownership, Ticket
from tests.factories import make_customer, make_ticket, make_user

FEW = settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
PEOPLE = st.integers(0, 2)
CUSTOMERS = st.integers(0, 2)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("claim"), CUSTOMERS, PEOPLE),
        st.tuples(st.just("release"), CUSTOMERS, PEOPLE),
        st.tuples(st.just("give"), CUSTOMERS, st.one_of(PEOPLE, st.none())),
    ),
    max_size=12,
)
MERGES = st.lists(
    st.one_of(
        st.tuples(st.just("merge"), CUSTOMERS, CUSTOMERS, st.sampled_from(["keep", "lose"])),
        st.tuples(st.just("undo")),
    ),
    max_size=7,
)


def checked():
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.django_db
@FEW
@given(STEPS)
def test_periods_follow_a_model(steps):
    with transaction.atomic():
        people = [make_user("") for _number in range(3)]
        customers = [make_customer(f"C{number}", email=f"c{number}@x.example") for number in range(3)]
        owners: list[int | None] = [None, None, None]
        history: list[list[int]] = [[], [], []]
        lost: set[tuple[int, int]] = set()
        for verb, which, who in steps:
            customer = Customer.objects.get(pk=customers[which].pk)
            try:
                if verb == "give":
                    services.give(customer, owner=None if who is None else people[who], by=None)
                else:
                    (services.claim if verb == "claim" else services.release)(customer, by=people[who])
                is_done = True
            except ValidationError:
                is_done = False
            legal = {
                "claim": owners[which] is None and (which, who) not in lost,
                "release": owners[which] == who,
                "give": owners[which] != who,
            }[verb]
            assert is_done == legal
            if is_done:
                if verb == "release":
                    lost.add((which, who))
                owners[which] = None if verb == "release" else who
                history[which] += [who] if owners[which] is not None else []
        checked()
        for which, customer in enumerate(customers):
            periods = list(Ownership.objects.filter(customer=customer).order_by("began_at", "pk"))
            assert [people.index(period.user) for period in periods] == history[which]
            assert all(one.ended_at <= other.began_at for one, other in pairwise(periods))
            running = [people.index(period.user) for period in periods if period.ended_at is None]
            assert running == ([] if owners[which] is None else [owners[which]])
        transaction.set_rollback(True)


def rows():
    """Every row about customers and whose it is, but for when it was written."""
    told = {}
    for model in (Customer, ContactPoint, Address, Ticket):
        told[model.__name__] = list(model.objects.order_by("pk").values())
        for row in told[model.__name__]:
            row.pop("updated_at", None)
    return told


@pytest.mark.django_db
@FEW
@given(MERGES)
def test_merges_undone_from_the_end_leave_every_row_as_it_was(steps):
    with transaction.atomic():
        owner = make_user("")
        customers = [
            make_customer(
                f"C{number}", email=f"c{number}@x.example", tags=[f"t{number}", "all"], note=f"n{number}" * (number % 2),
                external_id=f"X{number}" * (number % 2), owner=owner if number == 1 else None,
            )
            for number in range(3)
        ]  # fmt: skip
        for customer in customers:
            make_ticket(customer=customer)
        states = [rows()]
        for verb, *facts in steps:
            if verb == "undo" and len(states) > 1:
                services.undo_merge(CustomerMerge.objects.filter(undone_at=None).latest("pk"), by=None)
                states.pop()
                assert rows() == states[-1]
            elif verb == "merge":
                keep, lose = (Customer.objects.get(pk=customers[which].pk) for which in facts[:2])
                side = facts[2]
                may = keep.pk != lose.pk and keep.merged_into_id is None and lose.merged_into_id is None
                if may:
                    services.merge_customers(keep, lose, {"name": side, "email": side, "owner": side}, by=None)
                    states.append(rows())
                else:
                    with pytest.raises(ValidationError):
                        services.merge_customers(keep, lose, by=None)
        while len(states) > 1:
            services.undo_merge(CustomerMerge.objects.filter(undone_at=None).latest("pk"), by=None)
            states.pop()
            assert rows() == states[-1]
        checked()
        transaction.set_rollback(True)
