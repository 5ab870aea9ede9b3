"""Categories in bulk: rows are planned in memory, told and refused like those of every file, and written level by level."""

# The statements are put together from the constants of this module and never from input.
# ruff: noqa: S608

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from django.utils.translation import gettext_lazy

from backoffice.imports.batch import Batch, Staged, carry_out, may
from catalog.services.categories import lock_tree
from catalog.services.tree_plan import Node, Planner, Row

STAGED = {
    "number": Staged("text"),
    "path": Staged("text"),
    "name": Staged("text"),
    "name_zh": Staged("text"),
    "parent": Staged("text"),
    "position": Staged("int"),
}
MESSAGES = {
    "key_missing": gettext_lazy("The row does not say which category it is about."),
    "key_twice": gettext_lazy("The same category stands in row %(row)s already."),
    "number_twice": gettext_lazy("Row %(row)s has this number already."),
    "unknown": gettext_lazy("There is no category “%(value)s”."),
    "ambiguous": gettext_lazy("Several categories are called “%(value)s”. Give the path."),
    "ring": gettext_lazy("“%(name)s” cannot stand below itself or its own branch."),
    "taken": gettext_lazy("There is a category of this name here already."),
    "not_plain": gettext_lazy("A category needs a name without “ > ”, which stands between the names of a path."),
    "name_long": gettext_lazy("The text has %(length)s characters; %(limit)s are the limit."),
    "path_long": gettext_lazy("The path of a category may have %(limit)s characters; this one would have %(length)s."),
    "refers_to_refused": gettext_lazy("It refers to row %(row)s, which is refused."),
    "may_not_add": gettext_lazy("You may change categories but not add any."),
}
WRONG = """SELECT row FROM import_stage WHERE jsonb_path_exists(problems, 'strict $[*] ? (@[3] == "error")')"""
BLOCK = 2000


class CategoryBatch(Batch):
    """import_record says what each row is, import_change what changes of it."""

    resource = "categories"
    staged = STAGED
    messages = MESSAGES
    tables = ("import_record", "import_change")

    def joined(self) -> Sequence[str]:
        return ()

    def compare(self) -> None:
        if not self.dry_run:
            lock_tree()
        self.cursor.execute(WRONG)
        wrong = [row for (row,) in self.cursor.fetchall()]
        self.plan = Planner(self._rows(), wrong, may_add=may(self.by, "catalog.add_category")).make()
        self.run(
            "CREATE TEMP TABLE import_record (row int PRIMARY KEY, is_new bool, changed bool, record text) ON COMMIT DROP"
        )
        self.run("CREATE TEMP TABLE import_change (row int, place int, name text, old text, new text) ON COMMIT DROP")
        settled = [(row, row.node) for row in self.plan.rows if row.node is not None and row.node.row == row.row]
        self._fill(
            "import_record", ((row.row, n.id is None, n.is_changed, n.path or n.future_path()) for row, n in settled)
        )
        self._fill("import_change", (change for row, node in settled for change in self._changes(row.row, node)))

    def _rows(self) -> list[Row]:
        said = [f"coalesce({name}, '')" for name in ("number", "path", "name")]
        kept = [name if name in self.present else "NULL" for name in ("name_zh", "parent", "position")]
        self.cursor.execute(f"SELECT row, {', '.join([*said, *kept])} FROM import_stage ORDER BY row")
        return [Row(*values) for values in self.cursor.fetchall()]

    def _fill(self, table: str, rows: Iterable[Sequence[Any]]) -> None:
        with self.cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def _changes(self, row: int, node: Node) -> list[tuple[int, int, str, str, str]]:
        if node.before is None:
            return []
        pairs = zip(("parent", "name", "name_zh", "position", "number"), node.before, node.facts(), strict=True)
        return [
            (row, place, what, _shown(old, is_new=False), _shown(new, is_new=True))
            for place, (what, old, new) in enumerate(pairs)
            if old != new
        ]

    def find_problems(self) -> None:
        columns = "row, is_error, name, value, code, params"
        with self.cursor.copy(f"COPY import_problem ({columns}) FROM STDIN") as copy:
            for number, name, value, code, params in self.plan.problems:
                copy.write_row((number, True, name, value[:500], code, json.dumps(params, ensure_ascii=False)))

    def records(self) -> str:
        return "SELECT row, is_new, changed FROM import_record WHERE is_new OR changed"

    def record(self) -> str:
        return "coalesce((SELECT r.record FROM import_record r WHERE r.row = s.row), nullif(s.path, ''), s.name)"

    def changes(self, rows: str) -> str:
        return f"""SELECT row, jsonb_agg(jsonb_build_array(name, old, new) ORDER BY place)
                   FROM import_change WHERE row IN ({rows}) GROUP BY row"""

    # --- Writing --------------------------------------------------------------------------------

    def write(self) -> None:
        """From the top down, so that every path follows from a parent that is where it will be."""
        self.keep_plans()
        levels: dict[int, set[Node]] = {}
        for row in self.plan.rows:
            node = row.node
            if node is not None and row.row not in self.plan.refused and node.row == row.row:
                for one in (node, *(above for above in node.ancestors() if above.id is None)):
                    if one.id is None or one.is_changed:
                        levels.setdefault(len(list(one.ancestors())), set()).add(one)
        changed = sorted(node.id for nodes in levels.values() for node in nodes if node.id is not None)
        self.run("SELECT id FROM catalog_category WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [changed])
        for depth in sorted(levels):
            nodes = sorted(levels[depth], key=lambda node: (node.row or 0, node.name))
            self._update([node for node in nodes if node.id is not None])
            self._insert([node for node in nodes if node.id is None])

    def _insert(self, nodes: Sequence[Node]) -> None:
        for start in range(0, len(nodes), BLOCK):
            part = nodes[start : start + BLOCK]
            self.cursor.execute(
                "SELECT nextval(pg_get_serial_sequence('catalog_category', 'id')) FROM generate_series(1, %s)",
                [len(part)],
            )
            for node, (pk,) in zip(part, self.cursor.fetchall(), strict=True):
                node.id = pk
            self.run(
                """INSERT INTO catalog_category (id, parent_id, name, name_zh, position, number, path, created_at, updated_at)
                   SELECT *, '', now(), now()
                   FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::int[], %s::text[])""",
                _arrays(part),
            )

    def _update(self, nodes: Sequence[Node]) -> None:
        for start in range(0, len(nodes), BLOCK):
            self.run(
                """UPDATE catalog_category c SET parent_id = n.parent_id, name = n.name, name_zh = n.name_zh, position = n.position,
                          number = n.number, updated_at = now()
                   FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::int[], %s::text[])
                     n(id, parent_id, name, name_zh, position, number)
                   WHERE c.id = n.id""",
                _arrays(nodes[start : start + BLOCK]),
            )


def _shown(value: Any, *, is_new: bool) -> str:
    """A fact of a category as text: a parent by its path before or after."""
    if not isinstance(value, Node):
        return "" if value is None else str(value)
    return value.future_path() if is_new else value.path


def _arrays(nodes: Sequence[Node]) -> list[list[Any]]:
    return [
        [node.id for node in nodes],
        [node.parent.id if node.parent else None for node in nodes],
        [node.name for node in nodes],
        [node.name_zh for node in nodes],
        [node.position for node in nodes],
        [node.number for node in nodes],
    ]


upsert_categories = partial(carry_out, CategoryBatch)
