"""Picking and packing: several orders in one walk, no order twice, nothing wrong in a parcel."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.utils import IntegrityError
from django.urls import reverse

from backoffice import verification
from backoffice.errors import IllegalTransition, NotAllowed
from inventory import services as inventory
from inventory.models import Allocation, Hold, Scan, StockLevel
from inventory.services import Scanned
from orders import services
from orders.models import Fulfilment, Order, OrderLine, PickWave
from tests.orders.builders import article, line_of, make_order, parcel_of, receive, staff, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def picker(db):
    return staff("warehouse_operator")


def start(picker, *orders, at=None):
    return services.start_picking(at or warehouse(), [order.pk for order in orders] or None, by=picker)


def boxes(wave):
    return [(parcel.box, parcel.order.number) for parcel in wave.parcels.order_by("box").select_related("order")]


def picked(wave):
    return {(line.fulfilment.box, line.name): (line.picked, line.quantity) for line in services.lines_to_pick(wave)}


def wrong():
    return [report for report in verification.run() if report.result.wrong]


# --- Starting ---------------------------------------------------------------------------------------------


def test_the_oldest_orders_come_first_each_into_its_box(picker):
    first, second = make_order([("TEA", 2), ("CUP", 1)], placed=True), make_order([("TEA", 1)], placed=True)
    make_order([("TEA", 1)])
    wave = start(picker)
    assert (wave.picker, wave.status, boxes(wave)) == (picker, "picking", [(1, first.number), (2, second.number)])
    assert picked(wave) == {(1, "TEA"): (0, 2), (1, "CUP"): (0, 1), (2, "TEA"): (0, 1)}
    assert list(services.pickable(warehouse())) == []
    with pytest.raises(ValidationError, match="Nothing is left to pick"):
        start(staff("warehouse_operator"))


def test_chosen_orders_at_one_location(picker):
    near, far = warehouse(), warehouse("far", priority=20)
    article("TEA", on_hand=2)
    receive(article("TEA"), 5, far)
    split, other = make_order([("TEA", 6)], placed=True), make_order([("TEA", 1)], placed=True)
    assert list(services.pickable(near)) == [split, other]
    assert list(services.pickable(far)) == [split]
    assert boxes(start(picker, other)) == [(1, other.number)]
    assert list(services.pickable(near)) == [split]
    assert [parcel.lines.get().quantity for parcel in start(picker, at=far).parcels.all()] == [5]


def test_a_parcel_that_waits_is_picked_and_one_on_hold_is_not(picker):
    order, held = make_order([("TEA", 2)], placed=True), make_order([("TEA", 1)], placed=True)
    parcel = parcel_of(order, TEA=1)
    services.hold_fulfilment(parcel_of(held), reason="Asked to wait", by=None)
    wave = start(picker)
    assert list(wave.parcels.all()) == [parcel]


def test_backordered_pieces_are_not_sent_for(picker):
    article("TEA", on_hand=3, backorder_limit=10)
    first, second = make_order([("TEA", 2)], placed=True), make_order([("TEA", 2)], placed=True)
    wave = start(picker, first, second)
    assert picked(wave) == {(1, "TEA"): (0, 2), (2, "TEA"): (0, 1)}


def test_nobody_picks_at_a_warehouse_of_others(picker):
    make_order([("TEA", 2)], placed=True)
    with pytest.raises(NotAllowed):
        start(staff("warehouse_operator", warehouses=("far",)))


def test_the_database_lets_an_order_be_picked_once(picker):
    order = make_order([("TEA", 2)], placed=True)
    parcel = parcel_of(order, TEA=1)
    wave = start(picker, order)
    other = PickWave.objects.create(number="PW-0", location=warehouse(), picker=picker)
    with pytest.raises(IntegrityError), transaction.atomic():
        Fulfilment.objects.create(number="X", order=order, location=warehouse(), wave=other, box=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Fulfilment.objects.filter(pk=parcel.pk).update(hold_reason="x")
    with pytest.raises(IntegrityError), transaction.atomic():
        wave.parcels.get().lines.update(picked=2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("chosen", [True, False])
def test_pickers_who_start_at_once_never_get_the_same_order(chosen):
    orders = [make_order([("TEA", 1)], placed=True) for _order in range(8)]
    pickers = [staff("warehouse_operator") for _picker in range(6)]
    keys = [order.pk for order in orders] if chosen else None
    gate = Barrier(6)

    def begin(picker):
        try:
            gate.wait()
            return services.start_picking(warehouse(), keys, most=3, by=picker).pk
        except ValidationError:
            return None
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as threads:
        waves = [wave for wave in threads.map(begin, pickers) if wave]
    taken = list(Fulfilment.objects.filter(wave__in=waves).values_list("order", flat=True))
    assert len(taken) == len(set(taken)) == Fulfilment.objects.count()
    assert len(taken) == 8 or not chosen
    assert len(taken) >= 3


# --- Picking ----------------------------------------------------------------------------------------------


def test_each_scan_says_which_box(picker):
    article("TEA", on_hand=9, barcode="4006381333931")
    wave = start(picker, make_order([("TEA", 2)], placed=True), make_order([("TEA", 3)], placed=True))
    assert services.pick(wave, Scanned("4006381333931"), by=picker).said == "TEA: 1 into box 1"
    scanned = Scanned("TEA", 3)
    for _send in range(2):
        assert services.pick(wave, scanned, by=picker).said == "TEA: 1 into box 1, 2 into box 2"
    with pytest.raises(ValidationError, match="TEA: 1 still to pick, 2 scanned"):
        services.pick(wave, Scanned("TEA", 2), by=picker)
    services.pick(wave, Scanned("TEA"), by=picker)
    with pytest.raises(ValidationError, match="TEA: all of it is picked already"):
        services.pick(wave, Scanned("TEA"), by=picker)
    assert picked(wave) == {(1, "TEA"): (2, 2), (2, "TEA"): (3, 3)}


def test_what_is_not_on_the_list_and_who_is_not_the_picker_is_refused(picker):
    wave = start(picker, make_order([("TEA", 2)], placed=True))
    article("CUP", on_hand=5)
    with pytest.raises(ValidationError, match=f"CUP does not belong to {wave}"):
        services.pick(wave, Scanned("CUP"), by=picker)
    with pytest.raises(NotAllowed, match=f"{wave} is picked by {picker}"):
        services.pick(wave, Scanned("TEA"), by=staff("warehouse_operator"))
    assert not Scan.objects.exists()


def test_lines_without_an_article_are_picked_by_their_key(picker):
    order = make_order([("TEA", 1)], placed=True)
    OrderLine.objects.filter(order=order).update(variant=None, sku="")
    parcel = parcel_of(order)
    wave = start(picker, order)
    [line] = services.lines_to_pick(wave)
    services.pick(wave, Scanned(f"={line.pk}"), by=picker)
    assert picked(wave) == {(1, "Tea"): (1, 1)}
    assert wave.parcels.get() == parcel


def test_a_list_is_finished_when_everything_is_in_its_box(picker):
    wave = start(picker, make_order([("TEA", 2)], placed=True))
    services.pick(wave, Scanned("TEA"), by=picker)
    with pytest.raises(ValidationError, match="1 piece is not picked yet"):
        services.finish_picking(wave, by=picker)
    services.pick(wave, Scanned("TEA"), by=picker)
    wave = services.finish_picking(wave, by=picker)
    assert wave.status == "picked"
    assert list(Fulfilment.objects.to_pack()) == list(wave.parcels.all())
    with pytest.raises(ValidationError, match="is finished"):
        services.pick(wave, Scanned("TEA"), by=picker)


def test_a_list_that_is_stopped_frees_what_is_not_whole(picker):
    whole, part = make_order([("TEA", 1)], placed=True), make_order([("TEA", 2)], placed=True)
    wave = start(picker, whole, part)
    services.pick(wave, Scanned("TEA", 2), by=picker)
    services.stop_picking(wave, by=staff("warehouse_manager"))
    assert [parcel.order for parcel in Fulfilment.objects.to_pack()] == [whole]
    assert list(services.pickable(warehouse())) == [part]
    assert part.fulfilments.get().lines.get().picked == 0
    again = start(picker)
    services.stop_picking(again, by=picker)
    again.refresh_from_db()
    assert again.status == "canceled"


# --- What is not there --------------------------------------------------------------------------------------


def test_missing_pieces_wait_in_a_parcel_on_hold(picker):
    order = make_order([("TEA", 3), ("CUP", 1)], placed=True)
    wave = start(picker, order)
    services.pick(wave, Scanned("TEA", 1), by=picker)
    tea, cup = services.lines_to_pick(wave)
    with pytest.raises(ValidationError, match="Say why"):
        services.report_missing(tea, reason=" ", elsewhere=False, by=picker)
    said = services.report_missing(tea, reason="Not found", elsewhere=False, by=picker)
    held = Fulfilment.objects.on_hold().get()
    assert said == f"2 × TEA wait in {held}, which is on hold."
    assert (held.lines.get().quantity, held.hold_reason, picked(wave)) == (
        2,
        "Not found",
        {(1, "TEA"): (1, 1), (1, "CUP"): (0, 1)},
    )
    services.report_missing(cup, reason="Broken", elsewhere=False, by=picker)
    assert sum(one.quantity for one in Allocation.objects.filter(cause=order.number)) == 4
    services.finish_picking(wave, by=picker)
    assert list(services.pickable(warehouse())) == []
    with pytest.raises(ValidationError, match="is on hold: Not found"):
        services.pack(held, by=None)
    services.pack(wave.parcels.get(), by=None)
    services.resume_fulfilment(held, by=None)
    assert list(services.pickable(warehouse())) == [order]
    assert wrong() == []


def test_a_parcel_of_which_nothing_is_there_is_on_hold_as_a_whole(picker):
    order = make_order([("TEA", 3)], placed=True)
    wave = start(picker, order)
    [tea] = services.lines_to_pick(wave)
    services.report_missing(tea, reason="Not found", elsewhere=False, by=picker)
    held = order.fulfilments.get()
    assert (held.wave, held.box, held.hold_reason) == (None, None, "Not found")
    assert services.finish_picking(wave, by=picker).status == "picked"


def test_missing_pieces_are_sent_from_elsewhere_and_held_here(picker):
    far = warehouse("far", priority=20)
    tea = article("TEA", on_hand=3)
    order = make_order([("TEA", 3)], placed=True)
    wave = start(picker, order)
    services.pick(wave, Scanned("TEA"), by=picker)
    [line] = services.lines_to_pick(wave)
    with pytest.raises(ValidationError, match="no other pieces are free"):
        services.report_missing(line, reason="Not found", elsewhere=True, by=picker)
    assert not Hold.objects.exists()
    receive(tea, 9, far)
    said = services.report_missing(line, reason="Not found", elsewhere=True, by=picker)
    assert said == "2 × TEA will be sent from Far."
    assert dict(Allocation.objects.values_list("location__code", "quantity")) == {"main": 1, "far": 2}
    hold = Hold.objects.get()
    assert (hold.location, hold.quantity, hold.reason) == (warehouse(), 2, f"{wave}: Not found")
    assert line_of(order, "TEA").allocated == 3
    services.finish_picking(wave, by=picker)
    assert list(services.pickable(far)) == [order]
    assert wrong() == []


def test_a_parcel_whose_pieces_all_come_from_elsewhere_is_canceled(picker):
    article("TEA", on_hand=1)
    order = make_order([("TEA", 1)], placed=True)
    wave = start(picker, order)
    receive(article("TEA"), 5, warehouse("far", priority=20))
    [line] = services.lines_to_pick(wave)
    services.report_missing(line, reason="Not found", elsewhere=True, by=picker)
    assert order.fulfilments.get().status == "canceled"
    assert services.lines_to_pick(wave) == []
    with pytest.raises(ValidationError, match="nothing of it is missing"):
        services.report_missing(line, reason="Not found", elsewhere=True, by=picker)


# --- Packing ----------------------------------------------------------------------------------------------


def test_a_wrong_item_is_refused_and_the_last_piece_packs_the_parcel(picker):
    order = make_order([("TEA", 2), ("CUP", 1)], placed=True)
    article("POT", on_hand=3)
    parcel = parcel_of(order)
    with pytest.raises(ValidationError, match=f"POT does not belong to {parcel}"):
        services.pack_scanned(parcel, Scanned("POT"), by=picker)
    assert services.pack_scanned(parcel, Scanned("TEA"), by=picker).said == "TEA: 1 of 2 packed."
    with pytest.raises(ValidationError, match="TEA: 2 belong into the parcel, 3 would be in it"):
        services.pack_scanned(parcel, Scanned("TEA", 2), by=picker)
    services.pack_scanned(parcel, Scanned("TEA"), by=picker)
    with pytest.raises(ValidationError, match="TEA: all of it is packed already"):
        services.pack_scanned(parcel, Scanned("TEA"), by=picker)
    last = Scanned("CUP")
    for _send in range(2):
        assert services.pack_scanned(parcel, last, by=picker).said == "CUP: 1 of 1 packed. Everything is in."
    parcel.refresh_from_db()
    assert parcel.status == "packed"
    with pytest.raises(IllegalTransition):
        services.pack_scanned(parcel, Scanned("CUP"), by=picker)
    services.ship(parcel, by=picker)
    assert StockLevel.objects.get(variant__sku="TEA").on_hand == 98
    assert wrong() == []


def test_the_scan_that_made_a_parcel_whole_is_taken_back_until_it_has_left(client, picker):
    parcel = parcel_of(make_order([("TEA", 2)], placed=True))
    other = staff("warehouse_operator")
    services.pack_scanned(parcel, Scanned("TEA"), by=other)
    last = services.pack_scanned(parcel, Scanned("TEA"), by=picker)
    with pytest.raises(ValidationError, match="went on meanwhile"), transaction.atomic():
        inventory.undo_scan(inventory.last_scan(parcel.number, other), by=other)
    client.force_login(picker)
    undo = reverse("inventory:scan_undo", args=[last.pk])
    for name in ("pack", "fulfilment-ship"):
        assert undo in client.get(reverse(f"orders:{name}", args=[parcel.number])).content.decode()
    for _press in range(2):
        client.post(undo)
    parcel.refresh_from_db()
    assert (parcel.status, parcel.packed_at, parcel.lines.get().packed) == ("pending", None, 1)
    assert Scan.objects.filter(undone_at=None).count() == 1
    last = services.pack_scanned(parcel, Scanned("TEA"), by=picker)
    services.ship(parcel, by=picker)
    with pytest.raises(ValidationError, match="went on meanwhile"), transaction.atomic():
        inventory.undo_scan(last, by=picker)
    assert undo not in client.get(reverse("orders:pack", args=[parcel.number])).content.decode()
    assert wrong() == []


def test_a_parcel_that_was_packed_by_click_is_not_opened_by_a_scan(picker):
    parcel = parcel_of(make_order([("TEA", 2)], placed=True))
    scan = services.pack_scanned(parcel, Scanned("TEA"), by=picker)
    services.pack(parcel, by=picker)
    with pytest.raises(ValidationError, match="went on meanwhile"), transaction.atomic():
        inventory.undo_scan(scan, by=picker)
    parcel.refresh_from_db()
    assert (parcel.status, parcel.lines.get().packed) == ("packed", 1)


def test_what_waits_is_not_packed_and_not_by_people_of_other_warehouses(picker):
    parcel = parcel_of(make_order([("TEA", 1)], placed=True))
    with pytest.raises(NotAllowed):
        services.pack_scanned(parcel, Scanned("TEA"), by=staff("warehouse_operator", warehouses=("far",)))
    services.hold_fulfilment(parcel, reason="Fraud check", by=None)
    with pytest.raises(ValidationError, match="is on hold: Fraud check"):
        services.pack_scanned(parcel, Scanned("TEA"), by=picker)
    parcel.refresh_from_db()
    assert (parcel.status, parcel.lines.get().packed) == ("pending", 0)


def test_a_parcel_is_put_on_hold_for_a_reason_and_before_it_is_packed(picker):
    order = make_order([("TEA", 1)], placed=True)
    parcel = parcel_of(order)
    with pytest.raises(ValidationError, match="Say what the parcel waits for"):
        services.hold_fulfilment(parcel, reason="", by=None)
    with pytest.raises(ValidationError, match="is not on hold"):
        services.resume_fulfilment(parcel, by=None)
    wave = start(picker, order)
    with pytest.raises(ValidationError, match="is being picked"):
        services.hold_fulfilment(parcel, reason="x", by=None)
    services.pick(wave, Scanned("TEA"), by=picker)
    services.finish_picking(wave, by=picker)
    services.hold_fulfilment(parcel, reason="x", by=None)
    parcel.refresh_from_db()
    assert (parcel.wave, parcel.box, parcel.lines.get().picked) == (None, None, 0)
    services.resume_fulfilment(parcel, by=None)
    with pytest.raises(ValidationError, match="Only a parcel that waits"):
        services.hold_fulfilment(services.pack(parcel, by=None), reason="x", by=None)


def test_a_canceled_order_line_is_not_in_the_way(picker):
    order = make_order([("TEA", 1)], placed=True)
    wave = start(picker, order)
    services.cancel_fulfilment(wave.parcels.get(), by=None)
    services.cancel(order, reason="Changed their mind", by=None)
    assert services.lines_to_pick(wave) == []
    assert services.finish_picking(wave, by=picker).status == "picked"
    assert Order.objects.get().status == "canceled"
    assert inventory.available([article("TEA").pk])[article("TEA").pk] == {warehouse().pk: 100}
