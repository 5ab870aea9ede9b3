"""Bins, lots and serial numbers under many connections."""

import random
from collections import Counter

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction

from backoffice.errors import Busy
from catalog.models import Variant
from inventory import services
from inventory.models import Location, Lot, StockLevel, StockMove, StockPart
from inventory.services import Arriving, InsufficientStock, Move, Pieces, PutAway, WrongParts, post, virtual
from tests.factories import level_of, make_bin, make_location, make_variant, stock
from tests.inventory.test_concurrency import assert_verified, at_once
from tests.inventory.test_parts import parts, receive

pytestmark = pytest.mark.django_db(transaction=True)
Kind = StockMove.Kind


def tried(verb):
    """A worker that says which refusal it met."""

    def worker():
        try:
            with transaction.atomic():
                verb()
        except (WrongParts, InsufficientStock) as refusal:
            return type(refusal).__name__
        return "done"

    return worker


def scrap(variant, pieces=1, **more):
    move = Move(Kind.SCRAPPED, variant.pk, make_location().pk, virtual(Location.Kind.SCRAP), pieces, reason="x", **more)
    return lambda: post([move], by=None)


def test_two_pickers_take_the_last_piece_of_a_lot():
    variant = make_variant("MILK", tracking="lot")
    receive(variant, (1, "A", None, None), (5, "B", None, None))
    last = (Pieces(1, Lot.objects.get(number="A").pk),)
    results = at_once([tried(scrap(variant, taken=last)) for _ in range(4)])
    assert sorted(results) == ["WrongParts"] * 3 + ["done"]
    assert parts(variant) == {(None, "B"): 5}
    assert_verified()


def test_a_serial_number_received_at_two_warehouses_at_once_comes_in_once():
    variant = make_variant("PHONE", tracking="serial")
    places = [make_location(), make_location("SHOP")]

    def receiver(place):
        lines = [(variant.pk, 2, None)]
        said = {0: [Arriving(1, "S1"), Arriving(1, f"OTHER-{place.code}")]}
        return lambda: services.receive(place, None, lines, parts=said, by=None)

    results = at_once([tried(receiver(place)) for place in places * 3])
    assert Counter(results) == {"done": 1, "WrongParts": 5}
    assert StockPart.objects.there().filter(lot__number="S1").count() == 1
    assert sum(StockLevel.objects.values_list("on_hand", flat=True)) == 2
    assert_verified()


def test_a_new_lot_named_by_many_at_once_is_one_lot():
    variant = make_variant("MILK", tracking="lot")
    at_once([lambda: receive(variant, (1, "New", None, None))] * 8)
    assert Lot.objects.count() == 1
    assert parts(variant) == {(None, "New"): 8}
    assert_verified()


def test_tracking_changes_or_pieces_come_but_not_both():
    for number in range(10):
        variant = make_variant(f"V{number}")

        def change(key=variant.pk):
            try:
                Variant.objects.filter(pk=key).update(tracking="lot")
            except DatabaseError:
                return "refused"
            return "done"

        results = at_once([change, tried(lambda v=variant: stock(v, 1))])
        assert results in (["done", "WrongParts"], ["refused", "done"])
    assert_verified()


def test_sixteen_people_put_away_move_and_take():
    variants = [make_variant(f"T{n}", on_hand=30) for n in range(2)]
    variants += [make_variant(f"L{n}", tracking="lot") for n in range(2)]
    for variant in variants[2:]:
        receive(variant, (15, "A", None, None), (15, "B", None, None))
    bins = [make_bin() for _ in range(3)]
    levels = {variant.pk: level_of(variant).pk for variant in variants}

    def person(number):
        chance = random.Random(number)

        def move():
            target, source = chance.sample([*(b.pk for b in bins), None], 2)
            rows = [PutAway(levels[v.pk], chance.randint(1, 4), target, source) for v in chance.sample(variants, 3)]
            services.put_away(rows, by=None)

        def take():
            for verb in [scrap(chance.choice(variants), chance.randint(1, 2))]:
                verb()

        def come():
            receive(chance.choice(variants[2:]), (2, chance.choice("ABC"), None, chance.choice([None, bins[0]])))

        def worker():
            outcome = Counter()
            for _ in range(25):
                verb = chance.choice([move, move, take, come])
                try:
                    outcome[tried(verb)()] += 1
                except (Busy, ValidationError) as error:
                    outcome[type(error).__name__] += 1
            return outcome

        return worker

    outcomes = sum(at_once([person(number) for number in range(16)]), Counter())
    assert sum(outcomes.values()) == 16 * 25
    assert set(outcomes) <= {"done", "WrongParts", "InsufficientStock"}
    assert outcomes["done"] > 100
    assert_verified()
