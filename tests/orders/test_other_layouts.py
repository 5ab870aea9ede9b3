"""Order files of other programs: their headers, and rows that are in doubt."""

from decimal import Decimal

import pytest

from catalog.models import Variant
from orders.models import Order
from tests.backoffice.test_import_tables import bring, counts, reasons
from tests.factories import make_location, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def main():
    return make_location("MAIN")


def test_an_export_of_woocommerce(tmp_path):
    make_variant("POT")
    text = (
        "Order Number,Order Status,Order Date,First Name (Billing),Last Name (Billing),Address 1&2 (Billing),City (Billing),Postcode (Billing),"
        "Country Code (Billing),Email (Billing),Payment Method Title,Cart Discount Amount,Order Shipping Amount,Order Total Amount,"
        "Order Total Tax Amount,SKU,Item #,Item Name,Quantity (- Refund),Item Cost\n"
        "77,Completed,2025-04-01 10:11,Ada,Lovelace,Hauptstr. 1,Berlin,10115,DE,ada@example.com,PayPal,3.00,5.00,32.00,5.11,POT,1,Pot,1,20.00\n"
        "77,Completed,2025-04-01 10:11,Ada,Lovelace,Hauptstr. 1,Berlin,10115,DE,ada@example.com,PayPal,3.00,5.00,32.00,5.11,,2,Cup,2,5.00\n"
    )

    result = bring(tmp_path, "orders", text)

    assert (result["errors"], result["warnings"], counts(result)) == ([], [], (2, 0, 0, 0))
    order = Order.objects.get()
    assert (order.email, order.customer_name, order.total, order.tax, order.discount) == (
        "ada@example.com", "Ada Lovelace", Decimal(32), Decimal("5.11"), Decimal(3),
    )  # fmt: skip
    assert order.billing_address == {
        "name": "Ada Lovelace", "line1": "Hauptstr. 1", "city": "Berlin", "postal_code": "10115", "country": "DE",
    }  # fmt: skip
    assert list(order.lines.values_list("title", "quantity", "unit_price")) == [("Pot", 1, 20), ("Cup", 2, 5)]


def test_the_amounts_of_lines_of_amazon_and_codes_that_are_barcodes(tmp_path):
    Variant.objects.filter(pk=make_variant("POT").pk).update(barcode="4006381333931")
    Variant.objects.filter(pk=make_variant("CUP").pk).update(barcode="0012345678905")
    text = (
        "amazon-order-id\tpurchase-date\torder-status\tproduct-name\tsku\tquantity\tcurrency\titem-price\tshipping-price\titem-promotion-discount\tship-city\n"
        "1-1\t2025-01-31T10:00:00+00:00\tShipped\tPot\t4006381333931\t3\tEUR\t25.00\t4.99\t2.00\tBerlin\n"
        "1-1\t2025-01-31T10:00:00+00:00\tShipped\tCup\t012345678905\t1\tEUR\t5.00\t\t\tBerlin\n"
    )

    result = bring(tmp_path, "orders", text)

    assert (result["errors"], result["warnings"], counts(result)) == ([], [], (2, 0, 0, 0))
    order = Order.objects.get()
    assert (order.source, order.total, order.shipping) == ("amazon", Decimal("32.99"), Decimal("4.99"))
    assert list(order.lines.values_list("sku", "variant__sku", "unit_price", "discount", "gross")) == [
        ("POT", "POT", Decimal("8.34"), Decimal("2.02"), Decimal(23)),
        ("CUP", "CUP", Decimal(5), Decimal(0), Decimal(5)),
    ]


def test_rows_in_doubt_are_told_and_lines_without_pieces_left_out(tmp_path):
    text = (
        "Order ID,Customer ID,EAN,Item,Qty,Price per unit,Line total,Total\n"
        "1,A,,Pot,2,5,10,10\n1,A,,Cup,1,3,3,3\n"  # the amounts of its lines, which come to the order's
        "2,A,,Pot,2,5,11,\n"
        "3,A,,Pot,1,5,5,\n3,,,Cup,0,5,0,\n"
        "4,A,,Pot,1,5,5,\n4,B,,Pot,1,5,5,\n"
        "5,A,123,,1,5,5,\n"
        "6,A,,Pot,2,5,10,\n6,A,,Cup,-1,3,,\n"
        "7,A,,Pot,2,5,10,10\n7,A,,Cup,1,10,10,10\n"  # amounts of lines, though all are the same
        "8,A,,Pot,2,,-10,\n"
    )

    result = bring(tmp_path, "orders", text, "--partial")

    assert sorted((one["row"], one["message"]) for one in result["warnings"]) == [
        (4, "The file's amount of the line is €11.00; quantity and price come to €10.00."),
        (6, "The line has no pieces and is left out."),
        (9, "There is no variant “123”: the line keeps the text."),
    ]
    assert [(row, column, said) for row, column, _value, said in reasons(result)] == [
        (7, "source_number", "Its order is refused: see row 8."),
        (8, "customer_number", "Rows 7 and 8 have one order number and name A and B: two orders need two numbers."),
        (10, "source_number", "Its order is refused: see row 11."),
        (11, "quantity", "Cup is taken back, and nothing of it sold: give what comes back an order number of its own."),
    ]
    assert dict(Order.objects.exclude(status="canceled").values_list("source_number", "total")) == {
        "1": 13,
        "2": 10,
        "3": 5,
        "5": 5,
        "7": 20,
    }
    back = Order.objects.get(status="canceled")
    assert (back.source_number, back.lines.get().unit_price, back.cancel_reason) == (
        "8",
        5,
        "Takes goods of another order back",
    )
