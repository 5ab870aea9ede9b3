"""Set-up of queues; ledgers for reading."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from backoffice.admin import ReadOnlyAdmin, StaffModelAdmin, ThroughService
from customers.models import (
    Collaborator,
    Consent,
    ConsentPurpose,
    CustomerGroup,
    IncomingMail,
    Mailbox,
    Ownership,
    OwnershipSettings,
    Queue,
    TicketEvent,
)
from customers.services.mail.mailboxes import save_mailbox


@admin.register(Queue)
class QueueAdmin(StaffModelAdmin):
    list_display = ["name", "name_zh", "slug", "email", "is_default", "is_active"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Handling records and row scopes keep the code, so it stays."""
        return ["slug"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A queue is taken out of use, never deleted."""
        return False


@admin.register(CustomerGroup, ConsentPurpose)
class NamedAdmin(StaffModelAdmin):
    list_display = ["code", "name", "name_zh", "is_active"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Customers keep the code, so it stays."""
        return ["code"] if obj else []

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What customers refer to is taken out of use, never deleted."""
        return False


@admin.register(TicketEvent)
class TicketEventAdmin(ReadOnlyAdmin):
    list_display = ["at", "ticket", "field", "old", "new", "actor", "reason"]
    list_select_related = ["ticket", "actor"]


@admin.register(Consent)
class ConsentAdmin(ReadOnlyAdmin):
    list_display = ["at", "customer_number", "channel", "purpose", "granted", "source"]
    list_select_related = ["customer"]
    personal = ["customer"]

    @admin.display(description=_("customer"))
    def customer_number(self, row: Consent) -> str:
        return row.customer.number


@admin.register(OwnershipSettings)
class OwnershipSettingsAdmin(StaffModelAdmin):
    """One row: it is added once and changed from then on."""

    list_display = ["__str__", "most_held", "most_claims", "idle_days", "protection_days"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_add_permission(request) and not OwnershipSettings.objects.exists()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Ownership)
class OwnershipAdmin(ReadOnlyAdmin):
    personal = ["customer"]
    list_display = ["began_at", "customer", "user", "source", "ended_at", "ended_how"]
    list_select_related = ["customer", "user"]


@admin.register(Mailbox)
class MailboxAdmin(ThroughService):
    list_display = ["name", "address", "queue", "host", "is_active", "last_fetched_at", "last_error"]
    list_select_related = ["queue"]
    readonly_fields = ["last_fetched_at", "last_error"]

    def write(self, obj: Any, *, by: Any, **fields: Any) -> models.Model:
        return save_mailbox(obj, by=by, **fields)

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
