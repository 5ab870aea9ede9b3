"""Telling webhooks what went live and what was taken down: each change once, in the order of the commits, by whichever road."""

from itertools import groupby
from typing import Any

from django.db import transaction
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from backoffice import webhooks
from backoffice.models import FeedReader, LiveVersion
from backoffice.publishing import registry

TASK = "backoffice.announce_live_versions"
READER = "webhooks"
AT_ONCE = 1000


def announce() -> int:
    """Note an event for every live version whose content changed since the last call; returns how many changes there were.

    Prices are followed by `sync` (`backoffice.publishing.touched`): a repricing of everything would be as many events.
    """
    total = 0
    while number := _some():
        total += number
    return total


@transaction.atomic
def _some() -> int:
    FeedReader.objects.get_or_create(name=READER)
    reader = FeedReader.objects.select_for_update().get(name=READER)
    changed = LiveVersion.objects.filter(content_position__gt=reader.position).order_by("content_position")
    found = list(changed[:AT_ONCE])
    for topic, versions in groupby(found, _topic):
        webhooks.emit(topic, [_event(version) for version in versions])
    if found:
        reader.position = found[-1].content_position
        reader.save(update_fields=["position"])
    return len(found)


def _topic(version: LiveVersion) -> str:
    return registry.of(version.subject_type).topic(is_live=version.is_live)


def _event(version: LiveVersion) -> webhooks.Event:
    """What the other side needs to read the rest at /api/v1/."""
    key = registry.of(version.subject_type).key
    name = version.content.get(key, "")
    facts: dict[str, Any] = {"id": version.subject_id, key: name, "changed_at": version.changed_at.isoformat()}
    return webhooks.Event(name, facts)


def announce_soon() -> None:
    """Have the worker announce once the transaction stands; each minute it looks by itself."""
    transaction.on_commit(_queue, robust=True)


def _queue() -> None:
    try:
        with transaction.atomic():
            app.configure_task(TASK, queueing_lock=TASK).defer(timestamp=0)
    except AlreadyEnqueued:
        pass
