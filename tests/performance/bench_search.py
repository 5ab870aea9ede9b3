"""The list of products searched, beside raw SQL for the same rows: names, fragments, codes, Chinese words, typing errors.

For each text the contenders take turns: `search` is what the list does for its rows (what matches, ranks, 50 rows with all
that their columns show), `raw` is hand-written SQL that finds 50 rows by the same indexes, newest or most similar first, and
reads the same columns, and `page` is the whole page by HTTP. `ratio` is the median of search over that of raw.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from typing import Any

from tests.performance.shop import PROJECT, report

PAGE = 50
# What is typed, and whether raw SQL has to look for similar words.
TEXTS = [
    ("oak tray", False),
    ("linen", False),
    ("round glass vase", False),
    ("BENCH-00123", False),
    ("bench00123", False),
    ("S-1234-2", False),
    ("4006381", False),
    ("茶杯", False),
    ("橡木托盘", False),
    ("圆形", False),
    ("亚麻 盒子", False),
    ("No. 777", False),
    ("nordic 7", False),
    ("zz nothing", False),
    ("oka tary", True),
    ("linnen clothh", True),
    ("glas lampp", True),
]

PRODUCTS = """
INSERT INTO catalog_product (handle, title, title_zh, description, description_zh, category_id, brand_id, product_type, tags, status,
    options, attributes, seo_title, seo_description, created_at, updated_at)
SELECT 'bench-' || lpad(n::text, 6, '0'),
    (ARRAY['Round','Square','Tall','Low','Wide','Slim'])[1 + n % 6] || ' ' || (ARRAY['oak','clay','linen','glass','steel','paper','wool'])[1 + n % 7]
        || ' ' || (ARRAY['tray','vase','box','cup','cloth','lamp','folder','bowl'])[1 + n / 7 % 8] || ' No. ' || n,
    CASE WHEN n % 2 = 0 THEN (ARRAY['圆形','方形','高款','低款','宽款','修身'])[1 + n % 6] || (ARRAY['橡木','陶土','亚麻','玻璃','钢制','纸质','羊毛'])[1 + n % 7]
        || (ARRAY['托盘','花瓶','盒子','茶杯','桌布','台灯','文件夹','碗'])[1 + n / 7 % 8] ELSE '' END,
    '', '', %(category)s, (%(brands)s::bigint[])[1 + n % 40], 'home', '{}', 'draft', '{Colour}', '{}', '', '', now(), now()
FROM generate_series(1, %(products)s) n
"""
VARIANTS = """
INSERT INTO catalog_variant (product_id, sku, barcode, title, option1, option2, option3, position, price, tax_class, requires_shipping,
    track_stock, backorder_limit, is_active, created_at, updated_at)
SELECT p.id, 'S-' || p.n || '-' || v, CASE WHEN v = 1 THEN (4006381000000 + p.n)::text ELSE '' END,
    p.title || ' / ' || (ARRAY['red','blue','green','white'])[v], (ARRAY['red','blue','green','white'])[v], '', '', v, 5 + p.n % 90, 'standard',
    true, true, 0, true, now(), now()
FROM (SELECT id, title, row_number() OVER (ORDER BY id) AS n FROM catalog_product) p CROSS JOIN generate_series(1, 4) v
"""
COLUMNS = """
SELECT p.*, c.path, b.name, s.score,
    (SELECT count(*) FROM catalog_variant v WHERE v.product_id = p.id), (SELECT min(price) FROM catalog_variant v WHERE v.product_id = p.id AND is_active),
    (SELECT max(price) FROM catalog_variant v WHERE v.product_id = p.id AND is_active),
    (SELECT file FROM catalog_media m WHERE m.product_id = p.id ORDER BY position, id LIMIT 1)
FROM catalog_product p LEFT JOIN catalog_category c ON c.id = p.category_id LEFT JOIN catalog_brand b ON b.id = p.brand_id
LEFT JOIN catalog_completeness s ON s.product_id = p.id
"""
BY_FRAGMENT = (
    COLUMNS + "WHERE p.id IN (SELECT id FROM catalog_product WHERE {own}"
    " UNION ALL SELECT product_id FROM catalog_variant WHERE {own}) ORDER BY p.id DESC LIMIT 50"
)
BY_LIKENESS = (
    COLUMNS
    + "JOIN (SELECT id, alike FROM catalog_similar_products(upper(%s), 50)) f ON f.id = p.id ORDER BY f.alike DESC"
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", type=int, default=100_000, help="how many variants the catalogue has (default 100,000)"
    )
    parser.add_argument("--rounds", type=int, default=15, help="how often each contender is measured (default 15)")
    options = parser.parse_args()
    open_catalogue(options.rows)

    from django.db import connection
    from django.test import Client, RequestFactory

    from backoffice.models import User
    from catalog.models.finding import cut, patterns
    from catalog.views.products import ProductList

    owner = User.objects.get(email="owner@houtai.example")
    client = Client()
    client.force_login(owner)
    client.get("/search/")

    def search(text: str) -> None:
        request = RequestFactory().get("/catalog/products/", {"q": text})
        request.user = owner
        page = ProductList()
        page.setup(request)
        page.slice  # noqa: B018 - reads the rows
        page.count  # noqa: B018

    def raw(text: str, similar: bool) -> None:
        with connection.cursor() as cursor:
            if similar:
                cursor.execute(BY_LIKENESS, [text])
            else:
                likes = [patterns(piece)[0] for piece in cut(text)[1]]
                own = " AND ".join(["search_text LIKE upper(%s)"] * len(likes))
                cursor.execute(BY_FRAGMENT.format(own=own), [*likes, *likes])
            cursor.fetchall()

    seconds: dict[str, dict[str, list[float]]] = {}
    for turn in range(options.rounds + 1):
        for text, similar in TEXTS:
            contenders = {
                "search": lambda text=text: search(text),
                "raw": lambda text=text, similar=similar: raw(text, similar),
                "page": lambda text=text: client.get("/catalog/products/", {"q": text}),
            }
            for name, call in contenders.items():
                started = time.perf_counter()
                call()
                if turn:
                    seconds.setdefault(text, {}).setdefault(name, []).append(time.perf_counter() - started)
    told(options.rows, seconds)


def told(rows: int, seconds: dict[str, dict[str, list[float]]]) -> None:
    figures: dict[str, Any] = {"rows": rows}
    print(f"{'typed':22}{'search ms':>10}{'raw ms':>10}{'page ms':>10}{'ratio':>8}")
    for text, measured in seconds.items():
        search, raw, page = (statistics.median(measured[name]) * 1000 for name in ("search", "raw", "page"))
        print(f"{text:22}{search:10.1f}{raw:10.1f}{page:10.1f}{search / raw:8.2f}")
    for name in ("search", "raw", "page"):
        every = [one for measured in seconds.values() for one in measured[name]]
        figures[f"{name}_p50_ms"] = round(statistics.median(every) * 1000, 2)
        figures[f"{name}_p95_ms"] = round(statistics.quantiles(every, n=20)[18] * 1000, 2)
    figures["search_of_raw"] = round(figures["search_p50_ms"] / figures["raw_p50_ms"], 2)
    figures["page_of_raw"] = round(figures["page_p50_ms"] / figures["raw_p50_ms"], 2)
    report(figures)


def open_catalogue(rows: int) -> None:
    """Start Django on a catalogue of so many variants, four to a product, made where they are missing."""
    if "DATABASE_URL" not in os.environ:
        os.environ["EMBEDDED_POSTGRES_DIR"] = os.environ.get(
            "BENCH_POSTGRES_DIR", str(PROJECT / ".data" / "performance-search")
        )
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.performance.settings")
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection, transaction

    from backoffice.models import User
    from backoffice.roles import sync_roles
    from catalog.models import Brand, Category, Variant

    call_command("migrate", verbosity=0)
    sync_roles()
    if not User.objects.filter(email="owner@houtai.example").exists():
        User.objects.create_superuser("owner@houtai.example", name="Owner")
    if Variant.objects.count() == rows // 4 * 4:
        return
    print(f"making {rows:,} variants", file=sys.stderr)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")  # without history of what nobody reads
        cursor.execute("TRUNCATE catalog_product, catalog_variant CASCADE")
        category, _made = Category.objects.get_or_create(name="Household", name_zh="家居", path="Household")
        brands = [Brand.objects.get_or_create(name=f"Nordic {number}")[0].pk for number in range(40)]
        given = {"category": category.pk, "brands": brands, "products": rows // 4}
        cursor.execute(PRODUCTS.replace(" % ", " %% "), given)
        cursor.execute(VARIANTS)
        cursor.execute("SELECT catalog_assess(array_agg(id)) FROM catalog_product")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


if __name__ == "__main__":
    main()
