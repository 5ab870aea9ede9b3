"""Set-up of queues; ledgers for reading."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from backoffice.admin import ReadOnlyAdmin, StaffModelAdmin
from customers.models import Collaborator, Consent, IncomingMail, Mailbox, Queue, TicketEvent


@admin.register(Queue)
class QueueAdmin(StaffModelAdmin):
    list_display = ["name", "name_zh", "slug", "email", "is_default", "is_active"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Handling records and row scopes keep the code, so it stays."""
        return ["slug"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A queue is taken out of use, never deleted."""
        return False


@admin.register(TicketEvent)
class TicketEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "ticket", "field", "old", "new", "actor", "reason"]
    list_select_related = ["ticket", "actor"]


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ["at", "customer", "channel", "purpose", "granted", "source"]
    list_select_related = ["customer"]


@admin.register(Mailbox)
class MailboxAdmin(StaffModelAdmin):
    list_display = ["name", "address", "queue", "host", "is_active", "last_fetched_at", "last_error"]
    list_select_related = ["queue"]
    readonly_fields = ["last_fetched_at", "last_error"]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Its mail refers to it: a mailbox is taken out of use."""
        return False


@admin.register(IncomingMail)
class IncomingMailAdmin(ReadOnlyAdmin):
    list_display = ["received_at", "subject", "sender", "verdict", "mailbox", "ticket"]
    list_select_related = ["mailbox", "ticket"]


@admin.register(Collaborator)
class CollaboratorAdmin(ReadOnlyAdmin):
    list_display = ["ticket", "name", "email"]
    list_select_related = ["ticket"]
