"""The catalogue in the admin: rare edits and repairs, through the same services as the pages."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils import timezone

from backoffice.admin import StaffModelAdmin, ThroughService
from catalog import services
from catalog.models import Brand, Category, Media, Product, Variant
from catalog.views.price_changes import tell_waiting


class NotAdded:
    """Rows that are created on the staff pages."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class SearchedByQuerySet:
    """The search box uses the indexed `search` of the queryset."""

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        return (queryset.search(search_term) if search_term.strip() else queryset), False


@admin.register(Category)
class CategoryAdmin(ThroughService):
    list_display = ["path", "name_zh", "position", "updated_at"]
    search_fields = ["path", "name_zh"]
    ordering = ["path"]
    autocomplete_fields = ["parent"]
    fields = ["name", "name_zh", "parent", "position"]

    def write(self, obj: Any, *, by: Any, **fields: Any) -> Category:
        return services.save_category(obj, by=by, **fields)


@admin.register(Brand)
class BrandAdmin(ThroughService):
    list_display = ["name", "name_zh", "updated_at"]
    search_fields = ["name", "name_zh"]
    fields = ["name", "name_zh"]

    def write(self, obj: Any, *, by: Any, **fields: Any) -> Brand:
        return services.save_brand(obj, by=by, **fields)


@admin.register(Product)
class ProductAdmin(NotAdded, SearchedByQuerySet, ThroughService):
    list_display = ["title", "handle", "status", "category", "brand", "updated_at"]
    list_select_related = ["category", "brand"]
    list_filter = ["status"]
    search_fields = ["title"]
    autocomplete_fields = ["category", "brand"]
    fields = [
        "title",
        "title_zh",
        "handle",
        "status",
        "category",
        "brand",
        "product_type",
        "tags",
        "options",
        "attributes",
        "description",
        "description_zh",
        "seo_title",
        "seo_description",
        "published_at",
    ]
    readonly_fields = ["status", "published_at"]

    def write(self, obj: Any, *, by: Any, **fields: Any) -> Product:
        return services.update_product(obj, by=by, **fields)


@admin.register(Variant)
class VariantAdmin(NotAdded, SearchedByQuerySet, ThroughService):
    list_display = ["sku", "title", "barcode", "price", "is_active"]
    list_filter = ["is_active"]
    search_fields = ["sku"]
    fields = [
        "product",
        "title",
        "sku",
        "barcode",
        "option1",
        "option2",
        "option3",
        "position",
        "price",
        "compare_at",
        "cost",
        "weight_grams",
        "tax_class",
        "requires_shipping",
        "track_stock",
        "tracking",
        "backorder_limit",
        "is_active",
    ]
    readonly_fields = ["product", "title"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        """The cost is for those who may see it."""
        may_see_cost = request.user.has_perm("catalog.view_cost")
        return [name for name in self.fields or [] if name != "cost" or may_see_cost]

    def write(self, obj: Any, *, by: Any, **fields: Any) -> Variant:
        return services.update_variant(obj, by=by, **fields)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        since = timezone.now()
        super().save_model(request, obj, form, change)
        tell_waiting(request, services.proposed_since(Variant.objects.filter(pk=obj.pk), since, by=request.user))  # type: ignore[arg-type]


@admin.register(Media)
class MediaAdmin(NotAdded, StaffModelAdmin):
    list_display = ["__str__", "product", "variant", "position"]
    list_select_related = ["product", "variant"]
    search_fields = ["alt", "url"]
    fields = ["product", "variant", "file", "url", "alt", "alt_zh", "position"]
    readonly_fields = ["product", "variant", "file", "url"]
