"""Real catalogues come in with their categories and attributes; a second run changes nothing."""

import csv
import gzip
import io
from decimal import Decimal

import pytest

from catalog.models import AttributeDefinition, Category, Product
from tests.backoffice.test_import_tables import bring, counts
from tests.factories import make_attribute, make_category

pytestmark = [pytest.mark.django_db, pytest.mark.real]


def table(rows):
    """CSV text of dicts that all have the same keys."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def twice(tmp_path, key, data):
    """Counts of the first run, of which nothing may be refused; the second must find all as it is."""
    first = bring(tmp_path, key, data)
    assert first["errors"] == []
    again = bring(tmp_path, key, data)
    assert counts(again) == (0, 0, first["read"], 0)
    return counts(first)


# --- The Chinese catalogue: categories in every encoding, goods, and their attributes as columns ----------

CATEGORIES = [
    "chinese/litemall_category.csv",
    "chinese/derived/litemall_category.gb18030.csv",
    "chinese/derived/litemall_category.utf8bom.csv",
    "chinese/derived/litemall_category.utf16le.tsv",
]
ENCODINGS = ["utf-8", "gb18030", "utf-8-sig", "utf-16"]


def goods_with_attributes(real_data, names):
    """The goods with a column for each of these attributes, as a shop would export them."""
    given: dict[str, dict[str, str]] = {}
    for row in csv.DictReader(io.StringIO((real_data / "chinese/litemall_goods_attribute.csv").read_text("utf-8"))):
        if row["attribute"] in names:
            given.setdefault(row["goods_id"], {}).setdefault(row["attribute"], row["value"])
    goods = csv.DictReader(
        io.StringIO(gzip.decompress((real_data / "chinese/litemall_goods.csv.gz").read_bytes()).decode())
    )
    kept = ("goods_sn", "name", "category_id", "retail_price")
    return [
        {**{name: row[name] for name in kept}, **{n: given.get(row["id"], {}).get(n, "") for n in names}}
        for row in goods
    ]


@pytest.mark.parametrize(("categories", "encoding"), list(zip(CATEGORIES, ENCODINGS, strict=True)))
def test_the_chinese_catalogue(real_data, tmp_path, categories, encoding):
    assert twice(tmp_path, "categories", (real_data / categories).read_bytes()) == (93, 0, 0, 0)
    home = Category.objects.get(path="居家")
    make_attribute("material", name="Material", name_zh="材质")
    make_attribute("bed", category=home, name="Fits beds of", name_zh="适用床尺寸")
    rows = goods_with_attributes(real_data, ["材质", "适用床尺寸", "产地"])
    text = table(rows).replace("产地", "属性：产地", 1)
    assert twice(tmp_path, "products", text.encode(encoding)) == (239, 0, 0, 0)
    quilt = Product.objects.get(variants__sku="1006002")
    assert (quilt.category.path, quilt.attributes["material"], quilt.attributes["bed"]) == (
        "居家 > 床品件套", "100%棉", "1.5米+1.8米通用",
    )  # fmt: skip
    assert not Product.objects.filter(category=None).exists()


# --- Catalogues of databases: numbers of categories, headers added where there are none --------------------


def test_northwind(real_data, tmp_path):
    assert twice(tmp_path, "categories", (real_data / "northwind/categories.csv").read_bytes()) == (8, 0, 0, 0)
    make_attribute("pack", name="Quantity per unit")
    make_attribute("discontinued", "boolean", name="Discontinued")
    assert twice(tmp_path, "products", (real_data / "northwind/products.csv").read_bytes()) == (77, 0, 0, 0)
    chai = Product.objects.get(title="Chai")
    assert (chai.category.path, chai.attributes) == ("Beverages", {"pack": "10 boxes x 20 bags", "discontinued": False})


def test_adventureworks(real_data, tmp_path):
    """Files without headers, as they are; categories in two of them, whose numbers overlap."""
    folder = real_data / "adventureworks"
    assert twice(tmp_path, "categories", (folder / "ProductCategory.csv").read_bytes()) == (4, 0, 0, 0)
    assert twice(tmp_path, "categories", (folder / "ProductSubcategory.csv").read_bytes()) == (37, 0, 0, 0)
    make_attribute(
        "color", "choice", name="Color", choices=[{"code": c.replace("/", "-"), "label": c} for c in COLOURS]
    )
    products = (folder / "Product.csv").read_bytes()
    first = bring(tmp_path, "products", products, "--partial")
    assert counts(first) == (494, 0, 0, 10)
    assert {(error["column"], error["message"]) for error in first["errors"]} == {("price", "EUR has 2 decimals.")}
    assert counts(bring(tmp_path, "products", products, "--partial")) == (0, 0, 494, 10)
    bike = Product.objects.get(title="Road-150 Red, 62")
    assert (bike.category.path, bike.attributes) == ("Bikes > Road Bikes", {"color": "Red", "Size": "62"})
    variant = bike.variants.get()
    assert (variant.sku, variant.price, variant.cost) == ("BK-R93R-62", Decimal("3578.27"), Decimal("2171.29"))
    assert variant.weight_grams == 6804  # 15.00 lb
    assert Product.objects.filter(category=None).count() == 209


COLOURS = ["Black", "Silver", "Red", "White", "Blue", "Multi", "Yellow", "Grey", "Silver/Black"]

# --- Shops -------------------------------------------------------------------------------------------------


def test_shopify_categories_and_attributes(real_data, tmp_path):
    rows = list(csv.DictReader(io.StringIO((real_data / "shopify/products_theme_course.csv").read_text("utf-8-sig"))))
    make_category("Shoes")
    make_attribute(
        "gender", "choices", name="Gender", choices=[{"code": "f", "label": "Female"}, {"code": "m", "label": "Male"}]
    )
    for number, row in enumerate(rows):
        row["Product Category"] = "Shoes > Trainers"
        row["Gender (product.metafields.custom.gender)"] = ("Female", "Male, Female", "")[number % 3]
        row["Care (product.metafields.custom.care)"] = "Wipe"
    created = twice(tmp_path, "products", table(rows))
    assert (created[0] > 0, created[3]) == (True, 0)
    genders = set(
        map(tuple, Product.objects.filter(attributes__has_key="gender").values_list("attributes__gender", flat=True))
    )
    assert genders == {("f",), ("f", "m")}
    assert not Product.objects.exclude(attributes__contains={"custom.care": "Wipe"}).exists()


def test_woocommerce_attributes(real_data, tmp_path):
    make_attribute(
        "colour", "choice", name="Color", choices=[{"code": c} for c in ("Gray", "Blue", "Yellow", "Green", "Red")]
    )
    data = (real_data / "woocommerce/sample_products.csv").read_bytes()
    assert twice(tmp_path, "products", data)[3] == 0
    found = dict(Product.objects.filter(attributes__has_key="colour").values_list("handle", "attributes__colour"))
    assert found["woo-beanie"] == "Red"
    assert AttributeDefinition.objects.get().labels.keys() >= set(found.values())
    assert Product.objects.get(handle="woo-beanie").category.path == "Clothing > Accessories"
