"""Filters of the lists: for pages, exports, saved views and the API alike."""

from collections.abc import Callable
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from backoffice import generic, rows
from catalog.models import Variant
from customers.models import Customer
from inventory.models import Location
from orders.figures import Figure, FigureField
from orders.models import Fulfilment, Invoice, Order, OrderLine, Return


def containing(queryset: QuerySet, name: str, value: str) -> QuerySet:
    """Rows whose search text holds `value`, by the trigram index."""
    return queryset.filter(rows.containing(value))


def of_orders(queryset: QuerySet, name: str, value: str) -> QuerySet:
    """Documents with this number, or of orders that `value` fits; each way by its own index."""
    documents = queryset.model._default_manager.order_by().values("pk")
    orders = containing(Order.objects.order_by(), name, value).values("pk")
    wanted = documents.filter(number=value.strip().upper()).union(documents.filter(order__in=orders))
    if queryset.model is Fulfilment:
        wanted = wanted.union(documents.filter(tracking_number=value.strip()))
    return queryset.filter(pk__in=wanted)


class BehindFilter(django_filters.CharFilter):
    """Rows that a figure of a report adds up: `rows` is the method of `Figure` that finds them."""

    field_class = FigureField

    def __init__(self, rows: Callable[[Figure, QuerySet], QuerySet]) -> None:
        super().__init__(label=_("Behind the report"))
        self.rows = rows

    def filter(self, qs: QuerySet, value: Figure | None) -> QuerySet:
        return self.rows(value, qs) if value else qs


class OrderFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method=containing)
    status = generic.AnyOfFilter(label=_("Status"), choices=Order.Status.choices)
    payment_status = generic.AnyOfFilter(label=_("Payment"), choices=Order.PaymentStatus.choices)
    fulfilment_status = generic.AnyOfFilter(label=_("Fulfilment"), choices=Order.FulfilmentStatus.choices)
    return_status = generic.AnyOfFilter(label=_("Return"), choices=Order.ReturnStatus.choices)
    customer = generic.LookupFilter(model=Customer, label=_("Customer"))
    variant = generic.LookupFilter(model=Variant, label=_("With the SKU"), method="with_variant")
    placed_at = generic.DateRangeFilter(label=_("Date"))
    total = generic.NumberRangeFilter(label=_("Total"))
    source = django_filters.CharFilter(label=_("Source"))
    currency = django_filters.CharFilter(label=_("Currency"), method="in_currency")
    tag = django_filters.CharFilter(label=_("Tag"), method="with_tag")
    behind = BehindFilter(Figure.orders)

    class Meta:
        model = Order
        fields: list[str] = []

    def with_variant(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        if isinstance(value, Variant):
            lines = OrderLine.objects.filter(variant=value)
        else:
            lines = OrderLine.objects.filter(sku__iexact=str(value).strip())
        return queryset.filter(pk__in=lines.order_by().values("order"))

    def in_currency(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(currency=value.strip().upper())

    def with_tag(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return queryset.filter(tags__contains=[value.strip()])


class FulfilmentFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method=of_orders)
    status = generic.AnyOfFilter(label=_("Status"), choices=Fulfilment.Status.choices)
    location = generic.LookupFilter(model=Location, label=_("Location"))
    created_at = generic.DateRangeFilter(label=_("Created"))
    on_hold = django_filters.BooleanFilter(label=_("On hold"), method="is_on_hold")
    behind = BehindFilter(Figure.parcels)

    class Meta:
        model = Fulfilment
        fields: list[str] = []

    def is_on_hold(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        held = Fulfilment.objects.on_hold().order_by().values("pk")
        return queryset.filter(pk__in=held) if value else queryset.exclude(pk__in=held)


class ReturnFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method=of_orders)
    status = generic.AnyOfFilter(label=_("Status"), choices=Return.Status.choices)
    created_at = generic.DateRangeFilter(label=_("Created"))
    behind = BehindFilter(Figure.returns)

    class Meta:
        model = Return
        fields: list[str] = []


class InvoiceFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method=of_orders)
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Invoice.Kind.choices)
    issued_at = generic.DateRangeFilter(label=_("Issued"))
    gross = generic.NumberRangeFilter(label=_("Amount"))

    class Meta:
        model = Invoice
        fields: list[str] = []
