"""Orders whose promises move: by a person, by goods that come in, by a warehouse that closes."""

import threading
import time

import pytest
from django.core.exceptions import ValidationError
from django.db import connections, transaction

from backoffice import verification
from backoffice.errors import Busy, IllegalTransition
from backoffice.models import AuditEvent
from inventory import services as inventory
from inventory.models import Allocation, Location, StockLevel
from orders import services
from orders.models import Order
from tests.orders.builders import article, line_of, make_order, parcel_of, receive, staff, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner(client):
    user = staff("owner")
    client.force_login(user)
    return user


@pytest.fixture
def places():
    return warehouse("main", priority=1), warehouse("shop", priority=2)


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert {report.name: report.result.examples for report in verification.run() if report.result.wrong} == {}


def promised(order):
    rows = Allocation.objects.filter(cause=order.number).select_related("location", "variant")
    return {(row.variant.sku, row.location.code): row.quantity for row in rows}


def test_the_order_tells_which_pieces_went_where_and_why(places):
    tea = article("TEA", backorder_limit=5)
    order = make_order([("TEA", 2)], placed=True)
    receive(tea, 2, places[1])

    inventory.serve_waiting()

    event = AuditEvent.objects.about(order).get(verb="order.reallocated")
    assert (event.data, event.reason) == ({"lines": {"TEA": 2}, "route": "main → shop"}, "Stock became free")
    assert promised(order) == {("TEA", "shop"): 2}
    assert line_of(order, "TEA").allocated == 2


def test_what_lies_in_a_parcel_stays_and_is_served_first(places):
    main, shop = places
    tea = article("TEA", on_hand=2, at=main, backorder_limit=9)
    old, young = make_order([("TEA", 2)], placed=True), make_order([("TEA", 2)], placed=True)
    parcel = services.create_fulfilment(young, location=main, by=None)
    receive(tea, 2, shop)

    inventory.serve_waiting()

    assert (promised(old), promised(young)) == ({("TEA", "shop"): 2}, {("TEA", "main"): 2})
    services.ship(services.pack(parcel, by=None), by=None)
    parcel_of(old, at=shop, shipped=True)
    assert set(Order.objects.values_list("fulfilment_status", flat=True)) == {"fulfilled"}


def test_a_closing_warehouse_keeps_its_parcels(places):
    main, shop = places
    tea = article("TEA", on_hand=3, at=main)
    order = make_order([("TEA", 3)], placed=True)
    parcel = parcel_of(order, at=main, TEA=1)
    receive(tea, 3, shop)
    foreseen = inventory.foresee_closing(main)

    closed = inventory.close_location(main, by=None, leave_stock=True)
    inventory.clear_closed(closed)

    assert promised(order) == {("TEA", "main"): 1, ("TEA", "shop"): 2}
    assert [(one.pieces, one.is_packed) for one in foreseen.stuck] == [(1, True)]
    services.ship(services.pack(parcel, by=None), by=None)
    assert promised(order) == {("TEA", "shop"): 2}


def test_only_placed_orders_are_served_from_elsewhere(places):
    article("TEA", on_hand=2, at=places[0])
    with pytest.raises(IllegalTransition):
        services.reallocate(make_order([("TEA", 1)]), by=None)


# --- Pages ----------------------------------------------------------------------------------------------


def test_a_person_chooses_where_an_order_is_served_from(client, owner, places):
    tea = article("TEA", on_hand=2, at=places[0])
    order = make_order([("TEA", 2)], placed=True)
    receive(tea, 1, places[1])
    address = f"/orders/{order.number}/reallocate/"

    page = client.get(address).content.decode()
    answer = client.post(address, {"location": places[1].pk, "reason": "Closer"}, follow=True)

    assert "Shop: 1 free" in page
    assert f"{order.number} is served from elsewhere now." in answer.content.decode()
    assert "1 allocated at Main" in answer.content.decode()
    assert "1 allocated at Shop" in answer.content.decode()
    assert promised(order) == {("TEA", "main"): 1, ("TEA", "shop"): 1}
    fulfil = client.get(f"/orders/{order.number}/fulfil/?location=shop").content.decode()
    assert "A parcel from Shop" in fulfil


def test_a_refusal_is_said_on_the_form(client, owner, places):
    article("TEA", on_hand=2, at=places[0])
    order = make_order([("TEA", 2)], placed=True)

    answer = client.post(f"/orders/{order.number}/reallocate/", {"location": "", "reason": ""})

    assert answer.status_code == 422
    assert f"{order.number} cannot be served better just now." in answer.content.decode()


def test_who_may_not_move_promises_has_no_choice_of_the_warehouse(client, places):
    tea = article("TEA", on_hand=1, at=places[1])
    order = make_order([("TEA", 1)], placed=True)
    receive(tea, 1, places[0])
    client.force_login(staff("order_clerk"))
    address = f"/orders/{order.number}/reallocate/"

    assert 'name="location"' not in client.get(address).content.decode()
    client.post(address, {"location": places[0].pk, "reason": ""})

    assert promised(order) == {("TEA", "main"): 1}
    client.force_login(staff("support_agent"))
    assert client.get(address).status_code == 403


def test_a_confined_manager_chooses_among_the_own_warehouses(client, places):
    tea = article("TEA", on_hand=1, at=places[0])
    order = make_order([("TEA", 1)], placed=True)
    receive(tea, 1, places[1])
    client.force_login(staff("warehouse_manager", warehouses=("main",)))

    answer = client.post(f"/orders/{order.number}/reallocate/", {"location": places[1].pk, "reason": ""})

    assert answer.status_code == 422
    assert promised(order) == {("TEA", "main"): 1}


def test_the_page_tells_what_closing_does_before_it_is_done(client, owner, places):
    main, shop = places
    tea = article("TEA", on_hand=3, at=main)
    first, second = make_order([("TEA", 1)], placed=True), make_order([("TEA", 2)], placed=True)
    receive(tea, 1, shop)

    page = client.get("/inventory/locations/main/close/").content.decode()
    assert "Pieces are promised to 2 orders here." in page
    assert "1 of them moves whole to other warehouses." in page
    assert second.number in page
    assert first.number not in page
    assert "3 pieces of 1 variants are left on its shelves." in page

    refused = client.post("/inventory/locations/main/close/", {"reason": "Flood"})
    assert "Main still has 3 pieces of 1 variants. Transfer them first." in refused.content.decode()
    client.post("/inventory/locations/main/close/", {"reason": "Flood", "leave_stock": "on"})
    assert not Location.objects.get(code="main").is_active
    inventory.clear_closed(Location.objects.get(code="main"))

    left = client.get("/inventory/left-behind/").content.decode()
    assert (first.number in left, second.number in left) == (False, True)
    assert "Promised here" in client.get("/inventory/locations/main/").content.decode()
    receive(tea, 2, shop)
    promise = Allocation.objects.get(location__code="main")
    client.post("/inventory/left-behind/", {"action": "reallocate", "selected": [promise.pk], "confirmed": "1"})
    assert promised(second) == {("TEA", "shop"): 2}


def test_goods_of_a_closed_warehouse_are_offered_for_a_transfer(client, owner, places):
    article("TEA", on_hand=1, at=places[0])
    inventory.close_location(places[0], by=None, leave_stock=True)
    empty = warehouse("empty")
    inventory.close_location(empty, by=None)

    form = client.get("/inventory/transfers/new/").context["form"]

    assert [place.code for place in form.fields["source"].queryset] == ["main", "shop"]
    assert [place.code for place in form.fields["destination"].queryset] == ["shop"]


@pytest.mark.parametrize("rows", [1, 3])
def test_the_worklist_costs_the_same_for_any_number_of_rows(client, owner, places, django_assert_num_queries, rows):
    for number in range(rows):
        article(f"SKU{number}", on_hand=1, at=places[0])
        make_order([(f"SKU{number}", 1)], placed=True)
    inventory.close_location(places[0], by=None, leave_stock=True)
    client.get("/inventory/")
    with django_assert_num_queries(7):
        assert len(client.get("/inventory/left-behind/").context["rows"]) == rows


# --- Many at once ---------------------------------------------------------------------------------------


def in_threads(*works):
    """Run each on a connection of its own; what it returns, or the ValidationError that it raised."""
    results = [None] * len(works)

    def run(number, work):
        try:
            results[number] = work()
        except ValidationError as error:
            results[number] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return results


@pytest.mark.django_db(transaction=True)
def test_canceling_while_a_promise_moves_leaves_nothing_behind(places):
    tea = article("TEA", backorder_limit=99)
    orders = [make_order([("TEA", 1)], placed=True) for _n in range(12)]
    receive(tea, 12, places[1])

    def cancel():
        for order in orders[::2]:
            services.cancel(order, by=None, reason="x")

    in_threads(inventory.serve_waiting, cancel, inventory.serve_waiting)

    assert set(Allocation.objects.values_list("cause", flat=True)) == {order.number for order in orders[1::2]}
    assert set(Allocation.objects.values_list("location__code", flat=True)) == {"shop"}


@pytest.mark.django_db(transaction=True)
def test_a_parcel_made_while_promises_move_can_always_be_shipped(places):
    tea = article("TEA", on_hand=6, at=places[0], backorder_limit=99)
    orders = [make_order([("TEA", 1)], placed=True) for _n in range(12)]
    receive(tea, 12, places[1])

    def pack():
        parcels = []
        for order in orders:
            try:
                parcels.append(services.create_fulfilment(order, location=places[0], by=None))
            except ValidationError:  # it is served from the shop by now
                pass
        return parcels

    closed = inventory.close_location(places[0], by=None, leave_stock=True)
    parcels = in_threads(pack, lambda: inventory.clear_closed(closed))[0]

    for parcel in parcels:
        if parcel.order in orders[:6]:
            services.ship(services.pack(parcel, by=None), by=None)
    places_of = dict(Allocation.objects.values_list("cause", "location__code"))
    waiting = {parcel.order.number for parcel in parcels if parcel.order not in orders[:6]}
    assert {cause for cause, code in places_of.items() if code == "main"} == waiting


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("held", "served"), [(4, True), (20, False)])
def test_a_verb_that_finds_the_stock_busy_is_tried_once_more(places, held, served):
    tea = article("TEA", on_hand=1, at=places[0])
    order = make_order([("TEA", 1)])
    locked, over = threading.Event(), threading.Event()

    def holder():
        with transaction.atomic():
            StockLevel.objects.select_for_update().get(variant=tea)
            locked.set()
            over.wait(held)

    def placer():
        locked.wait(30)
        began = time.monotonic()
        try:
            return services.place(order, by=None), time.monotonic() - began
        finally:
            over.set()

    answer = in_threads(holder, placer)[1]

    order.refresh_from_db()
    assert isinstance(answer, Busy) is not served
    assert order.status == ("placed" if served else "draft")
