"""Putting away by scanning, and lots as they come in."""

from datetime import date
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from backoffice import verification
from backoffice.errors import NotAllowed
from inventory import services
from inventory.models import Receipt, Scan, StockPart
from inventory.services import Arriving, PutAway, Scanned, WrongParts
from tests.factories import level_of, make_location, make_user, make_variant
from tests.inventory.test_scans import on_hand, ordered, transfer_of

pytestmark = pytest.mark.django_db
JSON = {"headers": {"Accept": "application/json"}}


@pytest.fixture
def picker(client):
    user = make_user("warehouse_operator")
    client.force_login(user)
    return user


@pytest.fixture
def shelves(db):
    return services.create_bins(make_location(), ["A-01", "B-07"], by=None)


def parts():
    return {
        (part.bin and part.bin.code, part.lot and part.lot.number): part.quantity for part in StockPart.objects.there()
    }


def at(shelf):
    return reverse("inventory:scan_put_away", args=[shelf.pk])


def test_pieces_go_into_a_bin_and_from_bin_to_bin(picker, shelves):
    make_variant("TEA", on_hand=5)
    first, second = shelves
    scanned = Scanned("TEA", 3)
    for _send in range(2):
        assert services.shelve(first, scanned, by=picker).said == "TEA: 3 into bin A-01, 2 left to put away."
    assert services.shelve(first, Scanned("TEA", 2), by=picker).said == "TEA: 2 into bin A-01."
    with pytest.raises(WrongParts, match="0 pieces are not put away yet, 1 asked"):
        services.shelve(second, Scanned("TEA"), by=picker)
    services.shelve(second, Scanned("TEA"), out_of="a-01", by=picker)
    assert parts() == {("A-01", None): 4, ("B-07", None): 1}


def test_what_is_not_here_is_refused(picker, shelves):
    make_variant("TEA", on_hand=5, location=make_location("SHOP"))
    with pytest.raises(ValidationError, match="TEA: there is none at Main"):
        services.shelve(shelves[0], Scanned("TEA"), by=picker)
    make_variant("CUP", on_hand=5)
    with pytest.raises(ValidationError, match="Main has no bin “Q”"):
        services.shelve(shelves[0], Scanned("CUP"), out_of="Q", by=picker)
    with pytest.raises(NotAllowed):
        services.shelve(shelves[0], Scanned("CUP"), by=make_user("warehouse_operator", warehouses=("SHOP",)))
    services.close_bin(shelves[0], by=None)
    with pytest.raises(WrongParts, match="Bin A-01 is closed"):
        services.shelve(shelves[0], Scanned("CUP"), by=picker)
    assert not Scan.objects.exists()


def test_the_start_page_shows_what_is_in_no_bin_and_where_there_is_more(client, picker, shelves):
    tea, cup = make_variant("TEA", on_hand=5), make_variant("CUP", on_hand=2)
    make_variant("POT", on_hand=2, location=make_location("SHOP"))
    services.put_away(
        [PutAway(level_of(tea).pk, 3, shelves[0].pk), PutAway(level_of(cup).pk, 2, shelves[1].pk)], by=None
    )
    page = client.get("/inventory/warehouse/put-away/")
    assert page.context["places"] == [make_location()]
    assert [(level.variant, loose) for level, loose in page.context["rows"]] == [(tea, 2)]
    assert "A-01 · 3" in page.content.decode()
    page = client.get("/inventory/warehouse/put-away/", {"q": "cup"})
    assert [(level.variant, loose) for level, loose in page.context["rows"]] == [(cup, 0)]
    assert client.get("/inventory/warehouse/put-away/", {"q": "b-07"})["Location"] == at(shelves[1])
    [empty] = services.create_bins(make_location(), ["Q"], by=None)
    services.close_bin(empty, by=None)
    assert "Bin Q is closed." in client.get(at(empty)).content.decode()


def test_the_code_of_another_bin_leads_there(client, picker, shelves):
    make_variant("TEA", on_hand=5)
    data = {"code": "b-07", "pieces": 1, "key": uuid4()}
    assert client.post(at(shelves[0]), data, **JSON).json() == {"said": "", "next": at(shelves[1])}
    assert client.post(at(shelves[0]), data)["Location"] == at(shelves[1])
    answer = client.post(at(shelves[0]), data | {"code": "TEA"}, **JSON).json()
    assert answer["said"] == "TEA: 1 into bin A-01, 4 left to put away."
    client.force_login(make_user("warehouse_operator", warehouses=("SHOP",)))
    assert client.get(at(shelves[0])).status_code == 404


def test_lots_and_serial_numbers_come_in_with_the_scan(client, picker):
    tea, pot = make_variant("TEA", tracking="lot"), make_variant("POT", tracking="serial")
    order = ordered((tea, 5), (pot, 2))
    delivery = uuid4()
    with pytest.raises(ValidationError, match="TEA: scan or type its lot or serial number too") as refusal:
        services.scan_delivery(order, Scanned("TEA", 2), delivery=delivery, by=picker)
    assert refusal.value.code == "lot"
    lot = (Arriving(2, "L-17", date(2031, 5, 1)),)
    services.scan_delivery(order, Scanned("TEA", 2), delivery=delivery, parts=lot, by=picker)
    services.scan_delivery(order, Scanned("POT"), delivery=delivery, parts=(Arriving(1, "S-1"),), by=picker)
    services.scan_delivery(order, Scanned("POT"), delivery=delivery, parts=(Arriving(1, "S-2"),), by=picker)
    with pytest.raises(WrongParts, match="S-1 is in stock already"):
        services.scan_delivery(
            order, Scanned("POT"), delivery=delivery, parts=(Arriving(1, "S-1"),), by=make_user("warehouse_manager")
        )
    services.scan_delivery(order, Scanned("TEA"), delivery=delivery, reject="expired", by=picker)
    assert parts() == {(None, "L-17"): 2, (None, "S-1"): 1, (None, "S-2"): 1}
    assert Receipt.objects.count() == 1
    assert [report for report in verification.run() if report.result.wrong] == []


def test_the_page_asks_for_the_lot(client, picker):
    order = ordered((make_variant("TEA", tracking="lot"), 5), (make_variant("CUP"), 1))
    address = reverse("inventory:scan_delivery", args=[order.number])
    assert 'name="lot"' in client.get(address).content.decode()
    data = {"code": "TEA", "pieces": 2, "key": uuid4(), "delivery": uuid4(), "condition": "good"}
    response = client.post(address, data, **JSON)
    assert (response.status_code, response.json()["ask"]) == (422, "lot")
    assert client.post(address, data).context["form"]["code"].value() == "TEA"
    answer = client.post(address, data | {"lot": "L-17", "expires_on": "2031-05-01"}, **JSON).json()
    assert answer["said"] == "TEA: 2 of 5 accepted."
    lot = StockPart.objects.get().lot
    assert (lot.number, lot.expires_on) == ("L-17", date(2031, 5, 1))


def test_lots_travel_with_a_transfer_that_is_scanned(picker):
    tea = make_variant("TEA", tracking="lot")
    order = ordered((tea, 5))
    for lot, pieces in (("L-1", 2), ("L-2", 3)):
        services.scan_delivery(
            order, Scanned("TEA", pieces), delivery=uuid4(), parts=(Arriving(pieces, lot),), by=picker
        )
    transfer = transfer_of((tea, 4))
    services.load(transfer, Scanned("TEA", 3), by=picker)
    services.load(transfer, Scanned("TEA"), by=picker)
    services.send(transfer, by=picker)
    services.unload(transfer, Scanned("TEA", 3), by=picker)
    services.receive_unloaded(transfer, reason="Lost", by=picker)
    assert on_hand(tea) == {"MAIN": 1, "SHOP": 3}
    shop = StockPart.objects.there().filter(level__location__code="SHOP").values_list("lot__number", "quantity")
    assert dict(shop) == {"L-1": 2, "L-2": 1}
    assert [report for report in verification.run() if report.result.wrong] == []
