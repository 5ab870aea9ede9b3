"""Many products at once: rows are staged by COPY, checked and compared set-wise, and written in a few statements.

A row of `upsert_products` is `(row number, problems found while reading, *values of columns)`. The first row of a handle
carries the product; every row may carry a variant and pictures. What is absent from `columns` is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from django.db import connection, transaction

from backoffice.models import User
from backoffice.resources import Outcome
from catalog.services.upsert.columns import STAGED, WITHOUT_LIMIT
from catalog.services.upsert.writing import Batch, ensure_categories

LOCK = "import:products"


def upsert_products(
    rows: Iterable[Sequence[Any]],
    *,
    columns: Sequence[str],
    by: User | None,
    dry_run: bool = False,
    partial: bool = False,
    on_refused: Callable[[Iterator[dict[str, Any]]], None] | None = None,
) -> Outcome:
    """Create and change products, variants and pictures; all rows or none unless `partial`; `dry_run` only compares.

    `on_refused` gets every refusal, in row order, before the staging is gone. `by` None is the operator of the machine.
    Raises IntegrityError when another writer made a row impossible between check and write.
    """
    unknown = set(columns) - set(STAGED)
    if unknown:
        raise ValueError(f"unknown columns: {', '.join(sorted(unknown))}")
    with transaction.atomic(), connection.cursor() as cursor:
        batch = Batch(cursor, columns, by, dry_run=dry_run)
        if not dry_run:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])
        batch.stage(rows)
        batch.compare()
        batch.check()
        outcome = batch.outcome()
        if on_refused is not None:
            on_refused(batch.problems(errors=True))
        if not dry_run and (partial or not outcome.refused):
            batch.write()
            outcome.applied = True
        batch.clear()
    return outcome


__all__ = ["STAGED", "WITHOUT_LIMIT", "ensure_categories", "upsert_products"]
