"""Products of the page tests lead to the test pages, whatever the catalogue's own pages are."""

import pytest

from catalog.models import Product


@pytest.fixture(autouse=True)
def _record_pages(request, monkeypatch):
    marker = request.node.get_closest_marker("urls")
    if marker and marker.args == ("tests.backoffice.pages",):
        monkeypatch.setattr(Product, "get_absolute_url", lambda product: f"/test/products/{product.handle}/")
