"""Stock and value at any past instant: equal to the sum of the postings, whatever happened and wherever balances stand."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice import verification
from inventory import services
from inventory.models import (
    DailyFlow,
    FlowMark,
    SaleCost,
    StockBalance,
    StockFigures,
    StockLevel,
    StockPeriod,
    StockPosting,
    StockSummary,
    StockTotal,
)
from inventory.services import Demand, Move, balances, post, virtual
from tests.factories import level_of, make_category, make_location, make_supplier, make_user, make_variant, stock

pytestmark = pytest.mark.django_db
PLACES = ["MAIN", "SHOP"]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["receive", "ship", "move", "count", "hold", "close"]),
        st.sampled_from([0, 1]),
        st.sampled_from([0, 1]),
        st.integers(1, 7),
        st.decimals("0.01", "9.99", places=2),
    ),
    min_size=1,
    max_size=25,
)


def rows(moment, by="location", **more):
    """What `stock_at` says: code, pieces and value of each group."""
    found = services.stock_at(moment, by, **more).order_by("code")
    return [(row.code, row.on_hand, row.allocated, row.held, row.value) for row in found]


def summed(moment):
    """The same by location, added up in Python from the postings."""
    sums = defaultdict(lambda: [0, 0, 0, Decimal(0)])
    for posting in StockPosting.objects.filter(at__lte=moment).select_related("level__location"):
        one = sums[posting.level.location.code]
        for place, name in enumerate(("on_hand", "allocated", "held", "value")):
            one[place] += getattr(posting, name)
    return [(code, *sums[code]) for code in sorted(sums) if any(sums[code])]


def act(step, variants, places):
    kind, which, where, pieces, cost = step
    variant, place = variants[which].pk, places[where]
    if kind == "receive":
        post([Move("received", variant, virtual("supplier"), place.pk, pieces, cost)], by=None)
    elif kind == "ship":
        services.allocate(f"SO-{pieces}", [services.Demand(which, variant, pieces, "x")], by=None)
    elif kind == "move":
        post([Move("transferred", variant, place.pk, places[1 - where].pk, pieces)], by=None)
    elif kind == "count":
        services.adjust(variant, place, counted=pieces - 1, reason="count", by=None)
    elif kind == "hold":
        services.hold(variant, place, pieces, reason="x", expires_at=timezone.now() + timedelta(hours=1), by=None)


@given(steps=STEPS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck), database=None)
def test_any_instant_is_the_sum_of_the_postings_up_to_it(steps):
    with transaction.atomic():
        places = [make_location(code) for code in PLACES]
        variants = [make_variant(cost=Decimal("1.5")) for _number in range(2)]
        moments = [timezone.now()]
        for step in steps:
            if step[0] == "close":
                balances.close_period(timezone.now(), is_month_end=False)
            else:
                try:
                    with transaction.atomic():
                        act(step, variants, places)
                except ValidationError:
                    continue
            moments.append(timezone.now())
        for moment in [*moments, *StockPosting.objects.values_list("at", flat=True)]:
            assert rows(moment) == summed(moment)
        last = sorted(StockLevel.objects.values_list("location__code", "variant__sku", "on_hand", "value"))
        assert sum(value for _p, _s, _n, value in last) == sum(row[4] for row in rows(timezone.now(), "variant"))
        assert [one.result.wrong for one in verification.run(["stock_balances", "stock_levels"])] == [0, 0]
        transaction.set_rollback(True)


# --- Period ends ------------------------------------------------------------------------------------


def backdate(variant, days):
    """Put everything that happened to a variant so many days back, past the trigger that keeps the ledger."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, condition in [
            ("inventory_stockposting", "level_id IN (SELECT id FROM inventory_stocklevel WHERE variant_id = %s)"),
            ("inventory_stockmove", "variant_id = %s"),
        ]:
            cursor.execute(
                f"UPDATE {table} SET at = at - make_interval(days => %s) WHERE {condition}", [days, variant.pk]
            )
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_ends_of_months_are_written_down_once():
    tea = make_variant("TEA")
    stock(tea, 5, unit_cost=Decimal(2))
    backdate(tea, 70)
    made = services.close_periods()
    assert [period.is_month_end for period in made] == [True] * len(made)
    assert len(made) in (2, 3)
    assert services.close_periods() == []
    assert set(StockBalance.objects.values_list("on_hand", "value")) == {(5, Decimal(10))}
    assert StockTotal.objects.count() == len(made)
    assert made[-1].at == balances.next_month(made[-2].at)


def test_an_end_is_left_until_it_has_settled():
    stock(make_variant(), 5)
    end = balances.next_month(timezone.now())
    assert services.close_periods(end + timedelta(minutes=9)) == []
    assert [period.at for period in services.close_periods(end + timedelta(minutes=11))] == [end]


def test_many_postings_end_a_period_within_the_month(monkeypatch):
    monkeypatch.setattr(balances, "BUSY", 2)
    tea = make_variant(on_hand=5)
    stock(tea, 1)
    stock(tea, 1)
    [period] = services.close_periods(timezone.now() + timedelta(minutes=11))
    assert not period.is_month_end
    assert services.close_periods(timezone.now() + timedelta(minutes=12)) == []
    assert StockBalance.objects.get().on_hand == 7


def test_a_backlog_is_cut_into_periods_of_so_many_postings(monkeypatch):
    monkeypatch.setattr(balances, "BUSY", 2)
    monkeypatch.setattr(balances, "POSTINGS_A_LEVEL", 0)
    tea = make_variant()
    for _number in range(7):
        stock(tea, 1)
    made = services.close_periods(timezone.now() + timedelta(minutes=11))
    found = StockBalance.objects.order_by("period__at").values_list("on_hand", flat=True)
    assert (len(made), list(found)) == (3, [2, 4, 7])
    for at in StockPosting.objects.values_list("at", flat=True):
        assert rows(at) == summed(at)
    assert [one.result.wrong for one in verification.run(["stock_balances"])] == [0]


def test_a_posting_at_the_very_end_belongs_to_the_next_month():
    tea = make_variant(on_hand=5)
    at = StockPosting.objects.get(level__variant=tea).at
    balances.close_period(at, is_month_end=True)
    assert not StockBalance.objects.exists()
    assert rows(at) == [("MAIN", 5, 0, 0, Decimal(0))]
    assert rows(at - timedelta(microseconds=1)) == []


@pytest.mark.parametrize("column", ["on_hand", "allocated", "held", "value"])
def test_a_balance_that_differs_from_the_postings_is_found_and_mended(column):
    stock(make_variant("TEA"), 5, unit_cost=Decimal(2))
    for _number in range(3):
        balances.close_period(timezone.now(), is_month_end=False)
    middle = StockPeriod.objects.order_by("at")[1]
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE inventory_stockbalance SET {column} = {column} + 1 WHERE period_id = %s", [middle.pk])
    [found] = verification.run(["stock_balances"])
    assert (found.result.checked, found.result.wrong) == (3, 2)
    assert "TEA @ MAIN" in found.result.examples[0]
    [mended] = verification.run(["stock_balances"], repair=True)
    assert (mended.result.wrong, mended.mended) == (0, 2)
    assert set(StockBalance.objects.values_list("on_hand", "value")) == {(5, Decimal(10))}
    assert StockPeriod.objects.count() == 3


# --- Groups and scope -------------------------------------------------------------------------------


@pytest.fixture
def goods():
    """Tea in two places from two suppliers, a cup in a category below."""
    main, shop = make_location(), make_location("SHOP")
    drinks = make_category("Drinks")
    tea, cup = make_variant("TEA"), make_variant("CUP")
    for variant, category in ((tea, drinks), (cup, make_category("Cups", parent=drinks))):
        variant.product.category = category
        variant.product.save()
    services.receive(main, make_supplier("GMB"), [(tea.pk, 4, Decimal(3)), (cup.pk, 2, Decimal(5))], by=None)
    services.receive(shop, make_supplier("ACME"), [(tea.pk, 1, Decimal(4))], by=None)
    services.refresh_figures()
    return {"tea": tea, "cup": cup, "main": main, "shop": shop}


def test_stock_by_each_grouping(goods):
    now = timezone.now()
    assert {
        by: [(code, pieces, value) for code, pieces, _a, _h, value in rows(now, by)] for by in services.GROUPINGS
    } == {
        "location": [("MAIN", 6, 22), ("SHOP", 1, 4)],
        "category": [("Drinks", 5, 16), ("Drinks > Cups", 2, 10)],
        "supplier": [("ACME", 1, 4), ("GMB", 6, 22)],
        "variant": [("CUP", 2, 10), ("TEA", 5, 16)],
    }


def test_stock_narrowed(goods):
    now = timezone.now()
    pieces = lambda **more: [row[1] for row in rows(now, "location", **more)]  # noqa: E731
    assert pieces(warehouses=["SHOP"]) == [1]
    assert pieces(warehouses=[]) == []
    assert pieces(location=goods["main"].pk) == [6]
    assert pieces(categories=["Drinks > Cups"]) == [2]
    assert pieces(categories=["Drinks"]) == [6, 1]
    assert pieces(categories=[]) == []
    assert pieces(suppliers=[0]) == []


# --- Summaries --------------------------------------------------------------------------------------


def test_cost_of_goods_sold_by_shipment_and_day(goods):
    tea, main = goods["tea"], goods["main"]
    services.allocate("SO-1", [Demand(1, tea.pk, 3, "TEA")], by=None)
    services.ship("SO-1", {1: 2}, main, by=None)
    services.ship("SO-1", {1: 1}, main, by=None)
    post([Move("returned", tea.pk, virtual("customer"), main.pk, 1, cause="SO-1")], by=None)
    for _number in range(2):
        services.refresh_flows()
        found = SaleCost.objects.order_by("pk").values_list("kind", "cause", "pieces", "cost")
        assert list(found) == [("shipped", "SO-1", 2, 6), ("shipped", "SO-1", 1, 3), ("returned", "SO-1", -1, -3)]
    flow = DailyFlow.objects.get(kind="shipped")
    assert (flow.moves, flow.gained, flow.lost, flow.value) == (2, 0, 3, -9)
    services.allocate("SO-2", [Demand(2, tea.pk, 1, "TEA")], by=None)
    services.ship("SO-2", {2: 1}, main, by=None)
    services.refresh_flows()
    assert (DailyFlow.objects.get(kind="shipped").value, SaleCost.objects.count()) == (-12, 4)


def test_only_what_is_new_is_added_up(goods):
    sell(goods["tea"], 2, 1)
    for variant in (goods["tea"], goods["cup"]):
        backdate(variant, 3)
    services.refresh_flows()
    before = FlowMark.objects.get().upto
    assert set(DailyFlow.objects.values_list("kind", flat=True)) == {"received", "shipped"}
    DailyFlow.objects.filter(kind="shipped").update(value=1)

    sell(goods["cup"], 1, 2)
    services.refresh_flows()
    assert FlowMark.objects.get().upto > before
    assert sorted(DailyFlow.objects.filter(kind="shipped").values_list("value", flat=True)) == [-5, 1]
    services.refresh_flows(since=services.BEGINNING)
    assert sorted(DailyFlow.objects.filter(kind="shipped").values_list("value", flat=True)) == [-6, -5]


@pytest.mark.django_db(transaction=True)
def test_the_mark_waits_for_transactions_that_still_may_post(goods):
    writer = connection.copy()
    try:
        writer.set_autocommit(False)
        with writer.cursor() as cursor:
            cursor.execute("CREATE TEMP TABLE begins_to_write ()")
            cursor.execute("SELECT xact_start FROM pg_stat_activity WHERE pid = pg_backend_pid()")
            began = cursor.fetchone()[0]
        services.refresh_flows()
        assert FlowMark.objects.get().upto == began
        writer.rollback()
        services.refresh_flows()
        assert FlowMark.objects.get().upto > began
    finally:
        writer.close()


def test_summaries_that_differ_from_the_ledger_are_found_and_mended(goods):
    sell(goods["tea"], 2, 1)
    for variant in (goods["tea"], goods["cup"]):
        backdate(variant, 3)
    services.refresh_flows(since=services.BEGINNING)
    check = lambda **more: next(iter(verification.run(["stock_flows"], **more)))  # noqa: E731
    assert (check().result.checked, check().result.wrong) == (3, 0)
    DailyFlow.objects.filter(kind="shipped").update(value=0)
    SaleCost.objects.update(pieces=7)
    assert check().result.wrong == 2
    assert (check(repair=True).result.wrong, SaleCost.objects.get().pieces) == (0, 2)


def test_corrections_add_up_by_reason_and_person(goods):
    ann, bob = make_user(name="Ann"), make_user(name="Bob")
    tea, cup, main, shop = (goods[name] for name in ("tea", "cup", "main", "shop"))
    services.adjust(tea.pk, main, delta=-1, reason="Broken", by=ann)
    services.adjust(cup.pk, main, delta=-1, reason="Broken", by=ann)
    services.adjust(tea.pk, shop, delta=2, reason="Found", by=bob)
    services.refresh_flows()
    today = timezone.localdate()

    def sums(*days, **more):
        found = services.corrections(*days, **more).order_by("reason")
        return [(row.reason, row.actor, row.moves, row.gained, row.lost, row.value) for row in found]

    assert sums(today, today) == [("Broken", ann, 2, 0, 2, -8), ("Found", bob, 1, 2, 0, 8)]
    assert sums(None, today - timedelta(days=1)) == []
    assert sums(None, None, warehouses=["SHOP"]) == [("Found", bob, 1, 2, 0, 8)]
    assert sums(None, None, location=main.pk) == [("Broken", ann, 2, 0, 2, -8)]


def test_age_counts_the_newest_arrivals_as_what_is_left():
    tea = make_variant("TEA")
    for pieces, age in ((10, 300), (4, 60), (3, 10)):
        stock(tea, pieces, unit_cost=Decimal(2))
        backdate_last(age)
    services.adjust(tea.pk, make_location(), delta=-8, reason="x", by=None)
    services.refresh_figures()
    figures = StockFigures.objects.get()
    ages = [getattr(figures, f"pieces_{name}") for name in ("30", "90", "180", "365", "older")]
    assert (figures.on_hand, ages) == (9, [3, 4, 0, 2, 0])
    assert (timezone.now() - figures.oldest_at).days == 300
    summary = StockSummary.objects.get()
    assert (summary.value, summary.aged_30, summary.aged_90, summary.aged_365) == (18, 6, 8, 4)


def backdate_last(days):
    """Put the last posting so many days back."""
    last = StockPosting.objects.latest("pk")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        for table, key in (("inventory_stockposting", last.pk), ("inventory_stockmove", last.move_id)):
            cursor.execute(f"UPDATE {table} SET at = at - make_interval(days => %s) WHERE id = %s", [days, key])
        cursor.execute("SET LOCAL session_replication_role = origin")


def sell(variant, pieces, number):
    services.allocate(f"SO-{number}", [Demand(number, variant.pk, pieces, variant.sku)], by=None)
    services.ship(f"SO-{number}", {number: pieces}, make_location(), by=None)


def test_classes_by_value_of_use():
    for number, (sku, pieces) in enumerate([("A1", 78), ("A2", 10), ("B1", 8), ("C1", 4), ("N1", 0)], 1):
        variant = make_variant(sku)
        stock(variant, 100, unit_cost=Decimal(1))
        if pieces:
            sell(variant, pieces, number)
    services.refresh_figures()
    found = dict(StockFigures.objects.values_list("level__variant__sku", "abc"))
    assert found == {"A1": "A", "A2": "A", "B1": "B", "C1": "C", "N1": "-"}
    assert StockFigures.objects.filter(abc="A").count() == 2


def test_turnover_and_idleness():
    tea = make_variant("TEA")
    stock(tea, 10, unit_cost=Decimal(2))
    backdate_last(200)
    figures_of = lambda: StockFigures.objects.get()  # noqa: E731
    services.refresh_figures()
    assert (figures_of().turnover, figures_of().last_shipped_at, (timezone.now() - figures_of().idle_since).days) == (
        0,
        None,
        200,
    )
    sell(tea, 5, 1)
    services.refresh_figures()
    figures = figures_of()
    assert (figures.used, figures.used_value, figures.average_value, figures.turnover) == (5, 10, 10, 1)
    assert figures.idle_since == figures.last_shipped_at
    services.close_periods()
    services.refresh_figures()
    ends = StockPeriod.objects.count()
    assert figures_of().average_value == round(Decimal(10 + 20 * ends) / (1 + ends), 6)


def test_when_an_article_will_be_sold_out(goods):
    tea, main = goods["tea"], goods["main"]
    services.allocate("SO-1", [Demand(1, tea.pk, 2, "TEA")], by=None)
    services.ship("SO-1", {1: 2}, main, by=None)
    services.allocate("SO-2", [Demand(2, tea.pk, 1, "TEA")], by=None)
    now = timezone.now()
    today = timezone.localdate(now, timezone.get_default_timezone())
    for days, sold, left in ((0, (2, 2), 14), (40, (0, 2), 45), (100, (0, 0), None)):
        services.refresh_figures(now + timedelta(days=days))
        figures = StockFigures.objects.get(level=level_of(tea))
        assert (figures.sold_28, figures.sold_90) == sold
        assert figures.out_on == (None if left is None else today + timedelta(days=days + left))
    services.refresh_figures(now)
    summary = StockSummary.objects.get(location=main, abc="A")
    assert (summary.out_0, summary.out_7, summary.out_28, summary.out_90) == (0, 0, 1, 0)
