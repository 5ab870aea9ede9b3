"""Bulk services of one model: brands and suppliers through the command, and what the engine reads from a model."""

import io
import json
from datetime import UTC, datetime
from functools import partial

import pytest
from django.core.management import call_command
from django.utils import translation
from django.utils.translation import gettext

from backoffice import resources
from backoffice.imports import running, undoing
from backoffice.imports.batch import carry_out
from backoffice.imports.tables import Lookup, TableBatch
from backoffice.models import ImportRow, ImportRun
from catalog.models import Brand, Category, Product, Variant
from inventory.models import Supplier
from inventory.services import upsert_suppliers
from tests.factories import make_user, make_variant

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def bring(tmp_path, key, text, *options, name="file.csv"):
    """Import `text` by the command; its JSON with the exit code as `code`."""
    path = tmp_path / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    out, code = io.StringIO(), 0
    try:
        call_command("import_csv", key, str(path), "--json", *options, stdout=out)
    except SystemExit as stop:
        code = stop.code
    return json.loads(out.getvalue().splitlines()[-1]) | {"code": code}


def counts(result):
    return tuple(result[name] for name in ("new", "changed", "unchanged", "refused"))


def reasons(result):
    return [(error["row"], error["column"], error["value"], error["message"]) for error in result["errors"]]


FILE = (
    "supplierID,companyName,contactName,address,city,country,phone,email,Lead time\n"
    "1,Exotic Liquids,Charlotte,49 Gilbert St.,London,UK,(171) 555-2222,a@example.com,14\n"
    "2,Tokyo Traders,,,,,,,\n"
)


def test_suppliers_are_created_and_their_address_is_put_together(tmp_path):
    result = bring(tmp_path, "suppliers", FILE)
    assert (result["errors"], counts(result)) == ([], (2, 0, 0, 0))
    first, second = Supplier.objects.order_by("code")
    assert (first.name, first.address, first.lead_time_days, first.is_active) == (
        "Exotic Liquids", "49 Gilbert St.\nLondon\nUK", 14, True,
    )  # fmt: skip
    assert (second.email, second.address, second.lead_time_days) == ("", "", None)
    assert first.created_at == first.updated_at


def test_blank_cells_empty_or_keep_and_absent_columns_keep(tmp_path):
    bring(tmp_path, "suppliers", FILE)
    Supplier.objects.update(updated_at=LONG_AGO, created_at=LONG_AGO)
    result = bring(tmp_path, "suppliers", "code,name,phone,lead_time_days,active\n1,,,,\n2,Tokyo,1,3,no\n")
    after, second = Supplier.objects.order_by("code")
    assert counts(result) == (0, 2, 0, 0)
    assert (after.name, after.phone, after.lead_time_days, after.email, after.is_active) == (
        "Exotic Liquids", "", None, "a@example.com", True,
    )  # fmt: skip
    assert (second.name, second.is_active) == ("Tokyo", False)
    assert (after.created_at, after.updated_at > LONG_AGO) == (LONG_AGO, True)


def test_the_same_file_again_writes_nothing(tmp_path):
    bring(tmp_path, "suppliers", FILE)
    events = Supplier.history.rel.related_model.objects.count()
    assert counts(bring(tmp_path, "suppliers", FILE)) == (0, 0, 2, 0)
    assert Supplier.history.rel.related_model.objects.count() == events


def test_every_refusal_names_column_value_and_reason(tmp_path):
    bring(tmp_path, "suppliers", FILE)
    result = bring(
        tmp_path,
        "suppliers",
        "code,name,email,lead_time_days\n,Nobody,,\na,Acme,nonsense,\nb,,,\nc,Cup,,40000\nd,Dish,,1.5\ne,E,,\nE,E,,\n",
    )
    assert reasons(result) == [
        (2, "code", "", "The row does not say which supplier it is about."),
        (3, "email", "nonsense", "Enter a valid email address."),
        (4, "name", "", "There is no such supplier yet, and to create it this is needed: name."),
        (5, "lead_time_days", "40000", "The number must be between 0 and 32767."),
        (6, "lead_time_days", "1.5", "A whole number is expected."),
        (8, "code", "E", "The same supplier stands in row 7 already."),
    ]
    assert (result["applied"], Supplier.objects.count()) == (False, 2)


def test_differences_show_old_and_new(tmp_path):
    bring(tmp_path, "suppliers", FILE)
    result = bring(tmp_path, "suppliers", "code,name,lead_time_days\n1,Exotic,15\n", "--dry-run")
    assert ImportRun.objects.get(number=result["run"]).report["differences"] == [
        {"row": 2, "record": "1", "column": "name", "old": "Exotic Liquids", "new": "Exotic"},
        {"row": 2, "record": "1", "column": "lead_time_days", "old": "14", "new": "15"},
    ]
    assert Supplier.objects.get(code="1").name == "Exotic Liquids"


def test_undo_takes_creation_and_change_back(tmp_path):
    bring(tmp_path, "suppliers", FILE)
    result = bring(tmp_path, "suppliers", "code,name\n1,Exotic\n3,New\n")
    undone = undoing.undo(ImportRun.objects.get(number=result["run"]), by=None)
    assert (undone.deleted, undone.restored) == (1, 1)
    assert list(Supplier.objects.order_by("code").values_list("code", "name")) == [
        ("1", "Exotic Liquids"),
        ("2", "Tokyo Traders"),
    ]


@pytest.mark.parametrize(
    ("key", "text"), [("suppliers", FILE), ("brands", "Vendor\nAcme\n=Best  Ware\n")], ids=["suppliers", "brands"]
)
def test_an_export_comes_back_as_it_went(tmp_path, key, text):
    bring(tmp_path, key, text)
    path = tmp_path / "out.csv"
    call_command("export_csv", key, output=str(path), stderr=io.StringIO())
    assert counts(bring(tmp_path, key, path.read_bytes())) == (0, 0, 2, 0)


def test_brands_are_found_whatever_their_case(tmp_path):
    Brand.objects.create(name="Acme")
    result = bring(tmp_path, "brands", "品牌\nACME\nBest\nbest\n", "--partial")
    assert counts(result) == (1, 0, 1, 1)
    assert reasons(result) == [(4, "name", "best", "The same brand stands in row 3 already.")]
    assert list(Brand.objects.order_by("name").values_list("name", flat=True)) == ["Acme", "Best"]


def test_dry_run_writes_nothing(tmp_path):
    result = bring(tmp_path, "brands", "name\nAcme\n", "--dry-run")
    assert (counts(result), Brand.objects.count()) == ((1, 0, 0, 0), 0)


def test_who_may_only_change_adds_none():
    clerk = make_user("")
    outcome = upsert_suppliers([(1, None, "a", "Acme")], columns=["code", "name"], by=clerk)
    assert [problem["message"] for problem in outcome.problems] == ["You may change suppliers but not add any."]
    Supplier.objects.create(code="a", name="A")
    outcome = upsert_suppliers([(1, None, "a", "Acme")], columns=["code", "name"], by=clerk)
    assert [problem["message"] for problem in outcome.problems] == ["There is no supplier “a” that you may change."]


def test_a_change_between_check_and_write_is_kept_where_the_cell_is_blank():
    Supplier.objects.create(code="a", name="A", phone="1")
    outcome = upsert_suppliers([(1, None, "A", "", "2")], columns=["code", "name", "phone"], by=None)
    assert (outcome.changed, list(Supplier.objects.values_list("code", "name", "phone"))) == (1, [("a", "A", "2")])


def test_unknown_columns_are_a_mistake_of_the_caller():
    with pytest.raises(ValueError, match="unknown columns: colour"):
        upsert_suppliers([], columns=["code", "colour"], by=None)


def test_columns_say_what_their_services_do():
    """What the pages tell of a blank cell, and the lengths they allow, are those of the service."""
    wrong, seen = [], []
    for resource in resources.every():
        batch = resource.service.args[0] if isinstance(resource.service, partial) else None
        if batch is None or not issubclass(batch, TableBatch):
            continue
        seen.append(resource.key)
        for name in set(resource.columns()) & set(batch.names):
            column = resource.columns()[name]
            field = batch.model._meta.get_field(name)
            empties = (
                (field.null or field.blank)
                and name not in {*batch.keeps, *batch.key}
                and field.get_default() in ("", None)
            )
            if name not in batch.key and (column.blank == "clear") != empties:
                wrong.append(f"{resource.key}.{name}: {column.blank}")
            if (limit := getattr(field, "max_length", None)) and column.max_length > limit:
                wrong.append(f"{resource.key}.{name}: {column.max_length} > {limit}")
    assert wrong == []
    assert {"brands", "suppliers"} <= set(seen)


class CategoryBatch(TableBatch):
    resource = "test categories"
    model = Category
    key = ("path",)
    names = ("path", "name", "parent")
    folds = {"path": "lower"}
    lookups = {"parent": Lookup(Category, "path", "lower")}
    insert_order = "length(r.path)"


class VariantBatch(TableBatch):
    resource = "test variants"
    model = Variant
    key = ("sku",)
    names = ("sku", "product", "title", "option1", "price")
    lookups = {"product": Lookup(Product, "handle")}


TREE = [
    (1, None, "Home > Tea > Green", "Green", "home > tea"),
    (2, None, "Home > Tea", "Tea", "Home"),
    (3, None, "Home", "Home", ""),
]


def test_rows_refer_to_records_that_the_file_creates_below():
    for dry_run in (True, False):
        outcome = carry_out(CategoryBatch, TREE, columns=["path", "name", "parent"], by=None, dry_run=dry_run)
        assert (outcome.problems, outcome.new) == ([], 3)
    assert dict(Category.objects.values_list("path", "parent__path")) == {
        "Home": None, "Home > Tea": "Home", "Home > Tea > Green": "Home > Tea",
    }  # fmt: skip
    again = carry_out(CategoryBatch, TREE, columns=["path", "name", "parent"], by=None)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 3)


def test_who_refers_to_a_refused_row_is_refused_with_it():
    rows = [*TREE[:2], (3, [["name", "", "Wrong.", "error"]], "Home", "Home", ""), (4, None, "Odd", "Odd", "Nowhere")]
    outcome = carry_out(CategoryBatch, rows, columns=["path", "name", "parent"], by=None, partial=True)
    assert [(p["row"], p["column"], p["message"]) for p in outcome.problems] == [
        (1, "parent", "It refers to row 2, which is refused."),
        (2, "parent", "It refers to row 3, which is refused."),
        (3, "name", "Wrong."),
        (4, "parent", "There is no category “Nowhere”."),
    ]
    assert not Category.objects.exists()


def test_constraints_of_the_model_are_told_by_row():
    cup, pot = make_variant("CUP").product, make_variant("POT", option1="Red").product
    columns = ["sku", "product", "title", "option1", "price"]
    outcome = carry_out(
        VariantBatch,
        [
            (1, None, "POT-2", "pot", "Pot", "Red", 1),
            (2, None, "CUP-2", cup.handle, "Cup", "Blue", 1),
            (3, None, "CUP-3", cup.handle, "Cup", "Blue", 1),
            (4, None, "cup", None, "Cup", "Green", -1),
            (5, None, "POT-3", pot.handle, "Pot", "Blue", 1),
        ],
        columns=columns,
        by=None,
        partial=True,
    )
    options = "The product has a variant with these options already."
    assert [(p["row"], p["message"]) for p in outcome.problems] == [
        (1, options),
        (3, options),
        (4, "Prices cannot be negative."),
    ]
    assert sorted(Variant.objects.values_list("sku", flat=True)) == ["CUP", "CUP-2", "POT", "POT-3"]


def kept(result):
    run = ImportRun.objects.get(number=result["run"])
    return list(run.rows.values_list("row", "outcome", "is_warned", "record", "changes", "problems"))


def test_what_became_of_each_row_is_kept_with_the_run(tmp_path):
    bring(tmp_path, "suppliers", FILE)
    result = bring(
        tmp_path, "suppliers", "code,name,email\n1,Exotic,\n2,Tokyo Traders,\n3,New,x\n4,Four,\n", "--partial"
    )
    assert kept(result) == [
        (2, "changed", False, "1", [["name", "Exotic Liquids", "Exotic"], ["email", "a@example.com", ""]], []),
        (4, "refused", False, "3", [], [["email", "x", "Enter a valid email address.", "error"]]),
        (5, "new", False, "4", [], []),
    ]


def test_only_so_many_rows_are_kept_and_refused_ones_first(tmp_path, settings):
    settings.IMPORT_KEPT_ROWS = 2
    result = bring(tmp_path, "suppliers", "code,name\n1,A\n2,\n3,C\n", "--dry-run")
    assert [(row, outcome) for row, outcome, *_rest in kept(result)] == [(2, "new"), (3, "refused")]


def test_a_check_again_replaces_what_was_kept_and_speaks_the_language_of_the_reader(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("code,name\n1,\n")
    resource, owner = resources.get("suppliers"), make_user("owner")
    run = running.start(resource, by=owner, name="file.csv", source="import", path=path)
    for language in ("en", "zh-hans"):
        with translation.override(language):
            running.check(run, running.open_table(path, resource), by=owner)
            expected = gettext("There is no such %(kind)s yet, and to create it this is needed: %(label)s.") % {
                "kind": gettext("supplier"), "label": gettext("name"),
            }  # fmt: skip
        assert list(run.rows.values_list("problems", flat=True)) == [[["name", "", expected, "error"]]]


def test_rows_are_seen_by_those_who_see_the_run(tmp_path):
    result = bring(tmp_path, "suppliers", FILE)
    auditor, clerk = make_user("owner"), make_user("catalog_editor")
    rows = ImportRow.objects.filter(run__number=result["run"])
    assert (rows.visible_to(auditor).count(), rows.visible_to(clerk).count()) == (2, 0)


def test_two_roots_of_one_name_are_told_though_null_is_no_value():
    Category.objects.create(name="Home", path="Home")
    rows = [(1, None, "Garden", "Garden", ""), (2, None, "garden ", "garden", ""), (3, None, "HOME ", "HOME", "")]
    outcome = carry_out(CategoryBatch, rows, columns=["path", "name", "parent"], by=None, dry_run=True)
    assert [(p["row"], p["message"]) for p in outcome.problems] == [
        (2, "There is a category of this name here already."),
        (3, "There is a category of this name here already."),
    ]


def test_the_command_says_that_there_are_more_refusals_than_it_shows(tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("code,name\n" + "".join(f"{n},\n" for n in range(120)))
    err = io.StringIO()
    with pytest.raises(SystemExit):
        call_command("import_csv", "suppliers", str(path), stdout=io.StringIO(), stderr=err)
    assert (err.getvalue().count("is needed: name."), "... and 20 more" in err.getvalue()) == (100, True)
