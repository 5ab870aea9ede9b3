"""Who has a record open: a sign of life every half minute, forgotten after two minutes without one. Nothing is locked."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, models
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from backoffice.models import Editing, User

ALIVE = timedelta(minutes=2)
KEPT = timedelta(hours=1)
OPENED = """
    WITH cleared AS (
        DELETE FROM backoffice_editing
        WHERE user_id = %(user)s AND seen_at < now() - %(kept)s AND NOT (subject_type = %(kind)s AND subject_id = %(key)s)
    ), mine AS (
        INSERT INTO backoffice_editing AS mine (subject_type, subject_id, user_id, opened_at, seen_at)
        VALUES (%(kind)s, %(key)s, %(user)s, now(), now())
        ON CONFLICT (subject_type, subject_id, user_id) DO UPDATE SET
            seen_at = now(),
            opened_at = CASE WHEN mine.seen_at < now() - %(alive)s THEN now() ELSE mine.opened_at END
    )
    SELECT coalesce(nullif(person.name, ''), person.email), theirs.opened_at
    FROM backoffice_editing AS theirs JOIN backoffice_user AS person ON person.id = theirs.user_id
    WHERE theirs.subject_type = %(kind)s AND theirs.subject_id = %(key)s
        AND theirs.user_id <> %(user)s AND theirs.seen_at > now() - %(alive)s
    ORDER BY theirs.opened_at
"""


@dataclass(frozen=True)
class Editor:
    """Somebody else who has the record open, and since when."""

    name: str
    since: datetime

    def __str__(self) -> str:
        local = timezone.localtime(self.since)
        short = "TIME_FORMAT" if local.date() == timezone.localdate() else "SHORT_DATETIME_FORMAT"
        return _("%(who)s has had this open since %(when)s.") % {
            "who": self.name,
            "when": formats.date_format(local, short),
        }


def opened(obj: models.Model, by: User, *, alive: timedelta = ALIVE) -> list[Editor]:
    """Note that `by` has `obj` open, and tell who else has; one statement. `alive`: for how long a sign of life counts."""
    facts = {"kind": obj._meta.label_lower, "key": obj.pk, "user": by.pk, "alive": alive, "kept": KEPT}
    with connection.cursor() as cursor:
        cursor.execute(OPENED, facts)
        return [Editor(name, since) for name, since in cursor.fetchall()]


def closed(obj: models.Model, by: User) -> None:
    """`by` is done with `obj`."""
    Editing.objects.filter(subject_type=obj._meta.label_lower, subject_id=obj.pk, user=by).delete()
