"""Corrections and closing warehouses."""

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError

from backoffice.errors import NotAllowed
from backoffice.models import AuditEvent
from inventory import services
from inventory.apps import VIRTUAL, create_virtual_locations
from inventory.models import Location, StockMove
from inventory.services import Correction, InsufficientStock
from tests.factories import level_of, make_location, make_user, make_variant, stock

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(("delta", "after"), [(3, 8), (-5, 0)])
def test_adjust_by_so_many_pieces(delta, after):
    clerk, tea = make_user(), make_variant("TEA", on_hand=5)
    level = services.adjust(tea.pk, make_location(), delta=delta, reason="Found behind the shelf", by=clerk)
    assert level.on_hand == after
    move = StockMove.objects.get(kind="adjusted")
    assert (move.quantity, move.reason, move.actor) == (abs(delta), "Found behind the shelf", clerk)
    assert AuditEvent.objects.about(level).get().reason == "Found behind the shelf"


@pytest.mark.parametrize("counted", [0, 3, 9])
def test_adjust_to_what_was_counted(counted):
    tea = make_variant("TEA", on_hand=5)
    assert services.adjust(tea.pk, make_location(), counted=counted, reason="Count", by=None).on_hand == counted
    assert StockMove.objects.filter(kind="counted").count() == 1


def test_a_variant_without_level_can_be_counted():
    tea, main = make_variant("TEA"), make_location()
    assert services.adjust(tea.pk, main, counted=4, reason="Count", by=None).on_hand == 4


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"delta": 1, "reason": " "}, "Say why"),
        ({"delta": 0, "reason": "x"}, "changes nothing"),
        ({"counted": 5, "reason": "x"}, "changes nothing"),
        ({"counted": -1, "reason": "x"}, "below zero"),
        ({"reason": "x"}, "either the change or the number"),
        ({"delta": 1, "counted": 1, "reason": "x"}, "either the change or the number"),
    ],
)
def test_refusals(arguments, sentence):
    tea = make_variant("TEA", on_hand=5)
    with pytest.raises(ValidationError, match=sentence):
        services.adjust(tea.pk, make_location(), by=None, **arguments)
    assert level_of(tea).on_hand == 5


def test_promised_pieces_cannot_be_corrected_away():
    tea = make_variant("TEA", on_hand=5)
    services.allocate("SO-1", [services.Demand(1, tea.pk, 4, "TEA")], by=None)
    with pytest.raises(InsufficientStock, match="TEA: 1 available, 2 asked"):
        services.adjust(tea.pk, make_location(), counted=3, reason="Count", by=None)


def test_many_corrections_in_constant_statements(django_assert_num_queries):
    main = make_location()
    variants = [make_variant(on_hand=2) for _ in range(8)]
    with django_assert_num_queries(6):  # savepoint, lock, levels, location, post
        ids = services.adjust_many(
            [Correction(v.pk, main.pk, counted=n) for n, v in enumerate(variants)], reason="Count", by=None
        )
    assert len(ids) == 7
    assert [level_of(v).on_hand for v in variants] == list(range(8))


def test_adjust_keeps_to_the_own_warehouse():
    tea = make_variant("TEA", on_hand=5)
    with pytest.raises(NotAllowed):
        services.adjust(
            tea.pk, make_location(), delta=1, reason="x", by=make_user("warehouse_manager", warehouses=("SHOP",))
        )


def test_a_warehouse_with_stock_cannot_be_closed():
    shop, tea = make_location("SHOP"), make_variant("TEA")
    stock(tea, 5, location=shop)
    with pytest.raises(ValidationError, match="Shop still has 5 pieces of 1 variants"):
        services.close_location(shop, by=None)
    services.adjust(tea.pk, shop, counted=0, reason="Sold out", by=None)
    assert not services.close_location(shop, by=None).is_active
    assert services.open_location(shop, by=None).is_active


def test_a_warehouse_with_open_transfers_cannot_be_closed():
    main, shop, tea = make_location(), make_location("SHOP"), make_variant("TEA", on_hand=1)
    transfer = services.create_transfer(main, shop, [(tea.pk, 1)], by=None)
    with pytest.raises(ValidationError, match=transfer.number):
        services.close_location(shop, by=None)


def test_virtual_locations_cannot_be_closed():
    with pytest.raises(ValidationError):
        services.close_location(make_location("transit"), by=None)


def test_a_new_database_has_each_virtual_location_and_migrating_again_makes_what_is_missing():
    kinds = Location.objects.exclude(kind="stock").order_by("kind").values_list("kind", flat=True)
    assert list(kinds) == sorted(VIRTUAL)

    Location.objects.filter(kind="scrap").delete()
    create_virtual_locations(apps.get_app_config("inventory"), using="default")
    assert list(kinds) == sorted(VIRTUAL)
    assert str(Location.objects.get(kind="scrap")) == "Scrap"
