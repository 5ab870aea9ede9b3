"""Changes, splits and merges against everything else on the same orders, on connections of their own."""

import os
import random
import time
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import F, Sum

from backoffice import verification
from inventory.models import StockLevel, StockMove
from orders import services
from orders.models import Fulfilment, Order, OrderChange, OrderLine, Payment, Refund, Return, ReturnLine
from orders.services import Arrived, LineChange, Wanted
from orders.services.changes import see
from tests.orders.builders import article, buyer, line_of, make_order, parcel_of, warehouse
from tests.orders.test_concurrency import at_once

pytestmark = pytest.mark.django_db(transaction=True)
SECONDS = float(os.environ.get("MIXED_SECONDS", "3"))
CLIENTS = int(os.environ.get("MIXED_CLIENTS", "6"))
ORDERS = 20


def change(order: Order, *lines: LineChange, seen: Any = None, **header: Any) -> Order:
    return services.change_order(order, Wanted(lines, header), by=None, seen=seen or see(order))


def proven() -> None:
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


def test_two_changes_of_one_order_at_once_are_one_and_a_refusal():
    order = make_order([("TEA", 5), ("CUP", 1)], placed=True)
    seen = see(order)
    tea = line_of(order, "TEA").pk

    results = at_once(lambda number: change(order, LineChange(tea, quantity=number + 1), seen=seen), 4)

    applied = [result for result in results if isinstance(result, Order)]
    assert len(applied) == 1
    assert {type(result) for result in results} == {Order, services.OrderMoved}
    assert OrderChange.objects.filter(status="applied").count() == OrderChange.objects.count() == 1
    assert line_of(order, "TEA").quantity == results.index(applied[0]) + 1
    proven()


def test_pieces_are_either_shipped_or_edited_away():
    order = make_order([("TEA", 5)], placed=True)
    parcel = services.pack(parcel_of(order, TEA=2), by=None)
    tea = line_of(order, "TEA").pk

    def work(number: int) -> Any:
        if number == 0:
            return services.ship(parcel, by=None)
        if number == 1:
            return change(order, LineChange(tea, quantity=2))
        return services.cancel(order, by=None, reason="x")

    shipped, _changed, canceled = at_once(work, 3)

    line = line_of(order, "TEA")
    assert isinstance(shipped, Fulfilment)
    assert isinstance(canceled, services.CannotCancel)
    assert (line.fulfilled, line.allocated) == (2, line.quantity - 2)
    proven()


VERBS = {  # and how often each is chosen
    "place": 2, "change": 2, "split": 1, "merge": 2, "ship": 3, "cancel_pieces": 1, "cancel": 1, "announce": 2, "receive": 2, "give_back": 1,
}  # fmt: skip


class Mix:
    """Whatever staff do to a few orders of one customer, for some seconds."""

    def __init__(self) -> None:
        self.done: Counter[str] = Counter()
        self.customer = buyer()
        for sku in ("TEA", "CUP", "POT"):
            article(sku, on_hand=90)
        for number in range(ORDERS):
            order = self.draft()
            services.record_payment(order, amount=Decimal(50), method="card", by=None)
            if number % 4:
                services.place(order, by=None)
            if number % 2:
                services.issue_invoice(order, by=None)
        self.pot = article("POT")

    def draft(self) -> Order:
        return make_order([("TEA", 4), ("CUP", 3)], customer=self.customer, discount=Decimal("1.01"))

    def place(self, _order: None, dice: random.Random) -> None:
        """One of the drafts; where orders that are over leave room, another one first."""
        drafts = Order.objects.filter(status="draft")
        if not drafts and Order.objects.filter(status="placed").count() < ORDERS:
            self.draft()
        services.place(any_of(drafts.all(), dice), by=None)

    def change(self, order: Order, dice: random.Random) -> None:
        line = dice.choice(list(order.lines.all()))
        wanted = dice.choice(
            [
                LineChange(line.pk, quantity=dice.randint(1, 6)),
                LineChange(line.pk, removed=True),
                LineChange(line.pk, variant=self.pot),
                LineChange(variant=self.pot, quantity=dice.randint(1, 3)),
            ]
        )
        change(order, wanted, shipping=Decimal(dice.randint(0, 3)))

    def split(self, order: Order, dice: random.Random) -> None:
        line = dice.choice(list(order.lines.all()))
        services.split_order(order, quantities={line.pk: dice.randint(1, 2)}, by=None)

    def merge(self, order: Order, dice: random.Random) -> None:
        free = list(Order.objects.filter(status="placed", fulfilment_status="unfulfilled", invoices=None))
        pair = dice.sample(free, 2) if len(free) > 1 else [order, order]
        services.merge_orders(*pair, by=None)

    def ship(self, order: Order, dice: random.Random) -> None:
        line = dice.choice(list(order.lines.all()))
        parcel = services.create_fulfilment(order, location=warehouse(), quantities={line.pk: 1}, by=None)
        if dice.random() < 0.8:
            services.ship(services.pack(parcel, by=None), by=None)

    def cancel_pieces(self, order: Order, dice: random.Random) -> None:
        line = dice.choice(list(order.lines.all()))
        services.cancel_lines(order, quantities={line.pk: 1}, by=None, reason="x")

    def cancel(self, order: Order, _dice: random.Random) -> None:
        services.cancel(order, by=None, reason="x")

    def announce(self, _order: Order, dice: random.Random) -> None:
        line = any_of(OrderLine.objects.filter(fulfilled__gt=F("returned")), dice)
        row = services.request_return(line.order, quantities={line.pk: 1}, reason="x", by=None)
        services.approve_return(row, by=None)

    def receive(self, _order: Order, dice: random.Random) -> None:
        """Several may take hold of the same return: its pieces come back once."""
        row = any_of(Return.objects.filter(status="approved"), dice)
        arrived = {row.lines.get().pk: dice.choice([Arrived(1), Arrived(damaged=1), Arrived(1, restock=False)])}
        services.receive_return(row, location=warehouse(), arrived=arrived, by=None)

    def give_back(self, order: Order, dice: random.Random) -> None:
        services.refund(order, amount=Decimal(dice.randint(1, 20)), method="card", reason="x", by=None)

    def work(self, number: int) -> None:
        """Whatever comes, for SECONDS; on a slow machine until each verb was done once."""
        dice = random.Random(number)
        verbs = [getattr(self, name) for name, times in VERBS.items() for _time in range(times)]
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or (set(VERBS) - set(self.done) and time.monotonic() < end + 60):
            verb = dice.choice(verbs)
            try:
                verb(any_of(Order.objects.filter(status="placed"), dice) if verb != self.place else None, dice)
                self.done[verb.__name__] += 1
            except ValidationError:
                self.done["refused"] += 1


def any_of(rows: Any, dice: random.Random) -> Any:
    """One of these; where there is none, nothing can be done."""
    found = list(rows)
    if not found:
        raise ValidationError("Nothing to do.")
    return dice.choice(found)


def test_changes_splits_and_merges_among_everything_else_keep_the_books():
    mix = Mix()

    results = at_once(mix.work, CLIENTS)

    assert [result for result in results if isinstance(result, Exception)] == []
    assert set(VERBS) <= set(mix.done)
    money = sum(Payment.objects.exclude(method="transfer").values_list("amount", flat=True))
    back = sum(Refund.objects.exclude(method="transfer").values_list("amount", flat=True))
    kept = sum(order.paid - order.refunded for order in Order.objects.all())
    assert kept == money - back
    assert money == 50 * ORDERS
    assert_each_return_came_back_once()
    open_lines = OrderLine.objects.filter(order__status="placed")
    assert all(line.allocated == line.open_quantity for line in open_lines)
    assert set(StockLevel.objects.filter(on_hand__lt=0)) == set()
    proven()


def assert_each_return_came_back_once() -> None:
    received = ReturnLine.objects.filter(order_return__status="received")
    back = StockMove.objects.filter(kind=StockMove.Kind.RETURNED).aggregate(sum=Sum("quantity", default=0))["sum"]
    assert back == received.aggregate(sum=Sum("restocked", default=0))["sum"]
    assert {line.received for line in received} <= {1}
