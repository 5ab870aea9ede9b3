"""Attribute definitions and the values of products: services, triggers, inheritance, conversion, publishing."""

import datetime
import json
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import translation

from backoffice.publishing import NotPublishable
from catalog import services
from catalog.models import AttributeDefinition, IndexedAttribute, Product
from catalog.services.attributes import read
from tests.factories import make_attribute, make_category, make_product, publish

pytestmark = pytest.mark.django_db

SEASONS = [
    {"code": "summer", "label": "Summer", "label_zh": "夏"},
    {"code": "winter", "label": "Winter", "label_zh": "冬"},
]


@pytest.fixture
def tree(owner):
    """Wear > Shirts, and Kitchen."""
    wear = make_category("Wear")
    return {"wear": wear, "shirts": make_category("Shirts", wear), "kitchen": make_category("Kitchen")}


def refusals(error):
    return error.value.message_dict


def test_a_category_inherits_what_stands_above_it(tree):
    for category, code in (
        (None, "organic"),
        (tree["wear"], "season"),
        (tree["shirts"], "collar"),
        (tree["kitchen"], "steel"),
    ):
        make_attribute(code, category=category)
    codes = [one.code for one in AttributeDefinition.objects.of_path(tree["shirts"])]
    assert codes == ["organic", "season", "collar"]
    assert [one.code for one in AttributeDefinition.objects.of_path(None)] == ["organic"]


def test_values_are_stored_canonically_and_indexed(tree, owner):
    make_attribute("weight", "number", category=tree["wear"], unit="g")
    make_attribute("since", "date")
    make_attribute("season", "choices", choices=SEASONS)
    make_attribute("organic", "boolean")
    product = make_product(
        category=tree["shirts"],
        attributes={
            "weight": Decimal("12.50"), "since": datetime.date(2026, 3, 31), "season": ["winter", "summer"], "organic": False,
            "custom.other": {"a": [1, None]}, "gone": None,
        },
    )  # fmt: skip
    product.refresh_from_db()
    assert product.attributes == {
        "weight": 12.5, "since": "2026-03-31", "season": ["summer", "winter"], "organic": False, "custom.other": {"a": [1, None]},
    }  # fmt: skip
    days = (datetime.date(2026, 3, 31) - datetime.date(2000, 1, 1)).days
    assert set(IndexedAttribute.objects.values_list("code", "number")) == {("weight", Decimal("12.5")), ("since", days)}
    services.update_product(product, by=owner, attributes={"weight": 13})
    assert list(IndexedAttribute.objects.values_list("code", "number")) == [("weight", 13)]
    Product.objects.filter(pk=product.pk).update(attributes={})
    assert not IndexedAttribute.objects.exists()


def test_wrong_values_are_named_by_code_and_nothing_is_written(tree, owner):
    make_attribute("weight", "number", unit="g")
    make_attribute("season", "choice", choices=SEASONS)
    product = make_product(category=tree["wear"], attributes={"weight": 1})
    with pytest.raises(ValidationError) as error:
        services.update_product(product, by=owner, title="New", attributes={"weight": "1", "season": "spring"})
    assert refusals(error) == {
        "attributes.weight": ["Weight: A number is expected, in g."],
        "attributes.season": ["Season: One of these is expected: Summer, Winter."],
    }
    product.refresh_from_db()
    assert (product.title, product.attributes) == ("Linen shirt", {"weight": 1})


def test_expectations_speak_the_readers_language(owner):
    make_attribute("season", "choice", name_zh="季节", choices=SEASONS)
    with translation.override("zh-hans"), pytest.raises(ValidationError) as error:
        services.clean_attributes(None, {"season": "spring"})
    assert "季节" in error.value.messages[0]
    assert "夏, 冬" in error.value.messages[0]


@pytest.mark.parametrize("value", ['"1"', "null", "1234567890123456", "[1]", "true"])
def test_the_database_refuses_what_python_would(tree, value):
    make_attribute("weight", "number", category=tree["wear"])
    product = make_product(category=tree["shirts"])
    elsewhere = make_product("Pot", category=tree["kitchen"])
    wrong = {"weight": json.loads(value)}
    with pytest.raises(IntegrityError, match="is no value of the attribute"), transaction.atomic():
        Product.objects.filter(pk=product.pk).update(attributes=wrong)
    assert Product.objects.filter(pk=elsewhere.pk).update(attributes=wrong) == 1


def test_a_code_stands_once_on_a_path(tree, owner):
    make_attribute("size", category=tree["shirts"])
    make_attribute("size", category=tree["kitchen"])
    for category in (tree["wear"], None, tree["shirts"]):
        with pytest.raises(ValidationError) as error:
            services.save_definition(by=owner, category=category, code="SIZE", name="Size")
        assert list(refusals(error)) == ["code"]
    make_attribute("brand_line")
    with pytest.raises(ValidationError) as error:
        services.save_definition(by=owner, category=tree["shirts"], code="brand_line", name="Line")
    assert refusals(error) == {"code": ["The attribute “brand_line” is defined for all products already."]}


def test_a_category_moves_only_where_its_attributes_fit(tree, owner):
    make_attribute("size", "number", category=tree["wear"])
    make_attribute("size", category=tree["kitchen"])
    with pytest.raises(ValidationError) as error:
        services.save_category(tree["kitchen"], by=owner, name="Kitchen", parent=tree["wear"])
    assert refusals(error) == {
        "parent": ["The attribute “size” is defined for “Wear > Kitchen” already, which is on the same path."]
    }
    pots = make_category("Pots")
    make_product("Pot", category=pots, attributes={"size": "large"})
    with pytest.raises(ValidationError) as error:
        services.save_category(pots, by=owner, name="Pots", parent=tree["wear"])
    assert refusals(error) == {
        "parent": ["“large” of the product “pot” does not fit the attribute “Size”. A number is expected."]
    }
    assert services.save_category(pots, by=owner, name="Pots", parent=tree["kitchen"]).path == "Kitchen > Pots"


def test_a_product_changes_category_only_where_its_values_fit(tree, owner):
    make_attribute("size", "number", category=tree["kitchen"])
    product = make_product(category=tree["wear"], attributes={"size": "XL"})
    with pytest.raises(ValidationError) as error:
        services.update_product(product, by=owner, category=tree["kitchen"])
    assert refusals(error) == {"attributes.size": ["Size: A number is expected."]}


def test_a_change_of_kind_converts_the_values(tree, owner):
    weight = make_attribute("weight", category=tree["wear"])
    light = make_product("Light", category=tree["shirts"], attributes={"weight": "12.5 g"})
    heavy = make_product("Heavy", category=tree["wear"], attributes={"weight": "1 kg", "other": 1})
    outside = make_product("Pot", category=tree["kitchen"], attributes={"weight": "heavy"})
    services.save_definition(weight, by=owner, code="net_weight", kind="number", unit="g")
    values = dict(Product.objects.values_list("handle", "attributes"))
    assert values == {
        "light": {"net_weight": 12.5}, "heavy": {"net_weight": 1000, "other": 1}, "pot": {"weight": "heavy"},
    }  # fmt: skip
    assert {light.pk, heavy.pk, outside.pk} == set(Product.objects.values_list("pk", flat=True))


def test_a_change_of_kind_is_refused_while_values_do_not_convert(tree, owner):
    weight = make_attribute("weight", category=tree["wear"])
    product = make_product(category=tree["wear"], attributes={"weight": "quite heavy"})
    with pytest.raises(ValidationError) as error:
        services.save_definition(weight, by=owner, kind="number")
    assert refusals(error) == {"kind": ["Products have values that do not fit: “quite heavy”. Change these first."]}
    weight.refresh_from_db()
    product.refresh_from_db()
    assert (weight.kind, product.attributes) == ("text", {"weight": "quite heavy"})
    with pytest.raises(IntegrityError, match="is no value of the attribute"), transaction.atomic():
        AttributeDefinition.objects.filter(pk=weight.pk).update(kind="number")


def test_texts_become_choices_by_their_names(owner):
    season = make_attribute("season")
    product = make_product(attributes={"season": "夏"})
    services.save_definition(season, by=owner, kind="choices", choices=SEASONS)
    product.refresh_from_db()
    assert product.attributes == {"season": ["summer"]}
    with pytest.raises(ValidationError):
        services.save_definition(season, by=owner, choices=SEASONS[1:])
    services.save_definition(season, by=owner, kind="text", choices=[])
    product.refresh_from_db()
    assert product.attributes == {"season": "summer"}


def test_a_new_definition_takes_over_values_under_its_name(owner):
    one = make_product("One", attributes={"Fabric": "Cotton", "面料": "棉"})
    two = make_product("Two", attributes={"面料": "麻", "fabric": "Linen"})
    make_attribute("fabric", name="Fabric", name_zh="面料")
    one.refresh_from_db()
    two.refresh_from_db()
    assert one.attributes["fabric"] in ("Cotton", "棉")
    assert two.attributes == {"fabric": "Linen", "面料": "麻"}


def test_a_removed_definition_leaves_the_values(owner):
    weight = make_attribute("weight", "number")
    product = make_product(attributes={"weight": 5})
    assert services.usage([weight]) == {weight.pk: 1}
    services.remove_definition(weight, by=owner)
    product.refresh_from_db()
    assert (product.attributes, AttributeDefinition.objects.count()) == ({"weight": 5}, 0)


def test_definitions_change_places(owner):
    first, second = make_attribute("first"), make_attribute("second")
    services.move_definition(second, by=owner, up=True)
    services.move_definition(second, by=owner, up=True)
    assert [one.code for one in AttributeDefinition.objects.of_path(None)] == ["second", "first"]
    services.move_definition(second, by=owner, up=False)
    assert [one.pk for one in AttributeDefinition.objects.of_path(None)] == [first.pk, second.pk]


def test_required_attributes_hold_back_publishing_and_not_the_draft(tree, owner, django_assert_num_queries):
    needed = make_attribute("material", category=tree["wear"], is_required=True)
    products = [make_product(f"Shirt {n}", category=tree["shirts"]) for n in range(3)]
    make_product("Pot", category=tree["kitchen"])
    with django_assert_num_queries(2):
        assert services.missing_attributes(products) == {product.pk: [needed] for product in products}
    with pytest.raises(NotPublishable, match="the attribute “Material” is missing"):
        publish(products[0])
    product = services.update_product(products[0], by=owner, attributes={"material": "Linen"})
    assert services.missing_attributes([product]) == {}
    assert publish(product).status == "published"


@pytest.mark.parametrize(
    ("kind", "more", "fields"),
    [
        ("text", {"unit": "g"}, {"unit": ["Only numbers have a unit."]}),
        ("choice", {"choices": []}, {"choices": ["An attribute of choices needs some, and no other has any."]}),
        ("choice", {"choices": [{"code": "a"}, {"code": "A"}]}, {"choices": ["“a” names two choices."]}),
        ("text", {"code": "a b"}, {"code": ["A code has letters, digits, points, hyphens and underscores, and starts with a letter or digit."]}),
    ],
)  # fmt: skip
def test_definitions_that_cannot_be(owner, kind, more, fields):
    with pytest.raises(ValidationError) as error:
        services.save_definition(by=owner, **{"code": "x", "name": "X", "kind": kind, **more})
    assert refusals(error) == fields


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("number", "1.250,5", 1250.5), ("number", "12 kg", 12000), ("number", "12,5 g", 12.5), ("number", "500 毫克", 0.5), ("number", "-3", -3),
        ("boolean", "是", True), ("boolean", "No", False), ("date", "31.03.2026", "2026-03-31"), ("choice", "夏", "summer"),
        ("choices", "winter | Summer", ["summer", "winter"]), ("choices", "夏、冬", ["summer", "winter"]), ("text", " a, b ", "a, b"),
        ("number", " ", None), ("date", "NULL", None),
    ],
)  # fmt: skip
def test_texts_of_cells_are_read_by_kind(owner, kind, text, value):
    unit, choices = ("g" if kind == "number" else ""), (SEASONS if kind in ("choice", "choices") else [])
    definition = make_attribute("x", kind, unit=unit, choices=choices)
    assert read(definition, text, decimal=",", dates="dmy") == value


@pytest.mark.parametrize(
    ("kind", "text", "sentence"),
    [
        ("number", "12 cm", "This is not a number. A number is expected, in g."),
        ("boolean", "maybe", "Yes or no is expected."),
        (
            "date",
            "soon",
            "This is not a date. 2026-03-31 is always understood. A date is expected, such as 2026-03-31.",
        ),
        ("choices", "Summer, Spring", "Some of these are expected: Summer, Winter."),
    ],
)
def test_texts_that_mean_nothing_are_refused_with_what_is_expected(owner, kind, text, sentence):
    unit, choices = ("g" if kind == "number" else ""), (SEASONS if kind in ("choice", "choices") else [])
    definition = make_attribute("x", kind, unit=unit, choices=choices)
    with pytest.raises(ValidationError) as error:
        read(definition, text)
    assert error.value.messages == [sentence]
