"""What each row is: new, changed or as it was."""

# The statements are put together from the constants of this package and never from input.
# ruff: noqa: S608

from __future__ import annotations

from catalog.services.upsert.columns import STAGED
from catalog.services.upsert.staging import Staging


class Comparing(Staging):
    def compare(self) -> None:
        self._compare_variants()
        self._compare_products()
        self._compare_media()

    def _differs(self, table: str) -> str:
        parts = [f"t.{STAGED[n].column or n} IS DISTINCT FROM {STAGED[n].updating(n)}" for n in self.of(table)]
        return " OR ".join(parts) or "false"

    def _id(self, table: str) -> str:
        """The number of the row `t`; new ones draw theirs here, unless nothing will be written."""
        return "t.id" if self.dry_run else f"coalesce(t.id, nextval(pg_get_serial_sequence('catalog_{table}', 'id')))"

    def _compare_variants(self) -> None:
        effective = ", ".join(
            f"coalesce(s.{name}, '') AS {name}" if name in self.present else f"coalesce(t.{name}, '') AS {name}"
            for name in ("option1", "option2", "option3")
        )
        price = "coalesce(s.price, t.price, 0)" if "price" in self.present else "coalesce(t.price, 0)"
        active = (
            "coalesce(s.is_active, t.is_active, true)" if "is_active" in self.present else "coalesce(t.is_active, true)"
        )
        self.run(
            f"""CREATE TEMP TABLE import_variant ON COMMIT DROP AS
                SELECT s.row, upper(s.handle) AS hkey, upper(s.sku) AS skey, {self._id("variant")} AS id, t.product_id AS owner_id,
                       t.id IS NULL AS is_new, {effective}, {price} AS price, {active} AS is_active,
                       t.id IS NOT NULL AND ({self._differs("variant")}) AS changed
                FROM import_stage s LEFT JOIN catalog_variant t ON upper(t.sku) = upper(s.sku)
                WHERE s.is_variant AND s.sku <> '' AND s.handle <> ''"""
        )
        self.run("ANALYZE import_variant")

    def _compare_products(self) -> None:
        titled = "row) FILTER (WHERE title <> ''" if "title" in self.present else "row"
        category, brand = ("category" in self.present), ("brand" in self.present)
        joins = "LEFT JOIN catalog_category c ON lower(c.path) = lower(s.category) " if category else ""
        joins += "LEFT JOIN catalog_brand b ON lower(b.name) = lower(s.brand)" if brand else ""
        found = f"""SELECT f.hkey, f.first_row, f.row, f.sellable, {"c.id" if category else "NULL::bigint"} AS category_id,
                           {"b.id" if brand else "NULL::bigint"} AS brand_id,
                           {"coalesce(s.category, '') <> '' AND c.id IS NULL" if category else "false"} AS category_new,
                           {"coalesce(s.brand, '') <> '' AND b.id IS NULL" if brand else "false"} AS brand_new,
                           NULL::text AS lacking"""
        differs = "s.row IS NOT NULL AND (k.category_new OR k.brand_new OR " + self._differs("product") + ")"
        self.products = self.run(
            f"""CREATE TEMP TABLE import_product ON COMMIT DROP AS
                SELECT k.*, {self._id("product")} AS id, t.id IS NULL AS is_new, t.id IS NOT NULL AND {differs} AS changed
                FROM (
                    SELECT g.*, v.hkey IS NOT NULL OR {self._sold("g.hkey")} AS sellable
                    FROM (SELECT upper(handle) AS hkey, min(row) AS first_row, min({titled}) AS row
                          FROM import_stage WHERE handle <> '' GROUP BY 1) g
                    LEFT JOIN (SELECT DISTINCT hkey FROM import_variant WHERE is_active AND price > 0) v ON v.hkey = g.hkey
                ) f LEFT JOIN import_stage s ON s.row = f.row {joins}
                LEFT JOIN catalog_product t ON upper(t.handle) = f.hkey
                CROSS JOIN LATERAL ({found}) k"""
        )
        self.run("ANALYZE import_product")

    def _sold(self, hkey: str) -> str:
        """SQL: the product has an active variant with a price that the file does not speak of."""
        return f"""EXISTS (SELECT 1 FROM catalog_product p JOIN catalog_variant o ON o.product_id = p.id
                           WHERE upper(p.handle) = {hkey} AND o.is_active AND o.price > 0
                             AND NOT EXISTS (SELECT 1 FROM import_variant v WHERE v.id = o.id))"""

    @property
    def has_media(self) -> bool:
        return bool(self.present & {"images", "variant_image"})

    @property
    def has_followers(self) -> bool:
        """Whether some product has more rows than one."""
        return self.products < self.count

    def _compare_media(self) -> None:
        self.run(
            """CREATE TEMP TABLE import_media ON COMMIT DROP AS
               WITH named AS (
                   SELECT s.row, upper(s.handle) AS hkey, u.url, u.alt, u.position, u.ord, NULL::int AS variant_row
                   FROM import_stage s, unnest(s.images, s.image_alts, s.image_positions) WITH ORDINALITY u(url, alt, position, ord)
                   WHERE s.images IS NOT NULL AND s.handle <> ''
                   UNION ALL
                   SELECT row, upper(handle), variant_image, NULL, NULL, 1000, row FROM import_stage
                   WHERE variant_image <> '' AND handle <> ''
               ), once AS (
                   SELECT hkey, url, min(row) FILTER (WHERE ord < 1000) AS image_row, min(row) AS row, min(variant_row) AS variant_row,
                          (array_agg(alt ORDER BY row, ord))[1] AS alt, (array_agg(position ORDER BY row, ord))[1] AS position,
                          min(row * 1000::bigint + least(ord, 999)) AS place
                   FROM named GROUP BY hkey, url
               )
               SELECT o.hkey, o.url, coalesce(o.image_row, o.row) AS row, o.alt, o.variant_row,
                      coalesce(o.position, row_number() OVER (PARTITION BY o.hkey ORDER BY o.place)) AS position,
                      t.id, t.id IS NULL AS is_new,
                      t.id IS NOT NULL AND (t.alt IS DISTINCT FROM coalesce(o.alt, t.alt)
                          OR t.position IS DISTINCT FROM coalesce(o.position, t.position)
                          OR o.variant_row IS NOT NULL AND t.variant_id IS DISTINCT FROM v.id) AS changed,
                      o.position AS given_position
               FROM once o JOIN import_product k ON k.hkey = o.hkey
               LEFT JOIN import_variant v ON v.row = o.variant_row
               LEFT JOIN catalog_media t ON t.product_id = k.id AND t.url = o.url AND t.url <> ''"""
        )
