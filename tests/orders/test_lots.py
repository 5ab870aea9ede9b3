"""Lots and serial numbers through an order: shipped first expired first, named where one wants to, known when they come back."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory import services as inventory
from inventory.models import Lot, StockLevel, StockPart
from inventory.services import Arriving
from orders import services
from orders.models import Return
from tests.orders.builders import article, make_order, parcel_of, staff, warehouse

pytestmark = pytest.mark.django_db


def lots_of(sku):
    there = StockPart.objects.there().filter(level__variant__sku=sku)
    return dict(there.values_list("lot__number", "quantity"))


@pytest.fixture
def parcel():
    """3 of 10 pieces of milk, packed; lot OLD expired yesterday, SOON expires tomorrow, LATE in a month."""
    milk = article("MILK", tracking="lot")
    days = {"OLD": -1, "LATE": 30, "SOON": 1}
    said = [
        Arriving(pieces, lot, timezone.localdate() + timedelta(days=days[lot]))
        for lot, pieces in [("OLD", 4), ("LATE", 4), ("SOON", 2)]
    ]
    inventory.receive(warehouse(), None, [(milk.pk, 10, None)], parts={0: said}, by=None)
    order = make_order([("MILK", 3)], placed=True)
    return services.pack(parcel_of(order), by=staff())


@pytest.fixture
def clerk(client):
    user = staff("owner")
    client.force_login(user)
    return user


def test_what_expires_first_is_shipped_and_nothing_that_has_expired(client, clerk, parcel):
    client.post(reverse("orders:fulfilment-ship", args=[parcel.number]), {"carrier": "DHL"})
    parcel.refresh_from_db()
    assert (parcel.status, parcel.carrier) == ("shipped", "DHL")
    assert lots_of("MILK") == {"OLD": 4, "LATE": 3}


def test_a_lot_is_named_on_the_form(client, clerk, parcel):
    url, field = reverse("orders:fulfilment-ship", args=[parcel.number]), f"lots_{parcel.lines.get().pk}"
    assert field in client.get(url).content.decode()
    refused = client.post(url, {field: "OLD x 2"})
    assert "MILK: 3 pieces move, and 2 are named by bin and lot (Main)." in refused.content.decode()
    client.post(url, {field: "OLD x 2, LATE"})
    assert lots_of("MILK") == {"OLD": 2, "LATE": 3, "SOON": 2}


def test_what_comes_back_names_its_lot_where_that_is_not_clear(client, clerk, parcel):
    services.ship(parcel, by=clerk)
    line = parcel.order.lines.get()
    row = services.request_return(parcel.order, quantities={line.pk: 1}, reason="Sour", by=clerk)
    services.approve_return(row, by=clerk)
    key, url = row.lines.get().pk, reverse("orders:return-receive", args=[row.number])
    page = client.get(url).content.decode()
    assert f"lots_{key}" in page
    sent = {"location": warehouse().pk, f"resellable_{key}": "1", f"damaged_{key}": "0", f"restock_{key}": "on"}
    refused = client.post(url, sent)
    assert "MILK is tracked by lot: say which lots arrive (Main)." in refused.content.decode()
    client.post(url, sent | {f"lots_{key}": "SOON"})
    assert Return.objects.get().status == "received"
    assert lots_of("MILK") == {"OLD": 4, "LATE": 3, "SOON": 1}


def test_the_page_of_a_lot_says_which_orders_got_it(client, clerk, parcel):
    services.ship(parcel, by=clerk)
    page = client.get(Lot.objects.get(number="SOON").get_absolute_url())
    [panel] = page.context["panels"]
    assert [(row[0][0], row[2]) for row in panel.rows] == [(parcel.order.number, "2")]
    assert client.get(Lot.objects.get(number="OLD").get_absolute_url()).context["panels"] == []


def test_serial_numbers_go_out_and_come_back(clerk):
    phone = article("PHONE", tracking="serial")
    said = [Arriving(1, "S1"), Arriving(1, "S2")]
    inventory.receive(warehouse(), None, [(phone.pk, 2, None)], parts={0: said}, by=None)
    order = make_order([("PHONE", 1)], placed=True)
    parcel_of(order, shipped=True)
    assert lots_of("PHONE") == {"S2": 1}
    row = services.request_return(order, quantities={order.lines.get().pk: 1}, reason="Wrong colour", by=clerk)
    services.approve_return(row, by=clerk)
    came = {row.lines.get().pk: services.Arrived(1)}
    services.receive_return(row, location=warehouse(), arrived=came, by=clerk)
    assert lots_of("PHONE") == {"S1": 1, "S2": 1}
    assert StockLevel.objects.get(variant=phone).on_hand == 2
