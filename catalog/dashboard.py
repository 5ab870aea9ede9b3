"""Cards of the home page about products. Every count stops at the cap."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from backoffice.dashboard import Card, capped, card
from catalog.models import Product


@card(permission="catalog.publish_product", order=60)
def in_review(user: Any) -> Card | None:
    waiting = Product.objects.visible_to(user).filter(status=Product.Status.IN_REVIEW)
    return _card(_("Products in review"), waiting, "status=in_review")


@card(permission="catalog.change_product", order=70)
def without_picture(user: Any) -> Card | None:
    bare = Product.objects.visible_to(user).published().without_picture()
    return _card(_("Published without a picture"), bare, "status=published&picture=false", tone="warn")


def _card(label: str, products: Any, query: str, tone: str = "") -> Card | None:
    number = capped(products)
    return None if number == "0" else Card(label, number, f"{reverse('catalog:products')}?{query}", tone=tone)
