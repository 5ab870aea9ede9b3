"""Money in and out: never twice, never more back than came in."""

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from backoffice.errors import IllegalTransition
from orders import services
from orders.models import Payment, Refund
from tests.orders.builders import line_of, make_order, parcel_of, staff, warehouse

pytestmark = pytest.mark.django_db


@pytest.fixture
def clerk():
    return staff()


def pay(order, amount, by, **more):
    return services.record_payment(order, amount=Decimal(amount), method="card", by=by, **more)


def give_back(order, amount, by, **more):
    return services.refund(order, amount=Decimal(amount), method="card", reason="Damaged", by=by, **more)


def test_payments_add_up_to_a_status(clerk):
    order = make_order([("TEA", 2)], placed=True)
    seen = []
    for amount in ("5", "15", "1"):
        pay(order, amount, clerk)
        order.refresh_from_db()
        seen.append((order.paid, order.payment_status))
    assert seen == [(5, "partially_paid"), (20, "paid"), (21, "overcharged")]


def test_refunds_lower_what_is_kept(clerk):
    order = make_order([("TEA", 2)], placed=True)
    pay(order, "20", clerk)
    give_back(order, "5.50", clerk)
    order.refresh_from_db()
    assert (order.refunded, order.payment_status) == (Decimal("5.50"), "partially_refunded")
    give_back(order, "14.50", clerk)
    order.refresh_from_db()
    assert order.payment_status == "refunded"


def test_a_refund_beyond_what_was_paid_is_explained(clerk):
    order = make_order([("TEA", 2)], placed=True)
    pay(order, "20", clerk)
    give_back(order, "5", clerk)
    with pytest.raises(
        services.RefundTooHigh, match=r"€20.00 was paid and €5.00 refunded: at most €15.00 can be refunded"
    ):
        give_back(order, "15.01", clerk)
    assert Refund.objects.count() == 1


def test_the_database_holds_refunds_within_payments(clerk):
    order = make_order([("TEA", 2)], placed=True)
    pay(order, "20", clerk)
    with pytest.raises(IntegrityError, match="order_refund_within_paid"), transaction.atomic():
        Refund.objects.create(order=order, amount=21, method="card", reason="x", by=clerk)


def test_ledgers_are_append_only(clerk):
    order = make_order([("TEA", 2)], placed=True)
    payment = pay(order, "20", clerk)
    payment.amount = 1
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        payment.save()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        payment.delete()


def test_a_key_pays_once(clerk):
    order = make_order([("TEA", 2)], placed=True)
    first = pay(order, "20", clerk, key="k1")
    assert pay(order, "20", clerk, key="k1") == first
    with pytest.raises(services.KeyReused):
        pay(order, "19", clerk, key="k1")
    order.refresh_from_db()
    assert (order.paid, Payment.objects.count()) == (20, 1)


@pytest.mark.parametrize("amount", ["0", "-1", "0.001"])
def test_amounts_must_be_money(clerk, amount):
    order = make_order([("TEA", 2)], placed=True)
    with pytest.raises(ValidationError):
        pay(order, amount, clerk)


def test_canceled_orders_take_no_money_but_give_it_back(clerk):
    order = make_order([("TEA", 2)], placed=True)
    pay(order, "20", clerk)
    services.cancel(order, by=clerk, reason="x")
    order.refresh_from_db()
    assert order.payment_status == "overcharged"
    with pytest.raises(IllegalTransition):
        pay(order, "1", clerk)
    give_back(order, "20", clerk)
    order.refresh_from_db()
    assert order.payment_status == "refunded"


def test_a_refund_for_a_return_defaults_to_what_arrived(clerk):
    order = make_order([("TEA", 3)], placed=True)
    pay(order, "30", clerk)
    parcel_of(order, shipped=True)
    row = services.request_return(order, quantities={line_of(order, "TEA").pk: 2}, reason="Broken", by=clerk)
    services.approve_return(row, by=clerk)
    arrived = {row.lines.get().pk: services.Arrived(resellable=1)}
    row = services.receive_return(row, location=warehouse(), arrived=arrived, by=clerk)

    assert services.suggested_refund(row) == 10
    give_back(order, "4", clerk, order_return=row)
    row.order.refresh_from_db()
    assert services.suggested_refund(row) == 6
    with pytest.raises(ValidationError, match="belongs to another order"):
        give_back(make_order(), "1", clerk, order_return=row)
