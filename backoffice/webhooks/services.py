"""The verbs of webhooks."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.models import User, Webhook, WebhookDelivery, new_secret
from backoffice.webhooks.events import TEST, TOPICS, Event, emit, wake
from backoffice.webhooks.http import check_address


@transaction.atomic
def save_webhook(webhook: Webhook | None = None, *, by: User, **fields: Any) -> Webhook:
    """Create a webhook, or change `webhook`. Raises ValidationError for an address inside the own network."""
    is_new = webhook is None
    webhook = Webhook(created_by=by) if webhook is None else Webhook.objects.locked().get(pk=webhook.pk)
    for name, value in fields.items():
        setattr(webhook, name, value)
    try:
        check_address(webhook.url)
    except ValidationError as error:
        raise ValidationError({"url": error.messages}) from error
    if unknown := [name for name in webhook.topics if name not in TOPICS]:
        raise ValidationError({"topics": _("There is no event %(name)s.") % {"name": ", ".join(unknown)}})
    webhook.full_clean(exclude=["created_by"])
    webhook.save()
    audit.record("webhook.created" if is_new else "webhook.changed", webhook, by=by)
    return webhook


@transaction.atomic
def set_active(webhook: Webhook, active: bool, *, by: User) -> Webhook:
    """Pause a webhook, or go on: what waits is kept and sent then."""
    webhook = Webhook.objects.locked().get(pk=webhook.pk)
    if webhook.is_active != active:
        webhook.is_active = active
        webhook.save(update_fields=["is_active", "updated_at"])
        audit.record("webhook.resumed" if active else "webhook.paused", webhook, by=by)
        if active:
            wake([webhook.pk])
    return webhook


@transaction.atomic
def turn_secret(webhook: Webhook, *, by: User) -> Webhook:
    """Sign with a new key from now on."""
    webhook = Webhook.objects.locked().get(pk=webhook.pk)
    webhook.secret = new_secret()
    webhook.save(update_fields=["secret", "updated_at"])
    audit.record("webhook.secret_turned", webhook, by=by)
    return webhook


@transaction.atomic
def send_test(webhook: Webhook, *, by: User) -> Webhook:
    """Send an event that means nothing. Raises ValidationError for one that is paused."""
    webhook = Webhook.objects.locked().get(pk=webhook.pk)
    if not webhook.is_active:
        raise ValidationError(_("The webhook is paused: nothing would be sent."))
    emit(TEST, [Event("", {"webhook": webhook.name})], to=[webhook])
    return webhook


@transaction.atomic
def resend(delivery: WebhookDelivery, *, by: User) -> WebhookDelivery:
    """Send a delivery once more, at once, with its old identifier."""
    delivery = WebhookDelivery.objects.locked().get(pk=delivery.pk)
    delivery.status = WebhookDelivery.Status.WAITING
    delivery.next_at, delivery.attempts = timezone.now(), 0
    delivery.save(update_fields=["status", "next_at", "attempts"])
    audit.record("webhook.sent_again", delivery.webhook, by=by, data={"delivery": delivery.pk})
    wake([delivery.webhook_id])
    return delivery
