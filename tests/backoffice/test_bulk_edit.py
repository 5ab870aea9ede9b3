"""Bulk edits: what is asked of fields, previewed over a filter or a selection, applied, refused, taken back."""

import json
from datetime import date
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.db import connection
from django.urls import reverse

from backoffice import resources
from backoffice.bulk_edit import Attribute, editing
from backoffice.bulk_edit.forms import change_of
from backoffice.bulk_edit.operations import value_sql
from backoffice.context import acting
from backoffice.imports import running, undoing
from backoffice.models import AuditEvent, BulkEdit, ImportRow, ImportRun
from catalog.models import Product, Variant
from tests.factories import (
    make_attribute,
    make_brand,
    make_category,
    make_customer,
    make_product,
    make_user,
    make_variant,
)

VARIANTS = "/catalog/variants/"
PRODUCTS = "/catalog/products/"


@pytest.fixture
def owner(db):
    return make_user("owner")


def kinds():
    return {one.key: one for one in resources.edits()}


def changes(kind, *asked):
    """Changes of a resource: (field, operation, value[, replacement])."""
    fields = {field.name: field for field in kinds()[kind].every_field()}
    return [change_of(fields[name], operation, *rest) for name, operation, *rest in asked]


def edit(address, by, kind, *asked):
    """A bulk edit, checked."""
    run = editing.start(address, by=by, changes=changes(kind, *asked))
    editing.work(run, by=by, action="check")
    run.refresh_from_db()
    return run


def applied(address, by, kind, *asked):
    run = edit(address, by, kind, *asked)
    editing.work(run, by=by, action="apply", partial=True)
    run.refresh_from_db()
    return run


def told(run):
    return {row.record: (row.outcome, row.changes) for row in ImportRow.objects.filter(run=run)}


# --- Check, application, undo -----------------------------------------------------------------------


def test_a_filter_is_previewed_row_by_row_and_nothing_is_written(owner):
    make_variant("TEA", price=Decimal("10"))
    make_variant("CUP", price=Decimal("9.99"))
    make_variant("POT", price=Decimal("50"))

    run = edit(f"{VARIANTS}?price_max=20", owner, "variants", ("price", "percent", Decimal("5")))

    assert (run.status, run.read, run.changed, run.unchanged, run.refused) == ("checked", 2, 2, 0, 0)
    assert told(run) == {
        "CUP": ("changed", [["price", "9.99", "10.49"]]),
        "TEA": ("changed", [["price", "10", "10.5"]]),
    }
    assert dict(Variant.objects.values_list("sku", "price")) == {"TEA": 10, "CUP": Decimal("9.99"), "POT": 50}
    assert run.number.startswith("BE-")
    assert run.file_name == "Price: change by 5 %"


def test_an_application_writes_history_and_audit_and_is_taken_back_and_done_again(owner):
    tea = make_variant("TEA", price=Decimal("10"), weight_grams=5)

    run = applied(VARIANTS, owner, "variants", ("price", "add", Decimal("-1.5")), ("weight_grams", "clear", None))

    tea.refresh_from_db()
    assert (run.status, tea.price, tea.weight_grams) == ("applied", Decimal("8.5"), None)
    entry = tea.history.latest("pgh_id")
    assert entry.pgh_context.metadata["source"] == "edit"
    assert entry.pgh_context.metadata["run"] == run.number
    assert AuditEvent.objects.filter(verb="bulk_edit.applied").count() == 1

    undoing.undo(run, by=owner)
    tea.refresh_from_db()
    assert (tea.price, tea.weight_grams) == (10, 5)
    run.refresh_from_db()
    assert run.status == "undone"

    undoing.redo(run, by=owner)
    tea.refresh_from_db()
    assert (tea.price, tea.weight_grams) == (Decimal("8.5"), None)


def test_undo_keeps_what_others_changed_since(owner):
    tea, cup = make_variant("TEA"), make_variant("CUP")
    run = applied(VARIANTS, owner, "variants", ("price", "set", Decimal(7)))
    with acting(source="page"):
        Variant.objects.filter(pk=cup.pk).update(price=8)

    done = undoing.undo(run, by=owner)

    assert (done.restored, done.kept_count) == (1, 1)
    assert dict(Variant.objects.values_list("sku", "price")) == {"TEA": 10, "CUP": 8}
    assert tea.pk != cup.pk


def test_the_rows_are_those_of_the_check_and_are_checked_again(owner):
    tea, cup = make_variant("TEA"), make_variant("CUP")
    run = edit(VARIANTS, owner, "variants", ("price", "percent", Decimal(10)))
    make_variant("POT")
    Variant.objects.filter(pk=tea.pk).update(price=20)
    with acting(source="page"):
        Variant.objects.filter(pk=cup.pk).delete()

    editing.work(run, by=owner, action="apply", partial=True)

    run.refresh_from_db()
    assert (run.changed, run.refused) == (1, 1)
    assert dict(Variant.objects.values_list("sku", "price")) == {"TEA": 22, "POT": 10}
    [refused] = ImportRow.objects.filter(run=run, outcome="refused")
    assert refused.problems[0][2] == "This variant is no longer there."


def test_ticked_rows_and_the_order_of_the_list(owner):
    first, _second, third = (make_variant(sku) for sku in ("A", "B", "C"))

    run = edit(
        f"{VARIANTS}?sort=oldest&selected={third.pk}&selected={first.pk}",
        owner,
        "variants",
        ("price", "set", Decimal(1)),
    )

    assert BulkEdit.objects.get(run=run).keys == [first.pk, third.pk]
    assert not BulkEdit.objects.get(run=run).is_whole


# --- What stands against rows -----------------------------------------------------------------------


def test_rows_are_refused_each_with_its_reason_and_the_others_change(owner):
    make_variant("TEA", price=Decimal(3))
    make_variant("CUP", price=Decimal(9))

    run = edit(VARIANTS, owner, "variants", ("price", "add", Decimal(-5)))

    assert (run.changed, run.refused) == (1, 1)
    assert [cause["message"] for cause in run.report["causes"]] == ["Prices cannot be negative."]
    editing.work(run, by=owner, action="apply", partial=True)
    assert dict(Variant.objects.values_list("sku", "price")) == {"TEA": 3, "CUP": 4}


def test_numbers_beyond_their_column_are_refused(owner):
    make_variant("TEA", price=Decimal("999999999999"), backorder_limit=2_000_000_000)

    run = edit(VARIANTS, owner, "variants", ("price", "percent", Decimal(50)))
    other = edit(VARIANTS, owner, "variants", ("backorder_limit", "percent", Decimal(50)))

    assert (run.refused, other.refused) == (1, 1)
    assert run.report["causes"][0]["message"] == "The number must be between -999999999999 and 999999999999."
    assert other.report["causes"][0]["message"] == "The number must be between 0 and 2147483647."


def test_a_published_product_keeps_something_to_sell(owner):
    make_product("Shirt", published=True, variants=[{"sku": "S", "price": Decimal(5)}])

    run = edit(VARIANTS, owner, "variants", ("price", "set", Decimal(0)))

    assert run.refused == 1
    assert run.report["causes"][0]["message"] == "The product “shirt” is published and would have nothing left to sell."


def test_texts_too_long_are_refused(owner):
    make_product("Shirt", product_type="x" * 119)

    run = edit(PRODUCTS, owner, "products", ("product_type", "append", " y"))

    assert run.report["causes"][0]["message"] == "The text has 121 characters; 120 are the limit."


# --- Operations -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "becomes"),
    [
        (("product_type", "set", " Knit "), "Knit"),
        (("product_type", "clear", None), ""),
        (("product_type", "prepend", "100% "), "100% Linen 'n' wool"),
        (("product_type", "append", "\\ %s"), "Linen 'n' wool\\ %s"),
        (("product_type", "replace", "'n'", "and"), "Linen and wool"),
        (("tags", "add_to", ["SALE", "new"]), ["sale", "old", "new"]),
        (("tags", "remove", ["Sale"]), ["old"]),
        (("tags", "set", ["a", "b"]), ["a", "b"]),
        (("tags", "clear", None), []),
        (("attributes.Cut's %", "set", "wide"), {"Cut's %": "wide", "care": ["30°"], "weight": 2.5}),
        (("attributes.Cut's %", "clear", None), {"care": ["30°"], "weight": 2.5}),
        (("attributes.Cut's %", "append", "!"), {"Cut's %": "slim!", "care": ["30°"], "weight": 2.5}),
        (("attributes.Cut's %", "replace", "s", "g"), {"Cut's %": "glim", "care": ["30°"], "weight": 2.5}),
    ],
)
def test_operations(owner, asked, becomes):
    product = make_product(
        "Shirt",
        product_type="Linen 'n' wool",
        tags=["sale", "old"],
        attributes={"Cut's %": "slim", "care": ["30°"], "weight": 2.5},
    )

    run = applied(PRODUCTS, owner, "products", asked)

    product.refresh_from_db()
    assert run.status == "applied"
    assert getattr(product, asked[0].partition(".")[0]) == becomes


@pytest.mark.parametrize(
    ("attribute", "asked", "becomes"),
    [
        (Attribute("weight", kind="number"), ("set", Decimal("3.50")), {"weight": 3.5, "care": ["30°", "Iron"]}),
        (Attribute("weight", kind="number"), ("add", Decimal(1)), {"weight": 3.5, "care": ["30°", "Iron"]}),
        (Attribute("weight", kind="number"), ("percent", Decimal(-20)), {"weight": 2, "care": ["30°", "Iron"]}),
        (Attribute("care", kind="list"), ("add_to", ["iron", "dry"]), {"weight": 2.5, "care": ["30°", "iron", "dry"]}),
        (Attribute("care", kind="list"), ("remove", ["IRON"]), {"weight": 2.5, "care": ["30°"]}),
        (Attribute("care", kind="text"), ("append", "!"), {"weight": 2.5, "care": ["30°", "Iron"]}),
        (Attribute("new", kind="boolean"), ("set", False), {"weight": 2.5, "care": ["30°", "Iron"], "new": False}),
        (
            Attribute("since", kind="date"),
            ("set", date(2026, 2, 1)),
            {"weight": 2.5, "care": ["30°", "Iron"], "since": "2026-02-01"},
        ),
        (
            Attribute("fit", kind="choice", choices=(("s", "Slim"),)),
            ("set", "s"),
            {"weight": 2.5, "care": ["30°", "Iron"], "fit": "s"},
        ),
    ],
)
def test_attributes_keep_the_types_that_their_definitions_give(owner, attribute, asked, becomes):
    make_product("Shirt", attributes={"weight": 2.5, "care": ["30°", "Iron"]})
    field = attribute.field()

    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {value_sql(field, change_of(field, *asked))} FROM catalog_product t WHERE t.id > %s", [0]
        )
        found = json.loads(cursor.fetchone()[0])

    assert found == becomes


def test_several_fields_and_keys_at_once(owner):
    product = make_product("Shirt", attributes={"cut": "slim", "care": "30°"})
    tea, nordic = make_category("Tea"), make_brand("Nordic")

    run = applied(
        PRODUCTS,
        owner,
        "products",
        ("category", "set", tea),
        ("brand", "set", nordic),
        ("attributes.cut", "set", "wide"),
        ("attributes.care", "clear", None),
    )

    product.refresh_from_db()
    assert (product.category, product.brand, product.attributes) == (tea, nordic, {"cut": "wide"})
    assert told(run)["shirt"] == (
        "changed",
        [
            ["category", "", "Tea"],
            ["brand", "", "Nordic"],
            ["attributes.cut", "slim", "wide"],
            ["attributes.care", "30°", ""],
        ],
    )
    applied(PRODUCTS, owner, "products", ("category", "clear", None))
    product.refresh_from_db()
    assert product.category is None


def test_variants_follow_the_title_of_their_product(owner):
    make_product("Shirt", variants=[{"sku": "S", "price": Decimal(5), "option1": "Red"}])

    run = applied(PRODUCTS, owner, "products", ("title", "prepend", "Linen "))

    assert Variant.objects.get().title == "Linen Shirt – Red"
    undoing.undo(run, by=owner)
    assert Variant.objects.get().title == "Shirt – Red"


def test_what_is_so_already_is_no_change(owner):
    make_product("Shirt", tags=["sale"])

    run = edit(PRODUCTS, owner, "products", ("tags", "add_to", ["Sale"]), ("product_type", "clear", None))

    assert (run.changed, run.unchanged) == (0, 1)


def test_attributes_are_those_that_are_defined_and_values_that_do_not_fit_are_refused(owner):
    shirts, pots = make_category("Shirts"), make_category("Pots")
    make_attribute("weight", "number", category=shirts, name="Weight")
    shirt = make_product("Shirt", category=shirts, attributes={"weight": 3})
    pot = make_product("Pot", category=pots, attributes={"weight": "heavy"})

    run = applied(PRODUCTS, owner, "products", ("attributes.weight", "set", Decimal("2.5")))
    assert (run.changed, run.refused) == (2, 0)
    assert Product.objects.get(pk=shirt.pk).attributes == {"weight": 2.5}

    Product.objects.filter(pk=pot.pk).update(attributes={"weight": "heavy"})
    run = edit(PRODUCTS, owner, "products", ("category", "set", shirts))
    assert [cause["message"] for cause in run.report["causes"]] == [
        "“heavy” is no value of the attribute “Weight” of its category."
    ]


# --- Rights -----------------------------------------------------------------------------------------


def test_prices_move_no_further_than_one_person_may_move_them(owner):
    make_variant("TEA", price=Decimal(10))
    make_variant("CUP", price=Decimal(10))
    Variant.objects.filter(sku="CUP").update(price=1)
    editor = make_user("catalog_editor")

    run = edit(VARIANTS, editor, "variants", ("price", "add", Decimal(1)))

    assert (run.changed, run.refused) == (1, 1)
    assert "moves by more than 30 percent" in run.report["causes"][0]["message"]
    assert edit(VARIANTS, owner, "variants", ("price", "add", Decimal(1))).refused == 0


def test_restricted_fields_are_for_those_who_may_see_them(owner):
    make_variant("TEA", cost=Decimal(2))
    editor = make_user("catalog_editor")
    run = edit(VARIANTS, editor, "variants", ("cost", "percent", Decimal(10)))
    editor.groups.clear()
    editor = type(editor).objects.get(pk=editor.pk)
    for name in ("catalog.change_variant", "catalog.view_variant", "backoffice.bulk_edit"):
        grant(editor, name)
    editor = type(editor).objects.get(pk=editor.pk)

    assert "cost" not in [field.name for field in kinds()["variants"].fields_for(editor)]
    with pytest.raises(ValidationError, match="You may not change this any more: Cost: change by 10 %"):
        editing.work(run, by=editor, action="apply", partial=True)
    assert Variant.objects.get().cost == 2


def grant(user, name):
    app, code = name.split(".")
    user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=code))


@pytest.mark.parametrize("role", ["analyst", "warehouse_operator", "catalog_reviewer"])
def test_who_may_not_change_the_records_edits_none(owner, role):
    make_variant("TEA")

    with pytest.raises(ValidationError, match="You may not edit this list"):
        editing.start(VARIANTS, by=make_user(role), changes=changes("variants", ("price", "set", Decimal(1))))


def test_an_edit_of_nothing_is_refused_and_leaves_nothing(owner):
    for address, asked, sentence in (
        (VARIANTS, [("price", "set", Decimal(1))], "No row of the list fits"),
        (VARIANTS, [], "Choose at least one field"),
        ("/catalog/variants/?price_min=x", [("price", "set", Decimal(1))], "A filter is not right"),
        ("/nowhere/", [("price", "set", Decimal(1))], "There is no such list"),
        ("/orders/", [("price", "set", Decimal(1))], "You may not edit this list"),
    ):
        with pytest.raises(ValidationError, match=sentence):
            editing.start(address, by=owner, changes=changes("variants", *asked))
    assert not ImportRun.objects.exists()


def test_a_customer_that_left_ones_sight_is_refused(owner):
    make_customer("Jane Doe", tags=["vip"])
    run = edit("/customers/", owner, "customers", ("tags", "add_to", ["eu"]))
    stranger = make_user("analyst")
    table = resources.of(run).table(run, by=owner)

    outcome = running.check(run, table, by=stranger)

    assert outcome.refused == 1


def test_links_and_lists_keep_edits_and_imports_apart(client, owner):
    make_variant("TEA")
    run = edit(VARIANTS, owner, "variants", ("price", "set", Decimal(1)))
    client.force_login(owner)

    assert client.get(reverse("imports:run", args=[run.number])).status_code == 404
    assert run.number not in client.get(reverse("imports:list")).content.decode()
    assert run.number in client.get(reverse("bulk_edit:list")).content.decode()
    assert client.get(f"/go/{run.number}/")["Location"] == run.get_absolute_url()
    assert Product.objects.count() == 1
