"""Lookups: one row out of many, found by typing; only rows that the reader may see."""

import pytest
from django import forms

from backoffice.generic import LookupField
from backoffice.generic.actions import tell_user
from catalog.models import Brand, Product
from tests.backoffice.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.backoffice.pages")]


class BrandForm(forms.Form):
    brand = LookupField(model=Brand)


@pytest.fixture
def reader(client):
    user = make_user("catalog.view_product", "catalog.view_brand")
    client.force_login(user)
    return user


@pytest.fixture
def brands():
    return [Brand.objects.create(name=name) for name in ("Nord", "Nordic", "Süd")]


def clean(user, text):
    form = tell_user(BrandForm({"brand": text}), user)
    return form.cleaned_data["brand"] if form.is_valid() else form.errors["brand"][0]


def test_suggestions_come_exact_first(client, reader, brands):
    results = client.get("/lookup/catalog.brand/?q=NORD").json()["results"]

    assert results == [
        {"value": f"#{brands[0].pk}", "text": "Nord", "note": ""},
        {"value": f"#{brands[1].pk}", "text": "Nordic", "note": ""},
    ]


def test_suggestions_are_rows_that_one_may_see(client, brands):
    client.force_login(make_user())

    assert client.get("/lookup/catalog.brand/?q=nord").json() == {"results": []}


@pytest.mark.parametrize("label", ["catalog.nothing", "nothing", "auth.group", "backoffice.savedview"])
def test_what_has_no_rights_has_no_lookup(client, reader, label):
    assert client.get(f"/lookup/{label}/?q=a").status_code == 404


def test_a_field_takes_a_chosen_row_or_the_text_of_exactly_one(reader, brands):
    nord, nordic, _sued = brands

    assert clean(reader, f"#{nordic.pk}") == nordic
    assert clean(reader, "nord") == nord
    assert clean(reader, "SÜ") == _sued
    assert clean(reader, "or") == "“or” fits several: Nord, Nordic. Type more of it."
    assert clean(reader, "West") == "There is no brand “West”."
    assert clean(reader, "#99999") == "There is no brand “#99999”."
    assert clean(make_user(email="blind@example.com"), f"#{nord.pk}") == f"There is no brand “#{nord.pk}”."


def test_the_control_shows_the_name_and_sends_the_key(reader, brands):
    form = tell_user(BrandForm(initial={"brand": brands[0].pk}), reader)

    assert 'value="Nord" data-chosen="#' in str(form["brand"])


@pytest.mark.parametrize(
    ("value", "expected"), [("nord", ["a", "b"]), ("Nordic", ["b"]), ("#0", ["a", "b", "c"]), ("\x00", ["a", "b", "c"])]
)
def test_a_filter_takes_text_as_a_fragment(client, reader, brands, value, expected):
    for handle, brand in zip("abc", brands, strict=True):
        Product.objects.create(handle=handle, title=handle, brand=brand)

    response = client.get("/test/products/", {"brand": value})

    assert [row.object.handle for row in response.context["rows"]] == expected


def test_a_filter_takes_a_chosen_row_exactly(client, reader, brands):
    for handle, brand in zip("abc", brands, strict=True):
        Product.objects.create(handle=handle, title=handle, brand=brand)

    response = client.get("/test/products/", {"brand": f"#{brands[0].pk}"})

    assert [row.object.handle for row in response.context["rows"]] == ["a"]
    assert [chip.value for chip in response.context["chips"]] == ["Nord"]
