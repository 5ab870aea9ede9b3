"""Products: written with their variants; published, unpublished and archived in batches."""

from collections.abc import Sequence
from typing import Any, TypedDict, Unpack
from uuid import uuid4

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Exists, F, Func, OuterRef, Value
from django.db.models.functions import Upper
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext as _

from backoffice import audit
from backoffice.errors import IllegalTransition, explained
from backoffice.models import User
from catalog.models import AttributeDefinition, Brand, Category, Product, Variant
from catalog.services.attributes.products import attributes_explained, clean_attributes, missing_attributes
from catalog.services.variants import VariantFields, retitle, save_variants

TAG_LENGTH = 120


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


class NotPublishable(ValidationError):
    """Names, product by product, what is missing."""


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


def publish(products: Sequence[Product], *, by: User, reason: str = "") -> list[Product]:
    """Publish all of `products` or none; those that are published already stay as they are.

    Raises NotPublishable naming what each product lacks, IllegalTransition for an archived one.
    """
    return _move(products, Product.Status.PUBLISHED, "product.published", by=by, reason=reason)


def unpublish(products: Sequence[Product], *, by: User, reason: str = "") -> list[Product]:
    """Make drafts again of published or archived products."""
    return _move(products, Product.Status.DRAFT, "product.unpublished", by=by, reason=reason)


def archive(products: Sequence[Product], *, by: User, reason: str = "") -> list[Product]:
    """Put products away; their variants and history stay."""
    return _move(products, Product.Status.ARCHIVED, "product.archived", by=by, reason=reason)


@transaction.atomic
def _move(products: Sequence[Product], status: str, verb: str, *, by: User, reason: str) -> list[Product]:
    wanted = Product.objects.locked().filter(pk__in=[product.pk for product in products])
    rows = [product for product in wanted if product.status != status]
    _refuse_illegal(rows, status)
    now = timezone.now()
    changes: dict[str, Any] = {"status": status, "updated_at": now}
    if status == Product.Status.PUBLISHED:
        _refuse_incomplete(rows)
        changes["published_at"] = now
    Product.objects.filter(pk__in=[row.pk for row in rows]).update(**changes)
    for row in rows:
        for name, value in changes.items():
            setattr(row, name, value)
    audit.record_many(verb, rows, by=by, reason=reason)
    return rows


def _refuse_illegal(products: Sequence[Product], status: str) -> None:
    refusals = []
    for product in products:
        try:
            product.must_become(status)
        except IllegalTransition as error:
            refusals.append(error)
    if len(refusals) == 1:
        raise refusals[0]
    if refusals:
        raise ValidationError(refusals)


def _refuse_incomplete(products: Sequence[Product]) -> None:
    sellable = Variant.objects.sellable().filter(product=OuterRef("pk"))
    active = Variant.objects.active().filter(product=OuterRef("pk"))
    facts = {
        pk: (is_sellable, is_active)
        for pk, is_sellable, is_active in Product.objects.filter(
            pk__in=[product.pk for product in products]
        ).values_list("pk", Exists(sellable), Exists(active))
    }
    lacking = missing_attributes(products)
    sentences = [
        _("“%(product)s” cannot be published: %(missing)s.") % {"product": product, "missing": ", ".join(missing)}
        for product in products
        if (missing := [*_missing(product, *facts[product.pk]), *_lacking(lacking.get(product.pk, []))])
    ]
    if sentences:
        raise NotPublishable(sentences)


def _missing(product: Product, has_price: bool, has_variant: bool) -> list[str]:
    missing = []
    if not product.title.strip():
        missing.append(_("it has no title"))
    if not has_variant:
        missing.append(_("it has no active variant"))
    elif not has_price:
        missing.append(_("no active variant has a price"))
    return missing


def _lacking(definitions: Sequence[AttributeDefinition]) -> list[str]:
    return [_("the attribute “%(attribute)s” is missing") % {"attribute": one} for one in definitions]


@transaction.atomic
def add_tag(products: Sequence[Product], *, by: User, tag: str) -> list[Product]:
    """Give `tag` to those of `products` that lack it."""
    tag = " ".join(tag.split())
    if not tag or len(tag) > TAG_LENGTH or "," in tag:
        raise ValidationError({"tag": _("A tag has 1 to %(limit)s characters and no comma.") % {"limit": TAG_LENGTH}})
    rows = list(
        Product.objects.locked().filter(pk__in=[product.pk for product in products]).exclude(tags__contains=[tag])
    )
    Product.objects.filter(pk__in=[row.pk for row in rows]).update(
        tags=Func(F("tags"), Value(tag), function="array_append"), updated_at=timezone.now()
    )
    audit.record_many("product.tagged", rows, by=by, data={"tag": tag})
    return rows
