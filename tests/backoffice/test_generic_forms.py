"""Record, form and action pages: rights, typed input kept, nobody's change overwritten unseen."""

import re

import pytest
from django import forms
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError
from django.test import RequestFactory

from backoffice import audit, generic
from backoffice.context import acting
from backoffice.generic.forms import formset_summary, summary
from backoffice.models import AuditEvent
from catalog.models import Brand, Product
from tests.backoffice.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.backoffice.pages")]
EDIT = "/test/products/tea/edit/"


@pytest.fixture
def editor(client):
    user = make_user("catalog.view_product", "catalog.change_product", "catalog.view_brand")
    client.force_login(user)
    return user


@pytest.fixture
def tea():
    return Product.objects.create(handle="tea", title="Tea", description="Green")


def typed(client, **values):
    """What a browser sends from the edit page, with some values typed over."""
    form = client.get(EDIT).context
    return {"version": form["version"], "handle": "tea", "title": "Tea", "description": "Green", **values}


# --- Forms ----------------------------------------------------------------------------------------


def test_saving_writes_says_so_and_leads_to_the_record(client, editor, tea):
    response = client.post(EDIT, typed(client, title="Black tea"))

    tea.refresh_from_db()
    assert tea.title == "Black tea"
    assert response.url == "/test/products/tea/"
    assert [str(message) for message in get_messages(response.wsgi_request)] == ["Black tea saved."]


def test_a_refused_form_keeps_what_was_typed_and_links_every_error(client, editor, tea):
    response = client.post(EDIT, typed(client, title="", description="A long text"))
    page = response.content.decode()

    assert response.status_code == 422
    assert '<a href="#id_title">Title: This field is required.</a>' in page
    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_title_error"' in page
    assert "A long text</textarea>" in page
    tea.refresh_from_db()
    assert tea.title == "Tea"


@pytest.mark.django_db(transaction=True)
def test_a_stale_form_shows_who_changed_what_and_both_values(client, editor, tea):
    data = typed(client, title="Mine")
    ben = make_user(email="ben@example.com", name="Ben Buyer")
    with acting(source="page", user=ben, reason="Label was wrong"):
        Product.objects.get(pk=tea.pk).save()
        stored = Product.objects.get(pk=tea.pk)
        stored.title = "Theirs"
        stored.save()

    response = client.post(EDIT, data)
    page = response.content.decode()

    assert response.status_code == 409
    assert [(c.label, c.stored, c.typed) for c in response.context["conflicts"]] == [("Title", "Theirs", "Mine")]
    assert "Ben Buyer" in page
    assert 'value="Mine"' in page
    assert Product.objects.get().title == "Theirs"


def test_saving_again_after_a_conflict_writes_the_typed_values(client, editor, tea):
    data = typed(client, title="Mine")
    Product.objects.get(pk=tea.pk).save()
    version = client.post(EDIT, data).context["version"]

    response = client.post(EDIT, {**data, "version": version})

    assert response.status_code == 302
    assert Product.objects.get().title == "Mine"


def test_a_form_without_its_version_is_stale(client, editor, tea):
    assert client.post(EDIT, {"handle": "tea", "title": "x"}).status_code == 409


def test_the_reason_stands_in_the_history(client, editor, tea):
    client.post(EDIT, typed(client, title="Black tea", change_reason="Supplier changed"))

    entry = tea.history.order_by("-pgh_id").first()
    assert entry.title == "Black tea"
    assert entry.pgh_context.metadata["reason"] == "Supplier changed"
    assert entry.pgh_context.metadata["user"] == editor.pk


def test_a_link_can_fill_a_new_form_in_part(client, editor):
    page = client.get("/test/products/new/?title=Cup&status=published").content.decode()

    assert 'value="Cup"' in page


def test_an_address_of_another_site_is_not_followed(client, editor, tea):
    response = client.post(EDIT, typed(client, next="https://evil.example/"))
    assert response.url == "/test/products/tea/"

    response = client.post(EDIT, typed(client, next="//evil.example/test/products/"))
    assert response.url == "/test/products/tea/"

    response = client.post(EDIT, typed(client, next="/test/products/?q=tea"))
    assert response.url == "/test/products/?q=tea"


def test_what_one_may_not_see_is_not_there_to_edit(client, tea):
    client.force_login(make_user("catalog.change_product"))

    assert client.get(EDIT).status_code == 404


def test_a_refusal_of_the_database_is_a_sentence_at_the_form(client, editor, tea):
    Product.objects.create(handle="cup", title="Cup")
    response = client.post(EDIT, typed(client, handle="CUP"))

    assert response.status_code == 422
    assert "This handle is taken." in response.content.decode()


# --- Records --------------------------------------------------------------------------------------


def test_a_record_shows_state_action_facts_and_timeline(client, editor, tea):
    tea.brand = Brand.objects.create(name="<Nordic>")
    tea.save()
    audit.record("product.tasted", tea, by=editor, reason="Quarterly")
    response = client.get("/test/products/tea/")
    page = response.content.decode()

    assert [badge.text for badge in response.context["badges"]] == ["Draft"]
    assert response.context["primary"].label == "Shout"
    assert [action.label for action in response.context["actions"]] == ["Shout?"]
    assert "&lt;Nordic&gt;" in page
    assert len(re.findall(r'<a href="/history/catalog\.product/\d+/">History</a>', page)) == 1
    assert [(moment.text, moment.note) for moment in response.context["moments"]] == [("Product tasted", "Quarterly")]


@pytest.mark.parametrize("events", [1, 3])
def test_a_record_takes_the_same_statements_for_one_event_and_for_three(
    client, editor, tea, events, django_assert_num_queries
):
    for _ in range(events):
        audit.record("product.tasted", tea, by=editor)
    client.get("/test/products/tea/")

    with django_assert_num_queries(6):  # session, user, permissions, product, events, unread
        client.get("/test/products/tea/")


# --- Verbs ----------------------------------------------------------------------------------------


def test_an_action_asks_by_get_and_acts_by_post(client, editor, tea):
    asked = client.get("/test/products/tea/shout/")
    assert "The title gets a mark." in asked.content.decode()
    assert Product.objects.get().title == "Tea"

    response = client.post("/test/products/tea/shout/", follow=True)
    assert Product.objects.get().title == "Tea!"
    assert "Tea! shouts." in response.content.decode()


def test_a_refused_action_says_why_on_the_record(client, editor, tea):
    Product.objects.update(title="Tea!")
    response = client.post("/test/products/tea/shout/", follow=True)

    assert response.redirect_chain == [("/test/products/tea/", 302)]
    assert '<p class="message error" role="alert">' in response.content.decode()
    assert "tea is loud already." in response.content.decode()


def test_an_action_needs_its_permission(client, tea):
    client.force_login(make_user("catalog.view_product"))

    assert client.post("/test/products/tea/shout/").status_code == 403
    assert not AuditEvent.objects.exists()


class Kept(list):
    def add(self, level, message, extra_tags=""):
        self.append(str(message))


def run_act(service, tea, **kwargs):
    request = RequestFactory().post("/x/")
    request.user = make_user(email="act@example.com")
    request._messages = Kept()
    return generic.act(request, service, tea, **kwargs), list(request._messages)


def test_act_calls_the_service_with_the_user_and_returns_to_the_record(tea):
    calls = []

    def pour(product, *, by, cups):
        calls.append((product, by.email, cups))

    response, said = run_act(pour, tea, done="%s poured.", cups=2)

    assert calls == [(tea, "act@example.com", 2)]
    assert (response.url, said) == ("/test/products/tea/", ["Tea poured."])


def test_act_says_every_sentence_of_a_refusal(tea):
    def refuse(product, *, by):
        raise ValidationError({"title": ["Too hot."], "handle": ["No handle."]})

    response, said = run_act(refuse, tea, done="Poured.")

    assert (response.url, said) == ("/test/products/tea/", ["Too hot.", "No handle."])


def test_the_summary_names_rows_of_a_formset():
    class Row(forms.Form):
        sku = forms.CharField(label="SKU")
        quantity = forms.IntegerField(label="Quantity")

    data = {"form-TOTAL_FORMS": 2, "form-INITIAL_FORMS": 0, "form-1-sku": "TEA", "form-1-quantity": "many"}
    formset = forms.formset_factory(Row)(data)
    formset.is_valid()

    assert formset_summary(formset) == [("id_form-1-quantity", "Row 2, Quantity", ["Enter a whole number."])]
    assert summary(Row()) == []
