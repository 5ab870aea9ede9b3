"""Rows go into a temporary table by COPY, and get handle and SKU where the catalogue knows them."""

# The statements are put together from the constants of this package and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from backoffice.imports.batch import Batch, Rows
from backoffice.models import User
from backoffice.publishing import files
from catalog.services.upsert.columns import STAGED


class Staging(Batch):
    """import_stage holds the rows of the file, import_product, _variant and _media what becomes of them."""

    resource = "products"
    staged = STAGED
    tables = (
        "import_product",
        "import_variant",
        "import_media",
        "import_path",
        "import_attribute",
        "import_reading",
    )
    products = 0

    def __init__(self, cursor: Any, columns: Sequence[str], by: User | None, *, dry_run: bool = False) -> None:
        super().__init__(cursor, columns, by, dry_run=dry_run)
        if "attribute_texts" in self.present:
            self.present.add("attributes")
        if "category_number" in self.present:
            self.present.add("category")

    def of(self, table: str) -> list[str]:
        """Names of the present columns of `table`."""
        return [name for name, staged in STAGED.items() if staged.table == table and name in self.present]

    def joined(self) -> Sequence[str]:
        return ("handle", "sku")

    def stage(self, rows: Rows) -> None:
        super().stage(rows)
        files.settle_rights(
            self,
            "catalog.product",
            _("Draft and archived in the status column are left out: you may not publish products."),
        )
        self._identify()
        if "category_number" in self.present:
            self._find_numbered()

    def _find_numbered(self) -> None:
        """The path of the category that has the row's number; without exactly one the product stays where it is."""
        self.run(
            """UPDATE import_stage s SET category = coalesce(n.path, (
                   SELECT c.path FROM catalog_product p JOIN catalog_category c ON c.id = p.category_id WHERE upper(p.handle) = upper(s.handle)
               )) FROM import_stage o LEFT JOIN (
                   SELECT number, min(path) AS path FROM catalog_category WHERE number <> '' GROUP BY 1 HAVING count(*) = 1
               ) n ON n.number = o.category_number WHERE o.row = s.row AND coalesce(s.category, '') = ''"""
        )

    def _identify(self) -> None:
        """Give rows without a handle that of their SKU, and rows without a SKU that of their options."""
        self.run(
            """UPDATE import_stage s SET handle = p.handle FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
               WHERE coalesce(s.handle, '') = '' AND s.sku <> '' AND upper(v.sku) = upper(s.sku)"""
        )
        self.run("UPDATE import_stage SET handle = spare_handle WHERE coalesce(handle, '') = '' AND spare_handle <> ''")
        options = [name for name in ("option1", "option2", "option3") if name in self.present]
        same = " AND ".join([f"v.{name} = coalesce(s.{name}, '')" for name in options] or ["true"])
        self.run(
            f"""UPDATE import_stage s SET sku = v.sku, spare_sku = NULL FROM catalog_product p JOIN catalog_variant v ON v.product_id = p.id
                WHERE s.is_variant AND coalesce(s.sku, '') = '' AND upper(p.handle) = upper(s.handle) AND {same}
                {"" if options else "AND (SELECT count(*) FROM catalog_variant o WHERE o.product_id = p.id) = 1"}"""
        )
        self.run(
            """UPDATE import_stage SET sku = spare_sku WHERE is_variant AND coalesce(sku, '') = '' AND spare_sku IS NOT NULL"""
        )
