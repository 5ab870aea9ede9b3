"""Several people claim at the same moment, over connections of their own: one owner each, and nobody beyond the limit."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from customers import services
from customers.models import Customer, Ownership, OwnershipSettings
from tests.factories import make_customer, make_user

pytestmark = pytest.mark.django_db(transaction=True)
MOST, CLAIMANTS, CUSTOMERS = 3, 4, 10


def test_sixteen_claims_at_once_keep_owners_single_and_limits_kept():
    OwnershipSettings.objects.create(most_held=MOST, most_claims=50)
    people = [make_user("support_agent") for _number in range(CLAIMANTS)]
    customers = [make_customer(f"C{number}", email=f"c{number}@x.example") for number in range(CUSTOMERS)]

    def work(number):
        """Try for every customer once, beginning elsewhere than the others."""
        refused = Counter()
        try:
            for step in range(CUSTOMERS):
                try:
                    services.claim(customers[(number * 3 + step) % CUSTOMERS], by=people[number % CLAIMANTS])
                except ValidationError as error:
                    refused[error.code] += 1
        finally:
            connections.close_all()
        return refused

    with ThreadPoolExecutor(16) as pool:
        refused = sum(pool.map(work, range(16)), Counter())

    owners = Counter(Ownership.objects.running().values_list("user", flat=True))
    assert sum(owners.values()) == CUSTOMERS == 16 * CUSTOMERS - sum(refused.values())
    assert max(owners.values()) <= MOST
    assert set(refused) <= {"owned", "most_held"}
    assert Ownership.objects.count() == CUSTOMERS
    assert not Customer.objects.filter(owner=None).exists()
