"""Files of supplier items and purchase orders: what they bring, what is refused, what undo takes back."""

from datetime import date
from decimal import Decimal

import pytest

from backoffice import verification
from backoffice.context import acting
from backoffice.imports import undoing
from backoffice.models import ImportRun
from inventory import services
from inventory.models import (
    Location,
    PurchaseOrder,
    PurchaseOrderLine,
    Receipt,
    ReceiptLine,
    StockMove,
    StockPart,
    SupplierItem,
)
from inventory.services import Move, post, virtual
from tests.backoffice.test_import_tables import bring
from tests.factories import level_of, make_location, make_supplier, make_variant

pytestmark = pytest.mark.django_db
HEADER = "PO,Vendor,Status,Order date,Freight,SKU,Quantity,Cost,Received,Rejected\n"
FILE = HEADER + (
    "7,ACME,open,2026-01-05,5.00,TEA,10,2.50,4,1\n7,,,,,CUP,2,4.1255,,\n8,acme works,closed,2026-01-06,,TEA,3,2,2,\n9,ACME,draft,,,TEA,1,1,,\n"
)


@pytest.fixture
def goods():
    make_location("MAIN")
    make_supplier("ACME", name="Acme works")
    return make_variant("TEA"), make_variant("CUP")


def run_of(tmp_path, text, resource="purchase_orders"):
    return ImportRun.objects.get(number=bring(tmp_path, resource, text)["run"])


def everything():
    return (
        list(PurchaseOrder.objects.order_by("source_number").values_list("source_number", "status", "subtotal", "total")),
        list(PurchaseOrderLine.objects.order_by("purchase_order__source_number", "position").values_list("variant__sku", "accepted", "rejected", "canceled")),
        sorted(ReceiptLine.objects.values_list("quantity", "rejected", "reject_reason")),
    )  # fmt: skip


def assert_verified():
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


def test_orders_come_with_what_arrived(tmp_path, goods):
    tea, cup = goods
    report = bring(tmp_path, "purchase_orders", FILE)
    assert (report["new"], report["refused"]) == (4, 0)
    assert everything() == (
        [
            ("7", "partially_received", Decimal("33.251"), Decimal("38.251")),
            ("8", "received", Decimal(6), Decimal(6)),
            ("9", "draft", Decimal(1), Decimal(1)),
        ],
        [("TEA", 3, 1, 0), ("CUP", 0, 0, 0), ("TEA", 2, 0, 1), ("TEA", 0, 0, 0)],
        [(2, 0, ""), (3, 1, "other")],
    )
    assert (level_of(tea).on_hand, level_of(tea).incoming, level_of(cup).incoming) == (5, 6, 2)
    assert_verified()


def test_the_same_file_again_changes_nothing_and_one_with_more_lines_adds_them(tmp_path, goods):
    bring(tmp_path, "purchase_orders", FILE)
    before = everything()
    assert bring(tmp_path, "purchase_orders", FILE)["unchanged"] == 4
    assert everything() == before
    make_variant("POT")
    report = bring(tmp_path, "purchase_orders", HEADER + "7,,,,,POT,1,1,1,\n7,,,,,TEA,10,2.5,4,1\n")
    assert (report["new"], report["unchanged"]) == (1, 1)
    assert PurchaseOrder.objects.get(source_number="7").lines.count() == 3
    assert_verified()


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (",ACME,,,,TEA,1,1,,", "does not say which purchase order"),
        ("1,NOBODY,,,,TEA,1,1,,", "There is no supplier “NOBODY”"),
        ("1,,,,,TEA,1,1,,", "a supplier is needed"),
        ("1,ACME,,,,NONE,1,1,,", "There is no variant “NONE”"),
        ("1,ACME,,,,TEA,0,1,,", "must be at least 1"),
        ("1,ACME,,,,TEA,1,1,1,2", "More was rejected or accepted"),
        ("1,ACME,canceled,,,TEA,1,1,1,", "nothing can have arrived"),
    ],
)
def test_refusals_name_row_and_reason(tmp_path, goods, row, sentence):
    report = bring(tmp_path, "purchase_orders", f"{HEADER}{row}\n")
    assert report["refused"] == 1
    assert sentence in report["errors"][0]["message"]
    assert not PurchaseOrder.objects.exists()


def test_an_order_stands_or_falls_together(tmp_path, goods):
    report = bring(tmp_path, "purchase_orders", HEADER + "1,ACME,,,,TEA,1,1,,\n1,,,,,NONE,1,1,,\n")
    assert [error["message"] for error in report["errors"]] == [
        "Its purchase order is refused: see row 3.",
        "There is no variant “NONE”.",
    ]


def test_undo_takes_orders_and_stock_back_and_redo_brings_them_again(tmp_path, goods):
    tea, _cup = goods
    run = run_of(tmp_path, FILE)
    before = everything()
    undoing.undo(run, by=None)
    assert everything() == ([], [], [])
    assert (level_of(tea).on_hand, level_of(tea).incoming) == (0, 0)
    assert_verified()
    run.refresh_from_db()
    undoing.redo(run, by=None)
    assert everything() == before
    assert (level_of(tea).on_hand, level_of(tea).incoming) == (5, 6)
    assert_verified()


def test_lines_of_a_second_file_are_taken_back_alone(tmp_path, goods):
    tea, _cup = goods
    first = run_of(tmp_path, "PO,Vendor,Status\n7,ACME,open\n")
    second = run_of(tmp_path, "PO,SKU,Quantity,Cost,Received\n7,TEA,4,2,4\n")
    assert everything()[0] == [("7", "received", Decimal(8), Decimal(8))]
    undoing.undo(second, by=None)
    assert everything() == ([("7", "ordered", Decimal(0), Decimal(0))], [], [])
    assert level_of(tea).on_hand == 0
    second.refresh_from_db()
    undoing.redo(second, by=None)
    assert everything()[0] == [("7", "received", Decimal(8), Decimal(8))]
    undoing.undo(ImportRun.objects.get(pk=second.pk), by=None)
    undoing.undo(first, by=None)
    assert not PurchaseOrder.objects.exists()
    assert_verified()


def test_undo_keeps_what_was_sold_or_received_since(tmp_path, goods):
    tea, _cup = goods
    run = run_of(tmp_path, FILE)
    post(
        [
            Move(
                StockMove.Kind.ADJUSTED, tea.pk, make_location().pk, virtual(Location.Kind.ADJUSTMENT), 3, reason="Lost"
            )
        ],
        by=None,
    )
    order = PurchaseOrder.objects.get(source_number="9")
    with acting(source="test"):
        services.order_purchase(order, by=None)
    undoing.undo(run, by=None)
    assert list(PurchaseOrder.objects.order_by("source_number").values_list("source_number", flat=True)) == ["7", "9"]
    assert Receipt.objects.count() == 1
    assert_verified()


def test_what_odoo_says_of_an_order_stands_in_its_first_row(tmp_path, goods):
    text = (
        "Order Reference,Vendor,Expected Arrival,Order Lines/Product,Order Lines/Quantity,Order Lines/Unit Price\n"
        "P7,Acme works,14 Feb 2026,TEA,10.0,2.50\n,,,CUP,2.0,4\nP8,Acme works,2026-02-14 12:00:00,TEA,3.0,2\n"
    )
    assert bring(tmp_path, "purchase_orders", text)["errors"] == []
    lines = PurchaseOrderLine.objects.order_by("pk").values_list(
        "purchase_order__source_number", "variant__sku", "quantity", "unit_cost"
    )
    assert list(lines) == [("P7", "TEA", 10, Decimal("2.5")), ("P7", "CUP", 2, 4), ("P8", "TEA", 3, 2)]
    assert {order.expected_on for order in PurchaseOrder.objects.all()} == {date(2026, 2, 14)}


@pytest.mark.parametrize(
    "text",
    [
        "Vendor,Item Code,Qty,Rate,Date\nAcme works,TEA,3,2.5,2026-01-05\n",
        "SKU,Item,Quantity,UnitAmount,ContactName\nTEA,Green tea,3,2.5,Acme works\n",
        "供应商名称,物料编码,采购数量,采购单价\nACME,TEA,3,2.5\n",
    ],
)
def test_headers_of_other_systems(tmp_path, goods, text):
    head, row, _end = text.split("\n")
    assert bring(tmp_path, "purchase_orders", f"PO No.,{head}\n7,{row}\n")["errors"] == []
    line = PurchaseOrderLine.objects.select_related("variant").get()
    assert (line.variant.sku, line.quantity, line.unit_cost) == ("TEA", 3, Decimal("2.5"))


def test_supplier_items_name_the_supplier_by_name_too(tmp_path, goods):
    text = "Part IPN,Supplier Name,SKU,Price,Pack Quantity\nTEA,acme works,A-77,1.25,6\n"
    assert bring(tmp_path, "supplier_items", text)["errors"] == []
    item = SupplierItem.objects.get()
    assert (item.supplier.code, item.supplier_sku, item.pack_size) == ("ACME", "A-77", 6)


def test_supplier_items(tmp_path, goods):
    text = "Supplier,SKU,Supplier SKU,Cost,Pack,MOQ,Preferred\nACME,TEA,T-1,1.25,6,12,yes\nACME,CUP,,2,0,1,\nACME,NONE,,2,1,1,\n"
    report = bring(tmp_path, "supplier_items", text)
    assert (report["new"], [error["row"] for error in report["errors"]]) == (1, [3, 4])
    good = "Supplier,SKU,Supplier SKU,Cost,Pack,MOQ,Preferred\nACME,TEA,T-1,1.25,6,12,yes\n"
    run = run_of(tmp_path, good, "supplier_items")
    item = SupplierItem.objects.get()
    assert (item.supplier_sku, item.cost, item.pack_size, item.minimum, item.is_preferred, item.currency) == (
        "T-1", Decimal("1.25"), 6, 12, True, "EUR",
    )  # fmt: skip
    undoing.undo(run, by=None)
    assert not SupplierItem.objects.exists()


# --- Lots and serial numbers ------------------------------------------------------------------------------

LOTS = "PO,Vendor,Status,SKU,Quantity,Cost,Received,Rejected,Lot,Expires\n"


def lots_there():
    there = StockPart.objects.there().select_related("lot")
    return sorted(
        (part.lot.number, part.lot.expires_on and part.lot.expires_on.isoformat(), part.quantity) for part in there
    )


def test_lots_and_serial_numbers_come_with_the_file_and_undo_and_redo_know_them(tmp_path, goods):
    make_variant("MILK", tracking="lot")
    make_variant("PHONE", tracking="serial")
    run = run_of(
        tmp_path,
        LOTS + '7,ACME,open,MILK,10,2,8,1,"B x 3, A x 4",2031-01-31\n7,,,PHONE,2,90,2,,"S1, S2",\n7,,,TEA,1,1,1,,,\n',
    )
    came = [("A", "2031-01-31", 4), ("B", "2031-01-31", 3), ("S1", None, 1), ("S2", None, 1)]
    assert lots_there() == came
    for _again in range(2):
        with acting(source="test"):
            undoing.undo(run, by=None)
        assert (lots_there(), Receipt.objects.count()) == ([], 0)
        with acting(source="test"):
            undoing.redo(run, by=None)
        assert lots_there() == came
    assert_verified()


def test_an_order_whose_lots_left_is_kept_by_undo(tmp_path, goods):
    milk = make_variant("MILK", tracking="lot")
    run = run_of(tmp_path, LOTS + "7,ACME,open,MILK,4,2,4,,A,\n")
    services.scrap("X", [(milk.pk, 1)], make_location("MAIN"), reason="Sour", by=None)
    services.adjust(milk.pk, make_location("MAIN"), delta=1, lot="B", reason="Found", by=None)
    with acting(source="test"):
        undoing.undo(run, by=None)
    assert lots_there() == [("A", None, 3), ("B", None, 1)]
    assert PurchaseOrder.objects.count() == 1


def test_what_does_not_add_up_is_refused_in_words(tmp_path, goods):
    make_variant("MILK", tracking="lot")
    make_variant("PHONE", tracking="serial")
    report = bring(
        tmp_path,
        "purchase_orders",
        LOTS
        + "1,ACME,open,MILK,4,2,4,,A x 3,\n2,ACME,open,PHONE,2,2,2,,S1,\n3,ACME,open,TEA,2,2,2,,A,\n4,ACME,open,MILK,2,2,2,,,\n",
        "--partial",
    )
    assert [(error["row"], error["column"], error["message"]) for error in report["errors"]] == [
        (2, "lots", "MILK: 4 pieces arrive, and lots are named of 3."),
        (3, "lots", "PHONE: 2 pieces arrive; name a serial number for each."),
        (4, "lots", "TEA is not tracked by lot."),
        (5, "received", "MILK is tracked by lots or serial numbers: name them, such as “A x 3, B x 2”, or receive it on the page of its purchase order."),
    ]  # fmt: skip
