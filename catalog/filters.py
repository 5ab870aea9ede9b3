"""FilterSets of products, variants and brands: of the pages, exports, API and saved views alike."""

from datetime import datetime, time
from math import ceil, floor
from typing import Any, ClassVar

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.generic import lookups
from backoffice.publishing.filters import ChangesFilter
from catalog.attribute_filters import AttributeFilterSet
from catalog.models import (
    BY_SCORE,
    AttributeDefinition,
    AttributeKind,
    Brand,
    Category,
    Check,
    PriceChange,
    PriceList,
    PriceListItem,
    Product,
    ProductQuerySet,
    Repricing,
    RepricingRow,
    Variant,
    find_products,
    find_variants,
)


class BranchFilter(generic.LookupFilter):
    """Everything in a category and below it; free text fits every category whose path it stands in."""

    def __init__(self, field_name: str = "category", **kwargs: Any) -> None:
        super().__init__(field_name=field_name, model=Category, **kwargs)

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        if isinstance(value, Category):
            branch = Category.objects.branch(value).order_by().values("pk")
            return qs.filter(**{f"{self.field_name}__in": branch})
        return super().filter(qs, value)


class SearchFilter(django_filters.CharFilter):
    """The search box. What it found stays with the set as `found`, by which the list puts the best rows first."""

    FIND = {Product: find_products, Variant: find_variants}

    def filter(self, qs: Any, value: str) -> Any:
        if not value:
            return qs
        self.parent.found = found = self.FIND[qs.model](value)
        return found.narrow(qs)


class OfferedFilters:
    """A FilterSet that modules above the catalogue add filters to, for those who may see what they filter by."""

    offered: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        user = getattr(self.request, "user", None)  # type: ignore[attr-defined]
        for name, permission in self.offered.items():
            if user is None or not user.has_perm(permission):
                del self.filters[name]  # type: ignore[attr-defined]


def offer(name: str, permission: str, **made: django_filters.Filter) -> None:
    """Let products and variants be filtered by `name`; `made` are the filters for `product` and `variant`."""
    for filterset, one in ((ProductFilter, made["product"]), (VariantFilter, made["variant"])):
        filterset.base_filters[name] = one
        filterset.offered = {**filterset.offered, name: permission}


class ChangedSinceFilter(django_filters.DateFilter):
    def __init__(self, **kwargs: Any) -> None:
        date_input = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(field_name="updated_at", label=_("Changed since"), widget=date_input, **kwargs)

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        """From the start of the day in the reader's time zone, as a bound that the index answers."""
        return qs.filter(updated_at__gte=make_aware(datetime.combine(value, time.min))) if value else qs


class ProductFilter(OfferedFilters, AttributeFilterSet):
    q = SearchFilter(label=_("Search"))
    status = generic.AnyOfFilter(choices=Product.Status, label=_("Status"), widget=forms.CheckboxSelectMultiple)
    category = BranchFilter(label=_("Category"))
    brand = generic.LookupFilter(model=Brand, label=_("Brand"))
    tag = django_filters.CharFilter(method="with_tag", label=_("Tag"))
    changed_since = ChangedSinceFilter()
    changes = ChangesFilter()
    picture = django_filters.BooleanFilter(method="with_picture", label=_("Has a picture"))
    translated = django_filters.BooleanFilter(method="with_translation", label=_("Translated"))
    price = generic.NumberRangeFilter(method="with_price", label=_("Price"))
    completeness = generic.NumberRangeFilter(method="with_completeness", label=_("Completeness (%)"))
    missing = generic.AnyOfFilter(choices=Check, method="with_missing", label=_("Missing"))

    class Meta:
        model = Product
        fields: list[str] = []

    def with_price(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        """Products of which an active variant costs so much."""
        if not value:
            return queryset
        variants = Variant.objects.active()
        variants = variants if value.start is None else variants.filter(price__gte=value.start)
        variants = variants if value.stop is None else variants.filter(price__lte=value.stop)
        return queryset.filter(pk__in=variants.order_by().values("product"))

    def with_completeness(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        """By the place in the order of scores, which has the index."""
        if not value:
            return queryset
        low, high = (None if bound is None else min(max(bound, -1), 101) for bound in (value.start, value.stop))
        if low is not None:
            queryset = queryset.filter(completeness__place__gte=ceil(low) * BY_SCORE)
        return queryset if high is None else queryset.filter(completeness__place__lt=(floor(high) + 1) * BY_SCORE)

    def with_missing(self, queryset: QuerySet, name: str, value: list[str]) -> QuerySet:
        return queryset.filter(completeness__missing__overlap=value) if value else queryset

    def with_tag(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(tags__contains=[value]) if value else queryset

    def with_picture(self, queryset: ProductQuerySet, name: str, value: bool | None) -> QuerySet:
        if value is None:
            return queryset
        return queryset.with_picture() if value else queryset.without_picture()

    def with_translation(self, queryset: ProductQuerySet, name: str, value: bool | None) -> QuerySet:
        if value is None:
            return queryset
        return queryset.translated() if value else queryset.untranslated()


class VariantFilter(OfferedFilters, django_filters.FilterSet):
    q = SearchFilter(label=_("Search"))
    product = generic.LookupFilter(model=Product, label=_("Product"))
    is_active = django_filters.BooleanFilter(label=_("Active"))
    category = BranchFilter(field_name="product__category", label=_("Category"))
    brand = generic.LookupFilter(field_name="product__brand", model=Brand, label=_("Brand"))
    price = generic.NumberRangeFilter(label=_("Price"))
    has_barcode = django_filters.BooleanFilter(method="with_barcode", label=_("Has a barcode"))
    changed_since = ChangedSinceFilter()

    class Meta:
        model = Variant
        fields: list[str] = []

    def with_barcode(self, queryset: QuerySet, name: str, value: bool | None) -> QuerySet:
        if value is None:
            return queryset
        return queryset.exclude(barcode="") if value else queryset.filter(barcode="")


class PathFilter(generic.LookupFilter):
    """Attributes that hold in a category: its own, and what it inherits."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(field_name="category", model=Category, **kwargs)

    def filter(self, qs: Any, value: Any) -> QuerySet:
        if isinstance(value, str) and value:
            exact = Category.objects.filter(path__iexact=value).first()
            return qs.of_path(exact) if exact else super().filter(qs, value)
        return qs.of_path(value) if value else qs


class DefinitionFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="with_name", label=_("Search"))
    category = PathFilter(label=_("Holds in category"))
    kind = generic.AnyOfFilter(choices=AttributeKind, label=_("Kind"))
    is_required = django_filters.BooleanFilter(label=_("Required"))
    is_filterable = django_filters.BooleanFilter(label=_("In filters"))

    class Meta:
        model = AttributeDefinition
        fields: list[str] = []

    def with_name(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return lookups.search(queryset, value) if value else queryset


class BrandFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label=_("Search"))

    class Meta:
        model = Brand
        fields: list[str] = []


class PriceListFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label=_("Search"))
    is_active = django_filters.BooleanFilter(label=_("Active"))
    currency = django_filters.CharFilter(lookup_expr="iexact", label=_("Currency"))
    customer_group = django_filters.CharFilter(label=_("Customer group"))

    class Meta:
        model = PriceList
        fields: list[str] = []


class ListPriceFilter(django_filters.FilterSet):
    variant = generic.LookupFilter(model=Variant, label=_("Variant"))

    class Meta:
        model = PriceListItem
        fields: list[str] = []


class PriceChangeFilter(django_filters.FilterSet):
    status = generic.AnyOfFilter(choices=PriceChange.Status, label=_("Status"))
    variant = generic.LookupFilter(model=Variant, label=_("Variant"))
    due_at = generic.DateRangeFilter(label=_("At"))

    class Meta:
        model = PriceChange
        fields: list[str] = []


class RepricingFilter(django_filters.FilterSet):
    status = generic.AnyOfFilter(choices=Repricing.Status, label=_("Status"))

    class Meta:
        model = Repricing
        fields: list[str] = []


class RepricingRowFilter(django_filters.FilterSet):
    left_out = django_filters.BooleanFilter(method="narrow_left_out", label=_("Left out"))
    below_cost = django_filters.BooleanFilter(method="narrow_below_cost", label=_("Below cost"))
    variant = generic.LookupFilter(model=Variant, label=_("Variant"))

    class Meta:
        model = RepricingRow
        fields: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.request is None or not self.request.user.has_perm("catalog.view_cost"):
            del self.filters["below_cost"]

    def narrow_left_out(self, queryset: QuerySet, name: str, value: bool | None) -> QuerySet:
        if value is None:
            return queryset
        return queryset.exclude(outcome="") if value else queryset.filter(outcome="")

    def narrow_below_cost(self, queryset: QuerySet, name: str, value: bool | None) -> QuerySet:
        return queryset if value is None else queryset.filter(below_cost=value)
