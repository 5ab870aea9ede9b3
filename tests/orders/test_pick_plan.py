"""Every piece of a parcel has a bin and a lot that it leaves: planned, changed by what is scanned, and taken by shipping."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.utils import IntegrityError
from django.urls import reverse
from django.utils import timezone

from backoffice import verification
from inventory import services as inventory
from inventory.models import Lot, StockLevel, StockPart
from inventory.services import Arriving, PutAway, Scanned
from orders import services
from orders.models import PickPart
from tests.factories import make_bin
from tests.orders.builders import article, make_order, parcel_of, receive, staff, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def picker(db):
    return staff("warehouse_operator")


def in_days(number):
    return timezone.localdate() + timedelta(days=number)


def shelf(code, position=0):
    return make_bin(code, location=warehouse(), position=position)


def tea(**bins):
    """12 pieces of tea: so many in each bin, the rest not put away."""
    variant = article("TEA", on_hand=12)
    level = StockLevel.objects.get(variant=variant)
    for position, (code, pieces) in enumerate(bins.items()):
        inventory.put_away([PutAway(level.pk, pieces, shelf(code, position).pk)], by=None)
    return variant


def milk(*said):
    """Received: (pieces, lot, days to its expiry, bin or None)."""
    variant = article("MILK", tracking="lot")
    rows = [Arriving(n, lot, in_days(days), bin and bin.pk) for n, lot, days, bin in said]
    inventory.receive(warehouse(), None, [(variant.pk, sum(r.quantity for r in rows), None)], parts={0: rows}, by=None)
    return variant


def start(picker, *orders):
    return services.start_picking(warehouse(), [order.pk for order in orders], by=picker)


def plan(document=None):
    """{order: [(place, picked, quantity)]}, as one walks."""
    found = {}
    for part in PickPart.objects.select_related("line__fulfilment__order", "bin", "lot").as_one_walks():
        found.setdefault(part.line.fulfilment.order.number, []).append((part.place, part.picked, part.quantity))
    return found


def lying(sku):
    there = StockPart.objects.there().filter(level__variant__sku=sku).select_related("bin", "lot")
    return {(part.bin and part.bin.code, part.lot and part.lot.number): part.quantity for part in there}


def assert_verified():
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


def test_pieces_are_planned_in_the_order_in_which_they_leave_and_none_twice(picker):
    tea(A=3, B=4)
    first, second = make_order([("TEA", 6)], placed=True), make_order([("TEA", 5)], placed=True)
    start(picker, first, second)
    assert plan() == {
        first.number: [("Not put away", 0, 5), ("A", 0, 1)],
        second.number: [("A", 0, 2), ("B", 0, 3)],
    }


def test_a_shop_without_bins_and_lots_plans_nothing(picker):
    article("TEA", on_hand=5)
    order = make_order([("TEA", 2)], placed=True)
    wave = start(picker, order)
    scan = services.pick(wave, Scanned("TEA", 2), by=picker)
    assert (scan.said, PickPart.objects.count()) == ("TEA: 2 into box 1", 0)


def test_shipping_takes_exactly_what_was_planned_whatever_else_leaves_before(picker):
    milk((2, "LATE", 60, None), (3, "SOON", 5, shelf("A")))
    first, second = make_order([("MILK", 3)], placed=True), make_order([("MILK", 1)], placed=True)
    one, other = parcel_of(first), parcel_of(second)
    assert plan() == {first.number: [("A · lot SOON", 0, 3)], second.number: [("lot LATE", 0, 1)]}
    services.ship(services.pack(other, by=None), by=None)
    assert lying("MILK") == {(None, "LATE"): 1, ("A", "SOON"): 3}
    services.ship(services.pack(one, by=None), by=None)
    assert lying("MILK") == {(None, "LATE"): 1}
    assert_verified()


def test_a_scan_out_of_another_bin_changes_the_plan_and_says_so(picker):
    tea(A=6, B=6)
    order = make_order([("TEA", 2)], placed=True)
    wave = start(picker, order)
    scan = services.pick(wave, Scanned("TEA"), bin="b", by=picker)
    assert scan.said == "TEA: 1 into box 1 (B instead of A)"
    assert services.pick(wave, Scanned("TEA"), by=picker).said == "TEA: 1 into box 1"
    assert plan() == {order.number: [("A", 1, 1), ("B", 1, 1)]}
    services.finish_picking(wave, by=picker)
    services.ship(services.pack(wave.parcels.get(), by=None), by=None)
    assert lying("TEA") == {("A", None): 5, ("B", None): 5}


def test_boxes_that_want_pieces_from_the_scanned_bin_get_them_first(picker):
    tea(A=2, B=10)
    first, second = make_order([("TEA", 2)], placed=True), make_order([("TEA", 2)], placed=True)
    wave = start(picker, first, second)
    assert services.pick(wave, Scanned("TEA"), bin="B", by=picker).said == "TEA: 1 into box 2"
    assert services.pick(wave, Scanned("TEA", 2), by=picker).said == "TEA: 2 into box 1"
    assert plan() == {first.number: [("A", 2, 2)], second.number: [("B", 1, 2)]}


def test_who_was_to_take_what_another_took_takes_what_that_one_leaves(picker):
    tea(A=10, B=2)
    first, second = make_order([("TEA", 10)], placed=True), make_order([("TEA", 2)], placed=True)
    mine, others = start(picker, first), start(staff("warehouse_operator"), second)
    services.pick(mine, Scanned("TEA"), bin="B", by=picker)
    assert plan() == {first.number: [("A", 0, 9), ("B", 1, 1)], second.number: [("A", 0, 1), ("B", 0, 1)]}
    assert others.parcels.get().lines.get().parts.count() == 2


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"bin": "B"}, "TEA: 1 pieces in B, 2 scanned"),
        ({"bin": "C"}, "TEA: 0 pieces in C, 2 scanned"),
        ({"bin": "NONE"}, "has no bin “NONE”"),
    ],
)
def test_what_is_not_in_the_scanned_bin_is_refused(picker, said, sentence):
    tea(A=11, B=1)
    shelf("C")
    wave = start(picker, make_order([("TEA", 2)], placed=True))
    with pytest.raises(ValidationError, match=sentence), transaction.atomic():
        services.pick(wave, Scanned("TEA", 2), by=picker, **said)
    assert PickPart.objects.get().picked == 0


def test_the_lot_of_a_label_counts_and_an_expired_or_unknown_one_is_refused(picker):
    milk((5, "OLD", -1, None), (5, "SOON", 5, None), (5, "LATE", 60, None))
    order = make_order([("MILK", 2)], placed=True)
    wave = start(picker, order)
    for lot, sentence in [("OLD", "lot OLD has expired"), ("NONE", "no lot or serial number NONE")]:
        with pytest.raises(ValidationError, match=sentence), transaction.atomic():
            services.pick(wave, Scanned("MILK"), lot=lot, by=picker)
    assert services.pick(wave, Scanned("MILK"), lot="late", by=picker).said == (
        "MILK: 1 into box 1 (lot LATE instead of lot SOON)"
    )
    services.pick(wave, Scanned("MILK"), by=picker)
    parcel = services.finish_picking(wave, by=picker).parcels.get()
    with pytest.raises(ValidationError, match="lot OLD has expired"), transaction.atomic():
        services.pack_scanned(parcel, Scanned("MILK"), lot="OLD", by=picker)
    services.pack_scanned(parcel, Scanned("MILK", 2), lot="SOON", by=picker)
    services.ship(parcel, by=None)
    assert lying("MILK") == {(None, "OLD"): 5, (None, "SOON"): 4, (None, "LATE"): 4}


def test_a_lot_that_expires_in_its_box_is_not_shipped(picker):
    milk((2, "SOON", 0, None), (2, "LATE", 60, None))
    wave = start(picker, make_order([("MILK", 2)], placed=True))
    services.pick(wave, Scanned("MILK", 2), by=picker)
    parcel = services.pack(services.finish_picking(wave, by=picker).parcels.get(), by=None)
    Lot.objects.filter(number="SOON").update(expires_on=in_days(-1))
    with pytest.raises(ValidationError, match=r"MILK: lot SOON has expired since it was picked\. Unpack"):
        services.ship(parcel, by=None)
    services.cancel_fulfilment(parcel, by=None)
    assert PickPart.objects.count() == 0
    services.ship(services.pack(parcel_of(parcel.order), by=None), by=None)
    assert lying("MILK") == {(None, "SOON"): 2}


def test_what_was_planned_and_is_gone_is_planned_anew(picker):
    variant = tea(A=6, B=6)
    parcel = parcel_of(make_order([("TEA", 4)], placed=True))
    place = StockPart.objects.get(bin__code="A").bin_id
    inventory.scrap(
        "X", [(variant.pk, 4)], warehouse(), reason="Wet", taken={0: [inventory.Pieces(4, bin=place)]}, by=None
    )
    services.ship(services.pack(parcel, by=None), by=None)
    assert [(row[0], row[2]) for row in plan()[parcel.order.number]] == [("A", 2), ("B", 2)]
    assert lying("TEA") == {("B", None): 4}


def test_pieces_that_are_missing_are_planned_no_more(picker):
    tea(A=6, B=6)
    order = make_order([("TEA", 4)], placed=True)
    wave = start(picker, order)
    services.pick(wave, Scanned("TEA", 3), by=picker)
    services.report_missing(wave.parcels.get().lines.get(), reason="Not found", elsewhere=False, by=picker)
    assert plan() == {order.number: [("A", 3, 3)]}
    services.stop_picking(wave, by=picker)
    assert plan() == {order.number: [("A", 3, 3)]}


def test_the_database_refuses_more_than_is_planned(picker):
    tea(A=6)
    start(picker, make_order([("TEA", 4)], placed=True))
    with pytest.raises(IntegrityError, match="pick_part_picked"), transaction.atomic():
        PickPart.objects.filter(bin=None).update(picked=9)


def test_the_pages_name_places_and_take_bins_and_lots(client, picker):
    client.force_login(picker)
    tea(A=6, B=6)
    milk((5, "SOON", 5, None), (5, "LATE", 60, None))
    wave = start(picker, make_order([("TEA", 1), ("MILK", 2)], placed=True))
    url = wave.get_absolute_url()
    page = client.get(url)
    assert [(item.name, item.places) for item in page.context["open_items"]] == [("MILK", ["lot SOON"]), ("TEA", ["A"])]
    key = lambda: str(page.context["form"].initial["key"])  # noqa: E731
    answer = client.post(url, {"code": "b", "pieces": 1, "key": key()})
    assert answer.url == f"{url}?bin=B"
    page = client.get(answer.url)
    assert page.context["form"].initial["bin"] == "B"
    client.post(url, {"code": "TEA", "pieces": 1, "key": key(), "bin": "B"})
    page = client.get(url)
    assert page.context["scans"][0].said == "TEA: 1 into box 1 (B instead of A)"
    client.post(url, {"code": "MILK", "pieces": 2, "key": key(), "lot": "LATE"})
    client.post(reverse("orders:pick-finish", args=[wave.number]))
    page = client.get(reverse("orders:pack", args=[wave.parcels.get().number]))
    assert 'name="lot"' in page.content.decode()


def test_articles_that_came_by_another_road_are_still_shipped(picker):
    """Pieces that no bin names yet are taken as before."""
    tea(A=12)
    receive(article("TEA"), 2, warehouse())
    services.ship(services.pack(parcel_of(make_order([("TEA", 13)], placed=True)), by=None), by=None)
    assert lying("TEA") == {("A", None): 1}
