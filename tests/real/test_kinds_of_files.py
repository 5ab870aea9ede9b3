"""What a real file holds is found out from its columns."""

import gzip
from pathlib import Path

import pytest

from backoffice import resources
from backoffice.imports.views.upload import likeliest
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.real]

FILES = {
    "northwind/customers.csv": "customers",
    "northwind/suppliers.csv": "suppliers",
    "olist/olist_customers_dataset.csv.gz": "customers",
    "shopify/product_template.csv": "products",
    "shopify/transporter_customer1.csv": "customers",
    "spree/customers.csv": "customers",
    "spree/products.csv": "products",
    "tickets/bitext_customer_service_utterances_dev.csv": "tickets",
    "tickets/nyc_311_animal_requests.csv.gz": "tickets",
    "woocommerce/sample_products.csv": "products",
}


@pytest.mark.parametrize("name", FILES)
def test_kind_is_found_out(real_data, tmp_path, name):
    data = (real_data / name).read_bytes()
    path = Path(tmp_path) / "file.csv"
    path.write_bytes(gzip.decompress(data) if name.endswith(".gz") else data)
    assert likeliest(path, resources.every(), by=make_user("owner")).resource.key == FILES[name]
