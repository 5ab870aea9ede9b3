"""Promising stock to documents, shipping it, taking it back."""

from decimal import Decimal

import pytest

from inventory import services
from inventory.models import Allocation, StockMove, StockPosting
from inventory.services import Demand, InsufficientStock, NotAllocated
from tests.factories import level_of, make_location, make_variant, stock

pytestmark = pytest.mark.django_db


def ask(*lines):
    """Demand for (variant, quantity) pairs; items are numbered from 1."""
    return [Demand(item, variant.pk, quantity, variant.sku) for item, (variant, quantity) in enumerate(lines, 1)]


def promised(cause="SO-1"):
    return {
        (a.item, a.location.code): a.quantity for a in Allocation.objects.filter(cause=cause).select_related("location")
    }


def test_allocates_every_line():
    tea, cup = make_variant("TEA", on_hand=5), make_variant("CUP", on_hand=2)
    allocations = services.allocate("SO-1", ask((tea, 2), (cup, 2)), by=None)
    assert [(a.item, a.quantity) for a in allocations] == [(1, 2), (2, 2)]
    assert (level_of(tea).on_hand, level_of(tea).allocated, level_of(cup).free) == (5, 2, 0)
    assert promised() == {(1, "MAIN"): 2, (2, "MAIN"): 2}


def test_names_every_short_line_and_allocates_nothing():
    tea, cup, pot = make_variant("TEA", on_hand=5), make_variant("CUP", on_hand=5), make_variant("POT")
    with pytest.raises(InsufficientStock) as caught:
        services.allocate("SO-1", ask((tea, 2), (cup, 9), (pot, 1)), by=None)
    assert caught.value.messages == ["CUP: 5 available, 9 asked.", "POT: 0 available, 1 asked."]
    assert not Allocation.objects.exists()
    assert level_of(tea).allocated == 0


def test_lines_of_one_sku_are_added_up():
    cup = make_variant("CUP", on_hand=5)
    with pytest.raises(InsufficientStock, match="CUP: 5 available, 7 asked"):
        services.allocate("SO-1", ask((cup, 4), (cup, 3)), by=None)
    services.allocate("SO-1", ask((cup, 4), (cup, 1)), by=None)
    assert level_of(cup).allocated == 5


def test_each_line_of_one_sku_is_posted_with_the_balance_after_it():
    cup, tea = make_variant("CUP", on_hand=9), make_variant("TEA", on_hand=9)
    services.allocate("SO-1", ask((cup, 1)), by=None)

    services.allocate("SO-2", ask((cup, 4), (tea, 2), (cup, 3)), by=None)

    postings = StockPosting.objects.filter(move__cause="SO-2").order_by("pk")
    assert list(postings.values_list("level__variant__sku", "allocated", "allocated_after", "on_hand_after")) == [
        ("CUP", 4, 5, 9),
        ("TEA", 2, 2, 9),
        ("CUP", 3, 8, 9),
    ]
    assert (level_of(cup).allocated, level_of(tea).allocated) == (8, 2)
    assert list(StockMove.objects.filter(cause="SO-2").order_by("pk").values_list("kind", "quantity", "unit_cost")) == [
        ("allocated", 4, None),
        ("allocated", 2, None),
        ("allocated", 3, None),
    ]


def test_a_backorder_makes_the_level_that_is_missing():
    tea = make_variant("TEA", backorder_limit=3)
    make_location("MAIN")
    services.allocate("SO-1", ask((tea, 2)), by=None)
    assert (level_of(tea).on_hand, level_of(tea).allocated, level_of(tea).backorder_limit) == (0, 2, 3)


def test_one_warehouse_with_everything_goes_before_priority():
    near, far = make_location("NEAR", priority=1), make_location("FAR", priority=2)
    tea, cup = make_variant("TEA", on_hand=5, location=near), make_variant("CUP", on_hand=5, location=far)
    stock(tea, 5, location=far)
    services.allocate("SO-1", ask((tea, 1), (cup, 1)), by=None)
    assert promised() == {(1, "FAR"): 1, (2, "FAR"): 1}


def test_priority_decides_between_warehouses_with_everything():
    near, far = make_location("NEAR", priority=1), make_location("FAR", priority=2)
    tea = make_variant("TEA", on_hand=5, location=far)
    stock(tea, 5, location=near)
    services.allocate("SO-1", ask((tea, 5)), by=None)
    assert promised() == {(1, "NEAR"): 5}


def test_splits_into_as_few_parcels_as_possible():
    a, b, c = (make_location(code, priority=n) for n, code in enumerate("ABC"))
    tea, cup, pot = make_variant("TEA"), make_variant("CUP"), make_variant("POT")
    for variant, place in [(tea, a), (tea, b), (cup, b), (pot, c)]:
        stock(variant, 2, location=place)
    services.allocate("SO-1", ask((tea, 2), (cup, 2), (pot, 1)), by=None)
    assert promised() == {(1, "B"): 2, (2, "B"): 2, (3, "C"): 1}


def test_splits_one_line_over_warehouses():
    near, far = make_location("NEAR", priority=1), make_location("FAR", priority=2)
    tea = make_variant("TEA", on_hand=3, location=near)
    stock(tea, 2, location=far)
    services.allocate("SO-1", ask((tea, 5)), by=None)
    assert promised() == {(1, "NEAR"): 3, (1, "FAR"): 2}


def test_inactive_warehouse_serves_nothing():
    closed = make_location("SHUT", is_active=False)
    tea = make_variant("TEA", on_hand=3, location=closed)
    with pytest.raises(InsufficientStock, match="TEA: 0 available, 1 asked"):
        services.allocate("SO-1", ask((tea, 1)), by=None)


def test_untracked_variants_are_skipped():
    gift, tea = make_variant("GIFT", track_stock=False), make_variant("TEA", on_hand=1)
    services.allocate("SO-1", ask((gift, 9), (tea, 1)), by=None)
    assert promised() == {(2, "MAIN"): 1}
    assert services.allocate("SO-2", ask((gift, 9)), by=None) == []


def test_backorders_up_to_the_limit():
    tea = make_variant("TEA", on_hand=2, backorder_limit=3)
    services.allocate("SO-1", ask((tea, 4)), by=None)
    with pytest.raises(InsufficientStock, match="TEA: 1 available, 2 asked"):
        services.allocate("SO-2", ask((tea, 2)), by=None)
    services.allocate("SO-2", ask((tea, 1)), by=None)
    assert level_of(tea).free == -3


def test_backorder_of_a_variant_that_was_never_in_stock():
    make_location()
    tea = make_variant("TEA", backorder_limit=1)
    services.allocate("SO-1", ask((tea, 1)), by=None)
    assert (level_of(tea).on_hand, level_of(tea).allocated) == (0, 1)


def test_stock_goes_before_backorder():
    make_location("NEAR", priority=1)
    far = make_location("FAR", priority=2)
    tea = make_variant("TEA", backorder_limit=5)
    stock(tea, 3, location=far)
    services.allocate("SO-1", ask((tea, 2)), by=None)
    assert promised() == {(1, "FAR"): 2}
    assert level_of(tea, far).free == 1
    services.allocate("SO-2", ask((tea, 2)), by=None)
    assert promised("SO-2") == {(1, "NEAR"): 2}


def test_several_warehouses_that_have_everything_go_before_one_that_backorders():
    near, far = make_location("NEAR", priority=1), make_location("FAR", priority=2)
    tea = make_variant("TEA", backorder_limit=5)
    stock(tea, 2, location=near)
    stock(tea, 1, location=far)
    services.allocate("SO-1", ask((tea, 3)), by=None)
    assert promised() == {(1, "NEAR"): 2, (1, "FAR"): 1}


def test_shelf_and_backorder_of_one_warehouse_are_one_promise():
    near, far = make_location("NEAR", priority=1), make_location("FAR", priority=2)
    tea = make_variant("TEA", backorder_limit=3)
    stock(tea, 2, location=near)
    stock(tea, 1, location=far)
    services.allocate("SO-1", ask((tea, 8)), by=None)
    assert promised() == {(1, "NEAR"): 5, (1, "FAR"): 3}


def test_more_for_the_same_item_adds_to_its_allocation():
    tea = make_variant("TEA", on_hand=5)
    services.allocate("SO-1", ask((tea, 2)), by=None)
    services.allocate("SO-1", ask((tea, 1)), by=None)
    assert promised() == {(1, "MAIN"): 3}


def test_release_in_part_and_in_full():
    tea, cup = make_variant("TEA", on_hand=5), make_variant("CUP", on_hand=5)
    services.allocate("SO-1", ask((tea, 4), (cup, 2)), by=None)
    assert services.release("SO-1", {1: 3}, by=None) == {1: 3}
    assert (promised(), level_of(tea).allocated) == ({(1, "MAIN"): 1, (2, "MAIN"): 2}, 1)
    assert services.release("SO-1", None, by=None) == {1: 1, 2: 2}
    assert (promised(), level_of(tea).allocated, level_of(cup).allocated) == ({}, 0, 0)
    assert services.release("SO-1", None, by=None) == {}


def test_release_frees_the_least_wanted_warehouse_first():
    near, far = make_location("NEAR", priority=1), make_location("FAR", priority=2)
    tea = make_variant("TEA", on_hand=3, location=near)
    stock(tea, 2, location=far)
    services.allocate("SO-1", ask((tea, 5)), by=None)
    services.release("SO-1", {1: 3}, by=None)
    assert promised() == {(1, "NEAR"): 2}


def test_release_beyond_what_is_allocated_is_refused():
    tea = make_variant("TEA", on_hand=5)
    services.allocate("SO-1", ask((tea, 2)), by=None)
    with pytest.raises(NotAllocated, match="2 pieces are allocated, 3 were asked"):
        services.release("SO-1", {1: 3}, by=None)
    assert promised() == {(1, "MAIN"): 2}


def test_ship_takes_pieces_off_the_shelf_and_tells_what_they_cost():
    tea = make_variant("TEA")
    stock(tea, 2, unit_cost=Decimal("1"))
    stock(tea, 2, unit_cost=Decimal("2"))
    services.allocate("SO-1", ask((tea, 3)), by=None)
    assert services.ship("SO-1", {1: 2}, make_location(), by=None) == {1: Decimal("1.5")}
    level = level_of(tea)
    assert (level.on_hand, level.allocated, level.value) == (2, 1, Decimal("3"))
    assert promised() == {(1, "MAIN"): 1}
    move = StockMove.objects.get(kind="shipped")
    assert (move.cause, move.quantity, move.to_location.kind) == ("SO-1", 2, "customer")


def test_ship_beyond_what_is_allocated_is_refused():
    tea = make_variant("TEA", on_hand=5)
    services.allocate("SO-1", ask((tea, 2)), by=None)
    with pytest.raises(NotAllocated):
        services.ship("SO-1", {1: 3}, make_location(), by=None)
    with pytest.raises(NotAllocated):
        services.ship("SO-1", {1: 1}, make_location("OTHER"), by=None)
    assert level_of(tea).on_hand == 5


def test_a_backorder_cannot_be_shipped_before_it_came():
    tea = make_variant("TEA", on_hand=1, backorder_limit=5)
    services.allocate("SO-1", ask((tea, 3)), by=None)
    with pytest.raises(InsufficientStock, match="TEA: 1 available, 3 asked"):
        services.ship("SO-1", {1: 3}, make_location(), by=None)


def test_take_back_at_the_cost_it_left_with():
    tea = make_variant("TEA", on_hand=1, cost=Decimal("2"))
    services.take_back(
        "RT-1",
        [(tea.pk, 2, Decimal("5")), (tea.pk, 1, None), (tea.pk, 0, None)],
        make_location(),
        reason="Wrong size",
        by=None,
    )
    level = level_of(tea)
    assert (level.on_hand, level.value) == (4, Decimal("16"))
    assert StockMove.objects.filter(kind="returned", cause="RT-1", reason="Wrong size").count() == 2


def test_scrap_from_a_warehouse_and_straight_from_the_customer():
    tea = make_variant("TEA", on_hand=3)
    services.scrap("", [(tea.pk, 1)], make_location(), reason="Broken", by=None)
    services.scrap("RT-1", [(tea.pk, 2)], None, reason="Came back broken", by=None)
    assert level_of(tea).on_hand == 2
    assert list(
        StockMove.objects.filter(kind="scrapped").order_by("pk").values_list("from_location__kind", "quantity")
    ) == [("stock", 1), ("customer", 2)]
    with pytest.raises(Exception, match="Say why"):
        services.scrap("", [(tea.pk, 1)], make_location(), reason=" ", by=None)


def test_available_per_warehouse():
    main, shop = make_location(), make_location("SHOP")
    tea, cup = make_variant("TEA", on_hand=5), make_variant("CUP")
    stock(tea, 2, location=shop)
    services.allocate("SO-1", ask((tea, 4)), by=None)
    assert services.available([tea.pk, cup.pk]) == {tea.pk: {main.pk: 1, shop.pk: 2}, cup.pk: {}}


@pytest.mark.parametrize("lines", [1, 5])
def test_allocate_costs_the_same_for_any_number_of_lines(lines, django_assert_num_queries):
    variants = [make_variant(on_hand=3) for _ in range(lines)]
    with django_assert_num_queries(2):  # levels, then allocations and moves in one call
        services.allocate("SO-1", ask(*((variant, 1) for variant in variants)), by=None)
