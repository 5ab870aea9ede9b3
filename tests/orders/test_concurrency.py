"""Many connections at once: never oversold, never doubled, never stuck."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone

from backoffice import context
from backoffice.errors import Busy, IllegalTransition, Stale
from backoffice.models import AuditEvent
from inventory import services as inventory
from inventory.models import Allocation, StockLevel
from inventory.services import InsufficientStock
from orders import services
from orders.models import Invoice, Order, OrderLine, Payment
from tests.orders.builders import article, line_of, make_order

pytestmark = pytest.mark.django_db(transaction=True)
CLIENTS = 16


def at_once(work: Callable[[int], Any], clients: int = CLIENTS) -> list[Any]:
    """Run `work(number)` on as many connections; what it returns, or the error it raised."""
    barrier = threading.Barrier(clients)

    def run(number: int) -> Any:
        try:
            barrier.wait(timeout=30)
            return work(number)
        except Exception as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(clients) as pool:
        return list(pool.map(run, range(clients)))


def test_the_last_pieces_are_sold_once():
    skus = [f"SKU{n}" for n in range(5)]
    for sku in skus:
        article(sku, on_hand=5)
    # Every order takes two SKUs, in an order of its own.
    orders = [make_order([(skus[n % 5], 1), (skus[(n + 1 + n % 3) % 5], 1)]) for n in range(CLIENTS)]

    results = at_once(lambda number: services.place(orders[number], by=None))

    errors = [result for result in results if isinstance(result, Exception)]
    assert {type(error) for error in errors} <= {InsufficientStock}
    for level in StockLevel.objects.all():
        promised = sum(Allocation.objects.filter(variant=level.variant_id).values_list("quantity", flat=True))
        counted = sum(OrderLine.objects.filter(variant=level.variant_id).values_list("allocated", flat=True))
        assert level.allocated == promised == counted <= 5
    placed = Order.objects.filter(status="placed").count()
    assert placed == CLIENTS - len(errors)
    assert placed >= 10
    assert not Allocation.objects.exclude(cause__in=Order.objects.filter(status="placed").values("number")).exists()


def test_one_order_is_placed_once():
    order = make_order([("TEA", 1)], on_hand=5)
    results = at_once(lambda number: services.place(order, by=None), 4)
    assert sum(isinstance(result, Order) for result in results) == 1
    assert StockLevel.objects.get().allocated == 1


def test_a_draft_that_is_edited_meanwhile_is_placed_as_it_is_by_then():
    tea, edited = article("TEA", on_hand=9), threading.Event()
    order = make_order([("TEA", 1)])

    def edit():
        with transaction.atomic():
            services.edit_draft(order, by=None, lines=[services.NewLine(4, tea), services.NewLine(2, tea)])
            edited.set()
            time.sleep(0.5)  # whoever places reads the old lines meanwhile, and waits for the order

    def place():
        edited.wait(timeout=30)
        return services.place(order, by=None)

    with ThreadPoolExecutor(2) as pool:
        editing, placing = pool.submit(closing(edit)), pool.submit(closing(place))
        editing.result(timeout=30)
        placed = placing.result(timeout=30)

    assert sorted(placed.lines.values_list("quantity", "allocated")) == [(2, 2), (4, 4)]
    assert placed.total == 60
    assert StockLevel.objects.get().allocated == 6


def closing(work):
    def run():
        try:
            return work()
        finally:
            connections.close_all()

    return run


def test_a_verb_outside_a_transaction_is_one_and_tells_who_acts():
    tea = article("TEA", on_hand=5)
    with context.acting(source="test", reason="by telephone"):
        order = services.place_new(by=None, lines=[services.NewLine(2, tea)])
        with pytest.raises(InsufficientStock):
            services.place_new(by=None, lines=[services.NewLine(9, tea)])

    for rows in (order.history, order.lines.get().history):
        assert [row.pgh_context.metadata["source"] for row in rows.select_related("pgh_context")] == ["test"]
    assert list(AuditEvent.objects.values_list("verb", "source")) == [
        ("order.placed", "test"),
        ("order.created", "test"),
    ]
    assert Order.objects.get() == order


def test_placing_gives_up_when_others_hold_the_levels_for_long():
    tea = article("TEA", on_hand=5)
    draft = make_order([("TEA", 1)])
    release = threading.Event()

    def hold():
        with transaction.atomic():
            inventory.lock_levels([(tea.pk, StockLevel.objects.get().location_id)])
            held.set()
            release.wait(timeout=30)

    held = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        holding = pool.submit(closing(hold))
        held.wait(timeout=30)
        with transaction.atomic():
            with pytest.raises(Busy):
                services.place_new(by=None, lines=[services.NewLine(1, tea)])
            assert list(Order.objects.all()) == [draft]  # and the transaction goes on
        release.set()
        holding.result(timeout=30)
    assert services.place(draft, by=None).status == Order.Status.PLACED


def test_placing_and_canceling_do_not_block_each_other_for_good():
    skus = ["A", "B", "C"]
    for sku in skus:
        article(sku, on_hand=30)
    placed = [make_order([(sku, 1) for sku in skus], placed=True) for _ in range(4)]
    drafts = [make_order([(sku, 1) for sku in reversed(skus)]) for _ in range(4)]

    def work(number):
        if number % 2:
            return services.place(drafts[number // 2], by=None)
        return services.cancel(placed[number // 2], by=None, reason="x")

    assert all(isinstance(result, Order) for result in at_once(work, 8))
    assert set(StockLevel.objects.values_list("allocated", flat=True)) == {4}


def test_invoice_numbers_have_no_gaps_and_no_doubles():
    orders = [make_order([("TEA", 1)], placed=True) for _ in range(CLIENTS)]

    def issue(number):
        with transaction.atomic():
            services.issue_invoice(orders[number], by=None)
            if number % 3 == 0:
                transaction.set_rollback(True)

    assert at_once(issue) == [None] * CLIENTS
    numbers = sorted(Invoice.objects.values_list("number", flat=True))
    assert numbers == [f"INV-{timezone.localdate().year}-{n:05d}" for n in range(1, len(numbers) + 1)]
    assert len(numbers) == 10


def test_a_payment_key_pays_once_however_often_it_is_sent():
    order = make_order([("TEA", 2)], placed=True)
    results = at_once(
        lambda number: services.record_payment(order, amount=Decimal(20), method="card", key="k", by=None), 8
    )
    assert {result.pk for result in results} == {Payment.objects.get().pk}
    order.refresh_from_db()
    assert order.paid == 20


def test_refunds_at_once_stay_within_what_was_paid():
    order = make_order([("TEA", 2)], placed=True)
    services.record_payment(order, amount=Decimal(20), method="card", by=None)
    results = at_once(lambda number: services.refund(order, amount=Decimal(7), method="card", reason="x", by=None), 8)
    assert sum(isinstance(result, services.RefundTooHigh) for result in results) == 6
    order.refresh_from_db()
    assert order.refunded == 14


def test_the_database_refuses_to_oversell_whoever_asks():
    order = make_order([("TEA", 2)], on_hand=3, placed=True)
    with (
        pytest.raises(IntegrityError, match="stock_level_not_oversold"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE inventory_stocklevel SET allocated = allocated + 2")
    with pytest.raises(IntegrityError, match="order_line_not_exceeded"), transaction.atomic():
        OrderLine.objects.filter(pk=line_of(order, "TEA").pk).update(fulfilled=1)
    with pytest.raises(IntegrityError, match="cannot become draft"), transaction.atomic():
        Order.objects.filter(pk=order.pk).update(status="draft")


def test_a_return_is_received_once():
    order = make_order([("TEA", 6)], on_hand=6, placed=True)
    parcel = services.create_fulfilment(order, location=StockLevel.objects.get().location, by=None)
    services.ship(services.pack(parcel, by=None), by=None)
    row = services.request_return(order, quantities={line_of(order, "TEA").pk: 4}, reason="x", by=None)
    row = services.approve_return(row, by=None)
    came = {row.lines.get().pk: services.Arrived(2)}

    # The same parcel of the return, counted by several people, and then its rest.
    for seen, more in ((0, True), (2, False)):
        results = at_once(
            lambda number, seen=seen, more=more: services.receive_return(
                row, location=parcel.location, arrived=came, more_to_come=more, seen=seen, by=None
            ),
            6,
        )
        assert sum(not isinstance(result, Exception) for result in results) == 1
        assert {type(one) for one in results if isinstance(one, Exception)} <= {Stale, IllegalTransition}

    line = row.lines.get()
    assert (line.received, line.restocked, line_of(order, "TEA").returned) == (4, 4, 4)
    assert StockLevel.objects.get().on_hand == 4


def test_crosswise_exchanges_do_not_wait_for_each_other():
    article("TEA", on_hand=40), article("CUP", on_hand=40)
    rows = []
    for number in range(8):
        mine, other = ("TEA", "CUP") if number % 2 else ("CUP", "TEA")
        order = make_order([(mine, 2)], placed=True)
        services.record_payment(order, amount=order.total, method="card", by=None)
        parcel = services.create_fulfilment(order, location=order_place(), by=None)
        services.ship(services.pack(parcel, by=None), by=None)
        row = services.request_return(order, quantities={line_of(order, mine).pk: 2}, reason="x", by=None)
        row = services.agree_exchange(row, lines=[services.NewLine(2, article(other))], by=None)
        rows.append(services.approve_return(row, by=None))

    results = at_once(
        lambda number: services.receive_return(
            rows[number],
            location=order_place(),
            arrived={rows[number].lines.get().pk: services.Arrived(2)},
            by=None,
        ),
        8,
    )

    assert [result for result in results if isinstance(result, Exception)] == []
    assert Order.objects.filter(source="exchange", payment_status="paid").count() == 8
    assert sorted(StockLevel.objects.values_list("on_hand", "allocated")) == [(40, 8), (40, 8)]


def order_place():
    return StockLevel.objects.first().location
