"""Options, their values, and the variants that they make; variants with history are put off sale, not deleted."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from backoffice.models import AuditEvent
from catalog.models import Variant
from catalog.services import (
    Option,
    VariantsRefused,
    deactivate_variants,
    delete_variants,
    generate_variants,
    plan_variants,
    save_options,
    set_parts,
    values_of,
)
from catalog.services.matrix import sku_by
from inventory.services import hold
from tests.factories import make_location, make_product, make_user, make_variant, stock

pytestmark = pytest.mark.django_db


def shirt(options=("Colour", "Size"), rows=(("Red", "S"), ("Red", "M"), ("Blue", "S"))):
    variants = [
        {
            "sku": "-".join(["LS", *values]),
            "price": Decimal(30),
            **dict(zip(("option1", "option2"), values, strict=False)),
        }
        for values in rows
    ]
    return make_product("Linen shirt", options=list(options), variants=variants)


def rows_of(product):
    return list(product.variants.order_by("position").values_list("option1", "option2", "option3"))


# --- Options -------------------------------------------------------------------------------------


def test_a_value_is_renamed_on_every_variant_and_in_their_titles(editor):
    product = shirt()
    save_options(product, [Option(0, "Farbe", [("Red", "Crimson")]), Option(1, "Size", [])], by=editor)

    product.refresh_from_db()
    assert product.options == ["Farbe", "Size"]
    assert rows_of(product) == [("Crimson", "S", ""), ("Crimson", "M", ""), ("Blue", "S", "")]
    assert Variant.objects.get(sku="LS-Red-M").title == "Linen shirt – Crimson / M"
    assert AuditEvent.objects.latest("pk").verb == "product.options_changed"


def test_the_order_of_values_is_the_order_of_variants(editor):
    product = shirt()
    options = [
        Option(0, "Colour", [("Blue", "Blue"), ("Red", "Red")]),
        Option(1, "Size", [("M", "M"), ("S", "S")]),
    ]
    save_options(product, options, by=editor)
    assert rows_of(product) == [("Blue", "S", ""), ("Red", "M", ""), ("Red", "S", "")]
    assert values_of(product) == [["Blue", "Red"], ["S", "M"], []]


def test_values_change_places(editor):
    product = shirt(rows=(("Red", "S"), ("Blue", "S")))
    swap = [("Red", "Blue"), ("Blue", "Red")]
    save_options(product, [Option(0, "Colour", swap), Option(1, "Size", [])], by=editor)
    assert list(product.variants.order_by("sku").values_list("sku", "option1")) == [
        ("LS-Blue-S", "Red"),
        ("LS-Red-S", "Blue"),
    ]


def test_values_that_become_one_must_not_make_twins(editor):
    product = shirt()
    with pytest.raises(ValidationError, match="LS-Red-S and LS-Blue-S would be the same variant: Red / S"):
        save_options(product, [Option(0, "Colour", [("Blue", "Red")]), Option(1, "Size", [])], by=editor)
    with pytest.raises(ValidationError, match="would be the same variant"):
        save_options(product, [Option(1, "Size", [])], by=editor)
    assert rows_of(product) == [("Red", "S", ""), ("Red", "M", ""), ("Blue", "S", "")]


def test_an_option_is_added_with_a_value_for_what_is_there_and_taken_away_again(editor):
    product = shirt(options=["Colour"], rows=(("Red",), ("Blue",)))
    save_options(product, [Option(None, "Fabric", [("", "Linen")]), Option(0, "Colour", [])], by=editor)
    assert rows_of(product) == [("Linen", "Red", ""), ("Linen", "Blue", "")]

    product.refresh_from_db()
    save_options(product, [Option(1, "Colour", [])], by=editor)
    product.refresh_from_db()
    assert (product.options, rows_of(product)) == (["Colour"], [("Red", "", ""), ("Blue", "", "")])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([Option(0, "Colour", []), Option(1, "COLOUR ", [])], "Two options cannot have the same name"),
        ([Option(0, " ", []), Option(1, "Size", [])], "Every option needs a name"),
        ([Option(0, "x" * 121, [])], "is no name for an option"),
        ([Option(0, "Colour", [("Red", " ")]), Option(1, "Size", [])], "“Red” needs a name"),
        ([Option(0, "Colour", [("Red", "x" * 161)]), Option(1, "Size", [])], "is no value for an option"),
        ([Option(0, "Colour", [("Red", "a\tb\x00")]), Option(1, "Size", [])], "is no value for an option"),
        ([Option(0, name, []) for name in "abcd"], "three options at most"),
    ],
)
def test_odd_options_are_refused(editor, options, sentence):
    with pytest.raises(ValidationError, match=sentence):
        save_options(shirt(), options, by=editor)


# --- The matrix ----------------------------------------------------------------------------------


def test_the_plan_names_what_is_missing_and_which_skus_are_taken(editor):
    product = shirt()
    make_variant("ls-blue-m")
    plan = plan_variants(product, [["Red", "Blue"], ["S", "M", "L"]], "LS-{1}-{2}")

    assert (plan.present, plan.missing, plan.is_cut) == (3, 3, False)
    assert [(one.name, one.sku, one.problem) for one in plan.combinations] == [
        ("Red / L", "LS-RED-L", ""),
        ("Blue / M", "LS-BLUE-M", "This SKU is taken."),
        ("Blue / L", "LS-BLUE-L", ""),
    ]


def test_a_pattern_that_tells_nothing_apart_is_seen(editor):
    plan = plan_variants(shirt(), [["Red", "Blue"], ["L"]], "SAME-{1}")
    assert [one.problem for one in plan.combinations] == ["", ""]
    plan = plan_variants(shirt_named("Other"), [["Red", "Blue"], ["L"]], "SAME")
    assert [one.problem for one in plan.combinations] == ["Several lines have this SKU."] * 2


def shirt_named(title):
    return make_product(title, options=["Colour", "Size"], variants=[])


def test_large_plans_are_cut_and_too_large_ones_refused(editor):
    product = shirt_named("Shirt")
    plan = plan_variants(product, [[f"c{n}" for n in range(30)], [f"s{n}" for n in range(20)]], "S-{1}-{2}")
    assert (plan.missing, len(plan.combinations), plan.is_cut) == (600, 200, True)
    with pytest.raises(ValidationError, match="That would be 10000 variants; a product has 2000 at most"):
        plan_variants(product, [[f"c{n}" for n in range(100)], [f"s{n}" for n in range(100)]], "S-{1}-{2}")
    with pytest.raises(ValidationError, match="at least one value for each option"):
        plan_variants(product, [["a"], []], "S")


@pytest.mark.parametrize(
    ("pattern", "values", "sku"),
    [
        ("SHIRT-{1}-{2}", ("Dark red", "M", ""), "SHIRT-DARK-RED-M"),
        ("{2}/{1}", ("红色", "1.5 L", ""), "1.5-L/红色"),
        ("SHIRT-{1}-{3}", ("Red", "M", ""), "SHIRT-RED"),
    ],
)
def test_skus_by_pattern(pattern, values, sku):
    assert sku_by(pattern, values) == sku


def test_generated_variants_copy_price_and_cost_and_stand_in_the_order_of_the_values(editor):
    product = shirt()
    Variant.objects.update(weight_grams=250, tax_class="reduced", track_stock=False)

    made = generate_variants(
        product,
        [(("Red", "L", ""), "LS-RED-L"), (("Blue", "M", ""), "LS-BLUE-M")],
        by=editor,
        price=Decimal(31),
        cost=Decimal(12),
        order=[["Red", "Blue"], ["L", "M", "S"]],
    )

    assert [(v.sku, v.price, v.cost, v.weight_grams, v.tax_class, v.track_stock) for v in made] == [
        ("LS-RED-L", 31, 12, 250, "reduced", False),
        ("LS-BLUE-M", 31, 12, 250, "reduced", False),
    ]
    assert rows_of(product) == [
        ("Red", "L", ""),
        ("Red", "M", ""),
        ("Red", "S", ""),
        ("Blue", "M", ""),
        ("Blue", "S", ""),
    ]


def test_all_are_made_or_none(editor):
    product = shirt()
    rows = [(("Red", "L", ""), "LS-RED-L"), (("Blue", "M", ""), "ls-red-s")]
    with pytest.raises(VariantsRefused) as refusal:
        generate_variants(product, rows, by=editor, price=Decimal(1))
    assert refusal.value.rows[1].message_dict == {
        "sku": ["The SKU ls-red-s is taken (capitals and small letters count as the same)."]
    }
    assert product.variants.count() == 3
    with pytest.raises(ValidationError, match="Choose at least one"):
        generate_variants(product, [], by=editor, price=Decimal(1))


# --- Off sale, deleted ---------------------------------------------------------------------------


def test_a_variant_without_history_is_deleted(editor):
    product = shirt()
    assert delete_variants([product.variants.get(sku="LS-Red-M")], by=editor) == ["LS-Red-M"]
    assert [sku for sku, *_rest in product.variants.values_list("sku")] == ["LS-Red-S", "LS-Blue-S"]
    assert AuditEvent.objects.filter(verb="variant.deleted").values_list("subject", flat=True).get() == "LS-Red-M"


def test_a_variant_with_history_is_refused_and_nothing_is_deleted(editor):
    product = shirt()
    stocked, fresh, _third = product.variants.order_by("position")
    stock(stocked, 3)
    tomorrow = timezone.now() + timedelta(days=1)
    hold(stocked.pk, make_location(), 1, reason="Photo", expires_at=tomorrow, by=editor)

    with pytest.raises(ValidationError) as refusal:
        delete_variants([stocked, fresh], by=editor)

    [sentence] = refusal.value.messages
    assert sentence.startswith("LS-Red-S has history (")
    assert "holds" in sentence
    assert "stock moves" in sentence
    assert sentence.endswith("Deactivate it: it is off sale then, and findable.")
    assert product.variants.count() == 3


def test_a_component_of_a_bundle_is_not_deleted(editor):
    tea, cup = make_variant("TEA"), make_variant("CUP")
    set_parts(tea, [(cup, 2)], by=editor)
    with pytest.raises(ValidationError, match="CUP has history \\(components of bundles\\)"):
        delete_variants([cup], by=editor)
    delete_variants([tea], by=editor)
    delete_variants([cup], by=editor)


def test_the_last_sellable_variant_of_a_published_product_stays(editor):
    product = make_product(published=True)
    with pytest.raises(ValidationError, match="would have nothing left to sell"):
        delete_variants(list(product.variants.all()), by=editor)
    assert product.variants.count() == 1


# --- Pages ---------------------------------------------------------------------------------------


@pytest.fixture
def as_editor(client, editor):
    client.force_login(editor)
    client.get("/search/")
    return client


def address(name, product):
    return reverse(f"catalog:product_{name}", args=[product.pk])


def test_options_are_renamed_and_ordered_on_their_page(as_editor):
    product = shirt()
    page = as_editor.get(address("options", product))
    form = page.context["form"]
    data = {name: form[name].value() for name in form.fields} | {"version": page.context["version"]}

    response = as_editor.post(address("options", product), {**data, "name0": "Farbe", "new0-0": "Rot", "at0-0": "9"})

    assert response.status_code == 302
    assert rows_of(product) == [("Blue", "S", ""), ("Rot", "S", ""), ("Rot", "M", "")]
    again = as_editor.post(address("options", product), data)
    assert again.status_code == 409  # the page was opened before


def test_twins_are_refused_on_the_page_and_what_was_typed_stays(as_editor):
    product = shirt()
    page = as_editor.get(address("options", product))
    form = page.context["form"]
    data = {name: form[name].value() for name in form.fields} | {"version": page.context["version"]}
    response = as_editor.post(address("options", product), {**data, "new0-1": "Red", "name1": "Grösse"})
    assert response.status_code == 422
    assert "would be the same variant" in response.content.decode()
    assert 'value="Grösse"' in response.content.decode()


def test_the_matrix_is_shown_then_made(as_editor):
    product = shirt()
    page = as_editor.get(address("matrix", product)).content.decode()
    assert "Red\nBlue</textarea>" in page
    sent = {"values1": "Red\nBlue", "values2": "S\nM\nL", "pattern": "LS-{1}-{2}", "price": "31", "cost": "12"}

    preview = as_editor.post(address("matrix", product), {**sent, "step": "preview"})
    assert [line.key for line in preview.context["lines"]] == ["0-2", "1-1", "1-2"]
    assert "3 combinations are missing" in preview.content.decode()

    refused = as_editor.post(
        address("matrix", product),
        {**sent, "step": "make", "make": ["0-2", "1-2"], "sku-0-2": "ls-red-s", "sku-1-2": "B"},
    )
    assert refused.status_code == 422
    assert "The SKU ls-red-s is taken" in refused.content.decode()
    assert 'value="B"' in refused.content.decode()
    assert product.variants.count() == 3

    made = as_editor.post(
        address("matrix", product), {**sent, "step": "make", "make": ["0-2", "1-2"], "sku-0-2": "A", "sku-1-2": "B"}
    )
    assert made.status_code == 302
    assert list(
        Variant.objects.filter(sku__in="AB").order_by("sku").values_list("option1", "option2", "price", "cost")
    ) == [
        ("Red", "L", 31, 12),
        ("Blue", "L", 31, 12),
    ]


def test_without_options_the_matrix_says_what_to_do_first(as_editor):
    page = as_editor.get(address("matrix", make_product())).content.decode()
    assert "Name first what the variants differ in" in page


@pytest.mark.parametrize("number", [3, 30])
def test_the_table_of_variants_costs_the_same_for_any_number(as_editor, number, django_assert_num_queries):
    product = shirt(rows=[(f"c{n}", "S") for n in range(number)])
    with django_assert_num_queries(7):
        page = as_editor.get(address("variants", product))
    assert len(page.context["formset"].forms) == min(number, 25)


def rows_sent(page):
    formset = page.context["formset"]
    data = {f"variants-{name}": value for name, value in formset.management_form.initial.items()}
    for form in formset.forms:
        data |= {form[name].html_name: form[name].value() or "" for name in form.fields if name != "is_active"}
        data[form["is_active"].html_name] = "on" if form["is_active"].value() else ""
        data.setdefault("row", []).append(form.instance.pk)
    return {name: value for name, value in data.items() if value != ""}


def test_the_table_saves_what_was_typed_with_every_button(as_editor):
    product = shirt()
    url = address("variants", product)
    data = rows_sent(as_editor.get(url))
    one, other, _third = product.variants.order_by("position")

    response = as_editor.post(url, {**data, "variants-0-price": "31", "verb": "deactivate", "selected": [other.pk]})

    assert response.status_code == 302
    one.refresh_from_db()
    other.refresh_from_db()
    assert (one.price, other.is_active) == (31, False)
    assert [form.instance.sku for form in as_editor.get(f"{url}?state=off").context["formset"].forms] == ["LS-Red-M"]


def test_a_wrong_cell_refuses_the_whole_table_and_keeps_it(as_editor):
    product = shirt()
    url = address("variants", product)
    data = rows_sent(as_editor.get(url))
    response = as_editor.post(url, {**data, "variants-0-price": "44", "variants-1-sku": "ls-red-s", "verb": "save"})
    text = response.content.decode()
    assert response.status_code == 422
    assert "The SKU ls-red-s is taken" in text
    assert 'value="44"' in text
    assert {variant.price for variant in product.variants.all()} == {30}
    nothing = as_editor.post(url, {**data, "verb": "delete"})
    assert "Select the variants first." in nothing.content.decode()


def test_a_used_variant_is_kept_and_the_page_says_what_to_do(as_editor):
    variant = make_variant("TEA", on_hand=3)
    page = as_editor.post(reverse("catalog:variant_delete", args=[variant.pk]), follow=True)
    assert "TEA has history" in page.content.decode()
    fresh = make_variant("CUP")
    as_editor.post(reverse("catalog:variant_delete", args=[fresh.pk]))
    assert [v.sku for v in Variant.objects.all()] == ["TEA"]


def test_variants_off_sale_are_out_of_the_daily_list_and_findable(as_editor):
    product = shirt()
    deactivate_variants([product.variants.get(sku="LS-Red-M")], by=make_user())

    def found(query):
        return [row.object.sku for row in as_editor.get(f"/catalog/variants/{query}").context["rows"]]

    def skus(query):
        return sorted(found(query))

    assert skus("") == ["LS-Blue-S", "LS-Red-S"]
    assert skus("?is_active=false") == ["LS-Red-M"]
    assert found("?q=red-m") == ["LS-Red-M", "LS-Red-S"]  # and what is spelled alike below
    assert len(skus("?is_active=unknown")) == len(skus(f"?product=%23{product.pk}")) == 3
    assert "1 variant is off sale" in as_editor.get(product.get_absolute_url()).content.decode()


def test_a_barcode_used_twice_is_told(as_editor):
    make_variant("CUP", barcode="4006381333931")
    variant = make_variant("TEA")
    url = reverse("catalog:variant_edit", args=[variant.pk])
    page = as_editor.get(url)
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in values.items() if value is not None} | {"version": page.context["version"]}
    page = as_editor.post(url, {**data, "barcode": "4006381333931"}, follow=True).content.decode()
    assert "The barcode 4006381333931 is also that of CUP." in page
    assert "also that of CUP" in page
