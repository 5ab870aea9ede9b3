"""FilterSets of stock, moves and documents: of the pages, exports, API and saved views alike."""

from typing import Any

import django_filters
from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from backoffice import generic
from backoffice.models import User
from backoffice.rows import containing
from catalog.models import Variant
from inventory.models import (
    AbcClass,
    Allocation,
    CountLine,
    Hold,
    Location,
    PurchaseOrder,
    Receipt,
    ReorderRule,
    SoldOut,
    StockCount,
    StockLevel,
    StockMove,
    StockPosting,
    Supplier,
    SupplierItem,
    Transfer,
)


def places(request: Any) -> QuerySet:
    """Warehouses and the way between them, as far as the user may see them."""
    if request is None:
        return Location.objects.none()
    return Location.objects.visible_to(request.user).filter(kind__in=Location.PHYSICAL)


class ArticleFilter(django_filters.CharFilter):
    """The search box of rows that have a variant: SKU, barcode or title."""

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        found = Variant.objects.search(value).order_by().values("pk")
        return qs.filter(**{f"{self.field_name}__in": found})


class PlaceFilter(django_filters.ModelChoiceFilter):
    """One location out of the few that there are."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(queryset=places, label=kwargs.pop("label", _("Location")), empty_label=_("All"), **kwargs)


class PersonFilter(django_filters.CharFilter):
    """Rows of people whose name or address the text stands in."""

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        people = User.objects.filter(Q(name__icontains=value) | Q(email__icontains=value)).order_by().values("pk")
        return qs.filter(**{f"{self.field_name}__in": people})


class KindFilter(django_filters.MultipleChoiceFilter):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=StockMove.Kind, label=_("Kind"), widget=forms.CheckboxSelectMultiple, **kwargs)


class StockFilter(django_filters.FilterSet):
    STATES = (
        ("in", _("Available")),
        ("low", _("Low")),
        ("out", _("Out of stock")),
        ("backordered", _("Backordered")),
        ("held", _("Held")),
    )

    q = ArticleFilter(field_name="variant", label=_("SKU, barcode or title"))
    location = PlaceFilter()
    abc = generic.AnyOfFilter(field_name="figures__abc", choices=AbcClass, label=_("Class by value of use"))
    state = django_filters.ChoiceFilter(choices=STATES, method="in_state", label=_("Stock"), empty_label=_("All"))
    updated_at = generic.DateRangeFilter(label=_("Changed"))

    class Meta:
        model = StockLevel
        fields: list[str] = []

    def in_state(self, queryset: Any, name: str, value: str) -> QuerySet:
        """Goods on their way can be held by nobody and sold to nobody: they are in no state."""
        levels = queryset.at_warehouses().with_available()
        if value == "held":
            return levels.filter(held__gt=0)
        if value == "backordered":
            return levels.filter(available__lt=0)
        return {"in": levels.in_stock, "low": levels.low, "out": levels.out}[value]()


class StockStateFilter(django_filters.ChoiceFilter):
    """Variants, or products by their active variants, by what the warehouses that the user sees have of them."""

    STATES = (("in", _("In stock")), ("low", _("Low")), ("out", _("Out of stock")))

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(choices=self.STATES, label=_("Stock"), empty_label=_("All"), **kwargs)

    def filter(self, qs: QuerySet, value: str) -> QuerySet:
        if not value:
            return qs
        levels = StockLevel.objects.visible_to(self.parent.request.user).at_warehouses()
        if value != "out":
            variants = {"in": levels.in_stock, "low": levels.low}[value]().order_by().values("variant")
            if qs.model is Variant:
                return qs.filter(pk__in=variants)
            return qs.filter(pk__in=Variant.objects.active().filter(pk__in=variants).order_by().values("product"))
        if self.parent.request.user.scope("warehouse") is None:
            # What is sold out everywhere is marked; in some of the warehouses, more may be.
            marked: Any = SoldOut.objects.values("variant")
            if qs.model is not Variant:
                marked = Variant.objects.filter(pk__in=marked).order_by().values("product")
            qs = qs.filter(pk__in=marked)
        if qs.model is Variant:
            return qs.filter(~Exists(levels.in_stock().filter(variant=OuterRef("pk"))), track_stock=True)
        kept = Variant.objects.active().filter(product=OuterRef("pk"), track_stock=True)
        free = levels.in_stock().filter(variant__product=OuterRef("pk"), variant__is_active=True)
        return qs.filter(Exists(kept), ~Exists(free))


class PostingFilter(django_filters.FilterSet):
    kind = KindFilter(field_name="move__kind")
    by = PersonFilter(field_name="move__actor", label=_("By"))
    cause = django_filters.CharFilter(field_name="move__cause", lookup_expr="iexact", label=_("Document"))
    at = generic.DateRangeFilter(label=_("At"))

    class Meta:
        model = StockPosting
        fields: list[str] = []


class VariantPostingFilter(PostingFilter):
    location = PlaceFilter(field_name="level__location")


class MoveFilter(django_filters.FilterSet):
    q = ArticleFilter(field_name="variant", label=_("SKU, barcode or title"))
    kind = KindFilter()
    location = PlaceFilter(method="at_location")
    cause = django_filters.CharFilter(lookup_expr="exact", label=_("Document"))
    by = PersonFilter(field_name="actor", label=_("By"))
    at = generic.DateRangeFilter(label=_("At"))

    class Meta:
        model = StockMove
        fields: list[str] = []

    def at_location(self, queryset: QuerySet, name: str, value: Location | None) -> QuerySet:
        return queryset.filter(Q(from_location=value) | Q(to_location=value)) if value else queryset


class ReceiptFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="named", label=_("Number or delivery note"))
    location = PlaceFilter()
    supplier = generic.LookupFilter(model=Supplier, label=_("Supplier"))
    article = ArticleFilter(field_name="lines__variant", label=_("SKU, barcode or title"), distinct=True)
    created_at = generic.DateRangeFilter(label=_("Received"))

    class Meta:
        model = Receipt
        fields: list[str] = []

    def named(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(containing(value)) if value else queryset


class TransferFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="number", lookup_expr="icontains", label=_("Number"))
    status = generic.AnyOfFilter(choices=Transfer.Status, label=_("Status"), widget=forms.CheckboxSelectMultiple)
    source = PlaceFilter(label=_("From"))
    destination = PlaceFilter(label=_("To"))
    created_at = generic.DateRangeFilter(label=_("Created"))

    class Meta:
        model = Transfer
        fields: list[str] = []


class HoldFilter(django_filters.FilterSet):
    q = ArticleFilter(field_name="variant", label=_("SKU, barcode or title"))
    status = generic.AnyOfFilter(choices=Hold.Status, label=_("Status"), widget=forms.CheckboxSelectMultiple)
    location = PlaceFilter()

    class Meta:
        model = Hold
        fields: list[str] = []


class PromiseFilter(django_filters.FilterSet):
    q = ArticleFilter(field_name="variant", label=_("SKU, barcode or title"))
    cause = django_filters.CharFilter(lookup_expr="iexact", label=_("Document"))
    location = PlaceFilter()

    class Meta:
        model = Allocation
        fields: list[str] = []


class CountFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(field_name="number", lookup_expr="icontains", label=_("Number"))
    status = generic.AnyOfFilter(choices=StockCount.Status, label=_("Status"), widget=forms.CheckboxSelectMultiple)
    location = PlaceFilter()
    scope = django_filters.ChoiceFilter(choices=StockCount.Scope, label=_("Scope"), empty_label=_("All"))
    created_at = generic.DateRangeFilter(label=_("Created"))

    class Meta:
        model = StockCount
        fields: list[str] = []


class CountLineFilter(django_filters.FilterSet):
    STATES = (
        ("different", _("With a difference")),
        ("right", _("Without a difference")),
        ("uncounted", _("Not counted")),
        ("recount", _("To be counted again")),
        ("unexpected", _("Not on the sheet")),
        ("refused", _("Refused")),
    )

    q = ArticleFilter(field_name="variant", label=_("SKU, barcode or title"))
    state = django_filters.ChoiceFilter(choices=STATES, method="in_state", label=_("Lines"), empty_label=_("All"))
    by = PersonFilter(field_name="counted_by", label=_("Counted by"))

    class Meta:
        model = CountLine
        fields: list[str] = []

    def in_state(self, queryset: Any, name: str, value: str) -> QuerySet:
        if value == "different":
            return queryset.different()
        narrowed = {
            "right": Q(difference=0),
            "uncounted": Q(counted=None),
            "recount": Q(recount=True),
            "unexpected": Q(is_unexpected=True),
            "refused": Q(outcome=CountLine.Outcome.REFUSED),
        }
        return queryset.filter(narrowed[value])


class LocationFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="named", label=_("Search"))
    kind = generic.AnyOfFilter(choices=Location.Kind, label=_("Kind"), widget=forms.CheckboxSelectMultiple)
    is_active = django_filters.BooleanFilter(label=_("Active"))

    class Meta:
        model = Location
        fields: list[str] = []

    def named(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        wanted = Q(code__icontains=value) | Q(name__icontains=value) | Q(name_zh__icontains=value)
        return queryset.filter(wanted) if value else queryset


class SupplierFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="named", label=_("Search"))
    is_active = django_filters.BooleanFilter(label=_("Active"))

    class Meta:
        model = Supplier
        fields: list[str] = []

    def named(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        wanted = Q(code__icontains=value) | Q(name__icontains=value) | Q(email__icontains=value)
        return queryset.filter(wanted) if value else queryset


# --- Reports ----------------------------------------------------------------------------------------


class PurchaseFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(method="named", label=_("Number"))
    status = generic.AnyOfFilter(choices=PurchaseOrder.Status, label=_("Status"), widget=forms.CheckboxSelectMultiple)
    supplier = generic.LookupFilter(model=Supplier, label=_("Supplier"))
    location = PlaceFilter(label=_("Delivered to"))
    article = ArticleFilter(field_name="lines__variant", label=_("SKU, barcode or title"), distinct=True)
    expected_on = generic.DateRangeFilter(label=_("Expected"))
    created_at = generic.DateRangeFilter(label=_("Created"))
    overdue = django_filters.BooleanFilter(method="is_late", label=_("Overdue"))

    class Meta:
        model = PurchaseOrder
        fields: list[str] = []

    def named(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(containing(value)) if value else queryset

    def is_late(self, queryset: Any, name: str, value: bool | None) -> QuerySet:
        return queryset.overdue() if value else queryset


class SupplierItemFilter(django_filters.FilterSet):
    q = ArticleFilter(field_name="variant", label=_("SKU, barcode or title"))
    supplier = generic.LookupFilter(model=Supplier, label=_("Supplier"))
    supplier_sku = django_filters.CharFilter(lookup_expr="icontains", label=_("Supplier's SKU"))
    is_preferred = django_filters.BooleanFilter(label=_("Preferred"))

    class Meta:
        model = SupplierItem
        fields: list[str] = []


class ReorderRuleFilter(django_filters.FilterSet):
    q = ArticleFilter(field_name="variant", label=_("SKU, barcode or title"))
    location = PlaceFilter()
    is_active = django_filters.BooleanFilter(label=_("Active"))

    class Meta:
        model = ReorderRule
        fields: list[str] = []
