"""When to buy again, from whom, and how long stock lasts."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from inventory import services
from inventory.models import Location, PurchaseOrder, ReorderRule, StockMove, SupplierItem
from inventory.services import Forecast, PurchaseLine, suggestions, virtual
from tests.factories import make_location, make_supplier, make_user, make_variant

pytestmark = pytest.mark.django_db


def make_rule(variant, minimum=5, maximum=20, multiple=1, **fields):
    place = fields.pop("location", None) or make_location()
    return ReorderRule.objects.create(
        variant=variant, location=place, minimum=minimum, maximum=maximum, multiple=multiple, **fields
    )


def make_item(supplier, variant, **fields):
    return SupplierItem.objects.create(supplier=supplier, variant=variant, **fields)


def sell(variant, pieces, days_ago):
    """A shipped move of the past, as the ledger would have it."""
    StockMove.objects.create(
        kind="shipped", variant=variant, from_location=make_location(), to_location_id=virtual(Location.Kind.CUSTOMER),
        quantity=pieces, at=timezone.now() - timedelta(days=days_ago),
    )  # fmt: skip


def asked():
    return [(one.rule.variant.sku, one.quantity) for one in suggestions(ReorderRule.objects.all())]


def test_a_rule_asks_below_its_minimum_up_to_its_maximum_in_multiples():
    make_rule(make_variant("TEA", on_hand=4), 5, 20, 5)
    make_rule(make_variant("CUP", on_hand=5), 5, 20)
    make_rule(make_variant("POT"), 5, 20, is_active=False)
    assert asked() == [("TEA", 20)]


def test_incoming_and_drafts_count():
    tea, supplier = make_variant("TEA", on_hand=1), make_supplier()
    make_rule(tea, 10, 12)
    order = services.create_purchase(supplier, make_location(), [PurchaseLine(tea.pk, 4)], by=None)
    assert asked() == [("TEA", 7)]
    services.order_purchase(order, by=None)
    assert asked() == [("TEA", 7)]
    services.create_purchase(supplier, make_location(), [PurchaseLine(tea.pk, 5)], by=None)
    assert asked() == []


def test_the_preferred_supplier_and_its_packs():
    tea = make_variant("TEA")
    make_item(make_supplier("FIRST"), tea)
    make_item(make_supplier("BEST"), tea, is_preferred=True, pack_size=8)
    make_item(make_supplier("GONE", is_active=False), make_variant("CUP"))
    make_rule(tea, 5, 20)
    [one] = suggestions(ReorderRule.objects.all())
    assert (one.item.supplier.code, one.quantity) == ("BEST", 24)


def test_one_click_makes_a_draft_for_each_supplier_and_the_second_none():
    acme, other, clerk = make_supplier("ACME"), make_supplier("OTHER"), make_user()
    tea, cup, pot, nobodys = (make_variant(sku) for sku in ("TEA", "CUP", "POT", "X"))
    make_item(acme, tea, cost=Decimal("1.5"), currency="USD")
    make_item(acme, cup, cost=2)
    make_item(other, pot)
    rules = [make_rule(variant).pk for variant in (tea, cup, pot, nobodys)]
    made = services.order_suggestions(rules, acme, by=clerk)
    assert [(o.supplier.code, o.currency, [line.variant.sku for line in o.lines.all()]) for o in made] == [
        ("ACME", "EUR", ["CUP"]),
        ("ACME", "USD", ["TEA"]),
    ]
    assert [order.number for order in services.order_suggestions(rules, by=clerk)] == [
        PurchaseOrder.objects.get(supplier=other).number
    ]
    with pytest.raises(ValidationError, match="nothing to reorder"):
        services.order_suggestions(rules, by=clerk)


def test_rules_of_other_warehouses_are_left_alone():
    tea = make_variant("TEA")
    make_item(make_supplier(), tea)
    rule = make_rule(tea, location=make_location("EAST"))
    with pytest.raises(ValidationError, match="nothing to reorder"):
        services.order_suggestions([rule.pk], by=make_user("warehouse_manager", warehouses=("MAIN",)))


def test_forecast_from_sales_of_28_and_90_days():
    tea = make_variant("TEA", on_hand=10)
    for pieces, days_ago in [(28, 5), (62, 60), (500, 91)]:
        sell(tea, pieces, days_ago)
    make_rule(tea, 50, 60)
    [one] = suggestions(ReorderRule.objects.all())
    assert (one.forecast.sold_short, one.forecast.sold_long) == (28, 90)
    assert (one.forecast.days_short, one.forecast.days_long) == (10, 10)
    assert one.forecast.out_on == timezone.localdate() + timedelta(days=10)


def test_without_sales_nothing_runs_out():
    assert Forecast(available=3).out_on is None


def test_owed_pieces_are_out_today():
    assert Forecast(-3, 1, 1).out_on == timezone.localdate()


@pytest.mark.parametrize("numbers", [(5, 4, 1), (1, 2, 0)])
def test_the_database_refuses_rules_that_make_no_sense(numbers):
    with pytest.raises(IntegrityError), transaction.atomic():
        make_rule(make_variant("TEA"), *numbers)


def test_one_preferred_supplier_a_variant():
    tea = make_variant("TEA")
    make_item(make_supplier(), tea, is_preferred=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        make_item(make_supplier(), tea, is_preferred=True)
