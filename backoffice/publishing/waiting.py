"""Which reviews wait for whom."""

from typing import Any

from backoffice.models import Review, User
from backoffice.models.publishing import ReviewQuerySet
from backoffice.publishing import registry


def waiting_for(user: Any) -> ReviewQuerySet:
    """Open reviews that `user` may decide: of a kind that the user publishes, and neither requested nor written by the user."""
    decides = [one.kind for one in registry.kinds() if user.has_perm(one.permission)]
    return (
        Review.objects.visible_to(user)
        .open()
        .filter(subject_type__in=decides)
        .exclude(requested_by=user)
        .exclude(revision__authors__contains=[user.pk])
    )


def next_after(review: Review, user: User) -> Review | None:
    """The next one that waits for `user`, after the last one the first again."""
    rest = waiting_for(user).exclude(pk=review.pk).order_by("pk")
    return rest.filter(pk__gt=review.pk).first() or rest.first()
