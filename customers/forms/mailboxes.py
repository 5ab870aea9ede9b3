"""What people type about mailboxes."""

from typing import Any

from django import forms

from customers.models import Mailbox, Queue


class MailboxForm(forms.ModelForm):
    class Meta:
        model = Mailbox
        fields = [
            "name", "address", "queue", "language", "is_active", "has_plus_addresses", "host", "port", "security", "username",
            "password_variable", "folder", "moves_to",
        ]  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["queue"].queryset = Queue.objects.filter(is_active=True)  # type: ignore[attr-defined]
