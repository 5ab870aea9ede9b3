"""Price files through the command, and out again."""

import json
from decimal import Decimal
from io import StringIO

import pytest
from django.contrib.auth.models import Permission
from django.core.management import call_command

from backoffice.models import ImportRow
from catalog.models import Variant
from catalog.services import upsert_prices
from tests.backoffice.test_import_tables import bring, counts, reasons
from tests.factories import make_product, make_user, make_variant

pytestmark = pytest.mark.django_db


def prices(sku):
    return Variant.objects.values_list("price", "compare_at", "cost").get(sku=sku)


def test_prices_by_sku(tmp_path):
    make_variant("TEA", price=5, cost=2)
    make_variant("CUP", price=5, compare_at=9)
    text = "SKU;Price;Compare-at price\ntea;7,50;9,90\nCUP;;\n"
    result = bring(tmp_path, "prices", text)
    assert (result["errors"], counts(result)) == ([], (0, 2, 0, 0))
    assert (prices("TEA"), prices("CUP")) == ((Decimal("7.5"), Decimal("9.9"), 2), (5, None, None))
    assert list(ImportRow.objects.values_list("record", "changes")) == [
        ("tea", [["price", "5", "7.5"], ["compare_at", "", "9.9"]]),
        ("CUP", [["compare_at", "9", ""]]),
    ]
    events = Variant.history.rel.related_model.objects.count()
    assert counts(bring(tmp_path, "prices", text)) == (0, 0, 2, 0)
    assert Variant.history.rel.related_model.objects.count() == events


def test_every_refusal_names_row_column_and_reason(tmp_path):
    for sku in ("TEA", "A", "B", "C", "D"):
        make_variant(sku)
    result = bring(
        tmp_path,
        "prices",
        "sku,price,cost,currency\nNO,1,,\n,1,,\nA,cheap,,\nB,-1,,\nC,1.001,,\nD,1,,USD\nTEA,2.50,,EUR\ntea,3,,\n,,,\n",
        "--partial",
    )
    assert reasons(result) == [
        (2, "sku", "NO", "There is no variant “NO”."),
        (3, "sku", "", "The row does not say which variant it is about."),
        (4, "price", "cheap", "This is not a number."),
        (5, "price", "-1", "The number must not be below 0."),
        (6, "price", "1.001", "EUR has 2 decimals."),
        (7, "currency", "USD", "The shop sells in EUR; amounts in USD are not taken."),
        (9, "sku", "tea", "The same variant stands in row 8 already."),
    ]
    assert prices("TEA")[0] == Decimal("2.5")


def test_rows_of_pictures_say_nothing(tmp_path):
    make_variant("TEE-S")
    result = bring(
        tmp_path,
        "prices",
        "Handle,Title,Variant SKU,Variant Price,Variant Compare At Price,Image Src\n"
        "tee,Tee,TEE-S,19.99,24.99,https://x.example/1.jpg\ntee,,,,,https://x.example/2.jpg\n",
    )
    assert (result["errors"], counts(result)) == ([], (0, 1, 1, 0))
    assert prices("TEE-S")[:2] == (Decimal("19.99"), Decimal("24.99"))


def test_rows_without_sku_are_found_by_handle_and_options(tmp_path):
    tee = make_variant("TEE-S", option1="S")
    make_variant("TEE-M", option1="M", product=tee.product)
    make_variant("POT")
    result = bring(
        tmp_path,
        "prices",
        "Handle,Option1 Value,Variant SKU,Variant Price\ntee-s,S,,7\ntee-s,M,,8\npot,Default Title,,9\ntee-s,XL,,9\n",
        "--partial",
    )
    assert reasons(result) == [(5, "sku", "", "The row does not say which variant it is about.")]
    assert [prices(sku)[0] for sku in ("TEE-S", "TEE-M", "POT")] == [7, 8, 9]


def test_unknown_rows_without_prices_say_nothing(tmp_path):
    make_variant("TEA", price=5)
    assert counts(bring(tmp_path, "prices", "SKU,Regular price\nSET,\nTEA,6\n")) == (0, 1, 1, 0)


def test_what_is_published_keeps_something_to_sell(tmp_path):
    make_product("Tea", variants=[{"sku": "A", "price": 5}, {"sku": "B", "price": 5, "option1": "x"}], published=True)
    assert counts(bring(tmp_path, "prices", "sku,price\nA,0\n")) == (0, 1, 0, 0)
    result = bring(tmp_path, "prices", "sku,price\nB,0\n")
    assert reasons(result) == [(2, "price", "0", "The product “tea” is published and would have nothing left to sell.")]
    assert counts(bring(tmp_path, "prices", "sku,price\nA,4\nB,0\n")) == (0, 2, 0, 0)


def test_costs_need_the_permission(tmp_path):
    make_variant("TEA", price=5, cost=2)
    person = make_user("", email="p@example.com")
    names = ["change_variant", "view_variant", "import_data", "export_data"]
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    result = bring(tmp_path, "prices", "sku,price,cost\nTEA,6,1\n", "--by", person.email)
    assert [column["header"] for column in result["ignored"]] == ["cost"]
    assert prices("TEA") == (6, None, 2)
    path = tmp_path / "out.csv"
    call_command("export_csv", "prices", output=str(path), by=person.email, stderr=StringIO())
    assert path.read_text() == "sku,title,price,compare_at\nTEA,Tea,6,\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("商品编码,售价,市场价,成本价\nTEA,7,9,3\n", (7, 9, 3)),
        ("SKU,Name,Regular price,Sale price\nTEA,Tea,9,7\n", (7, 9, None)),
        ("SKU,Regular price,Sale price\nTEA,7,\n", (7, None, None)),
        ("SKU,Price,Regular price,Sale price\nTEA,6,,\n", (6, None, None)),
        ("default_code,name,list_price,standard_price\nTEA,Tea,7,3\n", (7, None, 3)),
        ("sku,name,price,compare_at_price,currency\nTEA,Tea,7,9,EUR\n", (7, 9, None)),
        ("Variant Sku,Variant Price EUR,Variant Price USD\nTEA,7,8\n", (7, None, None)),
        ("SKU,Price,Compare-at price,Cost per item\nTEA,€7.00,9,3\n", (7, 9, 3)),
        ("productID,productName,unitPrice,unitsInStock\nTEA,Tea,7,3\n", (7, None, None)),
    ],
)
def test_headers_of_other_systems(tmp_path, text, expected):
    make_variant("TEA", price=1)
    assert bring(tmp_path, "prices", text)["errors"] == []
    assert prices("TEA") == expected


def test_a_file_without_prices_is_refused(tmp_path):
    result = bring(tmp_path, "prices", "sku,currency\nTEA,EUR\n")
    assert [e["message"] for e in result["errors"]] == ["A price file needs a column of SKUs and one of prices."]


def test_an_export_comes_back_as_it_went(tmp_path):
    make_variant("=TEA", price=Decimal("5.99"), compare_at=Decimal("6.5"), cost=Decimal("0.1"))
    make_variant("CUP", price=0)
    path = tmp_path / "out.csv"
    call_command("export_csv", "prices", output=str(path), stderr=StringIO())
    assert counts(bring(tmp_path, "prices", path.read_bytes())) == (0, 0, 2, 0)


def test_undo_gives_the_prices_back(tmp_path):
    make_variant("TEA", price=5)
    run = bring(tmp_path, "prices", "sku,price\nTEA,7\n")["run"]
    out = StringIO()
    call_command("undo_import", run, "--json", stdout=out)
    undone = json.loads(out.getvalue())
    assert (undone["run"], undone["deleted"], undone["restored"], undone["kept"]) == (run, 0, 1, [])
    assert prices("TEA")[0] == 5


def test_the_service_takes_a_batch_of_one():
    make_variant("TEA")
    outcome = upsert_prices([(1, None, "TEA", 7)], columns=["sku", "price"], by=None)
    assert (outcome.applied, outcome.changed, prices("TEA")[0]) == (True, 1, 7)
