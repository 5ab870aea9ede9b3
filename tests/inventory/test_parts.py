"""Bins, lots and serial numbers in the ledger: what leaves first, what has to be named, and what the database refuses."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.utils import timezone

from backoffice import verification
from backoffice.errors import NotAllowed
from catalog.models import Variant
from inventory import services
from inventory.models import Location, Lot, PartPosting, StockLevel, StockMove, StockPart
from inventory.services import Arriving, Correction, Demand, Move, Pieces, PutAway, WrongParts, post, virtual
from tests.factories import level_of, make_bin, make_location, make_supplier, make_user, make_variant, stock

pytestmark = pytest.mark.django_db
Kind = StockMove.Kind


def in_days(number):
    return timezone.localdate() + timedelta(days=number)


def parts(variant, location=None):
    """{(bin, lot): pieces} of a level."""
    there = StockPart.objects.there().filter(level=level_of(variant, location))
    return {(p.bin and p.bin.code, p.lot and p.lot.number): p.quantity for p in there.select_related("bin", "lot")}


def receive(variant, *said, location=None, by=None):
    """Receive what is said: (pieces, lot, expiry or None, bin or None)."""
    rows = [Arriving(n, lot, expires, bin and bin.pk) for n, lot, expires, bin in said]
    pieces = sum(row.quantity for row in rows)
    return services.receive(location or make_location(), None, [(variant.pk, pieces, None)], parts={0: rows}, by=by)


def milk(**fields):
    """10 pieces of two lots: B expires in 5 days, A in 30."""
    variant = make_variant("MILK", tracking="lot", **fields)
    receive(variant, (6, "A", in_days(30), None), (4, "B", in_days(5), None))
    return variant


def leave(variant, pieces, kind=Kind.SCRAPPED, location=None, **more):
    end = {Kind.SCRAPPED: Location.Kind.SCRAP, Kind.SHIPPED: Location.Kind.CUSTOMER}[kind]
    place = location or make_location()
    return post([Move(kind, variant.pk, place.pk, virtual(end), pieces, reason="test", **more)], by=None)


def promise(variant, pieces, cause="SO-1"):
    services.allocate(cause, [Demand(1, variant.pk, pieces, variant.sku)], by=None)


def assert_verified():
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


# --- Bins ---------------------------------------------------------------------------------------


def test_pieces_are_put_away_and_moved_between_bins_and_on_hand_stays():
    tea, clerk = make_variant("TEA", on_hand=10), make_user(role="warehouse_manager")
    first, second = make_bin("A-1"), make_bin("A-2")
    level = level_of(tea)

    services.put_away([PutAway(level.pk, 7, first.pk), PutAway(level.pk, 3, second.pk, first.pk)], by=clerk)

    assert parts(tea) == {("A-1", None): 4, ("A-2", None): 3}
    level.refresh_from_db()
    assert (level.on_hand, level.placed, level.loose) == (10, 7, 3)
    moves = StockMove.objects.filter(kind=Kind.PUT_AWAY)
    assert list(moves.order_by("pk").values_list("quantity", "actor")) == [(7, clerk.pk), (3, clerk.pk)]
    postings = PartPosting.objects.order_by("pk").values_list("quantity", "after", "placed_after")
    assert list(postings) == [(7, 7, 7), (-3, 4, 4), (3, 3, 7)]
    assert_verified()


def test_pieces_go_back_out_of_a_bin():
    tea, shelf = make_variant("TEA", on_hand=10), make_bin("A-1")
    services.put_away([PutAway(level_of(tea).pk, 7, shelf.pk)], by=None)
    services.put_away([PutAway(level_of(tea).pk, 2, None, shelf.pk)], by=None)
    assert parts(tea) == {("A-1", None): 5}
    assert level_of(tea).placed == 5


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ((8, "A-2", None), "TEA: 7 pieces are not put away yet, 8 asked"),
        ((4, "A-2", "A-1"), r"TEA: 3 pieces in bin A-1, 4 asked \(Main\)\."),
        ((1, "A-1", "A-1"), "Choose another bin"),
        ((0, "A-2", None), "at least 1"),
        ((1, "ELSEWHERE", None), "The bin does not belong to Main"),
    ],
)
def test_what_cannot_be_put_away(row, sentence):
    tea = make_variant("TEA", on_hand=10)
    bins = {
        "A-1": make_bin("A-1"),
        "A-2": make_bin("A-2"),
        "ELSEWHERE": make_bin("ELSEWHERE", location=make_location("SHOP")),
    }
    level = level_of(tea)
    services.put_away([PutAway(level.pk, 3, bins["A-1"].pk)], by=None)
    pieces, to, source = row
    with pytest.raises(ValidationError, match=sentence), transaction.atomic():
        services.put_away([PutAway(level.pk, pieces, bins[to].pk, bins[source].pk if source else None)], by=None)
    assert parts(tea) == {("A-1", None): 3}


def test_nobody_moves_pieces_at_a_warehouse_of_others():
    tea, shelf = make_variant("TEA", on_hand=1), make_bin("A-1")
    clerk = make_user(role="warehouse_operator", warehouses=["SHOP"])
    with pytest.raises(NotAllowed):
        services.put_away([PutAway(level_of(tea).pk, 1, shelf.pk)], by=clerk)


def test_what_is_not_put_away_leaves_first_then_bins_as_one_walks():
    tea = make_variant("TEA", on_hand=10)
    far, near = make_bin("FAR", position=20), make_bin("NEAR", position=10)
    services.put_away([PutAway(level_of(tea).pk, 4, far.pk), PutAway(level_of(tea).pk, 4, near.pk)], by=None)
    leave(tea, 1)
    assert parts(tea) == {("FAR", None): 4, ("NEAR", None): 4}
    leave(tea, 4)
    assert parts(tea) == {("FAR", None): 4, ("NEAR", None): 1}
    leave(tea, 2)
    assert parts(tea) == {("FAR", None): 3}
    assert_verified()


def test_a_bin_is_named_where_pieces_leave_and_where_they_arrive():
    tea, shop = make_variant("TEA", on_hand=5), make_location("SHOP")
    here, there = make_bin("A-1"), make_bin("S-1", location=shop)
    services.put_away([PutAway(level_of(tea).pk, 3, here.pk)], by=None)
    move = Move(
        Kind.TRANSFERRED, tea.pk, make_location().pk, shop.pk, 4,
        taken=(Pieces(3, bin=here.pk), Pieces(1)), put=(Pieces(3, bin=there.pk), Pieces(1)),
    )  # fmt: skip
    post([move], by=None)
    assert parts(tea) == {}
    assert parts(tea, shop) == {("S-1", None): 3}
    assert (level_of(tea).on_hand, level_of(tea, shop).loose) == (1, 1)
    assert_verified()


def test_pieces_that_are_named_add_up():
    tea, shelf = make_variant("TEA", on_hand=5), make_bin("A-1")
    services.put_away([PutAway(level_of(tea).pk, 3, shelf.pk)], by=None)
    with pytest.raises(WrongParts, match="TEA: 2 pieces move, and 1 are named by bin and lot"), transaction.atomic():
        leave(tea, 2, taken=(Pieces(1, bin=shelf.pk),))
    with pytest.raises(WrongParts, match="TEA: 3 pieces in bin A-1, 4 asked"), transaction.atomic():
        leave(tea, 4, taken=(Pieces(4, bin=shelf.pk),))


def test_goods_are_received_into_a_bin():
    tea, shelf = make_variant("TEA"), make_bin("A-1")
    receive(tea, (3, "", None, shelf), (2, "", None, None))
    assert parts(tea) == {("A-1", None): 3}
    assert level_of(tea).loose == 2


def test_a_closed_bin_takes_nothing_and_a_full_one_stays_open():
    tea, shelf = make_variant("TEA", on_hand=5), make_bin("A-1")
    services.put_away([PutAway(level_of(tea).pk, 3, shelf.pk)], by=None)
    with pytest.raises(ValidationError, match="3 pieces lie in bin A-1"):
        services.close_bin(shelf, by=None)
    with pytest.raises(IntegrityError, match="Bin A-1 is not empty"), transaction.atomic():
        type(shelf).objects.filter(pk=shelf.pk).update(is_active=False)
    services.put_away([PutAway(level_of(tea).pk, 3, None, shelf.pk)], by=None)
    services.close_bin(shelf, by=None)
    with pytest.raises(WrongParts, match=r"Bin A-1 is closed \(Main\)"), transaction.atomic():
        services.put_away([PutAway(level_of(tea).pk, 3, shelf.pk)], by=None)
    assert services.open_bin(shelf, by=None).is_active


def test_codes_of_bins_are_taken_once_at_a_location_whatever_their_case():
    make_bin("A-1")
    make_bin("A-1", location=make_location("SHOP"))
    with pytest.raises(IntegrityError, match="bin_code_once"), transaction.atomic():
        make_bin("a-1")
    made = services.create_bins(make_location(), ["a-1", "B-1", " B-2", "b-2", ""], by=None)
    assert [(b.code, b.position) for b in made] == [("B-1", 10), ("B-2", 20)]


# --- Lots ---------------------------------------------------------------------------------------


def test_what_expires_first_leaves_first():
    variant = milk()
    leave(variant, 5)
    assert parts(variant) == {(None, "A"): 5}
    assert_verified()


def test_what_has_expired_is_shipped_only_by_name():
    variant = milk()
    Lot.objects.filter(number="B").update(expires_on=in_days(-1))
    promise(variant, 8)
    with pytest.raises(WrongParts, match="MILK: 6 pieces are not expired, 8 asked"), transaction.atomic():
        services.ship("SO-1", {1: 8}, make_location(), by=None)
    lots = {lot.number: lot.pk for lot in Lot.objects.all()}
    services.ship("SO-1", {1: 8}, make_location(), taken={1: [Pieces(5, lots["A"]), Pieces(3, lots["B"])]}, by=None)
    assert parts(variant) == {(None, "A"): 1, (None, "B"): 1}
    assert_verified()


def test_on_its_last_day_a_lot_is_shipped():
    variant = milk()
    Lot.objects.filter(number="B").update(expires_on=in_days(0))
    promise(variant, 4)
    services.ship("SO-1", {1: 4}, make_location(), by=None)
    assert parts(variant) == {(None, "A"): 6}


@pytest.mark.parametrize(
    ("tracking", "said", "sentence"),
    [
        ("lot", [], "MILK is tracked by lot: say which lots arrive"),
        ("serial", [], "MILK has serial numbers: name one for every piece"),
        ("lot", [Arriving(2, "A")], "MILK: 3 pieces arrive, and lots are named of 2"),
        ("lot", [Arriving(3)], "MILK: 3 pieces arrive, and lots are named of 3"),
        ("serial", [Arriving(3, "A")], "MILK: 3 pieces arrive; name a serial number for each"),
        ("serial", [Arriving(1, "A"), Arriving(1, "B"), Arriving(1, "a")], "a serial number stands there twice"),
        ("none", [Arriving(3, "A")], "MILK is not tracked by lot"),
        ("none", [Arriving(4)], "MILK: 4 pieces are put into bins, and 3 arrive"),
    ],
)
def test_arrivals_have_to_name_their_lots(tracking, said, sentence):
    variant = make_variant("MILK", tracking=tracking)
    with pytest.raises(WrongParts, match=sentence), transaction.atomic():
        services.receive(make_location(), None, [(variant.pk, 3, None)], parts={0: said} if said else {}, by=None)
    assert not StockLevel.objects.exists()
    assert not Lot.objects.exists()


def test_a_lot_is_known_again_and_learns_its_expiry_once():
    variant = make_variant("MILK", tracking="lot")
    receive(variant, (1, "A", None, None))
    receive(variant, (1, " a ", in_days(9), None))
    [lot] = Lot.objects.all()
    assert (lot.number, lot.expires_on) == ("A", in_days(9))
    with pytest.raises(WrongParts, match="MILK: lot A is known to expire on"), transaction.atomic():
        receive(variant, (1, "A", in_days(10), None))
    assert parts(variant) == {(None, "A"): 2}


def test_lots_go_along_with_a_transfer_and_those_that_are_missing_are_written_off():
    variant, shop = milk(), make_location("SHOP")
    transfer = services.create_transfer(make_location(), shop, [(variant.pk, 6)], by=None)
    line = transfer.lines.get()
    services.send(transfer, by=None)
    assert parts(variant, Location.objects.get(kind="transit")) == {(None, "A"): 2, (None, "B"): 4}
    lots = {lot.number: lot.pk for lot in Lot.objects.all()}
    shelf = make_bin("S-1", location=shop)
    came = [Pieces(2, lots["A"], shelf.pk), Pieces(3, lots["B"])]
    services.receive_transfer(transfer, {line.pk: 5}, put={line.pk: came}, reason="One fell", by=None)
    assert parts(variant, shop) == {("S-1", "A"): 2, (None, "B"): 3}
    assert parts(variant, Location.objects.get(kind="transit")) == {}
    assert parts(variant) == {(None, "A"): 4}
    assert_verified()


def test_two_transfers_on_their_way_keep_their_lots_apart():
    variant, shop = milk(), make_location("SHOP")
    lots = {lot.number: lot.pk for lot in Lot.objects.all()}
    first, second = (services.create_transfer(make_location(), shop, [(variant.pk, 2)], by=None) for _ in range(2))
    services.send(first, taken={first.lines.get().pk: [Pieces(2, lots["A"])]}, by=None)
    services.send(second, by=None)
    services.receive_transfer(first, {}, by=None)
    assert parts(variant, shop) == {(None, "A"): 2}
    with pytest.raises(WrongParts, match="MILK: 0 pieces of this lot were sent, 2 received"), transaction.atomic():
        services.receive_transfer(second, {}, put={second.lines.get().pk: [Pieces(2, lots["A"])]}, by=None)
    services.cancel_transfer(second, by=None)
    assert parts(variant) == {(None, "A"): 4, (None, "B"): 4}
    assert_verified()


def test_a_purchase_order_is_received_by_lot():
    variant, supplier = make_variant("MILK", tracking="lot"), make_supplier()
    order = services.create_purchase(supplier, make_location(), [services.PurchaseLine(variant.pk, 5)], by=None)
    services.order_purchase(order, by=None)
    line = order.lines.get()
    with pytest.raises(WrongParts, match="MILK is tracked by lot"), transaction.atomic():
        services.receive_purchase(order, [services.Delivered(line.pk, 5)], by=None)
    said = (Arriving(3, "A", in_days(3)), Arriving(1, "B"))
    receipt = services.receive_purchase(order, [services.Delivered(line.pk, 4, 1, "damaged", parts=said)], by=None)
    assert parts(variant) == {(None, "A"): 3, (None, "B"): 1}
    assert [(lot.number, n) for lot, n in services.named_lots(receipt.number)[variant.pk]] == [("A", 3), ("B", 1)]
    assert_verified()


def test_what_comes_back_is_of_the_lot_that_was_sent_where_there_is_no_doubt():
    variant, main = milk(), make_location()
    promise(variant, 5)
    services.ship("SO-1", {1: 5}, main, by=None)
    with pytest.raises(WrongParts, match="MILK is tracked by lot"), transaction.atomic():
        services.take_back("RT-1", [(variant.pk, 1, None)], main, sent_with=["SO-1"], by=None)
    services.take_back("RT-1", [(variant.pk, 4, None)], main, parts={0: [Arriving(4, "B")]}, by=None)
    services.take_back("RT-2", [(variant.pk, 1, None)], main, sent_with=["SO-1", "RT-1"], by=None)
    assert parts(variant) == {(None, "A"): 6, (None, "B"): 4}
    assert_verified()


def test_corrections_by_lot_and_bin():
    variant, shelf = milk(), make_bin("A-1")
    main = make_location()
    services.adjust(variant.pk, main, counted=5, lot="a", reason="Counted again", by=None)
    services.adjust(variant.pk, main, delta=2, lot="C", expires_on=in_days(1), bin=shelf.pk, reason="Found", by=None)
    assert parts(variant) == {(None, "A"): 5, (None, "B"): 4, ("A-1", "C"): 2}
    services.adjust(variant.pk, main, counted=8, reason="Counted again", by=None)
    assert parts(variant) == {(None, "A"): 5, (None, "B"): 3}
    with pytest.raises(WrongParts, match="MILK is tracked by lot"), transaction.atomic():
        services.adjust(variant.pk, main, counted=9, reason="Counted again", by=None)
    with pytest.raises(WrongParts, match="There is no lot “X” of it"), transaction.atomic():
        services.adjust(variant.pk, main, delta=-1, lot="X", reason="Lost", by=None)
    assert_verified()


def test_bins_are_counted_many_at_once():
    tea, main = make_variant("TEA", on_hand=4), make_location()
    variant, first, second = milk(), make_bin("A-1"), make_bin("A-2")
    rows = [
        Correction(tea.pk, main.pk, counted=3, bin=first.pk),
        Correction(tea.pk, main.pk, counted=2, bin=second.pk),
        Correction(variant.pk, main.pk, counted=4, bin=second.pk, lot="B"),
    ]
    assert len(services.adjust_many(rows, reason="Counted", by=None)) == 3
    assert parts(tea) == {("A-1", None): 3, ("A-2", None): 2}
    assert parts(variant) == {(None, "A"): 6, (None, "B"): 4, ("A-2", "B"): 4}
    assert services.adjust_many(rows, reason="Counted", by=None) == []
    assert_verified()


def test_many_moves_at_once_go_the_same_way():
    variant = milk()
    others = [make_variant(f"V{n}", on_hand=3) for n in range(120)]
    outside, here = virtual(Location.Kind.SCRAP), make_location().pk
    moves = [Move(Kind.SCRAPPED, v.pk, here, outside, 1, reason="test") for v in [*others, variant]]
    post(moves, by=None)
    assert parts(variant) == {(None, "A"): 6, (None, "B"): 3}
    assert level_of(others[0]).on_hand == 2
    assert_verified()


# --- Serial numbers -----------------------------------------------------------------------------


def phone(*numbers):
    variant = make_variant("PHONE", tracking="serial")
    receive(variant, *((1, number, None, None) for number in numbers))
    return variant


def test_a_serial_number_comes_goes_and_comes_back():
    variant, main = phone("S1", "S2"), make_location()
    promise(variant, 1)
    services.ship("SO-1", {1: 1}, main, by=None)
    assert parts(variant) == {(None, "S2"): 1}
    services.take_back("RT-1", [(variant.pk, 1, None)], main, sent_with=["SO-1"], by=None)
    assert parts(variant) == {(None, "S1"): 1, (None, "S2"): 1}
    assert_verified()


def test_a_serial_number_is_in_stock_once_wherever_it_is():
    variant = phone("S1")
    for place in (make_location(), make_location("SHOP")):
        with pytest.raises(WrongParts, match="PHONE: serial number S1 is in stock already"), transaction.atomic():
            receive(variant, (1, "s1", None, None), location=place)
    assert level_of(variant).on_hand == 1


def test_a_serial_number_moves_between_bins_and_warehouses():
    variant, shop, shelf = phone("S1", "S2"), make_location("SHOP"), make_bin("A-1")
    lot = Lot.objects.get(number="S2")
    services.put_away([PutAway(level_of(variant).pk, 1, shelf.pk, lot=lot.pk)], by=None)
    assert parts(variant) == {(None, "S1"): 1, ("A-1", "S2"): 1}
    post([Move(Kind.TRANSFERRED, variant.pk, make_location().pk, shop.pk, 1, taken=(Pieces(1, lot.pk),))], by=None)
    assert (parts(variant), parts(variant, shop)) == ({(None, "S1"): 1}, {(None, "S2"): 1})
    assert_verified()


# --- What holds whoever writes ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("UPDATE inventory_partposting SET quantity = 1", "append-only"),
        ("DELETE FROM inventory_partposting", "append-only"),
        ("UPDATE inventory_stockpart SET quantity = quantity + 1", "is what its last posting says"),
        ("UPDATE inventory_stockpart SET lot_id = NULL", "stays where it is"),
        ("DELETE FROM inventory_stockpart", "is what its last posting says"),
        ("UPDATE inventory_stocklevel SET placed = placed - 1", "stock_level_in_lots|last posting says"),
        ("UPDATE inventory_lot SET variant_id = (SELECT max(id) FROM catalog_variant)", "stays with its variant"),
        ("UPDATE catalog_variant SET tracking = 'none' WHERE sku = 'MILK'", "MILK: there is stock of it"),
        (
            ("INSERT INTO inventory_stockpart (level_id, lot_id, quantity) SELECT s.id, l.id, 5 FROM inventory_stocklevel s, inventory_lot l"
            " JOIN catalog_variant v ON v.id = l.variant_id WHERE v.id = s.variant_id AND l.number = 'UNUSED'"),
            "is what its last posting says",
        ),
        (
            ("INSERT INTO inventory_stockpart (level_id, lot_id) SELECT s.id, l.id FROM inventory_stocklevel s, inventory_lot l"
            " WHERE l.variant_id <> s.variant_id"),
            "the lot belongs to another variant",
        ),
        (
            ("INSERT INTO inventory_stockpart (level_id, bin_id, lot_id) SELECT s.id, b.id, l.id FROM inventory_stocklevel s"
            " JOIN inventory_lot l ON l.variant_id = s.variant_id, inventory_bin b WHERE b.code = 'ELSEWHERE'"),
            "the bin belongs to another location",
        ),
    ],
)  # fmt: skip
def test_raw_sql_is_refused(statement, sentence):
    variant = milk()
    Lot.objects.create(variant=variant, number="UNUSED")
    make_bin("ELSEWHERE", location=make_location("SHOP"))
    make_variant("TEA", on_hand=1)
    with pytest.raises(DatabaseError, match=sentence), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert parts(variant) == {(None, "A"): 6, (None, "B"): 4}


def test_no_more_lies_in_bins_than_is_there():
    tea, shelf = make_variant("TEA", on_hand=5), make_bin("A-1")
    services.put_away([PutAway(level_of(tea).pk, 5, shelf.pk)], by=None)
    with pytest.raises(IntegrityError, match="last posting says"), transaction.atomic():
        StockLevel.objects.update(placed=4)


def test_how_a_variant_is_tracked_changes_while_nothing_is_there():
    variant = make_variant("MILK", on_hand=1)
    with pytest.raises(IntegrityError, match="MILK: there is stock of it"), transaction.atomic():
        Variant.objects.update(tracking="lot")
    leave(variant, 1)
    Variant.objects.update(tracking="lot")
    assert level_of(variant).is_tracked
    receive(variant, (1, "A", None, None))
    assert parts(variant) == {(None, "A"): 1}
    leave(variant, 1)
    Variant.objects.update(tracking="none")
    stock(variant, 2)
    assert (level_of(variant).is_tracked, parts(variant)) == (False, {})
    assert_verified()


def test_a_lot_that_becomes_a_serial_number_is_one_piece():
    variant = make_variant("PHONE", tracking="lot")
    receive(variant, (3, "S1", None, None))
    leave(variant, 3)
    Variant.objects.update(tracking="serial")
    receive(variant, (1, "S1", None, None))
    assert StockPart.objects.get().is_serial
    assert_verified()


def test_a_shop_without_bins_and_lots_writes_nothing_of_them():
    tea = make_variant("TEA", on_hand=10)
    promise(tea, 3)
    services.ship("SO-1", {1: 3}, make_location(), by=None)
    services.adjust(tea.pk, make_location(), delta=-2, reason="Lost", by=None)
    assert not StockPart.objects.exists()
    assert not PartPosting.objects.exists()
    assert level_of(tea).placed == 0
