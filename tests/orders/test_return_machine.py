"""One order through any sequence of shipping, returning, exchanging and refunding: pieces, money and stock stay true."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from backoffice import verification
from inventory.models import StockLevel, StockMove
from orders import services
from orders.models import Fulfilment, Order, OrderLine, Return, ReturnLine
from orders.services import Arrived, NewLine, Settled
from tests.orders.builders import article, make_order, receive, warehouse

SKUS = ("TEA", "CUP", "POT")
SOLD = 6
some = st.integers(min_value=1, max_value=3)
maybe = st.booleans()


class ComingBack(RuleBasedStateMachine):
    """What is refused changes nothing; every verb is asked in any state."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self) -> None:
        wrong = [report for report in verification.run() if report.result.wrong]
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)
        assert wrong == []

    @initialize()
    def sell(self) -> None:
        self.near, self.far = warehouse("near"), warehouse("far", priority=20)
        for sku in SKUS:
            receive(article(sku, on_hand=4, at=self.near), 4, self.far)
        self.order = make_order([("TEA", SOLD), ("CUP", 2)], placed=True, discount=Decimal("7.01"))
        services.record_payment(self.order, amount=self.order.total, method="card", by=None)

    def attempt(self, verb: Any, *args: Any, **kwargs: Any) -> Any:
        """What the verb gives; None where it refuses, with nothing changed, as its savepoint sees to."""
        try:
            return verb(*args, by=None, **kwargs)
        except ValidationError:
            return None

    def nth(self, rows: Any, index: int) -> Any:
        rows = list(rows.order_by("pk"))
        return rows[index % len(rows)] if rows else None

    def a_return(self, index: int) -> Return | None:
        row: Return | None = self.nth(Return.objects.all(), index)
        return row

    @rule()
    def pack_all(self) -> None:
        self.attempt(services.create_fulfilments, self.order)

    @rule(index=some)
    def ship(self, index: int) -> None:
        parcel = self.nth(Fulfilment.objects.exclude(status__in=["shipped", "delivered", "canceled"]), index)
        if parcel is not None:
            self.attempt(services.pack, parcel)
            self.attempt(services.ship, parcel)

    @rule(index=some, verb=st.sampled_from([services.deliver, services.cancel_fulfilment]))
    def end_parcel(self, index: int, verb: Any) -> None:
        parcel = self.nth(Fulfilment.objects.all(), index)
        if parcel is not None:
            self.attempt(verb, parcel)

    @rule(index=some, quantity=some, approve=maybe)
    def announce(self, index: int, quantity: int, approve: bool) -> None:
        line = self.nth(OrderLine.objects.filter(fulfilled__gt=0, order=self.order), index)
        if line is not None:
            row = self.attempt(services.request_return, self.order, quantities={line.pk: quantity}, reason="x")
            if row is not None and approve:
                self.attempt(services.approve_return, row)

    @rule(index=some, verb=st.sampled_from([services.refuse_return, services.cancel_return]))
    def decline(self, index: int, verb: Any) -> None:
        if row := self.a_return(index):
            self.attempt(verb, row, reason="x")

    @rule(index=some, sku=st.sampled_from(SKUS), quantity=some, price=st.integers(0, 25), now=maybe)
    def agree_exchange(self, index: int, sku: str, quantity: int, price: int, now: bool) -> None:
        if row := self.a_return(index):
            lines = [NewLine(quantity, article(sku), unit_price=Decimal(price))]
            self.attempt(services.agree_exchange, row, lines=lines)
            if now:
                self.attempt(services.place_exchange, row)

    @rule(index=some, resellable=st.integers(0, 3), damaged=st.integers(0, 2), restock=maybe, scrap=maybe, more=maybe)
    def goods_arrive(self, index: int, resellable: int, damaged: int, restock: bool, scrap: bool, more: bool) -> None:
        if row := self.a_return(index):
            arrived = {row.lines.first().pk: Arrived(resellable, damaged, restock, scrap=scrap)}
            self.attempt(services.receive_return, row, location=self.near, arrived=arrived, more_to_come=more)

    @rule(index=some, restocked=st.integers(0, 2), scrapped=st.integers(0, 2))
    def settle(self, index: int, restocked: int, scrapped: int) -> None:
        if row := self.a_return(index):
            settled = {row.lines.first().pk: Settled(restocked, scrapped)}
            self.attempt(services.settle_return, row, location=self.far, settled=settled, reason="x")

    @rule(index=some, cents=st.integers(1, 3000))
    def refund(self, index: int, cents: int) -> None:
        if row := self.a_return(index):
            amount = Decimal(cents) / 100
            self.attempt(services.refund, self.order, amount=amount, method="card", reason="x", order_return=row)

    @rule(index=some)
    def cancel_exchange(self, index: int) -> None:
        order = self.nth(Order.objects.filter(source="exchange"), index)
        if order is not None:
            self.attempt(services.cancel, order, reason="x")

    @rule(index=some)
    def close(self, index: int) -> None:
        if row := self.a_return(index):
            self.attempt(services.close_return, row)

    # --- What holds after every step ------------------------------------------------------------

    @invariant()
    def pieces_are_where_they_went(self) -> None:
        """Shipped less restocked and scrapped is with the customer or set aside; nothing comes back twice."""
        for line in OrderLine.objects.filter(order=self.order):
            rows = ReturnLine.objects.filter(order_line=line)
            back = rows.aggregate(n=Sum(F("resellable") + F("damaged")))["n"] or 0
            assert (line.returned, back <= line.fulfilled) == (back, True)
        assert not ReturnLine.objects.filter(restocked__gt=F("resellable")).exists()
        for row in Return.objects.all():
            told = row.lines.aggregate(back=Sum("restocked"), gone=Sum("scrapped"))
            moved = dict(
                StockMove.objects.filter(cause=row.number).values_list("kind").annotate(Sum("quantity")).order_by()
            )
            assert (moved.get("returned", 0), moved.get("scrapped", 0)) == (told["back"], told["gone"])

    @invariant()
    def no_more_is_given_back_than_arrived_is_worth(self) -> None:
        for row in Return.objects.all():
            values = row.lines.aggregate(n=Sum("value"))["n"]
            given = row.refunds.aggregate(n=Sum("amount"))["n"] or 0
            assert (row.value, row.refunded, given <= values) == (values, given, True)
        for line in OrderLine.objects.filter(order=self.order):
            assert (line.return_lines.aggregate(n=Sum("value"))["n"] or 0) <= line.gross

    @invariant()
    def carried_money_is_neither_lost_nor_made(self) -> None:
        kept = sum(order.paid - order.refunded for order in Order.objects.all())
        paid_out = Order.objects.filter(pk=self.order.pk).values_list("refunds__amount", "refunds__method")
        out = sum(amount for amount, method in paid_out if method == "card")
        first = Order.objects.get(pk=self.order.pk)
        assert kept == first.paid - out

    @invariant()
    def nothing_is_oversold(self) -> None:
        assert not StockLevel.objects.filter(on_hand__lt=F("allocated")).exists()


@pytest.mark.django_db
def test_any_sequence_of_goods_coming_back_keeps_the_books():
    checks = settings(max_examples=10, stateful_step_count=20, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(ComingBack, settings=checks)
