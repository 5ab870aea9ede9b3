"""Real order files go in, add up, and change nothing the second time."""

import csv
from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pytest
from django.db.models import Sum

from backoffice import verification
from orders.models import Order
from tests.backoffice.test_import_tables import bring, counts
from tests.factories import make_location

pytestmark = [pytest.mark.django_db, pytest.mark.real]

FILES = {  # rows, refused, orders
    "shopify/transporter_orders.csv": (4, 3, 1),  # the cells of its third row have slipped
    "shopify/orders_sample_249_lines.csv": (249, 0, 127),
    "online_retail/days/2010-12-09.csv": (2891, 17, 132 + 34),
}


@pytest.mark.parametrize("name", FILES)
def test_orders_go_in_and_stay_as_they_are(real_data, tmp_path, name):
    make_location()
    rows, refused, orders = FILES[name]
    data = (real_data / name).read_bytes()
    assert counts(bring(tmp_path, "orders", data, "--partial")) == (rows - refused, 0, 0, refused)
    assert Order.objects.count() == orders
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}
    assert counts(bring(tmp_path, "orders", data, "--partial")) == (0, 0, rows - refused, refused)


def test_totals_of_a_sales_log_are_those_of_its_lines(real_data, tmp_path):
    make_location()
    path = real_data / "online_retail/days/2010-12-09.csv"
    bring(tmp_path, "orders", path.read_bytes(), "--partial")
    sums: dict[str, Decimal] = defaultdict(Decimal)
    with path.open() as file:
        for row in csv.DictReader(file):
            amount = Decimal(row["Quantity"]) * Decimal(row["UnitPrice"])
            sums[row["InvoiceNo"]] += amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    orders = dict(Order.objects.exclude(status="canceled").values_list("source_number", "total"))
    assert len(orders) == 132
    assert orders == {number: sums[number] for number in orders}


def test_totals_of_a_file_without_prices_are_kept(real_data, tmp_path):
    make_location()
    bring(tmp_path, "orders", (real_data / "shopify/orders_sample_249_lines.csv").read_bytes())
    order = Order.objects.get(source_number="#1001")
    assert (order.total, order.paid, order.lines.count(), order.payment_status) == (183.5, 183.5, 3, "paid")
    assert Order.objects.aggregate(all=Sum("total"))["all"] == Order.objects.aggregate(all=Sum("lines__gross"))["all"]
