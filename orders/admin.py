"""Set-up of taxes, and a look at the ledgers; orders are changed on their own pages."""

from django.contrib import admin

from backoffice.admin import ReadOnlyAdmin, StaffModelAdmin
from orders.models import (
    Authorization,
    Carrier,
    DocumentSeries,
    Fulfilment,
    Invoice,
    Order,
    OrderLine,
    Payment,
    Refund,
    Return,
    ReturnCause,
    TaxRate,
)


@admin.register(TaxRate)
class TaxRateAdmin(StaffModelAdmin):
    list_display = ["tax_class", "country", "region", "name", "rate"]
    list_filter = ["tax_class", "country"]
    search_fields = ["name", "region"]


@admin.register(Carrier)
class CarrierAdmin(StaffModelAdmin):
    list_display = ["name", "tracking_url", "is_active"]


@admin.register(ReturnCause)
class ReturnCauseAdmin(StaffModelAdmin):
    list_display = ["name", "name_zh", "code", "position", "is_active"]


@admin.register(DocumentSeries)
class DocumentSeriesAdmin(StaffModelAdmin):
    list_display = ["kind", "prefix"]


class LineInline(admin.TabularInline):
    model = OrderLine
    fields = [
        "sku",
        "title",
        "quantity",
        "unit_price",
        "net",
        "tax",
        "gross",
        "allocated",
        "fulfilled",
        "canceled",
        "returned",
    ]
    readonly_fields = fields
    extra = 0
    can_delete = False

    def has_add_permission(self, request, obj=None):  # type: ignore[no-untyped-def]
        return False


@admin.register(Order)
class OrderAdmin(ReadOnlyAdmin):
    list_display = [
        "number",
        "placed_at",
        "customer_name",
        "total",
        "currency",
        "status",
        "payment_status",
        "fulfilment_status",
    ]
    list_filter = ["status"]
    search_fields = ["number__iexact"]
    inlines = [LineInline]
    personal = ["customer", "customer_name", "email", "phone", "billing_address", "shipping_address", "note"]


@admin.register(Payment)
class PaymentAdmin(ReadOnlyAdmin):
    list_display = ["at", "order", "amount", "method", "reference", "by"]
    list_select_related = ["order", "by"]


@admin.register(Authorization)
class AuthorizationAdmin(ReadOnlyAdmin):
    list_display = ["at", "order", "amount", "captured", "voided", "method", "reference", "by"]
    list_select_related = ["order", "by"]


@admin.register(Refund)
class RefundAdmin(ReadOnlyAdmin):
    list_display = ["at", "order", "amount", "method", "reason", "by"]
    list_select_related = ["order", "by"]


@admin.register(Invoice)
class InvoiceAdmin(ReadOnlyAdmin):
    list_display = ["number", "kind", "order", "gross", "currency", "issued_at"]
    list_select_related = ["order"]


@admin.register(Fulfilment)
class FulfilmentAdmin(ReadOnlyAdmin):
    list_display = ["number", "order", "location", "status", "shipped_at"]
    list_select_related = ["order", "location"]


@admin.register(Return)
class ReturnAdmin(ReadOnlyAdmin):
    list_display = ["number", "order", "status", "created_at", "received_at"]
    list_select_related = ["order"]
