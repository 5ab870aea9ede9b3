"""Cards of the home page: indexed counts, capped."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from backoffice import dashboard
from backoffice.charts import BarChart, Series, day_label
from backoffice.dashboard import Card, capped
from backoffice.money import ZERO, format_money
from backoffice.panels import Panel
from backoffice.templatetags.houtai import relative_time
from orders import queues
from orders.models import DailySales, Fulfilment, Order, Return


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
    link = _link("orders:list", status="placed", payment_status=["none", "voided", "partially_paid"])
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


@dashboard.attention(permission="orders.view_order", order=5)
def work(user: Any) -> Panel | None:
    """The reader's queues in which something waits, counted by one statement."""
    mine = queues.queues_of(user)
    counts = queues.counted(mine, user)
    waiting = [queue for queue in mine if counts[queue.key].number]
    if not waiting:
        return None
    return Panel(
        _("Work that waits"),
        columns=[_("Queue"), _("Waiting")],
        numbers=[1],
        rows=[((queue.label, queue.url), str(counts[queue.key])) for queue in waiting],
        url=reverse("orders:work"),
    )


@dashboard.attention(permission="orders.fulfil_order", order=10)
def oldest_to_ship(user: Any) -> Panel | None:
    """The paid orders that have waited longest."""
    waiting = Order.objects.visible_to(user).awaiting_shipment().filter(payment_status="paid")
    rows = waiting.order_by("placed_at", "pk").values_list("number", "placed_at", "total", "currency")[:6]
    if not rows:
        return None
    return Panel(
        _("Paid, waiting longest to be shipped"),
        columns=[pgettext("sale", "Order"), _("Waiting since"), _("Total")],
        numbers=[2],
        rows=[
            ((number, reverse("orders:order", args=[number])), relative_time(placed_at), format_money(total, currency))
            for number, placed_at, total, currency in rows
        ],
        url=_link(
            "orders:list",
            status="placed",
            payment_status="paid",
            fulfilment_status=["unfulfilled", "partial"],
            sort="oldest",
        ),
    )


@dashboard.chart(permission="orders.view_order", order=10)
def sales(user: Any) -> BarChart | None:
    """The last 30 days in the shop's currency, from the daily summary."""
    currency, last = settings.DEFAULT_CURRENCY, timezone.localdate()
    days = [last - timedelta(days=age) for age in range(29, -1, -1)]
    sold = dict(DailySales.objects.filter(currency=currency, day__gte=days[0]).values_list("day", "total"))
    if not sold:
        return None
    total = format_money(sum(sold.values(), ZERO), currency)
    return BarChart(
        caption=_("Sales of the last 30 days: %(total)s.") % {"total": total},
        labels=[day_label(day) for day in days],
        series=[Series(_("Sales"), [sold.get(day, 0) for day in days])],
        write=lambda value: format_money(Decimal(value), currency),
    )
