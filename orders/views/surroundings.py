"""What stands around an order on its page: its customer's other orders and tickets, linked orders, the queue it was opened from."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import JSONField, OuterRef, QuerySet
from django.db.models.expressions import RawSQL
from django.http import HttpRequest, QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy

from backoffice import generic
from backoffice.models import AuditEvent
from backoffice.rows import told_along
from customers.models import Ticket
from orders import queues
from orders.models import Order
from orders.services.past_canceling import TAKEN_BACK, TAKES_BACK

MOST_ORDERS = 5
MOST_TICKETS = 3
VALUED = 1000  # so many of the customer's latest orders are added up
# How much the customer of an order has bought in its currency, read along with the order.
BOUGHT = """(
    SELECT jsonb_build_array(count(*), coalesce(sum(bought.total), 0)::text) FROM (
        SELECT o.total FROM orders_order o
        WHERE o.customer_id = orders_order.customer_id AND o.currency = orders_order.currency AND o.status IN ('placed', 'closed')
        ORDER BY o.placed_at DESC, o.id DESC LIMIT %s
    ) bought
)"""
# Keys in the data of events under which the number of another order stands.
LINKS = {
    "order.money_carried_over": ("from", "to"),
    **dict.fromkeys(("order.split", "order.split_off", "order.merged", "order.merged_into"), ("order",)),
}


SAID = {
    TAKES_BACK: gettext_lazy("Cancels %(order)s (%(source_number)s)"),
    TAKEN_BACK: gettext_lazy("Canceled in part by %(source_number)s (%(order)s)"),
}


@dataclass(frozen=True)
class OtherOrder:
    """Another order of the same customer."""

    number: str
    at: datetime | None
    total: Decimal
    currency: str
    status: str

    @property
    def label(self) -> str:
        return str(Order.Status(self.status).label)


@dataclass(frozen=True)
class About:
    """What is known of the customer of an order: how much they bought, their other orders, what they ask."""

    bought: generic.Count
    value: Decimal
    orders: list[OtherOrder]
    tickets: list[Ticket]

    @property
    def is_more(self) -> bool:
        """Whether there are more orders than were added up."""
        return self.bought.is_capped


def with_surroundings(orders: QuerySet, user: Any) -> QuerySet:
    """The order with what `about_customer` reads of it, in its own statement."""
    others = Order.objects.visible_to(user).filter(customer=OuterRef("customer")).exclude(pk=OuterRef("pk"))
    asked = Ticket.objects.visible_to(user).unsolved().filter(customer=OuterRef("customer"))
    return orders.annotate(
        bought=RawSQL(BOUGHT, [VALUED + 1], output_field=JSONField()),  # noqa: S611 - a constant of ours
        other_orders=told_along(
            others.order_by("-placed_at", "-pk")[:MOST_ORDERS],
            number="number", at="placed_at", total="total", currency="currency", status="status",
        ),
        asked=told_along(asked.order_by("-last_message_at", "-pk")[:MOST_TICKETS], pk="pk", number="number", status="status"),
    )  # fmt: skip


def about_customer(order: Any) -> About | None:
    """None for an order without a customer."""
    if order.customer_id is None:
        return None
    number, value = order.bought
    others = [
        row | {"at": parse_datetime(row["at"]), "total": Decimal(str(row["total"]))} for row in order.other_orders or ()
    ]
    return About(
        bought=generic.Count(number),
        value=Decimal(value),
        orders=[OtherOrder(**row) for row in others],
        tickets=[Ticket(pk=row["pk"], number=row["number"], status=row["status"]) for row in order.asked or ()],
    )


def linked_orders(order: Order, events: Iterable[AuditEvent]) -> list[str]:
    """Numbers of the orders that events of this one are about as well, the latest first."""
    found = [str(event.data.get(key) or "") for event in events for key in LINKS.get(event.verb, ())]
    return [number for number in dict.fromkeys(found) if number and number != order.number]


def taken_back(events: Iterable[AuditEvent], user: Any) -> list[str]:
    """Which sales a cancellation of a log takes back, or which cancellations take this sale back, as far as they are still here."""
    told = [event for event in events if event.verb in SAID]
    if not told:
        return []
    called = Order.objects.visible_to(user).filter(number__in=[event.data["order"] for event in told])
    here = set(called.values_list("number", "source_number"))
    kept = [event for event in told if (event.data["order"], event.data["source_number"]) in here]
    return [SAID[event.verb] % event.data for event in kept]


@dataclass(frozen=True)
class Working:
    """Working through a queue: what is left in it, and whether this order still waits there."""

    queue: queues.Queue
    left: generic.Count
    waits: bool


def working(request: HttpRequest, order: Order, *, waits: bool) -> Working | None:
    """The queue that the order was opened from; None when it was not, or when it is none of this person's."""
    key = QueryDict(request.GET.get("from", "")).get("queue", "")
    queue = queues.OF_ORDERS.get(key)
    if queue is None or not request.user.has_perms(queue.permissions):  # type: ignore[union-attr]
        return None
    return Working(queue, queues.counted([queue], request.user)[key], waits)
