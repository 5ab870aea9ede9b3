"""Rows of files that name a variant by its product and options."""

from collections.abc import Collection

OPTIONS = ("option1", "option2", "option3")


def sku_from_options(present: Collection[str]) -> str:
    """SQL that gives rows of import_stage without a SKU that of the variant with their handle and options.

    `present` are the staged columns; without any option the only variant of the product is meant.
    """
    same = " AND ".join(f"v.{name} = coalesce(s.{name}, '')" for name in OPTIONS if name in present)
    alone = "(SELECT count(*) FROM catalog_variant o WHERE o.product_id = p.id) = 1"
    return f"""UPDATE import_stage s SET sku = v.sku FROM catalog_product p JOIN catalog_variant v ON v.product_id = p.id
               WHERE coalesce(s.sku, '') = '' AND s.handle <> '' AND upper(p.handle) = upper(s.handle) AND {same or alone}"""  # noqa: S608
