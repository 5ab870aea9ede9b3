"""Products: written with their variants. Their status has the verbs of `backoffice.publishing`."""

from collections.abc import Sequence
from typing import Any, TypedDict, Unpack
from uuid import uuid4

from django.db import transaction
from django.db.models.functions import Upper
from django.utils.text import slugify

from backoffice import audit
from backoffice.errors import explained
from backoffice.models import User
from catalog.models import Brand, Category, Product
from catalog.services.attributes.products import attributes_explained, clean_attributes
from catalog.services.variants import VariantFields, retitle, save_variants


class ProductFields(TypedDict, total=False):
    """What may be set of a product; its status has verbs."""

    handle: str
    title: str
    title_zh: str
    description: str
    description_zh: str
    category: Category | None
    brand: Brand | None
    product_type: str
    tags: list[str]
    options: list[str]
    attributes: dict[str, Any]
    seo_title: str
    seo_description: str


@transaction.atomic
def create_product(*, by: User, variants: Sequence[VariantFields] = (), **fields: Unpack[ProductFields]) -> Product:
    """Create a draft with its variants. Without a handle the title gives one."""
    product = Product(**fields)
    product.attributes = clean_attributes(product.category, product.attributes)
    product.handle = product.handle or free_handle(product.title)
    _write(product)
    audit.record("product.created", product, by=by)
    if variants:
        save_variants(product, variants, by=by)
    return product


@transaction.atomic
def update_product(
    product: Product, *, by: User, variants: Sequence[VariantFields] = (), **fields: Unpack[ProductFields]
) -> Product:
    """Set fields of `product`, and add or change `variants`; what is not named stays."""
    product = Product.objects.locked().get(pk=product.pk)
    if {"attributes", "category"} & set(fields):
        attributes = fields.get("attributes", product.attributes)
        fields["attributes"] = clean_attributes(fields.get("category", product.category), attributes)
    changed = sorted(name for name, value in fields.items() if getattr(product, name) != value)
    if "title" in changed:
        list(product.variants.locked().values_list("pk"))  # type: ignore[attr-defined]  # before anything is written
    for name in changed:
        setattr(product, name, fields[name])  # type: ignore[literal-required]
    if changed:
        _write(product)
        audit.record("product.changed", product, by=by, data={"fields": changed})
    if "title" in changed:
        retitle([product.pk])
    if variants:
        save_variants(product, variants, by=by)
    return product


def _write(product: Product) -> None:
    product.handle = product.handle.strip()
    product.tags = list(dict.fromkeys(product.tags))
    product.clean_fields(exclude=["category", "brand"])
    with explained(Product, product_handle_once="handle"), attributes_explained():
        product.save()


def free_handle(title: str) -> str:
    """A handle made of `title`, with a number where it is taken."""
    base = slugify(title, allow_unicode=True)[:180] or "product"
    wanted = [base, *(f"{base}-{number}" for number in range(2, 21))]
    taken = Product.objects.alias(capitals=Upper("handle")).filter(capitals__in=[handle.upper() for handle in wanted])
    used = {handle.upper() for handle in taken.values_list("handle", flat=True)}
    return next((handle for handle in wanted if handle.upper() not in used), f"{base}-{uuid4().hex[:8]}")
