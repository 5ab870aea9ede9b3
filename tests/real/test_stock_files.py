"""AdventureWorks' stock by location and Northwind's stock, as the files are: totals are those of the files."""

import csv
import io
from collections import defaultdict

import pytest
from django.core.management import call_command
from django.db.models import Sum

from backoffice import verification
from backoffice.imports import undoing
from backoffice.models import ImportRun
from inventory.models import Bin, Location, StockLevel, StockMove, StockPart
from tests.backoffice.test_import_tables import bring, counts
from tests.factories import make_location

pytestmark = [pytest.mark.django_db, pytest.mark.real]
CHECKS = ("stock_levels", "stock_postings", "stock_parts")
LOOSE = 30_582  # pieces without a shelf


def table(content, delimiter=","):
    return list(csv.reader(io.StringIO(content.decode()), delimiter=delimiter))


def bring_products(tmp_path, numbers_and_titles):
    """Products whose SKU is the number that the other files call them by."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["Handle", "Title", "Variant SKU", "Variant Price"])
    writer.writerows([f"p-{number}", title, number, "1"] for number, title in numbers_and_titles)
    assert bring(tmp_path, "products", out.getvalue())["errors"] == []


def wrong():
    return {r.name: r.result.examples for r in verification.run(CHECKS) if r.result.wrong}


def test_adventureworks_stock_by_bin(real_data, tmp_path):
    folder = real_data / "adventureworks"
    bring_products(tmp_path, [row[:2] for row in table((folder / "Product.csv").read_bytes(), "\t")])
    places = bring(tmp_path, "locations", (folder / "Location.csv").read_bytes())
    assert (places["errors"], counts(places)) == ([], (14, 0, 0, 0))
    assert Location.objects.get(code="6").name == "Miscellaneous Storage"

    content = (folder / "ProductInventory.csv").read_bytes()
    result = bring(tmp_path, "stock", content)
    assert (result["errors"], counts(result)) == ([], (1065, 0, 4, 0))
    expected: dict[str, int] = defaultdict(int)
    bins: dict[tuple[str, str], int] = defaultdict(int)
    for _product, place, shelf, bin, pieces, *_rest in table(content, "\t"):
        expected[place] += int(pieces)
        if shelf != "N/A":
            bins[place, f"{shelf}-{bin}"] += int(pieces)
    sums = StockLevel.objects.values_list("location__code").annotate(Sum("on_hand"))
    assert dict(sums) == expected
    assert sum(expected.values()) == 335_974
    lying = StockPart.objects.there().values_list("bin__location__code", "bin__code").annotate(Sum("quantity"))
    assert {(place, code): pieces for place, code, pieces in lying} == {key: n for key, n in bins.items() if n}
    assert (sum(bins.values()), Bin.objects.count()) == (335_974 - LOOSE, len(bins))
    assert StockMove.objects.filter(cause=result["run"], kind="counted").count() == 1065
    assert wrong() == {}

    assert counts(bring(tmp_path, "stock", content)) == (0, 0, 1069, 0)
    out = tmp_path / "out.csv"
    call_command("export_csv", "stock", output=str(out), stderr=io.StringIO())
    assert counts(bring(tmp_path, "stock", out.read_bytes())) == (0, 0, 1065, 0)
    undoing.undo(ImportRun.objects.get(number=result["run"]), by=None)
    assert StockLevel.objects.aggregate(Sum("on_hand"))["on_hand__sum"] == 0
    assert wrong() == {}


def test_northwind_stock(real_data, tmp_path):
    make_location()
    content = (real_data / "northwind/products.csv").read_bytes()
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    bring_products(tmp_path, [(row["productID"], row["productName"]) for row in rows])
    result = bring(tmp_path, "stock", content)
    assert (result["errors"], counts(result)) == ([], (72, 0, 5, 0))
    stocked = {row["productID"]: int(row["unitsInStock"]) for row in rows if row["unitsInStock"] != "0"}
    assert dict(StockLevel.objects.values_list("variant__sku", "on_hand")) == stocked
    assert sum(stocked.values()) == 3_119
    assert wrong() == {}
