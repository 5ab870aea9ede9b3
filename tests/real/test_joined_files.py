"""Orders that come in several real files: every row is accounted for, and totals are those of the files."""

import csv
import gzip
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db.models import Sum

from backoffice import verification
from orders.models import Order, OrderLine, Payment
from tests.backoffice.test_import_tables import bring, counts
from tests.factories import make_location

pytestmark = [pytest.mark.django_db, pytest.mark.real]
CENT = Decimal("0.01")


def rows_of(path):
    with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
        return list(csv.DictReader(file))


def joined(tmp_path, first, *further):
    options = [option for path in further for option in ("--join", str(path))]
    return bring(tmp_path, "orders", first.read_bytes(), *options, "--partial", name=first.name)


def test_northwind_comes_in_with_its_lines(real_data, tmp_path):
    make_location()
    folder = real_data / "northwind"
    result = joined(tmp_path, folder / "orders.csv", folder / "order_details.csv")
    assert (counts(result), result["errors"]) == ((2155, 0, 0, 0), [])
    (step,) = result["joined"]["steps"]
    assert (result["joined"]["rows"], step["rows"], step["alone"], step["lacking"]) == (830, 2155, 0, 0)
    sums: dict[str, Decimal] = {row["orderID"]: Decimal(row["freight"]) for row in rows_of(folder / "orders.csv")}
    for row in rows_of(folder / "order_details.csv"):
        worth = Decimal(row["unitPrice"]) * Decimal(row["quantity"])
        sums[row["orderID"]] += worth - (worth * Decimal(row["discount"])).quantize(CENT, ROUND_HALF_UP)
    orders = {order.source_number: order for order in Order.objects.all()}
    assert {number: order.total for number, order in orders.items()} == sums
    assert Counter(order.status for order in orders.values()) == {"closed": 809, "draft": 21}
    first = orders["10248"]
    assert (first.customer_name, first.shipping_address["city"]) == ("Vins et alcools Chevalier", "Reims")
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


def test_olist_comes_in_with_items_payments_and_customers(real_data, tmp_path):
    make_location()
    folder = real_data / "olist"
    names = ("orders", "order_items", "order_payments", "customers")
    orders, items, payments, customers = (folder / f"olist_{name}_dataset.csv.gz" for name in names)
    result = joined(tmp_path, orders, items, payments, customers)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of(items):
        sums[row["order_id"]] += Decimal(row["price"]) + Decimal(row["freight_value"])
    paid: dict[str, Decimal] = defaultdict(Decimal)
    for row in rows_of(payments):
        paid[row["order_id"]] += Decimal(row["payment_value"])

    assert counts(result) == (8365, 0, 0, 775)
    assert {error["message"] for error in result["errors"]} == {"The order has no lines."}
    steps = {step["name"]: step for step in result["joined"]["steps"]}
    told = [(step["how"], step["rows"], step["alone"], step["lacking"]) for step in steps.values()]
    without_payment = sum(1 for row in rows_of(orders) if row["order_id"] not in paid)
    assert told[0] == ("lines", 8365, 0, 775)
    assert told[1][:3] == ("added", 8924, 0)
    assert told[2] == ("once", 8135, 0, 0)
    assert without_payment == 0

    found = {order.source_number: order for order in Order.objects.all()}
    assert len(found) == 7360
    assert {number: order.total for number, order in found.items() if order.status != "canceled"} == {
        number: total for number, total in sums.items() if found[number].status != "canceled"
    }
    assert {number: order.paid for number, order in found.items()} == {number: paid[number] for number in found}
    assert Payment.objects.aggregate(all=Sum("amount"))["all"] == sum(paid[number] for number in found)
    assert sum(order.paid != sums[number] for number, order in found.items()) == 42
    assert OrderLine.objects.count() == 8365
    city = {row["customer_id"]: row["customer_city"] for row in rows_of(customers)}
    row = rows_of(orders)[0]
    assert found[row["order_id"]].shipping_address["city"] == city[row["customer_id"]]
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}
