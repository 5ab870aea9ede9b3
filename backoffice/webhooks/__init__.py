"""Webhooks: other systems are told of events, signed, and again until they answer.

    webhooks.topic("product.published", _("Product published"))
    webhooks.emit("product.published", [Event("mug", {"handle": "mug"})])

An event waits in the table of deliveries, written with the transaction that caused it, and is sent by the worker afterwards: at least once, with
the same identifier each time. See docs/api.md for what the other side gets.
"""

from backoffice.webhooks.events import TOPICS, Event, emit, topic
from backoffice.webhooks.sending import deliver_due, sweep
from backoffice.webhooks.services import resend, save_webhook, send_test, set_active, turn_secret

__all__ = [
    "TOPICS",
    "Event",
    "deliver_due",
    "emit",
    "resend",
    "save_webhook",
    "send_test",
    "set_active",
    "sweep",
    "topic",
    "turn_secret",
]
