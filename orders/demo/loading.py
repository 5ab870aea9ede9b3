"""Loads the demonstration shop in one transaction: set-based SQL for the trade, Python for the curated rest."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pgtrigger
from django.core.files.base import ContentFile
from django.db import connection, transaction
from django.utils import timezone
from django.utils.text import slugify

from backoffice import audit, demo
from backoffice.models import AuditEvent, User
from catalog.models import Brand, Category, Media, Product, Variant
from catalog.services.completeness import assess
from customers.services import reporting, saying
from inventory import services as inventory
from inventory.models import Location, Supplier
from orders.demo import attributes, catalogue, following_up, people, pictures, promising, publishing, support, warehouse
from orders.demo.bare import bare
from orders.demo.tables import temporary_table
from orders.models import Order, TaxRate
from orders.services import BEGINNING, issue_invoice, refresh_sales, refresh_summaries

TRADE = Path(__file__).with_name("trade.sql")
TABLES = (
    "catalog_product catalog_variant customers_customer customers_contactpoint customers_address customers_consent"
    " orders_order orders_orderline orders_payment orders_fulfilment orders_fulfilmentline orders_return orders_returnline"
    " orders_refund inventory_stocklevel inventory_stockmove inventory_stockposting inventory_allocation inventory_receipt"
    " inventory_receiptline inventory_supplieritem inventory_reorderrule customers_ticket customers_message customers_ticketevent"
).split()
INVOICES = 40
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Size:
    """How much of everything; `ledger_days` is how far back the stock ledger reaches."""

    variants: int
    customers: int
    orders: int
    tickets: int
    days: int = 548
    ledger_days: int = 548


SIZES = {
    "small": Size(variants=0, customers=400, orders=2_400, tickets=140),
    "medium": Size(variants=5_000, customers=20_000, orders=50_000, tickets=10_000),
    "large": Size(variants=100_000, customers=300_000, orders=1_000_000, tickets=200_000, ledger_days=60),
}


def loaded() -> bool:
    return AuditEvent.objects.filter(verb="demo.loaded").exists()


@transaction.atomic
def load(size: str, seed: int, progress: Progress = lambda step: None) -> bool:
    """Load the shop, or nothing; False when it is there already."""
    if loaded():
        return False
    chosen = SIZES[size]
    owner = demo.create_sign_ins()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL work_mem = '256MB'")
    with _prepared(large=size != "small"):
        progress("catalogue")
        load_catalogue(chosen.variants, seed, owner)
        progress("warehouses")
        load_places()
        for step, statements in trade_steps():
            progress(step)
            _run(statements, chosen)
        progress("tickets and articles")
        support.load(chosen.tickets, owner)
        progress("indexes")
    saying.renew_words()
    progress("reviews")
    publishing.load()
    issue_invoices(owner)
    progress("purchase orders and stocktakes")
    warehouse.load()
    refresh_summaries(anew=True)
    refresh_sales(since=BEGINNING)
    inventory.close_periods()
    inventory.refresh_flows(since=inventory.BEGINNING)
    inventory.refresh_figures()
    inventory.refresh_sold_out()
    progress("segments and follow-ups")
    following_up.load()
    promising.load(owner)
    reporting.refresh_service(anew=True)
    assess(list(Product.objects.values_list("pk", flat=True)))
    audit.record("demo.loaded", owner, by=owner, data={"size": size, "seed": seed})
    return True


def _prepared(*, large: bool) -> contextlib.AbstractContextManager[Any]:
    """The sums on orders are written directly. Of a large shop no row history is kept: it would only say "loaded"."""
    if large:
        return bare(TABLES)
    return pgtrigger.ignore("orders.Payment:adds_to_paid", "orders.Refund:adds_to_refunded")


def trade_steps() -> list[tuple[str, str]]:
    """The steps of trade.sql as (name, statements)."""
    parts = TRADE.read_text().split("-- step: ")[1:]
    return [(name.strip(), statements) for name, _, statements in (part.partition("\n") for part in parts)]


def _run(statements: str, size: Size) -> None:
    facts = {"orders": size.orders, "customers": size.customers, "days": size.days, "ledger_days": size.ledger_days}
    with connection.cursor() as cursor:
        for name, value in facts.items():
            statements = statements.replace(f"%({name})s", str(value))
        cursor.execute(statements)


# --- Catalogue ----------------------------------------------------------------------------------


def load_catalogue(variants: int, seed: int, owner: User) -> None:
    """The curated products with their pictures, and as many plain variants as the size asks for."""
    categories = _categories()
    attributes.define(categories, owner)
    brands = {name: Brand.objects.create(name=name) for name in sorted({item.brand for item in catalogue.ITEMS})}
    for number, item in enumerate(catalogue.ITEMS, start=1):
        product = _product(number, item, categories[item.category], brands[item.brand])
        audit.record("product.created", product, by=owner)
    with connection.cursor() as cursor:
        cursor.execute(DICE.replace("{seed}", str(int(seed))))
        if variants:
            cursor.execute(MORE_PRODUCTS, [(variants - Variant.objects.count()) // 4])
        cursor.execute(
            "CREATE TEMP TABLE demo_variant ON COMMIT DROP AS SELECT row_number() OVER (ORDER BY pg_temp.demo_dice(v.id, 30)) - 1 AS n,"
            " v.id, sku, v.title, price, coalesce(cost, round(price * 0.42, 2)) AS cost FROM catalog_variant v"
            " WHERE NOT product_id = ANY(%s)",
            [publishing.drafts()],
        )
        cursor.execute("ALTER TABLE demo_variant ADD PRIMARY KEY (n); ANALYZE demo_variant")


def _categories() -> dict[str, Category]:
    found: dict[str, Category] = {}
    for path, name_zh in catalogue.CATEGORIES.items():
        parent, _, name = path.rpartition(" > ")
        found[path] = Category.objects.create(name=name, name_zh=name_zh, path=path, parent=found.get(parent))
    return found


def _product(number: int, item: catalogue.Item, category: Category, brand: Brand) -> Product:
    product = Product.objects.create(
        handle=slugify(item.title),
        title=item.title,
        title_zh=item.title_zh,
        description=item.text,
        description_zh=item.text_zh,
        category=category,
        brand=brand,
        product_type=category.name,
        tags=["gift"] if number % 5 == 0 else [],
        options=list(item.options),
        attributes=attributes.values_of(number, item, timezone.localdate()),
    )
    Variant.objects.bulk_create(_variants(number, item, product))
    picture = Media(product=product, alt=item.title)
    picture.file.save(f"{product.handle}.png", ContentFile(pictures.draw(item.shape, item.hue)))
    return product


def _variants(number: int, item: catalogue.Item, product: Product) -> Iterator[Variant]:
    prefix = (
        "".join(word[0] for word in item.category.split(" > ")[0].split() if word[0].isalpha())
        .ljust(2, "X")[:2]
        .upper()
    )
    for position, values in enumerate(_combinations(list(item.options.values()))):
        price = Decimal(item.price) * _factor(item, values)
        serial = number * 100 + position + 1
        yield Variant(
            product=product,
            sku=f"{prefix}-{serial:05d}",
            barcode=_ean13(200_000_000_000 + serial),
            title=" / ".join([item.title, *values]),
            **{f"option{i}": value for i, value in enumerate(values, start=1)},
            position=position,
            price=price.quantize(Decimal("0.1")),
            compare_at=(price * Decimal("1.25")).quantize(Decimal("0.1")) if number % 9 == 0 else None,
            cost=(price * Decimal("0.42")).quantize(Decimal("0.01")),
            weight_grams=120 + 37 * (serial % 23),
        )


def _combinations(options: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [()]
    for values in options:
        rows = [(*row, value) for row in rows for value in values]
    return rows


def _factor(item: catalogue.Item, values: tuple[str, ...]) -> Decimal:
    """A bigger pack, size or length costs more; a colour does not."""
    factor = Decimal(1)
    for (name, choices), value in zip(item.options.items(), values, strict=True):
        if name in ("Weight", "Capacity", "Length", "Diameter", "Size") and len(choices[0]) > 1:
            factor += Decimal("0.7") * choices.index(value)
    return factor


def _ean13(twelve: int) -> str:
    digits = str(twelve)
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    return f"{digits}{-total % 10}"


def issue_invoices(owner: User) -> None:
    """Invoices of the orders that were shipped last."""
    shipped = Order.objects.filter(fulfilment_status="fulfilled").order_by("-placed_at", "-pk")
    for order in reversed(shipped[:INVOICES]):
        issue_invoice(order, by=owner)


# --- Places and people --------------------------------------------------------------------------


def load_places() -> None:
    """Warehouses, suppliers, tax rates, and the table of persons the trade draws its customers from."""
    Location.objects.bulk_create(
        Location(code=code, name=name, name_zh=name_zh, priority=priority, address=address)
        for code, name, name_zh, priority, address in catalogue.WAREHOUSES
    )
    Supplier.objects.bulk_create(
        Supplier(code=code, name=name, email=email, lead_time_days=days)
        for code, name, email, days in catalogue.SUPPLIERS
    )
    TaxRate.objects.bulk_create(
        TaxRate(country=country, name=f"VAT {Decimal(rate):.0%}", rate=Decimal(rate))
        for country, rate in people.TAX_RATES.items()
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE demo_warehouse ON COMMIT DROP AS SELECT row_number() OVER (ORDER BY priority, id) - 1 AS place, id"
            " FROM inventory_location WHERE kind = 'stock'"
        )
        temporary_table(
            cursor,
            "demo_person",
            "n int, name text, company text, mailbox text, language text, country text, city text, postal_code text,"
            " street text, tax_rate numeric",
            [(n, *person) for n, person in enumerate(_persons())],
        )
        temporary_table(cursor, "demo_brand", "brand text, supplier text", catalogue.SOURCES.items())


def _persons() -> Iterator[tuple[Any, ...]]:
    number = 0
    for place, (country, city, postal_code, street) in enumerate(people.PLACES):
        chinese = country == "CN"
        given = people.CHINESE_GIVEN if chinese else people.WEST_GIVEN
        family = people.CHINESE_FAMILY if chinese else people.WEST_FAMILY
        for index in range(40):
            number += 1
            first, last = given[(index * 7 + place) % len(given)], family[(index * 3 + place * 5) % len(family)]
            yield (
                f"{last}{first}" if chinese else f"{first} {last}",
                people.COMPANIES[number % len(people.COMPANIES)],
                "kehu" if chinese else f"{first}.{last}".lower(),
                "zh-hans" if chinese else "en",
                country,
                city,
                postal_code,
                street,
                people.TAX_RATES[country],
            )


# --- SQL ----------------------------------------------------------------------------------------

DICE = """
CREATE OR REPLACE FUNCTION pg_temp.demo_dice(n bigint, salt int) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$
    SELECT (hashint8extended(n, salt + {seed} * 1000) & 2147483647)::float8 / 2147483648
$$;
"""

MORE_PRODUCTS = """
WITH made AS (
    INSERT INTO catalog_product
        (handle, title, title_zh, description, description_zh, category_id, brand_id, product_type, tags, status, options,
         attributes, seo_title, seo_description, created_at, updated_at)
    SELECT 'plain-' || n, t.title || ' No. ' || n, '', '', '', c.ids[1 + mod(n, c.count)], b.ids[1 + mod(n, b.count)], t.title,
           ARRAY[]::text[], 'draft', ARRAY['Colour'], '{}', '', '', now(), now()
    FROM generate_series(1, %s) AS n
    CROSS JOIN LATERAL (
        SELECT (ARRAY['Round','Square','Tall','Low','Wide','Slim'])[1 + mod(n, 6)] || ' '
            || (ARRAY['oak','clay','linen','glass','steel','paper','wool'])[1 + mod(n, 7)] || ' '
            || (ARRAY['tray','vase','box','cup','cloth','lamp','folder','bowl'])[1 + mod(n, 8)] AS title
    ) t
    CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids, count(*) AS count FROM catalog_category) c
    CROSS JOIN (SELECT array_agg(id ORDER BY id) AS ids, count(*) AS count FROM catalog_brand) b
    RETURNING id, title
)
INSERT INTO catalog_variant
    (product_id, sku, barcode, title, option1, option2, option3, position, price, compare_at, cost, weight_grams, tax_class,
     requires_shipping, track_stock, backorder_limit, is_active, created_at, updated_at)
SELECT id, 'PL-' || id || '-' || k, '', title || ' / ' || colour, colour, '', '', k, price, NULL, round(price * 0.42, 2), 400,
       'standard', true, true, 0, true, now(), now()
FROM made
CROSS JOIN unnest(ARRAY['Sand','Indigo','Moss','Ink']) WITH ORDINALITY AS colours(colour, k)
CROSS JOIN LATERAL (SELECT round((4 + mod(id, 90) + k * 0.5)::numeric, 2) AS price) p
ORDER BY id, k
"""
