"""Which files the upload page offers to whom."""

import re

import pytest
from django.urls import reverse

from backoffice import resources
from tests.backoffice.test_import_tables import bring, counts
from tests.factories import make_queue, make_user

pytestmark = pytest.mark.django_db

OFFERED = {
    "owner": {resource.key for resource in resources.every()},
    "catalog_editor": {
        "articles",
        "attributes",
        "brands",
        "bundles",
        "categories",
        "price_lists",
        "prices",
        "products",
        "relations",
    },
    "order_clerk": {"customer_lists", "customers", "follow_ups", "orders"},
    "order_lead": {"customer_lists", "customers", "follow_ups", "orders"},
    "support_lead": {"articles", "customer_lists", "customers", "follow_ups", "tickets"},
}


@pytest.mark.parametrize("role", OFFERED)
def test_the_upload_page_offers_what_the_person_may_bring_in(client, role):
    client.force_login(make_user(role))
    page = client.get(reverse("imports:new")).content.decode()
    select = re.search(r'<select name="resource".*?</select>', page, re.DOTALL)
    assert set(re.findall(r'value="(\w+)"', select[0])) - {"any"} == OFFERED[role]
    for key in OFFERED[role]:
        assert client.get(reverse("imports:template", args=[key])).status_code == 200, key


@pytest.mark.parametrize("key", ["articles", "customers", "tickets", "users"])
def test_a_template_can_be_brought_in_as_it_is(client, tmp_path, key):
    make_queue("support")
    owner = make_user("owner")
    client.force_login(owner)
    text = client.get(reverse("imports:template", args=[key])).content
    result = bring(tmp_path, key, text, "--by", owner.email)
    assert (result["errors"], result["warnings"], counts(result)) == ([], [], (1, 0, 0, 0))
