"""The shape of what people type about webhooks."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from backoffice.models import Webhook
from backoffice.webhooks.events import TEST, TOPICS


def topics() -> list[tuple[str, Any]]:
    return sorted((name, f"{label} ({name})") for name, label in TOPICS.items() if name != TEST)


class WebhookForm(forms.ModelForm):
    url = forms.URLField(
        label=_("Address"),
        max_length=500,
        assume_scheme="https",
        help_text=_("Where the events are sent by POST, such as https://shop.example.com/hooks/houtai."),
    )
    topics = forms.MultipleChoiceField(label=_("Events"), choices=topics, widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = Webhook
        fields = ["name", "url", "topics"]
