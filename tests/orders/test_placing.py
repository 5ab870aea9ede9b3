"""Placing and canceling: stock and order move together or not at all."""

import random
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from backoffice.errors import IllegalTransition
from backoffice.models import AuditEvent
from catalog.models import Variant
from inventory.models import Allocation, StockLevel
from inventory.services import Demand, InsufficientStock, Stock
from inventory.services.allocation import plan
from orders import services
from orders.models import Order, TaxRate
from orders.services import tax_rates
from tests.orders.builders import article, buyer, line_of, make_order, parcel_of, receive, staff, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return staff()


def level(sku, at=None):
    return StockLevel.objects.get(variant__sku=sku, location=at or warehouse())


def test_place_allocates_every_line(clerk):
    order = make_order([("TEA", 2), ("CUP", 3)], on_hand=5)

    placed = services.place(order, by=clerk)

    assert placed.status == Order.Status.PLACED
    assert (placed.payment_status, placed.fulfilment_status) == ("none", "unfulfilled")
    assert [line.allocated for line in placed.lines.all()] == [2, 3]
    assert (level("CUP").on_hand, level("CUP").allocated) == (5, 3)
    assert AuditEvent.objects.about(order).filter(verb="order.placed", actor=clerk).count() == 1


def test_place_allocates_nothing_when_one_line_is_short(clerk):
    order = make_order([("TEA", 2), ("CUP", 9)], on_hand=5)

    with pytest.raises(InsufficientStock, match="CUP: 5 available, 9 asked"):
        services.place(order, by=clerk)

    order.refresh_from_db()
    assert order.status == Order.Status.DRAFT
    assert not Allocation.objects.exists()


def test_place_names_every_short_line(clerk):
    order = make_order([("TEA", 7), ("CUP", 9)], on_hand=5)

    with pytest.raises(InsufficientStock) as refusal:
        services.place(order, by=clerk)

    assert refusal.value.messages == ["TEA: 5 available, 7 asked.", "CUP: 5 available, 9 asked."]


def test_place_prefers_one_location_that_has_everything(clerk):
    far = warehouse("far", priority=20)
    tea, cup = article("TEA", on_hand=10), article("CUP")
    receive(tea, 5, far)
    receive(cup, 5, far)
    order = make_order([("TEA", 2), ("CUP", 2)])

    services.place(order, by=clerk)

    assert {row.location for row in Allocation.objects.all()} == {far}


def test_place_needs_a_draft_with_lines(clerk):
    order = make_order(placed=True)
    with pytest.raises(IllegalTransition, match="is Placed and cannot become Placed"):
        services.place(order, by=clerk)
    with pytest.raises(ValidationError, match="has no lines"):
        services.place(make_order([]), by=clerk)


def test_a_closed_order_is_not_placed_anew(clerk):
    order = make_order([("TEA", 1)], placed=True)
    parcel_of(order, shipped=True)
    services.close(order, by=clerk)

    with pytest.raises(IllegalTransition, match="is Closed and cannot become Placed"):
        services.place(order, by=clerk)

    order.refresh_from_db()
    assert (order.status, line_of(order, "TEA").allocated) == ("closed", 0)


def test_variants_without_stock_tracking_need_none(clerk):
    article("WRAP", track_stock=False)
    order = services.place(make_order([("WRAP", 3)]), by=clerk)
    assert line_of(order, "WRAP").allocated == 0


def test_cancel_releases_the_stock(clerk):
    order = make_order([("TEA", 2)], on_hand=5, placed=True)

    canceled = services.cancel(order, by=clerk, reason="Customer changed her mind")

    assert (canceled.status, canceled.total) == (Order.Status.CANCELED, 0)
    assert canceled.cancel_reason == "Customer changed her mind"
    assert level("TEA").allocated == 0
    assert line_of(order, "TEA").canceled == 2
    assert not Allocation.objects.exists()


def test_cancel_needs_a_reason_and_nothing_shipped(clerk):
    order = make_order([("TEA", 2)], placed=True)
    with pytest.raises(ValidationError, match="Say why"):
        services.cancel(order, by=clerk, reason=" ")
    parcel = parcel_of(order, TEA=1)
    with pytest.raises(services.CannotCancel, match="-F1 is being packed"):
        services.cancel(order, by=clerk, reason="x")
    services.ship(services.pack(parcel, by=clerk), by=clerk)
    with pytest.raises(services.CannotCancel, match="was shipped"):
        services.cancel(order, by=clerk, reason="x")


def test_cancel_lines_releases_their_stock_and_lowers_the_total(clerk):
    order = make_order([("TEA", 3), ("CUP", 1)], placed=True)

    changed = services.cancel_lines(order, quantities={line_of(order, "TEA").pk: 2}, by=clerk, reason="Too many")

    assert (changed.status, changed.total) == ("placed", 20)
    assert (line_of(order, "TEA").allocated, line_of(order, "TEA").canceled) == (1, 2)
    assert level("TEA").allocated == 1


def test_cancel_lines_after_a_part_was_shipped_completes_the_order(clerk):
    order = make_order([("TEA", 3)], placed=True)
    parcel_of(order, TEA=1, shipped=True)

    with pytest.raises(services.QuantityTooHigh, match="TEA: 2 left, 3 asked"):
        services.cancel_lines(order, quantities={line_of(order, "TEA").pk: 3}, by=clerk, reason="x")
    changed = services.cancel_lines(order, quantities={line_of(order, "TEA").pk: 2}, by=clerk, reason="x")

    assert (changed.status, changed.fulfilment_status, changed.total) == ("placed", "fulfilled", 10)
    assert level("TEA").allocated == 0


def test_an_order_of_which_nothing_remains_is_canceled(clerk):
    order = make_order([("TEA", 3)], placed=True, shipping=5)
    changed = services.cancel_lines(order, quantities={line_of(order, "TEA").pk: 3}, by=clerk, reason="x")
    assert (changed.status, changed.total) == ("canceled", 0)


def test_lines_in_a_parcel_cannot_be_canceled(clerk):
    order = make_order([("TEA", 3)], placed=True)
    parcel_of(order, TEA=1)
    with pytest.raises(services.CannotCancel, match="TEA is being packed in"):
        services.cancel_lines(order, quantities={line_of(order, "TEA").pk: 1}, by=clerk, reason="x")


def test_close_and_reopen(clerk):
    order = make_order([("TEA", 1)], placed=True)
    with pytest.raises(ValidationError, match="still has to ship TEA"):
        services.close(order, by=clerk)
    parcel_of(order, shipped=True)

    closed = services.close(order, by=clerk)
    assert (closed.status, closed.closed_at is None) == ("closed", False)
    reopened = services.reopen(order, by=clerk)
    assert (reopened.status, reopened.closed_at) == ("placed", None)
    with pytest.raises(IllegalTransition):
        services.reopen(order, by=clerk)


@pytest.mark.parametrize("lines", [1, 3, 6])
def test_placing_costs_the_same_statements_however_many_lines(clerk, django_assert_num_queries, lines):
    order = make_order([(f"SKU{n}", 1) for n in range(lines)])
    with django_assert_num_queries(4):  # order, lines, stock; and what is written, stock last
        services.place(order, by=clerk)


# --- Taking in and placing at once --------------------------------------------------------------

OWN = {"id", "number", "search_text", "placed_at", "created_at", "updated_at"}


def facts(order):
    """What is written of an order, its lines and what was promised them, but for keys and moments."""
    order = Order.objects.get(pk=order.pk)
    lines = list(order.lines.order_by("position").values())
    promised = Allocation.objects.filter(cause=order.number).order_by("item")
    return (
        {field.attname: getattr(order, field.attname) for field in Order._meta.fields if field.attname not in OWN},
        [{name: value for name, value in line.items() if name not in ("id", "order_id")} for line in lines],
        [(one.item - lines[0]["id"], one.variant_id, one.location_id, one.quantity) for one in promised],
        [(event.verb, event.actor, event.subject) for event in AuditEvent.objects.about(order).order_by("pk")],
    )


def test_placing_at_once_writes_what_the_two_steps_write(clerk):
    tea, wrap = article("TEA", on_hand=9), article("WRAP", track_stock=False)
    TaxRate.objects.create(tax_class="standard", country="DE", name="USt 19%", rate=Decimal("0.19"))
    customer = buyer()
    lines = [
        services.NewLine(2, tea),
        services.NewLine(1, wrap),
        services.NewLine(1, title="Card", unit_price=Decimal(3)),
    ]
    header = {
        "customer": customer,
        "shipping": Decimal(5),
        "discount": Decimal("0.55"),
        "tags": ["gift"],
        "source": "shop",
    }

    in_steps = services.place(services.create_draft(by=clerk, lines=lines, **header), by=clerk)
    at_once = services.place_new(by=clerk, lines=lines, **header)

    *written, events = facts(at_once)
    *expected, expected_events = facts(in_steps)
    assert written == expected
    assert written[0]["status"] == "placed"
    assert [promise[1:] for promise in written[2]] == [(tea.pk, warehouse().pk, 2)]
    assert events == [("order.created", clerk, at_once.number), ("order.placed", clerk, at_once.number)]
    assert [(verb, actor) for verb, actor, _subject in expected_events] == [
        (verb, actor) for verb, actor, _subject in events
    ]
    assert level("TEA").allocated == 4


def test_placing_at_once_returns_what_was_written(clerk):
    order = services.place_new(by=clerk, lines=[services.NewLine(2, article("TEA", on_hand=5))])
    stored = Order.objects.get(pk=order.pk)
    for field in Order._meta.fields:
        assert getattr(order, field.attname) == getattr(stored, field.attname), field.name


def test_placing_at_once_writes_each_row_once(clerk):
    order = services.place_new(by=clerk, lines=[services.NewLine(2, article("TEA", on_hand=5))])
    assert list(order.history.values_list("pgh_label", "status")) == [("insert", "placed")]
    assert list(line_of(order, "TEA").history.values_list("pgh_label", "allocated")) == [("insert", 2)]


def test_placing_at_once_writes_nothing_when_one_line_is_short(clerk):
    lines = [services.NewLine(2, article("TEA", on_hand=5)), services.NewLine(9, article("CUP", on_hand=5))]

    with pytest.raises(InsufficientStock, match="CUP: 5 available, 9 asked"):
        services.place_new(by=clerk, lines=lines)

    assert not Order.objects.exists()
    assert not Allocation.objects.exists()
    assert not AuditEvent.objects.filter(subject_type="orders.order").exists()
    assert level("TEA").allocated == 0


def test_placing_at_once_needs_lines_that_can_be_sold(clerk):
    with pytest.raises(ValidationError, match="An order needs a line"):
        services.place_new(by=clerk, lines=[])
    with pytest.raises(services.LineRefused, match="OLD is no longer sold"):
        services.place_new(by=clerk, lines=[services.NewLine(1, article("OLD", on_hand=5, is_active=False))])
    assert not Order.objects.exists()


@pytest.mark.parametrize("count", [1, 3, 6])
def test_placing_at_once_costs_one_statement_however_many_lines(clerk, django_assert_num_queries, count):
    lines = [services.NewLine(1, article(f"SKU{n}", on_hand=1)) for n in range(count)]
    tax_rates.forget()
    with django_assert_num_queries(1):
        services.place_new(by=clerk, lines=lines)


def test_rates_that_changed_are_read_again_by_who_remembers_others(clerk, django_assert_num_queries):
    line = services.NewLine(1, article("TEA", on_hand=9, price=Decimal("11.90")))
    rate = TaxRate.objects.create(tax_class="standard", name="USt 19%", rate=Decimal("0.19"))
    tax_rates.forget()

    def placed(statements):
        with django_assert_num_queries(statements):
            order = services.place_new(by=clerk, lines=[line])
        return Order.objects.get(pk=order.pk).tax, line_of(order, "TEA").tax_name

    assert placed(2) == (Decimal("1.90"), "USt 19%")
    assert placed(1) == (Decimal("1.90"), "USt 19%")
    TaxRate.objects.filter(pk=rate.pk).update(rate=0, name="Export")
    assert placed(2) == (0, "Export")
    rate.delete()
    assert placed(2) == (0, "")
    assert level("TEA").allocated == 4


@pytest.mark.parametrize("tracked", [True, False])
def test_whether_stock_is_tracked_is_asked_of_the_database(clerk, tracked):
    tea = article("TEA", on_hand=9, track_stock=not tracked)
    Variant.objects.filter(pk=tea.pk).update(track_stock=tracked)

    order = services.place_new(by=clerk, lines=[services.NewLine(2, tea)])

    assert line_of(order, "TEA").allocated == (2 if tracked else 0)
    assert Allocation.objects.filter(cause=order.number).count() == (1 if tracked else 0)


def test_the_database_chooses_the_warehouse_that_the_plan_chooses(clerk):
    chance = random.Random(11)
    places = [warehouse(f"W{n}", priority=n % 2) for n in range(3)]
    skus = [article(f"SKU{n}") for n in range(3)]
    for variant in skus:
        for place in places:
            receive(variant, chance.randint(1, 6), place)
    seen = set()
    for _ in range(40):
        demand = [
            Demand(item, variant.pk, chance.randint(1, 4), variant.sku)
            for item, variant in enumerate(chance.choices(skus, k=chance.randint(1, 3)))
        ]
        try:
            chosen = {place for _one, place, _pieces in plan(demand, known(demand))}
        except InsufficientStock:
            chosen = set()
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT inventory_one_place(%s::bigint[], %s::int[])",
                [[one.variant for one in demand], [one.quantity for one in demand]],
            )
            [(place,)] = cursor.fetchall()
        assert place == (chosen.pop() if len(chosen) == 1 else None)
        seen.add(place)
    assert len(seen) > 2  # more than one warehouse, and none


def known(demand):
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM inventory_candidates(%s::bigint[])", [[one.variant for one in demand]])
        return Stock.of(cursor.fetchall())


@pytest.mark.parametrize("count", [1, 3])
def test_a_draft_costs_two_statements(clerk, django_assert_num_queries, count):
    lines = [services.NewLine(1, article(f"SKU{n}")) for n in range(count)]
    with django_assert_num_queries(2):  # rates; and what is written
        services.create_draft(by=clerk, lines=lines)
