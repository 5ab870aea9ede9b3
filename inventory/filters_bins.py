"""FilterSets of bins, lots, and stock by bin and lot."""

from datetime import timedelta
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.rows import containing
from catalog.models import Variant
from inventory.filters import ArticleFilter, KindFilter, PersonFilter, PlaceFilter
from inventory.models import Bin, Lot, PartPosting, StockPart

EXPIRY = (
    ("expired", _("Expired")),
    ("7", _("Within 7 days")),
    ("30", _("Within 30 days")),
    ("90", _("Within 90 days")),
    ("never", _("No date")),
)


class ExpiryFilter(django_filters.ChoiceFilter):
    """Lots, or rows that have one, by the day on which they expire; within so many days is not yet expired."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=EXPIRY, label=_("Expires"), empty_label=_("All"), **kwargs)

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        today, name = timezone.localdate(), self.field_name
        if value == "never":
            return qs.filter(**{f"{name}__isnull": True})
        if value == "expired":
            return qs.filter(**{f"{name}__lt": today})
        return qs.filter(**{f"{name}__gte": today, f"{name}__lte": today + timedelta(days=int(value))})


class BinFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="code", lookup_expr="icontains", label=_("Code"))
    location = PlaceFilter()
    used = django_filters.BooleanFilter(method="with_pieces", label=_("With pieces"))
    is_active = django_filters.BooleanFilter(label=_("Active"))

    class Meta:
        model = Bin
        fields: list[str] = []

    def with_pieces(self, queryset: QuerySet, name: str, value: bool | None) -> QuerySet:
        if value is None:
            return queryset
        there = Exists(StockPart.objects.there().filter(bin=OuterRef("pk")))
        return queryset.filter(there if value else ~there)


class LotFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="named", label=_("Number, SKU, barcode or title"))
    expires = ExpiryFilter(field_name="expires_on")
    there = django_filters.BooleanFilter(method="in_stock", label=_("In stock"))
    tracking = django_filters.ChoiceFilter(
        field_name="variant__tracking",
        choices=[(one.value, one.label) for one in Variant.Tracking if one != Variant.Tracking.NONE],
        label=_("Kind"),
        empty_label=_("All"),
    )
    created_at = generic.DateRangeFilter(label=_("Created"))

    class Meta:
        model = Lot
        fields: list[str] = []

    def named(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        if not value:
            return queryset
        articles = Variant.objects.search(value).order_by().values("pk")
        by_number = Lot.objects.filter(containing(value)).order_by().values("pk")
        by_article = Lot.objects.filter(variant__in=articles).order_by().values("pk")
        return queryset.filter(Q(pk__in=by_number.union(by_article)))

    def in_stock(self, queryset: QuerySet, name: str, value: bool | None) -> QuerySet:
        if value is None:
            return queryset
        there = Exists(StockPart.objects.there().filter(lot=OuterRef("pk")))
        return queryset.filter(there if value else ~there)


class PartFilter(django_filters.FilterSet):
    q = ArticleFilter(field_name="level__variant", label=_("SKU, barcode or title"))
    location = PlaceFilter(field_name="level__location")
    bin = django_filters.CharFilter(field_name="bin__code", lookup_expr="iexact", label=_("Bin"))
    lot = django_filters.CharFilter(field_name="lot__number", lookup_expr="iexact", label=_("Lot or serial number"))
    expires = ExpiryFilter(field_name="lot__expires_on")
    put_away = django_filters.BooleanFilter(field_name="bin", lookup_expr="isnull", exclude=True, label=_("Put away"))

    class Meta:
        model = StockPart
        fields: list[str] = []


class PartPostingFilter(django_filters.FilterSet):
    kind = KindFilter(field_name="move__kind")
    location = PlaceFilter(field_name="level__location")
    by = PersonFilter(field_name="move__actor", label=_("By"))
    cause = django_filters.CharFilter(field_name="move__cause", lookup_expr="iexact", label=_("Document"))
    at = generic.DateRangeFilter(label=_("At"))

    class Meta:
        model = PartPosting
        fields: list[str] = []
