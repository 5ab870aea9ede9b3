"""Pages of the catalogue: what they show, to whom, at which cost."""

from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation

from backoffice import publishing
from backoffice.models import Review, User
from catalog.models import Category, Media, Product, Variant
from catalog.services import add_variant, attach_media, save_variants, update_product
from tests.factories import make_brand, make_category, make_product, make_user, picture

pytestmark = pytest.mark.django_db


def sign_in(client, role):
    user = make_user(role)
    client.force_login(user)
    client.get("/search/")  # settles the session, whose set-up is no cost of the page
    return user


@pytest.fixture
def as_owner(client, db):
    sign_in(client, "owner")
    return client


@pytest.fixture
def as_editor(client, db):
    sign_in(client, "catalog_editor")
    return client


def fill(number, **fields):
    """Products with two variants, a picture, a category and a brand each."""
    user = make_user()
    for i in range(number):
        product = make_product(
            f"Tea {i}",
            category=make_category(f"Category {i}"),
            brand=make_brand(f"Brand {i}"),
            variants=[
                {"sku": f"T{i}-{j}", "option1": str(j), "price": Decimal(5 + j), "cost": Decimal(2)} for j in range(2)
            ],
            **fields,
        )
        attach_media(product, by=user, file=picture())


# --- Products ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_list_of_products_costs_the_same_for_any_number(as_owner, django_assert_num_queries, number):
    fill(number)
    with django_assert_num_queries(6):
        response = as_owner.get("/catalog/products/")
    assert response.status_code == 200
    assert [row.object.title for row in response.context["rows"]] == [f"Tea {i}" for i in reversed(range(number))]
    assert response.content.decode().count("€5.00 – €6.00") == number


def found(client, query):
    return sorted(row.object.title for row in client.get(f"/catalog/products/?{query}").context["rows"])


def test_products_are_filtered(as_owner):
    clothing = make_category("Clothing")
    shirts = make_category("Shirts", parent=clothing)
    nordic = make_brand("Nordic")
    make_product("Linen shirt", title_zh="亚麻衬衫", category=shirts, tags=["summer"], published=True)
    make_product("Scarf", category=clothing, brand=nordic)
    make_product("Tea", variants=[{"sku": "TEA-100", "barcode": "4006381333931", "price": Decimal(1)}])

    assert found(as_owner, f"category=%23{clothing.pk}") == ["Linen shirt", "Scarf"]
    assert found(as_owner, "category=shirts") == ["Linen shirt"]
    assert found(as_owner, f"brand=%23{nordic.pk}") == ["Scarf"]
    assert found(as_owner, "status=draft") == ["Scarf", "Tea"]
    Product.objects.filter(title="Linen shirt").update(description="New")
    assert found(as_owner, "changes=true") == ["Linen shirt"]
    assert found(as_owner, "changes=false") == ["Scarf", "Tea"]
    assert found(as_owner, "status=draft&status=published") == ["Linen shirt", "Scarf", "Tea"]
    assert found(as_owner, "tag=summer") == ["Linen shirt"]
    assert found(as_owner, "q=亚麻") == ["Linen shirt"]
    assert found(as_owner, "q=tea-100") == ["Tea"]
    assert found(as_owner, "q=4006381333931") == ["Tea"]
    assert found(as_owner, "q=100%25") == []
    assert found(as_owner, "picture=true") == []
    assert found(as_owner, "changed_since=2000-01-01") == ["Linen shirt", "Scarf", "Tea"]
    assert found(as_owner, "changed_since=2999-01-01") == []
    make_product("Weißer Tee")
    assert found(as_owner, "q=weißer") == ["Weißer Tee"]


@pytest.mark.parametrize("sort", ["newest", "oldest", "title", "-title", "changed", "unchanged"])
def test_every_order_turns_pages(as_owner, sort, monkeypatch):
    for i in range(5):
        make_product(f"P{i}")
    monkeypatch.setattr("catalog.views.products.ProductList.page_size", 2)
    url, seen = f"/catalog/products/?sort={sort}", []
    while url:
        context = as_owner.get(url).context
        seen += [row.object.title for row in context["rows"]]
        url = context["next_url"]
    assert sorted(seen) == ["P0", "P1", "P2", "P3", "P4"]


def test_bulk_submit_says_what_is_missing(as_owner):
    whole, bare = make_product("Whole"), make_product("Bare", variants=[])
    send = {"action": "submit", "confirmed": "1", "selected": [whole.pk, bare.pk]}

    response = as_owner.post("/catalog/products/", send)
    assert "“Bare” cannot be published: it has no active variant." in response.content.decode()
    assert not Review.objects.exists()

    as_owner.post("/catalog/products/", send | {"selected": [whole.pk]})
    assert [str(product) for product in Product.objects.filter(status="in_review")] == ["Whole"]


def test_bulk_approve_unpublish_and_archive(client):
    products = [make_product("A"), make_product("B"), make_product("C")]
    publishing.submit(products[:2], by=make_user(""))
    sign_in(client, "catalog_reviewer")
    send = {"confirmed": "1", "selected": [product.pk for product in products]}

    client.post("/catalog/products/", send | {"action": "approve"})
    assert sorted(str(product) for product in Product.objects.published()) == ["A", "B"]
    client.post("/catalog/products/", send | {"action": "unpublish"})
    assert not Product.objects.published().exists()
    client.post("/catalog/products/", send | {"action": "archive"})
    assert set(Product.objects.values_list("status", flat=True)) == {"archived"}


def test_bulk_tag_asks_for_the_tag(as_editor):
    product = make_product()
    send = {"action": "tag", "selected": [product.pk]}
    assert 'name="tag"' in as_editor.post("/catalog/products/", send).content.decode()
    as_editor.post("/catalog/products/", send | {"confirmed": "1", "tag": "sale"})
    assert Product.objects.get().tags == ["sale"]


@pytest.mark.parametrize("number", [1, 3])
def test_product_page_costs_the_same_for_any_number_of_variants(as_owner, django_assert_num_queries, number):
    product = make_product(variants=[{"sku": f"S{i}", "option1": str(i), "price": Decimal(1)} for i in range(number)])
    for hue in range(number):
        attach_media(product, by=make_user(), file=picture(hue=hue))
    with django_assert_num_queries(10):  # of them one each about a review, attributes and stock
        assert as_owner.get(product.get_absolute_url()).status_code == 200


def test_product_page_shows_the_variant_of_a_picture(as_owner):
    product = make_product(variants=[{"sku": "RED", "option1": "red", "price": Decimal(1)}])
    attach_media(product, by=make_user(), file=picture(hue=1), alt="Both")
    attach_media(product, by=make_user(), url="https://example.com/a.jpg", variant=product.variants.get())
    pictures = as_owner.get(product.get_absolute_url()).context["pictures"]
    assert [(str(one), one.variant and one.variant.sku) for one in pictures] == [
        ("Both", None),
        ("https://example.com/a.jpg", "RED"),
    ]
    assert pictures == list(product.media.all())


def test_the_timeline_tells_of_variants_too(as_owner):
    product = make_product("Tea", variants=[{"sku": f"T{i}", "option1": str(i), "price": Decimal(1)} for i in range(5)])
    add_variant(product, by=make_user("catalog_editor"), sku="LATE", option1="Large")
    page = as_owner.get(product.get_absolute_url())
    assert [str(moment.text) for moment in page.context["moments"]] == [
        "Variant added: LATE",
        "Variant added: T0, T1, T2 +2",
        "Product created",
    ]


@pytest.mark.parametrize("handle", ["linen", "亚麻-衬衫", "a/b", "-/1/edit", "new", "100%", "a?b#c"])
def test_any_handle_is_an_address(as_owner, handle):
    product = make_product("Odd one", handle=handle)
    response = as_owner.get(product.get_absolute_url())
    assert response.status_code == 200
    assert response.context["object"] == product


def test_costs_are_shown_to_those_who_may_see_them(client):
    product = make_product(variants=[{"sku": "A", "price": Decimal(10), "cost": Decimal("7.77")}])
    for role, sees in (("owner", True), ("support_agent", False), ("order_clerk", False)):
        sign_in(client, role)
        for url in (product.get_absolute_url(), "/catalog/variants/A/", "/catalog/variants/?columns=cost&columns=sku"):
            assert ("7.77" in client.get(url).content.decode()) is sees, (role, url)


def test_pages_speak_chinese(client):
    user = make_user(language="zh-hans")
    client.force_login(user)
    product = make_product("Linen shirt", title_zh="亚麻衬衫", category=make_category("Shirts", name_zh="衬衫"))
    assert client.get(product.get_absolute_url()).context["title"] == "亚麻衬衫"
    page = client.get("/catalog/products/").content.decode()
    assert "亚麻衬衫" in page
    assert "衬衫</a>" in page


# --- Creating and editing ------------------------------------------------------------------------


def rows(*variants, initial=0):
    sent = {"variants-TOTAL_FORMS": len(variants), "variants-INITIAL_FORMS": initial}
    for place, variant in enumerate(variants):
        sent |= {f"variants-{place}-{name}": value for name, value in variant.items()}
    return sent


def test_a_product_is_created_with_its_variants(as_editor):
    response = as_editor.post(
        "/catalog/products/-/new/",
        {"title": "Linen shirt", "title_zh": "亚麻衬衫", "tags": "summer，linen, summer", "options": "Colour, Size"}
        | rows(
            {"sku": "LS-1", "option1": "Red", "option2": "M", "price": "29.90", "is_active": "on"},
            {"is_active": "on"},
            {"sku": "LS-2", "option1": "Red", "option2": "L", "price": "31", "cost": "12.5", "is_active": "on"},
        ),
    )
    product = Product.objects.get()
    assert response.headers["Location"] == "/catalog/products/linen-shirt/"
    assert (product.tags, product.options, product.status) == (["summer", "linen"], ["Colour", "Size"], "draft")
    assert list(product.variants.values_list("sku", "title", "price", "cost")) == [
        ("LS-1", "Linen shirt – Red / M", Decimal("29.9"), None),
        ("LS-2", "Linen shirt – Red / L", Decimal(31), Decimal("12.5")),
    ]


def test_refusals_stand_at_their_lines_and_what_was_typed_stays(as_editor):
    make_product(variants=[{"sku": "TAKEN", "price": Decimal(1)}])
    response = as_editor.post(
        "/catalog/products/-/new/",
        {"title": "Tea"}
        | rows(
            {"is_active": "on"},
            {"sku": "taken", "option1": "1", "price": "1", "is_active": "on"},
            {"sku": "B", "option1": "2", "price": "1", "barcode": "8.5E+12", "is_active": "on"},
        ),
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "a barcode that a spreadsheet has shortened" in page
    response = as_editor.post(
        "/catalog/products/-/new/",
        {"title": "Tea"} | rows({"sku": "taken", "option1": "1", "price": "1", "is_active": "on"}),
    )
    page = response.content.decode()
    assert response.status_code == 422
    assert "The SKU taken is taken" in page
    assert 'value="Tea"' in page
    assert Product.objects.count() == 1


def test_an_edit_touches_changed_lines_only(as_editor):
    product = make_product(
        "Tea", options=["Weight"], variants=[{"sku": s, "option1": s, "price": Decimal(4)} for s in "AB"]
    )
    a, b = product.variants.all()
    page = as_editor.get(reverse("catalog:product_edit", args=[product.pk]))
    assert 'value="4.00"' in page.content.decode()
    same = {"price": "4.00", "is_active": "on"}

    response = as_editor.post(
        reverse("catalog:product_edit", args=[product.pk]),
        {"title": "Green tea", "handle": "", "options": "Weight", "version": page.context["version"]}
        | rows(
            {"id": a.pk, "sku": "A", "option1": "A"} | same,
            {"id": b.pk, "sku": "B", "option1": "B"} | same | {"price": "4.5"},
            {"sku": "C", "option1": "C", "price": "9", "is_active": "on"},
            initial=2,
        ),
    )

    assert response.status_code == 302, response.context["summary"]
    assert list(product.variants.values_list("sku", "title", "price")) == [
        ("A", "Green tea – A", Decimal(4)),
        ("B", "Green tea – B", Decimal("4.5")),
        ("C", "Green tea – C", Decimal(9)),
    ]
    assert Variant.objects.get(pk=a.pk).updated_at == a.updated_at
    assert Product.objects.get().handle == "tea"


@pytest.mark.parametrize(("language", "written"), [("en", "1,234.50"), ("zh-hans", "1,234.50")])
def test_a_large_price_comes_back_as_it_was_shown(client, language, written):
    client.force_login(make_user("catalog_editor", language=language))
    product = make_product("Sofa", variants=[{"sku": "S", "price": Decimal("1234.50")}])
    url = reverse("catalog:product_edit", args=[product.pk])
    page = client.get(url)
    variant = product.variants.get()
    shown = page.context["formset"].forms[0]["price"].subwidgets[0].data["value"]
    send = {"id": variant.pk, "sku": "S", "price": shown, "is_active": "on"}
    client.post(url, {"title": "Sofa", "version": page.context["version"]} | rows(send, initial=1))
    assert (shown, Variant.objects.get().price) == (written, Decimal("1234.5"))
    assert Variant.objects.get().updated_at == variant.updated_at


def test_a_line_of_another_product_is_refused(as_editor):
    product, other = make_product("Tea"), make_product("Cup")
    stranger = other.variants.get()
    page = as_editor.get(reverse("catalog:product_edit", args=[product.pk]))
    response = as_editor.post(
        reverse("catalog:product_edit", args=[product.pk]),
        {"title": "Tea", "version": page.context["version"]}
        | rows({"id": stranger.pk, "sku": "STOLEN", "price": "1", "is_active": "on"}),
    )
    assert response.status_code == 422
    assert "does not belong to Tea" in response.content.decode()


def test_a_stale_form_is_refused(as_editor):
    product = make_product("Tea")
    url = reverse("catalog:product_edit", args=[product.pk])
    send = {"title": "Mine", "version": as_editor.get(url).context["version"]} | rows()
    Product.objects.filter(pk=product.pk).first().save()
    assert as_editor.post(url, send).status_code == 409
    assert Product.objects.get().title == "Tea"


def test_products_with_many_variants_are_edited_one_by_one(as_editor, editor):
    product = make_product(variants=[])
    save_variants(product, [{"sku": f"S{i}", "option1": str(i)} for i in range(51)], by=editor)
    response = as_editor.get(reverse("catalog:product_edit", args=[product.pk]))
    assert response.context["formset"] is None
    assert "they are changed in a table of their own" in response.content.decode()


# --- Variants ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_list_of_variants_costs_the_same_for_any_number(as_owner, django_assert_num_queries, number):
    fill(number)
    with django_assert_num_queries(6):
        response = as_owner.get("/catalog/variants/")
    assert len(response.context["rows"]) == 2 * number


@pytest.mark.parametrize(
    "sku", ["TEA", "a/b", "绿茶 100g", "..", "a//b", "x?y=1#z", "50%", "-/1/edit", "a&b<c>", "new"]
)
def test_any_sku_is_an_address(as_owner, sku):
    variant = make_product(variants=[{"sku": sku, "price": Decimal(1)}]).variants.get()
    response = as_owner.get(variant.get_absolute_url())
    assert response.status_code == 200
    assert response.context["object"] == variant


def test_a_variant_is_added_and_edited(as_editor):
    product = make_product("Tea", options=["Weight"], variants=[])
    common = {
        "tax_class": "standard",
        "backorder_limit": "0",
        "is_active": "on",
        "track_stock": "on",
        "requires_shipping": "on",
    }
    as_editor.post(
        f"/catalog/products/-/{product.pk}/variants/new/", {"sku": "T1", "option1": "100 g", "price": "5"} | common
    )
    variant = Variant.objects.get()
    assert (variant.title, variant.price) == ("Tea – 100 g", Decimal(5))

    url = f"/catalog/variants/-/{variant.pk}/edit/"
    page = as_editor.get(url)
    assert "Weight" in page.content.decode()
    send = {"sku": "T1", "option1": "100 g", "price": "5.999", "version": page.context["version"]} | common
    assert "EUR has 2 decimals" in as_editor.post(url, send).content.decode()
    assert as_editor.post(url, send | {"price": "6"}).status_code == 302
    assert Variant.objects.get().price == Decimal(6)


def test_a_variant_is_deactivated_and_activated(as_editor):
    variant = make_product().variants.get()
    as_editor.post(f"/catalog/variants/-/{variant.pk}/deactivate/")
    assert not Variant.objects.get().is_active
    as_editor.post(f"/catalog/variants/-/{variant.pk}/activate/")
    assert Variant.objects.get().is_active
    assert as_editor.post(f"/catalog/variants/-/{variant.pk}/explode/").status_code == 404


# --- Categories and brands -----------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3])
def test_the_tree_costs_the_same_for_any_number(as_owner, django_assert_num_queries, number):
    for i in range(number):
        top = make_category(f"Top {i}")
        make_product(f"P{i}", category=make_category("Below", parent=top))
        make_product(f"Q{i}", category=top)
    with django_assert_num_queries(6):
        response = as_owner.get("/catalog/categories/")
    assert [(node.category.name, node.own, node.total) for node in response.context["roots"]] == [
        (f"Top {i}", 1, 2) for i in range(number)
    ]


def test_a_large_tree_shows_its_top(as_owner, monkeypatch):
    monkeypatch.setattr("catalog.views.categories.WHOLE_TREE", 2)
    top = make_category("Top")
    for name in "AB":
        make_category(name, parent=top)
    response = as_owner.get("/catalog/categories/")
    assert [node.category.name for node in response.context["roots"]] == ["Top"]
    monkeypatch.undo()
    make_product(category=make_category("C", parent=Category.objects.get(name="A")))
    children = as_owner.get(top.get_absolute_url()).context["children"]
    assert [(node.category.name, node.total) for node in children] == [("A", 1), ("B", 0)]


def test_a_category_is_created_and_moved(as_editor):
    top = make_category("Top")
    as_editor.post("/catalog/categories/new/", {"name": "Shirts", "name_zh": "衬衫", "parent": f"#{top.pk}"})
    shirts = Category.objects.get(name="Shirts")
    assert (shirts.path, shirts.name_zh) == ("Top > Shirts", "衬衫")

    url = f"/catalog/categories/{shirts.pk}/edit/"
    version = as_editor.get(url).context["version"]
    as_editor.post(url, {"name": "Shirts", "parent": "", "version": version})
    assert Category.objects.get(name="Shirts").path == "Shirts"

    url = f"/catalog/categories/{top.pk}/edit/"
    version = as_editor.get(url).context["version"]
    response = as_editor.post(url, {"name": "Top", "parent": f"#{top.pk}", "version": version})
    assert response.status_code == 422
    assert "cannot stand below itself" in response.content.decode()


def test_a_brand_is_created_once(as_editor):
    as_editor.post("/catalog/brands/new/", {"name": " Nordic  Linen "})
    response = as_editor.post("/catalog/brands/new/", {"name": "nordic linen"})
    assert response.status_code == 422
    assert "There is a brand of this name already." in response.content.decode()
    assert "Nordic Linen" in as_editor.get("/catalog/brands/").content.decode()


# --- Pictures ------------------------------------------------------------------------------------


def test_a_picture_is_added_shown_and_removed(as_editor):
    product = make_product()
    file = picture("x.svg")
    response = as_editor.post(reverse("catalog:product_pictures", args=[product.pk]), {"files": file})
    assert response.status_code == 302
    media = Media.objects.get()

    response = as_editor.get(media.get_absolute_url())
    file.seek(0)
    assert b"".join(response.streaming_content) == file.read()
    assert response.headers["Content-Type"] == "image/png"
    assert response.headers["Content-Disposition"] == f'inline; filename="picture-{media.pk}.png"'
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"

    page = as_editor.get(product.get_absolute_url()).content.decode()
    assert media.medium_url in page
    as_editor.post(reverse("catalog:picture_cover", args=[media.pk]))
    as_editor.post(reverse("catalog:picture_remove", args=[media.pk]))
    assert not Media.objects.exists()


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        ({"files": SimpleUploadedFile("x.png", b"<svg/>")}, "x.png: SVG files can carry scripts"),
        ({"url": "nonsense nonsense"}, "Enter a valid URL"),
    ],
)
def test_a_wrong_picture_is_refused_in_the_form(as_editor, sent, sentence):
    response = as_editor.post(reverse("catalog:product_pictures", args=[make_product().pk]), sent)
    assert response.status_code == 422
    assert sentence in response.content.decode()


# --- Rights --------------------------------------------------------------------------------------


def addresses():
    product = make_product(category=make_category(), brand=make_brand())
    media = attach_media(product, by=make_user(), file=picture())
    variant = product.variants.get()
    reads = [
        "/catalog/products/",
        product.get_absolute_url(),
        "/catalog/variants/",
        variant.get_absolute_url(),
        "/catalog/categories/",
        product.category.get_absolute_url(),
        "/catalog/brands/",
        product.brand.get_absolute_url(),
        media.get_absolute_url(),
    ]
    forms = [
        "/catalog/products/-/new/",
        f"/catalog/products/-/{product.pk}/edit/",
        f"/catalog/products/-/{product.pk}/pictures/",
        f"/catalog/products/-/{product.pk}/variants/new/",
        f"/catalog/variants/-/{variant.pk}/edit/",
        "/catalog/categories/new/",
        f"/catalog/categories/{product.category.pk}/edit/",
        "/catalog/brands/new/",
        f"/catalog/brands/{product.brand.pk}/edit/",
    ]
    verbs = [
        f"/catalog/products/-/{product.pk}/approve/",
        f"/catalog/products/-/{product.pk}/archive/",
        f"/catalog/variants/-/{variant.pk}/deactivate/",
        f"/catalog/pictures/{media.pk}/cover/",
        f"/catalog/pictures/{media.pk}/remove/",
    ]
    return reads, forms, verbs


def read(client, url):
    """The status of a page, its file read to the end."""
    response = client.get(url)
    if response.streaming:
        list(response.streaming_content)
    return response.status_code


def test_strangers_are_sent_to_sign_in(client):
    reads, forms, verbs = addresses()
    for answer in [*map(client.get, [*reads, *forms]), *map(client.post, verbs)]:
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith("/accounts/login/")


def test_staff_without_a_role_see_nothing(client):
    reads, forms, verbs = addresses()
    sign_in(client, "")
    assert {client.get(url).status_code for url in [*reads, *forms]} <= {403, 404}
    assert {client.post(url).status_code for url in verbs} <= {403, 404}


def test_readers_read_and_change_nothing(client):
    reads, forms, verbs = addresses()
    sign_in(client, "support_agent")
    assert {read(client, url) for url in reads} == {200}
    assert {client.get(url).status_code for url in forms} == {403}
    assert {client.post(url).status_code for url in verbs} == {403}
    page = client.get("/catalog/products/").content.decode()
    assert "New product" not in page
    assert 'name="action"' not in page


def test_editors_write_and_do_not_publish(client):
    _reads, forms, verbs = addresses()
    sign_in(client, "catalog_editor")
    assert {client.get(url).status_code for url in forms} == {200}
    assert [client.post(url).status_code for url in verbs] == [403, 403, 302, 302, 302]


def test_reviewers_publish_and_do_not_write(client):
    _reads, forms, _verbs = addresses()
    sign_in(client, "catalog_reviewer")
    assert {client.get(url).status_code for url in forms} == {403}
    product = Product.objects.get()
    publishing.submit([product], by=make_user(""))
    client.post(f"/catalog/products/-/{product.pk}/approve/")
    assert Product.objects.get().status == "published"


def test_a_description_in_html_is_read_as_text(as_owner):
    product = make_product(
        "Tea",
        description='<h2 style="color:red">Fresh</h2><ul><li>Leaf<script>alert(1)</script></li></ul><img src="//x.example/1.jpg">',
    )
    page = as_owner.get(product.get_absolute_url()).content.decode()
    assert (
        '<div lang="en" class="described"><p>Fresh</p><ul><li>Leaf</li></ul>'
        '<p class="muted">1 picture in this text is not shown here.</p></div>'
    ) in page


def test_paragraphs_that_held_pictures_alone_leave_no_gap(as_owner):
    product = make_product("Tea", description='<p><img src="//x.example/1.jpg"></p><p><br/>&nbsp;</p><p>Fresh</p>')
    page = as_owner.get(product.get_absolute_url()).content.decode()
    assert (
        '<div lang="en" class="described"><p>Fresh</p><p class="muted">1 picture in this text is not shown here.</p></div>'
        in page
    )


def test_a_plain_description_keeps_its_lines_and_signs(as_owner):
    product = make_product("Tea", description="3 < 4\nand <more>")
    page = as_owner.get(product.get_absolute_url()).content.decode()
    assert '<div lang="en" class="described">3 &lt; 4<br>and &lt;more&gt;</div>' in page


# --- Search and home -----------------------------------------------------------------------------


def hits(client, text):
    return [
        (str(label), [hit.title for hit in found])
        for label, found in client.get("/search/", {"q": text}).context["groups"]
    ]


def test_search_finds_by_sku_barcode_and_title(as_owner):
    make_product(
        "Linen shirt", title_zh="亚麻衬衫", variants=[{"sku": "LS-1", "price": Decimal(1), "barcode": "4006381333931"}]
    )
    make_product("Cup", variants=[{"sku": "LS-10", "price": Decimal(1)}])

    assert hits(as_owner, "ls-1") == [("Variants", ["LS-1"]), ("Products", ["Linen shirt", "Cup"])]
    assert hits(as_owner, "4006381333931") == [("Variants", ["LS-1"]), ("Products", ["Linen shirt"])]
    assert hits(as_owner, "衬衫") == [("Variants", ["LS-1"]), ("Products", ["Linen shirt"])]
    assert hits(as_owner, "nothing like it") == []


def test_home_counts_what_waits(as_owner):
    make_product("New")
    make_product("Bare", published=True)
    update_product(make_product("Cup", published=True), by=make_user("catalog_editor"), title="Mug")
    cards = {str(card.label): card for card in as_owner.get("/").context["cards"]}
    waiting = ("Product drafts", "Products with unpublished changes", "Published without a picture")
    assert [cards[label].value for label in waiting] == ["1", "1", "2"]
    for label in waiting:
        assert len(as_owner.get(cards[label].url).context["rows"]) == int(cards[label].value)


# --- Translations --------------------------------------------------------------------------------


def test_products_that_lack_a_translation_are_found(as_owner):
    make_product("Bare")
    make_product("Half", title_zh="一半", description="Text")
    make_product("Whole", title_zh="全部", description="Text", description_zh="文字")
    make_product("Short", title_zh="短")
    assert found(as_owner, "translated=false") == ["Bare", "Half"]
    assert found(as_owner, "translated=true") == ["Short", "Whole"]


def test_brands_speak_the_readers_language(as_owner):
    brand = make_brand("Nordic")
    page = as_owner.get(f"/catalog/brands/{brand.pk}/edit/")
    data = {"name": "Nordic", "name_zh": "北欧", "version": page.context["version"]}
    assert as_owner.post(f"/catalog/brands/{brand.pk}/edit/", data).status_code == 302
    make_product("Scarf", brand=brand)
    User.objects.update(language="zh-hans")
    with translation.override("en"):  # takes back what the requests switch on
        assert "北欧" in as_owner.get("/catalog/products/").content.decode()
        assert "北欧" in as_owner.get(brand.get_absolute_url()).content.decode()
