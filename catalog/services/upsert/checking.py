"""What stands against a row, found set-wise, as sentences."""

# The statements are put together from the constants of this package and never from input.
# ruff: noqa: S608

from __future__ import annotations

from django.utils.translation import gettext_lazy

from backoffice import approvals
from backoffice.imports.batch import may
from backoffice.publishing import files
from catalog.services.proposals import BEYOND_LIMIT, PRICE, beyond_limit
from catalog.services.upsert.attributing import MESSAGES as OF_ATTRIBUTES
from catalog.services.upsert.attributing import Attributing
from catalog.services.upsert.columns import STAGED
from catalog.services.variants import TRACKING_KEPT

MESSAGES = {
    **OF_ATTRIBUTES,
    "title_missing": gettext_lazy("There is no product “%(handle)s” yet, and to create it a title is needed."),
    "identity_missing": gettext_lazy("The row names neither a handle nor a known SKU nor a title."),
    "product_refused": gettext_lazy("Its product is refused: see row %(row)s."),
    "tracking_kept": TRACKING_KEPT,
    "sku_twice": gettext_lazy("The SKU stands in row %(row)s already."),
    "sku_elsewhere": gettext_lazy("The SKU belongs to the product “%(handle)s”."),
    "options_twice": gettext_lazy("Row %(row)s has the same options of this product."),
    "options_taken": gettext_lazy("The product has a variant with these options already: %(sku)s."),
    "status_illegal": gettext_lazy("An archived product becomes a draft first, and is published then."),
    "nothing_to_sell": gettext_lazy("The product “%(handle)s” is published and would have nothing left to sell."),
    "not_published": gettext_lazy("The product stays a draft: no active variant of it has a price."),
    "may_not_add": gettext_lazy("You may change products but not add any."),
    "beyond_limit": BEYOND_LIMIT,
    "title_differs": gettext_lazy("Row %(row)s gives this product another title, which counts."),
    "sku_made": gettext_lazy("The row has no SKU; %(sku)s was made of handle and options."),
    "number_unknown": gettext_lazy(
        "There is no one category with the number %(value)s; bring the file of categories in first. The product stays where it is."
    ),
    "picture_twice": gettext_lazy("The picture stands in row %(row)s already."),
}

LIVE = "EXISTS (SELECT 1 FROM backoffice_liveversion l WHERE l.subject_type = 'catalog.product' AND l.subject_id = t.id AND l.is_live)"


class Checking(Attributing):
    messages = MESSAGES

    def find_problems(self) -> None:
        self._check_products()
        self._check_variants()
        if "price" in self.present and approvals.needed(PRICE, self.by):
            limit = approvals.limit_of(PRICE)
            price = f"({STAGED['price'].updating('price')})"
            self.problem(
                "beyond_limit", beyond_limit("import_variant", price, "r.changed"), [f"{limit.normalize():f}", limit]
            )
        self.find_attribute_problems()
        if "status" in self.present:
            self._settle_sellable()
        self._warn()
        self._refuse_followers()

    def _check_products(self) -> None:
        self.problem(
            "identity_missing",
            """SELECT row, 'handle', '', '{}'::jsonb FROM import_stage s WHERE coalesce(handle, '') = ''
               AND NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = s.row AND p.is_error)""",
        )
        needs_title = "k.row IS NULL OR coalesce(s.title, '') = ''"
        self.problem(
            "title_missing",
            f"""SELECT k.first_row, 'title', '', jsonb_build_object('handle', f.handle)
                FROM import_product k JOIN import_stage f ON f.row = k.first_row LEFT JOIN import_stage s ON s.row = k.row
                WHERE k.is_new AND ({needs_title})""",
        )
        if "status" in self.present:
            self.problem(
                "status_illegal",
                f"""SELECT k.row, 'status', s.status, '{{}}'::jsonb FROM import_product k JOIN import_stage s ON s.row = k.row
                   JOIN catalog_product t ON t.id = k.id WHERE t.status = 'archived' AND s.status IN {files.WANTED}""",
            )
        still = "coalesce(s.status, '') NOT IN ('draft', 'archived')" if "status" in self.present else "true"
        self.problem(
            "nothing_to_sell",
            f"""SELECT k.first_row, 'price', '', jsonb_build_object('handle', t.handle) FROM import_product k
                JOIN catalog_product t ON t.id = k.id LEFT JOIN import_stage s ON s.row = k.row
                WHERE {LIVE} AND NOT k.sellable AND {still}
                  AND EXISTS (SELECT 1 FROM import_variant v WHERE v.hkey = k.hkey AND v.changed)""",
        )
        if not may(self.by, "catalog.add_product"):
            self.problem(
                "may_not_add",
                "SELECT k.first_row, 'handle', s.handle, '{}'::jsonb FROM import_product k JOIN import_stage s ON s.row = k.first_row"
                " WHERE k.is_new",
            )

    def _check_variants(self) -> None:
        self.problem(
            "sku_twice",
            """SELECT v.row, 'sku', s.sku, jsonb_build_object('row', d.first) FROM import_variant v JOIN import_stage s ON s.row = v.row
               JOIN (SELECT skey, min(row) AS first FROM import_variant GROUP BY skey HAVING count(*) > 1) d
                 ON d.skey = v.skey AND d.first <> v.row""",
        )
        self.problem(
            "sku_elsewhere",
            """SELECT v.row, 'sku', s.sku, jsonb_build_object('handle', o.handle) FROM import_variant v
               JOIN import_stage s ON s.row = v.row JOIN import_product k ON k.hkey = v.hkey JOIN catalog_product o ON o.id = v.owner_id
               WHERE v.owner_id IS DISTINCT FROM k.id""",
        )
        self.problem(
            "options_twice",
            """SELECT v.row, 'option1', concat_ws(' / ', nullif(v.option1, ''), nullif(v.option2, ''), nullif(v.option3, '')),
                      jsonb_build_object('row', d.first)
               FROM import_variant v JOIN (
                   SELECT hkey, option1, option2, option3, min(row) AS first FROM import_variant GROUP BY 1, 2, 3, 4 HAVING count(*) > 1
               ) d ON (d.hkey, d.option1, d.option2, d.option3) = (v.hkey, v.option1, v.option2, v.option3) AND d.first <> v.row
               WHERE NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = v.row AND p.code = 'sku_twice')""",
        )
        self.problem(
            "options_taken",
            """SELECT v.row, 'option1', concat_ws(' / ', nullif(v.option1, ''), nullif(v.option2, ''), nullif(v.option3, '')),
                      jsonb_build_object('sku', t.sku)
               FROM import_variant v JOIN import_product k ON k.hkey = v.hkey
               JOIN catalog_variant t ON t.product_id = k.id AND t.id IS DISTINCT FROM v.id
                AND (t.option1, t.option2, t.option3) = (v.option1, v.option2, v.option3)
               WHERE (v.is_new OR v.changed) AND NOT EXISTS (SELECT 1 FROM import_variant o WHERE o.id = t.id)""",
        )

        if "tracking" in self.present:
            self.problem(
                "tracking_kept",
                """SELECT v.row, 'tracking', s.tracking, jsonb_build_object('sku', t.sku) FROM import_variant v
                   JOIN import_stage s ON s.row = v.row JOIN catalog_variant t ON t.id = v.id
                   WHERE s.tracking <> t.tracking AND EXISTS (SELECT FROM catalog_stocked(ARRAY[t.id]))""",
            )

    def _settle_sellable(self) -> None:
        """Products that have nothing to sell without their refused rows stay what they are, and that is no change."""
        refused = "EXISTS (SELECT 1 FROM import_problem p WHERE p.row = v.row AND p.is_error)"
        found = self.run(
            f"""UPDATE import_product k SET sellable = false
                WHERE k.sellable AND k.hkey IN (
                    SELECT v.hkey FROM import_problem p JOIN import_variant v ON v.row = p.row WHERE p.is_error
                ) AND NOT EXISTS (
                    SELECT 1 FROM import_variant v WHERE v.hkey = k.hkey AND v.is_active AND v.price > 0 AND NOT {refused}
                ) AND NOT EXISTS (
                    SELECT 1 FROM catalog_variant o WHERE o.product_id = k.id AND o.is_active AND o.price > 0
                      AND NOT EXISTS (SELECT 1 FROM import_variant v WHERE v.id = o.id AND NOT {refused})
                )"""
        )
        if found:
            self.run(
                f"""UPDATE import_product k SET changed = k.category_new OR k.brand_new OR {self._differs("product")}
                    FROM import_stage s, catalog_product t
                    WHERE k.changed AND NOT k.sellable AND s.row = k.row AND t.id = k.id"""
            )

    def _warn(self) -> None:
        if "category_number" in self.present:
            self.problem(
                "number_unknown",
                """SELECT s.row, 'category_number', s.category_number, jsonb_build_object('value', s.category_number)
                   FROM import_product k JOIN import_stage s ON s.row = k.row
                   WHERE s.category_number NOT IN ('', '0', 'NULL')
                     AND (SELECT count(*) FROM catalog_category c WHERE c.number = s.category_number) <> 1""",
                error=False,
            )
        if "status" in self.present:
            self.problem(
                "attributes_missing",
                """SELECT k.row, 'status', s.status, jsonb_build_object('names', k.lacking) FROM import_product k
                   JOIN import_stage s ON s.row = k.row WHERE k.lacking IS NOT NULL""",
                error=False,
            )
            self.problem(
                "not_published",
                f"""SELECT k.row, 'status', s.status, '{{}}'::jsonb FROM import_product k JOIN import_stage s ON s.row = k.row
                   LEFT JOIN catalog_product t ON t.id = k.id
                   WHERE s.status IN {files.WANTED} AND NOT k.sellable AND coalesce(t.status, '') NOT IN {files.STANDING}""",
                error=False,
            )
            files.say_submitted(
                self,
                f"""FROM import_product k JOIN import_stage s ON s.row = k.row LEFT JOIN catalog_product t ON t.id = k.id
                    WHERE s.status IN {files.WANTED} AND k.sellable AND k.lacking IS NULL AND coalesce(t.status, 'draft') = 'draft'""",
            )
        if "title" in self.present and self.has_followers:
            self.problem(
                "title_differs",
                """SELECT s.row, 'title', s.title, jsonb_build_object('row', k.row) FROM import_product k
                   JOIN import_stage f ON f.row = k.row JOIN import_stage s ON upper(s.handle) = k.hkey AND s.row > k.row
                   WHERE s.title <> '' AND s.title <> f.title""",
                error=False,
            )
        self.problem(
            "sku_made",
            """SELECT v.row, 'sku', '', jsonb_build_object('sku', s.sku) FROM import_variant v JOIN import_stage s ON s.row = v.row
               WHERE v.is_new AND s.sku = s.spare_sku""",
            error=False,
        )
        if self.has_media and self.has_followers:
            self.problem(
                "picture_twice",
                """SELECT s.row, 'image', u.url, jsonb_build_object('row', m.row)
                   FROM import_stage s, unnest(s.images) u(url), import_media m
                   WHERE s.images IS NOT NULL AND NOT s.is_variant AND m.hkey = upper(s.handle) AND m.url = u.url AND m.row < s.row
                     AND s.row NOT IN (SELECT k.row FROM import_product k WHERE k.row IS NOT NULL)""",
                error=False,
            )

    def _refuse_followers(self) -> None:
        """A new product that is refused takes its variants and pictures along."""
        if not self.has_followers:
            return
        self.problem(
            "product_refused",
            """SELECT s.row, 'handle', s.handle, jsonb_build_object('row', d.row) FROM (
                   SELECT k.hkey, min(k.row) AS row FROM (
                       SELECT hkey, row FROM import_product WHERE is_new UNION ALL SELECT hkey, first_row FROM import_product WHERE is_new
                   ) k JOIN (SELECT DISTINCT row FROM import_problem WHERE is_error) p ON p.row = k.row GROUP BY 1
               ) d JOIN import_stage s ON upper(s.handle) = d.hkey
               WHERE NOT EXISTS (SELECT 1 FROM import_problem p WHERE p.row = s.row AND p.is_error)""",
        )
