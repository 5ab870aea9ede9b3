"""Tills of several people on the same orders: money is never doubled, never more than was promised or paid.

MONEY_SECONDS=60 lets them work for longer.
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connections
from django.db.models import F, Sum

from backoffice import verification
from orders import services
from orders.models import Authorization, AuthorizationVoid, Order, Payment, Refund, RefundGrant
from orders.services.status import payment_status
from tests.orders.builders import make_order

pytestmark = pytest.mark.django_db(transaction=True)
TILLS, SECONDS = 6, float(os.environ.get("MONEY_SECONDS", "3"))
VERBS = {"pay", "authorize", "capture", "void", "grant", "refund", "execute", "fail", "carry", "again"}


class Till:
    """One connection that does something by chance, again and again; what is refused is counted."""

    def __init__(self, number: int, orders: list[Order]) -> None:
        self.chance = random.Random(number)
        self.number, self.orders = number, orders
        self.done: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.keys: list[tuple[Callable[..., Any], Order, Decimal, str]] = []

    def work_until(self, end: float) -> "Till":
        try:
            while time.time() < end:
                verb = self.chance.choice(sorted(VERBS))
                try:
                    self.done[verb] += bool(getattr(self, verb)())
                except ValidationError:
                    self.refused[verb] += 1
        finally:
            connections.close_all()
        return self

    def amount(self) -> Decimal:
        return Decimal(self.chance.randint(1, 2400)) / 100

    def order(self) -> Order:
        return self.chance.choice(self.orders)

    def some(self, model: Any, **conditions: Any) -> Any:
        rows = list(model.objects.filter(**conditions).order_by("?")[:1])
        return rows[0] if rows else None

    def once(self, verb: Callable[..., Any], order: Order, amount: Decimal) -> Any:
        key = f"{self.number}-{len(self.keys)}-{self.chance.random()}"
        self.keys.append((verb, order, amount, key))
        return verb(order, amount=amount, method="card", by=None, key=key)

    def pay(self) -> Any:
        return self.once(services.record_payment, self.order(), self.amount())

    def authorize(self) -> Any:
        return self.once(services.authorize, self.order(), self.amount())

    def again(self) -> Any:
        """The same key once more makes nothing new."""
        if not self.keys:
            return None
        verb, order, amount, key = self.chance.choice(self.keys)
        return verb(order, amount=amount, method="card", by=None, key=key)

    def capture(self) -> Any:
        row = self.some(Authorization, amount__gt=F("captured") + F("voided"))
        amount = self.amount() if self.chance.random() < 0.5 else None
        return row and services.capture(row, amount=amount, by=None)

    def void(self) -> Any:
        row = self.some(Authorization, amount__gt=F("captured") + F("voided"))
        return row and services.void(row, by=None)

    def grant(self) -> Any:
        return services.grant_refund(self.order(), amount=self.amount(), method="card", reason="x", by=None)

    def refund(self) -> Any:
        return services.refund(self.order(), amount=self.amount(), method="card", reason="x", by=None)

    def execute(self) -> Any:
        row = self.some(RefundGrant, status="granted")
        return row and services.execute_refund(row, by=None)

    def fail(self) -> Any:
        row = self.some(RefundGrant, status="granted")
        return row and services.fail_refund(row, by=None, reason="x")

    def carry(self) -> Any:
        source, target = self.chance.sample(self.orders, 2)
        return services.carry_over(source, target, amount=self.amount(), by=None, reason="x")


def total(model: Any, **conditions: Any) -> Decimal:
    return model.objects.filter(**conditions).aggregate(sum=Sum("amount", default=Decimal(0)))["sum"]


def test_money_adds_up_whatever_happens_at_once():
    orders = [make_order([("TEA", 2)], placed=True) for _ in range(4)]
    end = time.time() + SECONDS

    with ThreadPoolExecutor(TILLS) as pool:
        tills = list(pool.map(lambda number: Till(number, orders).work_until(end), range(TILLS)))

    done = sum((till.done for till in tills), Counter())
    assert {verb for verb, times in done.items() if times} == VERBS
    assert sum((till.refused for till in tills), Counter())["refund"] > 0
    for order in Order.objects.all():
        captured, voided = (total(model, authorization__order=order) for model in (Payment, AuthorizationVoid))
        granted = total(RefundGrant, order=order, status="granted")
        assert order.paid == total(Payment, order=order)
        assert order.refunded == total(Refund, order=order)
        assert order.refunded + granted <= order.paid
        assert order.authorized == total(Authorization, order=order) - captured - voided
        assert order.payment_status == payment_status(order)
    for row in Authorization.objects.all():
        assert row.captured == total(Payment, authorization=row)
        assert 0 <= row.left == row.amount - row.captured - row.voided
    executed = RefundGrant.objects.filter(status="executed")
    assert executed.count() == Refund.objects.exclude(grant=None).count()
    for model in (Payment, Authorization):
        made = model.objects.exclude(key=None).values_list("key", flat=True)
        assert len(set(made)) == len(made)
    assert {report.name: report.result.examples for report in verification.run() if report.result.wrong} == {}


def test_a_refund_is_executed_once_though_several_press_at_once():
    order = make_order([("TEA", 2)], placed=True)
    services.record_payment(order, amount=Decimal(20), method="card", by=None)
    grant = services.grant_refund(order, amount=Decimal(15), method="card", reason="x", by=None)

    def press(_number: int) -> str:
        try:
            services.execute_refund(grant, by=None)
        except ValidationError as error:
            return " ".join(error.messages)
        finally:
            connections.close_all()
        return "done"

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(press, range(4)))

    assert sorted(answers) == sorted(["done", *[f"{grant} is Executed and cannot become Executed."] * 3])
    assert Refund.objects.get().amount == 15
