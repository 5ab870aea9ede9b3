"""What a shop front reads of the catalogue: live products with today's prices, and the categories."""

# ruff: noqa: S608 - the SQL is made of our own parts; what is asked comes as parameters

import json
from typing import Any

from django.conf import settings

from backoffice.feed import Feed, in_language, language_of, statement
from backoffice.money import minor_units

# A variant is known by its SKU; one that gets a new SKU which is not live yet is found by its options.
VARIANT = """
    SELECT v.price, v.compare_at, v.is_active FROM catalog_variant v
    WHERE v.product_id = l.subject_id AND (
        upper(v.sku) = upper(c.item ->> 'sku') OR jsonb_build_array(v.option1, v.option2, v.option3) = c.item -> 'options')
    ORDER BY upper(v.sku) = upper(c.item ->> 'sku') DESC LIMIT 1
"""
VARIANTS = f"""(
    SELECT coalesce(jsonb_agg(c.item || jsonb_build_object(
        'price', round(v.price, %(places)s)::text, 'compare_at', round(v.compare_at, %(places)s)::text, 'currency', %(currency)s::text,
        'is_active', coalesce(v.is_active, false)) ORDER BY c.place), '[]')
    FROM jsonb_array_elements(l.content -> 'variants') WITH ORDINALITY AS c(item, place) LEFT JOIN LATERAL ({VARIANT}) v ON true)"""
MEDIA = """(
    SELECT coalesce(jsonb_agg(m.item - 'file' || jsonb_build_object(
        'url', CASE WHEN m.item ->> 'file' <> '' THEN %(pictures)s || (m.item ->> 'file') ELSE m.item ->> 'url' END) ORDER BY m.place), '[]')
    FROM jsonb_array_elements(l.content -> 'media') WITH ORDINALITY AS m(item, place))"""
PRODUCTS = Feed(
    "catalog.product",
    key="handle",
    item=f"""(l.content - ARRAY['title_zh', 'description_zh']) || jsonb_build_object(
        'title', {in_language("title")}, 'description', {in_language("description")}, 'variants', {VARIANTS}, 'media', {MEDIA},
        'published_at', l.published_at)""",
)


PICTURES = "/p/pictures/"
CATEGORIES = """
    SELECT c.path, jsonb_build_object(
        'path', c.path, 'name', CASE WHEN %(language)s = 'zh' AND c.name_zh <> '' THEN c.name_zh ELSE c.name END,
        'parent', parent.path, 'position', c.position, 'changed_at', c.updated_at)::text
    FROM catalog_category c LEFT JOIN catalog_category parent ON parent.id = c.parent_id
    WHERE c.path > %(after)s ORDER BY c.path LIMIT %(limit)s
"""


def products(**asked: Any) -> str:
    return PRODUCTS.page(**asked, **shop_parameters())


def product(handle: str, **asked: Any) -> str:
    return PRODUCTS.one(handle, **asked, **shop_parameters())


def shop_parameters() -> dict[str, Any]:
    """What the SQL of a product asks for besides the language."""
    currency = settings.DEFAULT_CURRENCY
    return {"currency": currency, "places": minor_units(currency), "pictures": f"{settings.SITE_URL}{PICTURES}"}


def categories(*, after: str = "", limit: int = 50, language: str = "en") -> str:
    """Categories in the order of their paths; `next` is the last path while there are more."""
    values = {"after": after.replace("\x00", ""), "limit": limit + 1, "language": language_of(language)}
    rows = statement(CATEGORIES, values)
    shown = rows[:limit]
    further = json.dumps(shown[-1][0]) if len(rows) > limit else '""'
    return f'{{"items": [{", ".join(item for _path, item in shown)}], "next": {further}}}'
