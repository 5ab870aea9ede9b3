"""Every list of the shop as a file: what PostgreSQL writes is what Python would write, for every column and reader."""

from dataclasses import replace

import pytest
from django.utils import translation

from backoffice.context import acting
from backoffice.exports import Export
from backoffice.exports.running import listing
from backoffice.generic import ListPage
from backoffice.models import User
from customers.models import Customer
from inventory.models import Location, StockLevel
from orders import demo
from tests.factories import make_user
from tests.test_permissions import ADDRESSES

LISTS = {
    address.view.key or address.name: address.route
    for address in ADDRESSES
    if isinstance(address.view, type)
    and issubclass(address.view, ListPage)
    and address.view.export_formats
    and "<" not in address.route
}
LARGE = ["orders", "variants", "customers", "tickets", "inventory:stock", "inventory:moves", "fulfilments", "invoices"]
PERSONAL = ["customers", "tickets", "orders", "fulfilments"]


@pytest.fixture
def owner(db, monkeypatch):
    """The owner of a small demonstration shop."""
    small = demo.Size(variants=0, customers=12, orders=40, tickets=8, days=30, ledger_days=30)
    monkeypatch.setitem(demo.SIZES, "small", small)
    with acting(source="test"):
        demo.load("small", 7)
    return User.objects.with_role("owner").first()


def page_of(name, user, query=""):
    return listing(f"/{LISTS[name]}{query}", user)


def exported(page, fmt):
    """The file with every column, by the fastest road and by Python alone."""
    columns = [replace(column, header=column.title(page.model)) for column in page.get_columns()]
    rows = page.matching.order_by(*page.terms)
    by_hand = [replace(column, sql=None, reads=(), get=column.value) for column in columns]
    return [b"".join(Export(rows, chosen, fmt, user=page.user)).decode() for chosen in (columns, by_hand)]


def test_both_roads_agree_on_every_list_and_large_ones_need_no_whole_rows(owner):
    agreed, rows = set(), 0
    for language in ("en", "zh-hans"):
        with translation.override(language):
            for name in LISTS:
                for fmt in ("csv", "jsonl"):
                    fast, slow = exported(page_of(name, owner), fmt)
                    assert fast == slow, name
                    rows += fast.count("\n")
                agreed.add(name)
    assert agreed == set(LISTS) >= set(LARGE)
    assert rows > 2000
    exports = {name: page_of(name, owner).get_export("csv") for name in LARGE}
    assert [name for name, export in exports.items() if not export.is_copied and not export.reads] == []


def test_an_analyst_gets_masks_and_a_warehouse_its_own_on_each_road(owner, django_assert_max_num_queries):
    analyst = make_user("analyst")
    names = [name for name in Customer.objects.values_list("name", flat=True) if " " in name]
    for name in PERSONAL:
        for fmt in ("csv", "jsonl"):
            whole, _slow = exported(page_of(name, owner), fmt)
            fast, slow = exported(page_of(name, analyst), fmt)
            assert fast == slow
            assert any(person in whole for person in names)
            assert [person for person in names if person in fast] == []

    assert page_of("customers", analyst, "?columns=number&columns=kind&columns=created_at").get_export("csv").is_copied
    assert not page_of("customers", analyst, "?columns=number&columns=name").get_export("csv").is_copied

    code = Location.objects.filter(kind="stock").first().code
    confined = page_of("inventory:stock", make_user("warehouse_manager", warehouses=(code,)))
    fast, slow = exported(confined, "csv")
    assert fast == slow
    assert (
        0 < fast.count("\n") - 1 == StockLevel.objects.filter(location__code=code).count() < StockLevel.objects.count()
    )
    for name in LARGE:
        page = page_of(name, owner)
        with django_assert_max_num_queries(8):
            b"".join(page.get_export("csv"))
