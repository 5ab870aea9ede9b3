"""Sending what waits: signed, in order, with pauses between attempts that grow."""

import base64
import hashlib
import hmac
import json
import time
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice.models import Webhook, WebhookDelivery
from backoffice.webhooks.events import queue
from backoffice.webhooks.http import Refused, post

PAUSES = [timedelta(minutes=n) for n in (1, 5, 30, 120, 360, 720, 1440)]
CLAIM = timedelta(minutes=5)  # after so long a sender counts as dead
FAILURES_IN_A_ROW = 3
KEEP = timedelta(days=30)
Status = WebhookDelivery.Status


def signature(secret: str, event: str, moment: int, body: bytes) -> str:
    """As the Standard Webhooks have it: HMAC-SHA256 over identifier, time and body."""
    signed = b".".join([event.encode(), str(moment).encode(), body])
    return "v1," + base64.b64encode(hmac.new(secret.encode(), signed, hashlib.sha256).digest()).decode()


def body_of(delivery: WebhookDelivery) -> bytes:
    return json.dumps(delivery.payload, ensure_ascii=False, separators=(",", ":")).encode()


def headers_of(delivery: WebhookDelivery, body: bytes, now: datetime) -> dict[str, str]:
    event, moment = str(delivery.event), int(now.timestamp())
    return {
        "Content-Type": "application/json",
        "User-Agent": "Houtai",
        "Webhook-Id": event,
        "Webhook-Timestamp": str(moment),
        "Webhook-Signature": signature(delivery.webhook.secret, event, moment, body),
    }


def deliver_due(webhook: int) -> int:
    """Send what is due for one webhook, the oldest first; returns how many arrived.

    Stops after three failures in a row: the other side is away, and its time comes again.
    """
    arrived = failures = 0
    while failures < FAILURES_IN_A_ROW and (delivery := _claim(webhook)):
        if _send(delivery):
            arrived, failures = arrived + 1, 0
        else:
            failures += 1
    return arrived


@transaction.atomic
def _claim(webhook: int) -> WebhookDelivery | None:
    """The next delivery, pushed so far into the future that nobody else takes it while it is sent."""
    now = timezone.now()
    due = WebhookDelivery.objects.due(now).filter(webhook=webhook).order_by("next_at", "pk")
    delivery = due.select_for_update(of=("self",), skip_locked=True).select_related("webhook").first()
    if delivery is not None:
        delivery.attempts += 1
        delivery.next_at, delivery.tried_at = now + CLAIM, now
        delivery.save(update_fields=["attempts", "next_at", "tried_at"])
    return delivery


def _send(delivery: WebhookDelivery) -> bool:
    now, started = timezone.now(), time.monotonic()
    body = body_of(delivery)
    delivery.answer, delivery.said = None, ""
    try:
        delivery.answer = post(delivery.webhook.url, body, headers_of(delivery, body, now))
    except Refused as error:
        delivery.said = str(error)[:500]
    delivery.milliseconds = int((time.monotonic() - started) * 1000)
    arrived = delivery.answer is not None and 200 <= delivery.answer < 300
    if not arrived and not delivery.said:
        delivery.said = _("The other side answered %(status)s.") % {"status": delivery.answer}
    _settle(delivery, arrived, now)
    return arrived


def _settle(delivery: WebhookDelivery, arrived: bool, now: datetime) -> None:
    delivery.next_at = None
    if arrived:
        delivery.status = Status.DELIVERED
    elif delivery.attempts > len(PAUSES):
        delivery.status = Status.FAILED
    else:
        delivery.next_at = now + PAUSES[delivery.attempts - 1]
    delivery.save(update_fields=["status", "next_at", "answer", "said", "milliseconds"])


def sweep() -> int:
    """Queue a job for every webhook that something is due for, and forget old deliveries; returns how many webhooks."""
    now = timezone.now()
    hooks = list(Webhook.objects.filter(pk__in=WebhookDelivery.objects.due(now).values("webhook")))
    for hook in hooks:
        queue(hook.pk)
    WebhookDelivery.objects.filter(created_at__lt=now - KEEP).exclude(status=Status.WAITING).delete()
    return len(hooks)
