"""Products and variants in the one search."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from backoffice import generic, references, search
from backoffice.money import format_money
from catalog.models import Found, Product, Repricing, Variant, find_products, find_variants

references.register(prefix="RP", model=Repricing)


@search.register
class VariantSearch(search.Provider):
    """Best first, as on the list; a SKU or barcode as typed comes alone."""

    key = "variants"
    label = _("Variants")
    permission = "catalog.view_variant"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        visible = Variant.objects.visible_to(user)
        for variant in list(visible.named(text)[:limit]) or ranked(find_variants(text), visible, limit):
            subtitle = f"{variant.title} · {format_money(variant.price, variant.currency)}"
            yield search.Hit(variant.sku, subtitle, variant.get_absolute_url())


@search.register
class ProductSearch(search.Provider):
    key = "products"
    label = _("Products")
    permission = "catalog.view_product"

    def find(self, user: Any, text: str, limit: int) -> Iterable[search.Hit]:
        visible = Product.objects.visible_to(user).select_related("brand")
        for product in ranked(find_products(text), visible, limit):
            facts = [product.get_status_display(), str(product.brand or "")]
            yield search.Hit(str(product), " · ".join(fact for fact in facts if fact), product.get_absolute_url())


def ranked(found: Found, visible: Any, limit: int) -> list[Any]:
    """The first rows of what was found."""
    return generic.Ranking(found, found.narrow(visible)).page(limit).rows
