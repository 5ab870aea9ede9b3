"""Scans of handhelds: recorded at once, and once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.utils import timezone

from backoffice.errors import IllegalTransition, NotAllowed
from inventory import services
from inventory.models import CountEntry, PurchaseOrder, Receipt, Scan, StockMove
from inventory.services import KeyReused, Scanned
from tests.factories import level_of, make_count, make_location, make_supplier, make_user, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def picker(db):
    return make_user("warehouse_operator", name="Petra Picker")


def ordered(*lines, by=None):
    """A purchase order over (variant, pieces)."""
    wanted = [services.PurchaseLine(variant.pk, pieces, Decimal(2)) for variant, pieces in lines]
    order = services.create_purchase(make_supplier(), make_location(), wanted, by=by)
    return services.order_purchase(order, by=by)


def transfer_of(*lines, sent=False):
    wanted = [(variant.pk, pieces) for variant, pieces in lines]
    transfer = services.create_transfer(make_location(), make_location("SHOP"), wanted, by=None)
    return services.send(transfer, by=None) if sent else transfer


def on_hand(variant):
    return {level.location.code: level.on_hand for level in variant.levels.select_related("location") if level.on_hand}


# --- What a code means ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["tea", " TEA ", "0036000291452", "036000291452", "00036000291452"])
def test_a_code_is_a_sku_or_a_barcode_of_any_length(code):
    tea = make_variant("TEA", barcode="036000291452")
    assert services.variant_of(code) == tea


def test_what_nothing_is_called_and_what_fits_several_is_refused():
    make_variant("TEA", barcode="4006381333931")
    make_variant("CUP", barcode="4006381333931")
    with pytest.raises(ValidationError, match="Nothing is called “POT”"):
        services.variant_of("POT")
    with pytest.raises(ValidationError, match=r"fits several: (TEA, CUP|CUP, TEA)"):
        services.variant_of("4006381333931")
    with pytest.raises(ValidationError, match="Nothing is called"):
        services.variant_of("")


# --- Once ---------------------------------------------------------------------------------------------------


def test_the_same_key_is_answered_as_the_first_time(picker):
    tea = make_variant("TEA")
    order = ordered((tea, 5))
    scanned = Scanned("TEA", 2)
    delivery = uuid4()
    first = services.scan_delivery(order, scanned, delivery=delivery, by=picker)
    services.scan_delivery(order, Scanned("TEA"), delivery=delivery, by=picker)
    again = services.scan_delivery(order, scanned, delivery=delivery, by=picker)
    assert (again.pk, again.said) == (first.pk, "TEA: 2 of 5 accepted.")
    assert level_of(tea).on_hand == 3


@pytest.mark.parametrize("other", [{"code": "CUP"}, {"pieces": 3}])
def test_a_key_stands_for_one_scan(picker, other):
    order = ordered((make_variant("TEA"), 5), (make_variant("CUP"), 5))
    key = uuid4()
    services.scan_delivery(order, Scanned("TEA", 1, key), delivery=uuid4(), by=picker)
    with pytest.raises(KeyReused):
        services.scan_delivery(
            order, Scanned(**{"code": "TEA", "pieces": 1, "key": key} | other), delivery=uuid4(), by=picker
        )
    with pytest.raises(KeyReused):
        services.scan_delivery(order, Scanned("TEA", 1, key), delivery=uuid4(), by=make_user("warehouse_operator"))
    assert Scan.objects.count() == 1


def test_a_refused_scan_may_come_again(picker):
    order = ordered((make_variant("TEA"), 5))
    scanned = Scanned("CUP")
    with pytest.raises(ValidationError, match="Nothing is called"):
        services.scan_delivery(order, scanned, delivery=uuid4(), by=picker)
    make_variant("CUP")
    with pytest.raises(ValidationError, match=f"CUP is not on {order}."):
        services.scan_delivery(order, scanned, delivery=uuid4(), by=picker)
    assert not Scan.objects.exists()


@pytest.mark.parametrize("pieces", [0, -1, 10_000])
def test_a_scan_stands_for_some_pieces(picker, pieces):
    order = ordered((make_variant("TEA"), 5))
    with pytest.raises(ValidationError, match="1 to 9999 pieces"):
        services.scan_delivery(order, Scanned("TEA", pieces), delivery=uuid4(), by=picker)


def test_the_database_keeps_a_key_once(picker):
    facts = {"key": uuid4(), "kind": "counted", "subject": "ST-1", "code": "TEA", "pieces": 1, "said": "", "by": picker}
    Scan.objects.create(**facts)
    with pytest.raises(IntegrityError), transaction.atomic():
        Scan.objects.create(**facts)


@pytest.mark.django_db(transaction=True)
def test_one_key_sent_by_many_connections_at_once_posts_once():
    picker = make_user("warehouse_operator")
    tea = make_variant("TEA")
    order = ordered((tea, 500))
    delivery, keys = uuid4(), [uuid4() for _scan in range(6)]
    start = Barrier(8)

    def send(number):
        try:
            start.wait()
            return [
                services.scan_delivery(order, Scanned("TEA", 1, key), delivery=delivery, by=picker).pk for key in keys
            ]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(send, range(8)))
    assert [len({answer[place] for answer in answers}) for place in range(6)] == [1] * 6
    assert (level_of(tea).on_hand, Receipt.objects.get().lines.get().quantity) == (6, 6)


def test_old_scans_are_forgotten(picker):
    order = ordered((make_variant("TEA"), 5))
    for _scan in range(2):
        services.scan_delivery(order, Scanned("TEA"), delivery=uuid4(), by=picker)
    Scan.objects.filter(pk=Scan.objects.first().pk).update(at=timezone.now() - timedelta(days=31))
    assert services.forget_scans() == 1
    assert Scan.objects.count() == 1


# --- Receiving ----------------------------------------------------------------------------------------------


def test_pieces_of_one_delivery_stand_on_one_receipt(picker):
    tea, cup = make_variant("TEA"), make_variant("CUP")
    order = ordered((tea, 4), (cup, 1))
    delivery = uuid4()
    for code in ("TEA", "CUP", "TEA"):
        services.scan_delivery(order, Scanned(code), delivery=delivery, by=picker)
    said = services.scan_delivery(order, Scanned("TEA"), delivery=delivery, reject="damaged", by=picker).said
    assert said == "TEA: 1 rejected (Damaged)."
    receipt = Receipt.objects.get()
    lines = receipt.lines.order_by("pk").values_list(
        "variant__sku", "quantity", "rejected", "reject_reason", "unit_cost"
    )
    assert list(lines) == [("TEA", 2, 0, "", 2), ("CUP", 1, 0, "", 2), ("TEA", 0, 1, "damaged", 2)]
    assert (on_hand(tea), on_hand(cup)) == ({"MAIN": 2}, {"MAIN": 1})
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.PARTIALLY_RECEIVED
    services.scan_delivery(order, Scanned("TEA"), delivery=delivery, by=picker)
    order.refresh_from_db()
    assert order.status == PurchaseOrder.Status.RECEIVED
    assert set(StockMove.objects.values_list("cause", flat=True)) == {receipt.number}


def test_more_than_was_ordered_needs_the_right_to(picker):
    tea = make_variant("TEA")
    order = ordered((tea, 1))
    services.scan_delivery(order, Scanned("TEA"), delivery=uuid4(), by=picker)
    with pytest.raises(ValidationError, match="1 ordered, 2 accepted"):
        services.scan_delivery(order, Scanned("TEA"), delivery=uuid4(), by=picker)
    services.scan_delivery(order, Scanned("TEA"), delivery=uuid4(), by=make_user("warehouse_manager"))
    order.refresh_from_db()
    assert (order.status, level_of(tea).on_hand) == (PurchaseOrder.Status.OVER_RECEIVED, 2)


def test_the_suppliers_own_code_is_understood(picker):
    tea = make_variant("TEA")
    order = ordered((tea, 3))
    order.lines.update(supplier_sku="A-77")
    assert services.scan_delivery(order, Scanned("a-77"), delivery=uuid4(), by=picker).variant == tea


def test_a_delivery_goes_on_until_its_costs_are_known(picker):
    order = ordered((make_variant("TEA"), 5))
    assert services.delivery_of(order, by=picker) is None
    delivery = uuid4()
    services.scan_delivery(order, Scanned("TEA"), delivery=delivery, by=picker)
    assert services.delivery_of(order, by=picker) == delivery
    assert services.delivery_of(order, by=make_user("warehouse_operator")) is None
    services.add_landed_cost(Receipt.objects.get(), Decimal(3), reason="Freight", by=None)
    assert services.delivery_of(order, by=picker) is None
    with pytest.raises(ValidationError, match="Begin a new delivery"):
        services.scan_delivery(order, Scanned("TEA"), delivery=delivery, by=picker)


def test_nobody_receives_at_a_warehouse_of_others(picker):
    order = ordered((make_variant("TEA"), 5))
    with pytest.raises(NotAllowed):
        services.scan_delivery(
            order, Scanned("TEA"), delivery=uuid4(), by=make_user("warehouse_operator", warehouses=("SHOP",))
        )
    assert not Scan.objects.exists()


# --- Transfers ----------------------------------------------------------------------------------------------


def test_each_piece_leaves_the_shelf_as_it_is_loaded(picker):
    tea = make_variant("TEA", on_hand=5)
    transfer = transfer_of((tea, 3))
    said = services.load(transfer, Scanned("TEA", 2), by=picker).said
    assert (said, on_hand(tea)) == ("TEA: 2 of 3 loaded.", {"MAIN": 3, "transit": 2})
    with pytest.raises(ValidationError, match="3 planned, 2 loaded already"):
        services.load(transfer, Scanned("TEA", 2), by=picker)
    transfer = services.send(transfer, by=picker)
    assert (transfer.status, on_hand(tea)) == ("in_transit", {"MAIN": 2, "transit": 3})
    with pytest.raises(IllegalTransition):
        services.load(transfer, Scanned("TEA"), by=picker)


def test_a_transfer_goes_as_it_was_loaded(picker):
    tea, cup = make_variant("TEA", on_hand=5), make_variant("CUP", on_hand=5)
    transfer = transfer_of((tea, 3), (cup, 2))
    with pytest.raises(ValidationError, match="Nothing is loaded yet"):
        services.send_loaded(transfer, by=picker)
    services.load(transfer, Scanned("TEA", 2), by=picker)
    transfer = services.send_loaded(transfer, reason="No more cups", by=picker)
    assert (transfer.status, on_hand(tea), on_hand(cup)) == ("in_transit", {"MAIN": 3, "transit": 2}, {"MAIN": 5})
    transfer = services.receive_transfer(transfer, {}, by=None)
    assert [(line.quantity, line.sent, line.received, line.missing) for line in transfer.lines.all()] == [
        (3, 2, 2, 0),
        (2, 0, 0, 0),
    ]
    assert on_hand(tea) == {"MAIN": 3, "SHOP": 2}


def test_what_is_loaded_turns_back_when_the_draft_is_canceled(picker):
    tea = make_variant("TEA", on_hand=5)
    transfer = transfer_of((tea, 3))
    services.load(transfer, Scanned("TEA", 2), by=picker)
    with pytest.raises(ValidationError, match="are loaded"):
        services.edit_transfer(transfer, transfer.source, transfer.destination, [(tea.pk, 9)], by=picker)
    services.cancel_transfer(transfer, by=picker)
    assert on_hand(tea) == {"MAIN": 5}


def test_each_piece_is_on_the_other_shelf_as_it_is_unloaded(picker):
    tea = make_variant("TEA", on_hand=5)
    transfer = transfer_of((tea, 3), sent=True)
    said = services.unload(transfer, Scanned("TEA", 2), by=picker).said
    assert (said, on_hand(tea)) == ("TEA: 2 of 3 received.", {"MAIN": 2, "transit": 1, "SHOP": 2})
    with pytest.raises(ValidationError, match=r"Pieces of .* have arrived"):
        services.cancel_transfer(transfer, by=None)
    line = transfer.lines.get()
    with pytest.raises(ValidationError, match="2 are on the shelf already, 1 received"):
        services.receive_transfer(transfer, {line.pk: 1}, reason="Lost", by=None)
    with pytest.raises(ValidationError, match="Say what happened"):
        services.receive_unloaded(transfer, by=picker)
    transfer = services.receive_unloaded(transfer, reason="Fell off", broken=True, by=picker)
    assert (transfer.status, on_hand(tea)) == ("received", {"MAIN": 2, "SHOP": 2})
    assert StockMove.objects.get(kind="scrapped").quantity == 1


def test_more_than_was_sent_and_what_was_not_sent_is_refused(picker):
    tea = make_variant("TEA", on_hand=5)
    make_variant("CUP", on_hand=5, location=make_location("SHOP"))
    transfer = transfer_of((tea, 3), sent=True)
    with pytest.raises(ValidationError, match="3 sent, 4 received"):
        services.unload(transfer, Scanned("TEA", 4), by=picker)
    with pytest.raises(ValidationError, match=f"CUP is not on {transfer}"):
        services.unload(transfer, Scanned("CUP"), by=picker)
    assert on_hand(tea) == {"MAIN": 2, "transit": 3}


@pytest.mark.parametrize("wrong", [{"sent": 4}, {"arrived": 4}, {"received": 4}, {"arrived": 2, "received": 1}])
def test_the_database_refuses_impossible_lines(wrong):
    transfer = transfer_of((make_variant("TEA", on_hand=5), 3), sent=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        transfer.lines.update(**wrong)


# --- Counting -----------------------------------------------------------------------------------------------


def test_every_scan_counts_a_piece_more(picker):
    tea = make_variant("TEA", on_hand=5)
    count = make_count()
    for _piece in range(2):
        services.scan_count(count, Scanned("TEA"), by=picker)
    scanned = Scanned("TEA", 3)
    for _press in range(2):
        said = services.scan_count(count, scanned, by=picker).said
    assert said == "TEA: 5 counted."
    assert count.lines.get(variant=tea).counted == 5


def test_a_scan_that_had_to_wait_counts_when_it_was_made(picker):
    tea = make_variant("TEA", on_hand=5)
    count = make_count()
    count.started_at -= timedelta(hours=1)
    count.save(update_fields=["started_at"])
    services.scan_count(count, Scanned("TEA"), ago=timedelta(minutes=10), by=picker)
    entry = CountEntry.objects.get(line__variant=tea)
    assert timedelta(minutes=9) < timezone.now() - entry.counted_at < timedelta(minutes=11)
    services.scan_count(count, Scanned("TEA"), ago=timedelta(days=1), by=picker)
    assert CountEntry.objects.order_by("pk").last().counted_at == count.started_at
