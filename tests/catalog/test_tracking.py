"""How closely a variant is tracked: on its form, in files and bulk edits; it stays while there is stock."""

import pytest
from django.core.exceptions import ValidationError

from catalog import services
from catalog.models import Variant
from tests.catalog.test_resources import bring, counts, reasons
from tests.factories import make_product, make_user, make_variant

pytestmark = pytest.mark.django_db
KEPT = "MILK: there is stock of it. How it is tracked can change once none is left."


def test_a_variant_is_counted_by_quantity_unless_it_is_said():
    assert make_variant("MILK").tracking == "none"
    product = make_product("Tea", variants=[])
    added = services.add_variant(product, sku="T1", tracking="lot", by=make_user())
    assert Variant.objects.get(pk=added.pk).tracking == "lot"


def test_it_changes_while_there_is_no_stock():
    milk, owner = make_variant("MILK"), make_user()
    services.update_variant(milk, tracking="lot", by=owner)
    assert Variant.objects.get().tracking == "lot"
    services.update_variant(milk, tracking="none", by=owner)
    assert Variant.objects.get().tracking == "none"


def test_it_stays_while_there_is_stock():
    milk, owner = make_variant("MILK", on_hand=1), make_user()
    with pytest.raises(ValidationError) as caught:
        services.update_variant(milk, tracking="lot", by=owner)
    assert caught.value.message_dict == {"tracking": [KEPT]}
    services.update_variant(Variant.objects.get(), tax_class="reduced", by=owner)
    assert Variant.objects.get().tracking == "none"


def test_the_form_asks_for_it_and_leaves_it_where_it_is_not_sent(client):
    milk = make_variant("MILK", tracking="lot")
    client.force_login(make_user())
    url = f"/catalog/variants/-/{milk.pk}/edit/"
    page = client.get(url)
    assert 'name="tracking"' in page.content.decode()
    send = {"sku": "MILK", "price": "10", "tax_class": "standard", "backorder_limit": "0", "is_active": "on"}
    version = {"version": page.context["version"]}
    assert client.post(url, send | version).status_code == 302
    assert Variant.objects.get().tracking == "lot"


@pytest.mark.parametrize(("cell", "stored"), [("serial", "serial"), ("By Lots", "lot"), ("批次", "lot"), ("", "none")])
def test_files_set_it_where_there_is_no_stock(tmp_path, cell, stored):
    make_variant("MILK")
    result = bring(tmp_path, f"handle,sku,tracking\nmilk,MILK,{cell}\n")
    assert (counts(result), Variant.objects.get().tracking) == ((0, int(bool(cell)), int(not cell), 0), stored)


def test_files_that_would_change_it_with_stock_are_refused_row_by_row(tmp_path):
    make_variant("MILK", on_hand=1)
    make_variant("TEA")
    result = bring(tmp_path, "handle,sku,tracking\nmilk,MILK,lot\ntea,TEA,lot\n", "--partial")
    assert counts(result) == (0, 1, 0, 1)
    assert reasons(result) == [(2, "tracking", KEPT)]
    assert Variant.objects.get(sku="MILK").tracking == "none"
    assert Variant.objects.get(sku="TEA").tracking == "lot"
