"""The customers of a real shop, with what they bought, segmented as of a day."""

import csv
import gzip
from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from customers.models import Customer, CustomerSegment, SegmentLimits
from customers.services import segments
from orders.models import Order
from tests.customers.test_customer_files import bring

pytestmark = [pytest.mark.django_db, pytest.mark.real]
AS_OF = date(2018, 10, 31)


def rows(folder, name):
    with gzip.open(folder / f"olist_{name}_dataset.csv.gz", "rt", encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_olists_customers_are_what_their_orders_say(real_data, tmp_path):
    folder = real_data / "olist"
    bring(tmp_path, gzip.decompress((folder / "olist_customers_dataset.csv.gz").read_bytes()))
    who = {row["customer_id"]: row["customer_unique_id"].upper() for row in rows(folder, "customers")}
    known = {customer.external_id.upper(): customer for customer in Customer.objects.all()}
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows(folder, "order_payments"):
        paid[row["order_id"]] += Decimal(row["payment_value"])
    bought = [
        (
            row,
            known[who[row["customer_id"]]],
            paid[row["order_id"]],
            datetime.fromisoformat(row["order_purchase_timestamp"]),
        )
        for row in rows(folder, "orders")
        if row["order_status"] == "delivered" and row["customer_id"] in who
    ]
    Order.objects.bulk_create(
        Order(
            number=f"SO-{index}", customer=customer, status="closed", currency="BRL", total=total,
            placed_at=at.replace(tzinfo=ZoneInfo("UTC")), payment_status="none" if total else "paid",
        )
        for index, (_row, customer, total, at) in enumerate(bought)
    )  # fmt: skip
    SegmentLimits.objects.create(pk=1, currency="BRL", window_days=3650)

    segments.segment(AS_OF)

    spent: dict[int, Decimal] = defaultdict(Decimal)
    last: dict[int, date] = {}
    for _row, customer, total, at in bought:
        spent[customer.pk] += total
        last[customer.pk] = max(last.get(customer.pk, at.date()), at.date())
    whole, before, classes = sum(spent.values()), Decimal(0), {}
    for pk, value in sorted(spent.items(), key=lambda one: (-one[1], one[0])):
        if value > 0:
            classes[pk] = "A" if before * 100 < whole * 80 else "B" if before * 100 < whole * 95 else "C"
        before += value
    found = {one.customer_id: one for one in CustomerSegment.objects.all()}
    buyers = set(spent)
    assert {pk: found[pk].abc for pk in classes} == classes
    assert {pk: found[pk].last_order_on for pk in buyers} == last
    assert {found[pk].recency for pk in buyers} <= {1, 2, 3, 4, 5}
    # Equal customers are equal: one order is one score, which quantiles would spread over all five.
    once = Counter(one.customer_id for one in Order.objects.all())
    assert {found[pk].frequency for pk, number in once.items() if number == 1} == {1}
    expected = Counter(
        "lost" if (AS_OF - day).days >= 365 else "silent" if (AS_OF - day).days >= 180 else "else"
        for day in last.values()
    )
    cycles = Counter(found[pk].lifecycle if found[pk].lifecycle in ("lost", "silent") else "else" for pk in buyers)
    assert cycles == expected
