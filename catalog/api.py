"""The catalogue in the API."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema

from backoffice import api
from catalog.attribute_filters import DOCUMENTED
from catalog.filters import DefinitionFilter, ProductFilter, VariantFilter
from catalog.models import AttributeDefinition, Product, Variant

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


class ChoiceOut(Schema):
    code: str
    label: str
    label_zh: str = ""


class AttributeOut(Schema):
    code: str
    name: str
    name_zh: str
    category: str | None
    kind: str
    unit: str
    choices: list[ChoiceOut]
    is_required: bool
    is_filterable: bool
    help: str

    @staticmethod
    def resolve_category(obj: Any) -> str | None:
        return obj.category.path if obj.category else None


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


class ProductDetail(ProductOut):
    description: str
    description_zh: str
    attributes: dict[str, Any]
    variants: list[VariantOut]


def _products(request: HttpRequest) -> QuerySet[Product]:
    return Product.objects.visible_to(request.user).select_related("category", "brand")


def _documented() -> dict[str, Any]:
    return {"parameters": [*api.documented(ProductFilter)["parameters"], DOCUMENTED]}


@router.get("/attributes", response=api.Page[AttributeOut], openapi_extra=api.documented(DefinitionFilter))
@api.requires("catalog.view_attributedefinition")
def attributes(request: HttpRequest, after: str = "", limit: api.Limit = 50) -> Any:
    """Definitions of the attributes of products; `category` gives those that hold there, inherited ones too."""
    rows = AttributeDefinition.objects.visible_to(request.user).select_related("category")
    return api.page(request, api.filtered(request, DefinitionFilter, rows), ("id",), after, limit)


@router.get("/products", response=api.Page[ProductOut], openapi_extra=_documented())
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
