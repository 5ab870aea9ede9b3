"""The catalogue in the API."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from ninja import Router, Schema
from ninja.errors import AuthenticationError

from backoffice import api, feed
from catalog import feed as shop
from catalog.attribute_filters import DOCUMENTED
from catalog.filters import (
    DefinitionFilter,
    ListPriceFilter,
    PriceChangeFilter,
    PriceListFilter,
    ProductFilter,
    VariantFilter,
)
from catalog.models import (
    AttributeDefinition,
    BundlePart,
    Category,
    PriceChange,
    PriceList,
    PriceListItem,
    Product,
    Variant,
)

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
    tracking: str
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
    completeness: int | None
    missing: list[str]
    published_at: datetime | None
    updated_at: datetime

    @staticmethod
    def resolve_completeness(obj: Any) -> int | None:
        return obj.completeness.score if obj.completeness.is_assessed else None

    @staticmethod
    def resolve_missing(obj: Any) -> list[str]:
        return list(obj.completeness.missing)

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


class PriceListOut(Schema):
    code: str
    name: str
    currency: str
    customer_group: str
    priority: int
    starts_at: datetime | None
    ends_at: datetime | None
    is_active: bool
    is_public: bool
    updated_at: datetime


class ListPriceOut(Schema):
    sku: str
    price: Decimal
    compare_at: Decimal | None
    updated_at: datetime

    @staticmethod
    def resolve_sku(obj: Any) -> str:
        return str(obj.variant.sku)


class PriceChangeOut(Schema):
    """A planned price of a variant or repricing; without a price of its own it ends an earlier one."""

    id: int
    sku: str | None
    repricing: str | None
    price: Decimal | None
    compare_at: Decimal | None
    ends: int | None
    due_at: datetime
    status: str
    why: str
    reason: str
    applied_at: datetime | None

    @staticmethod
    def resolve_sku(obj: Any) -> str | None:
        return obj.variant.sku if obj.variant else None

    @staticmethod
    def resolve_repricing(obj: Any) -> str | None:
        return obj.repricing.number if obj.repricing else None

    @staticmethod
    def resolve_ends(obj: Any) -> int | None:
        return obj.back_of_id


def _products(request: HttpRequest) -> QuerySet[Product]:
    return Product.objects.visible_to(request.user).select_related("category", "brand", "completeness")


def _documented() -> dict[str, Any]:
    return {"parameters": [*api.documented(ProductFilter)["parameters"], DOCUMENTED]}


@router.get("/attributes", response=api.Page[AttributeOut], openapi_extra=api.documented(DefinitionFilter))
@api.requires("catalog.view_attributedefinition")
def attributes(request: HttpRequest, after: str = "", limit: api.Limit = 50) -> Any:
    """Definitions of the attributes of products; `category` gives those that hold there, inherited ones too."""
    rows = AttributeDefinition.objects.visible_to(request.user).select_related("category")
    return api.page(request, api.filtered(request, DefinitionFilter, rows), ("id",), after, limit)


@router.get("/catalog/products", response=api.Page[ProductOut], openapi_extra=_documented())
@api.requires("catalog.view_product")
def working_copies(request: HttpRequest, after: str = "", limit: api.Limit = 50) -> Any:
    """Products as staff edits them, the newest first."""
    return api.page(request, api.filtered(request, ProductFilter, _products(request)), ("-id",), after, limit)


@router.get("/catalog/products/{handle}", response=ProductDetail)
@api.requires("catalog.view_product", "catalog.view_variant")
def working_copy(request: HttpRequest, handle: str) -> Any:
    """One product as staff edits it, with its variants."""
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


@router.get("/price-lists", response=api.Page[PriceListOut], openapi_extra=api.documented(PriceListFilter))
@api.requires("catalog.view_pricelist")
def price_lists(request: HttpRequest, after: str = "", limit: api.Limit = 50) -> Any:
    """Price lists, the newest first."""
    rows = PriceList.objects.visible_to(request.user)
    return api.page(request, api.filtered(request, PriceListFilter, rows), ("-id",), after, limit)


@router.get("/price-lists/{code}", response=PriceListOut)
@api.requires("catalog.view_pricelist")
def price_list(request: HttpRequest, code: str) -> Any:
    """One price list, whatever the case of its code."""
    return get_object_or_404(PriceList.objects.visible_to(request.user), code__iexact=code)


@router.get(
    "/price-lists/{code}/prices", response=api.Page[ListPriceOut], openapi_extra=api.documented(ListPriceFilter)
)
@api.requires("catalog.view_pricelist", "catalog.view_pricelistitem")
def list_prices(request: HttpRequest, code: str, after: str = "", limit: api.Limit = 50) -> Any:
    """The prices of a list, the newest first."""
    found = get_object_or_404(PriceList.objects.visible_to(request.user), code__iexact=code)
    rows = PriceListItem.objects.visible_to(request.user).filter(price_list=found).select_related("variant")
    return api.page(request, api.filtered(request, ListPriceFilter, rows), ("-id",), after, limit)


@router.get("/price-changes", response=api.Page[PriceChangeOut], openapi_extra=api.documented(PriceChangeFilter))
@api.requires("catalog.view_pricechange")
def price_changes(request: HttpRequest, after: str = "", limit: api.Limit = 50) -> Any:
    """Planned prices, the earliest first."""
    rows = PriceChange.objects.visible_to(request.user).select_related("variant", "repricing")
    return api.page(request, api.filtered(request, PriceChangeFilter, rows), ("due_at", "id"), after, limit)


@router.get("/catalog/categories", response=api.Page[CategoryOut])
@api.requires("catalog.view_category")
def tree(request: HttpRequest, after: str = "", limit: api.Limit = 50) -> Any:
    """The tree of categories, one entry a node, parents before their branches."""
    return api.page(request, Category.objects.visible_to(request.user), ("path", "id"), after, limit)


# --- What the shop front reads ----------------------------------------------------------------------


@router.get("/products", auth=None, throttle=feed.THROTTLE, openapi_extra=feed.PAGE)
@api.public
def products(
    request: HttpRequest,
    after: str = "",
    updated_since: datetime | None = None,
    limit: api.Limit = 50,
    language: str = "en",
    price_list: str = "",
) -> Any:
    """Published products in the order in which they or their prices changed; see docs/api.md for keeping a copy up to date."""
    feed.refuse_unknown(request, "updated_since", "price_list", *feed.PAGING)
    insider = _is_insider(request, price_list)
    asked = {"after": after, "updated_since": updated_since, "limit": limit, "language": language}
    body = shop.products(price_list=price_list, insider=insider, **asked)
    return feed.answer(request, body, public=not insider)


@router.get("/products/{path:handle}", auth=None, throttle=feed.THROTTLE, openapi_extra=feed.ONE)
@api.public
def product(request: HttpRequest, handle: str, language: str = "en", price_list: str = "") -> Any:
    """One published product."""
    feed.refuse_unknown(request, "language", "price_list")
    insider = _is_insider(request, price_list)
    body = shop.product(handle, language=language, price_list=price_list, insider=insider)
    return feed.answer(request, body, public=not insider)


def _is_insider(request: HttpRequest, price_list: str) -> bool:
    """Whether a list is asked for with a token, or in a session, that may see lists which are not public."""
    if not price_list:
        return False
    if "Authorization" in request.headers and not api.TokenAuth()(request):
        raise AuthenticationError
    return bool(request.user.has_perms(["catalog.view_pricelist", "catalog.view_pricelistitem"]))


@router.get("/categories", auth=None, throttle=feed.THROTTLE, openapi_extra=feed.PAGE)
@api.public
def categories(request: HttpRequest, after: str = "", limit: api.Limit = 50, language: str = "en") -> Any:
    """The categories, in the order of their paths."""
    feed.refuse_unknown(request, *feed.PAGING)
    return feed.answer(request, shop.categories(after=after, limit=limit, language=language))
