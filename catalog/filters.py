"""FilterSets of products, variants and brands: of the pages, exports, API and saved views alike."""

from datetime import datetime, time
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.utils.timezone import make_aware
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.publishing.filters import ChangesFilter
from catalog.models import Brand, Category, Product, ProductQuerySet, Variant


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
    """The search box: what the queryset's own `search` finds."""

    def filter(self, qs: Any, value: str) -> QuerySet:
        return qs.search(value) if value else qs


class ChangedSinceFilter(django_filters.DateFilter):
    def __init__(self, **kwargs: Any) -> None:
        date_input = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        super().__init__(field_name="updated_at", label=_("Changed since"), widget=date_input, **kwargs)

    def filter(self, qs: QuerySet, value: Any) -> QuerySet:
        """From the start of the day in the reader's time zone, as a bound that the index answers."""
        return qs.filter(updated_at__gte=make_aware(datetime.combine(value, time.min))) if value else qs


class ProductFilter(django_filters.FilterSet):
    q = SearchFilter(label=_("Search"))
    status = generic.AnyOfFilter(choices=Product.Status, label=_("Status"), widget=forms.CheckboxSelectMultiple)
    category = BranchFilter(label=_("Category"))
    brand = generic.LookupFilter(model=Brand, label=_("Brand"))
    tag = django_filters.CharFilter(method="with_tag", label=_("Tag"))
    changed_since = ChangedSinceFilter()
    changes = ChangesFilter()
    picture = django_filters.BooleanFilter(method="with_picture", label=_("Has a picture"))

    class Meta:
        model = Product
        fields: list[str] = []

    def with_tag(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(tags__contains=[value]) if value else queryset

    def with_picture(self, queryset: ProductQuerySet, name: str, value: bool | None) -> QuerySet:
        if value is None:
            return queryset
        return queryset.with_picture() if value else queryset.without_picture()


class VariantFilter(django_filters.FilterSet):
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


class BrandFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="name", lookup_expr="icontains", label=_("Search"))

    class Meta:
        model = Brand
        fields: list[str] = []
