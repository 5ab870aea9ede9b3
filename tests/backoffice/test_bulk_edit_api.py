"""Bulk edits through the API: the same form, the same job."""

from decimal import Decimal

import pytest
from django.core.cache import caches

from backoffice.models import ImportRun
from catalog.models import Variant
from tests.backoffice.test_api import bearer
from tests.backoffice.test_import_api import work
from tests.factories import make_user, make_variant

pytestmark = pytest.mark.django_db
LIST = "/catalog/variants/?is_active=true"


@pytest.fixture(autouse=True)
def _fresh_rates():
    caches["local"].clear()


def post(client, *changes, address=LIST, **more):
    body = {"list": address, "changes": list(changes), **more}
    return client.post("/api/v1/bulk-edits", body, content_type="application/json")


def test_an_edit_is_checked_and_then_applied_by_the_worker():
    client = bearer(make_user("catalog_editor"))
    make_variant("TEA", price=Decimal(10))
    make_variant("OLD", is_active=False)
    five = {"field": "price", "op": "percent", "value": "5"}

    answer = post(client, five)
    run = ImportRun.objects.get()
    assert (answer.status_code, answer["Location"]) == (202, f"/api/v1/bulk-edits/{run.number}")
    work()
    told = client.get(answer["Location"]).json()
    assert (told["status"], told["read"], told["changed"], told["is_working"]) == ("checked", 1, 1, False)
    assert Variant.objects.get(sku="TEA").price == 10

    post(client, five, dry_run=False, reason="Dearer")
    work()
    assert dict(Variant.objects.values_list("sku", "price")) == {"TEA": Decimal("10.5"), "OLD": 10}
    assert ImportRun.objects.first().file_name == "Dearer: Price: change by 5 %"


@pytest.mark.parametrize(
    ("change", "address", "sentence"),
    [
        ({"field": "sku", "op": "set", "value": "X"}, LIST, "There is no field “sku” that you may change."),
        ({"field": "price", "op": "guess", "value": "1"}, LIST, "Select a valid choice"),
        ({"field": "price", "op": "set", "value": "x"}, LIST, "Enter a number."),
        ({"field": "price", "op": "set", "value": "1"}, "/catalog/variants/?colour=red", "A filter is not right."),
        ({"field": "price", "op": "set", "value": "1"}, "/orders/", "You may not edit this list."),
    ],
)
def test_what_is_not_right_is_refused(change, address, sentence):
    client = bearer(make_user("catalog_editor"))
    make_variant("TEA")

    answer = post(client, change, address=address)

    assert answer.status_code == 422
    assert sentence in answer.json()["title"]
    assert not ImportRun.objects.exists()


def test_the_permission_is_asked_for():
    answer = post(bearer(make_user("analyst")), {"field": "price", "op": "set", "value": "1"})

    assert answer.status_code == 403
