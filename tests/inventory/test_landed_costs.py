"""Freight and duty become part of what received pieces cost, to the cent."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from hypothesis import given
from hypothesis import strategies as st

from backoffice import verification
from catalog.models import Variant
from inventory import services
from inventory.models import LandedCost, LandedCostLine, Location, ReceiptLine, StockMove
from inventory.services import Move, post, spread, virtual
from tests.factories import level_of, make_location, make_supplier, make_variant

pytestmark = pytest.mark.django_db
LINES = st.lists(st.tuples(st.integers(1, 10**6), st.decimals(0, 10**5, places=6), st.integers(0, 10**5)), min_size=1)


def receive(*lines):
    """A receipt of (variant, quantity, cost)."""
    rows = [(variant.pk, quantity, Decimal(cost)) for variant, quantity, cost in lines]
    return services.receive(make_location(), make_supplier(), rows, by=None)


@given(LINES, st.integers(-(10**9), 10**9), st.sampled_from(LandedCost.Basis.values))
def test_parts_sum_to_the_amount_exactly(lines, cents, basis):
    rows = [ReceiptLine(quantity=q, unit_cost=c, variant=Variant(weight_grams=w)) for q, c, w in lines]
    amount = Decimal(cents).scaleb(-2)
    parts = spread(amount, basis, rows)
    assert sum(parts) == amount
    assert all(part == round(part, 2) and part * cents >= 0 for part in parts)


@pytest.mark.parametrize(
    ("basis", "parts"),
    [
        ("value", [Decimal("6.67"), Decimal("3.33")]),
        ("quantity", [Decimal("2.50"), Decimal("7.50")]),
        ("weight", [Decimal("5.71"), Decimal("4.29")]),
    ],
)
def test_each_basis(basis, parts):
    tea, cup = make_variant("TEA", weight_grams=400), make_variant("CUP", weight_grams=100)
    receipt = receive((tea, 1, "6"), (cup, 3, "1"))
    cost = services.add_landed_cost(receipt, Decimal(10), basis, reason="Freight", by=None)
    assert [line.amount for line in cost.lines.all()] == parts
    assert [level_of(tea).value, level_of(cup).value] == [6 + parts[0], 3 + parts[1]]
    assert level_of(tea).on_hand == 1
    assert list(StockMove.objects.filter(kind="revalued").values_list("quantity", "cause", "reason")) == [
        (3, receipt.number, "Freight"),
        (1, receipt.number, "Freight"),
    ]


def test_what_was_sold_raises_no_value():
    tea = make_variant("TEA")
    receipt = receive((tea, 10, "2"))
    post(
        [
            Move(
                StockMove.Kind.ADJUSTED, tea.pk, make_location().pk, virtual(Location.Kind.ADJUSTMENT), 7, reason="Lost"
            )
        ],
        by=None,
    )
    cost = services.add_landed_cost(receipt, Decimal(5), reason="Duty", by=None)
    line = cost.lines.get()
    assert (line.amount, line.to_stock, line.to_sold) == (Decimal(5), Decimal("1.5"), Decimal("3.5"))
    assert level_of(tea).value == Decimal("7.5")


def test_nothing_left_takes_no_value():
    tea = make_variant("TEA")
    receipt = receive((tea, 2, "2"))
    post(
        [
            Move(
                StockMove.Kind.ADJUSTED, tea.pk, make_location().pk, virtual(Location.Kind.ADJUSTMENT), 2, reason="Lost"
            )
        ],
        by=None,
    )
    assert services.add_landed_cost(receipt, Decimal(5), reason="Duty", by=None).lines.get().to_stock == 0
    assert not StockMove.objects.filter(kind="revalued").exists()


def test_a_mistake_is_taken_back_by_a_negative_one_and_no_more():
    tea = make_variant("TEA")
    receipt = receive((tea, 3, "2"))
    services.add_landed_cost(receipt, Decimal(10), reason="Freight", by=None)
    with pytest.raises(ValidationError, match="No more than what was added"):
        services.add_landed_cost(receipt, Decimal("-10.01"), reason="Wrong", by=None)
    services.add_landed_cost(receipt, Decimal(-10), reason="Wrong", by=None)
    assert level_of(tea).value == Decimal(6)
    assert not any(
        report.result.wrong for report in verification.run(["stock_levels", "stock_postings", "landed_costs"])
    )


@pytest.mark.parametrize(
    ("amount", "basis", "reason", "sentence"),
    [
        ("0", "value", "Duty", "whole cents"),
        ("1.001", "value", "Duty", "whole cents"),
        ("1", "value", " ", "what the cost is for"),
        ("1", "weight", "Duty", "These have no weight: TEA"),
        ("1", "colour", "Duty", "Choose how"),
    ],
)
def test_refusals(amount, basis, reason, sentence):
    receipt = receive((make_variant("TEA"), 3, "2"))
    with pytest.raises(ValidationError, match=sentence):
        services.add_landed_cost(receipt, Decimal(amount), basis, reason=reason, by=None)
    assert not LandedCost.objects.exists()


def test_the_same_key_adds_once():
    tea = make_variant("TEA")
    receipt = receive((tea, 3, "2"))
    first = services.add_landed_cost(receipt, Decimal(1), reason="Duty", key="k", by=None)
    assert services.add_landed_cost(receipt, Decimal(1), reason="Duty", key="k", by=None) == first
    assert level_of(tea).value == Decimal(7)


def test_landed_costs_are_never_edited():
    cost = services.add_landed_cost(receive((make_variant("TEA"), 3, "2")), Decimal(1), reason="Duty", by=None)
    for model in (LandedCost, LandedCostLine):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            model.objects.update(amount=2)
    assert cost.lines.count() == 1
