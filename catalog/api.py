"""The catalogue in the API."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from backoffice import api
from catalog.filters import ProductFilter, VariantFilter
from catalog.models import BundlePart, Category, Product, Variant

router = Router(tags=["Catalog"])


class VariantOut(Schema):
    sku: str
    product: str
    title: str
    barcode: str
    options: list[str]
    price: Decimal
    compare_at: Decimal | None
    cost: Decimal | None
    weight_grams: int | None
    tax_class: str
    is_active: bool
    updated_at: datetime

    @staticmethod
    def resolve_product(obj: Any) -> str:
        return str(obj.product.handle)

    @staticmethod
    def resolve_options(obj: Any) -> list[str]:
        return list(obj.option_values)

    @staticmethod
    def resolve_cost(obj: Any, context: Any) -> Decimal | None:
        """Costs are for those who may see them."""
        return obj.cost if context["request"].user.has_perm("catalog.view_cost") else None


class ProductOut(Schema):
    handle: str
    title: str
    title_zh: str
    status: str
    category: str | None
    brand: str | None
    product_type: str
    tags: list[str]
    options: list[str]
    published_at: datetime | None
    updated_at: datetime

    @staticmethod
    def resolve_category(obj: Any) -> str | None:
        return obj.category.path if obj.category else None

    @staticmethod
    def resolve_brand(obj: Any) -> str | None:
        return obj.brand.name if obj.brand else None


class MediaOut(Schema):
    """A picture: `url` is its address, below this site for uploaded ones; `sku` where it is of one variant alone."""

    url: str
    alt: str
    alt_zh: str
    width: int | None
    height: int | None
    sku: str | None

    @staticmethod
    def resolve_url(obj: Any) -> str:
        return str(obj.get_absolute_url())

    @staticmethod
    def resolve_sku(obj: Any) -> str | None:
        return obj.variant.sku if obj.variant else None


class RelationOut(Schema):
    """What the product points at."""

    handle: str
    kind: str

    @staticmethod
    def resolve_handle(obj: Any) -> str:
        return str(obj.other.handle)


class PartOut(Schema):
    """`quantity` pieces of `component` go into one `bundle`; both are SKUs."""

    bundle: str
    component: str
    quantity: int

    @staticmethod
    def resolve_bundle(obj: Any) -> str:
        return str(obj.bundle.sku)

    @staticmethod
    def resolve_component(obj: Any) -> str:
        return str(obj.component.sku)


class ProductDetail(ProductOut):
    description: str
    description_zh: str
    seo_title: str
    seo_description: str
    attributes: dict[str, Any]
    variants: list[VariantOut]
    media: list[MediaOut]
    related: list[RelationOut]
    bundle_parts: list[PartOut]

    @staticmethod
    def resolve_media(obj: Any) -> Any:
        return obj.media.select_related("variant")

    @staticmethod
    def resolve_related(obj: Any) -> Any:
        return obj.relations.select_related("other")

    @staticmethod
    def resolve_bundle_parts(obj: Any) -> Any:
        return BundlePart.objects.filter(bundle__product=obj).select_related("bundle", "component")


class CategoryOut(Schema):
    id: int
    parent: int | None
    path: str
    name: str
    name_zh: str
    position: int

    @staticmethod
    def resolve_parent(obj: Any) -> int | None:
        return obj.parent_id  # type: ignore[no-any-return]


def _products(request: HttpRequest) -> QuerySet[Product]:
    return Product.objects.visible_to(request.user).select_related("category", "brand")


@router.get("/products", response=api.Page[ProductOut], openapi_extra=api.documented(ProductFilter))
@api.requires("catalog.view_product")
def products(request: HttpRequest, after: str = "", limit: api.Limit = 50) -> Any:
    """Products, the newest first."""
    return api.page(request, api.filtered(request, ProductFilter, _products(request)), ("-id",), after, limit)


@router.get("/products/{handle}", response=ProductDetail)
@api.requires("catalog.view_product", "catalog.view_variant")
def product(request: HttpRequest, handle: str) -> Any:
    """One product with its variants."""
    variants = Variant.objects.visible_to(request.user).select_related("product")
    return get_object_or_404(_products(request).prefetch_related(Prefetch("variants", variants)), handle__iexact=handle)


@router.get("/variants", response=api.Page[VariantOut], openapi_extra=api.documented(VariantFilter))
@api.requires("catalog.view_variant")
def variants(request: HttpRequest, after: str = "", limit: api.Limit = 50) -> Any:
    """Variants, the newest first."""
    rows = Variant.objects.visible_to(request.user).select_related("product")
    return api.page(request, api.filtered(request, VariantFilter, rows), ("-id",), after, limit)


@router.get("/variants/{sku}", response=VariantOut)
@api.requires("catalog.view_variant")
def variant(request: HttpRequest, sku: str) -> Any:
    """One variant, whatever the case of its SKU."""
    return get_object_or_404(Variant.objects.visible_to(request.user).select_related("product"), sku__iexact=sku)


@router.get("/categories", response=api.Page[CategoryOut])
@api.requires("catalog.view_category")
def categories(request: HttpRequest, after: str = "", limit: api.Limit = 50) -> Any:
    """The tree of categories, one entry a node, parents before their branches."""
    return api.page(request, Category.objects.visible_to(request.user), ("path", "id"), after, limit)
