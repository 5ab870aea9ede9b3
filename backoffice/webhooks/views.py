"""Pages of webhooks: who is told, what was told, and telling again."""

import json
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.models import Webhook, WebhookDelivery
from backoffice.webhooks import services
from backoffice.webhooks.events import TOPICS
from backoffice.webhooks.forms import WebhookForm

MANAGE = "backoffice.manage_webhooks"
VIEW = "backoffice.view_webhook"
RECENT = 10


def topic_texts(webhook: Webhook) -> str:
    return ", ".join(str(TOPICS.get(name, name)) for name in webhook.topics)


def topic_text(delivery: WebhookDelivery) -> str:
    return str(TOPICS.get(delivery.topic, delivery.topic))


def state(webhook: Webhook) -> generic.Badge:
    return generic.Badge(_("Active"), "good") if webhook.is_active else generic.Badge(_("Paused"), "warn")


class WebhookList(generic.ListPage):
    model = Webhook
    key = "webhooks"
    title = gettext_lazy("Webhooks")
    permission = VIEW
    columns = [
        generic.Column("name", link=True, secondary=generic.Column("url")),
        generic.Column("topics", get=topic_texts, sql=generic.joined("topics")),
        generic.Column("is_active", gettext_lazy("State"), kind="badge", template="webhooks/_state.html"),
        generic.Column("created_at", kind="relative"),
    ]
    ordering = {"name": ("name", "pk"), "newest": ("-pk",)}
    ordering_labels = {"name": gettext_lazy("Name, A to Z"), "newest": gettext_lazy("Newest first")}
    create_url = "webhooks:new"
    create_permission = MANAGE
    empty_title = gettext_lazy("No webhooks yet")
    empty_text = gettext_lazy("A webhook tells another system, such as the shop front, when something is published.")


class WebhookRecord(generic.RecordPage):
    model = Webhook
    permission = VIEW
    list_url = "webhooks:webhooks"
    list_page = WebhookList
    status_fields = ()
    template_name = "webhooks/webhook_record.html"
    facts = [
        generic.Column("url"),
        generic.Column("topics", get=topic_texts),
        generic.Column("created_by", gettext_lazy("By")),
        generic.Column("created_at", kind="datetime"),
    ]

    def get_badges(self) -> list[generic.Badge]:
        return [state(self.object)]

    def get_actions(self) -> list[generic.Action]:
        if not generic.may(self.request.user, MANAGE):
            return []

        def to(name: str) -> str:
            return reverse(f"webhooks:{name}", args=[self.object.pk])

        toggle = (
            generic.Action(_("Pause"), to("pause"), icon="clock")
            if self.object.is_active
            else generic.Action(_("Go on"), to("resume"), icon="refresh", primary=True)
        )
        return [
            generic.Action(_("Send a test"), to("test"), icon="send", primary=self.object.is_active),
            generic.Action(_("Edit"), to("edit"), method="get", icon="edit"),
            toggle,
            generic.Action(_("New key"), to("turn"), icon="key", confirm=_("Make a new key?")),
        ]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        may = generic.may(self.request.user, MANAGE)
        return super().get_context_data(
            recent=list(self.object.deliveries.all()[:RECENT]),
            deliveries_url=f"{reverse('webhooks:deliveries')}?webhook={self.object.pk}",
            secret=self.object.secret if may else "",
            **extra,
        )


class EditWebhook(generic.FormPage):
    model = Webhook
    permission = MANAGE
    create_permission = MANAGE
    form_class = WebhookForm
    service = services.save_webhook
    done = gettext_lazy("The webhook %s is saved.")


class _Verb(generic.ActionView):
    model = Webhook
    permission = MANAGE


class Pause(_Verb):
    title = gettext_lazy("Pause %s")
    confirm = gettext_lazy("Nothing is sent until it goes on; what happens meanwhile is not noted for it.")
    done = gettext_lazy("%s is paused.")

    def perform(self, obj: Webhook, fields: dict[str, Any]) -> Webhook:
        return services.set_active(obj, False, by=self.request.user)  # type: ignore[arg-type]


class Resume(_Verb):
    title = gettext_lazy("Go on with %s")
    done = gettext_lazy("%s is told again.")

    def perform(self, obj: Webhook, fields: dict[str, Any]) -> Webhook:
        return services.set_active(obj, True, by=self.request.user)  # type: ignore[arg-type]


class Turn(_Verb):
    service = services.turn_secret
    title = gettext_lazy("A new key for %s")
    confirm = gettext_lazy("The other side must know the new key before it can trust the next event.")
    done = gettext_lazy("%s signs with a new key now.")


class Test(_Verb):
    service = services.send_test
    title = gettext_lazy("Send a test to %s")
    done = gettext_lazy("A test is on its way to %s.")


def visible_webhooks(request: Any) -> QuerySet:
    return Webhook.objects.none() if request is None else Webhook.objects.visible_to(request.user)


class DeliveryFilter(django_filters.FilterSet):
    webhook = django_filters.ModelChoiceFilter(queryset=visible_webhooks, label=gettext_lazy("Webhook"))
    status = generic.AnyOfFilter(
        choices=WebhookDelivery.Status, label=gettext_lazy("Status"), widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = WebhookDelivery
        fields: list[str] = []


class DeliveryPage:
    model = WebhookDelivery
    permission = "backoffice.view_webhookdelivery"
    request: Any

    def get_queryset(self) -> QuerySet:
        return WebhookDelivery.objects.visible_to(self.request.user).select_related("webhook")


class DeliveryList(DeliveryPage, generic.ListPage):
    key = "webhooks:deliveries"
    title = gettext_lazy("Deliveries of webhooks")
    filterset_class = DeliveryFilter
    columns = [
        generic.Column("topic", link=True, get=topic_text, secondary=generic.Column("subject")),
        generic.Column("webhook.name", gettext_lazy("Webhook"), link="webhook"),
        generic.Column("status", kind="badge"),
        generic.Column("answer", kind="number"),
        generic.Column("attempts", kind="number"),
        generic.Column("said"),
        generic.Column("created_at", kind="relative"),
        generic.Column("next_at", kind="relative"),
    ]
    default_columns = ["topic", "webhook.name", "status", "answer", "attempts", "said", "created_at"]
    ordering = {"newest": ("-pk",), "oldest": ("pk",)}
    ordering_labels = {"newest": gettext_lazy("Newest first"), "oldest": gettext_lazy("Oldest first")}
    tabs = [
        generic.Tab(gettext_lazy("Waiting"), "status=waiting"),
        generic.Tab(gettext_lazy("Given up"), "status=failed"),
    ]
    bulk_actions = [generic.BulkAction("resend", gettext_lazy("Send again"), services.resend, permission=MANAGE)]
    empty_text = gettext_lazy("What webhooks were told appears here, and stays for 30 days.")


class DeliveryRecord(DeliveryPage, generic.RecordPage):
    list_url = "webhooks:deliveries"
    list_page = DeliveryList
    template_name = "webhooks/delivery_record.html"
    context_object_name = "delivery"
    facts = [
        generic.Column("webhook"),
        generic.Column("event"),
        generic.Column("attempts", kind="number"),
        generic.Column("answer", kind="number"),
        generic.Column("said"),
        generic.Column("milliseconds", kind="number"),
        generic.Column("created_at", kind="datetime"),
        generic.Column("tried_at", kind="datetime"),
        generic.Column("next_at", kind="datetime"),
    ]

    @property
    def history_url(self) -> str:
        return ""

    def get_title(self) -> str:
        return f"{topic_text(self.object)} {self.object.subject}".strip()

    def get_actions(self) -> list[generic.Action]:
        if not generic.may(self.request.user, MANAGE):
            return []
        url = reverse("webhooks:resend", args=[self.object.pk])
        return [generic.Action(_("Send again"), url, primary=True, icon="refresh")]

    def get_context_data(self, **extra: Any) -> dict[str, Any]:
        return super().get_context_data(payload=json.dumps(self.object.payload, indent=2, ensure_ascii=False), **extra)


class Resend(DeliveryPage, generic.ActionView):
    permission = MANAGE
    service = services.resend
    title = gettext_lazy("Send again: %s")
    done = gettext_lazy("%s is on its way again.")
