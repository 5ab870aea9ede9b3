"""Pages of bulk edits: from the list to the fields, the preview, the application, and back; by the worker where many."""

from decimal import Decimal
from urllib.parse import urlencode

import pytest
from django.urls import reverse

from backoffice.models import ImportRun
from catalog.models import Variant
from tests.backoffice.test_bulk_edit import VARIANTS, applied, edit, grant
from tests.factories import make_brand, make_product, make_user, make_variant

NEW = "/bulk-edits/new/"


@pytest.fixture
def owner(db):
    return make_user("owner")


@pytest.fixture
def page(client, owner):
    client.force_login(owner)
    return client


def asked(page, address, **chosen):
    """The form as a browser sends it: controls by the label of their field."""
    form = page.get(NEW, {"list": address}).context["form"]
    data = {}
    for row in form.rows:
        operation, value, replacement = (*chosen.get(row["field"].name, ()), "", "", "")[:3]
        data[row["op"].html_name] = operation
        data[row["value"].html_name] = value
        if row["with"]:
            data[row["with"].html_name] = replacement
    return {**data, "reason": chosen.get("reason", "")}


def send(page, address, **chosen):
    return page.post(f"{NEW}?{urlencode({'list': address})}", asked(page, address, **chosen))


def test_the_list_leads_to_the_fields_for_ticked_rows_and_for_all_that_match(page):
    tea = make_variant("TEA")

    ticked = page.post(f"{VARIANTS}?is_active=true", {"action": "edit", "selected": tea.pk})
    everything = page.post(f"{VARIANTS}?is_active=true", {"action": "edit", "all": "1"})
    nothing = page.post(VARIANTS, {"action": "edit"})

    assert ticked["Location"] == f"{NEW}?{urlencode({'list': f'{VARIANTS}?is_active=true&selected={tea.pk}'})}"
    assert everything["Location"] == f"{NEW}?{urlencode({'list': f'{VARIANTS}?is_active=true'})}"
    assert nothing["Location"] == VARIANTS
    assert b"1 selected row" in page.get(ticked["Location"]).content
    shown = page.get(everything["Location"]).content.decode()
    assert "Everything that matches:" in shown
    assert "about 1 rows" in shown


def test_a_list_offers_editing_to_those_who_may_alone(client, page):
    make_variant("TEA")
    assert b'value="edit"' in page.get(VARIANTS).content
    assert b'value="edit"' not in page.get("/imports/").content

    client.force_login(make_user("warehouse_operator"))

    assert b'value="edit"' not in client.get(VARIANTS).content
    assert client.post(VARIANTS, {"action": "edit", "all": "1"}).status_code == 403
    assert client.get(NEW, {"list": VARIANTS}).status_code == 403


def test_fields_are_chosen_previewed_applied_and_taken_back(page):
    make_variant("TEA", price=Decimal(10))
    make_variant("CUP", price=Decimal(2))

    checked = page.get(send(page, VARIANTS, price=("add", "-5"), reason="Sale").headers["Location"])
    run = ImportRun.objects.get()
    shown = checked.content.decode()
    assert "Sale: Price: change by -5" in shown
    assert "Nothing is written yet." in shown
    assert "Prices cannot be negative." in shown
    assert "Change 1 row" in shown
    assert Variant.objects.get(sku="TEA").price == 10
    changed = page.get(f"{run.get_absolute_url()}?rows=changed&column=price").content.decode()
    assert "<del>10</del>" in changed
    assert "<ins>5</ins>" in changed

    done = page.post(reverse("bulk_edit:work", args=[run.number]), {"action": "apply"}, follow=True).content.decode()
    assert "1 row was changed." in done
    assert Variant.objects.get(sku="TEA").price == 5
    again = page.post(reverse("bulk_edit:work", args=[run.number]), {"action": "apply"}, follow=True).content.decode()
    assert "It was not applied twice." in again
    history = page.get(reverse("history", args=["catalog.variant", Variant.objects.get(sku="TEA").pk])).content.decode()
    assert "by a bulk edit" in history

    undo = reverse("bulk_edit:undo", args=[run.number])
    assert "<b>1</b> records are changed" in page.get(undo).content.decode()
    page.post(undo, {"verb": "undo"})
    assert Variant.objects.get(sku="TEA").price == 10
    page.post(undo, {"verb": "redo"})
    assert Variant.objects.get(sku="TEA").price == 5


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({}, "Choose at least one field."),
        ({"price": ("set", "")}, "Say which value."),
        ({"price": ("set", "x")}, "Enter a number."),
        ({"price": ("set", "1.005")}, "The number has more than 2 decimals."),
        ({"weight_grams": ("set", "1.5")}, "The number has more than 0 decimals."),
        ({"price": ("set", "1e15")}, "The number is too large."),
        ({"track_stock": ("set", "")}, "Say which value."),
    ],
)
def test_what_is_typed_wrong_is_said_at_its_place(page, chosen, sentence):
    make_variant("TEA")

    answer = send(page, VARIANTS, **chosen)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not ImportRun.objects.exists()


def test_related_records_are_found_as_typed_and_words_are_split(page):
    product = make_product("Shirt")
    brand = make_brand("Nordic")

    send(
        page,
        "/catalog/products/",
        brand=("set", "nordic"),
        tags=("add_to", "sale，summer, sale"),
        title=("replace", "Sh", "Sk"),
    )
    run = ImportRun.objects.get()
    page.post(reverse("bulk_edit:work", args=[run.number]), {"action": "apply"})

    product.refresh_from_db()
    assert (product.brand, product.tags, product.title) == (brand, ["sale", "summer"], "Skirt")
    assert run.file_name == "Brand: set to Nordic; Tags: add to the list sale, summer; Title: replace text Sh → Sk"


def test_the_fields_can_be_changed_and_the_list_looked_at_again(page, owner):
    make_variant("TEA")
    run = edit(VARIANTS, owner, "variants", ("price", "set", Decimal(1)))
    make_variant("CUP")

    page.post(reverse("bulk_edit:work", args=[run.number]), {"action": "check"})
    run.refresh_from_db()
    assert run.read == 2
    send(page, VARIANTS, price=("add", "2"))
    earlier = ImportRun.objects.get(file_name="Price: change by 2")
    form = page.get(NEW, {"list": VARIANTS, "again": earlier.number}).content.decode()
    assert '<option value="add" selected>change by</option>' in form
    assert 'value="2"' in form


def test_runs_are_for_those_who_made_them_and_who_read_the_audit(client, page, owner):
    make_variant("TEA")
    run = applied(VARIANTS, owner, "variants", ("price", "set", Decimal(1)))

    client.force_login(make_user("catalog_editor"))
    assert client.get(run.get_absolute_url()).status_code == 404
    assert client.post(reverse("bulk_edit:work", args=[run.number]), {"action": "apply"}).status_code == 404
    assert client.post(reverse("bulk_edit:undo", args=[run.number]), {"verb": "undo"}).status_code == 404
    assert Variant.objects.get().price == 1


def test_values_one_may_no_longer_see_are_hidden(client, owner):
    make_variant("TEA", cost=Decimal(7))
    editor = make_user("catalog_editor")
    run = edit(VARIANTS, editor, "variants", ("cost", "set", Decimal(3)))
    client.force_login(editor)
    assert "<del>7</del>" in client.get(run.get_absolute_url()).content.decode()

    editor.groups.clear()
    grant(editor, "backoffice.bulk_edit")

    hidden = client.get(run.get_absolute_url()).content.decode()
    assert "<del>•••</del>" in hidden
    assert "Change 1 row" not in hidden


def test_work_that_waits_is_canceled(page, settings):
    settings.IMPORT_FOREGROUND_ROWS = 0
    make_variant("TEA")
    send(page, VARIANTS, price=("set", "3"))
    run = ImportRun.objects.get()

    page.post(reverse("bulk_edit:work", args=[run.number]), {"action": "cancel"})

    run.refresh_from_db()
    assert (run.job_id, run.message) == (None, "It was canceled. Nothing was written.")
