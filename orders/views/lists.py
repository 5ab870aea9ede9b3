"""Lists: orders, fulfilments, returns, invoices."""

from collections.abc import Sequence
from dataclasses import replace

from django.db.models import Case, CharField, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.fields.json import KT, KeyTextTransform
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from backoffice import generic
from backoffice.templatetags.houtai import as_query
from orders import services
from orders.filters import FulfilmentFilter, InvoiceFilter, OrderFilter, OrderLineFilter, ReturnFilter
from orders.models import Fulfilment, FulfilmentLine, Invoice, Order, OrderLine, Return, ReturnLine
from orders.views.at_once import ADDRESSED, INVOICES, ORDER_ACTIONS, PARCELS, RETURNS


def pieces(lines: QuerySet, name: str) -> Subquery:
    """Sum of the quantities of the rows that hang on a row of the list by the relation `name`."""
    return Subquery(
        lines.filter(**{name: OuterRef("pk")}).order_by().values(name).annotate(sum=Sum("quantity")).values("sum")
    )


def payment_in_list(order: Order) -> str:
    """Nothing for a draft, or for an order that was canceled before it was paid."""
    had_money = order.paid or order.authorized or order.voided
    owes_nothing = order.status == Order.Status.DRAFT or (order.status == Order.Status.CANCELED and not had_money)
    return "" if owes_nothing else order.payment_status


def fulfilment_in_list(order: Order) -> str:
    return "" if order.status in (Order.Status.DRAFT, Order.Status.CANCELED) else order.fulfilment_status


def return_in_list(order: Order) -> str:
    return "" if order.return_status == Order.ReturnStatus.NONE else order.return_status


def country_of(order: Order) -> str:
    return str(order.shipping_address.get("country") or "")


def blank_where(condition: Q, name: str) -> Case:
    """The same in SQL: nothing where `condition` holds, else the field."""
    return Case(When(condition, Value("")), default=F(name), output_field=CharField())


class OrderList(generic.ListPage):
    model = Order
    key = "orders"
    title = _("Orders")
    permission = "orders.view_order"
    filterset_class = OrderFilter
    columns = [
        generic.Column("number", link=True, secondary=generic.Column("source_number")),
        generic.Column("placed_at", kind="datetime"),
        generic.Column("customer_name", _("Customer"), permission="customers.view_personal_data"),
        generic.Column("total", kind="money", currency="currency"),
        generic.Column("status", kind="badge"),
        generic.Column(
            "payment_status",
            kind="badge",
            get=payment_in_list,
            sql=blank_where(Q(status="draft") | Q(status="canceled", paid=0, authorized=0, voided=0), "payment_status"),
        ),
        generic.Column(
            "fulfilment_status",
            kind="badge",
            get=fulfilment_in_list,
            sql=blank_where(Q(status__in=["draft", "canceled"]), "fulfilment_status"),
        ),
        generic.Column("items", _("Pieces"), kind="number"),
        generic.Column("email", permission="customers.view_personal_data"),
        generic.Column(
            "return_status", kind="badge", get=return_in_list, sql=blank_where(Q(return_status="none"), "return_status")
        ),
        generic.Column("paid", kind="money", currency="currency"),
        generic.Column("refunded", kind="money", currency="currency"),
        generic.Column("tax", kind="money", currency="currency"),
        generic.Column("currency"),
        generic.Column("source"),
        generic.Column("country", _("Goes to"), get=country_of, sql=KT("shipping_address__country")),
        generic.Column("tags", get=lambda order: ", ".join(order.tags), sql=generic.joined("tags")),
        generic.Column("created_by", _("Taken by"), sql=generic.named("created_by")),
    ]
    default_columns = [
        "number",
        "placed_at",
        "customer_name",
        "total",
        "status",
        "payment_status",
        "fulfilment_status",
        "items",
    ]
    ordering = {
        "newest": ("-placed_at", "-pk"),
        "oldest": ("placed_at", "pk"),
        "highest": ("-total", "-pk"),
        "lowest": ("total", "pk"),
    }
    ordering_labels = {
        "newest": _("Newest first"),
        "oldest": _("Oldest first"),
        "highest": _("Highest total first"),
        "lowest": _("Lowest total first"),
    }
    tabs = [
        generic.Tab(
            _("To pay"), "status=placed&payment_status=none&payment_status=voided&payment_status=partially_paid"
        ),
        generic.Tab(_("To ship"), "status=placed&fulfilment_status=unfulfilled&fulfilment_status=partial"),
        generic.Tab(_("Late"), "queue=late&sort=oldest"),
        generic.Tab(_("On hold"), "queue=on_hold&sort=oldest"),
        generic.Tab(_("To refund"), "payment_status=overcharged"),
        generic.Tab(_("Drafts"), "status=draft"),
    ]
    bulk_actions = ORDER_ACTIONS
    template_name = "orders/orders.html"
    create_url = "orders:new"
    create_permission = "orders.add_order"
    empty_title = _("No orders yet")
    empty_text = _("Take the first one in, or import orders from a file.")

    def get_queryset(self) -> QuerySet:
        return (
            super().get_queryset().select_related("created_by").annotate(items=pieces(OrderLine.objects.all(), "order"))
        )

    @property
    def lines_url(self) -> str:
        """The lines of the orders on show, under the same filters and in the same order."""
        query = self.state.copy()
        query.pop("columns", None)
        return as_query(query, reverse("orders:lines"))


class OrderLineList(generic.ListPage):
    """What was sold, line by line; opened from the list of orders it shows the lines of the same orders."""

    model = OrderLine
    key = "order_lines"
    title = _("Order lines")
    permission = ("orders.view_order", "orders.view_orderline")
    filterset_class = OrderLineFilter
    columns = [
        generic.Column("order.number", pgettext_lazy("sale", "Order"), link="order"),
        generic.Column("order.placed_at", _("Date"), kind="datetime"),
        generic.Column("order.customer_name", _("Customer"), permission="customers.view_personal_data"),
        generic.Column("sku"),
        generic.Column("title"),
        generic.Column("quantity", kind="number"),
        generic.Column("unit_price", kind="money", currency="order.currency"),
        generic.Column("discount", kind="money", currency="order.currency"),
        generic.Column("order_discount", _("Share of the order's discount"), kind="money", currency="order.currency"),
        generic.Column("net", kind="money", currency="order.currency"),
        generic.Column("tax", kind="money", currency="order.currency"),
        generic.Column("gross", kind="money", currency="order.currency"),
        generic.Column("tax_name", _("Tax rate")),
        generic.Column("allocated", kind="number"),
        generic.Column("fulfilled", kind="number"),
        generic.Column("canceled", kind="number"),
        generic.Column("returned", kind="number"),
        generic.Column("order.status", _("Status"), kind="badge"),
        generic.Column("order.payment_status", _("Payment"), kind="badge"),
        generic.Column("order.fulfilment_status", _("Fulfilment"), kind="badge"),
        generic.Column("order.source", _("Source")),
        generic.Column("order.source_number", _("Number at the source")),
        generic.Column(
            "country",
            _("Goes to"),
            get=lambda line: country_of(line.order),
            sql=KeyTextTransform("country", "order__shipping_address"),
        ),
        generic.Column("order.currency", _("Currency")),
    ]
    default_columns = [
        "order.number", "order.placed_at", "order.customer_name", "sku", "title", "quantity", "unit_price", "gross", "order.status",
    ]  # fmt: skip
    ordering = {
        "newest": ("-order__placed_at", "-order_id", "position", "pk"),
        "oldest": ("order__placed_at", "order_id", "position", "pk"),
        "highest": ("-order__total", "-order_id", "position", "pk"),
        "lowest": ("order__total", "order_id", "position", "pk"),
    }
    ordering_labels = OrderList.ordering_labels
    tabs = OrderList.tabs
    empty_title = _("No order lines yet")
    empty_text = _("They come with orders.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("order")


class FulfilmentList(generic.ListPage):
    model = Fulfilment
    key = "fulfilments"
    title = _("Fulfilments")
    permission = "orders.view_fulfilment"
    filterset_class = FulfilmentFilter
    columns = [
        generic.Column("number", link=True),
        generic.Column("status", kind="badge"),
        generic.Column("order.number", pgettext_lazy("sale", "Order"), link="order"),
        generic.Column("order.customer_name", _("Customer"), permission="customers.view_personal_data"),
        generic.Column("location", _("Location"), sql=generic.in_reader_language("location__name")),
        generic.Column("pieces", _("Pieces"), kind="number"),
        generic.Column("created_at", kind="relative"),
        generic.Column("carrier"),
        generic.Column("tracking_number"),
        generic.Column("shipped_at", kind="datetime"),
        generic.Column("not_before", kind="date"),
    ]
    default_columns = [
        "number",
        "status",
        "order.number",
        "order.customer_name",
        "location",
        "pieces",
        "created_at",
        "tracking_number",
    ]
    ordering = {"newest": ("-created_at", "-pk"), "oldest": ("created_at", "pk")}
    ordering_labels = {"newest": _("Newest first"), "oldest": _("Oldest first")}
    all_label = _("All parcels")
    tabs = [
        generic.Tab(_("To pick"), "status=pending&scheduled=false&sort=oldest"),
        generic.Tab(_("Scheduled"), "scheduled=true&sort=oldest"),
        generic.Tab(_("On hold"), "on_hold=true&sort=oldest"),
        generic.Tab(_("Packed"), "status=packed&sort=oldest"),
        generic.Tab(_("On the way"), "status=shipped"),
    ]
    bulk_actions = [
        generic.BulkAction("pack", _("Mark as packed"), services.pack, permission="orders.fulfil_order"),
        generic.BulkAction(
            "ship", _("Ship"), services.ship, permission="orders.fulfil_order", confirm=_("The pieces leave the stock.")
        ),
        generic.print_action("slips", _("Packing slips"), "orders:packing-slips", ADDRESSED),
        generic.print_action("pick-lists", _("Pick lists"), "orders:pick-lists", PARCELS),
        generic.print_action("labels", _("Shipping labels"), "orders:shipping-labels", ADDRESSED),
    ]
    empty_title = _("No parcels yet")
    empty_text = _("Parcels are made on the page of an order that is to be shipped.")

    def get_queryset(self) -> QuerySet:
        return (
            super()
            .get_queryset()
            .select_related("order", "location")
            .annotate(pieces=pieces(FulfilmentLine.objects.all(), "fulfilment"))
        )


class ReturnList(generic.ListPage):
    model = Return
    key = "returns"
    title = _("Returns")
    permission = "orders.view_return"
    filterset_class = ReturnFilter
    columns = [
        generic.Column("number", link=True),
        generic.Column("status", kind="badge"),
        generic.Column("order.number", pgettext_lazy("sale", "Order"), link="order"),
        generic.Column("order.customer_name", _("Customer"), permission="customers.view_personal_data"),
        generic.Column("pieces", _("Pieces"), kind="number"),
        generic.Column("reason"),
        generic.Column("created_at", kind="relative"),
        generic.Column("received_at", kind="datetime"),
    ]
    ordering = {"newest": ("-created_at", "-pk"), "oldest": ("created_at", "pk")}
    ordering_labels = {"newest": _("Newest first"), "oldest": _("Oldest first")}
    tabs = [
        generic.Tab(_("To approve"), "status=requested"),
        generic.Tab(_("To receive"), "status=approved"),
        generic.Tab(_("Received"), "status=received"),
    ]
    bulk_actions = [
        generic.BulkAction("approve", _("Approve"), services.approve_return, permission="orders.change_return"),
        generic.print_action("slips", _("Return slips"), "orders:return-slips", RETURNS),
        generic.print_action("labels", _("Return labels"), "orders:return-labels", RETURNS),
    ]
    empty_title = _("No returns yet")
    empty_text = _("A return is announced on the page of an order that was shipped.")

    def get_queryset(self) -> QuerySet:
        return (
            super()
            .get_queryset()
            .select_related("order")
            .annotate(pieces=pieces(ReturnLine.objects.all(), "order_return"))
        )


class InvoiceList(generic.ListPage):
    model = Invoice
    key = "invoices"
    title = _("Invoices")
    permission = "orders.view_invoice"
    filterset_class = InvoiceFilter
    columns = [
        generic.Column("number", link=True),
        generic.Column("kind", kind="badge"),
        generic.Column("issued_at", kind="date"),
        generic.Column("order.number", pgettext_lazy("sale", "Order"), link="order"),
        generic.Column("order.customer_name", _("Customer"), permission="customers.view_personal_data"),
        generic.Column("net", kind="money", currency="currency"),
        generic.Column("tax", kind="money", currency="currency"),
        generic.Column("gross", kind="money", currency="currency"),
        generic.Column("corrects", link="corrects", sql=F("corrects__number")),
    ]
    default_columns = ["number", "kind", "issued_at", "order.number", "order.customer_name", "net", "tax", "gross"]
    ordering = {"newest": ("-issued_at", "-pk"), "oldest": ("issued_at", "pk")}
    ordering_labels = {"newest": _("Newest first"), "oldest": _("Oldest first")}
    bulk_actions = [
        generic.print_action("print", _("Print"), "orders:invoice-papers", INVOICES),
        generic.print_action("pdf", _("PDF files"), "orders:invoice-pdfs", INVOICES),
    ]
    empty_title = _("No invoices yet")
    empty_text = _("An invoice is issued on the page of a placed order, or for many from the list of orders.")

    def get_queryset(self) -> QuerySet:
        return super().get_queryset().select_related("order", "corrects")

    def get_columns(self) -> Sequence[generic.Column]:
        """Documents name the buyer: who may not see that is led to none."""
        leads = generic.may(self.user, INVOICES)
        return [
            column if leads or column.link not in (True, "corrects") else replace(column, link=False)
            for column in super().get_columns()
        ]
