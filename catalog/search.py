"""Products and variants in the one search."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from backoffice import references, search
from backoffice.money import format_money
from catalog.models import Product, Repricing, Variant

references.register(prefix="RP", model=Repricing)


@search.register
class VariantSearch(search.Provider):
    """A SKU or barcode as typed comes alone; other text is looked for in SKUs, barcodes and titles."""

    key = "variants"
    label = _("Variants")
    permission = "catalog.view_variant"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        visible = Variant.objects.visible_to(user)
        exact = list(visible.named(text)[:limit])
        for variant in exact or visible.search(text).order_by("-is_active", "-pk")[:limit]:
            subtitle = f"{variant.title} · {format_money(variant.price, variant.currency)}"
            yield search.Hit(variant.sku, subtitle, variant.get_absolute_url())


@search.register
class ProductSearch(search.Provider):
    key = "products"
    label = _("Products")
    permission = "catalog.view_product"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        for product in Product.objects.visible_to(user).search(text).select_related("brand").order_by("-pk")[:limit]:
            facts = [product.get_status_display(), str(product.brand or "")]
            yield search.Hit(str(product), " · ".join(fact for fact in facts if fact), product.get_absolute_url())
