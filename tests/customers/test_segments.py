"""What customers are: classes, scores, lifecycle and churn risk, by exact tables, against a plain model, and day by day."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from io import StringIO
from itertools import pairwise
from json import loads
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.db import transaction
from django.utils import translation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customers.models import Customer, CustomerSegment, SegmentLimits, SegmentRun, SegmentSnapshot
from customers.services import segments
from orders.models import Order
from tests.factories import make_customer, make_ticket

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 30)
ZONE = ZoneInfo("UTC")


def at(days: int, as_of: date = TODAY) -> datetime:
    """Noon of so many days before."""
    return datetime(as_of.year, as_of.month, as_of.day, 12, tzinfo=ZONE) - timedelta(days=days)


def customer(name: str, *bought: tuple[int, int], known: int = 1000) -> Customer:
    """A customer with orders: (days ago, amount) of each."""
    made = make_customer(name)
    Customer.objects.filter(pk=made.pk).update(created_at=at(known))
    Order.objects.bulk_create(
        Order(
            number=f"{made.number}-{index}",
            customer=made,
            status="closed",
            currency="EUR",
            placed_at=at(days),
            total=amount,
            payment_status="none" if amount else "paid",
        )
        for index, (days, amount) in enumerate(bought)
    )
    return made


def now(one: Customer) -> CustomerSegment:
    return CustomerSegment.objects.get(customer=one)


def test_classes_follow_the_share_of_the_revenue():
    rows = [customer(name, (10, amount)) for name, amount in zip("abcdef", [500, 300, 100, 60, 30, 10], strict=True)]
    nothing = customer("g")

    segments.segment(TODAY)

    # Better customers bring 0, 50, 80, 90, 96 and 99 percent.
    assert [now(row).abc for row in rows] == ["A", "A", "B", "B", "C", "C"]
    assert [now(row).share_before for row in rows] == [Decimal(x) for x in ("0", "0.5", "0.8", "0.9", "0.96", "0.99")]
    assert (now(nothing).abc, now(nothing).revenue) == ("C", 0)


def test_scores_follow_bands_and_equal_customers_are_equal():
    last_year = (400, 900)
    one, same = customer("one", (31, 120)), customer("same", (31, 120))
    best = customer("best", *[(day, 100) for day in range(0, 20, 2)])
    late = customer("late", (366, 50), last_year)
    none = customer("none")

    segments.segment(TODAY)

    assert (now(one).rfm, now(same).rfm, now(best).rfm, now(late).rfm, now(none).rfm) == (
        "412",
        "412",
        "555",
        "111",
        "",
    )
    assert [(now(row).orders, now(row).window_orders) for row in (best, late)] == [(10, 10), (2, 0)]


@pytest.mark.parametrize(
    ("bought", "known", "contact", "lifecycle", "risk"),
    [
        ([], 59, None, "new", "none"),
        ([], 60, None, "active", "none"),
        ([], 180, None, "silent", "none"),
        ([], 400, 179, "active", "none"),
        ([], 400, None, "lost", "none"),
        ([(10, 5)], 900, None, "new", "steady"),
        ([(59, 5)], 900, None, "new", "steady"),
        ([(179, 5)], 900, None, "active", "raised"),  # the shop knows no better than 90 days, at risk after 180
        ([(180, 5)], 900, None, "silent", "raised"),
        ([(181, 5)], 900, 100, "churning", "high"),
        ([(364, 5)], 900, None, "silent", "high"),
        ([(365, 5)], 900, None, "lost", "high"),
        ([(365, 5)], 900, 364, "silent", "high"),
        ([(110, 5), (75, 5), (40, 5)], 900, None, "active", "raised"),  # every 35 days
        ([(140, 5), (105, 5), (70, 5)], 900, None, "active", "raised"),
        ([(141, 5), (106, 5), (71, 5)], 900, None, "churning", "high"),
        ([(141, 5), (141, 5), (71, 5)], 900, None, "active", "steady"),  # two days are one gap
    ],
)
def test_lifecycle_and_risk(bought, known, contact, lifecycle, risk):
    row = customer("x", *bought, known=known)
    if contact is not None:
        make_ticket(customer=row).messages.update(created_at=at(contact))

    segments.segment(TODAY)

    assert (now(row).lifecycle, now(row).risk) == (lifecycle, risk)


def test_every_value_has_its_reason_in_both_languages():
    row = customer("x", (220, 500), (178, 500), (143, 500), (143, 0))
    segments.segment(TODAY)

    def words():
        return {one.key: one.text for one in segments.reasons(now(row), SegmentLimits.current(), TODAY)}

    assert words() == {
        "abc": "€1,500.00 in the last 365 days; better customers bring 0.0 % of the revenue, and class A ends at 80 %, B at 95 %.",
        "rfm": "Last order 143 days ago (3 of 5); in 365 days 4 orders (3) and €1,500.00 (5).",
        "lifecycle": "Last order 143 days ago; usually every 38.5 days, at risk after 77.",
        "risk": "Last order 143 days ago; usually every 38.5 days, at risk after 77.",
    }
    with translation.override("zh-hans"):
        assert "143" in words()["risk"]


def run(**options):
    said = StringIO()
    call_command("segment_customers", json=True, stdout=said, **options)
    return loads(said.getvalue())


def test_a_day_worked_out_later_is_what_it_was():
    rows = [customer("a", (300, 100), (200, 100), (5, 100)), customer("b", (150, 50)), customer("c", known=100)]
    for days in (120, 0):
        segments.segment(TODAY - timedelta(days=days))
    kept = list(SegmentSnapshot.objects.order_by("pk").values_list("customer", "as_of", "abc", "lifecycle", "risk"))
    present = list(CustomerSegment.objects.order_by("pk").values())
    SegmentLimits.objects.create(pk=1, silent_days=61, lost_days=90)

    again = run(as_of=TODAY - timedelta(days=120))

    assert (again["customers"], again["differing"]) == (2, 0)
    assert sorted(SegmentSnapshot.objects.values_list("customer", "as_of", "abc", "lifecycle", "risk")) == sorted(kept)
    assert list(CustomerSegment.objects.order_by("pk").values()) == present
    assert SegmentRun.objects.count() == 2
    assert rows[2].pk not in {one[0] for one in kept if one[1] < TODAY}


def test_a_day_between_two_runs_does_not_change_what_the_later_one_said():
    row = customer("a", (300, 100), (170, 100))
    segments.segment(TODAY - timedelta(days=100))
    segments.segment(TODAY)
    before = list(row.snapshots.order_by("as_of").values_list("as_of", "lifecycle"))

    segments.segment(TODAY - timedelta(days=50))

    assert before == [(TODAY - timedelta(days=100), "active"), (TODAY, "active")] or before[0][1] != before[-1][1]
    after = list(row.snapshots.order_by("as_of").values_list("as_of", "lifecycle"))
    assert [one for one in after if one[0] != TODAY - timedelta(days=50)] == before


# --- Against a plain model ------------------------------------------------------------------------


def plain(bought: dict[int, list[tuple[date, int]]], limits: SegmentLimits) -> dict[int, tuple]:
    """What the segmentation says, one customer after another: values of those who bought."""
    gaps = {
        pk: [(b - a).days for a, b in pairwise(sorted({day for day, _amount in rows}))] for pk, rows in bought.items()
    }
    every = sorted(gap for one in gaps.values() for gap in one)
    usual, limit = Decimal(limits.gap_days), limits.gap_days * limits.churn_factor
    if len(every) >= 20:
        usual, limit = max(percentile(every, "0.5"), Decimal(1)), max(percentile(every, "0.9"), Decimal(1))
    window = {
        pk: [amount for day, amount in rows if (TODAY - day).days < limits.window_days] for pk, rows in bought.items()
    }
    found, before = {}, 0
    whole = sum(sum(amounts) for amounts in window.values())
    for pk in sorted(bought, key=lambda pk: (-sum(window[pk]), pk)):
        days, revenue = (TODAY - max(day for day, _amount in bought[pk])).days, sum(window[pk])
        abc = "C"
        if revenue:
            abc = (
                "A"
                if before * 100 < whole * limits.a_percent
                else "B"
                if before * 100 < whole * limits.b_percent
                else "C"
            )
        before += revenue
        mine, beyond = usual, limit
        if len(gaps[pk]) >= 2:
            mine = max(percentile(sorted(gaps[pk]), "0.5"), Decimal(1))
            beyond = round(mine * limits.churn_factor, 1)
        found[pk] = (
            abc,
            5 - sum(days > band for band in limits.recency_days),
            1 + sum(len(window[pk]) >= band for band in limits.frequency_orders),
            1 + sum(revenue >= band for band in limits.monetary_amounts),
            "high" if days > beyond else "raised" if days > mine else "steady",
        )
    return found


def percentile(rising: list[int], share: str) -> Decimal:
    """As PostgreSQL's percentile_cont, to one decimal."""
    place = Decimal(share) * (len(rising) - 1)
    low = int(place)
    high = min(low + 1, len(rising) - 1)
    exact = rising[low] + (rising[high] - rising[low]) * (place - low)
    return exact.quantize(Decimal("0.1"))


SHOPS = st.lists(
    st.lists(st.tuples(st.integers(0, 800), st.integers(1, 400)), min_size=1, max_size=6), min_size=1, max_size=12
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(shops=SHOPS, a=st.integers(1, 60), b=st.integers(61, 100), window=st.integers(1, 700), factor=st.integers(1, 4))
def test_shares_bands_and_gaps_are_those_of_a_plain_model(people, shops, a, b, window, factor):
    limits = SegmentLimits(pk=1, a_percent=a, b_percent=b, window_days=window, churn_factor=factor)
    bought = {
        people[index].pk: [(TODAY - timedelta(days=days), amount) for days, amount in rows]
        for index, rows in enumerate(shops)
    }
    with transaction.atomic():
        limits.save()
        Order.objects.bulk_create(
            Order(number=f"P-{pk}-{n}", customer_id=pk, status="closed", placed_at=at((TODAY - day).days), total=amount)
            for pk, rows in bought.items()
            for n, (day, amount) in enumerate(rows)
        )
        segments.segment(TODAY)
        found = {
            one.customer_id: (one.abc, one.recency, one.frequency, one.monetary, one.risk)
            for one in CustomerSegment.objects.filter(customer__in=bought)
        }
        transaction.set_rollback(True)

    assert found == plain(bought, SegmentLimits.of(limits.values()))


@pytest.fixture
def people():
    return [make_customer(f"P{index}") for index in range(12)]
