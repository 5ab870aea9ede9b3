"""What a shop front reads of the catalogue: live products with today's prices, and the categories."""

# ruff: noqa: S608 - the SQL is made of our own parts; what is asked comes as parameters

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy

from backoffice.feed import Feed, in_language, language_of, statement
from backoffice.money import minor_units
from catalog.models import decimals_sql
from catalog.services.pictures import SIZES

# A variant is known by its SKU; one that gets a new SKU which is not live yet is found by its options.
VARIANT = """
    SELECT {price} AS price, {compare_at} AS compare_at, v.is_active FROM catalog_variant v {join}
    WHERE v.product_id = l.subject_id AND (
        upper(v.sku) = upper(c.item ->> 'sku') OR jsonb_build_array(v.option1, v.option2, v.option3) = c.item -> 'options')
    ORDER BY upper(v.sku) = upper(c.item ->> 'sku') DESC LIMIT 1
"""
VARIANTS = """(
    SELECT coalesce(jsonb_agg(c.item || jsonb_build_object(
        'price', round(v.price, {places})::text, 'compare_at', round(v.compare_at, {places})::text, 'currency', {currency},
        'is_active', coalesce(v.is_active, false)) ORDER BY c.place), '[]')
    FROM jsonb_array_elements(l.content -> 'variants') WITH ORDINALITY AS c(item, place) LEFT JOIN LATERAL ({variant}) v ON true)"""
OWN_PRICES = VARIANTS.format(
    places="%(places)s",
    currency="%(currency)s::text",
    variant=VARIANT.format(price="v.price", compare_at="v.compare_at", join=""),
)
# The list that is asked for, if it is in force and the reader may ask for it. PostgreSQL looks it up once a statement.
LIST = """(
    SELECT {} FROM catalog_pricelist p WHERE upper(p.code) = upper(%(price_list)s) AND p.is_active AND (p.is_public OR %(insider)s)
        AND (p.starts_at IS NULL OR p.starts_at <= now()) AND (p.ends_at IS NULL OR p.ends_at > now()))"""
OWN = LIST.format("p.currency = %(currency)s")
LIST_PRICES = VARIANTS.format(
    places=LIST.format(decimals_sql("p.currency")),
    currency=LIST.format("p.currency::text"),
    variant=VARIANT.format(
        price=f"CASE WHEN i.id IS NOT NULL THEN i.price WHEN {OWN} THEN v.price END",
        compare_at=f"CASE WHEN i.id IS NOT NULL THEN i.compare_at WHEN {OWN} THEN v.compare_at END",
        join=f"LEFT JOIN catalog_pricelistitem i ON i.variant_id = v.id AND i.price_list_id = {LIST.format('p.id')}",
    ),
)
SMALL = ", ".join(f"'{size}', %(pictures)s || '{size}/' || (m.item ->> 'file')" for size in SIZES)
MEDIA = f"""(
    SELECT coalesce(jsonb_agg(m.item - ARRAY['file', 'alt_zh'] || jsonb_build_object(
        'alt', CASE WHEN %(language)s = 'zh' AND m.item ->> 'alt_zh' <> '' THEN m.item -> 'alt_zh' ELSE m.item -> 'alt' END)
        || CASE WHEN m.item ->> 'file' <> '' THEN jsonb_build_object(
            'url', %(pictures)s || (m.item ->> 'file'), 'thumbnails', jsonb_build_object({SMALL})) ELSE '{{}}' END ORDER BY m.place), '[]')
    FROM jsonb_array_elements(l.content -> 'media') WITH ORDINALITY AS m(item, place))"""
ITEM = f"""(l.content - ARRAY['title_zh', 'description_zh']) || jsonb_build_object(
    'title', {in_language("title")}, 'description', {in_language("description")}, 'variants', {{prices}}, 'media', {MEDIA.replace("{}", "{{}}")},
    'published_at', l.published_at)"""
PRODUCTS = Feed("catalog.product", key="handle", item=ITEM.format(prices=OWN_PRICES))
LISTED = Feed(
    "catalog.product",
    key="handle",
    item=ITEM.format(prices=LIST_PRICES),
    known=f"{LIST.format('p.id')} IS NOT NULL",
    unknown={"price_list": gettext_lazy("No price list with this code is in force for the public.")},
)


PICTURES = "/p/pictures/"
CATEGORIES = """
    SELECT c.path, jsonb_build_object(
        'path', c.path, 'name', CASE WHEN %(language)s = 'zh' AND c.name_zh <> '' THEN c.name_zh ELSE c.name END,
        'parent', parent.path, 'position', c.position, 'changed_at', c.updated_at)::text
    FROM catalog_category c LEFT JOIN catalog_category parent ON parent.id = c.parent_id
    WHERE c.path > %(after)s ORDER BY c.path LIMIT %(limit)s
"""


def products(*, price_list: str = "", insider: bool = False, **asked: Any) -> str:
    """A page of products with the prices of a list, or their own; `insider` may ask for lists that are not public."""
    feed, priced = _priced(price_list, insider)
    return feed.page(**asked, **priced, **shop_parameters())


def product(handle: str, *, price_list: str = "", insider: bool = False, **asked: Any) -> str:
    feed, priced = _priced(price_list, insider)
    return feed.one(handle, **asked, **priced, **shop_parameters())


def _priced(price_list: str, insider: bool) -> tuple[Feed, dict[str, Any]]:
    if not price_list:
        return PRODUCTS, {}
    return LISTED, {"price_list": price_list.replace("\x00", ""), "insider": insider}


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
