"""The catalogue in the admin: the same rules, refusals on the form."""

from decimal import Decimal

import pytest

from backoffice.models import AuditEvent
from catalog.models import Brand, Category, Product, Variant
from tests.factories import make_brand, make_category, make_product, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_owner(client, db):
    client.force_login(make_user("owner"))
    return client


def change(client, obj, **fields):
    return client.post(f"/admin/catalog/{obj._meta.model_name}/{obj.pk}/change/", fields)


def test_every_page_opens(as_owner):
    product = make_product(category=make_category(), brand=make_brand())
    for obj in (product, product.variants.get(), product.category, product.brand):
        name = obj._meta.model_name
        assert as_owner.get(f"/admin/catalog/{name}/?q=a").status_code == 200
        assert as_owner.get(f"/admin/catalog/{name}/{obj.pk}/change/").status_code == 200
    assert as_owner.get("/admin/catalog/media/").status_code == 200
    assert as_owner.get("/admin/catalog/product/add/").status_code == 403


def test_a_ring_is_refused_on_the_form(as_owner):
    top = make_category("Top")
    below = make_category("Below", parent=top)
    response = change(as_owner, top, name="Top", parent=below.pk, position=0)
    assert response.status_code == 200
    assert "cannot stand below itself" in response.content.decode()
    assert change(as_owner, top, name="Roof", parent="", position=3).status_code == 302
    assert list(Category.objects.values_list("path", "position")) == [("Roof", 3), ("Roof > Below", 0)]


def test_a_brand_is_added_once_and_audited_once(as_owner):
    assert as_owner.post("/admin/catalog/brand/add/", {"name": "Nordic"}).status_code == 302
    assert "this name already" in as_owner.post("/admin/catalog/brand/add/", {"name": "NORDIC"}).content.decode()
    assert Brand.objects.get().name == "Nordic"
    assert AuditEvent.objects.filter(verb="brand.created").count() == 1


def test_a_new_title_reaches_the_variants(as_owner):
    product = make_product("Tea")
    response = change(
        as_owner, product, title="绿茶", handle="tea", tags="", options="", attributes='{"origin": "Hangzhou"}'
    )
    assert response.status_code == 302, response.context["errors"]
    assert Product.objects.get().attributes == {"origin": "Hangzhou"}
    assert Variant.objects.get().title == "绿茶"


def test_rules_of_prices_and_barcodes_hold(as_owner):
    variant = make_product("Tea", published=True, variants=[{"sku": "A", "price": Decimal(2)}]).variants.get()
    fields = {"sku": "A", "position": 0, "price": "2", "tax_class": "standard", "backorder_limit": 0, "is_active": "on"}
    fields["tracking"] = "none"
    for wrong, sentence in (
        ({"price": "2.001"}, "EUR has 2 decimals"),
        ({"barcode": "4006381333932"}, "should be 1"),
        ({"is_active": ""}, "would have nothing left to sell"),
    ):
        assert sentence in change(as_owner, variant, **fields | wrong).content.decode()
    assert change(as_owner, variant, **fields | {"price": "3"}).status_code == 302
    assert Variant.objects.get().price == Decimal(3)
