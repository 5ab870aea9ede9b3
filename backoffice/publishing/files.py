"""The status column of files: `published` asks for a review, `draft` and `archived` take down what is public.

A batch (`backoffice.imports.batch`) whose rows are published calls `settle_rights` when they are staged, `say_submitted` when
they are compared, `leave` before it writes and `submit` after.
"""

# The statements are put together from constants of our own modules and never from input.

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from backoffice.imports.batch import Batch, may
from backoffice.publishing import registry, rows

WANTED = "('published', 'in_review', 'scheduled')"
STANDING = WANTED


def status(own: str) -> str:
    """SQL of the status that the staged row `s` leads to, where it is `own` now; one that waits or is public stays."""
    return (
        f"CASE WHEN s.status IN {WANTED} THEN CASE WHEN {own} IN {STANDING} THEN {own} ELSE 'in_review' END"
        f" ELSE coalesce(nullif(s.status, ''), {own}) END"
    )


def settle_rights(batch: Batch, kind: str, sentence: str) -> None:
    """Whoever may not publish takes nothing down and archives nothing: their rows keep the status, which `sentence` says."""
    if "status" not in batch.present or may(batch.by, registry.of(kind).permission):
        return
    if batch.run("UPDATE import_stage SET status = NULL WHERE status IN ('draft', 'archived')"):
        batch.notes.append(sentence)


def say_submitted(batch: Batch, source: str) -> None:
    """Tell how many of the rows that `source` (FROM and WHERE) names will be submitted."""
    batch.cursor.execute(f"SELECT count(*) {source}")
    [count] = batch.cursor.fetchone()
    if count and settings.REVIEW_REQUIRED:
        batch.notes.append(
            ngettext(
                "%(count)s record is submitted for review: a file publishes nothing by itself.",
                "%(count)s records are submitted for review: a file publishes nothing by itself.",
                count,
            )
            % {"count": count}
        )
    elif count:
        batch.notes.append(
            ngettext("%(count)s record is published at once.", "%(count)s records are published at once.", count)
            % {"count": count}
        )


def leave(batch: Batch, kind: str, source: str) -> None:
    """Take down the rows whose keys `source` selects, and withdraw their reviews; they are locked."""
    if keys := _keys(batch, source):
        rows.end_reviews(kind, keys, "withdrawn", _("By an import"))
        rows.take_down(kind, keys)


def submit(batch: Batch, kind: str, new: str, known: str) -> None:
    """Submit the rows whose keys are selected: new ones, which nobody but the importer has written, and others."""
    if keys := _keys(batch, new):
        _submit(batch, kind, keys, [] if batch.by is None else [batch.by.pk])
    if keys := _keys(batch, known):
        rows.lock(kind, keys)
        _submit(batch, kind, keys, None)


def _submit(batch: Batch, kind: str, keys: list[int], authors: list[int] | None) -> None:
    rows.submit(kind, keys, by=batch.by, waived=not settings.REVIEW_REQUIRED, authors=authors)


def _keys(batch: Any, source: str) -> list[int]:
    batch.cursor.execute(source)
    return [key for (key,) in batch.cursor.fetchall()]
