"""What became of each row, and what changes in it."""

# The statements are put together from the constants of this package and never from input.
# ruff: noqa: S608

from __future__ import annotations

from catalog.services.upsert.checking import Checking
from catalog.services.upsert.columns import STAGED


class Telling(Checking):
    def records(self) -> str:
        return """SELECT s.row, coalesce(k.is_new, false) OR coalesce(v.is_new, false)
                                OR (k.row IS NULL AND v.row IS NULL AND coalesce(m.is_new, false)),
                         coalesce(k.changed, false) OR coalesce(v.changed, false) OR coalesce(m.is_new OR m.changed, false),
                         coalesce(nullif(s.sku, ''), s.handle)
                  FROM import_stage s LEFT JOIN import_product k ON k.row = s.row LEFT JOIN import_variant v ON v.row = s.row
                  LEFT JOIN (SELECT row, bool_or(is_new) AS is_new, bool_or(changed) AS changed FROM import_media GROUP BY row) m
                    ON m.row = s.row"""

    def changes(self, rows: str) -> str:
        parts = [self._changes(table, rows) for table in ("product", "variant") if self.of(table)]
        return " UNION ALL ".join(parts) or "SELECT 0, 0, '', '', '' WHERE false"

    def _changes(self, table: str, rows: str) -> str:
        values = ", ".join(
            f"({list(STAGED).index(name)}, '{name}', {_shown(name, 'old')}, {_shown(name, 'new')})"
            for name in self.of(table)
        )
        return f"""SELECT k.row, d.place, d.name, d.old, d.new
                   FROM import_{table} k JOIN import_stage s ON s.row = k.row JOIN catalog_{table} t ON t.id = k.id,
                   LATERAL (VALUES {values}) d(place, name, old, new)
                   WHERE k.changed AND k.row IN ({rows}) AND d.old IS DISTINCT FROM d.new"""


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
