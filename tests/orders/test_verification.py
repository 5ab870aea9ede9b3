"""`verify` proves orders against their rows, and mends what may be mended."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.utils import timezone

from backoffice import verification
from backoffice.models import AuditEvent
from orders import services
from orders.models import DailySales, Order
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


def days(**options):
    [report] = verification.run(["daily_sales"], **options)
    return report


@pytest.fixture
def sold(order):
    """Yesterday's order, long summed up."""
    then = timezone.now() - timedelta(days=1)
    Order.objects.update(placed_at=then, updated_at=then)
    services.refresh_sales(since=services.BEGINNING)
    return DailySales.objects.get()


def test_days_are_the_sums_of_their_orders(sold):
    assert (sold.orders, sold.total) == (1, Decimal(40))
    assert days().result == verification.Result(1, 0, [])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE orders_dailysales SET total = 41", "total 41.000, rows say 40.000"),
        ("UPDATE orders_dailysales SET orders = 2", "orders 2, rows say 1"),
        ("DELETE FROM orders_dailysales", "orders 0, rows say 1; total 0, rows say 40.000"),
        (
            "INSERT INTO orders_dailysales (day, currency, orders, total) SELECT day, 'USD', 1, 5 FROM orders_dailysales",
            "orders 1, rows say 0; total 5.000, rows say 0",
        ),
    ],
)
def test_a_day_that_differs_from_its_orders_is_found_and_mended(sold, change, said):
    plant(change)
    currency = "USD" if "USD" in change else "EUR"
    assert days().result.examples == [f"{sold.day} {currency}: {said}"]

    report = days(repair=True)

    assert (report.result.wrong, report.mended) == (0, 1)
    assert list(DailySales.objects.values_list("day", "currency", "orders", "total")) == [(sold.day, "EUR", 1, 40)]
    assert AuditEvent.objects.get(verb="dailysales.repaired").subject == f"{sold.day} {currency}"


def test_a_day_whose_orders_have_just_changed_is_not_wrong_yet(sold):
    Order.objects.update(total=50, updated_at=timezone.now())
    assert days().result.wrong == 0
    Order.objects.update(updated_at=timezone.now() - timedelta(minutes=11))
    assert days().result.wrong == 1
