"""What real order files come to, counted here from the raw rows by csv alone, is what Houtai has after taking them in."""

import csv
import gzip
from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db.models import F, Sum

from backoffice import verification
from orders.models import Order, OrderLine
from tests.backoffice.test_import_tables import bring, counts
from tests.factories import make_location

pytestmark = [pytest.mark.django_db, pytest.mark.real]
CENT = Decimal("0.01")
LOG = "online_retail/online_retail_2010-12_to_2011-02.csv.gz"


def raw(path):
    """Of a sales log: lines of sold, canceled and written-off documents as (pieces, amount), by document."""
    found = {"sold": defaultdict(list), "canceled": defaultdict(list), "written off": defaultdict(list)}
    with gzip.open(path, "rt", newline="") as file:
        for row in csv.DictReader(file):
            number, pieces = row["InvoiceNo"], int(row["Quantity"])
            amount = (abs(pieces) * Decimal(row["UnitPrice"])).quantize(CENT, ROUND_HALF_UP)
            kind = "canceled" if number.startswith("C") else "sold" if pieces > 0 else "written off"
            found[kind][number].append((abs(pieces), amount))
    return found


def sums(documents):
    lines = [line for document in documents.values() for line in document]
    return len(documents), len(lines), sum(pieces for pieces, _ in lines), sum(amount for _, amount in lines)


def taken_back(path):
    """Lines of canceled documents that have an earlier sale of the article to the customer with as many pieces left, by document;
    the earlier cancellation takes first, and from the nearest sale."""
    with gzip.open(path, "rt", newline="") as file:
        rows = [
            (
                row["InvoiceDate"],
                place,
                row["InvoiceNo"],
                (row["CustomerID"], row["StockCode"].upper()),
                int(row["Quantity"]),
            )
            for place, row in enumerate(csv.DictReader(file))
        ]
    sales, found = defaultdict(list), defaultdict(list)
    for at, place, _number, what, pieces in sorted(rows):
        if pieces > 0 and what[0]:
            sales[what].append([at, place, pieces])
    for at, _place, number, what, pieces in sorted(rows):
        if number.startswith("C"):
            fitting = [sale for sale in sales[what] if sale[0] <= at and sale[2] >= -pieces]
            if fitting:
                max(fitting)[2] += pieces
            found[number].append(bool(fitting))
    return found


def test_three_months_of_sales_come_to_what_the_file_says(real_data, tmp_path):
    make_location()
    data = (real_data / LOG).read_bytes()
    file = raw(real_data / LOG)
    result = bring(tmp_path, "orders", data, "--partial", name="log.csv.gz")

    sold, canceled, off = (sums(file[kind]) for kind in ("sold", "canceled", "written off"))
    assert counts(result) == (sold[1] + canceled[1], 0, 0, off[1])
    assert (sold[1] + canceled[1] + off[1], canceled[0], off[1]) == (105_335, 805, 214)
    refused = Counter(error["message"].partition(" ")[2] for error in result["errors"])
    assert set(refused) == {"takes pieces out without a price: no sale, but a correction of stock."}
    matched = taken_back(real_data / LOG)
    some, lines = sum(any(each) for each in matched.values()), sum(sum(each) for each in matched.values())
    assert (some, lines) == (504, 1106)
    assert "504 of 805 cancellations take back earlier sales, with 1106 of 1904 lines." in result["notes"]

    revenue = Order.objects.filter(status="closed").aggregate(all=Sum("total"))["all"]
    lines = OrderLine.objects.filter(order__status="closed")
    pieces = lines.aggregate(all=Sum("quantity"))["all"]
    assert (Order.objects.filter(status="closed").count(), lines.count(), pieces, revenue) == sold
    back = OrderLine.objects.filter(order__status="canceled", canceled=F("quantity"))
    amounts = [
        (price * pieces).quantize(CENT, ROUND_HALF_UP) for price, pieces in back.values_list("unit_price", "canceled")
    ]
    assert (
        back.values("order").distinct().count(),
        back.count(),
        back.aggregate(all=Sum("canceled"))["all"],
        sum(amounts),
    ) == canceled
    assert Order.objects.filter(source_number__startswith="C").exclude(status="canceled").count() == 0
    totals = dict(Order.objects.filter(status="closed").values_list("source_number", "total"))
    assert totals == {number: sum(amount for _, amount in lines) for number, lines in file["sold"].items()}
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}

    orders = Order.history.rel.related_model.objects.count()
    assert counts(bring(tmp_path, "orders", data, "--partial", name="log.csv.gz")) == (
        0,
        0,
        sold[1] + canceled[1],
        off[1],
    )
    assert Order.history.rel.related_model.objects.count() == orders


def test_an_order_file_of_shopify_comes_to_what_its_totals_say(real_data, tmp_path):
    make_location()
    path = real_data / "shopify/orders_sample_249_lines.csv"
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    bring(tmp_path, "orders", path.read_bytes())
    told = {row["Name"]: (Decimal(row["Total"]), Decimal(row["Refunded Amount"])) for row in rows if row["Total"]}
    assert dict_of("total", "refunded") == told
    assert OrderLine.objects.aggregate(all=Sum("quantity"))["all"] == sum(int(row["Lineitem quantity"]) for row in rows)


def dict_of(*names):
    return {number: tuple(values) for number, *values in Order.objects.values_list("source_number", *names)}
