"""The verbs of reviews: submit, withdraw, approve, reject, comment."""

from collections.abc import Sequence
from datetime import datetime
from itertools import groupby
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition, NotAllowed, Stale
from backoffice.models import ContentStatus, Review, ReviewComment, ReviewState, User
from backoffice.publishing import registry, rows
from backoffice.publishing.errors import NothingToReview, NotPublishable
from backoffice.publishing.registry import Publishable
from backoffice.publishing.states import locked, refuse


@transaction.atomic
def submit(
    objects: Sequence[Any],
    *,
    by: User | None,
    note: str = "",
    publish_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> list[Review]:
    """Ask for the working copies of `objects`, all of one model, to be published; without REVIEW_REQUIRED they are at once.

    What is live and has no changes is left alone. Raises NotPublishable naming what is missing, NothingToReview, and
    IllegalTransition for what is archived or in review already.
    """
    if not objects:
        return []
    _check_times(publish_at, expires_at)
    publishable, found = locked(objects)
    refuse(
        IllegalTransition(obj, obj.get_status_display(), ContentStatus.IN_REVIEW.label)
        for obj in found
        if not obj.may_become(ContentStatus.IN_REVIEW)
    )
    wanted = found if publish_at or expires_at else _changed(publishable, found)
    _refuse_missing(publishable, wanted)
    waived = not settings.REVIEW_REQUIRED
    reviews = rows.submit(
        publishable.kind,
        [obj.pk for obj in wanted],
        by=by,
        note=note,
        publish_at=publish_at,
        expires_at=expires_at,
        waived=waived,
    )
    verb = "submitted" if not waived else _done(publish_at)
    audit.record_many(
        f"{publishable.name}.{verb}", wanted, by=by, reason=note, data={"waived": True} if waived else None
    )
    return list(Review.objects.filter(pk__in=reviews.values()).order_by("pk"))


def _check_times(publish_at: datetime | None, expires_at: datetime | None) -> None:
    if expires_at and expires_at <= timezone.now():
        raise ValidationError({"expires_at": _("This moment is over already.")})
    if expires_at and publish_at and expires_at <= publish_at:
        raise ValidationError({"expires_at": _("The content would expire before it is published.")})


def _changed(publishable: Publishable, objects: Sequence[Any]) -> list[Any]:
    same = rows.unchanged(publishable.kind, [obj.pk for obj in objects if obj.status == ContentStatus.PUBLISHED])
    changed = [obj for obj in objects if obj.pk not in same]
    if not changed:
        raise NothingToReview(
            [_("“%s” has no changes: what is live says the same.") % obj for obj in objects]
        )  # fmt: skip
    return changed


def _refuse_missing(publishable: Publishable, objects: Sequence[Any]) -> None:
    if sentences := list(publishable.missing(objects).values()):
        raise NotPublishable(sentences)


def _done(publish_at: datetime | None) -> str:
    return "published" if publish_at is None or publish_at <= timezone.now() else "scheduled"


def may_decide(user: User, review: Review) -> bool:
    """Whether `user` is one of those who decide, and has no part in what is reviewed."""
    return (
        user.has_perm(registry.of(review.subject_type).permission)
        and user.pk != review.requested_by_id
        and user.pk not in review.revision.authors
    )


@transaction.atomic
def withdraw(reviews: Sequence[Review], *, by: User, reason: str = "") -> list[Review]:
    """Take back what waits for a decision or for its time."""
    done = []
    for publishable, found, subjects in _locked_reviews(reviews):
        refuse(
            IllegalTransition(subjects[one.subject_id], one.get_state_display(), Review.State.WITHDRAWN.label)
            for one in found
            if not one.may_become(Review.State.WITHDRAWN)
        )
        rows.end_reviews(publishable.kind, [one.subject_id for one in found], Review.State.WITHDRAWN, reason)
        _tell(publishable, "withdrawn", found, subjects, by, reason)
        done += found
    return _again(done)


def approve(reviews: Sequence[Review], *, by: User, reason: str = "", at_once: bool = False) -> list[Review]:
    """Let what was submitted go live, at its time or `at_once`: all of `reviews` or none.

    Raises NotAllowed for what `by` requested or wrote, NotPublishable for what lacks something by now, and Stale for what
    was changed since; that review is void then.
    """
    with transaction.atomic():
        groups = _locked_reviews(reviews)
        overtaken = []
        for publishable, found, subjects in groups:
            _refuse_decision(found, subjects, by, Review.State.APPROVED)
            void = rows.stale(publishable.kind, [one.pk for one in found])
            overtaken += [subjects[one.subject_id] for one in found if one.pk in void]
            if void:
                keys = [one.subject_id for one in found if one.pk in void]
                rows.end_reviews(publishable.kind, keys, Review.State.VOID)
        if not overtaken:
            if at_once:
                _forget_times(groups)
            for publishable, found, subjects in groups:
                _approve(publishable, found, subjects, by, reason)
    if overtaken:
        raise Stale([_changed_since(subject) for subject in overtaken])
    return _again([one for _publishable, found, _subjects in groups for one in found])


def _forget_times(groups: Sequence[tuple[Publishable, list[Review], dict[int, Any]]]) -> None:
    """Whoever approves may let go live now what was asked for a later time."""
    chosen = [one for _publishable, found, _subjects in groups for one in found]
    Review.objects.filter(pk__in=[one.pk for one in chosen]).update(publish_at=None)
    for one in chosen:
        one.publish_at = None


def _changed_since(subject: Any) -> str:
    return _("“%s” was changed after it was submitted. It must be submitted again.") % subject


def _approve(publishable: Publishable, found: list[Review], subjects: dict[int, Any], by: User, reason: str) -> None:
    _refuse_missing(publishable, [subjects[one.subject_id] for one in found])
    now = timezone.now()
    refuse(
        ValidationError(_("“%s” would be published after it has expired. It must be submitted again.") % subjects[one.subject_id])
        for one in found
        if one.expires_at and one.expires_at <= now
    )  # fmt: skip
    Review.objects.filter(pk__in=[one.pk for one in found]).update(
        state=Review.State.APPROVED, decided_by=by, decided_at=now, reason=reason
    )
    _tell(publishable, "approved", found, subjects, by, reason)
    due = [one for one in found if one.publish_at is None or one.publish_at <= now]
    later = [one for one in found if one not in due]
    if due:
        rows.settle(publishable.kind, {one.subject_id: one.pk for one in due}, None)
        _tell(publishable, "published", due, subjects, by, "")
    if later:
        first = min(one.publish_at for one in later if one.publish_at)
        rows.settle(publishable.kind, {one.subject_id: one.pk for one in later}, first)
        _tell(publishable, "scheduled", later, subjects, by, "")


@transaction.atomic
def reject(reviews: Sequence[Review], *, by: User, reason: str) -> list[Review]:
    """Send what was submitted back to its authors. Raises ValidationError without a reason."""
    if not reason.strip():
        raise ValidationError({"reason": _("Say why, so that the authors know what to change.")})
    done = []
    for publishable, found, subjects in _locked_reviews(reviews):
        _refuse_decision(found, subjects, by, Review.State.REJECTED)
        now = timezone.now()
        Review.objects.filter(pk__in=[one.pk for one in found]).update(
            state=Review.State.REJECTED, decided_by=by, decided_at=now, ended_at=now, reason=reason.strip()
        )
        rows.end_reviews(publishable.kind, list(subjects), Review.State.WITHDRAWN)
        _tell(publishable, "rejected", found, subjects, by, reason.strip())
        done += found
    return _again(done)


@transaction.atomic
def comment(review: Review, *, by: User, text: str) -> ReviewComment:
    """Say something in a review."""
    if not text.strip():
        raise ValidationError({"text": _("The comment is empty.")})
    said = ReviewComment.objects.create(review=review, author=by, text=text.strip())
    publishable = registry.of(review.subject_type)
    for subject in publishable.model._default_manager.filter(pk=review.subject_id):
        audit.record(f"{publishable.name}.review_commented", subject, by=by, data={"review": review.pk})
    return said


def _locked_reviews(reviews: Sequence[Review]) -> list[tuple[Publishable, list[Review], dict[int, Any]]]:
    """By model: reviews and their subjects by key, locked and as they are now; subjects first, as everybody does."""
    groups = []
    of_kind = sorted(reviews, key=lambda one: one.subject_type)
    for kind, some in groupby(of_kind, lambda one: one.subject_type):
        chosen = list(some)
        publishable = registry.of(kind)
        manager: Any = publishable.model._default_manager
        subjects = {obj.pk: obj for obj in manager.locked().filter(pk__in=[one.subject_id for one in chosen])}
        found = list(Review.objects.locked().filter(pk__in=[one.pk for one in chosen]).select_related("revision"))
        groups.append((publishable, found, subjects))
    return groups


def _refuse_decision(found: Sequence[Review], subjects: dict[int, Any], by: User, wanted: ReviewState) -> None:
    refuse(
        Stale(_changed_since(subjects.get(one.subject_id, one)))
        if one.state == Review.State.VOID
        else IllegalTransition(subjects[one.subject_id], one.get_state_display(), wanted.label)
        for one in found
        if one.state != Review.State.OPEN
    )
    refuse(
        NotAllowed(_("“%s”: nobody decides on content that they wrote or submitted themselves. Ask a colleague.") % subjects[one.subject_id])
        for one in found
        if by.pk == one.requested_by_id or by.pk in one.revision.authors
    )  # fmt: skip


def _tell(
    publishable: Publishable, verb: str, found: Sequence[Review], subjects: dict[int, Any], by: User | None, reason: str
) -> None:
    audit.record_many(f"{publishable.name}.{verb}", [subjects[one.subject_id] for one in found], by=by, reason=reason)


def _again(reviews: Sequence[Review]) -> list[Review]:
    return list(Review.objects.filter(pk__in=[one.pk for one in reviews]).order_by("pk"))
