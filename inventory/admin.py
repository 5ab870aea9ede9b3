"""Set-up in the admin; ledgers to look at."""

from django.contrib import admin

from backoffice.admin import ReadOnlyAdmin, StaffModelAdmin
from inventory.models import (
    Allocation,
    Hold,
    Location,
    Receipt,
    StockLevel,
    StockMove,
    StockPosting,
    Supplier,
    Transfer,
)


@admin.register(Location)
class LocationAdmin(StaffModelAdmin):
    list_display = ["code", "name", "kind", "priority", "is_active"]
    list_filter = ["kind", "is_active"]
    search_fields = ["code", "name"]
    readonly_fields = ["kind", "is_active"]

    def has_delete_permission(self, request, obj=None):  # type: ignore[no-untyped-def]
        return False


@admin.register(Supplier)
class SupplierAdmin(StaffModelAdmin):
    list_display = ["code", "name", "email", "phone", "is_active"]
    search_fields = ["code", "name", "email"]


@admin.register(StockLevel)
class StockLevelAdmin(ReadOnlyAdmin):
    list_display = ["variant", "location", "on_hand", "allocated", "held", "backorder_limit", "updated_at"]
    list_select_related = ["variant", "location"]


@admin.register(StockMove)
class StockMoveAdmin(ReadOnlyAdmin):
    list_display = ["at", "kind", "variant", "quantity", "from_location", "to_location", "cause", "reason", "actor"]
    list_select_related = ["variant", "from_location", "to_location", "actor"]


@admin.register(StockPosting)
class StockPostingAdmin(ReadOnlyAdmin):
    list_display = ["at", "level", "on_hand", "on_hand_after", "allocated_after", "held_after"]
    list_select_related = ["level__variant", "level__location"]


@admin.register(Allocation)
class AllocationAdmin(ReadOnlyAdmin):
    list_display = ["cause", "variant", "location", "quantity", "created_at"]
    list_select_related = ["variant", "location"]


@admin.register(Hold)
class HoldAdmin(ReadOnlyAdmin):
    list_display = ["variant", "location", "quantity", "status", "expires_at", "reason"]
    list_select_related = ["variant", "location"]


@admin.register(Receipt)
class ReceiptAdmin(ReadOnlyAdmin):
    list_display = ["number", "location", "supplier", "reference", "created_at"]
    list_select_related = ["location", "supplier"]


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    list_display = ["number", "status", "source", "destination", "created_at"]
    list_select_related = ["source", "destination"]
