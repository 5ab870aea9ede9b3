"""A few seconds of everything at once over SKUs that everybody wants: nothing is oversold, lost, or stuck."""

import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from django.db import connection

from backoffice import verification
from inventory.models import Location, StockLevel, StockMove
from tests.factories import make_location, make_variant, stock
from tests.orders.hot_stock import Clerk, Work, balances, deadlocks, expected, together

pytestmark = pytest.mark.django_db(transaction=True)
CLERKS, SECONDS = 8, 4
VERBS = {
    "place", "cancel", "receive", "transfer", "count", "hold", "release", "serve_waiting", "reallocate", "close_and_open",
}  # fmt: skip


def test_everything_at_once_adds_up():
    places: list[Location] = [make_location(), make_location("SHOP"), make_location("KIOSK")]
    variants = [make_variant(f"HOT{number}", backorder_limit=number % 2 * 2) for number in range(8)]
    for variant in variants:
        for place in places:
            stock(variant, 6, location=place, unit_cost=Decimal("1.3"))
    before, broken = balances(variants), deadlocks()
    end = time.time() + SECONDS

    def run(number: int) -> Work:
        try:
            return Clerk(number, variants, places).work_until(end)
        finally:
            connection.close()

    with ThreadPoolExecutor(CLERKS) as pool:
        work = together(pool.map(run, range(CLERKS)))

    assert {verb for verb, times in work.done().items() if times} == VERBS
    assert work.refused["place"] > 0
    assert balances(variants) == expected(before, work)
    assert all(level.free >= -level.variant.backorder_limit for level in StockLevel.objects.select_related("variant"))
    assert StockMove.objects.filter(kind="released", reason__contains="free").exists()
    assert deadlocks() == broken
    assert {report.name: report.result.examples for report in verification.run() if report.result.wrong} == {}
