"""Promises that move to where they can be served: when goods come in, when a warehouse closes, when a person says so."""

import pytest
from django.core.exceptions import ValidationError
from procrastinate.contrib.django.models import ProcrastinateJob

from backoffice import verification
from backoffice.errors import NotAllowed
from inventory import services, tasks
from inventory.models import Allocation, StockMove
from inventory.services import Demand
from tests.factories import level_of, make_location, make_user, make_variant, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def places():
    return make_location("MAIN", priority=1), make_location("SHOP", priority=2), make_location("FAR", priority=3)


@pytest.fixture(autouse=True)
def _books_agree():
    yield
    assert {report.name: report.result.examples for report in verification.run() if report.result.wrong} == {}


def promise(number, *lines):
    """Promise (variant, quantity) to SO-number; the items are number * 10, and so on."""
    demand = [Demand(number * 10 + n, variant.pk, pieces, variant.sku) for n, (variant, pieces) in enumerate(lines)]
    return services.allocate(f"SO-{number}", demand, by=None)


def promised(number):
    rows = Allocation.objects.filter(cause=f"SO-{number}").select_related("location", "variant")
    return {(row.variant.sku, row.location.code): row.quantity for row in rows}


def jobs():
    """Jobs in the queue, by task, with what they were given."""
    return list(ProcrastinateJob.objects.order_by("pk").values_list("task_name", "args"))


# --- Goods come in --------------------------------------------------------------------------------------


def test_a_backorder_moves_to_where_the_goods_came_in(places):
    main, shop, _far = places
    tea = make_variant("TEA", on_hand=1, backorder_limit=9)
    promise(1, (tea, 1))
    promise(2, (tea, 3))
    services.receive(shop, None, [(tea.pk, 3, None)], by=None)

    assert jobs() == [("inventory.serve_waiting", {"variants": [tea.pk]})]
    assert services.serve_waiting([tea.pk]) == 3
    assert (promised(1), promised(2)) == ({("TEA", "MAIN"): 1}, {("TEA", "SHOP"): 3})
    assert (level_of(tea, main).free, level_of(tea, shop).free) == (0, 0)


def test_the_ledger_says_released_and_allocated_with_the_document_as_the_cause(places):
    tea = make_variant("TEA", backorder_limit=9)
    promise(1, (tea, 2))
    stock(tea, 2, location=places[1])
    services.serve_waiting([tea.pk])

    moves = StockMove.objects.filter(cause="SO-1").order_by("pk").select_related("from_location")
    assert [(m.kind, m.from_location.code, m.quantity, m.reason) for m in moves] == [
        ("allocated", "MAIN", 2, ""),
        ("released", "MAIN", 2, "Stock became free"),
        ("allocated", "SHOP", 2, "Stock became free"),
    ]


def test_the_oldest_order_is_served_first_and_stays_the_oldest(places):
    _main, shop, far = places
    tea = make_variant("TEA", backorder_limit=9)
    for number in (1, 2, 3):
        promise(number, (tea, 2))
    ages = dict(Allocation.objects.values_list("cause", "created_at"))
    stock(tea, 3, location=shop)
    services.serve_waiting([tea.pk])
    assert [promised(n) for n in (1, 2, 3)] == [
        {("TEA", "SHOP"): 2},
        {("TEA", "MAIN"): 1, ("TEA", "SHOP"): 1},
        {("TEA", "MAIN"): 2},
    ]

    stock(tea, 2, location=far)
    services.serve_waiting([tea.pk])
    assert [promised(n) for n in (2, 3)] == [{("TEA", "FAR"): 2}, {("TEA", "MAIN"): 1, ("TEA", "SHOP"): 1}]
    assert dict(Allocation.objects.values_list("cause", "created_at")) == ages


def test_an_order_that_one_warehouse_can_serve_now_is_not_split(places):
    _main, shop, _far = places
    tea, cup = make_variant("TEA", on_hand=2), make_variant("CUP", backorder_limit=5)
    promise(1, (tea, 2), (cup, 1))
    assert promised(1) == {("TEA", "MAIN"): 2, ("CUP", "MAIN"): 1}
    stock(tea, 2, location=shop)
    stock(cup, 1, location=shop)

    services.serve_waiting([cup.pk])

    assert promised(1) == {("TEA", "SHOP"): 2, ("CUP", "SHOP"): 1}


def test_what_is_served_already_stays(places):
    _main, shop, _far = places
    tea = make_variant("TEA", on_hand=2)
    promise(1, (tea, 2))
    stock(tea, 5, location=shop)

    assert jobs() == []
    assert services.serve_waiting() == 0
    assert promised(1) == {("TEA", "MAIN"): 2}


def test_serving_twice_changes_nothing_more(places):
    tea = make_variant("TEA", backorder_limit=9)
    promise(1, (tea, 2))
    stock(tea, 1, location=places[1])

    assert [services.serve_waiting([tea.pk]) for _time in range(2)] == [1, 0]


@pytest.mark.parametrize("free", ["release", "unhold", "count", "transfer", "return"])
def test_whatever_frees_pieces_queues_the_job(places, free):
    _main, shop, far = places
    tea = make_variant("TEA", backorder_limit=4)
    stock(tea, 2, location=shop)
    stock(tea, 1, location=far)
    if free == "unhold":
        until = StockMove.objects.first().at.replace(year=2099)
        held = services.hold(tea.pk, shop, 2, reason="Photo", expires_at=until, by=None)
    else:
        promise(9, (tea, 2))
    promise(1, (tea, 1))
    promise(2, (tea, 3))
    assert promised(2) == {("TEA", "MAIN"): 3}
    assert jobs() == []

    if free == "release":
        services.release("SO-9", None, by=None)
    elif free == "unhold":
        services.release_hold(held, by=None)
    elif free == "count":
        services.adjust(tea.pk, shop, counted=4, reason="Found", by=None)
    elif free == "transfer":
        other = make_location("OTHER", priority=9)
        stock(make_variant("CUP"), 1, location=other)
        transfer = services.create_transfer(far, shop, [(tea.pk, 1)], by=None)
        services.release("SO-1", None, by=None)
        ProcrastinateJob.objects.all().delete()
        services.receive_transfer(services.send(transfer, by=None), {}, by=None)
    else:
        services.take_back("RT-1", [(tea.pk, 2, None)], shop, by=None)

    assert jobs() == [("inventory.serve_waiting", {"variants": [tea.pk]})]


def test_many_orders_are_served_in_turns(places, monkeypatch):
    monkeypatch.setattr("inventory.services.reallocation.AT_ONCE", 2)
    tea = make_variant("TEA", backorder_limit=9)
    for number in range(1, 8):
        promise(number, (tea, 1))
    stock(tea, 5, location=places[1])

    assert services.serve_waiting() == 5
    assert [next(iter(promised(number)))[1] for number in range(1, 8)] == ["SHOP"] * 5 + ["MAIN"] * 2


# --- A warehouse closes ---------------------------------------------------------------------------------


def close(place, **choices):
    """Close it and do what the worker does then."""
    services.close_location(place, by=None, leave_stock=True, **choices)
    return services.clear_closed(place)


def test_promises_of_a_closed_warehouse_move_to_others_oldest_first(places):
    main, shop, far = places
    tea = make_variant("TEA", on_hand=6)
    for number in (1, 2, 3):
        promise(number, (tea, 2))
    stock(tea, 2, location=shop)
    stock(tea, 1, location=far)
    foreseen = services.foresee_closing(main)

    assert close(main, reason="Flood") == 3

    assert jobs()[0] == ("inventory.clear_closed", {"location": main.pk})
    assert [promised(n) for n in (1, 2, 3)] == [
        {("TEA", "SHOP"): 2},
        {("TEA", "MAIN"): 1, ("TEA", "FAR"): 1},
        {("TEA", "MAIN"): 2},
    ]
    assert (foreseen.documents, foreseen.moving, foreseen.pieces, foreseen.is_cut) == (3, 1, 3, False)
    assert [(s.cause, s.sku, s.pieces, s.is_packed) for s in foreseen.stuck] == [
        ("SO-2", "TEA", 1, False),
        ("SO-3", "TEA", 2, False),
    ]


def test_what_stayed_at_a_closed_warehouse_moves_when_goods_come_in(places):
    main, shop, _far = places
    tea = make_variant("TEA", on_hand=2)
    promise(1, (tea, 2))
    assert close(main) == 0
    ProcrastinateJob.objects.all().delete()

    services.receive(shop, None, [(tea.pk, 2, None)], by=None)

    assert jobs() == [("inventory.serve_waiting", {"variants": [tea.pk]})]
    services.serve_waiting([tea.pk])
    assert promised(1) == {("TEA", "SHOP"): 2}
    assert (level_of(tea, main).allocated, level_of(tea, main).on_hand) == (0, 2)


def test_backorders_of_a_closed_warehouse_wait_at_another_that_may_take_them(places):
    main, shop, _far = places
    tea = make_variant("TEA", backorder_limit=3)
    promise(1, (tea, 2))
    promise(2, (tea, 1))

    assert close(main) == 3

    assert (promised(1), promised(2)) == ({("TEA", "SHOP"): 2}, {("TEA", "SHOP"): 1})
    assert level_of(tea, shop).free == -3


def test_what_is_left_in_a_closed_warehouse_can_be_taken_away(places):
    main, shop, _far = places
    tea = make_variant("TEA", on_hand=3)
    close(main)
    main.refresh_from_db()

    transfer = services.create_transfer(main, shop, [(tea.pk, 2)], by=None)
    services.receive_transfer(services.send(transfer, by=None), {}, by=None)
    services.adjust(tea.pk, main, counted=0, reason="Broken", by=None)

    assert (level_of(tea, main).on_hand, level_of(tea, shop).on_hand) == (0, 2)
    with pytest.raises(ValidationError, match="Main is not an open warehouse"):
        services.create_transfer(shop, main, [(tea.pk, 1)], by=None)
    with pytest.raises(ValidationError, match="Main is not an open warehouse"):
        services.receive(main, None, [(tea.pk, 1, None)], by=None)


def test_opening_again_serves_whoever_waits(places):
    _main, shop, _far = places
    tea = make_variant("TEA", backorder_limit=2)
    stock(tea, 2, location=shop)
    close(shop)
    promise(1, (tea, 2))
    assert promised(1) == {("TEA", "MAIN"): 2}
    ProcrastinateJob.objects.all().delete()

    services.open_location(shop, by=None)

    assert jobs() == [("inventory.serve_waiting", {"variants": [tea.pk]})]
    services.serve_waiting([tea.pk])
    assert promised(1) == {("TEA", "SHOP"): 2}


def test_a_foresight_looks_at_the_oldest_only_and_says_so(places):
    tea = make_variant("TEA", on_hand=3)
    for number in (1, 2, 3):
        promise(number, (tea, 1))

    foreseen = services.foresee_closing(places[0], most=2)

    assert (foreseen.documents, foreseen.is_cut, [one.cause for one in foreseen.stuck]) == (2, True, ["SO-1", "SO-2"])


# --- A person says so -----------------------------------------------------------------------------------


def test_a_document_is_moved_to_a_chosen_warehouse_as_far_as_it_can_serve(places):
    _main, shop, _far = places
    tea = make_variant("TEA", on_hand=3, backorder_limit=9)
    promise(1, (tea, 3))
    stock(tea, 2, location=shop)

    moved = services.reallocate("SO-1", shop, reason="Closer", by=None)

    assert sum(one.pieces for one in moved) == 2
    assert promised(1) == {("TEA", "MAIN"): 1, ("TEA", "SHOP"): 2}
    with pytest.raises(ValidationError, match="Shop has nothing more for SO-1"):
        services.reallocate("SO-1", shop, by=None)


def test_choosing_anew_takes_fewer_parcels_and_better_places(places):
    main, _shop, far = places
    tea = make_variant("TEA", on_hand=1)
    stock(tea, 2, location=far)
    promise(1, (tea, 3))
    assert promised(1) == {("TEA", "MAIN"): 1, ("TEA", "FAR"): 2}
    with pytest.raises(ValidationError, match="SO-1 cannot be served better just now"):
        services.reallocate("SO-1", by=None)

    stock(tea, 2, location=main)
    assert services.serve_waiting() == 0
    services.reallocate("SO-1", by=None)

    assert promised(1) == {("TEA", "MAIN"): 3}


def test_only_who_may_act_at_a_warehouse_chooses_it(places):
    tea = make_variant("TEA", on_hand=1)
    promise(1, (tea, 1))
    stock(tea, 1, location=places[1])
    with pytest.raises(NotAllowed, match="You may not move stock at Shop"):
        services.reallocate("SO-1", places[1], by=make_user("warehouse_manager", warehouses=("MAIN",)))
    assert promised(1) == {("TEA", "MAIN"): 1}


def test_nothing_is_moved_for_a_document_without_promises(places):
    with pytest.raises(ValidationError, match="Nothing is promised to SO-404"):
        services.reallocate("SO-404", by=None)


# --- What the worker does -------------------------------------------------------------------------------


def test_the_worker_serves_what_waits(places):
    tea = make_variant("TEA", backorder_limit=9)
    promise(1, (tea, 2))
    stock(tea, 1, location=places[1])

    tasks.serve_waiting(variants=[tea.pk])
    assert promised(1) == {("TEA", "MAIN"): 1, ("TEA", "SHOP"): 1}

    stock(tea, 1, location=places[1])
    tasks.serve_all_waiting(timestamp=0)
    assert promised(1) == {("TEA", "SHOP"): 2}


@pytest.mark.parametrize(("opened", "place"), [(False, "SHOP"), (True, "MAIN")])
def test_the_worker_clears_a_warehouse_unless_it_is_open_again(places, opened, place):
    tea = make_variant("TEA", on_hand=1)
    promise(1, (tea, 1))
    stock(tea, 1, location=places[1])
    services.close_location(places[0], by=None, leave_stock=True)
    if opened:
        services.open_location(places[0], by=None)

    tasks.clear_closed(location=places[0].pk)

    assert promised(1) == {("TEA", place): 1}
