"""Brands."""

from functools import partial

from django.db import transaction

from backoffice import audit
from backoffice.errors import explained
from backoffice.imports.batch import carry_out
from backoffice.imports.tables import TableBatch
from backoffice.models import User
from catalog.models import Brand


@transaction.atomic
def save_brand(brand: Brand | None = None, *, by: User, name: str, name_zh: str = "") -> Brand:
    """Create a brand, or rename `brand`."""
    verb = "brand.changed" if brand else "brand.created"
    brand = Brand.objects.locked().get(pk=brand.pk) if brand else Brand()
    brand.name, brand.name_zh = " ".join(name.split()), " ".join(name_zh.split())
    brand.clean_fields()
    with explained(Brand, brand_name_once="name"):
        brand.save()
    audit.record(verb, brand, by=by)
    return brand


class BrandBatch(TableBatch):
    resource = "brands"
    model = Brand
    key = ("name",)
    names = ("name", "name_zh")


upsert_brands = partial(carry_out, BrandBatch)
