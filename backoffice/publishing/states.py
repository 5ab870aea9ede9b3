"""The verbs of working copies: capture, unpublish, archive, reopen, restore."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition
from backoffice.models import ContentStatus, LiveVersion, Revision, User
from backoffice.publishing import registry, rows
from backoffice.publishing.registry import Publishable


def locked(objects: Sequence[Any]) -> tuple[Publishable, list[Any]]:
    """The registration of `objects`, all of one model, and their rows, locked and as they are now."""
    publishable = registry.of(objects[0])
    manager: Any = publishable.model._default_manager
    return publishable, list(manager.locked().filter(pk__in=[obj.pk for obj in objects]))


def refuse(errors: Iterable[ValidationError]) -> None:
    """Raise the one error, or all of them together."""
    found = list(errors)
    if len(found) == 1:
        raise found[0]
    if found:
        raise ValidationError(found)


@transaction.atomic
def capture(objects: Sequence[Any], *, by: User | None, note: str = "") -> list[Revision]:
    """Keep the content of `objects`, all of one model, as revisions; where the last one says the same, that is it."""
    if not objects:
        return []
    publishable, found = locked(objects)
    keys = [obj.pk for obj in found]
    made = rows.query(
        "SELECT revision FROM backoffice_capture(%s, %s, %s, %s)", [publishable.kind, keys, by and by.pk, note]
    )
    return list(Revision.objects.filter(pk__in=[key for (key,) in made]))


def has_changes(obj: Any) -> bool:
    """Whether something of `obj` is live and says something else than the working copy."""
    return LiveVersion.objects.live().about(obj).filter(has_changes=True).exists()


@transaction.atomic
def unpublish(objects: Sequence[Any], *, by: User | None, reason: str = "") -> list[Any]:
    """Take what is live of `objects` down; the others stay as they are. Returns those that were."""
    if not objects:
        return []
    publishable, found = locked(objects)
    return _take_down(publishable, found, by=by, reason=reason)


def _take_down(
    publishable: Publishable, found: Sequence[Any], *, by: User | None, reason: str, verb: str = "unpublished"
) -> list[Any]:
    down = set(rows.take_down(publishable.kind, [obj.pk for obj in found]))
    taken = [obj for obj in found if obj.pk in down]
    for obj in taken:
        obj.status = ContentStatus.DRAFT if obj.status == ContentStatus.PUBLISHED else obj.status
    audit.record_many(f"{publishable.name}.{verb}", taken, by=by, reason=reason)
    return taken


@transaction.atomic
def archive(objects: Sequence[Any], *, by: User, reason: str = "") -> list[Any]:
    """Put `objects` away; what is live of them is taken down. Raises IllegalTransition for what is in review."""
    if not objects:
        return []
    publishable, found = locked(objects)
    found = [obj for obj in found if obj.status != ContentStatus.ARCHIVED]
    _must_become(found, ContentStatus.ARCHIVED)
    _take_down(publishable, [obj for obj in found if obj.status == ContentStatus.PUBLISHED], by=by, reason=reason)
    return _move(publishable, found, ContentStatus.ARCHIVED, "archived", by, reason)


@transaction.atomic
def reopen(objects: Sequence[Any], *, by: User, reason: str = "") -> list[Any]:
    """Make drafts again of archived `objects`."""
    if not objects:
        return []
    publishable, found = locked(objects)
    found = [obj for obj in found if obj.status == ContentStatus.ARCHIVED]
    return _move(publishable, found, ContentStatus.DRAFT, "reopened", by, reason)


def _must_become(objects: Iterable[Any], status: ContentStatus) -> None:
    refuse(
        IllegalTransition(obj, obj.get_status_display(), status.label) for obj in objects if not obj.may_become(status)
    )


def _move(
    publishable: Publishable, objects: list[Any], status: ContentStatus, verb: str, by: User, reason: str
) -> list[Any]:
    manager: Any = publishable.model._default_manager
    manager.filter(pk__in=[obj.pk for obj in objects]).update(status=status, updated_at=timezone.now())
    for obj in objects:
        obj.status = status
    audit.record_many(f"{publishable.name}.{verb}", objects, by=by, reason=reason)
    return objects


@transaction.atomic
def restore(revision: Revision, *, by: User) -> Revision:
    """Give the working copy the content of `revision`, which becomes the newest revision. What is live stays.

    Raises ValidationError where it cannot be had again exactly, as without a category that it names.
    """
    publishable = registry.of(revision.subject_type)
    manager: Any = publishable.model._default_manager
    obj = manager.locked().filter(pk=revision.subject_id).first()
    if obj is None:
        raise ValidationError(_("What this revision is about no longer exists."))
    publishable.restore(obj, revision.content, by=by)
    [now] = capture([obj], by=by, note=_("Revision %s restored") % revision.number)
    if now.digest != revision.digest:
        raise ValidationError(_("Revision %s cannot be restored exactly as it was.") % revision.number)
    obj.refresh_from_db()
    audit.record(f"{publishable.name}.revision_restored", obj, by=by, data={"revision": revision.number})
    return now
