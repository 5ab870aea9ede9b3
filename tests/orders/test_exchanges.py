"""What a customer gets instead of what comes back: one order more, paid with the value of what arrived."""

from decimal import Decimal

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from backoffice import verification
from backoffice.errors import NotAllowed
from inventory.models import Allocation
from inventory.services import InsufficientStock
from orders import services
from orders.models import Order, Return
from orders.services import Arrived, NewLine
from tests.orders.builders import article, buyer, line_of, make_order, staff, warehouse
from tests.orders.test_returns import coming, on_hand, receive, shipped

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return staff()


def agreed(row, sku="CUP", quantity=1, price="10", **fields):
    """The return, with an article that the customer is to get instead."""
    line = NewLine(quantity, article(sku, **fields), unit_price=Decimal(price))
    return services.agree_exchange(row, lines=[line], by=None)


def fresh(*rows):
    return [type(row).objects.get(pk=row.pk) for row in rows]


def test_the_last_piece_places_the_exchange_and_pays_it(clerk):
    order = shipped([("TEA", 2)], customer=buyer(), shipping=Decimal(0))
    row = agreed(coming(order, TEA=2), quantity=2, on_hand=5)

    row = receive(row, arrived={"TEA": Arrived(2)}, by=clerk)

    order, row = fresh(order, row)
    new = row.exchange
    assert (new.source, new.source_number, new.exchange_of) == ("exchange", row.number, row)
    assert (new.status, new.customer, new.shipping_address) == ("placed", order.customer, order.shipping_address)
    assert (new.payment_status, new.balance, order.payment_status) == ("paid", 0, "refunded")
    assert (row.value, row.refunded, services.suggested_refund(row)) == (20, 20, 0)
    assert (on_hand("TEA"), Allocation.objects.get(cause=new.number).quantity) == (100, 2)
    assert row.refunds.get().reference == new.number
    assert [report for report in verification.run() if report.result.wrong] == []
    with pytest.raises(ValidationError, match=f"{new} was placed in exchange for {row} already"):
        services.place_exchange(row, by=None)


@pytest.mark.parametrize(("price", "owes", "to_refund"), [("14", Decimal(4), 0), ("7.50", Decimal(0), Decimal("2.50"))])
def test_the_difference_is_paid_or_refunded(price, owes, to_refund):
    row = agreed(coming(shipped([("TEA", 2)]), TEA=1), price=price, on_hand=5)
    row = receive(row, arrived={"TEA": Arrived(1)})
    [row] = fresh(row)
    assert (row.exchange.balance, services.suggested_refund(row)) == (owes, to_refund)


def test_an_exchange_that_is_short_changes_nothing_and_says_so(clerk):
    order = shipped([("TEA", 2)])
    row = agreed(coming(order, TEA=2), quantity=3, on_hand=2)

    with pytest.raises(InsufficientStock, match="CUP: 2 available, 3 asked"):
        receive(row, arrived={"TEA": Arrived(2)}, by=clerk)

    [row] = fresh(row)
    assert (row.status, row.value, row.lines.get().received, on_hand("TEA")) == ("approved", 0, 0, 98)
    assert Order.objects.count() == 1

    row = receive(row, arrived={"TEA": Arrived(2)}, exchange=False, by=clerk)
    article("CUP", on_hand=1)
    row = services.place_exchange(row, by=clerk)

    [row, order] = fresh(row, order)
    assert (row.exchange.total, row.exchange.paid, row.exchange.balance, order.refunded) == (30, 20, 10, 20)


def test_the_same_article_in_exchange_may_be_what_just_came_back():
    order = shipped([("TEA", 100)])
    row = agreed(coming(order, TEA=1), sku="TEA")
    assert on_hand("TEA") == 0
    [row] = fresh(receive(row, arrived={"TEA": Arrived(1)}))
    assert (row.exchange.status, row.exchange.balance) == ("placed", 0)


def test_sending_in_advance_needs_a_permission_and_is_paid_by_what_arrives(clerk):
    order = shipped([("TEA", 2)])
    row = agreed(coming(order, TEA=2), quantity=2, on_hand=5)
    with pytest.raises(NotAllowed, match=f"{row} has not arrived: you may not send the exchange in advance"):
        services.place_exchange(row, by=clerk)

    row = services.place_exchange(row, by=staff("owner"))
    assert row.exchange.balance == 20
    with pytest.raises(ValidationError, match=f"{row.exchange} was placed in exchange for {row}. Cancel it first"):
        services.cancel_return(row, by=clerk)
    receive(row, arrived={"TEA": Arrived(1)}, more_to_come=True)
    assert Order.objects.get(pk=row.exchange.pk).balance == 10
    receive(row, arrived={"TEA": Arrived(0, 1)})

    [row, order] = fresh(row, order)
    assert (row.exchange.payment_status, order.refunded, row.refunds.count()) == ("paid", 20, 2)


def test_no_more_is_carried_over_than_was_paid():
    order = make_order([("TEA", 2)], placed=True)
    services.record_payment(order, amount=Decimal(5), method="card", by=None)
    services.ship(services.pack(services.create_fulfilment(order, location=warehouse(), by=None), by=None), by=None)
    row = receive(agreed(coming(order, TEA=2), on_hand=1), arrived={"TEA": Arrived(2)})
    [row] = fresh(row)
    assert (row.exchange.paid, row.exchange.balance, row.refunded) == (5, 5, 5)


def test_what_is_granted_to_be_refunded_is_not_carried_over(client):
    row = receive(
        agreed(coming(shipped([("TEA", 2)]), TEA=2), quantity=2, on_hand=5), arrived={"TEA": Arrived(2)}, exchange=False
    )
    grant = services.grant_refund(row.order, amount=Decimal(8), method="card", reason="x", order_return=row, by=None)
    client.force_login(staff("owner"))
    assert grant.number in client.get(row.get_absolute_url()).content.decode()

    [row] = fresh(services.place_exchange(row, by=None))

    assert (row.refunded, row.exchange.balance, services.suggested_refund(row)) == (12, 8, 0)
    services.execute_refund(grant, by=None)
    assert fresh(row)[0].refunded == 20


def test_a_canceled_exchange_is_not_paid_and_its_return_goes_on(clerk):
    order = shipped([("TEA", 2)])
    row = services.place_exchange(agreed(coming(order, TEA=2), on_hand=5), by=None)
    services.cancel(row.exchange, reason="Changed mind", by=clerk)
    row = receive(row, arrived={"TEA": Arrived(2)})
    assert (row.exchange.payment_status, services.suggested_refund(row)) == ("none", 20)


def test_what_is_agreed_may_change_until_it_is_placed(clerk):
    row = agreed(coming(shipped([("TEA", 2)]), TEA=1), on_hand=5)
    row = agreed(row, sku="POT", price="3", on_hand=1)
    assert [line.variant.sku for line in row.exchange_lines.all()] == ["POT"]
    with pytest.raises(ValidationError, match="This article is named twice"):
        services.agree_exchange(row, lines=[NewLine(1, article("POT")), NewLine(2, article("POT"))], by=clerk)
    services.agree_exchange(row, lines=[], by=clerk)
    with pytest.raises(ValidationError, match="Say first what the customer gets instead"):
        services.place_exchange(row, by=None)
    row = services.cancel_return(row, by=clerk, reason="x")
    with pytest.raises(ValidationError, match=f"{row} is Canceled: nothing can be exchanged any more"):
        agreed(row)


def test_the_exchange_costs_what_the_customer_pays_today(client):
    order = shipped([("TEA", 1)])
    row, cup = coming(order, TEA=1), article("CUP", on_hand=3, price=Decimal("8.40"))
    client.force_login(staff("owner"))
    url = f"/orders/returns/{row}/exchange/"
    refused = client.post(url, {"quantity_0": "2"})
    assert (refused.status_code, "Give a SKU." in refused.content.decode()) == (422, True)

    client.post(url, {"variant_0": "CUP", "quantity_0": "1"})

    assert [(line.variant, line.unit_price) for line in row.exchange_lines.all()] == [(cup, Decimal("8.40"))]
    assert "Place exchange order" in client.get(row.get_absolute_url()).content.decode()
    client.post(f"/orders/returns/{row}/exchange/place/")
    new = Return.objects.get().exchange
    assert f'<a href="/go/{row}/">{row}</a>' in client.get(new.get_absolute_url()).content.decode()
    assert new.number in client.get(order.get_absolute_url()).content.decode()
    assert new.number in client.get(row.get_absolute_url()).content.decode()


def test_the_customer_hears_of_the_new_order(clerk, django_capture_on_commit_callbacks):
    order = shipped([("TEA", 1)], customer=buyer())
    row = agreed(coming(order, TEA=1), on_hand=3)
    with django_capture_on_commit_callbacks() as queued:
        receive(row, arrived={"TEA": Arrived(1)}, by=clerk)
    assert (len(queued), mail.outbox) == (1, [])
    assert line_of(order, "TEA").returned == 1
