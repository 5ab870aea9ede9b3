"""Rows go into a temporary table by COPY, and get handle and SKU where the catalogue knows them."""

# The statements are put together from the constants of this package and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.utils.translation import gettext as _

from backoffice.models import User
from catalog.services.upsert.columns import ENCODERS, STAGED, encode_json

BIG = 2000  # rows from which on the planner is told to expect many


def may(by: User | None, permission: str) -> bool:
    return by is None or by.has_perm(permission)


class Staging:
    """One file in temporary tables: import_stage holds its rows, import_product, _variant and _media what becomes of them."""

    TABLES = ("import_stage", "import_product", "import_variant", "import_media", "import_problem", "import_refused")

    def __init__(self, cursor: Any, columns: Sequence[str], by: User | None, *, dry_run: bool = False) -> None:
        self.cursor = cursor
        self.by = by
        self.dry_run = dry_run
        self.columns = list(columns)
        self.present = set(columns)
        self.notes: list[str] = []
        if "status" in self.present and not may(by, "catalog.publish_product"):
            self.present.discard("status")
            self.notes.append(_("The status column is left out: you may not publish products."))
        self.count = 0

    def run(self, sql: str, params: Sequence[Any] | None = None) -> int:
        self.cursor.execute(sql, params)
        return int(self.cursor.rowcount)

    def of(self, table: str) -> list[str]:
        """Names of the present columns of `table`."""
        return [name for name, staged in STAGED.items() if staged.table == table and name in self.present]

    def stage(self, rows: Iterable[Sequence[Any]]) -> None:
        self.clear()
        types = ", ".join(f"{name} {staged.type}" for name, staged in STAGED.items())
        self.run(f"CREATE TEMP TABLE import_stage (row int NOT NULL, problems jsonb, {types}) ON COMMIT DROP")
        names = ", ".join(["row", "problems", *self.columns])
        encoders: list[Callable[[Any], str]] = [
            str,
            encode_json,
            *(ENCODERS[STAGED[name].type] for name in self.columns),
        ]
        with self.cursor.copy(f"COPY import_stage ({names}) FROM STDIN") as copy:
            lines: list[str] = []
            for row in rows:
                lines.append("\t".join([encode(value) for encode, value in zip(encoders, row, strict=True)]))
                self.count += 1
                if len(lines) >= 500:
                    lines.append("")
                    copy.write("\n".join(lines))
                    lines = []
            if lines:
                lines.append("")
                copy.write("\n".join(lines))
        self.run("ANALYZE import_stage (row, handle, sku)")
        if self.count > BIG:
            self.run("SET LOCAL work_mem = '128MB'")
            self.run("SET LOCAL plan_cache_mode = force_custom_plan")
        self._identify()

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

    def clear(self) -> None:
        self.run(f"DROP TABLE IF EXISTS {', '.join(self.TABLES)}")
