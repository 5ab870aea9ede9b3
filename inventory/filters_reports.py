"""FilterSets of the reports on stock: of the pages, exports and saved views alike."""

from datetime import datetime, timedelta
from typing import Any

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.generic import lookups
from catalog.filters import BranchFilter
from catalog.models import Category
from inventory import services
from inventory.filters import ArticleFilter, PersonFilter, PlaceFilter
from inventory.models import (
    AbcClass,
    CorrectionSum,
    SaleCost,
    StockFigures,
    StockMove,
    StockThen,
    Supplier,
    shop_day,
)


def has_come(moment: datetime) -> None:
    if moment > timezone.now():
        raise ValidationError(_("This moment has not come yet."))


class StockThenFilter(django_filters.FilterSet):
    """What makes the question: the moment, what is added up, and of which goods. The rows come out of `stock_at`."""

    BY = (
        ("location", _("Location")),
        ("category", _("Category")),
        ("supplier", _("Supplier")),
        ("variant", _("SKU")),
    )

    at = django_filters.DateTimeFilter(
        label=_("At"),
        widget=forms.DateTimeInput(attrs={"type": "datetime-local", "step": "any"}, format="%Y-%m-%dT%H:%M"),
        validators=[has_come],
        help_text=_("Now, when empty."),
    )
    by = django_filters.ChoiceFilter(choices=BY, label=_("By"), empty_label=None)
    location = PlaceFilter()
    category = generic.LookupFilter(model=Category, label=_("Category"))
    supplier = generic.LookupFilter(model=Supplier, label=_("Supplier"))

    class Meta:
        model = StockThen
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        return services.stock_at(self.moment, self.grouping, warehouses=self.warehouses, **self.narrowed)

    @property
    def moment(self) -> datetime:
        return self._value("at") or timezone.now()

    @property
    def grouping(self) -> str:
        return self._value("by") or "location"

    @property
    def warehouses(self) -> list[str] | None:
        codes = self.request.user.scope("warehouse")
        return None if codes is None else list(codes)

    @property
    def narrowed(self) -> dict[str, Any]:
        """A text that is no row chosen narrows to what it fits."""
        place, category, supplier = (self._value(name) for name in ("location", "category", "supplier"))
        return {
            "location": place and place.pk,
            "categories": _paths(category),
            "suppliers": _keys(supplier),
        }

    def _value(self, name: str) -> Any:
        self.form.is_valid()
        return getattr(self.form, "cleaned_data", {}).get(name)


def _paths(chosen: Any) -> list[str] | None:
    if not chosen:
        return None
    if isinstance(chosen, Category):
        return [chosen.path]
    return list(lookups.search(Category.objects.all(), chosen).order_by().values_list("path", flat=True))


def _keys(chosen: Any) -> list[int] | None:
    if not chosen:
        return None
    if isinstance(chosen, Supplier):
        return [chosen.pk]
    return list(lookups.search(Supplier.objects.all(), chosen).order_by().values_list("pk", flat=True))


class FiguresFilter(django_filters.FilterSet):
    q = ArticleFilter(field_name="level__variant", label=_("SKU, barcode or title"))
    location = PlaceFilter(field_name="level__location")
    category = BranchFilter("level__variant__product__category", label=_("Category"))
    supplier = generic.LookupFilter(model=Supplier, label=_("Supplier"))
    abc = generic.AnyOfFilter(choices=AbcClass, label=_("Class by value of use"))

    class Meta:
        model = StockFigures
        fields: list[str] = []


class DeadStockFilter(FiguresFilter):
    DAYS = (("30", _("30 days")), ("90", _("90 days")), ("180", _("180 days")), ("365", _("a year")))
    USUAL = 90

    days = django_filters.ChoiceFilter(
        choices=DAYS, method="idle_for", label=_("Without shipment for"), empty_label=None
    )

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        return (
            super().filter_queryset(queryset).filter(idle_since__lte=timezone.now() - timedelta(days=self.least_days))
        )

    @property
    def least_days(self) -> int:
        self.form.is_valid()
        return int(getattr(self.form, "cleaned_data", {}).get("days") or self.USUAL)

    def idle_for(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        """Done for every value, and without one, by `filter_queryset`."""
        return queryset


class ForecastFilter(FiguresFilter):
    DAYS = (("0", _("Sold out already")), ("7", _("a week")), ("28", _("four weeks")), ("90", _("90 days")))

    within = django_filters.ChoiceFilter(
        choices=DAYS, method="out_within", label=_("Sold out within"), empty_label=_("All")
    )

    def out_within(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(out_on__lte=shop_day() + timedelta(days=int(value)))


class SaleCostFilter(django_filters.FilterSet):
    KINDS = [(kind.value, kind.label) for kind in (StockMove.Kind.SHIPPED, StockMove.Kind.RETURNED)]

    q = django_filters.CharFilter(field_name="cause", lookup_expr="exact", label=_("Document"))
    kind = generic.AnyOfFilter(choices=KINDS, label=_("Kind"))
    location = PlaceFilter()
    at = generic.DateRangeFilter(label=_("At"))

    class Meta:
        model = SaleCost
        fields: list[str] = []


class CorrectionFilter(django_filters.FilterSet):
    """What is added up: the days and the locations; then which of the sums are shown."""

    KINDS = [(kind.value, kind.label) for kind in StockMove.Kind if kind.value in services.CORRECTIONS]

    day = generic.DateRangeFilter(method="added_up", label=_("Day"))
    location = PlaceFilter(method="added_up")
    kind = generic.AnyOfFilter(choices=KINDS, label=_("Kind"))
    reason = django_filters.CharFilter(lookup_expr="icontains", label=_("Reason"))
    by = PersonFilter(field_name="actor", label=_("By"))

    class Meta:
        model = CorrectionSum
        fields: list[str] = []

    def filter_queryset(self, queryset: QuerySet) -> QuerySet:
        data = self.form.cleaned_data
        days, place = data.get("day"), data.get("location")
        codes = self.request.user.scope("warehouse")
        sums = services.corrections(
            days.start and timezone.localtime(days.start).date() if days else None,
            days.stop and timezone.localtime(days.stop).date() if days else None,
            warehouses=None if codes is None else list(codes),
            location=place and place.pk,
        )
        return super().filter_queryset(sums)

    def added_up(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        """The sums are made of these days and this location already."""
        return queryset
