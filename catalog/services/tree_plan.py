"""What a file of categories makes of the tree: which node each row is, where it goes, and what stands against it.

The tree and the rows are held in memory: trees are small where products are many.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from catalog.models import Category
from catalog.services.categories import SEPARATOR

NAME_LIMIT = 120
PATH_LIMIT = 600
TOP = frozenset(["", "0", "-1", "/"])  # how files call the place above all categories, where nothing has that number


@dataclass(eq=False)
class Node:
    """A category: one that exists, or with `id` None one that the file makes. `row` is the row that speaks of it."""

    name: str
    parent: Node | None = None
    id: int | None = None
    path: str = ""
    name_zh: str = ""
    position: int = 0
    number: str = ""
    row: int | None = None
    before: tuple[Node | None, str, str, int, str] | None = None

    def facts(self) -> tuple[Node | None, str, str, int, str]:
        return self.parent, self.name, self.name_zh, self.position, self.number

    @property
    def is_changed(self) -> bool:
        return self.before is not None and self.before != self.facts()

    @property
    def is_moved(self) -> bool:
        """Whether its path changes."""
        return self.before is not None and self.before[:2] != (self.parent, self.name)

    def take_back(self) -> None:
        """Be again what it was before the file."""
        if self.before is not None:
            self.parent, self.name, self.name_zh, self.position, self.number = self.before

    def ancestors(self) -> Iterator[Node]:
        """From the parent upwards; ends where it would come round."""
        seen, node = {self}, self.parent
        while node is not None and node not in seen:
            yield node
            seen.add(node)
            node = node.parent

    def future_path(self) -> str:
        return SEPARATOR.join([*(node.name for node in reversed(list(self.ancestors()))), self.name])


@dataclass(eq=False)
class Row:
    """A row of the file; None in an optional cell means that the file does not say."""

    row: int
    number: str
    path: str
    name: str
    name_zh: str | None
    parent: str | None
    position: int | None
    node: Node | None = None
    above: Any = None  # the Row or Node that it stands below, None for the top

    @property
    def last(self) -> str:
        return self.name or self.path.rpartition(SEPARATOR)[2]


@dataclass
class Plan:
    """`problems` are (row, column, value, code, parameters of the sentence)."""

    nodes: list[Node] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    problems: list[tuple[int, str, str, str, dict[str, Any]]] = field(default_factory=list)
    refused: set[int] = field(default_factory=set)

    def refuse(self, row: Row, column: str, value: str, code: str, /, **params: Any) -> None:
        if row.row not in self.refused:
            self.problems.append((row.row, column, value, code, params))
            self.refused.add(row.row)


class Planner:
    def __init__(self, rows: Sequence[Row], refused: Iterable[int] = (), *, may_add: bool = True) -> None:
        self.may_add = may_add
        self.plan = Plan(rows=list(rows), refused=set(refused))
        self.nodes = self.plan.nodes = _known()
        self.by_path = {node.path.lower(): node for node in self.nodes}
        self.by_name = _grouped(self.nodes, lambda node: node.name.lower())
        self.by_number = _grouped([node for node in self.nodes if node.number], lambda node: node.number)
        self.below = {(node.parent, node.name.lower()): node for node in self.nodes}
        self.order: list[Row] = []

    def make(self) -> Plan:
        """Find the node of every row, parents first, then look at the tree as a whole."""
        rows = [row for row in self.plan.rows if self._says_which(row)]
        self._index(rows)
        waiting: dict[Row, list[Row]] = {}
        ready = deque(row for row in rows if self._find_parent(row, waiting))
        while ready:
            row = ready.popleft()
            self._settle(row)
            ready.extend(waiting.pop(row, ()))
        self._refuse_unsettled([row for followers in waiting.values() for row in followers])
        while self._refuse_wrong():
            pass  # what was refused stays where it was, which others may not go together with
        return self.plan

    # --- Rows and their parents -----------------------------------------------------------------

    def _says_which(self, row: Row) -> bool:
        if row.path or row.name:
            return True
        self.plan.refuse(row, "name", "", "key_missing")
        return False

    def _index(self, rows: Sequence[Row]) -> None:
        self.row_by_number: dict[str, Row] = {}
        self.row_by_path: dict[str, Row] = {}
        self.rows_by_name: dict[str, list[Row]] = {}
        for row in rows:
            first = self.row_by_number.setdefault(row.number, row) if row.number else row
            if first is not row:
                self.plan.refuse(row, "number", row.number, "number_twice", row=first.row)
            if row.path:
                row.path = self._split(row.path)
                self.row_by_path.setdefault(row.path.lower(), row)
            self.rows_by_name.setdefault(row.last.lower(), []).append(row)

    def _split(self, path: str) -> str:
        """The path with Houtai's separator; a category may have a ">" in its name."""
        if SEPARATOR in path or path.lower() in self.by_path:
            return path
        return SEPARATOR.join(part.strip() for part in path.split(">") if part.strip())

    def _find_parent(self, row: Row, waiting: dict[Row, list[Row]]) -> bool:
        """Find what the row stands below. False where that is a row whose node has to be found first, or not known."""
        try:
            row.above = self._above(row)
        except LookupError as refusal:
            self.plan.refuse(row, "parent", row.parent or "", str(refusal.args[0]), value=row.parent, name=row.last)
            return False
        if isinstance(row.above, Row):
            waiting.setdefault(row.above, []).append(row)
            return False
        return True

    def _above(self, row: Row) -> Row | Node | None:
        """Raises LookupError with the code of what stands against it."""
        text = (row.parent or "").strip()
        prefix = row.path.rpartition(SEPARATOR)[0]
        known = self.by_path.get(row.path.lower()) if row.path else None
        if row.path and (not text or (prefix and _same(text, prefix))):
            return known.parent if known is not None else self._prefix(prefix)
        if text in self.row_by_number:
            return self.row_by_number[text]
        return None if text in TOP else self._named(row, text)

    def _prefix(self, prefix: str) -> Row | Node | None:
        """What the path of a new category says it stands below; what is missing of it is made."""
        return (self.row_by_path.get(prefix.lower()) or self._made(prefix)) if prefix else None

    def _made(self, path: str) -> Node:
        known = self.by_path.get(path.lower())
        if known is None:
            prefix, _separator, name = path.rpartition(SEPARATOR)
            known = self._new(name, self._made(prefix) if prefix else None)
            self.by_path[path.lower()] = known
        return known

    def _named(self, row: Row, text: str) -> Row | Node:
        """The one category that `text` names by its path or its name, in the file or else in the tree, or by a number there."""
        key = self._split(text).lower()
        name = key.rpartition(SEPARATOR)[2]
        rows = {self._chain(other): other for other in reversed(self.rows_by_name.get(name, []))}
        if key in rows or key in self.by_path:
            found: list[Row | Node] = [rows.get(key) or self.by_path[key]]
        elif key == name:
            found = [other for other in rows.values() if other is not row]
            found = found if found else list(self.by_name.get(name, []))
        else:
            found = []
        if not found and row in rows.values():
            found = [row]
        found = found or list(self.by_number.get(text, []))
        if len(found) != 1 or found[0] is row:
            raise LookupError("ring" if found == [row] else "ambiguous" if found else "unknown")
        return found[0]

    def _chain(self, row: Row) -> str:
        """The path of a row as the file gives it, in small letters."""
        names: list[str] = []
        seen: set[Row] = set()
        current: Row | None = row
        while current is not None and current not in seen:
            seen.add(current)
            if current.path:
                names.append(current.path.lower())
                break
            names.append(current.last.lower())
            parent = (current.parent or "").strip()
            current = self.row_by_number.get(parent) or next(iter(self.rows_by_name.get(parent.lower(), [])), None)
            if current is None and parent not in TOP:
                names.append(parent.lower())
        return SEPARATOR.join(reversed(names))

    def _refuse_unsettled(self, rows: Sequence[Row]) -> None:
        """Rows whose parent was never found: those of a ring, and what hangs on it or on a refused row."""
        refused = set(self.plan.refused)
        for row in sorted(rows, key=lambda row: row.row):
            seen: list[Row] = []
            above = row.above
            while isinstance(above, Row) and above is not row and above not in seen and above.row not in refused:
                seen.append(above)
                above = above.above
            if above is row:
                self.plan.refuse(row, "parent", row.parent or row.path, "ring", name=row.last)
            else:
                self.plan.refuse(row, "parent", row.parent or row.path, "refers_to_refused", row=row.above.row)

    # --- Nodes ----------------------------------------------------------------------------------

    def _new(self, name: str, parent: Node | None) -> Node:
        node = Node(name, parent)
        self.nodes.append(node)
        self.below.setdefault((parent, name.lower()), node)
        return node

    def _settle(self, row: Row) -> None:
        """Find or make the node of a row whose parent is known, and write into it what the row says."""
        parent = row.above.node if isinstance(row.above, Row) else row.above
        node = self.by_path.get(row.path.lower()) if row.path else None
        if node is not None and node.row is None:
            node.parent = parent
            node.name = row.name or node.name
        elif node is None:
            node = self.below.get((parent, row.last.lower())) or self._new(row.last, parent)
        row.node = node
        if node.row is not None:
            self.plan.refuse(row, "name", row.path or row.name, "key_twice", row=node.row)
            return
        node.row = row.row
        if row.path:
            self.by_path.setdefault(row.path.lower(), node)
        if row.name_zh is not None:
            node.name_zh = row.name_zh
        if row.position is not None:
            node.position = row.position
        node.number = row.number or node.number
        self.order.append(row)
        if row.row in self.plan.refused:
            node.take_back()

    # --- The tree as a whole --------------------------------------------------------------------

    def _refuse_wrong(self) -> bool:
        """One look at the whole tree; whether anything was refused."""
        before = len(self.plan.refused)
        self._check_rights()
        for row, node in self._settled():
            if node.is_moved and _comes_round(node):
                self._refuse(row, node, "parent", row.parent or "", "ring", name=node.path)
        self._check_names()
        self._refuse_followers()
        return len(self.plan.refused) > before

    def _refuse(self, row: Row, node: Node, column: str, value: str, code: str, /, **params: Any) -> None:
        self.plan.refuse(row, column, value, code, **params)
        node.take_back()

    def _check_rights(self) -> None:
        if not self.may_add:
            for row, node in self._settled():
                if node.id is None or any(above.id is None for above in node.ancestors()):
                    self._refuse(row, node, "name", row.path or row.name, "may_not_add")

    def _check_names(self) -> None:
        """Names and paths that the table would refuse."""
        settled = list(self._settled())
        touched = {node for _row, node in settled if node.id is None or node.is_moved}
        stay = (node for node in self.nodes if node not in touched and (node.id is not None or node.row is None))
        taken = {(node.parent, node.name.lower()): node for node in stay}
        for row, node in settled:
            if node not in touched:
                continue
            if taken.setdefault((node.parent, node.name.lower()), node) is not node:
                self._refuse(row, node, "name", node.name, "taken")
            else:
                self._check_length(row, node)

    def _check_length(self, row: Row, node: Node) -> None:
        path = node.future_path()
        longest = max(len(part) for part in path.split(SEPARATOR))
        length = len(path) + self._longest_below(node)
        if SEPARATOR in node.name:
            self._refuse(row, node, "name", node.name, "not_plain")
        elif longest > NAME_LIMIT:
            self._refuse(row, node, "name", node.name, "name_long", length=longest, limit=NAME_LIMIT)
        elif length > PATH_LIMIT:
            self._refuse(row, node, "parent", row.parent or "", "path_long", length=length, limit=PATH_LIMIT)

    def _longest_below(self, node: Node) -> int:
        """How much longer than its own the longest path below a moved category is."""
        if not node.is_moved:
            return 0
        start = node.path.lower() + SEPARATOR
        own = len(node.path)
        return max((len(other.path) - own for other in self.nodes if other.path.lower().startswith(start)), default=0)

    def _refuse_followers(self) -> None:
        """What stands below a new category that is refused is refused too."""
        for row, node in self._settled():
            wrong = next((a.row for a in node.ancestors() if a.id is None and a.row in self.plan.refused), None)
            if wrong is not None:
                self._refuse(row, node, "parent", row.parent or row.path, "refers_to_refused", row=wrong)

    def _settled(self) -> Iterator[tuple[Row, Node]]:
        """Rows that are not refused, with their nodes."""
        return ((row, row.node) for row in self.order if row.node is not None and row.row not in self.plan.refused)


def _same(text: str, path: str) -> bool:
    """Whether `text` names the category of `path`, by its path or by its name alone."""
    return text.lower() in (path.lower(), path.rpartition(SEPARATOR)[2].lower())


def _comes_round(node: Node) -> bool:
    """Whether the way up from a category leads back to it."""
    seen: set[Node] = set()
    above = node.parent
    while above is not None and above is not node and above not in seen:
        seen.add(above)
        above = above.parent
    return above is node


def _known() -> list[Node]:
    """The tree as it is."""
    nodes: dict[int, Node] = {}
    parents: dict[int, int | None] = {}
    for pk, parent, name, name_zh, path, position, number in Category.objects.order_by("path").values_list(
        "pk", "parent", "name", "name_zh", "path", "position", "number"
    ):
        nodes[pk] = Node(name, None, pk, path, name_zh, position, number)
        parents[pk] = parent
    for pk, node in nodes.items():
        parent = parents[pk]
        node.parent = nodes[parent] if parent else None
        node.before = node.facts()
    return list(nodes.values())


def _grouped(nodes: Iterable[Node], key: Callable[[Node], str]) -> dict[str, list[Node]]:
    groups: dict[str, list[Node]] = {}
    for node in nodes:
        groups.setdefault(key(node), []).append(node)
    return groups
