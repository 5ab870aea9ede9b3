"""The pages of pickers and packers."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory import services as inventory
from inventory.models import StockLevel
from inventory.services import Scanned
from orders import services
from orders.models import Fulfilment, OrderLine, PickWave
from tests.orders.builders import article, make_order, parcel_of, receive, staff, warehouse

pytestmark = pytest.mark.django_db
JSON = {"headers": {"Accept": "application/json"}}


@pytest.fixture
def picker(client):
    user = staff("warehouse_operator")
    client.force_login(user)
    return user


def text(response):
    return " ".join(response.content.decode().split())


def scan(code, **more):
    return {"code": code, "pieces": 1, "key": uuid4(), **more}


def started(picker, *lines):
    """A pick list over orders of these lines."""
    orders = [make_order(some, placed=True) for some in lines]
    return services.start_picking(warehouse(), [order.pk for order in orders], by=picker)


def test_chosen_orders_or_the_oldest(client, picker):
    orders = [make_order([("TEA", 1)], placed=True) for _order in range(3)]
    page = client.get("/orders/picking/")
    assert page.context["orders"] == orders
    response = client.post("/orders/picking/", {"at": "main", "orders": [orders[2].pk]})
    wave = PickWave.objects.get()
    assert response["Location"] == wave.get_absolute_url()
    assert wave.parcels.get().order == orders[2]
    response = client.post("/orders/picking/", {"at": "main", "orders": [orders[2].pk, "x"]})
    assert (response.status_code, "somebody else has taken these orders" in text(response)) == (422, True)
    response = client.post("/orders/picking/", {"at": "main"})
    assert (response.status_code, "Choose at least one order." in text(response)) == (422, True)
    client.post("/orders/picking/", {"at": "main", "oldest": "1"})
    assert [parcel.order for parcel in PickWave.objects.first().parcels.order_by("box")] == orders[:2]
    assert [one.number for one in client.get("/orders/picking/").context["mine"]] == [
        one.number for one in PickWave.objects.order_by("pk")
    ]


def test_people_of_one_warehouse_pick_there(client):
    receive(article("TEA", on_hand=5), 5, warehouse("far", priority=20))
    order = make_order([("TEA", 1)], placed=True)
    client.force_login(staff("warehouse_operator", warehouses=("far",)))
    assert client.get("/orders/picking/").context["places"] == [warehouse("far")]
    assert client.post("/orders/picking/", {"at": "main", "orders": [order.pk]}).status_code == 422
    wave = services.start_picking(warehouse(), [order.pk], by=staff("warehouse_operator"))
    for address in (wave.get_absolute_url(), reverse("orders:pack", args=[wave.parcels.get().number])):
        assert client.get(address).status_code == 404
        assert client.post(address, scan("TEA")).status_code == 404
    [line] = services.lines_to_pick(wave)
    assert client.get(reverse("orders:pick-missing", args=[wave.number, line.pk])).status_code == 404


def test_who_may_not_fulfil_may_not_pick(client):
    client.force_login(staff("analyst"))
    for address in ("/orders/picking/", "/orders/packing/"):
        assert client.get(address).status_code == 403


def test_places_are_listed_in_walking_order(client, picker):
    main = warehouse()
    for sku in ("CUP", "POT", "TEA"):
        article(sku, on_hand=9)
    shelves = inventory.create_bins(main, ["Z", "A"], by=None)
    levels = {level.variant.sku: level.pk for level in StockLevel.objects.select_related("variant")}
    inventory.put_away(
        [
            inventory.PutAway(levels["TEA"], 1, shelves[0].pk),
            inventory.PutAway(levels["TEA"], 8, shelves[1].pk),
            inventory.PutAway(levels["CUP"], 9, shelves[1].pk),
            inventory.PutAway(levels["POT"], 1, shelves[1].pk),
        ],
        by=None,
    )
    wave = started(picker, [("CUP", 1), ("POT", 1), ("TEA", 2)])
    items = client.get(wave.get_absolute_url()).context["open_items"]
    assert [(item.name, item.places) for item in items] == [
        ("POT", ["Not put away"]),
        ("TEA", ["Z", "A"]),
        ("CUP", ["A"]),
    ]


def test_a_scan_is_answered_and_somebody_else_is_refused(client, picker):
    wave = started(picker, [("TEA", 2)])
    answer = client.post(wave.get_absolute_url(), scan("TEA", pieces=2), **JSON).json()
    assert (answer["said"], answer["next"]) == ("TEA: 2 into box 1", "")
    assert "Everything is in its box" in answer["progress"]
    client.force_login(staff("warehouse_operator"))
    assert "is picked by" in text(client.get(wave.get_absolute_url()))
    response = client.post(wave.get_absolute_url(), scan("TEA"), **JSON)
    assert (response.status_code, response.json()["said"]) == (422, f"{wave} is picked by {picker}.")


def test_what_has_nothing_to_scan_is_tapped(client, picker):
    order = make_order([("TEA", 1)], placed=True)
    OrderLine.objects.filter(order=order).update(variant=None, sku="")
    parcel_of(order)
    wave = services.start_picking(warehouse(), [order.pk], by=picker)
    [item] = client.get(wave.get_absolute_url()).context["open_items"]
    client.post(wave.get_absolute_url(), scan(item.tap, key=item.key))
    [line] = services.lines_to_pick(wave)
    assert line.picked == 1
    services.finish_picking(wave, by=picker)
    address = reverse("orders:pack", args=[wave.parcels.get().number])
    assert f'name="code" value="={line.pk}"' in text(client.get(address))
    client.post(address, scan(f"={line.pk}"))
    assert wave.parcels.get().status == "packed"


def test_missing_pieces_go_on_hold_or_come_from_elsewhere(client, picker):
    receive(article("CUP", on_hand=5), 5, warehouse("far", priority=20))
    wave = started(picker, [("CUP", 2), ("TEA", 1)])
    lines = {line.name: line for line in services.lines_to_pick(wave)}
    address = reverse("orders:pick-missing", args=[wave.number, lines["TEA"].pk])
    assert "TEA: 1 of 1 for box 1." in text(client.get(address))
    response = client.post(address, {"why": "damaged", "then": "hold", "note": "wet"}, follow=True)
    assert response.redirect_chain[-1][0] == wave.get_absolute_url()
    held = Fulfilment.objects.on_hold().get()
    assert [str(one) for one in response.context["messages"]] == [f"1 × TEA wait in {held}, which is on hold."]
    assert held.hold_reason == "Damaged: wet"
    address = reverse("orders:pick-missing", args=[wave.number, lines["CUP"].pk])
    response = client.post(address, {"why": "missing", "then": "elsewhere"}, follow=True)
    assert "2 × CUP will be sent from" in text(response)


def test_finish_and_stop(client, picker):
    wave = started(picker, [("TEA", 1)])
    response = client.post(reverse("orders:pick-finish", args=[wave.number]), follow=True)
    assert "1 piece is not picked yet" in text(response)
    assert "Put back what is in the others" in text(client.get(reverse("orders:pick-stop", args=[wave.number])))
    client.post(reverse("orders:pick-stop", args=[wave.number]), {"reason": "Break"})
    wave.refresh_from_db()
    assert wave.status == "canceled"
    assert "Stopped" in text(client.get(wave.get_absolute_url()))


def test_the_last_piece_leads_to_shipping(client, picker):
    wave = started(picker, [("TEA", 1)])
    services.pick(wave, Scanned("TEA"), by=picker)
    assert client.get("/orders/packing/").context["choices"] == []
    services.finish_picking(wave, by=picker)
    parcel = wave.parcels.get()
    [choice] = client.get("/orders/packing/").context["choices"]
    assert (choice.title, choice.url) == (parcel.number, reverse("orders:pack", args=[parcel.number]))
    for wanted in (parcel.number.lower(), parcel.order.number):
        assert client.get("/orders/packing/", {"q": wanted})["Location"] == choice.url
    answer = client.post(choice.url, scan("TEA"), **JSON).json()
    assert answer["next"] == f"{reverse('orders:fulfilment-ship', args=[parcel.number])}?next=%2Forders%2Fpacking%2F"
    assert client.post(choice.url, scan("TEA")).status_code == 422
    response = client.post(answer["next"], {"carrier": "DHL", "tracking_number": "JD01"})
    assert response["Location"] == "/orders/packing/"
    parcel.refresh_from_db()
    assert (parcel.status, parcel.tracking_number) == ("shipped", "JD01")


def test_parcels_on_hold_are_listed_and_resumed(client, picker):
    parcel = parcel_of(make_order([("TEA", 1)], placed=True))
    response = client.post(
        reverse("orders:fulfilment-hold", args=[parcel.number]), {"reason": "Fraud check"}, follow=True
    )
    assert f"{parcel} is on hold." in text(response)
    assert "Fraud check" in text(response)
    rows = client.get("/orders/fulfilments/", {"on_hold": "true"}).context["rows"]
    assert [row.object for row in rows] == [parcel]
    assert "is on hold: Fraud check" in text(client.get(reverse("orders:pack", args=[parcel.number])))
    client.post(reverse("orders:fulfilment-resume", args=[parcel.number]))
    assert client.get("/orders/fulfilments/", {"on_hold": "false"}).context["rows"][0].object == parcel


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_cost_the_same_for_any_number_of_lines(client, picker, rows):
    wave = started(picker, *([(f"V{number}", 2)] for number in range(rows)))
    parcel = parcel_of(make_order([(f"V{number}", 1) for number in range(rows)], placed=True))
    for number in range(rows):
        make_order([(f"V{number}", 1)], placed=True)
    found = {}
    pages = {"start": "/orders/picking/", "pick": wave.get_absolute_url(), "list": "/orders/packing/"}
    client.get("/orders/packing/")
    for name, address in {**pages, "pack": reverse("orders:pack", args=[parcel.number])}.items():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        found[name] = len(queries)
    assert found == {"start": 7, "pick": 10, "list": 5, "pack": 7}
