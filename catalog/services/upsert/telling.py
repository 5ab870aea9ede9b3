"""Counts, causes and differences of what was found."""

# The statements are put together from the constants of this package and never from input.
# ruff: noqa: S608

from __future__ import annotations

from typing import Any

from backoffice.imports.batch import SHOWN_DIFFERENCES
from catalog.services.upsert.checking import Checking
from catalog.services.upsert.columns import STAGED


class Telling(Checking):
    def tally(self) -> tuple[int, int, int, int]:
        self.cursor.execute(
            """SELECT count(*), count(*) FILTER (WHERE r.row IS NOT NULL),
                      count(*) FILTER (WHERE r.row IS NULL AND v.is_new),
                      count(*) FILTER (WHERE r.row IS NULL AND NOT v.is_new AND v.changed) FROM (
                   SELECT s.row, coalesce(k.is_new, false) OR coalesce(v.is_new, false)
                                 OR (k.row IS NULL AND v.row IS NULL AND coalesce(m.is_new, false)) AS is_new,
                          coalesce(k.changed, false) OR coalesce(v.changed, false) OR coalesce(m.is_new OR m.changed, false) AS changed
                   FROM import_stage s LEFT JOIN import_product k ON k.row = s.row LEFT JOIN import_variant v ON v.row = s.row
                   LEFT JOIN (SELECT row, bool_or(is_new) AS is_new, bool_or(changed) AS changed FROM import_media GROUP BY row) m
                     ON m.row = s.row
               ) v LEFT JOIN import_refused r ON r.row = v.row"""
        )
        read, refused, new, changed = self.cursor.fetchone()
        return read, refused, new, changed

    def differences(self) -> list[dict[str, Any]]:
        found = [*self._differences("product"), *self._differences("variant")]
        return sorted(found, key=lambda difference: difference["row"])

    def _differences(self, table: str) -> list[dict[str, Any]]:
        """Old and new values of the changed rows, as text."""
        names = self.of(table)
        if not names:
            return []
        values = ", ".join(f"('{name}', {_shown(name, 'old')}, {_shown(name, 'new')})" for name in names)
        source = "import_product" if table == "product" else "import_variant"
        record = "t.handle" if table == "product" else "t.sku"
        self.cursor.execute(
            f"""SELECT k.row, {record}, d.name, left(d.old, 500), left(d.new, 500)
                FROM (SELECT * FROM {source} WHERE changed AND row NOT IN (SELECT row FROM import_refused)
                      ORDER BY row LIMIT {SHOWN_DIFFERENCES}) k
                JOIN import_stage s ON s.row = k.row JOIN catalog_{table} t ON t.id = k.id,
                LATERAL (VALUES {values}) d(name, old, new) WHERE d.old IS DISTINCT FROM d.new
                ORDER BY k.row LIMIT {SHOWN_DIFFERENCES}"""
        )
        return [
            {"row": row, "record": name, "column": column, "old": old or "", "new": new or ""}
            for row, name, column, old, new in self.cursor.fetchall()
        ]


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
