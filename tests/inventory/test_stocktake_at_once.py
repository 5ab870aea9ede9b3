"""Counting while orders are placed and shipped: over real connections, and for random interleavings."""

import random
from decimal import Decimal

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice.errors import IllegalTransition
from inventory import services
from inventory.models import StockMove
from inventory.services import Demand, Entry, InsufficientStock, Selection, lock_levels
from tests.factories import level_of, make_location, make_variant, stock
from tests.inventory.test_concurrency import assert_verified, at_once


def open_count():
    return services.start_count(services.create_count(make_location(), Selection(), by=None), by=None)


class Seller:
    """Places and ships orders of one or two pieces as quickly as the database answers."""

    def __init__(self, number, variants, steps):
        self.random, self.number, self.variants, self.steps = random.Random(number), number, variants, steps

    def __call__(self):
        shipped = dict.fromkeys((variant.pk for variant in self.variants), 0)
        for step in range(self.steps):
            variant, pieces = self.random.choice(self.variants), self.random.randint(1, 2)
            item, cause = self.number * 1000 + step, f"SO-{self.number}{step:03}"
            try:
                services.allocate(cause, [Demand(item, variant.pk, pieces, variant.sku)], by=None)
                services.ship(cause, {item: pieces}, make_location(), by=None)
            except InsufficientStock:
                continue
            shipped[variant.pk] += pieces
        return shipped


class Counter:
    """Counts what lies on the shelf, which is `missing` pieces fewer than the books say at that moment."""

    def __init__(self, count, variants, missing):
        self.count, self.variants, self.missing = count, variants, missing

    def __call__(self):
        for _round in range(5):
            for variant in self.variants:
                with transaction.atomic():
                    lock_levels([(variant.pk, self.count.location_id)])  # nobody takes a piece off this shelf meanwhile
                    pieces = level_of(variant).on_hand - self.missing[variant.pk]
                    services.enter_counts(self.count, [Entry(variant.pk, pieces)], by=None)


@pytest.mark.django_db(transaction=True)
def test_counting_while_eight_people_sell():
    variants = [make_variant(f"HOT{n}") for n in range(5)]
    for variant in variants:
        stock(variant, 400, unit_cost=Decimal("1.3"))
    missing = {variant.pk: n - 1 for n, variant in enumerate(variants)}
    count = open_count()
    *shipped, _counted = at_once(
        [*(Seller(n, variants, 30) for n in range(8)), Counter(count, variants, missing)],
    )
    services.close_count(count, by=None)
    *later, outcome = at_once([*(Seller(n, variants, 10) for n in range(10, 14)), lambda: posted(count)])
    assert outcome == "posted"
    for variant in variants:
        gone = sum(one[variant.pk] for one in [*shipped, *later])
        assert level_of(variant).on_hand == 400 - gone - missing[variant.pk]
    assert_verified()


def posted(count):
    try:
        return services.post_count(count, by=None).status
    except IllegalTransition:
        return "refused"


@pytest.mark.django_db(transaction=True)
def test_posted_by_many_at_once_it_is_posted_once():
    tea = make_variant("TEA", on_hand=10)
    count = open_count()
    services.enter_counts(count, [Entry(tea.pk, 7)], by=None)
    services.close_count(count, by=None)
    outcomes = at_once([lambda: posted(count)] * 6)
    assert sorted(outcomes) == ["posted", *["refused"] * 5]
    assert StockMove.objects.get(kind="counted").quantity == 3
    assert_verified()


@pytest.mark.django_db(transaction=True)
def test_pressed_by_many_at_once_an_entry_counts_once():
    tea = make_variant("TEA", on_hand=10)
    count = open_count()
    entry = Entry(tea.pk, 2, adds=True)
    results = at_once([lambda: services.enter_counts(count, [entry], by=None)[0].pk] * 6)
    assert len(set(results)) == 1
    assert count.lines.get().counted == 2


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("sell"), st.integers(1, 3)),
        st.tuples(st.just("receive"), st.integers(1, 5)),
        st.tuples(st.just("count"), st.integers(0, 12)),
        st.tuples(st.just("add"), st.integers(0, 4)),
        st.tuples(st.just("undo"), st.just(0)),
    ),
    max_size=14,
)


@pytest.mark.django_db
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_level_is_what_was_counted_and_what_happened_since(steps):
    with transaction.atomic():
        tea = make_variant("TEA", on_hand=6)
        count = open_count()
        entries = []  # (adds, quantity, on hand then), the live ones
        for number, (what, pieces) in enumerate(steps, 1):
            on_hand = level_of(tea).on_hand
            if what == "sell" and pieces <= on_hand:
                services.allocate(f"SO-{number}", [Demand(number, tea.pk, pieces, "TEA")], by=None)
                services.ship(f"SO-{number}", {number: pieces}, make_location(), by=None)
            elif what == "receive":
                stock(tea, pieces)
            elif what in ("count", "add"):
                [entry] = services.enter_counts(count, [Entry(tea.pk, pieces, adds=what == "add")], by=None)
                entries.append((entry, what == "add", pieces, on_hand))
            elif what == "undo" and entries:
                services.undo_entry(entries.pop()[0], by=None)
        start = max((n for n, (_e, adds, _p, _o) in enumerate(entries) if not adds), default=0)
        before = level_of(tea).on_hand
        if entries:
            counted = sum(pieces for _e, _a, pieces, _o in entries[start:])
            then = entries[-1][3]
            services.close_count(count, by=None)
            if counted + before - then >= 0:
                services.post_count(count, by=None)
                assert level_of(tea).on_hand == counted + (before - then)
            else:
                with pytest.raises(services.CountRefused):
                    services.post_count(count, by=None)
                assert level_of(tea).on_hand == before
        transaction.set_rollback(True)
