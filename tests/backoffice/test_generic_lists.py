"""Lists: paging by key, counts, chips, views, selection."""

import pytest
from django.urls import reverse

from backoffice.models import User
from catalog.models import Brand, Product

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.backoffice.pages")]


@pytest.fixture(autouse=True)
def _record_pages(monkeypatch):
    monkeypatch.setattr(Product, "get_absolute_url", lambda product: f"/test/products/{product.handle}/")


@pytest.fixture
def owner(client):
    user = User.objects.create_superuser("owner@example.com", name="Olivia Owner")
    client.force_login(user)
    return user


def make_products(number, **fields):
    return [Product.objects.create(handle=f"p{i:03}", title=f"Product {i:03}", **fields) for i in range(number)]


def test_list_shows_rows(client, owner):
    make_products(3)
    response = client.get("/test/products/")
    assert response.status_code == 200
    assert [row.object.handle for row in response.context["rows"]] == ["p000", "p001", "p002"]


def test_smoke(client, owner):
    make_products(7)
    for url in [
        "/test/products/?page",
        "/",
        "/search/?q=x",
        "/test/products/p001/",
        "/test/products/p001/edit/",
        "/test/products/new/",
        "/test/products/p001/shout/",
        "/preferences/keys/",
        "/search/?q=s&fragment=1",
        f"/history/catalog.product/{Product.objects.first().pk}/",
        "/lookup/catalog.brand/?q=a",
    ]:
        response = client.get(url)
        assert response.status_code == 200, url
