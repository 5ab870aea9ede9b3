"""List pages: rows, counts, order, columns, chips, views, selection."""

from urllib.parse import urlencode

import pytest

from backoffice.generic import lists
from backoffice.models import SavedView
from catalog.models import Brand, Product
from tests.backoffice.pages import ProductList
from tests.backoffice.people import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.backoffice.pages")]
URL = "/test/products/"


@pytest.fixture
def editor(client):
    user = make_user("catalog.view_product", "catalog.change_product", "catalog.view_brand", "catalog.add_product")
    client.force_login(user)
    return user


def make_products(number, **fields):
    return [Product.objects.create(handle=f"p{i:03}", title=f"Product {i:03}", **fields) for i in range(number)]


def handles(response):
    return [row.object.handle for row in response.context["rows"]]


# --- Rights ---------------------------------------------------------------------------------------


def test_a_visitor_is_sent_to_sign_in(client):
    response = client.get(f"{URL}?status=draft")

    assert response.status_code == 302
    assert response.url == "/accounts/login/?next=/test/products/%3Fstatus%3Ddraft"


def test_without_the_permission_the_list_is_forbidden(client):
    client.force_login(make_user("catalog.view_brand"))

    assert client.get(URL).status_code == 403


# --- Rows and pages -------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_a_list_takes_the_same_statements_for_one_row_and_for_three(client, editor, number, django_assert_num_queries):
    make_products(number, brand=Brand.objects.create(name="Nordic"))
    client.get(URL)

    with django_assert_num_queries(6):  # session, user, permissions, rows, unread, views
        response = client.get(URL)

    assert len(handles(response)) == number


def test_a_full_page_adds_the_count_and_nothing_else(client, editor, django_assert_num_queries):
    make_products(12)
    client.get(URL)

    with django_assert_num_queries(7):
        client.get(URL)


def test_pages_follow_each_other_and_lead_back(client, editor):
    make_products(12)
    first = client.get(URL)
    second = client.get(first.context["next_url"])
    third = client.get(second.context["next_url"])

    assert handles(first) + handles(second) + handles(third) == [f"p{i:03}" for i in range(12)]
    assert third.context["next_url"] == ""
    assert handles(client.get(third.context["previous_url"])) == handles(second)
    assert client.get(second.context["previous_url"]).context["previous_url"] == ""


def test_paging_keeps_the_filters(client, editor):
    make_products(7, status="draft")
    response = client.get(f"{URL}?status=draft")

    assert response.context["next_url"].startswith("/test/products/?status=draft&after=")


def test_a_bad_place_leads_to_the_first_page_with_a_message(client, editor):
    make_products(7)
    response = client.get(f"{URL}?after=nonsense")

    assert handles(response) == [f"p{i:03}" for i in range(5)]
    assert "That place in the list is gone." in response.content.decode()


def test_the_count_stops_at_the_cap(client, editor, monkeypatch):
    monkeypatch.setattr(lists, "COUNT_CAP", 6)
    make_products(9)
    response = client.get(URL)

    assert str(response.context["count"]) == "6+"


def test_the_count_below_the_cap_is_exact(client, editor):
    make_products(9)

    assert str(client.get(URL).context["count"]) == "9"
    assert str(lists.Count(1001)) == "1,000+"


# --- Order and columns ----------------------------------------------------------------------------


def test_headers_of_named_orders_sort_both_ways(client, editor):
    make_products(3)
    response = client.get(f"{URL}?sort=-title")
    title, brand, status, published = response.context["headers"]

    assert handles(response) == ["p002", "p001", "p000"]
    assert (title.sort, title.url) == ("descending", "/test/products/?sort=title")
    assert (brand.sort, brand.url) == ("none", "/test/products/?sort=brand")
    assert (status.sort, status.url) == ("", "")
    assert (published.sort, published.url) == ("none", "/test/products/?sort=published")
    assert '<th scope="col" aria-sort="descending">' in response.content.decode()


def test_an_unknown_order_is_the_default_one(client, editor):
    make_products(2)

    assert handles(client.get(f"{URL}?sort=password")) == ["p000", "p001"]


def test_columns_are_chosen_in_the_address(client, editor):
    response = client.get(f"{URL}?columns=title&columns=created_at&columns=secret")

    assert [header.title for header in response.context["headers"]] == ["Title", "Created"]


def test_a_column_that_asks_for_a_permission_is_not_there_without_it(client, editor, monkeypatch):
    hidden = lists.Column("handle", permission="catalog.view_cost")
    monkeypatch.setattr(ProductList, "columns", [*ProductList.columns, hidden])

    response = client.get(f"{URL}?columns=title&columns=handle")

    assert [header.title for header in response.context["headers"]] == ["Title"]


def test_cells_are_escaped(client, editor):
    Product.objects.create(handle="x", title="<script>alert(1)</script>", brand=Brand.objects.create(name="<b>&"))
    page = client.get(f"{URL}?q=%3Cscript%3E").content.decode()

    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "&lt;b&gt;&amp;" in page


# --- Filters --------------------------------------------------------------------------------------


def test_every_filter_in_use_is_a_chip_that_removes_itself(client, editor):
    brand = Brand.objects.create(name="Nordic")
    query = urlencode({"q": "prod", "status": "draft", "brand": f"#{brand.pk}", "created_at_after": "2026-01-01"})
    response = client.get(f"{URL}?{query}&sort=-title")
    chips = {chip.label: (chip.value, chip.url) for chip in response.context["chips"]}

    assert {label: value for label, (value, _url) in chips.items()} == {
        "Search": "prod",
        "Status": "Draft",
        "Brand": "Nordic",
        "Created": "from 1 Jan 2026",
    }
    assert chips["Created"][1] == f"/test/products/?q=prod&status=draft&brand=%23{brand.pk}&sort=-title"
    assert response.context["page"].clear_url == "/test/products/?sort=-title"


def test_a_wrong_filter_is_said_and_filters_nothing(client, editor):
    make_products(2)
    response = client.get(f"{URL}?created_at_after=yesterday")

    assert "Enter a valid date." in response.content.decode()
    assert len(handles(response)) == 2


def test_nothing_found_offers_to_clear_the_filters(client, editor):
    make_products(1)
    page = client.get(f"{URL}?q=zebra").content.decode()

    assert "Nothing matches" in page
    assert '<a class="button" href="/test/products/">Clear filters</a>' in page


def test_an_empty_list_offers_to_create(client, editor):
    page = client.get(URL).content.decode()

    assert "Nothing here yet" in page
    assert 'href="/test/products/new/"' in page


# --- Saved views ----------------------------------------------------------------------------------


def test_a_view_is_saved_shown_as_tab_and_deleted(client, editor):
    assert client.get(f"{URL}?status=draft&after=").context["page"].can_save_view is False  # the page's own tab
    assert client.get(f"{URL}?status=published").context["page"].can_save_view is True

    response = client.post(
        "/views/save/",
        {"page": "test:products", "name": "Live", "query": "status=published", "next": f"{URL}?status=published"},
    )
    assert response.url == f"{URL}?status=published"

    page = client.get(response.url).context["page"]
    assert [(tab.label, tab.url, tab.current) for tab in page.shown_tabs] == [
        ("All", "/test/products/", False),
        ("Drafts", "/test/products/?status=draft", False),
        ("Live", "/test/products/?status=published", True),
    ]
    client.post(f"/views/{page.current_view.view.pk}/delete/")
    assert not SavedView.objects.exists()


def test_a_shared_view_is_seen_by_others_who_cannot_change_it(client, editor):
    other = make_user(email="other@example.com")
    view = SavedView.objects.create(
        user=other, page="test:products", name="Theirs", query="status=draft&q=a", shared=True
    )
    SavedView.objects.create(user=other, page="test:products", name="Private", query="q=b")
    SavedView.objects.create(user=other, page="another", name="Elsewhere", query="q=c", shared=True)

    page = client.get(f"{URL}?q=a&status=draft").context["page"]

    assert [tab.label for tab in page.shown_tabs] == ["All", "Drafts", "Theirs"]
    assert page.current_view is None
    assert client.post(f"/views/{view.pk}/delete/").status_code == 404
    assert client.post(f"/views/{view.pk}/share/").status_code == 404


def test_the_same_name_replaces_the_view(client, editor):
    for query in ("q=a", "q=b"):
        client.post("/views/save/", {"page": "test:products", "name": "Mine", "query": query})

    assert list(SavedView.objects.values_list("query", flat=True)) == ["q=b"]


# --- Bulk actions ---------------------------------------------------------------------------------


def titles():
    return list(Product.objects.order_by("handle").values_list("title", flat=True))


def test_ticked_rows_are_done_and_the_list_stands_as_before(client, editor):
    first, _second, third = make_products(3)
    response = client.post(f"{URL}?sort=-title", {"action": "shout", "selected": [first.pk, third.pk]}, follow=True)

    assert titles() == ["Product 000!", "Product 001", "Product 002!"]
    assert response.redirect_chain == [("/test/products/?sort=-title", 302)]
    assert "Shout: done for 2 rows." in response.content.decode()


def test_long_keys_are_sent_as_they_are(client, editor):
    Product.objects.create(pk=1234567, handle="p", title="Product")
    page = client.get(URL).content.decode()

    assert 'name="selected" value="1234567"' in page
    asked = client.post(URL, {"action": "ask", "selected": ["1234567"]}).content.decode()
    assert 'name="selected" value="1234567"' in asked


def test_a_refused_row_does_not_stop_the_others_and_is_named(client, editor):
    rows = make_products(3)
    Product.objects.filter(pk=rows[1].pk).update(title="Loud!")
    response = client.post(URL, {"action": "shout", "selected": [row.pk for row in rows]})

    assert titles() == ["Product 000!", "Loud!", "Product 002!"]
    outcome = response.context["outcome"]
    assert (outcome.done, [(row.handle, errors) for row, errors in outcome.refused]) == (
        2,
        [("p001", ["p001 is loud already."])],
    )


def test_a_batch_is_all_or_nothing(client, editor):
    rows = make_products(3)
    Product.objects.filter(pk=rows[2].pk).update(title="Loud!")
    response = client.post(URL, {"action": "batch", "selected": [row.pk for row in rows]})

    assert titles() == ["Product 000", "Product 001", "Loud!"]
    assert response.context["outcome"].refused == [(None, ["p002 is loud already."])]


def test_an_action_with_a_question_asks_first(client, editor):
    rows = make_products(3)
    asked = client.post(URL, {"action": "ask", "selected": [rows[0].pk]})

    assert titles() == ["Product 000", "Product 001", "Product 002"]
    assert "1 row will be changed. Titles get a mark." in " ".join(asked.content.decode().split())
    client.post(URL, {"action": "ask", "selected": asked.context["keys"], "confirmed": "1"})
    assert titles() == ["Product 000!", "Product 001", "Product 002"]


def test_all_matching_means_every_page_of_the_filter_and_asks_first(client, editor):
    make_products(12)
    Product.objects.filter(handle="p003").update(status="archived")
    asked = client.post(f"{URL}?status=draft", {"action": "shout", "all": "1"})

    assert asked.context["number"] == 11
    assert "Product 000!" not in titles()
    client.post(f"{URL}?status=draft", {"action": "shout", "all": "1", "confirmed": "1"})
    assert [title for title in titles() if not title.endswith("!")] == ["Product 003"]


def test_all_matching_with_a_wrong_filter_does_nothing(client, editor):
    make_products(2)
    client.post(f"{URL}?created_at_after=x", {"action": "shout", "all": "1", "confirmed": "1"})

    assert titles() == ["Product 000", "Product 001"]


def test_an_action_with_a_form_passes_its_fields(client, editor):
    rows = make_products(1)
    asked = client.post(URL, {"action": "suffix", "selected": [rows[0].pk]})
    refused = client.post(URL, {"action": "suffix", "selected": [rows[0].pk], "confirmed": "1"})
    client.post(URL, {"action": "suffix", "selected": [rows[0].pk], "confirmed": "1", "suffix": "?"})

    assert not asked.context["form"].is_bound
    assert refused.context["form"].errors == {"suffix": ["This field is required."]}
    assert titles() == ["Product 000?"]


def test_more_rows_than_the_limit_are_refused(client, editor):
    rows = make_products(3)
    response = client.post(URL, {"action": "few", "selected": [row.pk for row in rows]}, follow=True)

    assert "At most 2 rows at once." in response.content.decode()
    assert titles() == ["Product 000", "Product 001", "Product 002"]


def test_no_row_no_action(client, editor):
    response = client.post(URL, {"action": "shout", "selected": ["x", "99999999999999999999"]}, follow=True)

    assert "Choose at least one row." in response.content.decode()


def test_who_may_not_run_an_action_neither_sees_nor_runs_it(client):
    client.force_login(make_user("catalog.view_product"))
    row = make_products(1)[0]

    assert 'name="selected"' not in client.get(URL).content.decode()
    assert client.post(URL, {"action": "shout", "selected": [row.pk]}).status_code == 403


# --- Way back -------------------------------------------------------------------------------------


def test_a_record_opened_from_a_list_knows_its_neighbours_there(client, editor):
    make_products(3)
    page = client.get(f"{URL}?sort=-title").content.decode()
    assert 'href="/test/products/p001/?from=sort%3D-title"' in page

    response = client.get("/test/products/p001/?from=sort%3D-title")

    assert response.context["neighbours"] == lists.Around(
        query="sort=-title",
        previous="/test/products/p002/?from=sort%3D-title",
        next="/test/products/p000/?from=sort%3D-title",
    )
    assert response.context["list_link"] == ("Products", "/test/products/?sort=-title")


def test_a_record_outside_the_list_has_no_neighbours(client, editor):
    make_products(3)

    assert client.get("/test/products/p001/?from=q%3Dzebra").context["neighbours"] is None
    assert client.get("/test/products/p001/").context["neighbours"] is None


# --- Export ---------------------------------------------------------------------------------------


def read(response):
    return b"".join(response.streaming_content).decode("utf-8-sig")


def test_the_filtered_list_is_exported_with_the_columns_on_show(client):
    client.force_login(make_user("catalog.view_product", "backoffice.export_data"))
    make_products(3)
    response = client.get(f"{URL}?q=product&sort=-title&columns=title&columns=status&export=csv")

    assert read(response).splitlines() == [
        "Title,Status",
        "Product 002,draft",
        "Product 001,draft",
        "Product 000,draft",
    ]


def test_export_needs_its_permission(client, editor):
    assert client.get(URL).context["formats"] == []
    assert client.get(f"{URL}?export=csv").status_code == 403


def test_nothing_is_exported_through_a_wrong_filter(client):
    client.force_login(make_user("catalog.view_product", "backoffice.export_data"))
    response = client.get(f"{URL}?created_at_after=x&export=csv")

    assert response.url == f"{URL}?created_at_after=x"


def test_personal_columns_are_masked_on_the_page_and_in_the_file(client, monkeypatch):
    hidden = lists.Column("handle", personal=True, link=True)
    monkeypatch.setattr(ProductList, "columns", [hidden, *ProductList.columns])
    monkeypatch.setattr(ProductList, "default_columns", ["handle"])
    make_products(1)
    client.force_login(make_user("catalog.view_product", "backoffice.export_data"))
    assert '<a href="/test/products/p000/?from=">•••</a>' in client.get(URL).content.decode()
    assert read(client.get(f"{URL}?export=csv")).splitlines() == ["Handle", "•••"]

    client.force_login(
        make_user(
            "catalog.view_product", "backoffice.export_data", "customers.view_personal_data", email="full@example.com"
        )
    )
    assert read(client.get(f"{URL}?export=csv")).splitlines() == ["Handle", "p000"]
