"""Parcels and returns: pieces leave from where they are allocated and come back as they are."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.html import escape

from backoffice.errors import IllegalTransition
from inventory.models import Allocation, StockLevel, StockMove
from orders import mails, services
from orders.models import Carrier, Fulfilment
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


# --- Several parcels, days, links ---------------------------------------------------------------


def spread():
    """An order of 4 pieces, 2 from each of two warehouses, and of wrapping without stock."""
    far = warehouse("far", priority=20)
    receive(article("TEA", on_hand=2), 2, far)
    article("WRAP", track_stock=False)
    return make_order([("TEA", 4), ("WRAP", 1)], placed=True), warehouse(), far


def test_one_step_makes_a_parcel_for_each_location(clerk):
    order, near, far = spread()
    tea, wrap = line_of(order, "TEA").pk, line_of(order, "WRAP").pk
    assert services.proposed(order, services.lines_of(order)) == {near.pk: {tea: 2, wrap: 1}, far.pk: {tea: 2}}

    made = services.create_fulfilments(order, by=clerk)

    told = [(parcel.location, {row.order_line_id: row.quantity for row in parcel.lines.all()}) for parcel in made]
    assert told == [(near, {tea: 2, wrap: 1}), (far, {tea: 2})]
    with pytest.raises(ValidationError, match="Choose at least one piece"):
        services.create_fulfilments(order, by=clerk)


def test_parcels_of_several_locations_are_all_made_or_none(clerk):
    order, near, far = spread()
    tea, wrap = line_of(order, "TEA").pk, line_of(order, "WRAP").pk
    with pytest.raises(services.QuantityTooHigh, match="WRAP: 0 left, 1 asked"):
        services.create_fulfilments(order, quantities={near.pk: {tea: 1, wrap: 1}, far.pk: {wrap: 1}}, by=clerk)
    assert not order.fulfilments.exists()
    made = services.create_fulfilments(order, quantities={near.pk: {tea: 0}, far.pk: {tea: 1, wrap: 1}}, by=clerk)
    assert [(parcel.location, parcel.lines.count()) for parcel in made] == [(far, 2)]


def test_the_page_proposes_a_parcel_for_each_location(client):
    order, near, far = spread()
    tea = line_of(order, "TEA").pk
    client.force_login(staff())
    page = client.get(f"/orders/{order}/fulfil/").context["form"]
    asked = {name: field.initial for name, field in page.fields.items() if name.startswith("line_")}
    assert asked == {
        f"line_{tea}_{near.pk}": 2,
        f"line_{line_of(order, 'WRAP').pk}_{near.pk}": 1,
        f"line_{tea}_{far.pk}": 2,
    }

    tomorrow = timezone.localdate() + timedelta(days=1)
    client.post(
        f"/orders/{order}/fulfil/",
        {f"line_{tea}_{near.pk}": "1", f"line_{tea}_{far.pk}": "2", "not_before": tomorrow.isoformat()},
    )

    told = order.fulfilments.order_by("pk").values_list("location", "lines__quantity", "not_before")
    assert list(told) == [(near.pk, 1, tomorrow), (far.pk, 2, tomorrow)]


def test_a_scheduled_parcel_waits_for_its_day(clerk, client):
    order, picker = make_order([("TEA", 1)], placed=True), staff("owner")
    tomorrow = timezone.localdate() + timedelta(days=1)
    parcel = services.create_fulfilment(order, location=warehouse(), not_before=tomorrow, by=clerk)
    assert (list(Fulfilment.objects.to_pick()), list(Fulfilment.objects.scheduled())) == ([], [parcel])
    assert not services.pickable(warehouse()).exists()
    with pytest.raises(ValidationError, match="Nothing is left to pick"):
        services.start_picking(warehouse(), [order.pk], by=picker)
    packed = services.pack(parcel, by=clerk)
    with pytest.raises(ValidationError, match=f"{parcel} is not to leave before"):
        services.ship(packed, by=clerk)

    client.force_login(picker)
    client.post(f"/orders/fulfilments/{parcel}/schedule/", {"not_before": ""})

    assert services.ship(packed, by=clerk).status == "shipped"
    with pytest.raises(IllegalTransition, match="is Shipped and cannot become scheduled"):
        services.schedule_fulfilment(parcel, not_before=tomorrow, by=clerk)


def test_a_parcel_arrives_after_it_has_left(clerk):
    parcel = parcel_of(make_order([("TEA", 1)], placed=True), shipped=True)
    for moment in (parcel.shipped_at - timedelta(minutes=1), timezone.now() + timedelta(hours=1)):
        with pytest.raises(ValidationError, match="A parcel arrives after it has left, and not in the future"):
            services.deliver(parcel, at=moment, by=clerk)
    now = timezone.now()
    assert services.deliver(parcel, at=now, by=clerk).delivered_at == now
    with pytest.raises(IntegrityError, match="fulfilment_delivered_after_shipped"), transaction.atomic():
        Fulfilment.objects.update(delivered_at=parcel.shipped_at - timedelta(days=1))


def test_the_way_of_a_parcel_is_followed_by_the_link_of_its_carrier(clerk, client):
    Carrier.objects.create(name="Swift Post", tracking_url="https://track.example/?id={number}&lang=en")
    parcel = parcel_of(make_order([("TEA", 1)], placed=True, email="ada@example.com"))
    services.ship(services.pack(parcel, by=clerk), carrier="swift post", tracking_number="A 1/2", by=clerk)
    parcel.refresh_from_db()
    link = "https://track.example/?id=A%201%2F2&lang=en"

    assert parcel.tracking_url == link
    assert Fulfilment.objects.with_links().get().tracking_url == link
    mails.send("shipped", parcel.order, {"fulfilment": parcel.number}, "once")
    assert link in mail.outbox[0].body
    client.force_login(clerk)
    for page in (parcel.get_absolute_url(), parcel.order.get_absolute_url()):
        assert escape(link) in client.get(page).content.decode()
    services.set_tracking(parcel, carrier="Nobody", tracking_number="1", by=clerk)
    assert Fulfilment.objects.get().tracking_url == ""
    with pytest.raises(IntegrityError, match="carrier_tracking_url"), transaction.atomic():
        Carrier.objects.create(name="Evil", tracking_url="javascript:{number}")
