"""The last scan is taken back by a counter-entry, once."""

from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from backoffice import verification
from backoffice.errors import NotAllowed
from inventory import services
from inventory.models import CountLine, PurchaseOrder, Scan, StockMove, StockPart
from inventory.services import Arriving, PurchaseLine, Scanned
from tests.factories import level_of, make_bin, make_location, make_supplier, make_user, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def picker(db):
    return make_user("warehouse_operator")


def assert_verified():
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


def ordered(*lines):
    wanted = [PurchaseLine(variant.pk, pieces, unit_cost=2) for variant, pieces in lines]
    order = services.create_purchase(make_supplier("ACME"), make_location(), wanted, by=None)
    return services.order_purchase(order, by=None)


def parts(variant):
    there = StockPart.objects.there().filter(level=level_of(variant)).select_related("bin", "lot")
    return {(p.bin and p.bin.code, p.lot and p.lot.number): p.quantity for p in there}


def test_accepted_pieces_go_back_and_the_order_waits_for_them_again(picker):
    milk = make_variant("MILK", tracking="lot")
    order, delivery = ordered((milk, 3)), uuid4()
    services.scan_delivery(order, Scanned("MILK", 2), delivery=delivery, parts=(Arriving(2, "A"),), by=picker)
    scan = services.scan_delivery(order, Scanned("MILK"), delivery=delivery, parts=(Arriving(1, "B"),), by=picker)
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.RECEIVED

    services.undo_scan(scan, by=picker)
    services.undo_scan(scan, by=picker)

    order.refresh_from_db()
    assert (order.status, order.closed_at, order.lines.get().accepted) == ("partially_received", None, 2)
    assert (parts(milk), level_of(milk).incoming) == ({(None, "A"): 2}, 1)
    assert StockMove.objects.get(kind="adjusted").reason == "Scan taken back"
    services.undo_scan(Scan.objects.get(undone_at=None), by=picker)
    order.refresh_from_db()
    assert (order.status, order.lines.get().accepted, level_of(milk).on_hand) == ("ordered", 0, 0)
    assert_verified()


def test_a_rejected_piece_is_rejected_no_more(picker):
    order, delivery = ordered((make_variant("TEA"), 3)), uuid4()
    services.scan_delivery(order, Scanned("TEA"), delivery=delivery, by=picker)
    scan = services.scan_delivery(order, Scanned("TEA"), delivery=delivery, reject="damaged", by=picker)
    services.undo_scan(scan, by=picker)
    assert order.lines.values_list("accepted", "rejected").get() == (1, 0)
    assert_verified()


def test_loaded_and_unloaded_pieces_go_back_to_their_bins_and_on_their_way(picker):
    milk, shelf, shop = make_variant("MILK", tracking="lot"), make_bin("A-1"), make_location("SHOP")
    said = [Arriving(3, "A", bin=shelf.pk), Arriving(3, "B")]
    services.receive(make_location(), None, [(milk.pk, 6, None)], parts={0: said}, by=None)
    transfer = services.create_transfer(make_location(), shop, [(milk.pk, 4)], by=None)
    before = parts(milk)
    scan = services.load(transfer, Scanned("MILK", 4), by=picker)
    services.undo_scan(scan, by=picker)
    assert (parts(milk), transfer.lines.get().sent) == (before, 0)

    services.load(transfer, Scanned("MILK", 4), by=picker)
    services.send_loaded(transfer, by=picker)
    with pytest.raises(ValidationError, match="went on meanwhile"), transaction.atomic():
        services.undo_scan(services.last_scan(transfer.number, picker), by=picker)
    scan = services.unload(transfer, Scanned("MILK", 3), by=picker)
    services.undo_scan(scan, by=picker)
    assert (level_of(milk, shop).on_hand, transfer.lines.get().arrived) == (0, 0)
    assert_verified()


def test_pieces_that_were_put_away_go_back(picker):
    tea, shelf, other = make_variant("TEA", on_hand=5), make_bin("A-1"), make_bin("A-2")
    services.shelve(shelf, Scanned("TEA", 3), by=picker)
    scan = services.shelve(other, Scanned("TEA", 2), out_of="A-1", by=picker)
    services.undo_scan(scan, by=picker)
    assert parts(tea) == {("A-1", None): 3}
    services.undo_scan(services.last_scan(services.shelf_name(shelf), picker), by=picker)
    assert parts(tea) == {}
    assert_verified()


def test_a_counted_piece_is_counted_no_more(picker):
    make_variant("TEA", on_hand=5)
    count = services.start_count(services.create_count(make_location(), services.Selection(), by=None), by=None)
    services.scan_count(count, Scanned("TEA", 4), by=picker)
    services.undo_scan(services.scan_count(count, Scanned("TEA"), by=picker), by=picker)
    assert CountLine.objects.get().counted == 4


def test_only_ones_own_last_scan_is_taken_back(picker):
    make_variant("TEA", on_hand=5)
    shelf = make_bin("A-1")
    first = services.shelve(shelf, Scanned("TEA"), by=picker)
    services.shelve(shelf, Scanned("TEA"), by=picker)
    with pytest.raises(ValidationError, match="Only the last scan"), transaction.atomic():
        services.undo_scan(first, by=picker)
    with pytest.raises(NotAllowed, match="Somebody else scanned this"), transaction.atomic():
        services.undo_scan(first, by=make_user("warehouse_manager"))
    assert Scan.objects.filter(undone_at=None).count() == 2


def test_the_button_takes_the_last_scan_back(client, picker):
    client.force_login(picker)
    tea, shelf = make_variant("TEA", on_hand=5), make_bin("A-1")
    services.shelve(shelf, Scanned("TEA", 2), by=picker)
    page = reverse("inventory:scan_put_away", args=[shelf.pk])
    scan = Scan.objects.get()
    address = reverse("inventory:scan_undo", args=[scan.pk])
    assert address in client.get(page).content.decode()
    answer = client.post(address, {"next": page}, follow=True)
    assert answer.redirect_chain == [(page, 302)]
    assert "Taken back: TEA: 2 into bin A-1, 3 left to put away." in answer.content.decode()
    assert address not in client.get(page).content.decode()
    assert parts(tea) == {}


def test_goods_that_were_sold_meanwhile_are_not_sent_back(picker):
    tea = make_variant("TEA")
    scan = services.scan_delivery(ordered((tea, 3)), Scanned("TEA", 3), delivery=uuid4(), by=picker)
    services.allocate("SO-1", [services.Demand(1, tea.pk, 2, "TEA")], by=None)
    with pytest.raises(services.InsufficientStock, match="TEA: 1 available, 3 asked"), transaction.atomic():
        services.undo_scan(scan, by=picker)
    scan.refresh_from_db()
    assert (scan.undone_at, level_of(tea).on_hand) == (None, 3)
