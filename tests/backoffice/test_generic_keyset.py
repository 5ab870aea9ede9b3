"""Paging by key visits every row once, forwards and backwards, whatever ties and NULLs there are."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Count

from backoffice.generic import keyset
from catalog.models import Brand, Product

pytestmark = pytest.mark.django_db
START = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
ORDERS = [
    ("pk",),
    ("-pk",),
    ("title", "pk"),
    ("-title", "-pk"),
    ("title", "-pk"),
    ("published_at", "pk"),
    ("-published_at", "-pk"),
    ("published_at", "-title", "pk"),
    ("brand__name", "pk"),
    ("-brand__name", "title", "-pk"),
    ("siblings", "-published_at", "pk"),
]


@pytest.fixture
def products():
    """23 products with equal titles, no brand, brands of equal rank, and no date of publication."""
    brands = [Brand.objects.create(name=name) for name in ("Alpha", "Beta")]
    for i in range(23):
        Product.objects.create(
            handle=f"p{i}",
            title=f"Title {i % 4}",
            brand=[None, *brands][i % 3],
            published_at=None if i % 5 == 0 else START + timedelta(microseconds=i % 7),
        )
    return Product.objects.annotate(siblings=Count("brand__products"))


def walk(queryset, terms, size):
    """Every page from the first to the last by `after`, then all the way back by `before`."""
    forwards = [keyset.page(queryset, "x", terms, size)]
    while forwards[-1].after:
        forwards.append(keyset.page(queryset, "x", terms, size, after=forwards[-1].after))
    backwards = [forwards[-1]]
    while backwards[-1].before:
        backwards.append(keyset.page(queryset, "x", terms, size, before=backwards[-1].before))
    return [page.rows for page in forwards], [page.rows for page in reversed(backwards)]


@pytest.mark.parametrize("terms", ORDERS, ids=" ".join)
def test_forwards_and_backwards_visit_every_row_once(products, terms):
    forwards, backwards = walk(products, terms, 4)

    expected = list(products.order_by(*terms))
    assert [row for rows in forwards for row in rows] == expected
    assert backwards[-1] == forwards[-1]
    assert backwards[0] == expected[:4]
    assert len(forwards) == 6


@pytest.mark.parametrize("terms", ORDERS, ids=" ".join)
def test_neighbours_of_every_row(products, terms):
    expected = list(products.order_by(*terms))

    found = [keyset.neighbours(products, terms, row) for row in expected]

    assert [before for before, _behind in found] == [None, *expected[:-1]]
    assert [behind for _before, behind in found] == [*expected[1:], None]


def test_back_from_the_second_page_of_a_list_that_shrank_gives_a_full_first_page(products):
    first = keyset.page(products, "x", ["pk"], 5)
    second = keyset.page(products, "x", ["pk"], 5, after=first.after)
    Product.objects.filter(pk__in=[row.pk for row in first.rows[:2]]).delete()

    back = keyset.page(products, "x", ["pk"], 5, before=second.before)

    assert back.rows == list(products.order_by("pk")[:5])
    assert back.before == ""


def sql_behind(queryset, terms, row):
    keys = keyset.keys_of(queryset, terms)
    return [str(queryset.filter(*s).query) for s in keyset.stretches(keys, keyset.values_of(row, keys))]


def test_orders_of_one_direction_compare_whole_rows():
    (sql,) = sql_behind(Product.objects.all(), ["-title", "-pk"], Product(pk=7, title="Tea"))

    assert '("catalog_product"."title", "catalog_product"."id") < (Tea, 7)' in sql


def test_rows_with_a_date_and_rows_without_are_walked_one_after_the_other():
    dated, undated = Product(pk=7, published_at=START), Product(pk=7)
    column = '"catalog_product"."published_at"'
    compared = f'({column}, "catalog_product"."id")'
    products = Product.objects.all()

    (newest,) = sql_behind(products, ["-published_at", "-pk"], dated)
    assert f"WHERE {compared} < " in newest
    values, nothing = sql_behind(products, ["published_at", "pk"], dated)
    assert f"WHERE {compared} > " in values
    assert f"WHERE {column} IS NULL ORDER" in nothing
    nothing, values = sql_behind(products, ["-published_at", "-pk"], undated)
    assert f'WHERE ({column} IS NULL AND ("catalog_product"."id") < (7)) ORDER' in nothing
    assert f"WHERE {column} IS NOT NULL ORDER" in values


@pytest.mark.parametrize(
    "cursor",
    [
        "!",
        "é",
        "bm90IGpzb24",
        "WyJ4Il0",  # ["x"]
        "WyJ5IiwxXQ",  # ["y",1]: another order
        "WyJ4IixudWxsXQ",  # ["x",null]
        "WyJ4IixbMV1d",  # ["x",[1]]
        "WyJ4IiwiYWJjIl0",  # ["x","abc"]
        "WyJ4Iiw5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTld",  # ["x",99999999999999999999999999]
        "W" * 5000,
    ],
)
def test_a_cursor_that_does_not_belong_is_refused(products, cursor):
    with pytest.raises(keyset.BadCursor):
        keyset.page(products, "x", ["pk"], 5, after=cursor)


def test_text_with_a_null_byte_is_refused(products):
    keys = keyset.keys_of(products, ["title", "pk"])
    row = Product(pk=1, title="a\x00b")

    with pytest.raises(keyset.BadCursor):
        keyset.decode(keyset.encode(row, "x", keys), "x", keys)


def test_an_order_over_an_unknown_column_is_a_mistake_of_the_page(products):
    with pytest.raises(ValueError, match="colour is no column of Product"):
        keyset.page(products, "x", ["colour"], 5)
