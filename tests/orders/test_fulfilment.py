"""Parcels and returns: pieces leave from where they are allocated and come back as they are."""

import pytest
from django.core.exceptions import ValidationError

from backoffice.errors import IllegalTransition
from inventory.models import Allocation, StockLevel, StockMove
from orders import services
from orders.models import Fulfilment
from tests.orders.builders import article, line_of, make_order, parcel_of, receive, staff, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return staff()


def level(sku, at=None):
    return StockLevel.objects.get(variant__sku=sku, location=at or warehouse())


def test_shipping_takes_the_pieces_out_of_stock(clerk):
    order = make_order([("TEA", 3)], on_hand=5, placed=True)
    parcel = services.pack(parcel_of(order, TEA=2), by=clerk)

    parcel = services.ship(parcel, carrier="DHL", tracking_number="JD01", by=clerk)

    order.refresh_from_db()
    assert (parcel.number, parcel.status, parcel.tracking_number) == (f"{order.number}-F1", "shipped", "JD01")
    assert (order.fulfilment_status, line_of(order, "TEA").fulfilled, line_of(order, "TEA").allocated) == (
        "partial",
        2,
        1,
    )
    assert (level("TEA").on_hand, level("TEA").allocated) == (3, 1)
    parcel_of(order, shipped=True)
    order.refresh_from_db()
    assert (order.fulfilment_status, level("TEA").on_hand) == ("fulfilled", 2)
    assert services.deliver(parcel, by=clerk).status == "delivered"


def test_a_parcel_takes_what_lies_at_its_location(clerk):
    far = warehouse("far", priority=20)
    tea = article("TEA", on_hand=2)
    receive(tea, 2, far)
    order = make_order([("TEA", 4)], placed=True)

    with pytest.raises(services.QuantityTooHigh, match="TEA: 2 left, 3 asked"):
        parcel_of(order, at=far, TEA=3)
    near_parcel, far_parcel = parcel_of(order), parcel_of(order, at=far)

    assert [near_parcel.lines.get().quantity, far_parcel.lines.get().quantity] == [2, 2]
    with pytest.raises(ValidationError, match="Choose at least one piece"):
        parcel_of(order)


def test_a_parcel_follows_its_steps(clerk):
    order = make_order([("TEA", 1)], placed=True)
    parcel = parcel_of(order)
    with pytest.raises(IllegalTransition, match="is To pick and cannot become Shipped"):
        services.ship(parcel, by=clerk)
    services.cancel_fulfilment(parcel, by=clerk, reason="Wrong box")
    assert line_of(order, "TEA").allocated == 1
    again = parcel_of(order, shipped=True)
    with pytest.raises(IllegalTransition):
        services.cancel_fulfilment(again, by=clerk)
    with pytest.raises(IllegalTransition, match="is Draft and cannot become shipped"):
        parcel_of(make_order())
    assert Fulfilment.objects.get(pk=again.pk).number.endswith("-F2")


def test_goods_without_stock_ship_from_anywhere(clerk):
    article("WRAP", track_stock=False)
    order = make_order([("WRAP", 2), ("TEA", 1)], placed=True)
    parcel = parcel_of(order, shipped=True)
    order.refresh_from_db()
    assert {row.order_line.sku: row.quantity for row in parcel.lines.all()} == {"WRAP": 2, "TEA": 1}
    assert order.fulfilment_status == "fulfilled"
    assert not Allocation.objects.exists()


def test_services_are_nothing_to_ship(clerk):
    article("ADVICE", track_stock=False, requires_shipping=False)
    order = make_order([("ADVICE", 1)], placed=True)
    assert order.fulfilment_status == "none"
    assert services.close(order, by=clerk).status == "closed"


def returned(order, by, announced, **arrived):
    row = services.request_return(order, quantities={line_of(order, "TEA").pk: announced}, reason="Too big", by=by)
    services.approve_return(row, by=by)
    return services.receive_return(
        row, location=warehouse(), arrived={row.lines.get().pk: services.Arrived(**arrived)}, by=by
    )


def test_a_return_counts_what_arrived(clerk):
    order = make_order([("TEA", 5)], on_hand=5, placed=True)
    parcel_of(order, shipped=True)

    row = returned(order, clerk, 4, resellable=2, damaged=1)

    order.refresh_from_db()
    line = row.lines.get()
    assert (line.resellable, line.damaged, line.restocked, line.quantity - line.received) == (2, 1, 2, 1)
    assert (line_of(order, "TEA").returned, order.return_status) == (3, "partial")
    assert level("TEA").on_hand == 2
    assert sorted(StockMove.objects.filter(cause=row.number).values_list("kind", "quantity")) == [
        ("returned", 2),
        ("scrapped", 1),
    ]
    assert services.close_return(row, by=clerk).status == "closed"


def test_resellable_goods_may_stay_out_of_stock(clerk):
    order = make_order([("TEA", 2)], on_hand=2, placed=True)
    parcel_of(order, shipped=True)
    returned(order, clerk, 2, resellable=2, restock=False)
    order.refresh_from_db()
    assert (level("TEA").on_hand, order.return_status) == (0, "returned")


def test_only_what_was_shipped_may_come_back(clerk):
    order = make_order([("TEA", 5)], placed=True)
    line = line_of(order, "TEA").pk
    with pytest.raises(services.QuantityTooHigh, match="TEA: 0 left, 1 asked"):
        services.request_return(order, quantities={line: 1}, reason="x", by=clerk)
    parcel_of(order, TEA=3, shipped=True)
    first = services.request_return(order, quantities={line: 2}, reason="x", by=clerk)
    order.refresh_from_db()
    assert order.return_status == "requested"
    with pytest.raises(services.QuantityTooHigh, match="TEA: 1 left, 2 asked"):
        services.request_return(order, quantities={line: 2}, reason="x", by=clerk)
    services.cancel_return(first, by=clerk)
    order.refresh_from_db()
    assert order.return_status == "none"
    services.request_return(order, quantities={line: 3}, reason="x", by=clerk)


def test_more_than_announced_is_refused(clerk):
    order = make_order([("TEA", 5)], placed=True)
    parcel_of(order, shipped=True)
    with pytest.raises(services.QuantityTooHigh, match="TEA: 2 announced, 3 received"):
        returned(order, clerk, 2, resellable=2, damaged=1)
    with pytest.raises(IllegalTransition):
        services.receive_return(
            order.returns.get(), location=warehouse(), arrived={}, by=clerk
        ) and services.receive_return(order.returns.get(), location=warehouse(), arrived={}, by=clerk)


def test_stock_that_is_counted_only_since_then_stops_no_parcel(clerk):
    wrap = article("WRAP", track_stock=False)
    order = make_order([("WRAP", 2)], placed=True)
    wrap.track_stock = True
    wrap.save()
    parcel_of(order, shipped=True)
    order.refresh_from_db()
    assert order.fulfilment_status == "fulfilled"
