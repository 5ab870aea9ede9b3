"""Whatever is done with stock, in whatever order: the books agree with a plain model of them."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, connection, transaction
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from backoffice import verification
from inventory import services
from inventory.models import Allocation, Hold, StockLevel, StockPosting
from inventory.services import Correction, Demand
from tests.factories import make_location, make_variant

pytestmark = pytest.mark.django_db
LIMITS = {"TEA": 0, "CUP": 3}
PLACES = ["MAIN", "SHOP", "FAR"]
SKUS = st.sampled_from(sorted(LIMITS))
WHERE = st.sampled_from(PLACES)
PIECES = st.integers(1, 6)
COSTS = st.none() | st.decimals(min_value=0, max_value=9, places=2)
FORGERIES = [
    "UPDATE inventory_stockmove SET quantity = quantity + 1",
    "DELETE FROM inventory_stockmove",
    "UPDATE inventory_stockposting SET on_hand_after = on_hand_after + 1",
    "DELETE FROM inventory_stockposting",
    "TRUNCATE inventory_stockposting",
    "UPDATE inventory_stocklevel SET on_hand = on_hand + 1",
    "UPDATE inventory_stocklevel SET value = value + 1",
    "DELETE FROM inventory_stocklevel WHERE EXISTS (SELECT FROM inventory_stockposting p WHERE p.level_id = inventory_stocklevel.id)",
]


class Stock(RuleBasedStateMachine):
    """Two variants, one of which takes backorders, at three warehouses. The model counts pieces in dictionaries."""

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
        self.on_the_way = Counter()

    def teardown(self):
        assert [report.name for report in verification.run() if report.result.wrong] == []
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    def free(self, sku, code):
        return self.on_hand[sku, code] - self.allocated[sku, code] - self.held[sku, code]

    def can_leave(self, sku, code, pieces):
        """Pieces that are there and promised to nobody, or only as far as the variant takes backorders."""
        return pieces <= self.on_hand[sku, code] and pieces <= self.free(sku, code) + LIMITS[sku]

    def is_open(self, code):
        return self.places[code].is_active

    def tried(self, possible, work):
        """Run `work`; it must be refused exactly when the model says that it is not possible, and then change nothing."""
        try:
            with transaction.atomic():
                result = work()
        except ValidationError:
            assert not possible
            return None
        assert possible
        return result

    # --- In and out -------------------------------------------------------------------------------------

    @rule(sku=SKUS, code=WHERE, pieces=PIECES, cost=COSTS)
    def receive(self, sku, code, pieces, cost):
        lines = [(self.variants[sku].pk, pieces, cost)]
        if self.tried(self.is_open(code), lambda: services.receive(self.places[code], None, lines, by=None)):
            self.on_hand[sku, code] += pieces

    @rule(sku=SKUS, code=WHERE, pieces=PIECES, cost=COSTS)
    def come_back(self, sku, code, pieces, cost):
        services.take_back("RT-1", [(self.variants[sku].pk, pieces, cost)], self.places[code], by=None)
        self.on_hand[sku, code] += pieces

    @rule(sku=SKUS, code=st.none() | WHERE, pieces=PIECES)
    def scrap(self, sku, code, pieces):
        possible = code is None or self.can_leave(sku, code, pieces)
        place = self.places[code] if code else None
        lines = [(self.variants[sku].pk, pieces)]
        if self.tried(possible, lambda: services.scrap("RT-1", lines, place, reason="Broken", by=None)) and code:
            self.on_hand[sku, code] -= pieces

    @rule(sku=SKUS, code=WHERE, counted=st.integers(0, 9))
    def count(self, sku, code, counted):
        correction = Correction(self.variants[sku].pk, self.places[code].pk, counted=counted)
        missing = self.on_hand[sku, code] - counted
        possible = missing <= 0 or missing <= self.free(sku, code) + LIMITS[sku]
        if self.tried(possible, lambda: services.adjust_many([correction], reason="test", by=None)) is not None:
            self.on_hand[sku, code] = counted

    # --- Promises ---------------------------------------------------------------------------------------

    @rule(target=causes, lines=st.dictionaries(SKUS, PIECES, min_size=1))
    def reserve(self, lines):
        item = next(self.items)
        cause = f"SO-{item}"
        demand = [Demand(item * 10 + n, self.variants[sku].pk, q, sku) for n, (sku, q) in enumerate(lines.items())]
        places = [code for code in PLACES if self.is_open(code)]
        possible = all(
            q <= sum(max(self.free(sku, code) + LIMITS[sku], 0) for code in places) for sku, q in lines.items()
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

    @rule(cause=causes, code=WHERE, at_most=PIECES)
    def ship(self, cause, code, at_most):
        mine = list(Allocation.objects.filter(cause=cause, location=self.places[code]).select_related("variant"))
        quantities = {one.item: min(one.quantity, at_most) for one in mine}
        possible = all(quantities[one.item] <= self.on_hand[one.variant.sku, code] for one in mine)
        if self.tried(possible, lambda: services.ship(cause, quantities, self.places[code], by=None)) is not None:
            for one in mine:
                self.on_hand[one.variant.sku, code] -= quantities[one.item]
                self.allocated[one.variant.sku, code] -= quantities[one.item]

    # --- Holds ------------------------------------------------------------------------------------------

    @rule(target=holds, sku=SKUS, code=WHERE, pieces=PIECES)
    def hold(self, sku, code, pieces):
        until = timezone.now() + timedelta(hours=1)
        work = (self.variants[sku].pk, self.places[code], pieces)
        possible = self.is_open(code) and pieces <= self.free(sku, code) + LIMITS[sku]
        made = self.tried(possible, lambda: services.hold(*work, reason="test", expires_at=until, by=None))
        if made is None:
            return multiple()
        self.held[sku, code] += pieces
        return made, sku, code

    @rule(held=consumes(holds))
    def unhold(self, held):
        made, sku, code = held
        live = Hold.objects.get(pk=made.pk).status == Hold.Status.LIVE
        if self.tried(live, lambda: services.release_hold(made, by=None)):
            self.held[sku, code] -= made.quantity

    @rule()
    def expire(self):
        assert services.expire_holds() == 0  # none is over yet
        services.expire_holds(timezone.now() + timedelta(hours=2))
        self.held = dict.fromkeys(self.held, 0)

    # --- Between warehouses -----------------------------------------------------------------------------

    @rule(target=transfers, sku=SKUS, source=WHERE, target_code=WHERE, pieces=PIECES)
    def send(self, sku, source, target_code, pieces):
        lines = [(self.variants[sku].pk, pieces)]
        possible = source != target_code and self.is_open(target_code)
        ends = self.places[source], self.places[target_code]
        made = self.tried(possible, lambda: services.create_transfer(*ends, lines, by=None))
        if made is None:
            return multiple()
        if self.tried(self.can_leave(sku, source, pieces), lambda: services.send(made, by=None)) is None:
            services.cancel_transfer(made, by=None)
            return multiple()
        self.on_hand[sku, source] -= pieces
        self.on_hand[sku, "transit"] += pieces
        self.on_the_way.update([source, target_code])
        return made, sku, source, target_code, pieces

    @rule(sent=consumes(transfers), lost=st.integers(0, 6), broken=st.booleans())
    def arrive(self, sent, lost, broken):
        made, sku, source, target, pieces = sent
        arrived = max(pieces - lost, 0)
        services.receive_transfer(made, {made.lines.get().pk: arrived}, reason="test", broken=broken, by=None)
        self.on_hand[sku, "transit"] -= pieces
        self.on_hand[sku, target] += arrived
        self.on_the_way.subtract([source, target])

    @rule(sent=consumes(transfers))
    def turn_back(self, sent):
        made, sku, source, target, pieces = sent
        services.cancel_transfer(made, by=None)
        self.on_hand[sku, "transit"] -= pieces
        self.on_hand[sku, source] += pieces
        self.on_the_way.subtract([source, target])

    # --- Warehouses close and open, promises move ---------------------------------------------------------

    @rule(code=WHERE)
    def close(self, code):
        possible = self.is_open(code) and not self.on_the_way[code]
        place = self.places[code]
        if self.tried(possible, lambda: services.close_location(place, by=None, leave_stock=True)):
            place.refresh_from_db()
            with self.promises_kept():
                services.clear_closed(place)
            for sku, limit in LIMITS.items():
                left = self.allocated[sku, code]
                assert not left or all(self.free(sku, other) + limit <= 0 for other in PLACES if self.is_open(other))

    @precondition(lambda self: not all(place.is_active for place in self.places.values()))
    @rule()
    def open_all(self):
        for place in self.places.values():
            if not place.is_active:
                services.open_location(place, by=None)
                place.refresh_from_db()

    @rule()
    def serve(self):
        """Afterwards nobody waits at one warehouse for what is free at another."""
        with self.promises_kept():
            while services.serve_waiting():
                pass
        for sku in LIMITS:
            waiting = {
                code for code in PLACES
                if self.allocated[sku, code] and (self.free(sku, code) < 0 or not self.is_open(code))
            }  # fmt: skip
            free = {code for code in PLACES if self.is_open(code) and self.free(sku, code) > 0}
            assert not waiting or free <= waiting

    @rule(cause=causes, code=st.none() | WHERE)
    def choose_anew(self, cause, code):
        with self.promises_kept():
            try:
                with transaction.atomic():
                    services.reallocate(cause, self.places[code] if code else None, by=None)
            except ValidationError:  # nothing to move, or nowhere to go
                pass

    def promises_kept(self):
        return PromisesKept(self)

    # --- What holds after every step ----------------------------------------------------------------------

    @precondition(lambda self: StockPosting.objects.exists())
    @rule(forgery=st.sampled_from(FORGERIES))
    def the_books_cannot_be_forged(self, forgery):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(forgery)

    @invariant()
    def the_books_agree(self):
        sums = StockPosting.objects.values_list("level").order_by("level")
        sums = sums.annotate(Sum("on_hand"), Sum("allocated"), Sum("held"), Sum("value"))
        booked = {level: tuple(rest) for level, *rest in sums}
        for level in StockLevel.objects.select_related("variant", "location"):
            place = level.variant.sku, level.location.code
            counted = self.on_hand[place], self.allocated[place], self.held[place]
            assert (level.on_hand, level.allocated, level.held) == counted
            assert (*counted, level.value) == booked.get(level.pk, (0, 0, 0, Decimal(0)))
            assert min(counted) >= 0
            assert level.free == self.free(*place) >= -LIMITS[place[0]]
            assert level.value >= 0
            assert level.on_hand or not level.value
            last = StockPosting.objects.filter(level=level).order_by("-pk").first()
            assert last is None or (last.on_hand_after, last.value_after) == (level.on_hand, level.value)

    @invariant()
    def available_is_what_open_warehouses_have_free(self):
        there = services.available([variant.pk for variant in self.variants.values()])
        codes = {place.pk: code for code, place in self.places.items()}
        for sku, variant in self.variants.items():
            for place, free in there[variant.pk].items():
                assert self.is_open(codes[place])
                assert free == self.free(sku, codes[place])


class PromisesKept:
    """Promises may move meanwhile, but every item keeps its pieces and its age; the model learns where they are."""

    def __init__(self, machine):
        self.machine = machine

    def items(self):
        rows = Allocation.objects.values_list("cause", "item", "variant").order_by("cause", "item")
        return list(rows.annotate(Sum("quantity")))

    def __enter__(self):
        self.before = self.items()

    def __exit__(self, *error):
        assert self.items() == self.before
        allocated = self.machine.allocated
        allocated.update(dict.fromkeys(allocated, 0))
        for sku, code, pieces in Allocation.objects.values_list("variant__sku", "location__code", "quantity"):
            allocated[sku, code] += pieces


def test_the_books_agree_whatever_happens():
    run_state_machine_as_test(
        Stock,
        settings=settings(
            max_examples=15,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
