"""Goods coming in."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from backoffice.errors import NotAllowed
from backoffice.models import AuditEvent
from inventory import services
from inventory.models import Receipt, StockMove
from tests.factories import level_of, make_location, make_supplier, make_user, make_variant

pytestmark = pytest.mark.django_db


def test_receive_posts_every_line():
    clerk, supplier, main = make_user(), make_supplier(), make_location()
    tea, cup = make_variant("TEA"), make_variant("CUP", cost=Decimal(4))
    receipt = services.receive(
        main, supplier, [(tea.pk, 3, Decimal("1.25")), (cup.pk, 2, None)], "DN-7", "Box was wet", by=clerk
    )
    assert receipt.number.startswith("RC-")
    assert (receipt.supplier, receipt.reference, receipt.note, receipt.received_by) == (
        supplier,
        "DN-7",
        "Box was wet",
        clerk,
    )
    assert [(line.variant, line.quantity, line.unit_cost) for line in receipt.lines.all()] == [
        (tea, 3, Decimal("1.25")),
        (cup, 2, None),
    ]
    assert (level_of(tea).on_hand, level_of(tea).value, level_of(cup).value) == (3, Decimal("3.75"), Decimal(8))
    assert set(StockMove.objects.values_list("cause", "from_location__kind")) == {(receipt.number, "supplier")}
    assert AuditEvent.objects.about(receipt).get().verb == "receipt.posted"


def test_the_same_key_again_gives_the_same_receipt():
    tea, main = make_variant("TEA"), make_location()
    first = services.receive(main, None, [(tea.pk, 3, None)], key="press", by=None)
    assert services.receive(main, None, [(tea.pk, 3, None)], key="press", by=None) == first
    assert services.receive(main, None, [(tea.pk, 3, None)], by=None) != first
    assert level_of(tea).on_hand == 6


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [([], "at least one line"), ([(0, None)], "Line 1: the quantity"), ([(1, Decimal(-1))], "Line 1: a cost")],
)
def test_bad_lines_are_refused(lines, sentence):
    tea, main = make_variant("TEA"), make_location()
    with pytest.raises(ValidationError, match=sentence):
        services.receive(main, None, [(tea.pk, quantity, cost) for quantity, cost in lines], by=None)
    assert not Receipt.objects.exists()


def test_an_operator_receives_at_the_own_warehouse_only():
    operator = make_user("warehouse_operator", warehouses=("SHOP",))
    tea = make_variant("TEA")
    with pytest.raises(NotAllowed, match="You may not move stock at Main"):
        services.receive(make_location(), None, [(tea.pk, 1, None)], by=operator)
    services.receive(make_location("SHOP"), None, [(tea.pk, 1, None)], by=operator)


def test_closed_and_virtual_locations_receive_nothing():
    tea = make_variant("TEA")
    for location in [make_location("SHUT", is_active=False), make_location("transit")]:
        with pytest.raises(ValidationError, match="is not an open warehouse"):
            services.receive(location, None, [(tea.pk, 1, None)], by=None)
