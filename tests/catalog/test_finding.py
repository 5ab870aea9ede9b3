"""Searching products and variants: what is found, in which order, page by page, and by whom."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backoffice import search as one_search
from backoffice.generic import Ranking
from catalog.models import Found, Product, Variant, find_products, find_variants, finding
from catalog.views.products import ProductList
from tests.factories import make_attribute, make_brand, make_category, make_product, make_user, make_variant, stock

pytestmark = pytest.mark.django_db


def titles(text: str) -> list[str]:
    """Titles of the products that `text` finds, best first."""
    found = find_products(text)
    return [product.title for product in Ranking(found, found.narrow(Product.objects.all())).page(50).rows]


def skus(text: str) -> list[str]:
    found = find_variants(text)
    return [variant.sku for variant in Ranking(found, found.narrow(Variant.objects.all())).page(50).rows]


def shown(client, query: str, path: str = "/catalog/products/") -> list[str]:
    return [str(row.object) for row in client.get(f"{path}?{query}").context["rows"]]


@pytest.fixture
def as_owner(client):
    client.force_login(make_user("owner"))
    client.get("/search/")
    return client


def test_the_best_come_first():
    make_product("Sweatea towel")
    make_product("Green tea")
    make_product("Tea towel")
    make_product("Tea", handle="plain-tea")
    make_product("Kettle", handle="tea")
    make_product("Pot", variants=[{"sku": "TEA", "price": Decimal(1)}])

    assert titles("tea") == ["Pot", "Kettle", "Tea", "Tea towel", "Green tea", "Sweatea towel"]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("trays", ["Tray", "Oak tray"]),
        ("tray", ["Tray", "Oak tray"]),
        ("boxes", ["Box"]),
        ("hoodies", ["Hoodie", "Warm hoodie"]),
        ("berry", ["Dried berries"]),
        ("berries", ["Dried berries"]),
        ("knives", ["Bread knife"]),
        ("knife", ["Bread knife"]),
        ("shelf", ["Book shelves"]),
        ("gloves", ["Glove"]),
        ("dress", ["Dresses"]),
        ("TEAS", ["Green tea"]),
    ],
)
def test_nouns_are_found_in_singular_and_plural(typed, found):
    for title in (
        "Oak tray", "Tray", "Box", "Warm hoodie", "Hoodie", "Dried berries", "Bread knife", "Book shelves", "Glove", "Dresses",
        "Green tea", "Candle",
    ):  # fmt: skip
        make_product(title)

    assert titles(typed)[: len(found)] == found


def test_what_was_typed_comes_before_its_other_number():
    make_product("Short sleeve shirt")
    make_product("Blue shorts")

    assert titles("shorts") == ["Blue shorts", "Short sleeve shirt"]


def test_the_title_counts_more_than_the_rest_of_the_row():
    make_product("Chocolate bar")
    make_product("Bag", variants=[{"sku": "B", "price": Decimal(1), "option1": "chocolate"}])
    make_product("Table", product_type="Chocolate")
    make_product("Chocolatier's hat")
    make_product("Mug", category=make_category("Chocolate"))
    make_product("Milk chocolate")

    assert titles("chocolate") == ["Chocolate bar", "Milk chocolate", "Table", "Bag", "Mug"]
    assert titles("chocolat") == ["Chocolatier's hat", "Chocolate bar", "Milk chocolate", "Table", "Bag", "Mug"]


@pytest.mark.parametrize(
    ("title", "typed"),
    [("Pâté chinois", "pate"), ("Rhönbräu", "rhonbrau"), ("Cafe creme", "café crème"), ("Crème", "CRÈME")],
)
def test_accents_make_no_difference(title, typed):
    make_product(title)

    assert titles(typed) == [title]
    assert not find_products(typed).only_similar


def test_chinese_characters_apart_are_found_where_nothing_else_is():
    for title in ("女式真丝内裤", "男式平角内裤", "女式毛衣", "20寸 铝镁合金登机箱", "纯棉浴巾"):
        make_product(title)

    assert titles("女内裤") == titles("女式内裤") == ["女式真丝内裤"]
    assert titles("20寸登机箱") == ["20寸 铝镁合金登机箱"]
    assert skus("女内裤") == [Variant.objects.get(product__title="女式真丝内裤").sku]
    assert find_products("女内裤").only_similar


def test_a_code_as_typed_needs_nothing_similar():
    make_product("Cup", variants=[{"sku": "BK-M82S-38", "price": Decimal(1)}])
    make_product("Mug", variants=[{"sku": "BK-M82S-39", "price": Decimal(1)}])

    assert skus("bk m82s 38") == ["BK-M82S-38"]
    assert titles("BK-M82S-38") == ["Cup"]


def test_too_many_to_rank_begin_with_what_is_typed_exactly(monkeypatch):
    monkeypatch.setattr(finding, "RANKED", 2)
    make_product("Tray")
    for number in range(4):
        make_product(f"Oak tray {number}")

    assert titles("tray")[:2] == ["Tray", "Oak tray 3"]
    assert find_products("tray").at_least >= 3


def test_of_equals_the_newest_comes_first():
    for number in range(3):
        make_product(f"Oak tray {number}")

    assert titles("oak tray") == ["Oak tray 2", "Oak tray 1", "Oak tray 0"]


@pytest.mark.parametrize("text", ["衬衫", "亚麻", "麻衬", "衫", "亚麻衬衫", "亚麻　衬衫", "衬衫 亚麻"])
def test_chinese_is_found_by_one_two_or_more_characters(text):
    make_product("Linen shirt", title_zh="亚麻衬衫")
    make_product("Linen cloth", title_zh="亚麻桌布衫布" if text == "衫" else "棉麻")

    assert "Linen shirt" in titles(text)
    assert len(titles(text)) == (2 if text == "衫" else 1)


def test_characters_that_stand_apart_are_no_word():
    make_product("Cloth", title_zh="亚桌麻布")
    alone = find_products("亚麻")
    make_product("Linen", title_zh="亚麻")

    assert alone.only_similar
    assert titles("亚麻") == ["Linen", "Cloth"]
    assert not find_products("亚麻").only_similar


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Cup ABC", "ＡＢＣ"),
        ("Ｃｕｐ ＡＢＣ", "cup abc"),
        ("カップ", "ｶｯﾌﾟ"),
        ("Cup blue", "cup　blue"),
        ("Cup blue", "  blue   cup "),
        ("iPhone手机壳", "手机壳 iphone"),
        ("100% cotton_shirt", "100%"),
        ("100% cotton_shirt", "n_s"),
    ],
)
def test_forms_of_characters_and_blanks_are_the_same(title, text):
    make_product(title)
    make_product("Nothing of the kind")

    assert titles(text) == [title]


def test_a_percent_sign_stands_for_itself():
    make_product("1000 pieces")

    assert titles("10%0") == []


@pytest.mark.parametrize("text", ["AB-12/x", "ab12x", "AB 12 X", "AB-12X", "ab_12.x"])
def test_a_sku_is_found_with_and_without_its_hyphens(text):
    make_product(
        "Cup", variants=[{"sku": "AB-12/X", "price": Decimal(1)}, {"sku": "OTHER", "price": 1, "option1": "b"}]
    )

    assert skus(text)[0] == "AB-12/X"
    assert titles(text) == ["Cup"]


def test_two_letters_begin_a_word():
    make_product("Shirt XL")
    make_product("Pixlight")

    assert titles("xl") == ["Shirt XL"]


def test_brands_categories_above_and_attributes_are_searched():
    clothing = make_category("Clothing", name_zh="服装")
    shirts = make_category("Shirts", parent=clothing)
    make_attribute("material")
    make_attribute("fit", "choice", choices=[{"code": "s1", "label": "Slim fit", "label_zh": "修身"}])
    make_product("Polo", category=shirts)
    make_product("Scarf", brand=make_brand("Nordic"))
    make_product("Socks", attributes={"material": "Merino"})
    make_product("Trousers", attributes={"fit": "s1"})

    assert titles("clothing") == titles("服装") == titles("cloth polo") == ["Polo"]
    assert titles("nordic") == titles("scarf nordic") == ["Scarf"]
    assert titles("merino") == ["Socks"]
    assert titles("slim fit") == titles("修身") == ["Trousers"]
    assert len(skus("nordic")) == 1


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("linnen shrit", "Linen shirt"), ("hoodei", "Hoodie"), ("gren tee", "Green tea"), ("greentae", "Green tea")],
)
def test_typing_errors_are_forgiven(as_owner, typed, meant):
    make_product("Linen shirt")
    make_product("Hoodie")
    make_product("Green tea")

    found = find_products(typed)
    page = as_owner.get("/catalog/products/", {"q": typed})

    assert found.only_similar
    assert found.suggestion.casefold() == meant.casefold()
    assert next(str(row.object) for row in page.context["rows"]) == meant
    assert "Did you mean" in page.content.decode()
    assert shown(as_owner, f"q={found.suggestion}")[0] == meant


def test_similar_rows_stand_behind_those_that_hold_the_text():
    make_product("Linen shirts")
    make_product("Linen shrt")

    assert titles("linen shrt") == ["Linen shrt", "Linen shirts"]
    assert not find_products("linen shrt").only_similar


def test_nothing_like_it_leads_back(as_owner):
    make_product("Linen shirt")

    page = as_owner.get("/catalog/products/?q=zzzzzz")

    assert page.context["rows"] == []
    assert "Clear filters" in page.content.decode()


def test_variants_off_sale_stand_behind():
    make_variant("TRAY-1", title="Tray", is_active=False)
    make_variant("TRAY-2", title="Tray")
    make_variant("TRAY-3", title="Tray", is_active=False)

    assert skus("tray") == ["TRAY-2", "TRAY-3", "TRAY-1"]


def test_another_order_is_kept(as_owner):
    make_product("Tea")
    make_product("A tea towel")

    assert shown(as_owner, "q=tea") == ["Tea", "A tea towel"]
    assert shown(as_owner, "q=tea&sort=title") == ["A tea towel", "Tea"]
    assert shown(as_owner, "sort=best") == ["A tea towel", "Tea"]


def test_filters_narrow_what_was_found(as_owner):
    brand = make_brand("Nordic")
    make_product("Tea", published=True)
    make_product("Tea towel", brand=brand)
    make_product("Green tea", brand=brand)

    assert shown(as_owner, f"q=tea&brand=%23{brand.pk}") == ["Tea towel", "Green tea"]
    assert shown(as_owner, "q=tea&status=published") == ["Tea"]


def walked(client, path: str, size: int, monkeypatch) -> tuple[list[list[int]], list[list[int]]]:
    """Keys of the rows of every page, forwards and then backwards."""
    monkeypatch.setattr(ProductList, "page_size", size)
    pages, back = [], []
    url = path
    while url:
        context = client.get(url).context
        pages.append([row.object.pk for row in context["rows"]])
        url, previous = context["next_url"], context["previous_url"]
    while previous:
        context = client.get(previous).context
        back.insert(0, [row.object.pk for row in context["rows"]])
        previous = context["previous_url"]
    return pages, back


@pytest.mark.parametrize("ranked", [2000, 6, 0])
@pytest.mark.parametrize("size", [3, 5])
def test_paging_gives_each_row_once(as_owner, monkeypatch, ranked, size):
    """With all rows ranked, and where only those that are best or hold the text themselves are."""
    monkeypatch.setattr(finding, "RANKED", ranked)
    brand = make_brand("Tea house")
    for number in range(4):
        make_product(f"Cup {number}", brand=brand)
    for title in ("Tea", "Tea towel", "Green tea", "Steam"):
        make_product(title)

    pages, back = walked(as_owner, "/catalog/products/?q=tea", size, monkeypatch)

    keys = [key for page in pages for key in page]
    assert sorted(keys) == sorted(Product.objects.values_list("pk", flat=True))
    assert all(len(page) == size for page in pages[:-1])
    assert back == pages[:-1]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ranks=st.dictionaries(st.integers(0, 11), st.sampled_from([0, 1, 2.5, 4, 8.25]), max_size=12),
    complete=st.booleans(),
    size=st.integers(1, 7),
)
def test_any_ranking_is_paged_row_by_row(twelve, ranks, complete, size):
    found = Found("x", {twelve[place]: rank for place, rank in ranks.items()}, complete=complete)
    rows = Product.objects.filter(pk__in=list(found.ranks)) if complete else Product.objects.all()
    best = sorted(found.ranks, key=lambda pk: (found.ranks[pk], -pk))
    expected = best + ([] if complete else sorted(set(twelve) - set(best), reverse=True))
    ranking = Ranking(found, rows)

    pages, after = [], ""
    while True:
        page = ranking.page(size, after=after)
        pages.append([row.pk for row in page.rows])
        after = page.after
        if not after:
            break
    before, back = page.before, []
    while before:
        page = ranking.page(size, before=before)
        back.insert(0, [row.pk for row in page.rows])
        before = page.before

    assert [pk for page in pages for pk in page] == expected
    assert back == pages[:-1]


@pytest.fixture
def twelve():
    return [Product.objects.create(handle=f"p{n}", title=f"P{n}").pk for n in range(12)]


def test_neighbours_follow_the_ranking():
    last = make_product("Green tea")
    first = make_product("Tea")
    middle = make_product("Tea towel")
    found = find_products("tea")
    ranking = Ranking(found, found.narrow(Product.objects.all()))

    assert ranking.neighbours(middle) == (first, last)
    assert ranking.neighbours(first) == (None, middle)
    assert ranking.neighbours(last) == (middle, None)


@pytest.mark.parametrize("number", [1, 3, 60])
def test_a_search_costs_the_same_for_any_number_of_rows(as_owner, number):
    for place in range(number):
        make_variant(f"TRAY-{place:03}", title="Oak tray")

    with CaptureQueriesContext(connection) as products:
        as_owner.get("/catalog/products/?q=tray")
    with CaptureQueriesContext(connection) as variants:
        as_owner.get("/catalog/variants/?q=oak")

    assert (len(products), len(variants)) == ((8, 7) if number < finding.FEW else (7, 7))


def test_a_cursor_of_nowhere_leads_to_the_first_page(as_owner):
    make_product("Tea")

    for cursor in ("abc", "WyJyYW5rIiwieCIsMV0", "WyJyYW5rIl0"):
        page = as_owner.get("/catalog/products/", {"q": "tea", "after": cursor})
        assert [str(row.object) for row in page.context["rows"]] == ["Tea"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "\x00",
        "%",
        "_",
        "\\",
        "'",
        '"',
        "-",
        "(",
        "a" * 5000,
        "(" * 300,
        "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    ],
)
def test_any_text_is_a_search(as_owner, text):
    make_product("Tea")

    assert as_owner.get("/catalog/products/", {"q": text}).status_code == 200
    assert as_owner.get("/catalog/variants/", {"q": text}).status_code == 200
    assert as_owner.get("/search/", {"q": text}).status_code == 200


def test_the_palette_ranks_too():
    owner = make_user("owner")
    make_product("Tea")
    make_product("A green tea")

    groups = {str(label): [hit.title for hit in hits] for label, hits in one_search.search(owner, "tea")}

    assert groups["Products"] == ["Tea", "A green tea"]


@pytest.mark.parametrize("role", ["", "support_agent", "warehouse", "catalog_editor", "owner"])
def test_who_may_not_see_products_finds_none(role):
    make_product("Tea", variants=[{"sku": "TEA", "price": Decimal(1)}])
    user = make_user(role)

    labels = {str(label) for label, _hits in one_search.search(user, "tea")}

    assert ("Products" in labels) == user.has_perm("catalog.view_product")
    assert ("Variants" in labels) == user.has_perm("catalog.view_variant")


# --- Filters of stock and prices ----------------------------------------------------------------


def test_stock_filters_products_and_variants(as_owner):
    make_variant("PLENTY", on_hand=50)
    make_variant("FEW", on_hand=3)
    make_variant("NONE")
    make_variant("DIGITAL", track_stock=False)

    def found(state):
        return (
            sorted(shown(as_owner, f"stock={state}", "/catalog/variants/")),
            sorted(shown(as_owner, f"stock={state}")),
        )

    assert found("in") == (["FEW", "PLENTY"], ["Few", "Plenty"])
    assert found("low") == (["FEW"], ["Few"])
    assert found("out") == (["NONE"], ["None"])


def test_stock_is_no_filter_for_those_who_may_not_see_it(client):
    client.force_login(make_user("catalog_editor"))
    make_variant("NONE")

    page = client.get("/catalog/variants/?stock=in")

    may = make_user("catalog_editor").has_perm("inventory.view_stocklevel")
    assert ("stock" in page.context["filterset"].form.fields) == may
    assert ([str(row.object) for row in page.context["rows"]] == ["NONE"]) == (not may)


def test_stock_counts_in_the_warehouses_of_the_reader(client):
    make_variant("THERE", on_hand=5)
    user = make_user("owner")
    client.force_login(user)

    assert shown(client, "stock=in", "/catalog/variants/") == ["THERE"]
    stock(Variant.objects.get(), 1)
    assert shown(client, "stock=low", "/catalog/variants/") == []


def test_products_are_filtered_by_the_prices_of_active_variants(as_owner):
    make_variant("CHEAP", price=Decimal(5))
    make_variant("DEAR", price=Decimal(50))
    make_variant("GONE", price=Decimal(6), is_active=False)

    assert shown(as_owner, "price_max=10") == ["Cheap"]
    assert shown(as_owner, "price_min=10") == ["Dear"]
    assert shown(as_owner, "price_min=5&price_max=50&sort=title") == ["Cheap", "Dear"]


def test_the_page_of_categories_costs_the_same_for_a_thousand(as_owner):
    top = make_category("Top")

    def cost():
        with CaptureQueriesContext(connection) as captured:
            page = as_owner.get("/catalog/categories/")
        assert page.status_code == 200
        return len(captured)

    few = cost()
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_category (name, name_zh, path, parent_id, position, number, created_at, updated_at)"
            " SELECT 'C' || n, '', '', %s, n, '', now(), now() FROM generate_series(1, 1000) n",
            [top.pk],
        )

    assert cost() == few
