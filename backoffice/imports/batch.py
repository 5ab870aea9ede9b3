"""The engine of every service that takes many rows: they are staged by COPY, compared and checked set-wise, and written
in a few statements.

A row is `(row number, problems found while reading, *values of columns)`, or comes in a Block that is written already. What is absent from `columns` is kept.
A module subclasses `Batch`, or `TableBatch` where one row is one record, and its service is one call of `carry_out`.
"""

# The statements are put together from the constants of our own classes and never from input.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db import connection, transaction

from backoffice.imports.copying import Block, blocks, encode_json, encoder
from backoffice.imports.findings import FINDINGS, Findings
from backoffice.models import ImportRun, User
from backoffice.resources import Outcome

BIG = 2000  # rows from which on the planner is told to expect many
SAMPLE = 10  # statistics target of the temporary tables; the sample has 300 times as many rows

Rows = Iterable[Sequence[Any] | Block]
OnRefused = Callable[[Iterator[dict[str, Any]]], None]


@dataclass(frozen=True)
class Staged:
    """A staged column: its type; what it makes of an existing row `t` and of a new one, `s` being the staged row.

    `{0}` in the expressions is the name of the staged column; `column` that of the table where it is another.
    """

    type: str
    table: str = ""
    update: str = ""
    insert: str = ""
    column: str = ""

    def updating(self, name: str) -> str:
        return self.update.replace("{0}", name)

    def inserting(self, name: str) -> str:
        return self.insert.replace("{0}", name)


def may(by: User | None, permission: str) -> bool:
    """Whether the person may; None is the operator of the machine."""
    return by is None or by.has_perm(permission)


class Batch(Findings):
    """One file in temporary tables: import_stage holds its rows, import_problem what stands against them.

    A subclass finds out in `compare` what each row would be, in `find_problems` what is wrong, tells of it by `records`
    and `changes`, and writes in `write`.
    """

    resource: ClassVar[str] = ""
    staged: Mapping[str, Staged] = {}
    tables: ClassVar[tuple[str, ...]] = ()

    def __init__(self, cursor: Any, columns: Sequence[str], by: User | None, *, dry_run: bool = False) -> None:
        unknown = set(columns) - set(self.staged)
        if unknown:
            raise ValueError(f"unknown columns: {', '.join(sorted(unknown))}")
        self.cursor = cursor
        self.by = by
        self.dry_run = dry_run
        self.columns = list(columns)
        self.present = set(columns)
        self.notes: list[str] = []
        self.count = 0

    def joined(self) -> Sequence[str]:
        """Staged columns by which rows are joined or grouped."""
        raise NotImplementedError

    def compare(self) -> None:
        """Find what each row is: new, changed or as it was."""
        raise NotImplementedError

    def write(self) -> None:
        """Insert and update what is not refused."""
        raise NotImplementedError

    def stage(self, rows: Rows) -> None:
        self.clear()
        types = ", ".join(f"{name} {staged.type}" for name, staged in self.staged.items())
        self.run(f"CREATE TEMP TABLE import_stage (row int NOT NULL, problems jsonb, {types}) ON COMMIT DROP")
        names = ", ".join(["row", "problems", *self.columns])
        encoders: list[Callable[[Any], str]] = [
            str,
            encode_json,
            *(encoder(self.staged[name].type) for name in self.columns),
        ]
        with self.cursor.copy(f"COPY import_stage ({names}) FROM STDIN") as copy:
            for block in blocks(rows, encoders):
                copy.write(block.text)
                self.count += block.count
        if self.count > BIG:
            self.run("SET LOCAL work_mem = '128MB'")
        # A small sample is enough to tell the planner how many rows there are.
        self.run(f"SET LOCAL default_statistics_target = {SAMPLE}")
        self.run(f"ANALYZE import_stage ({', '.join(['row', *self.joined()])})")

    def clear(self) -> None:
        self.run(f"DROP TABLE IF EXISTS {', '.join(('import_stage', *self.tables, *FINDINGS))}")

    def write_all(self) -> None:
        """Write, with the planner told how much."""
        if self.count > BIG:
            # The history triggers join old and new rows; without statistics they would do it row by row.
            self.run("SET LOCAL enable_nestloop = off")
            self.run("SET LOCAL plan_cache_mode = force_custom_plan")
            self.run("SET LOCAL gin_pending_list_limit = '256MB'")
        self.write()
        if self.count > BIG:
            self.run("SET LOCAL enable_nestloop = on")
            # The foreign keys are checked row by row at the end, each by a plan that must not be made anew.
            self.run("SET LOCAL plan_cache_mode = auto")

    def keep_plans(self) -> None:
        """For writing by many short statements, as triggers and functions for single rows have: planning each anew is ruinous."""
        self.run("SET LOCAL plan_cache_mode = DEFAULT")
        self.run("SET LOCAL enable_nestloop = DEFAULT")

    def lock(self, table: str, source: str) -> None:
        """Lock the rows of `table` that are changed in `source`, in the order everybody locks them in."""
        self.run(
            f"""SELECT count(*) FROM (
                    SELECT FROM {table} WHERE id IN (SELECT id FROM {source} WHERE changed) ORDER BY id FOR NO KEY UPDATE
                ) locked"""
        )

    def analyze(self, table: str, added: int) -> None:
        """Tell the planner when `table`, to which so many rows were added, is much larger than it knows.

        What changed in rows that were there can wait for autovacuum.
        """
        if added <= BIG:
            return
        self.cursor.execute("SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = %s::regclass", [table])
        if added > 0.1 * self.cursor.fetchone()[0]:
            self.run("SET LOCAL default_statistics_target = DEFAULT")
            self.run(f"ANALYZE {table}")


def carry_out(
    kind: type[Batch],
    rows: Rows,
    *,
    columns: Sequence[str],
    by: User | None,
    dry_run: bool = False,
    partial: bool = False,
    on_refused: OnRefused | None = None,
    run: ImportRun | None = None,
) -> Outcome:
    """Create and change what the rows say; all of them or none unless `partial`; `dry_run` only compares.

    `on_refused` gets every refusal, in row order, before the staging is gone; what became of each row is kept with `run`.
    `by` None is the operator of the machine.
    Raises IntegrityError when another writer made a row impossible between check and write.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        batch = kind(cursor, columns, by, dry_run=dry_run)
        # A server that no one listens to any more stops by itself.
        cursor.execute("SET LOCAL client_connection_check_interval = '2s'")
        if not dry_run:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"import:{kind.resource}"])
        batch.stage(rows)
        batch.compare()
        batch.check()
        outcome = batch.outcome()
        if run is not None:
            batch.keep(run)
        if on_refused is not None:
            on_refused(batch.problems(errors=True))
        if not dry_run and (partial or not outcome.refused):
            batch.write_all()
            outcome.applied = True
        batch.clear()
    return outcome
