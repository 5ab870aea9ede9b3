"""What became of each row, and what changes in it."""

# The statements are put together from the constants of this package and never from input.
# ruff: noqa: S608

from __future__ import annotations

from backoffice.imports.findings import changes_of
from catalog.services.upsert.checking import Checking
from catalog.services.upsert.columns import STAGED


class Telling(Checking):
    def records(self) -> str:
        parts = [
            "SELECT row, is_new, changed FROM import_product WHERE row IS NOT NULL AND (is_new OR changed)",
            "SELECT row, is_new, changed FROM import_variant WHERE is_new OR changed",
        ]
        if self.has_media:
            # A picture beside a product or variant changes that row.
            parts.append(
                """SELECT row, is_new AND NOT EXISTS (SELECT 1 FROM import_product k WHERE k.row = m.row)
                              AND NOT EXISTS (SELECT 1 FROM import_variant v WHERE v.row = m.row), true
                   FROM import_media m WHERE is_new OR changed"""
            )
        return f"SELECT row, bool_or(is_new), bool_or(changed) FROM ({' UNION ALL '.join(parts)}) u GROUP BY row"

    def record(self) -> str:
        return "coalesce(nullif(s.sku, ''), s.handle)"

    def changes(self, rows: str) -> str:
        parts = [self._changes(table, rows) for table in ("product", "variant")]
        return f"""SELECT row, coalesce(a.changes, '[]') || coalesce(b.changes, '[]')
                   FROM ({parts[0]}) a FULL JOIN ({parts[1]}) b USING (row)"""

    def _changes(self, table: str, rows: str) -> str:
        columns = []
        for name in self.of(table):
            staged = STAGED[name]
            differs = f"t.{staged.column or name} IS DISTINCT FROM {staged.updating(name)}"
            if name in ("category", "brand"):
                differs = f"({differs} OR k.{name}_new)"
            columns.append((name, differs, _shown(name, "old"), _shown(name, "new")))
        return f"""SELECT k.row, {changes_of(columns)} AS changes
                   FROM import_{table} k JOIN import_stage s ON s.row = k.row JOIN catalog_{table} t ON t.id = k.id
                   WHERE k.changed AND k.row IN ({rows})"""


def _shown(name: str, side: str) -> str:
    """SQL of the text that the difference shows for a column."""
    if name == "category":
        return (
            "(SELECT path FROM catalog_category c WHERE c.id = t.category_id)"
            if side == "old"
            else "nullif(s.category, '')"
        )
    if name == "brand":
        return "(SELECT name FROM catalog_brand b WHERE b.id = t.brand_id)" if side == "old" else "nullif(s.brand, '')"
    value = f"t.{name}" if side == "old" else f"({STAGED[name].updating(name)})"
    if STAGED[name].type.endswith("[]"):
        return f"array_to_string({value}, ', ')"
    if STAGED[name].type.startswith("numeric"):
        return f"trim_scale({value})::text"
    return f"{value}::text"
