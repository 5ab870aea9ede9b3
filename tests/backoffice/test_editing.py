"""Two people at one record: who else is here, and nothing of either is lost."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client

from backoffice import editing
from backoffice.models import Editing
from catalog import services as catalog
from catalog.models import Product, Variant
from tests.factories import make_product, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def jane(db):
    return make_user("catalog_editor", name="Jane")


@pytest.fixture
def ben(db):
    return make_user("catalog_editor", name="Ben")


@pytest.fixture
def shirt(jane):
    variants = [{"sku": sku, "option1": sku, "price": 10} for sku in ("RED", "BLUE")]
    return make_product("Linen shirt", variants=variants, options=["Colour"], description="A long text.", tags=["a"])


def signed_in(user) -> Client:
    client = Client()
    client.force_login(user)
    return client


def address(product) -> str:
    return f"/catalog/products/-/{product.pk}/edit/"


def sent_by(client, product, **typed):
    """What a browser sends of the open form, some of it typed over."""
    shown = client.get(address(product)).context
    return fields_of(shown, typed)


def fields_of(shown, typed):
    data = {"version": shown["version"], "base": shown["base"]}
    formset = shown["formset"]
    bounds = [*shown["form"], *formset.management_form, *(bound for row in formset for bound in row)]
    for bound in bounds:
        value = bound.value()
        if value not in (None, False):
            data[bound.html_name] = "on" if value is True else value
    return data | typed


# --- Who is here ----------------------------------------------------------------------------------


def test_the_second_to_open_a_form_reads_who_has_it_open(jane, ben, shirt):
    assert "has had this open" not in signed_in(jane).get(address(shirt)).content.decode()

    page = signed_in(ben).get(address(shirt)).content.decode()

    assert re.search(r"Jane has had this open since \d{2}:\d{2}\.", page)


def test_the_fragment_is_small_and_tells_of_a_save(jane, ben, shirt):
    client = signed_in(jane)
    version = client.get(address(shirt)).context["version"]
    alone = client.get(address(shirt), {"editing": 1, "version": version})
    catalog.update_product(shirt, by=ben, title="Cotton shirt")
    editing.opened(shirt, ben)

    told = client.get(address(shirt), {"editing": 1, "version": version}).content.decode()

    assert alone.content.strip() == b""
    assert "Ben has had this open since" in told
    assert "saved changes" in told
    assert "<html" not in told


def test_two_minutes_without_a_sign_of_life_are_enough_to_be_gone(jane, ben, shirt):
    editing.opened(shirt, jane)
    Editing.objects.update(seen_at=connection_now() - editing.ALIVE - timedelta(seconds=1))

    assert editing.opened(shirt, ben) == []


def test_who_saves_is_gone_at_once_and_old_signs_are_cleared_away(jane, ben, shirt):
    other = make_product("Cup")
    editing.opened(other, jane)
    Editing.objects.update(seen_at=connection_now() - editing.KEPT - timedelta(seconds=1))
    client = signed_in(jane)

    client.post(address(shirt), sent_by(client, shirt, title="Cotton shirt"))

    assert Product.objects.get(pk=shirt.pk).title == "Cotton shirt"
    assert not Editing.objects.exists()


def connection_now():
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        return cursor.fetchone()[0]


@pytest.mark.parametrize("number", [0, 3])
def test_being_seen_is_one_statement_however_many_are_here(jane, shirt, number, django_assert_num_queries):
    for _ in range(number):
        editing.opened(shirt, make_user("catalog_editor"))
    with django_assert_num_queries(1):
        assert len(editing.opened(shirt, jane)) == number


def test_one_sees_nothing_of_a_record_that_is_not_ones_own_to_edit(jane, shirt):
    editing.opened(shirt, jane)
    clerk = signed_in(make_user("order_clerk"))

    assert clerk.get(address(shirt), {"editing": 1}).status_code == 403


# --- Both saved -----------------------------------------------------------------------------------


def test_what_only_the_other_changed_is_taken_over_and_what_i_typed_stays(jane, ben, shirt):
    client = signed_in(jane)
    data = sent_by(client, shirt, description="Mine, a text of my own.")
    catalog.update_product(shirt, by=ben, title="Cotton shirt", tags=["a", "b"])

    response = client.post(address(shirt), data)
    shown = response.context

    assert response.status_code == 409
    assert shown["conflicts"] == []
    assert [(c.label, str(c.stored)) for c in shown["clash"].theirs] == [
        ("Title", "Cotton shirt"),
        ("Tags", "a, b"),
    ]
    assert shown["form"]["title"].value() == "Cotton shirt"
    assert shown["form"]["description"].value() == "Mine, a text of my own."
    assert client.post(address(shirt), fields_of(shown, {})).status_code == 302
    saved = Product.objects.get(pk=shirt.pk)
    assert (saved.title, saved.tags, saved.description) == ("Cotton shirt", ["a", "b"], "Mine, a text of my own.")


@pytest.mark.parametrize(("choice", "title"), [("mine", "Mine"), ("theirs", "Theirs")])
def test_what_both_changed_is_a_choice(jane, ben, shirt, choice, title):
    client = signed_in(jane)
    data = sent_by(client, shirt, title="Mine", product_type="Shirt")
    catalog.update_product(shirt, by=ben, title="Theirs")

    shown = client.post(address(shirt), data).context
    again = client.post(address(shirt), fields_of(shown, {"choice-title": choice}))

    assert [(c.label, c.stored, c.typed) for c in shown["conflicts"]] == [("Title", "Theirs", "Mine")]
    assert again.status_code == 302
    saved = Product.objects.get(pk=shirt.pk)
    assert (saved.title, saved.product_type) == (title, "Shirt")


def test_a_variant_that_the_other_changed_is_not_overwritten_unseen(jane, ben, shirt):
    client = signed_in(jane)
    data = sent_by(client, shirt, **{"variants-0-price": "15"})
    red, blue = Variant.objects.order_by("pk")
    catalog.save_variants(shirt, [{"id": red.pk, "price": 12}, {"id": blue.pk, "price": 13}], by=ben)

    response = client.post(address(shirt), data)
    shown = response.context
    again = client.post(address(shirt), fields_of(shown, {"choice-variants-0-price": "mine"}))

    assert response.status_code == 409
    assert [(c.row, c.label, c.stored, c.typed) for c in shown["conflicts"]] == [("RED", "Price", "12", "15")]
    assert [(c.row, c.label, c.stored) for c in shown["clash"].theirs] == [("BLUE", "Price", "13")]
    assert again.status_code == 302
    assert list(Variant.objects.order_by("pk").values_list("price", flat=True)) == [15, 13]


def test_a_variant_that_the_other_added_stands_among_the_rows(jane, ben, shirt):
    client = signed_in(jane)
    data = sent_by(client, shirt, title="Mine")
    catalog.update_product(shirt, by=ben, title="Theirs", variants=[{"sku": "GREEN", "option1": "GREEN", "price": 9}])

    shown = client.post(address(shirt), data).context
    client.post(address(shirt), fields_of(shown, {}))

    assert shown["clash"].added == ["GREEN"]
    assert "GREEN" in [row["sku"].value() for row in shown["formset"]]
    assert list(Variant.objects.order_by("pk").values_list("sku", "price")) == [("RED", 10), ("BLUE", 10), ("GREEN", 9)]


def test_a_form_that_comes_back_for_a_correction_is_as_old_as_before(jane, ben, shirt):
    client = signed_in(jane)
    shown = client.post(address(shirt), sent_by(client, shirt, title=""))
    catalog.update_product(shirt, by=ben, title="Theirs")

    again = client.post(address(shirt), fields_of(shown.context, {"title": "Mine"}))

    assert (shown.status_code, again.status_code) == (422, 409)
    assert Product.objects.get(pk=shirt.pk).title == "Theirs"


def test_a_form_with_errors_that_was_overtaken_shows_both(jane, ben, shirt):
    client = signed_in(jane)
    data = sent_by(client, shirt, title="", product_type="Shirt")
    catalog.update_product(shirt, by=ben, description="Theirs")

    response = client.post(address(shirt), data)

    assert response.status_code == 409
    assert [c.label for c in response.context["clash"].theirs] == ["Description"]
    assert response.context["summary"] == [("id_title", "Title", ["This field is required."])]
    assert response.context["form"]["product_type"].value() == "Shirt"


def test_an_unchanged_form_is_not_stale(jane, shirt):
    client = signed_in(jane)

    assert client.post(address(shirt), sent_by(client, shirt)).status_code == 302


@pytest.mark.parametrize("base", ["", "x", "1|", "99999999999999|a:b", "1|a.b|variants.1:", "\x00|"])
def test_a_base_that_was_tampered_with_breaks_nothing(jane, shirt, base):
    client = signed_in(jane)

    assert client.post(address(shirt), sent_by(client, shirt, base=base, title="New")).status_code in (302, 409)
