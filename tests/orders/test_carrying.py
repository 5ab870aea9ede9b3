"""Money carried over from one order to another."""

from decimal import Decimal

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from orders import services
from orders.models import Order, Payment, Refund
from tests.orders.builders import article, make_order

pytestmark = pytest.mark.django_db


def test_money_leaves_one_order_and_pays_the_other():
    article("TEA", on_hand=5)
    source, target = make_order([("TEA", 1)], placed=True), make_order([("TEA", 1)], placed=True)
    services.record_payment(source, amount=source.total, method="card", by=None)

    services.carry_over(source, target, amount=source.total, by=None, reason="Exchanged")

    source.refresh_from_db()
    target.refresh_from_db()
    assert (source.balance, target.balance) == (source.total, Decimal(0))
    assert (source.payment_status, target.payment_status) == ("refunded", "paid")
    assert Refund.objects.get().reference == target.number
    assert Payment.objects.get(order=target).reference == source.number
    assert mail.outbox == []


def test_no_more_than_was_paid_is_carried_over():
    article("TEA", on_hand=5)
    source, target = make_order([("TEA", 1)], placed=True), make_order([("TEA", 1)], placed=True)

    with pytest.raises(services.RefundTooHigh):
        services.carry_over(source, target, amount=Decimal(1), by=None, reason="Exchanged")


def test_orders_of_two_currencies_are_kept_apart():
    article("TEA", on_hand=5)
    source, target = make_order([("TEA", 1)], placed=True), make_order([("TEA", 1)], placed=True)
    Order.objects.filter(pk=target.pk).update(currency="USD")

    with pytest.raises(ValidationError, match=f"{source} is in EUR and {target} in USD."):
        services.carry_over(source, target, amount=Decimal(1), by=None, reason="Exchanged")
