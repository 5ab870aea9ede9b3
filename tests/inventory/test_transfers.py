"""Transfers between warehouses."""

import pytest
from django.core.exceptions import ValidationError

from backoffice.errors import IllegalTransition, NotAllowed
from inventory import services
from inventory.models import StockMove
from inventory.services import InsufficientStock
from tests.factories import make_location, make_user, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def tea():
    return make_variant("TEA", on_hand=5)


@pytest.fixture
def shop():
    return make_location("SHOP")


def make_transfer(variant, shop, quantity=4):
    return services.create_transfer(make_location(), shop, [(variant.pk, quantity)], by=None)


def on_hand(variant):
    return {level.location.code: level.on_hand for level in variant.levels.select_related("location") if level.on_hand}


def test_nothing_moves_before_it_is_sent(tea, shop):
    transfer = make_transfer(tea, shop)
    assert (transfer.status, on_hand(tea)) == ("draft", {"MAIN": 5})


def test_sent_pieces_are_on_their_way_until_received(tea, shop):
    transfer = services.send(make_transfer(tea, shop), by=None)
    assert (transfer.status, on_hand(tea)) == ("in_transit", {"MAIN": 1, "transit": 4})
    transfer = services.receive_transfer(transfer, {}, by=None)
    assert (transfer.status, on_hand(tea)) == ("received", {"MAIN": 1, "SHOP": 4})
    assert set(StockMove.objects.filter(kind="transferred").values_list("cause", flat=True)) == {transfer.number}


@pytest.mark.parametrize(("broken", "kind", "place"), [(False, "adjusted", "adjustment"), (True, "scrapped", "scrap")])
def test_missing_pieces_leave_with_a_reason(tea, shop, broken, kind, place):
    transfer = services.send(make_transfer(tea, shop), by=None)
    line = transfer.lines.get()
    with pytest.raises(ValidationError, match="Pieces are missing"):
        services.receive_transfer(transfer, {line.pk: 3}, by=None)
    services.receive_transfer(transfer, {line.pk: 3}, reason="Fell off", broken=broken, by=None)
    assert on_hand(tea) == {"MAIN": 1, "SHOP": 3}
    move = StockMove.objects.get(kind=kind)
    assert (move.quantity, move.to_location.kind, move.reason, move.cause) == (1, place, "Fell off", transfer.number)
    line.refresh_from_db()
    assert (line.received, line.missing) == (3, 1)


@pytest.mark.parametrize("received", [5, -1])
def test_more_than_was_sent_cannot_arrive(tea, shop, received):
    transfer = services.send(make_transfer(tea, shop), by=None)
    with pytest.raises(ValidationError, match="TEA: 4 sent"):
        services.receive_transfer(transfer, {transfer.lines.get().pk: received}, reason="x", by=None)


def test_only_what_is_free_can_be_sent(tea, shop):
    with pytest.raises(InsufficientStock, match="TEA: 5 available, 6 asked"):
        services.send(make_transfer(tea, shop, 6), by=None)


def test_a_canceled_draft_moves_nothing_and_a_sent_one_turns_back(tea, shop):
    draft = services.cancel_transfer(make_transfer(tea, shop), by=None)
    sent = services.cancel_transfer(services.send(make_transfer(tea, shop), by=None), reason="Wrong van", by=None)
    assert (draft.status, sent.status, on_hand(tea)) == ("canceled", "canceled", {"MAIN": 5})


def test_steps_out_of_order_are_refused(tea, shop):
    transfer = make_transfer(tea, shop)
    with pytest.raises(IllegalTransition):
        services.receive_transfer(transfer, {}, by=None)
    services.send(transfer, by=None)
    with pytest.raises(IllegalTransition):
        services.send(transfer, by=None)
    with pytest.raises(ValidationError, match="sent already"):
        services.edit_transfer(transfer, make_location(), shop, [(tea.pk, 1)], by=None)
    services.receive_transfer(transfer, {}, by=None)
    with pytest.raises(IllegalTransition):
        services.cancel_transfer(transfer, by=None)


def test_a_draft_can_be_written_anew(tea, shop):
    cup = make_variant("CUP")
    transfer = services.edit_transfer(make_transfer(tea, shop), make_location(), shop, [(cup.pk, 2)], "Cups", by=None)
    assert (transfer.note, [(one.variant.sku, one.quantity) for one in transfer.lines.all()]) == ("Cups", [("CUP", 2)])


@pytest.mark.parametrize(
    ("places", "lines", "sentence"),
    [
        (("MAIN", "MAIN"), [1], "two different"),
        (("MAIN", "SHOP"), [], "at least one line"),
        (("MAIN", "SHOP"), [0], "at least 1"),
        (("MAIN", "SHOP"), [1, 1], "two lines"),
    ],
)
def test_bad_transfers_are_refused(tea, places, lines, sentence):
    source, destination = (make_location(code) for code in places)
    with pytest.raises(ValidationError, match=sentence):
        services.create_transfer(source, destination, [(tea.pk, quantity) for quantity in lines], by=None)


def test_each_side_acts_at_the_own_warehouse(tea, shop):
    sender, receiver = (make_user("warehouse_operator", warehouses=(code,)) for code in ("MAIN", "SHOP"))
    with pytest.raises(NotAllowed):
        services.create_transfer(make_location(), shop, [(tea.pk, 1)], by=receiver)
    transfer = services.create_transfer(make_location(), shop, [(tea.pk, 1)], by=sender)
    with pytest.raises(NotAllowed):
        services.send(transfer, by=receiver)
    services.send(transfer, by=sender)
    with pytest.raises(NotAllowed):
        services.receive_transfer(transfer, {}, by=sender)
    services.receive_transfer(transfer, {}, by=receiver)
