"""Periods of ownership: one road, no overlap, the pool and its limits, recycling."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from django.utils import timezone

from backoffice import people
from backoffice.models import AuditEvent
from customers import services
from customers.models import Customer, Ownership, OwnershipSettings
from customers.services import ownership, timeline
from customers.services.ownership import AlreadyOwned, ClaimLimit
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db


def periods(customer):
    return [
        (row.user, row.source, row.ended_how)
        for row in customer.periods.order_by("began_at", "pk").select_related("user")
    ]


def checked():
    """What the database says at the end of a transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def refused_at_the_end(write):
    with transaction.atomic():
        write()
        with pytest.raises(IntegrityError, match="give the customer to somebody by a transfer"):
            checked()
        transaction.set_rollback(True)


def later(period, *, days, **fields):
    """Let a period lie so many days back, which no service does."""
    with connection.cursor() as cursor:
        checked()
        cursor.execute("ALTER TABLE customers_ownership DISABLE TRIGGER USER")
        ago = timedelta(days=days)
        Ownership.objects.filter(pk=period.pk).update(
            began_at=period.began_at - ago, active_at=period.active_at - ago, **fields
        )
        checked()
        cursor.execute("ALTER TABLE customers_ownership ENABLE TRIGGER USER")


def owned(owner, **fields):
    customer = make_customer(owner=owner, **fields)
    checked()
    return customer, customer.periods.get()


def test_every_change_of_owner_is_a_period():
    lead, anna, ben = make_user(), make_user("support_agent"), make_user("support_agent")
    customer = make_customer(owner=anna)

    services.update_customer(customer, by=lead, owner=ben)
    services.transfer([customer], ben, by=lead)
    services.transfer([customer], None, by=lead, reason="Moves away")

    checked()
    assert periods(customer) == [(anna, "given", "given"), (ben, "given", "given")]
    first, second = customer.periods.order_by("began_at")
    assert first.ended_at == second.began_at
    assert list(AuditEvent.objects.about(customer).order_by("pk").values_list("verb", flat=True)) == [
        "customer.created", "customer.given", "customer.given", "customer.changed", "customer.released",
    ]  # fmt: skip
    assert list(ben.notifications.order_by("pk").values_list("text", flat=True)) == [
        f"{customer.number} is your customer now.",
        f"{customer.number} is no longer your customer.",
    ]


def test_an_owner_that_no_period_backs_is_refused():
    customer, anna = make_customer(), make_user()
    refused_at_the_end(lambda: Customer.objects.filter(pk=customer.pk).update(owner=anna))
    refused_at_the_end(lambda: Ownership.objects.create(customer=customer, user=anna))
    refused_at_the_end(lambda: Customer.objects.create(number="CU-X", name="X", owner=anna))


def test_periods_neither_overlap_nor_change():
    customer, period = owned(make_user())
    insert = "INSERT INTO customers_ownership (customer_id, user_id, began_at, ended_at, source, reason, active_at, ended_how) VALUES (%s, %s, %s, %s, 'given', '', now(), '')"
    with connection.cursor() as cursor:
        moment = period.began_at + timedelta(minutes=1)
        with pytest.raises(IntegrityError, match="ownership_no_overlap"), transaction.atomic():
            cursor.execute(insert, [customer.pk, period.user_id, moment, moment + timedelta(minutes=1)])
        with pytest.raises(IntegrityError, match="ended once and never changed"), transaction.atomic():
            cursor.execute("UPDATE customers_ownership SET began_at = %s", [moment])
        with pytest.raises(IntegrityError, match="ended once and never changed"), transaction.atomic():
            cursor.execute("DELETE FROM customers_ownership")
        services.transfer([customer], None, by=None)
        with pytest.raises(IntegrityError, match="ended once and never changed"), transaction.atomic():
            cursor.execute("UPDATE customers_ownership SET ended_at = NULL")


def test_the_first_to_claim_gets_the_customer():
    anna, ben, customer = make_user("support_agent"), make_user("support_agent"), make_customer()

    services.claim(customer, by=anna)

    with pytest.raises(AlreadyOwned, match=f"{customer.number} belongs to {anna} already"):
        services.claim(customer, by=ben)
    period = customer.periods.get()
    assert (period.source, period.is_protected) == ("claimed", True)
    assert period.protected_until - period.began_at == timedelta(days=14)


def test_nobody_claims_beyond_the_limits():
    OwnershipSettings.objects.create(most_held=2, most_claims=3)
    anna = make_user("support_agent")
    first, second, third, fourth = (
        make_customer(f"Customer {index}", email=f"{index}@x.example") for index in range(4)
    )
    services.claim(first, by=anna)
    services.claim(second, by=anna)

    with pytest.raises(ClaimLimit, match="You hold 2 customers"):
        services.claim(third, by=anna)

    first.refresh_from_db()
    services.release(first, by=anna)
    services.claim(third, by=anna)
    third.refresh_from_db()
    services.release(third, by=anna)
    with pytest.raises(ClaimLimit, match="You have claimed 3 customers today"):
        services.claim(fourth, by=anna)


def test_who_gave_a_customer_back_waits_before_claiming_it_again():
    anna, ben, customer = make_user("support_agent"), make_user("support_agent"), make_customer()
    services.release(services.claim(customer, by=anna), by=anna)

    with pytest.raises(ValidationError, match="was yours a short while ago"):
        services.claim(customer, by=anna)
    services.claim(customer, by=ben)

    customer.refresh_from_db()
    assert customer.owner == ben


def test_idle_customers_are_recycled_after_one_reminder():
    anna = make_user("support_agent", name="Anna")
    customer, period = owned(anna)
    busy, other = owned(anna, name="Busy", email="busy@x.example")
    for one in (period, other):
        later(one, days=54)
    services.add_note(busy, note="Called", by=anna)

    assert ownership.recycle() == (1, 0)
    assert ownership.recycle() == (0, 0)
    assert anna.notifications.filter(text__contains="goes back to the pool").count() == 1

    period.refresh_from_db()
    later(period, days=7, reminded_at=timezone.now() - timedelta(days=7))
    assert ownership.recycle() == (0, 1)
    assert ownership.recycle() == (0, 0)
    checked()
    assert periods(customer) == [(anna, "given", "recycled")]
    busy.refresh_from_db()
    assert busy.owner == anna


def test_a_contact_in_time_keeps_the_customer():
    anna = make_user("support_agent")
    customer, period = owned(anna)
    later(period, days=54)
    assert ownership.recycle() == (1, 0)
    services.add_note(customer, note="Called", by=anna)

    assert ownership.recycle() == (0, 0)

    period.refresh_from_db()
    assert (period.reminded_at, period.idle_days) == (None, 0)


def test_a_protected_customer_is_not_recycled():
    anna = make_user("support_agent")
    _customer, period = owned(anna)
    now = timezone.now()
    later(period, days=70, reminded_at=now - timedelta(days=9), protected_until=now + timedelta(days=1))

    assert ownership.recycle() == (0, 0)


def test_customers_of_who_leaves_go_to_the_pool():
    lead, anna = make_user(), make_user("support_agent")
    customer, _period = owned(anna)

    people.deactivate(anna, by=lead)

    checked()
    customer.refresh_from_db()
    assert customer.owner is None
    assert periods(customer) == [(anna, "given", "left")]
    anna.refresh_from_db()
    with pytest.raises(ValidationError, match="is no longer active"):
        services.transfer([customer], anna, by=lead)


def test_the_rules_are_changed_on_a_page_by_those_who_may(client, lead, sign_in):
    rules = {
        "most_held": 3, "most_claims": 2, "idle_days": 30, "reminder_days": 30, "protection_days": 1, "pause_days": 1,
        "answer_days": 2, "appeal_days": 2,
    }  # fmt: skip

    refused = client.post(reverse("customers:rules"), rules)
    endless = client.post(reverse("customers:rules"), {**rules, "idle_days": 2_000_000_000})
    saved = client.post(reverse("customers:rules"), {**rules, "reminder_days": 5})

    assert (refused.status_code, saved.status_code) == (422, 302)
    assert "The warning must come within the idle days." in refused.content.decode()
    assert endless.context["form"].errors == {"idle_days": ["At most 3650 days are possible."]}
    assert [(row.most_held, row.idle_days, row.reminder_days) for row in OwnershipSettings.objects.all()] == [
        (3, 30, 5)
    ]
    sign_in("support_agent")
    assert client.get(reverse("customers:rules")).status_code == 403


def test_owners_stand_in_the_timeline_with_how_they_became_it(lead):
    customer, anna = make_customer(), make_user("support_agent", name="Anna")
    services.give(customer, owner=anna, by=lead, reason="Knows them")

    [line] = [one.line for one in timeline.page(lead, customer)[0] if one.kind.key == "owner"]

    assert (line.text, line.note, line.by) == ("Anna became the owner: Given by a lead", "Knows them", "Lea Lead")
    assert [one.line.text for one in timeline.page(lead, customer, kinds=["event"])[0]] == ["Customer created"]
