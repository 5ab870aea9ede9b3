"""Orders on the pages of customers, tickets, variants and lots."""

from typing import Any
from urllib.parse import urlencode

from django.db.models import Max, OuterRef, Subquery, Sum
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backoffice import exports, panels
from backoffice.money import format_money
from backoffice.panels import Panel
from backoffice.rows import told_along
from backoffice.templatetags.houtai import badge, plain_number
from inventory.models import Allocation, PartPosting, StockLevel, StockMove
from orders import (  # noqa: F401 - tell the customers what was bought, and what tickets are about
    customer_facts,
    customer_happenings,
    ticket_subjects,
)
from orders.models import Fulfilment, Order, OrderLine, Return

MOST = 8
MOST_LINES = 20
MOST_CALLED_BACK = 100


@panels.register("customers.customer", permission="orders.view_order", order=10)
def customer_orders(user: Any, customer: Any) -> Panel:
    return _orders(user, customer)


@panels.register("customers.ticket", permission="orders.view_order", order=5)
def order_of_ticket(user: Any, ticket: Any) -> Panel | None:
    """What the ticket is about: lines with what is available of them, parcels, returns, and what may be begun for them."""
    order = asked_about(user, ticket.about) if ticket.about else None
    if order is None:
        return None
    query = urlencode({"ticket": ticket.number, "next": ticket.get_absolute_url()})
    verbs = [("announce", "orders.add_return", _("Start a return")), ("refund", "orders.add_refund", _("Refund"))]
    is_placed = order.status != Order.Status.DRAFT
    return Panel(
        title=_("Order %(number)s") % {"number": order.number},
        template="orders/_ticket_order.html",
        context={
            "order": order,
            "sees_stock": user.has_perm("inventory.view_stocklevel"),
            "lines": order.told_lines or [],
            "parcels": _with_labels(order.told_parcels, Fulfilment),
            "returns": _with_labels(order.told_returns, Return),
            "verbs": [
                (label, f"{reverse(f'orders:{name}', args=[order.number])}?{query}")
                for name, permission, label in verbs
                if is_placed and user.has_perm(permission)
            ],
        },
        url=order.get_absolute_url(),
    )


def asked_about(user: Any, number: str) -> Any:
    """The order of this number with its lines, parcels and returns, in one statement; None where there is none to see."""
    levels = StockLevel.objects.visible_to(user).at_warehouses().with_available().filter(variant=OuterRef("variant"))
    pieces = Subquery(levels.order_by().values("variant").annotate(pieces=Sum("available")).values("pieces"))
    lines = OrderLine.objects.visible_to(user).filter(order=OuterRef("pk")).order_by("position", "pk")
    parcels = Fulfilment.objects.visible_to(user).filter(order=OuterRef("pk")).order_by("pk")
    returns = Return.objects.visible_to(user).filter(order=OuterRef("pk")).order_by("pk")
    line_fields = {
        name: name for name in ("sku", "title", "quantity", "fulfilled", "returned", "canceled", "variant_id")
    }
    orders = Order.objects.visible_to(user).annotate(
        told_lines=told_along(lines[:MOST_LINES], **line_fields, available=pieces),
        told_parcels=told_along(parcels[:MOST], number="number", status="status", tracking="tracking_number"),
        told_returns=told_along(returns[:MOST], number="number", status="status"),
    )
    return orders.filter(number=number).first()


def _with_labels(rows: list[dict[str, Any]] | None, model: Any) -> list[dict[str, Any]]:
    labels = dict(model.Status.choices)
    return [row | {"badge": badge(labels[row["status"]], row["status"])} for row in rows or ()]


@panels.register("customers.ticket", permission="orders.view_order", order=10)
def ticket_orders(user: Any, ticket: Any) -> Panel | None:
    return _orders(user, ticket.customer) if ticket.customer_id else None


@panels.register("catalog.variant", permission="orders.view_order", order=30)
def variant_allocations(user: Any, variant: Any) -> Panel:
    """Which orders hold pieces of the variant, and where."""
    rows = list(
        Allocation.objects.visible_to(user).filter(variant=variant).select_related("location").order_by("pk")[:MOST]
    )
    lines = OrderLine.objects.in_bulk([row.item for row in rows])
    orders = {
        order.pk: order
        for order in Order.objects.visible_to(user).filter(pk__in=[line.order_id for line in lines.values()])
    }
    shown = []
    for row in rows:
        line = lines.get(row.item)
        order = orders.get(line.order_id) if line is not None else None
        document: Any = (order.number, order.get_absolute_url()) if order is not None else row.cause
        shown.append(
            (
                document,
                row.location,
                plain_number(row.quantity),
                formats.date_format(timezone.localtime(row.created_at), "SHORT_DATE_FORMAT"),
            )
        )
    return Panel(
        _("Allocated to"),
        columns=[pgettext("sale", "Order"), _("Location"), _("Pieces"), _("Since")],
        numbers=[2],
        rows=shown,
        empty=_("Nothing is allocated."),
        url=f"{reverse('orders:list')}?variant=%23{variant.pk}&status=placed" if shown else "",
    )


def _orders(user: Any, customer: Any) -> Panel:
    orders = Order.objects.visible_to(user).filter(customer=customer).order_by("-placed_at", "-pk")[:MOST]
    rows = [
        (
            (order.number, order.get_absolute_url()),
            formats.date_format(timezone.localtime(order.placed_at), "SHORT_DATE_FORMAT"),
            format_money(order.total, order.currency),
            badge(order.get_status_display(), order.status),
            badge(order.get_payment_status_display(), order.payment_status),
            badge(order.get_fulfilment_status_display(), order.fulfilment_status),
        )
        for order in orders
    ]
    return Panel(
        _("Orders"),
        columns=[_("Number"), _("Date"), _("Total"), _("Status"), _("Payment"), _("Fulfilment")],
        numbers=[2],
        rows=rows,
        empty=_("No orders yet."),
        url=f"{reverse('orders:list')}?customer=%23{customer.pk}" if rows else "",
    )


@panels.register("inventory.lot", permission="orders.view_order", order=10)
def lot_orders(user: Any, lot: Any) -> Panel | None:
    """Whom to tell when a lot is called back: the orders that got pieces of it, the newest first."""
    postings = PartPosting.objects.in_scope(user).filter(part__lot=lot, move__kind=StockMove.Kind.SHIPPED)
    sent = postings.values_list("move__cause").annotate(pieces=-Sum("quantity"), at=Max("at")).order_by("-at")
    rows = list(sent[:MOST_CALLED_BACK])
    orders = Order.objects.visible_to(user).in_bulk([cause for cause, *_more in rows], field_name="number")
    if not orders:
        return None
    sees_people = user.has_perm(exports.PERSONAL)
    return Panel(
        _("Orders that got it"),
        columns=[pgettext("sale", "Order"), _("Customer"), _("Pieces"), _("Shipped")],
        numbers=[2],
        rows=[
            (
                (cause, orders[cause].get_absolute_url()),
                orders[cause].customer_name if sees_people else exports.MASK,
                plain_number(pieces),
                formats.date_format(timezone.localtime(at), "SHORT_DATE_FORMAT"),
            )
            for cause, pieces, at in rows
            if cause in orders
        ],
    )
