"""The pages for handhelds, with and without scripts."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from inventory import services
from inventory.models import Receipt, Scan, StockMove, Transfer
from inventory.services import Scanned
from tests.factories import level_of, make_count, make_location, make_user, make_variant
from tests.inventory.test_scans import on_hand, ordered, transfer_of

pytestmark = pytest.mark.django_db
JSON = {"headers": {"Accept": "application/json"}}


@pytest.fixture
def picker(client):
    user = make_user("warehouse_operator", name="Petra Picker")
    client.force_login(user)
    return user


def at(name, document, **query):
    return reverse(f"inventory:scan_{name}", args=[document.number], query=query)


def text(response):
    return " ".join(response.content.decode().split())


def scan(code, **more):
    return {"code": code, "pieces": 1, "key": uuid4(), "delivery": uuid4(), "condition": "good", **more}


# --- Where work begins ------------------------------------------------------------------------------------


def test_the_start_page_shows_what_waits_to_those_who_may(client, picker):
    ordered((make_variant("TEA"), 5))
    page = client.get("/inventory/warehouse/")
    assert next((str(tile.label), waiting) for tile, waiting in page.context["tiles"]) == ("Receive", "1")
    client.force_login(make_user("order_clerk"))
    labels = [str(tile.label) for tile, _waiting in client.get("/inventory/warehouse/").context["tiles"]]
    assert "Receive" not in labels
    client.force_login(make_user("analyst"))
    assert client.get("/inventory/warehouse/").status_code == 403


def test_the_start_page_says_where_an_item_is(client, picker):
    tea = make_variant("TEA", on_hand=7, barcode="4006381333931")
    page = client.get("/inventory/warehouse/", {"q": "4006381333931"})
    assert [(level.location.code, level.on_hand) for level in page.context["levels"]] == [("MAIN", 7)]
    assert page.context["variant"] == tea
    assert "Nothing is called “POT”." in text(client.get("/inventory/warehouse/", {"q": "POT"}))


def test_a_scanned_number_opens_a_document_and_an_item_narrows(client, picker):
    tea, cup = make_variant("TEA", on_hand=5), make_variant("CUP")
    order, other = ordered((tea, 5)), ordered((cup, 5))
    response = client.get("/inventory/warehouse/receive/", {"q": order.number.lower()})
    assert response["Location"] == at("delivery", order)
    page = client.get("/inventory/warehouse/receive/", {"q": "CUP"})
    assert [choice.title for choice in page.context["choices"]] == [other.number]
    transfer = transfer_of((tea, 2))
    assert client.get("/inventory/warehouse/transfers/", {"q": transfer.number})["Location"] == at("load", transfer)
    services.send(transfer, by=None)
    assert client.get("/inventory/warehouse/transfers/", {"q": transfer.number})["Location"] == at("unload", transfer)
    assert "Nothing is called “PO-0”." in text(client.get("/inventory/warehouse/receive/", {"q": "PO-0"}))


def test_people_of_one_warehouse_see_what_is_to_do_there(client):
    tea = make_variant("TEA", on_hand=9)
    order, leaving, coming = ordered((tea, 5)), transfer_of((tea, 1)), transfer_of((tea, 2), sent=True)
    for code, to_receive, to_move in (("MAIN", [order.number], [leaving.number]), ("SHOP", [], [coming.number])):
        client.force_login(make_user("warehouse_operator", warehouses=(code,)))
        page = client.get("/inventory/warehouse/receive/")
        assert [choice.title for choice in page.context["choices"]] == to_receive
        page = client.get("/inventory/warehouse/transfers/")
        assert [choice.title for choice in page.context["choices"]] == to_move
    assert client.get(at("delivery", order)).status_code == 404
    response = client.post(at("load", leaving), scan("TEA"), **JSON)
    assert (response.status_code, response.json()["said"]) == (422, "You may not move stock at Main.")


# --- Scans ------------------------------------------------------------------------------------------------


def test_a_scan_without_scripts_is_answered_by_its_key(client, picker):
    order = ordered((make_variant("TEA"), 5))
    page = client.get(at("delivery", order))
    data = {name: page.context["form"][name].value() for name in ("key", "pieces", "delivery")}
    data |= {"code": "tea", "condition": "good"}
    for _press in range(2):
        response = client.post(at("delivery", order), data)
        assert response["Location"] == at("delivery", order, recorded=data["key"])
    page = client.get(response["Location"])
    assert (page.context["verdict"].tone, page.context["verdict"].said) == ("yes", "TEA: 1 of 5 accepted.")
    assert page.context["form"]["delivery"].value() == data["delivery"]
    assert client.get(at("delivery", order, recorded=uuid4())).context["verdict"].tone == "ready"
    assert client.get(at("delivery", order, recorded="x")).context["verdict"].tone == "ready"
    assert Receipt.objects.get().lines.get().quantity == 1


def test_a_refused_scan_comes_back_with_what_was_scanned(client, picker):
    order = ordered((make_variant("TEA"), 5))
    response = client.post(at("delivery", order), scan("POT", pieces="3"))
    verdict = response.context["verdict"]
    assert (response.status_code, verdict.tone, verdict.code, verdict.said) == (
        422,
        "no",
        "POT",
        "Nothing is called “POT”.",
    )
    assert response.context["form"]["pieces"].value() == "3"
    assert not Scan.objects.exists()


def test_scripts_get_the_answer_and_the_page_as_it_is_now(client, picker):
    tea = make_variant("TEA", title="Green tea")
    order = ordered((tea, 5))
    data = scan("TEA", pieces=2, reference="LS 17")
    for _send in range(2):
        response = client.post(at("delivery", order), data, **JSON)
        answer = response.json()
        assert (response.status_code, answer["said"], answer["next"]) == (200, "TEA: 2 of 5 accepted.", "")
        assert "2 / 5" in answer["progress"]
    assert (level_of(tea).on_hand, Receipt.objects.get().reference) == (2, "LS 17")
    response = client.post(at("delivery", order), scan("POT"), **JSON)
    assert (response.status_code, response.json()) == (422, {"said": "Nothing is called “POT”.", "ask": ""})
    response = client.post(at("delivery", order), scan("TEA", pieces="many"), **JSON)
    assert (response.status_code, response.json()) == (422, {"said": "Enter a whole number.", "ask": ""})


@pytest.mark.django_db(transaction=True)
def test_where_others_hold_the_goods_scripts_send_it_again(client, transactional_db):
    client.force_login(make_user("warehouse_operator"))
    tea = make_variant("TEA", on_hand=3)
    transfer = transfer_of((tea, 2))
    data = scan("TEA")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT 1 FROM inventory_stocklevel WHERE variant_id = %s FOR UPDATE", [tea.pk])
            response = client.post(at("load", transfer), data, **JSON)
            assert (response.status_code, Scan.objects.count()) == (503, 0)
            assert "try again" in response.json()["said"]
            cursor.execute("ROLLBACK")
    finally:
        other.close()
    assert client.post(at("load", transfer), data, **JSON).status_code == 200
    assert on_hand(tea) == {"MAIN": 2, "transit": 1}


def test_rejected_pieces_and_a_new_delivery(client, picker):
    order = ordered((make_variant("TEA"), 5))
    delivery = uuid4()
    client.post(at("delivery", order), scan("TEA", delivery=delivery, condition="damaged"))
    assert client.get(at("delivery", order)).context["form"]["delivery"].value() == str(delivery)
    fresh = client.get(at("delivery", order, new=1)).context["form"]["delivery"].value()
    client.post(at("delivery", order), scan("TEA", delivery=fresh))
    assert [receipt.lines.get().rejected for receipt in Receipt.objects.order_by("pk")] == [1, 0]


def test_a_document_that_takes_no_scans_says_so(client, picker):
    tea = make_variant("TEA", on_hand=5)
    draft = services.create_purchase(
        ordered((tea, 1)).supplier, make_location(), [services.PurchaseLine(tea.pk, 2)], by=None
    )
    assert "nothing can be received for it" in text(client.get(at("delivery", draft)))
    response = client.post(at("delivery", draft), scan("TEA"), **JSON)
    assert (response.status_code, response.json()["said"]) == (
        422,
        f"{draft} is not ordered: nothing can be received for it.",
    )


def test_load_send_unload_and_close_with_a_piece_missing(client, picker):
    tea = make_variant("TEA", on_hand=5)
    transfer = transfer_of((tea, 3))
    client.post(at("load", transfer), scan("TEA", pieces=2))
    page = client.get(at("load", transfer))
    assert "Send without 1 piece" in text(page)
    assert client.get(at("send", transfer)).status_code == 200
    client.post(at("send", transfer), {"reason": "Broken"})
    assert "To unload" in text(client.get(at("unload", transfer)))
    client.post(at("unload", transfer), scan("TEA"))
    response = client.post(at("close", transfer), {"reason": ""})
    assert (response.status_code, "Say what happened to them." in text(response)) == (422, True)
    response = client.post(at("close", transfer), {"reason": "Fell off"}, follow=True)
    assert [str(message) for message in response.context["messages"]][-1] == f"{transfer} received."
    transfer.refresh_from_db()
    assert (transfer.status, on_hand(tea)) == (Transfer.Status.RECEIVED, {"MAIN": 3, "SHOP": 1})
    assert StockMove.objects.get(kind="adjusted").reason == "Fell off"


def test_counting_by_scans_keeps_a_blind_count_blind(client, picker):
    make_variant("TEA", on_hand=777)
    count = make_count(blind=True)
    response = client.post(at("count", count), scan("TEA", pieces=5, ago=3), **JSON)
    assert response.json()["said"] == "TEA: 5 counted."
    assert "777" not in response.content.decode()
    assert "777" not in text(client.get(at("count", count)))
    assert "1 of 1 counted" in text(client.get(at("count", count)))


@pytest.mark.parametrize("rows", [1, 3])
def test_pages_and_scans_cost_the_same_for_any_number_of_lines(client, picker, rows):
    variants = [make_variant(f"V{number}", on_hand=9) for number in range(rows)]
    order, leaving = ordered(*((one, 5) for one in variants)), transfer_of(*((one, 2) for one in variants))
    coming, count = transfer_of(*((one, 2) for one in variants), sent=True), make_count()
    services.scan_delivery(order, Scanned("V0"), delivery=uuid4(), by=picker)
    found = {}
    client.get(at("delivery", order))
    for name, document in (("delivery", order), ("load", leaving), ("unload", coming), ("count", count)):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(at(name, document)).status_code == 200
        found[name] = len(queries)
    for name in ("receive", "transfers", "count"):
        with CaptureQueriesContext(connection) as queries:
            client.get(f"/inventory/warehouse/{name}/")
        found[f"list of {name}"] = len(queries)
    assert found == {
        "delivery": 9,
        "load": 7,
        "unload": 7,
        "count": 9,
        "list of receive": 5,
        "list of transfers": 5,
        "list of count": 5,
    }
