"""No list reads a large table from end to end: every order, filter and search has an index, at any depth.

Each page is asked for over the demonstration shop, and every SELECT that touches a large table is explained with
sequential scans discouraged: one that is planned all the same has no index to go by.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import unescape
from typing import Any
from urllib.parse import quote

import django_filters
import pytest
from django.core.cache import caches
from django.db import connection, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, get_resolver, reverse

from backoffice import generic
from backoffice.context import acting
from backoffice.generic.lists import COUNT_CAP
from backoffice.models import AuditEvent, User
from catalog.models import Brand, Category, PriceList, Product, Repricing, Variant
from customers.models import Customer, IncomingMail, Queue, StaticList
from inventory.models import Location, Lot, StockCount, StockLevel, StockPosting, Supplier
from inventory.services import Selection, create_count
from orders import demo, services
from orders.models import Order, SentMail
from tests.factories import make_mailbox, make_prices, make_user

pytestmark = pytest.mark.django_db

LARGE = {
    "orders_order", "orders_orderline", "orders_fulfilment", "orders_return", "orders_invoice", "orders_sentmail", "catalog_product", "catalog_variant", "catalog_repricingrow",
    "catalog_completeness", "catalog_media", "catalog_indexedattribute", "backoffice_liveversion", "backoffice_review",
    "customers_customer", "customers_contactpoint", "customers_ticket", "customers_ticketfacts", "customers_message", "customers_messagewords", "customers_incomingmail", "customers_customersegment", "customers_followup", "inventory_stocklevel",
    "inventory_stockmove", "inventory_stockposting", "inventory_soldout", "inventory_receipt", "inventory_receiptline", "backoffice_auditevent",
}  # fmt: skip
NAMES_LARGE = re.compile(rf"\b(?:{'|'.join(sorted(LARGE))})\b")
AT_MOST = 11
PAGE = 10
SHOP = demo.Size(variants=400, customers=300, orders=2_000, tickets=300, days=60, ledger_days=60)

# The planner is told of a thousand times as many rows, a million at least, so that small tables are not planned as such.
AS_IF_LARGE = """
UPDATE pg_class SET reltuples = greatest(reltuples * 1000, 1000000), relpages = greatest(relpages, 1)
WHERE oid IN (SELECT unnest(%s::regclass[]) UNION SELECT indexrelid FROM pg_index WHERE indrelid = ANY(%s::regclass[]))
"""

SOMETHING = "anything"  # typed where a list is small

# Of a report: everything that narrows orders at once, and what each does by itself.
DAYS = "first=2026-01-01&last=2026-12-31"
BEHIND = [f"{DAYS}&currency=EUR&source=web&country=DE"]
OF_ORDERS = [
    f"{DAYS}&{one}" for one in ("product=1", "category=1", "customer=1", "rate=0.19", "late=2", "cohort=2026-01-01")
]

OF_TICKETS = [
    f"{DAYS}&{one}"
    for one in (
        "by=agent&item=1",
        "by=tag&item=refund",
        "what=solved&queue=1",
        "what=replied&by=product&item=1",
        "what=broken&by=policy&item=1:resolution",
        "by=order&item=*",
    )
]

# What is typed into text controls, by list; numbers and names to search by are taken from the shop.
TYPED: dict[str, dict[str, list[str]]] = {
    "audit:events": {"verb": ["product.", "product.created"]},
    "customers": {"tag": ["vip"]},
    "customers:pool": {"tag": ["vip"]},
    "customers:mine": {"q": [SOMETHING]},
    "customer_lists": {"q": ["fair"]},
    "incoming_mail": {"q": ["jane@example.com"]},
    "inventory:level": {"by": ["okafor"], "cause": ["SO-7234"]},
    "inventory:moves": {"q": ["slim paper"], "cause": ["SO-7234"], "by": ["okafor"]},
    "inventory:receipts": {"article": ["slim paper"]},
    "inventory:stock": {"q": ["slim paper"]},
    "inventory:why": {"by": ["okafor"], "cause": ["SO-7234"]},
    "inventory:aging": {"q": ["slim paper"]},
    "inventory:dead_stock": {"q": [SOMETHING]},
    "inventory:stock_then": {"at": ["2026-10-01T10:00"]},
    "inventory:forecast": {"q": ["slim paper"]},
    "inventory:turnover": {"q": ["slim paper"]},
    "inventory:abc": {"q": ["slim paper"]},
    "fulfilments": {"behind": [*BEHIND, f"{DAYS}&product=1&location=1"]},
    "orders": {
        "source": ["staff"],
        "currency": ["eur"],
        "tag": ["gift"],
        "country": ["DE"],
        "behind": [*BEHIND, *OF_ORDERS],
    },
    "order_lines": {
        "source": ["staff"],
        "currency": ["eur"],
        "tag": ["gift"],
        "country": ["DE"],
        "behind": [*BEHIND, *OF_ORDERS],
    },
    "returns": {"behind": [*BEHIND, f"{DAYS}&reason=Too small", f"{DAYS}&cause=1", f"{DAYS}&cause=0"]},
    "invoices": {"behind": [f"{DAYS}&currency=EUR&country=DE&rate=0.19000"]},
    "products": {"q": ["slim paper"], "tag": ["gift"]},
    "tickets": {"q": ["parcel", "发货"], "text": ["parcel", "包裹"], "behind": [DAYS, *OF_TICKETS]},
    "variants": {"q": ["slim paper"]},
}
LOOKED_UP: dict[type, str] = {
    Brand: "nor", Category: "cloth", Location: "main", Product: "slim paper", Supplier: "gmb", User: "okafor",
    Variant: "slim paper", StaticList: "fair",
}  # fmt: skip

# Filters that a list has beside those it declares.
MORE = {"customers": ["custom.level=gold", "custom.visits_min=6", "custom.birthday_after=1995-01-01"]}

# Addresses that no index serves, and why that is right.
EXEMPT = {
    "/orders/?return_status=none": "nearly every order: any order of the rows meets a page of them at once",
}

# Lists that add up every level by their nature; the ledger they still may not read from end to end.
ADD_UP = {"inventory:stock_then": "inventory_stockposting"}


@dataclass(frozen=True)
class Asked:
    """One address of a list, and the filter or order that it is about."""

    url: str
    about: str

    @property
    def is_plain(self) -> bool:
        """Without a filter: the order alone decides, and must not be sorted for."""
        return self.about in {"", "sort"}


def list_pages() -> dict[str, tuple[type[generic.ListPage], str]]:
    """Every list of ours by its key, with its URL name."""
    return {view.key or view.model._meta.label_lower: (view, name) for view, name in _walk(get_resolver(), "")}


def _walk(resolver: Any, namespace: str) -> Iterator[tuple[type[generic.ListPage], str]]:
    for entry in resolver.url_patterns:
        if not isinstance(entry, URLPattern):
            yield from _walk(
                entry, f"{namespace}{entry.namespace}:" if getattr(entry, "namespace", None) else namespace
            )
            continue
        view = getattr(entry.callback, "view_class", None)
        if view and issubclass(view, generic.ListPage):
            yield view, f"{namespace}{entry.name}"


PAGES = list_pages()


@pytest.fixture(scope="module")
def shop(django_db_setup: None, django_db_blocker: Any) -> Iterator[Client]:
    """The demonstration shop with statistics, seen by its owner; nothing of it is committed."""
    with django_db_blocker.unblock(), transaction.atomic():
        # By the road of the small shop: indexes built in the transaction that filled the table could not be used.
        kept, demo.SIZES["small"] = demo.SIZES["small"], SHOP
        try:
            with acting(source="test"):
                demo.load("small", 7)
        finally:
            demo.SIZES["small"] = kept
        owner = make_user("owner")
        for order in Order.objects.filter(status="placed").order_by("pk")[: 3 * PAGE]:
            services.issue_invoice(order, by=owner)
            SentMail.objects.create(
                number=f"ML-{order.pk}", key=order.number, order=order, kind="placed", to=order.email
            )
        make_prices()
        mailbox = make_mailbox()
        IncomingMail.objects.bulk_create(
            IncomingMail(mailbox=mailbox, key=f"<{n}>", size=1, sender="jane@example.com", verdict="new")
            for n in range(3 * PAGE)
        )
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
            cursor.execute(AS_IF_LARGE, [sorted(LARGE)] * 2)
        client = Client()
        client.force_login(owner)
        client.get("/")
        # The session is noted as used once a minute; not in the middle of what is counted.
        caches["local"].set(f"seen:{client.session.session_key}:127.0.0.1", True, timeout=None)
        yield client
        transaction.set_rollback(True)


# --- What is asked for --------------------------------------------------------------------------


def _counted() -> StockCount:
    """A stocktake of what there is at the busiest place."""
    found = StockCount.objects.first()
    if found is None:
        place = StockPosting.objects.latest("pk").level.location
        found = create_count(place, Selection(StockCount.Scope.ALL), blind=False, by=User.objects.first())
    return found


def _latest() -> StockPosting:
    """The latest move of a variant without bins and lots: of one that has some, they are listed beside it."""
    placed = StockLevel.objects.filter(placed__gt=0).values("variant")
    return StockPosting.objects.exclude(level__variant__in=placed).latest("pk")


def address(name: str) -> str:
    if name == "inventory:level":
        return reverse(name, args=[_latest().level_id])
    if name == "inventory:why":
        return reverse(name, args=[_latest().level.variant_id])
    if name == "inventory:count_lines":
        return reverse(name, args=[_counted().number])
    if name == "inventory:lot":
        return reverse(name, args=[Lot.objects.get_or_create(variant=Variant.objects.first(), number="L-1")[0].pk])
    if name == "catalog:list_prices":
        return reverse(name, args=[PriceList.objects.get().pk])
    if name == "catalog:repricing_rows":
        return reverse(name, args=[Repricing.objects.get().number])
    return reverse(name)


def asked(view: type[generic.ListPage], url: str) -> Iterator[Asked]:
    """First page, orders, tabs and filters of a list."""
    yield Asked(url, "")
    for order in view.ordering:
        yield Asked(f"{url}?sort={order}", "sort")
    for tab in view.tabs:
        yield Asked(f"{url}?{tab.query}", "tab")
    if view.filterset_class is not None:
        for name, declared in view.filterset_class.base_filters.items():
            for query in queries(view, name, declared):
                yield Asked(f"{url}?{query}", name)
    for query in MORE.get(view.key, []):
        yield Asked(f"{url}?{query}", query.partition("=")[0])


def walked(client: Client, view: type[generic.ListPage], url: str) -> Iterator[Asked]:
    """What is asked for, each page without a filter followed by a deep one."""
    for page in asked(view, url):
        yield page
        if page.is_plain and (behind := deep(client, page.url)) != page.url:
            yield Asked(behind, page.about)


def queries(view: type[generic.ListPage], name: str, declared: django_filters.Filter) -> list[str]:
    """The filter with plausible values, as query strings."""
    typed = TYPED.get(view.key, {}).get(name, [])
    if name == "q":
        typed = [*typed, *searched(view.model)]
    if typed:
        return [f"{name}={quote(text)}" for text in typed]
    if isinstance(declared, generic.LookupFilter):
        model = declared.extra["model"]
        row = model._default_manager.order_by("pk")[0]
        text = LOOKED_UP[model] if model in LOOKED_UP else searched(model)[-1]
        return [f"{name}=%23{row.pk}", f"{name}={quote(text)}"]
    if isinstance(declared, django_filters.DateFromToRangeFilter):
        return [
            f"{name}_after=2026-01-01",
            f"{name}_before=2026-01-31",
            f"{name}_after=2026-01-01&{name}_before=2026-01-31",
        ]
    if isinstance(declared, django_filters.RangeFilter):
        return [f"{name}_min=900", f"{name}_max=5", f"{name}_min=40&{name}_max=50"]
    if isinstance(declared, django_filters.DateFilter):
        return [f"{name}=2026-01-01"]
    if isinstance(declared, django_filters.BooleanFilter):
        return [f"{name}=true", f"{name}=false"]
    if isinstance(declared, django_filters.ModelChoiceFilter):
        return [f"{name}={row.pk}" for row in _choices_of(view, declared)[:2]]
    if hasattr(declared.field, "choices"):
        return [f"{name}={quote(str(key))}" for key, label in declared.field.choices if key]
    return [f"{name}={SOMETHING}"]


def searched(model: Any) -> list[str]:
    """What finds the last row: its number, and a part of the name or contact that belongs to it."""
    row = model._default_manager.order_by("pk").last()
    texts = [row.number] if hasattr(row, "number") else []
    if isinstance(row, Customer):
        texts += [contact.normalized.partition("@")[0][-8:] for contact in row.contacts.all()]
    elif isinstance(row, Order) or hasattr(row, "order"):
        texts.append(getattr(row, "order", row).email.partition("@")[0])
    elif isinstance(row, AuditEvent):
        texts.append(row.subject)
    return texts


def _choices_of(view: type[generic.ListPage], declared: django_filters.ModelChoiceFilter) -> Any:
    if "queue" in declared.field_name:
        return Queue.objects.order_by("pk")
    model = (
        view.model._meta.get_field(declared.field_name).related_model
        if "location" not in declared.field_name
        else Location
    )
    rows = model._default_manager.order_by("pk")
    return rows.filter(kind=Location.Kind.STOCK) if model is Location else rows


FOLLOWED: dict[str, str | None] = {}  # the address of a page, and of the one after it


def read(client: Client, url: str) -> HttpResponse:
    response = client.get(url)
    found = re.search(r'rel="next" href="([^"]*)"', response.content.decode())
    FOLLOWED[url] = unescape(found[1]) if found else None
    return response


def deep(client: Client, url: str) -> str:
    """The third page, or the last that there is."""
    for _ in range(2):
        if url not in FOLLOWED:
            read(client, url)
        following = FOLLOWED[url]
        if following is None:
            break
        url = following
    return url


def statements(client: Client, url: str, *, counted: bool = False) -> list[str]:
    """What a page asks the database; `counted`: and how many rows match, even where the page could do without."""
    with CaptureQueriesContext(connection) as captured:
        page = read(client, url).context["page"]
        if counted:
            page.matching.order_by().values("pk")[: COUNT_CAP + 1].count()
    assert page.filterset_valid, url
    assert page.rows or "?q=" not in url or SOMETHING in url, f"{url} finds nothing"
    return [query["sql"] for query in captured]


# --- What is planned ----------------------------------------------------------------------------


def plan(sql: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
        found = cursor.fetchone()[0]
    return (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]


def touches_large(node: dict[str, Any]) -> bool:
    return node.get("Relation Name") in LARGE or any(touches_large(child) for child in node.get("Plans", ()))


def faults(node: dict[str, Any], *, plain: bool, limited: bool = False, correlated: bool = False) -> Iterator[str]:
    """What is wrong with a plan. `limited`: a LIMIT above stops this node early; `correlated`: it runs once a row."""
    kind = node["Node Type"]
    table = node.get("Relation Name")
    if table in LARGE and kind == "Seq Scan":
        yield f"reads {table} from end to end"
    elif (
        table in LARGE
        and "Index" in kind
        and not limited
        and "Index Cond" not in node
        and "Recheck Cond" not in node
        and node.get("Index Name") not in partial_indexes()
    ):
        yield f"walks all of an index of {table}"
    if kind == "Sort" and plain and not correlated and touches_large(node):
        yield "sorts rows that an index should give in order"
    if kind == "Aggregate" and node["Strategy"] == "Plain" and not correlated and not below_limit(node):
        yield "counts without a cap"
    limited = kind == "Limit" or (limited and kind not in {"Sort", "Aggregate", "Hash", "Materialize"})
    for child in node.get("Plans", ()):
        once_a_row = correlated or child.get("Parent Relationship") == "SubPlan"
        yield from faults(child, plain=plain, limited=limited, correlated=once_a_row)


@cache
def partial_indexes() -> set[str]:
    """Indexes of some rows of their table: whoever asks for these reads no others."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indpred IS NOT NULL"
        )
        return {name for (name,) in cursor.fetchall()}


def below_limit(node: dict[str, Any]) -> bool:
    """Whether what an aggregate reads of large tables is limited."""
    return (
        all(
            child["Node Type"] == "Limit" or not touches_large(child) or below_limit(child)
            for child in node.get("Plans", ())
        )
        and node.get("Relation Name") not in LARGE
    )


# --- The gate -----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", sorted(PAGES))
def test_every_order_filter_and_search_has_an_index(key, shop, monkeypatch):
    view, name = PAGES[key]
    monkeypatch.setattr(view, "page_size", PAGE)
    large = view.model._meta.db_table in LARGE
    found: dict[str, set[str]] = {}
    checked: set[str] = set()
    pages = []
    for page in walked(shop, view, address(name)):
        pages.append(page)
        sqls = [sql for sql in statements(shop, page.url, counted=True) if sql.startswith(("SELECT", "("))]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        for sql in sqls:
            if sql in checked or not NAMES_LARGE.search(sql):
                continue
            checked.add(sql)
            if re.search(r"\bOFFSET \d", sql):
                found.setdefault(page.url, set()).add("OFFSET")
            for fault in faults(plan(sql), plain=page.is_plain and large):
                if key in ADD_UP and f"reads {ADD_UP[key]}" not in fault:
                    continue
                found.setdefault(page.url, set()).add(f"{fault}\n        {sql[-400:]}")
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = on")
    wrong = {url: what for url, what in found.items() if url not in EXEMPT}
    needless = [page.url for page in pages if page.url in EXEMPT and page.url not in found]
    assert not needless, f"An index serves {needless}: take it off EXEMPT"
    assert not wrong, "\n".join(f"{url}\n    {fault}" for url, what in wrong.items() for fault in sorted(what))


@pytest.mark.parametrize("key", sorted(PAGES))
def test_a_deep_page_takes_as_many_statements_as_the_first(key, shop, monkeypatch):
    view, name = PAGES[key]
    monkeypatch.setattr(view, "page_size", PAGE)
    url = address(name)
    first, behind = len(statements(shop, url)), deep(shop, url)
    assert first <= AT_MOST
    if behind != url:
        assert len(statements(shop, behind)) == first
