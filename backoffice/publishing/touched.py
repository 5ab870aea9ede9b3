"""Bringing live versions up whose prices changed, so that who follows the feed reads them again.

Triggers of the module's tables leave a row of `Touched` for each subject. A position is given as to what goes live: under the
lock that makes positions come in the order of the commits. The row is taken in the same transaction, after the price was
committed: whoever reads on from there sees it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from backoffice.models import LiveVersion, Touched
from backoffice.publishing import registry
from backoffice.publishing.registry import Publishable

TASK = "backoffice.bring_up_touched"
AT_ONCE = 2000


def bring_up() -> int:
    """Give new positions to the live versions that were touched; returns to how many.

    Each batch is one transaction. Subjects that somebody else holds wait for the next call.
    """
    total = last = 0
    while marks := list(Touched.objects.filter(pk__gt=last).order_by("pk")[:AT_ONCE]):
        last = marks[-1].pk
        by_kind: dict[str, list[Touched]] = defaultdict(list)
        for mark in marks:
            by_kind[mark.subject_type].append(mark)
        for kind, some in by_kind.items():
            with transaction.atomic():
                total += _bring_up(registry.of(kind), some)
    return total


def _bring_up(publishable: Publishable, marks: Sequence[Touched]) -> int:
    held = _held(publishable, {mark.subject_id for mark in marks})
    done = [mark for mark in marks if mark.subject_id not in held]
    Touched.objects.filter(pk__in=[mark.pk for mark in done]).delete()
    live = LiveVersion.objects.live().filter(
        subject_type=publishable.kind, subject_id__in={mark.subject_id for mark in done}
    )
    return live.update(position=0)  # the trigger draws the number


def _held(publishable: Publishable, keys: Iterable[int]) -> set[int]:
    """Those of the subjects that somebody else holds; the others are locked, in the order of their keys, as everybody does."""
    manager: Any = publishable.model._default_manager
    found = manager.filter(pk__in=keys).order_by("pk")
    free = found.select_for_update(of=("self",), no_key=True, skip_locked=True)
    locked = set(free.values_list("pk", flat=True))
    return set(found.values_list("pk", flat=True)) - locked


def bring_up_soon() -> None:
    """Have the worker look once the transaction stands; each minute it looks by itself."""
    transaction.on_commit(_queue, robust=True)


def _queue() -> None:
    try:
        with transaction.atomic():
            app.configure_task(TASK, queueing_lock=TASK).defer(timestamp=0)
    except AlreadyEnqueued:
        pass
