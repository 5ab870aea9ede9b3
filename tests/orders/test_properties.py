"""What must hold for any amounts, and after any sequence of verbs."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from backoffice.money import minor_units, round_money, unit
from catalog.models import Variant
from inventory.models import Allocation, StockLevel, StockPosting
from orders import services
from orders.models import (
    Authorization,
    Fulfilment,
    Order,
    OrderHold,
    OrderLine,
    Payment,
    Refund,
    RefundGrant,
    Return,
)
from orders.services import status
from orders.services.changes import see
from tests.orders.builders import article, receive, warehouse

prices = st.decimals(min_value=0, max_value=5000, places=3)
rates = st.sampled_from([Decimal(rate) for rate in ("0", "0.07", "0.19", "0.2", "0.055", "0.0825")])


@st.composite
def priced_orders(draw: Any) -> tuple[Order, list[OrderLine]]:
    """An order and its lines, unsaved, with a discount that fits."""
    order = Order(
        currency=draw(st.sampled_from(["EUR", "JPY", "KWD"])),
        prices_include_tax=draw(st.booleans()),
        discount=Decimal(0),
    )
    order.shipping = round_money(draw(prices), order.currency)
    order.shipping_tax_rate = draw(rates)
    lines = [
        OrderLine(
            quantity=draw(st.integers(1, 20)),
            unit_price=draw(prices),
            tax_rate=draw(rates),
            discount=Decimal(0),
            canceled=0,
            sku=str(n),
        )
        for n in range(draw(st.integers(1, 6)))
    ]
    for line in lines:
        line.canceled = draw(st.integers(0, line.quantity))
    most = sum(status.line_amount(order, line) for line in lines)
    order.discount = draw(st.decimals(min_value=0, max_value=most, places=minor_units(order.currency)))
    return order, lines


@given(priced_orders())
@settings(max_examples=200, deadline=None)
def test_lines_add_up_to_the_order(priced):
    order, lines = priced

    status.price(order, lines)

    step = unit(order.currency)
    net, tax, gross = status.shipping_amounts(order)
    assert all(line.gross == line.net + line.tax and min(line.net, line.tax) >= 0 for line in lines)
    assert all(
        amount == amount.quantize(step)
        for line in lines
        for amount in (line.net, line.tax, line.gross, line.order_discount)
    )
    assert sum(line.order_discount for line in lines) == order.discount
    assert order.total == sum(line.gross for line in lines) + gross
    assert order.tax == sum(line.tax for line in lines) + tax
    assert all(line.gross == 0 for line in lines if not line.kept)
    assert net + tax == gross


SKUS = ("TEA", "CUP", "POT")
some = st.integers(min_value=1, max_value=4)


class Trade(RuleBasedStateMachine):
    """Orders, stock and money under any sequence of verbs; what is refused changes nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    @initialize()
    def open_shop(self) -> None:
        self.near, self.far = warehouse("near"), warehouse("far", priority=20)
        for sku in SKUS:
            receive(article(sku, on_hand=4, at=self.near), 2, self.far)

    def pick(self, model: Any, index: int, **conditions: Any) -> Any:
        rows = list(model.objects.filter(**conditions).order_by("pk"))
        return rows[index % len(rows)] if rows else None

    def attempt(self, verb: Any, *args: Any, **kwargs: Any) -> None:
        try:
            verb(*args, by=None, **kwargs)
        except ValidationError:
            pass

    @rule(quantities=st.dictionaries(st.sampled_from(SKUS), some, min_size=1), discount=st.integers(0, 8))
    def draft_and_place(self, quantities: dict[str, int], discount: int) -> None:
        lines = [services.NewLine(quantity, Variant.objects.get(sku=sku)) for sku, quantity in quantities.items()]
        self.attempt(
            services.place, services.create_draft(by=None, lines=lines, discount=Decimal(discount), shipping=Decimal(3))
        )

    @rule(sku=st.sampled_from(SKUS), quantity=some, near=st.booleans())
    def goods_arrive(self, sku: str, quantity: int, near: bool) -> None:
        receive(Variant.objects.get(sku=sku), quantity, self.near if near else self.far)

    @rule(index=some)
    def cancel(self, index: int) -> None:
        if order := self.pick(Order, index):
            self.attempt(services.cancel, order, reason="x")

    @rule(index=some, quantity=some)
    def cancel_pieces(self, index: int, quantity: int) -> None:
        if line := self.pick(OrderLine, index):
            self.attempt(services.cancel_lines, line.order, quantities={line.pk: quantity}, reason="x")

    @rule(index=some, near=st.booleans(), quantity=st.none() | some)
    def make_parcel(self, index: int, near: bool, quantity: int | None) -> None:
        if order := self.pick(Order, index):
            quantities = {order.lines.first().pk: quantity} if quantity else None
            self.attempt(
                services.create_fulfilment, order, location=self.near if near else self.far, quantities=quantities
            )

    @rule(
        index=some, verb=st.sampled_from([services.pack, services.ship, services.deliver, services.cancel_fulfilment])
    )
    def handle_parcel(self, index: int, verb: Any) -> None:
        if parcel := self.pick(Fulfilment, index):
            self.attempt(verb, parcel)

    @rule(index=some)
    def ship_everything(self, index: int) -> None:
        if parcel := self.pick(Fulfilment, index, status="pending"):
            self.attempt(services.pack, parcel)
            self.attempt(services.ship, parcel)

    @rule(index=some, quantity=some)
    def announce_return(self, index: int, quantity: int) -> None:
        if line := self.pick(OrderLine, index, fulfilled__gt=0):
            self.attempt(services.request_return, line.order, quantities={line.pk: quantity}, reason="x")

    @rule(index=some, resellable=st.integers(0, 3), damaged=st.integers(0, 2), restock=st.booleans())
    def goods_come_back(self, index: int, resellable: int, damaged: int, restock: bool) -> None:
        if row := self.pick(Return, index):
            self.attempt(services.approve_return, row)
            arrived = {row.lines.get().pk: services.Arrived(resellable, damaged, restock)}
            self.attempt(services.receive_return, row, location=self.near, arrived=arrived)

    @rule(index=some, amount=st.integers(1, 60))
    def pay(self, index: int, amount: int) -> None:
        if order := self.pick(Order, index):
            self.attempt(services.record_payment, order, amount=Decimal(amount), method="card")

    @rule(index=some, amount=st.integers(1, 60))
    def give_back(self, index: int, amount: int) -> None:
        if order := self.pick(Order, index, paid__gt=0):
            self.attempt(services.refund, order, amount=Decimal(amount), method="card", reason="x")

    @rule(index=some, quantity=st.none() | some, shipping=st.integers(0, 3))
    def change_placed(self, index: int, quantity: int | None, shipping: int) -> None:
        if line := self.pick(OrderLine, index):
            one = services.LineChange(line.pk, quantity=quantity, removed=quantity is None)
            wanted = services.Wanted([one], {"shipping": Decimal(shipping)})
            self.attempt(services.change_order, line.order, wanted, seen=see(line.order))

    @rule(index=some, quantity=some)
    def split(self, index: int, quantity: int) -> None:
        if line := self.pick(OrderLine, index):
            self.attempt(services.split_order, line.order, quantities={line.pk: quantity})

    @rule(index=some, amount=st.integers(1, 60))
    def authorize(self, index: int, amount: int) -> None:
        if order := self.pick(Order, index):
            self.attempt(services.authorize, order, amount=Decimal(amount), method="card")

    @rule(index=some, amount=st.none() | st.integers(1, 60), voids=st.booleans())
    def take_or_leave(self, index: int, amount: int | None, voids: bool) -> None:
        if row := self.pick(Authorization, index):
            if voids:
                self.attempt(services.void, row)
            else:
                self.attempt(services.capture, row, amount=None if amount is None else Decimal(amount))

    @rule(index=some, amount=st.integers(1, 60))
    def grant(self, index: int, amount: int) -> None:
        if order := self.pick(Order, index, paid__gt=0):
            self.attempt(services.grant_refund, order, amount=Decimal(amount), method="card", reason="x")

    @rule(index=some, fails=st.booleans())
    def end_refund(self, index: int, fails: bool) -> None:
        if row := self.pick(RefundGrant, index):
            if fails:
                self.attempt(services.fail_refund, row, reason="x")
            else:
                self.attempt(services.execute_refund, row)

    @rule(index=some, kind=st.sampled_from(["fraud", "stock"]))
    def hold(self, index: int, kind: str) -> None:
        if order := self.pick(Order, index):
            self.attempt(services.hold, order, kind=kind, reason="x")

    @rule(index=some)
    def release(self, index: int) -> None:
        if row := self.pick(OrderHold, index):
            self.attempt(services.release, row)

    # --- What holds after every step ------------------------------------------------------------

    @invariant()
    def levels_are_the_sum_of_their_postings(self) -> None:
        for level in StockLevel.objects.all():
            sums = StockPosting.objects.filter(level=level).aggregate(
                on_hand=Sum("on_hand"), allocated=Sum("allocated")
            )
            assert (level.on_hand, level.allocated) == (sums["on_hand"], sums["allocated"])
            assert level.on_hand >= level.allocated >= 0

    @invariant()
    def promises_agree(self) -> None:
        promised = Allocation.objects.values_list("variant").annotate(Sum("quantity")).order_by("variant")
        of_levels = (
            StockLevel.objects.filter(allocated__gt=0)
            .values_list("variant")
            .annotate(Sum("allocated"))
            .order_by("variant")
        )
        of_lines = (
            OrderLine.objects.filter(allocated__gt=0)
            .values_list("variant")
            .annotate(Sum("allocated"))
            .order_by("variant")
        )
        assert list(promised) == list(of_levels) == list(of_lines)
        open_lines = OrderLine.objects.filter(order__status="placed")
        assert not open_lines.exclude(quantity=F("allocated") + F("fulfilled") + F("canceled")).exists()

    @invariant()
    def money_agrees(self) -> None:
        for order in Order.objects.prefetch_related("lines"):
            paid = sum(Payment.objects.filter(order=order).values_list("amount", flat=True))
            refunded = sum(Refund.objects.filter(order=order).values_list("amount", flat=True))
            assert (order.paid, order.refunded) == (paid, refunded)
            granted = sum(RefundGrant.objects.filter(order=order, status="granted").values_list("amount", flat=True))
            authorized = sum(row.left for row in Authorization.objects.filter(order=order))
            assert (order.refund_granted, order.authorized) == (granted, authorized)
            assert refunded + granted <= paid
            assert order.on_hold == order.holds.standing().exists()
            assert order.total == sum(line.gross for line in order.lines.all()) + (
                order.shipping if order.status != "canceled" else 0
            )

    @invariant()
    def statuses_follow(self) -> None:
        for order in Order.objects.exclude(status="draft"):
            lines = list(order.lines.all())
            announced = order.returns.announced().exists()
            assert order.payment_status == status.payment_status(order)
            assert order.fulfilment_status == status.fulfilment_status(lines)
            assert order.return_status == status.return_status(lines, announced=announced)


@pytest.mark.django_db
def test_any_sequence_of_verbs_keeps_the_books():
    checks = settings(max_examples=12, stateful_step_count=18, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(Trade, settings=checks)
