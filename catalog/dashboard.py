"""Cards of the home page about products. Every count stops at the cap."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.dashboard import Card, capped, card
from catalog.models import Product


@card(permission="catalog.change_product", order=60)
def drafts(user: Any) -> Card | None:
    return _card(
        _("Product drafts"), Product.objects.visible_to(user).filter(status=Product.Status.DRAFT), "status=draft"
    )


@card(permission="catalog.change_product", order=65)
def unpublished_changes(user: Any) -> Card | None:
    """Products that are public while their working copy says something else by now."""
    return _card(_("Products with unpublished changes"), Product.objects.visible_to(user).changed(), "changes=true")


@card(permission="catalog.change_product", order=70)
def without_picture(user: Any) -> Card | None:
    bare = Product.objects.visible_to(user).published().without_picture()
    return _card(_("Published without a picture"), bare, "status=published&picture=false", tone="warn")


def _card(label: str, products: Any, query: str, tone: str = "") -> Card | None:
    number = capped(products)
    return None if number == "0" else Card(label, number, f"{reverse('catalog:products')}?{query}", tone=tone)
