"""Cards of the home page: indexed counts, capped."""

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from backoffice import dashboard
from backoffice.dashboard import Card, capped
from orders.models import Fulfilment, Order, Return


def _link(name: str, **query: Any) -> str:
    return f"{reverse(name)}?{urlencode(query, doseq=True)}"


@dashboard.card(permission="orders.view_order", order=10)
def today(user: Any) -> Card:
    day = timezone.localdate()
    start = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    orders = Order.objects.visible_to(user).filter(placed_at__gte=start).exclude(status__in=["draft", "canceled"])
    link = _link("orders:list", placed_at_after=day.isoformat(), status=["placed", "closed"])
    return Card(_("Orders today"), capped(orders), link)


@dashboard.card(permission="orders.add_payment", order=20)
def to_pay(user: Any) -> Card:
    link = _link("orders:list", status="placed", payment_status=["none", "partially_paid"])
    return Card(_("Orders to be paid"), capped(Order.objects.visible_to(user).awaiting_payment()), link)


@dashboard.card(permission="orders.fulfil_order", order=30)
def to_ship(user: Any) -> Card:
    link = _link("orders:list", status="placed", fulfilment_status=["unfulfilled", "partial"], sort="oldest")
    return Card(_("Orders to ship"), capped(Order.objects.visible_to(user).awaiting_shipment()), link)


@dashboard.card(permission="orders.fulfil_order", order=40)
def to_pack(user: Any) -> Card:
    link = _link("orders:fulfilments", status=["pending", "packed"], sort="oldest")
    return Card(_("Parcels to pack"), capped(Fulfilment.objects.visible_to(user).waiting()), link)


@dashboard.card(permission="orders.receive_return", order=50)
def to_receive(user: Any) -> Card:
    return Card(
        _("Returns to receive"),
        capped(Return.objects.visible_to(user).filter(status="approved")),
        _link("orders:returns", status="approved"),
    )


@dashboard.card(permission="orders.add_refund", order=60)
def to_refund(user: Any) -> Card | None:
    count = capped(Order.objects.visible_to(user).filter(payment_status="overcharged"))
    return (
        None
        if count == "0"
        else Card(_("Orders to refund"), count, _link("orders:list", payment_status="overcharged"), tone="warn")
    )
