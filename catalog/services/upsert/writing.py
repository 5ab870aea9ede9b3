"""New rows are inserted, changed ones updated: one statement for each table."""

# The statements are put together from the constants of this package and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Iterable

from backoffice.publishing import files
from catalog.models import Category
from catalog.services.categories import SEPARATOR, lock_tree
from catalog.services.upsert.columns import STAGED, STATUS
from catalog.services.upsert.telling import Telling

PRODUCTS_OF = "SELECT k.id FROM import_product k JOIN"
# In review is what is submitted, once it is written.
WRITTEN = {"status": f"CASE WHEN ({STATUS}) = 'in_review' THEN t.status ELSE ({STATUS}) END"}


class ProductBatch(Telling):
    def write(self) -> None:
        self._leave_refused()
        self._write_categories()  # waits for the lock of the tree, which comes before those of rows
        self._lock_products()
        self._lock_variants()
        self._leave_public()
        self._write_brands()
        added_products = self._write_products()
        added_variants = self._write_variants()
        if self.has_media:
            self._write_media()
        self._submit()
        self.analyze("catalog_product", added_products)
        self.analyze("catalog_variant", added_variants)

    def _leave_refused(self) -> None:
        """Take refused rows out; products of which some stay may no longer have anything to sell."""
        refused = self.run("DELETE FROM import_variant v USING import_refused r WHERE r.row = v.row")
        self.run("DELETE FROM import_media m USING import_refused r WHERE r.row = m.row")
        self.run("UPDATE import_product k SET row = NULL, changed = false FROM import_refused r WHERE r.row = k.row")
        if refused:
            self.run(
                f"""UPDATE import_product k SET sellable = {self._sold("k.hkey")}
                        OR EXISTS (SELECT 1 FROM import_variant v WHERE v.hkey = k.hkey AND v.is_active AND v.price > 0)
                    WHERE k.sellable AND k.hkey IN (
                        SELECT upper(s.handle) FROM import_stage s JOIN import_refused r ON r.row = s.row)"""
            )

    def _lock_products(self) -> None:
        """Lock the products of which anything changes, in the order everybody locks them in, before their variants."""
        parts = [
            "SELECT id FROM import_product WHERE changed",
            f"{PRODUCTS_OF} import_variant v ON v.hkey = k.hkey WHERE v.changed OR v.is_new",
        ]
        if self.has_media:
            parts.append(f"{PRODUCTS_OF} import_media m ON m.hkey = k.hkey WHERE m.changed OR m.is_new")
        self.run(
            f"SELECT id FROM catalog_product WHERE id IN ({' UNION ALL '.join(parts)}) ORDER BY id FOR NO KEY UPDATE"
        )

    def _lock_variants(self) -> None:
        """Lock all variants that change at once, those included that only get another title."""
        parts = ["SELECT id FROM import_variant WHERE changed"]
        if "title" in self.present:
            title = _variant_title("coalesce(nullif(s.title, ''), p.title)", "v")
            parts.append(
                f"""SELECT v.id FROM import_product k JOIN import_stage s ON s.row = k.row JOIN catalog_product p ON p.id = k.id
                    JOIN catalog_variant v ON v.product_id = p.id WHERE k.changed AND v.title IS DISTINCT FROM {title}"""
            )
        self.run(
            f"SELECT id FROM catalog_variant WHERE id IN ({' UNION ALL '.join(parts)}) ORDER BY id FOR NO KEY UPDATE"
        )

    def _leave_public(self) -> None:
        if "status" in self.present:
            files.leave(
                self,
                "catalog.product",
                f"""SELECT t.id FROM import_product k JOIN import_stage s ON s.row = k.row JOIN catalog_product t ON t.id = k.id
                    WHERE s.status IN ('draft', 'archived') AND t.status IN {files.STANDING} ORDER BY 1""",
            )

    def _submit(self) -> None:
        """Submit what the file calls published and is not; who changed what waited for a review asks anew."""
        if "status" in self.present:
            wanted = f"""SELECT t.id FROM import_product k JOIN import_stage s ON s.row = k.row JOIN catalog_product t ON t.id = k.id
                         WHERE s.status IN {files.WANTED} AND k.sellable AND k.lacking IS NULL AND"""
            files.submit(
                self,
                "catalog.product",
                new=f"{wanted} k.is_new ORDER BY 1",
                known=f"{wanted} NOT k.is_new AND t.status = 'draft' ORDER BY 1",
            )

    def _write_categories(self) -> None:
        self.cursor.execute(
            """SELECT DISTINCT s.category FROM import_product k JOIN import_stage s ON s.row = k.row
               WHERE k.category_new AND (k.is_new OR k.changed) ORDER BY 1"""
        )
        paths = [path for (path,) in self.cursor.fetchall()]
        if paths:
            ensure_categories(paths)

    def _write_brands(self) -> None:
        self.run(
            """INSERT INTO catalog_brand (name, created_at, updated_at)
               SELECT DISTINCT ON (lower(s.brand)) s.brand, now(), now() FROM import_product k JOIN import_stage s ON s.row = k.row
               WHERE k.brand_new AND (k.is_new OR k.changed) ORDER BY lower(s.brand), s.row"""
        )

    def _product_rows(self) -> str:
        """FROM of the written products, the categories and brands that were just created found again."""
        joins = ""
        if "category" in self.present:
            joins += " LEFT JOIN catalog_category c ON k.category_new AND lower(c.path) = lower(s.category)"
        if "brand" in self.present:
            joins += " LEFT JOIN catalog_brand b ON k.brand_new AND lower(b.name) = lower(s.brand)"
        return f"import_product k JOIN import_stage s ON s.row = k.row{joins}"

    def _found(self, sql: str) -> str:
        return sql.replace("k.category_id", "coalesce(k.category_id, c.id)").replace(
            "k.brand_id", "coalesce(k.brand_id, b.id)"
        )

    def _write_products(self) -> int:
        names = self.of("product")
        fields = ["title", *(name for name in names if name != "title")]
        for name in (
            "title_zh",
            "description",
            "description_zh",
            "product_type",
            "tags",
            "status",
            "options",
            "attributes",
            "seo_title",
            "seo_description",
        ):
            if name not in fields:
                fields.append(name)
        status = STAGED["status"].inserting("status") if "status" in self.present else "'draft'"
        values = [status if name == "status" else STAGED[name].inserting(name) for name in fields]
        targets = [STAGED[name].column or name for name in fields]
        added = self.run(
            f"""INSERT INTO catalog_product (id, handle, {", ".join(targets)}, created_at, updated_at)
                SELECT k.id, s.handle, {self._found(", ".join(values))}, now(), now()
                FROM {self._product_rows()} WHERE k.is_new ORDER BY k.id"""
        )
        if names:
            sets = [f"{STAGED[n].column or n} = {WRITTEN.get(n) or STAGED[n].updating(n)}" for n in names]
            self.run(
                f"""UPDATE catalog_product t SET {self._found(", ".join(sets))}, updated_at = now()
                    FROM {self._product_rows()} WHERE k.changed AND t.id = k.id"""
            )
        return added

    def _write_variants(self) -> int:
        names = self.of("variant")
        fields = list(names)
        for name, staged in STAGED.items():
            if staged.table == "variant" and name not in fields:
                fields.append(name)
        title = _variant_title("p.title", "v")
        added = self.run(
            f"""INSERT INTO catalog_variant (id, product_id, sku, title, position, {", ".join(fields)}, created_at, updated_at)
                SELECT v.id, k.id, s.sku, {title},
                       coalesce((SELECT max(o.position) FROM catalog_variant o WHERE o.product_id = k.id AND NOT k.is_new), -1)
                         + row_number() OVER (PARTITION BY v.hkey ORDER BY v.row),
                       {", ".join(STAGED[name].inserting(name) for name in fields)}, now(), now()
                FROM import_variant v JOIN import_stage s ON s.row = v.row JOIN import_product k ON k.hkey = v.hkey
                JOIN catalog_product p ON p.id = k.id WHERE v.is_new ORDER BY v.id"""
        )
        if names:
            sets = ", ".join(f"{name} = {STAGED[name].updating(name)}" for name in names)
            self.run(
                f"""UPDATE catalog_variant t SET {sets}, title = {title}, updated_at = now()
                    FROM import_variant v, import_stage s, catalog_product p
                    WHERE v.changed AND s.row = v.row AND t.id = v.id AND p.id = t.product_id"""
            )
        if "title" in self.present:
            self.run(
                f"""UPDATE catalog_variant t SET title = {_variant_title("p.title", "t")}, updated_at = now()
                    FROM import_product k, catalog_product p WHERE k.changed AND p.id = k.id AND t.product_id = p.id
                    AND t.title IS DISTINCT FROM {_variant_title("p.title", "t")}"""
            )
        return added

    def _write_media(self) -> None:
        self.run(
            """INSERT INTO catalog_media (product_id, variant_id, file, url, alt, position)
               SELECT k.id, v.id, '', m.url, coalesce(m.alt, ''),
                      coalesce(m.given_position, m.position
                        + coalesce((SELECT max(o.position) FROM catalog_media o WHERE o.product_id = k.id AND NOT k.is_new), -1))
               FROM import_media m JOIN import_product k ON k.hkey = m.hkey LEFT JOIN import_variant v ON v.row = m.variant_row
               WHERE m.is_new AND k.id IS NOT NULL ORDER BY m.row"""
        )
        self.run(
            """UPDATE catalog_media t SET alt = coalesce(m.alt, t.alt), position = coalesce(m.given_position, t.position),
                      variant_id = CASE WHEN m.variant_row IS NULL THEN t.variant_id ELSE v.id END
               FROM import_media m LEFT JOIN import_variant v ON v.row = m.variant_row WHERE m.changed AND t.id = m.id"""
        )


def ensure_categories(paths: Iterable[str]) -> None:
    """Create the categories of these paths that do not exist, parents first; letter case does not matter."""
    lock_tree()
    known = {category.path.lower(): category for category in Category.objects.all()}
    for path in sorted(paths, key=lambda path: path.count(SEPARATOR)):
        names = path.split(SEPARATOR)
        parent = None
        for depth, name in enumerate(names, start=1):
            key = SEPARATOR.join(names[:depth]).lower()
            if key not in known:
                full = f"{parent.path}{SEPARATOR}{name}" if parent else name
                known[key] = Category.objects.create(parent=parent, name=name, path=full)
            parent = known[key]


def _variant_title(title: str, options: str) -> str:
    """The same text that `variants.retitle` gives."""
    parts = ", ".join(f"nullif({options}.option{n}, '')" for n in (1, 2, 3))
    return f"left(concat_ws(' – ', {title}, nullif(concat_ws(' / ', {parts}), '')), 400)"
