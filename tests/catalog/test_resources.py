"""Product files of every layout, through the command, into the tables; and out again."""

import csv
import io
import json
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from backoffice import exports, publishing, verification
from backoffice.imports import undoing
from backoffice.models import ImportRun, LiveVersion, Review
from backoffice.resources import plain
from catalog.models import Brand, Category, Media, Product, Variant
from catalog.services import upsert_products
from tests.factories import make_product, make_user, make_variant

pytestmark = pytest.mark.django_db


def bring(tmp_path, text, *options, name="products.csv"):
    """Import `text` by the command; its JSON with the exit code as `code`."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    out, code = io.StringIO(), 0
    try:
        call_command("import_csv", "products", str(path), "--json", *options, stdout=out)
    except SystemExit as stop:
        code = stop.code
    result = json.loads(out.getvalue().splitlines()[-1]) | {"code": code}
    assert result["read"] == result["new"] + result["changed"] + result["unchanged"] + result["refused"]
    return result


def history_rows():
    return [model.history.rel.related_model.objects.count() for model in (Product, Variant, Media, Brand, Category)]


def counts(result):
    return tuple(result[name] for name in ("new", "changed", "unchanged", "refused"))


def reasons(result):
    return [(error["row"], error["column"], error["message"]) for error in result["errors"]]


OLD = (
    "Handle,Title,Body (HTML),Vendor,Tags,Published,Option1 Name,Option1 Value,Variant SKU,Variant Grams,Variant Price,"
    "Variant Compare At Price,Variant Inventory Qty,Image Src,Image Position,Image Alt Text\n"
)
NEW = (
    "Title,URL handle,Description,Vendor,Product category,Tags,Published on online store,Status,SKU,Option1 name,Option1 value,"
    "Price,Compare-at price,Inventory quantity,Weight value (grams),Product image URL,Image position\n"
)


def test_shopify_old_rows_become_a_product_with_variants_and_pictures(tmp_path):
    result = bring(
        tmp_path,
        OLD
        + 'tee,Tee,<p>Soft</p>,Acme,"soft, red",TRUE,Size,S,TEE-S,200,19.99,24.99,5,https://x.example/1.jpg,1,Front\n'
        "tee,,,,,,,M,TEE-M,210,19.99,,3,,,\n"
        "tee,,,,,,,,,,,,,https://x.example/2.jpg,2,Back\n",
    )
    assert (result["applied"], result["code"], counts(result)) == (True, 0, (3, 0, 0, 0))
    product = Product.objects.get(handle="tee")
    assert (product.title, product.brand.name, product.tags, product.options, product.status) == (
        "Tee",
        "Acme",
        ["soft", "red"],
        ["Size"],
        "in_review",
    )
    assert list(product.variants.values_list("sku", "option1", "price", "weight_grams", "title")) == [
        ("TEE-S", "S", Decimal("19.99"), 200, "Tee – S"),
        ("TEE-M", "M", Decimal("19.99"), 210, "Tee – M"),
    ]
    assert list(product.media.values_list("url", "position", "alt")) == [
        ("https://x.example/1.jpg", 1, "Front"),
        ("https://x.example/2.jpg", 2, "Back"),
    ]
    assert [c["header"] for c in result["ignored"]] == ["Variant Inventory Qty"]


def test_shopify_current_headers_mean_the_same(tmp_path):
    bring(
        tmp_path,
        NEW + "Tee,tee,Soft,Acme,Wear > Shirts,red,TRUE,active,TEE-S,Size,S,19.99,,5,200,https://x.example/1.jpg,1\n",
    )
    product = Product.objects.get(handle="tee")
    assert (product.category.path, product.category.parent.name, product.status) == (
        "Wear > Shirts",
        "Wear",
        "in_review",
    )
    assert product.variants.get().sku == "TEE-S"


def test_the_same_file_again_writes_nothing(tmp_path):
    text = OLD + "tee,Tee,Soft,Acme,red,TRUE,Size,S,,200,19.99,,5,https://x.example/1.jpg,1,Front\n"
    bring(tmp_path, text)
    before = history_rows()
    again = bring(tmp_path, text)
    assert counts(again) == (0, 0, 1, 0)
    assert history_rows() == before


def test_a_row_without_sku_gets_one_and_keeps_it(tmp_path):
    text = OLD + "tee,Tee,,,,FALSE,Size,Extra large,,200,19.99,,,,,\n"
    result = bring(tmp_path, text)
    assert result["warnings"][0]["message"] == "The row has no SKU; TEE-EXTRA-LARGE was made of handle and options."
    Variant.objects.update(sku="OWN-1")
    assert counts(bring(tmp_path, text)) == (0, 0, 1, 0)
    assert Variant.objects.get().sku == "OWN-1"


def test_all_or_nothing(tmp_path):
    result = bring(tmp_path, OLD + "tee,Tee,,,,,,,TEE,1,cheap,,,,,\ncup,Cup,,,,,,,CUP,1,5,,,,,\n")
    assert (result["applied"], result["code"], counts(result)) == (False, 1, (1, 0, 0, 1))
    assert reasons(result) == [(2, "price", "This is not a number.")]
    assert not Product.objects.exists()


def test_partial_takes_what_is_right_and_hands_the_rest_back(tmp_path):
    errors = tmp_path / "errors.csv"
    result = bring(
        tmp_path,
        OLD + "tee,Tee,,,,,,,TEE,1,cheap,,,,,\ncup,Cup,,,,,,,CUP,1,5,,,,,\n",
        "--partial",
        "--errors",
        str(errors),
    )
    assert (result["applied"], counts(result)) == (True, (1, 0, 0, 1))
    assert list(Product.objects.values_list("handle", flat=True)) == ["cup"]
    rows = list(csv.reader(errors.read_text(encoding="utf-8-sig").splitlines()))
    assert (len(rows), rows[1][:2], rows[1][-1]) == (2, ["tee", "Tee"], "price: This is not a number.")


def test_dry_run_counts_and_writes_nothing(tmp_path):
    result = bring(tmp_path, OLD + "tee,Tee,,Acme,,,,,TEE,1,5,,,,,\n", "--dry-run")
    assert (result["applied"], counts(result)) == (False, (1, 0, 0, 0))
    assert not Product.objects.exists()
    assert not Brand.objects.exists()


def test_ragged_rows_are_refused_by_number(tmp_path):
    result = bring(tmp_path, "handle,title,sku,price\na,A,A-1,1\nb,B,B-1\nc,C,C-1,3,4\n", "--partial")
    assert counts(result) == (1, 0, 0, 2)
    assert [row for row, _column, _message in reasons(result)] == [3, 4]
    assert "3 cells, the header 4" in reasons(result)[0][2]


def test_followers_of_a_refused_product_are_refused_with_it(tmp_path):
    result = bring(tmp_path, "handle,title,sku,price,option1\ntee,Tee,T-1,x,S\ntee,,T-2,5,M\n")
    assert reasons(result) == [
        (2, "price", "This is not a number."),
        (3, "handle", "Its product is refused: see row 2."),
    ]


def test_sku_is_unique_whatever_its_case_in_the_file_and_in_the_catalogue(tmp_path):
    make_variant("CUP-1")
    result = bring(tmp_path, "handle,title,sku,price\na,A,X-1,1\nb,B,x-1,1\nc,C,cup-1,1\n")
    assert reasons(result) == [
        (3, "sku", "The SKU stands in row 2 already."),
        (4, "sku", "The SKU belongs to the product “cup-1”."),
    ]


def test_codes_that_a_spreadsheet_shortened_are_refused(tmp_path):
    result = bring(tmp_path, "handle,title,sku,barcode,price\na,A,8.5E+12,,1\n")
    assert "Format the column as text" in reasons(result)[0][2]


def test_prices_by_sku_alone_change_only_prices(tmp_path):
    variant = make_variant("CUP-1", price=5)
    product = variant.product
    result = bring(tmp_path, "SKU;Price\nCUP-1;7,50\n")
    variant.refresh_from_db()
    assert (counts(result), variant.price, variant.product_id) == ((0, 1, 0, 0), Decimal("7.5"), product.pk)
    assert (
        bring(tmp_path, "SKU;Price\nNO-1;7,50\n")["errors"][0]["message"]
        == "The row names neither a handle nor a known SKU nor a title."
    )


def test_absent_columns_keep_and_blank_ones_clear(tmp_path):
    bring(tmp_path, "handle,title,description,sku,price,compare_at\ntee,Tee,Soft,T-1,5,9\n")
    bring(tmp_path, "handle,title,sku,price,compare_at\ntee,Tee,T-1,,\n")
    product, variant = Product.objects.get(), Variant.objects.get()
    assert (product.description, variant.price, variant.compare_at) == ("Soft", 5, None)


def test_formulas_that_an_export_disarmed_are_armed_again(tmp_path):
    bring(tmp_path, "handle,title,sku,price\ntee,'=SUM(A1),T-1,5\n")
    assert Product.objects.get().title == "=SUM(A1)"


def test_misspelt_headers_are_read_by_likeness_and_said_so(tmp_path):
    result = bring(tmp_path, "Handle,Title,Variant SKU,Variant Prise\ntee,Tee,T-1,5\n")
    assert Variant.objects.get().price == 5
    assert "“Variant Prise” is read as “price”" in result["notes"][0]


def test_a_mapping_file_wins_over_guesses(tmp_path):
    mapping = tmp_path / "mapping.json"
    mapping.write_text(json.dumps({"Label": "title", "Amount": "price", "Title": ""}))
    bring(tmp_path, "Handle,Title,Label,Variant SKU,Amount\ntee,Wrong,Tee,T-1,5\n", "--mapping", str(mapping))
    assert (Product.objects.get().title, Variant.objects.get().price) == ("Tee", 5)


WOO = (
    "ID,Type,SKU,Name,Published,Description,Tax status,Stock,Weight (kg),Sale price,Regular price,Categories,Images,Parent,"
    "Attribute 1 name,Attribute 1 value(s),Attribute 2 name,Attribute 2 value(s)\n"
)


def test_woocommerce_variations_find_their_parent_by_sku_and_by_number(tmp_path):
    result = bring(
        tmp_path,
        "\ufeff"
        + WOO
        + '1,variable,tee,Tee,1,Soft,taxable,,,,,"Wear > Shirts","https://x.example/1.jpg, https://x.example/2.jpg",,'
        'Color,"Red, Blue",Fabric,Cotton\n'
        "2,variation,tee-red,Tee - Red,1,,taxable,3,0.25,15,20,,https://x.example/2.jpg,tee,Color,Red,,\n"
        "3,variation,tee-blue,Tee - Blue,1,,taxable,3,0.25,,20,,,id:1,Color,Blue,,\n"
        "4,simple,'+cup,Cup,1,,none,3,,,5,Home,,,,,,\n"
        "5,grouped,set,Set,1,,taxable,,,,,Home,,,,,,\n",
    )
    assert (result["errors"], counts(result)) == ([], (5, 0, 0, 0))
    tee = Product.objects.get(handle="tee")
    assert (tee.title, tee.options, tee.attributes, tee.category.path, tee.status) == (
        "Tee",
        ["Color"],
        {"Fabric": "Cotton"},
        "Wear > Shirts",
        "in_review",
    )
    assert list(tee.variants.values_list("sku", "option1", "price", "compare_at", "weight_grams")) == [
        ("tee-red", "Red", 15, 20, 250),
        ("tee-blue", "Blue", 20, None, 250),
    ]
    assert list(tee.media.values_list("url", "variant__sku")) == [
        ("https://x.example/1.jpg", None),
        ("https://x.example/2.jpg", "tee-red"),
    ]
    assert Variant.objects.get(sku="+cup").tax_class == "exempt"
    assert Product.objects.get(handle="set").status == "draft"


def test_categories_are_created_once_whatever_their_case(tmp_path):
    bring(tmp_path, "handle,title,sku,price,category\na,A,A,1,Home > Tea\nb,B,B,1,home > tea\nc,C,C,1,Home\n")
    assert sorted(Category.objects.values_list("path", flat=True)) == ["Home", "Home > Tea"]


def test_amounts_in_another_currency_are_refused(tmp_path):
    result = bring(tmp_path, "handle,title,sku,price,currency\ncup,Cup,CUP,5,USD\npot,Pot,POT,5,EUR\n", "--partial")
    assert reasons(result) == [(2, "currency", "The shop sells in EUR; amounts in USD are not taken.")]
    assert Variant.objects.get().sku == "POT"


def test_an_archived_product_is_not_published_at_a_stroke(tmp_path):
    product = make_variant("CUP-1").product
    Product.objects.filter(pk=product.pk).update(status="archived")
    result = bring(tmp_path, "handle,title,sku,price,status\ncup-1,Cup,CUP-1,5,published\n")
    assert result["errors"][0]["message"] == "An archived product becomes a draft first, and is published then."


def test_a_file_publishes_nothing_by_itself(tmp_path):
    editor = make_user("catalog_editor", email="ed@example.com")
    text = "handle,title,sku,price,status\ncup,Cup,CUP,5,published\npot,Pot,POT,0,published\n"
    result = bring(tmp_path, text, "--by", editor.email)
    assert dict(Product.objects.values_list("handle", "status")) == {"cup": "in_review", "pot": "draft"}
    assert result["notes"] == ["1 record is submitted for review: a file publishes nothing by itself."]
    review = Review.objects.select_related("revision").get()
    assert (review.state, review.requested_by, review.revision.authors) == ("open", editor, [editor.pk])
    again = bring(tmp_path, text, "--by", editor.email)
    assert (counts(again), again["notes"], Review.objects.count()) == ((0, 0, 2, 0), [], 1)


def test_a_shop_of_one_publishes_by_file(tmp_path, settings):
    settings.REVIEW_REQUIRED = False
    result = bring(tmp_path, "handle,title,sku,price,status\ncup,Cup,CUP,5,published\n")
    assert (Product.objects.get().status, Review.objects.get().waived) == ("published", True)
    assert result["notes"] == ["1 record is published at once."]


def test_a_file_that_changes_what_waits_submits_it_again(tmp_path):
    text = "handle,title,sku,price,status\ncup,{},CUP,5,in_review\n"
    bring(tmp_path, text.format("Cup"))
    bring(tmp_path, text.format("Mug"))
    assert list(Review.objects.order_by("pk").values_list("state", "revision__content__title")) == [
        ("void", "Cup"),
        ("open", "Mug"),
    ]
    assert Product.objects.get().status == "in_review"


def test_a_file_takes_down_what_it_calls_a_draft(tmp_path):
    tea = make_product("Tea", published=True)
    cup = make_product("Cup")
    publishing.submit([cup], by=None)
    editor = make_user("catalog_editor", email="ed@example.com")
    text = "handle,status\ntea,archived\ncup,draft\n"
    refused = bring(tmp_path, text, "--by", editor.email)
    assert (counts(refused), refused["notes"]) == (
        (0, 0, 2, 0),
        ["Draft and archived in the status column are left out: you may not publish products."],
    )
    result = bring(tmp_path, text)
    assert dict(Product.objects.values_list("handle", "status")) == {"tea": "archived", "cup": "draft"}
    assert not LiveVersion.objects.about(tea).get().is_live
    assert Review.objects.about(cup).get().state == "withdrawn"
    undoing.undo(ImportRun.objects.get(number=result["run"]), by=None)
    assert dict(Product.objects.values_list("handle", "status")) == {"tea": "published", "cup": "draft"}
    assert LiveVersion.objects.about(tea).get().is_live
    assert [report.result.wrong for report in verification.run(["live_versions", "publishing_states"])] == [0, 0]


def test_undo_withdraws_what_the_file_submitted(tmp_path):
    make_product("Tea", variants=[{"sku": "TEA", "price": 5}])
    text = "handle,title,sku,price,status\ntea,Tea,TEA,5,published\ncup,Cup,CUP,5,published\n"
    result = bring(tmp_path, text)
    undoing.undo(ImportRun.objects.get(number=result["run"]), by=None)
    assert dict(Product.objects.values_list("handle", "status")) == {"tea": "draft"}
    assert sorted(Review.objects.values_list("state", flat=True)) == ["void", "withdrawn"]
    undoing.redo(ImportRun.objects.get(number=result["run"]), by=None)
    assert dict(Product.objects.values_list("handle", "status")) == {"tea": "in_review", "cup": "in_review"}
    assert Review.objects.open().count() == 2


def test_history_says_who_and_through_which_run(tmp_path):
    editor = make_user("owner", email="ed@example.com")
    result = bring(tmp_path, "handle,title,sku,price\ncup,Cup,CUP,5\n", "--by", editor.email)
    facts = Product.objects.get().history.get().pgh_context.metadata
    assert (facts["user"], facts["run"], facts["source"]) == (editor.pk, result["run"], "command:import_csv")
    run = ImportRun.objects.get(number=result["run"])
    assert (run.status, run.user, run.new) == ("applied", editor, 1)


def test_wrong_usage_has_exit_status_2(tmp_path):
    for arguments in (["nothing", "x.csv"], ["products", str(tmp_path / "missing.csv")]):
        with pytest.raises(CommandError) as refusal:
            call_command("import_csv", *arguments)
        assert refusal.value.returncode == 2


def test_an_export_comes_back_as_it_went(tmp_path):
    bring(
        tmp_path,
        OLD
        + 'tee,"=Tee, ""best""","<p>Soft\nand light</p>",Acme,"a, b",TRUE,Size,S,TEE-S,200,19.99,24.99,5,https://x.example/1.jpg,1,F\n'
        "tee,,,,,,,M,'-M,210,19.99,,3,,,\n",
    )
    path = tmp_path / "out.csv"
    call_command("export_csv", "products", output=str(path), stderr=io.StringIO())
    again = bring(tmp_path, path.read_bytes(), name="out2.csv")
    assert (counts(again), again["warnings"]) == ((0, 0, 2, 0), [])


def test_the_service_takes_a_batch_of_one():
    outcome = upsert_products(
        [(1, None, "cup", "Cup", True, "CUP", 5)], columns=["handle", "title", "is_variant", "sku", "price"], by=None
    )
    assert (outcome.applied, outcome.new) == (True, 1)
    assert Variant.objects.get().title == "Cup"


@pytest.mark.parametrize("value", ["=1+1", "'=1", "-5", "+49 30 123", "@x", "\tx", "plain", "'quoted", "''=x", ""])
def test_what_an_export_writes_reads_back_identically(value):
    assert plain(exports.safe(value)) == value
    assert exports.safe(value)[:1] not in {"=", "+", "-", "@", "\t", "\r"}


def test_a_product_whose_priced_variant_is_refused_stays_a_draft_and_unchanged(tmp_path):
    text = "Handle,Title,SKU,Price,Status\ncup,Cup,CUP,5,active\npot,Pot,POT,0,active\npot,,POT-2,six,active\n"
    assert counts(bring(tmp_path, text, "--partial")) == (2, 0, 0, 1)
    again = bring(tmp_path, text, "--partial")
    assert counts(again) == (0, 0, 2, 1)
    assert [warning["message"] for warning in again["warnings"]] == [
        "The product stays a draft: no active variant of it has a price."
    ]


def test_headers_of_databases_are_known(tmp_path):
    facts = bring(tmp_path, "productID,productName,unitPrice\n1,Chai,18.00\n")
    assert counts(facts) == (1, 0, 0, 0)
    assert Variant.objects.values_list("product__title", "price").get() == ("Chai", 18)
