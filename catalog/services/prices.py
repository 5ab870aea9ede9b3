"""Prices of many variants at once, by SKU."""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy

from backoffice import approvals
from backoffice.imports.batch import Rows, Staged, carry_out
from backoffice.imports.tables import TableBatch
from backoffice.models import User
from catalog.models import Variant
from catalog.services.naming import OPTIONS, sku_from_options
from catalog.services.proposals import BEYOND_LIMIT, PRICE, beyond_limit


class PriceBatch(TableBatch):
    """Changes prices and costs of variants that exist; a row without a price says nothing unless it empties one."""

    resource = "prices"
    model = Variant
    key = ("sku",)
    names = ("sku", "price", "compare_at", "cost")
    extra = dict.fromkeys(("handle", *OPTIONS), Staged("text"))
    messages = {
        "unknown_sku": gettext_lazy("There is no variant “%(sku)s”."),
        "beyond_limit": BEYOND_LIMIT,
        "nothing_to_sell": gettext_lazy("The product “%(handle)s” is published and would have nothing left to sell."),
    }

    def __init__(self, cursor: Any, columns: Sequence[str], by: User | None, *, dry_run: bool = False) -> None:
        super().__init__(cursor, columns, by, dry_run=dry_run)
        self.unique = []
        self.checks = {
            code: sql
            for code, sql in self.checks.items()
            if any(f'"{self.column(name)}"' in sql for name in self.names)
        }

    def _others(self) -> list[Any]:
        """Nothing is created, so that only prices are compared."""
        return [field for field in super()._others() if field.name in self.names]

    def stage(self, rows: Rows) -> None:
        super().stage(rows)
        if "handle" in self.present:
            self.run(sku_from_options(self.present))

    def compare(self) -> None:
        super().compare()
        self.silent = " AND ".join(f"s.{name} IS NULL" for name in self.written) or "false"
        self.run(
            f"""DELETE FROM import_record r USING import_stage s
                WHERE s.row = r.row AND r.is_new AND s.problems IS NULL AND {self.silent}"""
        )

    def _check_keys(self) -> None:
        self.told(
            "unknown_sku",
            """SELECT r.row, 'sku', s.sku, jsonb_build_object('sku', s.sku)
               FROM import_record r JOIN import_stage s ON s.row = r.row WHERE r.is_new""",
        )
        super()._check_keys()
        self.run(
            f"""DELETE FROM import_problem p USING import_stage s
                WHERE p.code = 'key_missing' AND s.row = p.row AND s.problems IS NULL AND {self.silent}"""
        )

    def find_problems(self) -> None:
        super().find_problems()
        if "price" in self.present and approvals.needed(PRICE, self.by):
            limit = approvals.limit_of(PRICE)
            self.told(
                "beyond_limit", beyond_limit("import_record", "r.price", "r.changed"), [f"{limit.normalize():f}", limit]
            )
        if "price" in self.present:
            self.told(
                "nothing_to_sell",
                """SELECT r.row, 'price', '0', jsonb_build_object('handle', p.handle) FROM import_record r
                   JOIN catalog_variant t ON t.id = r.id JOIN catalog_product p ON p.id = t.product_id
                   WHERE r.changed AND r.price = 0 AND t.price > 0 AND t.is_active
                     AND EXISTS (SELECT 1 FROM backoffice_liveversion l
                                 WHERE l.subject_type = 'catalog.product' AND l.subject_id = p.id AND l.is_live)
                     AND NOT EXISTS (SELECT 1 FROM catalog_variant o LEFT JOIN import_record n ON n.id = o.id
                                     WHERE o.product_id = p.id AND o.is_active AND coalesce(n.price, o.price) > 0)""",
            )


upsert_prices = partial(carry_out, PriceBatch)
