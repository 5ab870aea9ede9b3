"""Attributes in files: columns of every making, definitions, and out again."""

import csv
import io

import pytest
from django.core.management import call_command

from backoffice.imports import undoing
from backoffice.models import ImportRun
from catalog.models import AttributeDefinition, Category, Product
from tests.backoffice.test_import_tables import bring, counts, reasons
from tests.factories import make_attribute, make_category, make_product, make_user

pytestmark = pytest.mark.django_db
SEASONS = [{"code": "s", "label": "Summer", "label_zh": "夏"}, {"code": "w", "label": "Winter", "label_zh": "冬"}]


@pytest.fixture
def wear(owner):
    category = make_category("Wear")
    make_attribute("weight", "number", category=category, name="Net weight", name_zh="净重", unit="g")
    make_attribute("season", "choices", category=category, choices=SEASONS)
    make_attribute("organic", "boolean", name_zh="有机")
    make_attribute("best_before", "date")
    return category


def attributes(handle):
    return Product.objects.get(handle=handle).attributes


HEADERS = [
    "attributes.weight,attributes.season,attributes.organic,attributes.best_before",
    "Attribute: Net weight,Attribute: Season,Attribute: Organic,Attribute: Best before",
    "净重,Season,有机,Best before",
    "属性：净重,属性：season,属性.有机,Best before",
    "x (product.metafields.custom.weight),Season (product.metafields.my.abc),product.metafields.custom.organic,Metafield: custom.best_before [date]",
]


@pytest.mark.parametrize("headers", HEADERS)
def test_columns_mean_attributes_by_code_name_and_metafield(tmp_path, wear, headers):
    text = (
        f"handle,title,category,sku,price,{headers}\nshirt,Shirt,Wear > Shirts,S1,1,12 kg,夏 | Winter,是,2026-03-31\n"
    )
    assert counts(bring(tmp_path, "products", text)) == (1, 0, 0, 0)
    assert attributes("shirt") == {"weight": 12000, "season": ["s", "w"], "organic": True, "best_before": "2026-03-31"}
    assert counts(bring(tmp_path, "products", text)) == (0, 0, 1, 0)


def test_wrong_cells_are_named_and_the_other_rows_go_in(tmp_path, wear):
    text = (
        "handle,title,category,sku,price,attributes.weight,attributes.season\n"
        'a,A,Wear,A,1,heavy,Spring\nb,B,Wear,B,1,"1.5",Summer\n'
    )
    result = bring(tmp_path, "products", text, "--partial")
    assert sorted(reasons(result)) == [
        (2, "attribute_value", "Spring", "Season: Some of these are expected: Summer, Winter."),
        (2, "attribute_value", "heavy", "Net weight: This is not a number. A number is expected, in g."),
    ]
    assert (counts(result), attributes("b")) == ((1, 0, 0, 1), {"weight": 1.5, "season": ["s"]})


def test_what_the_category_does_not_define_is_kept_as_text(tmp_path, wear):
    text = "handle,title,category,sku,price,attributes.weight,Attribute: Colour,attributes.organic\na,A,Kitchen,A,1,heavy,blue,no\n"
    assert counts(bring(tmp_path, "products", text)) == (1, 0, 0, 0)
    assert attributes("a") == {"weight": "heavy", "Colour": "blue", "organic": False}
    assert counts(bring(tmp_path, "products", text)) == (0, 0, 1, 0)


def test_blank_cells_empty_a_value_and_absent_columns_keep_it(tmp_path, wear):
    make_product("Shirt", category=wear, attributes={"weight": 5, "season": ["s"], "Colour": "blue"})
    assert (
        counts(
            bring(
                tmp_path,
                "products",
                "handle,attributes.weight,Attribute: Colour\nlinen-shirt,,\nshirt,,\n",
                "--partial",
            )
        )[1]
        == 1
    )
    assert attributes("shirt") == {"season": ["s"], "Colour": "blue"}


def test_rows_of_a_metafield_each(tmp_path, wear):
    text = "Handle,Title,Product category,Variant SKU,Variant Price,Metafield Namespace,Metafield Key,Metafield Value,Metafield Value Type\na,A,Wear,A,1,custom,weight,7,integer\n"
    assert counts(bring(tmp_path, "products", text)) == (1, 0, 0, 0)
    assert attributes("a") == {"weight": 7}


def test_woocommerce_attributes(tmp_path, wear):
    text = (
        "ID,Type,SKU,Name,Parent,Regular price,Categories,Attribute 1 name,Attribute 1 value(s),Attribute 2 name,Attribute 2 value(s)\n"
        '1,simple,A,A,,1,Wear,Season,"Summer, Winter",Fabric,Cotton\n'
    )
    assert counts(bring(tmp_path, "products", text)) == (1, 0, 0, 0)
    assert attributes("a") == {"season": ["s", "w"], "Fabric": "Cotton"}


def test_a_file_does_not_move_a_product_to_where_its_values_do_not_fit(tmp_path, wear):
    make_product("Pot", attributes={"weight": "heavy"})
    result = bring(tmp_path, "products", "handle,category\npot,Wear > Pots\n")
    assert reasons(result) == [
        (2, "category", "Wear > Pots", "The product has “heavy” as “Net weight”, which does not fit in this category.")
    ]
    assert counts(bring(tmp_path, "products", "handle,category,attributes.weight\npot,Wear > Pots,7\n")) == (0, 1, 0, 0)
    assert attributes("pot") == {"weight": 7}


def test_a_file_does_not_publish_what_lacks_a_required_attribute(tmp_path, wear):
    make_attribute("material", category=wear, is_required=True)
    text = "handle,title,category,sku,price,status,attributes.material\na,A,Wear,A,1,published,\nb,B,Wear,B,1,published,Linen\n"
    result = bring(tmp_path, "products", text)
    assert [(one["row"], one["message"]) for one in result["warnings"]] == [
        (2, "The product stays what it is: these required attributes are missing: Material.")
    ]
    assert dict(Product.objects.values_list("handle", "status")) == {"a": "draft", "b": "in_review"}
    assert counts(bring(tmp_path, "products", text)) == (0, 0, 2, 0)


def exported(tmp_path, key):
    path = tmp_path / "exported.csv"
    call_command("export_csv", key, "-o", str(path))
    return path.read_bytes().decode("utf-8-sig")


def test_export_and_import_change_nothing(tmp_path, wear):
    make_attribute("note", is_filterable=False)
    shirts = make_category("Shirts", wear)
    make_product(
        "Shirt",
        category=shirts,
        attributes={
            "weight": 0.1,
            "season": ["s", "w"],
            "organic": False,
            "best_before": "2026-03-31",
            "note": "x",
            "custom.y": [1, {}],
        },
    )
    make_product("Pot", attributes={"weight": ["odd"], "organic": True, "=cmd": "+1"})
    text = exported(tmp_path, "products")
    [pot, shirt] = sorted(csv.DictReader(io.StringIO(text)), key=lambda row: row["handle"])
    assert [shirt[f"attributes.{code}"] for code in ("weight", "season", "organic", "best_before")] == [
        "0.1", "s | w", "FALSE", "2026-03-31",
    ]  # fmt: skip
    assert shirt["attributes"] == '{"note": "x", "custom.y": [1, {}]}'
    assert (pot["attributes.weight"], pot["attributes.organic"]) == ("", "TRUE")
    before = dict(Product.objects.values_list("handle", "attributes"))
    assert counts(bring(tmp_path, "products", text)) == (0, 0, 2, 0)
    assert dict(Product.objects.values_list("handle", "attributes")) == before


DEFINITIONS = (
    "category,code,name,中文名称,kind,unit,choices,required,in filters,position\n"
    "Wear > Shirts,collar,Collar,领型,choice,,Round | V-neck,yes,yes,2\n"
    ",weight,Weight,重量,number,g,,no,yes,1\n"
)


def test_definitions_come_in_and_go_out(tmp_path):
    assert counts(bring(tmp_path, "attributes", DEFINITIONS, "--dry-run")) == (2, 0, 0, 0)
    assert not AttributeDefinition.objects.exists()
    assert not Category.objects.exists()
    assert counts(bring(tmp_path, "attributes", DEFINITIONS)) == (2, 0, 0, 0)
    collar = AttributeDefinition.objects.get(code="collar")
    assert (collar.category.path, collar.kind, list(collar.labels), collar.is_required) == (
        "Wear > Shirts", "choice", ["round", "v-neck"], True,
    )  # fmt: skip
    assert counts(bring(tmp_path, "attributes", DEFINITIONS)) == (0, 0, 2, 0)
    assert counts(bring(tmp_path, "attributes", exported(tmp_path, "attributes"))) == (0, 0, 2, 0)


def test_definitions_of_a_file_are_refused_one_by_one(tmp_path):
    bring(tmp_path, "attributes", DEFINITIONS)
    make_product("Pot", attributes={"weight": 5})
    text = "category,code,name,kind\n,weight,Weight,choice\nWear,collar,Collar,text\n,new,,text\n,fine,Fine,text\n,FINE,Fine,text\n,odd,Odd,colour\n"
    result = bring(tmp_path, "attributes", text, "--partial")
    assert [(row, column) for row, column, _value, _message in reasons(result)] == [
        (2, "choices"), (3, "code"), (4, "name"), (6, "code"), (7, "kind"),
    ]  # fmt: skip
    assert counts(result) == (1, 0, 0, 5)


def test_undoing_a_file_of_definitions_takes_conversions_back(tmp_path):
    make_attribute("weight")
    make_product("Pot", attributes={"weight": "1.5 kg"})
    assert counts(bring(tmp_path, "attributes", "code,kind,unit\nweight,number,g\n")) == (0, 1, 0, 0)
    assert attributes("pot") == {"weight": 1500}
    undoing.undo(ImportRun.objects.get(), by=make_user())
    assert (attributes("pot"), AttributeDefinition.objects.get().kind) == ({"weight": "1.5 kg"}, "text")
