"""Django's admin as one would write it without thinking of size: the peer of our lists."""

from django.contrib import admin

from catalog.models import Variant
from customers.models import Customer, Ticket
from orders.models import Order

site = admin.AdminSite(name="stock")


@admin.register(Order, site=site)
class OrderAdmin(admin.ModelAdmin):
    list_display = [
        "number",
        "placed_at",
        "customer",
        "total",
        "status",
        "payment_status",
        "fulfilment_status",
        "source",
    ]
    list_filter = ["status", "payment_status", "fulfilment_status", "return_status", "source"]
    list_select_related = ["customer"]
    search_fields = ["number", "email", "customer_name", "customer__name"]
    date_hierarchy = "placed_at"
    list_per_page = 50


@admin.register(Variant, site=site)
class VariantAdmin(admin.ModelAdmin):
    list_display = ["sku", "title", "product", "price", "compare_at", "barcode", "is_active", "updated_at"]
    list_filter = ["is_active", "track_stock", "tax_class", "requires_shipping"]
    list_select_related = ["product"]
    search_fields = ["sku", "title", "barcode", "product__title"]
    date_hierarchy = "created_at"
    list_per_page = 50


@admin.register(Customer, site=site)
class CustomerAdmin(admin.ModelAdmin):
    list_display = ["number", "name", "company", "kind", "status", "language", "owner", "created_at"]
    list_filter = ["kind", "status", "language", "tax_exempt"]
    list_select_related = ["owner"]
    search_fields = ["number", "name", "company", "contacts__normalized"]
    date_hierarchy = "created_at"
    list_per_page = 50


@admin.register(Ticket, site=site)
class TicketAdmin(admin.ModelAdmin):
    list_display = ["number", "subject", "customer", "queue", "status", "priority", "assignee", "last_message_at"]
    list_filter = ["status", "queue", "priority", "assignee", "channel"]
    list_select_related = ["customer", "queue", "assignee"]
    search_fields = ["number", "subject", "requester_name", "requester_email", "customer__name"]
    date_hierarchy = "created_at"
    list_per_page = 50
