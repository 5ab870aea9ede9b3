"""Which files the upload page offers to whom."""

import re

import pytest
from django.urls import reverse

from tests.factories import make_user

pytestmark = pytest.mark.django_db

OFFERED = {
    "owner": {"articles", "brands", "customers", "products", "suppliers", "tickets", "users"},
    "catalog_editor": {"articles", "brands", "products"},
    "order_clerk": {"customers"},
    "support_lead": {"articles", "customers", "tickets"},
}


@pytest.mark.parametrize("role", OFFERED)
def test_the_upload_page_offers_what_the_person_may_bring_in(client, role):
    client.force_login(make_user(role))
    page = client.get(reverse("imports:new")).content.decode()
    select = re.search(r'<select name="resource".*?</select>', page, re.DOTALL)
    assert set(re.findall(r'value="(\w+)"', select[0])) - {"any"} == OFFERED[role]
    for key in OFFERED[role]:
        assert client.get(reverse("imports:template", args=[key])).status_code == 200, key
