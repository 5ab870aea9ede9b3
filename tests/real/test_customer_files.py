"""Every real customer file goes in; its second run changes nothing, and neither does what was exported."""

import gzip
import io
import re

import pytest
from django.core.management import call_command
from django.db.models import Count
from django.utils import timezone

from customers.models import Address, Consent, ContactPoint, Customer, CustomerSegment
from customers.services import segments
from tests.customers.test_customer_files import bring, counts

pytestmark = [pytest.mark.django_db, pytest.mark.real]

FILES = {
    "shopify/transporter_customer1.csv": (2, 2, 2, 0),
    "shopify/transporter_customer2.csv": (1, 1, 1, 0),
    "spree/customers.csv": (20, 20, 25, 20),
    "northwind/customers.csv": (91, 91, 67, 91),
    "olist/olist_customers_dataset.csv.gz": (8135, 8016, 0, 0),
}
NO_PHONE = "“…” is not a phone number. Begin with + and the country code. It is not kept."
ODDITIES = {  # whatever is not taken in as it stands is explained, and nothing else is said
    "spree/customers.csv": {NO_PHONE},
    "northwind/customers.csv": {NO_PHONE, "NULL is read as a blank cell, here and in all rows."},
    "olist/olist_customers_dataset.csv.gz": {
        "Addresses are not kept: the file has no streets.",
        "The row has no name; “…” stands in its place.",
    },
}


@pytest.mark.parametrize("name", FILES)
def test_file_goes_in_and_stays_as_it_is(real_data, tmp_path, name):
    read, customers, contacts, addresses = FILES[name]
    data = (real_data / name).read_bytes()
    data = gzip.decompress(data) if name.endswith(".gz") else data
    first = bring(tmp_path, data)
    assert (first["errors"], counts(first)) == ([], (customers, 0, read - customers, 0))
    assert {re.sub("“[^”]*”", "“…”", found["message"]) for found in first["warnings"]} == ODDITIES.get(name, set())
    found = tuple(model.objects.count() for model in (Customer, ContactPoint, Address))
    assert found == (customers, contacts, addresses)
    assert counts(bring(tmp_path, data)) == (0, 0, read, 0)
    path = tmp_path / "out.csv"
    call_command("export_csv", "customers", output=str(path), stderr=io.StringIO())
    again = bring(tmp_path, path.read_bytes())
    assert (again["errors"], counts(again)) == ([], (0, 0, customers, 0))
    today = timezone.localdate()
    segments.segment(today)
    found = CustomerSegment.objects.values_list("abc", "lifecycle", "risk", "orders").annotate(Count("pk")).order_by()
    assert list(found) == [("C", "new", "none", 0, customers)]


def test_spree_sample(real_data, tmp_path):
    bring(tmp_path, (real_data / "spree/customers.csv").read_bytes())
    liam = Customer.objects.get(name="Liam Murphy")
    assert (liam.company, liam.tags, liam.contacts.get(kind="phone").normalized) == (
        "Murphy Imports GmbH", ["Newsletter"], "+493012345678",
    )  # fmt: skip
    assert str(liam.addresses.get()) == "Friedrichstrasse 43, 10117, Berlin, DE"
    assert Consent.objects.filter(granted=True).count() == 14


def test_northwind_sample(real_data, tmp_path):
    result = bring(tmp_path, (real_data / "northwind/customers.csv").read_bytes())
    alfki = Customer.objects.get(external_id="ALFKI")
    assert (alfki.name, alfki.company, alfki.kind, alfki.addresses.get().country) == (
        "Maria Anders", "Alfreds Futterkiste", "company", "DE",
    )  # fmt: skip
    assert alfki.contacts.get().normalized == "+49300074321"
    assert result["warnings"][0]["message"] == "NULL is read as a blank cell, here and in all rows."
