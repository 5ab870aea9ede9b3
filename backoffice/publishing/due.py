"""What happens by the clock: scheduled reviews are published, live versions expire."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from backoffice import audit
from backoffice.models import ContentStatus, LiveVersion, Review
from backoffice.publishing import registry, rows
from backoffice.publishing.registry import Publishable

AT_ONCE = 1000


@dataclass
class Due:
    """How many went live, were taken down, and lost their approval because they no longer are what was approved."""

    published: int = 0
    expired: int = 0
    void: int = 0


def publish_due(now: datetime | None = None) -> Due:
    """Publish what is approved for `now` or before, and take down what has expired.

    Each thousand is one transaction. Rows that somebody else holds, another worker included, wait for the next call.
    """
    now = now or timezone.now()
    done = Due()
    for publishable in registry.kinds():
        last = 0
        while keys := _next(Review.objects.due(now), publishable, last):
            last = keys[-1]
            with transaction.atomic():
                _publish(publishable, keys, now, done)
        last = 0
        while keys := _next(LiveVersion.objects.over(now), publishable, last):
            last = keys[-1]
            with transaction.atomic():
                _expire(publishable, keys, now, done)
    return done


def _next(queryset: Any, publishable: Publishable, last: int) -> list[int]:
    wanted = queryset.filter(subject_type=publishable.kind, subject_id__gt=last).order_by("subject_id")
    return list(wanted.values_list("subject_id", flat=True)[:AT_ONCE])


def _free(publishable: Publishable, keys: list[int]) -> dict[int, Any]:
    """Those of the rows that nobody else holds, locked."""
    manager: Any = publishable.model._default_manager
    free = manager.select_for_update(of=("self",), no_key=True, skip_locked=True).filter(pk__in=keys).order_by("pk")
    return {obj.pk: obj for obj in free}


def _publish(publishable: Publishable, keys: list[int], now: datetime, done: Due) -> None:
    subjects = _free(publishable, keys)
    of_these = Review.objects.due(now).filter(subject_type=publishable.kind, subject_id__in=list(subjects))
    reviews = {one.subject_id: one.pk for one in of_these.locked()}
    stale = rows.stale(publishable.kind, list(reviews.values()))
    missing = publishable.missing([subjects[key] for key in reviews])
    void: dict[str, list[int]] = defaultdict(list)
    for key, review in reviews.items():
        if review in stale or key in missing:
            void[missing.get(key, "")].append(key)
    for reason, some in void.items():
        rows.end_reviews(publishable.kind, some, Review.State.VOID, reason)
        _tell(publishable, "review_voided", [subjects[key] for key in some], reason)
        done.void += len(some)
    ready = {key: review for key, review in reviews.items() if review not in stale and key not in missing}
    rows.go_live(publishable.kind, list(ready.values()))
    _tell(publishable, "published", [subjects[key] for key in ready])
    done.published += len(ready)


def _expire(publishable: Publishable, keys: list[int], now: datetime, done: Due) -> None:
    subjects = _free(publishable, keys)
    over = LiveVersion.objects.over(now).filter(subject_type=publishable.kind, subject_id__in=list(subjects))
    down = rows.take_down(publishable.kind, list(over.values_list("subject_id", flat=True)))
    for key in down:
        if subjects[key].status == ContentStatus.PUBLISHED:
            subjects[key].status = ContentStatus.DRAFT
    _tell(publishable, "expired", [subjects[key] for key in down])
    done.expired += len(down)


def _tell(publishable: Publishable, verb: str, subjects: list[Any], reason: str = "") -> None:
    audit.record_many(f"{publishable.name}.{verb}", subjects, by=None, reason=reason)
