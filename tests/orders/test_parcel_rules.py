"""Parcels never hold more of a line than it has open, and `verify` proves parcels, places and what is on its way."""

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from backoffice import verification
from backoffice.models import AuditEvent
from inventory import services as inventory
from inventory.models import Allocation, Location
from inventory.services import Move, Scanned, post, virtual
from orders import services
from orders.models import FulfilmentLine, PickPart
from tests.factories import make_bin
from tests.orders.builders import article, line_of, make_order, parcel_of, receive, staff, warehouse

pytestmark = pytest.mark.django_db


def wrong(*names):
    return {r.name: r.result.wrong for r in verification.run(list(names)) if r.result.wrong}


def plant(statement):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(statement)


@pytest.mark.parametrize(
    "forgery",
    [
        "UPDATE orders_fulfilmentline SET quantity = 3",
        "UPDATE orders_orderline SET canceled = 1, allocated = 1",
        "UPDATE orders_orderline SET fulfilled = 1, allocated = 1",
    ],
)
def test_the_database_refuses_parcels_beyond_what_is_open(forgery):
    article("TEA", on_hand=9)
    order = make_order([("TEA", 2)], placed=True)
    parcel_of(order)
    with (
        pytest.raises(IntegrityError, match=r"TEA: \d pieces are open, and \d lie in parcels"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"{forgery}; SET CONSTRAINTS ALL IMMEDIATE")


def test_pieces_of_a_parcel_that_is_shipped_or_canceled_are_open_no_more():
    article("TEA", on_hand=9)
    order = make_order([("TEA", 4)], placed=True)
    parcel_of(order, shipped=True, TEA=2)
    services.cancel_fulfilment(parcel_of(order, TEA=2), by=None)
    parcel_of(order, TEA=2)
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert (line_of(order, "TEA").open_quantity, wrong("parcels")) == (2, {})


def test_verify_finds_parcels_that_are_not_promised_and_places_that_do_not_fit():
    article("TEA", on_hand=9)
    make_bin("A", location=warehouse())
    order = make_order([("TEA", 2)], placed=True)
    parcel_of(order)
    assert wrong("parcels", "pick_places") == {}
    PickPart.objects.create(line=FulfilmentLine.objects.get(), bin=make_bin("X", location=warehouse("far")), quantity=1)
    Allocation.objects.update(quantity=1)
    assert wrong("parcels", "pick_places") == {"parcels": 1, "pick_places": 1}


def test_verify_finds_pieces_on_the_way_that_no_transfer_sent():
    tea = article("TEA", on_hand=9)
    far = warehouse("far")
    transfer = inventory.create_transfer(warehouse(), far, [(tea.pk, 3)], by=None)
    inventory.load(transfer, Scanned("TEA", 2), by=staff("warehouse_operator"))
    assert wrong("stock_in_transit") == {}
    inventory.send(transfer, by=None)
    assert wrong("stock_in_transit") == {}
    transit = virtual(Location.Kind.TRANSIT)
    post([Move("transferred", tea.pk, transit, far.pk, 1, cause=transfer.number)], by=None)
    assert wrong("stock_in_transit") == {"stock_in_transit": 1}
    post([Move("transferred", tea.pk, far.pk, transit, 1, cause=transfer.number)], by=None)
    inventory.receive_transfer(transfer, {transfer.lines.get().pk: 2}, reason="Lost", by=None)
    assert wrong("stock_in_transit") == {}


# --- The API, and closing by file -------------------------------------------------------------------------


def test_an_order_is_served_from_elsewhere_by_the_api(client):
    far = warehouse("far", priority=20)
    receive(article("TEA", on_hand=2), 2, far)
    order = make_order([("TEA", 2)], placed=True)
    client.force_login(staff("owner"))
    address = f"/api/v1/orders/{order.number}/reallocate"

    answer = client.post(address, {"location": "far", "reason": "Nearer"}, content_type="application/json")

    assert (answer.status_code, answer.json()["number"]) == (200, order.number)
    assert Allocation.objects.get().location == far
    assert AuditEvent.objects.get(verb="order.reallocated").reason == "Nearer"
    refused = client.post(address, {"location": "far"}, content_type="application/json")
    assert refused.status_code == 422
    assert client.post(address, {"location": "nowhere"}, content_type="application/json").status_code == 404
    client.force_login(staff("analyst"))
    assert client.post(address, {}, content_type="application/json").status_code == 403
