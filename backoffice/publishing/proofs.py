"""Proofs that what is public was approved, and that statuses, reviews and live versions agree."""

# The statements are put together from the names of registered tables and never from input.
# ruff: noqa: S608

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _

from backoffice.models import User
from backoffice.publishing import registry
from backoffice.verification import Result, check, compare

UNAPPROVED = """
    SELECT l.subject_type, l.subject_id FROM backoffice_liveversion l
    JOIN backoffice_revision r ON r.id = l.revision_id JOIN backoffice_review v ON v.id = l.review_id
    WHERE l.is_live AND (v.state <> 'published' OR v.revision_id <> r.id OR v.digest <> r.digest OR l.content <> r.content
        OR backoffice_digest(l.content) <> r.digest OR NOT (v.waived OR v.decided_by_id IS NOT NULL)
        OR v.decided_by_id = ANY(r.authors))
"""
DISAGREEING = """
    SELECT '{kind}', coalesce(t.id, s.id), coalesce(t.status, 'no record'), s.live, s.state
    FROM {table} t FULL JOIN (
        SELECT subject_id AS id, bool_or(live) AS live, max(state) AS state FROM (
            SELECT subject_id, is_live AS live, NULL AS state FROM backoffice_liveversion WHERE subject_type = '{kind}' AND is_live
            UNION ALL
            SELECT subject_id, NULL, state FROM backoffice_review WHERE subject_type = '{kind}' AND state IN ('open', 'approved')
        ) x GROUP BY 1
    ) s ON s.id = t.id
    WHERE t.id IS NULL OR (t.status, coalesce(s.live, false), coalesce(s.state, '')) NOT IN (
        ('draft', false, ''), ('archived', false, ''), ('published', true, ''), ('in_review', false, 'open'),
        ('in_review', true, 'open'), ('scheduled', false, 'approved'), ('scheduled', true, 'approved'))
"""
UNSEEN = """
    SELECT l.subject_type, l.subject_id FROM backoffice_liveversion l JOIN backoffice_revision r ON r.id = l.revision_id
    LEFT JOIN {table}_contents((
        SELECT array_agg(subject_id) FROM backoffice_liveversion WHERE subject_type = '{kind}' AND is_live
    )) c ON c.id = l.subject_id
    WHERE l.subject_type = '{kind}' AND l.is_live AND NOT l.has_changes
      AND (c.content IS NULL OR backoffice_digest(c.content) <> r.digest)
"""
LIVE = "SELECT count(*) FROM backoffice_liveversion WHERE is_live"


def _for_each(statement: str) -> str:
    parts = [
        statement.format(kind=publishable.kind, table=publishable.model._meta.db_table)
        for publishable in registry.kinds()
    ]
    return " UNION ALL ".join(f"({part})" for part in parts)


@check("live_versions")
def live_versions() -> Result:
    return compare(checked=LIVE, wrong=UNAPPROVED, say=_say_unapproved)


def _say_unapproved(row: Sequence[Any]) -> str:
    return _("%(kind)s %(key)s: what is public was not approved") % {"kind": row[0], "key": row[1]}


@check("publishing_states")
def publishing_states() -> Result:
    tables = [f"(SELECT count(*) FROM {publishable.model._meta.db_table})" for publishable in registry.kinds()]
    return compare(checked=f"SELECT {' + '.join(tables)}", wrong=_for_each(DISAGREEING), say=_say_state)


def _say_state(row: Sequence[Any]) -> str:
    return _("%(kind)s %(key)s: status %(status)s, live %(live)s, review %(review)s") % {
        "kind": row[0],
        "key": row[1],
        "status": row[2],
        "live": bool(row[3]),
        "review": row[4] or "–",
    }


def mark_unseen(by: User | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE backoffice_liveversion l SET has_changes = true FROM ({_for_each(UNSEEN)}) u"
            " WHERE (l.subject_type, l.subject_id) = (u.subject_type, u.subject_id)"
        )


@check("unpublished_changes", repair=mark_unseen)
def unpublished_changes() -> Result:
    return compare(checked=LIVE, wrong=_for_each(UNSEEN), say=_say_unseen)


def _say_unseen(row: Sequence[Any]) -> str:
    return _("%(kind)s %(key)s has changes that are not marked") % {"kind": row[0], "key": row[1]}
