"""Webhooks: who wants to hear of what, and what was told."""

import secrets
import uuid
from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice.rows import VisibleQuerySet, tracked


def new_secret() -> str:
    """A key of 256 bits; the prefix is that of the Standard Webhooks."""
    return "whsec_" + secrets.token_urlsafe(32)


class WebhookQuerySet(VisibleQuerySet):
    def listening(self, topic: str) -> "WebhookQuerySet":
        return self.filter(is_active=True, topics__contains=[topic])


@tracked(exclude=["secret"])
class Webhook(models.Model):
    """An address elsewhere that is told of events; what it is told is signed with `secret`."""

    name = models.CharField(_("name"), max_length=80)
    url = models.URLField(_("address"), max_length=500)
    topics = ArrayField(models.CharField(max_length=60), verbose_name=_("events"))
    is_active = models.BooleanField(_("active"), default=True)
    secret = models.CharField(max_length=80, default=new_secret, editable=False)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+", verbose_name=_("by"), editable=False
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    objects = WebhookQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")
        ordering = ["name", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(topics__len__gt=0),
                name="webhook_listens",
                violation_error_message=_("Choose at least one event."),
            )
        ]
        permissions = [("manage_webhooks", _("Can set up webhooks and send again"))]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("webhooks:webhook", args=[self.pk])


class WebhookDeliveryQuerySet(VisibleQuerySet):
    def due(self, now: Any) -> "WebhookDeliveryQuerySet":
        """Those to be sent now; one whose sender died comes again after its time."""
        return self.filter(next_at__lte=now, webhook__is_active=True)


class WebhookDelivery(models.Model):
    """One event for one webhook: what is told, how often it was tried, and what the other side answered."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DELIVERED = "delivered", _("Delivered")
        FAILED = "failed", _("Given up")

    webhook = models.ForeignKey(Webhook, models.CASCADE, related_name="deliveries", verbose_name=_("webhook"))
    event = models.UUIDField(_("event"), default=uuid.uuid4, help_text=_("The same for every attempt."))
    topic = models.CharField(_("what happened"), max_length=60)
    subject = models.CharField(_("about"), max_length=200, blank=True)
    payload = models.JSONField(_("content"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"), null=True, blank=True, default=timezone.now)
    answer = models.PositiveSmallIntegerField(_("answer"), null=True, blank=True)
    said = models.CharField(_("what stood against it"), max_length=500, blank=True)
    milliseconds = models.PositiveIntegerField(_("duration (ms)"), null=True, blank=True)
    created_at = models.DateTimeField(_("at"), default=timezone.now)
    tried_at = models.DateTimeField(_("last attempt"), null=True, blank=True)

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        ordering = ["-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="waiting") ^ Q(next_at=None), name="webhook_delivery_waits_for_a_time"
            )
        ]
        indexes = [
            models.Index(F("webhook"), F("next_at"), condition=Q(status="waiting"), name="webhook_delivery_due"),
            models.Index(fields=["webhook", "-id"], name="webhook_delivery_of"),
            models.Index(fields=["status", "-id"], name="webhook_delivery_status"),
            models.Index(fields=["created_at"], name="webhook_delivery_age"),
        ]

    def __str__(self) -> str:
        return f"{self.topic} {self.subject}".strip()

    def get_absolute_url(self) -> str:
        return reverse("webhooks:delivery", args=[self.pk])


class FeedReader(models.Model):
    """How far one of our own readers of the live versions has come: behind `position` it has told nobody yet."""

    name = models.CharField(max_length=60, unique=True)
    position = models.BigIntegerField(default=0)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.name}: {self.position}"
