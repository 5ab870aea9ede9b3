"""Brands."""

from django.db import transaction

from backoffice import audit
from backoffice.errors import explained
from backoffice.models import User
from catalog.models import Brand


@transaction.atomic
def save_brand(brand: Brand | None = None, *, by: User, name: str) -> Brand:
    """Create a brand, or rename `brand`."""
    verb = "brand.changed" if brand else "brand.created"
    brand = Brand.objects.locked().get(pk=brand.pk) if brand else Brand()
    brand.name = " ".join(name.split())
    brand.clean_fields()
    with explained(Brand, brand_name_once="name"):
        brand.save()
    audit.record(verb, brand, by=by)
    return brand
