"""Returns: why, how much arrived, what became of it, and what it is worth."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from backoffice import verification
from backoffice.errors import IllegalTransition, Stale
from inventory.models import StockLevel, StockMove
from orders import services
from orders.models import Refund, ReturnCause, ReturnLine
from orders.services import Arrived, Settled, Why
from tests.orders.builders import article, line_of, make_order, parcel_of, staff, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return staff()


def shipped(lines=(("TEA", 3),), **fields):
    """A paid order that has left the house."""
    order = make_order(lines, placed=True, **fields)
    services.record_payment(order, amount=order.total, method="card", by=None)
    parcel_of(order, shipped=True)
    return order


def cause(code):
    """The reason of this code; those of the first migration may be gone where a test emptied the tables."""
    return ReturnCause.objects.get_or_create(code=code, defaults={"name": code.capitalize()})[0]


def coming(order, **pieces):
    """An approved return of these pieces by SKU."""
    quantities = {line_of(order, sku).pk: n for sku, n in pieces.items()}
    row = services.request_return(order, quantities=quantities, reason="Too small", by=None)
    return services.approve_return(row, by=None)


def receive(row, *, by=None, arrived=None, **more):
    """Receive at the main warehouse; `arrived` by SKU."""
    by_line = {row.lines.get(order_line__sku=sku).pk: one for sku, one in (arrived or {}).items()}
    return services.receive_return(row, location=warehouse(), arrived=by_line, by=by, **more)


def on_hand(sku):
    return StockLevel.objects.get(variant__sku=sku, location=warehouse()).on_hand


def give_back(row, amount):
    return services.refund(row.order, amount=Decimal(amount), method="card", reason="x", order_return=row, by=None)


def test_each_line_says_why_it_comes_back(clerk):
    small, other = cause("too_small"), cause("other")
    order = shipped([("TEA", 1), ("CUP", 1)])
    tea, cup = line_of(order, "TEA").pk, line_of(order, "CUP").pk
    with pytest.raises(ValidationError, match="CUP: say why it comes back"):
        services.request_return(order, quantities={tea: 1, cup: 1}, why={tea: Why(small)}, by=clerk)

    why = {tea: Why(small, "by a lot"), cup: Why(note="Handle too thin")}
    row = services.request_return(order, quantities={tea: 1, cup: 1}, why=why, by=clerk)

    said = row.lines.order_by("order_line__position").values_list("reason", "note")
    assert list(said) == [(small.pk, "by a lot"), (other.pk, "Handle too thin")]
    assert row.reason == "by a lot, Handle too thin"


def test_a_return_is_refused_with_a_reason(clerk):
    order = shipped()
    row = services.request_return(order, quantities={line_of(order, "TEA").pk: 2}, reason="x", by=clerk)
    with pytest.raises(ValidationError, match="Say why"):
        services.refuse_return(row, reason=" ", by=clerk)

    services.refuse_return(row, reason="After 60 days", by=clerk)

    row.refresh_from_db()
    order.refresh_from_db()
    assert (row.status, row.is_open, order.return_status) == ("refused", False, "none")
    with pytest.raises(IllegalTransition):
        services.approve_return(row, by=clerk)
    assert coming(order, TEA=3).status == "approved"


def test_a_return_arrives_in_two_goes(clerk):
    order = shipped([("TEA", 3)])
    row = coming(order, TEA=3)

    row = receive(row, arrived={"TEA": Arrived(1)}, more_to_come=True, seen=0, by=clerk)

    order.refresh_from_db()
    assert (row.status, order.return_status, on_hand("TEA")) == ("approved", "requested", 98)
    assert services.returnable(order, services.lines_of(order)) == {line_of(order, "TEA").pk: 0}
    with pytest.raises(ValidationError, match=f"{row}: 1 pieces have arrived"):
        services.cancel_return(row, by=clerk)
    with pytest.raises(Stale, match="meanwhile somebody else received pieces of it; 1 have arrived"):
        receive(row, arrived={"TEA": Arrived(1)}, seen=0)
    with pytest.raises(ValidationError, match="Say what has arrived so far"):
        receive(row, arrived={"TEA": Arrived()}, more_to_come=True)

    row = receive(row, arrived={"TEA": Arrived(0, 1)}, seen=1, by=clerk)

    order.refresh_from_db()
    line = row.lines.get()
    assert (line.resellable, line.damaged, line.missing, line.restocked, line.scrapped) == (1, 1, 1, 1, 1)
    assert (row.status, order.return_status, on_hand("TEA")) == ("received", "partial", 98)
    assert services.returnable(order, services.lines_of(order)) == {line_of(order, "TEA").pk: 1}
    assert [report for report in verification.run() if report.result.wrong] == []


def test_what_was_not_announced_needs_a_permission(clerk):
    order = shipped([("TEA", 3), ("CUP", 2)])
    row = coming(order, TEA=1)
    cup = line_of(order, "CUP").pk
    with pytest.raises(services.QuantityTooHigh) as refused:
        receive(row, arrived={"TEA": Arrived(2)}, unannounced={cup: Arrived(1)}, by=clerk)
    assert refused.value.messages == [
        "TEA: 1 announced, 2 received. Announce another return for the rest.",
        "CUP: 0 announced, 1 received. Announce another return for the rest.",
    ]
    assert ReturnLine.objects.count() == 1

    receive(row, arrived={"TEA": Arrived(2)}, unannounced={cup: Arrived(1)}, by=staff("warehouse_manager"))

    told = row.lines.order_by("pk").values_list("order_line__sku", "quantity", "unannounced", "restocked")
    assert list(told) == [("TEA", 1, 1, 2), ("CUP", 0, 1, 1)]
    assert [line.returned for line in services.lines_of(order)] == [2, 1]


def test_nobody_sends_back_more_than_he_has():
    order = shipped([("TEA", 3)])
    other = coming(order, TEA=1)
    row = coming(order, TEA=1)
    with pytest.raises(services.QuantityTooHigh, match="TEA: 2 left, 3 asked"):
        receive(row, arrived={"TEA": Arrived(3)})
    receive(row, arrived={"TEA": Arrived(2)})
    receive(other, arrived={"TEA": Arrived(1)})
    with pytest.raises(ValidationError, match="A line does not belong to this return"):
        receive(coming(shipped([("CUP", 1)]), CUP=1), unannounced={line_of(order, "TEA").pk: Arrived(1)})


def test_pieces_set_aside_are_restocked_once(clerk):
    order = shipped([("TEA", 5)])
    row = receive(coming(order, TEA=5), arrived={"TEA": Arrived(3, 2, restock=False, scrap=False)})
    key, before = row.lines.get().pk, on_hand("TEA")
    assert (row.lines.get().set_aside, before) == (5, 95)
    with pytest.raises(services.QuantityTooHigh, match="TEA: 5 set aside, 3 of them resellable"):
        services.settle_return(row, location=warehouse(), settled={key: Settled(4)}, by=clerk)
    with pytest.raises(ValidationError, match="Say why the pieces are thrown away"):
        services.settle_return(row, location=warehouse(), settled={key: Settled(2, 2)}, by=clerk)

    services.settle_return(row, location=warehouse(), settled={key: Settled(2, 2)}, reason="Broken", by=clerk)

    line = row.lines.get()
    assert (line.restocked, line.scrapped, line.set_aside, on_hand("TEA")) == (2, 2, 1, 97)
    with pytest.raises(services.QuantityTooHigh, match="TEA: 1 set aside, 1 of them resellable"):
        services.settle_return(row, location=warehouse(), settled={key: Settled(2)}, by=clerk)
    services.settle_return(row, location=warehouse(), settled={key: Settled(1)}, by=clerk)
    moved = StockMove.objects.filter(cause=row.number).order_by("pk").values_list("kind", "quantity")
    assert list(moved) == [("returned", 2), ("scrapped", 2), ("returned", 1)]


def test_the_database_refuses_to_restock_twice():
    row = receive(coming(shipped([("TEA", 2)]), TEA=2), arrived={"TEA": Arrived(1, 1)})
    for column, constraint in (("restocked", "return_line_restock_once"), ("scrapped", "return_line_scrap_once")):
        with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
            ReturnLine.objects.filter(order_return=row).update(**{column: 2})
    with pytest.raises(IntegrityError, match="return_line_received_within_accepted"), transaction.atomic():
        ReturnLine.objects.filter(order_return=row).update(resellable=2)


def test_no_more_is_refunded_than_what_arrived_is_worth():
    order = shipped([("TEA", 3), ("CUP", 1)])
    row = coming(order, TEA=2, CUP=1)
    with pytest.raises(
        services.BeyondReturn, match=rf"{row}: €0\.00 of what arrived is not refunded yet, €1\.00 asked"
    ):
        give_back(row, 1)
    row = receive(row, arrived={"TEA": Arrived(1)})
    with pytest.raises(services.BeyondReturn, match=r"€10\.00 of what arrived is not refunded yet, €10\.01 asked"):
        give_back(row, "10.01")

    give_back(row, 4)

    row.refresh_from_db()
    assert (row.value, row.refunded, services.suggested_refund(row)) == (10, 4, 6)
    with pytest.raises(IntegrityError, match="return_refund_within_value"), transaction.atomic():
        Refund.objects.create(order=order, order_return=row, amount=Decimal("6.01"), method="card", reason="x")
    with pytest.raises(IntegrityError, match="return_refund_within_value"), transaction.atomic():
        row.lines.update(value=0)


def test_what_comes_back_piece_by_piece_is_worth_the_line():
    order = shipped([("TEA", 3)], discount=Decimal("10.00"))
    values = []
    for _time in range(3):
        row = receive(coming(order, TEA=1), arrived={"TEA": Arrived(1)})
        row.refresh_from_db()
        values.append(row.value)
    assert values == [Decimal("6.67"), Decimal("6.66"), Decimal("6.67")]
    assert sum(values) == line_of(order, "TEA").gross == 20


def test_articles_without_stock_only_arrive():
    article("WRAP", track_stock=False)
    row = receive(coming(shipped([("WRAP", 2)]), WRAP=2), arrived={"WRAP": Arrived(1, 1)})
    line = row.lines.get()
    assert (line.received, line.restocked, line.scrapped, line.value) == (2, 0, 0, 20)
    assert not StockMove.objects.filter(cause=row.number).exists()


def test_the_number_of_statements_does_not_grow_with_the_lines():
    def statements(skus):
        order = shipped([(sku, 2) for sku in skus])
        row = coming(order, **dict.fromkeys(skus, 1))
        with CaptureQueriesContext(connection) as caught:
            receive(row, arrived={sku: Arrived(1) for sku in skus})
        return len(caught) - len(skus)  # `receive` of this file asks for the key of each line

    assert statements(["ONE"]) == statements(["A", "B", "C"])


def test_wrong_money_of_a_return_is_found():
    row = receive(coming(shipped([("TEA", 2)]), TEA=2), arrived={"TEA": Arrived(2)})
    give_back(row, 5)
    assert [r.result.wrong for r in verification.run(["returns"])] == [0]
    type(row).objects.filter(pk=row.pk).update(value=21, refunded=4)
    [report] = verification.run(["returns"])
    assert (report.result.wrong, report.result.examples) == (
        1,
        [f"{row}: value received 21.000, rows say 20.000; refunded 4.000, rows say 5.000"],
    )
