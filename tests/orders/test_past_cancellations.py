"""Cancellations of sales logs: which earlier sale they take back, and what is told of it."""

import pytest

from backoffice.models import AuditEvent
from orders.models import Order
from tests.backoffice.test_import_tables import bring, counts
from tests.factories import make_customer, make_location
from tests.orders.builders import staff
from tests.orders.test_order_files import assert_verified, undo
from tests.orders.test_order_page import seen

pytestmark = pytest.mark.django_db

HEADER = "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID\n"
LOG = HEADER + (
    "C9,lamp,Lamp,-4,2010-12-09 10:00:00,5,17850.0\n"
    "1,LAMP,Lamp,9,2010-12-01 10:00:00,5,17850.0\n"
    "2,LAMP,Lamp,5,2010-12-02 10:00:00,5,17850.0\n"
    "3,LAMP,Lamp,3,2010-12-03 10:00:00,5,17850.0\n"
    "4,LAMP,Lamp,50,2010-12-10 10:00:00,5,17850.0\n"
    "5,LAMP,Lamp,50,2010-12-04 10:00:00,5,14000.0\n"
)
LATER = HEADER + (
    "C10,LAMP,Lamp,-2,2010-12-09 11:00:00,5,17850.0\n"
    "C11,LAMP,Lamp,-2,2010-12-09 12:00:00,5,17850.0\n"
    "C11,CUP,Cup,-1,2010-12-09 12:00:00,2,17850.0\n"
    "C12,LAMP,Lamp,-60,2010-12-11 12:00:00,5,17850.0\n"
    "C13,LAMP,Lamp,-1,2010-12-11 12:00:00,5,\n"
)


def links():
    """(cancellation, sale, pieces by article), as the events of either order tell it; both have to say the same."""
    called = dict(Order.objects.values_list("number", "source_number"))
    there, here = (
        [
            ((called.get(event.subject), event.data["source_number"]), event.data["lines"])
            for event in AuditEvent.objects.filter(verb=verb).order_by("pk")
        ]
        for verb in ("order.takes_back", "order.taken_back")
    )
    assert sorted(map(str, there)) == sorted(str((pair[::-1], lines)) for pair, lines in here)
    return [(*pair, lines) for pair, lines in there]


@pytest.fixture(autouse=True)
def main():
    return make_location("MAIN")


def test_each_line_takes_back_the_nearest_earlier_sale_that_has_the_pieces(tmp_path):
    make_customer("Shop Ltd", external_id="17850")
    first = bring(tmp_path, "orders", LOG)
    assert links() == [("C9", "2", {"LAMP": 4})]
    assert "1 of 1 cancellations take back earlier sales, with 1 of 1 lines." in first["notes"]

    later = bring(tmp_path, "orders", LATER)

    assert links()[1:] == [("C10", "3", {"LAMP": 2}), ("C11", "1", {"LAMP": 2})]
    assert later["notes"][-2:] == [
        "2 of 4 cancellations take back earlier sales, with 2 of 5 lines.",
        "Of the other lines 1 name no customer, 1 have no earlier sale, and 1 take back more than is left of one.",
    ]
    assert [(row["row"], row["message"]) for row in later["warnings"] if "takes back" in row["message"] or "take back" in row["message"]] == [
        (4, "CUP: no earlier sale to this customer is known that this takes back."),
        (5, "LAMP: no earlier sale to this customer has 60 pieces left to take back."),
        (6, "LAMP: no customer is named whose purchase this takes back."),
    ]  # fmt: skip
    assert counts(bring(tmp_path, "orders", LATER)) == (0, 0, 5, 0)
    assert len(links()) == 3
    sales = Order.objects.exclude(source_number__startswith="C")
    assert set(sales.values_list("status", "return_status", "refunded")) == {("closed", "none", 0)}
    assert_verified()


def test_both_orders_tell_it_until_the_import_is_undone(tmp_path, client):
    client.force_login(staff("owner"))
    bring(tmp_path, "orders", LOG.replace("C9,lamp,Lamp,-4,2010-12-09 10:00:00,5,17850.0\n", ""))
    run = bring(tmp_path, "orders", HEADER + "C8,LAMP,Lamp,-5,2010-12-03 09:00:00,5,17850.0\n")["run"]
    sale, back = (Order.objects.get(source_number=number) for number in ("2", "C8"))
    assert seen(client, back).context["taken_back"] == [f"Cancels {sale} (2)"]
    page = seen(client, sale)
    assert page.context["taken_back"] == [f"Canceled in part by C8 ({back})"]
    assert f'<a href="/go/{back}/">{back}</a>' in page.content.decode()

    undo(run)

    assert seen(client, sale).context["taken_back"] == []
    bring(tmp_path, "orders", HEADER + "C7,LAMP,Lamp,-5,2010-12-03 09:00:00,5,17850.0\n")
    assert links_of("C7") == ["2"]  # whose pieces are free again


def links_of(number):
    order = Order.objects.get(source_number=number)
    events = AuditEvent.objects.filter(verb="order.takes_back", subject=order.number)
    return [event.data["source_number"] for event in events]


KINDS = {
    "a type": (",Type", "8,,2,Credit Note,10"),
    "a credit": (",Credit", "8,,2,yes,10"),
    "a credited amount": (",Credit", "8,,2,10.00,10"),
    "below the sale": (",Type", "1,-R,2,Return,10"),
    "without the C, and a total below zero": (",Total", "8,,-2,-10,10"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_other_logs_say_it_otherwise(tmp_path, kind):
    column, (number, suffix, pieces, word, worth) = KINDS[kind][0], KINDS[kind][1].split(",")
    sold = {",Credit": ",0", ",Type": ",Sale", ",Total": ",15"}[column]
    result = bring(
        tmp_path,
        "orders",
        f"Order number,SKU,Quantity,Date,Unit price,Email,Payment status{column}\n"
        f"1,LAMP,3,2010-12-01,5,ada@example.com,paid{sold}\n{number},LAMP,{pieces},2010-12-02,5,ada@example.com,paid,{word}\n",
    )
    assert (result["errors"], counts(result)) == ([], (2, 0, 0, 0))
    assert links_of(f"{number}{suffix}") == ["1"]
    rows = Order.objects.order_by("pk").values_list("status", "payment_status", "total", "paid")
    assert list(rows) == [("closed", "paid", 15, 15), ("canceled", "none", 0, 0)]
    event = AuditEvent.objects.get(verb="order.imported", reason__startswith="Takes")
    assert event.reason == f"Takes 2 pieces back for €{worth}.00 at the source."
    assert_verified()


def test_a_credit_that_is_not_the_line_is_none(tmp_path):
    text = "Order number,SKU,Quantity,Unit price,Total,Credit\n1,LAMP,3,5,15,2.50\n2,LAMP,3,5,-15,\n"
    result = bring(tmp_path, "orders", text, "--partial")
    assert [(row["row"], row["column"], row["message"]) for row in result["errors"]] == [
        (3, "total", "The number must not be below 0.")
    ]
    assert list(Order.objects.values_list("source_number", "status")) == [("1", "closed")]
