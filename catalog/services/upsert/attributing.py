"""Attributes in rows of files: which definition a column means, what each text is there, and what the product would lack.

A text is read once for every category that it stands in, however many rows have it.
"""

# The statements are put together from the constants of this package and never from input.
# ruff: noqa: S608

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ValidationError
from django.db import connection
from django.utils.translation import get_language, gettext_lazy

from backoffice.attributes.values import canonical, read
from backoffice.imports.batch import Rows
from backoffice.imports.mapping import simplify
from backoffice.publishing import files
from catalog.models import AttributeDefinition, Category
from catalog.models.attributes import definitions_of
from catalog.services.upsert.columns import STAGED
from catalog.services.upsert.comparing import Comparing

CHUNK = 5000
MESSAGES = {
    "unfit_there": gettext_lazy("The product has “%(value)s” as “%(attribute)s”, which does not fit in this category."),
    "attributes_missing": gettext_lazy(
        "The product stays what it is: these required attributes are missing: %(names)s."
    ),
}


class Attributing(Comparing):
    """import_attribute holds what the rows say, import_reading what each of it means."""

    def stage(self, rows: Rows) -> None:
        super().stage(rows)
        self.has_definitions = AttributeDefinition.objects.exists()
        if self.has_definitions and "category" in self.present:
            self._find_paths()
        if "attributes" in self.present:
            self._read_attributes()

    def compare(self) -> None:
        super().compare()
        if "status" in self.present and AttributeDefinition.objects.filter(is_required=True).exists():
            self._settle_complete()

    # --- Reading --------------------------------------------------------------------------------

    def _find_paths(self) -> None:
        """For each category of the file the one whose definitions hold: itself, or what of its path is there already."""
        self.run(
            """CREATE TEMP TABLE import_path ON COMMIT DROP AS
               SELECT p.path, (
                   SELECT c.id FROM catalog_category c WHERE starts_with(lower(p.path) || ' > ', lower(c.path) || ' > ')
                   ORDER BY length(c.path) DESC LIMIT 1
               ) AS category_id FROM (SELECT DISTINCT category AS path FROM import_stage WHERE category <> '') p"""
        )

    def _category(self) -> tuple[str, str]:
        """SQL of the category that the product of the row `s` will be in, 0 for none, and the joins it needs."""
        if "category" not in self.present:
            return "coalesce(p.category_id, 0)", "LEFT JOIN catalog_product p ON upper(p.handle) = upper(s.handle)"
        if not self.has_definitions:
            return "0::bigint", ""
        return "coalesce(q.category_id, 0)", "LEFT JOIN import_path q ON q.path = s.category"

    def _read_attributes(self) -> None:
        category, joins = self._category()
        self.run(
            f"""CREATE TEMP TABLE import_attribute ON COMMIT DROP AS
                SELECT s.row, {category} AS category_id, e.name, e.value, e.is_text FROM import_stage s {joins}
                CROSS JOIN LATERAL (
                    SELECT key, value, true FROM jsonb_each(s.attribute_texts)
                    UNION ALL SELECT key, value, false FROM jsonb_each(s.attributes)
                ) e(name, value, is_text)"""
        )
        self.run(
            """CREATE TEMP TABLE import_reading (category_id bigint, name text, value jsonb, is_text bool, code text, stored jsonb,
               is_cleared bool, problem text) ON COMMIT DROP"""
        )
        readings = self._readings()
        while chunk := list(itertools.islice(readings, CHUNK)):
            with self.cursor.copy("COPY import_reading FROM STDIN") as copy:
                for line in chunk:
                    copy.write_row(line)
        self.run("ANALYZE import_attribute")
        self.run("ANALYZE import_reading")
        self.run(
            """UPDATE import_stage s SET attributes = coalesce(s.attributes, '{}') || coalesce(f.given, '{}'), attributes_cleared = f.cleared
               FROM (SELECT a.row, jsonb_object_agg(r.code, r.stored ORDER BY r.is_text) FILTER (WHERE r.stored IS NOT NULL) AS given,
                            array_agg(r.code) FILTER (WHERE r.is_cleared) AS cleared
                     FROM import_attribute a JOIN import_reading r USING (category_id, name, value, is_text) GROUP BY a.row) f
               WHERE f.row = s.row"""
        )

    def _readings(self) -> Iterator[tuple[Any, ...]]:
        self.cursor.execute("SELECT attribute_notation FROM import_stage WHERE attribute_notation <> '' LIMIT 1")
        notation = (self.cursor.fetchone() or [".ymd"])[0]
        known = self._known()
        with connection.chunked_cursor() as cursor:
            cursor.execute("SELECT DISTINCT category_id, name, value::text, is_text FROM import_attribute")
            for category, name, value, is_text in cursor:
                definition = _named(known[category], name, is_text=is_text)
                found = json.loads(value)
                if is_text:
                    yield category, name, value, is_text, *_text(definition, name, found, notation)
                elif definition is not None:
                    yield category, name, value, is_text, name, *_value(definition, found)

    def _known(self) -> dict[int, dict[str, AttributeDefinition]]:
        """For each category that the rows are in, its definitions by code and by every simplified name."""
        self.cursor.execute("SELECT DISTINCT category_id FROM import_attribute")
        keys = [key for (key,) in self.cursor.fetchall()]
        held = definitions_of([None, *Category.objects.filter(pk__in=keys)])
        return {key: _names(held.get(key or None, [])) for key in keys}

    # --- Telling --------------------------------------------------------------------------------

    def find_attribute_problems(self) -> None:
        if "attributes" in self.present:
            self.run(
                """INSERT INTO import_problem (row, is_error, name, value, text)
                   SELECT a.row, true, CASE WHEN a.is_text THEN 'attribute_value' ELSE 'attributes' END, left(a.value #>> '{}', 500), r.problem
                   FROM import_attribute a JOIN import_reading r USING (category_id, name, value, is_text)
                   JOIN import_product k ON k.row = a.row WHERE r.problem <> ''"""
            )
        if self.has_definitions and "category" in self.present:
            self._check_moved()

    def _check_moved(self) -> None:
        """Values that a product has already and that do not fit where the file puts it."""
        name = "coalesce(nullif(f.name_zh, ''), f.name)" if (get_language() or "").startswith("zh") else "f.name"
        self.problem(
            "unfit_there",
            f"""WITH moved AS MATERIALIZED (
                    SELECT k.row, s.category, coalesce(k.category_id, q.category_id, 0) AS category_id, {self._attributes()} AS attributes
                    FROM import_product k JOIN import_stage s ON s.row = k.row JOIN catalog_product t ON t.id = k.id
                    LEFT JOIN import_path q ON q.path = s.category
                    WHERE t.attributes <> '{{}}' AND coalesce(t.category_id, 0) <> coalesce(k.category_id, q.category_id, 0)
                )
                SELECT m.row, 'category', m.category, jsonb_build_object('value', left(m.attributes ->> d.code, 80), 'attribute', {name})
                FROM moved m JOIN catalog_attributes_of((SELECT array_agg(DISTINCT category_id) FROM moved)) d USING (category_id)
                JOIN catalog_attributedefinition f ON f.id = d.definition_id
                WHERE m.attributes ? d.code AND NOT catalog_attribute_fits(d.kind, d.choices, m.attributes -> d.code)
                  AND NOT EXISTS (SELECT FROM import_problem p WHERE p.row = m.row AND p.name = 'attribute_value')""",
        )

    def _attributes(self) -> str:
        """SQL of the attributes that an existing product `t` will have."""
        return STAGED["attributes"].updating("attributes") if "attributes" in self.present else "t.attributes"

    def _settle_complete(self) -> None:
        """Products that lack a required attribute are not published by a file; they stay what they are."""
        attributes = f"CASE WHEN t.id IS NULL THEN coalesce(s.attributes, '{{}}') ELSE {self._attributes()} END"
        if "category" in self.present:
            category, joins = (
                "coalesce(k.category_id, q.category_id, 0)",
                "LEFT JOIN import_path q ON q.path = s.category",
            )
        else:
            category, joins = "coalesce(t.category_id, 0)", ""
        found = self.run(
            f"""WITH concerned AS MATERIALIZED (
                    SELECT k.row, {category} AS category_id, {attributes} AS attributes FROM import_product k
                    JOIN import_stage s ON s.row = k.row LEFT JOIN catalog_product t ON t.id = k.id {joins}
                    WHERE s.status IN {files.WANTED} AND coalesce(t.status, '') NOT IN {files.STANDING}
                ), lacking AS (
                    SELECT c.row, string_agg(f.name, ', ' ORDER BY f.id) AS names FROM concerned c
                    JOIN catalog_attributes_of((SELECT array_agg(DISTINCT category_id) FROM concerned)) d USING (category_id)
                    JOIN catalog_attributedefinition f ON f.id = d.definition_id
                    WHERE d.is_required AND NOT c.attributes ? d.code GROUP BY c.row
                ) UPDATE import_product k SET lacking = l.names FROM lacking l WHERE l.row = k.row"""
        )
        if found:
            self.run(
                f"""UPDATE import_product k SET changed = k.category_new OR k.brand_new OR {self._differs("product")}
                    FROM import_stage s, catalog_product t
                    WHERE k.changed AND k.lacking IS NOT NULL AND s.row = k.row AND t.id = k.id"""
            )


def _names(definitions: list[AttributeDefinition]) -> dict[str, AttributeDefinition]:
    """Codes as they are, which count before the simplified codes and names in both languages."""
    found = {definition.code: definition for definition in definitions}
    for names in ("code", "name", "name_zh"):
        for definition in definitions:
            if text := simplify(getattr(definition, names)):
                found.setdefault(f" {text}", definition)
    return found


def _named(known: dict[str, AttributeDefinition], name: str, *, is_text: bool) -> AttributeDefinition | None:
    """The definition that a column means; JSON keys mean codes only. Of "custom.material" the last part may be a code."""
    if name in known or not is_text:
        return known.get(name)
    return known.get(f" {simplify(name)}") or known.get(f" {simplify(name.rpartition('.')[2])}")


def _text(definition: AttributeDefinition | None, name: str, text: str, notation: str) -> tuple[str, Any, bool, str]:
    """Code, stored value as JSON, whether it is emptied, and what is wrong with it."""
    if definition is None:
        return name, json.dumps(text, ensure_ascii=False) if text else None, False, ""
    try:
        value = read(definition, text, decimal=notation[0], dates=notation[1:])
    except ValidationError as error:
        return definition.code, None, False, f"{definition.title}: {' '.join(error.messages)}"
    if value is None:
        return definition.code, None, True, ""
    return definition.code, json.dumps(value, ensure_ascii=False), False, ""


def _value(definition: AttributeDefinition, value: Any) -> tuple[Any, bool, str]:
    try:
        return json.dumps(canonical(definition, value), ensure_ascii=False), False, ""
    except ValidationError as error:
        return None, False, f"{definition.title}: {' '.join(error.messages)}"
