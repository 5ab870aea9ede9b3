"""The ledger: what each kind of move does, shortages, order within a batch, and what the database refuses."""

from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from inventory.models import Location, StockLevel, StockMove, StockPosting
from inventory.services import InsufficientStock, Move, post, virtual
from tests.factories import level_of, make_location, make_user, make_variant, stock

pytestmark = pytest.mark.django_db
Kind = StockMove.Kind


def move(kind, variant, quantity, source=None, target=None, **more):
    """A move between warehouses; a name of a virtual kind stands for its location."""
    ends = [
        virtual(Location.Kind(end)) if isinstance(end, str) else (end or make_location()).pk for end in (source, target)
    ]
    return Move(kind, variant.pk, *ends, quantity, **more)


def numbers(variant, location=None):
    level = level_of(variant, location)
    return level.on_hand, level.allocated, level.held, level.value


def test_received_at_its_cost_then_at_the_average_then_at_the_cost_of_the_variant():
    tea = make_variant("TEA", cost=Decimal("3"))
    post([move(Kind.RECEIVED, tea, 2, "supplier")], by=None)
    assert numbers(tea) == (2, 0, 0, Decimal(6))
    post([move(Kind.RECEIVED, tea, 2, "supplier", unit_cost=Decimal(5))], by=None)
    assert numbers(tea) == (4, 0, 0, Decimal(16))
    post([move(Kind.RECEIVED, tea, 1, "supplier")], by=None)
    assert numbers(tea) == (5, 0, 0, Decimal(20))


@pytest.mark.parametrize(
    ("kind", "end", "after"),
    [
        (Kind.ALLOCATED, None, (6, 2 + 1, 2, Decimal(12))),
        (Kind.RELEASED, None, (6, 2 - 1, 2, Decimal(12))),
        (Kind.HELD, None, (6, 2, 2 + 1, Decimal(12))),
        (Kind.UNHELD, None, (6, 2, 2 - 1, Decimal(12))),
        (Kind.SHIPPED, "customer", (6 - 1, 2 - 1, 2, Decimal(10))),
        (Kind.ADJUSTED, "adjustment", (6 - 1, 2, 2, Decimal(10))),
        (Kind.SCRAPPED, "scrap", (6 - 1, 2, 2, Decimal(10))),
        (Kind.TRANSFERRED, "transit", (6 - 1, 2, 2, Decimal(10))),
    ],
)
def test_what_each_kind_does_to_the_level_it_starts_from(kind, end, after):
    tea = make_variant("TEA", on_hand=6, cost=Decimal(2))
    post([move(Kind.ALLOCATED, tea, 2), move(Kind.HELD, tea, 2)], by=None)
    post([move(kind, tea, 1, None, end, reason="test")], by=None)
    assert numbers(tea) == after


def test_the_move_and_its_postings_say_everything():
    clerk, main, shop = make_user(), make_location(), make_location("SHOP")
    tea = make_variant("TEA")
    stock(tea, 4, unit_cost=Decimal("1.5"))
    ids = post([move(Kind.TRANSFERRED, tea, 3, main, shop, cause="TR-1", reason="Shelf is empty")], by=clerk)
    [row] = StockMove.objects.filter(pk__in=ids)
    assert (row.kind, row.from_location, row.to_location, row.quantity, row.unit_cost) == (
        "transferred",
        main,
        shop,
        3,
        Decimal("1.5"),
    )
    assert (row.cause, row.reason, row.actor) == ("TR-1", "Shelf is empty", clerk)
    out, into = row.postings.order_by("pk")
    assert (out.level.location, out.on_hand, out.on_hand_after, out.value, out.value_after) == (
        main,
        -3,
        1,
        Decimal("-4.5"),
        Decimal("1.5"),
    )
    assert (into.level.location, into.on_hand, into.on_hand_after, into.value, into.value_after) == (
        shop,
        3,
        3,
        Decimal("4.5"),
        Decimal("4.5"),
    )


def test_a_level_without_pieces_has_no_value_and_nothing_is_lost_by_rounding():
    main, shop = make_location(), make_location("SHOP")
    tea = make_variant("TEA")
    stock(tea, 3, unit_cost=Decimal("0.333333"))
    stock(tea, 4, unit_cost=Decimal("0.1"))
    total = level_of(tea).value
    for _ in range(3):
        post([move(Kind.TRANSFERRED, tea, 1, main, shop)], by=None)
        assert level_of(tea).value + level_of(tea, shop).value == total
    post([move(Kind.TRANSFERRED, tea, 4, main, shop)], by=None)
    assert numbers(tea, main) == (0, 0, 0, Decimal(0))
    assert level_of(tea, shop).value == total
    post([move(Kind.SCRAPPED, tea, 7, shop, "scrap", reason="test")], by=None)
    assert numbers(tea, shop) == (0, 0, 0, Decimal(0))


def test_values_stay_above_zero_for_the_smallest_costs():
    tea = make_variant("TEA")
    stock(tea, 100, unit_cost=Decimal("0.000001"))
    stock(tea, 100, unit_cost=Decimal("0"))
    post([move(Kind.SCRAPPED, tea, 199, None, "scrap", reason="test")], by=None)
    assert level_of(tea).value >= 0


def test_a_batch_is_sequential():
    tea = make_variant("TEA")
    post(
        [
            move(Kind.RECEIVED, tea, 5, "supplier"),
            move(Kind.ALLOCATED, tea, 5),
            move(Kind.SHIPPED, tea, 2, None, "customer"),
        ],
        by=None,
    )
    assert numbers(tea)[:3] == (3, 3, 0)
    cup = make_variant("CUP")
    with pytest.raises(InsufficientStock, match=r"CUP: 0 available, 5 asked \(Main\)\."), transaction.atomic():
        post([move(Kind.ALLOCATED, cup, 5), move(Kind.RECEIVED, cup, 5, "supplier")], by=None)
    assert not StockLevel.objects.filter(variant=cup).exists()


def test_value_follows_the_order_of_the_batch():
    tea = make_variant("TEA")
    ids = post(
        [
            move(Kind.RECEIVED, tea, 1, "supplier", unit_cost=Decimal(1)),
            move(Kind.RECEIVED, tea, 1, "supplier", unit_cost=Decimal(2)),
            move(Kind.ADJUSTED, tea, 1, None, "adjustment", reason="test"),
            move(Kind.RECEIVED, tea, 1, "supplier", unit_cost=Decimal(4)),
        ],
        by=None,
    )
    assert ids == sorted(ids)
    assert numbers(tea)[3] == Decimal("5.5")


def test_every_short_level_is_named_and_nothing_is_written():
    tea, cup, pot = make_variant("TEA", on_hand=5), make_variant("CUP", on_hand=1), make_variant("POT", on_hand=9)
    before = StockPosting.objects.count()
    with pytest.raises(InsufficientStock) as caught, transaction.atomic():
        post([move(Kind.ALLOCATED, one, 4) for one in (tea, cup, pot, cup, tea)], by=None)
    assert caught.value.messages == ["CUP: 1 available, 8 asked (Main).", "TEA: 5 available, 8 asked (Main)."]
    assert [s.sku for s in caught.value.shortages] == ["CUP", "TEA"]
    assert StockPosting.objects.count() == before
    assert level_of(pot).allocated == 0


@pytest.mark.parametrize(
    ("kind", "quantity", "end", "sentence"),
    [
        (Kind.ADJUSTED, 4, "adjustment", "TEA: 3 available, 4 asked"),
        (Kind.HELD, 4, None, "TEA: 3 available, 4 asked"),
        (Kind.RELEASED, 3, None, "TEA: 2 available, 3 asked"),
        (Kind.SHIPPED, 3, "customer", "TEA: 2 available, 3 asked"),
        (Kind.UNHELD, 2, None, "TEA: 1 available, 2 asked"),
    ],
)
def test_the_shortage_tells_what_is_really_there(kind, quantity, end, sentence):
    tea = make_variant("TEA", on_hand=6)
    post([move(Kind.ALLOCATED, tea, 2), move(Kind.HELD, tea, 1)], by=None)
    with pytest.raises(InsufficientStock, match=sentence), transaction.atomic():
        post([move(kind, tea, quantity, None, end, reason="test")], by=None)


def test_what_an_earlier_move_brought_counts_as_available():
    tea = make_variant("TEA", on_hand=1)
    with pytest.raises(InsufficientStock, match="TEA: 3 available, 4 asked"), transaction.atomic():
        post(
            [
                move(Kind.RECEIVED, tea, 2, "supplier"),
                move(Kind.ALLOCATED, tea, 4),
                move(Kind.RECEIVED, tea, 9, "supplier"),
            ],
            by=None,
        )


def test_nothing_asked_is_nothing_done(django_assert_num_queries):
    with django_assert_num_queries(0):
        assert post([], by=None) == []


def test_unknown_variants_and_locations_are_refused():
    tea = make_variant("TEA", on_hand=1)
    main = make_location().pk
    for bad in [Move(Kind.ALLOCATED, 999999, main, main, 1), Move(Kind.ALLOCATED, tea.pk, 999999, 999999, 1)]:
        with pytest.raises(IntegrityError, match="does not exist"), transaction.atomic():
            post([bad], by=None)


def test_corrections_need_a_reason_whoever_writes_them():
    tea = make_variant("TEA", on_hand=1)
    with pytest.raises(IntegrityError, match="stock_move_correction_has_reason"), transaction.atomic():
        post([move(Kind.ADJUSTED, tea, 1, None, "adjustment")], by=None)


@pytest.mark.parametrize("table", ["inventory_stockposting", "inventory_stockmove"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET at = now()", "DELETE FROM {}"])
def test_the_ledger_is_append_only_even_for_raw_sql(table, statement):
    make_variant("TEA", on_hand=1)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table))


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("allocated = on_hand + 1", "stock_level_not_oversold"),
        ("held = on_hand + 1", "stock_level_not_oversold"),
        ("on_hand = -1", "stock_level_not_"),
        ("allocated = -1", "stock_level_not_negative"),
        ("value = -1", "stock_level_value"),
    ],
)
def test_a_check_alone_stops_overselling_by_raw_sql(change, constraint):
    make_variant("TEA", on_hand=1)
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE inventory_stocklevel SET {change}")


def test_levels_follow_the_backorder_limit_of_their_variant():
    tea, cup = make_variant("TEA", on_hand=1), make_variant("CUP", on_hand=1)
    stock(tea, 1, location=make_location("SHOP"))
    type(tea).objects.filter(pk=tea.pk).update(backorder_limit=4)
    assert set(StockLevel.objects.filter(variant=tea).values_list("backorder_limit", flat=True)) == {4}
    assert level_of(cup).backorder_limit == 0


def test_a_lowered_limit_breaks_no_promise_and_allows_no_new_one():
    tea = make_variant("TEA", on_hand=1, backorder_limit=4)
    post([move(Kind.ALLOCATED, tea, 4)], by=None)
    type(tea).objects.filter(pk=tea.pk).update(backorder_limit=1)
    assert level_of(tea).backorder_limit == 3
    with pytest.raises(InsufficientStock, match="TEA: 0 available, 1 asked"), transaction.atomic():
        post([move(Kind.ALLOCATED, tea, 1)], by=None)
    post([move(Kind.RECEIVED, tea, 1, "supplier")], by=None)
    assert level_of(tea).backorder_limit == 2
    post([move(Kind.RELEASED, tea, 2)], by=None)
    assert level_of(tea).backorder_limit == 1
    post([move(Kind.ALLOCATED, tea, 1)], by=None)
    assert level_of(tea).free == -1


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE inventory_stocklevel SET on_hand = on_hand + 1",
        "UPDATE inventory_stocklevel SET allocated = allocated + 1",
        "UPDATE inventory_stocklevel SET held = held - 1",
        "UPDATE inventory_stocklevel SET value = 0",
        "UPDATE inventory_stocklevel SET location_id = (SELECT id FROM inventory_location WHERE kind = 'transit')",
        "DELETE FROM inventory_stocklevel",
    ],
)
def test_a_level_is_what_its_last_posting_says_whoever_writes(statement):
    tea = make_variant("TEA", on_hand=9, cost=Decimal(2))
    post([move(Kind.HELD, tea, 2)], by=None)
    refused = pytest.raises(IntegrityError, match="TEA @ MAIN: a stock level is what its last posting says")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert numbers(tea) == (9, 0, 2, Decimal(18))


def test_a_level_begins_empty_whoever_writes():
    tea, main = make_variant("TEA"), make_location()
    with pytest.raises(IntegrityError, match="TEA @ MAIN: a stock level is what"), transaction.atomic():
        StockLevel.objects.create(variant=tea, location=main, on_hand=1)
    StockLevel.objects.create(variant=tea, location=main).delete()
    assert not StockLevel.objects.exists()


def test_what_is_not_in_the_ledger_may_be_written():
    tea = make_variant("TEA", on_hand=9)
    StockLevel.objects.update(incoming=4, updated_at=level_of(tea).updated_at)
    assert level_of(tea).incoming == 4


def test_what_is_owed_beyond_the_limit_may_only_shrink_within_a_call():
    tea = make_variant("TEA", backorder_limit=5)
    post([move(Kind.ALLOCATED, tea, 5)], by=None)
    type(tea).objects.update(backorder_limit=0)
    with pytest.raises(InsufficientStock, match="TEA: 0 available, 2 asked"), transaction.atomic():
        post([move(Kind.RECEIVED, tea, 3, "supplier"), move(Kind.ALLOCATED, tea, 2)], by=None)
    post(
        [move(Kind.RECEIVED, tea, 3, "supplier"), move(Kind.RELEASED, tea, 1), move(Kind.RECEIVED, tea, 1, "supplier")],
        by=None,
    )
    level = level_of(tea)
    assert (level.on_hand, level.allocated, level.backorder_limit) == (4, 4, 0)


# --- Many moves at once -------------------------------------------------------------------------


def all_kinds(variant, number):
    """One move of the `number`th kind; on 6 pieces worth 12, of which 2 are allocated and 2 held."""
    quantity = number % 2 + 1
    return [
        move(Kind.ALLOCATED, variant, quantity),
        move(Kind.RELEASED, variant, quantity),
        move(Kind.HELD, variant, quantity),
        move(Kind.UNHELD, variant, quantity),
        move(Kind.SHIPPED, variant, quantity, None, "customer", cause="SO-1"),
        move(Kind.SCRAPPED, variant, quantity, None, "scrap", reason="broken"),
        move(Kind.TRANSFERRED, variant, quantity, None, "transit"),
        move(Kind.TRANSFERRED, variant, quantity, None, make_location("SHOP")),
        move(Kind.RECEIVED, variant, quantity, "supplier"),
        move(Kind.RECEIVED, variant, quantity, "supplier", make_location("SHOP")),
        move(Kind.RECEIVED, variant, quantity, "supplier", unit_cost=Decimal("7.123456")),
        move(Kind.COUNTED, variant, quantity, "adjustment", make_location("SHOP"), unit_cost=Decimal("0.333333")),
        move(Kind.RECEIVED, variant, quantity, "supplier", "customer", unit_cost=Decimal(1)),
    ][number % 13]


def ledger(variants):
    """Everything about these variants but keys and times."""
    levels = StockLevel.objects.filter(variant__in=variants).order_by("variant__sku", "location__code")
    facts = ("kind", "from_location", "to_location", "quantity", "unit_cost", "cause", "reason")
    moves = StockMove.objects.filter(variant__in=variants).order_by("pk")
    changes = ("on_hand", "allocated", "held", "on_hand_after", "allocated_after", "held_after", "value", "value_after")
    postings = StockPosting.objects.filter(level__variant__in=variants).order_by("pk")
    return (
        list(levels.values_list("location", "on_hand", "allocated", "held", "value", "backorder_limit")),
        list(moves.values_list(*facts)),
        list(postings.values_list("level__location", *changes)),
    )


def prepared(prefix):
    variants = [make_variant(f"{prefix}{n:03}", cost=Decimal(5), backorder_limit=n % 3) for n in range(130)]
    for variant in variants:
        stock(variant, 6, unit_cost=Decimal(2))
    post([move(kind, v, 2) for v in variants for kind in (Kind.ALLOCATED, Kind.HELD)], by=None)
    return variants


def test_many_moves_at_once_do_what_one_after_the_other_does():
    alone, together = prepared("A"), prepared("B")
    for number, variant in enumerate(alone):
        post([all_kinds(variant, number)], by=None)
    ids = post([all_kinds(variant, number) for number, variant in enumerate(together)], by=None)
    assert list(StockMove.objects.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True)) == ids
    assert [StockMove.objects.get(pk=pk).variant for pk in ids[:5]] == together[:5]
    assert ledger(together) == ledger(alone)


def test_many_moves_of_which_two_touch_one_level_go_one_after_the_other():
    variants = [make_variant(f"M{n}") for n in range(100)]
    post([move(Kind.RECEIVED, v, 1, "supplier") for v in [*variants, variants[0]]], by=None)
    assert [numbers(variant)[0] for variant in variants[:2]] == [2, 1]


def test_many_moves_are_refused_with_every_shortage():
    variants = [make_variant(f"S{n}", on_hand=1) for n in range(100)]
    with pytest.raises(InsufficientStock) as refusal, transaction.atomic():
        post([move(Kind.ALLOCATED, v, 1 if n % 50 else 3) for n, v in enumerate(variants)], by=None)
    assert refusal.value.messages == [
        "S0: 1 available, 3 asked (Main).",
        "S50: 1 available, 3 asked (Main).",
    ]
    assert not StockMove.objects.filter(kind=Kind.ALLOCATED).exists()


def test_many_moves_name_only_what_exists():
    variants = [make_variant(f"X{n}") for n in range(100)]
    moves = [move(Kind.RECEIVED, v, 1, "supplier") for v in variants]
    with pytest.raises(IntegrityError), transaction.atomic():
        post(
            [*moves, Move(Kind.RECEIVED, 999_999_999, virtual(Location.Kind.SUPPLIER), make_location().pk, 1)], by=None
        )
    assert not StockMove.objects.exists()


def test_many_moves_read_each_level_a_few_times_where_the_statistics_call_the_ledger_empty():
    variants = [make_variant(f"E{n}") for n in range(120)]
    post([move(Kind.RECEIVED, variant, 2, "supplier") for variant in variants], by=None)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE pg_class SET relpages = 100, reltuples = 0 WHERE relname LIKE 'inventory_stock%'")
    before = levels_read()
    post([move(Kind.SCRAPPED, variant, 1, None, "scrap", reason="damaged") for variant in variants], by=None)
    assert levels_read() - before <= 12 * len(variants)


def levels_read():
    """Rows of levels that statements of this transaction have read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'inventory_stocklevel'"
        )
        return cursor.fetchone()[0]
