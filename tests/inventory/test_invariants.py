"""Whatever is done with stock, in whatever order: the books agree with a plain model of them."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from backoffice import verification
from inventory import services
from inventory.models import Allocation, StockLevel, StockPosting
from inventory.services import Correction, Demand, InsufficientStock
from tests.factories import make_location, make_variant

pytestmark = pytest.mark.django_db
LIMITS = {"TEA": 0, "CUP": 3}
PLACES = ["MAIN", "SHOP"]
SKUS = st.sampled_from(sorted(LIMITS))
WHERE = st.sampled_from(PLACES)
PIECES = st.integers(1, 6)


class Stock(RuleBasedStateMachine):
    """Two variants, one of which takes backorders, at two warehouses. The model counts pieces in dictionaries."""

    causes, holds, transfers = Bundle("causes"), Bundle("holds"), Bundle("transfers")

    def __init__(self):
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.places = {code: make_location(code) for code in PLACES}
        self.variants = {sku: make_variant(sku, backorder_limit=limit) for sku, limit in LIMITS.items()}
        keys = [(sku, code) for sku in LIMITS for code in (*PLACES, "transit")]
        self.on_hand, self.allocated, self.held = dict.fromkeys(keys, 0), dict.fromkeys(keys, 0), dict.fromkeys(keys, 0)
        self.items = iter(range(1, 10_000))

    def teardown(self):
        assert [report.name for report in verification.run() if report.result.wrong] == []
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def free(self, sku, code):
        return self.on_hand[sku, code] - self.allocated[sku, code] - self.held[sku, code]

    def tried(self, possible, work):
        """Run `work`; it must be refused exactly when the model says that it is not possible."""
        try:
            with transaction.atomic():
                result = work()
        except InsufficientStock:
            assert not possible
            return None
        assert possible
        return result

    @rule(sku=SKUS, code=WHERE, pieces=PIECES)
    def receive(self, sku, code, pieces):
        services.receive(self.places[code], None, [(self.variants[sku].pk, pieces, None)], by=None)
        self.on_hand[sku, code] += pieces

    @rule(target=causes, lines=st.dictionaries(SKUS, PIECES, min_size=1))
    def allocate(self, lines):
        item = next(self.items)
        cause = f"SO-{item}"
        demand = [Demand(item * 10 + n, self.variants[sku].pk, q, sku) for n, (sku, q) in enumerate(lines.items())]
        possible = all(
            q <= sum(max(self.free(sku, code) + LIMITS[sku], 0) for code in PLACES) for sku, q in lines.items()
        )
        made = self.tried(possible, lambda: services.allocate(cause, demand, by=None))
        for one in made or []:
            self.allocated[one.variant.sku, one.location.code] += one.quantity
        return cause if made else multiple()

    @rule(cause=consumes(causes))
    def release(self, cause):
        for one in Allocation.objects.filter(cause=cause).select_related("variant", "location"):
            self.allocated[one.variant.sku, one.location.code] -= one.quantity
        services.release(cause, None, by=None)
        assert not Allocation.objects.filter(cause=cause).exists()

    @rule(cause=causes, code=WHERE)
    def ship(self, cause, code):
        mine = list(Allocation.objects.filter(cause=cause, location=self.places[code]).select_related("variant"))
        possible = all(one.quantity <= self.on_hand[one.variant.sku, code] for one in mine)
        quantities = {one.item: one.quantity for one in mine}
        if self.tried(possible, lambda: services.ship(cause, quantities, self.places[code], by=None)) is not None:
            for one in mine:
                self.on_hand[one.variant.sku, code] -= one.quantity
                self.allocated[one.variant.sku, code] -= one.quantity

    @rule(target=holds, sku=SKUS, code=WHERE, pieces=PIECES)
    def hold(self, sku, code, pieces):
        until = timezone.now() + timedelta(hours=1)
        work = (self.variants[sku].pk, self.places[code], pieces)
        possible = pieces <= self.free(sku, code) + LIMITS[sku]
        made = self.tried(possible, lambda: services.hold(*work, reason="test", expires_at=until, by=None))
        if made is None:
            return multiple()
        self.held[sku, code] += pieces
        return made, sku, code

    @rule(held=consumes(holds))
    def unhold(self, held):
        made, sku, code = held
        services.release_hold(made, by=None)
        self.held[sku, code] -= made.quantity

    @rule(sku=SKUS, code=WHERE, counted=st.integers(0, 9))
    def count(self, sku, code, counted):
        correction = Correction(self.variants[sku].pk, self.places[code].pk, counted=counted)
        missing = self.on_hand[sku, code] - counted
        possible = missing <= 0 or missing <= self.free(sku, code) + LIMITS[sku]
        if self.tried(possible, lambda: services.adjust_many([correction], reason="test", by=None)) is not None:
            self.on_hand[sku, code] = counted

    @rule(target=transfers, sku=SKUS, source=WHERE, pieces=PIECES)
    def send(self, sku, source, pieces):
        target = PLACES[1 - PLACES.index(source)]
        lines = [(self.variants[sku].pk, pieces)]
        made = services.create_transfer(self.places[source], self.places[target], lines, by=None)
        possible = pieces <= self.on_hand[sku, source] and pieces <= self.free(sku, source) + LIMITS[sku]
        if self.tried(possible, lambda: services.send(made, by=None)) is None:
            return multiple()
        self.on_hand[sku, source] -= pieces
        self.on_hand[sku, "transit"] += pieces
        return made, sku, target, pieces

    @rule(sent=consumes(transfers), lost=st.integers(0, 6))
    def arrive(self, sent, lost):
        made, sku, target, pieces = sent
        arrived = max(pieces - lost, 0)
        services.receive_transfer(made, {made.lines.get().pk: arrived}, reason="test", by=None)
        self.on_hand[sku, "transit"] -= pieces
        self.on_hand[sku, target] += arrived

    @invariant()
    def the_books_agree(self):
        levels = StockLevel.objects.select_related("variant", "location")
        for level in levels:
            place = level.variant.sku, level.location.code
            counted = self.on_hand[place], self.allocated[place], self.held[place]
            assert (level.on_hand, level.allocated, level.held) == counted
            assert level.free >= -LIMITS[level.variant.sku]
            assert level.value >= 0
            last = StockPosting.objects.filter(level=level).order_by("-pk").first()
            assert last is None or (last.on_hand_after, last.value_after) == (level.on_hand, level.value)


def test_the_books_agree_whatever_happens():
    run_state_machine_as_test(
        Stock,
        settings=settings(
            max_examples=12,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
