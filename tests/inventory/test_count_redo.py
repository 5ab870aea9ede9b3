"""Counts that were taken back are posted again, against what is there by then; whatever happens between, the ledger adds up."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice import verification
from backoffice.imports import undoing
from backoffice.models import ImportRun
from inventory import services
from inventory.models import StockMove
from inventory.services import Demand
from tests.backoffice.test_import_tables import bring
from tests.factories import level_of, make_location, make_variant, stock

FILE = "sku,on_hand,unit_cost\nTEA,8,2\nCUP,4,3\n"


@pytest.fixture
def main(db):
    return make_location("MAIN")


@pytest.fixture
def tea(main):
    return make_variant("TEA", on_hand=10)


@pytest.fixture
def cup(main):
    return make_variant("CUP")


def run_of(result):
    return ImportRun.objects.get(number=result["run"])


def on_hand(*variants):
    return [level_of(variant).on_hand for variant in variants]


def assert_verified():
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


def test_redo_posts_the_difference_again(tmp_path, tea, cup):
    run = run_of(bring(tmp_path, "stock", FILE))
    undoing.undo(run, by=None)
    assert on_hand(tea, cup) == [10, 0]
    done = undoing.redo(run_of({"run": run.number}), by=None)
    assert (done.restored, done.kept_count, on_hand(tea, cup)) == (2, 0, [8, 4])
    assert level_of(cup).value == 12
    assert StockMove.objects.filter(cause=run.number).count() == 6
    assert_verified()


def test_redo_is_a_difference_to_what_is_there_today(tmp_path, tea, cup):
    run = run_of(bring(tmp_path, "stock", FILE))
    undoing.undo(run, by=None)
    stock(tea, 5)
    undoing.redo(run, by=None)
    assert on_hand(tea, cup) == [13, 4]
    assert_verified()


def test_undo_and_redo_may_follow_one_another(tmp_path, tea, cup):
    run = run_of(bring(tmp_path, "stock", FILE))
    for _turn in range(3):
        assert undoing.undo(run, by=None).restored == 2
        assert on_hand(tea, cup) == [10, 0]
        assert undoing.redo(run, by=None).restored == 2
        assert on_hand(tea, cup) == [8, 4]
    assert_verified()


def test_what_was_kept_by_undo_is_not_posted_twice(tmp_path, tea, cup):
    run = run_of(bring(tmp_path, "stock", FILE))
    stock(cup, 1)
    assert undoing.undo(run, by=None).kept_count == 1
    done = undoing.redo(run, by=None)
    assert (done.restored, done.kept_count, on_hand(tea, cup)) == (1, 0, [8, 5])


def test_what_was_counted_anew_or_is_promised_stays_and_is_named(tmp_path, tea, cup):
    run = run_of(bring(tmp_path, "stock", FILE))
    undoing.undo(run, by=None)
    services.allocate("SO-1", [Demand(1, tea.pk, 9, "TEA")], by=None)
    bring(tmp_path, "stock", "sku,on_hand\nCUP,7\n")
    kept = undoing.redo(run, by=None).kept
    assert sorted((row["record"], row["reason"]) for row in kept) == [
        ("CUP @ Main", "counted anew since"),
        ("TEA @ Main", "its pieces are promised"),
    ]
    assert on_hand(tea, cup) == [10, 7]
    assert_verified()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.integers(1, 20),
    counted=st.integers(0, 20),
    turns=st.lists(st.sampled_from(["undo", "redo", "receive"]), max_size=6),
)
def test_any_order_of_undo_redo_and_receipts_adds_up(tmp_path, main, start, counted, turns):
    """The level is what came in, and the counted difference where it stands."""
    variant = make_variant(f"P-{ImportRun.objects.count()}", on_hand=start)
    run = run_of(bring(tmp_path, "stock", f"sku,on_hand\n{variant.sku},{counted}\n"))
    stands, others = counted != start, 0
    expected = counted
    for turn in turns:
        if turn == "receive":
            stock(variant, 1)
            expected += 1
            others += 1
            continue
        try:
            done = getattr(undoing, turn)(run, by=None)
        except ValidationError:
            continue  # undo of what is undone, redo of what is applied
        if done.restored:
            stands = not stands
            expected += (counted - start) * (1 if stands else -1)
    level = level_of(variant)
    assert level.on_hand == expected
    assert level.on_hand == start + others + (counted - start) * stands


@pytest.mark.django_db(transaction=True)
def test_redo_of_two_people_at_once_posts_once(tmp_path):
    make_location("MAIN")
    tea = make_variant("TEA", on_hand=10)
    run = run_of(bring(tmp_path, "stock", "sku,on_hand\nTEA,8\n"))
    undoing.undo(run, by=None)

    def redo(_turn):
        try:
            return undoing.redo(ImportRun.objects.get(pk=run.pk), by=None).restored
        except ValidationError:
            return 0
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(redo, range(4))) == [0, 0, 0, 1]
    assert level_of(tea).on_hand == 8
    assert StockMove.objects.filter(cause=run.number).count() == 3
