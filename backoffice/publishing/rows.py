"""The statements underneath, by keys: for files and for the demonstration shop, which know no single objects.

They write no audit. `kind` is a subject_type; whoever calls holds the locks that the SQL asks for, in a transaction.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import UniqueViolation

from backoffice.models import ContentStatus, Review, User
from backoffice.publishing import registry
from backoffice.publishing.announcing import announce_soon
from backoffice.publishing.errors import NotPublishable


def query(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return cursor.fetchall()


def lock(kind: str, keys: Sequence[int]) -> None:
    query("SELECT backoffice_lock_subjects(%s, %s)", [kind, list(keys)])


def submit(
    kind: str,
    keys: Sequence[int],
    *,
    by: User | None,
    note: str = "",
    publish_at: datetime | None = None,
    expires_at: datetime | None = None,
    waived: bool = False,
    authors: Sequence[int] | None = None,
) -> dict[int, int]:
    """Ask for a review of drafts and published rows without a pending one; returns review by key.

    `authors` are given where the caller knows them better than the row history. Waived, they go live when it is time.
    """
    facts = [
        kind,
        list(keys),
        by and by.pk,
        note,
        publish_at,
        expires_at,
        waived,
        None if authors is None else list(authors),
    ]
    found = dict(
        query("SELECT subject, review FROM backoffice_submit(%s, %s, %s, %s, %s, %s, %s, %s)", facts)
    )  # fmt: skip
    if waived:
        settle(kind, found, publish_at)
    return found


def settle(kind: str, reviews: dict[int, int], publish_at: datetime | None) -> bool:
    """Make approved reviews, given by the key of their subject, live, or let them wait for their time; whether they are live."""
    if publish_at is None or publish_at <= timezone.now():
        go_live(kind, list(reviews.values()))
        return True
    model: Any = registry.of(kind).model
    model.objects.filter(pk__in=list(reviews), status=ContentStatus.IN_REVIEW).update(
        status=ContentStatus.SCHEDULED, updated_at=timezone.now()
    )
    return False


def approve(kind: str, reviews: Sequence[int], *, by: User, reason: str = "") -> None:
    """Approve open reviews and make them live."""
    Review.objects.filter(pk__in=list(reviews)).open().update(
        state=Review.State.APPROVED, decided_by=by, decided_at=timezone.now(), reason=reason
    )
    go_live(kind, reviews)


def go_live(kind: str, reviews: Sequence[int]) -> None:
    """Make approved reviews live. Raises NotPublishable where another went live under the same address just now."""
    try:
        query("SELECT backoffice_go_live(%s, %s)", [kind, list(reviews)])
    except IntegrityError as error:
        if isinstance(error.__cause__, UniqueViolation):
            raise NotPublishable(
                _("Something else was published under this address just now. Give it another one.")
            ) from error
        raise
    announce_soon()


def take_down(kind: str, keys: Sequence[int]) -> list[int]:
    """Take what is live down; returns the keys of which something was."""
    announce_soon()
    return [key for (key,) in query("SELECT subject FROM backoffice_take_down(%s, %s)", [kind, list(keys)])]


def end_reviews(kind: str, keys: Sequence[int], state: str, reason: str = "") -> dict[int, int]:
    """Withdraw or void the pending reviews of these rows; returns review by key."""
    return dict(
        query("SELECT subject, review FROM backoffice_end_reviews(%s, %s, %s, %s)", [kind, list(keys), state, reason])
    )


def revive(kind: str, keys: Sequence[int]) -> int:
    """Put drafts back that were taken down and say what was approved still; returns how many."""
    [(count,)] = query("SELECT backoffice_revive(%s, %s)", [kind, list(keys)])
    return int(count)


def unchanged(kind: str, keys: Sequence[int]) -> set[int]:
    """Those of which the live version says just what the working copy says."""
    return {
        key
        for (key,) in query(
            """SELECT l.subject_id FROM backoffice_liveversion l JOIN backoffice_revision r ON r.id = l.revision_id
               JOIN backoffice_digests(%s, %s) d ON d.id = l.subject_id AND d.digest = r.digest
               WHERE l.subject_type = %s AND l.is_live""",
            [kind, list(keys), kind],
        )
    }


def stale(kind: str, reviews: Sequence[int]) -> set[int]:
    """Those of the reviews whose subject no longer says what was submitted."""
    return {
        key
        for (key,) in query(
            """SELECT v.id FROM backoffice_review v LEFT JOIN backoffice_digests(%s, (
                   SELECT array_agg(subject_id) FROM backoffice_review WHERE id = ANY(%s)
               )) d ON d.id = v.subject_id
               WHERE v.id = ANY(%s) AND d.digest IS DISTINCT FROM v.digest""",
            [kind, list(reviews), list(reviews)],
        )
    }
