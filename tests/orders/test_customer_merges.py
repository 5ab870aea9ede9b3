"""Orders when their customers are merged: they go along, whenever they were placed, and come back."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from backoffice import verification
from customers import services as customers
from customers.models import Customer
from customers.services import ownership
from orders import services
from orders.models import Order
from orders.services import summary_upkeep
from tests.orders.builders import article, buyer, make_order, staff


@pytest.mark.django_db
def test_placed_orders_go_along_and_come_back():
    keep, lose = buyer("Ada"), buyer("Ada L.")
    order = make_order(placed=True, customer=lose)
    before = Order.objects.filter(pk=order.pk).values().get()

    merge = customers.merge_customers(keep, lose, by=None)
    later = make_order(placed=True, customer=lose)

    assert set(keep.orders.all()) == {order, later}
    customers.undo_merge(merge, by=None)
    assert Order.objects.filter(pk=order.pk).values().get() == before
    assert list(keep.orders.all()) == [later]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.django_db
def test_an_order_counts_as_work_for_the_customer():
    owner, customer = staff(), buyer()
    customers.transfer([customer], owner, by=None)
    period = customer.periods.get()
    order = make_order(placed=True, customer=customer)

    assert ownership.activity.refresh() == 1

    period.refresh_from_db()
    assert period.active_at == order.placed_at


@pytest.mark.django_db(transaction=True)
def test_sales_by_customer_follow_a_merge():
    keep, lose = buyer("Ada"), buyer("Ada L.")
    make_order(placed=True, customer=lose)
    summary_upkeep.refresh_summaries()
    merge = customers.merge_customers(keep, lose, by=None)
    summary_upkeep.refresh_summaries()
    assert wrong() == []
    customers.undo_merge(merge, by=None)
    summary_upkeep.refresh_summaries()
    assert wrong() == []


def wrong():
    names = [name for name in verification.names() if "sales" in name]
    return [report.name for report in verification.run(names) if report.result.wrong]


@pytest.mark.django_db(transaction=True)
def test_an_order_placed_during_the_merge_belongs_to_the_survivor():
    keep, lose = buyer("Ada"), buyer("Ada L.")
    variant = article("TEA", on_hand=500)
    stop = threading.Event()

    def place(_number):
        placed = 0
        try:
            while not stop.is_set():
                lines = [services.NewLine(1, variant)]
                services.place_new(by=None, lines=lines, customer=Customer(pk=lose.pk, name="Ada L."))
                placed += 1
        finally:
            connections.close_all()
        return placed

    def merge_and_undo():
        try:
            for _round in range(3):
                time.sleep(0.3)
                merge = customers.merge_customers(keep, lose, by=None)
                assert not lose.orders.exists()
                time.sleep(0.2)
                assert not lose.orders.exists()
                with transaction.atomic():
                    customers.undo_merge(merge, by=None)
            customers.merge_customers(keep, lose, by=None)
        finally:
            stop.set()

    with ThreadPoolExecutor(3) as pool:
        working = [pool.submit(place, number) for number in range(3)]
        merge_and_undo()
        placed = sum(one.result() for one in working)

    assert placed > 3
    assert (lose.orders.count(), keep.orders.count()) == (0, placed)
