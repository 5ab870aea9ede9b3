"""What anybody may type into the public form, and what keeps robots out."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from django import forms
from django.core import signing
from django.core.exceptions import ValidationError
from django.utils.crypto import get_random_string
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers import services
from customers.forms.fields import FilesField

SHORTEST, LONGEST = 2, 24 * 3600
_stamp = signing.TimestampSigner(salt="customers.support")


class Suspicious(ValidationError):
    """The form was filled in the way of a machine."""

    def __init__(self) -> None:
        super().__init__(_("This could not be sent. Please wait a moment and send it again."), code="suspicious")


class PublicForm(forms.Form):
    """What keeps machines away from a public form: a field no person sees, and how long filling it in took."""

    website = forms.CharField(required=False, widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}))
    opened = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["opened"] = stamp()
        self.stamp = ""

    def clean(self) -> dict[str, Any]:
        fields = super().clean() or {}
        if fields.pop("website", ""):
            raise Suspicious
        opened = fields.pop("opened", "")
        try:
            _stamp.unsign(opened, max_age=LONGEST)
        except signing.BadSignature:
            self.renew()
            raise ValidationError(_("This page was open for long. Please send it again."), code="expired") from None
        if time.time() - _signed_at(opened) < SHORTEST:
            raise Suspicious
        self.stamp = opened
        return fields

    def spend(self) -> None:
        """A stamp sends one message: what is sent twice by a click too many, or again by a machine, is refused. Raises UsedAlready."""
        ends = datetime.fromtimestamp(_signed_at(self.stamp), UTC) + timedelta(seconds=LONGEST)
        services.use_once(self.stamp, until=ends)

    def renew(self) -> None:
        """Give the form a fresh stamp, so that sending once more succeeds."""
        self.data = self.data.copy()
        self.data[self.add_prefix("opened")] = stamp()


def stamp() -> str:
    """What a form carries: when it was opened, one of its kind."""
    return _stamp.sign(get_random_string(12))


def _signed_at(stamp: str) -> int:
    return signing.b62_decode(stamp.rsplit(":", 2)[1])


class SupportForm(PublicForm):
    name = forms.CharField(
        label=pgettext_lazy("person", "Your name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    email = forms.EmailField(
        label=gettext_lazy("Your e-mail address"),
        help_text=gettext_lazy("We answer to this address."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    about = forms.CharField(
        label=gettext_lazy("Order number"),
        max_length=60,
        required=False,
        help_text=gettext_lazy("If it is about an order, such as SO-1042."),
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200)
    body = forms.CharField(
        label=gettext_lazy("Your question"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 8})
    )
    attachments = FilesField()

    def clean_email(self) -> str:
        return services.normalize_email(self.cleaned_data["email"])


class PublicReplyForm(PublicForm):
    body = forms.CharField(
        label=gettext_lazy("Your answer"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 5})
    )
    attachments = FilesField()
