"""Filters of the lists: for pages, exports, saved views and the API alike."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import django_filters
from django import forms
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _

from backoffice import countries, generic
from backoffice.generic import lookups
from backoffice.generic.lists import COUNT_CAP
from catalog.models import Variant
from customers.models import Customer
from inventory import services as inventory
from inventory.models import Allocation, Location
from orders import queues
from orders.figures import Figure, FigureField
from orders.models import Fulfilment, Invoice, Order, OrderLine, RefundGrant, Return
from orders.search import fitting

# Planned as if all were wanted, and stopped when there are many.
TAGGED = """
    WITH found AS MATERIALIZED (SELECT id FROM orders_order WHERE tags @> %s::varchar(120)[]) SELECT id FROM found LIMIT %s
"""


class DocumentSearch(django_filters.CharFilter):
    """Documents with this number, or of orders that the text fits; each way by its own index."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("Search"), **kwargs})

    def filter(self, queryset: QuerySet, value: str) -> QuerySet:
        if not value:
            return queryset
        documents = queryset.model._default_manager.order_by().values("pk")
        user = getattr(self.parent.request, "user", None)
        orders = Order.objects.order_by().filter(fitting(user, value)).values("pk")
        wanted = documents.filter(number=value.strip().upper()).union(documents.filter(order__in=orders))
        if queryset.model is Fulfilment:
            wanted = wanted.union(documents.filter(tracking_number=value.strip()))
        return queryset.filter(pk__in=wanted)


class CountryField(forms.CharField):
    """A country by its two letters or by name, as its two letters."""

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        return countries.code_of(text) if text else ""


class CountryFilter(django_filters.CharFilter):
    field_class = CountryField


class BehindFilter(django_filters.CharFilter):
    """Rows that a figure of a report adds up: `rows` is the method of `Figure` that finds them."""

    field_class = FigureField

    def __init__(self, rows: Callable[[Figure, QuerySet], QuerySet]) -> None:
        super().__init__(label=_("Behind the report"))
        self.rows = rows

    def filter(self, qs: QuerySet, value: Figure | None) -> QuerySet:
        return self.rows(value, qs) if value else qs


class OrderFilter(django_filters.FilterSet):
    q = django_filters.CharFilter(label=_("Search"), method="found")
    status = generic.AnyOfFilter(label=_("Status"), choices=Order.Status.choices)
    payment_status = generic.AnyOfFilter(label=_("Payment"), choices=Order.PaymentStatus.choices)
    fulfilment_status = generic.AnyOfFilter(label=_("Fulfilment"), choices=Order.FulfilmentStatus.choices)
    return_status = generic.AnyOfFilter(label=_("Return"), choices=Order.ReturnStatus.choices)
    queue = django_filters.ChoiceFilter(
        label=_("Queue"), choices=[(key, one.label) for key, one in queues.OF_ORDERS.items()], method="in_queue"
    )
    late = django_filters.BooleanFilter(label=_("Late"), method="is_late")
    customer = generic.LookupFilter(model=Customer, label=_("Customer"))
    variant = generic.LookupFilter(model=Variant, label=_("With the SKU"), method="with_variant")
    location = generic.LookupFilter(model=Location, label=_("Promised at"), method="promised_at")
    country = CountryFilter(label=_("Goes to"), method="going_to")
    placed_at = generic.DateRangeFilter(label=_("Date"))
    total = generic.NumberRangeFilter(label=_("Total"))
    source = django_filters.CharFilter(label=_("Source"))
    currency = django_filters.CharFilter(label=_("Currency"), method="in_currency")
    tag = django_filters.CharFilter(label=_("Tag"), method="with_tag")
    on_hold = django_filters.BooleanFilter(label=_("On hold"), method="is_on_hold")
    behind = BehindFilter(Figure.orders)

    class Meta:
        model = Order
        fields: list[str] = []

    def of_orders(self, queryset: QuerySet, narrow: Callable[[Any], QuerySet]) -> QuerySet:
        """The rows of the orders that `narrow` leaves; here the rows are the orders themselves."""
        return narrow(queryset)

    def found(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        user = getattr(self.request, "user", None)
        return self.of_orders(queryset, lambda orders: orders.filter(fitting(user, value)))

    def in_queue(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        user = getattr(self.request, "user", None)
        rows = to_allocate if value == "to_allocate" else queues.QUEUES[value].rows
        return self.of_orders(queryset, lambda orders: rows(orders, user))

    def is_late(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        late = Order.objects.late().order_by().values("pk")
        return self.of_orders(queryset, lambda orders: orders.late() if value else orders.exclude(pk__in=late))

    def is_on_hold(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        held = Order.objects.filter(on_hold=True).order_by().values("pk")
        return self.of_orders(
            queryset, lambda orders: orders.filter(on_hold=True) if value else orders.exclude(pk__in=held)
        )

    def with_variant(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        return self.of_orders(queryset, lambda orders: orders.filter(pk__in=lines_with(value, "order")))

    def promised_at(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        here = [value] if isinstance(value, Location) else lookups.search(Location.objects.all(), value).order_by()
        promises = Allocation.objects.filter(cause=OuterRef("number"), location__in=here)
        return self.of_orders(queryset, lambda orders: orders.awaiting_shipment().filter(Exists(promises)))

    def going_to(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return self.of_orders(queryset, lambda orders: orders.going_to(value))

    def in_currency(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return self.of_orders(queryset, lambda orders: orders.filter(currency=value.strip().upper()))

    def with_tag(self, queryset: QuerySet, name: str, value: str) -> QuerySet:
        return self.of_orders(queryset, lambda orders: tagged(orders, value.strip()))


def to_allocate(orders: Any, user: Any) -> QuerySet:
    """The queue. Few are found once, for the page and its count, and looked up by their numbers."""
    few = inventory.few_waiting(COUNT_CAP)
    return queues.to_allocate(orders, user) if few is None else orders.awaiting_shipment().filter(number__in=few)


def tagged(orders: QuerySet, tag: str) -> QuerySet:
    """Few are looked up by the index of tags, and then by their keys; of many, a page is met on the way through the list.

    The planner does not know how many there are where it has no statistics of a tag, and would look through every order for one.
    """
    with connection.cursor() as cursor:
        cursor.execute(TAGGED, [[tag], COUNT_CAP + 1])
        keys = [key for (key,) in cursor.fetchall()]
    return orders.filter(tags__contains=[tag]) if len(keys) > COUNT_CAP else orders.filter(pk__in=keys)


def lines_with(article: Any, name: str) -> QuerySet:
    """`name` ("order" or "pk") of the lines of a variant, or with exactly this SKU: of a variant, or as it was typed."""
    lines = OrderLine.objects.order_by()
    if isinstance(article, Variant):
        return lines.filter(variant=article).values(name)
    sku = str(article).strip()
    of_variant = lines.filter(variant__in=Variant.objects.filter(sku__iexact=sku))
    return of_variant.values(name).union(lines.filter(variant=None, sku__iexact=sku).values(name), all=True)


def lines_behind(figure: Figure, lines: QuerySet) -> QuerySet:
    """The lines of the orders that a figure adds up."""
    return lines.filter(order__in=figure.orders(Order.objects.order_by()).values("pk"))


class OrderLineFilter(OrderFilter):
    """The filters of orders over the rows of their lines, and one of the line itself."""

    behind = BehindFilter(lines_behind)

    article = generic.LookupFilter(model=Variant, label=_("SKU"), method="of_article")

    class Meta:
        model = OrderLine
        fields: list[str] = []

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        """What is a column of the order is reached by way of it, so that its indexes give order and range."""
        found = {name: deepcopy(one) for name, one in super().get_filters().items()}
        for one in found.values():
            if one.method is None:
                one.field_name = f"order__{one.field_name}"
        return found

    def of_orders(self, queryset: QuerySet, narrow: Callable[[Any], QuerySet]) -> QuerySet:
        return queryset.filter(order__in=narrow(Order.objects.order_by()).values("pk"))

    def of_article(self, queryset: QuerySet, name: str, value: Any) -> QuerySet:
        return queryset.filter(pk__in=lines_with(value, "pk"))


class FulfilmentFilter(django_filters.FilterSet):
    q = DocumentSearch()
    status = generic.AnyOfFilter(label=_("Status"), choices=Fulfilment.Status.choices)
    location = generic.LookupFilter(model=Location, label=_("Location"))
    created_at = generic.DateRangeFilter(label=_("Created"))
    on_hold = django_filters.BooleanFilter(label=_("On hold"), method="is_on_hold")
    scheduled = django_filters.BooleanFilter(label=_("Scheduled"), method="is_scheduled")
    behind = BehindFilter(Figure.parcels)

    class Meta:
        model = Fulfilment
        fields: list[str] = []

    def is_on_hold(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        held = Fulfilment.objects.on_hold().order_by().values("pk")
        return queryset.filter(pk__in=held) if value else queryset.exclude(pk__in=held)

    def is_scheduled(self, queryset: QuerySet, name: str, value: bool) -> QuerySet:
        later = Fulfilment.objects.scheduled().order_by().values("pk")
        return queryset.filter(pk__in=later) if value else queryset.exclude(pk__in=later)


class RefundFilter(django_filters.FilterSet):
    q = DocumentSearch()
    status = generic.AnyOfFilter(label=_("Status"), choices=RefundGrant.Status.choices)
    asked_at = generic.DateRangeFilter(label=_("Asked for"))

    class Meta:
        model = RefundGrant
        fields: list[str] = []


class ReturnFilter(django_filters.FilterSet):
    q = DocumentSearch()
    status = generic.AnyOfFilter(label=_("Status"), choices=Return.Status.choices)
    created_at = generic.DateRangeFilter(label=_("Created"))
    behind = BehindFilter(Figure.returns)

    class Meta:
        model = Return
        fields: list[str] = []


class InvoiceFilter(django_filters.FilterSet):
    q = DocumentSearch()
    kind = django_filters.ChoiceFilter(label=_("Kind"), choices=Invoice.Kind.choices)
    issued_at = generic.DateRangeFilter(label=_("Issued"))
    gross = generic.NumberRangeFilter(label=_("Amount"))
    behind = BehindFilter(Figure.invoices)

    class Meta:
        model = Invoice
        fields: list[str] = []
