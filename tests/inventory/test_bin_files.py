"""Files of stock by bin and lot: in, out, the same again, and taken back."""

from datetime import date
from io import StringIO

import pytest
from django.core.management import call_command

from backoffice import verification
from backoffice.imports import undoing
from backoffice.models import ImportRow, ImportRun
from inventory import services
from inventory.models import Bin, Lot, StockMove, StockPart
from inventory.services import Demand, PutAway
from tests.backoffice.test_import_tables import bring, counts, reasons
from tests.factories import level_of, make_location, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def main():
    return make_location("MAIN", name="Main warehouse")


def parts(variant):
    """Bin, lot and pieces of what is not loose; and what is on hand in all."""
    found = StockPart.objects.filter(level__variant=variant, quantity__gt=0).order_by("bin__code", "lot__number")
    named = [(p.bin.code if p.bin else "", p.lot.number if p.lot else "", p.quantity) for p in found]
    return named, level_of(variant).on_hand


def put(variant, pieces, code):
    """Put so many loose pieces into a bin of MAIN."""
    [bin] = services.create_bins(make_location(), [code], by=None) or Bin.objects.filter(code=code)
    services.put_away([PutAway(level_of(variant).pk, pieces, bin.pk)], by=None)


def assert_verified():
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


def test_opening_balances_by_bin(tmp_path, main):
    tea, cup = make_variant("TEA"), make_variant("CUP")
    result = bring(
        tmp_path, "stock", "sku,Shelf,Bin,on_hand,unit_cost\nTEA,A,1,5,2\nTEA,A,2,3,2\nTEA,,,4,2\nCUP,N/A,0,6,\n"
    )
    assert (result["errors"], counts(result)) == ([], (4, 0, 0, 0))
    assert parts(tea) == ([("A-1", "", 5), ("A-2", "", 3)], 12)
    assert parts(cup) == ([], 6)
    assert ImportRun.objects.get().report["notes"] == ["2 bins are created."]
    assert list(Bin.objects.order_by("position").values_list("code", flat=True)) == ["A-1", "A-2"]
    assert_verified()


def test_a_count_of_one_bin_leaves_the_others_and_what_is_not_put_away(tmp_path, main):
    tea = make_variant("TEA", on_hand=20)
    put(tea, 5, "A")
    put(tea, 6, "B")
    result = bring(tmp_path, "stock", "sku,bin,on_hand\ntea,a,3\n")
    assert counts(result) == (0, 1, 0, 0)
    assert parts(tea) == ([("A", "", 3), ("B", "", 6)], 18)
    assert ImportRow.objects.get().changes == [["on_hand", "5", "3"]]
    bring(tmp_path, "stock", "sku,bin,on_hand\nTEA,,7\nTEA,C,2\n")
    assert parts(tea) == ([("A", "", 3), ("B", "", 6), ("C", "", 2)], 18)
    assert_verified()


def test_pieces_that_lie_in_no_bin_yet_lie_where_the_file_says(tmp_path, main):
    """So does Shopify's file, in which the bin is a property of the article."""
    tea, cup, pot = (make_variant(sku, on_hand=4) for sku in ("TEA", "CUP", "POT"))
    text = (
        "SKU,Location,Bin name,On hand (current),On hand (new)\nTEA,MAIN,A-1,4,7\nCUP,MAIN,A-2,4,1\nPOT,MAIN,A-3,4,4\n"
    )
    result = bring(tmp_path, "stock", text)
    assert (counts(result), result["warnings"]) == ((0, 3, 0, 0), [])
    assert [parts(variant) for variant in (tea, cup, pot)] == [
        ([("A-1", "", 7)], 7),
        ([("A-2", "", 1)], 1),
        ([("A-3", "", 4)], 4),
    ]
    assert [m.quantity for m in StockMove.objects.filter(kind="put_away").order_by("variant")] == [4, 1, 4]
    assert counts(bring(tmp_path, "stock", text.replace(",4,", ",,"))) == (0, 0, 3, 0)
    assert_verified()


def test_pieces_found_in_another_bin_are_moved_there(tmp_path, main):
    tea = make_variant("TEA", on_hand=10)
    put(tea, 10, "A")
    services.allocate("SO-1", [Demand(1, tea.pk, 10, "TEA")], by=None)
    result = bring(tmp_path, "stock", "sku,bin,on_hand\nTEA,A,4\nTEA,B,6\n")
    assert (result["errors"], counts(result)) == ([], (0, 2, 0, 0))
    assert parts(tea) == ([("A", "", 4), ("B", "", 6)], 10)
    assert not StockMove.objects.filter(kind="counted").exists()
    refused = bring(tmp_path, "stock", "sku,bin,on_hand\nTEA,A,3\nTEA,B,6\n")
    assert {error["message"] for error in refused["errors"]} == {
        "10 pieces are allocated and 0 held at Main warehouse: the counts cannot be below 10 together."
    }
    assert_verified()


def test_lots_and_serial_numbers(tmp_path, main):
    milk, phone = make_variant("MILK", tracking="lot"), make_variant("PHONE", tracking="serial")
    text = (
        "sku,bin,lot,expires_on,on_hand\nMILK,A,L1,2030-01-31,5\nMILK,,L1,,2\nMILK,B,l2,2031-01-31,1\n"
        "PHONE,A,S-1,,1\nPHONE,,S-2,,1\n"
    )
    result = bring(tmp_path, "stock", text)
    assert (result["errors"], counts(result)) == ([], (5, 0, 0, 0))
    assert sorted(parts(milk)[0]) == [("", "L1", 2), ("A", "L1", 5), ("B", "l2", 1)]
    assert sorted(parts(phone)[0]) == [("", "S-2", 1), ("A", "S-1", 1)]
    assert Lot.objects.get(number="L1").expires_on == date(2030, 1, 31)
    assert counts(bring(tmp_path, "stock", text)) == (0, 0, 5, 0)

    result = bring(
        tmp_path,
        "stock",
        "sku,bin,lot,expires_on,on_hand\nMILK,A,,,9\nMILK,A,L1,2029-01-01,4\nPHONE,A,S-3,,2\nPHONE,B,S-1,,1\n",
        "--partial",
    )
    assert reasons(result) == [
        (2, "lot", "", "MILK is tracked by lot or serial number: the row has to name it."),
        (3, "expires_on", "2029-01-01", "Lot L1 is known to expire on 2030-01-31."),
        (4, "on_hand", "2", "A serial number is one piece."),
        (5, "lot", "S-1", "Serial number S-1 is in stock elsewhere: Main warehouse A."),
    ]
    moved = bring(tmp_path, "stock", "sku,bin,lot,on_hand\nPHONE,A,S-1,0\nPHONE,B,S-1,1\n")
    assert counts(moved) == (0, 2, 0, 0)
    assert sorted(parts(phone)[0]) == [("", "S-2", 1), ("B", "S-1", 1)]
    assert_verified()


def test_what_is_tracked_needs_its_lots_where_there_is_more_of_it(tmp_path, main):
    make_variant("MILK", tracking="lot")
    result = bring(tmp_path, "stock", "sku,on_hand\nMILK,3\n")
    assert reasons(result) == [(2, "on_hand", "3", "MILK is tracked by lot or serial number: the row has to name it.")]


def test_refusals_of_a_level_go_together(tmp_path, main):
    tea = make_variant("TEA", on_hand=8)
    services.create_bins(main, ["OLD"], by=None)
    services.close_bin(Bin.objects.get(), by=None)
    result = bring(tmp_path, "stock", "sku,bin,lot,on_hand\nTEA,OLD,,3\nTEA,A,,5\nCUP,A,,1\n", "--partial")
    assert reasons(result) == [
        (2, "bin", "OLD", "Bin OLD is closed (Main warehouse)."),
        (3, "sku", "TEA", "Another row of this SKU at this location is refused."),
        (4, "sku", "CUP", "There is no variant “CUP”."),
    ]
    assert parts(tea) == ([], 8)
    twice = bring(tmp_path, "stock", "sku,bin,lot,on_hand\nTEA,A,,3\nTEA,a,,5\nTEA,B,x,1\n", "--partial")
    assert reasons(twice) == [
        (2, "sku", "TEA", "Another row of this SKU at this location is refused."),
        (3, "sku", "TEA", "Row 2 has a count of this SKU in this place already."),
        (4, "lot", "x", "TEA is not tracked by lot."),
    ]


def test_an_export_by_bin_comes_back_as_it_went(tmp_path, main):
    tea, cup = make_variant("TEA", on_hand=9), make_variant("CUP", on_hand=2)
    make_variant("POT", on_hand=3, location=make_location("SHOP"))
    put(tea, 4, "A")
    put(cup, 2, "A")
    milk = make_variant("MILK", tracking="lot")
    bring(tmp_path, "stock", "sku,location,lot,expires_on,on_hand\nMILK,MAIN,L1,2030-01-31,5\n")
    path = tmp_path / "out.csv"
    call_command("export_csv", "stock", output=str(path), stderr=StringIO())
    lines = path.read_text().splitlines()
    assert [line.split(",")[:7] for line in lines[1:]] == [
        ["TEA", "Tea", "MAIN", "", "", "", "5"],
        ["TEA", "Tea", "MAIN", "A", "", "", "4"],
        ["CUP", "Cup", "MAIN", "A", "", "", "2"],
        ["POT", "Pot", "SHOP", "", "", "", "3"],
        ["MILK", "Milk", "MAIN", "", "L1", "2030-01-31", "5"],
    ]
    result = bring(tmp_path, "stock", path.read_bytes())
    assert (result["errors"], counts(result)) == ([], (0, 0, 5, 0))
    assert parts(milk) == ([("", "L1", 5)], 5)


def test_undo_and_redo_bring_the_pieces_back_to_their_bins(tmp_path, main):
    tea, cup, milk = (
        make_variant("TEA", on_hand=10),
        make_variant("CUP", on_hand=4),
        make_variant("MILK", tracking="lot"),
    )
    put(tea, 6, "A")
    before = [parts(tea), parts(cup)]
    number = bring(tmp_path, "stock", "sku,bin,lot,on_hand\nTEA,A,,3\nTEA,B,,5\nCUP,A,,4\nMILK,A,L1,2\n")["run"]
    after = [parts(variant) for variant in (tea, cup, milk)]
    assert after == [([("A", "", 3), ("B", "", 5)], 12), ([("A", "", 4)], 4), ([("A", "L1", 2)], 2)]

    done = undoing.undo(ImportRun.objects.get(number=number), by=None)
    assert (done.restored, done.kept_count) == (3, 0)
    assert [parts(tea), parts(cup)] == before
    assert parts(milk) == ([], 0)
    undoing.redo(ImportRun.objects.get(number=number), by=None)
    assert [parts(variant) for variant in (tea, cup, milk)] == after
    assert_verified()
