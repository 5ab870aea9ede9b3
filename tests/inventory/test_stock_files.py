"""Files of counted stock, through the command, into the ledger; and out again."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command

from backoffice import verification
from backoffice.imports import undoing
from backoffice.models import ImportRow, ImportRun
from inventory import services
from inventory.models import StockLevel, StockMove
from inventory.services import Demand
from tests.backoffice.test_import_tables import bring, counts, reasons
from tests.factories import level_of, make_location, make_user, make_variant, stock

pytestmark = pytest.mark.django_db


@pytest.fixture
def main():
    return make_location("MAIN", name="Main warehouse", name_zh="主仓库")


def undo(run):
    out = StringIO()
    call_command("undo_import", run, "--json", stdout=out)
    return json.loads(out.getvalue())


def assert_verified():
    assert {r.name: r.result.examples for r in verification.run() if r.result.wrong} == {}


def test_opening_balances(tmp_path, main):
    tea, cup = make_variant("TEA"), make_variant("CUP")
    result = bring(tmp_path, "stock", "sku,on_hand,unit_cost\ntea,5,1.5\nCUP,0,\n")
    assert (result["errors"], counts(result)) == ([], (1, 0, 1, 0))
    assert (level_of(tea).on_hand, level_of(tea).value) == (5, Decimal("7.5"))
    move = StockMove.objects.get()
    assert (move.kind, move.cause, move.reason) == ("counted", result["run"], "file.csv")
    assert not StockLevel.objects.filter(variant=cup).exists()
    assert_verified()


def test_a_count_posts_the_difference_and_the_same_file_again_nothing(tmp_path, main):
    tea, cup = make_variant("TEA"), make_variant("CUP")
    stock(tea, 10, unit_cost=Decimal(2))
    stock(cup, 3)
    text = "SKU;Warehouse;Quantity;Note\nTEA;main;8;broken\nCUP;Main Warehouse;4;\n"
    assert counts(bring(tmp_path, "stock", text)) == (0, 2, 0, 0)
    assert (level_of(tea).on_hand, level_of(tea).value, level_of(cup).on_hand) == (8, 16, 4)
    assert StockMove.objects.get(variant=tea, kind="counted").reason == "broken"
    moves = StockMove.objects.count()
    assert counts(bring(tmp_path, "stock", text)) == (0, 0, 2, 0)
    assert StockMove.objects.count() == moves


def test_a_check_shows_old_and_new_numbers_and_writes_nothing(tmp_path, main):
    stock(make_variant("TEA"), 10)
    result = bring(tmp_path, "stock", "sku,on_hand\nTEA,8\n", "--dry-run")
    row = ImportRow.objects.get()
    assert (counts(result), row.outcome, row.record, row.changes) == (
        (0, 1, 0, 0), "changed", "TEA", [["on_hand", "10", "8"]],
    )  # fmt: skip
    assert StockMove.objects.count() == 1


def test_what_is_promised_cannot_be_counted_away(tmp_path, main):
    tea, cup = make_variant("TEA", on_hand=10), make_variant("CUP", on_hand=10, backorder_limit=2)
    services.allocate("SO-1", [Demand(1, tea.pk, 3, "TEA"), Demand(2, cup.pk, 3, "CUP")], by=None)
    result = bring(tmp_path, "stock", "sku,on_hand\nTEA,2\nCUP,1\n")
    assert reasons(result) == [
        (2, "on_hand", "2", "3 pieces are allocated and 0 held at Main warehouse: the count cannot be below 3.")
    ]
    assert counts(result) == (0, 1, 0, 1)
    assert (level_of(tea).on_hand, level_of(cup).on_hand) == (10, 10)
    assert counts(bring(tmp_path, "stock", "sku,on_hand\nTEA,3\nCUP,1\n")) == (0, 2, 0, 0)
    assert_verified()


def test_every_refusal_names_row_column_and_reason(tmp_path, main):
    make_location("SHOP")
    make_location("OLD", is_active=False)
    make_variant("TEA")
    result = bring(
        tmp_path,
        "stock",
        "sku,location,on_hand\nNO,MAIN,1\nTEA,,1\nTEA,moon,1\nTEA,OLD,1\nTEA,transit,1\n,MAIN,1\nTEA,MAIN,-1\n"
        "TEA,MAIN,1.5\nTEA,MAIN,many\nTEA,MAIN,9999999999\nTEA,MAIN,1\ntea,Main warehouse,2\n",
        "--partial",
    )
    assert reasons(result) == [
        (2, "sku", "NO", "There is no variant “NO”."),
        (3, "location", "", "Say at which location: there are several."),
        (4, "location", "moon", "There is no location “moon”."),
        (5, "location", "OLD", "Old is not an open warehouse."),
        (6, "location", "transit", "In transit is not an open warehouse."),
        (7, "sku", "", "The row does not say which SKU was counted."),
        (
            8,
            "on_hand",
            "-1",
            "-1 pieces cannot lie at Main warehouse: more was sold than there was. Count them, or enter 0.",
        ),
        (9, "on_hand", "1.5", "A whole number is expected."),
        (10, "on_hand", "many", "This is not a number."),
        (11, "on_hand", "9999999999", "The number is too large."),
        (13, "sku", "TEA", "Row 12 has a count of this SKU at this location already."),
    ]
    assert (result["read"], counts(result)) == (12, (1, 0, 0, 11))


def test_values_have_an_end(tmp_path, main):
    make_variant("TEA")
    result = bring(tmp_path, "stock", "sku,on_hand,unit_cost\nTEA,999999999,99999999999\n")
    assert reasons(result) == [(2, "unit_cost", "99999999999.000000", "The number is too large.")]


def test_without_a_warehouse_nothing_is_counted(tmp_path):
    make_variant("TEA")
    result = bring(tmp_path, "stock", "sku,on_hand\nTEA,1\n")
    assert reasons(result) == [(2, "location", "", "There is no open warehouse yet. Create one first.")]


def test_a_name_that_two_warehouses_have_is_refused(tmp_path):
    make_location("A", name="Store")
    make_location("B", name="store")
    make_variant("TEA")
    result = bring(tmp_path, "stock", "sku,location,on_hand\nTEA,STORE,1\nTEA,Store,1\n")
    assert reasons(result) == [(2, "location", "STORE", "Several locations are called “STORE”. Give the code.")]


def test_people_count_only_at_their_warehouses(tmp_path, main):
    make_location("SHOP")
    make_variant("TEA")
    manager = make_user("warehouse_manager", email="m@example.com", warehouses=("SHOP",))
    result = bring(tmp_path, "stock", "sku,location,on_hand\nTEA,MAIN,1\nTEA,,2\n", "--by", manager.email)
    assert reasons(result) == [(2, "location", "MAIN", "You may not move stock at Main warehouse.")]
    bring(tmp_path, "stock", "sku,on_hand\nTEA,2\n", "--by", manager.email)
    assert StockLevel.objects.get().location.code == "SHOP"
    assert StockMove.objects.get().actor == manager


def test_costs_are_left_out_for_who_may_not_see_them(tmp_path, main):
    clerk = make_user("warehouse_operator", email="c@example.com")
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["adjust_stock", "import_data"]))
    tea = make_variant("TEA", cost=Decimal(3))
    result = bring(tmp_path, "stock", "sku,on_hand,unit_cost\nTEA,2,99\n", "--by", clerk.email)
    assert [i["header"] for i in result["ignored"]] == ["unit_cost"]
    assert level_of(tea).value == 6


SHOPIFY = (
    "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,SKU,HS Code,COO,Location,Bin name,"
    "Incoming (not editable),Unavailable (not editable),Committed (not editable),Available (not editable),On hand (current),On hand (new)\n"
)


def test_shopify_inventory(tmp_path, main):
    make_location("SHOP", name="Shop location")
    tea = make_variant("TEA", on_hand=4)
    cup = make_variant("CUP", option1="Red")
    pot = make_variant("POT")
    result = bring(
        tmp_path,
        "stock",
        SHOPIFY + "tea,Tea,Title,Default Title,,,,,TEA,,,Main warehouse,,0,0,1,3,4,\n"
        "tea,Tea,Title,Default Title,,,,,TEA,,,Shop location,,0,0,0,0,not stocked,not stocked\n"
        "cup,Cup,Color,Red,,,,,,,,Shop location,A-1,0,0,0,0,0,7\n"
        "pot,Pot,Title,Default Title,,,,,,,,Main warehouse,,0,0,0,2,2,5\n",
    )
    assert (result["errors"], counts(result)) == ([], (2, 0, 2, 0))
    assert level_of(tea).on_hand == 4
    assert StockLevel.objects.get(variant=cup).on_hand == 7
    assert level_of(pot).on_hand == 5


def hints(result):
    """Row, column, value and sentence of every hint of the run."""
    rows = ImportRow.objects.filter(run__number=result["run"], is_warned=True).order_by("row")
    return [(row.row, *problem[:3]) for row in rows for problem in row.problems if problem[3] == "warning"]


def shopify(*rows):
    """Shopify's inventory file of (SKU, location, on hand then, on hand new)."""
    return SHOPIFY + "".join(
        f"x,X,Title,Default Title,,,,,{sku},,,{at},,0,0,0,0,{then},{new}\n" for sku, at, then, new in rows
    )


def test_what_shopify_took_to_be_there_is_compared_and_shown_before_anything_is_written(tmp_path, main):
    tea, cup, pot = (make_variant(sku, on_hand=6) for sku in ("TEA", "CUP", "POT"))
    text = shopify(("TEA", "MAIN", 4, 9), ("CUP", "MAIN", 5, ""), ("POT", "MAIN", 6, 7), ("NO", "MAIN", 1, ""))
    checked = bring(tmp_path, "stock", text, "--dry-run")
    assert StockMove.objects.count() == 3
    assert (checked["errors"], counts(checked)) == ([], (0, 2, 2, 0))
    assert hints(checked) == [
        (2, "on_hand", "4", "The file took 4 to be on hand at Main warehouse; there are 6."),
        (3, "on_hand", "5", "The file took 5 to be on hand at Main warehouse; there are 6."),
        (5, "sku", "NO", "There is no variant “NO”."),
    ]
    run = bring(tmp_path, "stock", text)["run"]
    assert [level_of(variant).on_hand for variant in (tea, cup, pot)] == [9, 6, 7]
    undo(run)
    assert [level_of(variant).on_hand for variant in (tea, cup, pot)] == [6, 6, 6]
    assert_verified()


def test_numbers_below_zero_are_compared_but_never_counted(tmp_path, main):
    tea, cup = make_variant("TEA"), make_variant("CUP")
    result = bring(tmp_path, "stock", shopify(("TEA", "MAIN", -3, 2), ("CUP", "MAIN", 0, -2)), "--partial")
    assert reasons(result) == [
        (
            3,
            "counted",
            "-2",
            "-2 pieces cannot lie at Main warehouse: more was sold than there was. Count them, or enter 0.",
        )
    ]
    assert hints(result) == [(2, "on_hand", "-3", "The file took -3 to be on hand at Main warehouse; there are 0.")]
    assert (level_of(tea).on_hand, StockLevel.objects.filter(variant=cup).exists()) == (2, False)


def test_not_stocked_is_no_zero(tmp_path, main):
    shop = make_location("SHOP")
    tea, cup = make_variant("TEA", on_hand=4), make_variant("CUP")
    rows = [("TEA", "MAIN", 4, "not stocked"), ("TEA", "SHOP", "not stocked", 2), ("CUP", "MAIN", "Not stocked", "")]
    result = bring(tmp_path, "stock", shopify(*rows))
    stays = "is not to stock it, but has 4 pieces. They stay: a count of 0, a correction or a transfer takes them away."
    assert (result["errors"], counts(result)) == ([], (1, 0, 2, 0))
    assert hints(result) == [(2, "counted", "", f"Main warehouse {stays}")]
    assert (level_of(tea).on_hand, level_of(tea, shop).on_hand) == (4, 2)
    assert not StockLevel.objects.filter(variant=cup).exists()

    wide = bring(tmp_path, "stock", "SKU,MAIN,SHOP\nTEA,not stocked,5\nCUP,not stocked,\n")
    assert hints(wide) == [(2, "at", "", f"Main warehouse {stays}")]
    assert (level_of(tea).on_hand, level_of(tea, shop).on_hand) == (4, 5)
    narrow = bring(tmp_path, "stock", "SKU,Location,Quantity\nTEA,MAIN,not stocked\n")
    assert hints(narrow) == [(2, "on_hand", "", f"Main warehouse {stays}")]


def test_a_file_in_which_nothing_was_counted_says_how_to_take_over_what_it_has(tmp_path, main):
    make_variant("TEA")
    text = shopify(("TEA", "MAIN", 4, ""))
    result = bring(tmp_path, "stock", text)
    notes = ImportRun.objects.get(number=result["run"]).report["notes"]
    assert counts(result) == (0, 0, 1, 0)
    assert notes == [
        "No row says what was newly counted, so nothing changes. To take over what the file says is on hand, leave the column of new counts out."
    ]
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"On hand (new)": ""}')
    assert counts(bring(tmp_path, "stock", text, f"--mapping={mapping}")) == (1, 0, 0, 0)
    assert StockLevel.objects.get().on_hand == 4


WIDE = (
    "Handle,Title,Option1 Name,Option1 Value,Option2 Name,Option2 Value,Option3 Name,Option3 Value,SKU,HS Code,COO,{}\n"
)


def test_shopify_with_a_column_for_each_location(tmp_path, main):
    shop = make_location("SHOP", name="12 High St.")
    tea, cup = make_variant("TEA"), make_variant("CUP", option1="Red")
    result = bring(
        tmp_path,
        "stock",
        WIDE.format("Main warehouse,12 High St.")
        + "tea,Tea,Title,Default Title,,,,,TEA,,,4,not stocked\ncup,Cup,Color,Red,,,,,,,,0,7\n",
    )
    assert (result["errors"], counts(result)) == ([], (2, 0, 0, 0))
    assert (level_of(tea).on_hand, level_of(cup, shop).on_hand, StockLevel.objects.count()) == (4, 7, 2)
    negative = bring(tmp_path, "stock", WIDE.format("MAIN,SHOP") + "tea,Tea,Title,Default Title,,,,,TEA,,,5,-1\n")
    assert reasons(negative) == [
        (2, "at", "-1", "-1 pieces cannot lie at 12 High St.: more was sold than there was. Count them, or enter 0.")
    ]
    assert level_of(tea).on_hand == 4


def test_a_column_of_an_unknown_location_is_refused_or_said_to_be_one(tmp_path, main):
    shop = make_location("SHOP")
    tea = make_variant("TEA")
    text = WIDE.format("MAIN,Toronto") + "tea,Tea,Title,Default Title,,,,,TEA,,,5,3\n"
    result = bring(tmp_path, "stock", text)
    assert reasons(result) == [
        (2, "at", "Toronto", "There is no location “Toronto”. Say which location the column is, or leave it out.")
    ]
    mapping = tmp_path / "mapping.json"
    mapping.write_text('{"Toronto": "at:SHOP"}')
    assert counts(bring(tmp_path, "stock", text, f"--mapping={mapping}")) == (1, 0, 0, 0)
    assert (level_of(tea).on_hand, level_of(tea, shop).on_hand) == (5, 3)
    assert ImportRun.objects.latest("pk").mapping["Toronto"] == "at:SHOP"


def test_a_product_export_is_a_count_and_its_pictures_are_none(tmp_path, main):
    tee = make_variant("TEE-S", option1="S", product=None)
    result = bring(
        tmp_path,
        "stock",
        "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,Image Src\n"
        "tee-s,Tee,Size,S,TEE-S,shopify,5,19.99,https://x.example/1.jpg\ntee-s,,,,,,,,https://x.example/2.jpg\n",
    )
    assert (result["errors"], counts(result)) == ([], (1, 0, 1, 0))
    assert level_of(tee).on_hand == 5


def test_one_column_a_location(tmp_path, main):
    shop = make_location("SHOP")
    tea = make_variant("TEA", on_hand=4)
    text = "SKU,Title,主仓库,shop\nTEA,Tea,3,9\n"
    result = bring(tmp_path, "stock", text)
    row = ImportRow.objects.get()
    assert (result["errors"], counts(result), row.record) == ([], (1, 0, 0, 0), "TEA")
    assert (level_of(tea).on_hand, level_of(tea, shop).on_hand) == (3, 9)
    assert counts(bring(tmp_path, "stock", text)) == (0, 0, 1, 0)
    bring(tmp_path, "stock", "SKU,MAIN,SHOP\nTEA,2,\n")
    assert (level_of(tea).on_hand, level_of(tea, shop).on_hand) == (2, 9)
    assert ImportRow.objects.latest("pk").changes == [["Main warehouse", "3", "2"]]


@pytest.mark.parametrize(
    "text",
    [
        "商品编码,仓库,库存\nTEA,主仓库,6\n",
        "default_code,Location,Quantity,Counted quantity\nTEA,MAIN,2,6\n",
        "productID,productName,unitPrice,unitsInStock,unitsOnOrder\nTEA,Tea,18.00,6,40\n",
        "sku,name,price,inventory_count\nTEA,Tea,5,6\n",
        "Variant Sku,Variant Price EUR,Variant Inventory Quantity\nTEA,5,6\n",
        "SKU,Name,In stock?,Stock,Regular price\nTEA,Tea,1,6,5\n",
        "SKU,Location,Available,On hand\nTEA,Main warehouse,2,6\n",
        "Item Code,Warehouse,Quantity,Valuation Rate,Barcode\nTEA,Main warehouse,6,1.50,\n",
        "Item,Item Name,Warehouse,Stock UOM,Opening Qty,In Qty,Out Qty,Balance Qty\nTEA,Tea,MAIN,Nos,2,5,1,6\n",
        "SKU,Item,Location ID,Location Name,Opening stock,Stock on hand\nTEA,Green tea,17,Main warehouse,2,6\n",
        "sku,warehouse,opening quantity,opening cost\nTEA,MAIN,6,1.5\n",
        "SKU,Expected,Counted\nTEA,5,6\n",
        "存货编码,存货名称,仓库名称,期初数量,结存数量,单价\nTEA,茶,主仓库,2,6,1\n",
        "EAN,Warehouse,Stock\n4006381333931,MAIN,6\n",
        "SKU,Barcode,Stock\n,04006381333931,6\n",
        "Artikel-Nr.;Lager;Menge;Einstandspreis\r\nTEA;MAIN;6;1,50\r\n;;;\r\n",
    ],
)
def test_headers_of_other_systems(tmp_path, main, text):
    tea = make_variant("TEA", barcode="4006381333931")
    result = bring(tmp_path, "stock", text)
    assert [error for error in result["errors"] if not error.get("warning")] == []
    assert level_of(tea).on_hand == 6


def test_a_file_without_counts_is_refused(tmp_path, main):
    result = bring(tmp_path, "stock", "sku,location\nTEA,MAIN\n")
    assert [e["message"] for e in result["errors"]] == ["No column of the file says how many pieces there are."]


def test_an_export_comes_back_as_it_went(tmp_path, main):
    stock(make_variant("=TEA"), 3, unit_cost=Decimal("1.1"))
    stock(make_variant("CUP"), 7, unit_cost=Decimal(10) / 3)
    stock(make_variant("CUP2"), 3, unit_cost=Decimal("0.000001"), location=make_location("SHOP"))
    path = tmp_path / "out.csv"
    call_command("export_csv", "stock", output=str(path), stderr=StringIO())
    assert path.read_text().splitlines()[0] == "sku,title,location,bin,lot,expires_on,on_hand,unit_cost"
    result = bring(tmp_path, "stock", path.read_bytes())
    assert (result["errors"], counts(result)) == ([], (0, 0, 3, 0))


def test_exports_stop_at_the_warehouses_of_the_person_and_at_costs(tmp_path, main):
    make_variant("TEA", on_hand=1)
    stock(make_variant("CUP"), 1, location=make_location("SHOP"))
    clerk = make_user("order_clerk", email="c@example.com", warehouses=("SHOP",))
    path = tmp_path / "out.csv"
    call_command("export_csv", "stock", output=str(path), by=clerk.email, stderr=StringIO())
    assert path.read_text() == "sku,title,location,bin,lot,expires_on,on_hand\nCUP,Cup,SHOP,,,,1\n"


def test_undo_posts_the_opposite(tmp_path, main):
    tea, cup, pot = make_variant("TEA"), make_variant("CUP"), make_variant("POT")
    stock(tea, 10, unit_cost=Decimal(2))
    stock(pot, 5, unit_cost=Decimal(4))
    run = bring(tmp_path, "stock", "sku,on_hand\nTEA,8\nCUP,4\nPOT,9\n")["run"]
    undone = undo(run)
    assert (undone["deleted"], undone["restored"], undone["kept"]) == (0, 3, [])
    assert [(level.on_hand, level.value) for level in map(level_of, (tea, cup, pot))] == [(10, 20), (0, 0), (5, 20)]
    assert StockMove.objects.filter(cause=run).count() == 6
    assert_verified()


def test_undo_is_not_undone_by_pressing_it_again(tmp_path, main):
    tea, cup = make_variant("TEA"), make_variant("CUP")
    run = bring(tmp_path, "stock", "sku,on_hand\nTEA,8\nCUP,4\n")["run"]
    stock(cup, 1)
    undo(run)
    again = undoing.undo(ImportRun.objects.get(number=run), by=None, overwrite=undoing.ALL)
    assert (again.restored, again.kept_count) == (0, 1)
    assert [level_of(variant).on_hand for variant in (tea, cup)] == [0, 5]
    assert_verified()


def test_levels_that_moved_since_or_are_promised_stay_and_are_named(tmp_path, main):
    tea, cup, pot = make_variant("TEA", on_hand=1), make_variant("CUP"), make_variant("POT")
    run = bring(tmp_path, "stock", "sku,on_hand\nTEA,8\nCUP,4\nPOT,9\n")["run"]
    stock(tea, 1)
    services.allocate("SO-1", [Demand(1, cup.pk, 1, "CUP")], by=None)
    assert [(row["kind"], row["record"], row["reason"]) for row in undo(run)["kept"]] == [
        ("stock level", "TEA @ Main warehouse", "moved since by others"),
        ("stock level", "CUP @ Main warehouse", "its pieces are promised"),
    ]
    assert [level_of(variant).on_hand for variant in (tea, cup, pot)] == [9, 4, 0]
    assert_verified()


def test_the_service_takes_a_batch_of_one(main):
    tea = make_variant("TEA")
    outcome = services.upsert_counts([(1, None, "TEA", 3)], columns=["sku", "on_hand"], by=None)
    assert (outcome.applied, outcome.new, level_of(tea).on_hand) == (True, 1, 3)
