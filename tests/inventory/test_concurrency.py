"""Many connections at once: no oversell, no deadlock, counters that add up."""

import random
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction

from backoffice import verification
from backoffice.errors import Busy
from catalog.models import Variant
from inventory import services
from inventory.models import (
    Allocation,
    Location,
    PurchaseOrder,
    Receipt,
    ReorderRule,
    StockLevel,
    StockMove,
    SupplierItem,
)
from inventory.services import (
    Delivered,
    Demand,
    InsufficientStock,
    Move,
    NotAllocated,
    PurchaseLine,
    post,
    virtual,
)
from tests.factories import level_of, make_location, make_supplier, make_variant, stock

pytestmark = pytest.mark.django_db(transaction=True)
Kind = StockMove.Kind


def at_once(workers):
    """Run every function in a thread with a connection of its own, started together; their results in order."""
    barrier = threading.Barrier(len(workers))

    def run(worker):
        try:
            connection.ensure_connection()
            barrier.wait(30)
            return worker()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(workers)) as pool:
        return [future.result(120) for future in [pool.submit(run, worker) for worker in workers]]


def assert_verified():
    wrong = {r.name: r.result.examples for r in verification.run() if r.result.wrong}
    assert wrong == {}


class Worker:
    """A person who mixes every verb over a few hot levels, as quickly as the database answers."""

    def __init__(self, number, variants, places, steps):
        self.random = random.Random(number)
        self.number, self.variants, self.places, self.steps = number, variants, places, steps
        self.promised = []
        self.outcome = Counter()

    def __call__(self):
        verbs = [self.allocate, self.allocate, self.receive, self.transfer, self.ship, self.release]
        for step in range(self.steps):
            verb = self.random.choice(verbs)
            try:
                with transaction.atomic():
                    verb(step)
                self.outcome[verb.__name__] += 1
            except (InsufficientStock, NotAllocated) as refusal:
                self.outcome[type(refusal).__name__] += 1
        return self.outcome

    def allocate(self, step):
        cause = f"SO-{self.number}{step:03}"
        chosen = self.random.sample(self.variants, self.random.randint(1, 4))
        demand = [
            Demand(self.number * 10_000 + step * 10 + line, v.pk, self.random.randint(1, 3), v.sku)
            for line, v in enumerate(chosen)
        ]
        services.allocate(cause, demand, by=None)
        self.promised.append(cause)

    def receive(self, step):
        lines = [(v.pk, 2, Decimal("1.1")) for v in self.random.sample(self.variants, 3)]
        services.receive(self.random.choice(self.places), None, lines, by=None)

    def transfer(self, step):
        source, target = self.random.sample(self.places, 2)
        chosen = self.random.sample(self.variants, 3)
        post([Move(Kind.TRANSFERRED, v.pk, source.pk, target.pk, 1) for v in chosen], by=None)

    def ship(self, step):
        if self.promised:
            cause = self.random.choice(self.promised)
            place = self.random.choice(self.places)
            mine = Allocation.objects.filter(cause=cause, location=place)
            services.ship(cause, dict(mine.values_list("item", "quantity")), place, by=None)

    def release(self, step):
        if self.promised:
            services.release(self.promised.pop(), None, by=None)


def test_sixteen_people_over_hot_levels():
    places = [make_location(), make_location("SHOP")]
    variants = [make_variant(f"HOT{n}") for n in range(5)]
    for variant in variants:
        for place in places:
            stock(variant, 10, location=place, unit_cost=Decimal("1.3"))
    outcomes = sum(at_once([Worker(n, variants, places, 40) for n in range(16)]), Counter())
    assert sum(outcomes.values()) == 16 * 40
    assert {"allocate", "receive", "transfer", "ship", "release", "InsufficientStock"} <= set(outcomes)
    assert_verified()


def test_sell_out():
    tea = make_variant("TEA", on_hand=10)

    def buy(number):
        def worker():
            try:
                services.allocate(f"SO-{number}", [Demand(number, tea.pk, 1, "TEA")], by=None)
            except InsufficientStock as sold_out:
                return sold_out.messages
            return "sold"

        return worker

    results = at_once([buy(number) for number in range(16)])
    assert results.count("sold") == 10
    assert [r for r in results if r != "sold"] == [["TEA: 0 available, 1 asked."]] * 6
    assert level_of(tea).free == 0
    assert_verified()


def test_opposite_orders_do_not_deadlock():
    main = make_location().pk
    first, second = make_variant("A", on_hand=200), make_variant("B", on_hand=200)

    def poster(*variants):
        def worker():
            for _ in range(50):
                post([Move(Kind.ALLOCATED, v.pk, main, main, 1) for v in variants], by=None)
                post([Move(Kind.RELEASED, v.pk, main, main, 1) for v in variants], by=None)

        return worker

    at_once([poster(first, second), poster(second, first)] * 4)
    assert_verified()


def test_new_levels_are_created_once_whatever_the_order():
    source, main, shop = virtual(Location.Kind.SUPPLIER), make_location().pk, make_location("SHOP").pk
    variants = [make_variant(f"N{n}") for n in range(12)]

    def receiver(number):
        def worker():
            chosen = random.Random(number).sample(variants, 12)
            post([Move(Kind.RECEIVED, v.pk, source, (main, shop)[n % 2], 1) for n, v in enumerate(chosen)], by=None)

        return worker

    at_once([receiver(number) for number in range(8)])
    assert sum(StockLevel.objects.values_list("on_hand", flat=True)) == 8 * 12
    assert_verified()


@pytest.mark.parametrize("variants", [5, 150])
def test_counts_come_in_while_orders_allocate(variants):
    """Files of counts lock many levels at once, some of them new: nobody waits for the other in a ring."""
    main, shop = make_location(), make_location("SHOP")
    hot = [make_variant(f"C{n}", on_hand=20) for n in range(variants)]
    columns = ["sku", "location", "on_hand"]

    def file(number):
        def worker():
            counted = Counter()
            chance = random.Random(number)
            for _ in range(6):
                rows = [
                    (row, None, variant.sku, place.code, chance.randint(15, 60))
                    for row, (variant, place) in enumerate(((v, p) for v in hot for p in (shop, main)), 2)
                ]
                chance.shuffle(rows)
                try:
                    counted += Counter(applied=services.upsert_counts(rows, columns=columns, by=None).applied)
                except InsufficientStock:
                    counted["InsufficientStock"] += 1
            return counted

        return worker

    people = [Worker(n, hot, [main, shop], 25) for n in range(6)]
    results = at_once([file(1), file(2), *people])
    assert sum(sum(counted.values()) for counted in results[2:]) == 6 * 25
    assert results[0]["applied"] + results[1]["applied"] > 0
    assert StockMove.objects.filter(kind=Kind.COUNTED).exists()
    assert_verified()


def test_limits_may_change_while_stock_moves():
    main = make_location().pk
    variants = [make_variant(f"L{n}", on_hand=50) for n in range(6)]

    def change():
        for limit in range(30):
            Variant.objects.update(backorder_limit=limit % 5)

    def promise(number):
        def worker():
            for n in range(30):
                chosen = random.Random(number * 100 + n).sample(variants, 4)
                post([Move(Kind.ALLOCATED, v.pk, main, main, 1) for v in chosen], by=None)
                post([Move(Kind.RELEASED, v.pk, main, main, 1) for v in chosen], by=None)

        return worker

    at_once([change, *(promise(number) for number in range(5))])
    assert_verified()


def test_a_form_sent_by_eight_at_once_counts_once():
    tea, main = make_variant("TEA"), make_location()
    receipts = at_once([lambda: services.receive(main, None, [(tea.pk, 3, None)], key="press", by=None).pk] * 8)
    assert len(set(receipts)) == 1
    assert Receipt.objects.count() == 1
    assert level_of(tea).on_hand == 3


def test_levels_locked_for_long_make_it_busy():
    tea = make_variant("TEA", on_hand=1)
    locked, done = threading.Event(), threading.Event()

    def holder():
        with transaction.atomic():
            StockLevel.objects.select_for_update().get(variant=tea)
            locked.set()
            done.wait(30)

    def asker():
        locked.wait(30)
        began = time.monotonic()
        try:
            with pytest.raises(Busy, match="Nothing was changed; try again"):
                services.allocate("SO-1", [Demand(1, tea.pk, 1, "TEA")], by=None)
        finally:
            done.set()
        return time.monotonic() - began

    waited = at_once([holder, asker])[1]
    assert 2.5 < waited < 6
    assert level_of(tea).allocated == 0
    assert not Allocation.objects.exists()


def test_parallel_receipts_of_one_purchase_order_add_up():
    place, tea = make_location(), make_variant("TEA")
    order = services.create_purchase(make_supplier(), place, [PurchaseLine(tea.pk, 12, Decimal(2))], by=None)
    services.order_purchase(order, by=None)
    line = order.lines.get()
    rows = [Delivered(line.pk, 3)]
    keys = ["a", "b", "c", "d", "a", "b", "c", "d"]
    at_once([lambda key=key: services.receive_purchase(order, rows, key=key, by=None) for key in keys])
    order.refresh_from_db()
    line.refresh_from_db()
    assert (order.status, line.accepted, Receipt.objects.count()) == ("received", 12, 4)
    assert (level_of(tea).on_hand, level_of(tea).incoming) == (12, 0)
    assert_verified()


def test_two_people_reorder_at_once_and_nothing_is_ordered_twice():
    tea, place = make_variant("TEA"), make_location()
    SupplierItem.objects.create(supplier=make_supplier(), variant=tea)
    rule = ReorderRule.objects.create(variant=tea, location=place, minimum=5, maximum=10)

    def click():
        try:
            return len(services.order_suggestions([rule.pk], by=None))
        except ValidationError:
            return 0

    assert sorted(at_once([click, click, click])) == [0, 0, 1]
    assert PurchaseOrder.objects.count() == 1
