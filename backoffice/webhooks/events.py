"""What may be told, and writing it down for those who listen."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from backoffice.models import Webhook, WebhookDelivery

TASK = "backoffice.deliver_webhook"
TEST = "test"
TOPICS: dict[str, Any] = {TEST: gettext_lazy("Test")}


@dataclass(frozen=True)
class Event:
    """What happened to one subject ("mug"); `data` goes out as it is."""

    subject: str
    data: Mapping[str, Any] = field(default_factory=dict)


def topic(name: str, label: Any) -> str:
    """Register an event that webhooks can listen to."""
    TOPICS[name] = label
    return name


def emit(name: str, events: Iterable[Event], *, to: Iterable[Webhook] | None = None) -> int:
    """Note events for every webhook that listens, inside the caller's transaction; returns how many deliveries."""
    if name not in TOPICS:
        raise ValueError(f"no topic {name!r}; register it with webhooks.topic")
    hooks = list(Webhook.objects.listening(name) if to is None else to)
    if not hooks:
        return 0
    now = timezone.now()
    noted = [(uuid4(), event) for event in events]
    made = WebhookDelivery.objects.bulk_create(
        (
            WebhookDelivery(
                webhook=hook,
                event=identifier,
                topic=name,
                subject=event.subject[:200],
                payload={"type": name, "timestamp": now.isoformat(), "data": dict(event.data)},
            )
            for hook in hooks
            for identifier, event in noted
        ),
        batch_size=1000,
    )
    if made:
        wake({hook.pk for hook in hooks})
    return len(made)


def wake(hooks: Iterable[int]) -> None:
    """Have the worker send what waits for these webhooks once the transaction stands; the sweep finds what this misses."""
    for hook in hooks:
        transaction.on_commit(lambda hook=hook: queue(hook), robust=True)  # type: ignore[misc]


def queue(hook: int) -> None:
    """One job at a time for a webhook, one more waiting."""
    lock = f"webhook:{hook}"
    try:
        with transaction.atomic():
            app.configure_task(TASK, lock=lock, queueing_lock=lock).defer(webhook=hook)
    except AlreadyEnqueued:
        pass
