"""Pages of the inventory: what they show, what they do, to whom, in how many statements."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory import services
from inventory.models import Hold, Location, Receipt, StockLevel, Supplier, Transfer
from inventory.services import Demand
from tests.factories import level_of, make_location, make_supplier, make_user, make_variant, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    user = make_user("owner", name="Olivia Owner")
    client.force_login(user)
    return user


def fill(rows):
    """So many rows of everything."""
    main, shop = make_location(), make_location("SHOP")
    for n in range(rows):
        tea = make_variant(f"TEA-{n}")
        services.receive(main, make_supplier(f"S{n}"), [(tea.pk, 9, Decimal("1.5"))], by=None)
        services.allocate(f"SO-{n}", [Demand(n, tea.pk, 2, tea.sku)], by=None)
        services.send(services.create_transfer(main, shop, [(tea.pk, 1)], by=None), by=None)
        services.hold(tea.pk, main, 1, reason="Photo", expires_at=timezone.now() + timedelta(hours=1), by=None)
        services.ship(f"SO-{n}", {n: 1}, main, by=None)


LISTS = {
    "inventory:stock": 12, "inventory:moves": 12, "inventory:receipts": 12, "inventory:transfers": 12,
    "inventory:holds": 12, "inventory:locations": 12, "inventory:suppliers": 12,
}  # fmt: skip


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize("name", LISTS)
def test_lists_cost_the_same_for_any_number_of_rows(client, owner, django_assert_num_queries, name, rows):
    fill(rows)
    client.get("/inventory/")
    with django_assert_num_queries(LISTS[name]):
        response = client.get(reverse(name))
    assert response.status_code == 200
    assert len(response.context["rows"]) >= rows


@pytest.mark.parametrize("rows", [1, 3])
def test_records_cost_the_same_for_any_number_of_rows(client, owner, django_assert_num_queries, rows):
    fill(1)
    tea = level_of(make_variant("POT", on_hand=9)).variant
    for n in range(rows):
        services.allocate(f"SO-9{n}", [Demand(90 + n, tea.pk, 1, "POT")], by=None)
    addresses = {
        level_of(tea).get_absolute_url(): 1,
        Receipt.objects.get().get_absolute_url(): 1,
        Transfer.objects.get().get_absolute_url(): 1,
        Hold.objects.get().get_absolute_url(): 1,
        make_location().get_absolute_url(): 1,
        Supplier.objects.get().get_absolute_url(): 1,
    }
    for address, _number in addresses.items():
        assert client.get(address).status_code == 200


def test_forms_open(client, owner):
    fill(1)
    for name in ["correct", "receive", "transfer_new", "hold_new", "location_new", "supplier_new"]:
        assert client.get(reverse(f"inventory:{name}")).status_code == 200, name
    transfer = services.create_transfer(make_location(), make_location("SHOP"), [(make_variant().pk, 1)], by=None)
    for address in ["edit", "cancel"]:
        assert client.get(f"{transfer.get_absolute_url()}{address}/").status_code == 200, address
