"""AdventureWorks' purchase orders, without headers as they are: imported, received, and worth what the files say."""

import csv
import gzip
import io
import json
from collections import defaultdict
from contextlib import suppress
from decimal import Decimal

import pytest
from django.core.management import call_command
from django.db.models import Count, Sum

from backoffice import verification
from backoffice.imports import undoing
from backoffice.models import ImportRun
from inventory.models import PurchaseOrder, PurchaseOrderLine, Receipt, ReceiptLine, StockLevel, Supplier, SupplierItem
from tests.factories import make_location

pytestmark = [pytest.mark.django_db, pytest.mark.real]
CHECKS = ("stock_incoming", "purchase_sums", "purchase_receipts", "stock_levels", "stock_postings")


def bring(resource, path):
    out = io.StringIO()
    with suppress(SystemExit):
        call_command("import_csv", resource, str(path), "--json", stdout=out)
    return json.loads(out.getvalue().splitlines()[-1])


def table(path):
    content = path.read_bytes()
    text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode()
    return list(csv.reader(io.StringIO(text), delimiter="\t"))


@pytest.fixture
def works(real_data, tmp_path):
    """The folder of the files, with vendors, products by their ids, and a warehouse in place."""
    folder = real_data / "adventureworks"
    make_location("MAIN")
    assert bring("suppliers", folder / "Vendor.csv")["new"] == 104
    products = tmp_path / "products.csv"
    with products.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Handle", "Title", "Variant SKU", "Variant Price"])
        writer.writerows([f"p-{row[0]}", row[1], row[0], "1"] for row in table(folder / "Product.csv"))
    assert bring("products", products)["errors"] == []
    return folder


def wrong():
    return {r.name: r.result.examples for r in verification.run(CHECKS) if r.result.wrong}


def test_supplier_items(works):
    report = bring("supplier_items", works / "ProductVendor.csv")
    assert (report["new"], report["refused"]) == (460, 0)
    item = SupplierItem.objects.get(supplier__code="1580", variant__sku="1")
    assert (item.cost, item.minimum, item.lead_time_days, item.currency) == (Decimal("47.87"), 1, 17, "EUR")
    assert bring("supplier_items", works / "ProductVendor.csv")["unchanged"] == 460


def test_purchase_orders_are_worth_and_received_what_the_files_say(works):
    headers, lines = works / "PurchaseOrderHeader.csv.gz", works / "PurchaseOrderDetail.csv.gz"
    first = bring("purchase_orders", headers)
    assert (first["new"], first["refused"], first["errors"]) == (4012, 0, [])
    second = bring("purchase_orders", lines)
    assert (second["new"], second["refused"], second["errors"]) == (8845, 0, [])

    heads, rows = table(headers), table(lines)
    expected = {row[0]: tuple(map(Decimal, row[8:12])) for row in heads}
    orders = PurchaseOrder.objects.values_list("source_number", "subtotal", "tax", "freight", "total")
    assert {number: tuple(amounts) for number, *amounts in orders} == expected
    sums = PurchaseOrder.objects.aggregate(Sum("subtotal"), Sum("total"), count=Count("pk"))
    assert sums == {"count": 4012, "subtotal__sum": Decimal("63791994.8380"), "total__sum": Decimal("70479332.6383")}

    pieces = PurchaseOrderLine.objects.aggregate(Sum("quantity"), Sum("accepted"), Sum("rejected"))
    assert [pieces[f"{name}__sum"] for name in ("quantity", "accepted", "rejected")] == [
        sum(int(row[3]) for row in rows),
        *(sum(int(Decimal(row[place])) for row in rows) for place in (9, 8)),
    ]
    stocked = defaultdict(int)
    for row in rows:
        stocked[row[4]] += int(Decimal(row[9]))
    levels = StockLevel.objects.filter(on_hand__gt=0).values_list("variant__sku", "on_hand")
    assert dict(levels) == {sku: pieces for sku, pieces in stocked.items() if pieces}
    assert ReceiptLine.objects.count() == 8845
    assert StockLevel.objects.aggregate(Sum("value"))["value__sum"] == sum(Decimal(r[9]) * Decimal(r[5]) for r in rows)
    assert wrong() == {}

    again = bring("purchase_orders", lines)
    assert (again["new"], again["unchanged"], Receipt.objects.count()) == (0, 8845, 4012)

    run = ImportRun.objects.get(number=second["run"])
    undoing.undo(run, by=None)
    assert not PurchaseOrderLine.objects.exists()
    assert not StockLevel.objects.filter(on_hand__gt=0).exists()
    assert PurchaseOrder.objects.aggregate(Sum("subtotal"))["subtotal__sum"] == 0
    assert wrong() == {}
    undoing.undo(ImportRun.objects.get(number=first["run"]), by=None)
    assert not PurchaseOrder.objects.exists()
    assert Supplier.objects.count() == 104
