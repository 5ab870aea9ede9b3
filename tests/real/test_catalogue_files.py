"""Real files of categories, and product files read as counts and as prices; a second run changes nothing."""

import pytest

from catalog.models import Category, Variant
from inventory.models import StockLevel
from tests.backoffice.test_import_tables import bring, counts
from tests.factories import make_location, make_variant

pytestmark = [pytest.mark.django_db, pytest.mark.real]

CATEGORIES = {
    "chinese/litemall_category.csv": (93, "居家 > 布艺软装"),
    "chinese/derived/litemall_category.gb18030.csv": (93, "居家 > 布艺软装"),
    "chinese/derived/litemall_category.utf8bom.csv": (93, "居家 > 布艺软装"),
    "chinese/derived/litemall_category.utf16le.tsv": (93, "居家 > 布艺软装"),
    "northwind/categories.csv": (8, "Grains/Cereals"),
}
PRODUCTS = {  # read, counted, refused in each of the three readings
    "shopify/product_template.csv": (3, 0, 0),
    "shopify/products_gatsby_demo.csv": (300, 299, 1),
    "shopify/products_theme_course.csv": (21, 19, 0),
    "shopify/transporter_products.csv": (7, 2, 1),
    "woocommerce/sample_products.csv": (25, 0, 0),
    "medusa/v1-template.csv": (5, 5, 0),
}


@pytest.mark.parametrize("name", CATEGORIES)
def test_categories_go_in_and_stay_as_they_are(real_data, tmp_path, name):
    expected, path = CATEGORIES[name]
    data = (real_data / name).read_bytes()
    result = bring(tmp_path, "categories", data)
    assert (result["errors"], counts(result)) == ([], (expected, 0, 0, 0))
    assert Category.objects.filter(path=path).count() == 1
    assert counts(bring(tmp_path, "categories", data)) == (0, 0, expected, 0)


@pytest.mark.parametrize("name", PRODUCTS)
def test_product_files_are_counts_and_prices_too(real_data, tmp_path, name):
    make_location()
    read, counted, refused = PRODUCTS[name]
    data = (real_data / name).read_bytes()
    bring(tmp_path, "products", data, "--partial")
    assert counts(bring(tmp_path, "stock", data, "--partial")) == (counted, 0, read - counted - refused, refused)
    assert StockLevel.objects.count() == counted
    assert counts(bring(tmp_path, "stock", data, "--partial")) == (0, 0, read - refused, refused)
    if "medusa" not in name:  # its prices are in another currency than the shop's
        assert counts(bring(tmp_path, "prices", data, "--partial")) == (0, 0, read - refused, refused)


def test_northwind_products_are_counts_and_prices(real_data, tmp_path):
    make_location()
    for number in range(1, 78):
        make_variant(str(number))
    data = (real_data / "northwind/products.csv").read_bytes()
    assert counts(bring(tmp_path, "stock", data)) == (72, 0, 5, 0)
    assert counts(bring(tmp_path, "prices", data)) == (0, 74, 3, 0)
    assert (Variant.objects.get(sku="1").price, StockLevel.objects.get(variant__sku="1").on_hand) == (18, 39)
