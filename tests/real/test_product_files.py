"""Every real product file goes in; its second run changes nothing."""

import pytest

from catalog.models import Product, Variant
from tests.catalog.test_resources import bring, counts

pytestmark = [pytest.mark.django_db, pytest.mark.real]

FILES = {
    "shopify/product_template.csv": (3, []),
    "shopify/products_gatsby_demo.csv": (300, [(170, "The SKU stands in row 20 already.")]),
    "shopify/products_theme_course.csv": (21, []),
    "shopify/transporter_products.csv": (
        7,
        [(6, "The row has 42 cells, the header 41: a delimiter or a quotation mark is missing or too many.")],
    ),
    "woocommerce/sample_products.csv": (25, []),
}


@pytest.mark.parametrize("name", FILES)
def test_file_goes_in_and_stays_as_it_is(real_data, tmp_path, name):
    read, refused = FILES[name]
    data = (real_data / name).read_bytes()
    first = bring(tmp_path, data, "--partial")
    assert (first["read"], [(e["row"], e["message"]) for e in first["errors"]]) == (read, refused)
    again = bring(tmp_path, data, "--partial")
    assert counts(again) == (0, 0, read - len(refused), len(refused))


def test_woocommerce_sample(real_data, tmp_path):
    bring(tmp_path, (real_data / "woocommerce/sample_products.csv").read_bytes())
    hoodie = Product.objects.get(handle="woo-hoodie")
    assert (hoodie.options, hoodie.category.path, hoodie.media.count()) == (["Color", "Logo"], "Clothing > Hoodies", 4)
    assert set(hoodie.variants.values_list("sku", "option1", "option2")) == {
        ("woo-hoodie-red", "Red", "No"),
        ("woo-hoodie-green", "Green", "No"),
        ("woo-hoodie-blue", "Blue", "No"),
        ("woo-hoodie-blue-logo", "Blue", "Yes"),
    }
    assert Variant.objects.get(sku="woo-hoodie-red").compare_at == 45
