"""Orders that come in several files: joined by what they have in common, and nothing is lost unsaid."""

from decimal import Decimal

import pytest

from backoffice.models import ImportRun
from orders.models import Order, OrderLine, Payment
from tests.backoffice.test_import_tables import bring, counts, reasons
from tests.factories import make_location

pytestmark = pytest.mark.django_db

ORDERS = (
    "Order ID;Date created;Customer;Status\n"
    "A1;2026-01-05;Ada;completed\n"
    "A2;2026-01-06;Bob;completed\n"
    "A3;2026-01-07;Cyd;completed\n"
)
LINES = "line,order_no,Artikelnummer,Qty,Price\n1,A1,CUP,2,5.00\n2,A2,POT,1,12.50\n3,A1,TEA,1,3.00\n4,A9,TEA,1,3.00\n"
PAYMENTS = "order_id,payment_type,amount\nA1,card,10.00\nA1,voucher,3.00\nA2,card,12.50\n"


def bring_joined(tmp_path, first, *further, options=()):
    """The result of `import_csv orders` with these texts as files."""
    joins = []
    for place, text in enumerate(further, start=2):
        path = tmp_path / f"file{place}.csv"
        path.write_text(text)
        joins += ["--join", str(path)]
    return bring(tmp_path, "orders", first, *joins, *options, name="file1.csv")


def steps(result, *names):
    return [tuple(step[name] for name in names) for step in result["joined"]["steps"]]


def test_lines_take_what_their_header_says_and_payments_are_added_up(tmp_path):
    make_location()
    result = bring_joined(tmp_path, ORDERS, LINES, PAYMENTS, options=["--partial"])
    assert (counts(result), reasons(result)) == ((3, 0, 0, 1), [(5, "title", "", "The order has no lines.")])
    assert steps(result, "how", "rows", "alone", "lacking", "repeated", "examples") == [
        ("lines", 4, 1, 1, 0, ["a9"]),
        ("added", 3, 0, 1, 1, []),
    ]
    assert "1 rows of “file2.csv” found no partner and are left out: a9." in result["notes"]
    assert list(Order.objects.order_by("source_number").values_list("source_number", "customer_name", "total")) == [
        ("A1", "Ada", Decimal("13.00")),
        ("A2", "Bob", Decimal("12.50")),
    ]
    assert list(OrderLine.objects.order_by("pk").values_list("sku", "quantity")) == [("CUP", 2), ("TEA", 1), ("POT", 1)]
    assert list(Payment.objects.order_by("pk").values_list("amount", "method")) == [
        (Decimal("13.00"), "card + voucher"),
        (Decimal("12.50"), "card"),
    ]
    assert ImportRun.objects.get().joined["rows"] == 3
