"""Files of attributes: definitions by category path and code, and values of products, one a row."""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy

from backoffice.imports.batch import Batch, Staged, carry_out, may
from catalog.models import AttributeDefinition, Category
from catalog.services.attributes.definitions import hold_products, save_definition
from catalog.services.categories import lock_tree
from catalog.services.upsert import ensure_categories

FIELDS = ("name", "name_zh", "kind", "unit", "choices", "is_required", "is_filterable", "position", "help")
STAGED = {
    "category": Staged("text"),
    "code": Staged("text"),
    "name": Staged("text"),
    "name_zh": Staged("text"),
    "kind": Staged("text"),
    "unit": Staged("text"),
    "choices": Staged("jsonb"),
    "is_required": Staged("bool"),
    "is_filterable": Staged("bool"),
    "position": Staged("int"),
    "help": Staged("text"),
}
MESSAGES = {
    "code_missing": gettext_lazy("The row does not say which attribute it is about."),
    "code_twice": gettext_lazy("The same attribute stands in row %(row)s already."),
    "category_unknown": gettext_lazy("There is no category “%(value)s”."),
    "name_missing": gettext_lazy("There is no such attribute yet, and to create it a name is needed."),
}
KEPT = frozenset(["name", "kind", "choices", "is_required", "is_filterable", "position"])  # a blank cell keeps these


class DefinitionBatch(Batch):
    """Few rows, each through `save_definition` in a savepoint, for values of products may have to be converted with it.

    import_record says what each row is. A check does the same and takes it back.
    """

    resource = "attributes"
    staged = STAGED
    messages = MESSAGES
    tables = ("import_record",)

    def joined(self) -> Sequence[str]:
        return ("category", "code")

    def compare(self) -> None:
        lock_tree()
        self._hold_products()
        self.run(
            """CREATE TEMP TABLE import_record ON COMMIT DROP AS
               SELECT s.row, c.id AS category_id, d.id, d.id IS NULL AS is_new, false AS changed, '[]'::jsonb AS changes
               FROM import_stage s LEFT JOIN catalog_category c ON s.category <> '' AND lower(c.path) = lower(s.category)
               LEFT JOIN catalog_attributedefinition d ON lower(d.code) = lower(s.code) AND d.category_id IS NOT DISTINCT FROM c.id
                AND (coalesce(s.category, '') = '' OR c.id IS NOT NULL)
               WHERE s.code <> ''"""
        )

    def _hold_products(self) -> None:
        """Those with values under any code or name of the file, all at once and before the first definition."""
        names = ", ".join(f"s.{name}" for name in ("code", "name", "name_zh") if name in self.present)
        self.cursor.execute(f"SELECT DISTINCT t FROM import_stage s, unnest(ARRAY[{names}]) t WHERE t <> ''")
        hold_products([text for (text,) in self.cursor.fetchall()])

    def find_problems(self) -> None:
        self.problem(
            "code_missing", "SELECT row, 'code', '', '{}'::jsonb FROM import_stage WHERE coalesce(code, '') = ''"
        )
        if not may(self.by, "catalog.add_category"):
            self.problem(
                "category_unknown",
                """SELECT s.row, 'category', s.category, jsonb_build_object('value', s.category) FROM import_stage s
               WHERE s.category <> '' AND NOT EXISTS (SELECT FROM catalog_category c WHERE lower(c.path) = lower(s.category))""",
            )
        self.problem(
            "code_twice",
            """SELECT d.row, 'code', s.code, jsonb_build_object('row', d.first) FROM (
                   SELECT s.row, min(s.row) OVER (PARTITION BY lower(coalesce(s.category, '')), lower(s.code)) AS first FROM import_stage s
                   WHERE s.code <> '') d JOIN import_stage s ON s.row = d.row WHERE d.row > d.first""",
        )
        self.problem(
            "name_missing",
            """SELECT r.row, 'name', '', '{}'::jsonb FROM import_record r JOIN import_stage s ON s.row = r.row
               WHERE r.is_new AND coalesce(s.name, '') = ''""",
        )
        self._try()

    def _try(self) -> None:
        """Write each row that nothing stands against, to see whether it can be; then take all of it back."""
        point = transaction.savepoint()
        told = []
        for row, definition, fields in list(self._rows()):
            try:
                with transaction.atomic():
                    changes = self._save(definition, fields)
            except ValidationError as error:
                told.append((row, "refused", json.dumps(_problems(error), ensure_ascii=False)))
            else:
                if definition is not None and changes:
                    told.append((row, "changed", json.dumps(changes, ensure_ascii=False)))
        transaction.savepoint_rollback(point)
        self.run(
            """UPDATE import_record r SET changed = true, changes = t.facts::jsonb
               FROM unnest(%s::int[], %s::text[]) t(row, facts) WHERE t.row = r.row""",
            _columns([(row, facts) for row, kind, facts in told if kind == "changed"]),
        )
        self.run(
            """INSERT INTO import_problem (row, is_error, name, value, text)
               SELECT t.row, true, p ->> 0, '', p ->> 1 FROM unnest(%s::int[], %s::text[]) t(row, facts),
               jsonb_array_elements(t.facts::jsonb) p""",
            _columns([(row, facts) for row, kind, facts in told if kind == "refused"]),
        )

    def _rows(self) -> Iterator[tuple[int, AttributeDefinition | None, dict[str, Any]]]:
        names = [name for name in FIELDS if name in self.present]
        self.cursor.execute(
            f"""SELECT r.row, r.id, r.category_id, coalesce(s.category, ''), s.code{"".join(f", s.{name}" for name in names)} FROM import_record r
                JOIN import_stage s ON s.row = r.row
                WHERE NOT EXISTS (SELECT FROM import_problem p WHERE p.row = r.row AND p.is_error) ORDER BY r.row"""
        )
        rows = self.cursor.fetchall()
        known = AttributeDefinition.objects.in_bulk([row[1] for row in rows if row[1]])
        categories = Category.objects.in_bulk([row[2] for row in rows if row[2]])
        for number, key, category, path, code, *values in rows:
            fields = dict(zip(names, values, strict=True))
            if isinstance(fields.get("choices"), str):
                fields["choices"] = json.loads(fields["choices"])
            fields = {
                name: value if value is not None or name in KEPT else ""
                for name, value in fields.items()
                if not (name in KEPT and value in (None, ""))
            }
            definition = known.get(key)
            if definition is None:
                fields |= {"category": categories.get(category) or path, "code": code}
            yield number, definition, fields

    def _save(self, definition: AttributeDefinition | None, fields: dict[str, Any]) -> list[list[str]]:
        """Write one row; what changed of an existing definition."""
        if definition is None:
            if isinstance(fields["category"], str):
                fields = fields | {"category": _category(fields["category"])}
            save_definition(by=self.by, **fields)
            return []
        before = {name: getattr(definition, name) for name in fields}
        fresh = AttributeDefinition(**{**{n: getattr(definition, n) for n in FIELDS}, **fields})
        if all(getattr(fresh, name) == before[name] for name in fields):
            return []
        after = save_definition(definition, by=self.by, **fields)
        return [
            [name, _shown(before[name]), _shown(getattr(after, name))]
            for name in fields
            if before[name] != getattr(after, name)
        ]

    def records(self) -> str:
        return "SELECT row, is_new, changed FROM import_record WHERE is_new OR changed"

    def record(self) -> str:
        return "concat_ws(': ', nullif(s.category, ''), s.code)"

    def changes(self, rows: str) -> str:
        return f"SELECT row, changes FROM import_record WHERE row IN ({rows})"

    def write(self) -> None:
        self.keep_plans()
        self.run("DELETE FROM import_record r USING import_refused f WHERE f.row = r.row")
        for _row, definition, fields in list(self._rows()):
            try:
                self._save(definition, fields)
            except ValidationError as error:  # refused only beside rows that the check had refused
                raise IntegrityError(" ".join(error.messages)) from error


def _category(path: str) -> Category | None:
    """The category of this path, what is missing of it created; None for an empty one."""
    if not path:
        return None
    ensure_categories([path])
    return Category.objects.get(path__iexact=path)


def _problems(error: ValidationError) -> list[list[str]]:
    if hasattr(error, "error_dict"):
        return [[name, text] for name, texts in error.message_dict.items() for text in texts]
    return [["", text] for text in error.messages]


def _shown(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list) else "" if value is None else str(value)


def _columns(rows: Sequence[tuple[int, str]]) -> list[list[Any]]:
    return [[row for row, _facts in rows], [facts for _row, facts in rows]]


upsert_definitions = partial(carry_out, DefinitionBatch)
