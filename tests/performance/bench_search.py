"""The list of products searched, beside raw SQL for the same rows: names, fragments, codes, Chinese words, typing errors.

For each text the contenders take turns. `search` is what the list does for its rows: what matches, ranks, how many there are,
and 50 rows with all that their columns show. `raw` is one statement that gives the same 50 rows in the same order, with the same
columns, in SQL alone: of several ways to write it, the first that does, and those that need no ranking come first. `unranked`
gives any 50 rows that hold the words, the newest first. `page` is the whole page by HTTP.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import sys
import time
from collections.abc import Iterator
from typing import Any

from tests.performance.shop import PROJECT, report

PAGE = 50
TEXTS = [
    "oak tray", "linen", "round glass vase", "BENCH-00123", "bench00123", "S-1234-2", "4006381", "茶杯", "橡木托盘", "圆形", "亚麻 盒子",
    "No. 777", "nordic 7", "glass vases", "zz nothing", "oka tary", "linnen clothh", "glas lampp",
]  # fmt: skip

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
SELECT p.id, p.handle, p.title, p.title_zh, p.category_id, p.brand_id, p.product_type, p.tags, p.status, p.attributes, p.published_at,
    p.updated_at, c.id, c.parent_id, c.name, c.name_zh, c.path, b.id, b.name, b.name_zh, s.score, s.missing, s.place,
    (SELECT count(*) FROM catalog_variant v WHERE v.product_id = p.id), (SELECT min(price) FROM catalog_variant v WHERE v.product_id = p.id AND is_active),
    (SELECT max(price) FROM catalog_variant v WHERE v.product_id = p.id AND is_active),
    (SELECT CASE WHEN file <> '' THEN id END FROM catalog_media m WHERE m.product_id = p.id ORDER BY position, id LIMIT 1)
FROM ({found}) f JOIN catalog_product p ON p.id = f.id LEFT JOIN catalog_category c ON c.id = p.category_id
LEFT JOIN catalog_brand b ON b.id = p.brand_id LEFT JOIN catalog_completeness s ON s.product_id = p.id ORDER BY f.rank, f.id DESC
"""
NEWEST = "SELECT DISTINCT id, 0 AS rank FROM ({keys}) k ORDER BY id DESC LIMIT 50"
RANKED = "SELECT id, min(rank) AS rank FROM ({candidates}) h (source, id, rank) GROUP BY id ORDER BY 2, 1 DESC LIMIT 50"
ALIKE = "SELECT id, -round(alike::numeric, 3) AS rank FROM ({similar}) a (id, alike) ORDER BY 2, 1 DESC LIMIT 50"


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
    from catalog.models import finding
    from catalog.views.products import ProductList

    owner = User.objects.get(email="owner@houtai.example")
    client = Client()
    client.force_login(owner)
    client.get("/search/")

    def search(text: str) -> list[int]:
        request = RequestFactory().get("/catalog/products/", {"q": text})
        request.user = owner
        page = ProductList()
        page.setup(request)
        page.count  # noqa: B018 - counts
        return [row.pk for row in page.slice.rows]

    def fetch(sql: str, values: Any) -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            return [row[0] for row in cursor.fetchall()]

    def ways(text: str) -> Iterator[tuple[str, Any]]:
        """Statements of a page of what a text may mean, the cheapest first."""
        finder = finding._Products(text)
        finder.find()  # looks up what the words name
        keys, values = finder.keys()
        yield NEWEST.format(keys=keys), values
        for names in (False, True):
            candidates, values = finder.candidates(names=names)
            yield RANKED.format(candidates=candidates), values
        similar = re.sub(r", p\.title\w*", "", finder.similar)
        yield ALIKE.format(similar=similar), {"form": finder.search.form, "most": finding.SIMILAR}

    def raw(text: str) -> tuple[str, Any]:
        wanted = search(text)
        for found, values in ways(text):
            sql = COLUMNS.format(found=found)
            if fetch(sql, values) == wanted:
                return sql, values
        raise SystemExit(f"No statement gives the same rows for {text!r}.")

    statements = {
        text: (raw(text), next((COLUMNS.format(found=sql), values) for sql, values in ways(text))) for text in TEXTS
    }
    seconds: dict[str, dict[str, list[float]]] = {}
    for turn in range(options.rounds + 1):
        for text in TEXTS:
            same, unranked = statements[text]
            contenders = {
                "search": lambda text=text: search(text),
                "raw": lambda same=same: fetch(*same),
                "unranked": lambda unranked=unranked: fetch(*unranked),
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
    names = ("search", "raw", "unranked", "page")
    print(f"{'typed, ms':22}{''.join(f'{name:>10}' for name in names)}{'of raw':>10}{'of unranked':>13}")
    for text, measured in seconds.items():
        taken = {name: statistics.median(measured[name]) * 1000 for name in names}
        written = "".join(f"{taken[name]:10.1f}" for name in names)
        print(f"{text:22}{written}{taken['search'] / taken['raw']:10.2f}{taken['search'] / taken['unranked']:13.2f}")
    for name in names:
        every = [one for measured in seconds.values() for one in measured[name]]
        figures[f"{name}_p50_ms"] = round(statistics.median(every) * 1000, 2)
        figures[f"{name}_p95_ms"] = round(statistics.quantiles(every, n=20)[18] * 1000, 2)
    for name, other in (("search", "raw"), ("search", "unranked"), ("page", "raw")):
        figures[f"{name}_of_{other}"] = round(figures[f"{name}_p50_ms"] / figures[f"{other}_p50_ms"], 2)
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
