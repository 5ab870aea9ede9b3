"""Related products, bundles, and the addresses that products had before."""

import threading

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from backoffice.models import AuditEvent
from catalog.models import BundlePart, Product, ProductRedirect, Relation
from catalog.services import set_parts, set_relations, update_product
from tests.factories import make_product, make_user, make_variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_editor(client, editor):
    client.force_login(editor)
    client.get("/search/")
    return client


# --- Related products ----------------------------------------------------------------------------


def test_the_list_is_written_as_a_whole(editor):
    pot, cup, lid, tea = (make_product(name) for name in ("Pot", "Cup", "Lid", "Tea"))
    set_relations(pot, [(cup, "related"), (lid, "accessory")], by=editor)
    kept = Relation.objects.get(other=cup)

    set_relations(pot, [(tea, "replacement"), (cup, "accessory")], by=editor)

    assert list(pot.relations.values_list("other__title", "kind")) == [("Tea", "replacement"), ("Cup", "accessory")]
    assert Relation.objects.get(other=cup).pk == kept.pk
    assert AuditEvent.objects.latest("pk").data == {"related": ["tea", "cup"]}
    events = AuditEvent.objects.count()
    set_relations(pot, [(tea, "replacement"), (cup, "accessory")], by=editor)
    assert AuditEvent.objects.count() == events


def test_odd_relations_are_refused(editor):
    pot, cup = make_product("Pot"), make_product("Cup")
    with pytest.raises(ValidationError, match="“Pot” is not related to itself"):
        set_relations(pot, [(pot, "related")], by=editor)
    with pytest.raises(ValidationError, match="“Cup” is in the list twice"):
        set_relations(pot, [(cup, "related"), (cup, "accessory")], by=editor)
    with pytest.raises(IntegrityError, match="relation_not_to_itself"), transaction.atomic():
        Relation.objects.create(product=pot, other=pot)


def test_both_pages_show_the_relation(as_editor, editor):
    pot, lid = make_product("Pot"), make_product("Lid")
    set_relations(pot, [(lid, "accessory")], by=editor)
    assert as_editor.get(pot.get_absolute_url()).context["relations"] == [("Accessory", [lid])]
    assert as_editor.get(lid.get_absolute_url()).context["relations"] == [("Accessory of", [pot])]


def test_relations_are_written_on_their_page(as_editor):
    pot, cup, lid = (make_product(name) for name in ("Pot", "Cup", "Lid"))
    url = reverse("catalog:product_relations", args=[pot.pk])
    data = {"rows-TOTAL_FORMS": "3", "rows-INITIAL_FORMS": "0"}
    rows = {
        "rows-0-other": f"#{cup.pk}", "rows-0-kind": "related", "rows-0-place": "2",
        "rows-1-other": "lid", "rows-1-kind": "accessory", "rows-1-place": "1",
        "rows-2-other": "", "rows-2-kind": "related",
    }  # fmt: skip
    assert as_editor.post(url, {**data, **rows}).status_code == 302
    assert [relation.other for relation in pot.relations.all()] == [lid, cup]

    response = as_editor.post(url, {**data, "rows-0-other": "pot", "rows-0-kind": "related"})
    assert response.status_code == 422
    assert "“Pot” is not related to itself." in response.content.decode()
    assert pot.relations.count() == 2


# --- Bundles -------------------------------------------------------------------------------------


def parts(bundle):
    return list(bundle.parts.values_list("component__sku", "quantity"))


def test_a_bundle_is_made_changed_and_unmade(editor):
    gift, tea, cup = (make_variant(sku) for sku in ("GIFT", "TEA", "CUP"))
    set_parts(gift, [(tea, 1), (cup, 2)], by=editor)
    assert parts(gift) == [("TEA", 1), ("CUP", 2)]
    set_parts(gift, [(cup, 4)], by=editor)
    assert parts(gift) == [("CUP", 4)]
    assert AuditEvent.objects.latest("pk").data == {"parts": {"CUP": 4}}
    set_parts(gift, [], by=editor)
    assert parts(gift) == []


def test_a_bundle_never_contains_itself(editor):
    a, b, c = (make_variant(sku) for sku in "ABC")
    set_parts(a, [(b, 1)], by=editor)
    set_parts(b, [(c, 1)], by=editor)
    with pytest.raises(ValidationError, match="A cannot contain itself"):
        set_parts(a, [(a, 1)], by=editor)
    with pytest.raises(ValidationError, match="C cannot contain itself: A is or contains it"):
        set_parts(c, [(a, 1)], by=editor)
    with pytest.raises(IntegrityError, match="A bundle cannot contain itself"), transaction.atomic():
        BundlePart.objects.create(bundle=c, component=a)
    assert parts(c) == []


def test_odd_parts_are_refused(editor):
    gift, tea = make_variant("GIFT"), make_variant("TEA")
    with pytest.raises(ValidationError, match="at least one piece of each component: TEA"):
        set_parts(gift, [(tea, 0)], by=editor)
    with pytest.raises(ValidationError, match="TEA is in the list twice"):
        set_parts(gift, [(tea, 1), (tea, 2)], by=editor)
    with pytest.raises(IntegrityError, match="bundle_part_counts"), transaction.atomic():
        BundlePart.objects.create(bundle=gift, component=tea, quantity=0)


@pytest.mark.django_db(transaction=True)
def test_two_bundles_put_into_each_other_at_once_close_no_ring():
    user = make_user()
    a, b = make_variant("A"), make_variant("B")
    barrier, refused = threading.Barrier(2), []

    def put(bundle, component):
        try:
            barrier.wait()
            set_parts(bundle, [(component, 1)], by=user)
        except ValidationError as error:
            refused.append(error.messages)
        finally:
            connection.close()

    threads = [threading.Thread(target=put, args=pair) for pair in ((a, b), (b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == 1
    assert BundlePart.objects.count() == 1


def test_bundles_are_shown_both_ways_with_what_the_parts_cost(as_editor, editor):
    gift, tea = make_variant("GIFT", price=25), make_variant("TEA", price=10)
    set_parts(gift, [(tea, 3)], by=editor)
    page = as_editor.get(gift.get_absolute_url()).content.decode()
    assert "One by one the components cost €30.00; the bundle costs €25.00." in page
    assert gift.get_absolute_url() in as_editor.get(tea.get_absolute_url()).content.decode()


def test_parts_are_written_on_their_page(as_editor):
    gift = make_variant("GIFT")
    make_variant("TEA")
    url = reverse("catalog:variant_parts", args=[gift.pk])
    data = {"rows-TOTAL_FORMS": "2", "rows-INITIAL_FORMS": "0", "rows-0-component": "tea", "rows-0-quantity": "2"}
    assert as_editor.post(url, data).status_code == 302
    assert parts(gift) == [("TEA", 2)]
    response = as_editor.post(url, {**data, "rows-0-component": "gift"})
    assert response.status_code == 422
    assert "GIFT cannot contain itself" in response.content.decode()


# --- Former addresses ----------------------------------------------------------------------------


def test_the_former_address_of_a_published_product_leads_to_the_new_one(as_editor, editor):
    product = make_product("Linen shirt", published=True)
    update_product(product, by=editor, handle="shirt")
    update_product(product, by=editor, handle="Tunic")

    assert list(ProductRedirect.objects.order_by("handle").values_list("handle", flat=True)) == ["linen-shirt", "shirt"]
    for former in ("linen-shirt", "SHIRT"):
        assert as_editor.get(f"/catalog/products/{former}/")["Location"] == "/catalog/products/Tunic/"
    assert as_editor.get("/catalog/products/never/").status_code == 404


def test_a_draft_leaves_no_address_behind(editor):
    update_product(make_product("Linen shirt"), by=editor, handle="shirt")
    assert not ProductRedirect.objects.exists()


def test_who_has_a_handle_now_has_it(editor):
    product = make_product("Linen shirt", published=True)
    update_product(product, by=editor, handle="shirt")
    update_product(product, by=editor, handle="linen-shirt")
    assert list(ProductRedirect.objects.values_list("handle", flat=True)) == ["shirt"]
    make_product("Other", handle="SHIRT")
    assert not ProductRedirect.objects.exists()


def test_raw_sql_leaves_an_address_too():
    product = make_product("Linen shirt", published=True)
    Product.objects.filter(pk=product.pk).update(handle="shirt")
    assert ProductRedirect.objects.get().product == product
