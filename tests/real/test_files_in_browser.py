"""Every real file that fits a kind goes through each page of the wizard, and comes to what the command makes of it.

Files of more than MOST records go in with their first SAMPLE lines, so that all of them take less than a minute: how a file is
read is found out from its beginning, and the rest of it is what `import_csv` and the tests of each kind read in full.
"""

import gzip
import html
import io
import json
import re
from contextlib import suppress
from html.parser import HTMLParser

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse

from backoffice.models import ImportRun
from tests.factories import make_location, make_queue, make_user, make_variant

pytestmark = [pytest.mark.django_db, pytest.mark.real]

MOST, SAMPLE = 1000, 400
NAMES = ("read", "new", "changed", "unchanged", "refused")
FILES = {  # kind; whether it is found out from the file, else it is said
    "chinese/litemall_category.csv": ("categories", True),
    "chinese/derived/litemall_category.gb18030.csv": ("categories", True),
    "chinese/derived/litemall_category.utf8bom.csv": ("categories", True),
    "chinese/derived/litemall_category.utf16le.tsv": ("categories", True),
    "chinese/litemall_brand.csv": ("brands", True),
    "chinese/litemall_goods.csv.gz": ("products", True),
    "chinese/litemall_issue.csv": ("articles", True),
    "medusa/exported-products-comma.csv": ("products", True),
    "medusa/exported-products-semicolon.csv": ("products", True),
    "medusa/filtered-products.csv": ("products", True),
    "medusa/invalid-column.csv": ("products", True),
    "medusa/prices-with-region.csv": ("products", True),
    "medusa/product-with-categories.csv": ("products", True),
    "medusa/unrelated-column.csv": ("products", True),
    "medusa/v1-template.csv": ("products", True),
    "northwind/categories.csv": ("categories", True),
    "northwind/customers.csv": ("customers", True),
    "northwind/order_details.csv": ("orders", True),
    "northwind/products.csv": ("products", True),
    "northwind/products.csv as stock": ("stock", False),
    "northwind/products.csv as prices": ("prices", False),
    "northwind/suppliers.csv": ("suppliers", True),
    "olist/olist_customers_dataset.csv.gz": ("customers", True),
    "online_retail/days/2010-12-09.csv": ("orders", True),
    "online_retail/online_retail_2010-12_to_2011-02.csv.gz": ("orders", True),
    "shopify/orders_sample_249_lines.csv": ("orders", True),
    "shopify/product_template.csv": ("products", True),
    "shopify/products_gatsby_demo.csv": ("products", True),
    "shopify/products_theme_course.csv": ("products", True),
    "shopify/transporter_customer1.csv": ("customers", True),
    "shopify/transporter_customer2.csv": ("customers", True),
    "shopify/transporter_orders.csv": ("orders", True),
    "shopify/transporter_products.csv": ("products", True),
    "spree/customers.csv": ("customers", True),
    "spree/product_translations.csv": ("products", False),
    "spree/products.csv": ("products", True),
    "spree/products_import_ragged.csv": ("products", True),
    "tickets/bitext_customer_service_utterances_dev.csv": ("tickets", True),
    "tickets/bitext_customer_service_utterances_train.csv": ("tickets", True),
    "tickets/nyc_311_animal_requests.csv.gz": ("tickets", True),
    "woocommerce/sample_products.csv": ("products", True),
}


class Form(HTMLParser):
    """What a browser sends of the form at `action`, without any button."""

    def __init__(self, page, action):
        super().__init__()
        self.action, self.inside, self.select, self.fields = action, False, None, {}
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        facts = dict(attributes)
        if tag == "form":
            self.inside = facts.get("action") == self.action
        elif not self.inside or not (facts.get("name") or tag == "option"):
            return
        elif tag == "select":
            self.select = facts["name"]
        elif tag == "input" and facts.get("type") not in ("checkbox", "radio"):
            self.fields[facts["name"]] = facts.get("value", "")
        elif tag == "option" and self.select and ("selected" in facts or self.select not in self.fields):
            self.fields[self.select] = facts.get("value")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag != "form"
        self.select = None if tag == "select" else self.select

    def handle_data(self, data):
        if self.inside and self.select and self.fields.get(self.select, "") is None:
            self.fields[self.select] = data  # an option without a value is its text


@pytest.fixture
def page(client):
    client.force_login(make_user("owner"))
    make_location("MAIN")
    make_queue("support")
    for number in range(1, 78):
        make_variant(str(number))
    return client


def content(path):
    """The bytes of the file, packed as it is; of a long one its beginning."""
    raw = path.read_bytes()
    is_packed = path.suffix == ".gz"
    plain = gzip.decompress(raw) if is_packed else raw
    if plain.count(b"\n") <= MOST:
        return raw
    plain = b"".join(plain.splitlines(keepends=True)[:SAMPLE])
    return gzip.compress(plain, mtime=0) if is_packed else plain


def by_command(key, path):
    out = io.StringIO()
    with suppress(SystemExit):  # its way to say that rows are refused
        call_command("import_csv", key, str(path), "--dry-run", "--json", stdout=out)
    found = json.loads(out.getvalue().splitlines()[-1])
    return {name: found[name] for name in NAMES}, [(e["row"], e["column"], e["message"]) for e in found["errors"]]


def press(page, run, action):
    """Press a button of the run's page; the page that follows."""
    url = reverse("imports:work", args=[run.number])
    fields = Form(page.get(run.get_absolute_url()).content.decode(), url).fields
    response = page.post(url, {**fields, "action": action}, follow=True)
    assert response.status_code == 200
    run.refresh_from_db()
    return response.content.decode()


def told(run):
    return {name: getattr(run, name) for name in NAMES}


@pytest.mark.parametrize("case", FILES)
def test_file_goes_through_every_page(real_data, tmp_path, page, case):
    (kind, is_found_out), name = FILES[case], case.partition(" as ")[0]
    path = tmp_path / name.rpartition("/")[2]
    path.write_bytes(content(real_data / name))
    counts, errors = by_command(kind, path)

    upload = SimpleUploadedFile(path.name, path.read_bytes())
    sent = page.post(reverse("imports:new"), {"resource": "any" if is_found_out else kind, "file": upload})
    assert sent.status_code == 302
    run = ImportRun.objects.latest("pk")
    assert (run.resource, sent.url) == (kind, run.get_absolute_url())
    columns = page.get(sent.url).content.decode()
    assert "Which column is which" in columns
    assert "No column was recognised." not in columns

    checked = press(page, run, "check")
    assert (run.status, told(run)) == ("checked", counts)
    assert run.read == run.new + run.changed + run.unchanged + run.refused > 0
    assert run.new + run.changed + run.unchanged > 0
    for _row, _column, message in errors[:5]:
        assert html.escape(message, quote=True).replace("&#x27;", "&#39;") in checked.replace("&#x27;", "&#39;")
    if not run.new + run.changed:
        return

    press(page, run, "partial" if run.refused else "apply")
    assert (run.status, told(run)) == ("applied", counts)
    assert re.search(r"<h1>.*Applied", page.get(sent.url).content.decode())
    again, _errors = by_command(kind, path)
    assert again == {**counts, "new": 0, "changed": 0, "unchanged": counts["read"] - counts["refused"]}

    undo = reverse("imports:undo", args=[run.number])
    assert page.get(undo).status_code == 200
    page.post(undo, {"verb": "undo"})
    run.refresh_from_db()
    assert run.status == "undone"
    assert page.get(sent.url).status_code == 200
