"""Pages and API of attributes: definitions of a category, fields of the product's form, filters."""

import pytest
from django.urls import reverse

from backoffice import tokens
from catalog.models import AttributeDefinition, Product
from tests.factories import make_attribute, make_category, make_product, make_user

pytestmark = pytest.mark.django_db
SEASONS = [{"code": "s", "label": "Summer", "label_zh": "夏"}, {"code": "w", "label": "Winter", "label_zh": "冬"}]


@pytest.fixture
def page(client, owner):
    client.force_login(owner)
    return client


@pytest.fixture
def wear(owner):
    wear = make_category("Wear")
    make_attribute("weight", "number", category=wear, unit="g", is_required=True)
    make_attribute("season", "choices", category=wear, choices=SEASONS, name_zh="季节")
    make_attribute("organic", "boolean")
    make_attribute("best_before", "date")
    return make_category("Shirts", wear)


def typed(**fields):
    rows = {"variants-TOTAL_FORMS": "0", "variants-INITIAL_FORMS": "0"}
    return {"title": "Shirt", "handle": "", "tags": "", "options": "", "title_zh": "", **rows, **fields}


# --- Definitions ------------------------------------------------------------------------------------


def test_a_category_lists_its_attributes_and_what_it_inherits(page, wear):
    make_attribute("collar", category=wear)
    make_product(category=wear, attributes={"collar": "round"})
    response = page.get(wear.get_absolute_url())
    told = [(one.definition.code, one.is_own, str(one.used)) for one in response.context["attributes"]]
    assert told == [
        ("organic", False, "0"), ("best_before", False, "0"), ("weight", False, "0"), ("season", False, "0"), ("collar", True, "1"),
    ]  # fmt: skip


def test_a_definition_is_added_edited_moved_and_removed(page, wear):
    form = {
        "name": "Collar shape",
        "category": f"#{wear.pk}",
        "code": "",
        "kind": "choice",
        "choices": "Round\nv | V-neck | V 领",
        "is_filterable": "on",
    }
    page.post(reverse("catalog:attribute_new"), form)
    collar = AttributeDefinition.objects.get(code="collar_shape")
    assert (collar.category, collar.labels, collar.is_required) == (wear, {"round": "Round", "v": "V-neck"}, False)
    version = page.get(reverse("catalog:attribute_edit", args=[collar.pk])).context["version"]
    page.post(reverse("catalog:attribute_edit", args=[collar.pk]), {**form, "name": "Collar", "version": version})
    collar.refresh_from_db()
    assert (collar.name, collar.code, collar.category) == ("Collar", "collar_shape", wear)
    fabric = make_attribute("fabric", category=wear)
    page.post(reverse("catalog:attribute_move", args=[fabric.pk, "up"]))
    assert [one.code for one in AttributeDefinition.objects.filter(category=wear).in_order()] == [
        "fabric",
        "collar_shape",
    ]
    make_product(category=wear, attributes={"fabric": "Linen"})
    assert str(page.get(reverse("catalog:attribute_remove", args=[fabric.pk])).context["used"]) == "1"
    page.post(reverse("catalog:attribute_remove", args=[fabric.pk]))
    assert not AttributeDefinition.objects.filter(code="fabric").exists()


def test_a_refused_definition_keeps_what_was_typed(page, wear):
    response = page.post(
        reverse("catalog:attribute_new"),
        {"name": "Weight", "category": f"#{wear.pk}", "code": "weight", "kind": "text"},
    )
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["code"]


def test_who_may_not_change_categories_reads_definitions_only(client, wear):
    client.force_login(make_user("order_clerk"))
    weight = AttributeDefinition.objects.get(code="weight")
    assert client.get(weight.get_absolute_url()).context["actions"] == []
    assert client.get(reverse("catalog:attribute_new")).status_code == 403
    assert client.post(reverse("catalog:attribute_remove", args=[weight.pk])).status_code == 403
    assert client.post(reverse("catalog:attribute_move", args=[weight.pk, "up"])).status_code == 403
    assert AttributeDefinition.objects.filter(pk=weight.pk).exists()


# --- The product's form -------------------------------------------------------------------------------


def names(response):
    return [bound.name for bound in response.context["attribute_fields"]]


def test_the_form_asks_for_what_the_category_defines(page, wear):
    everywhere = ["attributes.organic", "attributes.best_before"]
    assert names(page.get(reverse("catalog:product_new"))) == everywhere
    asked = [*everywhere, "attributes.weight", "attributes.season"]
    assert names(page.get(f"{reverse('catalog:product_new')}?category=%23{wear.pk}")) == asked
    product = make_product(category=wear, attributes={"weight": 0.5, "custom": "x"})
    response = page.get(reverse("catalog:product_edit", args=[product.pk]))
    assert names(response) == asked
    assert 'value="0.5"' in response.content.decode()
    assert [one.label for one in response.context["other_attributes"]] == ["custom"]


def test_values_are_saved_typed_and_others_stay(page, wear):
    product = make_product(category=wear, attributes={"custom": "x", "season": ["s"]})
    version = page.get(reverse("catalog:product_edit", args=[product.pk])).context["version"]
    fields = typed(
        **{
            "category": f"#{wear.pk}", "version": version, "attributes.weight": "1,250.5", "attributes.season": ["w", "s"],
            "attributes.organic": "false", "attributes.best_before": "2026-03-31",
        }
    )  # fmt: skip
    response = page.post(reverse("catalog:product_edit", args=[product.pk]), fields)
    assert response.status_code == 302
    product.refresh_from_db()
    assert product.attributes == {
        "custom": "x", "weight": 1250.5, "season": ["s", "w"], "organic": False, "best_before": "2026-03-31",
    }  # fmt: skip
    version = page.get(reverse("catalog:product_edit", args=[product.pk])).context["version"]
    page.post(reverse("catalog:product_edit", args=[product.pk]), typed(category=f"#{wear.pk}", version=version))
    product.refresh_from_db()
    assert product.attributes == {"custom": "x"}


def test_a_wrong_value_stands_at_its_field(page, wear):
    response = page.post(
        reverse("catalog:product_new"), typed(**{"category": "Wear > Shirts", "attributes.weight": "12345678901234567"})
    )
    assert response.status_code == 422
    assert response.context["form"].errors == {"attributes.weight": ["A number has 15 digits at most."]}


@pytest.mark.parametrize("part", ["page", "fragment"])
def test_another_category_shows_its_fields_and_keeps_what_was_typed(page, wear, part):
    typed_in = typed(
        **{
            "title": "",
            "attributes.gone": "kept",
            "attributes.organic": "true",
            "category": f"#{wear.pk}",
            "show_fields": part,
        }
    )
    response = page.post(reverse("catalog:product_new"), typed_in)
    assert response.status_code == 200
    assert names(response)[-1] == "attributes.season"
    assert response.context["kept_fields"] == [("attributes.gone", "kept")]
    text = response.content.decode()
    assert ('<option value="true" selected>' in text, "This field is required" in text) == (True, False)
    assert ("<html" in text) is (part == "page")
    assert not Product.objects.exists()


def test_the_record_shows_values_with_unit_and_label_in_the_readers_language(page, wear):
    product = make_product(category=wear, attributes={"weight": 1250.5, "season": ["s"], "custom.x": "y"})
    [weight, season] = page.get(product.get_absolute_url()).context["attributes"]
    assert (weight.label, weight.value, weight.unit) == ("Weight", "1,250.5", "g")
    assert (season.label, season.value) == ("Season", "Summer")
    make_product("Empty", category=wear)
    assert [one.is_missing for one in page.get("/catalog/products/empty/").context["attributes"]] == [True]
    page.cookies["django_language"] = "zh-hans"
    response = page.get(product.get_absolute_url(), headers={"accept-language": "zh-hans"})
    assert [(one.label, one.value) for one in response.context["attributes"]][1] == ("季节", "夏")


# --- Filters and API ----------------------------------------------------------------------------------


def found(page, query):
    return sorted(str(row.object) for row in page.get(f"/catalog/products/?{query}").context["rows"])


@pytest.fixture
def shelf(wear):
    make_product(
        "A", category=wear, attributes={"weight": 10, "season": ["s"], "organic": True, "best_before": "2026-03-31"}
    )
    make_product("B", category=wear, attributes={"weight": 20.5, "season": ["s", "w"], "organic": False})
    make_product("C", category=wear)
    make_product("D", attributes={"weight": 15, "best_before": "2026-04-01"})


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("attributes.weight_min=10.5", ["B", "D"]),
        ("attributes.weight_max=15", ["A", "D"]),
        ("attributes.weight_min=10&attributes.weight_max=10", ["A"]),
        ("attributes.season=w", ["B"]),
        ("attributes.season=w&attributes.season=s", ["A", "B"]),
        ("attributes.organic=true", ["A"]),
        ("attributes.best_before_after=2026-04-01", ["D"]),
        ("attributes.best_before_before=2026-03-31", ["A"]),
        ("attributes.season=s&attributes.organic=false", ["B"]),
    ],
)
def test_products_are_filtered_by_attribute(page, shelf, query, titles):
    assert found(page, query) == titles


def test_the_list_offers_what_the_category_defines(page, wear, shelf):
    make_attribute("secret", category=wear, is_filterable=False)
    assert [
        bound.name for bound in page.get("/catalog/products/").context["page"].filter_fields if "." in bound.name
    ] == []
    response = page.get(
        f"/catalog/products/?category=%23{wear.pk}&attributes.season=w&columns=title&columns=attributes.weight"
    )
    offered = [bound.name for bound in response.context["page"].filter_fields if "." in bound.name]
    assert offered == [f"attributes.{code}" for code in ("organic", "best_before", "weight", "season")]
    assert [(chip.label, chip.value) for chip in response.context["chips"]][1:] == [("Season", "Winter")]
    assert "20.5" in response.content.decode()
    csv = page.get(
        f"/catalog/products/?category=%23{wear.pk}&attributes.season=w&columns=title&columns=attributes.weight&export=csv"
    )
    assert b"".join(csv.streaming_content).decode("utf-8-sig").split() == ["Product,Weight", "(g)", "B,20.5"]


def test_the_api_gives_definitions_values_and_filters(client, wear, shelf):
    token = tokens.create(by=make_user("owner"), name="x")[1]
    ask = lambda path: client.get(f"/api/v1/{path}", headers={"authorization": f"Bearer {token}"})  # noqa: E731
    here = ask("attributes?category=Wear").json()["items"]
    assert [(one["code"], one["category"], one["unit"]) for one in here] == [
        ("weight", "Wear", "g"), ("season", "Wear", ""), ("organic", None, ""), ("best_before", None, ""),
    ]  # fmt: skip
    assert here[1]["choices"] == SEASONS
    assert ask("catalog/products/a").json()["attributes"] == {
        "weight": 10,
        "season": ["s"],
        "organic": True,
        "best_before": "2026-03-31",
    }
    assert [one["handle"] for one in ask("catalog/products?attributes.weight_min=15").json()["items"]] == ["d", "b"]
    assert ask("catalog/products?attributes.colour=red").status_code == 422
    assert ask("catalog/products?attributes.season=spring").status_code == 422


@pytest.mark.parametrize("number", [1, 3])
def test_a_list_by_category_and_attribute_costs_the_same_for_any_number(page, wear, django_assert_num_queries, number):
    for weight in range(number):
        make_product(f"Shirt {weight}", category=wear, attributes={"weight": weight, "season": ["s"]})
    page.get("/search/")
    with django_assert_num_queries(
        9
    ):  # of them one about the category by its name, one by its key, one about attributes
        response = page.get("/catalog/products/", {"category": f"#{wear.pk}", "attributes.season": "s"})
    assert len(response.context["rows"]) == number
