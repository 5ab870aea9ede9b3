"""Saved views of a list of the catalogue: saved, renamed, shared, opened with the list, deleted; and filters that are gone."""

import pytest

from backoffice.models import SavedView
from tests.factories import make_brand, make_product, make_user

PRODUCTS = "/catalog/products/"


@pytest.fixture
def editor(db):
    return make_user("catalog_editor")


@pytest.fixture
def page(client, editor):
    client.force_login(editor)
    make_product("Tea")
    make_product("Cup", published=True)
    return client


def saved(user, name="Mine", query="status=draft", **fields):
    return SavedView.objects.create(user=user, page="products", name=name, query=query, **fields)


def test_a_view_is_saved_with_order_and_columns_renamed_shared_and_deleted(page, editor):
    address = f"{PRODUCTS}?status=draft&sort=oldest&columns=title&columns=status"
    state = page.get(address).context["page"].state.urlencode()
    page.post("/views/save/", {"page": "products", "name": "Old drafts", "query": state, "next": address})
    [view] = SavedView.objects.all()
    shown = page.get(f"{PRODUCTS}?{view.query}")
    assert shown.context["page"].current_view.label == "Old drafts"
    assert [column.key for column in shown.context["page"].shown_columns] == ["title", "status"]

    saved(editor, name="Other", query="status=published")
    taken = page.post(f"/views/{view.pk}/rename/", {"name": "Other", "next": PRODUCTS}, follow=True)
    assert "You have a view of this name already." in taken.content.decode()
    page.post(f"/views/{view.pk}/rename/", {"name": " To do "})
    page.post(f"/views/{view.pk}/share/")
    view.refresh_from_db()
    assert (view.name, view.shared) == ("To do", True)

    colleague = make_user("analyst")
    page.force_login(colleague)
    theirs = page.get(f"{PRODUCTS}?{view.query}").context["page"]
    assert [tab.label for tab in theirs.shown_tabs if tab.view] == ["To do"]
    for verb in ("rename", "default", "share", "delete"):
        assert page.post(f"/views/{view.pk}/{verb}/", {"name": "x"}).status_code == 404
    page.force_login(editor)
    page.post(f"/views/{view.pk}/delete/")
    assert not SavedView.objects.filter(pk=view.pk).exists()


def test_a_list_opens_with_its_default_view_and_all_is_still_there(page, editor):
    first, second = saved(editor), saved(editor, name="Live", query="status=published")
    page.post(f"/views/{first.pk}/default/")
    page.post(f"/views/{second.pk}/default/")

    assert list(SavedView.objects.filter(is_default=True)) == [second]
    assert page.get(PRODUCTS)["Location"] == f"{PRODUCTS}?status=published"
    live = page.get(f"{PRODUCTS}?status=published").context["page"]
    assert (live.clear_url, live.shown_tabs[0].url) == (f"{PRODUCTS}?view=all",) * 2
    every = page.get(live.clear_url).context["page"]
    assert [row.name for row in every.rows] == ["Cup", "Tea"]
    assert every.shown_tabs[0].current
    assert not every.can_save_view
    assert page.get(f"{PRODUCTS}?q=").status_code == 200

    page.post(f"/views/{second.pk}/default/")
    assert page.get(PRODUCTS).status_code == 200


def test_the_default_of_one_is_not_that_of_others(page, editor):
    saved(editor, is_default=True, shared=True)

    page.force_login(make_user("analyst"))

    assert page.get(PRODUCTS).status_code == 200


def test_a_filter_that_is_gone_is_told_and_nothing_is_done_by_it(page, editor):
    saved(editor, query="colour=red&status=draft")

    shown = page.get(f"{PRODUCTS}?colour=red&status=draft")

    assert "what the list no longer knows (colour)" in shown.content.decode()
    refused = page.post(f"{PRODUCTS}?colour=red", {"action": "tag", "all": "1"}, follow=True)
    assert "A filter is not right. Nothing was done." in refused.content.decode()
    assert page.get("/bulk-edits/new/", {"list": f"{PRODUCTS}?colour=red"}).status_code == 404


def test_a_view_of_a_record_that_is_gone_says_so(page, editor):
    brand = make_brand("Nordic")
    query = f"brand=%23{brand.pk}"
    saved(editor, query=query)
    brand.delete()

    shown = page.get(f"{PRODUCTS}?{query}").content.decode()

    assert "There is no brand" in shown
    assert page.get("/bulk-edits/new/", {"list": f"{PRODUCTS}?{query}"}).status_code == 404
