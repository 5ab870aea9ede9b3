"""`verify` proves orders against their rows, and mends what may be mended."""

from decimal import Decimal

import pytest
from django.db import connection

from backoffice import verification
from backoffice.models import AuditEvent
from orders import services
from orders.models import Order
from tests.orders.builders import article, line_of, make_order, parcel_of, staff

pytestmark = pytest.mark.django_db
CHECKS = ["order_totals", "order_payments", "order_lines", "order_statuses"]


def wrong(**options):
    return {r.name: r.result.wrong for r in verification.run(CHECKS, **options) if r.result.wrong}


def plant(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.fixture
def order():
    """Placed, half shipped, partly paid."""
    clerk = staff("owner")
    article("TEA", on_hand=9)
    order = make_order([("TEA", 4)])
    services.place(order, by=clerk)
    parcel_of(order, shipped=True, TEA=2)
    services.record_payment(order, amount=Decimal(5), method="cash", by=clerk)
    return Order.objects.get(pk=order.pk)


def test_a_living_order_is_right(order):
    assert line_of(order, "TEA").fulfilled == 2
    assert wrong() == {}


@pytest.mark.parametrize(
    ("change", "check", "mended"),
    [
        ("orders_order SET total = total + 1", "order_totals", False),
        ("orders_order SET paid = paid + 1", "order_payments", True),
        ("orders_orderline SET allocated = allocated - 1", "order_lines", True),
        ("orders_orderline SET fulfilled = 1", "order_lines", True),
        ("orders_order SET fulfilment_status = 'unfulfilled'", "order_statuses", True),
        ("orders_order SET payment_status = 'paid'", "order_statuses", True),
        ("orders_order SET return_status = 'partial'", "order_statuses", True),
    ],
)
def test_a_planted_error_is_found_and_mended(order, change, check, mended):
    plant(f"UPDATE {change}")
    assert wrong()[check] == 1
    assert (wrong(repair=True) == {}) == mended
    assert AuditEvent.objects.filter(verb="order.repaired").exists() == mended


def test_the_sentence_names_the_order(order):
    plant("UPDATE orders_order SET paid = 7")
    [report] = verification.run(["order_payments"])
    assert report.result.examples == [f"{order.number}: paid 7.000, rows say 5.000"]
